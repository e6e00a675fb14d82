// In a report there is no server: the pages' scripts find their answers in the file.
(() => {
  const data = JSON.parse(document.getElementById("report-data").textContent),
    made = {},
    open = {};
  const list = (value) => (value == null ? [] : [].concat(value)),
    number = (value) => typeof value === "number";
  const numbers = (values) => values.filter(number);

  const nearest = (series, x, at) => {
    if (at == null || !x.length) return null;
    let best = 0;
    for (let i = 1; i < x.length; i++) if (Math.abs(x[i] - at) < Math.abs(x[best] - at)) best = i;
    return {
      step: series.step[best],
      wall: series.wall[best],
      value: series.value[best],
      smoothed: series.smoothed?.[best],
    };
  };

  // Figures over a range; where not every point is here, they are not known.
  const stats = (series, inside) => {
    if (!series.whole) return null;
    const kept = inside.filter((i) => number(series.value[i])),
      values = kept.map((i) => series.value[i]);
    if (!kept.length) return null;
    const min = Math.min(...values),
      max = Math.max(...values),
      step = (value) => series.step[kept[values.indexOf(value)]];
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    return {
      count: values.length,
      first: values[0],
      first_step: series.step[kept[0]],
      last: values.at(-1),
      last_step: series.step[kept.at(-1)],
      min,
      min_step: step(min),
      max,
      max_step: step(max),
      mean,
      std,
    };
  };

  // What the route of curves would answer.
  const curves = ({ tag, run, axis, low, high, smoothing, at }) => {
    const found = list(tag).flatMap((one) => list(run).flatMap((of) => data.curves[one]?.[of] ?? [])),
      zoomed = low != null;
    const ranges = [],
      series = found.map((each) => {
        const smoothed = smoothing > 0 ? each.smoothed : null,
          x = axis === "step" ? each.step : axis === "wall" ? each.wall : each.wall.map((time) => time - each.start);
        const shown = { ...each, smoothed, at: nearest(each, x, at) };
        if (!zoomed) {
          ranges.push(each.ranges);
          return shown;
        }
        const inside = x.flatMap((place, i) => (place >= low && place <= high ? [i] : []));
        const values = numbers([each.value, smoothed ?? []].flatMap((column) => inside.map((i) => column[i]))),
          above = values.filter((value) => value > 0),
          sizes = values.filter(Boolean).map(Math.abs);
        const extent = values.length ? [Math.min(...values), Math.max(...values)] : null;
        ranges.push({
          extent,
          robust: extent,
          positive: above.length ? Math.min(...above) : null,
          smallest: sizes.length ? Math.min(...sizes) : null,
        });
        return { ...shown, stats: stats(each, inside) };
      });
    const over = (name, pick) => {
      const known = ranges.map((one) => one[name]).filter((one) => one != null);
      return known.length ? pick(known) : null;
    };
    const ends = (known) => [Math.min(...known.map(([from]) => from)), Math.max(...known.map(([, to]) => to))],
      least = (known) => Math.min(...known);
    return {
      axis,
      series,
      extent: over("extent", ends),
      robust: over("robust", ends),
      positive: over("positive", least),
      smallest: over("smallest", least),
    };
  };

  const key = (path, { tag, run, index, sample }) =>
    [path, ...[run, tag, index, sample].flatMap((word) => list(word).slice(0, 1))].join("\n");

  opscope.json = async (path, query = {}) => {
    const page = /^\/api\/(\w+)\/tags$/.exec(path)?.[1];
    const found = page
      ? data.tags[page]
      : path === "/api/scalars/curves"
        ? curves(query)
        : data.answers[key(path, query)];
    if (!found) throw new Error("This is not in the file.");
    return found;
  };
  opscope.url = (path, query) => data.answers[key(path, query ?? {})] ?? "#";
  opscope.remember = () => {}; // a file's address cannot be changed
  opscope.early = { host: () => null, drawn() {}, done() {} };
  opscope.alerts = { of: () => [], fill() {} };
  opscope.settings = { read: (defaults) => ({ ...defaults }), write() {} };

  // The pages as they are, without the controls whose answers are not in the file.
  const fitted = {
    scalars: (Page) =>
      class extends Page {
        static defaults = { ...Page.defaults, smoothing: data.smoothing };
        settings() {
          const { controls } = opscope,
            { state } = this,
            words = `Smoothed by ${data.smoothing}, over all points`;
          super.settings(); // it keeps those that show() looks after
          return [
            ...(data.smoothing
              ? [controls.toggle(words, true, (on) => this.set({ smoothing: on ? data.smoothing : 0 }))]
              : []),
            controls.toggle(
              "Ignore outliers",
              state.outliers,
              this.setter("outliers"),
              "A few extreme points do not stretch the axis",
            ),
            controls.segmented("Horizontal axis", opscope.timeAxes, state.axis, this.setter("axis")),
          ];
        }
        tools() {
          return [];
        }
        card(item) {
          const card = super.card(item),
            menu = card.menu.querySelector(".menu-list");
          // Pictures can be had; points are the logdir's.
          card.menu.addEventListener("toggle", () => {
            for (const part of [...menu.children].slice(2)) part.remove();
          });
          return card;
        }
      },
    histograms: (Page) =>
      class extends Page {
        settings() {
          const { controls } = opscope,
            { state } = this;
          return [
            controls.segmented(
              "Mode",
              [
                ["offset", "Offset"],
                ["overlay", "Overlay"],
              ],
              state.mode,
              this.setter("mode"),
            ),
            controls.segmented("Time axis", opscope.timeAxes, state.axis, this.setter("axis")),
            controls.toggle(
              "Logarithmic heights",
              state.log,
              this.setter("log"),
              "Rare values are seen beside frequent ones",
            ),
          ];
        }
      },
    distributions: (Page) =>
      class extends Page {
        settings() {
          return [
            opscope.controls.segmented("Horizontal axis", opscope.timeAxes, this.state.axis, this.setter("axis")),
          ];
        }
      },
    text: (Page) =>
      class extends Page {
        settings() {
          return [
            opscope.controls.toggle(
              "Link by step",
              this.state.link,
              this.setter("link"),
              "All cards show the step chosen in one",
            ),
          ];
        }
      },
  };

  // One page at a time, the one that the address names; it is made when it is first shown.
  const show = () => {
    const parts = [...document.querySelectorAll("[data-page]")],
      asked = location.hash.slice(1);
    const name = parts.some((part) => part.dataset.page === asked) ? asked : "overview";
    for (const part of parts) part.hidden = part.dataset.page !== name;
    for (const tab of document.querySelectorAll(".tab")) {
      const current = tab.hash === `#${name}`;
      tab.classList.toggle("current", current);
      if (current) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
    if (!made[name] || open[name]) return;
    const Page = fitted[name]?.(made[name]) ?? made[name],
      [side, body] = ["side", "body"].map((part) => document.getElementById(`${name}-${part}`));
    open[name] = opscope[name].page = new Page(name, side, body);
  };

  addEventListener("hashchange", show);
  document.addEventListener("DOMContentLoaded", show);
  // card_page.js sets this, too: what it sets is what a server's page needs.
  Object.defineProperty(opscope, "openPage", {
    configurable: true,
    set() {},
    get: () => (name, Page) => {
      made[name] = Page;
      opscope[name] = { page: null };
    },
  });
})();
