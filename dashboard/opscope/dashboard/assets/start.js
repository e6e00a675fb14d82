// Starts Dash: at once, or on a page that is drawn without it as soon as that page is drawn.
// The half second that Dash's scripts take falls then after the first picture, not before it.
(() => {
  const PATIENCE_MS = 1500; // a large graph takes its time: the shell does not wait for it
  const early = document.getElementById("early");
  // Dash calls functions of the pages' scripts: it waits until all of them have run.
  const scriptsRan = new Promise((resolve) => {
    document.addEventListener("DOMContentLoaded", resolve, { once: true });
  });
  let started = false;

  const start = async () => {
    if (started) return;
    started = true;
    await scriptsRan;
    const waiting = document.getElementById("dash-scripts"),
      scripts = [...waiting.content.querySelectorAll("script")];
    const run = (script) => {
      const copy = document.createElement("script");
      for (const { name, value } of script.attributes) copy.setAttribute(name, value);
      copy.async = false; // in the order of the template
      copy.textContent = script.textContent;
      document.body.append(copy);
      return copy;
    };
    // What is written in the page itself would run before the files do: it follows the last one.
    const files = scripts.filter((script) => script.src),
      inline = scripts.filter((script) => !script.src);
    const last = files.map(run).at(-1);
    if (last) last.onload = () => inline.forEach(run);
    else inline.forEach(run);
  };

  opscope.early = {
    // The element that stands in for the one Dash will draw under this id.
    host: (id) => (early?.isConnected ? document.getElementById(`early-${id}`) : null),
    // The page shows something: as soon as it has all that it asked for, its turn is over.
    drawn: () => opscope.settled().then(() => requestAnimationFrame(() => setTimeout(start))),
    // Dash has drawn the page and got what was in it.
    done: () => early?.remove(),
  };

  if (early) setTimeout(start, PATIENCE_MS);
  else start();
})();
