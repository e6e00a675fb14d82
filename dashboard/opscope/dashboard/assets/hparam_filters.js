// The side bar of the hparams page: which columns are shown, and which rows a column lets through.
(() => {
  const { finite, told, exact } = opscope.hparamColumns;

  // A rule is {min, max, only: [texts], pattern}: what is missing passes only where nothing is asked, or "" is among `only`.
  const passes = (column, row, rule) => {
    const value = column.get(row);
    if (rule.only && !rule.only.includes(exact(value))) return false;
    if (rule.pattern && !opscope.pattern(rule.pattern)?.test(told(value))) return false;
    if (rule.min != null && !(finite(value) && value >= rule.min)) return false;
    return rule.max == null || (finite(value) && value <= rule.max);
  };
  const empty = (rule) => !rule || (rule.min == null && rule.max == null && !rule.only && !rule.pattern);

  const fromAddress = () =>
    new Map(
      opscope
        .query()
        .getAll("filter")
        .flatMap((text) => {
          try {
            const [id, rule] = JSON.parse(text);
            return typeof id === "string" && rule && !empty(rule) ? [[id, rule]] : [];
          } catch {
            return [];
          }
        }),
    );
  const remember = (rules) => opscope.remember({ filter: [...rules].map(([id, rule]) => JSON.stringify([id, rule])) });

  const range = (column, page) => {
    const { el } = opscope,
      rule = page.rules.get(column.id) ?? {};
    const input = (key, name, end) =>
      el("input", {
        class: "text-input",
        type: "number",
        step: "any",
        value: rule[key],
        placeholder: told(end),
        "aria-label": `${name} of ${column.title}`,
        onchange: (event) =>
          page.setRule(column, { [key]: event.target.value === "" ? null : Number(event.target.value) }),
      });
    const [low, high] = column.extent ?? [];
    return el(
      "div",
      { class: "range" },
      input("min", "Least", low),
      el("span", { text: "to" }),
      input("max", "Greatest", high),
    );
  };

  const boxes = (column, page) => {
    const { el } = opscope,
      only = page.rules.get(column.id)?.only,
      values = [...column.distinct, ...(column.missing ? [null] : [])],
      all = values.map(exact);
    const made = all.map((text) =>
      el("input", {
        type: "checkbox",
        value: text,
        checked: !only || only.includes(text),
        onchange: () => {
          const on = made.filter((box) => box.checked).map((box) => box.value);
          page.setRule(column, { only: on.length === all.length ? null : on });
        },
      }),
    );
    return el(
      "div",
      { class: "choices" },
      ...made.map((box, i) =>
        el("label", {}, box, el("span", { text: told(values[i]) || "none", class: all[i] ? "" : "none" })),
      ),
    );
  };

  const expression = (column, page) =>
    opscope.controls.filter(
      `Filter ${column.title}`,
      "Filter (regular expression)",
      page.rules.get(column.id)?.pattern ?? "",
      (text) => page.setRule(column, { pattern: text || null }),
    );

  const controlsOf = (column, page) => [
    column.numeric ? range(column, page) : null,
    column.few && column.distinct.length ? boxes(column, page) : null,
    column.type === "string" && !column.few ? expression(column, page) : null,
  ];

  const row = (column, page) => {
    const { el } = opscope,
      open = page.opened.has(column.id),
      filtered = !empty(page.rules.get(column.id));
    const shown = el("input", {
      type: "checkbox",
      checked: page.isShown(column),
      "aria-label": `Show ${column.title}`,
      "data-focus": `show ${column.id}`,
      onchange: () => page.show(column, shown.checked),
    });
    const fold = el(
      "button",
      {
        type: "button",
        class: "column-name",
        title: column.hint || column.title,
        "aria-expanded": String(open),
        "data-focus": `fold ${column.id}`,
        onclick: () => {
          if (open) page.opened.delete(column.id);
          else page.opened.add(column.id);
          page.drawSide();
        },
      },
      el("bdi", { text: column.title }),
      el("span", { class: "icon icon-chevron small" }),
    );
    const clear = el("button", {
      type: "button",
      class: "act link-button",
      text: "clear",
      hidden: !filtered,
      title: `Take the filter of ${column.title} away`,
      onclick: () => page.setRule(column, null),
    });
    return el(
      "div",
      { class: `column ${filtered ? "filtered" : ""}`, "data-column": column.id },
      el("div", { class: "column-head" }, shown, fold, clear),
      open ? el("div", { class: "column-filter" }, ...controlsOf(column, page)) : null,
    );
  };

  // The list of columns; the focus stays where it is, and what is being typed stays as it is.
  const draw = (host, page) => {
    if (document.activeElement?.closest(".column-filter") && host.contains(document.activeElement)) {
      tell(host, page);
      return;
    }
    const { el } = opscope,
      focused = host.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    const part = (title, kind) => {
      const columns = page.columns.filter((column) => column.kind === kind),
        on = columns.filter((column) => page.isShown(column)).length;
      if (!columns.length) return null;
      const all = el("input", {
        type: "checkbox",
        "aria-label": `Show all: ${title}`,
        "data-focus": `all ${kind}`,
        onchange: () => page.showAll(columns, all.checked),
      });
      all.checked = on === columns.length;
      all.indeterminate = on > 0 && on < columns.length;
      return el(
        "section",
        { class: "columns", "aria-label": title },
        el(
          "h2",
          {},
          el("label", {}, all, el("span", { text: title }), el("small", { text: `${on} of ${columns.length}` })),
        ),
        ...columns.map((column) => row(column, page)),
      );
    };
    host.replaceChildren(
      ...[part("Hyperparameters", "hparam"), part("Metrics", "metric"), part("Runs", "fact")].filter(Boolean),
    );
    if (focused) host.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
  };

  // Which columns have a filter, without drawing their controls anew.
  const tell = (host, page) => {
    for (const each of host.querySelectorAll(".column")) {
      const filtered = !empty(page.rules.get(each.dataset.column));
      each.classList.toggle("filtered", filtered);
      each.querySelector(".act").hidden = !filtered;
    }
  };

  opscope.hparamFilters = { passes, empty, fromAddress, remember, draw };
})();
