// Sections of the info card that the graph alone does not tell: value, cost, origin, summaries.
(() => {
  const { el } = opscope;
  const LIBRARY = /site-packages|dist-packages|\/tensorflow\/python\/|^<frozen/;
  const NAMES = { scalars: "Scalars", histograms: "Histograms" };

  const section = (name, title, side, ...rows) =>
    el(
      "details",
      { open: true, class: `section ${name}` },
      el("summary", {}, el("span", { text: title }), el("span", { class: "dim", text: side })),
      ...rows,
    );
  const pairs = (rows) =>
    el(
      "dl",
      { class: "pairs" },
      ...rows.filter(Boolean).flatMap(([key, value]) => [el("dt", { text: key }), el("dd", { text: value })]),
    );
  const count = (n) => n.toLocaleString("en");

  // A constant: all of it, or its beginning, and the range of its numbers.
  const value = ({ dtype, shape, elements, text, whole, range }) => {
    const told =
      range &&
      [
        range.min === undefined
          ? null
          : `min ${opscope.number(range.min)}, max ${opscope.number(range.max)}, mean ${opscope.number(range.mean)}`,
        range.nan ? `${count(range.nan)} NaN` : null,
        range.inf ? `${count(range.inf)} infinite` : null,
      ]
        .filter(Boolean)
        .join(", ");
    return section(
      "value",
      "Value",
      `${dtype}  ${shape}`,
      el("pre", { class: "mono", text }),
      whole ? null : el("p", { class: "dim", text: `the first of ${count(elements)} elements` }),
      told ? el("p", { class: "dim", text: told }) : null,
    );
  };

  const parameters = ({ elements, variables }) =>
    section(
      "parameters",
      "Parameters",
      count(elements),
      variables > 1 ? el("p", { class: "dim", text: `in ${count(variables)} variables` }) : null,
    );

  // What the step of the run's metadata took.
  const cost = ({ error, time, share, memory, made, runs, nodes, outputs = [] }) => {
    if (error) return section("cost", "Cost", "", el("p", { class: "bad", text: error }));
    const part = share >= 0.0005 ? ` (${+(share * 100).toPrecision(2)} % of the step)` : "";
    return section(
      "cost",
      "Cost",
      time,
      pairs([
        ["Time", time + part],
        memory && ["Memory", memory],
        made && !outputs.length && ["Outputs", made],
        runs > nodes && ["Runs", count(runs)],
        ...outputs.map((output) => [
          `output ${output.slot}`,
          [output.size, output.dtype, output.shape].filter(Boolean).join("  "),
        ]),
      ]),
    );
  };

  // The line of the program first, then what called it; lines of libraries stand with those.
  const origin = (frames) => {
    const row = ({ file, line, function: name, text }) =>
      el(
        "li",
        { title: `${file}:${line}` },
        el("span", {
          class: "dim",
          text: `${file.slice(file.lastIndexOf("/") + 1)}:${line}${name ? `, in ${name}` : ""}`,
        }),
        text ? el("code", { text }) : null,
      );
    const own = Math.max(
        0,
        frames.findIndex((frame) => !LIBRARY.test(frame.file)),
      ),
      rest = frames.filter((_, i) => i !== own);
    const copy = el("button", {
      type: "button",
      class: "link",
      text: "Copy the place",
      onclick: () => navigator.clipboard?.writeText(`${frames[own].file}:${frames[own].line}`),
    });
    return section(
      "origin",
      "Made by",
      "",
      el("ul", { class: "frames" }, row(frames[own])),
      copy,
      rest.length
        ? el(
            "details",
            { class: "callers" },
            el("summary", { text: `The whole stack, ${frames.length} frames` }),
            el("ul", { class: "frames" }, ...frames.map(row)),
          )
        : null,
    );
  };

  const summaries = (pages, run) =>
    section(
      "summaries",
      "Summaries",
      "",
      el(
        "ul",
        { class: "ends" },
        ...pages.map(({ page, tags, total, pattern }) =>
          el(
            "li",
            {},
            el("a", { class: "link", href: opscope.url(`/${page}`, { run, tags: pattern }), text: NAMES[page] }),
            el("span", { class: "shape", text: total === 1 ? "1 tag" : `${count(total)} tags` }),
            el("span", {
              class: "dim",
              title: tags.join("\n"),
              text: tags.slice(0, 3).join(", ") + (total > 3 ? ", \u2026" : ""),
            }),
          ),
        ),
      ),
    );

  // Sections for what is known of an item, in order; a constant's value stands before all else.
  const facts = (info, run) =>
    [
      info.value && value(info.value),
      info.parameters && parameters(info.parameters),
      info.cost && cost(info.cost),
      info.origin?.length && origin(info.origin),
      info.summaries?.length && summaries(info.summaries, run),
    ].filter(Boolean);

  Object.assign((opscope.graphParts ??= {}), { facts });
})();
