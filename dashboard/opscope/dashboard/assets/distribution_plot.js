// Percentiles over time as SVG: bands between neighbouring ones, darker near the median.
(() => {
  const { svg, ticks, times, told } = opscope;
  const EDGE = { left: 56, right: 14, top: 10, bottom: 26 };
  const LONE = 26; // half of what a single step is wide, in pixels

  // Where everything lies, in pixels; steps with a percentile that is not finite are left out.
  const geometry = (data, { axis, width, height }) => {
    const time = times(data, axis),
      all = data.values.map((_, i) => i);
    const shown = all.filter((i) => data.values[i].every((value) => value !== null));
    if (!shown.length) return null;
    const inner = { width: width - EDGE.left - EDGE.right, height: height - EDGE.top - EDGE.bottom };
    let low = Math.min(...shown.map((i) => data.values[i][0])),
      high = Math.max(...shown.map((i) => data.values[i].at(-1)));
    if (low === high) {
      const room = Math.abs(low) * 0.1 || 1;
      low -= room;
      high += room;
    }
    const first = Math.min(...shown.map((i) => time[i])),
      last = Math.max(...shown.map((i) => time[i]));
    const across = (t) =>
      last > first ? EDGE.left + ((t - first) / (last - first)) * inner.width : EDGE.left + inner.width / 2;
    // Halves, since the whole range of doubles has no finite width.
    const up = (value) => EDGE.top + inner.height * (1 - (value / 2 - low / 2) / (high / 2 - low / 2));
    const columns = shown.map((i) => ({ index: i, x: across(time[i]), y: data.values[i].map(up) }));
    return { columns, low, high, first, last, across, up, bottom: EDGE.top + inner.height, right: width - EDGE.right };
  };

  const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)},${y.toFixed(1)}`).join("");

  const draw = (host, data, options) => {
    const { width, height, axis, label } = options,
      plan = geometry(data, options);
    if (!plan) return null;
    const root = svg("svg", {
      class: "distribution",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": label,
    });
    for (const value of ticks(plan.low, plan.high, 5)) {
      const at = plan.up(value);
      root.append(
        svg("line", { class: "grid-line", x1: EDGE.left, x2: plan.right, y1: at, y2: at }),
        svg("text", { class: "tick", x: EDGE.left - 7, y: at + 3.5, "text-anchor": "end" }, opscope.number(value)),
      );
    }
    const marks =
      plan.first === plan.last
        ? [plan.first]
        : ticks(plan.first, plan.last, Math.max(2, (width - 70) / (axis === "step" ? 70 : 100)));
    for (const time of marks) {
      const at = plan.across(time),
        anchor = at > plan.right - 24 ? "end" : "middle";
      root.append(
        svg("line", { class: "grid-line", x1: at, x2: at, y1: EDGE.top, y2: plan.bottom }),
        svg(
          "text",
          { class: "tick", x: Math.min(at, plan.right), y: height - 8, "text-anchor": anchor },
          told(time, axis),
        ),
      );
    }
    let { columns } = plan;
    if (columns.length === 1) columns = [-LONE, LONE].map((shift) => ({ ...columns[0], x: columns[0].x + shift }));
    const percents = data.percent,
      middle = (percents.length - 1) / 2;
    for (let k = 0; k + 1 < percents.length; k++) {
      const top = columns.map(({ x, y }) => [x, y[k + 1]]),
        below = columns.map(({ x, y }) => [x, y[k]]).reverse();
      const depth = 1 - Math.abs(k + 0.5 - middle) / middle; // 0 at the ends, near 1 at the median
      root.append(
        svg("path", {
          class: "band",
          d: `${path([...top, ...below])}Z`,
          style: `--depth:${(12 + depth * 52).toFixed(0)}%`,
          "data-percent": `${percents[k]} ${percents[k + 1]}`,
        }),
      );
    }
    percents.forEach((percent, k) =>
      root.append(
        svg("path", {
          class: k === middle ? "level median" : "level",
          d: path(columns.map(({ x, y }) => [x, y[k]])),
          "data-percent": percent,
        }),
      ),
    );
    plan.cross = svg("line", { class: "cross-line", y1: EDGE.top, y2: plan.bottom, visibility: "hidden" });
    root.append(plan.cross);
    host.replaceChildren(root);
    return plan;
  };

  // The column nearest to a place on the horizontal axis.
  const at = (plan, x) =>
    plan.columns.reduce((best, column) => (Math.abs(column.x - x) < Math.abs(best.x - x) ? column : best));

  opscope.distributionPlot = { draw, at };
})();
