// The PR curves page: a card for each tag, with a curve and a slider for each run.
opscope.openPage(
  "pr_curves",
  class extends opscope.CardPage {
    static defaults = { axis: "wall", link: true };
    static perTag = true;

    opened() {
      this.stepping = new opscope.Stepping(this);
    }

    settings() {
      const { el, controls } = opscope,
        { state } = this;
      return [
        controls.segmented("Times shown", opscope.timeAxes, state.axis, this.setter("axis")),
        el(
          "div",
          { class: "switches" },
          controls.toggle("Link by step", state.link, this.setter("link"), "All curves show the step chosen for one"),
        ),
      ];
    }

    changed(other) {
      if (other("link")) this.stepping.linkChanged();
    }
    card(item) {
      return new opscope.PrCard(item, this);
    }
  },
);
