// Keys of every page, and the list of all there are.
(() => {
  const GENERAL = [
    ["?", "this list"],
    ["1 … 9", "the page in that place"],
    ["/", "the filter or the search"],
    ["T", "light or dark"],
    ["R", "look for news now"],
    ["W", "full width"],
  ];
  const OWN = {
    scalars: [
      "With a plot focused",
      [
        ["← →", "move the cursor"],
        ["Shift + ← →", "move the range"],
        ["+ −", "zoom"],
        ["0", "show everything"],
        ["L", "logarithmic axis"],
        ["P", "pin the card"],
        ["Esc", "let the cursor go"],
        ["Drag", "zoom into a box"],
        ["Shift + drag", "move"],
        ["Alt + wheel", "zoom"],
        ["Double click", "show everything"],
      ],
    ],
    graph: [
      "With the graph focused",
      [
        ["← ↑ → ↓", "the node next to it"],
        ["Enter", "open or close"],
        ["Esc", "select nothing, stop tracing"],
        ["F, 0", "the whole graph"],
        ["Z", "zoom to what is selected"],
        ["+ −", "zoom"],
        ["H", "hide"],
        ["I", "isolate"],
        ["B", "trace inputs"],
        ["O", "trace outputs"],
        ["P", "ways between two nodes"],
        ["Ctrl + Z, Ctrl + Y", "undo, redo"],
        ["Shift + F10", "menu of the node"],
      ],
    ],
    hparams: [
      "With the table or a plot focused",
      [
        ["↑ ↓", "the session before or after"],
        ["Esc", "select none"],
        ["Drag", "along an axis, or a box: filter"],
      ],
    ],
    pr_curves: [
      "With a plot focused",
      [
        ["← →", "the threshold before or after"],
        ["0", "show everything"],
        ["Drag", "zoom into a box"],
        ["Double click", "show everything"],
      ],
    ],
    images: [
      "With a slider focused",
      [
        ["← →", "the step before or after"],
        ["Home, End", "the first or last step"],
      ],
    ],
  };
  OWN.text = OWN.files = OWN.images;
  OWN.custom_scalars = OWN.scalars;
  let dialog = null;

  const table = (title, rows) => {
    const { el } = opscope;
    return el(
      "section",
      {},
      el("h3", { text: title }),
      el(
        "dl",
        {},
        ...rows.flatMap(([keys, what]) => [el("dt", {}, el("kbd", { text: keys })), el("dd", { text: what })]),
      ),
    );
  };

  const help = () => {
    const { el } = opscope,
      page = location.pathname.replace(/\/$/, "").split("/").pop(),
      own = OWN[page];
    dialog ??= document.body.appendChild(el("dialog", { class: "keys", "aria-labelledby": "keys-title" }));
    dialog.replaceChildren(
      el(
        "header",
        {},
        el("h2", { id: "keys-title", text: "Keys" }),
        el("button", {
          type: "button",
          class: "icon-button",
          "aria-label": "Close",
          text: "×",
          onclick: () => dialog.close(),
        }),
      ),
      el("div", { class: "keys-lists" }, table("On every page", GENERAL), ...(own ? [table(...own)] : [])),
    );
    dialog.showModal();
  };

  const visible = (selector) => [...document.querySelectorAll(selector)].find((node) => node.offsetParent !== null);
  const ACTS = {
    "?": help,
    "/": () => (visible("#graph-search") ?? visible(".tag-filter input"))?.focus(),
    t: () => visible("#theme, #early-theme")?.click(),
    r: () => opscope.live.now(),
    w: () => visible(".toolbar .wide-toggle input")?.click(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || dialog?.open) return;
    const open = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (open) {
      open.open = false;
      open.firstChild.focus();
      return;
    }
    if (
      event.target.closest?.(
        "input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]",
      )
    )
      return;
    const tab = /^[1-9]$/.test(event.key)
      ? [...document.querySelectorAll(".tabs a.tab")].filter((link) => link.offsetParent !== null)[event.key - 1]
      : null;
    const act = tab ? () => tab.click() : ACTS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  document.addEventListener("click", ({ target }) => {
    if (target.closest?.("#keys, #early-keys")) help();
  });
})();
