// What the graph is coloured by: the choice, the step that times are of, and the legend.
(() => {
  const { el } = opscope;
  const FIRST = "structure";

  class Colours {
    // page: { query(), draw(colours), find(text), remember(), stepped() }
    constructor(page, mode) {
      this.page = page;
      this.mode = mode || FIRST;
      this.meta = opscope.query().get("meta");
      this.modes = el("select", {
        id: "graph-colour",
        "aria-label": "Colour by",
        onchange: () => this.choose(this.modes.value),
      });
      this.steps = el("select", {
        id: "graph-meta",
        "aria-label": "Step",
        onchange: () => {
          this.meta = this.steps.value;
          this.choose(this.mode);
          this.page.stepped();
        },
      });
      this.key = el("div", { id: "graph-legend" });
      this.element = el(
        "div",
        { class: "colours" },
        el("label", { class: "field row" }, el("span", { class: "label", text: "Colour by" }), this.modes),
        this.steps,
      );
      this.steps.hidden = true;
    }

    // The words of the address and of requests.
    get words() {
      return { c: this.mode === FIRST ? null : this.mode, meta: this.meta };
    }

    // Take what came with a view or for a mode.
    show(colours) {
      const known = colours.modes.some(({ name }) => name === this.mode);
      this.modes.replaceChildren(
        ...colours.modes.map(({ name, title, why }) =>
          el("option", {
            value: name,
            text: why ? `${title} \u2013 ${why}` : title,
            disabled: !!why && name !== this.mode,
          }),
        ),
      );
      this.modes.value = known ? this.mode : "none";
      const timed = this.mode === "time" || this.mode === "memory";
      this.steps.hidden = !timed || colours.steps.length < 2;
      this.steps.replaceChildren(
        ...colours.steps.map(({ tag, step }) =>
          el("option", { value: tag, text: step ? `${tag} (step ${step})` : tag }),
        ),
      );
      this.steps.value = colours.steps.some(({ tag }) => tag === this.meta)
        ? this.meta
        : (colours.steps.at(-1)?.tag ?? "");
      this.page.draw(colours);
      opscope.graphParts.legend(this.key, colours, (text) => this.page.find(text));
    }

    async choose(mode) {
      this.mode = mode;
      this.page.remember();
      const { meta } = this,
        colours = await opscope.json("/api/graph/colours", this.page.query());
      if (mode === this.mode && meta === this.meta) this.show(colours);
    }
  }

  Object.assign((opscope.graphParts ??= {}), { Colours });
})();
