// What every page's script uses: addresses, JSON, and the news that the logdir has grown.
window.opscope = (() => {
  const base = document.documentElement.dataset.base.replace(/\/$/, "");
  const POLL_MS = 2000, READING_POLL_MS = 500;
  let period = POLL_MS;
  // A page that was sent filled shows this generation: what came after it is news at the first look.
  const sent = document.getElementById("early")?.dataset.generation;
  let generation = sent === undefined ? null : `true ${sent} null`;

  const url = (path, query) => {
    const words = new URLSearchParams();
    for (const [key, value] of Object.entries(query ?? {}))
      for (const one of [].concat(value ?? [])) words.append(key, one);
    const text = words.toString();
    return base + path + (text ? `?${text}` : "");
  };

  const json = async (path, query, options) => {
    const answer = await fetch(url(path, query), options);
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.error ?? answer.statusText);
    return body;
  };

  // Listen to "generation" (detail: number) or "theme" (detail: "light" | "dark").
  const on = (event, listener) => window.addEventListener(`opscope:${event}`, (e) => listener(e.detail));

  const live = (state, title) => {
    const mark = document.getElementById("live");
    if (mark) { mark.dataset.state = state; mark.title = title; mark.setAttribute("aria-label", title); }
  };

  // Damaged places of the logdir: how many, and on a click which.
  const tellProblems = (count) => {
    const box = document.getElementById("problems");
    if (!box) return;
    box.hidden = !count;
    document.getElementById("problems-count").textContent = `${count} damaged place${count === 1 ? "" : "s"}`;
    box.ontoggle = async () => {
      if (!box.open) return;
      const found = await json("/api/problems");
      document.getElementById("problems-list").replaceChildren(...found.map(({ file, offset, message }) => {
        const line = document.createElement("p"), place = document.createElement("code");
        place.textContent = `${file}, byte ${offset}`;
        line.append(place, document.createElement("br"), message);
        return line;
      }));
    };
  };

  const tellReading = (read) => {
    const bar = document.getElementById("reading"), told = document.getElementById("reading-told");
    if (!bar || !told || !read?.[1]) return;
    [bar.value, bar.max] = read;
    told.textContent = `${(read[0] / 1e6).toFixed(1)} of ${(read[1] / 1e6).toFixed(1)} MB`;
  };

  let next = null;
  const poll = async () => {
    clearTimeout(next);
    if (!document.hidden) {
      try {
        const news = await json("/api/generation");
        live(news.loaded ? "on" : "busy", news.loaded ? "Following the logdir" : "Reading the logdir");
        tellProblems(news.problems);
        if (!news.loaded) tellReading(news.read);
        period = news.loaded ? POLL_MS : READING_POLL_MS;
        const key = `${news.loaded} ${news.generation} ${news.error}`;
        if (key !== generation) {
          window.dash_clientside?.set_props?.("generation", { data: news.generation });
          if (generation !== null) window.dispatchEvent(new CustomEvent("opscope:generation", { detail: news.generation }));
        }
        generation = key;
      } catch {
        live("off", "The server does not answer: it may have been stopped");
      }
    }
    next = setTimeout(poll, period);
  };
  document.addEventListener("visibilitychange", () => document.hidden || poll());
  addEventListener("load", () => setTimeout(poll, 300));

  return { url, json, on, get dark() { return document.documentElement.dataset.mantineColorScheme === "dark"; } };
})();
