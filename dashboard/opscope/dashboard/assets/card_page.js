// A page of cards: the index of tags, the list of runs, the filters, and its state in the address.
(() => {
  class CardPage {
    constructor(made, state) {
      Object.assign(this, { made, state, index: { runs: [], tags: [] } });
      const { name } = made;
      this.summary = document.getElementById(`${name}-summary`);
      this.cards = document.getElementById(`${name}-cards`);
      this.runs = new opscope.RunList(name, () => this.list());
      this.grid = new opscope.CardGrid(this.cards, (item) => made.make(item, this));
      document.querySelector(".tab.current")?.scrollIntoView({ block: "nearest", inline: "center" });
      this.load();
    }

    get alive() { return this.runs.alive; }

    runsOf(tag) {
      const having = new Set(this.byTag?.get(tag) ?? []);
      return this.runs.shown.map(({ run }) => run).filter((run) => having.has(run));
    }

    async load() {
      try {
        this.index = await opscope.json(`/api/${this.made.name}/tags`);
      } catch (error) {
        this.summary.textContent = error.message;
        return;
      }
      this.byTag = new Map(this.index.tags.map(({ tag, runs }) => [tag, runs]));
      this.runs.set(this.index.runs);
      this.list();
    }

    list() {
      const filter = opscope.pattern(this.state.tags);
      if (!filter || !this.byTag) return;
      const { within } = this.made;
      const tags = within ? this.index.tags : this.index.tags.filter(({ tag }) => filter.test(tag));
      // A card for each run that has the tag, side by side.
      const items = tags.flatMap(({ tag, description }) => this.runsOf(tag).map((run) => ({ key: `${run}\n${tag}`, run, tag, description })));
      this.grid.set(items);
      this.summary.textContent = `${new Set(items.map(({ tag }) => tag)).size} of ${this.index.tags.length} ${within ?? "tags"}`;
    }

    async update() {
      await this.load();
      this.grid.each((card) => card.refresh());
    }

    set(state) {
      const before = this.state, { redraw = [], changed } = this.made;
      this.state = state;
      this.cards.classList.toggle("wide", state.wide);
      if (state.tags !== before.tags || state.runsFilter !== before.runsFilter) this.list();
      changed?.(this, before);
      if ([...redraw, "wide"].some((key) => state[key] !== before[key])) this.grid.each((card) => card.redraw());
    }

    dispose() { this.grid.dispose(); }
  }

  const wrong = (id, ok) => window.dash_clientside.set_props(id, { error: ok ? null : "Not a regular expression" });

  // name: of the page; keys: of its own controls, as the callback hands their values over;
  // words(state): what goes into the address; make(item, page): a card; opened(page), changed(page,
  // before): told once and at every change; redraw: the keys after whose change cards are drawn
  // anew; within: what the cards are of, where not of tags but of what holds them.
  opscope.cardPage = (made) => {
    const { name, keys, words } = made;
    let page = null;
    window.dash_clientside ??= {};
    window.dash_clientside[name] = {
      set(...values) {
        const state = Object.fromEntries([...keys, "runsFilter", "tags", "wide"].map((key, place) => [key, values[place]]));
        opscope.remember({ ...words(state), runs: state.runsFilter || null, tags: state.tags || null, wide: state.wide ? "1" : null });
        if (!page?.alive) {
          page?.dispose();
          page = new CardPage(made, state);
          made.opened?.(page);
        }
        const filtered = page.runs.setFilter(state.runsFilter);
        page.set(state);
        wrong(`${name}-runs-filter`, filtered);
        wrong(`${name}-tags`, opscope.pattern(state.tags) !== null);
        return state;
      },
    };
    opscope.on("generation", () => page?.alive && page.update());
    opscope[name] = { get page() { return page; } };
  };
})();
