// The graph page's info card. It draws what it is given and says what was clicked.
(() => {
  const { el } = opscope;
  const count = (n) => n.toLocaleString("en");
  const leaf = (name) => name.slice(name.lastIndexOf("/") + 1);

  // The info card. on: { select(name), toggle(name), close() }
  const card = (host, info, state, on) => {
    if (!info) {
      host.hidden = true;
      host.replaceChildren();
      return;
    }
    host.hidden = false;
    const link = (name, text = name) =>
      el("button", {
        class: "link",
        type: "button",
        title: name,
        "data-target": name,
        text,
        onclick: () => on.select(name),
      });
    const section = (title, total, rows, open = true) =>
      total > 0 &&
      el(
        "details",
        { open, class: "section" },
        el("summary", {}, el("span", { text: title }), el("span", { class: "dim", text: count(total) })),
        ...rows,
      );
    const more = (list) =>
      list.total > list.rows.length
        ? [el("p", { class: "dim more", text: `and ${count(list.total - list.rows.length)} more` })]
        : [];
    const ends = (title, list, open) =>
      section(
        title,
        list.total,
        [
          el(
            "ul",
            { class: "ends" },
            ...list.rows.map((row) =>
              el(
                "li",
                {},
                link(row.id),
                el("span", {
                  class: `dim${row.reference ? " reference" : ""}`,
                  text: [
                    row.op,
                    row.count > 1 ? `${row.count} edges` : null,
                    row.slot > 0 ? `output ${row.slot}` : null,
                    row.reference ? "by reference" : null,
                  ]
                    .filter(Boolean)
                    .join(" · "),
                }),
                row.shape ? el("span", { class: "shape", text: row.shape }) : null,
              ),
            ),
          ),
          ...more(list),
        ],
        open,
      );
    const pairs = (rows) =>
      el("dl", { class: "pairs" }, ...rows.flatMap(([key, value]) => [el("dt", { text: key }), el("dd", {}, value)]));

    const copy = el(
      "button",
      {
        class: "icon-button",
        type: "button",
        title: "Copy the name",
        "aria-label": "Copy the name",
        onclick: async () => {
          await navigator.clipboard?.writeText(info.name);
          copy.classList.add("done");
          setTimeout(() => copy.classList.remove("done"), 900);
        },
      },
      el("span", { class: "icon graph-icon-copy" }),
    );
    const close = el(
      "button",
      { class: "icon-button", type: "button", title: "Close (Esc)", "aria-label": "Close", onclick: on.close },
      el("span", { class: "icon graph-icon-close" }),
    );
    const path = info.name.split("/"),
      heading = el("h2", { title: info.name });
    path.forEach((part, i) =>
      heading.append(
        el("span", { class: i < path.length - 1 ? "dim" : "", text: part + (i < path.length - 1 ? "/" : "") }),
        document.createElement("wbr"),
      ),
    );
    const what =
      info.kind === "op"
        ? info.op
        : info.series
          ? `Series · ${count(info.nodes)} × ${info.series}`
          : `${info.kind !== "group" ? "Scope" : info.scopes ? "Group of scopes" : "Group of ops"} · ${count(info.nodes)} ops`;
    const parts = [
      el("header", {}, el("div", { class: "grow" }, el("p", { class: "kind", text: what }), heading), copy, close),
    ];
    const action = (text, title, onclick) => el("button", { class: "button", type: "button", text, title, onclick });
    const below = (e) => {
      const at = e.currentTarget.getBoundingClientRect();
      on.menu(at.left, at.bottom + 4);
    };
    parts.push(
      el(
        "div",
        { class: "actions" },
        ...(info.kind === "op"
          ? []
          : [action(state.open ? "Collapse" : "Expand", "Enter, or a double click", () => on.toggle(info.id))]),
        action("Trace inputs", "All that it depends on (B)", () => on.trace("inputs")),
        action("Trace outputs", "All that depends on it (O)", () => on.trace("outputs")),
        action("\u2026", "More that can be done with it (right click, Shift+F10)", below),
      ),
    );
    parts.push(...opscope.graphParts.facts(info, state.run));
    const device = ([name, n]) => [name || "no device given", info.kind === "op" ? "" : count(n)];
    if (info.devices.some(([name]) => name))
      parts.push(
        section(info.devices.length > 1 ? "Devices" : "Device", info.devices.length, [
          el(
            "ul",
            { class: "ends plain" },
            ...info.devices
              .map(device)
              .map(([n, c]) =>
                el("li", {}, el("span", { class: "grow mono", text: n }), el("span", { class: "dim", text: c })),
              ),
          ),
        ]),
      );
    if (info.kind === "op") {
      parts.push(
        section("Results", info.results.length, [
          pairs(
            info.results.map((r) => [
              `output ${r.slot}`,
              el("span", { class: "mono", text: [r.dtype, r.shape].filter(Boolean).join("  ") }),
            ]),
          ),
        ]),
      );
      if (info.functions.length)
        parts.push(
          section("Functions", info.functions.length, [
            pairs(info.functions.map((f) => [f.attribute, link(f.id, f.name)])),
          ]),
        );
    } else {
      const top = info.ops[0]?.[1] ?? 1;
      parts.push(
        section("Ops", info.op_kinds, [
          el(
            "ul",
            { class: "bars" },
            ...info.ops.map(([op, n]) =>
              el(
                "li",
                {},
                el("span", { class: "grow", text: op }),
                el("span", { class: "bar", style: `--share:${n / top}` }),
                el("span", { class: "dim", text: count(n) }),
              ),
            ),
          ),
        ]),
      );
      if (info.twins.total)
        parts.push(
          section(
            "Built alike",
            info.twins.total,
            [
              el("ul", { class: "ends" }, ...info.twins.rows.map((twin) => el("li", {}, link(twin)))),
              ...more(info.twins),
            ],
            false,
          ),
        );
    }
    parts.push(
      ends("Inputs", info.inputs, true),
      ends("Outputs", info.outputs, true),
      ends("Control inputs", info.control_inputs, false),
      ends("Control outputs", info.control_outputs, false),
    );
    if (info.kind === "op")
      parts.push(
        section("Attributes", info.attributes.length, [
          pairs(
            info.attributes
              .filter((a) => !(info.value && a.name === "value"))
              .map((a) => [a.name, el("span", { class: "mono", text: a.value })]),
          ),
        ]),
      );
    host.replaceChildren(...parts.filter(Boolean));
    host.scrollTop = 0;
  };

  Object.assign((opscope.graphParts ??= {}), { card, count, leaf });
})();
