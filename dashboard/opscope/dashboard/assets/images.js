// The images page: a card for each run of each tag; brightness and contrast are the browser's.
opscope.cardPage({
  name: "images",
  keys: ["brightness", "contrast", "sample", "actual", "link"],
  redraw: ["sample"],
  words: ({ brightness, contrast, sample, actual, link }) => ({
    brightness: brightness === 1 ? null : brightness, contrast: contrast === 1 ? null : contrast,
    sample: sample === 1 ? null : sample, actual: actual ? "1" : null, link: link ? null : "0",
  }),
  make: (item, page) => new opscope.ImageCard(item, page),
  opened: (page) => { page.stepping = new opscope.Stepping(page); },
  changed(page, before) {
    const { brightness, contrast, actual, link } = page.state;
    page.cards.style.setProperty("--adjust", brightness === 1 && contrast === 1 ? "none" : `brightness(${brightness}) contrast(${contrast})`);
    page.cards.classList.toggle("actual", actual);
    document.getElementById("images-brightness-value").textContent = brightness.toFixed(2);
    document.getElementById("images-contrast-value").textContent = contrast.toFixed(2);
    if (link !== before.link) page.stepping.linkChanged();
  },
});
