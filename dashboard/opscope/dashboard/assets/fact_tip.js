// The tooltip of a card: names and values in two columns, beside the pointer.
(() => {
  let tip = null;

  const show = (facts, event) => {
    const { el } = opscope;
    tip ??= document.body.appendChild(el("div", { class: "tip", role: "tooltip" }));
    tip.replaceChildren(el("table", {}, el("tbody", {}, ...facts.map(([name, value]) => el("tr", {}, el("th", { text: name }), el("td", { text: value }))))));
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${event.clientX + 18 + width > innerWidth ? event.clientX - 18 - width : event.clientX + 18}px`;
    tip.style.top = `${Math.min(event.clientY + 16, innerHeight - height - 8)}px`;
  };

  opscope.factTip = { show, hide() { if (tip) tip.hidden = true; } };
})();
