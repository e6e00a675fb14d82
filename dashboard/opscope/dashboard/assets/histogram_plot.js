// Histograms over time as SVG: a ridge for each step of each run, or all of them on one base line.
(() => {
  const EDGE = { left: 14, right: 62, top: 10, bottom: 26 };
  const RIDGE = 0.36; // height of the tallest ridge, of the whole plot
  const THIN = 1 / 60; // of the range: narrower buckets are joined with their neighbours

  const { svg, ticks, times, told } = opscope;

  // Monotone cubic through the points (Fritsch and Carlson): smooth, and never beyond a value.
  const curve = (x, y) => {
    const n = x.length,
      slope = [],
      tangent = new Array(n);
    for (let i = 0; i < n - 1; i++) slope.push((y[i + 1] - y[i]) / (x[i + 1] - x[i]));
    tangent[0] = slope[0];
    tangent[n - 1] = slope[n - 2];
    for (let i = 1; i < n - 1; i++)
      tangent[i] = slope[i - 1] * slope[i] <= 0 ? 0 : (2 * slope[i - 1] * slope[i]) / (slope[i - 1] + slope[i]);
    let path = `M${x[0].toFixed(1)},${y[0].toFixed(1)}`;
    for (let i = 0; i < n - 1; i++) {
      const third = (x[i + 1] - x[i]) / 3;
      path += `C${(x[i] + third).toFixed(1)},${(y[i] + tangent[i] * third).toFixed(1)} ${(x[i + 1] - third).toFixed(1)},${(y[i + 1] - tangent[i + 1] * third).toFixed(1)} ${x[i + 1].toFixed(1)},${y[i + 1].toFixed(1)}`;
    }
    return path;
  };

  // Buckets of a histogram: over common edges as tall as they count; as they were written as tall
  // as they are dense, since the area of a bucket is what it counts.
  const cellsOf = ({ edges }, series, i, thin) => {
    if (edges) return series.counts[i].map((count, k) => ({ left: edges[k], right: edges[k + 1], count, tall: count }));
    const [lefts, rights, counts] = series.buckets[i],
      cells = [];
    counts.forEach((count, k) => {
      const before = cells.at(-1),
        left = lefts[k],
        right = rights[k];
      if (
        before &&
        before.right >= left &&
        Math.min(before.right - before.left, right - left) < thin &&
        right - before.left < 2 * thin
      ) {
        before.right = Math.max(before.right, right);
        before.count += count;
      } else cells.push({ left, right, count });
    });
    for (const cell of cells) {
      cell.tall = cell.count / Math.max(cell.right - cell.left, thin);
      if (cell.right === cell.left) [cell.left, cell.right] = [cell.left - thin / 2, cell.right + thin / 2];
    }
    return cells;
  };

  const range = ({ edges, series }) => {
    let [low, high] = edges ? [edges[0], edges.at(-1)] : [Infinity, -Infinity];
    if (!edges)
      for (const { buckets } of series)
        for (const [lefts, rights] of buckets) {
          for (const at of lefts) low = Math.min(low, at);
          for (const at of rights) high = Math.max(high, at);
        }
    if (low > high) [low, high] = [0, 0];
    return low === high ? [low / 1.1 - 1, high * 1.1 + 1] : [low, high];
  };

  // Where everything lies, in pixels: rows oldest first, and what the axes say.
  const geometry = (data, { mode, axis, width, height, log }) => {
    const inner = { width: width - EDGE.left - EDGE.right, height: height - EDGE.top - EDGE.bottom },
      offset = mode === "offset";
    const [low, high] = range(data),
      place = (value) => EDGE.left + ((value / 2 - low / 2) / (high / 2 - low / 2)) * inner.width;
    const rows = data.series
      .flatMap((series) => {
        const time = times(series, axis);
        return series.step.map((_, index) => ({
          series,
          index,
          time: time[index],
          cells: cellsOf(data, series, index, (high - low) * THIN),
        }));
      })
      .sort((a, b) => a.time - b.time);
    const heights = rows.flatMap(({ cells }) => cells.map(({ tall }) => tall)).filter((tall) => tall > 0);
    const tallest = heights.reduce((most, tall) => Math.max(most, tall), 1e-12),
      unit = data.edges ? 1 : heights.reduce((least, tall) => Math.min(least, tall), tallest);
    const rise = offset ? inner.height * RIDGE : inner.height;
    const lift = (tall) => rise * (log ? Math.log1p(tall / unit) / Math.log1p(tallest / unit) : tall / tallest);
    const first = rows[0].time,
      last = rows.at(-1).time;
    for (const row of rows) {
      row.age = last > first ? (row.time - first) / (last - first) : 1;
      row.base = offset ? EDGE.top + rise + row.age * (inner.height - rise) : EDGE.top + inner.height;
    }
    return {
      rows,
      place,
      lift,
      tallest,
      unit,
      low,
      high,
      offset,
      bottom: EDGE.top + inner.height,
      right: EDGE.left + inner.width,
    };
  };

  const outline = (row, plan, smooth) => {
    const { place, lift, right } = plan,
      { cells, base } = row;
    if (!cells.length) return `M${EDGE.left},${base.toFixed(1)}H${right}`;
    if (smooth)
      return curve(
        [EDGE.left, ...cells.map((cell) => place((cell.left + cell.right) / 2)), right],
        [base, ...cells.map(({ tall }) => base - lift(tall)), base],
      );
    let path = `M${place(cells[0].left).toFixed(1)},${base.toFixed(1)}`,
      at = cells[0].left;
    for (const { left, right: end, tall } of cells) {
      if (left > at) path += `V${base.toFixed(1)}H${place(left).toFixed(1)}`;
      path += `V${(base - lift(tall)).toFixed(1)}H${place(end).toFixed(1)}`;
      at = end;
    }
    return `${path}V${base.toFixed(1)}`;
  };

  // What the axis of heights says where all have one base line.
  const levels = (plan, log) => {
    if (!log) return ticks(0, plan.tallest, 5);
    const found = [0];
    for (
      let power = Math.max(0, Math.ceil(Math.log10(plan.unit))),
        most = Math.floor(Math.log10(plan.tallest)),
        by = Math.max(1, Math.ceil((most - power) / 5));
      power <= most;
      power += by
    )
      found.push(10 ** power);
    return found;
  };

  const draw = (host, data, options) => {
    const { width, height, axis, label, log, colour } = options,
      plan = geometry(data, options),
      { right } = plan;
    const root = (plan.svg = svg("svg", {
      class: `histogram ${options.mode}`,
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": label,
    }));
    for (const value of ticks(plan.low, plan.high, Math.max(2, width / 80))) {
      const at = plan.place(value);
      root.append(
        svg("line", { class: "grid-line", x1: at, x2: at, y1: EDGE.top, y2: plan.bottom }),
        svg("text", { class: "tick", x: at, y: height - 8, "text-anchor": "middle" }, opscope.number(value)),
      );
    }
    const level = (at, text) =>
      root.append(
        svg("line", { class: "grid-line", x1: EDGE.left, x2: right + 5, y1: at, y2: at }),
        svg("text", { class: "tick", x: right + 9, y: at + 3.5 }, text),
      );
    if (plan.offset) {
      let lastLabel = -Infinity;
      // From the newest on, so that the last step always has its label.
      for (const row of [...plan.rows].reverse()) {
        if (Math.abs(row.base - lastLabel) < 24) continue;
        lastLabel = row.base;
        level(row.base, told(row.time, axis));
      }
    } else for (const tall of levels(plan, log)) level(plan.bottom - plan.lift(tall), opscope.number(tall));
    for (const row of plan.rows) {
      row.path = svg("path", {
        class: "ridge",
        d: outline(row, plan, Boolean(data.edges)),
        style: `--run:${colour(row.series.run)};--age:${(row.age * 100).toFixed(0)}%`,
        "data-step": row.series.step[row.index],
        "data-run": row.series.run,
      });
      root.append(row.path);
    }
    plan.mark = svg("circle", { class: "mark", r: 4, visibility: "hidden" });
    root.append(plan.mark);
    host.replaceChildren(root);
    return plan;
  };

  // The row and cell under a point of the plot: the ridge in front that covers it, else the nearest.
  const at = (plan, x, y) => {
    let best = null,
      nearest = Infinity;
    plan.rows.forEach((row, front) => {
      if (!row.cells.length) return;
      const far = (cell) => Math.max(plan.place(cell.left) - x, x - plan.place(cell.right), 0);
      const cell = row.cells.reduce((a, b) => (far(b) < far(a) ? b : a));
      const top = row.base - plan.lift(cell.tall),
        covered = plan.offset && y >= top - 2 && y <= row.base;
      const away = covered ? -front : Math.min(Math.abs(y - top), plan.offset ? Math.abs(y - row.base) : Infinity);
      if (away <= nearest) {
        nearest = away;
        best = { row, cell };
      }
    });
    return best;
  };

  opscope.histogramPlot = { draw, at, geometry };
})();
