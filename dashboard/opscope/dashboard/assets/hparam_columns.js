// The columns of the hparams page: what each is called, its value in a row, its scale and colours.
(() => {
  const PALETTE = [
    "#0f9d8f",
    "#ef7d2d",
    "#7f68e0",
    "#e0457b",
    "#2f86d6",
    "#7aa52c",
    "#d9a406",
    "#b0523f",
    "#22aec6",
    "#b65bc4",
    "#6f8591",
    "#a5774a",
  ];
  const RAMP = [
    [68, 88, 201],
    [31, 147, 176],
    [53, 178, 124],
    [205, 178, 46],
    [238, 120, 44],
  ]; // told apart on white and on black
  const FEW = 12;

  const finite = (value) => typeof value === "number" && Number.isFinite(value);
  // Whole numbers to the last digit: seeds and sizes are told apart by it.
  const told = (value) =>
    value == null
      ? ""
      : typeof value === "number" && !(Number.isInteger(value) && Math.abs(value) < 1e15)
        ? opscope.number(value)
        : String(value);
  const exact = (value) => (value == null ? "" : String(value));
  // Numbers by size, words in natural order, what is missing last.
  const compare = (a, b) => {
    const rank = (v) => (finite(v) ? 0 : v === true || v === false || typeof v === "string" ? 1 : 2);
    return (
      rank(a) - rank(b) ||
      (finite(a) && finite(b) ? a - b : String(a ?? "").localeCompare(String(b ?? ""), undefined, { numeric: true }))
    );
  };

  class Column {
    // made: {id, title, hint, kind: "hparam" | "metric" | "fact", type: "number" | "string" | "bool" | "time", get(row)}
    constructor(made) {
      Object.assign(this, made);
    }

    get numeric() {
      return this.type === "number" || this.type === "time";
    }

    // The values of all rows: the range of the numbers, and every distinct value in order.
    study(rows) {
      const all = rows.map((row) => this.get(row)),
        known = all.filter((value) => value != null);
      this.distinct = [...new Set(known)].sort(compare);
      this.sorted = known.filter(finite).sort((a, b) => a - b);
      this.extent = this.sorted.length ? [this.sorted[0], this.sorted.at(-1)] : null;
      this.missing = known.length < all.length;
      this.odd = known.some((value) => this.numeric && !finite(value)); // NaN and the infinities
    }

    get few() {
      return this.distinct.length <= FEW;
    }
    text(row) {
      const value = this.get(row);
      return this.type === "time" && finite(value) ? opscope.moment(value) : told(value);
    }

    // Share of a value on a scale, from 0 to 1; null where it has no place there.
    place(value, scale) {
      if (!this.numeric) {
        const at = this.distinct.indexOf(value);
        return at < 0 ? null : this.distinct.length < 2 ? 0.5 : at / (this.distinct.length - 1);
      }
      if (!finite(value) || !this.extent) return null;
      const [low, high] = this.extent;
      if (scale === "quantile") {
        const first = this.sorted.findIndex((each) => each >= value),
          last = this.sorted.findLastIndex((each) => each <= value);
        return this.sorted.length < 2 ? 0.5 : (Math.max(first, 0) + Math.max(last, 0)) / 2 / (this.sorted.length - 1);
      }
      if (low === high) return 0.5;
      if (scale === "log" && low > 0) return (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low));
      return (value - low) / (high - low);
    }

    // The number at a share of the scale.
    value(share, scale) {
      const [low, high] = this.extent ?? [0, 1],
        at = Math.max(0, Math.min(1, share));
      if (scale === "quantile") {
        const i = at * (this.sorted.length - 1),
          under = Math.floor(i),
          rest = i - under;
        return this.sorted[under] + rest * ((this.sorted[under + 1] ?? this.sorted[under]) - this.sorted[under]);
      }
      if (scale === "log" && low > 0) return low * (high / low) ** at;
      return low + at * (high - low);
    }

    // [share, text] of a few places along the scale.
    ticks(scale, most) {
      if (!this.numeric) {
        const every = Math.max(1, Math.ceil(this.distinct.length / most));
        return this.distinct.flatMap((value, i) => (i % every ? [] : [[this.place(value), told(value)]]));
      }
      if (!this.extent) return [];
      const name = (at) => (this.type === "time" ? opscope.moment(at) : told(+at.toPrecision(4)));
      const [low, high] = this.extent;
      if (low === high) return [[0.5, name(low)]];
      if (scale === "quantile") return Array.from({ length: 5 }, (_, i) => [i / 4, name(this.value(i / 4, scale))]);
      // A few values that stand well apart are told themselves.
      const apart = this.distinct.every(
        (at, i) => !i || this.place(at, scale) - this.place(this.distinct[i - 1], scale) > 0.7 / most,
      );
      if (this.type !== "time" && this.few && this.distinct.every(finite) && apart)
        return this.distinct.map((at) => [this.place(at, scale), told(at)]);
      if (this.type === "time") return [0, 0.5, 1].map((at) => [at, name(this.value(at, scale))]);
      const made =
        scale === "log" && low > 0
          ? opscope.scales.log(low, high, 0, 1, most)
          : opscope.scales.linear(low, high, 0, 1, most);
      return made.ticks
        .filter(({ at }) => at >= low && at <= high)
        .map(({ at, text }) => [this.place(at, scale), text]);
    }

    colour(value, scale) {
      const share = this.place(value, scale);
      if (share === null) return "var(--ink-3)";
      return this.numeric ? ramp(share) : PALETTE[this.distinct.indexOf(value) % PALETTE.length];
    }
  }

  const ramp = (share) => {
    const at = Math.max(0, Math.min(1, share)) * (RAMP.length - 1),
      i = Math.min(RAMP.length - 2, Math.floor(at)),
      part = at - i;
    return `rgb(${RAMP[i].map((from, c) => Math.round(from + part * (RAMP[i + 1][c] - from))).join(" ")})`;
  };
  const gradient = `linear-gradient(90deg, ${[0, 0.25, 0.5, 0.75, 1].map(ramp).join(", ")})`;

  // The columns that a table of the server has; `value` names the figure of a metric.
  const columns = (table, value) => [
    ...table.hparams.map(
      ({ id, name, title, description, type }) =>
        new Column({
          id,
          title,
          hint: [name === title ? "" : name, description].filter(Boolean).join("\n"),
          kind: "hparam",
          type,
          get: (row) => (type === "string" ? stringOf(row.hparams[name]) : row.hparams[name]),
        }),
    ),
    ...table.metrics.map(
      ({ id, title, tag, description, declared, dataset }) =>
        new Column({
          id,
          title,
          hint: [tag === title ? "" : tag, description, dataset && `Of the ${dataset} data`].filter(Boolean).join("\n"),
          kind: "metric",
          type: "number",
          declared,
          get: (row) => row.metrics[id]?.[value] ?? null,
        }),
    ),
    new Column({
      id: "status",
      title: "Status",
      hint: "What the run said of its end",
      kind: "fact",
      type: "string",
      get: (row) => row.status,
    }),
    new Column({ id: "started", title: "Started", hint: "", kind: "fact", type: "time", get: (row) => row.started }),
    new Column({
      id: "took",
      title: "Took (s)",
      hint: "Seconds from start to end, where both are known",
      kind: "fact",
      type: "number",
      get: (row) => (row.started && row.ended ? row.ended - row.started : null),
    }),
  ];
  const stringOf = (value) => (value == null ? value : String(value));

  const AGGREGATES = {
    mean: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
    median: (values) => {
      const sorted = [...values].sort((a, b) => a - b),
        half = sorted.length >> 1;
      return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    },
    least: (values) => Math.min(...values),
    greatest: (values) => Math.max(...values),
  };

  // A row for each group of sessions: what its sessions agree on, and metrics over all of them.
  const grouped = (sessions, aggregate) => {
    const groups = new Map();
    for (const session of sessions) groups.set(session.group, [...(groups.get(session.group) ?? []), session]);
    const agreed = (values) => {
      const found = [...new Set(values.filter((v) => v != null))];
      return found.length > 1 ? found.map(told).join(", ") : (found[0] ?? null);
    };
    const edge = (members, key, of) => {
      const known = members.map((member) => member[key]).filter((at) => at != null);
      return known.length ? of(...known) : null;
    };
    return [...groups].map(([name, members]) => {
      if (members.length === 1) return members[0];
      const names = (key) => new Set(members.flatMap((member) => Object.keys(member[key])));
      const figure = (id, key) => {
        const values = members.map(({ metrics }) => metrics[id]?.[key]).filter((v) => v != null);
        return values.every(finite)
          ? values.length
            ? AGGREGATES[aggregate](values)
            : null
          : values.find((v) => !finite(v));
      };
      return {
        run: name,
        members: members.length,
        runs: members.flatMap(({ runs }) => runs),
        colour: members[0].colour,
        group: name,
        status: agreed(members.map(({ status }) => status)),
        started: edge(members, "started", Math.min),
        ended: edge(members, "ended", Math.max),
        hparams: Object.fromEntries(
          [...names("hparams")].map((key) => [key, agreed(members.map(({ hparams }) => hparams[key]))]),
        ),
        metrics: Object.fromEntries(
          [...names("metrics")].map((id) => [
            id,
            Object.fromEntries(["last", "min", "max"].map((key) => [key, figure(id, key)])),
          ]),
        ),
      };
    });
  };

  opscope.hparamColumns = {
    columns,
    grouped,
    gradient,
    compare,
    finite,
    told,
    exact,
    AGGREGATES: Object.keys(AGGREGATES),
  };
})();
