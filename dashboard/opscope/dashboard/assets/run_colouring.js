// Which colour a run has: its own, one that the reader picked, or that of its group.
opscope.RunColouring = class {
  // page: its state has `colours` ("run" or "group") and `group`, and set() changes them.
  constructor(page) {
    const { el, controls } = opscope, { state } = page;
    this.page = page;
    this.runs = [];
    const by = state.group.split(":", 1)[0];
    this.regex = controls.filter("Expression that groups runs", "e.g. (lr[^/]*)", by === "regex" ? state.group.slice(6) : "", (text) => page.set({ group: `regex:${text}` }));
    this.way = controls.choice("Groups", [["folder", "by folder"], ["regex", "by expression"]], by, (kind) => page.set({ group: { folder: "folder", regex: `regex:${this.regex.input.value}` }[kind] }));
    this.key = el("ul", { class: "group-key" });
    this.forget = el("button", { type: "button", class: "link-button", text: "Forget the colours picked", onclick: () => { opscope.runNames.unpaint(); page.runs.draw(); page.redraw(); } });
    this.element = el("details", { class: "more", open: state.group !== "folder" || state.colours !== "run" }, el("summary", { text: "Colours and groups" }),
      controls.choice("Colours", [["run", "by run"], ["group", "by group"]], state.colours, (colours) => page.set({ colours })), this.way, this.regex, this.key, this.forget);
  }

  set(runs) {
    this.runs = runs;
    this.own = new Map(runs.map(({ run, colour }) => [run, colour]));
    this.regroup();
  }

  regroup() {
    const { group } = this.page.state, by = group.split(":", 1)[0];
    this.groupOf = opscope.runGroups.grouping(group);
    this.ofGroups = opscope.runGroups.colours(this.runs, this.groupOf);
    this.tell(by);
  }

  get grouped() { return this.page.state.colours === "group" || this.page.state.lines === "groups"; }

  of(run, group = this.groupOf(run)) {
    if (this.grouped) return this.ofGroups.get(group) ?? "#888";
    return opscope.runNames.painted(run) ?? this.own.get(run) ?? "#888";
  }

  tell(by) {
    const { el } = opscope;
    this.regex.hidden = by !== "regex";
    this.way.set(by);
    this.key.hidden = !this.grouped;
    this.key.replaceChildren(...[...this.ofGroups].map(([group, colour]) => el("li", {}, el("i", { style: `background:${colour}` }), el("bdi", { text: group }))));
    this.forget.hidden = !opscope.runNames.anyPainted || this.grouped;
  }
};
