// The text page: a card for each run of each tag.
opscope.cardPage({
  name: "text",
  keys: ["raw", "link"],
  redraw: ["raw"],
  words: ({ raw, link }) => ({ raw: raw ? "1" : null, link: link ? null : "0" }),
  make: (item, page) => new opscope.TextCard(item, page),
  opened: (page) => { page.stepping = new opscope.Stepping(page); },
  changed(page, before) { if (page.state.link !== before.link) page.stepping.linkChanged(); },
});
