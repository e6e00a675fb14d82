// The figure of one tag: traces and layout for Plotly, as pure functions of what the server sent.
(() => {
  const numeric = (value) => (typeof value === "number" ? value : null);

  // The unit in which relative times up to `seconds` read well: [seconds per unit, name].
  const unit = (seconds) => (seconds < 180 ? [1, "s"] : seconds < 10800 ? [60, "min"] : seconds < 259200 ? [3600, "h"] : [86400, "days"]);

  const longest = (data) => Math.max(0, ...data.series.map((s) => (s.wall.length ? s.wall[s.wall.length - 1] - s.start : 0)));

  // Seconds for an end of a date axis: Plotly takes milliseconds, shows them as local time, and
  // gives local time back, "2026-11-20 10:05".
  const fromAxis = (at) => +new Date(at) / 1000;

  // Where each point of a series lies, in the plot's own units.
  const positions = (series, axis, scale) => {
    if (axis === "step") return series.step;
    if (axis === "relative") return series.wall.map((time) => (time - series.start) / scale);
    return series.wall.map((time) => time * 1000);
  };

  // Triangles where a value is not finite, at the height of the last value that was.
  const gaps = (x, series) => {
    const at = { x: [], y: [], symbol: [] };
    let height = null;
    const line = series.smoothed ?? series.value;
    series.value.forEach((value, i) => {
      if (typeof value === "number") { height = numeric(line[i]) ?? height; return; }
      at.x.push(x[i]);
      at.y.push(height);
      at.symbol.push(value === "Infinity" ? "triangle-up" : value === "-Infinity" ? "triangle-down" : "x");
    });
    const first = line.find((value) => typeof value === "number") ?? 0;
    at.y = at.y.map((y) => y ?? first);
    return at;
  };

  const figure = (data, { colour, logY, outliers, zoom, width, height, css }) => {
    const [scale, name] = unit(longest(data)), traces = [];
    const ground = css("--surface"), ink = css("--ink-3"), grid = css("--grid");
    for (const series of data.series) {
      const x = positions(series, data.axis, scale), own = colour(series.run);
      const raw = series.value.map(numeric), line = series.smoothed ?? raw;
      const common = { x, type: "scatter", hoverinfo: "skip", connectgaps: false, name: series.run };
      const lone = raw.filter((value) => value !== null).length === 1;
      if (series.smoothed) traces.push({ ...common, y: raw, mode: "lines", opacity: 0.24, line: { color: own, width: 1.1 } });
      traces.push({ ...common, y: line, mode: lone ? "markers" : "lines", line: { color: own, width: 1.9 }, marker: { color: own, size: 7 } });
      const bad = gaps(x, series);
      if (bad.x.length) traces.push({
        ...common, x: bad.x, y: bad.y, mode: "markers", cliponaxis: false,
        marker: { symbol: bad.symbol, size: 9, color: css("--bad"), line: { color: ground, width: 1.2 } },
      });
    }
    const range = yRange(data, logY, outliers);
    const axis = { gridcolor: grid, zeroline: false, showline: false, ticks: "", tickfont: { color: ink }, fixedrange: false };
    const titles = { step: "step", relative: `time since the start (${name})`, wall: "" };
    return {
      traces, scale,
      layout: {
        width, height, showlegend: false, hovermode: false, dragmode: "zoom",
        margin: { l: 54, r: 14, t: 8, b: titles[data.axis] ? 38 : 28 },
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
        font: { family: css("--font"), size: 11, color: ink },
        xaxis: {
          ...axis, type: data.axis === "wall" ? "date" : "linear", nticks: Math.max(3, Math.round(width / 90)),
          title: { text: titles[data.axis], standoff: 6, font: { size: 11, color: ink } },
          exponentformat: "SI", separatethousands: false,
          ...(zoom ? { range: zoom.x, autorange: false } : xRange(data, scale)),
        },
        yaxis: {
          ...axis, type: logY ? "log" : "linear", nticks: 6, exponentformat: "power", minexponent: 4,
          ...(zoom ? { range: zoom.y, autorange: false } : range ? { range, autorange: false } : { autorange: true }),
        },
      },
    };
  };

  const xRange = (data, scale) => {
    let low = Infinity, high = -Infinity;
    for (const series of data.series) for (const x of positions(series, data.axis, scale)) { low = Math.min(low, x); high = Math.max(high, x); }
    if (low > high) return { autorange: true };
    const room = low === high ? (data.axis === "wall" ? 1000 : 1) : (high - low) * 0.015;
    return { range: [low - room, high + room], autorange: false };
  };

  const yRange = (data, logY, outliers) => {
    const ends = outliers ? data.robust : data.extent;
    if (!ends) return null;
    let [low, high] = ends;
    if (logY) {
      if (data.positive === null) return null;
      low = Math.log10(Math.max(low, data.positive));
      high = Math.log10(Math.max(high, data.positive));
    }
    // Smoothing a constant leaves differences in the last bits, which are not a curve.
    const flat = high - low <= Math.abs(high) * 1e-12;
    const room = flat ? (logY ? 0.5 : Math.abs(high) * 0.1 || 1) : (high - low) * 0.07;
    const range = [low - room, high + room];
    return range.every(Number.isFinite) ? range : [low, high];
  };

  opscope.scalarPlot = { figure, positions, fromAxis };
})();
