// A menu at a point of the page: entries by mouse or by arrow keys, Esc closes.
(() => {
  const { el } = opscope;
  let open = null;

  const close = () => {
    open?.element.remove();
    open?.back?.focus({ preventScroll: true });
    open = null;
  };

  // entries: [{ text, hint, run }] or null for a line between them; back: what gets the focus again.
  const menu = (host, x, y, entries, back) => {
    close();
    const button = ({ text, hint, run }) =>
      el(
        "button",
        {
          type: "button",
          role: "menuitem",
          tabindex: -1,
          onclick: () => {
            close();
            run();
          },
        },
        el("span", { text }),
        hint ? el("kbd", { text: hint }) : null,
      );
    const element = el(
      "div",
      { class: "context-menu", role: "menu" },
      ...entries.map((entry) => (entry ? button(entry) : el("hr"))),
    );
    host.append(element);
    const room = host.getBoundingClientRect(),
      { width, height } = element.getBoundingClientRect();
    element.style.left = `${Math.max(4, Math.min(x - room.left, room.width - width - 4))}px`;
    element.style.top = `${Math.max(4, Math.min(y - room.top, room.height - height - 4))}px`;
    open = { element, back };
    const buttons = [...element.querySelectorAll("button")];
    element.addEventListener("keydown", (e) => {
      const at = buttons.indexOf(document.activeElement),
        step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
      e.stopPropagation();
      if (step) {
        e.preventDefault();
        buttons[(at + step + buttons.length) % buttons.length].focus();
      } else if (e.key === "Home" || e.key === "End") {
        e.preventDefault();
        buttons.at(e.key === "Home" ? 0 : -1).focus();
      } else if (e.key === "Escape" || e.key === "Tab") {
        e.preventDefault();
        close();
      }
    });
    element.addEventListener("contextmenu", (e) => e.preventDefault());
    buttons[0]?.focus();
  };
  addEventListener(
    "pointerdown",
    (e) => {
      if (open && !open.element.contains(e.target)) {
        open.back = null;
        close();
      }
    },
    true,
  );
  addEventListener("blur", () => open && close());

  Object.assign((opscope.graphParts ??= {}), { menu });
})();
