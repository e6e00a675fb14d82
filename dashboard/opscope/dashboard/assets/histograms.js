// The histograms page: a card for each run of each tag, or for each tag with all its runs.
opscope.openPage(
  "histograms",
  class extends opscope.CardPage {
    static defaults = { mode: "offset", axis: "step", bins: "common", together: false, log: false, from: "", to: "" };
    static asks = ["bins", "from", "to"];

    get perTag() {
      return this.state.together;
    }

    settings() {
      const { el, controls } = opscope,
        { state } = this;
      return [
        controls.segmented(
          "Mode",
          [
            ["offset", "Offset"],
            ["overlay", "Overlay"],
          ],
          state.mode,
          this.setter("mode"),
        ),
        controls.segmented("Time axis", opscope.timeAxes, state.axis, this.setter("axis")),
        controls.segmented(
          "Bins",
          [
            ["common", "30 common"],
            ["written", "As written"],
          ],
          state.bins,
          this.setter("bins"),
        ),
        opscope.stepRange(this),
        el(
          "div",
          { class: "switches" },
          controls.toggle(
            "Runs together",
            state.together,
            this.setter("together"),
            "One card for each tag, with all runs laid over one another",
          ),
          controls.toggle(
            "Logarithmic heights",
            state.log,
            this.setter("log"),
            "Rare values are seen beside frequent ones",
          ),
        ),
      ];
    }

    changed(other) {
      if (other("together")) this.list();
    }
    card(item) {
      return new opscope.HistogramCard(item, this);
    }
  },
);
