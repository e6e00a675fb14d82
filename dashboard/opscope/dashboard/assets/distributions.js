// The distributions page: a card for each run of each tag.
opscope.openPage(
  "distributions",
  class extends opscope.CardPage {
    static defaults = { axis: "step", from: "", to: "" };
    static asks = ["from", "to"];

    settings() {
      const { controls } = opscope,
        { state } = this;
      return [
        controls.segmented("Horizontal axis", opscope.timeAxes, state.axis, this.setter("axis")),
        opscope.stepRange(this),
      ];
    }

    card(item) {
      return new opscope.DistributionCard(item, this);
    }
  },
);
