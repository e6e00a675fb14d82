// The histograms page: state from the controls and the address, a card for each run of each tag.
(() => {
  let page = null;

  class HistogramsPage {
    constructor(state) {
      this.state = state;
      this.index = { runs: [], tags: [] };
      this.summary = document.getElementById("histograms-summary");
      this.runs = new opscope.RunList("histograms", () => this.list());
      this.grid = new opscope.CardGrid(document.getElementById("histograms-cards"), (item) => new opscope.HistogramCard(item, this));
      this.load();
    }

    get alive() { return this.runs.alive; }

    async load() {
      try {
        this.index = await opscope.json("/api/histograms/tags");
      } catch (error) {
        this.summary.textContent = error.message;
        return;
      }
      this.runs.set(this.index.runs);
      this.list();
    }

    list() {
      const filter = opscope.pattern(this.state.tags);
      if (!filter) return;
      const shown = this.runs.shown.map(({ run }) => run);
      const items = this.index.tags.filter(({ tag }) => filter.test(tag)).flatMap(({ tag, runs, description }) => {
        const having = new Set(runs);
        return shown.filter((run) => having.has(run)).map((run) => ({ key: `${run}\n${tag}`, run, tag, description }));
      });
      this.grid.set(items);
      const tags = new Set(items.map(({ tag }) => tag)).size;
      this.summary.textContent = `${tags} of ${this.index.tags.length} tags`;
    }

    async update() {
      await this.load();
      this.grid.each((card) => card.refresh());
    }

    set(state) {
      const before = this.state;
      this.state = state;
      document.getElementById("histograms-cards").classList.toggle("wide", state.wide);
      if (state.tags !== before.tags || state.runsFilter !== before.runsFilter) this.list();
      if (["mode", "axis", "wide"].some((key) => state[key] !== before[key])) this.grid.each((card) => card.redraw());
    }

    dispose() { this.grid.dispose(); }
  }

  const wrong = (id, ok) => window.dash_clientside.set_props(id, { error: ok ? null : "Not a regular expression" });

  window.dash_clientside ??= {};
  window.dash_clientside.histograms = {
    set(mode, axis, runsFilter, tags, wide) {
      const state = { mode, axis, runsFilter, tags, wide };
      opscope.remember({
        mode: mode === "offset" ? null : mode, axis: axis === "step" ? null : axis,
        runs: runsFilter || null, tags: tags || null, wide: wide ? "1" : null,
      });
      if (!page?.alive) {
        page?.dispose();
        page = new HistogramsPage(state);
      }
      const filtered = page.runs.setFilter(runsFilter);
      page.set(state);
      wrong("histograms-runs-filter", filtered);
      wrong("histograms-tags", opscope.pattern(tags) !== null);
      return state;
    },
  };

  opscope.on("generation", () => page?.alive && page.update());
  opscope.histograms = { get page() { return page; } };
})();
