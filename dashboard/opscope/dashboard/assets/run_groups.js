// Runs that belong together: by folder, or by what a regular expression finds in their names.
(() => {
  // `by` is "folder" or "regex:..."; the captures of the expression, or all it matched, are the name.
  const grouping = (by) => {
    const text = by.startsWith("regex:") ? by.slice(6) : null, found = text ? opscope.pattern(text) : null;
    return (run) => {
      if (text !== null) {
        const match = found?.exec(run);
        return match ? match.slice(1).filter((part) => part != null).join(" ") || match[0] || "(others)" : "(others)";
      }
      return run.includes("/") ? run.slice(0, run.lastIndexOf("/")) : run;
    };
  };

  // Each group's colour, of those that the runs have.
  const colours = (runs, groupOf) => {
    const palette = [...new Set(runs.map(({ colour }) => colour))], found = new Map();
    for (const { run } of runs) { const group = groupOf(run); if (!found.has(group)) found.set(group, palette[found.size % palette.length]); }
    return found;
  };

  opscope.runGroups = { grouping, colours };
})();
