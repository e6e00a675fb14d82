// The distributions page: a card for each run of each tag.
opscope.cardPage({
  name: "distributions",
  keys: ["axis"],
  redraw: ["axis"],
  words: ({ axis }) => ({ axis: axis === "step" ? null : axis }),
  make: (item, page) => new opscope.DistributionCard(item, page),
});
