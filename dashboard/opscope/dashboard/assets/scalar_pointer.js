// What the pointer and the keys do on a chart: drag a box to zoom, Alt + wheel, Shift + drag to
// move, a click to stop the cursor at a step, a double click to see everything.
opscope.scalarPointer = (card) => {
  const CLICK = 5,
    THIN = 12,
    { plot, frame } = card; // pixels
  const zoombox = opscope.el("div", { class: "zoom-box", hidden: true });
  frame.append(zoombox);
  let from = null;

  const inside = (event) => {
    const bounds = plot.getBoundingClientRect(),
      { box } = card.plan;
    const x = event.clientX - bounds.left,
      y = event.clientY - bounds.top;
    return {
      x: Math.max(box.left, Math.min(box.left + box.width, x)),
      y: Math.max(box.top, Math.min(box.top + box.height, y)),
      in: x >= box.left && x <= box.left + box.width && y >= box.top && y <= box.top + box.height,
    };
  };
  const around = () => ({ x: [card.plan.x.low, card.plan.x.high], y: card.zoom?.y ?? null });

  plot.addEventListener("pointerdown", (event) => {
    if (event.button || !card.plan || !inside(event).in) return;
    from = { ...inside(event), pan: event.shiftKey, zoom: around(), plan: card.plan };
    plot.setPointerCapture(event.pointerId);
  });
  plot.addEventListener("pointermove", (event) => {
    if (!card.plan) return;
    const at = inside(event);
    if (!from) {
      at.in ? card.page.point(card, card.plan.x.value(at.x), event, at.y) : card.page.point(null);
      return;
    }
    card.page.point(null);
    if (from.pan) {
      const { x } = from.plan,
        by = x.value(from.x) - x.value(at.x);
      from.moved = { ...from.zoom, x: from.zoom.x.map((end) => end + by) };
      card.zoom = from.moved;
      card.draw();
      return;
    }
    const wide = Math.abs(at.x - from.x),
      tall = Math.abs(at.y - from.y),
      { box } = from.plan;
    if (Math.max(wide, tall) < CLICK) {
      zoombox.hidden = true;
      return;
    }
    const [left, width] = wide < THIN ? [box.left, box.width] : [Math.min(at.x, from.x), wide];
    const [top, height] = tall < THIN ? [box.top, box.height] : [Math.min(at.y, from.y), tall];
    zoombox.hidden = false;
    zoombox.style.cssText = `left:${left}px;top:${top}px;width:${width}px;height:${height}px`;
  });
  plot.addEventListener("pointerup", (event) => {
    if (!from) return;
    const start = from,
      at = inside(event),
      wide = Math.abs(at.x - start.x),
      tall = Math.abs(at.y - start.y),
      { plan } = start;
    from = null;
    zoombox.hidden = true;
    if (start.pan) {
      if (start.moved) card.setZoom(start.moved);
      return;
    }
    if (Math.max(wide, tall) < CLICK) {
      if (event.detail < 2) card.page.pinCursor(plan.x.value(at.x));
      return;
    }
    const span = (scale, a, b) => [scale.value(a), scale.value(b)].sort((p, q) => p - q);
    card.setZoom({
      x: wide < THIN ? around().x : span(plan.x, start.x, at.x),
      y: tall < THIN ? null : span(plan.y, start.y, at.y),
    });
  });
  plot.addEventListener("pointercancel", () => {
    from = null;
    zoombox.hidden = true;
  });
  plot.addEventListener("pointerleave", () => {
    if (!from) card.page.point(null);
  });
  plot.addEventListener("dblclick", () => card.setZoom(null));
  plot.addEventListener(
    "wheel",
    (event) => {
      if (!event.altKey || !card.plan) return;
      event.preventDefault();
      scaleBy(event.deltaY > 0 ? 1.25 : 0.8, card.plan.x.value(inside(event).x));
    },
    { passive: false },
  );

  const scaleBy = (factor, about) => {
    const [low, high] = around().x,
      centre = about ?? (low + high) / 2;
    card.setZoom({ x: [centre + (low - centre) * factor, centre + (high - centre) * factor], y: card.zoom?.y ?? null });
  };
  const move = (share) => {
    const [low, high] = around().x,
      by = (high - low) * share;
    card.setZoom({ x: [low + by, high + by], y: card.zoom?.y ?? null });
  };
  plot.addEventListener("keydown", (event) => {
    if (!card.plan || event.ctrlKey || event.metaKey || event.altKey) return;
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (way && event.shiftKey) move(way * 0.2);
    else if (way) card.page.moveCursor(card, way);
    else if (event.key === "+" || event.key === "=") scaleBy(0.7, card.page.cursor);
    else if (event.key === "-") scaleBy(1 / 0.7, card.page.cursor);
    else if (event.key === "0") card.setZoom(null);
    else if (event.key === "Escape") card.page.pinCursor(null);
    else if (event.key === "l") card.setLog(!card.logY);
    else if (event.key === "p") card.page.togglePin(card.tags);
    else return;
    event.preventDefault();
  });
};
