// The images page: a card for each run of each tag; brightness and contrast are the browser's.
(() => {
  const BRIGHTEST = 2,
    STRONGEST = 5,
    MOST_SAMPLES = 10000; // TensorBoard's ranges
  const within = (value, low, high) => Math.min(high, Math.max(low, value));

  opscope.openPage(
    "images",
    class extends opscope.CardPage {
      static defaults = { brightness: 1, contrast: 1, sample: 1, actual: false, link: true };
      static redraws = ["sample"];

      checked(state) {
        return {
          ...state,
          brightness: within(state.brightness, 0, BRIGHTEST),
          contrast: within(state.contrast, 0, STRONGEST),
          sample: within(Math.round(state.sample), 1, MOST_SAMPLES),
        };
      }

      opened() {
        this.stepping = new opscope.Stepping(this);
      }

      settings() {
        const { el, controls } = opscope,
          { state } = this;
        this.sampleField = controls.number("Sample", { min: 1, max: MOST_SAMPLES, value: state.sample }, (sample) =>
          this.set({ sample: sample || 1 }),
        );
        return [
          controls.slider(
            "Brightness",
            { min: 0, max: BRIGHTEST, step: 0.05, value: state.brightness },
            this.setter("brightness"),
          ),
          controls.slider(
            "Contrast",
            { min: 0, max: STRONGEST, step: 0.05, value: state.contrast },
            this.setter("contrast"),
          ),
          this.sampleField,
          el(
            "div",
            { class: "switches" },
            controls.toggle(
              "Actual size",
              state.actual,
              this.setter("actual"),
              "Each pixel of a picture is one of the screen",
            ),
            controls.toggle("Link by step", state.link, this.setter("link"), "All cards show the step chosen in one"),
          ),
        ];
      }

      setSample(sample) {
        this.sampleField.set(sample);
        this.set({ sample });
      }

      show() {
        const { brightness, contrast, actual } = this.state;
        this.cards.style.setProperty(
          "--adjust",
          brightness === 1 && contrast === 1 ? "none" : `brightness(${brightness}) contrast(${contrast})`,
        );
        this.cards.classList.toggle("actual", actual);
      }

      changed(other) {
        if (other("link")) this.stepping.linkChanged();
      }
      card(item) {
        return new opscope.ImageCard(item, this);
      }
    },
  );
})();
