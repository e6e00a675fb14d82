// The graph page: its state, its address, its requests. Drawing and panels are in the files beside.
(() => {
  const { el } = opscope,
    {
      Choices,
      Colours,
      Drawing,
      Export,
      GraphActions,
      Health,
      Search,
      Trace,
      Upload,
      card,
      count,
      listenToKeys,
      nodeMenu,
    } = opscope.graphParts;
  const MOVED_MS = 400;
  let page = null,
    settle = null;
  const ready = new Promise((resolve) => {
    settle = resolve;
  });

  class GraphPage extends GraphActions {
    constructor(side, body) {
      super();
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
      const graphs = runs.find((r) => r.run === this.run)?.graphs ?? [];
      if (!graphs.some((g) => g.tag === this.tag)) this.tag = graphs[0]?.tag ?? null;
      this.offer(runs, graphs);
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
