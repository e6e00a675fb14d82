// Runs that belong together: by folder, by what a regular expression finds in their names, or by
// the value of a hyperparameter.
(() => {
  const OTHERS = "(others)";

  // `by` is "folder", "regex:..." or "hparam:NAME"; of an expression the captures, or all it
  // matched, are the name. settings: for each run its hyperparameters by name.
  const grouping = (by, settings = {}) => {
    if (by.startsWith("hparam:")) {
      const name = by.slice(7);
      return (run) => {
        const value = settings[run]?.[name];
        return value == null ? OTHERS : `${name} ${typeof value === "number" ? opscope.number(value) : value}`;
      };
    }
    if (by.startsWith("regex:")) {
      const found = opscope.pattern(by.slice(6));
      return (run) => {
        const match = by.length > 6 ? found?.exec(run) : null;
        return match
          ? match
              .slice(1)
              .filter((part) => part != null)
              .join(" ") ||
              match[0] ||
              OTHERS
          : OTHERS;
      };
    }
    return (run) => (run.includes("/") ? run.slice(0, run.lastIndexOf("/")) : run);
  };

  // Each group's colour, of those that the runs have.
  const colours = (runs, groupOf) => {
    const palette = [...new Set(runs.map(({ colour }) => colour))],
      found = new Map();
    for (const { run } of runs) {
      const group = groupOf(run);
      if (!found.has(group)) found.set(group, palette[found.size % palette.length]);
    }
    return found;
  };

  opscope.runGroups = { grouping, colours };
})();
