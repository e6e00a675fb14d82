// Health on the graph: pills on nodes, what went bad first and where that led, step by step.
(() => {
  const { el } = opscope;
  const KINDS = ["nan", "-inf", "negative", "zero", "positive", "+inf"];
  const WORDS = {
    nan: "NaN",
    "-inf": "\u2212inf",
    negative: "negative",
    zero: "zero",
    positive: "positive",
    "+inf": "+inf",
  };
  const LISTED = 6;

  // What a pill says in words: only what there is.
  const told = (counts, vague) =>
    counts
      .map((n, i) =>
        n ? `${vague && i % 5 === 0 && n === 1 ? "some" : n.toLocaleString("en")} ${WORDS[KINDS[i]]}` : null,
      )
      .filter(Boolean)
      .join(", ") || (vague ? "no NaN or inf" : "no elements");

  class Health {
    // page: { query(), draw(health or null), select(name), remember(), selected() }
    constructor(page) {
      const asked = opscope.query();
      this.page = page;
      this.on = asked.get("health") !== "0";
      this.source = asked.get("source");
      this.step = asked.has("step") ? Number(asked.get("step")) : null;
      this.asked = 0;
      this.toggle = el("input", {
        type: "checkbox",
        id: "graph-health",
        onchange: () => {
          this.on = this.toggle.checked;
          this.page.remember();
          this.refresh();
        },
      });
      this.toggle.checked = this.on;
      this.from = el("select", {
        "aria-label": "Where health comes from",
        onchange: () => {
          this.source = this.from.value;
          this.step = null;
          this.refresh();
        },
      });
      this.slider = el("input", {
        type: "range",
        id: "graph-step",
        min: 0,
        step: 1,
        "aria-label": "Step",
        oninput: () => {
          this.step = this.steps[this.slider.valueAsNumber];
          this.label();
          this.refresh();
        },
      });
      this.at = el("output", { for: "graph-step", class: "dim" });
      this.told = el("p", { class: "health-told", role: "status" });
      this.list = el("ul", { class: "health-bad" });
      this.key = el(
        "div",
        { class: "health-key", "aria-hidden": "true" },
        ...KINDS.map((kind) => el("span", { class: `pill-${KINDS.indexOf(kind)}`, text: WORDS[kind] })),
      );
      this.details = el(
        "div",
        {},
        this.from,
        el("div", { class: "stepper" }, this.slider, this.at),
        this.told,
        this.list,
        this.key,
      );
      this.element = el(
        "section",
        { class: "health", hidden: true },
        el("label", { class: "switch" }, this.toggle, el("span", { text: "Health" })),
        this.details,
      );
    }

    get words() {
      return { health: this.on ? null : "0", source: this.source, step: this.following ? null : this.step };
    }

    get following() {
      return this.steps === undefined ? this.step === null : this.step === this.steps.at(-1);
    }

    // Ask for the health of what is drawn; of the newest step while that one is looked at.
    async refresh({ grown = false } = {}) {
      const mine = ++this.asked;
      const step = grown && this.following ? null : this.step;
      let health;
      try {
        health = await opscope.json("/api/graph/health", { ...this.page.query(), source: this.source, step });
      } catch (error) {
        if (mine === this.asked) {
          this.told.textContent = error.message;
          this.page.draw(null);
        }
        return;
      }
      if (mine !== this.asked) return;
      this.element.hidden = !health.sources.length;
      this.details.hidden = !this.on;
      if (!health.sources.length) {
        this.page.draw(null);
        return;
      }
      this.source = health.source;
      this.step = health.step;
      this.from.hidden = health.sources.length < 2;
      this.from.replaceChildren(...health.sources.map(({ name, title }) => el("option", { value: name, text: title })));
      this.from.value = health.source;
      this.steps = health.sources.find(({ name }) => name === health.source).steps;
      this.slider.max = this.steps.length - 1;
      this.slider.value = this.steps.indexOf(health.step);
      this.slider.hidden = this.steps.length < 2;
      this.label();
      this.tell(health);
      this.page.draw(this.on ? health : null);
      this.page.remember();
      this.card();
    }

    label() {
      const what = this.source === "debugger-v2" ? "execution" : "step";
      this.at.textContent =
        `${what} ${this.step}` +
        (this.steps.length > 1 ? ` (${this.steps.indexOf(this.step) + 1} of ${this.steps.length})` : "");
    }

    tell(health) {
      const { count, leaf } = opscope.graphParts,
        first = health.bad[0];
      this.told.classList.toggle("bad", !!first);
      this.told.textContent = first
        ? `${count(health.bad_total)} of ${count(health.known)} nodes hold NaN or inf. First:`
        : health.tensors
          ? `${count(health.tensors)} tensors, none holds NaN or inf.`
          : "No tensor of this graph is known here.";
      this.key.hidden = !health.tensors;
      const rows = [...health.bad.filter((row) => row.origin), ...health.bad.filter((row) => !row.origin)].slice(
        0,
        LISTED,
      );
      this.list.replaceChildren(
        ...rows.map((row) =>
          el(
            "li",
            {},
            el(
              "button",
              {
                type: "button",
                class: row.origin ? "origin" : "",
                title: row.origin
                  ? `${row.tensor}: bad, though what it reads is finite`
                  : `${row.tensor}: reads what was bad already`,
                "data-bad": row.id,
                onclick: () => this.page.select(row.id),
              },
              el(
                "span",
                { class: "grow" },
                ...row.id
                  .split("/")
                  .slice(0, -1)
                  .flatMap((part) => [el("span", { class: "dim", text: `${part}/` }), el("wbr")]),
                leaf(row.id),
              ),
            ),
          ),
        ),
        ...(health.bad_total > rows.length
          ? [el("li", { class: "dim", text: `and ${count(health.bad_total - rows.length)} more` })]
          : []),
      );
    }

    // The section of the card on the selected node.
    async card() {
      const { name, host } = this.page.selected(),
        old = host.querySelector(".health-card");
      if (!this.on || !name || !this.source || host.hidden) {
        old?.remove();
        return;
      }
      const { run, tag } = this.page.query();
      const { outputs } = await opscope
        .json("/api/graph/health", { run, tag, source: this.source, step: this.step, name })
        .catch(() => ({ outputs: [] }));
      if (name !== this.page.selected().name) return;
      host.querySelectorAll(".health-card").forEach((section) => section.remove());
      if (!outputs.length) return;
      const rows = outputs.flatMap((output) => {
        const total = output.counts.reduce((sum, n) => sum + (n ?? 0), 0),
          vague = output.counts.includes(null);
        const bar = el(
          "span",
          { class: "health-bar" },
          ...output.counts
            .map((n, i) => n > 0 && el("span", { class: `pill-${i}`, style: `flex:${n / total}` }))
            .filter(Boolean),
        );
        const numbers =
          output.numbers && output.elements && output.initialized
            ? ["min", "max", "mean", "variance"]
                .map((word, i) =>
                  Number.isFinite(output.numbers[i]) ? `${word} ${opscope.number(output.numbers[i])}` : null,
                )
                .filter(Boolean)
                .join(", ")
            : "";
        const copy =
          output.command &&
          el("button", {
            type: "button",
            class: "command mono",
            title: "Copy: shows this tensor in the terminal",
            text: output.command,
            onclick: async () => {
              await navigator.clipboard?.writeText(output.command);
              copy.classList.add("done");
              setTimeout(() => copy.classList.remove("done"), 900);
            },
          });
        return [
          el(
            "div",
            { class: output.bad ? "health-row bad" : "health-row" },
            el(
              "p",
              {},
              el("span", { class: "dim", text: `output ${output.slot}: ` }),
              output.initialized ? told(output.counts, vague) : "uninitialized",
            ),
            total ? bar : null,
            numbers ? el("p", { class: "dim", text: numbers }) : null,
            copy || null,
          ),
        ];
      });
      const section = el(
        "details",
        { open: true, class: "section health-card" },
        el("summary", {}, el("span", { text: "Health" }), el("span", { class: "dim", text: this.at.textContent })),
        ...rows,
      );
      const before = host.querySelector(".section");
      if (before) before.before(section);
      else host.append(section);
    }
  }

  Object.assign((opscope.graphParts ??= {}), { Health, healthText: told });
})();
