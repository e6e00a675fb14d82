// What the colours and signs of the graph mean. A click on a colour finds its nodes.
(() => {
  const { el } = opscope;

  const swatch = (hue) => {
    const { tint } = opscope.graphParts;
    return el("span", { class: "swatch", style: `--tint:${tint(hue)}` });
  };

  // What stands on the drawing, as it is drawn.
  const SIGNS = [
    ["scope", '<path class="under" d="M4 13.500h14"/><rect x="1.500" y="1.500" width="19" height="10" rx="3"/>'],
    ["op", '<rect x="1.500" y="2.500" width="19" height="9" rx="4.500"/>'],
    ["group made here", '<rect x="1.500" y="2" width="19" height="10" rx="3" stroke-dasharray="3 1.800"/>'],
    [
      "series of ops",
      '<rect x="5.500" y="2.500" width="15" height="9" rx="4.500"/><rect x="1.500" y="2.500" width="15" height="9" rx="4.500"/>',
    ],
    ["tensor", '<path class="thick" d="M1 7h13"/><path class="head" d="m13 3.500 8 3.500-8 3.500z"/>'],
    ["control edge", '<path d="M1 7h15" stroke-dasharray="3 2"/><path class="head" d="m15 4.500 6 2.500-6 2.500z"/>'],
    ["constant", '<circle cx="11" cy="7" r="3.600"/>'],
    ["changes variable", '<path class="reference" d="M7 7h14"/><path class="head reference" d="m8 4-7 3 7 3z"/>'],
    ["summary", '<path class="bars" d="M7 12V7m4 5V3m4 9V6"/>'],
    ["goes elsewhere", '<path d="M4 7h8"/><path class="head" d="m11 3.500 7 3.500-7 3.500z"/>'],
  ];
  const sign = ([text, shapes]) => {
    const drawn = el("span", { class: "sign-key" });
    drawn.innerHTML = `<svg viewBox="0 0 22 15" width="22" height="15" aria-hidden="true">${shapes}</svg>`;
    return el("li", {}, drawn, el("span", { class: "grow", text }));
  };

  // colours: see colouring.py. find(text) searches.
  const legend = (host, colours, find) => {
    const row = ({ label, title, count, hue, find: text }) =>
      el(
        "li",
        { title },
        swatch(hue),
        text
          ? el("button", { type: "button", class: "grow link", text: label, onclick: () => find(text) })
          : el("span", { class: "grow", text: label }),
        el("span", { class: "dim", text: count }),
      );
    const { scale } = colours;
    const ramp =
      scale &&
      el(
        "div",
        { class: "ramp", title: `The largest drawn is ${scale.high}; the whole graph has ${scale.total}` },
        el("span", { class: "ramp-bar" }),
        el("span", { class: "dim", text: scale.low }),
        el("span", { class: "dim", text: scale.high }),
      );
    const open = host.querySelector("details")?.open ?? true;
    host.replaceChildren(
      el(
        "details",
        { class: "fold-away", open },
        el("summary", { text: "Legend" }),
        ...[ramp].filter(Boolean),
        el("ul", { class: "legend" }, ...colours.legend.map(row)),
        el("ul", { class: "legend signs-key" }, ...SIGNS.map(sign)),
      ),
    );
  };

  Object.assign((opscope.graphParts ??= {}), { legend });
})();
