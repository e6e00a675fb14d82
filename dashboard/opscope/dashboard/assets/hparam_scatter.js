// The scatter-plot matrix: metrics shown against hyperparameters and metrics shown, a point for each row.
(() => {
  const MOST_X = 10,
    MOST_Y = 6,
    LEFT = 64,
    TOP = 6,
    GAP = 8,
    TITLE = 18,
    FOOT = 44,
    LEAST = 106,
    LARGEST = 260,
    NEAR = 12; // pixels
  const short = (text, room) =>
    text.length * 6.4 > room ? `${text.slice(0, Math.max(3, Math.floor(room / 6.4) - 1))}…` : text;

  class Scatter {
    constructor(host, page) {
      Object.assign(this, { host, page, hovered: null, from: null });
      const { el } = opscope;
      this.plot = el("div", {
        class: "scatter-plot",
        tabindex: "0",
        role: "group",
        "aria-label": "Scatter-plot matrix: arrows up and down select a point",
      });
      this.note = el("p", { class: "matrix-note" });
      host.replaceChildren(el("div", { class: "card scatter" }, this.note, this.plot));
      this.plot.addEventListener("pointerdown", (event) => this.press(event));
      this.plot.addEventListener("pointermove", (event) => this.move(event));
      this.plot.addEventListener("pointerup", (event) => this.release(event));
      this.plot.addEventListener("pointercancel", () => {
        this.from = null;
        this.mark();
      });
      this.plot.addEventListener("pointerleave", () => {
        if (!this.from) this.hover(null);
      });
      this.draw();
    }

    // What stands along the matrix: [across, down].
    choose() {
      const shown = this.page.plotted,
        metrics = shown.filter(({ kind }) => kind === "metric");
      const down = metrics.length ? metrics : shown;
      this.note.textContent = !shown.length
        ? "Choose columns at the left."
        : [
            shown.length > MOST_X ? `The first ${MOST_X} of ${shown.length} columns` : "",
            down.length > MOST_Y ? `the first ${MOST_Y} of ${down.length} rows` : "",
          ]
            .filter(Boolean)
            .join(", ");
      return [shown.slice(0, MOST_X), down.slice(0, MOST_Y)];
    }

    draw() {
      const { page } = this,
        { svg } = opscope,
        [across, down] = this.choose();
      const room = Math.max(LEAST, Math.min(LARGEST, (this.host.clientWidth - LEFT - 20) / Math.max(1, across.length))),
        tall = Math.min(room, 200),
        inner = room - GAP,
        high = tall - GAP;
      const width = LEFT + room * across.length + 8,
        height = TOP + TITLE + tall * down.length + FOOT;
      const whole = svg("svg", {
        class: "chart",
        width,
        height,
        viewBox: `0 0 ${width} ${height}`,
        role: "img",
        "aria-label": `${page.listed.length} of ${page.rows.length} rows, ${across.length} columns against ${down.length}`,
      });
      const left = (i) => LEFT + room * i,
        top = (j) => TOP + TITLE + tall * j,
        inset = 7;
      const along = (column, scale, from, to) => (row) => {
        const share = column.place(column.get(row), scale);
        return share === null ? null : from + share * (to - from);
      };
      this.cells = down.flatMap((vertical, j) =>
        across.map((horizontal, i) => ({
          horizontal,
          vertical,
          left: left(i),
          top: top(j),
          width: inner,
          height: high,
          x: along(horizontal, page.scaleOf(horizontal), left(i) + inset, left(i) + inner - inset),
          y: along(vertical, page.scaleOf(vertical), top(j) + high - inset, top(j) + inset),
          value: (column, share) => column.value(share, page.scaleOf(column)),
        })),
      );
      across.forEach((column, i) => {
        whole.append(
          svg(
            "text",
            { class: "cell-title", x: left(i) + inner / 2, y: TOP + 10, "text-anchor": "middle" },
            short(column.title, inner),
          ),
        );
        for (const [share, text] of column.ticks(page.scaleOf(column), 4))
          whole.append(
            svg(
              "text",
              {
                class: "tick",
                x: left(i) + inset + share * (inner - 2 * inset),
                y: height - FOOT + 12,
                "text-anchor": "end",
                transform: `rotate(-32 ${left(i) + inset + share * (inner - 2 * inset)} ${height - FOOT + 8})`,
              },
              text.length > 10 ? `${text.slice(0, 9)}…` : text,
            ),
          );
      });
      down.forEach((column, j) => {
        whole.append(
          svg(
            "text",
            {
              class: "cell-title",
              transform: `translate(12 ${top(j) + high / 2}) rotate(-90)`,
              "text-anchor": "middle",
            },
            short(column.title, high),
          ),
        );
        for (const [share, text] of column.ticks(page.scaleOf(column), 4))
          whole.append(
            svg(
              "text",
              {
                class: "tick",
                x: LEFT - 6,
                y: top(j) + high - inset - share * (high - 2 * inset),
                dy: ".34em",
                "text-anchor": "end",
              },
              text.length > 8 ? `${text.slice(0, 7)}…` : text,
            ),
          );
      });
      const listed = new Set(page.listed),
        faint = page.rows.filter((row) => !listed.has(row));
      for (const cell of this.cells) {
        const group = svg("g", { class: "cell", "data-x": cell.horizontal.id, "data-y": cell.vertical.id });
        group.append(svg("rect", { class: "cell-area", x: cell.left, y: cell.top, width: inner, height: high, rx: 4 }));
        const dots = this.dots(cell, faint);
        if (dots) group.append(svg("path", { class: "cloud faint", d: dots }));
        for (const [colour, rows] of this.byColour()) {
          const path = this.dots(cell, rows);
          if (!path) continue;
          const drawn = svg("path", { class: "cloud", d: path });
          drawn.style.stroke = colour;
          group.append(drawn);
        }
        whole.append(group);
      }
      this.marked = svg("g", { class: "marked" });
      this.brush = svg("rect", { class: "brush", visibility: "hidden" });
      whole.append(this.marked, this.brush);
      this.plot.replaceChildren(whole);
      this.mark();
    }

    // Points of one colour are one path: thousands of circles would be as many elements.
    byColour() {
      const found = new Map();
      for (const row of this.page.listed) {
        const colour = this.page.colour(row);
        found.set(colour, [...(found.get(colour) ?? []), row]);
      }
      return found;
    }

    dots(cell, rows) {
      return rows
        .map((row) => [cell.x(row), cell.y(row)])
        .filter(([x, y]) => x !== null && y !== null)
        .map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`)
        .join("");
    }

    place(event) {
      const bounds = this.plot.getBoundingClientRect();
      return { x: event.clientX - bounds.left + this.plot.scrollLeft, y: event.clientY - bounds.top };
    }

    cellAt({ x, y }) {
      return this.cells.find(
        (cell) => x >= cell.left && x <= cell.left + cell.width && y >= cell.top && y <= cell.top + cell.height,
      );
    }

    nearest(event) {
      const at = this.place(event),
        cell = this.cellAt(at);
      let best = null,
        least = NEAR;
      for (const row of cell ? this.page.listed : []) {
        const x = cell.x(row),
          y = cell.y(row);
        if (x === null || y === null) continue;
        const far = Math.hypot(x - at.x, y - at.y);
        if (far < least) [best, least] = [row, far];
      }
      return best;
    }

    press(event) {
      const at = this.place(event),
        cell = this.cellAt(at);
      if (event.button || !cell) return;
      this.from = { ...at, cell };
      this.plot.setPointerCapture(event.pointerId);
    }

    move(event) {
      if (!this.from) {
        this.hover(this.nearest(event), event);
        return;
      }
      this.hover(null);
      const at = this.place(event),
        { cell } = this.from,
        within = (v, low, size) => Math.max(low, Math.min(low + size, v));
      const x = [this.from.x, within(at.x, cell.left, cell.width)].sort((a, b) => a - b),
        y = [this.from.y, within(at.y, cell.top, cell.height)].sort((a, b) => a - b);
      this.dragged = { x, y };
      for (const [key, value] of [
        ["x", x[0]],
        ["y", y[0]],
        ["width", x[1] - x[0]],
        ["height", y[1] - y[0]],
        ["visibility", "visible"],
      ])
        this.brush.setAttribute(key, value);
    }

    release(event) {
      if (!this.from) return;
      const { cell } = this.from,
        { x, y } = this.dragged ?? { x: [0, 0], y: [0, 0] };
      this.from = this.dragged = null;
      this.brush.setAttribute("visibility", "hidden");
      if (x[1] - x[0] < 5 && y[1] - y[0] < 5) {
        this.page.select(this.nearest(event));
        return;
      }
      const rule = (column, place, [low, high]) => {
        const inside = this.page.listed
          .filter((row) => {
            const at = place(row);
            return at !== null && at >= low && at <= high;
          })
          .map((row) => column.get(row));
        if (!column.numeric) return { only: [...new Set(inside.map(String))] };
        return inside.length ? { min: Math.min(...inside), max: Math.max(...inside), only: null } : null;
      };
      const rules = [
        [cell.horizontal, rule(cell.horizontal, cell.x, x)],
        [cell.vertical, rule(cell.vertical, cell.y, y)],
      ];
      if (rules.every(([, each]) => each)) this.page.setRules(rules);
    }

    hover(row, event) {
      if (row) opscope.factTip.show(this.page.facts(row), event);
      else opscope.factTip.hide();
      if (row === this.hovered) return;
      this.hovered = row;
      this.mark();
    }

    mark() {
      const { page } = this,
        told = [...new Set([page.selected, this.hovered].filter(Boolean))];
      this.marked?.replaceChildren(
        ...told.flatMap((row) =>
          this.cells.flatMap((cell) => {
            const cx = cell.x(row),
              cy = cell.y(row);
            if (cx === null || cy === null) return [];
            const ring = opscope.svg("circle", {
              class: row === page.selected ? "selected" : "",
              "data-run": row.run,
              cx,
              cy,
              r: 5.5,
            });
            ring.style.fill = page.colour(row);
            return [ring];
          }),
        ),
      );
    }
  }

  opscope.HparamScatter = Scatter;
})();
