// One card: the histograms of a tag in one run, or in all that are shown.
(() => {
  const NORMAL = 290,
    BIG = 480; // heights of the plot in pixels

  opscope.HistogramCard = class extends opscope.RunCard {
    constructor(item, page) {
      const plot = opscope.el("div", { class: "histogram-plot" }),
        astray = opscope.el("span", { class: "bad-count", hidden: true });
      super(item, page, {
        kind: "histogram",
        body: [plot],
        buttons: [astray],
        download: "/data/plugin/histograms/histograms",
      });
      Object.assign(this, { plot, astray });
      plot.addEventListener("mousemove", (event) => this.over(event));
      plot.addEventListener("mouseleave", () => this.out());
    }

    get(options) {
      const { state } = this.page;
      return opscope.json(
        "/api/histograms/bins",
        { tag: this.tag, run: this.runs, bins: state.bins, ...opscope.stepRange.words(state) },
        options,
      );
    }

    dispose() {
      super.dispose();
      this.out();
    }

    draw() {
      const { data, page } = this,
        { mode, axis, log, wide } = page.state,
        steps = data.series.flatMap(({ step }) => step);
      this.tellAstray();
      this.note.textContent = steps.length ? "" : "No histograms here.";
      this.plan = null;
      if (!steps.length) {
        this.plot.replaceChildren();
        return;
      }
      this.plan = opscope.histogramPlot.draw(this.plot, data, {
        mode,
        axis,
        log,
        width: Math.max(160, this.drawn),
        height: this.big || wide ? BIG : NORMAL,
        colour: (run) => page.colour(run),
        label: `${steps.length} histograms of ${this.tag}, steps ${Math.min(...steps)} to ${Math.max(...steps)}`,
      });
    }

    // NaN and the infinities have no place on the axis.
    tellAstray() {
      const found = this.data.series.flatMap(({ run, step, astray }) =>
        astray.map((count, i) => ({ run, step: step[i], count })).filter(({ count }) => count > 0),
      );
      this.astray.hidden = !found.length;
      this.astray.textContent = `${opscope.number(found.reduce((sum, { count }) => sum + count, 0))} not finite`;
      this.astray.title = found
        .slice(0, 30)
        .map(
          ({ run, step, count }) =>
            `${this.page.named(run)}, step ${step}: ${opscope.number(count)} values are NaN or infinite`,
        )
        .join("\n");
    }

    over(event) {
      if (!this.plan) return;
      const box = this.plot.getBoundingClientRect();
      const found = opscope.histogramPlot.at(this.plan, event.clientX - box.left, event.clientY - box.top);
      if (!found) return;
      const { row, cell } = found,
        { plan } = this,
        { series, index } = row,
        { number, told } = opscope;
      plan.rows.forEach((each) => each.path.classList.toggle("near", each === row));
      plan.svg.classList.add("hovered");
      plan.mark.setAttribute("cx", plan.place((cell.left + cell.right) / 2));
      plan.mark.setAttribute("cy", row.base - plan.lift(cell.tall));
      plan.mark.setAttribute("visibility", "visible");
      opscope.factTip.show(
        [
          ...(this.run === null ? [["Run", this.page.named(series.run)]] : []),
          ["Step", told(series.step[index], "step")],
          ["Bin", `${number(cell.left)} to ${number(cell.right)}`],
          ["Count", number(cell.count)],
          ["Time", `${opscope.moment(series.wall[index])} (${opscope.duration(series.wall[index] - series.start)})`],
        ],
        event,
      );
    }

    out() {
      opscope.factTip.hide();
      this.plan?.mark.setAttribute("visibility", "hidden");
      this.plan?.rows.forEach(({ path }) => path.classList.remove("near"));
      this.plan?.svg.classList.remove("hovered");
    }
  };
})();
