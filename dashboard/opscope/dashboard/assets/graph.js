// The graph page: its state, its address, its requests. Drawing and panels are in the files beside.
(() => {
  const { el } = opscope, { Colours, Drawing, Search, card, count } = opscope.graphParts;
  let page = null, settle = null;
  const ready = new Promise((resolve) => { settle = resolve; });

  class GraphPage {
    constructor(side, body) {
      this.side = side; this.body = body;
      const asked = opscope.query();
      this.run = asked.get("run"); this.tag = asked.get("tag");
      this.open = asked.getAll("e").flatMap((names) => names.split(",")).filter(Boolean);
      this.selected = asked.get("s");
      this.requests = 0; this.timings = {};
      this.colours = new Colours({
        query: () => this.query, draw: (colours) => this.drawing.paint(colours), find: (text) => this.search.find(text), remember: () => this.remember(),
      }, asked.get("c"));
      this.search = new Search({
        query: () => this.query, hits: (hits) => this.drawing.showHits(hits), select: (name) => this.select(name, true), focus: () => this.drawing.svg.focus(),
      });
      this.build();
      this.drawing = new Drawing(this.canvas, { select: (name) => this.select(name), toggle: (name) => this.toggle(name) });
      this.keys();
    }

    build() {
      const field = (label, control) => el("label", { class: "field" }, el("span", { class: "label", text: label }), control);
      this.runs = el("select", { id: "graph-run", onchange: (e) => this.choose({ run: e.target.value, tag: null }) });
      this.tags = el("select", { id: "graph-tag", onchange: (e) => this.choose({ tag: e.target.value }) });
      this.tagField = field("Graph", this.tags);
      this.summary = el("p", { class: "dim summary-line" });
      const action = (text, title, onclick) => el("button", { class: "button", type: "button", text, title, onclick });
      this.side.replaceChildren(
        field("Run", this.runs), this.tagField,
        ...this.search.elements, this.colours.element, this.colours.key,
        el("div", { class: "actions" }, action("Fit", "Show the whole graph (F)", () => this.drawing.fit()), action("Collapse all", "Close every scope", () => this.collapseAll())),
        this.summary,
      );
      this.canvas = el("div", { class: "graph-canvas" });
      this.message = el("div", { class: "graph-message", hidden: true });
      this.card = el("aside", { id: "graph-card", class: "graph-card", hidden: true, "aria-label": "Details of the selection" });
      this.zoomer = el("div", { class: "graph-zoom" }, ...[["+", "Zoom in", 1.35], ["\u2212", "Zoom out", 1 / 1.35]].map(([text, title, by]) => el("button", { type: "button", text, title, "aria-label": title, onclick: () => this.drawing.zoom(by) })));
      this.body.replaceChildren(this.canvas, this.zoomer, this.card, this.message);
    }

    // Go on in other elements, as it is.
    move(side, body) {
      const focused = document.activeElement;
      side.append(...this.side.childNodes);
      body.append(...this.body.childNodes);
      this.side = side; this.body = body;
      focused?.focus?.({ preventScroll: true });
    }

    keys() {
      const arrows = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
      this.drawing.svg.addEventListener("keydown", (e) => {
        if (e.ctrlKey || e.metaKey || e.altKey) return;
        if (arrows[e.key]) { e.preventDefault(); this.step(...arrows[e.key]); }
        else if (e.key === "Enter" || e.key === " ") { e.preventDefault(); if (this.selected) this.toggle(this.selected); }
        else if (e.key === "Escape") this.select(null);
        else if (e.key === "f" || e.key === "0") this.drawing.fit();
        else if (e.key === "+" || e.key === "=") this.drawing.zoom(1.25);
        else if (e.key === "-") this.drawing.zoom(0.8);
        else if (e.key === "/") { e.preventDefault(); this.search.query.focus(); }
      });
    }

    // Select the nearest node in a direction.
    step(dx, dy) {
      const nodes = this.view?.nodes ?? [], from = this.drawing.byName?.get(this.selected);
      if (!from) { if (nodes.length) this.select(nodes.reduce((a, b) => (b.y > a.y ? b : a)).id, true); return; }
      let best = null, least = Infinity;
      for (const node of nodes) {
        if (node.id === from.id || node.open) continue;
        const x = node.x - from.x, y = node.y - from.y, along = x * dx + y * dy, aside = Math.abs(x * dy) + Math.abs(y * dx);
        const far = along + 2.4 * aside;
        if (along > 4 && far < least) { least = far; best = node; }
      }
      if (best) this.select(best.id, true);
    }

    // What every request says: which graph, what is open, and how it is coloured.
    get query() { return { run: this.run, tag: this.tag, e: this.open, ...this.colours.words }; }

    async list() {
      let runs;
      try {
        ({ runs } = await opscope.json("/api/graph/list"));
      } catch (error) {
        this.say("The graphs cannot be listed", error.message);
        return undefined;
      }
      this.all = runs;
      const have = runs.filter((r) => r.graphs.length);
      if (!runs.some((r) => r.run === this.run)) {
        const asked = this.run;
        if (asked && runs.length) this.missing = asked;
        this.run = (have[0] ?? runs[0])?.run ?? null;
      }
      this.runs.replaceChildren(...runs.map((r) => el("option", { value: r.run, selected: r.run === this.run, text: (r.run === "." ? "(the logdir itself)" : r.run) + (r.graphs.length ? "" : " \u2013 no graph") })));
      if (this.run !== null) this.runs.value = this.run;
      const graphs = runs.find((r) => r.run === this.run)?.graphs ?? [];
      if (!graphs.some((g) => g.tag === this.tag)) this.tag = graphs[0]?.tag ?? null;
      const names = { run_graph: "Run graph", profile: "Profile", conceptual: "Keras model" };
      this.tags.replaceChildren(...graphs.map((g) => el("option", { value: g.tag, selected: g.tag === this.tag, text: graphs.length > 1 || !names[g.kind] ? `${names[g.kind] ?? g.kind} \u2013 ${g.tag}` : names[g.kind] })));
      this.tagField.hidden = graphs.length < 2;
      if (!runs.length) return this.say("No runs yet", "Nothing was written to this logdir so far. The page follows it and shows the graph as soon as one is there.");
      if (!graphs.length) return this.say(`Run \u201c${this.run}\u201d has no graph`, "A run has a graph once its writer was given one: tf.summary.FileWriter(logdir, graph), tf.summary.graph or SummaryWriter.add_graph. The page follows the run and shows it as soon as it is there.");
      return this.load();
    }

    choose(changes) {
      Object.assign(this, changes);
      this.open = []; this.selected = null; this.graph = null;
      card(this.card, null);
      this.remember();
      return this.list();
    }

    say(title, text) {
      this.view = null;
      this.canvas.style.visibility = "hidden";
      this.zoomer.hidden = true;
      this.card.hidden = true;
      this.colours.key.replaceChildren(); this.summary.textContent = "";
      this.message.hidden = false;
      this.message.replaceChildren(el("h1", { text: title }), el("p", { text }));
      settle?.();
    }

    // Ask for the view and draw it. anchor: the node that stays where it is.
    async load({ anchor = null, reveal = null } = {}) {
      const mine = ++this.requests, started = performance.now();
      const wanted = reveal ?? (this.graph ? null : this.selected);
      let view;
      try {
        view = await opscope.json("/api/graph/view", { ...this.query, s: wanted });
      } catch (error) {
        if (mine === this.requests) this.say("The graph cannot be shown", error.message);
        return;
      }
      if (mine !== this.requests) return;
      const known = this.view && view.graph === this.graph && !wanted && !anchor;
      if (known && view.expanded.join() === this.view.expanded.join()) return; // nothing new to draw
      const fetched = performance.now(), first = this.graph === null || !this.view, same = view.graph === this.graph;
      this.message.hidden = true; this.canvas.style.visibility = ""; this.zoomer.hidden = false;
      // Who sees the whole graph goes on seeing it, as long as it can be read.
      const whole = !first && this.drawing.whole;
      this.view = view; this.graph = view.graph; this.open = view.expanded;
      this.drawing.draw(view, anchor);
      this.colours.show(view.colours);
      if (wanted) {
        this.selected = view.selected;
        if (!view.selected) this.flash(`There is no \u201c${wanted}\u201d in this graph.`);
      }
      this.drawing.select(this.selected);
      if (first) this.drawing.start();
      else if (whole && anchor && this.drawing.fitting() > 0.55) this.drawing.fit();
      if (wanted && view.revealed) this.drawing.reveal(view.revealed, true);
      else if (anchor) this.drawing.reveal(anchor);
      const t = view.totals;
      this.summary.textContent = `${count(t.nodes)} ops, ${count(t.edges)} edges, ${count(t.scopes)} scopes` + (t.problems ? `, ${count(t.problems)} problems` : "");
      this.summary.title = view.problems.join("\n");
      if (this.missing) { this.flash(`There is no run \u201c${this.missing}\u201d; this is \u201c${this.run}\u201d.`); this.missing = null; }
      this.remember();
      if (!same || wanted) this.describe();
      else this.cardState();
      this.timings = { request: fetched - started, draw: performance.now() - fetched, drawn: view.nodes.length };
      settle?.();
    }

    flash(text) { this.search.say(text); }

    async describe() {
      const name = this.selected;
      if (!name) { card(this.card, null); this.info = null; return; }
      try {
        const info = await opscope.json("/api/graph/node", { run: this.run, tag: this.tag, name });
        if (name !== this.selected) return;
        this.info = info;
        this.cardState();
      } catch (error) {
        if (name === this.selected) { card(this.card, null); this.flash(error.message); }
      }
    }

    cardState() {
      if (this.info && this.selected) card(this.card, this.info, { open: this.open.includes(this.info.id) }, { select: (n) => this.select(n, true), toggle: (n) => this.toggle(n), close: () => this.select(null) });
    }

    // Select a drawn node, or open what hides it.
    async select(name, reveal = false) {
      this.selected = name || null;
      const drawn = !name || this.drawing.byName?.has(name);
      if (drawn) {
        this.drawing.select(this.selected);
        if (reveal && name) this.drawing.reveal(this.drawing.byName.get(name).host ?? name, true);
        this.remember();
        await this.describe();
      } else await this.load({ reveal: name });
    }

    isScope(name) { return this.drawing.byName?.get(name)?.kind === "scope"; }

    async toggle(name) {
      if (!this.isScope(name)) return;
      await (this.open.includes(name) ? this.collapse(name) : this.expand(name));
    }

    async expand(name) {
      if (this.open.includes(name)) return;
      this.open = [...this.open, name];
      await this.load({ anchor: this.drawing.byName?.has(name) ? name : null });
    }

    async collapse(name) {
      const inside = new Set([name]);
      for (const node of this.view?.nodes ?? []) if (inside.has(node.parent)) inside.add(node.id);
      this.open = this.open.filter((other) => !inside.has(other));
      if (this.selected && inside.has(this.selected) && this.selected !== name) { this.selected = name; this.describe(); }
      await this.load({ anchor: name });
    }

    async collapseAll() {
      this.open = [];
      await this.load();
      this.drawing.fit();
    }

    // Only the innermost open scopes stand in the address; those around them follow from them.
    remember() {
      const outer = new Set((this.view?.nodes ?? []).filter((n) => n.open).map((n) => n.parent));
      const several = (this.all?.find((r) => r.run === this.run)?.graphs.length ?? 0) > 1;
      opscope.remember({ run: this.run, tag: several ? this.tag : null, e: this.open.filter((name) => !outer.has(name)), s: this.selected, ...this.colours.words });
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
  opscope.on("generation", () => { if (page?.body.isConnected) page.list(); });
  opscope.on("theme", () => { if (page?.body.isConnected) page.drawing.map.draw(); });

  opscope.graph = {
    ready,
    expand: async (name) => { await ready; await (page.drawing.byName?.has(name) ? page.expand(name) : page.load({ reveal: name }).then(() => page.expand(name))); },
    collapse: async (name) => { await ready; await page.collapse(name); },
    select: async (name) => { await ready; await page.select(name, true); },
    visible: () => [...(page?.drawing.byName?.keys() ?? [])],
    stats: () => ({ ...page.view?.totals, drawn: page.view?.nodes.length ?? 0, drawn_edges: page.view?.edges.length ?? 0, expanded: page.open, selected: page.selected, colour: page.colours.mode, request_ms: page.timings.request, draw_ms: page.timings.draw, scale: page.drawing.scale }),
  };
})();
