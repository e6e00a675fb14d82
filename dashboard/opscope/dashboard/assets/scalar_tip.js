// The cursor: a line and a dot on every curve of every card in view, and a table at the pointer.
(() => {
  const MOST_ROWS = 14;
  let tip = null;

  const nearest = (x, at) => {
    let low = 0,
      high = x.length - 1;
    if (high < 0) return -1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (x[middle] < at) low = middle;
      else high = middle;
    }
    return Math.abs(x[low] - at) <= Math.abs(x[high] - at) ? low : high;
  };

  const rising = (x) => {
    for (let i = 1; i < x.length; i++) if (x[i] < x[i - 1]) return false;
    return true;
  };

  // Where time goes back, every point has to be looked at.
  const search = (each, at) => {
    const { x } = each;
    if ((each.rising ??= rising(x))) return nearest(x, at);
    let best = 0;
    for (let i = 1; i < x.length; i++) if (Math.abs(x[i] - at) < Math.abs(x[best] - at)) best = i;
    return x.length ? best : -1;
  };

  // The point of every line nearest to `at`, in pixels too.
  const rowsAt = (plan, at) =>
    plan.lines.flatMap((each) => {
      const i = search(each, at);
      if (i < 0) return [];
      const height = each.line[i],
        ok = typeof height === "number" && (plan.y.kind !== "log" || height > 0),
        { series, band } = each;
      return [
        {
          name: each.name,
          tag: each.tag,
          colour: each.colour,
          line: height,
          value: each.value[i],
          x: each.x[i],
          step: series ? series.step[i] : null,
          wall: series?.wall[i],
          relative: series && series.wall[i] - series.start,
          spread: band && band.low[i] != null ? [band.low[i], band.high[i], band.count?.[i]] : null,
          left: plan.x.px(each.x[i]),
          top: ok ? plan.y.px(height) : null,
        },
      ];
    });

  const rank = (value) => (typeof value === "number" ? value : -Infinity);
  const ORDERS = {
    nearest: (y) => (a, b) =>
      (a.top === null ? Infinity : Math.abs(a.top - y)) - (b.top === null ? Infinity : Math.abs(b.top - y)),
    highest: () => (a, b) => rank(b.line) - rank(a.line),
    lowest: () => (a, b) => rank(a.line) - rank(b.line),
    name: () => (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }),
  };

  const table = (card, rows, near) => {
    const { el, number, duration } = opscope,
      several = card.tags.length > 1,
      banded = rows.some(({ spread }) => spread),
      grouped = rows.some(({ step }) => step === null),
      smoothed = card.data.series.some((s) => s.smoothed) && !grouped;
    const cell = (text, kind = "") => el("td", { class: kind, text });
    const heads = [
      "",
      grouped ? "Group" : "Run",
      several && "Tag",
      smoothed && "Smoothed",
      grouped ? "Mean" : "Value",
      banded && (grouped ? "Spread" : "Margin"),
      grouped ? "Runs" : "Step",
      !grouped && "Relative",
    ].filter((head) => head !== false);
    const rest = rows.length - MOST_ROWS;
    return el(
      "table",
      {},
      el("thead", {}, el("tr", {}, ...heads.map((text) => el("th", { text })))),
      el(
        "tbody",
        {},
        ...rows
          .slice(0, MOST_ROWS)
          .map((row) =>
            el(
              "tr",
              { class: row === near ? "near" : "" },
              el("td", {}, el("i", { style: `background:${row.colour}` })),
              cell(card.page.named(row.name), "run-cell"),
              several ? cell(row.tag, "run-cell") : null,
              smoothed ? cell(number(row.line)) : null,
              cell(number(row.value), typeof row.value === "string" ? "bad" : ""),
              ...(banded ? [cell(row.spread ? `${number(row.spread[0])} to ${number(row.spread[1])}` : "")] : []),
              ...(grouped
                ? [cell(row.spread?.[2])]
                : [cell(row.step.toLocaleString("en").replaceAll(",", " ")), cell(duration(row.relative))]),
            ),
          ),
        rest > 0 ? el("tr", {}, el("td"), el("td", { class: "run-cell", text: `and ${rest} more` })) : null,
      ),
    );
  };

  // The line and the dots of a card; `at` null takes them away.
  const cross = (card, at, kept = false) => {
    const { el } = opscope,
      { plan } = card;
    card.dots.replaceChildren();
    if (at === null || !plan) return [];
    const { box } = plan,
      rows = rowsAt(plan, at),
      left = plan.x.px(at);
    if (left < box.left || left > box.left + box.width) return rows;
    const inside = ({ left: x, top }) =>
      top !== null && x >= box.left && x <= box.left + box.width && top >= box.top && top <= box.top + box.height;
    card.dots.append(
      el("span", {
        class: kept ? "cross kept" : "cross",
        style: `left:${left}px;top:${box.top}px;height:${box.height}px`,
      }),
      ...rows
        .filter(inside)
        .map((row) =>
          el("span", { class: "dot", style: `left:${row.left}px;top:${row.top}px;background:${row.colour}` }),
        ),
    );
    return rows;
  };

  const place = (clientX, clientY) => {
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    const left = clientX + 18 + width > innerWidth ? clientX - 18 - width : clientX + 18;
    tip.style.left = `${Math.max(6, left)}px`;
    tip.style.top = `${Math.max(6, Math.min(clientY + 16, innerHeight - height - 8))}px`;
  };

  // The cursor with its table; y: the pointer's height in the plot, which says which line is meant.
  const show = (card, at, y, clientX, clientY) => {
    const rows = cross(card, at);
    if (!rows.length) return hide();
    const near = [...rows].sort(ORDERS.nearest(y))[0],
      { axis } = card.page.state;
    rows.sort((ORDERS[card.page.state.sort] ?? ORDERS.nearest)(y));
    tip ??= document.body.appendChild(opscope.el("div", { class: "tip", role: "tooltip" }));
    const head = near.wall
      ? opscope.moment(near.wall)
      : axis === "relative"
        ? opscope.duration(near.x)
        : axis === "wall"
          ? opscope.moment(near.x)
          : `step ${near.x}`;
    tip.replaceChildren(opscope.el("p", { class: "tip-head", text: head }), table(card, rows, near));
    place(clientX, clientY);
  };

  const hide = () => {
    if (tip) tip.hidden = true;
  };

  opscope.scalarTip = { show, hide, cross, rowsAt };
})();
