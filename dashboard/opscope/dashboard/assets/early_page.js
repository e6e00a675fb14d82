// A page that is filled where it stands, before Dash has started, and its state in the address.
(() => {
  // name: of the page, whose layout has `NAME-side` and `NAME-body`; make(side, body): a page with
  // update() for news of the logdir, and dispose().
  opscope.earlyPage = (name, make) => {
    let page = null;

    // Dash's own elements take over what has been made.
    const move = (side, body) => {
      const focused = document.activeElement;
      side.append(...page.side.childNodes);
      body.append(...page.body.childNodes);
      side.className = page.side.className;
      Object.assign(page, { side, body });
      focused?.focus?.({ preventScroll: true });
    };

    // On a phone the side bar is folded until it is asked for.
    const addFold = () => {
      const fold = opscope.el(
        "button",
        {
          type: "button",
          class: "plain-button side-fold",
          "aria-expanded": "false",
          onclick: () => {
            fold.setAttribute("aria-expanded", String(page.side.classList.toggle("unfolded")));
          },
        },
        opscope.el("span", { class: "icon icon-sliders small" }),
        page.side.getAttribute("aria-label") ?? "Settings",
      );
      page.body.prepend(fold);
    };

    const showTab = () => {
      for (const tab of document.querySelectorAll(".tab.current"))
        tab.scrollIntoView({ block: "nearest", inline: "center" });
    };

    const mount = () => {
      const [side, body] = ["side", "body"].map(
        (part) => document.getElementById(`${name}-${part}`) ?? opscope.early.host(`${name}-${part}`),
      );
      if (!side || !body || page?.body === body) return;
      if (page && page.body === opscope.early.host(`${name}-body`)) {
        move(side, body);
        opscope.early.done();
        showTab();
        return;
      }
      page?.dispose();
      page = make(side, body);
      addFold();
      showTab();
    };
    new MutationObserver(mount).observe(document.documentElement, { childList: true, subtree: true });
    mount();
    opscope.on("generation", () => page?.body.isConnected && page.update());
    return {
      get page() {
        return page;
      },
    };
  };

  // What the address says of a page's settings; true and false are written as 1 and 0.
  const read = (defaults) => {
    const query = opscope.query(),
      state = { ...defaults };
    for (const [key, value] of Object.entries(defaults)) {
      const word = query.get(key);
      if (word === null) continue;
      state[key] = typeof value === "boolean" ? word === "1" : typeof value === "number" ? Number(word) || 0 : word;
    }
    return state;
  };

  const write = (defaults, state) =>
    opscope.remember(
      Object.fromEntries(
        Object.entries(defaults).map(([key, value]) => [
          key,
          state[key] === value ? null : typeof value === "boolean" ? (state[key] ? "1" : "0") : String(state[key]),
        ]),
      ),
    );

  opscope.settings = { read, write };
})();
