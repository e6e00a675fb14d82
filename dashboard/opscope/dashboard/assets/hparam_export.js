// Takes the table of the hparams page away: rows and columns as they are shown, as CSV, JSON or LaTeX.
(() => {
  const { finite } = opscope.hparamColumns;

  const cells = (page) =>
    page.listed.map((row) => [page.named(row), ...page.shown.map((column) => column.get(row) ?? null)]);
  const header = (page) => [
    page.rows.some(({ members }) => members) ? "Group" : "Session",
    ...page.shown.map(({ title }) => title),
  ];

  const quoted = (value) => {
    const text = value === null ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const csv = (page) => [header(page), ...cells(page)].map((row) => `${row.map(quoted).join(",")}\n`).join("");
  const json = (page) => JSON.stringify({ header: header(page), rows: cells(page) }, null, 1);

  const ESCAPES = { "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}" };
  const words = (text) => String(text).replace(/[\\~^]|[&%$#_{}]/g, (sign) => ESCAPES[sign] ?? `\\${sign}`);
  const INFINITE = { NaN: "$\\mathrm{NaN}$", Infinity: "$\\infty$", "-Infinity": "$-\\infty$" };
  const maths = (value, numeric) => {
    if (value === null) return "--";
    if (numeric && value in INFINITE) return INFINITE[value];
    if (!finite(value)) return words(value);
    const [digits, power] = String(+value.toPrecision(4)).split("e");
    return power ? `$${digits} \\cdot 10^{${+power}}$` : `$${digits}$`;
  };
  const latex = (page) => {
    const numeric = [false, ...page.shown.map((column) => column.numeric)],
      row = (made) => `${made.join(" & ")} \\\\\n`;
    return `\\begin{tabular}{${numeric.map((number) => (number ? "r" : "l")).join("")}}\n\\hline\n${row(header(page).map(words))}\\hline\n${cells(
      page,
    )
      .map((each) => row(each.map((value, i) => maths(value, numeric[i]))))
      .join("")}\\hline\n\\end{tabular}\n`;
  };

  const FORMS = {
    CSV: [csv, "csv", "text/csv"],
    JSON: [json, "json", "application/json"],
    LaTeX: [latex, "tex", "application/x-latex"],
  };

  const fill = (list, page) =>
    list.replaceChildren(
      ...Object.entries(FORMS).map(([name, [write, ending, type]]) =>
        opscope.el("button", {
          type: "button",
          text: `These rows and columns as ${name}`,
          onclick: () => opscope.save(new Blob([write(page)], { type }), `hparams.${ending}`),
        }),
      ),
    );

  opscope.hparamExport = { fill, csv, json, latex };
})();
