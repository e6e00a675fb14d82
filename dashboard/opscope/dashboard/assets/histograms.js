// The histograms page: a card for each run of each tag.
opscope.cardPage({
  name: "histograms",
  keys: ["mode", "axis"],
  redraw: ["mode", "axis"],
  words: ({ mode, axis }) => ({ mode: mode === "offset" ? null : mode, axis: axis === "step" ? null : axis }),
  make: (item, page) => new opscope.HistogramCard(item, page),
});
