// Parallel coordinates: an axis for each column shown, a line for each row. A drag along an axis
// filters by it; rows that no filter lets through stay as faint lines.
(() => {
  const TOP = 62,
    BOTTOM = 46,
    LEAST = 100,
    NEAR = 9; // pixels
  const SCALES = [
    ["linear", "linear"],
    ["log", "log"],
    ["quantile", "quantile"],
  ];

  class Parallel {
    constructor(host, page) {
      Object.assign(this, { host, page, hovered: null });
      const { el } = opscope;
      this.plot = el("div", {
        class: "parallel-plot",
        tabindex: "0",
        role: "group",
        "aria-label": "Parallel coordinates: arrows up and down select a line",
      });
      this.heads = el("div", { class: "parallel-heads" });
      this.frame = el("div", { class: "parallel-frame" }, this.heads, this.plot);
      this.none = el("p", { class: "nothing", text: "Choose two columns or more at the left.", hidden: true });
      host.replaceChildren(el("div", { class: "card parallel" }, this.frame, this.none));
      this.plot.addEventListener("pointermove", (event) => this.move(event));
      this.plot.addEventListener("pointerleave", () => this.hover(null));
      this.plot.addEventListener("click", (event) => {
        if (!event.target.closest(".brush-area")) page.select(this.nearest(event));
      });
      this.draw();
    }

    draw() {
      const { page } = this,
        columns = page.plotted;
      this.none.hidden = columns.length > 1;
      this.frame.hidden = columns.length < 2;
      if (columns.length < 2) return;
      const wide = Math.max(this.host.clientWidth - 2, columns.length * LEAST),
        room = wide / columns.length;
      const height = Math.max(280, Math.min(460, innerHeight - 340)),
        bottom = TOP + height;
      this.axes = columns.map((column, i) => {
        const scale = page.scaleOf(column);
        return {
          column,
          scale,
          x: room * (i + 0.5),
          y: (value) => {
            const share = column.place(value, scale);
            return share === null ? bottom + 24 : bottom - share * height;
          },
          value: (y) => column.value((bottom - y) / height, scale),
        };
      });
      this.box = { bottom, height, wide };
      const svg = opscope.svg("svg", {
        class: "chart",
        width: wide,
        height: bottom + BOTTOM,
        viewBox: `0 0 ${wide} ${bottom + BOTTOM}`,
        role: "img",
        "aria-label": `${page.listed.length} of ${page.rows.length} rows over ${columns.length} axes`,
      });
      const listed = new Set(page.listed);
      this.lines = new Map();
      const line = (row, kind, colour) => {
        const path = opscope.svg("path", { class: kind, "data-run": row.run, d: this.path(row) });
        if (colour) path.style.stroke = colour;
        return path;
      };
      const faint = opscope.svg("g", { class: "faint" }),
        drawn = opscope.svg("g", { class: "lines" });
      for (const row of page.rows) {
        if (!listed.has(row)) {
          faint.append(line(row, "line", null));
          continue;
        }
        const path = line(row, "line", page.colour(row));
        this.lines.set(row, path);
        drawn.append(path);
      }
      this.marked = opscope.svg("g", { class: "marked" });
      svg.append(faint, drawn, this.marked, ...this.axes.map((axis) => this.axis(axis)));
      this.plot.replaceChildren(svg);
      this.heads.style.width = `${wide}px`;
      this.heads.replaceChildren(...this.axes.map((axis) => this.head(axis, room)));
      this.mark();
    }

    path(row) {
      return `M${this.axes.map(({ column, x, y }) => `${x.toFixed(1)} ${y(column.get(row)).toFixed(1)}`).join("L")}`;
    }

    head({ column, scale, x }, room) {
      const { el } = opscope,
        choices = SCALES.filter(([value]) => value !== "log" || column.extent?.[0] > 0);
      return el(
        "div",
        { class: "axis-head", style: `left:${x - room / 2}px;width:${room}px` },
        el("b", { title: column.hint || column.title, text: column.title }),
        column.numeric && column.extent
          ? el(
              "select",
              {
                "aria-label": `Scale of ${column.title}`,
                onchange: (event) => this.page.setScale(column, event.target.value),
              },
              ...choices.map(([value, text]) => el("option", { value, text, selected: value === scale })),
            )
          : null,
      );
    }

    axis(axis) {
      const { column, scale, x } = axis,
        { bottom, height } = this.box,
        { svg } = opscope;
      const group = svg("g", { class: "axis", "data-column": column.id }),
        rule = this.page.rules.get(column.id);
      group.append(svg("path", { class: "axis-line", d: `M${x} ${TOP}V${bottom}` }));
      for (const [share, text] of column.ticks(scale, 7)) {
        const y = bottom - share * height;
        group.append(
          svg("path", { class: "axis-line", d: `M${x - 4} ${y}h4` }),
          svg(
            "text",
            { class: "tick halo", x: x - 8, y, dy: ".34em", "text-anchor": "end" },
            text.length > 16 ? `${text.slice(0, 15)}…` : text,
          ),
        );
      }
      if (column.missing || column.odd)
        group.append(
          svg(
            "text",
            { class: "tick halo", x, y: bottom + 40, "text-anchor": "middle" },
            column.odd ? "NaN, none" : "none",
          ),
          svg("circle", { class: "no-value", cx: x, cy: bottom + 24, r: 3 }),
        );
      const brush = svg("rect", { class: "brush", x: x - 9, width: 18, visibility: "hidden" });
      const span = (from, to) => {
        for (const [key, value] of [
          ["y", Math.min(from, to)],
          ["height", Math.max(3, Math.abs(to - from))],
          ["visibility", "visible"],
        ])
          brush.setAttribute(key, value);
      };
      if (rule) {
        if (column.numeric && column.extent && (rule.min != null || rule.max != null))
          span(
            axis.y(Math.max(rule.min ?? -Infinity, column.extent[0])),
            axis.y(Math.min(rule.max ?? Infinity, column.extent[1])),
          );
        else if (rule.only && !column.numeric) {
          const at = column.distinct.filter((value) => rule.only.includes(String(value))).map((value) => axis.y(value));
          if (at.length) span(Math.min(...at) - 8, Math.max(...at) + 8);
        }
      }
      const area = svg("rect", { class: "brush-area", x: x - 15, y: TOP - 6, width: 30, height: height + 12 });
      area.append(svg("title", {}, `Drag to filter by ${column.title}; a click takes the filter away`));
      this.brushing(area, axis, span);
      group.append(brush, area);
      return group;
    }

    brushing(area, axis, span) {
      let from = null;
      const at = (event) =>
        Math.max(TOP, Math.min(this.box.bottom, event.clientY - this.plot.getBoundingClientRect().top));
      area.addEventListener("pointerdown", (event) => {
        from = at(event);
        area.setPointerCapture(event.pointerId);
        this.hover(null);
      });
      area.addEventListener("pointermove", (event) => {
        if (from !== null) span(from, at(event));
      });
      area.addEventListener("pointercancel", () => {
        from = null;
      });
      area.addEventListener("pointerup", (event) => {
        if (from === null) return;
        const [top, low] = [from, at(event)].sort((a, b) => a - b),
          { column } = axis;
        from = null;
        if (low - top < 4) {
          this.page.setRule(column, null);
          return;
        }
        if (column.numeric)
          this.page.setRule(column, {
            min: +axis.value(low).toPrecision(6),
            max: +axis.value(top).toPrecision(6),
            only: null,
          });
        else
          this.page.setRule(column, {
            only: column.distinct.filter((value) => axis.y(value) >= top - 1 && axis.y(value) <= low + 1).map(String),
          });
      });
    }

    // The row whose line passes nearest to the pointer, or null.
    nearest(event) {
      const bounds = this.plot.getBoundingClientRect(),
        x = event.clientX - bounds.left + this.plot.scrollLeft,
        y = event.clientY - bounds.top,
        { axes } = this;
      let right = axes.findIndex((axis) => axis.x >= x);
      if (right < 1) right = right < 0 ? axes.length - 1 : 1;
      const [a, b] = [axes[right - 1], axes[right]],
        part = Math.max(0, Math.min(1, (x - a.x) / (b.x - a.x)));
      let best = null,
        least = NEAR;
      for (const row of this.lines.keys()) {
        const p = a.y(a.column.get(row)),
          q = b.y(b.column.get(row)),
          slope = (q - p) / (b.x - a.x),
          far = Math.abs(p + part * (q - p) - y) / Math.hypot(1, slope);
        if (far < least) [best, least] = [row, far];
      }
      return best;
    }

    move(event) {
      if (event.buttons || event.target.closest(".brush-area")) {
        this.hover(null);
        return;
      }
      this.hover(this.nearest(event), event);
    }

    hover(row, event) {
      if (row) opscope.factTip.show(this.page.facts(row), event);
      else opscope.factTip.hide();
      if (row === this.hovered) return;
      this.hovered = row;
      this.mark();
    }

    // The line under the pointer and the one selected, above all others.
    mark() {
      const { page } = this,
        chosen = page.selected,
        told = [...new Set([chosen, this.hovered].filter(Boolean))];
      this.plot.firstChild?.classList.toggle("has-marked", told.length > 0);
      this.marked?.replaceChildren(
        ...told.flatMap((row) =>
          ["halo-line", row === chosen ? "line selected" : "line"].map((kind) => {
            const path = opscope.svg("path", { class: kind, "data-run": row.run, d: this.path(row) });
            if (kind !== "halo-line") path.style.stroke = page.colour(row);
            return path;
          }),
        ),
      );
    }
  }

  opscope.HparamParallel = Parallel;
})();
