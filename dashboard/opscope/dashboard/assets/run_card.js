// One card: what a tag holds in one run, or, without a `run`, in all that are shown. Fetches when
// it is in view.
opscope.RunCard = class {
  // body: nodes of the card; buttons: nodes of its head; a subclass has get() (a promise of data) and draw().
  constructor({ run = null, tag, description }, page, { kind, body, buttons = [], download }) {
    Object.assign(this, { run, tag, page, stale: true, inView: false });
    this.key = run === null ? tag : `${run}/${tag}`;
    this.big = opscope.marked("big", this.key);
    const { el } = opscope,
      cut = tag.lastIndexOf("/") + 1;
    this.name = run === null ? "all runs" : page.named(run);
    const larger = `Larger: ${tag} of ${this.name}`;
    this.bigButton = el(
      "button",
      {
        class: "icon-button",
        type: "button",
        title: "Larger",
        "aria-label": larger,
        "aria-pressed": String(this.big),
        onclick: () => this.setBig(!this.big),
      },
      el("span", { class: "icon icon-expand small" }),
    );
    const file = `${run}_${tag}`.replace(/[^\w.-]+/g, "_") + ".json";
    const link =
      !download || run === null
        ? null
        : el(
            "a",
            {
              class: "icon-button",
              href: opscope.url(download, { run, tag }),
              download: file,
              title: "All of it as JSON",
              "aria-label": `Download JSON: ${tag} of ${this.name}`,
            },
            el("span", { class: "icon icon-download small" }),
          );
    this.note = el("p", { class: "card-note" });
    this.frame = el("div", { class: "plot-frame" }, ...body, this.note);
    this.whose = el("p", { class: "card-run" });
    this.element = el(
      "article",
      { class: `card ${kind}-card`, "data-tag": tag, "data-run": run, "aria-label": `${tag} of ${this.name}` },
      el(
        "header",
        { class: "card-head" },
        el(
          "h3",
          { title: [tag, description].filter(Boolean).join("\n") },
          el("span", { class: "card-path", text: tag.slice(0, cut) }),
          el("span", { text: tag.slice(cut) }),
        ),
        ...buttons,
        this.bigButton,
        link,
      ),
      this.whose,
      this.frame,
    );
    this.element.classList.toggle("big", this.big);
    this.tellRuns();
    this.resizing = new ResizeObserver(
      () => this.inView && this.data && this.drawn !== this.frame.clientWidth && this.redraw(),
    );
    this.resizing.observe(this.frame);
  }

  get runs() {
    return this.run === null ? this.page.runsOf([this.tag]) : [this.run];
  }

  // Whose card it is, and in which colours.
  tellRuns() {
    const { el } = opscope,
      { page } = this;
    this.whose.replaceChildren(
      ...this.runs.map((run) =>
        el("span", { style: `--run:${page.colour(run)}` }, el("i"), el("bdi", { text: page.named(run) })),
      ),
    );
    if (this.run !== null) this.element.style.setProperty("--run", page.colour(this.run));
  }

  show() {
    this.inView = true;
    if (this.stale) this.load();
    else if (this.undrawn) this.redraw();
  }
  hide() {
    this.inView = false;
  }
  refresh() {
    this.stale = true;
    if (this.inView) this.load();
  }
  dispose() {
    this.resizing.disconnect();
    this.request?.abort();
  }

  redraw() {
    this.tellRuns();
    this.undrawn = !(this.inView && this.data);
    if (this.undrawn) return;
    this.drawn = this.frame.clientWidth;
    this.draw();
    this.page.firstDrawn();
  }

  setBig(on) {
    this.big = on;
    opscope.mark("big", this.key, on);
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
      this.page.firstDrawn();
    }
  }
};
