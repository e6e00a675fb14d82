// The scalars page: its controls, its state in the address, its cards from the tag index.
(() => {
  const PINS = "opscope:scalars:pins";

  const kept = () => {
    try {
      return JSON.parse(localStorage.getItem(PINS)) ?? [];
    } catch {
      return [];
    }
  };

  class ScalarsPage extends opscope.CardPage {
    static defaults = {
      smoothing: 0.6,
      axis: "step",
      outliers: true,
      orphans: false,
      lines: "runs",
      spread: "std",
      sort: "nearest",
    };
    static asks = ["smoothing", "axis", "orphans", "lines", "spread"];
    static perTag = true;

    checked(state) {
      return { ...state, smoothing: Math.min(0.99, Math.max(0, state.smoothing)) };
    }

    opened() {
      const query = opscope.query(),
        at = query.get("at");
      this.cursor = at === null ? null : Number(at);
      this.pins = query.has("pin") ? query.getAll("pin") : kept();
      this.charts = query.getAll("chart").flatMap((text) => {
        try {
          return [JSON.parse(text).map(String)];
        } catch {
          return [];
        }
      });
    }

    settings() {
      const { el, controls } = opscope,
        { state } = this;
      this.spread = controls.choice(
        "Band",
        [
          ["std", "± standard deviation"],
          ["sem", "± standard error"],
          ["range", "least to greatest"],
        ],
        state.spread,
        this.setter("spread"),
      );
      return [
        controls.slider(
          "Smoothing",
          { min: 0, max: 0.99, step: 0.01, value: state.smoothing },
          this.setter("smoothing"),
        ),
        controls.segmented("Horizontal axis", opscope.timeAxes, state.axis, this.setter("axis")),
        controls.segmented(
          "Lines",
          [
            ["runs", "Each run"],
            ["groups", "Mean of groups"],
          ],
          state.lines,
          this.setter("lines"),
        ),
        this.spread,
        el(
          "details",
          { class: "more", open: !state.outliers || state.orphans || state.sort !== "nearest" },
          el("summary", { text: "More settings" }),
          controls.toggle(
            "Ignore outliers",
            state.outliers,
            this.setter("outliers"),
            "A few extreme points do not stretch the axis",
          ),
          controls.toggle(
            "Points before restarts",
            state.orphans,
            this.setter("orphans"),
            "What a restart of the training made obsolete, dashed",
          ),
          controls.choice(
            "Tooltip order",
            [
              ["nearest", "nearest first"],
              ["highest", "highest first"],
              ["lowest", "lowest first"],
              ["name", "by name"],
            ],
            state.sort,
            this.setter("sort"),
          ),
        ),
      ];
    }

    tools() {
      const { el, controls } = opscope,
        menu = (text, fill) => controls.menu(el("summary", { class: "plain-button", text }), fill);
      return [
        menu("Combine", (list) => this.fillCombine(list)),
        menu("Alerts", (list) => opscope.alerts.fill(list)),
        menu("Download", (list) => opscope.scalarExport.fillAll(list, this)),
      ];
    }

    show() {
      this.spread.hidden = this.state.lines !== "groups";
    }

    items(found) {
      const described = new Map(this.index.tags.map(({ tag, description }) => [tag, description]));
      return [
        ...this.charts.map((tags) => ({
          key: `chart ${JSON.stringify(tags)}`,
          tags,
          tag: tags[0],
          chart: true,
          group: "Combined",
        })),
        ...this.pins
          .filter((tag) => this.byTag.has(tag))
          .map((tag) => ({ key: `pin ${tag}`, tag, description: described.get(tag), group: "Pinned" })),
        ...super.items(found),
      ];
    }

    card(item) {
      return new opscope.ScalarCard(item, this);
    }

    changed(other) {
      if (other("lines")) this.runs.recolour();
      if (other("axis")) {
        this.pinCursor(null);
        this.grid.each((card) => card.forgetZoom());
      }
      if (other("group") && this.state.lines === "groups") this.refresh();
    }

    // The cursor: under the pointer for a moment, or stopped at a place on the axis.

    point(card, at, event, y) {
      cancelAnimationFrame(this.pointing);
      if (!card) opscope.scalarTip.hide();
      const place = card ? at : this.cursor,
        { clientX, clientY } = event ?? {};
      this.pointing = requestAnimationFrame(() =>
        this.grid.each((each) => {
          if (!each.inView || !each.plan) return;
          if (each === card) opscope.scalarTip.show(card, at, y, clientX, clientY);
          else opscope.scalarTip.cross(each, place, !card);
        }),
      );
    }

    pinCursor(at) {
      this.cursor = at;
      opscope.remember({ at: at === null ? null : String(+at.toPrecision(12)) });
      this.grid.each((card) => {
        if (card.tabled) card.refresh();
        else if (card.plan) opscope.scalarTip.cross(card, at, true);
      });
    }

    // One point further along the first line of a card, by key.
    moveCursor(card, way) {
      const { plan } = card,
        x = plan.lines[0]?.x ?? [],
        from = this.cursor ?? (way > 0 ? plan.x.low : plan.x.high);
      const next = way > 0 ? x.find((at) => at > from) : [...x].reverse().find((at) => at < from);
      if (next === undefined) return;
      this.pinCursor(next);
      const bounds = card.plot.getBoundingClientRect(),
        row = opscope.scalarTip.rowsAt(plan, next)[0];
      opscope.scalarTip.show(card, next, row.top ?? 0, bounds.left + plan.x.px(next), bounds.top + (row.top ?? 0));
    }

    // Pins and charts of several tags.

    isPinned(tags) {
      return this.pins.includes(tags[0]);
    }

    togglePin([tag]) {
      this.pins = this.pins.includes(tag) ? this.pins.filter((each) => each !== tag) : [...this.pins, tag];
      opscope.remember({ pin: this.pins });
      try {
        localStorage.setItem(PINS, JSON.stringify(this.pins));
      } catch {
        /* private window */
      }
      this.list();
      this.grid.each((card) => card.mark());
    }

    setCharts(charts) {
      this.charts = charts;
      opscope.remember({ chart: charts.map((tags) => JSON.stringify(tags)) });
      this.list();
    }

    dropChart(tags) {
      this.setCharts(this.charts.filter((each) => each !== tags));
    }

    fillCombine(list) {
      const { el } = opscope,
        boxes = this.listed.map((tag) => el("input", { type: "checkbox", value: tag }));
      const draw = el("button", {
        type: "button",
        text: "Draw in one chart",
        disabled: true,
        onclick: () => {
          this.setCharts([...this.charts, boxes.filter((box) => box.checked).map((box) => box.value)]);
          list.closest("details").open = false;
          this.body.scrollTop = 0;
        },
      });
      list.onchange = () => {
        draw.disabled = boxes.filter((box) => box.checked).length < 2;
      };
      list.replaceChildren(
        el(
          "div",
          { class: "combine-list" },
          ...boxes.map((box) => el("label", { class: "run all" }, box, el("span", { text: box.value }))),
        ),
        draw,
      );
    }

    alertsOf(tags) {
      return opscope.alerts.of(tags);
    }
  }

  opscope.ScalarsPage = ScalarsPage;
  opscope.openPage("scalars", ScalarsPage);
  opscope.on("alerts", () => {
    const { page } = opscope.scalars;
    if (page?.body.isConnected) page.grid.each((card) => card.tellAlerts());
  });
})();
