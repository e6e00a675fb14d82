// What lies on the drawn boxes and lines: colours, health, selection, hits of a search, a trace.
(() => {
  const HUES = 12,
    LINE_MARKS = ["near", "hover", "traced", "spread"];
  const svg = (...parts) => opscope.graphParts.svg(...parts);
  const tint = (index) => (index < 0 ? "var(--hue-none)" : `var(--hue-${index % HUES})`);
  const heat = (share) => `color-mix(in oklab, var(--heat-high) ${Math.round(share * 100)}%, var(--heat-low))`;

  // The least i below n for which found(i) holds, n where there is none; it holds for all after it.
  const first = (n, found) => {
    let a = 0,
      b = n;
    while (a < b) {
      const m = (a + b) >> 1;
      if (found(m)) b = m;
      else a = m + 1;
    }
    return a;
  };

  class Marks {
    constructor(drawing) {
      this.drawing = drawing;
      this.colours = { nodes: {} };
      this.stripeIds = new Map();
      this.selected = null;
      this.signs = new Set();
      this.more = [];
      this.hits = null;
      this.trace = null;
      this.health = null;
    }

    get items() {
      return this.drawing.items ?? [];
    }

    // Everything but colours again, on a view drawn anew.
    all() {
      this.headings();
      this.mark();
      this.markHits();
      this.markTrace();
      this.showHealth(this.health);
    }

    // All that lies on an item that was made just now.
    dress(item) {
      if (item.node) {
        this.paintNode(item);
        this.drawPill(item);
        if (this.signs.size) this.markSigns(item);
        return;
      }
      for (const name of LINE_MARKS)
        if (item[name]) for (const part of [item.line, item.text]) part?.classList.add(name);
    }

    // Put a mark on a line and its label, or take it away; one that is not made gets it then.
    markLine(item, name, on) {
      if (!!item[name] === on) return;
      item[name] = on;
      for (const part of [item.line, item.text]) part?.classList.toggle(name, on);
    }

    // What stands beside the flow of a level says so, as TensorBoard does.
    headings() {
      const { view, layers } = this.drawing,
        corners = new Map();
      layers.labels.querySelectorAll(".heading").forEach((each) => each.remove());
      for (const node of view.nodes) {
        if (!node.aside) continue;
        const at = corners.get(node.parent) ?? { x: Infinity, y: Infinity },
          rows = node.signs?.length ? Math.max(...node.signs.map((sign) => Math.abs(sign[4]))) * 14 + 7 : 0;
        at.x = Math.min(at.x, node.x - node.w / 2);
        at.y = Math.min(at.y, node.y - Math.max(node.h / 2, rows));
        corners.set(node.parent, at);
      }
      for (const { x, y } of corners.values())
        svg("text", { class: "heading", x, y: y - 16 }, layers.labels).textContent = "Auxiliary nodes";
    }

    // Colours of all boxes (see colouring.py): one hue, stripes for shares of several, or a heat.
    paint(colours) {
      this.colours = colours;
      this.drawing.svg.classList.toggle("heated", !!colours.scale);
      this.drawing.stripes.textContent = "";
      this.stripeIds = new Map();
      for (const item of this.items) if (item.node) this.paintNode(item);
      this.drawing.map.draw();
    }

    paintNode(item) {
      const { node, box, strip, g, ground, count } = item,
        given = this.colours.nodes[node.id],
        heated = !!this.colours.scale;
      let fill = null,
        hue = -1,
        text = null;
      if (given && heated) {
        text = given[1];
        if (!node.open) fill = heat(given[0]);
      } else if (given?.length === 1) hue = given[0][0];
      else if (given?.length) fill = `url(#${this.striped(given)})`;
      for (const part of [g, ground]) {
        part?.style.setProperty("--tint", tint(hue));
        part?.classList.toggle("plain", hue < 0 && !fill);
      }
      g.dataset.colour = hue < 0 ? "none" : String(hue % HUES);
      if (!item.made) return;
      (strip ?? box).style.fill = fill ?? "";
      if (count) count.textContent = text ?? node.count;
      const told = text ? `${node.id}: ${text}` : node.label.includes("\u2026") ? node.id : "";
      if (told || item.tip) (item.tip ??= svg("title", {}, g)).textContent = told;
    }

    // Pills, marks of what is bad, and lines along which that spread (see health.py), or null.
    showHealth(health) {
      this.health = health;
      const spread = new Set((health?.spread ?? []).map((ends) => ends.join("\n")));
      for (const item of this.items) {
        const { node, g, edge } = item;
        if (edge) {
          this.markLine(item, "spread", spread.has(`${edge.a}\n${edge.b}`));
          continue;
        }
        const known = health?.nodes[node.id];
        g.classList.toggle("bad", !!known?.bad);
        g.classList.toggle("origin", !!known?.origin);
        // What is out of sight gets its pill when it is seen.
        if (item.seen && item.made) this.drawPill(item);
      }
    }

    // Shares of NaN, -inf, negative, zero, positive and +inf elements along the upper edge of a box.
    drawPill(item) {
      const { node } = item,
        known = this.health?.nodes[node.id] ?? null;
      if (item.pilled === known) return;
      item.pilled = known;
      item.pill?.remove();
      item.pill = null;
      if (!known) return;
      const { counts, bad, vague } = known;
      const total = counts.reduce((sum, n) => sum + n, 0),
        width = Math.min(node.w - 18, node.open ? 160 : 90),
        left = -width / 2;
      if (!total) return;
      const pill = (item.pill = svg("g", { class: `pill${bad ? " bad" : ""}` }, item.g));
      svg("title", {}, pill).textContent = opscope.graphParts.healthText(counts, vague);
      svg(
        "rect",
        { class: "pill-ground", x: left - 1, y: -node.h / 2 - 4.5, width: width + 2, height: 8, rx: 4 },
        pill,
      );
      // Whatever there is of NaN and infinities is seen, be it one element of a million.
      const least = 4,
        shares = counts.map((n, i) => (n ? Math.max((n / total) * width, i % 5 === 0 || i === 1 ? least : 0) : 0)),
        scale = width / shares.reduce((sum, n) => sum + n, 0);
      let x = left;
      shares.forEach((share, i) => {
        if (share) {
          svg("rect", { class: `pill-${i}`, x, y: -node.h / 2 - 3.5, width: share * scale, height: 6 }, pill);
          x += share * scale;
        }
      });
    }

    striped(shares) {
      const key = shares.join(";");
      if (!this.stripeIds.has(key)) {
        const id = `stripes-${this.stripeIds.size}`,
          gradient = svg("linearGradient", { id, class: "stripes" }, this.drawing.stripes);
        let at = 0;
        for (const [hue, share] of shares) {
          for (const offset of [at, (at += share)])
            svg("stop", { offset: Math.min(1, offset), style: `--tint:${tint(hue)}` }, gradient);
        }
        this.stripeIds.set(key, id);
      }
      return this.stripeIds.get(key);
    }

    // The selected node, whose edges stand out, and others selected with it.
    select(name, more = []) {
      this.selected = name;
      this.more = more;
      this.mark();
    }

    mark() {
      const near = this.selected && this.drawing.byName?.get(this.selected),
        id = near?.host ? null : this.selected;
      this.drawing.svg.classList.toggle("has-selection", !!near);
      this.drawing.layers.nodes.querySelectorAll(".selected").forEach((e) => e.classList.remove("selected"));
      this.drawing.layers.grounds.querySelectorAll(".selected").forEach((e) => e.classList.remove("selected"));
      this.signs = new Set([this.selected, ...this.more].filter((name) => this.drawing.byName?.get(name)?.host));
      if (this.signs.size) for (const item of this.items) this.markSigns(item);
      if (near && !near.host) {
        near.item.g.classList.add("selected");
        near.item.ground?.classList.add("selected");
      }
      for (const other of this.more) this.drawing.byName?.get(other)?.item?.g.classList.add("selected");
      this.tellSelection(near?.host ? this.drawing.byName.get(near.host) : near);
      for (const item of this.items) {
        const { edge } = item;
        if (edge)
          this.markLine(item, "near", !!near && (edge.a === id || edge.b === id) && !(edge.port && edge.scope === id));
      }
    }

    // The icons of selected constants and summaries, at each node that has them.
    markSigns({ signs }) {
      for (const sign of signs?.children ?? []) sign.classList.toggle("selected", this.signs.has(sign.dataset.target));
    }

    // What a screen reader is told of the selection: the tree keeps the focus, an item is active.
    tellSelection(active) {
      const drawn = this.drawing.svg,
        chosen = new Set([active?.id, ...this.more]);
      drawn.querySelectorAll('[aria-selected="true"]').forEach((g) => g.setAttribute("aria-selected", "false"));
      for (const name of chosen) this.drawing.byName?.get(name)?.item?.g.setAttribute("aria-selected", "true");
      if (active) drawn.setAttribute("aria-activedescendant", active.item.g.id);
      else drawn.removeAttribute("aria-activedescendant");
    }

    hover(name) {
      if (this.hovered === name) return;
      this.hovered = name;
      for (const item of this.items) {
        const { edge } = item;
        if (edge) this.markLine(item, "hover", !!name && (edge.a === name || edge.b === name) && !edge.port);
      }
    }

    // hits: { test(name), marks: sorted node numbers } or null.
    showHits(hits) {
      this.hits = hits;
      this.markHits();
    }

    markHits() {
      const { hits } = this;
      // The first of the sorted marks from `low` on.
      const within = ([low, high]) => {
        const at = first(hits.marks.length, (i) => hits.marks[i] >= low);
        return at < hits.marks.length && hits.marks[at] < high;
      };
      this.drawing.svg.classList.toggle("searching", !!hits);
      for (const { node, g } of this.items) {
        if (!node) continue;
        g.classList.toggle("hit", !!hits && within(node.range));
      }
    }

    // What a trace goes through (see tracing.py), or null; all else is dimmed.
    showTrace(trace) {
      this.trace = trace;
      this.markTrace();
    }

    markTrace() {
      const { trace } = this;
      this.drawing.svg.classList.toggle("tracing", !!trace);
      const ranges = trace?.ranges ?? [],
        edges = new Set((trace?.edges ?? []).map((ends) => ends.join("\n")));
      const within = ([low, high]) => {
        const at = first(ranges.length, (i) => ranges[i][1] > low);
        return at < ranges.length && ranges[at][0] < high;
      };
      const on = new Set();
      for (const { node, g, ground } of this.items) {
        if (!node) continue;
        const traced = !!trace && within(node.range);
        if (traced) on.add(node.id);
        g.classList.toggle("traced", traced);
        ground?.classList.toggle("traced", traced);
      }
      // A line to the border of its scope goes on outside: it is traced with what it ends at.
      for (const item of this.items) {
        const { edge } = item;
        if (edge)
          this.markLine(
            item,
            "traced",
            !!trace && (edges.has(`${edge.a}\n${edge.b}`) || (!!edge.port && on.has(edge.a) && on.has(edge.b))),
          );
      }
    }
  }

  Object.assign((opscope.graphParts ??= {}), { Marks, tint });
})();
