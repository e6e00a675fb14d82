// One card: the text of a tag in one run. HTML comes cleaned from the server, see safe_markup.py.
opscope.TextCard = class extends opscope.StepCard {
  constructor(item, page) {
    const words = opscope.el("div", { class: "words" });
    super(item, page, { kind: "text", body: [words] });
    this.words = words;
    this.element.append((this.left = opscope.el("p", { class: "card-facts" })));
  }

  wanted() {
    return this.page.state.raw ? { raw: 1 } : {};
  }

  fill({ shape, raw, cells, note }) {
    const { el } = opscope;
    const cell = (name, text) => {
      const node = el(name, { class: raw ? "raw" : "markdown" });
      if (raw) node.textContent = text;
      else node.innerHTML = text;
      return node;
    };
    const content =
      shape.length === 0
        ? cell("div", cells[0][0])
        : el(
            "table",
            { class: "cells" },
            el("tbody", {}, ...cells.map((row) => el("tr", {}, ...row.map((text) => cell("td", text))))),
          );
    this.words.replaceChildren(content);
    this.left.textContent = note;
    if (!cells.length || !cells[0].length) this.note.textContent = "The tensor has no strings.";
  }

  clear() {
    this.words.replaceChildren();
    this.left.textContent = "";
  }
};
