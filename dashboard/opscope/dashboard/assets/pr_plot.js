// Precision over recall as SVG: a curve for each run on axes from 0 to 1, or on a part of them.
(() => {
  const EDGE = { left: 46, right: 16, top: 10, bottom: 40 };
  const { svg } = opscope;
  const WHOLE = { x: [0, 1], y: [0, 1] };
  let clips = 0;

  // curves: [{run, colour, curve: {precision, recall, ...}}]; options: {width, height, zoom, label}
  const draw = (host, curves, { width, height, zoom, label }) => {
    const box = {
      left: EDGE.left,
      top: EDGE.top,
      width: Math.max(40, width - EDGE.left - EDGE.right),
      height: height - EDGE.top - EDGE.bottom,
    };
    const bottom = box.top + box.height,
      right = box.left + box.width,
      { x, y } = zoom ?? WHOLE,
      room = 0.02;
    const wide = (x[1] - x[0]) * room,
      tall = (y[1] - y[0]) * room;
    const sx = opscope.scales.linear(
      x[0] - wide,
      x[1] + wide,
      box.left,
      right,
      Math.max(2, Math.round(box.width / 70)),
    );
    const sy = opscope.scales.linear(
      y[0] - tall,
      y[1] + tall,
      bottom,
      box.top,
      Math.max(2, Math.round(box.height / 42)),
    );
    const root = svg("svg", {
      class: "chart pr-chart",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": label,
    });
    for (const { at, text } of sx.ticks) {
      const px = sx.px(at);
      root.append(
        svg("path", { class: "grid-line", d: `M${px} ${box.top}V${bottom}` }),
        svg("text", { class: "tick", x: px, y: bottom + 15, "text-anchor": "middle" }, text),
      );
    }
    for (const { at, text } of sy.ticks) {
      const py = sy.px(at);
      root.append(
        svg("path", { class: "grid-line", d: `M${box.left} ${py}H${right}` }),
        svg("text", { class: "tick", x: box.left - 7, y: py, dy: ".34em", "text-anchor": "end" }, text),
      );
    }
    root.append(
      svg(
        "text",
        { class: "tick axis-title", x: (box.left + right) / 2, y: bottom + 32, "text-anchor": "middle" },
        "Recall",
      ),
      svg(
        "text",
        {
          class: "tick axis-title",
          transform: `translate(11 ${(box.top + bottom) / 2}) rotate(-90)`,
          "text-anchor": "middle",
        },
        "Precision",
      ),
    );
    const id = `pr-clip-${++clips}`,
      clip = svg("clipPath", { id }),
      drawn = svg("g", { class: "curves", "clip-path": `url(#${id})` });
    clip.append(svg("rect", { x: box.left, y: box.top, width: box.width, height: box.height }));
    const lines = curves.map(({ run, colour, curve }) => {
      const points = curve.recall
        .map((recall, i) => ({ x: sx.px(recall), y: sy.px(curve.precision[i]), i }))
        .filter((at) => Number.isFinite(at.x) && Number.isFinite(at.y));
      const path = svg("path", {
        class: "curve",
        "data-run": run,
        stroke: colour,
        d: points.map((at, i) => `${i ? "L" : "M"}${at.x.toFixed(1)} ${at.y.toFixed(1)}`).join(""),
      });
      if (points.length === 1) {
        path.setAttribute("d", `${path.getAttribute("d")}h0`);
        path.setAttribute("stroke-width", 7);
      }
      drawn.append(path);
      return { run, colour, curve, points };
    });
    root.append(clip, drawn);
    host.replaceChildren(root);
    return { svg: root, box, x: sx, y: sy, lines };
  };

  // The point of each line nearest to a place, nearest line first.
  const near = (plan, x, y) =>
    plan.lines
      .flatMap((line) => {
        let best = null,
          least = Infinity;
        for (const point of line.points) {
          const far = Math.hypot(point.x - x, point.y - y);
          if (far < least) [best, least] = [point, far];
        }
        return best ? [{ ...line, point: best, far: least }] : [];
      })
      .sort((a, b) => a.far - b.far);

  // The point of each line at the threshold nearest to one.
  const atThreshold = (plan, threshold) =>
    plan.lines.flatMap((line) => {
      const away = (point) => Math.abs(line.curve.thresholds[point.i] - threshold);
      return line.points.length ? [{ ...line, point: line.points.reduce((a, b) => (away(b) < away(a) ? b : a)) }] : [];
    });

  opscope.prPlot = { draw, near, atThreshold };
})();
