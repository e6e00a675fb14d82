// A graph as SVG: boxes, edges, labels; pan, zoom, culling, selection. It knows nothing of servers.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const svg = (name, attributes, parent) => {
    const node = document.createElementNS(SVG, name);
    for (const key in attributes) if (attributes[key] != null) node.setAttribute(key, attributes[key]);
    parent?.append(node);
    return node;
  };
  const HUES = 12, ROW = 14, CORNER = 12;
  const tint = (index) => (index < 0 ? "var(--hue-none)" : `var(--hue-${index % HUES})`);
  const heat = (share) => `color-mix(in oklab, var(--heat-high) ${Math.round(share * 100)}%, var(--heat-low))`;

  // Path through the points: vertical at each, rounded corners where the edge wraps to a column.
  const path = (p, bends = []) => {
    let d = `M${p[0]} ${p[1]}`, i = 1, n = p.length / 2;
    const corners = new Set(bends);
    while (i < n) {
      if (corners.has(i)) {
        for (let c = i; c < i + 4; c++) {
          const [x0, y0, x, y] = [p[2 * c - 2], p[2 * c - 1], p[2 * c], p[2 * c + 1]];
          const [x1, y1] = c + 1 < n ? [p[2 * c + 2], p[2 * c + 3]] : [x, y];
          const a = Math.min(CORNER, Math.hypot(x - x0, y - y0) / 2), b = Math.min(CORNER, Math.hypot(x1 - x, y1 - y) / 2);
          const [ux, uy] = [Math.sign(x - x0), Math.sign(y - y0)], [vx, vy] = [Math.sign(x1 - x), Math.sign(y1 - y)];
          d += `L${x - ux * a} ${y - uy * a}Q${x} ${y} ${x + vx * b} ${y + vy * b}`;
        }
        i += 4;
        continue;
      }
      const [x0, y0, x, y] = [p[2 * i - 2], p[2 * i - 1], p[2 * i], p[2 * i + 1]];
      const m = (y0 + y) / 2;
      d += Math.abs(x - x0) < 0.6 ? `L${x} ${y}` : `C${x0} ${m} ${x} ${m} ${x} ${y}`;
      i++;
    }
    return d;
  };

  const bounds = (p) => {
    let [a, b, c, d] = [1e9, 1e9, -1e9, -1e9];
    for (let i = 0; i < p.length; i += 2) {
      a = Math.min(a, p[i]); c = Math.max(c, p[i]); b = Math.min(b, p[i + 1]); d = Math.max(d, p[i + 1]);
    }
    return [a - 6, b - 6, c + 6, d + 6];
  };

  class Drawing {
    // on: { select(name, add), toggle(name), menu(name, x, y), moved() }
    constructor(host, on) {
      this.host = host; this.on = on;
      this.scale = 1; this.x = 0; this.y = 0;
      this.colours = { nodes: {} }; this.selected = null; this.hits = null;
      this.svg = svg("svg", { class: "graph-svg", tabindex: 0, role: "tree", "aria-label": "Graph" }, host);
      this.defs = svg("defs", {}, this.svg);
      for (const [kind, size] of [["data", 7], ["wide", 11], ["control", 6], ["reference", 7]]) {
        const marker = svg("marker", {
          id: `arrow-${kind}`, class: `arrow ${kind}`, viewBox: "0 0 10 10", refX: kind === "reference" ? 9 : 1, refY: 5,
          markerWidth: size, markerHeight: size, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse",
        }, this.defs);
        svg("path", { d: "M0 .8L10 5L0 9.2z" }, marker);
      }
      this.stripes = svg("g", {}, this.defs);
      this.root = svg("g", {}, this.svg);
      this.layers = Object.fromEntries(["grounds", "edges", "labels", "nodes"].map((name) => [name, svg("g", { class: name }, this.root)]));
      this.map = new opscope.graphParts.Minimap(host, this);
      this.listen();
      new ResizeObserver(() => { this.size = null; this.refresh(); }).observe(host);
    }

    // The window on the drawing; `free` is the width that the card of a selection leaves.
    get box() { return (this.size ??= this.svg.getBoundingClientRect()); }
    get free() { return this.selected ? Math.max(this.box.width - 364, this.box.width / 2) : this.box.width; }

    listen() {
      const s = this.svg;
      s.addEventListener("wheel", (e) => {
        e.preventDefault();
        const unit = e.deltaMode === 1 ? 24 : 1;
        this.zoom(Math.exp(-e.deltaY * unit * (e.ctrlKey ? 0.008 : 0.0016)), e.clientX - this.box.left, e.clientY - this.box.top);
      }, { passive: false });
      let drag = null;
      s.addEventListener("pointerdown", (e) => { if (e.button === 0) drag = { x: e.clientX - this.x, y: e.clientY - this.y, fromX: e.clientX, fromY: e.clientY, moved: false }; });
      s.addEventListener("pointermove", (e) => {
        if (!drag) return;
        if (!drag.moved && Math.hypot(e.clientX - drag.fromX, e.clientY - drag.fromY) > 4) { drag.moved = true; s.setPointerCapture(e.pointerId); s.classList.add("dragging"); }
        if (drag.moved) { this.x = e.clientX - drag.x; this.y = e.clientY - drag.y; this.refresh(); }
      });
      const end = () => { s.classList.remove("dragging"); const moved = drag?.moved; drag = null; if (moved) { this.justDragged = true; setTimeout(() => { this.justDragged = false; }); } };
      s.addEventListener("pointerup", end);
      s.addEventListener("pointercancel", end);
      const name = (e) => e.target.closest?.("[data-id],[data-target]")?.dataset;
      s.addEventListener("click", (e) => {
        if (this.justDragged) return;
        const hit = name(e);
        if (e.target.closest?.(".fold")) { this.on.toggle(hit.id); return; }
        this.on.select(hit ? hit.id ?? hit.target : null, e.shiftKey || e.ctrlKey || e.metaKey);
      });
      s.addEventListener("contextmenu", (e) => { e.preventDefault(); const hit = name(e); this.on.menu(hit ? hit.id ?? hit.target : null, e.clientX, e.clientY); });
      s.addEventListener("dblclick", (e) => { const hit = name(e); if (hit && !e.target.closest(".fold") && !e.target.closest(".sign")) { e.preventDefault(); this.on.toggle(hit.id ?? hit.target); } });
      s.addEventListener("pointerover", (e) => this.hover(name(e)?.id ?? null));
      s.addEventListener("pointerleave", () => this.hover(null));
    }

    // Draw a view (see view.py). Kept: scale and place, the node `anchor` under the same point.
    draw(view, anchor) {
      const before = anchor && this.byName?.get(anchor);
      const started = performance.now();
      this.view = view;
      const still = before && view.nodes.find((n) => n.id === anchor);
      if (still) {
        const foot = (n) => n.y + n.h / 2;
        this.x += (before.x - still.x) * this.scale;
        this.y += (foot(before) - foot(still)) * this.scale;
      }
      this.byName = new Map();
      for (const layer of Object.values(this.layers)) layer.textContent = "";
      this.stripes.textContent = ""; this.stripeIds = new Map();
      this.items = [];
      for (const edge of view.edges) this.drawEdge(edge);
      for (const node of view.nodes) this.drawNode(node);
      this.mark();
      this.markHits();
      if (this.health) this.showHealth(this.health);
      this.refresh(true);
      this.drawTime = performance.now() - started;
    }

    drawEdge(edge) {
      const kind = edge.kind ?? "data", p = edge.points.slice();
      const size = kind === "reference" ? 0 : kind === "control" ? 5 : edge.width > 3 ? 9 : 6;
      // The arrow head needs a last stretch longer than itself.
      let n = p.length;
      while (n > 4 && !edge.bends && p[n - 2] === p[n - 4] && Math.abs(p[n - 1] - p[n - 3]) < size + 3) { p.splice(n - 4, 2); n -= 2; }
      if (edge.port !== "out") p[n - 1] += size * (p[n - 3] > p[n - 1] ? 1 : -1);
      const line = svg("path", { class: `edge ${kind}${edge.port ? " port" : ""}`, d: path(p, edge.bends), "data-a": edge.a, "data-b": edge.b }, this.layers.edges);
      if (kind !== "control") line.style.strokeWidth = edge.width;
      if (kind === "reference") line.setAttribute("marker-start", "url(#arrow-reference)");
      else if (edge.port !== "out") line.setAttribute("marker-end", `url(#arrow-${kind === "data" && edge.width > 3 ? "wide" : kind})`);
      const item = { edge, line, bounds: bounds(edge.points), seen: true };
      if (edge.label) {
        item.text = svg("text", { class: `edge-label ${edge.at ? "" : "crowded"}`, "text-anchor": "middle" }, this.layers.labels);
        const at = edge.at ?? [(p[0] + p[2]) / 2, (p[1] + p[3]) / 2];
        item.text.setAttribute("x", at[0]); item.text.setAttribute("y", at[1] + 3.2);
        item.text.textContent = edge.label;
      }
      this.items.push(item);
    }

    drawNode(node) {
      const { w, h } = node, scope = node.kind === "scope", open = node.open;
      const item = { node, seen: true, bounds: this.reach(node) };
      const aria = { role: "treeitem", "aria-level": node.depth + 1, "aria-label": scope ? `${node.id}, ${node.count}` : `${node.id}, ${node.op}` };
      if (scope) aria["aria-expanded"] = open ? "true" : "false";
      if (open) {
        item.ground = svg("g", { class: "ground", transform: `translate(${node.x} ${node.y})`, "data-target": node.id }, this.layers.grounds);
        item.box = svg("rect", { class: "box", x: -w / 2, y: -h / 2, width: w, height: h, rx: 12 }, item.ground);
      }
      const g = item.g = svg("g", { ...aria, class: `node ${node.kind}${open ? " open" : ""}${node.group ? " gathered" : ""}`, "data-id": node.id, transform: `translate(${node.x} ${node.y})` }, this.layers.nodes);
      if (open) {
        item.strip = svg("path", { class: "strip", d: `M${-w / 2} ${-h / 2 + 30}V${-h / 2 + 12}q0 -12 12 -12H${w / 2 - 12}q12 0 12 12V${-h / 2 + 30}z` }, g);
        svg("text", { class: "title", x: -w / 2 + 14, y: -h / 2 + 20 }, g).textContent = node.label;
        item.count = svg("text", { class: "count", x: w / 2 - 34, y: -h / 2 + 19.5, "text-anchor": "end" }, g);
        this.fold(g, w / 2 - 16, -h / 2 + 15, true);
      } else if (node.series) {
        this.drawSeries(node, item, g);
      } else if (scope) {
        svg("rect", { class: "under", x: -w / 2 + 4, y: -h / 2 + 4, width: w - 8, height: h, rx: 9 }, g);
        item.box = svg("rect", { class: "box", x: -w / 2, y: -h / 2, width: w, height: h, rx: 10 }, g);
        svg("text", { class: "title", y: -1, "text-anchor": "middle" }, g).textContent = node.label;
        item.count = svg("text", { class: "count", y: 13.5, "text-anchor": "middle" }, g);
        this.fold(g, w / 2, -h / 2, false);
      } else {
        item.box = svg("rect", { class: "box", x: -w / 2, y: -h / 2, width: w, height: h, rx: h / 2 }, g);
        svg("text", { class: "op", y: 4, "text-anchor": "middle" }, g).textContent = node.label;
      }
      item.tip = svg("title", {}, g);
      if (node.signs) this.drawSigns(node, item);
      this.byName.set(node.id, node);
      node.item = item;
      this.items.push(item);
    }

    // A series of nodes: three ellipses, on each other where tensors pass between them, else beside.
    drawSeries({ w, h, label, series }, item, g) {
      const beside = series === "loose" ? 6 : 0, below = beside ? 0 : 5, width = w - 2 * beside, height = h - 2 * below;
      for (const at of [1, 0, -1]) {
        item.box = svg("rect", { class: at < 0 ? "box" : "under", x: at * beside - width / 2, y: at * below - height / 2, width, height, rx: height / 2 }, g);
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
      const g = item.signs = svg("g", { class: "signs", transform: `translate(${node.x} ${node.y})` }, this.layers.nodes);
      for (const [kind, side, label, target, row, control] of node.signs) {
        const s = side === "in" ? -1 : 1, x = (s * node.w) / 2, y = row * ROW;
        const embedded = kind === "const" || kind === "summary", first = embedded && !this.byName.has(target);
        const sign = svg("g", { class: `sign ${kind}${control ? " control" : ""}`, "data-id": first ? target : null, "data-target": target }, g);
        if (first) this.byName.set(target, { id: target, x: node.x, y: node.y, w: node.w, h: node.h, host: node.id, kind: "op", item: { g: sign } });
        svg("rect", { class: "reach", x: s < 0 ? x - 18 - label.length * 5.6 : x, y: y - 7, width: 18 + label.length * 5.6, height: 14 }, sign);
        if (target) svg("title", {}, sign).textContent = target;
        const edge = Math.sign(y) * Math.min(Math.abs(y), node.h / 2 - 5);
        svg("path", { class: "lead", d: `M${x} ${edge}L${x + s * 8} ${y}` }, sign);
        if (kind === "const") svg("circle", { cx: x + s * 12, cy: y, r: 3.6 }, sign);
        else if (kind === "summary") svg("path", { class: "bars", d: `M${x + 9} ${y + 4}v-4m3.2 4v-8m3.2 8v-5.500` }, sign);
        else if (kind === "loop") svg("path", { class: "bars", d: `M${x + 9} ${y + 2}a3.500 3.500 0 1 1 5 0` }, sign);
        else svg("path", { class: "pointer", d: side === "in" ? `M${x - 8} ${y}l-6 -3.500v7z` : `M${x + 15} ${y}l-6 -3.500v7z` }, sign);
        svg("text", { x: x + s * 19, y: y + 3.2, "text-anchor": s < 0 ? "end" : "start" }, sign).textContent = label;
      }
    }

    reach(node) {
      let left = 0, right = 0, rows = 0;
      for (const sign of node.signs ?? []) {
        if (sign[1] === "in") left = 120; else right = 120;
        rows = Math.max(rows, Math.abs(sign[4]) + 1);
      }
      const half = Math.max(node.h / 2, rows * ROW);
      return [node.x - node.w / 2 - left, node.y - half, node.x + node.w / 2 + right, node.y + half];
    }

    // Colours of all boxes (see colouring.py): one hue, stripes for shares of several, or a heat.
    paint(colours) {
      this.colours = colours;
      const heated = !!colours.scale;
      this.svg.classList.toggle("heated", heated);
      for (const { node, box, strip, g, ground, count, tip } of this.items ?? []) {
        if (!node) continue;
        const given = colours.nodes[node.id];
        let fill = null, hue = -1, text = null;
        if (given && heated) { text = given[1]; if (!node.open) fill = heat(given[0]); }
        else if (given?.length === 1) hue = given[0][0];
        else if (given?.length) fill = `url(#${this.striped(given)})`;
        for (const part of [g, ground]) {
          part?.style.setProperty("--tint", tint(hue));
          part?.classList.toggle("plain", hue < 0 && !fill);
        }
        (strip ?? box).style.fill = fill ?? "";
        g.dataset.colour = hue < 0 ? "none" : String(hue % HUES);
        if (count) count.textContent = text ?? node.count;
        tip.textContent = text ? `${node.id}: ${text}` : node.label.includes("\u2026") ? node.id : "";
      }
      this.map.draw();
    }

    // Pills, marks of what is bad, and lines along which that spread (see health.py), or null.
    showHealth(health) {
      this.health = health;
      const spread = new Set((health?.spread ?? []).map((ends) => ends.join("\n")));
      for (const { node, g, edge, line, pill } of this.items ?? []) {
        if (edge) {
          const on = spread.has(`${edge.a}\n${edge.b}`);
          line.classList.toggle("spread", on);
          continue;
        }
        pill?.remove();
        const known = health?.nodes[node.id];
        g.classList.toggle("bad", !!known?.bad);
        g.classList.toggle("origin", !!known?.origin);
        if (known) this.drawPill(node, known);
      }
    }

    // Shares of NaN, -inf, negative, zero, positive and +inf elements along the upper edge of a box.
    drawPill(node, { counts, bad, vague }) {
      const total = counts.reduce((sum, n) => sum + n, 0), width = Math.min(node.w - 18, node.open ? 160 : 90), left = -width / 2;
      if (!total) return;
      const pill = node.item.pill = svg("g", { class: `pill${bad ? " bad" : ""}` }, node.item.g);
      svg("title", {}, pill).textContent = opscope.graphParts.healthText(counts, vague);
      svg("rect", { class: "pill-ground", x: left - 1, y: -node.h / 2 - 4.500, width: width + 2, height: 8, rx: 4 }, pill);
      // Whatever there is of NaN and infinities is seen, be it one element of a million.
      const least = 4, shares = counts.map((n, i) => (n ? Math.max(n / total * width, i % 5 === 0 || i === 1 ? least : 0) : 0)), scale = width / shares.reduce((sum, n) => sum + n, 0);
      let x = left;
      shares.forEach((share, i) => { if (share) { svg("rect", { class: `pill-${i}`, x, y: -node.h / 2 - 3.500, width: share * scale, height: 6 }, pill); x += share * scale; } });
    }

    striped(shares) {
      const key = shares.join(";");
      if (!this.stripeIds.has(key)) {
        const id = `stripes-${this.stripeIds.size}`, gradient = svg("linearGradient", { id, class: "stripes" }, this.stripes);
        let at = 0;
        for (const [hue, share] of shares) {
          for (const offset of [at, (at += share)]) svg("stop", { offset: Math.min(1, offset), style: `--tint:${tint(hue)}` }, gradient);
        }
        this.stripeIds.set(key, id);
      }
      return this.stripeIds.get(key);
    }

    // The selected node, whose edges stand out, and others selected with it.
    select(name, more = []) { this.selected = name; this.more = more; this.mark(); }

    mark() {
      const near = this.selected && this.byName?.get(this.selected), id = near?.host ? null : this.selected;
      this.svg.classList.toggle("has-selection", !!near);
      this.layers.nodes.querySelectorAll(".selected").forEach((e) => e.classList.remove("selected"));
      this.layers.grounds.querySelectorAll(".selected").forEach((e) => e.classList.remove("selected"));
      if (near?.host) for (const sign of this.layers.nodes.querySelectorAll(".sign")) sign.classList.toggle("selected", sign.dataset.target === this.selected);
      else if (near) { near.item.g.classList.add("selected"); near.item.ground?.classList.add("selected"); }
      for (const other of this.more ?? []) this.byName?.get(other)?.item.g.classList.add("selected");
      for (const { edge, line, text } of this.items ?? []) {
        if (!edge) continue;
        const on = !!near && (edge.a === id || edge.b === id) && !(edge.port && edge.scope === id);
        line.classList.toggle("near", on);
        text?.classList.toggle("near", on);
      }
    }

    hover(name) {
      if (this.hovered === name) return;
      this.hovered = name;
      for (const { edge, line, text } of this.items ?? []) {
        if (!edge) continue;
        const on = !!name && (edge.a === name || edge.b === name) && !edge.port;
        line.classList.toggle("hover", on);
        text?.classList.toggle("hover", on);
      }
    }

    // hits: { test(name), marks: sorted node numbers } or null.
    showHits(hits) { this.hits = hits; this.markHits(); }

    markHits() {
      const { hits } = this, within = ([low, high]) => {
        let a = 0, b = hits.marks.length;
        while (a < b) { const m = (a + b) >> 1; if (hits.marks[m] < low) a = m + 1; else b = m; }
        return a < hits.marks.length && hits.marks[a] < high;
      };
      this.svg.classList.toggle("searching", !!hits);
      for (const { node, g } of this.items ?? []) {
        if (!node) continue;
        g.classList.toggle("hit", !!hits && within(node.range));
      }
    }

    zoom(factor, x = this.box.width / 2, y = this.box.height / 2) {
      const scale = Math.min(3, Math.max(Math.min(0.05, this.fitting()), this.scale * factor));
      this.x = x - ((x - this.x) * scale) / this.scale;
      this.y = y - ((y - this.y) * scale) / this.scale;
      this.scale = scale;
      this.refresh();
    }

    fitting(width = this.view?.width ?? 1, height = this.view?.height ?? 1) {
      return Math.min((this.free - 64) / width, (this.box.height - 64) / height);
    }

    get whole() {
      const { x, y, scale, view, box } = this;
      return !!view && x >= 0 && y >= 0 && x + view.width * scale <= box.width + 1 && y + view.height * scale <= box.height + 1;
    }

    fit() {
      const { width, height } = this.view;
      this.scale = Math.min(1.15, Math.max(0.02, this.fitting()));
      this.x = (this.free - width * this.scale) / 2;
      this.y = (this.box.height - height * this.scale) / 2;
      this.refresh();
    }

    // The middle of the window in the picture's units, and the scale: what an address can say.
    get place() {
      const { box, x, y, scale } = this;
      return [(box.width / 2 - x) / scale, (box.height / 2 - y) / scale, scale * 100].map((n) => Math.round(n)).join(",");
    }

    goTo(place) {
      const [x, y, percent] = place.split(",").map(Number);
      if (![x, y, percent].every(Number.isFinite)) { this.start(); return; }
      this.scale = Math.min(3, Math.max(0.005, percent / 100));
      this.x = this.box.width / 2 - x * this.scale; this.y = this.box.height / 2 - y * this.scale;
      this.refresh();
    }

    // The first look: the whole drawing, or where it begins, when all of it could not be read.
    start() {
      if (this.fitting() >= 0.25) { this.fit(); return; }
      this.scale = 0.5;
      this.x = this.view.width * 0.5 < this.free ? (this.free - this.view.width * 0.5) / 2 : 40;
      this.y = this.view.height * 0.5 < this.box.height ? (this.box.height - this.view.height * 0.5) / 2 : this.box.height - 40 - this.view.height * 0.5;
      this.refresh();
    }

    // Bring a node into sight with the least movement; a node larger than the window is fitted.
    reveal(name, centred = false) {
      const node = this.byName?.get(name);
      if (!node) return false;
      const margin = 40, width = this.free, { height } = this.box;
      const room = Math.min((width - 2 * margin) / node.w, (height - 2 * margin) / node.h);
      if (node.w * this.scale > width - margin || node.h * this.scale > height - margin) this.scale = Math.max(0.05, Math.min(this.scale, room));
      else if (centred && this.scale < 0.7) this.scale = Math.min(1, room);
      const [l, r] = [node.x - node.w / 2, node.x + node.w / 2].map((v) => v * this.scale + this.x);
      const [t, b] = [node.y - node.h / 2, node.y + node.h / 2].map((v) => v * this.scale + this.y);
      const out = l < margin || t < margin || r > width - margin || b > height - margin;
      if (centred && out) { this.x = width / 2 - node.x * this.scale; this.y = height / 2 - node.y * this.scale; }
      else if (out) {
        this.x += l < margin ? margin - l : r > width - margin ? Math.max(width - margin - r, margin - l) : 0;
        this.y += t < margin ? margin - t : b > height - margin ? Math.max(height - margin - b, margin - t) : 0;
      }
      this.refresh();
      return true;
    }

    refresh(now = false) {
      if (!this.view || (this.frame && !now)) return;
      const apply = () => {
        this.frame = 0;
        this.root.setAttribute("transform", `translate(${this.x} ${this.y}) scale(${this.scale})`);
        this.svg.dataset.detail = this.scale < 0.3 ? "far" : this.scale < 0.52 ? "middle" : "near";
        this.cull();
        this.map.frame();
        this.on.moved?.();
      };
      if (now) apply(); else this.frame = requestAnimationFrame(apply);
    }

    // Only what is near the window stays in the picture.
    cull() {
      const { width, height } = this.box, margin = 0.12;
      const left = (-width * margin - this.x) / this.scale, right = (width * (1 + margin) - this.x) / this.scale;
      const top = (-height * margin - this.y) / this.scale, bottom = (height * (1 + margin) - this.y) / this.scale;
      for (const item of this.items) {
        const [a, b, c, d] = item.bounds, seen = c > left && a < right && d > top && b < bottom;
        if (seen === item.seen) continue;
        item.seen = seen;
        const display = seen ? "" : "none";
        for (const part of [item.g, item.ground, item.signs, item.line, item.text]) if (part) part.style.display = display;
      }
    }
  }

  Object.assign(opscope.graphParts ??= {}, { Drawing, tint });
})();
