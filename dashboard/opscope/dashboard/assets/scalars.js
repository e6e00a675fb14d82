// The scalars page: a card for each tag, with the curves of all runs shown.
opscope.cardPage({
  name: "scalars",
  keys: ["smoothing", "axis", "outliers"],
  redraw: ["outliers"],
  words: ({ smoothing, axis, outliers }) => ({
    smoothing: smoothing === 0.6 ? null : smoothing, axis: axis === "step" ? null : axis, outliers: outliers ? null : "0",
  }),
  make: (item, page) => new opscope.ScalarCard(item, page),
  items: (page, tags) => tags.map(({ tag, runs, description }) => ({ key: tag, tag, runs, description })),
  changed(page, before) {
    const { smoothing, axis } = page.state;
    document.getElementById("scalars-smoothing-value").textContent = smoothing.toFixed(2);
    if (axis !== before.axis) page.grid.each((card) => { card.zoom = null; card.mark(); card.refresh(); });
    else if (smoothing !== before.smoothing) page.grid.each((card) => card.refresh());
  },
});
opscope.on("theme", () => opscope.scalars.page?.alive && opscope.scalars.page.grid.each((card) => card.redraw()));
