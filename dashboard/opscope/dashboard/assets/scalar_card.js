// One card: the curves of a tag. Fetches when it is in view, and finer when it is zoomed.
(() => {
  const BIG = 420, NORMAL = 236; // heights of the plot in pixels

  opscope.ScalarCard = class {
    // page: {state, runs: RunList}; the card asks it for colours, runs and settings.
    constructor({ tag, description }, page) {
      this.tag = tag;
      this.description = description;
      this.page = page;
      this.zoom = null;
      this.logY = opscope.query().getAll("log").includes(tag);
      this.inView = false;
      this.stale = true;
      this.big = false;
      this.build();
    }

    build() {
      const { el } = opscope, cut = this.tag.lastIndexOf("/") + 1;
      const button = (icon, label, act) => el("button", { class: "icon-button", type: "button", title: label, "aria-label": `${label}: ${this.tag}`, onclick: act }, el("span", { class: `icon icon-${icon} small` }));
      this.bad = el("span", { class: "bad-count", hidden: true });
      this.logButton = button("log", "Logarithmic vertical axis", () => this.setLog(!this.logY));
      this.resetButton = button("reset", "Show everything", () => this.setZoom(null));
      this.bigButton = button("expand", "Larger", () => this.setBig(!this.big));
      this.menu = el("details", { class: "menu" }, el("summary", { class: "icon-button", title: "Download", "aria-label": `Download: ${this.tag}` }, el("span", { class: "icon icon-download small" })), el("div", { class: "menu-list" }));
      this.menu.addEventListener("toggle", () => this.menu.open && this.fillMenu());
      this.menu.addEventListener("focusout", (event) => { if (!this.menu.contains(event.relatedTarget)) this.menu.open = false; });
      this.plot = el("div", { class: "plot" });
      this.note = el("p", { class: "card-note" });
      this.frame = el("div", { class: "plot-frame" }, this.plot, this.note);
      this.plot.addEventListener("mousemove", (event) => this.over(event));
      this.plot.addEventListener("mouseleave", () => opscope.scalarTip.hide(this.plot));
      this.element = el("article", { class: "card", "data-tag": this.tag, "aria-label": this.tag },
        el("header", { class: "card-head" },
          el("h3", { title: [this.tag, this.description].filter(Boolean).join("\n") }, el("span", { class: "card-path", text: this.tag.slice(0, cut) }), el("span", { text: this.tag.slice(cut) })),
          this.bad, this.resetButton, this.logButton, this.bigButton, this.menu),
        this.frame);
      this.resizing = new ResizeObserver(() => this.inView && this.data && this.drawn !== this.plotWidth() && this.draw());
      this.resizing.observe(this.frame);
      this.mark();
    }

    plotWidth() { return Math.max(120, this.frame.clientWidth); }
    show() { this.inView = true; if (this.stale) this.load(); else if (this.undrawn) this.draw(); }
    hide() { this.inView = false; }
    refresh() { this.stale = true; if (this.inView) this.load(); }
    redraw() { this.undrawn = true; if (this.inView && this.data) this.draw(); }
    dispose() { this.resizing.disconnect(); this.request?.abort(); opscope.scalarTip.hide(this.plot); if (window.Plotly && this.drawn) Plotly.purge(this.plot); }

    setLog(on) {
      this.logY = on;
      this.zoom = null;
      const others = opscope.query().getAll("log").filter((tag) => tag !== this.tag);
      opscope.remember({ log: on ? [...others, this.tag] : others });
      this.mark();
      this.refresh();
    }

    setBig(on) {
      this.big = on;
      this.element.classList.toggle("big", on);
      this.mark();
      this.redraw();
    }

    setZoom(zoom) {
      this.zoom = zoom;
      this.mark();
      this.refresh();
    }

    mark() {
      this.logButton.setAttribute("aria-pressed", String(this.logY));
      this.bigButton.setAttribute("aria-pressed", String(this.big));
      this.resetButton.hidden = this.zoom === null;
    }

    // The zoomed range in the server's units: steps, or seconds.
    range() {
      if (!this.zoom) return {};
      const { axis } = this.page.state;
      const [low, high] = axis === "wall" ? this.zoom.x.map(opscope.scalarPlot.fromAxis) : this.zoom.x.map((x) => x * (axis === "relative" ? this.scale : 1));
      return { low, high };
    }

    async load() {
      const runs = this.page.runsOf(this.tag), { axis, smoothing } = this.page.state;
      this.request?.abort();
      this.request = new AbortController();
      this.stale = false;
      const points = Math.min(2000, Math.max(300, Math.round(this.plotWidth() / 100) * 100));
      try {
        const [data] = await Promise.all([
          opscope.json("/api/scalars/curves", { tag: this.tag, run: runs, axis, smoothing, points, ...this.range() }, { signal: this.request.signal }),
          opscope.loadPlotly(),
        ]);
        this.data = data;
        const none = runs.length ? "Every point was made obsolete by a restart of the training." : "None of the runs shown has this tag.";
        this.note.textContent = data.series.some(({ count }) => count) ? "" : none;
        this.undrawn = true;
        if (this.inView) await this.draw();
      } catch (error) {
        if (error.name === "AbortError") return;
        this.stale = true;
        this.note.textContent = error.message;
      }
    }

    async draw() {
      const { data } = this, { state, runs } = this.page;
      const figure = opscope.scalarPlot.figure(data, {
        colour: (run) => runs.colour(run), logY: this.logY, outliers: state.outliers, zoom: this.zoom,
        width: this.plotWidth(), height: this.big || state.wide ? BIG : NORMAL, css: opscope.css,
      });
      const before = this.scale;
      this.scale = figure.scale;
      if (this.zoom && state.axis === "relative" && before && before !== figure.scale) figure.layout.xaxis.range = this.zoom.x = this.zoom.x.map((x) => (x * before) / figure.scale);
      this.undrawn = false;
      this.drawn = this.plotWidth();
      opscope.scalarTip.hide(this.plot);
      const fresh = !this.plot.classList.contains("js-plotly-plot");
      await Plotly.react(this.plot, figure.traces, figure.layout, {
        displayModeBar: false, displaylogo: false, doubleClick: false, scrollZoom: false, responsive: false,
        plotlyServerURL: "", showSendToCloud: false, showEditInChartStudio: false, modeBarButtonsToRemove: ["sendChartToCloud", "sendDataToCloud"],
      });
      if (fresh) {
        this.plot.on("plotly_relayout", (change) => this.zoomed(change));
        this.plot.on("plotly_doubleclick", () => this.setZoom(null));
      }
      const { xaxis } = this.plot._fullLayout; // where Plotly puts an x, in the axis's own numbers
      this.hoverable = data.series.map((series) => ({
        run: series.run, colour: runs.colour(series.run), data: series,
        x: opscope.scalarPlot.positions(series, data.axis, figure.scale).map((x) => xaxis.d2l(x)), line: series.smoothed ?? series.value,
      }));
      this.tellBad();
      this.element.dataset.drawn = (Number(this.element.dataset.drawn) || 0) + 1;
    }

    zoomed(change) {
      if (!Object.keys(change).some((key) => /^[xy]axis\.range/.test(key))) return;
      const { xaxis, yaxis } = this.plot.layout;
      this.setZoom({ x: [...xaxis.range], y: [...yaxis.range] });
    }

    over(event) {
      if (this.hoverable && !event.buttons) opscope.scalarTip.show(this.plot, event, this.hoverable, this.logY);
    }

    tellBad() {
      const total = (kind) => this.data.series.reduce((sum, series) => sum + series[kind], 0);
      const nan = total("nan"), inf = total("inf");
      this.bad.hidden = !(nan + inf);
      this.bad.textContent = [nan ? `${nan} NaN` : "", inf ? `${inf} Inf` : ""].filter(Boolean).join(", ");
      this.bad.title = this.data.series.filter((s) => s.nan + s.inf).map((s) => `${s.run}: ${s.nan} NaN, ${s.inf} infinite of ${s.count}`).join("\n");
    }

    fillMenu() {
      const { el, url } = opscope, list = this.menu.querySelector(".menu-list");
      const file = (run, kind) => `${run}_${this.tag}`.replace(/[^\w.-]+/g, "_") + `.${kind}`;
      const link = (run, kind) => el("a", {
        href: url("/data/plugin/scalars/scalars", { run, tag: this.tag, ...(kind === "csv" ? { format: "csv" } : {}) }), download: file(run, kind), text: kind.toUpperCase(),
      });
      const picture = el("button", { type: "button", text: "This plot as SVG", onclick: () => Plotly.downloadImage(this.plot, { format: "svg", filename: file("plot", "svg").slice(0, -4), width: this.drawn, height: this.plot.clientHeight }) });
      list.replaceChildren(...this.page.runsOf(this.tag).map((run) => el("div", { class: "menu-row" }, el("span", { text: run }), link(run, "csv"), link(run, "json"))), picture);
    }
  };
})();
