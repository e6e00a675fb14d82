// What plots drawn as SVG share: elements, round numbers for an axis, the three axes of time.
(() => {
  const svg = (name, attributes = {}, text) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  };

  // Round numbers that cover [low, high], about `most` of them.
  const ticks = (low, high, most) => {
    const rough = (high - low) / most,
      power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
    const found = [];
    // Among doubles so large that i + 1 is i again, the count ends it.
    for (let i = Math.ceil(low / step); i * step <= high + step * 1e-9 && found.length <= 2 * most + 2; i++)
      found.push(+(i * step).toPrecision(12));
    return found;
  };

  const times = (data, axis) =>
    axis === "step" ? data.step : axis === "relative" ? data.wall.map((t) => t - data.start) : data.wall;
  const told = (time, axis) => {
    if (axis === "step") return time.toLocaleString("en").replaceAll(",", " ");
    return axis === "relative"
      ? opscope.duration(time)
      : new Date(time * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  };

  Object.assign(opscope, { svg, ticks, times, told });
})();
