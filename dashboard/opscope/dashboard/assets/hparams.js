// The hparams page: sessions as rows; what is shown, filtered, sorted and selected, in the address.
(() => {
  const DEFAULTS = {
    view: "table",
    value: "last",
    rows: "groups",
    over: "mean",
    colour: "",
    sort: "",
    desc: false,
    runs: "",
    select: "",
  };
  const VIEWS = [
    ["table", "Table"],
    ["parallel", "Parallel"],
    ["scatter", "Scatter"],
  ];
  const MANY = 12,
    SOME = 8; // columns shown at first, of hyperparameters and of metrics that nobody declared
  const { columns, grouped, compare, gradient, AGGREGATES } = opscope.hparamColumns,
    filters = opscope.hparamFilters;

  const pairs = (word) =>
    new Map(
      opscope
        .query()
        .getAll(word)
        .flatMap((text) => {
          try {
            return [JSON.parse(text)].filter((pair) => Array.isArray(pair) && pair.length === 2);
          } catch {
            return [];
          }
        }),
    );

  class HparamsPage extends opscope.HparamChoices {
    constructor(side, body) {
      super();
      Object.assign(this, {
        side,
        body,
        state: opscope.settings.read(DEFAULTS),
        rules: filters.fromAddress(),
        scales: pairs("scale"),
        opened: new Set(),
        table: { hparams: [], metrics: [], sessions: [] },
        columns: [],
        rows: [],
        listed: [],
        shown: [],
      });
      const asked = opscope.query().getAll("col"),
        runs = opscope.query().getAll("run");
      this.only = runs.length ? new Set(runs) : null;
      this.chosen = asked.length ? new Set(asked) : null; // null: what belongs there at first
      this.build();
      this.resizing = new ResizeObserver(() => {
        if (this.columns.length && this.drawn !== this.main.clientWidth) this.drawView();
      });
      this.resizing.observe(this.main);
      this.load();
    }

    build() {
      const { el, controls } = opscope,
        { state } = this,
        set = (key) => (value) => this.set({ [key]: value });
      this.summary = el("span", { class: "summary", role: "status" });
      this.clearing = el("button", {
        class: "plain-button",
        type: "button",
        text: "Clear filters",
        onclick: () => this.clear(),
      });
      this.title = el("div", { class: "experiment", hidden: true });
      this.main = el("div", { class: "hparam-main", onkeydown: (event) => this.key(event) });
      this.detail = el("section", { class: "card detail", hidden: true, "aria-label": "The selected session" });
      this.legend = el("div", { class: "hparam-legend" });
      this.list = el("div", { class: "column-list" });
      this.view = controls.segmented("View", VIEWS, state.view, set("view"));
      this.value = controls.choice(
        "Metrics",
        [
          ["last", "last value"],
          ["min", "least value"],
          ["max", "greatest value"],
        ],
        state.value,
        set("value"),
      );
      this.grouping = controls.segmented(
        "Rows",
        [
          ["groups", "Groups"],
          ["sessions", "Sessions"],
        ],
        state.rows,
        set("rows"),
      );
      this.over = controls.choice(
        "Over a group",
        AGGREGATES.map((name) => [name, name]),
        state.over,
        set("over"),
      );
      this.colours = el("div", { class: "colour-choice" });
      this.side.append(this.grouping, this.over, this.value, this.colours, this.list);
      this.body.append(
        el(
          "div",
          { class: "toolbar" },
          this.view,
          el(
            "div",
            { class: "tag-filter" },
            controls.filter("Filter sessions", "Filter sessions (regular expression)", state.runs, set("runs")),
          ),
          this.summary,
          this.clearing,
          controls.menu(el("summary", { class: "plain-button", text: "Download" }), (list) =>
            opscope.hparamExport.fill(list, this),
          ),
        ),
        this.title,
        this.legend,
        this.main,
        this.detail,
      );
    }

    async load() {
      this.request?.abort();
      const request = (this.request = new AbortController());
      try {
        this.table = await opscope.json("/api/hparams/table", null, { signal: request.signal });
      } catch (error) {
        if (error.name === "AbortError") return;
        this.summary.textContent = error.message;
        opscope.early.drawn();
        return;
      }
      this.study();
      this.draw();
      opscope.early.drawn();
    }

    update() {
      return this.load();
    }

    // Columns and rows anew: after other data came, another figure is asked for, or other rows.
    study() {
      const { state, only } = this,
        { runNames } = opscope;
      // Runs that are hidden, or not among those chosen on another page, are no rows here either.
      const sessions = this.table.sessions.filter(
        ({ run, runs }) => !runNames.hidden(run) && (!only || runs.some((each) => only.has(each))),
      );
      const several = new Set(sessions.map(({ group }) => group)).size < sessions.length;
      this.grouping.hidden = !several;
      this.over.hidden = !several || state.rows !== "groups";
      this.rows = several && state.rows === "groups" ? grouped(sessions, state.over) : sessions;
      this.columns = columns(this.table, state.value);
      for (const column of this.columns) {
        column.study(this.rows);
        // Sessions of one group that differ are shown by both values, which are no number any more.
        if (
          column.kind === "hparam" &&
          column.numeric &&
          column.distinct.some((value) => typeof value === "string" && !/^(NaN|-?Infinity)$/.test(value))
        ) {
          column.type = "string";
          column.study(this.rows);
        }
      }
      this.byId = new Map(this.columns.map((column) => [column.id, column]));
      const { name, description } = this.table;
      this.title.hidden = !(name || description);
      this.title.replaceChildren(opscope.el("b", { text: name ?? "" }), " ", description ?? "");
      const told = [
        ["", "by session"],
        ...this.columns.filter((column) => column.distinct.length).map(({ id, title }) => [id, title]),
      ];
      this.colours.replaceChildren(
        opscope.controls.choice("Colours", told, this.byId.has(state.colour) ? state.colour : "", (id) =>
          this.set({ colour: id }),
        ),
      );
    }

    initial(column) {
      if (column.kind === "fact") return column.id === "status" && column.distinct.some((value) => value !== "unknown");
      const same = this.columns.filter(({ kind }) => kind === column.kind);
      if (column.kind === "hparam") {
        const telling = same.length > MANY ? same.filter(({ distinct }) => distinct.length > 1) : same;
        return (telling.length ? telling : same).slice(0, MANY).includes(column);
      }
      const declared = same.filter((each) => each.declared && each.distinct.length);
      return (declared.length ? declared : same.slice(0, SOME)).includes(column);
    }

    isShown(column) {
      return this.chosen ? this.chosen.has(column.id) : this.initial(column);
    }
    show(column, on) {
      this.showAll([column], on);
    }

    showAll(these, on) {
      this.chosen = new Set(
        this.columns.filter((column) => (these.includes(column) ? on : this.isShown(column))).map(({ id }) => id),
      );
      opscope.remember({ col: this.chosen.size ? [...this.chosen] : [""] });
      this.draw();
    }

    // Rows that pass every filter, in order.
    relist() {
      const { state } = this,
        named = opscope.pattern(state.runs),
        rules = [...this.rules].flatMap(([id, rule]) => (this.byId.has(id) ? [[this.byId.get(id), rule]] : []));
      this.listed = this.rows.filter(
        (row) =>
          (!state.runs || named?.test(this.named(row))) &&
          rules.every(([column, rule]) => filters.passes(column, row, rule)),
      );
      const by =
        state.sort === "run"
          ? (row) => this.named(row)
          : this.byId.get(state.sort) && ((row) => this.byId.get(state.sort).get(row));
      if (!by) return;
      const missing = (value) => value == null;
      this.listed.sort((a, b) => missing(by(a)) - missing(by(b)) || compare(by(a), by(b)) * (state.desc ? -1 : 1));
    }

    draw() {
      this.shown = this.columns.filter((column) => this.isShown(column));
      this.colourBy = this.byId.get(this.state.colour) ?? null;
      this.relist();
      const things = this.rows.some(({ members }) => members) ? "groups" : "sessions",
        left = this.table.sessions.length - this.rows.reduce((sum, { members = 1 }) => sum + members, 0);
      this.summary.textContent = `${this.listed.length} of ${this.rows.length} ${things}${left ? `, ${left} hidden or not chosen` : ""}`;
      this.clearing.hidden = !this.rules.size && !this.state.runs && !this.only;
      this.drawSide();
      this.drawLegend();
      this.drawView();
    }

    drawSide() {
      filters.draw(this.list, this);
    }

    drawView() {
      this.drawn = this.main.clientWidth;
      const { view } = this.state;
      if (view === "table") {
        this.plot = null;
        opscope.hparamTable.draw(this.main, this);
      } else if (this.plot instanceof this.drawing) this.plot.draw();
      else this.plot = new this.drawing(this.main, this);
      this.main.dataset.view = view;
      this.drawDetail();
    }

    get drawing() {
      return this.state.view === "parallel" ? opscope.HparamParallel : opscope.HparamScatter;
    }

    drawLegend() {
      const { el } = opscope,
        column = this.colourBy;
      this.legend.hidden = !column || !column.distinct.length;
      if (this.legend.hidden) return;
      const scale = this.scaleOf(column);
      this.legend.replaceChildren(
        el("span", { class: "legend-title", text: column.title }),
        ...(column.numeric && column.extent
          ? [
              el("span", { text: opscope.hparamColumns.told(column.extent[0]) }),
              el("i", { class: "ramp", style: `background:${gradient}` }),
              el("span", {
                text: `${opscope.hparamColumns.told(column.extent[1])}${scale === "linear" ? "" : ` (${scale})`}`,
              }),
            ]
          : column.distinct.map((value) =>
              el(
                "span",
                { class: "legend-item" },
                el("i", { style: `background:${column.colour(value, scale)}` }),
                opscope.hparamColumns.told(value),
              ),
            )),
      );
    }

    // The selected row, with everything that is known of it.
    drawDetail() {
      const { el } = opscope,
        row = this.selected;
      this.detail.hidden = !row;
      if (!row) return;
      const known = this.columns.filter((column) => column.get(row) != null);
      this.detail.replaceChildren(
        el(
          "header",
          { class: "card-head" },
          el("h3", {}, el("i", { style: `background:${this.colour(row)}` }), el("bdi", { text: this.named(row) })),
          el("a", { class: "link-button", href: this.scalarsOf(row), text: "Scalars" }),
          row.monitor && /^https?:/.test(row.monitor)
            ? el("a", { class: "link-button", href: row.monitor, text: "Monitor", rel: "noreferrer" })
            : null,
          opscope.controls.button("close", "Select nothing", () => this.select(null)),
        ),
        el(
          "dl",
          {},
          ...known.map((column) =>
            el("div", { class: column.kind }, el("dt", { text: column.title }), el("dd", { text: column.text(row) })),
          ),
          row.model ? el("div", {}, el("dt", { text: "Model" }), el("dd", { text: row.model })) : null,
        ),
      );
    }

    // Columns worth a place in a plot: what is the same for all says nothing of a run.
    get plotted() {
      return this.shown.filter(({ kind, distinct }) => kind !== "fact" || distinct.length > 1);
    }

    get selected() {
      return this.rows.find(({ run }) => run === this.state.select) ?? null;
    }

    select(row) {
      this.state = { ...this.state, select: !row || row.run === this.state.select ? "" : row.run };
      opscope.settings.write(DEFAULTS, this.state);
      if (this.plot) this.plot.mark();
      else opscope.hparamTable.reveal(this.main, this);
      if (!this.state.select)
        this.main
          .querySelectorAll('[aria-selected="true"]')
          .forEach((each) => each.setAttribute("aria-selected", "false"));
      this.drawDetail();
    }

    key(event) {
      if (event.target.closest("select, input, button") || event.ctrlKey || event.metaKey || event.altKey) return;
      const way = { ArrowUp: -1, ArrowDown: 1 }[event.key],
        at = this.listed.indexOf(this.selected);
      if (way && this.listed.length) {
        const next =
          this.listed[
            at < 0 ? (way > 0 ? 0 : this.listed.length - 1) : Math.max(0, Math.min(this.listed.length - 1, at + way))
          ];
        if (next !== this.selected) this.select(next);
      } else if (event.key === "Escape" && this.selected) this.select(null);
      else return;
      event.preventDefault();
    }

    set(change) {
      const before = this.state;
      this.state = { ...before, ...change };
      opscope.settings.write(DEFAULTS, this.state);
      if (["value", "rows", "over"].some((key) => this.state[key] !== before[key])) this.study();
      this.draw();
    }

    dispose() {
      this.request?.abort();
      this.resizing.disconnect();
      opscope.factTip.hide();
    }
  }

  opscope.hparams = opscope.earlyPage("hparams", (side, body) => new HparamsPage(side, body));
})();
