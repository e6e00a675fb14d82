// One card: the PR curves of a tag, one for each run at a step of its own. Drag a box to zoom; with
// the plot focused, the arrows go from threshold to threshold.
(() => {
  const NORMAL = 300,
    BIG = 520,
    CLICK = 5,
    MOST_ROWS = 12;

  opscope.PrCard = class extends opscope.RunCard {
    constructor(item, page) {
      const { el } = opscope,
        { tag } = item;
      const plot = el("div", {
          class: "plot",
          tabindex: "0",
          role: "group",
          "aria-label": `Plot of ${tag}: arrows move along the thresholds, 0 shows everything`,
        }),
        dots = el("div", { class: "dots" }),
        zoombox = el("div", { class: "zoom-box", hidden: true });
      const reset = opscope.controls.button("reset", "Show everything", () => this.setZoom(null), { hidden: true });
      super({ ...item, run: null }, page, { kind: "pr", body: [plot, dots, zoombox], buttons: [reset] });
      Object.assign(this, { plot, dots, zoombox, reset, zoom: null, threshold: null });
      this.sliders = el("div", { class: "run-sliders" });
      this.element.append(this.sliders);
      plot.addEventListener("pointerdown", (event) => this.press(event));
      plot.addEventListener("pointermove", (event) => this.move(event));
      plot.addEventListener("pointerup", (event) => this.release(event));
      plot.addEventListener("pointercancel", () => this.drop());
      plot.addEventListener("pointerleave", () => {
        if (!this.from) this.out();
      });
      plot.addEventListener("dblclick", () => this.setZoom(null));
      plot.addEventListener("keydown", (event) => this.byKey(event));
      plot.addEventListener("blur", () => this.out());
    }

    async get(options) {
      const { runs } = this,
        { stepping, state } = this.page,
        step = state.link ? stepping.step : null;
      const data = runs.length
        ? await opscope.json(
            "/api/pr_curves/points",
            { tag: this.tag, run: runs, curves: 1, ...(step === null ? {} : { step }) },
            options,
          )
        : { series: [] };
      const before = new Map((this.data?.series ?? []).map((series) => [series.run, series]));
      for (const series of data.series) {
        series.curves = before.get(series.run)?.curves ?? new Map();
        if (series.curve) series.curves.set(series.shown, series.curve);
        series.place = opscope.placeOf(series.step, stepping.of({ run: series.run, tag: this.tag }));
      }
      // Of runs that show a step of their own, the curve has not come along.
      await Promise.all(data.series.map((series) => this.fetchCurve(series, options)));
      return data;
    }

    async fetchCurve(series, options) {
      const index = series.index[series.place];
      if (index === undefined || series.curves.has(index) || (series.wrong && index === series.shown)) return;
      series.wrong = null;
      try {
        series.curves.set(
          index,
          await opscope.json("/api/pr_curves/curve", { run: series.run, tag: this.tag, index }, options),
        );
      } catch (error) {
        if (error.name === "AbortError") throw error;
        series.wrong = error.message;
      }
    }

    dispose() {
      super.dispose();
      this.out();
    }

    // Other steps are shown: those that the page says.
    go() {
      if (!this.data) return;
      for (const series of this.data.series)
        this.goTo(series, opscope.placeOf(series.step, this.page.stepping.of({ run: series.run, tag: this.tag })));
    }

    async goTo(series, place) {
      series.place = place;
      const asked = series.index[place];
      await this.fetchCurve(series);
      if (series.index[series.place] === asked) this.redraw(); // and not of a step that has been left
    }

    chosen(series, place) {
      const { stepping, state } = this.page,
        step = place === series.step.length - 1 ? null : series.step[place];
      stepping.choose({ run: series.run, tag: this.tag }, step);
      if (!state.link) this.goTo(series, place);
    }

    draw() {
      const { page, data } = this,
        shown = data.series.filter(({ index, place, curves }) => curves.has(index[place]));
      this.note.textContent = data.series.length
        ? data.series
            .map(({ wrong }) => wrong)
            .filter(Boolean)
            .join("\n")
        : "None of the runs shown has this tag.";
      const curves = shown.map((series) => ({
        run: series.run,
        series,
        colour: page.colour(series.run),
        curve: series.curves.get(series.index[series.place]),
      }));
      this.plan = opscope.prPlot.draw(this.plot, curves, {
        width: Math.max(160, this.drawn),
        height: this.big || page.state.wide ? BIG : NORMAL,
        zoom: this.zoom,
        label: `${this.tag}: ${curves.length} PR curves`,
      });
      this.bySeries = new Map(shown.map((series) => [series.run, series]));
      this.drawSliders();
    }

    drawSliders() {
      const { page, data } = this,
        runs = data.series.map(({ run }) => run).join("\n");
      if (this.slid !== runs) {
        this.slid = runs;
        this.byRun = new Map(
          data.series.map(({ run }) => [
            run,
            new opscope.StepSlider(`${this.tag} of ${page.named(run)}`, (place) =>
              this.chosen(
                this.data.series.find((series) => series.run === run),
                place,
              ),
            ),
          ]),
        );
        this.sliders.replaceChildren(
          ...data.series.map(({ run }) =>
            opscope.el(
              "div",
              { class: "run-slider", "data-run": run },
              opscope.el(
                "p",
                { class: "card-run" },
                opscope.el("span", {}, opscope.el("i"), opscope.el("bdi", { text: page.named(run) })),
              ),
              this.byRun.get(run).element,
            ),
          ),
        );
      }
      data.series.forEach((series, i) => {
        const slider = this.byRun.get(series.run);
        this.sliders.children[i].style.setProperty("--run", page.colour(series.run));
        if (series.step.length) slider.set(series, series.place, page.state.axis);
      });
    }

    setZoom(zoom) {
      this.zoom = zoom;
      this.reset.hidden = zoom === null;
      this.redraw();
    }

    at(event) {
      const bounds = this.plot.getBoundingClientRect(),
        { box } = this.plan;
      return {
        x: Math.max(box.left, Math.min(box.left + box.width, event.clientX - bounds.left)),
        y: Math.max(box.top, Math.min(box.top + box.height, event.clientY - bounds.top)),
      };
    }

    press(event) {
      if (event.button || !this.plan) return;
      this.from = this.at(event);
      this.plot.setPointerCapture(event.pointerId);
    }

    move(event) {
      if (!this.plan) return;
      const at = this.at(event),
        { from } = this;
      if (!from) {
        this.tell(opscope.prPlot.near(this.plan, at.x, at.y), event);
        return;
      }
      this.out();
      this.zoombox.hidden = Math.max(Math.abs(at.x - from.x), Math.abs(at.y - from.y)) < CLICK;
      this.zoombox.style.cssText = `left:${Math.min(at.x, from.x)}px;top:${Math.min(at.y, from.y)}px;width:${Math.abs(at.x - from.x)}px;height:${Math.abs(at.y - from.y)}px`;
    }

    release(event) {
      const { from, plan } = this;
      this.drop();
      if (!from) return;
      const at = this.at(event),
        span = (scale, a, b) =>
          [scale.value(a), scale.value(b)].sort((p, q) => p - q).map((end) => Math.max(0, Math.min(1, end)));
      if (Math.min(Math.abs(at.x - from.x), Math.abs(at.y - from.y)) >= CLICK)
        this.setZoom({ x: span(plan.x, from.x, at.x), y: span(plan.y, from.y, at.y) });
    }

    drop() {
      this.from = null;
      this.zoombox.hidden = true;
    }

    byKey(event) {
      const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!this.plan || event.ctrlKey || event.metaKey || event.altKey) return;
      if (way) this.step(way);
      else if (event.key === "0") this.setZoom(null);
      else if (event.key === "Escape") {
        this.threshold = null;
        this.out();
      } else return;
      event.preventDefault();
    }

    // The next threshold of the first curve, and the points of all curves there.
    step(way) {
      const thresholds = this.plan.lines[0]?.curve.thresholds ?? [],
        { threshold } = this;
      const next =
        threshold === null
          ? thresholds[way > 0 ? 0 : thresholds.length - 1]
          : way > 0
            ? thresholds.find((at) => at > threshold)
            : thresholds.findLast((at) => at < threshold);
      if (next === undefined) return;
      const found = opscope.prPlot.atThreshold(this.plan, next),
        bounds = this.plot.getBoundingClientRect(),
        { point } = found[0];
      this.tell(found, { clientX: bounds.left + point.x, clientY: bounds.top + point.y });
      this.threshold = next;
    }

    tell(found, event) {
      const { el, number } = opscope,
        heads = ["", "Run", "Threshold", "Precision", "Recall", "TP", "FP", "TN", "FN", "Step"],
        { page } = this;
      this.threshold = found[0]?.curve.thresholds[found[0].point.i] ?? null;
      this.dots.replaceChildren(
        ...found.map(({ point, colour }) =>
          el("span", { class: "dot", style: `left:${point.x}px;top:${point.y}px;background:${colour}` }),
        ),
      );
      if (!found.length) {
        opscope.factTip.hide();
        return;
      }
      const row = ({ run, colour, curve, point }, place) => {
        const series = this.bySeries.get(run),
          cell = (value) => el("td", { text: number(value) });
        return el(
          "tr",
          { class: place ? "" : "near" },
          el("td", {}, el("i", { style: `background:${colour}` })),
          el("td", { class: "run-cell", text: page.named(run) }),
          ...["thresholds", "precision", "recall", "tp", "fp", "tn", "fn"].map((key) => cell(curve[key][point.i])),
          el("td", { text: opscope.told(series.step[series.place], "step") }),
        );
      };
      opscope.factTip.place(
        el(
          "table",
          {},
          el("thead", {}, el("tr", {}, ...heads.map((text) => el("th", { text })))),
          el(
            "tbody",
            {},
            ...found.slice(0, MOST_ROWS).map(row),
            found.length > MOST_ROWS
              ? el("tr", {}, el("td"), el("td", { class: "run-cell", text: `and ${found.length - MOST_ROWS} more` }))
              : null,
          ),
        ),
        event,
      );
    }

    // The threshold stays where the keys were: the focus comes back to it.
    out() {
      this.dots.replaceChildren();
      opscope.factTip.hide();
    }
  };
})();
