// What is chosen on the hparams page: filters, scales of the axes, and how a row is told and coloured.
(() => {
  const filters = opscope.hparamFilters;

  class HparamChoices {
    setRule(column, change) {
      this.setRules([[column, change]]);
    }

    // A change of null takes the rule of a column away.
    setRules(changes) {
      for (const [column, change] of changes) {
        const rule =
          change &&
          Object.fromEntries(
            Object.entries({ ...this.rules.get(column.id), ...change }).filter(([, value]) => value != null),
          );
        if (filters.empty(rule)) this.rules.delete(column.id);
        else this.rules.set(column.id, rule);
      }
      filters.remember(this.rules);
      this.draw();
    }

    clear() {
      this.rules.clear();
      filters.remember(this.rules);
      this.body.querySelector(".filter input").value = "";
      if (this.only) {
        this.only = null;
        opscope.remember({ run: null });
        this.study();
      }
      this.set({ runs: "" });
    }

    setScale(column, scale) {
      this.scales.set(column.id, scale);
      opscope.remember({ scale: [...this.scales].map((pair) => JSON.stringify(pair)) });
      this.draw();
    }

    // What is chosen, else logarithmic where a hyperparameter spans two powers of ten or more.
    scaleOf(column) {
      const [low, high] = column.extent ?? [0, 0],
        asked = this.scales.get(column.id);
      if (["linear", "log", "quantile"].includes(asked) && (asked !== "log" || low > 0)) return asked;
      return column.kind === "hparam" && low > 0 && high >= 100 * low ? "log" : "linear";
    }

    named(row) {
      return row.members ? row.run : opscope.runNames.told(row.run);
    }
    colour(row) {
      return this.colourBy
        ? this.colourBy.colour(this.colourBy.get(row), this.scaleOf(this.colourBy))
        : (opscope.runNames.painted(row.run) ?? row.colour);
    }
    scalarsOf(row) {
      return opscope.url("/scalars", { run: row.runs });
    }
    facts(row) {
      return [
        [row.members ? "Group" : "Session", this.named(row)],
        ...this.shown.map((column) => [column.title, column.text(row) || "–"]),
      ];
    }
  }

  opscope.HparamChoices = HparamChoices;
})();
