// The graph page's elements: controls in the side bar, the canvas, the card and what lies over them.
(() => {
  const { el } = opscope;

  const KINDS = {
    run_graph: "Run graph",
    profile: "Profile",
    conceptual: "Keras model",
    file: "File",
    dump: "Dump",
    debugger: "Graphs and functions",
  };

  class GraphFrame {
    build() {
      const field = (label, control) =>
        el("label", { class: "field" }, el("span", { class: "label", text: label }), control);
      this.runs = el("select", { id: "graph-run", onchange: (e) => this.choose({ run: e.target.value, tag: null }) });
      this.tags = el("select", { id: "graph-tag", onchange: (e) => this.choose({ tag: e.target.value }) });
      this.tagField = field("Graph", this.tags);
      this.summary = el("p", { class: "dim summary-line" });
      const action = (text, title, onclick) => el("button", { class: "button", type: "button", text, title, onclick });
      this.side.replaceChildren(
        field("Run", this.runs),
        this.tagField,
        ...this.search.elements,
        (this.actions = el(
          "div",
          { class: "actions" },
          action("Fit", "Show the whole graph (F)", () => this.drawing.fit()),
          action("Close all", "Close every scope", () => this.collapseAll()),
          action("Open more", "Open every scope that is drawn (as many as 1,500 nodes allow)", () => this.deepen()),
          action("Export\u2026", "Save the picture or the graph as a file", () => this.export.open()),
          this.upload.element,
        )),
        (this.flowField = field(
          "Direction",
          (this.flows = el(
            "select",
            { id: "graph-flow", onchange: (e) => this.turn(e.target.value) },
            el("option", { value: "", text: "Bottom to top" }),
            el("option", { value: "lr", text: "Left to right" }),
          )),
        )),
        (this.chosen = el("div", { class: "chosen" })),
        this.trace.element,
        this.health.element,
        this.colours.element,
        this.colours.key,
        (this.problems = el("details", { class: "graph-problems", hidden: true })),
        this.summary,
      );
      this.flowField.classList.add("row");
      // What is of no use without a graph.
      this.tools = [...this.search.elements.slice(0, 1), this.actions, this.flowField, this.colours.element];
      this.canvas = el("div", { class: "graph-canvas" });
      this.message = el("div", { class: "graph-message", hidden: true });
      this.card = el("aside", {
        id: "graph-card",
        class: "graph-card",
        hidden: true,
        "aria-label": "Details of the selection",
      });
      const tool = (text, title, onclick) =>
        el("button", { type: "button", text, title, "aria-label": title, onclick });
      this.zoomer = el(
        "div",
        { class: "graph-zoom" },
        tool("+", "Zoom in", () => this.drawing.zoom(1.35)),
        tool("\u2212", "Zoom out", () => this.drawing.zoom(1 / 1.35)),
        (this.undoer = tool("\u21b6", "Undo (Ctrl+Z)", () => this.undo())),
        (this.redoer = tool("\u21b7", "Redo (Ctrl+Shift+Z)", () => this.redo())),
      );
      this.bar = el("div", { class: "graph-bar", role: "toolbar", "aria-label": "What is selected", hidden: true });
      this.body.replaceChildren(this.canvas, this.zoomer, this.bar, this.card, this.export.element, this.message);
    }

    // The runs, and the graphs of the one that is chosen.
    offer(runs, graphs) {
      this.runs.replaceChildren(
        ...runs.map((r) =>
          el("option", {
            value: r.run,
            selected: r.run === this.run,
            text: (r.run === "." ? "(the logdir itself)" : r.run) + (r.graphs.length ? "" : " \u2013 no graph"),
          }),
        ),
      );
      if (this.run !== null) this.runs.value = this.run;
      this.tags.replaceChildren(
        ...graphs.map((g) =>
          el("option", {
            value: g.tag,
            selected: g.tag === this.tag,
            text: graphs.length > 1 || !KINDS[g.kind] ? `${KINDS[g.kind] ?? g.kind} \u2013 ${g.tag}` : KINDS[g.kind],
          }),
        ),
      );
      this.tagField.hidden = graphs.length < 2;
    }

    // Say something below the search.
    flash(text) {
      this.search.say(text);
    }

    // Go on in other elements, as it is.
    move(side, body) {
      const focused = document.activeElement;
      side.append(...this.side.childNodes);
      body.append(...this.body.childNodes);
      this.side = side;
      this.body = body;
      this.export.moved();
      focused?.focus?.({ preventScroll: true });
    }
  }

  Object.assign((opscope.graphParts ??= {}), { GraphFrame });
})();
