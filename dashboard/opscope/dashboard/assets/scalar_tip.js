// What the pointer is over: the nearest point of every run, as a table beside the pointer.
(() => {
  const MOST_ROWS = 14;
  let tip = null;

  const nearest = (x, at) => {
    let low = 0, high = x.length - 1;
    if (high < 0) return -1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (x[middle] < at) low = middle; else high = middle;
    }
    return Math.abs(x[low] - at) <= Math.abs(x[high] - at) ? low : high;
  };

  const rising = (x) => { for (let i = 1; i < x.length; i++) if (x[i] < x[i - 1]) return false; return true; };

  // A restarted run goes back in time: then every point has to be looked at.
  const search = (x, at) => {
    if (rising(x)) return nearest(x, at);
    let best = 0;
    for (let i = 1; i < x.length; i++) if (Math.abs(x[i] - at) < Math.abs(x[best] - at)) best = i;
    return x.length ? best : -1;
  };

  const table = (rows, smoothed, rest) => {
    const { el, number, duration } = opscope;
    const cell = (text, kind = "") => el("td", { class: kind, text });
    return el("table", {},
      el("thead", {}, el("tr", {}, ...["", "Run", ...(smoothed ? ["Smoothed"] : []), "Value", "Step", "Relative"].map((text) => el("th", { text })))),
      el("tbody", {}, ...rows.map((row, place) => el("tr", { class: place ? "" : "near" },
        el("td", {}, el("i", { style: `background:${row.colour}` })),
        cell(row.run === "." ? "(the logdir itself)" : row.run, "run-cell"),
        smoothed ? cell(number(row.line)) : null,
        cell(number(row.value), typeof row.value === "string" ? "bad" : ""),
        cell(row.step.toLocaleString("en").replaceAll(",", " ")),
        cell(duration(row.relative)))),
        rest ? el("tr", {}, el("td"), el("td", { class: "run-cell", text: `and ${rest} more` })) : null));
  };

  // series: [{run, colour, x, line, data}], in the plot's units; dots are drawn over the plot.
  const show = (plot, event, series, logY) => {
    const { _fullLayout: full } = plot, { xaxis, yaxis } = full, box = plot.getBoundingClientRect();
    const px = event.clientX - box.left - xaxis._offset, py = event.clientY - box.top - yaxis._offset;
    if (px < 0 || px > xaxis._length || py < 0 || py > yaxis._length) return hide(plot);
    const at = xaxis.p2l(px), rows = [];
    for (const { run, colour, x, line, data } of series) {
      const i = search(x, at);
      if (i < 0) continue;
      const height = line[i], ok = typeof height === "number" && (!logY || height > 0);
      const top = ok ? yaxis.l2p(logY ? Math.log10(height) : height) : null;
      rows.push({
        run, colour, line: height, value: data.value[i], step: data.step[i], relative: data.wall[i] - data.start,
        wall: data.wall[i], left: xaxis.l2p(x[i]), top, far: top === null ? Infinity : Math.abs(top - py),
      });
    }
    if (!rows.length) return hide(plot);
    rows.sort((a, b) => a.far - b.far);
    dots(plot, rows, xaxis, yaxis);
    tip ??= document.body.appendChild(opscope.el("div", { class: "tip", role: "tooltip" }));
    const head = opscope.el("p", { class: "tip-head", text: opscope.moment(rows[0].wall) });
    tip.replaceChildren(head, table(rows.slice(0, MOST_ROWS), series.some(({ data }) => data.smoothed), rows.length - MOST_ROWS > 0 ? rows.length - MOST_ROWS : 0));
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    const left = event.clientX + 18 + width > innerWidth ? event.clientX - 18 - width : event.clientX + 18;
    tip.style.left = `${Math.max(6, left)}px`;
    tip.style.top = `${Math.max(6, Math.min(event.clientY + 16, innerHeight - height - 8))}px`;
  };

  const dots = (plot, rows, xaxis, yaxis) => {
    const { el } = opscope;
    let layer = plot.parentElement.querySelector(".dots");
    layer ??= plot.parentElement.appendChild(el("div", { class: "dots" }));
    const inside = ({ left, top }) => top !== null && left >= 0 && left <= xaxis._length && top >= 0 && top <= yaxis._length;
    layer.replaceChildren(
      el("span", { class: "cross", style: `left:${xaxis._offset + rows[0].left}px;top:${yaxis._offset}px;height:${yaxis._length}px` }),
      ...rows.filter(inside).map((row) => el("span", { class: "dot", style: `left:${xaxis._offset + row.left}px;top:${yaxis._offset + row.top}px;background:${row.colour}` })));
  };

  const hide = (plot) => {
    if (tip) tip.hidden = true;
    plot?.parentElement?.querySelector(".dots")?.replaceChildren();
  };

  opscope.scalarTip = { show, hide };
})();
