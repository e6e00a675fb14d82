// What can be done with a node, several of them, or the whole graph: the entries of its menu.
(() => {
  // The menu of a node, or of the ground.
  const nodeMenu = (page, name, x, y) => {
    const node = page.drawing.byName?.get(name),
      some = page.all.includes(name) ? page.all : [name];
    const several = some.length > 1 ? ` ${some.length}` : "",
      open = page.open.includes(name);
    const entries = node
      ? [
          ...(node.kind === "scope"
            ? [
                { text: open ? "Collapse" : "Expand", hint: "Enter", run: () => page.toggle(name) },
                { text: "Open more", run: () => page.deepen(name) },
              ]
            : []),
          ...(node.group ? [{ text: "Ungroup", run: () => page.group(name, false) }] : []),
          ...(node.offer
            ? [{ text: `Group as ${opscope.graphParts.leaf(node.offer)}`, run: () => page.group(node.offer, true) }]
            : []),
          { text: `Isolate${several}`, hint: "I", run: () => page.isolate(some) },
          { text: `Hide${several}`, hint: "H", run: () => page.hide(some) },
          ...(node.host
            ? []
            : [
                node.aside
                  ? { text: `Into the graph${several}`, run: () => page.shift(some, false) }
                  : { text: `To the side${several}`, run: () => page.shift(some, true) },
              ]),
          { text: "Zoom to it", hint: "Z", run: () => page.drawing.zoomTo(some) },
          null,
          { text: "Trace inputs", hint: "B", run: () => page.trace.start("inputs", some) },
          { text: "Trace outputs", hint: "O", run: () => page.trace.start("outputs", some) },
          ...(some.length === 2
            ? [{ text: "Path between", hint: "P", run: () => page.trace.start("path", [...some].reverse()) }]
            : []),
          null,
          ...(node.kind === "scope"
            ? [{ text: "Find all built alike", run: () => page.search.find(`like:${name}`) }]
            : [{ text: `Find all ${node.op ?? "of its op"}`, run: () => page.search.find(`op:${node.op}`) }]),
          { text: "Copy the name", run: () => navigator.clipboard?.writeText(name) },
        ]
      : [
          { text: "Fit", hint: "F", run: () => page.drawing.fit() },
          { text: "Open more", run: () => page.deepen() },
          { text: "Close all", run: () => page.collapseAll() },
          page.choices.apart.includes("*")
            ? { text: "Group as usual", run: () => page.groupAll(true) }
            : { text: "Ungroup all", run: () => page.groupAll(false) },
          ...(page.choices.hidden.length + page.choices.isolated.length
            ? [{ text: "Show all", run: () => page.showAll() }]
            : []),
        ];
    opscope.graphParts.menu(
      page.body,
      x,
      y,
      entries.filter((entry) => !entry?.run || !entry.text.endsWith("of its op")),
      page.drawing.svg,
    );
  };

  // At the selected node, as the keyboard opens it.
  const menuOfSelected = (page) => {
    const node = page.drawing.byName?.get(page.selected),
      room = page.drawing.svg.getBoundingClientRect();
    if (node)
      nodeMenu(
        page,
        page.selected,
        room.left + page.drawing.x + node.x * page.drawing.scale,
        room.top + page.drawing.y + node.y * page.drawing.scale,
      );
    else nodeMenu(page, null, room.left + room.width / 2, room.top + room.height / 2);
  };

  Object.assign((opscope.graphParts ??= {}), { nodeMenu, menuOfSelected });
})();
