// One card: nine percentiles of a tag's histograms in one run, over time.
(() => {
  const NORMAL = 290,
    BIG = 480; // heights of the plot in pixels

  opscope.DistributionCard = class extends opscope.RunCard {
    constructor(item, page) {
      const plot = opscope.el("div", { class: "distribution-plot" });
      super(item, page, { kind: "distribution", body: [plot], download: "/data/plugin/distributions/distributions" });
      this.plot = plot;
      plot.addEventListener("mousemove", (event) => this.over(event));
      plot.addEventListener("mouseleave", () => this.out());
    }

    get(options) {
      return opscope.json(
        "/api/distributions",
        { run: this.run, tag: this.tag, ...opscope.stepRange.words(this.page.state) },
        options,
      );
    }
    dispose() {
      super.dispose();
      this.out();
    }

    draw() {
      const { data } = this,
        { axis, wide } = this.page.state;
      this.plan = data.step.length
        ? opscope.distributionPlot.draw(this.plot, data, {
            axis,
            width: Math.max(160, this.drawn),
            height: this.big || wide ? BIG : NORMAL,
            label: `Percentiles of ${this.tag} at ${data.step.length} steps, ${data.step[0]} to ${data.step.at(-1)}`,
          })
        : null;
      if (!this.plan) this.plot.replaceChildren();
      this.note.textContent = this.plan ? "" : data.step.length ? "No percentile is finite." : "No histograms here.";
    }

    over(event) {
      if (!this.plan) return;
      const { data, plan } = this,
        column = opscope.distributionPlot.at(plan, event.clientX - this.plot.getBoundingClientRect().left),
        i = column.index;
      plan.cross.setAttribute("x1", column.x);
      plan.cross.setAttribute("x2", column.x);
      plan.cross.setAttribute("visibility", "visible");
      const named = { 0: "Minimum", 50: "Median", 100: "Maximum" };
      const levels = data.percent
        .map((percent, k) => [named[percent] ?? `${percent} %`, opscope.number(data.values[i][k])])
        .reverse();
      opscope.factTip.show(
        [
          ["Step", opscope.told(data.step[i], "step")],
          ...levels,
          ["Time", `${opscope.moment(data.wall[i])} (${opscope.duration(data.wall[i] - data.start)})`],
        ],
        event,
      );
    }

    out() {
      opscope.factTip.hide();
      this.plan?.cross.setAttribute("visibility", "hidden");
    }
  };
})();
