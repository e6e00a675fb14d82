// Cards in groups by the part of the tag before its first "/"; a card is told when it is in view.
(() => {
  const TOP = "Top level"; // tags without a prefix: a group for each would be a page of headings

  opscope.CardGrid = class {
    // make(item) gives a card: {element, show(), hide(), refresh(), redraw(), dispose()}.
    constructor(host, make) {
      this.host = host;
      this.make = make;
      this.cards = new Map();
      this.closed = new Set(opscope.query().getAll("closed"));
      this.observer = new IntersectionObserver(
        (entries) => {
          for (const entry of entries) {
            const card = this.cards.get(entry.target.dataset.key);
            if (card) entry.isIntersecting ? card.show() : card.hide();
          }
        },
        { rootMargin: "240px 0px" },
      );
      host.replaceChildren();
    }

    // items: [{key, tag, group}], in order; without a group it is the tag's. Cards that stay are kept as they are, zoom and all.
    set(items) {
      const { el } = opscope,
        groups = new Map();
      const prefixes = new Set(
        items.filter(({ tag, group }) => !group && tag.includes("/")).map(({ tag }) => tag.split("/", 1)[0]),
      );
      for (const item of items) {
        const first = item.tag.split("/", 1)[0],
          name = item.group ?? (prefixes.has(first) ? first : TOP);
        if (!groups.has(name)) groups.set(name, []);
        groups.get(name).push(item);
      }
      const kept = new Set(items.map((item) => item.key));
      for (const [key, card] of this.cards)
        if (!kept.has(key)) {
          this.observer.unobserve(card.element);
          card.dispose();
          card.element.remove();
          this.cards.delete(key);
        }
      const sections = [];
      for (const [name, members] of groups) {
        let section = [...this.host.children].find((child) => child.dataset.group === name);
        section ??= this.group(name);
        section.querySelector(".group-count").textContent = members.length;
        section.dataset.cards = members.length; // small groups share a row
        const grid = section.querySelector(".grid");
        members.forEach((item, place) => {
          let card = this.cards.get(item.key);
          if (!card) {
            card = this.make(item);
            card.element.dataset.key = item.key;
            this.cards.set(item.key, card);
            this.observer.observe(card.element);
          }
          if (grid.children[place] !== card.element) grid.insertBefore(card.element, grid.children[place] ?? null);
        });
        sections.push(section);
      }
      const gone = [...this.host.children].filter((child) => !sections.includes(child));
      gone.forEach((child) => child.remove());
      sections.forEach((section, place) => {
        if (this.host.children[place] !== section) this.host.insertBefore(section, this.host.children[place] ?? null);
      });
      if (!items.length) this.host.replaceChildren(el("p", { class: "nothing", text: "No tag matches." }));
    }

    group(name) {
      const { el } = opscope;
      const head = el(
        "button",
        { class: "group-head", type: "button", "aria-expanded": "true" },
        el("span", { class: "icon icon-chevron small" }),
        el("span", { class: "group-name", text: name }),
        el("span", { class: "group-count" }),
      );
      const section = el(
        "section",
        { class: "group", "data-group": name, "aria-label": name },
        el("h2", {}, head),
        el("div", { class: "grid" }),
      );
      const fold = (closed) => {
        section.classList.toggle("closed", closed);
        head.setAttribute("aria-expanded", String(!closed));
      };
      fold(this.closed.has(name));
      head.addEventListener("click", () => {
        this.closed.has(name) ? this.closed.delete(name) : this.closed.add(name);
        fold(this.closed.has(name));
        opscope.remember({ closed: [...this.closed] });
      });
      return section;
    }

    each(act) {
      for (const card of this.cards.values()) act(card);
    }
    dispose() {
      this.observer.disconnect();
      this.each((card) => card.dispose());
      this.cards.clear();
    }
  };
})();
