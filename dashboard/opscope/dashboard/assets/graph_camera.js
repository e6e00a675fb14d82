// The window on a drawing: where it stands, how large it shows, and what of the drawing lies in it.
(() => {
  // Left of a drawing that is seen whole, beside the buttons for zooming, and right of it.
  const LEFT = 58,
    RIGHT = 30;
  // Making what comes into sight takes so long of a frame; the first frame of a view takes a picture of usual size.
  const SLICE_MS = 12,
    FIRST_SLICE_MS = 40;
  // Labels of ops, the smallest that name a box, have 9 pixels then.
  const READABLE = 9.1 / 11.5;

  // What extends it has: svg, root, view, byName, items, make(item), finish(), selected, map, marks, motion, on.moved().
  class Camera {
    constructor() {
      this.scale = 1;
      this.x = 0;
      this.y = 0;
    }

    // The window's size; `free` is the width that the card of a selection leaves.
    get box() {
      return (this.size ??= this.svg.getBoundingClientRect());
    }
    get narrow() {
      return this.box.width < 700;
    }
    get free() {
      return this.selected && !this.narrow ? Math.max(this.box.width - 364, this.box.width / 2) : this.box.width;
    }
    get tall() {
      return this.selected && this.narrow ? this.box.height / 2 : this.box.height;
    }

    zoom(factor, x = this.box.width / 2, y = this.box.height / 2) {
      const scale = Math.min(3, Math.max(Math.min(0.05, this.fitting()), this.scale * factor));
      this.x = x - ((x - this.x) * scale) / this.scale;
      this.y = y - ((y - this.y) * scale) / this.scale;
      this.scale = scale;
      this.refresh();
    }

    fitting(width = this.view?.width ?? 1, height = this.view?.height ?? 1) {
      return Math.min((this.free - LEFT - RIGHT) / width, (this.box.height - 64) / height);
    }

    get whole() {
      const { x, y, scale, view, box } = this;
      return (
        !!view &&
        x >= 0 &&
        y >= 0 &&
        x + view.width * scale <= box.width + 1 &&
        y + view.height * scale <= box.height + 1
      );
    }

    fit() {
      const { width, height } = this.view;
      this.scale = Math.min(1.15, Math.max(0.02, this.fitting()));
      this.x = LEFT + (this.free - LEFT - RIGHT - width * this.scale) / 2;
      this.y = (this.box.height - height * this.scale) / 2;
      this.refresh();
    }

    // The middle of the window in the picture's units, and the scale: what an address can say.
    get place() {
      const { box, x, y, scale } = this;
      return [(box.width / 2 - x) / scale, (box.height / 2 - y) / scale, scale * 100]
        .map((n) => Math.round(n))
        .join(",");
    }

    goTo(place) {
      const [x, y, percent] = place.split(",").map(Number);
      if (![x, y, percent].every(Number.isFinite)) {
        this.start();
        return;
      }
      this.scale = Math.min(3, Math.max(0.005, percent / 100));
      this.x = this.box.width / 2 - x * this.scale;
      this.y = this.box.height / 2 - y * this.scale;
      this.refresh();
    }

    // The first look: the whole drawing, or where it begins, when all of it could not be read.
    start() {
      if (this.fitting() >= 0.25) {
        this.fit();
        return;
      }
      this.scale = 0.5;
      this.x = this.view.width * 0.5 < this.free ? (this.free - this.view.width * 0.5) / 2 : 40;
      this.y =
        this.view.height * 0.5 < this.box.height
          ? (this.box.height - this.view.height * 0.5) / 2
          : this.box.height - 40 - this.view.height * 0.5;
      this.refresh();
    }

    // Bring a node into sight with the least movement; a node larger than the window is fitted.
    reveal(name, centred = false) {
      const node = this.byName?.get(name);
      if (!node) return false;
      const margin = 40,
        width = this.free,
        height = this.tall;
      const room = Math.min((width - 2 * margin) / node.w, (height - 2 * margin) / node.h);
      if (node.w * this.scale > width - margin || node.h * this.scale > height - margin)
        this.scale = Math.max(0.05, Math.min(this.scale, room));
      else if (centred && this.scale < 0.7) this.scale = Math.min(1, room);
      const [l, r] = [node.x - node.w / 2, node.x + node.w / 2].map((v) => v * this.scale + this.x);
      const [t, b] = [node.y - node.h / 2, node.y + node.h / 2].map((v) => v * this.scale + this.y);
      const out = l < margin || t < margin || r > width - margin || b > height - margin;
      if (centred && out) {
        this.x = width / 2 - node.x * this.scale;
        this.y = height / 2 - node.y * this.scale;
      } else if (out) {
        this.x += l < margin ? margin - l : r > width - margin ? Math.max(width - margin - r, margin - l) : 0;
        this.y += t < margin ? margin - t : b > height - margin ? Math.max(height - margin - b, margin - t) : 0;
      }
      this.refresh();
      return true;
    }

    // Fill the window with some nodes, not larger than life and a half. Where their labels could not be read, it shows
    // first where they begin, and all of them when asked again.
    zoomTo(names) {
      const nodes = names.map((name) => this.byName?.get(name)).filter(Boolean);
      if (!nodes.length) return false;
      const edge = (pick, side, sign) => pick(...nodes.map((n) => n[side] + (sign * n[side === "x" ? "w" : "h"]) / 2));
      const [l, r, t, b] = [
        edge(Math.min, "x", -1),
        edge(Math.max, "x", 1),
        edge(Math.min, "y", -1),
        edge(Math.max, "y", 1),
      ];
      const { height } = this.box,
        fit = Math.max(0.02, Math.min(1.6, (this.free - 120) / (r - l), (height - 120) / (b - t)));
      const key = names.join("\n"),
        close = fit < READABLE && this.zoomed !== key;
      this.zoomed = close ? key : null;
      this.scale = close ? READABLE : fit;
      const lr = this.view.flow === "lr",
        wide = (r - l) * this.scale > this.free - 120,
        high = (b - t) * this.scale > height - 120;
      this.x = close && wide && lr ? 60 - l * this.scale : this.free / 2 - ((l + r) / 2) * this.scale;
      this.y = close && high && !lr ? height - 60 - b * this.scale : height / 2 - ((t + b) / 2) * this.scale;
      this.refresh();
      return true;
    }

    refresh() {
      if (!this.view || this.frame) return;
      // Nothing is painted behind other tabs, and no frame comes.
      if (document.hidden) this.apply();
      else this.frame = requestAnimationFrame(() => this.apply());
    }

    apply() {
      this.frame = 0;
      this.root.setAttribute("transform", `translate(${this.x} ${this.y}) scale(${this.scale})`);
      const detail = this.scale < 0.3 ? "far" : this.scale < 0.52 ? "middle" : "near";
      if (this.svg.dataset.detail !== detail) this.svg.dataset.detail = detail;
      const left = this.cull();
      this.map.frame();
      this.motion.begin();
      this.on.moved?.();
      if (left) this.refresh();
      else if (this.finish) {
        this.finish();
        this.finish = null;
      }
    }

    // Only what is near the window stays in the picture, or with `all` everything. Gives how much of it is to be made yet.
    cull(all = false) {
      const { width, height } = this.box,
        margin = 0.12;
      const left = (-width * margin - this.x) / this.scale,
        right = (width * (1 + margin) - this.x) / this.scale;
      const top = (-height * margin - this.y) / this.scale,
        bottom = (height * (1 + margin) - this.y) / this.scale;
      const until = all || document.hidden ? Infinity : performance.now() + (this.fresh ? FIRST_SLICE_MS : SLICE_MS);
      let waiting = 0;
      this.fresh = false;
      for (const item of this.items) {
        const [a, b, c, d] = item.bounds,
          seen = all || (c > left && a < right && d > top && b < bottom);
        if (seen && !item.made) {
          if (performance.now() > until) {
            waiting++;
            continue;
          }
          this.make(item);
        } else if (seen === item.seen) continue;
        item.seen = seen;
        const display = seen ? "" : "none";
        for (const part of opscope.graphParts.parts(item)) part.style.display = display;
        if (seen && item.node) this.marks.drawPill(item);
      }
      return waiting;
    }
  }

  Object.assign((opscope.graphParts ??= {}), { Camera });
})();
