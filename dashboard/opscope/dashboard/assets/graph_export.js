// What the page saves: the picture as SVG or PNG, the graph as DOT, GraphML or JSON.
(() => {
  const { el } = opscope;
  const FORMATS = {
    svg: "SVG picture",
    png: "PNG picture",
    dot: "DOT (Graphviz)",
    graphml: "GraphML (networkx, Gephi, yEd)",
    json: "JSON (nodes and edges)",
  };
  const SCALES = ["1", "2", "4", "8"];

  const save = (blob, name) => {
    const address = URL.createObjectURL(blob);
    el("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  };

  class Export {
    // page: the graph page
    constructor(page) {
      this.page = page;
      const select = (id, choices) =>
        el(
          "select",
          { id, onchange: () => this.tell() },
          ...Object.entries(choices).map(([value, text]) => el("option", { value, text })),
        );
      const field = (label, control) =>
        el("label", { class: "field" }, el("span", { class: "label", text: label }), control);
      this.format = select("graph-export-format", FORMATS);
      this.what = select("graph-export-what", { drawn: "What is drawn" });
      this.scale = el("input", {
        id: "graph-export-scale",
        type: "number",
        min: 0.1,
        step: "any",
        value: 2,
        list: "graph-export-scales",
        oninput: () => this.tell(),
      });
      this.whatField = field("Of", this.what);
      this.scaleField = field("Times its size", this.scale);
      this.scaleField.append(
        el("datalist", { id: "graph-export-scales" }, ...SCALES.map((value) => el("option", { value }))),
      );
      this.told = el("p", { class: "dim", role: "status" });
      this.go = el("button", { type: "submit", class: "button strong", text: "Save" });
      this.smaller = el("button", {
        type: "button",
        class: "button",
        onclick: () => {
          this.scale.value = this.plan.fits;
          this.tell();
        },
      });
      this.element = el(
        "dialog",
        { class: "graph-export", "aria-label": "Export" },
        el(
          "form",
          {
            method: "dialog",
            onsubmit: (e) => {
              e.preventDefault();
              this.save();
            },
          },
          el("h2", { text: "Export" }),
          field("As", this.format),
          this.whatField,
          this.scaleField,
          this.told,
          el(
            "div",
            { class: "actions" },
            this.go,
            this.smaller,
            el("button", { type: "button", class: "button", text: "Close", onclick: () => this.element.close() }),
          ),
        ),
      );
      this.element.addEventListener("close", () => {
        this.picture = null;
        this.page.drawing.svg.focus({ preventScroll: true });
      });
    }

    open() {
      if (!this.page.view) return;
      const { selected, open, info } = this.page;
      const scope = info && info.kind !== "op" && info.id === selected ? selected : open.length === 1 ? open[0] : null;
      const choices = {
        drawn: "What is drawn",
        ...(scope ? { scope: `Scope \u201c${scope}\u201d, all inside` } : {}),
        graph: "The whole graph, every op",
      };
      this.scope = scope;
      this.what.replaceChildren(...Object.entries(choices).map(([value, text]) => el("option", { value, text })));
      this.picture = opscope.graphParts.picture.standalone(this.page.drawing);
      this.tell();
      this.element.showModal();
    }

    // A dialog that is taken to another place is no longer modal.
    moved() {
      if (this.element.open) {
        this.element.removeAttribute("open");
        this.element.showModal();
      }
    }

    get name() {
      const { run } = this.page;
      return (run === "." ? "graph" : run).replace(/[^\w.-]+/g, "-");
    }

    // What a click on Save will give.
    tell() {
      const format = this.format.value,
        pictured = format === "svg" || format === "png",
        scale = Number(this.scale.value);
      this.whatField.hidden = pictured;
      this.scaleField.hidden = format !== "png";
      this.smaller.hidden = true;
      this.go.disabled = false;
      this.go.textContent = "Save";
      this.told.classList.remove("bad");
      const n = (value) => Math.round(value).toLocaleString("en");
      if (format === "svg")
        this.told.textContent = `${n(this.picture.width)} \u00d7 ${n(this.picture.height)}, with its colours in it.`;
      else if (format === "png") {
        this.go.disabled = !(scale > 0);
        if (this.go.disabled) {
          this.told.textContent = "How many times its size? A number above 0.";
          return;
        }
        this.plan = opscope.graphParts.picture.plan(this.picture, scale);
        const { width, height, columns, rows, fits } = this.plan,
          tiles = columns * rows;
        this.told.textContent =
          `${n(width)} \u00d7 ${n(height)} pixels` +
          (tiles > 1
            ? `: more than a browser draws at once. It comes as ${tiles} files, ${columns} beside each other and ${rows} below; up to ${fits} times its size it is one.`
            : ".");
        if (tiles > 1) {
          this.told.classList.add("bad");
          this.go.textContent = `Save ${tiles} files`;
          this.smaller.hidden = false;
          this.smaller.textContent = `Take ${fits} times`;
        }
      } else
        this.told.textContent =
          this.what.value === "drawn"
            ? "Boxes and lines as they are drawn; open scopes as groups."
            : "Every op with its op type, device, dtype and shapes; every edge.";
    }

    async save() {
      const format = this.format.value;
      this.go.disabled = true;
      try {
        if (format === "svg")
          save(
            new Blob([opscope.graphParts.picture.text(this.picture)], { type: "image/svg+xml" }),
            `${this.name}.svg`,
          );
        else if (format === "png") {
          const { plan } = this,
            several = plan.columns * plan.rows > 1;
          let done = 0;
          for await (const { blob, row, column } of opscope.graphParts.picture.png(
            this.picture,
            Number(this.scale.value),
            plan,
          )) {
            save(blob, `${this.name}${several ? `-${row + 1}-${column + 1}` : ""}.png`);
            if (several) this.told.textContent = `${++done} of ${plan.columns * plan.rows} files`;
          }
        } else await this.ask(format);
        this.element.close();
      } catch (error) {
        this.told.classList.add("bad");
        this.told.textContent = `Not saved: ${error.message}`;
      } finally {
        this.go.disabled = false;
      }
    }

    // What the server writes comes with its own name.
    async ask(format) {
      const what = this.what.value,
        name = what === "scope" ? this.scope : null;
      const answer = await fetch(opscope.url("/api/graph/export", { ...this.page.query, format, what, name }));
      if (!answer.ok) throw new Error((await answer.json()).error ?? answer.statusText);
      save(
        await answer.blob(),
        /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition"))?.[1] ?? `${this.name}.${format}`,
      );
    }
  }

  Object.assign((opscope.graphParts ??= {}), { Export });
})();
