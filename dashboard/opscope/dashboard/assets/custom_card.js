// One card of a layout: curves of all tags that its expressions match, or curves with a margin.
(() => {
  // Python's way of writing an expression, as far as it differs; it matches from the start of a tag.
  const expression = (text) => {
    const flags = /^\(\?([ims]+)\)/.exec(text),
      source = text
        .slice(flags?.[0].length ?? 0)
        .replaceAll("(?P<", "(?<")
        .replace(/\(\?P=(\w+)\)/g, "\\k<$1>")
        .replaceAll("\\A", "^")
        .replaceAll("\\Z", "$");
    try {
      return new RegExp(`^(?:${source})`, flags?.[1]);
    } catch (error) {
      return error;
    }
  };

  // What a chart shows of these tags: each once, in the order of the expressions; and what is wrong.
  const matched = (chart, tags) => {
    if (chart.kind === "margin") {
      const named = chart.series.flatMap(({ value, lower, upper }) => [value, lower, upper]);
      return {
        tags: [...new Set(named)].filter((tag) => tags.includes(tag)),
        wrong: [...new Set(named)].filter((tag) => !tags.includes(tag)).map((tag) => `no tag is called ${tag}`),
      };
    }
    const found = new Set(),
      wrong = [];
    for (const text of chart.tags) {
      const regex = text ? expression(text) : new Error("it is empty");
      if (regex instanceof Error) {
        wrong.push(`not a regular expression: ${text || "(empty)"}`);
        continue;
      }
      const own = tags.filter((tag) => regex.test(tag));
      if (!own.length) wrong.push(`no tag matches ${text}`);
      own.forEach((tag) => found.add(tag));
    }
    return { tags: [...found], wrong };
  };

  // Heights of a curve at other places, by straight lines; null outside of it.
  const read = (x, heights, places) => {
    let i = 0;
    return places.map((at) => {
      while (i < x.length - 1 && x[i + 1] < at) i++;
      const [a, b] = [heights[i], heights[Math.min(i + 1, x.length - 1)]];
      if (!x.length || at < x[0] || at > x.at(-1) || typeof a !== "number") return null;
      if (at === x[i] || x[i + 1] === undefined || typeof b !== "number") return a;
      return a + ((at - x[i]) / (x[i + 1] - x[i] || 1)) * (b - a);
    });
  };

  opscope.CustomCard = class extends opscope.ScalarCard {
    constructor(item, page) {
      super({ ...item, chart: true }, page);
      const { el } = opscope;
      Object.assign(this, { layout: item.layout, wrong: item.wrong });
      this.pinButton.remove(); // the layout says what stands here
      this.list = el("ul", { class: "matches" });
      this.counted = el("summary", {});
      this.matches = el("details", { class: "more match-list" }, this.counted, this.list);
      this.element.append(this.matches);
      this.fillKey();
      this.tellMatches();
    }

    // Tags came or went.
    retag({ tags, wrong }) {
      const before = JSON.stringify([this.tags, this.wrong]);
      if (before === JSON.stringify([tags, wrong])) return;
      Object.assign(this, { tags, wrong, tag: tags[0] });
      this.fillKey();
      this.tellMatches();
      this.refresh();
    }

    // Which dashes are which tag; of margins, those that have a line.
    fillKey() {
      const { layout, tags } = this,
        shown =
          layout.kind === "margin" ? tags.filter((tag) => layout.series.some(({ value }) => value === tag)) : tags;
      this.key.hidden = shown.length < 2;
      this.key.replaceChildren(...shown.map((tag) => opscope.el("li", {}, this.swatch(tag), tag)));
    }

    dashed(tag) {
      if (this.layout?.kind !== "margin") return super.dashed(tag);
      return this.layout.series.length > 1
        ? opscope.scalarPlot.dash(this.layout.series.findIndex(({ value }) => value === tag))
        : null;
    }

    // Every curve by run and tag, and what found nothing.
    tellMatches() {
      const { el } = opscope,
        { page, tags } = this,
        runs = page.runsOf(tags);
      const pairs = tags.flatMap((tag) =>
        runs.filter((run) => page.byTag.get(tag).has(run)).map((run) => ({ run, tag })),
      );
      this.counted.textContent = `${pairs.length} match${pairs.length === 1 ? "" : "es"}${this.wrong.length ? `, ${this.wrong.length} without any` : ""}`;
      this.counted.classList.toggle("wrong", this.wrong.length > 0);
      this.list.replaceChildren(
        ...this.wrong.map((text) => el("li", { class: "wrong", text })),
        ...pairs.map(({ run, tag }) =>
          el(
            "li",
            { style: `--run:${page.colour(run)}` },
            this.swatch(tag),
            el("span", { text: tag }),
            el("bdi", { text: page.named(run) }),
          ),
        ),
      );
    }

    query(points) {
      const query = super.query(points);
      if (this.layout.kind === "margin") {
        delete query.group;
        delete query.spread;
      }
      return query;
    }

    async load() {
      if (this.tags.length) return super.load();
      this.stale = false;
      this.note.textContent = "No tag matches.";
      this.page.firstDrawn();
    }

    draw() {
      if (this.layout.kind === "margin" && !this.data.margins) this.data = this.margins(this.data);
      super.draw();
      this.tellMatches();
    }

    // The curves of the values, each with the area between the lower and the upper one.
    margins(data) {
      const of = (run, tag) => data.series.find((series) => series.run === run && series.tag === tag);
      const heights = (series) => series.smoothed ?? series.value;
      const x = ({ step, wall, start }) =>
        data.axis === "step" ? step : data.axis === "wall" ? wall : wall.map((time) => time - start);
      const runs = [...new Set(data.series.map(({ run }) => run))];
      const series = this.layout.series.flatMap(({ value, lower, upper }) =>
        runs.flatMap((run) => {
          const [middle, low, high] = [value, lower, upper].map((tag) => of(run, tag));
          if (!middle) return [];
          if (!low || !high) return [middle];
          const places = x(middle),
            [under, over] = [low, high].map((each) => read(x(each), heights(each), places));
          return [{ ...middle, margin: { x: places, low: under, high: over } }];
        }),
      );
      return { ...data, series, margins: true };
    }

    options(width, height) {
      const made = super.options(width, height);
      return this.layout.kind === "margin"
        ? { ...made, label: `${this.title}: ${this.data.series.length} curves with margins` }
        : made;
    }
  };
  opscope.customMatches = matched;
})();
