// The chart of a card, as SVG: what the server sent, drawn on scales; pixels and values both ways.
(() => {
  const NS = "http://www.w3.org/2000/svg";
  const node = (name, attributes = {}, text) => {
    const made = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) if (value != null) made.setAttribute(key, value);
    if (text != null) made.textContent = text;
    return made;
  };
  const numeric = (value) => (typeof value === "number" ? value : null);
  const DASHES = [null, "6 4", "2 3", "9 3 2 3", "1 4"];

  // The unit in which relative times up to `seconds` read well: [seconds per unit, name].
  const unit = (seconds) =>
    seconds < 180 ? [1, "s"] : seconds < 10800 ? [60, "min"] : seconds < 259200 ? [3600, "h"] : [86400, "days"];

  // Where each point lies on the axis: steps, seconds since the start, seconds since the epoch.
  const positions = ({ step, wall, start }, axis) =>
    axis === "step" ? step : axis === "wall" ? wall : wall.map((time) => time - start);

  // Everything that is a line: one for a series, one for the mean of a group.
  const lines = (data) =>
    data.bands
      ? data.bands.map((band) => ({
          name: band.group,
          run: band.runs[0],
          group: band.group,
          tag: band.tag,
          x: band.x,
          line: band.mean,
          value: band.mean,
          band,
        }))
      : data.series.map((series) => ({
          name: series.run,
          run: series.run,
          tag: series.tag,
          series,
          band: series.margin,
          x: positions(series, data.axis),
          line: series.smoothed ?? series.value.map(numeric),
          value: series.value,
        }));

  const ends = (data, outliers) => {
    if (!data.bands) return outliers ? data.robust : data.extent;
    let low = Infinity,
      high = -Infinity;
    for (const band of data.bands)
      for (let i = 0; i < band.x.length; i++) {
        low = Math.min(low, band.low[i]);
        high = Math.max(high, band.high[i]);
      }
    return low <= high ? [low, high] : null;
  };

  const yScale = (data, { logY, outliers, zoom }, from, to) => {
    const most = Math.max(2, Math.round((from - to) / 38));
    const found = ends(data, outliers) ?? [0, 1],
      signed = (data.extent?.[0] ?? 0) <= 0;
    let [low, high] = zoom?.y ?? found;
    if (logY && data.positive != null && !signed) {
      [low, high] = [Math.max(low, data.positive * 1e-3, 1e-300), Math.max(high, data.positive)];
      if (!zoom?.y) {
        const room = high > low ? Math.log10(high / low) * 0.06 : 0.3;
        low /= 10 ** room;
        high *= 10 ** room;
      }
      return { ...opscope.scales.log(low, high, from, to, most), kind: "log" };
    }
    // Smoothing a constant leaves differences in the last bits, which are not a curve.
    const flat = high - low <= Math.max(Math.abs(low), Math.abs(high)) * 1e-12;
    if (logY) {
      const size = Math.max(Math.abs(low), Math.abs(high)) || 1,
        c = Math.max(data.smallest ?? size, size / 1e4);
      const room = zoom?.y ? 1 : 1.5;
      return {
        ...opscope.scales.symlog(low < 0 ? low * room : low, high > 0 ? high * room : high || 1, from, to, most, c),
        kind: "symlog",
      };
    }
    if (!zoom?.y || flat) {
      const room = flat ? Math.abs(high) * 0.1 || 1 : (high - low) * 0.07;
      low -= room;
      high += room;
    }
    return { ...opscope.scales.linear(low, high, from, to, most), kind: "linear" };
  };

  const xScale = (data, drawn, zoom, from, to) => {
    let [low, high] = zoom?.x ?? [Infinity, -Infinity];
    if (!zoom?.x) {
      for (const { x } of drawn)
        for (const at of x) {
          if (at < low) low = at;
          if (at > high) high = at;
        }
      if (low > high) [low, high] = [0, 1];
      const room = low === high ? 1 : (high - low) * 0.015;
      low -= room;
      high += room;
    }
    const most = Math.max(2, Math.round((to - from) / 90)),
      [scale, name] = unit(Math.max(Math.abs(low), Math.abs(high)));
    if (data.axis === "wall") return { ...opscope.scales.time(low, high, from, to, most), title: "" };
    if (data.axis === "relative")
      return { ...opscope.scales.linear(low, high, from, to, most, scale), title: `time since the start (${name})` };
    return { ...opscope.scales.linear(low, high, from, to, most), title: "step" };
  };

  const clamp = (px) => Math.max(-9e3, Math.min(9e3, px)).toFixed(1);

  // A broken line; a point alone between two gaps is a dot (a round cap on no length).
  const path = (x, y, sx, sy) => {
    let d = "",
      pen = false,
      last = false;
    for (let i = 0; i < x.length; i++) {
      const height = y[i];
      if (typeof height !== "number" || (sy.kind === "log" && height <= 0)) {
        if (last) d += "h0";
        pen = last = false;
        continue;
      }
      d += `${pen ? "L" : "M"}${clamp(sx.px(x[i]))} ${clamp(sy.px(height))}`;
      last = !pen;
      pen = true;
    }
    return last ? `${d}h0` : d;
  };

  const area = (band, sx, sy) => {
    const floor = (value) => (sy.kind === "log" ? Math.max(value, sy.low) : value);
    const known = band.x.map((_, i) => i).filter((i) => band.low[i] != null && band.high[i] != null),
      edge = (heights) => known.map((i) => `${clamp(sx.px(band.x[i]))} ${clamp(sy.px(floor(heights[i])))}`);
    const up = edge(band.high),
      down = edge(band.low).reverse();
    return up.length ? `M${[...up, ...down].join("L")}Z` : "";
  };

  const SHAPES = { NaN: "M-4-4 4 4M-4 4 4-4", Infinity: "M0-5 5 4H-5Z", "-Infinity": "M0 5 5-4H-5Z" };

  // Marks where a value is not finite, at the height of the last value that was.
  const bads = ({ x, line, value, series }, sx, sy, box) => {
    let height = line.find((at) => typeof at === "number" && (sy.kind !== "log" || at > 0)) ?? sy.low;
    return value.flatMap((at, i) => {
      if (typeof at === "number") {
        if (sy.kind !== "log" || line[i] > 0) height = line[i] ?? height;
        return [];
      }
      const left = sx.px(x[i]),
        top = Math.max(box.top + 6, Math.min(box.top + box.height - 6, sy.px(height)));
      if (left < box.left || left > box.left + box.width) return [];
      const mark = node("path", {
        class: `bad-mark ${at === "NaN" ? "cross-mark" : ""}`,
        d: SHAPES[at],
        transform: `translate(${left.toFixed(1)} ${top.toFixed(1)})`,
      });
      mark.append(node("title", {}, `${at} at step ${series.step[i]} of ${series.run}`));
      return [mark];
    });
  };

  let clips = 0;

  // options: {width, height, colour(run, tag), dash(tag), logY, outliers, zoom, label}
  const draw = (host, data, options) => {
    const { width, height, colour, dash } = options,
      drawn = lines(data);
    const titled = data.axis !== "wall",
      box = { left: 54, top: 8, width: Math.max(20, width - 68), height: height - 8 - (titled ? 38 : 26) };
    const sx = xScale(data, drawn, options.zoom, box.left, box.left + box.width),
      sy = yScale(data, options, box.top + box.height, box.top);
    const svg = node("svg", {
      class: "chart",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": options.label,
    });
    const bottom = box.top + box.height,
      right = box.left + box.width,
      clip = `clip-${++clips}`;
    const grid = node("g", { class: "grid-lines" }),
      ticks = node("g", { class: "ticks" });
    for (const { at, text } of sx.ticks) {
      const x = sx.px(at);
      if (x < box.left || x > right) continue;
      grid.append(node("path", { class: "grid-line", d: `M${x.toFixed(1)} ${box.top}V${bottom}` }));
      ticks.append(
        node("text", { class: "tick xtick", x: x.toFixed(1), y: bottom + 15, "text-anchor": "middle" }, text),
      );
    }
    for (const { at, text } of sy.ticks) {
      const y = sy.px(at);
      if (y < box.top - 1 || y > bottom + 1) continue;
      grid.append(
        node("path", { class: at === 0 ? "grid-line zero" : "grid-line", d: `M${box.left} ${y.toFixed(1)}H${right}` }),
      );
      ticks.append(
        node(
          "text",
          { class: "tick ytick", x: box.left - 7, y: y.toFixed(1), dy: ".34em", "text-anchor": "end" },
          text,
        ),
      );
    }
    if (sx.title)
      ticks.append(
        node(
          "text",
          { class: "tick axis-title", x: (box.left + right) / 2, y: bottom + 31, "text-anchor": "middle" },
          sx.title,
        ),
      );
    if (sy.kind === "symlog")
      ticks.append(node("text", { class: "tick axis-title", x: box.left + 4, y: box.top + 10 }, "symmetric log"));
    const defs = node("clipPath", { id: clip }),
      curves = node("g", { class: "curves", "clip-path": `url(#${clip})` });
    defs.append(node("rect", { x: box.left, y: box.top - 2, width: box.width, height: box.height + 4 }));
    const marks = node("g", { class: "bad-marks" });
    for (const each of drawn) {
      const stroke = colour(each.run, each.tag, each.group);
      each.colour = stroke;
      if (each.band)
        curves.append(node("path", { class: "band", d: area(each.band, sx, sy), style: `fill:${stroke}` }));
      if (each.series?.orphans) {
        const { orphans, start } = each.series,
          x = positions({ ...orphans, start }, data.axis);
        curves.append(node("path", { class: "orphan", d: path(x, orphans.value, sx, sy), stroke }));
      }
      if (each.series?.smoothed)
        curves.append(node("path", { class: "raw", d: path(each.x, each.value, sx, sy), stroke }));
    }
    for (const each of drawn) {
      const curve = node("path", {
        class: "curve",
        "data-run": each.name,
        "data-series-tag": each.tag,
        d: path(each.x, each.line, sx, sy),
        stroke: each.colour,
        "stroke-dasharray": dash?.(each.tag),
      });
      if (each.x.length === 1) curve.setAttribute("stroke-width", 7);
      curves.append(curve);
      if (each.series) marks.append(...bads(each, sx, sy, box));
    }
    svg.append(
      defs,
      node("rect", { class: "plot-area", x: box.left, y: box.top, width: box.width, height: box.height }),
      grid,
      ticks,
      curves,
      marks,
    );
    host.replaceChildren(svg);
    return { svg, box, x: sx, y: sy, lines: drawn, axis: data.axis };
  };

  opscope.scalarPlot = { draw, node, dash: (place) => DASHES[place % DASHES.length] };
})();
