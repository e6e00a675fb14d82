// Boxes glide from where they were to where they are. What is drawn is final before it moves.
(() => {
  const MS = 220,
    MOST = 400;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  class Motion {
    constructor(drawing) {
      this.drawing = drawing;
      this.running = [];
      this.from = null;
    }

    // Where everything is in the window now, to be given to glide().
    before() {
      const { view, x, y, scale } = this.drawing;
      return view && { places: new Map(view.nodes.map((n) => [n.id, n])), x, y, scale };
    }

    // Move what is drawn from there to its place, once the window has its place as well.
    glide(from) {
      this.from = from && !calm.matches && this.drawing.view.nodes.length <= MOST ? from : null;
    }

    // The frame with the new view is made: now.
    begin() {
      const { from } = this;
      this.from = null;
      if (from) this.start(from);
    }

    start(from) {
      const { drawing } = this,
        { x, y, scale, byName } = drawing;
      // A place of then in the coordinates of now.
      const then = (n) => ({
        x: (n.x * from.scale + from.x - x) / scale,
        y: (n.y * from.scale + from.y - y) / scale,
        zoom: from.scale / scale,
      });
      for (const item of drawing.items) {
        if (!item.seen || !item.made) continue;
        if (!item.node) {
          for (const part of [item.line, item.text])
            if (part) this.run(part, [{ opacity: 0 }, { opacity: 0, offset: 0.45 }, {}]);
          continue;
        }
        const { node } = item,
          was = from.places.get(node.id);
        let parent = was ? null : byName.get(node.parent);
        while (parent && !from.places.has(parent.id)) parent = byName.get(parent.parent);
        const start = was ? then(was) : parent ? then(from.places.get(parent.id)) : null;
        if (!start) {
          this.run(item.g, [{ opacity: 0 }, {}]);
          continue;
        }
        const at = (place, more = "") => `translate(${place.x}px, ${place.y}px)${more}`;
        const moves = Math.hypot(start.x - node.x, start.y - node.y) > 0.5 || Math.abs(start.zoom - 1) > 0.01;
        const grow =
          was && !was.open && node.open
            ? ` scale(${Math.max(0.02, was.w / node.w)}, ${Math.max(0.02, was.h / node.h)})`
            : "";
        if (item.ground && (grow || moves))
          this.run(item.ground, [{ transform: at(start, grow) }, { transform: at(node) }]);
        if (!was)
          this.run(item.g, [
            { transform: at(start, " scale(.4)"), opacity: 0 },
            { transform: at(node), opacity: 1 },
          ]);
        else if (grow) this.run(item.g, [{ opacity: 0 }, {}]);
        else if (moves) this.run(item.g, [{ transform: at(start, ` scale(${start.zoom})`) }, { transform: at(node) }]);
        if (item.signs) this.run(item.signs, [{ opacity: 0 }, { opacity: 0, offset: 0.5 }, {}]);
      }
    }

    run(part, frames) {
      const animation = part.animate(frames, { duration: MS, easing: "cubic-bezier(.2, .7, .2, 1)" });
      this.running.push(animation);
    }

    stop() {
      for (const animation of this.running) animation.cancel();
      this.running = [];
    }
  }

  Object.assign((opscope.graphParts ??= {}), { Motion });
})();
