// Scales of an axis: values to pixels and back, round ticks; linear, log, symlog and time of day.
(() => {
  const round = (value) => +value.toPrecision(12);

  const linearTicks = (low, high, most) => {
    const rough = (high - low) / Math.max(1, most),
      power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999) ?? 10 * power,
      found = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9 && found.length < 60; i++)
      found.push(round(i * step));
    return found;
  };

  const SI = [
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ];
  const short = (value, places) => {
    const size = Math.abs(value),
      [unit, name] = size >= 1e4 ? SI.find(([u]) => size >= u) : [1, ""];
    if (size >= 1e15 || (size && size < 1e-4))
      return value
        .toExponential(2)
        .replace(/\.?0+e/, "e")
        .replace("e+", "e");
    const text = places && unit === 1 ? value.toFixed(places) : String(round(value / unit));
    return text.replace("-", "−") + name;
  };

  // As many digits as tell neighbours apart.
  const labelled = (ticks) => {
    const step = ticks.length > 1 ? Math.abs(ticks[1] - ticks[0]) : 0;
    let places = 0;
    while (places < 10 && step && !ticks.every((at) => Math.abs(at - at.toFixed(places)) < step / 1000)) places++;
    const tiny = places > 4 && step < 1e-3; // more digits than stand beside an axis
    return ticks.map((at) => ({
      at,
      text: tiny
        ? at
            .toExponential(2)
            .replace(/\.?0+e/, "e")
            .replace(/^0e.*/, "0")
            .replace("-", (_, place) => (place ? "-" : "−"))
        : short(at, places),
    }));
  };

  const scaled = (low, high, from, to, forward, back, ticks) => {
    const a = forward(low),
      b = forward(high),
      span = b - a || 1;
    return {
      low,
      high,
      ticks,
      px: (value) => from + ((forward(value) - a) / span) * (to - from),
      value: (px) => back(a + ((px - from) / (to - from)) * span),
    };
  };

  const same = (value) => value;
  const linear = (low, high, from, to, most, unit = 1) =>
    scaled(
      low,
      high,
      from,
      to,
      same,
      same,
      labelled(linearTicks(low / unit, high / unit, most)).map(({ at, text }) => ({ at: at * unit, text })),
    );

  const log = (low, high, from, to, most) => {
    const first = Math.ceil(Math.log10(low) - 1e-9),
      last = Math.floor(Math.log10(high) + 1e-9),
      every = Math.max(1, Math.ceil((last - first + 1) / most));
    let ticks = [];
    for (let e = first; e <= last; e += every) ticks.push(round(10 ** e));
    if (ticks.length < 3) {
      ticks = [];
      for (let e = first - 1; e <= last; e++)
        for (const m of [1, 2, 5]) {
          const at = round(m * 10 ** e);
          if (at >= low && at <= high) ticks.push(at);
        }
    }
    if (ticks.length < 2) ticks = linearTicks(low, high, most).filter((at) => at > 0);
    return scaled(
      low,
      high,
      from,
      to,
      Math.log10,
      (v) => 10 ** v,
      ticks.map((at) => ({ at, text: short(at, 0) })),
    );
  };

  // sign(v) log10(1 + |v| / c): linear near zero, logarithmic beyond c; shows zero and both signs.
  const symlog = (low, high, from, to, most, c) => {
    const forward = (v) => Math.sign(v) * Math.log10(1 + Math.abs(v) / c),
      back = (t) => Math.sign(t) * c * (10 ** Math.abs(t) - 1);
    const top = Math.ceil(Math.log10(Math.max(Math.abs(low), Math.abs(high)) || 1)),
      bottom = Math.floor(Math.log10(c));
    const sides = (low < 0) + (high > 0) || 1,
      every = Math.max(1, Math.ceil(((top - bottom) * sides) / Math.max(2, most - 1)));
    const sizes = [];
    for (let e = top; e >= bottom; e -= every) sizes.push(round(10 ** e));
    const ticks = [...sizes.map((s) => -s), 0, ...sizes.reverse()].filter((at) => at >= low && at <= high);
    const kept = ticks.length > 1 ? ticks : linearTicks(low, high, most);
    return scaled(
      low,
      high,
      from,
      to,
      forward,
      back,
      kept.map((at) => ({ at, text: short(at, 0) })),
    );
  };

  const MINUTE = 60,
    HOUR = 3600,
    DAY = 86400;
  const STEPS = [
    1,
    2,
    5,
    10,
    15,
    30,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    30 * DAY,
    90 * DAY,
    365 * DAY,
  ];

  // Seconds since the epoch, at round times of this place's clock.
  const time = (low, high, from, to, most) => {
    const rough = (high - low) / most,
      step = STEPS.find((s) => s >= rough) ?? 365 * DAY,
      ticks = [];
    const date = (at) => new Date(at * 1000),
      day = (at) => date(at).toLocaleDateString(undefined, { day: "numeric", month: "short" });
    if (rough < 0.5)
      return scaled(
        low,
        high,
        from,
        to,
        same,
        same,
        linearTicks(low, high, most).map((at) => ({
          at,
          text: `${date(at).toLocaleTimeString("en-GB")}.${String(Math.round((at % 1) * 1000)).padStart(3, "0")}`,
        })),
      );
    const offset = date(low).getTimezoneOffset() * MINUTE;
    let told = null;
    for (let at = Math.ceil((low - offset) / step) * step + offset; at <= high; at += step) {
      const clock = date(at).toLocaleTimeString("en-GB", {
        hour: "2-digit",
        minute: "2-digit",
        ...(step < MINUTE ? { second: "2-digit" } : {}),
      });
      const text = step >= DAY ? day(at) : high - low > DAY / 2 && day(at) !== told ? `${day(at)} ${clock}` : clock;
      told = day(at);
      ticks.push({ at, text });
    }
    return scaled(low, high, from, to, same, same, ticks);
  };

  opscope.scales = { linear, log, symlog, time, short };
})();
