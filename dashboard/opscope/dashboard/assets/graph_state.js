// What somebody chose to see of the graph: open scopes, what is hidden, isolated or moved; undone and redone.
(() => {
  const LISTS = { open: "e", hidden: "x", isolated: "i", aside: "a", main: "m", apart: "u", together: "g", flow: "d" };
  const KEPT = 100;

  class Choices {
    constructor(query) {
      for (const [name, word] of Object.entries(LISTS)) this[name] = query.getAll(word).filter(Boolean);
      // Several open scopes may stand in one word, as they did in addresses of earlier versions.
      this.open = this.open.flatMap((names) => names.split(","));
      this.past = [];
      this.future = [];
    }

    // The words of requests; the address gives only the innermost open scopes.
    get words() {
      return Object.fromEntries(Object.entries(LISTS).map(([name, word]) => [word, this[name]]));
    }

    get key() {
      return JSON.stringify(this.words);
    }

    snapshot() {
      return Object.fromEntries(Object.keys(LISTS).map((name) => [name, this[name]]));
    }

    // Change lists; can be undone.
    change(lists) {
      this.past.push(this.snapshot());
      if (this.past.length > KEPT) this.past.shift();
      this.future = [];
      Object.assign(this, lists);
    }

    // Take what the server made of it; nothing to undo.
    settle(lists) {
      Object.assign(this, lists);
    }

    undo() {
      return this.swap(this.past, this.future);
    }
    redo() {
      return this.swap(this.future, this.past);
    }

    swap(from, to) {
      if (!from.length) return false;
      to.push(this.snapshot());
      Object.assign(this, from.pop());
      return true;
    }

    // For another graph; the direction of the flow stays.
    clear() {
      for (const name of Object.keys(LISTS)) if (name !== "flow") this[name] = [];
      this.past = [];
      this.future = [];
    }
  }

  const without = (list, names) => list.filter((name) => !names.includes(name));
  const with_ = (list, names) => [...without(list, names), ...names];

  Object.assign((opscope.graphParts ??= {}), { Choices, without, with_ });
})();
