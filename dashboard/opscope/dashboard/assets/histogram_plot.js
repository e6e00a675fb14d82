// Histograms over time as SVG: a ridge for each step, or all of them on one base line.
(() => {
  const EDGE = { left: 14, right: 62, top: 10, bottom: 26 };
  const RIDGE = 0.36; // height of the tallest ridge, of the whole plot

  const { svg, ticks, times, told } = opscope;

  // Monotone cubic through the points (Fritsch and Carlson): smooth, and never beyond a value.
  const curve = (x, y) => {
    const n = x.length, slope = [], tangent = new Array(n);
    for (let i = 0; i < n - 1; i++) slope.push((y[i + 1] - y[i]) / (x[i + 1] - x[i]));
    tangent[0] = slope[0]; tangent[n - 1] = slope[n - 2];
    for (let i = 1; i < n - 1; i++) tangent[i] = slope[i - 1] * slope[i] <= 0 ? 0 : (2 * slope[i - 1] * slope[i]) / (slope[i - 1] + slope[i]);
    let path = `M${x[0].toFixed(1)},${y[0].toFixed(1)}`;
    for (let i = 0; i < n - 1; i++) {
      const third = (x[i + 1] - x[i]) / 3;
      path += `C${(x[i] + third).toFixed(1)},${(y[i] + tangent[i] * third).toFixed(1)} ${(x[i + 1] - third).toFixed(1)},${(y[i + 1] - tangent[i + 1] * third).toFixed(1)} ${x[i + 1].toFixed(1)},${y[i + 1].toFixed(1)}`;
    }
    return path;
  };

  // Where everything lies, in pixels: rows oldest first, and what the axes say.
  const geometry = (data, { mode, axis, width, height }) => {
    const { edges, counts } = data, time = times(data, axis), inner = { width: width - EDGE.left - EDGE.right, height: height - EDGE.top - EDGE.bottom };
    const low = edges[0], high = edges[edges.length - 1], offset = mode === "offset";
    const place = (value) => EDGE.left + ((value - low) / (high - low)) * inner.width;
    const tallest = Math.max(...counts.map((row) => Math.max(...row)), 1e-12);
    const rise = offset ? inner.height * RIDGE : inner.height;
    const first = Math.min(...time), last = Math.max(...time);
    const centres = counts[0].map((_, i) => (edges[i] + edges[i + 1]) / 2);
    const x = [EDGE.left, ...centres.map(place), EDGE.left + inner.width];
    const rows = counts.map((row, i) => {
      const age = last > first ? (time[i] - first) / (last - first) : 1;
      const base = offset ? EDGE.top + rise + age * (inner.height - rise) : EDGE.top + inner.height;
      const y = row.map((count) => base - (count / tallest) * rise);
      return { index: i, age, base, x, y: [base, ...y, base], time: time[i] };
    });
    return { rows, place, tallest, rise, inner, low, high, offset, centres, bottom: EDGE.top + inner.height };
  };

  const draw = (host, data, options) => {
    const { width, height, axis, label } = options, plan = geometry(data, options);
    const root = svg("svg", { class: `histogram ${options.mode}`, width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
    const right = width - EDGE.right;
    for (const value of ticks(plan.low, plan.high, Math.max(2, width / 80))) {
      const at = plan.place(value);
      root.append(svg("line", { class: "grid-line", x1: at, x2: at, y1: EDGE.top, y2: plan.bottom }), svg("text", { class: "tick", x: at, y: height - 8, "text-anchor": "middle" }, opscope.number(value)));
    }
    if (plan.offset) {
      let lastLabel = -Infinity;
      // From the newest on, so that the last step always has its label.
      for (const row of [...plan.rows].reverse()) {
        if (Math.abs(row.base - lastLabel) < 24) continue;
        lastLabel = row.base;
        root.append(svg("line", { class: "grid-line", x1: EDGE.left, x2: right + 5, y1: row.base, y2: row.base }), svg("text", { class: "tick", x: right + 9, y: row.base + 3.5 }, told(row.time, axis)));
      }
    } else {
      for (const count of ticks(0, plan.tallest, 5)) {
        const at = plan.bottom - (count / plan.tallest) * plan.rise;
        root.append(svg("line", { class: "grid-line", x1: EDGE.left, x2: right + 5, y1: at, y2: at }), svg("text", { class: "tick", x: right + 9, y: at + 3.5 }, opscope.number(count)));
      }
    }
    plan.paths = plan.rows.map((row) => {
      const path = svg("path", { class: "ridge", d: curve(row.x, row.y), style: `--age:${(row.age * 100).toFixed(0)}%`, "data-step": data.step[row.index] });
      root.append(path);
      return path;
    });
    plan.mark = svg("circle", { class: "mark", r: 4, visibility: "hidden" });
    root.append(plan.mark);
    host.replaceChildren(root);
    return plan;
  };

  // The row and bin under a point of the plot: the ridge in front that covers it, else the nearest.
  const at = (plan, x, y) => {
    const { centres } = plan;
    let bin = 0;
    centres.forEach((centre, i) => { if (Math.abs(plan.place(centre) - x) < Math.abs(plan.place(centres[bin]) - x)) bin = i; });
    let best = null, nearest = Infinity;
    for (const row of plan.rows) {
      const top = row.y[bin + 1], covered = plan.offset && y >= top - 2 && y <= row.base;
      const far = covered ? -row.index : Math.min(Math.abs(y - top), plan.offset ? Math.abs(y - row.base) : Infinity);
      if (far <= nearest) { nearest = far; best = row; }
    }
    return best && { row: best, bin };
  };

  opscope.histogramPlot = { draw, at, geometry };
})();
