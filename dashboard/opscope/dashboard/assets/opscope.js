// What every page's script uses: addresses, JSON, and what is told to all of them.
window.opscope = (() => {
  const base = document.documentElement.dataset.base.replace(/\/$/, "");

  const url = (path, query) => {
    const words = new URLSearchParams();
    for (const [key, value] of Object.entries(query ?? {}))
      for (const one of [].concat(value ?? [])) words.append(key, one);
    const text = words.toString();
    return base + path + (text ? `?${text}` : "");
  };

  const PATIENCE_MS = 10_000;
  let asked = 0; // requests on their way
  const json = async (path, query, options) => {
    asked++;
    try {
      const answer = await fetch(url(path, query), options);
      const body = await answer.json();
      if (!answer.ok) throw new Error(body.error ?? answer.statusText);
      return body;
    } finally {
      asked--;
    }
  };

  // When everything that was asked for has come and is drawn, or takes too long.
  const settled = async () => {
    const end = performance.now() + PATIENCE_MS;
    do
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
    while (asked && performance.now() < end);
  };

  // Listen to "generation" (detail: number) or "theme" (detail: "light" | "dark").
  const on = (event, listener) => window.addEventListener(`opscope:${event}`, (e) => listener(e.detail));

  const tell = (event, detail) => window.dispatchEvent(new CustomEvent(`opscope:${event}`, { detail }));

  return {
    url,
    json,
    settled,
    on,
    tell,
    get dark() {
      return document.documentElement.dataset.theme === "dark";
    },
  };
})();
