// Two fields that keep a page to a range of steps; left empty, an end is open.
opscope.stepRange = (page) => {
  const { el, controls } = opscope,
    field = (label, key, placeholder) =>
      controls.number(label, { value: page.state[key], placeholder }, (step) => page.set({ [key]: String(step) }));
  return el(
    "fieldset",
    { class: "field step-range" },
    el("legend", { class: "label", text: "Steps" }),
    field("from", "from", "first"),
    field("to", "to", "last"),
  );
};
// The range as the routes take it.
opscope.stepRange.words = ({ from, to }) => ({
  ...(from === "" ? {} : { low: from }),
  ...(to === "" ? {} : { high: to }),
});
