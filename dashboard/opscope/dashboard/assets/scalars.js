// The scalars page: state from the controls and the address, cards from the tag index.
(() => {
  let page = null;

  class ScalarsPage {
    constructor(state) {
      this.state = state;
      this.index = { runs: [], tags: [] };
      this.summary = document.getElementById("scalars-summary");
      this.runs = new opscope.RunList("scalars", () => this.grid.each((card) => card.refresh()));
      this.grid = new opscope.CardGrid(document.getElementById("scalars-cards"), (item) => new opscope.ScalarCard(item, this));
      this.load();
    }

    get alive() { return this.runs.alive; }

    runsOf(tag) {
      const having = new Set(this.byTag.get(tag) ?? []);
      return this.runs.shown.map(({ run }) => run).filter((run) => having.has(run));
    }

    async load() {
      try {
        this.index = await opscope.json("/api/scalars/tags");
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
      if (filter) {
        const items = this.index.tags.filter(({ tag }) => filter.test(tag)).map(({ tag, description }) => ({ key: tag, tag, description }));
        this.grid.set(items);
        this.summary.textContent = `${items.length} of ${this.index.tags.length} tags`;
      }
      return filter !== null;
    }

    async update() {
      await this.load();
      this.grid.each((card) => card.refresh());
    }

    set(state) {
      const before = this.state;
      this.state = state;
      document.getElementById("scalars-smoothing-value").textContent = state.smoothing.toFixed(2);
      document.getElementById("scalars-cards").classList.toggle("wide", state.wide);
      if (state.runsFilter !== before.runsFilter) this.grid.each((card) => card.refresh());
      if (state.tags !== before.tags && this.byTag) this.list();
      if (state.axis !== before.axis) this.grid.each((card) => { card.zoom = null; card.mark(); card.refresh(); });
      else if (state.smoothing !== before.smoothing) this.grid.each((card) => card.refresh());
      if (state.outliers !== before.outliers || state.wide !== before.wide) this.grid.each((card) => card.redraw());
    }

    dispose() { this.grid.dispose(); }
  }

  const wrong = (id, ok) => window.dash_clientside.set_props(id, { error: ok ? null : "Not a regular expression" });

  window.dash_clientside ??= {};
  window.dash_clientside.scalars = {
    set(smoothing, axis, outliers, runsFilter, tags, wide) {
      const state = { smoothing, axis, outliers, runsFilter, tags, wide };
      opscope.remember({
        smoothing: smoothing === 0.6 ? null : smoothing, axis: axis === "step" ? null : axis, outliers: outliers ? null : "0",
        runs: runsFilter || null, tags: tags || null, wide: wide ? "1" : null,
      });
      if (!page?.alive) {
        page?.dispose();
        page = new ScalarsPage(state);
      }
      const filtered = page.runs.setFilter(runsFilter);
      page.set(state);
      wrong("scalars-runs-filter", filtered);
      wrong("scalars-tags", opscope.pattern(tags) !== null);
      return state;
    },
  };

  opscope.on("generation", () => page?.alive && page.update());
  opscope.on("theme", () => page?.alive && page.grid.each((card) => card.redraw()));
  opscope.scalars = { get page() { return page; } };
})();
