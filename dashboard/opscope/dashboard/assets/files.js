// The files page: a card for each run, with the tags that no other page draws, and its files.
opscope.openPage(
  "files",
  class extends opscope.CardPage {
    static defaults = { every: false };
    static asks = ["every"];
    static redraws = ["tags"];
    static within = "runs";

    settings() {
      const { el, controls } = opscope;
      return [
        el(
          "div",
          { class: "switches" },
          controls.toggle("Every tag", this.state.every, this.setter("every"), "Those that other pages draw, too"),
        ),
      ];
    }

    card(item) {
      return new opscope.FileCard(item, this);
    }
  },
);
