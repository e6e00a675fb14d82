// The table under a card: a row for each curve; last, least, greatest and mean, and at the cursor.
(() => {
  const steps = (value) => value.toLocaleString("en").replaceAll(",", " ");

  const columns = (card) => {
    const pinned = card.page.cursor !== null,
      number = (value) => ({ text: opscope.number(value), rank: value });
    return [
      { name: "Run", get: ({ run }) => ({ text: card.page.named(run), rank: run }) },
      ...(card.tags.length > 1 ? [{ name: "Tag", get: ({ tag }) => ({ text: tag, rank: tag }) }] : []),
      ...(pinned
        ? [{ name: "At cursor", get: ({ at }) => at && { ...number(at.value), title: `step ${steps(at.step)}` } }]
        : []),
      { name: "Last", get: ({ stats: s }) => s && { ...number(s.last), title: `step ${steps(s.last_step)}` } },
      { name: "Min", get: ({ stats: s }) => s && { ...number(s.min), title: `step ${steps(s.min_step)}` } },
      { name: "Max", get: ({ stats: s }) => s && { ...number(s.max), title: `step ${steps(s.max_step)}` } },
      {
        name: "Mean",
        get: ({ stats: s }) => s && { ...number(s.mean), title: `standard deviation ${opscope.number(s.std)}` },
      },
      { name: "Change", get: ({ stats: s }) => s && number(s.last - s.first) },
      { name: "Points", get: ({ stats: s }) => ({ text: steps(s?.count ?? 0), rank: s?.count ?? 0 }) },
    ];
  };

  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number"
      ? a - b
      : String(a ?? "").localeCompare(String(b ?? ""), undefined, { numeric: true });

  const fill = (card) => {
    const { el } = opscope,
      shown = columns(card),
      { sorted = null, down = false } = card.order ?? {};
    const rows = card.data.series.map((series) => ({
      series,
      cells: shown.map(({ get }) => get(series) ?? { text: "", rank: null }),
    }));
    const by = shown.findIndex(({ name }) => name === sorted);
    if (by >= 0) rows.sort((a, b) => compare(a.cells[by].rank, b.cells[by].rank) * (down ? -1 : 1));
    const x = card.zoom?.x,
      { axis } = card.data;
    const told = (at) =>
      axis === "step" ? steps(Math.round(at)) : axis === "relative" ? opscope.duration(at) : opscope.moment(at);
    const caption = [
      x ? `from ${told(x[0])} to ${told(x[1])}` : "over all points",
      card.page.cursor === null ? "" : `cursor at ${told(card.page.cursor)}`,
    ]
      .filter(Boolean)
      .join(", ");
    const head = ({ name }) =>
      el(
        "th",
        { scope: "col", "aria-sort": name === sorted ? (down ? "descending" : "ascending") : "none" },
        el("button", {
          type: "button",
          text: name,
          onclick: () => {
            card.order = { sorted: name, down: name === sorted ? !down : false };
            fill(card);
          },
        }),
      );
    card.table.replaceChildren(
      el(
        "table",
        {},
        el("caption", { text: caption }),
        el("thead", {}, el("tr", {}, ...shown.map(head))),
        el(
          "tbody",
          {},
          ...rows.map(({ series, cells }) =>
            el(
              "tr",
              {},
              ...cells.map(({ text, title }, i) =>
                i
                  ? el("td", { text, title })
                  : el(
                      "th",
                      { scope: "row" },
                      el("i", { style: `background:${card.page.colour(series.run)}` }),
                      el("bdi", { text }),
                    ),
              ),
            ),
          ),
        ),
      ),
    );
  };

  opscope.scalarTable = { fill };
})();
