// The scalars page: its controls, its state in the address, its cards from the tag index.
(() => {
  const DEFAULTS = { smoothing: 0.6, axis: "step", outliers: true, orphans: false, lines: "runs", spread: "std", group: "folder", colours: "run", sort: "nearest", runs: "", tags: "", wide: false };
  const RELOADS = ["smoothing", "axis", "orphans", "lines", "spread", "runs"];
  const PINS = "opscope:scalars:pins";
  let page = null;

  const kept = () => { try { return JSON.parse(localStorage.getItem(PINS)) ?? []; } catch { return []; } };

  const fromAddress = () => {
    const query = opscope.query(), state = { ...DEFAULTS };
    for (const [key, value] of Object.entries(DEFAULTS)) {
      const word = query.get(key);
      if (word === null) continue;
      state[key] = typeof value === "boolean" ? word === "1" : typeof value === "number" ? Number(word) || 0 : word;
    }
    state.smoothing = Math.min(0.99, Math.max(0, state.smoothing));
    return state;
  };

  class ScalarsPage {
    constructor(side, body) {
      Object.assign(this, { side, body, state: fromAddress(), index: { runs: [], tags: [] }, byTag: new Map() });
      const query = opscope.query(), at = query.get("at");
      this.cursor = at === null ? null : Number(at);
      this.pins = query.has("pin") ? query.getAll("pin") : kept();
      this.charts = query.getAll("chart").flatMap((text) => { try { return [JSON.parse(text).map(String)]; } catch { return []; } });
      this.regroup();
      this.build();
      this.runs = new opscope.RunList("scalars", () => this.refresh());
      this.runs.painted = (run) => this.colour(run);
      this.runs.setFilter(this.state.runs);
      this.grid = new opscope.CardGrid(this.cards, (item) => new opscope.ScalarCard(item, this));
      this.ready = this.load();
    }

    build() {
      const { el, controls } = opscope, { state } = this, set = (key) => (value) => this.set({ [key]: value });
      this.summary = el("span", { class: "summary", role: "status" });
      this.cards = el("div", { class: "groups", id: "scalars-cards" });
      this.regex = controls.filter("Expression that groups runs", "e.g. (lr[^/]*)", state.group.replace(/^(folder|regex:)/, ""), (text) => this.set({ group: `regex:${text}` }));
      this.spread = controls.choice("Band", [["std", "± standard deviation"], ["sem", "± standard error"], ["range", "least to greatest"]], state.spread, set("spread"));
      const download = el("summary", { class: "plain-button", text: "Download" });
      this.side.append(
        controls.slider("Smoothing", { min: 0, max: 0.99, step: 0.01, value: state.smoothing }, set("smoothing")),
        controls.segmented("Horizontal axis", [["step", "Step"], ["relative", "Relative"], ["wall", "Wall"]], state.axis, set("axis")),
        controls.segmented("Lines", [["runs", "Each run"], ["groups", "Mean of groups"]], state.lines, set("lines")),
        this.spread,
        el("details", { class: "more", open: state.group !== "folder" || state.colours !== "run" }, el("summary", { text: "More settings" }),
          controls.toggle("Ignore outliers", state.outliers, set("outliers"), "A few extreme points do not stretch the axis"),
          controls.toggle("Points before restarts", state.orphans, set("orphans"), "What a restart of the training made obsolete, dashed"),
          controls.choice("Colours", [["run", "by run"], ["group", "by group"]], state.colours, set("colours")),
          controls.choice("Groups", [["folder", "by folder"], ["regex", "by expression"]], state.group === "folder" ? "folder" : "regex", (by) => this.set({ group: by === "folder" ? by : `regex:${this.regex.input.value}` })),
          this.regex,
          controls.choice("Tooltip order", [["nearest", "nearest first"], ["highest", "highest first"], ["lowest", "lowest first"], ["name", "by name"]], state.sort, set("sort"))),
        el("div", { class: "runs" }, el("span", { class: "label", text: "Runs" }),
          controls.filter("Filter runs", "Filter (regular expression)", state.runs, set("runs")),
          el("div", { id: "scalars-runs", class: "run-list", "aria-label": "Runs shown", role: "group" })));
      this.body.append(
        el("div", { class: "toolbar" },
          el("div", { class: "tag-filter" }, controls.filter("Filter tags", "Filter tags (regular expression)", state.tags, set("tags"))),
          this.summary,
          controls.menu(el("summary", { class: "plain-button", text: "Combine" }), (list) => this.fillCombine(list)),
          controls.menu(el("summary", { class: "plain-button", text: "Alerts" }), (list) => opscope.alerts.fill(list)),
          controls.menu(download, (list) => opscope.scalarExport.fillAll(list, this)),
          controls.toggle("Full width", state.wide, set("wide"))),
        this.cards);
      this.show();
    }

    // What depends on the state outside of the cards.
    show() {
      this.cards.classList.toggle("wide", this.state.wide);
      this.spread.hidden = this.state.lines !== "groups";
      this.regex.hidden = this.state.group === "folder";
    }

    move(side, body) {
      const focused = document.activeElement;
      side.append(...this.side.childNodes);
      body.append(...this.body.childNodes);
      Object.assign(this, { side, body });
      focused?.focus?.({ preventScroll: true });
    }

    async load() {
      try {
        this.index = await opscope.json("/api/scalars/tags");
      } catch (error) {
        this.summary.textContent = error.message;
        return;
      }
      this.byTag = new Map(this.index.tags.map(({ tag, runs }) => [tag, new Set(runs)]));
      this.regroup();
      this.runs.set(this.index.runs);
      this.list();
    }

    list() {
      const filter = opscope.pattern(this.state.tags);
      const found = this.index.tags.filter(({ tag }) => filter.test(tag)), described = new Map(this.index.tags.map(({ tag, description }) => [tag, description]));
      this.listed = found.map(({ tag }) => tag);
      this.grid.set([
        ...this.charts.map((tags) => ({ key: `chart ${JSON.stringify(tags)}`, tags, tag: tags[0], chart: true, group: "Combined" })),
        ...this.pins.filter((tag) => this.byTag.has(tag)).map((tag) => ({ key: `pin ${tag}`, tag, description: described.get(tag), group: "Pinned" })),
        ...found.map(({ tag, description }) => ({ key: tag, tag, description })),
      ]);
      this.summary.textContent = `${found.length} of ${this.index.tags.length} tags`;
    }

    async update() {
      await this.load();
      this.refresh();
    }

    refresh() { this.grid.each((card) => card.refresh()); }
    redraw() { this.grid.each((card) => card.redraw()); }

    set(change) {
      const before = this.state, state = this.state = { ...before, ...change }, other = (key) => state[key] !== before[key];
      opscope.remember(Object.fromEntries(Object.entries(DEFAULTS).map(([key, value]) => [key, state[key] === value ? null : typeof value === "boolean" ? (state[key] ? "1" : "0") : String(state[key])])));
      if (other("group")) this.regroup();
      if (["group", "colours", "lines"].some(other)) this.runs.draw();
      this.show();
      if (other("runs")) this.runs.setFilter(state.runs);
      if (other("axis")) { this.pinCursor(null); this.grid.each((card) => { card.zoom = null; card.mark(); }); }
      if (other("tags")) this.list();
      if (RELOADS.some(other) || (other("group") && state.lines === "groups")) this.refresh(); else this.redraw();
    }

    // Runs and their colours.

    runsOf(tags) {
      return this.runs.shown.map(({ run }) => run).filter((run) => tags.some((tag) => this.byTag.get(tag)?.has(run)));
    }

    regroup() {
      this.groupOf = opscope.runGroups.grouping(this.state.group);
      this.groupColours = opscope.runGroups.colours(this.index.runs, this.groupOf);
    }

    colour(run, group = this.groupOf(run)) {
      return this.state.colours === "group" || this.state.lines === "groups" ? this.groupColours.get(group) ?? "#888" : this.runs.colour(run);
    }

    named(run) { return opscope.runNames.told(run); }

    // The cursor: under the pointer for a moment, or stopped at a place on the axis.

    point(card, at, event, y) {
      cancelAnimationFrame(this.pointing);
      if (!card) opscope.scalarTip.hide();
      const kept = card ? at : this.cursor, { clientX, clientY } = event ?? {};
      this.pointing = requestAnimationFrame(() => this.grid.each((each) => {
        if (!each.inView || !each.plan) return;
        if (each === card) opscope.scalarTip.show(card, at, y, clientX, clientY); else opscope.scalarTip.cross(each, kept, !card);
      }));
    }

    pinCursor(at) {
      this.cursor = at;
      opscope.remember({ at: at === null ? null : String(+at.toPrecision(12)) });
      this.grid.each((card) => { if (card.tabled) card.refresh(); else if (card.plan) opscope.scalarTip.cross(card, at, true); });
    }

    // One point further along the first line of a card, by key.
    moveCursor(card, way) {
      const { plan } = card, x = plan.lines[0]?.x ?? [], from = this.cursor ?? (way > 0 ? plan.x.low : plan.x.high);
      const next = way > 0 ? x.find((at) => at > from) : [...x].reverse().find((at) => at < from);
      if (next === undefined) return;
      this.pinCursor(next);
      const bounds = card.plot.getBoundingClientRect(), row = opscope.scalarTip.rowsAt(plan, next)[0];
      opscope.scalarTip.show(card, next, row.top ?? 0, bounds.left + plan.x.px(next), bounds.top + (row.top ?? 0));
    }

    // Pins and charts of several tags.

    isPinned(tags) { return this.pins.includes(tags[0]); }

    togglePin([tag]) {
      this.pins = this.pins.includes(tag) ? this.pins.filter((each) => each !== tag) : [...this.pins, tag];
      opscope.remember({ pin: this.pins });
      try { localStorage.setItem(PINS, JSON.stringify(this.pins)); } catch { /* private window */ }
      this.list();
      this.grid.each((card) => card.mark());
    }

    setCharts(charts) {
      this.charts = charts;
      opscope.remember({ chart: charts.map((tags) => JSON.stringify(tags)) });
      this.list();
    }

    dropChart(tags) { this.setCharts(this.charts.filter((each) => each !== tags)); }

    fillCombine(list) {
      const { el } = opscope, boxes = this.listed.map((tag) => el("input", { type: "checkbox", value: tag }));
      const draw = el("button", { type: "button", text: "Draw in one chart", disabled: true, onclick: () => {
        this.setCharts([...this.charts, boxes.filter((box) => box.checked).map((box) => box.value)]);
        list.closest("details").open = false;
        this.body.scrollTop = 0;
      } });
      list.onchange = () => { draw.disabled = boxes.filter((box) => box.checked).length < 2; };
      list.replaceChildren(el("div", { class: "combine-list" }, ...boxes.map((box) => el("label", { class: "run all" }, box, el("span", { text: box.value })))), draw);
    }

    alertsOf(tags) { return opscope.alerts.of(tags); }
    firstDrawn() { opscope.early.drawn(); }
    dispose() { this.grid.dispose(); }
  }

  // The page is filled where it stands before Dash has started; Dash's own elements take it over.
  const mount = () => {
    const side = document.getElementById("scalars-side") ?? opscope.early.host("scalars-side");
    const body = document.getElementById("scalars-body") ?? opscope.early.host("scalars-body");
    if (!side || !body || page?.body === body) return;
    if (page && page.body === opscope.early.host("scalars-body")) {
      page.move(side, body);
      opscope.early.done();
      return;
    }
    page?.dispose();
    page = new ScalarsPage(side, body);
  };
  new MutationObserver(mount).observe(document.documentElement, { childList: true, subtree: true });
  mount();

  opscope.on("alerts", () => page?.body.isConnected && page.grid.each((card) => card.tellAlerts()));
  opscope.on("generation", () => page?.body.isConnected && page.update());
  opscope.scalars = { get page() { return page; } };
})();
