// The runs in a side bar, as a tree of folders: colour, check box, name. A double click shows that
// run or folder alone; runs are renamed, painted and hidden in this browser only.
opscope.RunList = class {
  // page: its state has the filter `runs`; runsChanged() is called when others are shown.
  constructor(page) {
    const { el, controls } = opscope;
    this.page = page;
    this.runs = [];
    this.filter = opscope.pattern(page.state.runs) ?? /(?:)/;
    this.folded = new Set();
    this.colours = new opscope.RunColouring(page);
    this.host = el("div", { id: `${page.name}-runs`, class: "run-list", "aria-label": "Runs shown", role: "group" });
    this.element = el(
      "section",
      { class: "runs", "aria-label": "Runs" },
      el("span", { class: "label", text: "Runs" }),
      controls.filter("Filter runs", "Filter (regular expression)", page.state.runs, (runs) => page.set({ runs })),
      this.colours.element,
      this.host,
    );
    const asked = opscope.query().getAll("run");
    this.only = asked.length ? new Set(asked) : null; // null: every run, those to come included
  }

  get shown() {
    return this.listed.filter(({ run }) => this.isOn(run));
  }
  get listed() {
    return this.runs.filter(
      ({ run }) =>
        !opscope.runNames.hidden(run) &&
        (this.filter.test(run) || (opscope.runNames.renamed(run) && this.filter.test(opscope.runNames.told(run)))),
    );
  }
  isOn(run) {
    return this.only === null || this.only.has(run);
  }

  set(runs) {
    this.runs = runs;
    this.colours.set(runs);
    this.draw();
  }

  setFilter(text) {
    this.filter = opscope.pattern(text) ?? this.filter;
    this.draw();
  }

  recolour() {
    this.colours.regroup();
    this.draw();
  }

  // Others are shown, or called otherwise.
  changed() {
    this.draw();
    this.page.runsChanged();
  }

  choose(names) {
    const all = this.runs.every(({ run }) => names.has(run));
    this.only = all ? null : names;
    opscope.remember({ run: all ? null : names.size ? [...names] : [""] });
    this.changed();
  }

  toggle(runs, on) {
    const names = new Set(this.runs.map((r) => r.run).filter((name) => this.isOn(name)));
    for (const run of runs)
      if (on) names.add(run);
      else names.delete(run);
    this.choose(names);
  }

  // Folders with more than one entry; what lies alone in a folder stands there with its path.
  tree(listed) {
    const root = { folders: new Map(), runs: [] };
    for (const { run } of listed) {
      let place = root;
      for (const part of run.split("/").slice(0, -1)) {
        if (!place.folders.has(part)) place.folders.set(part, { folders: new Map(), runs: [] });
        place = place.folders.get(part);
      }
      place.runs.push(run);
    }
    return root;
  }

  rows(place, path, depth) {
    const found = [];
    for (const [part, inner] of place.folders) {
      let [at, name] = [inner, part];
      while (at.folders.size === 1 && !at.runs.length) {
        const [[next, deeper]] = at.folders;
        at = deeper;
        name += `/${next}`;
      }
      const whole = path + name,
        members = this.members(at);
      if (members.length === 1) {
        found.push(this.row(members[0], members[0].slice(path.length), depth));
        continue;
      }
      found.push(this.folderRow(whole, name, members, depth));
      if (!this.folded.has(whole)) found.push(...this.rows(at, `${whole}/`, depth + 1));
    }
    return [...found, ...place.runs.map((run) => this.row(run, run.slice(path.length), depth))];
  }

  members(place) {
    return [...[...place.folders.values()].flatMap((inner) => this.members(inner)), ...place.runs];
  }

  folderRow(whole, name, members, depth) {
    const { el } = opscope,
      folded = this.folded.has(whole);
    const fold = el(
      "button",
      {
        type: "button",
        class: "fold",
        "aria-expanded": String(!folded),
        title: folded ? "Open" : "Close",
        "data-focus": `fold ${whole}`,
        onclick: () => {
          if (folded) this.folded.delete(whole);
          else this.folded.add(whole);
          this.draw();
        },
      },
      el("span", { class: "icon icon-chevron small" }),
    );
    return el(
      "div",
      { class: "run folder", style: `--depth: ${depth}` },
      fold,
      el(
        "label",
        {
          title: `${whole}\nDouble click: only this folder`,
          ondblclick: (event) => {
            event.preventDefault();
            this.choose(new Set(members));
          },
        },
        this.box(members, `folder ${whole}`, `Folder ${whole}`),
        el("span", { class: "folder-name" }, el("bdi", { text: name }), el("small", { text: ` ${members.length}` })),
      ),
      el("button", {
        type: "button",
        class: "act",
        text: "only",
        title: `Only the runs of ${whole}`,
        onclick: () => this.choose(new Set(members)),
      }),
    );
  }

  row(run, leaf, depth) {
    const { el, runNames } = opscope,
      name = runNames.renamed(run) || run === "." ? runNames.told(run) : leaf,
      told = runNames.told(run);
    const act = (text, title, onclick) =>
      el("button", { type: "button", class: "act", text, title: `${title} ${told}`, onclick });
    const label = el(
      "label",
      {
        title: `${told}${told === run ? "" : `\n${run}`}\nDouble click: only this run`,
        ondblclick: (event) => {
          event.preventDefault();
          this.choose(new Set([run]));
        },
      },
      this.box([run], run, told),
      el("span", { class: "run-name" }, el("bdi", { text: name })),
    );
    const line = el(
      "div",
      { class: "run", style: `--run: ${this.colours.of(run)}; --depth: ${depth}` },
      label,
      act("only", "Show only", () => this.choose(new Set([run]))),
      act("name", "Give another name to", () => this.rename(run, label)),
      this.picker(run, told),
      act("hide", "Hide", () => {
        runNames.hide(run);
        this.changed();
      }),
    );
    return line;
  }

  // The colour of a run, where runs have their own.
  picker(run, told) {
    if (this.colours.grouped) return null;
    return opscope.el("input", {
      type: "color",
      class: "act",
      title: `Another colour for ${told}`,
      "aria-label": `Colour of ${told}`,
      value: this.colours.of(run),
      onchange: ({ target }) => {
        opscope.runNames.paint(run, target.value);
        this.recolour();
        this.page.redraw();
      },
    });
  }

  box(runs, key, name) {
    const on = runs.filter((run) => this.isOn(run)).length;
    const box = opscope.el("input", {
      type: "checkbox",
      "data-focus": key,
      "aria-label": name,
      onchange: () => this.toggle(runs, box.checked),
    });
    box.checked = on === runs.length && on > 0;
    box.indeterminate = on > 0 && on < runs.length;
    return box;
  }

  rename(run, label) {
    const done = (keep) => {
      if (!input.isConnected) return;
      if (keep) opscope.runNames.rename(run, input.value.trim());
      this.changed();
    };
    const input = opscope.el("input", {
      class: "text-input",
      value: opscope.runNames.told(run),
      "aria-label": `New name of ${run}`,
      placeholder: run,
      onkeydown: (event) => {
        if (event.key === "Enter") done(true);
        else if (event.key === "Escape") done(false);
      },
      onblur: () => done(true),
    });
    label.replaceWith(input);
    input.select();
  }

  draw() {
    const { el, runNames } = opscope,
      listed = this.listed,
      names = listed.map(({ run }) => run),
      on = names.filter((run) => this.isOn(run));
    const hidden = this.runs.map(({ run }) => run).filter((run) => runNames.hidden(run));
    const all = this.box(names, "all", "All runs"),
      focused = this.host.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    const show = el("button", {
      type: "button",
      class: "link-button",
      text: "show",
      onclick: () => {
        runNames.unhide(hidden);
        this.changed();
      },
    });
    this.host.replaceChildren(
      el(
        "div",
        { class: "run all" },
        el("label", {}, all, el("span", { text: `${on.length} of ${listed.length} shown` })),
      ),
      ...this.rows(this.tree(listed), "", 0),
      ...(hidden.length ? [el("p", { class: "hidden-runs", text: `${hidden.length} hidden ` }, show)] : []),
    );
    if (focused) this.host.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
  }
};
