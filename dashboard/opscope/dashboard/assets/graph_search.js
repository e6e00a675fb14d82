// Search of the graph: what is asked, the list of hits, the marks on the drawing.
(() => {
  const { el } = opscope;
  const WAIT_MS = 70;

  class Search {
    // page: { query(), hits(marks or null), select(name), focus() }
    constructor(page) {
      this.page = page;
      this.asked = 0;
      this.query = el("input", {
        id: "graph-search",
        type: "search",
        placeholder: "Name, pattern or op:MatMul",
        title:
          "A part of a name or a regular expression; or op:MatMul, device:GPU, dtype:int64, shape:?x784, attr:NAME:VALUE, like:SCOPE",
        autocomplete: "off",
        spellcheck: "false",
        "aria-label": "Search nodes",
        "aria-controls": "graph-hits",
      });
      this.list = el("ul", { id: "graph-hits", class: "hits", hidden: true });
      this.found = el("p", { class: "found dim", role: "status" });
      this.elements = [
        el("div", { class: "search" }, el("span", { class: "icon icon-search small" }), this.query),
        this.found,
        this.list,
      ];
      let wait = 0;
      this.query.addEventListener("input", () => {
        clearTimeout(wait);
        wait = setTimeout(() => this.run(), WAIT_MS);
      });
      this.query.addEventListener("keydown", (e) => {
        if (e.key === "Escape") {
          this.find("");
          this.page.focus();
        }
        if (e.key === "Enter") this.next();
        if (e.key === "ArrowDown") {
          e.preventDefault();
          this.list.querySelector("button")?.focus();
        }
      });
      this.list.addEventListener("keydown", (e) => {
        const row = e.target.closest("li"),
          next =
            e.key === "ArrowDown" ? row?.nextElementSibling : e.key === "ArrowUp" ? row?.previousElementSibling : null;
        if (next) {
          e.preventDefault();
          next.querySelector("button").focus();
        } else if (e.key === "Escape" || (e.key === "ArrowUp" && row)) this.query.focus();
      });
    }

    say(text) {
      this.found.textContent = text;
    }

    find(text) {
      this.query.value = text;
      return this.run();
    }

    async run() {
      const { count, leaf } = opscope.graphParts,
        q = this.query.value.trim(),
        mine = ++this.asked;
      if (!q) {
        this.list.hidden = true;
        this.list.replaceChildren();
        this.say("");
        this.hits = [];
        this.page.hits(null);
        return;
      }
      const result = await opscope.json("/api/graph/search", { ...this.page.query(), q });
      if (mine !== this.asked) return;
      this.at = -1;
      this.hits = result.hits;
      this.page.hits({ marks: result.marks });
      this.say(
        result.total
          ? `${count(result.total)} found` +
              (result.total > result.hits.length ? `, the first ${result.hits.length} are listed` : "")
          : "Nothing found",
      );
      this.list.hidden = !result.hits.length;
      this.list.replaceChildren(
        ...result.hits.map((hit) => {
          const above = hit.id.slice(0, hit.id.length - leaf(hit.id).length);
          return el(
            "li",
            {},
            el(
              "button",
              { type: "button", "data-hit": hit.id, title: hit.id, onclick: () => this.page.select(hit.id) },
              el("span", { class: "leaf", text: leaf(hit.id) }),
              el("span", { class: "dim tag", text: hit.op ?? `${count(hit.count)} ops` }),
              above ? el("span", { class: "dim above", text: above.slice(0, -1) }) : null,
            ),
          );
        }),
      );
    }

    next() {
      if (!this.hits?.length) return;
      this.at = (this.at + 1) % this.hits.length;
      this.page.select(this.hits[this.at].id);
    }
  }

  Object.assign((opscope.graphParts ??= {}), { Search });
})();
