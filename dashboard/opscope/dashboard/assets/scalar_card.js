// One card: the curves of a tag, or of several. Fetches when it is in view, and finer when zoomed.
(() => {
  const BIG = 420,
    NORMAL = 236; // heights of the plot in pixels
  const TOGETHER = 16_000,
    FEWEST = 40; // points of all curves of a card, and of each of many

  // What is shown of a card, in the address: [name, [from, to], [low, high] or null].
  const zooms = () =>
    opscope
      .query()
      .getAll("zoom")
      .flatMap((text) => {
        try {
          const found = JSON.parse(text);
          return Array.isArray(found) ? [found] : [];
        } catch {
          return [];
        }
      });
  const span = (ends) =>
    Array.isArray(ends) && ends.length === 2 && ends.every(Number.isFinite) && ends[0] < ends[1] ? ends : null;
  const zoomOf = (name) => {
    const [, x, y] = zooms().find(([of]) => of === name) ?? [];
    return span(x) || span(y) ? { x: span(x), y: span(y) } : null;
  };

  opscope.ScalarCard = class {
    // page: opscope.scalars.page; the card asks it for runs, colours and settings. A chart may have
    // a `title`, and a `name` by which the address knows it.
    constructor({ tag, tags = [tag], name = tags.join(", "), title, description, chart = false }, page) {
      Object.assign(this, {
        tags,
        tag: tags[0],
        name,
        title,
        description,
        chart,
        page,
        zoom: null,
        inView: false,
        stale: true,
      });
      [this.logY, this.big, this.tabled] = ["log", "big", "table"].map((word) => opscope.marked(word, this.name));
      this.zoom = zoomOf(this.name);
      this.build();
      this.element.classList.toggle("big", this.big);
      this.table.hidden = !this.tabled;
    }

    build() {
      const { el, controls, scalarExport } = opscope,
        { tag = "" } = this,
        cut = tag.lastIndexOf("/") + 1;
      const button = (icon, label, act) =>
        controls.button(icon, label, act, { "aria-label": `${label}: ${this.name}` });
      this.bad = el("span", { class: "bad-count", hidden: true });
      this.alert = el("span", { class: "alert-badge", hidden: true });
      this.resetButton = button("reset", "Show everything", () => this.setZoom(null));
      this.pinButton = this.chart
        ? button("close", "Take this chart away", () => this.page.dropChart(this.tags))
        : button("pin", "Pin to the top", () => this.page.togglePin(this.tags));
      this.logButton = button("log", "Logarithmic vertical axis", () => this.setLog(!this.logY));
      this.tableButton = button("table", "Table of values", () => this.setTable(!this.tabled));
      this.bigButton = button("expand", "Larger", () => this.setBig(!this.big));
      const summary = el(
        "summary",
        { class: "icon-button", title: "Download", "aria-label": `Download: ${this.name}` },
        el("span", { class: "icon icon-download small" }),
      );
      this.menu = controls.menu(summary, (list) => scalarExport.fill(list, this));
      this.plot = el("div", {
        class: "plot",
        tabindex: "0",
        role: "group",
        "aria-label": `Plot of ${this.name}: arrows move the cursor, plus and minus zoom, 0 shows everything`,
      });
      this.note = el("p", { class: "card-note" });
      this.dots = el("div", { class: "dots" });
      this.frame = el("div", { class: "plot-frame" }, this.plot, this.dots, this.note);
      this.key = el(
        "ul",
        { class: "tag-key", hidden: this.tags.length < 2 },
        ...this.tags.map((one) => el("li", {}, this.swatch(one), one)),
      );
      this.table = el("div", { class: "card-table", hidden: true });
      const title =
        this.title || this.tags.length > 1
          ? [el("span", { text: this.title ?? this.name })]
          : [el("span", { class: "card-path", text: tag.slice(0, cut) }), el("span", { text: tag.slice(cut) })];
      this.element = el(
        "article",
        { class: "card scalar-card", "data-tag": this.name, "aria-label": this.name },
        el(
          "header",
          { class: "card-head" },
          el("h3", { title: [this.name, this.description].filter(Boolean).join("\n") }, ...title),
          this.alert,
          this.bad,
          this.resetButton,
          this.pinButton,
          this.logButton,
          this.tableButton,
          this.bigButton,
          this.menu,
        ),
        this.key,
        this.frame,
        this.table,
      );
      opscope.scalarPointer(this);
      this.resizing = new ResizeObserver(
        () => this.inView && this.data && this.drawn !== this.plotWidth() && this.draw(),
      );
      this.resizing.observe(this.frame);
      this.mark();
    }

    swatch(tag) {
      const { node } = opscope.scalarPlot,
        svg = node("svg", { width: 22, height: 8, "aria-hidden": "true" });
      svg.append(
        node("path", { d: "M1 4H21", stroke: "currentColor", "stroke-width": 2, "stroke-dasharray": this.dashed(tag) }),
      );
      return svg;
    }

    dashed(tag) {
      return this.tags.length > 1 ? opscope.scalarPlot.dash(this.tags.indexOf(tag)) : null;
    }
    plotWidth() {
      return Math.max(120, this.frame.clientWidth);
    }
    show() {
      this.inView = true;
      if (this.stale) this.load();
      else if (this.undrawn) this.draw();
    }
    hide() {
      this.inView = false;
    }
    refresh() {
      this.stale = true;
      if (this.inView) this.load();
    }
    redraw() {
      this.undrawn = true;
      if (this.inView && this.data) this.draw();
    }
    dispose() {
      this.resizing.disconnect();
      this.request?.abort();
      opscope.scalarTip.hide();
    }

    setLog(on) {
      this.logY = on;
      if (this.zoom) this.zoom = { ...this.zoom, y: null };
      opscope.mark("log", this.name, on);
      this.mark();
      this.redraw();
    }

    setBig(on) {
      this.big = on;
      opscope.mark("big", this.name, on);
      this.element.classList.toggle("big", on);
      this.mark();
      this.redraw();
    }

    setTable(on) {
      this.tabled = on;
      opscope.mark("table", this.name, on);
      this.table.hidden = !on;
      this.mark();
      if (on) this.refresh();
    }

    setZoom(zoom) {
      this.zoom = zoom;
      this.rememberZoom();
      this.mark();
      if (this.data && zoom) this.draw(); // at once with what is here, and finer when it has come
      this.refresh();
    }

    // Where the axis is another, a range of it means nothing.
    forgetZoom() {
      this.zoom = null;
      this.rememberZoom();
      this.mark();
    }

    rememberZoom() {
      const short = (ends) => ends && ends.map((end) => +end.toPrecision(12)),
        { zoom } = this;
      const others = zooms().filter(([of]) => of !== this.name),
        own = zoom ? [[this.name, short(zoom.x), short(zoom.y)]] : [];
      opscope.remember({ zoom: [...others, ...own].map((each) => JSON.stringify(each)) });
    }

    mark() {
      this.logButton.setAttribute("aria-pressed", String(this.logY));
      this.bigButton.setAttribute("aria-pressed", String(this.big));
      this.tableButton.setAttribute("aria-pressed", String(this.tabled));
      if (!this.chart) this.pinButton.setAttribute("aria-pressed", String(this.page.isPinned(this.tags)));
      this.resetButton.hidden = this.zoom === null;
    }

    query(points) {
      const { state } = this.page,
        runs = this.page.runsOf(this.tags),
        banded = state.lines === "groups",
        x = this.zoom?.x;
      return {
        tag: this.tags,
        run: runs,
        axis: state.axis,
        smoothing: state.smoothing,
        points,
        ...(x ? { low: x[0], high: x[1] } : {}),
        ...(state.orphans && !banded ? { orphaned: 1 } : {}),
        ...(banded ? { group: runs.map((run) => this.page.groupOf(run)), spread: state.spread } : {}),
        ...(this.page.cursor !== null && this.tabled ? { at: this.page.cursor } : {}),
      };
    }

    async load() {
      this.request?.abort();
      const request = (this.request = new AbortController());
      this.stale = false;
      const runs = this.page.runsOf(this.tags).length,
        most = Math.max(FEWEST, Math.floor(TOGETHER / Math.max(1, runs * this.tags.length)));
      const points = Math.min(2000, most, Math.max(300, Math.round(this.plotWidth() / 100) * 100)),
        query = this.query(points);
      try {
        this.data = await opscope.json("/api/scalars/curves", query, { signal: request.signal });
        const none = query.run.length
          ? "Every point was made obsolete by a restart of the training."
          : "None of the runs shown has this tag.";
        this.note.textContent = this.data.series.some(({ count }) => count) ? "" : none;
        this.undrawn = true;
        if (this.inView) this.draw();
      } catch (error) {
        if (error.name === "AbortError") return;
        this.stale = true;
        this.note.textContent = error.message;
        this.page.firstDrawn();
      }
    }

    draw() {
      const { data, page } = this,
        { state } = page;
      this.undrawn = false;
      this.drawn = this.plotWidth();
      this.plan = opscope.scalarPlot.draw(
        this.plot,
        data,
        this.options(this.drawn, this.big || state.wide ? BIG : NORMAL),
      );
      this.tellBad();
      this.tellAlerts();
      opscope.scalarTip.cross(this, page.cursor, true);
      if (this.tabled) opscope.scalarTable.fill(this);
      this.element.dataset.drawn = (Number(this.element.dataset.drawn) || 0) + 1;
      page.firstDrawn();
    }

    options(width, height) {
      const { page } = this;
      return {
        width,
        height,
        logY: this.logY,
        outliers: page.state.outliers,
        zoom: this.zoom,
        label: `${this.name}: ${this.data.series.length} curves`,
        colour: (run, tag, group) => page.colour(run, group),
        dash: (tag) => this.dashed(tag),
      };
    }

    tellBad() {
      const total = (kind) => this.data.series.reduce((sum, series) => sum + series[kind], 0);
      const nan = total("nan"),
        inf = total("inf");
      this.bad.hidden = !(nan + inf);
      this.bad.textContent = [nan ? `${nan} NaN` : "", inf ? `${inf} Inf` : ""].filter(Boolean).join(", ");
      this.bad.title = this.data.series
        .filter((s) => s.nan + s.inf)
        .map((s) => `${s.run}: ${s.nan} NaN, ${s.inf} infinite of ${s.count}`)
        .join("\n");
    }

    tellAlerts() {
      const found = this.page.alertsOf(this.tags);
      this.alert.hidden = !found.length;
      this.alert.textContent = `${found.length} alert${found.length === 1 ? "" : "s"}`;
      this.alert.title = found.map(({ text }) => text).join("\n");
    }
  };
})();
