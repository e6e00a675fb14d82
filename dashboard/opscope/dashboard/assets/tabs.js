// From page to page: which runs are shown, and in which colours, goes along in the address.
(() => {
  const SHARED = ["run", "runs", "colours", "group"],
    ALONE = "graph"; // whose `run` is another word
  const pageOf = (path) => path.replace(/\/$/, "").split("/").pop();

  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest?.(".tabs a.tab");
      if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      const to = new URL(link.href),
        from = new URLSearchParams(location.search);
      if (pageOf(location.pathname) === ALONE || pageOf(to.pathname) === ALONE || to.pathname === location.pathname)
        return;
      for (const key of SHARED) for (const value of from.getAll(key)) to.searchParams.append(key, value);
      if (!to.search) return;
      event.preventDefault();
      event.stopPropagation();
      if (document.getElementById("early")) {
        location.assign(to);
        return;
      }
      history.pushState({}, "", to);
      window.dispatchEvent(new CustomEvent("_dashprivate_pushstate")); // as Dash's own links tell it
    },
    true,
  );
})();
