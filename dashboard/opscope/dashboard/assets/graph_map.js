(() => {
  // The whole drawing in a corner, with the window on it.
  class Minimap {
    constructor(host, drawing) {
      this.drawing = drawing;
      this.canvas = opscope.el("canvas", { class: "graph-map", width: 360, height: 240, "aria-hidden": "true" });
      host.append(this.canvas);
      this.held = false;
      const go = (e) => {
        const r = this.canvas.getBoundingClientRect(),
          d = this.drawing;
        d.x = d.box.width / 2 - (((e.clientX - r.left) * 2 - this.left) / this.scale) * d.scale;
        d.y = d.box.height / 2 - (((e.clientY - r.top) * 2 - this.top) / this.scale) * d.scale;
        d.refresh();
      };
      this.canvas.addEventListener("pointerdown", (e) => {
        this.held = true;
        this.canvas.setPointerCapture(e.pointerId);
        go(e);
      });
      this.canvas.addEventListener("pointermove", (e) => this.held && go(e));
      for (const end of ["pointerup", "pointercancel"])
        this.canvas.addEventListener(end, () => {
          this.held = false;
          this.frame();
        });
    }

    // Draw all of it before the next frame, once for however many asked.
    draw() {
      this.waiting ??= requestAnimationFrame(() => {
        this.waiting = null;
        this.paint();
      });
    }

    paint() {
      const { view } = this.drawing,
        { width, height } = this.canvas;
      if (!view) return;
      this.scale = Math.min((width - 24) / view.width, (height - 24) / view.height);
      this.left = (width - view.width * this.scale) / 2;
      this.top = (height - view.height * this.scale) / 2;
      this.base = document.createElement("canvas");
      this.base.width = width;
      this.base.height = height;
      const c = this.base.getContext("2d"),
        style = getComputedStyle(this.drawing.host);
      const colours = new Map();
      const colour = (name) => {
        if (!colours.has(name)) colours.set(name, style.getPropertyValue(name).trim());
        return colours.get(name);
      };
      for (const node of view.nodes) {
        const tint = node.item?.g.dataset.colour ?? "none";
        c.globalAlpha = node.open ? 0.16 : node.kind === "scope" ? 0.9 : 0.6;
        c.fillStyle = colour(`--hue-${tint}`) || "#888";
        c.fillRect(
          this.left + (node.x - node.w / 2) * this.scale,
          this.top + (node.y - node.h / 2) * this.scale,
          Math.max(2, node.w * this.scale),
          Math.max(2, node.h * this.scale),
        );
      }
      this.accent = colour("--accent");
      this.frame();
    }

    frame() {
      const d = this.drawing,
        c = this.canvas.getContext("2d"),
        s = this.scale / d.scale;
      if (!this.base) return;
      // Who drags it has it in hand until letting go.
      this.canvas.hidden = d.whole && !this.held;
      if (this.canvas.hidden) return;
      c.clearRect(0, 0, this.canvas.width, this.canvas.height);
      c.drawImage(this.base, 0, 0);
      c.strokeStyle = this.accent;
      c.lineWidth = 3;
      c.strokeRect(this.left - d.x * s, this.top - d.y * s, d.box.width * s, d.box.height * s);
    }
  }

  Object.assign((opscope.graphParts ??= {}), { Minimap });
})();
