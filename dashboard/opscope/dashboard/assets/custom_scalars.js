// The custom scalars page: the charts of the layouts in the logdir, by category.
opscope.openPage(
  "custom_scalars",
  class extends opscope.ScalarsPage {
    static within = "charts";

    opened() {
      super.opened();
      [this.pins, this.charts] = [[], []];
    }

    build() {
      super.build();
      this.wrong = opscope.el("p", { class: "layout-wrong", role: "alert" });
      this.body.insertBefore(this.wrong, this.cards);
      this.tagFilter.input.placeholder = "Filter charts (regular expression)";
      this.tagFilter.input.setAttribute("aria-label", "Filter charts");
    }

    tools() {
      const { el, controls } = opscope;
      return [
        controls.menu(el("summary", { class: "plain-button", text: "Download" }), (list) =>
          opscope.scalarExport.fillAll(list, this),
        ),
        this.wideToggle(),
      ];
    }

    // A card for each chart that the filter finds by its title or one of its tags.
    list() {
      const { layout = [], wrong = [], tags: known } = this.index,
        filter = opscope.pattern(this.state.tags) ?? /(?:)/,
        tags = known.map(({ tag }) => tag);
      const all = layout.flatMap((category, place) =>
        category.charts.map((chart, number) => {
          const found = opscope.customMatches(chart, tags),
            name = `${category.title}/${chart.title}`;
          const twice = category.charts.slice(0, number).some(({ title }) => title === chart.title);
          return {
            ...found,
            key: `${place} ${number} ${name}`,
            tag: name,
            name: twice ? `${name} ${number + 1}` : name,
            title: chart.title || "(without a title)",
            layout: chart,
            group: category.title || "(without a title)",
          };
        }),
      );
      const items = all.filter(({ title, tags: own }) => filter.test(title) || own.some((tag) => filter.test(tag)));
      if (!this.folded) {
        this.folded = true;
        if (!opscope.query().has("closed"))
          for (const { title, closed } of layout) if (closed) this.grid.closed.add(title);
      }
      this.listed = [...new Set(items.flatMap(({ tags: own }) => own))];
      this.wrong.textContent = wrong.join("\n");
      this.wrong.hidden = !wrong.length;
      this.grid.set(items);
      for (const item of items) this.grid.cards.get(item.key).retag(item);
      this.summary.textContent = `${items.length} of ${all.length} charts`;
    }

    togglePin() {} // the layout says what stands where
    card(item) {
      return new opscope.CustomCard(item, this);
    }
  },
);
