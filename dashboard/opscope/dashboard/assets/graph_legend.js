// What the colours and signs of the graph mean. A click on a colour finds its nodes.
(() => {
  const { el } = opscope;

  const swatch = (hue) => {
    const { tint } = opscope.graphParts;
    return el("span", { class: "swatch", style: `--tint:${tint(hue)}` });
  };

  // colours: see colouring.py. find(text) searches.
  const legend = (host, colours, find) => {
    const row = ({ label, title, count, hue, find: text }) => el("li", { title },
      swatch(hue),
      text ? el("button", { type: "button", class: "grow link", text: label, onclick: () => find(text) }) : el("span", { class: "grow", text: label }),
      el("span", { class: "dim", text: count }));
    const { scale } = colours;
    const ramp = scale && el("div", { class: "ramp", title: `The largest drawn is ${scale.high}; the whole graph has ${scale.total}` },
      el("span", { class: "ramp-bar" }), el("span", { class: "dim", text: scale.low }), el("span", { class: "dim", text: scale.high }));
    const line = (kind, text) => el("li", {}, el("span", { class: `stroke ${kind}` }), el("span", { class: "grow", text }));
    const open = host.querySelector("details")?.open ?? true;
    host.replaceChildren(el("details", { class: "fold-away", open }, el("summary", { text: "Legend" }),
      ...[ramp].filter(Boolean),
      el("ul", { class: "legend" }, ...colours.legend.map(row)),
      el("ul", { class: "legend lines" }, line("data", "tensor, wider when larger"), line("control", "control dependency"), line("reference", "changes a variable"),
        el("li", {}, el("span", { class: "ring" }), el("span", { class: "grow", text: "constant" })), el("li", {}, el("span", { class: "pointer" }), el("span", { class: "grow", text: "edge not drawn in full" }))),
    ));
  };

  Object.assign(opscope.graphParts ??= {}, { legend });
})();
