// Small things that the pages' scripts share: elements, numbers as text, the page's own address.
(() => {
  const el = (name, attributes = {}, ...children) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === false || value == null) continue;
      if (key === "text") node.textContent = value;
      else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (key === "style") node.style.cssText = value;
      else node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child != null));
    return node;
  };

  const number = (value) => {
    if (value == null || typeof value === "string") return value ?? "";
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(3).replace(/\.?0+e/, "e");
    return String(+value.toPrecision(5));
  };

  const bytes = (count) => {
    const power = count < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(count) / 3));
    return `${+(count / 1000 ** power).toPrecision(3)} ${["B", "kB", "MB", "GB", "TB"][power]}`;
  };

  const duration = (seconds) => {
    const sign = seconds < 0 ? "−" : "",
      s = Math.abs(seconds);
    if (s < 1) return `${sign}${+(s * 1000).toPrecision(3)} ms`;
    if (s < 60) return `${sign}${+s.toPrecision(3)} s`;
    const whole = Math.round(s),
      h = Math.floor(whole / 3600),
      m = Math.floor((whole % 3600) / 60);
    return h ? `${sign}${h} h ${m} min` : `${sign}${m} min ${whole % 60} s`;
  };

  const moment = (seconds) =>
    new Date(seconds * 1000).toLocaleString(undefined, {
      month: "short",
      day: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });

  // A regular expression that matches anywhere, or null where the text is not one.
  const pattern = (text) => {
    try {
      return new RegExp(text ?? "", "i");
    } catch {
      return null;
    }
  };

  const query = () => new URLSearchParams(location.search);

  // Write the page's state into its address: null takes a word out, an array repeats it.
  const remember = (state) => {
    const words = query();
    for (const [key, value] of Object.entries(state)) {
      words.delete(key);
      for (const one of value == null ? [] : [].concat(value)) words.append(key, one);
    }
    const text = words.toString();
    history.replaceState(history.state, "", location.pathname + (text ? `?${text}` : "") + location.hash);
  };

  // Names that have a mark, in the address under a word that is repeated.
  const marked = (word, name) => query().getAll(word).includes(name);
  const mark = (word, name, on) => {
    const others = query()
      .getAll(word)
      .filter((other) => other !== name);
    remember({ [word]: on ? [...others, name] : others });
  };

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // Hand a file to the user.
  const save = (blob, name) => {
    const link = el("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 30_000);
  };

  Object.assign(opscope, { el, number, bytes, duration, moment, pattern, query, remember, marked, mark, css, save });
})();
