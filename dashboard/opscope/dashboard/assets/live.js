// News of the logdir: how it is looked for, how often, and what the header says of it.
(() => {
  const KEY = "opscope:period",
    USUAL = 0.3,
    READING_MS = 150,
    DASH_MS = 3000; // period in seconds
  const SHARE = 2; // of the time at most half goes into drawing what is new
  const WORDS = { on: "live", busy: "reading", off: "away", still: "paused" };
  // A page that was sent filled shows this generation: what came after it is news at the first look.
  const sent = document.getElementById("early")?.dataset.generation;
  let generation = sent === undefined ? null : `true ${sent} null`,
    next = null,
    looked = null,
    reading = false;

  const part = (name) => document.getElementById(name) ?? document.getElementById(`early-${name}`);
  const kept = () => {
    try {
      const found = localStorage.getItem(KEY);
      return found === null ? USUAL : Number(found);
    } catch {
      return USUAL;
    }
  };
  let period = Number.isFinite(kept()) && kept() >= 0 ? kept() : USUAL;

  const tell = (state, title) => {
    const box = part("live");
    if (!box) return;
    box.dataset.state = state;
    const [words, sentence, choice] = [".live-told", ".live-state", "select"].map((place) => box.querySelector(place));
    if (words.textContent !== WORDS[state]) words.textContent = WORDS[state]; // read out when it changes
    sentence.textContent = `${title}${looked === null ? "" : `; last looked at ${looked.toLocaleTimeString()}`}.`;
    choice.value = String(period);
  };

  // Damaged places of the logdir: how many, and on a click which.
  const tellProblems = (count) => {
    const box = part("problems");
    if (!box) return;
    const [summary, list] = box.children;
    box.hidden = !count;
    summary.textContent = `${count} damaged place${count === 1 ? "" : "s"}`;
    box.ontoggle = async () => {
      if (!box.open) return;
      const found = await opscope.json("/api/problems");
      list.replaceChildren(
        ...found.map(({ file, offset, message }) => {
          const line = document.createElement("p"),
            place = document.createElement("code");
          place.textContent = `${file}, byte ${offset}`;
          line.append(place, document.createElement("br"), message);
          return line;
        }),
      );
    };
  };

  const tellReading = (read) => {
    const bar = document.getElementById("reading"),
      told = document.getElementById("reading-told");
    if (!bar || !told || !read?.[1]) return;
    [bar.value, bar.max] = read;
    told.textContent = `${(read[0] / 1e6).toFixed(1)} of ${(read[1] / 1e6).toFixed(1)} MB`;
  };

  // Dash redraws the tabs, which need not follow every step of a training.
  let dashed = -DASH_MS,
    later = null;
  const tellDash = (data) => {
    clearTimeout(later);
    later = setTimeout(
      () => {
        if (!document.getElementById("tabs")) {
          // it is about to start, and draws what is there by then
          tellDash(data);
          return;
        }
        dashed = performance.now();
        window.dash_clientside.set_props("generation", { data });
      },
      Math.max(50, dashed + DASH_MS - performance.now()),
    );
  };

  const look = async () => {
    let rest = 0;
    clearTimeout(next);
    if (!document.hidden) {
      try {
        const news = await opscope.json("/api/generation");
        looked = new Date();
        reading = !news.loaded;
        if (reading) tell("busy", "Reading the logdir");
        else if (period) tell("on", "Following the logdir");
        else tell("still", "Not following the logdir");
        tellProblems(news.problems);
        if (reading) tellReading(news.read);
        const key = `${news.loaded} ${news.generation} ${news.error}`;
        if (key !== generation) {
          tellDash(news.generation);
          const known = generation,
            began = performance.now();
          generation = key;
          if (known !== null) {
            opscope.tell("generation", news.generation);
            await opscope.settled();
            rest = (SHARE - 1) * (performance.now() - began);
          }
        }
      } catch {
        tell("off", "The server does not answer: it may have been stopped");
      }
    }
    clearTimeout(next);
    if (reading) next = setTimeout(look, READING_MS);
    else if (period) next = setTimeout(look, Math.max(rest, period * 1000));
  };

  // The server reads what was added, and then the page looks.
  const now = async () => {
    try {
      await fetch(opscope.url("/api/reload"), { method: "POST" });
    } catch {
      /* look() tells it */
    }
    await look();
  };

  document.addEventListener("change", ({ target }) => {
    if (target !== part("live-period")) return;
    period = Number(target.value);
    try {
      localStorage.setItem(KEY, String(period));
    } catch {
      /* private window */
    }
    look();
  });
  document.addEventListener("click", ({ target }) => {
    if (target === part("live-now")) now();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && (period || looked === null)) look();
  });
  addEventListener("load", () => setTimeout(look, 300));

  opscope.live = { look, now };
})();
