// One card: the pictures of a tag in one run.
opscope.ImageCard = class extends opscope.StepCard {
  constructor(item, page) {
    const { el } = opscope,
      picture = el("img", { class: "picture", alt: "", decoding: "async" });
    const sample = el("button", { class: "sample", type: "button", title: "Next sample", hidden: true });
    super(item, page, { kind: "image", body: [el("div", { class: "picture-room" }, picture)], buttons: [sample] });
    Object.assign(this, { picture, sample });
    this.facts = el("p", { class: "card-facts" });
    this.element.append(this.facts);
    sample.addEventListener("click", () => page.setSample(this.shown + 2 > this.count ? 1 : this.shown + 2));
    picture.addEventListener("error", () => {
      if (picture.getAttribute("src")) {
        this.clear();
        this.note.textContent = "The picture is damaged.";
      }
    });
    picture.addEventListener("load", () => this.element.classList.toggle("tiny", picture.naturalWidth < 200));
  }

  fill({ width, height, samples }, index) {
    const { el } = opscope,
      shown = Math.min(this.page.state.sample, samples.length) - 1,
      found = samples[shown];
    Object.assign(this, { shown, count: samples.length });
    this.sample.hidden = samples.length < 2;
    this.sample.textContent = `${shown + 1} of ${samples.length}`;
    this.sample.setAttribute("aria-label", `Sample ${shown + 1} of ${samples.length}: next`);
    if (!found || found.problem) {
      this.clear();
      this.note.textContent = found?.problem ?? "This step has no picture.";
      return;
    }
    const address = opscope.url("/api/images/picture", { run: this.run, tag: this.tag, index, sample: shown });
    if (this.picture.getAttribute("src") !== address) this.picture.src = address;
    this.picture.hidden = false;
    this.picture.alt = `${this.tag} of ${this.name}, ${this.slider.text.firstChild.textContent}, sample ${shown + 1}`;
    this.facts.replaceChildren(
      el("span", { text: `${width} × ${height}` }),
      el("span", { text: `${found.type.slice(6).toUpperCase()}, ${opscope.bytes(found.bytes)}` }),
    );
  }

  clear() {
    this.picture.removeAttribute("src");
    this.picture.hidden = true;
    this.facts.replaceChildren();
  }
};
