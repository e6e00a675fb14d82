// One card: the histograms of a tag in one run. Fetches when it is in view.
(() => {
  const NORMAL = 290, BIG = 480; // heights of the plot in pixels
  let tip = null;

  opscope.HistogramCard = class {
    constructor({ run, tag, description }, page) {
      Object.assign(this, { run, tag, page, stale: true, inView: false, big: false });
      const { el } = opscope, cut = tag.lastIndexOf("/") + 1, name = run === "." ? "(the logdir itself)" : run;
      this.bigButton = el("button", { class: "icon-button", type: "button", title: "Larger", "aria-label": `Larger: ${tag} of ${name}`, "aria-pressed": "false", onclick: () => this.setBig(!this.big) }, el("span", { class: "icon icon-expand small" }));
      const file = `${run}_${tag}`.replace(/[^\w.-]+/g, "_") + ".json";
      const link = el("a", { class: "icon-button", href: opscope.url("/data/plugin/histograms/histograms", { run, tag }), download: file, title: "Every histogram as JSON", "aria-label": `Download JSON: ${tag} of ${name}` }, el("span", { class: "icon icon-download small" }));
      this.plot = el("div", { class: "histogram-plot" });
      this.note = el("p", { class: "card-note" });
      this.frame = el("div", { class: "plot-frame" }, this.plot, this.note);
      this.element = el("article", { class: "card histogram-card", "data-tag": tag, "data-run": run, "aria-label": `${tag} of ${name}`, style: `--run:${page.runs.colour(run)}` },
        el("header", { class: "card-head" },
          el("h3", { title: [tag, description].filter(Boolean).join("\n") }, el("span", { class: "card-path", text: tag.slice(0, cut) }), el("span", { text: tag.slice(cut) })),
          this.bigButton, link),
        el("p", { class: "card-run" }, el("i"), el("bdi", { text: name })),
        this.frame);
      this.plot.addEventListener("mousemove", (event) => this.over(event));
      this.plot.addEventListener("mouseleave", () => this.out());
      this.resizing = new ResizeObserver(() => this.inView && this.data && this.drawn !== this.frame.clientWidth && this.draw());
      this.resizing.observe(this.frame);
    }

    show() { this.inView = true; if (this.stale) this.load(); else if (this.undrawn) this.draw(); }
    hide() { this.inView = false; }
    refresh() { this.stale = true; if (this.inView) this.load(); }
    redraw() { this.undrawn = true; if (this.inView && this.data) this.draw(); }
    dispose() { this.resizing.disconnect(); this.request?.abort(); this.out(); }

    setBig(on) {
      this.big = on;
      this.element.classList.toggle("big", on);
      this.bigButton.setAttribute("aria-pressed", String(on));
      this.redraw();
    }

    async load() {
      this.request?.abort();
      this.request = new AbortController();
      this.stale = false;
      try {
        this.data = await opscope.json("/api/histograms/bins", { run: this.run, tag: this.tag }, { signal: this.request.signal });
        this.redraw();
      } catch (error) {
        if (error.name === "AbortError") return;
        this.stale = true;
        this.note.textContent = error.message;
      }
    }

    draw() {
      const { data } = this, { mode, axis, wide } = this.page.state;
      this.undrawn = false;
      this.drawn = this.frame.clientWidth;
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
      const { row, bin } = found, { data, plan } = this, { el, number } = opscope;
      plan.paths.forEach((path, i) => path.classList.toggle("near", i === row.index));
      plan.paths[row.index].closest("svg").classList.add("hovered");
      plan.mark.setAttribute("cx", row.x[bin + 1]);
      plan.mark.setAttribute("cy", row.y[bin + 1]);
      plan.mark.setAttribute("visibility", "visible");
      tip ??= document.body.appendChild(el("div", { class: "tip", role: "tooltip" }));
      const fact = (name, value) => el("tr", {}, el("th", { text: name }), el("td", { text: value }));
      tip.replaceChildren(el("table", {}, el("tbody", {},
        fact("Step", data.step[row.index].toLocaleString("en").replaceAll(",", " ")),
        fact("Bin", `${number(data.edges[bin])} to ${number(data.edges[bin + 1])}`),
        fact("Count", number(data.counts[row.index][bin])),
        fact("Time", `${opscope.moment(data.wall[row.index])} (${opscope.duration(data.wall[row.index] - data.start)})`))));
      tip.hidden = false;
      const { width, height } = tip.getBoundingClientRect();
      tip.style.left = `${event.clientX + 18 + width > innerWidth ? event.clientX - 18 - width : event.clientX + 18}px`;
      tip.style.top = `${Math.min(event.clientY + 16, innerHeight - height - 8)}px`;
    }

    out() {
      if (tip) tip.hidden = true;
      this.plan?.mark.setAttribute("visibility", "hidden");
      this.plan?.paths.forEach((path) => path.classList.remove("near"));
      this.plot.firstChild?.classList?.remove("hovered");
    }
  };
})();
