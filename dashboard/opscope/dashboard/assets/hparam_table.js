// The table of the hparams page: a row for each session or group, sorted by a column.
(() => {
  const AT_ONCE = 150; // rows drawn before the reader scrolls to more
  const { told } = opscope.hparamColumns;

  const cell = (column, row, page) => {
    const { el } = opscope,
      value = column.get(row),
      text = column.text(row);
    if (column.id === "status") return el("td", {}, el("span", { class: "state", "data-state": text, text }));
    const kind = value == null ? "none" : column.numeric ? (typeof value === "number" ? "number" : "number bad") : "";
    const figures = column.kind === "metric" ? row.metrics[column.id] : null;
    const title = figures?.count
      ? `step ${opscope.told(figures.step, "step")}; least ${told(figures.min)}, greatest ${told(figures.max)} of ${figures.count}`
      : value == null
        ? "No value"
        : typeof value === "number"
          ? String(value)
          : text;
    return el("td", {
      class: kind,
      title,
      text: value == null ? "–" : text,
      style: page.colourBy === column && value != null ? `--tint:${page.colour(row)}` : null,
    });
  };

  const line = (row, page) => {
    const { el } = opscope;
    const name = el(
      "th",
      { scope: "row" },
      el("i", { style: `background:${page.colour(row)}` }),
      el(
        "a",
        { href: page.scalarsOf(row), title: `The scalars of ${page.named(row)}` },
        el("bdi", { text: page.named(row) }),
      ),
      row.members ? el("small", { text: `${row.members} sessions` }) : null,
    );
    return el(
      "tr",
      {
        "data-run": row.run,
        "aria-selected": String(row.run === page.state.select),
        onclick: (event) => event.target.closest("a") || page.select(row),
      },
      name,
      ...page.shown.map((column) => cell(column, row, page)),
    );
  };

  const draw = (host, page) => {
    const { el } = opscope,
      rows = page.listed,
      { sort, desc } = page.state;
    const head = (id, title, hint, number) =>
      el(
        "th",
        {
          scope: "col",
          class: number ? "number" : null,
          "data-column": id,
          "aria-sort": sort === id ? (desc ? "descending" : "ascending") : "none",
        },
        el("button", {
          type: "button",
          title: hint || title,
          text: title,
          onclick: () => page.set({ sort: id, desc: sort === id ? !desc : false }),
        }),
      );
    const body = el("tbody", {}),
      more = el("p", { class: "more-rows" });
    let drawn = 0;
    const add = () => {
      body.append(...rows.slice(drawn, drawn + AT_ONCE).map((row) => line(row, page)));
      drawn = Math.min(rows.length, drawn + AT_ONCE);
      more.hidden = drawn === rows.length;
      more.textContent = `${drawn} of ${rows.length} rows`;
    };
    add();
    const seen = new IntersectionObserver(
      (entries) => {
        if (!more.isConnected) seen.disconnect();
        else if (entries.some(({ isIntersecting }) => isIntersecting)) add();
      },
      { rootMargin: "600px" },
    );
    seen.observe(more);
    const before = host.querySelector(".hparam-table"),
      [left, top] = [before?.scrollLeft ?? 0, before?.scrollTop ?? 0];
    const focused =
      before?.contains(document.activeElement) && document.activeElement.closest("thead th")?.dataset.column;
    const grouped = page.rows.some(({ members }) => members);
    host.replaceChildren(
      el(
        "div",
        { class: "hparam-table", role: "region", "aria-label": "Table of sessions", tabindex: "0" },
        el(
          "table",
          {},
          el(
            "thead",
            {},
            el(
              "tr",
              {},
              head("run", grouped ? "Group" : "Session"),
              ...page.shown.map((column) => head(column.id, column.title, column.hint, column.numeric)),
            ),
          ),
          body,
        ),
        rows.length ? null : el("p", { class: "nothing", text: "No session matches." }),
      ),
      more,
    );
    host.firstChild.scrollTo(left, top);
    if (focused) host.querySelector(`th[data-column="${CSS.escape(focused)}"] button`)?.focus();
  };

  // Bring the row into view, drawing as many as that takes.
  const reveal = (host, page) => {
    const place = page.listed.findIndex(({ run }) => run === page.state.select);
    if (place < 0) return;
    const rows = host.querySelectorAll("tbody tr");
    rows.forEach((row) => row.setAttribute("aria-selected", String(row.dataset.run === page.state.select)));
    rows[place]?.scrollIntoView({ block: "nearest" });
  };

  opscope.hparamTable = { draw, reveal };
})();
