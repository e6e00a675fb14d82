// The text page: a card for each run of each tag.
opscope.openPage(
  "text",
  class extends opscope.CardPage {
    static defaults = { raw: false, link: true };
    static redraws = ["raw"];

    opened() {
      this.stepping = new opscope.Stepping(this);
    }

    settings() {
      const { el, controls } = opscope,
        { state } = this;
      return [
        el(
          "div",
          { class: "switches" },
          controls.toggle("As written", state.raw, this.setter("raw"), "Without Markdown"),
          controls.toggle("Link by step", state.link, this.setter("link"), "All cards show the step chosen in one"),
        ),
      ];
    }

    changed(other) {
      if (other("link")) this.stepping.linkChanged();
    }
    card(item) {
      return new opscope.TextCard(item, this);
    }
  },
);
