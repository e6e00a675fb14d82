// The graph page: its state, its address, its requests. Drawing and panels are in the files beside.
(() => {
  const { el } = opscope,
    {
      Choices,
      Colours,
      Drawing,
      Export,
      Health,
      Search,
      Trace,
      Upload,
      card,
      count,
      leaf,
      listenToKeys,
      nodeMenu,
      with_,
      without,
    } = opscope.graphParts;
  const MOVED_MS = 400;
  let page = null,
    settle = null;
  const ready = new Promise((resolve) => {
    settle = resolve;
  });

  class GraphPage {
    constructor(side, body) {
      this.side = side;
      this.body = body;
      const asked = opscope.query();
      this.run = asked.get("run");
      this.tag = asked.get("tag");
      this.choices = new Choices(asked);
      this.selected = asked.get("s");
      this.more = asked.getAll("s").slice(1);
      this.place = asked.get("v");
      this.requests = 0;
      this.listings = 0;
      this.described = 0;
      this.busy = false;
      this.timings = {};
      this.colours = new Colours(
        {
          query: () => this.query,
          draw: (colours) => this.drawing.marks.paint(colours),
          find: (text) => this.search.find(text),
          remember: () => this.remember(),
          stepped: () => this.describe(),
        },
        asked.get("c"),
      );
      this.health = new Health({
        query: () => this.query,
        draw: (health) => this.drawing.marks.showHealth(health),
        select: (name) => this.select(name, true),
        remember: () => this.remember(),
        selected: () => ({ name: this.info ? this.selected : null, host: this.card }),
      });
      this.search = new Search({
        query: () => this.query,
        hits: (hits) => this.drawing.marks.showHits(hits),
        select: (name) => this.select(name, true),
        focus: () => this.drawing.svg.focus(),
      });
      this.upload = new Upload({
        body: () => this.body,
        done: (run) => this.choose({ run, tag: null }),
        say: (text) => this.flash(text),
      });
      this.trace = new Trace(
        {
          query: () => this.query,
          draw: (trace) => this.drawing.marks.showTrace(trace),
          select: (name) => this.select(name, true),
          remember: () => this.remember(),
        },
        asked,
      );
      this.export = new Export(this);
      this.build();
      this.drawing = new Drawing(this.canvas, {
        select: (name, add) => (add ? this.selectToo(name) : this.select(name)),
        toggle: (name) => this.toggle(name),
        menu: (name, x, y) => nodeMenu(this, name, x, y),
        moved: () => this.moved(),
      });
      listenToKeys(this);
    }

    build() {
      const field = (label, control) =>
        el("label", { class: "field" }, el("span", { class: "label", text: label }), control);
      this.runs = el("select", { id: "graph-run", onchange: (e) => this.choose({ run: e.target.value, tag: null }) });
      this.tags = el("select", { id: "graph-tag", onchange: (e) => this.choose({ tag: e.target.value }) });
      this.tagField = field("Graph", this.tags);
      this.summary = el("p", { class: "dim summary-line" });
      const action = (text, title, onclick) => el("button", { class: "button", type: "button", text, title, onclick });
      this.side.replaceChildren(
        field("Run", this.runs),
        this.tagField,
        ...this.search.elements,
        (this.actions = el(
          "div",
          { class: "actions" },
          action("Fit", "Show the whole graph (F)", () => this.drawing.fit()),
          action("Close all", "Close every scope", () => this.collapseAll()),
          action("Open more", "Open every scope that is drawn (as many as 1,500 nodes allow)", () => this.deepen()),
          action("Export\u2026", "Save the picture or the graph as a file", () => this.export.open()),
          this.upload.element,
        )),
        (this.flowField = field(
          "Direction",
          (this.flows = el(
            "select",
            { id: "graph-flow", onchange: (e) => this.turn(e.target.value) },
            el("option", { value: "", text: "Bottom to top" }),
            el("option", { value: "lr", text: "Left to right" }),
          )),
        )),
        (this.chosen = el("div", { class: "chosen" })),
        this.trace.element,
        this.health.element,
        this.colours.element,
        this.colours.key,
        (this.problems = el("details", { class: "graph-problems", hidden: true })),
        this.summary,
      );
      this.flowField.classList.add("row");
      // What is of no use without a graph.
      this.tools = [...this.search.elements.slice(0, 1), this.actions, this.flowField, this.colours.element];
      this.canvas = el("div", { class: "graph-canvas" });
      this.message = el("div", { class: "graph-message", hidden: true });
      this.card = el("aside", {
        id: "graph-card",
        class: "graph-card",
        hidden: true,
        "aria-label": "Details of the selection",
      });
      const tool = (text, title, onclick) =>
        el("button", { type: "button", text, title, "aria-label": title, onclick });
      this.zoomer = el(
        "div",
        { class: "graph-zoom" },
        tool("+", "Zoom in", () => this.drawing.zoom(1.35)),
        tool("\u2212", "Zoom out", () => this.drawing.zoom(1 / 1.35)),
        (this.undoer = tool("\u21b6", "Undo (Ctrl+Z)", () => this.undo())),
        (this.redoer = tool("\u21b7", "Redo (Ctrl+Shift+Z)", () => this.redo())),
      );
      this.bar = el("div", { class: "graph-bar", role: "toolbar", "aria-label": "What is selected", hidden: true });
      this.body.replaceChildren(this.canvas, this.zoomer, this.bar, this.card, this.export.element, this.message);
    }

    // Go on in other elements, as it is.
    move(side, body) {
      const focused = document.activeElement;
      side.append(...this.side.childNodes);
      body.append(...this.body.childNodes);
      this.side = side;
      this.body = body;
      this.export.moved();
      focused?.focus?.({ preventScroll: true });
    }

    // What every request says: which graph, what is open, and how it is coloured.
    get query() {
      return { run: this.run, tag: this.tag, ...this.choices.words, ...this.colours.words };
    }

    get open() {
      return this.choices.open;
    }

    // All that is selected, the one whose card is shown first.
    get all() {
      return this.selected ? [this.selected, ...this.more] : [];
    }

    async list() {
      const mine = ++this.listings;
      let runs, problems;
      try {
        ({ runs, problems } = await opscope.json("/api/graph/list"));
        if (mine !== this.listings) return undefined;
      } catch (error) {
        if (mine === this.listings) this.say("The graphs cannot be listed", error.message);
        return undefined;
      }
      this.listed = runs;
      const have = runs.filter((r) => r.graphs.length);
      if (!runs.some((r) => r.run === this.run)) {
        const asked = this.run;
        if (asked && runs.length) this.missing = asked;
        this.run = (have[0] ?? runs[0])?.run ?? null;
      }
      this.runs.replaceChildren(
        ...runs.map((r) =>
          el("option", {
            value: r.run,
            selected: r.run === this.run,
            text: (r.run === "." ? "(the logdir itself)" : r.run) + (r.graphs.length ? "" : " \u2013 no graph"),
          }),
        ),
      );
      if (this.run !== null) this.runs.value = this.run;
      const graphs = runs.find((r) => r.run === this.run)?.graphs ?? [];
      if (!graphs.some((g) => g.tag === this.tag)) this.tag = graphs[0]?.tag ?? null;
      const names = {
        run_graph: "Run graph",
        profile: "Profile",
        conceptual: "Keras model",
        file: "File",
        dump: "Dump",
        debugger: "Graphs and functions",
      };
      this.tags.replaceChildren(
        ...graphs.map((g) =>
          el("option", {
            value: g.tag,
            selected: g.tag === this.tag,
            text: graphs.length > 1 || !names[g.kind] ? `${names[g.kind] ?? g.kind} \u2013 ${g.tag}` : names[g.kind],
          }),
        ),
      );
      this.tagField.hidden = graphs.length < 2;
      if (!runs.length && problems.length) return this.say("No run can be read", problems.join("; "));
      if (!runs.length)
        return this.say(
          "No runs yet",
          "Nothing was written to this logdir so far. The page follows it and shows the graph as soon as one is there.",
        );
      if (!graphs.length)
        return this.say(
          `Run \u201c${this.run}\u201d has no graph`,
          "A run has a graph once its writer was given one: tf.summary.FileWriter(logdir, graph), tf.summary.graph or SummaryWriter.add_graph. The page follows the run and shows it as soon as it is there.",
        );
      // What somebody has just asked for comes fresh as well, and must not be overtaken.
      return this.busy ? undefined : this.load();
    }

    choose(changes) {
      Object.assign(this, changes);
      this.choices.clear();
      this.trace.stop();
      this.selected = null;
      this.more = [];
      this.graph = null;
      this.place = null;
      // What is still on its way belongs to the graph that is left.
      this.requests++;
      this.busy = false;
      this.view = null;
      card(this.card, null);
      this.remember();
      return this.list();
    }

    say(title, text) {
      this.view = null;
      this.tools.forEach((tool) => {
        tool.hidden = true;
      });
      this.canvas.style.visibility = "hidden";
      this.zoomer.hidden = true;
      this.card.hidden = true;
      this.colours.key.replaceChildren();
      this.summary.textContent = "";
      this.message.hidden = false;
      this.problems.hidden = true;
      this.message.replaceChildren(el("h1", { text: title }), el("p", { text }), this.upload.button());
      settle?.();
    }

    // Ask for the view and draw it. anchor: the node that stays where it is.
    async load({ anchor = null, reveal = null } = {}) {
      const mine = ++this.requests,
        started = performance.now();
      this.busy = true;
      const wanted = reveal ?? (this.graph ? null : this.selected);
      let view;
      try {
        view = await opscope.json("/api/graph/view", { ...this.query, s: wanted });
      } catch (error) {
        if (mine === this.requests) {
          this.busy = false;
          this.say("The graph cannot be shown", error.message);
        }
        return;
      }
      if (mine !== this.requests) return;
      this.busy = false;
      this.choices.settle({ open: view.expanded, hidden: view.hidden, isolated: view.isolated });
      // A graph that is one closed scope: show what is in it.
      const [alone] = view.nodes;
      if (
        !this.graph &&
        view.nodes.length === 1 &&
        alone.kind === "scope" &&
        !alone.open &&
        !this.choices.isolated.length
      ) {
        this.choices.settle({ open: [...view.expanded, alone.id] });
        return this.load({ anchor, reveal });
      }
      const key = this.choices.key,
        known = this.view && view.graph === this.graph && !wanted && !anchor;
      if (known && key === this.drawnKey) return; // nothing new to draw
      this.drawnKey = key;
      if (!view.totals.nodes)
        return this.say(
          "This graph has no nodes",
          `It was read whole and is empty${view.problems.length ? `: ${view.problems.join("; ")}` : "."}`,
        );
      const fetched = performance.now(),
        first = this.graph === null || !this.view,
        same = view.graph === this.graph;
      this.message.hidden = true;
      this.tools.forEach((tool) => {
        tool.hidden = false;
      });
      this.canvas.style.visibility = "";
      this.zoomer.hidden = false;
      // Who sees the whole graph goes on seeing it, as long as it can be read.
      const whole = !first && this.drawing.whole;
      this.view = view;
      this.graph = view.graph;
      this.drawing.draw(view, anchor);
      this.colours.show(view.colours);
      this.health.refresh();
      this.trace.refresh();
      if (wanted) {
        this.selected = view.selected;
        if (!view.selected) this.flash(`There is no \u201c${wanted}\u201d in this graph.`);
      }
      this.drawing.marks.select(this.selected, this.more);
      if (first) this.tellSelection();
      if (first && this.place) this.drawing.goTo(this.place);
      else if (first) this.drawing.start();
      else if (whole && anchor && this.drawing.fitting() > 0.55) this.drawing.fit();
      if (wanted && view.revealed && !(first && this.place)) this.drawing.reveal(view.revealed, true);
      else if (anchor) this.drawing.reveal(anchor);
      if (first) this.drawing.apply(); // nothing to wait for
      const t = view.totals;
      this.summary.textContent = `${count(t.nodes)} ops, ${count(t.edges)} edges, ${count(t.scopes)} scopes`;
      this.problems.hidden = !t.problems;
      this.problems.replaceChildren(
        el("summary", { text: t.problems === 1 ? "1 problem" : `${count(t.problems)} problems` }),
        ...view.problems.map((text) => el("p", { text })),
      );
      this.tellChoices();
      if (this.missing) {
        this.flash(`There is no run \u201c${this.missing}\u201d; this is \u201c${this.run}\u201d.`);
        this.missing = null;
      }
      this.remember();
      if (!same || wanted) this.describe();
      else this.cardState();
      await this.drawing.complete;
      if (mine === this.requests)
        this.timings = { request: fetched - started, draw: performance.now() - fetched, drawn: view.nodes.length };
      settle?.();
    }

    flash(text) {
      this.search.say(text);
    }

    async describe() {
      const name = this.selected,
        mine = ++this.described;
      if (!name) {
        card(this.card, null);
        this.info = null;
        return;
      }
      try {
        const info = await opscope.json("/api/graph/node", { ...this.query, name });
        if (name !== this.selected || mine !== this.described) return;
        this.info = info;
        this.cardState();
        this.health.card();
      } catch (error) {
        if (name === this.selected && mine === this.described) {
          card(this.card, null);
          this.flash(error.message);
        }
      }
    }

    cardState() {
      const told = this.card.querySelector(".health-card");
      if (this.info && this.selected)
        card(
          this.card,
          this.info,
          { open: this.open.includes(this.info.id), run: this.run },
          {
            select: (n) => this.select(n, true),
            toggle: (n) => this.toggle(n),
            trace: (kind) => this.trace.start(kind, this.all),
            menu: (x, y) => nodeMenu(this, this.selected, x, y),
            close: () => this.select(null),
          },
        );
      // A card drawn anew for the same node keeps what is known of its health.
      if (told && this.card.querySelector("h2")?.title === this.info?.name)
        this.card.querySelector(".section")?.before(told);
    }

    // Select a drawn node, or open what hides it.
    async select(name, reveal = false) {
      this.selected = name || null;
      this.more = [];
      const drawn = !name || this.drawing.byName?.has(name);
      if (drawn) {
        this.drawing.marks.select(this.selected, this.more);
        this.tellSelection();
        if (reveal && name) this.drawing.reveal(this.drawing.byName.get(name).host ?? name, true);
        this.remember();
        await this.describe();
      } else await this.load({ reveal: name });
    }

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

    // The window has moved: its place goes into the address once it rests.
    moved() {
      clearTimeout(this.resting);
      this.resting = setTimeout(() => {
        if (this.view) opscope.remember({ v: this.drawing.whole ? null : this.drawing.place });
      }, MOVED_MS);
    }

    // Only the innermost open scopes stand in the address; those around them follow from them.
    remember() {
      const outer = new Set((this.view?.nodes ?? []).filter((n) => n.open).map((n) => n.parent));
      const several = (this.listed?.find((r) => r.run === this.run)?.graphs.length ?? 0) > 1;
      opscope.remember({
        run: this.run,
        tag: several ? this.tag : null,
        ...this.choices.words,
        e: this.open.filter((name) => !outer.has(name)),
        s: this.all,
        ...this.colours.words,
        ...this.health.words,
        ...this.trace.words,
      });
    }
  }

  // The page is filled where it stands before Dash has started; Dash's own elements take it over.
  const mount = () => {
    const side = document.getElementById("graph-side") ?? opscope.early.host("graph-side");
    const body = document.getElementById("graph-body") ?? opscope.early.host("graph-body");
    if (!side || !body || page?.body === body) return;
    if (page && page.body === opscope.early.host("graph-body")) {
      page.move(side, body);
      opscope.early.done();
      return;
    }
    page = new GraphPage(side, body);
    page.list().then(opscope.early.drawn);
    // The shell tells of changes since its own first look; one may have come before that.
    setTimeout(() => page.list(), 1500);
  };
  new MutationObserver(mount).observe(document.documentElement, { childList: true, subtree: true });
  mount();
  // The logdir has grown: look whether the graph is another one; what is open stays open.
  opscope.on("generation", () => {
    if (page?.body.isConnected) page.list().then(() => page.view && page.health.refresh({ grown: true }));
  });
  opscope.on("theme", () => {
    if (page?.body.isConnected) page.drawing.map.draw();
  });

  opscope.graph = {
    ready,
    expand: async (name) => {
      await ready;
      await (page.drawing.byName?.has(name)
        ? page.expand(name)
        : page.load({ reveal: name }).then(() => page.expand(name)));
    },
    collapse: async (name) => {
      await ready;
      await page.collapse(name);
    },
    select: async (name) => {
      await ready;
      await page.select(name, true);
    },
    visible: () => [...((page?.view && page.drawing.byName?.keys()) ?? [])],
    stats: () => ({
      ...page.view?.totals,
      drawn: page.view?.nodes.length ?? 0,
      embedded: (page?.drawing.byName?.size ?? 0) - (page.view?.nodes.length ?? 0),
      drawn_edges: page.view?.edges.length ?? 0,
      expanded: page.open,
      selected: page.selected,
      colour: page.colours.mode,
      request_ms: page.timings.request,
      draw_ms: page.timings.draw,
      scale: page.drawing.scale,
    }),
  };
})();
