// The list of runs in a side bar: colour, check box, name. A double click shows that run alone.
opscope.RunList = class {
  // page: the page's name; changed(runs): called with the names of the runs now shown.
  constructor(page, changed) {
    this.host = document.getElementById(`${page}-runs`);
    this.changed = changed;
    this.runs = [];
    this.filter = /(?:)/;
    const asked = opscope.query().getAll("run");
    this.only = asked.length ? new Set(asked) : null; // null: every run, those to come included
  }

  get alive() { return this.host?.isConnected; }
  get shown() { return this.runs.filter(({ run }) => this.isOn(run) && this.filter.test(run)); }
  isOn(run) { return this.only === null || this.only.has(run); }
  colour(run) { return this.colours?.get(run) ?? "#888"; }

  set(runs) {
    this.runs = runs;
    this.colours = new Map(runs.map(({ run, colour }) => [run, colour]));
    this.draw();
  }

  setFilter(text) {
    const filter = opscope.pattern(text);
    if (filter) { this.filter = filter; this.draw(); }
    return filter !== null;
  }

  choose(names) {
    const all = this.runs.every(({ run }) => names.has(run));
    this.only = all ? null : names;
    opscope.remember({ run: all ? null : names.size ? [...names] : [""] });
    this.draw();
    this.changed();
  }

  toggle(run, on) {
    const names = new Set(this.runs.map((r) => r.run).filter((name) => this.isOn(name)));
    if (on) names.add(run); else names.delete(run);
    this.choose(names);
  }

  toggleAll(on) {
    const names = new Set(this.runs.map((r) => r.run).filter((name) => this.isOn(name)));
    for (const { run } of this.listed) if (on) names.add(run); else names.delete(run);
    this.choose(names);
  }

  get listed() { return this.runs.filter(({ run }) => this.filter.test(run)); }

  draw() {
    const { el } = opscope, listed = this.listed, on = listed.filter(({ run }) => this.isOn(run));
    const all = el("input", { type: "checkbox", "aria-label": "All runs", onchange: (e) => this.toggleAll(e.target.checked) });
    all.checked = on.length === listed.length && on.length > 0;
    all.indeterminate = on.length > 0 && on.length < listed.length;
    const rows = listed.map(({ run, colour }) => {
      const box = el("input", { type: "checkbox", "data-run": run, onchange: (e) => this.toggle(run, e.target.checked) });
      box.checked = this.isOn(run);
      const name = run === "." ? "(the logdir itself)" : run;
      return el("label", {
        class: "run", style: `--run: ${colour}`, title: `${name}\nDouble click: only this run`,
        ondblclick: (event) => { event.preventDefault(); this.choose(new Set([run])); },
      }, box, el("span", { class: "run-name" }, el("bdi", { text: name })));
    });
    const count = `${on.length} of ${listed.length} shown`;
    const focused = document.activeElement?.dataset?.run;
    this.host.replaceChildren(el("label", { class: "run all" }, all, el("span", { text: count })), ...rows);
    if (focused) this.host.querySelector(`[data-run="${CSS.escape(focused)}"]`)?.focus();
  }
};
