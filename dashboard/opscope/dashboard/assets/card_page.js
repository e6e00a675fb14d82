// A page of cards: the index of tags, the list of runs, the filters, and its state in the address.
(() => {
  const SHARED = { runs: "", tags: "", colours: "run", group: "folder", wide: false };

  // A page is a subclass: `static defaults` of its own settings, `asks` those whose change asks the
  // server again, `redraws` those whose change draws its cards anew (every setting where null),
  // `perTag` where a card shows all runs of its tag; settings() and tools() give the controls of the
  // side bar and of the toolbar, card(item) a card, show() what else depends on the state.
  opscope.CardPage = class {
    static defaults = {};
    static asks = [];
    static redraws = null;
    static perTag = false;
    static within = null; // what the cards are of, where not of tags but of what holds them

    constructor(name, side, body) {
      Object.assign(this, { name, side, body, index: { runs: [], tags: [] }, byTag: new Map(), listed: [] });
      this.path = location.pathname;
      this.defaults = { ...SHARED, ...this.constructor.defaults };
      this.state = this.checked(opscope.settings.read(this.defaults));
      this.opened();
      this.runs = new opscope.RunList(this);
      this.build();
      this.grid = new opscope.CardGrid(this.cards, (item) => this.card(item));
      this.ready = this.load();
    }

    get perTag() {
      return this.constructor.perTag;
    }
    checked(state) {
      return state;
    }
    opened() {}
    settings() {
      return [];
    }
    tools() {
      return [];
    }
    show() {}
    changed() {}

    build() {
      const { el, controls } = opscope,
        { state } = this;
      this.summary = el("span", { class: "summary", role: "status" });
      this.cards = el("div", { class: "groups", id: `${this.name}-cards` });
      this.tagFilter = controls.filter("Filter tags", "Filter tags (regular expression)", state.tags, (tags) =>
        this.set({ tags }),
      );
      this.side.append(...this.settings(), this.runs.element);
      this.body.append(
        el(
          "div",
          { class: "toolbar" },
          el("div", { class: "tag-filter" }, this.tagFilter),
          this.summary,
          ...this.tools(),
          ...(this.constructor.within ? [] : [this.wideToggle()]),
        ),
        this.cards,
      );
      this.cards.classList.toggle("wide", state.wide);
      this.show();
    }

    wideToggle() {
      const field = opscope.controls.toggle("Full width", this.state.wide, (wide) => this.set({ wide }));
      field.classList.add("wide-toggle");
      return field;
    }

    // One control that sets a part of the state.
    setter(key) {
      return (value) => this.set({ [key]: value });
    }

    async load() {
      let index;
      try {
        index = await opscope.json(`/api/${this.name}/tags`);
      } catch (error) {
        this.summary.textContent = error.message;
        opscope.early.drawn();
        return;
      }
      const text = JSON.stringify(index);
      if (text === this.indexed) return; // more points, but no other run or tag
      Object.assign(this, { index, indexed: text });
      this.byTag = new Map(this.index.tags.map(({ tag, runs }) => [tag, new Set(runs)]));
      this.runs.set(this.index.runs);
      this.list();
      if (!this.grid.cards.size) opscope.early.drawn();
    }

    // The runs shown that have one of these tags.
    runsOf(tags) {
      return this.runs.shown.map(({ run }) => run).filter((run) => tags.some((tag) => this.byTag.get(tag)?.has(run)));
    }

    // A card for each tag, or for each run that has it, side by side.
    items(found) {
      return this.perTag
        ? found.map(({ tag, description }) => ({ key: tag, tag, description }))
        : found.flatMap(({ tag, description }) =>
            this.runsOf([tag]).map((run) => ({ key: `${run}\n${tag}`, run, tag, description })),
          );
    }

    list() {
      const { within } = this.constructor,
        filter = opscope.pattern(this.state.tags) ?? /(?:)/;
      const found = within ? this.index.tags : this.index.tags.filter(({ tag }) => filter.test(tag)),
        items = this.items(found);
      this.listed = found.map(({ tag }) => tag);
      this.grid.set(items);
      const count = this.perTag ? found.length : new Set(items.map(({ tag }) => tag)).size;
      this.summary.textContent = `${count} of ${this.index.tags.length} ${within ?? "tags"}`;
    }

    async update() {
      await this.load();
      this.refresh();
    }

    refresh() {
      this.grid.each((card) => card.refresh());
    }
    redraw() {
      this.grid.each((card) => card.redraw());
    }
    firstDrawn() {
      opscope.early.drawn();
    }

    // Other runs are shown, or they are called or coloured otherwise.
    runsChanged() {
      this.list();
      if (this.perTag) this.refresh();
      else this.redraw();
    }

    colour(run, group) {
      return this.runs.colours.of(run, group);
    }
    groupOf(run) {
      return this.runs.colours.groupOf(run);
    }
    named(run) {
      return opscope.runNames.told(run);
    }

    set(change) {
      if (location.pathname !== this.path) return; // typed just before leaving: the address is another page's now
      const before = this.state,
        state = (this.state = this.checked({ ...before, ...change })),
        other = (key) => state[key] !== before[key];
      const { asks, redraws } = this.constructor;
      opscope.settings.write(this.defaults, state);
      this.cards.classList.toggle("wide", state.wide);
      this.show();
      if (["group", "colours"].some(other)) this.runs.recolour();
      if (other("runs")) this.runs.setFilter(state.runs);
      if (other("tags") || other("runs")) this.list();
      this.changed(other);
      if (asks.some(other) || (this.perTag && other("runs"))) this.refresh();
      else if (!redraws || [...redraws, "wide", "colours", "group"].some(other)) this.redraw();
    }

    dispose() {
      this.grid.dispose();
    }
  };

  opscope.openPage = (name, Page) => {
    opscope[name] = opscope.earlyPage(name, (side, body) => new Page(name, side, body));
  };
})();
