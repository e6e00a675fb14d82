// The shapes of the graph: boxes, series, signs and edges as SVG elements.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const svg = (name, attributes, parent) => {
    const node = document.createElementNS(SVG, name);
    for (const key in attributes) if (attributes[key] != null) node.setAttribute(key, attributes[key]);
    parent?.append(node);
    return node;
  };
  const ROW = 14,
    CORNER = 12;

  // Path through the points: in the direction of the flow at each, rounded corners where the edge wraps to a column.
  const path = (p, bends = [], lr = false) => {
    const n = p.length / 2;
    let d = `M${p[0]} ${p[1]}`,
      i = 1;
    const corners = new Set(bends);
    while (i < n) {
      if (corners.has(i)) {
        for (let c = i; c < i + 4; c++) {
          const [x0, y0, x, y] = [p[2 * c - 2], p[2 * c - 1], p[2 * c], p[2 * c + 1]];
          const [x1, y1] = c + 1 < n ? [p[2 * c + 2], p[2 * c + 3]] : [x, y];
          const a = Math.min(CORNER, Math.hypot(x - x0, y - y0) / 2),
            b = Math.min(CORNER, Math.hypot(x1 - x, y1 - y) / 2);
          const [ux, uy] = [Math.sign(x - x0), Math.sign(y - y0)],
            [vx, vy] = [Math.sign(x1 - x), Math.sign(y1 - y)];
          d += `L${x - ux * a} ${y - uy * a}Q${x} ${y} ${x + vx * b} ${y + vy * b}`;
        }
        i += 4;
        continue;
      }
      const [x0, y0, x, y] = [p[2 * i - 2], p[2 * i - 1], p[2 * i], p[2 * i + 1]];
      const m = lr ? (x0 + x) / 2 : (y0 + y) / 2;
      if (lr) d += Math.abs(y - y0) < 0.6 ? `L${x} ${y}` : `C${m} ${y0} ${m} ${y} ${x} ${y}`;
      else d += Math.abs(x - x0) < 0.6 ? `L${x} ${y}` : `C${x0} ${m} ${x} ${m} ${x} ${y}`;
      i++;
    }
    return d;
  };

  const bounds = (p) => {
    let [a, b, c, d] = [1e9, 1e9, -1e9, -1e9];
    for (let i = 0; i < p.length; i += 2) {
      a = Math.min(a, p[i]);
      c = Math.max(c, p[i]);
      b = Math.min(b, p[i + 1]);
      d = Math.max(d, p[i + 1]);
    }
    return [a - 6, b - 6, c + 6, d + 6];
  };

  class Shapes extends opscope.graphParts.Camera {
    drawEdge(item) {
      const { edge } = item,
        kind = edge.kind ?? "data",
        p = edge.points.slice();
      const size = kind === "reference" ? 0 : kind === "control" ? 5 : edge.width > 3 ? 9 : 6;
      // The arrow head needs a last stretch longer than itself.
      const lr = this.view.flow === "lr",
        along = lr ? 2 : 1,
        across = 3 - along;
      let n = p.length;
      while (
        n > 4 &&
        !edge.bends &&
        p[n - across] === p[n - across - 2] &&
        Math.abs(p[n - along] - p[n - along - 2]) < size + 3
      ) {
        p.splice(n - 4, 2);
        n -= 2;
      }
      if (edge.port !== "out") p[n - along] += size * (p[n - along - 2] > p[n - along] ? 1 : -1);
      const line = (item.line = svg(
        "path",
        {
          class: `edge ${kind}${edge.port ? " port" : ""}`,
          d: path(p, edge.bends, lr),
          "data-a": edge.a,
          "data-b": edge.b,
        },
        this.layers.edges,
      ));
      if (kind !== "control") line.style.strokeWidth = edge.width;
      if (kind === "reference") line.setAttribute("marker-start", "url(#arrow-reference)");
      else if (edge.port !== "out")
        line.setAttribute("marker-end", `url(#arrow-${kind === "data" && edge.width > 3 ? "wide" : kind})`);
      if (edge.label) {
        item.text = svg(
          "text",
          { class: `edge-label ${edge.at ? "" : "crowded"}`, "text-anchor": "middle" },
          this.layers.labels,
        );
        const at = edge.at ?? [(p[0] + p[2]) / 2, (p[1] + p[3]) / 2];
        item.text.setAttribute("x", at[0]);
        item.text.setAttribute("y", at[1] + 3.2);
        item.text.textContent = edge.label;
      }
    }

    drawNode(item) {
      const { node, g } = item,
        { w, h, open } = node;
      if (open) {
        item.box = svg("rect", { class: "box", x: -w / 2, y: -h / 2, width: w, height: h, rx: 12 }, item.ground);
        item.strip = svg(
          "path",
          {
            class: "strip",
            d: `M${-w / 2} ${-h / 2 + 30}V${-h / 2 + 12}q0 -12 12 -12H${w / 2 - 12}q12 0 12 12V${-h / 2 + 30}z`,
          },
          g,
        );
        svg("text", { class: "title", x: -w / 2 + 14, y: -h / 2 + 20 }, g).textContent = node.label;
        item.count = svg("text", { class: "count", x: w / 2 - 34, y: -h / 2 + 19.5, "text-anchor": "end" }, g);
        this.fold(g, w / 2 - 16, -h / 2 + 15, true);
      } else if (node.series) {
        this.drawSeries(node, item, g);
      } else if (node.kind === "scope") {
        svg("rect", { class: "under", x: -w / 2 + 4, y: -h / 2 + 4, width: w - 8, height: h, rx: 9 }, g);
        item.box = svg("rect", { class: "box", x: -w / 2, y: -h / 2, width: w, height: h, rx: 10 }, g);
        svg("text", { class: "title", y: -1, "text-anchor": "middle" }, g).textContent = node.label;
        item.count = svg("text", { class: "count", y: 13.5, "text-anchor": "middle" }, g);
        this.fold(g, w / 2, -h / 2, false);
      } else {
        item.box = svg("rect", { class: "box", x: -w / 2, y: -h / 2, width: w, height: h, rx: h / 2 }, g);
        svg("text", { class: "op", y: 4, "text-anchor": "middle" }, g).textContent = node.label;
      }
      if (node.signs) this.drawSigns(node, item);
    }

    // A series of nodes: three ellipses, on each other where tensors pass between them, else beside.
    drawSeries({ w, h, label, series }, item, g) {
      const beside = series === "loose" ? 6 : 0,
        below = beside ? 0 : 5,
        width = w - 2 * beside,
        height = h - 2 * below;
      for (const at of [1, 0, -1]) {
        item.box = svg(
          "rect",
          {
            class: at < 0 ? "box" : "under",
            x: at * beside - width / 2,
            y: at * below - height / 2,
            width,
            height,
            rx: height / 2,
          },
          g,
        );
      }
      svg("text", { class: "op", x: -beside, y: -below - 1.5, "text-anchor": "middle" }, g).textContent = label;
      item.count = svg("text", { class: "count", x: -beside, y: 10 - below, "text-anchor": "middle" }, g);
      this.fold(g, w / 2 - beside, -h / 2 + below, false);
    }

    fold(g, x, y, open) {
      const button = svg("g", { class: "fold", transform: `translate(${x} ${y})` }, g);
      svg("circle", { r: 8 }, button);
      svg("path", { d: open ? "M-3.6 0H3.6" : "M-3.6 0H3.6M0 -3.6V3.6" }, button);
    }

    drawSigns(node, item) {
      const g = (item.signs = svg("g", { class: "signs", transform: item.at }));
      item.g.after(g);
      for (const [kind, side, label, target, row, control] of node.signs) {
        // Flow from left to right has its lines at the left and right: signs stand below and above.
        const lr = this.view.flow === "lr",
          s = (side === "in") === lr ? 1 : -1,
          y = row * ROW;
        const x = lr ? -s * (node.w / 2 + 8) : (s * node.w) / 2;
        const sign = svg(
          "g",
          {
            class: `sign ${kind}${control ? " control" : ""}`,
            "data-id": (kind === "const" || kind === "summary") && item.firsts.has(target) ? target : null,
            "data-target": target,
          },
          g,
        );
        svg(
          "rect",
          {
            class: "reach",
            x: s < 0 ? x - 18 - label.length * 5.6 : x,
            y: y - 7,
            width: 18 + label.length * 5.6,
            height: 14,
          },
          sign,
        );
        if (target) svg("title", {}, sign).textContent = target;
        const edge = Math.sign(y) * Math.min(Math.abs(y), node.h / 2 - 5);
        if (!lr) svg("path", { class: "lead", d: `M${x} ${edge}L${x + s * 8} ${y}` }, sign);
        if (kind === "const") svg("circle", { cx: x + s * 12, cy: y, r: 3.6 }, sign);
        else if (kind === "summary")
          svg("path", { class: "bars", d: `M${x + 9} ${y + 4}v-4m3.2 4v-8m3.2 8v-5.500` }, sign);
        else if (kind === "loop") svg("path", { class: "bars", d: `M${x + 9} ${y + 2}a3.500 3.500 0 1 1 5 0` }, sign);
        else
          svg(
            "path",
            { class: "pointer", d: s < 0 ? `M${x - 8} ${y}l-6 -3.500v7z` : `M${x + 15} ${y}l-6 -3.500v7z` },
            sign,
          );
        svg("text", { x: x + s * 19, y: y + 3.2, "text-anchor": s < 0 ? "end" : "start" }, sign).textContent = label;
      }
    }

    reach(node) {
      let left = 0,
        right = 0,
        rows = 0;
      for (const sign of node.signs ?? []) {
        if (sign[1] === "in") left = 120;
        else right = 120;
        rows = Math.max(rows, Math.abs(sign[4]) + 1);
      }
      const half = Math.max(node.h / 2, rows * ROW);
      return [node.x - node.w / 2 - left, node.y - half, node.x + node.w / 2 + right, node.y + half];
    }
  }

  Object.assign(opscope.graphParts, { Shapes, bounds, svg });
})();
