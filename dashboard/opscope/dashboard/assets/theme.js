// Light or dark, before the first paint: the choice kept by the browser, else the system's.
(() => {
  const KEY = "opscope:theme";
  const system = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  const current = () => (["light", "dark"].includes(kept()) ? kept() : system.matches ? "dark" : "light");
  const apply = () => {
    document.documentElement.setAttribute("data-theme", current());
    window.dispatchEvent(new CustomEvent("opscope:theme", { detail: current() }));
  };
  const choose = (theme) => {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      /* private window */
    }
    apply();
  };
  system.addEventListener("change", apply);
  apply();
  document.addEventListener("click", (event) => {
    if (event.target.closest("#theme, #early-theme"))
      choose(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  });
})();
