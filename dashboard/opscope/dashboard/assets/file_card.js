// One card: what a run holds besides what is drawn. Audio plays, everything can be taken along.
opscope.FileCard = class extends opscope.RunCard {
  constructor(item, page) {
    const list = opscope.el("div", { class: "holdings" });
    super(item, page, { kind: "file", body: [list] });
    this.list = list;
    this.element.querySelector("h3").replaceChildren(this.name);
    this.opened = new Map(); // the place of each slider, kept while the card is drawn anew
  }

  get(options) {
    return opscope.json("/api/files/run", { run: this.run, every: this.page.state.every ? 1 : [] }, options);
  }

  draw() {
    const { el } = opscope,
      { tags, files, more, remote } = this.data;
    const filter = opscope.pattern(this.page.state.tags) ?? /(?:)/;
    const rows = tags.filter(({ tag }) => filter.test(tag)),
      listed = files.filter(({ name }) => filter.test(name));
    const parts = [];
    if (rows.length)
      parts.push(
        this.table(
          "Tags",
          ["Kind", "Tag", "Step", "Holds", ""],
          rows.map((row) => this.tagRow(row)),
        ),
      );
    if (listed.length)
      parts.push(
        this.table(
          "Files",
          ["Kind", "File", "Written", "Size", ""],
          listed.map((file) => this.fileRow(file)),
        ),
      );
    if (more)
      parts.push(
        el("p", {
          class: "card-facts",
          text: `The logdir has more than ${files.length} files; the others are not listed.`,
        }),
      );
    if (remote) parts.push(el("p", { class: "card-facts", text: "The files behind a URL are not listed." }));
    this.list.replaceChildren(...parts);
    this.note.textContent = parts.length ? "" : "Nothing here that another page does not draw.";
  }

  table(label, heads, rows) {
    const { el } = opscope;
    return el(
      "div",
      { class: "holding" },
      el(
        "table",
        { "aria-label": `${label} of ${this.name}` },
        el("thead", {}, el("tr", {}, ...heads.map((text) => (text ? el("th", { scope: "col", text }) : el("td"))))),
        el("tbody", {}, ...rows),
      ),
    );
  }

  link(address, words, label, file) {
    return opscope.el("a", {
      class: "take",
      href: address,
      download: file ?? true,
      text: words,
      title: label,
      "aria-label": label,
    });
  }

  tagRow(row) {
    const { el } = opscope,
      { tag, kind, plugin, step } = row,
      key = `${kind}\n${tag}`;
    const actions = el("td", { class: "actions" }),
      holds = el("td"),
      player = el("span");
    const show = (place, facts) => {
      const index = row.index[place],
        words = { run: this.run, tag, kind, index };
      holds.replaceChildren(
        [facts.holds, facts.bytes == null ? null : opscope.bytes(facts.bytes)].filter(Boolean).join(", "),
      );
      if (kind === "scalar") {
        actions.replaceChildren(
          this.link(
            opscope.url("/data/plugin/scalars/scalars", { run: this.run, tag, format: "csv" }),
            "CSV",
            `Download CSV: ${tag}`,
          ),
        );
        return;
      }
      player.replaceChildren(
        ...(facts.clips ?? []).map((clip, number) =>
          clip.type
            ? el("audio", {
                controls: true,
                preload: "none",
                src: opscope.url("/api/files/clip", { run: this.run, tag, index, clip: number }),
                "aria-label": `${tag}, step ${step[place]}, clip ${number + 1}`,
              })
            : el("em", { text: "This clip is of no kind that plays here." }),
        ),
      );
      const array = /^(float|int|uint|complex|bool)/.test(facts.holds ?? "");
      actions.replaceChildren(
        array
          ? this.link(opscope.url("/api/files/payload", { ...words, form: "array" }), "NPY", `Download array: ${tag}`)
          : "",
        index == null ? "" : this.link(opscope.url("/api/files/payload", words), "PB", `Download message: ${tag}`),
      );
    };
    const slider = new opscope.StepSlider(tag, async (place) => {
      this.opened.set(key, step[place]);
      if (kind === "scalar") return;
      show(place, await opscope.json("/api/files/point", { run: this.run, tag, kind, index: row.index[place] }));
    });
    const place = opscope.placeOf(step, this.opened.get(key) ?? null);
    if (step.length) slider.set(row, place);
    show(step.length - 1, row);
    if (step.length && place !== step.length - 1 && kind !== "scalar")
      opscope
        .json("/api/files/point", { run: this.run, tag, kind, index: row.index[place] })
        .then((facts) => show(place, facts));
    return el(
      "tr",
      { "data-tag": tag, "data-kind": kind },
      el(
        "td",
        {},
        el("span", { class: "kind", text: kind.replaceAll("_", " "), title: plugin && `Plugin: ${plugin}` }),
      ),
      el("td", { class: "named", title: row.description }, el("span", { text: tag }), player),
      el("td", {}, step.length ? slider.element : ""),
      holds,
      actions,
    );
  }

  fileRow({ name, kind, size, modified, files }) {
    const { el } = opscope,
      counted = files > 1 ? `${files} files, ` : "";
    return el(
      "tr",
      { "data-file": name },
      el("td", {}, el("span", { class: "kind", text: kind })),
      el("td", { class: "named" }, el("span", { text: name })),
      el("td", { class: "quiet", text: size === null ? "" : opscope.moment(modified) }),
      el("td", { text: size === null ? "" : counted + opscope.bytes(size) }),
      el(
        "td",
        { class: "actions" },
        size === null || kind === "tfdbg dump"
          ? ""
          : this.link(opscope.url("/api/files/file", { name }), "Get", `Download file: ${name}`, name.split("/").pop()),
      ),
    );
  }
};
