// What the reader calls runs, how he paints them, and which he does not want to see: kept in this browser.
(() => {
  const KEY = "opscope:runs",
    NONE = { names: {}, hidden: [], colours: {} };
  const read = () => {
    try {
      return { ...NONE, ...JSON.parse(localStorage.getItem(KEY)) };
    } catch {
      return { ...NONE };
    }
  };
  const kept = read();
  const save = () => {
    try {
      localStorage.setItem(KEY, JSON.stringify(kept));
    } catch {
      /* private window */
    }
  };

  opscope.runNames = {
    told: (run) => kept.names[run] ?? (run === "." ? "(the logdir itself)" : run),
    renamed: (run) => run in kept.names,
    rename: (run, name) => {
      if (name && name !== run) kept.names[run] = name;
      else delete kept.names[run];
      save();
    },
    painted: (run) => kept.colours[run],
    get anyPainted() {
      return Object.keys(kept.colours).length > 0;
    },
    paint: (run, colour) => {
      kept.colours[run] = colour;
      save();
    },
    unpaint: () => {
      kept.colours = {};
      save();
    },
    hidden: (run) => kept.hidden.includes(run),
    hide: (run) => {
      if (!kept.hidden.includes(run)) kept.hidden.push(run);
      save();
    },
    unhide: (runs) => {
      kept.hidden = kept.hidden.filter((run) => !runs.includes(run));
      save();
    },
  };
})();
