// The files page: a card for each run, with the tags that no other page draws, and its files.
opscope.cardPage({
  name: "files",
  keys: ["every"],
  redraw: ["tags"],
  within: "runs",
  words: ({ every }) => ({ every: every ? "1" : null }),
  make: (item, page) => new opscope.FileCard(item, page),
  changed(page, before) { if (page.state.every !== before.every) page.grid.each((card) => card.refresh()); },
});
