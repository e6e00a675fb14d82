// The keys of the graph page.
(() => {
  const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

  // Select the nearest node in a direction.
  const step = (page, dx, dy) => {
    const nodes = page.view?.nodes ?? [],
      from = page.drawing.byName?.get(page.selected);
    if (!from) {
      if (nodes.length) page.select(nodes.reduce((a, b) => (b.y > a.y ? b : a)).id, true);
      return;
    }
    let best = null,
      least = Infinity;
    for (const node of nodes) {
      if (node.id === from.id || node.open) continue;
      const x = node.x - from.x,
        y = node.y - from.y,
        along = x * dx + y * dy,
        aside = Math.abs(x * dy) + Math.abs(y * dx);
      const far = along + 2.4 * aside;
      if (along > 4 && far < least) {
        least = far;
        best = node;
      }
    }
    if (best) page.select(best.id, true);
  };

  const listen = (page) => {
    const plain = {
      Enter: () => page.selected && page.toggle(page.selected),
      Escape: () => {
        if (page.trace.on) page.trace.stop();
        else page.select(null);
      },
      f: () => page.drawing.fit(),
      0: () => page.drawing.fit(),
      z: () => page.drawing.zoomTo(page.all),
      "+": () => page.drawing.zoom(1.25),
      "=": () => page.drawing.zoom(1.25),
      "-": () => page.drawing.zoom(0.8),
      h: () => page.selected && page.hide(page.all),
      i: () => page.selected && page.isolate(page.all),
      b: () => page.selected && page.trace.start("inputs", page.all),
      o: () => page.selected && page.trace.start("outputs", page.all),
      p: () => page.all.length === 2 && page.trace.start("path", [...page.all].reverse()),
      "/": () => page.search.query.focus(),
    };
    plain[" "] = plain.Enter;
    page.drawing.svg.addEventListener("keydown", (e) => {
      const command = e.ctrlKey || e.metaKey,
        key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
      let act = null;
      if (command && key === "z") act = () => (e.shiftKey ? page.redo() : page.undo());
      else if (command && key === "y") act = () => page.redo();
      else if ((e.shiftKey && key === "F10") || key === "ContextMenu")
        act = () => opscope.graphParts.menuOfSelected(page);
      else if (!command && !e.altKey) act = ARROWS[key] ? () => step(page, ...ARROWS[key]) : plain[key];
      if (!act) return;
      e.preventDefault();
      act();
    });
  };

  Object.assign((opscope.graphParts ??= {}), { listenToKeys: listen });
})();
