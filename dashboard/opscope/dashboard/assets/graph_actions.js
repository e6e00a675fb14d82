// What is done with scopes and nodes of the graph page: open, hide, isolate, group, several at once, undo.
(() => {
  const { el } = opscope,
    { GraphFrame, card, leaf, with_, without } = opscope.graphParts;

  class GraphActions extends GraphFrame {
    isScope(name) {
      return this.drawing.byName?.get(name)?.kind === "scope";
    }

    async toggle(name) {
      if (!this.isScope(name)) return;
      await (this.open.includes(name) ? this.collapse(name) : this.expand(name));
    }

    async expand(name) {
      if (this.open.includes(name)) return;
      this.choices.change({ open: [...this.open, name] });
      await this.load({ anchor: this.drawing.byName?.has(name) ? name : null });
    }

    async collapse(name) {
      const inside = new Set([name]);
      for (const node of this.view?.nodes ?? []) if (inside.has(node.parent)) inside.add(node.id);
      this.choices.change({ open: this.open.filter((other) => !inside.has(other)) });
      if (this.selected && inside.has(this.selected) && this.selected !== name) {
        this.selected = name;
        this.describe();
      }
      await this.load({ anchor: name });
    }

    async collapseAll() {
      this.choices.change({ open: [] });
      await this.load();
      this.drawing.fit();
    }

    // Open what is drawn closed, in the whole picture or inside one scope.
    async deepen(name = "") {
      const closed = (this.view?.nodes ?? []).filter(
        (n) => n.kind === "scope" && !n.open && (!name || n.id === name || n.id.startsWith(`${name}/`)),
      );
      if (!closed.length) return;
      const levels = Math.min(...closed.map((n) => n.depth)) - (name ? this.drawing.byName.get(name).depth : 0) + 1;
      const { expanded } = await opscope.json("/api/graph/within", {
        ...this.query,
        name,
        depth: levels + (name ? 0 : 1),
      });
      const fresh = without(expanded, this.open);
      if (!fresh.length) {
        this.flash("Nothing more can be opened: 1,500 nodes are drawn at most.");
        return;
      }
      this.choices.change({ open: with_(this.open, fresh) });
      await this.load({ anchor: name || null });
      if (!name) this.drawing.fit();
    }

    // Select one more, or one less.
    selectToo(name) {
      if (!name) return;
      const rest = this.all.includes(name) ? without(this.all, [name]) : [name, ...this.all];
      [this.selected = null, ...this.more] = rest;
      this.drawing.marks.select(this.selected, this.more);
      this.tellSelection();
      this.remember();
      this.describe();
    }

    hide(names) {
      this.choices.change({
        hidden: with_(this.choices.hidden, names),
        isolated: without(this.choices.isolated, names),
      });
      return this.select(null).then(() => this.load());
    }

    async isolate(names) {
      this.choices.change({
        isolated: names,
        hidden: without(this.choices.hidden, names),
        open: with_(
          this.open,
          names.filter((name) => this.isScope(name)),
        ),
      });
      await this.load();
      this.drawing.fit();
    }

    // Put nodes into the column at the side, or from there into the flow.
    shift(names, aside) {
      const { choices } = this;
      choices.change(
        aside
          ? { aside: with_(choices.aside, names), main: without(choices.main, names) }
          : { main: with_(choices.main, names), aside: without(choices.aside, names) },
      );
      return this.load({ anchor: names[0] });
    }

    // Put a series together, or take a group apart; what is open and where the window is stays.
    async group(name, together) {
      const { choices } = this,
        parts = (this.view?.nodes ?? []).filter((node) => (together ? node.offer === name : node.parent === name));
      choices.change({
        apart: together ? without(choices.apart, [name]) : with_(choices.apart, [name]),
        together: together ? with_(choices.together, [name]) : without(choices.together, [name]),
        open: together ? without(this.open, [name]) : without(this.open, [name]),
      });
      if (together && parts.some((node) => node.id === this.selected)) {
        this.selected = name;
        this.more = [];
      }
      if (!together && this.selected === name) {
        this.selected = null;
        this.more = [];
        card(this.card, null);
      }
      const known = this.drawing.byName;
      await this.load({ anchor: null });
      if (known !== this.drawing.byName)
        this.drawing.reveal(
          together ? name : (parts[0]?.id ?? this.view.nodes.find((node) => node.offer === name)?.id),
        );
      if (together && this.selected === name) this.describe();
    }

    // No groups at all (but those without which a flat level could not be drawn), or those made by themselves.
    groupAll(usual) {
      this.choices.change({ apart: usual ? [] : ["*"], together: [] });
      return this.load();
    }

    async turn(flow) {
      this.choices.change({ flow: flow ? [flow] : [] });
      await this.load();
      if (this.selected && this.drawing.byName.has(this.selected)) this.drawing.reveal(this.selected, true);
      else this.drawing.start();
    }

    showAll() {
      this.choices.change({ hidden: [], isolated: [] });
      return this.load();
    }

    async undo() {
      if (this.choices.undo()) await this.load();
    }
    async redo() {
      if (this.choices.redo()) await this.load();
    }

    // What is not drawn, and how to get it back; whether there is something to undo.
    tellChoices() {
      const { hidden, isolated, past, future } = this.choices;
      const row = (text, names, onclick) =>
        el(
          "div",
          { class: "chosen-row", title: names.join("\n") },
          el("span", { class: "grow", text }),
          el("button", { type: "button", class: "link", text: "Show all", onclick }),
        );
      const only =
        isolated.length === 1 ? `Only \u201c${leaf(isolated[0])}\u201d is shown` : `Only ${isolated.length} are shown`;
      const gone = hidden.length === 1 ? `\u201c${leaf(hidden[0])}\u201d is hidden` : `${hidden.length} are hidden`;
      this.chosen.replaceChildren(
        ...[
          isolated.length &&
            row(only, isolated, () => {
              this.choices.change({ isolated: [] });
              this.load();
            }),
          hidden.length &&
            row(gone, hidden, () => {
              this.choices.change({ hidden: [] });
              this.load();
            }),
        ].filter(Boolean),
      );
      this.flows.value = this.choices.flow[0] === "lr" ? "lr" : "";
      this.undoer.disabled = !past.length;
      this.redoer.disabled = !future.length;
    }

    // What can be done with several that are selected.
    tellSelection() {
      const names = this.all,
        button = (text, onclick) => el("button", { type: "button", class: "button", text, onclick });
      this.bar.hidden = names.length < 2;
      this.bar.replaceChildren(
        el("span", { text: `${names.length} selected` }),
        button("Isolate", () => this.isolate(names)),
        button("Hide", () => this.hide(names)),
        button("To the side", () => this.shift(names, true)),
        ...(names.length === 2 ? [button("Path between", () => this.trace.start("path", [...names].reverse()))] : []),
        button("Let go", () => this.select(null)),
      );
    }
  }

  Object.assign(opscope.graphParts, { GraphActions });
})();
