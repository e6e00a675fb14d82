// A trace: what a node depends on, what depends on it, or what lies between two; told, drawn, let go.
(() => {
  const { el } = opscope;

  class Trace {
    // page: { query(), draw(trace or null), remember(), select(name) }
    constructor(page, asked) {
      this.page = page;
      this.kind = asked.get("t");
      this.names = asked.getAll("of");
      this.control = asked.get("ctl") === "1";
      this.asked = 0;
      this.told = el("span", { class: "grow", role: "status" });
      this.ordering = el("input", {
        type: "checkbox",
        id: "graph-trace-control",
        onchange: () => {
          this.control = this.ordering.checked;
          this.page.remember();
          this.refresh();
        },
      });
      this.element = el(
        "div",
        { class: "trace", hidden: true },
        el(
          "div",
          { class: "chosen-row" },
          this.told,
          el("button", { type: "button", class: "link", title: "Esc", text: "Let go", onclick: () => this.stop() }),
        ),
        el("label", { class: "switch" }, this.ordering, el("span", { text: "Along control edges, too" })),
      );
    }

    get on() {
      return !!this.kind && this.names.length > 0;
    }

    get words() {
      return this.on
        ? { t: this.kind, of: this.names, ctl: this.control ? "1" : null }
        : { t: null, of: null, ctl: null };
    }

    start(kind, names) {
      this.kind = kind;
      this.names = names;
      this.page.remember();
      return this.refresh();
    }

    stop() {
      this.kind = null;
      this.names = [];
      this.asked++;
      this.element.hidden = true;
      this.page.draw(null);
      this.page.remember();
    }

    // Ask for the trace of what is drawn now.
    async refresh() {
      if (!this.on) return;
      const mine = ++this.asked;
      let trace;
      try {
        trace = await opscope.json("/api/graph/trace", { ...this.page.query(), ...this.words });
      } catch (error) {
        if (mine === this.asked) {
          this.element.hidden = false;
          this.told.textContent = error.message;
          this.page.draw(null);
        }
        return;
      }
      if (mine !== this.asked) return;
      this.element.hidden = false;
      this.ordering.checked = this.control;
      this.told.replaceChildren(...this.tell(trace));
      this.page.draw(trace.total ? trace : null);
    }

    tell({ total, backward }) {
      const { count, leaf } = opscope.graphParts;
      const name = (full) =>
        el("button", {
          type: "button",
          class: "link",
          title: full,
          text: leaf(full),
          onclick: () => this.page.select(full),
        });
      const [one, other] = backward ? [...this.names].reverse() : this.names,
        ops = total === 1 ? "1 op" : `${count(total)} ops`;
      if (this.kind === "path")
        return total
          ? [`${ops} on the way from `, name(one), " to ", name(other)]
          : ["No way between ", name(one), " and ", name(other)];
      return [
        this.kind === "inputs" ? `${ops} lead to ` : `${ops} follow from `,
        ...this.names.flatMap((full, i) => [i ? ", " : "", name(full)]),
      ];
    }
  }

  Object.assign((opscope.graphParts ??= {}), { Trace });
})();
