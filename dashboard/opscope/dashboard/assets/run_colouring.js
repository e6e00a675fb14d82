// Which colour a run has: its own, one that the reader picked, or that of its group.
opscope.RunColouring = class {
  // page: its state has `colours` ("run" or "group") and `group`, and set() changes them.
  constructor(page) {
    const { el, controls } = opscope,
      { state } = page;
    this.page = page;
    this.runs = [];
    const by = state.group.split(":", 1)[0];
    this.regex = controls.filter(
      "Expression that groups runs",
      "e.g. (lr[^/]*)",
      by === "regex" ? state.group.slice(6) : "",
      (text) => page.set({ group: `regex:${text}` }),
    );
    this.settings = { hparams: [], runs: {} };
    this.hparam = controls.choice("Hyperparameter", [], "", (name) => page.set({ group: `hparam:${name}` }));
    this.way = controls.choice(
      "Groups",
      [
        ["folder", "by folder"],
        ["regex", "by expression"],
        ["hparam", "by hyperparameter"],
      ],
      by,
      (kind) =>
        page.set({
          group: {
            folder: "folder",
            regex: `regex:${this.regex.input.value}`,
            hparam: `hparam:${this.settings.hparams[0] ?? ""}`,
          }[kind],
        }),
    );
    this.key = el("ul", { class: "group-key" });
    this.forget = el("button", {
      type: "button",
      class: "link-button",
      text: "Forget the colours picked",
      onclick: () => {
        opscope.runNames.unpaint();
        page.runs.draw();
        page.redraw();
      },
    });
    this.element = el(
      "details",
      { class: "more", ontoggle: () => this.askSettings(), open: state.group !== "folder" || state.colours !== "run" },
      el("summary", { text: "Colours and groups" }),
      controls.choice(
        "Colours",
        [
          ["run", "by run"],
          ["group", "by group"],
        ],
        state.colours,
        (colours) => page.set({ colours }),
      ),
      this.way,
      this.regex,
      this.hparam,
      this.key,
      this.forget,
    );
  }

  set(runs) {
    this.runs = runs;
    this.own = new Map(runs.map(({ run, colour }) => [run, colour]));
    this.regroup();
    this.askSettings();
  }

  // The runs' hyperparameters, where groups are by them or might soon be.
  async askSettings() {
    const known = this.runs.map(({ run }) => run).join("\n");
    if (this.asked === known || !(this.element.open || this.page.state.group.startsWith("hparam:"))) return;
    this.asked = known;
    let found;
    try {
      found = await opscope.json("/api/hparams/runs");
    } catch {
      this.asked = null;
      return;
    } // the header says that the server is away
    if (this.asked !== known) return;
    this.settings = found;
    const { el } = opscope;
    this.way.querySelector("[value=hparam]").disabled = !found.hparams.length;
    this.hparam
      .querySelector("select")
      .replaceChildren(...found.hparams.map((name) => el("option", { value: name, text: name })));
    this.regroup();
    if (this.page.state.group.startsWith("hparam:")) {
      this.page.runs.draw();
      if (this.page.state.lines === "groups") this.page.refresh();
      else this.page.redraw();
    }
  }

  regroup() {
    const { group } = this.page.state,
      by = group.split(":", 1)[0];
    this.groupOf = opscope.runGroups.grouping(group, this.settings.runs);
    this.ofGroups = opscope.runGroups.colours(this.runs, this.groupOf);
    this.tell(by);
  }

  get grouped() {
    return this.page.state.colours === "group" || this.page.state.lines === "groups";
  }

  of(run, group = this.groupOf(run)) {
    if (this.grouped) return this.ofGroups.get(group) ?? "#888";
    return opscope.runNames.painted(run) ?? this.own.get(run) ?? "#888";
  }

  tell(by) {
    const { el } = opscope;
    this.regex.hidden = by !== "regex";
    this.hparam.hidden = by !== "hparam";
    this.way.set(by);
    if (by === "hparam") this.hparam.set(this.page.state.group.slice(7));
    this.key.hidden = !this.grouped;
    this.key.replaceChildren(
      ...[...this.ofGroups].map(([group, colour]) =>
        el("li", {}, el("i", { style: `background:${colour}` }), el("bdi", { text: group })),
      ),
    );
    this.forget.hidden = !opscope.runNames.anyPainted || this.grouped;
  }
};
