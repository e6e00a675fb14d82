// A slider over the points of a tag: which step a card shows, and when it was written.
opscope.StepSlider = class {
  // chosen(place): called when the user moves it; label: what it is the slider of.
  constructor(label, chosen) {
    const { el } = opscope;
    this.input = el("input", {
      type: "range",
      min: 0,
      max: 0,
      step: 1,
      "aria-label": `Step of ${label}`,
      oninput: () => {
        this.tell();
        chosen(this.place);
      },
    });
    this.text = el("output", { class: "step-told" });
    this.element = el("div", { class: "step-slider" }, this.text, this.input);
  }

  get place() {
    return +this.input.value;
  }

  // points: {step, wall, start}, columns; axis: the time that is told, "step" for the step alone.
  set(points, place, axis = "wall") {
    Object.assign(this, { points, axis });
    this.input.max = Math.max(0, points.step.length - 1);
    this.input.value = place;
    this.input.hidden = points.step.length < 2;
    this.tell();
  }

  tell() {
    const { step, wall, start } = this.points,
      { el } = opscope;
    if (!step.length) {
      this.text.textContent = "";
      return;
    }
    const told = `Step ${opscope.told(step[this.place], "step")}`;
    this.input.setAttribute("aria-valuetext", told);
    this.input.style.setProperty("--at", `${(100 * this.place) / Math.max(1, step.length - 1)}%`);
    const time = {
      step: "",
      relative: opscope.duration(wall[this.place] - start),
      wall: opscope.moment(wall[this.place]),
    }[this.axis];
    this.text.replaceChildren(el("b", { text: told }), el("span", { text: time }));
  }
};

// The place of the point nearest to a step; of several at that step the last, without a step the last of all.
opscope.placeOf = (steps, step) => {
  if (step == null) return steps.length - 1;
  let best = steps.length - 1;
  for (let i = steps.length - 1; i >= 0; i--) if (Math.abs(steps[i] - step) < Math.abs(steps[best] - step)) best = i;
  return best;
};
