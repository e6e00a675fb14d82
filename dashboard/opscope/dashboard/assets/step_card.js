// One card that shows one point of a tag: a slider chooses it, alone or together with all others.
opscope.StepCard = class extends opscope.RunCard {
  // options: as of RunCard; a subclass has fill(point, index) and the path of its routes in `api`.
  constructor(item, page, options) {
    super(item, page, { ...options, body: options.body });
    this.slider = new opscope.StepSlider(`${this.tag} of ${this.name}`, (place) => this.move(place));
    this.element.insertBefore(this.slider.element, this.frame);
    this.at = page.stepping.of(this);
  }

  get api() {
    return `/api/${this.page.name}`;
  }
  get(options) {
    return opscope.json(`${this.api}/points`, { run: this.run, tag: this.tag }, options);
  }
  dispose() {
    super.dispose();
    this.asked?.abort();
  }

  // A step, or null for the newest there is.
  go(step) {
    this.at = step;
    this.redraw();
  }

  move(place) {
    const { step } = this.data,
      chosen = place === step.length - 1 ? null : step[place];
    this.page.stepping.choose(this, chosen);
    if (!this.page.state.link) this.go(chosen);
  }

  draw() {
    const { data } = this;
    if (!data.step.length) {
      this.note.textContent = "Nothing here yet.";
      return;
    }
    const place = opscope.placeOf(data.step, this.at);
    this.slider.set(data, place);
    this.fetchPoint(data.index[place]);
  }

  async fetchPoint(index) {
    this.asked?.abort();
    this.asked = new AbortController();
    try {
      const words = { run: this.run, tag: this.tag, index, ...this.wanted?.() };
      const point = await opscope.json(`${this.api}/point`, words, { signal: this.asked.signal });
      this.note.textContent = "";
      this.fill(point, index);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.clear();
      this.note.textContent = error.message;
    }
  }
};

// Which step each card shows, kept in the page's address: one for all, or for each card its own.
opscope.Stepping = class {
  constructor(page) {
    this.page = page;
    const query = opscope.query(),
      step = query.get("step");
    this.step = step === null || step === "" || !Number.isFinite(+step) ? null : +step;
    this.own = new Map();
    for (const text of query.getAll("at")) {
      try {
        const [run, tag, at] = JSON.parse(text);
        this.own.set(`${run}\n${tag}`, at);
      } catch {
        /* not ours */
      }
    }
  }

  of({ run, tag }) {
    return this.page.state.link ? this.step : (this.own.get(`${run}\n${tag}`) ?? null);
  }

  choose(card, step) {
    if (this.page.state.link) {
      this.step = step;
      this.page.grid.each((other) => other.go(step));
    } else if (step === null) this.own.delete(`${card.run}\n${card.tag}`);
    else this.own.set(`${card.run}\n${card.tag}`, step);
    this.remember();
  }

  linkChanged() {
    this.page.grid.each((card) => card.go(this.of(card)));
    this.remember();
  }

  remember() {
    const { link } = this.page.state;
    opscope.remember({
      step: link ? this.step : null,
      at: link ? null : [...this.own].map(([key, step]) => JSON.stringify([...key.split("\n"), step])),
    });
  }
};
