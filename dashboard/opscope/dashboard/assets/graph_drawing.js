// A graph as SVG: what is in the window, made when it is first seen; pointer and selection.
// It knows nothing of servers.
(() => {
  const { Shapes, bounds, svg } = opscope.graphParts;

  // The elements of an item.
  const parts = (item) => [item.g, item.ground, item.signs, item.line, item.text].filter(Boolean);

  class Drawing extends Shapes {
    // on: { select(name, add), toggle(name), menu(name, x, y), moved() }
    constructor(host, on) {
      super();
      this.host = host;
      this.on = on;
      this.svg = svg(
        "svg",
        { class: "graph-svg", tabindex: 0, role: "tree", "aria-label": "Graph", "aria-multiselectable": "true" },
        host,
      );
      this.defs = svg("defs", {}, this.svg);
      for (const [kind, size] of [
        ["data", 7],
        ["wide", 11],
        ["control", 6],
        ["reference", 7],
      ]) {
        const marker = svg(
          "marker",
          {
            id: `arrow-${kind}`,
            class: `arrow ${kind}`,
            viewBox: "0 0 10 10",
            refX: kind === "reference" ? 9 : 1,
            refY: 5,
            markerWidth: size,
            markerHeight: size,
            markerUnits: "userSpaceOnUse",
            orient: "auto-start-reverse",
          },
          this.defs,
        );
        svg("path", { d: "M0 .8L10 5L0 9.2z" }, marker);
      }
      this.stripes = svg("g", {}, this.defs);
      this.root = svg("g", { role: "none" }, this.svg);
      this.layers = Object.fromEntries(
        ["grounds", "edges", "labels", "nodes"].map((name) => [
          name,
          svg("g", { class: name, role: "none", "aria-hidden": name === "nodes" ? null : "true" }, this.root),
        ]),
      );
      this.map = new opscope.graphParts.Minimap(host, this);
      this.marks = new opscope.graphParts.Marks(this);
      this.motion = new opscope.graphParts.Motion(this);
      this.numbered = 0;
      this.listen();
      new ResizeObserver(() => {
        this.size = null;
        this.refresh();
      }).observe(host);
    }

    get selected() {
      return this.marks?.selected ?? null;
    }

    listen() {
      const s = this.svg;
      s.addEventListener(
        "wheel",
        (e) => {
          e.preventDefault();
          const unit = e.deltaMode === 1 ? 24 : 1;
          this.zoom(
            Math.exp(-e.deltaY * unit * (e.ctrlKey ? 0.008 : 0.0016)),
            e.clientX - this.box.left,
            e.clientY - this.box.top,
          );
        },
        { passive: false },
      );
      // The mouse or one finger drags; two fingers zoom around what lies between them.
      const fingers = new Map();
      let drag = null,
        pinch = null;
      const between = () => {
        const [a, b] = fingers.values();
        return {
          x: (a.clientX + b.clientX) / 2,
          y: (a.clientY + b.clientY) / 2,
          apart: Math.max(1, Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY)),
        };
      };
      s.addEventListener("pointerdown", (e) => {
        if (e.pointerType !== "touch") return;
        fingers.set(e.pointerId, e);
        if (fingers.size === 2) {
          s.setPointerCapture(e.pointerId);
          pinch = between();
          drag = null;
        }
      });
      s.addEventListener("pointermove", (e) => {
        if (!fingers.has(e.pointerId)) return;
        fingers.set(e.pointerId, e);
        if (!pinch) return;
        const now = between();
        this.x += now.x - pinch.x;
        this.y += now.y - pinch.y;
        this.zoom(now.apart / pinch.apart, now.x - this.box.left, now.y - this.box.top);
        pinch = now;
      });
      for (const over of ["pointerup", "pointercancel"])
        s.addEventListener(over, (e) => {
          fingers.delete(e.pointerId);
          if (fingers.size < 2) pinch = null;
        });
      s.addEventListener("pointerdown", (e) => {
        if (e.button === 0 && !pinch)
          drag = { x: e.clientX - this.x, y: e.clientY - this.y, fromX: e.clientX, fromY: e.clientY, moved: false };
      });
      s.addEventListener("pointermove", (e) => {
        if (!drag) return;
        if (!drag.moved && Math.hypot(e.clientX - drag.fromX, e.clientY - drag.fromY) > 4) {
          drag.moved = true;
          s.setPointerCapture(e.pointerId);
          s.classList.add("dragging");
        }
        if (drag.moved) {
          this.x = e.clientX - drag.x;
          this.y = e.clientY - drag.y;
          this.refresh();
        }
      });
      const end = () => {
        s.classList.remove("dragging");
        const moved = drag?.moved;
        drag = null;
        if (moved) {
          this.justDragged = true;
          setTimeout(() => {
            this.justDragged = false;
          });
        }
      };
      s.addEventListener("pointerup", end);
      s.addEventListener("pointercancel", end);
      const name = (e) => e.target.closest?.("[data-id],[data-target]")?.dataset;
      s.addEventListener("click", (e) => {
        if (this.justDragged) return;
        const hit = name(e);
        if (e.target.closest?.(".fold")) {
          this.on.toggle(hit.id);
          return;
        }
        this.on.select(hit ? (hit.id ?? hit.target) : null, e.shiftKey || e.ctrlKey || e.metaKey);
      });
      s.addEventListener("contextmenu", (e) => {
        e.preventDefault();
        const hit = name(e);
        this.on.menu(hit ? (hit.id ?? hit.target) : null, e.clientX, e.clientY);
      });
      s.addEventListener("dblclick", (e) => {
        const hit = name(e);
        if (e.target.closest(".fold, .sign")) return;
        e.preventDefault();
        if (hit) this.on.toggle(hit.id ?? hit.target);
        else this.fit();
      });
      s.addEventListener("pointerover", (e) => this.marks.hover(name(e)?.id ?? null));
      s.addEventListener("pointerleave", () => this.marks.hover(null));
    }

    // Draw a view (see view.py) with the next frame. Kept: scale and place, the node `anchor` under the same point.
    // What is in the window is made there, in slices where it is much; what was drawn and looks the same moves.
    // `complete` is a promise: all in the window stands, or another view has been drawn.
    draw(view, anchor) {
      const before = anchor && this.byName?.get(anchor),
        from = this.motion.before();
      void this.box; // measured before anything changes
      this.motion.stop();
      const still = before && view.nodes.find((n) => n.id === anchor);
      if (still) {
        const lr = view.flow === "lr",
          foot = (n) => [n.x - (lr ? n.w / 2 : 0), n.y + (lr ? 0 : n.h / 2)],
          [a, b] = [foot(before), foot(still)];
        this.x += (a[0] - b[0]) * this.scale;
        this.y += (a[1] - b[1]) * this.scale;
      }
      this.take(view);
      this.marks.all();
      this.motion.glide(from);
      this.finish?.();
      this.complete = new Promise((resolve) => {
        this.finish = resolve;
      });
      this.fresh = true;
      this.refresh();
    }

    // The items of a view, still without what they hold; those of the last view that look the same stay.
    take(view) {
      const gone = this.kept ?? new Map(),
        { nodes, grounds } = this.layers;
      this.view = view;
      this.byName = new Map();
      this.kept = new Map();
      const known = (key, look) => {
        while (this.kept.has(key)) key += "'";
        const item = gone.get(key);
        if (item?.look !== look) return [key, null];
        gone.delete(key);
        return [key, item];
      };
      const boxes = view.nodes.map((node) => {
        const firsts = this.name(node),
          { x, y, range, parent, offer, ...shown } = node;
        const look = JSON.stringify([view.flow, [...firsts], shown]),
          [key, item = null] = known(node.id, look);
        const kept = item ?? { look, firsts, seen: true };
        this.kept.set(key, kept);
        return Object.assign(kept, { node });
      });
      const lines = view.edges.map((edge) => {
        const look = JSON.stringify([view.flow, edge]),
          [key, item] = known(`${edge.a}\n${edge.b}\n${edge.scope}`, look);
        const kept = item ?? { look, seen: true };
        this.kept.set(key, kept);
        return Object.assign(kept, { edge, bounds: bounds(edge.points) });
      });
      for (const item of gone.values()) for (const part of parts(item)) part.remove();
      let node = nodes.firstChild,
        ground = grounds.firstChild;
      const put = (layer, part, next) => {
        if (part === next) return next.nextSibling;
        layer.insertBefore(part, next);
        return next;
      };
      for (const item of boxes) {
        this.stand(item);
        node = put(nodes, item.g, node);
        if (item.signs) node = put(nodes, item.signs, node);
        if (item.ground) ground = put(grounds, item.ground, ground);
      }
      this.items = [...boxes, ...lines];
    }

    // Enter a node under its name, and what stands beside it; gives those that stand nowhere else.
    name(node) {
      const firsts = new Set();
      this.byName.set(node.id, node);
      for (const [kind, , , target] of node.signs ?? []) {
        if ((kind !== "const" && kind !== "summary") || this.byName.has(target)) continue;
        firsts.add(target);
        this.byName.set(target, { id: target, x: node.x, y: node.y, w: node.w, h: node.h, host: node.id, kind: "op" });
      }
      return firsts;
    }

    // The empty elements of a node, where it stands.
    stand(item) {
      const { node } = item,
        at = `translate(${node.x} ${node.y})`;
      node.item = item;
      item.bounds = this.reach(node);
      if (item.at === at) return;
      if (!item.g) {
        const scope = node.kind === "scope",
          aria = {
            role: "treeitem",
            "aria-level": node.depth + 1,
            "aria-label": scope ? `${node.id}, ${node.count}` : `${node.id}, ${node.op}`,
          };
        if (scope) aria["aria-expanded"] = node.open ? "true" : "false";
        aria.id = `graph-item-${this.numbered++}`;
        aria["aria-selected"] = "false";
        item.g = svg("g", {
          ...aria,
          class: `node ${node.kind}${node.open ? " open" : ""}${node.group ? " gathered" : ""}`,
          "data-id": node.id,
        });
        if (node.open) item.ground = svg("g", { class: "ground", "data-target": node.id });
      }
      item.at = at;
      for (const part of [item.g, item.ground, item.signs]) part?.setAttribute("transform", at);
    }

    // What an item holds, made when it is first seen.
    make(item) {
      item.made = true;
      if (item.edge) this.drawEdge(item);
      else this.drawNode(item);
      this.marks.dress(item);
    }
  }

  Object.assign((opscope.graphParts ??= {}), { Drawing, parts });
})();
