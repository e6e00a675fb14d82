// One card: what a tag holds in one run. Fetches when it is in view.
opscope.RunCard = class {
  // body: nodes of the card; buttons: nodes of its head; a subclass has get() (a promise of data) and draw().
  constructor({ run, tag, description }, page, { kind, body, buttons = [], download }) {
    Object.assign(this, { run, tag, page, stale: true, inView: false, big: false });
    const { el } = opscope, cut = tag.lastIndexOf("/") + 1;
    this.name = opscope.runName(run);
    const larger = `Larger: ${tag} of ${this.name}`;
    this.bigButton = el("button", { class: "icon-button", type: "button", title: "Larger", "aria-label": larger, "aria-pressed": "false", onclick: () => this.setBig(!this.big) }, el("span", { class: "icon icon-expand small" }));
    const file = `${run}_${tag}`.replace(/[^\w.-]+/g, "_") + ".json";
    const link = download && el("a", { class: "icon-button", href: opscope.url(download, { run, tag }), download: file, title: "All of it as JSON", "aria-label": `Download JSON: ${tag} of ${this.name}` }, el("span", { class: "icon icon-download small" }));
    this.note = el("p", { class: "card-note" });
    this.frame = el("div", { class: "plot-frame" }, ...body, this.note);
    this.element = el("article", { class: `card ${kind}-card`, "data-tag": tag, "data-run": run, "aria-label": `${tag} of ${this.name}`, style: `--run:${page.runs.colour(run)}` },
      el("header", { class: "card-head" },
        el("h3", { title: [tag, description].filter(Boolean).join("\n") }, el("span", { class: "card-path", text: tag.slice(0, cut) }), el("span", { text: tag.slice(cut) })),
        ...buttons, this.bigButton, link),
      el("p", { class: "card-run" }, el("i"), el("bdi", { text: this.name })),
      this.frame);
    this.resizing = new ResizeObserver(() => this.inView && this.data && this.drawn !== this.frame.clientWidth && this.redraw());
    this.resizing.observe(this.frame);
  }

  show() { this.inView = true; if (this.stale) this.load(); else if (this.undrawn) this.redraw(); }
  hide() { this.inView = false; }
  refresh() { this.stale = true; if (this.inView) this.load(); }
  dispose() { this.resizing.disconnect(); this.request?.abort(); }

  redraw() {
    this.undrawn = !(this.inView && this.data);
    if (this.undrawn) return;
    this.drawn = this.frame.clientWidth;
    this.draw();
  }

  setBig(on) {
    this.big = on;
    this.element.classList.toggle("big", on);
    this.bigButton.setAttribute("aria-pressed", String(on));
    this.redraw();
  }

  async load() {
    this.request?.abort();
    this.request = new AbortController();
    this.stale = false;
    try {
      this.data = await this.get({ signal: this.request.signal });
      this.note.textContent = "";
      this.redraw();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.stale = true;
      this.note.textContent = error.message;
    }
  }
};
opscope.runName = (run) => opscope.runNames.told(run);
