// One card: the histograms of a tag in one run.
(() => {
  const NORMAL = 290, BIG = 480; // heights of the plot in pixels

  opscope.HistogramCard = class extends opscope.RunCard {
    constructor(item, page) {
      const plot = opscope.el("div", { class: "histogram-plot" });
      super(item, page, { kind: "histogram", body: [plot], download: "/data/plugin/histograms/histograms" });
      this.plot = plot;
      plot.addEventListener("mousemove", (event) => this.over(event));
      plot.addEventListener("mouseleave", () => this.out());
    }

    get(options) { return opscope.json("/api/histograms/bins", { run: this.run, tag: this.tag }, options); }
    dispose() { super.dispose(); this.out(); }

    draw() {
      const { data } = this, { mode, axis, wide } = this.page.state;
      this.note.textContent = data.step.length ? "" : "No histograms yet.";
      if (!data.step.length) return;
      this.plan = opscope.histogramPlot.draw(this.plot, data, {
        mode, axis, width: Math.max(160, this.drawn), height: this.big || wide ? BIG : NORMAL,
        label: `${data.step.length} histograms of ${this.tag}, steps ${data.step[0]} to ${data.step.at(-1)}`,
      });
    }

    over(event) {
      if (!this.plan) return;
      const box = this.plot.getBoundingClientRect();
      const found = opscope.histogramPlot.at(this.plan, event.clientX - box.left, event.clientY - box.top);
      if (!found) return;
      const { row, bin } = found, { data, plan } = this, { number, told } = opscope;
      plan.paths.forEach((path, i) => path.classList.toggle("near", i === row.index));
      plan.paths[row.index].closest("svg").classList.add("hovered");
      plan.mark.setAttribute("cx", row.x[bin + 1]);
      plan.mark.setAttribute("cy", row.y[bin + 1]);
      plan.mark.setAttribute("visibility", "visible");
      opscope.factTip.show([
        ["Step", told(data.step[row.index], "step")],
        ["Bin", `${number(data.edges[bin])} to ${number(data.edges[bin + 1])}`],
        ["Count", number(data.counts[row.index][bin])],
        ["Time", `${opscope.moment(data.wall[row.index])} (${opscope.duration(data.wall[row.index] - data.start)})`],
      ], event);
    }

    out() {
      opscope.factTip.hide();
      this.plan?.mark.setAttribute("visibility", "hidden");
      this.plan?.paths.forEach((path) => path.classList.remove("near"));
      this.plot.firstChild?.classList?.remove("hovered");
    }
  };
})();
