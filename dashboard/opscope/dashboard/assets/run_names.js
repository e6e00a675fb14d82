// What the reader calls runs, and which he does not want to see: kept in this browser.
(() => {
  const KEY = "opscope:runs";
  const read = () => { try { return { names: {}, hidden: [], ...JSON.parse(localStorage.getItem(KEY)) }; } catch { return { names: {}, hidden: [] }; } };
  const kept = read();
  const save = () => { try { localStorage.setItem(KEY, JSON.stringify(kept)); } catch { /* private window */ } };

  opscope.runNames = {
    told: (run) => kept.names[run] ?? (run === "." ? "(the logdir itself)" : run),
    renamed: (run) => run in kept.names,
    rename: (run, name) => { if (name && name !== run) kept.names[run] = name; else delete kept.names[run]; save(); },
    hidden: (run) => kept.hidden.includes(run),
    hide: (run) => { if (!kept.hidden.includes(run)) kept.hidden.push(run); save(); },
    unhide: (runs) => { kept.hidden = kept.hidden.filter((run) => !runs.includes(run)); save(); },
  };
})();
