// The tooltip of a card: names and values in two columns, or a table of its own, beside the pointer.
(() => {
  let tip = null;

  const show = (facts, event) => {
    const { el } = opscope;
    place(
      el(
        "table",
        {},
        el(
          "tbody",
          {},
          ...facts.map(([name, value]) => el("tr", {}, el("th", { text: name }), el("td", { text: value }))),
        ),
      ),
      event,
    );
  };

  const place = (table, event) => {
    tip ??= document.body.appendChild(opscope.el("div", { class: "tip", role: "tooltip" }));
    tip.replaceChildren(table);
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(6, event.clientX + 18 + width > innerWidth ? event.clientX - 18 - width : event.clientX + 18)}px`;
    tip.style.top = `${Math.max(6, Math.min(event.clientY + 16, innerHeight - height - 8))}px`;
  };

  opscope.factTip = {
    show,
    place,
    hide() {
      if (tip) tip.hidden = true;
    },
  };
})();
