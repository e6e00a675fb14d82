// The drawing as a file of its own: SVG with its styles in it, or PNG at any size, in tiles if need be.
(() => {
  const SHAPE = [
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "stroke-opacity",
    "stroke-linecap",
    "stroke-linejoin",
    "opacity",
  ];
  const TEXT = [...SHAPE, "font-size", "font-weight", "letter-spacing", "text-anchor", "paint-order"];
  const PROPERTIES = { text: TEXT, stop: ["stop-color"], path: SHAPE, rect: SHAPE, circle: SHAPE };
  const COLOURS = new Set(["fill", "stroke", "stop-color"]);
  const USUAL = {
    "fill-opacity": "1",
    "stroke-opacity": "1",
    opacity: "1",
    "stroke-dasharray": "none",
    "letter-spacing": "normal",
    "paint-order": "normal",
    "stroke-linecap": "butt",
    "stroke-linejoin": "miter",
  };
  const MARGIN = 24;
  // What browsers draw at once; beyond it a canvas stays empty without a word.
  const limits = { side: 16384, area: 2 ** 27 };

  // Colours as any program reads them: the browser may say oklab(...), which most others do not know.
  const plainColours = () => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 1;
    const pen = canvas.getContext("2d", { willReadFrequently: true }),
      known = new Map();
    return (text) => {
      if (!/^(rgba?|oklab|oklch|color|lab|lch|hsla?)\(/.test(text)) return [text, null];
      if (!known.has(text)) {
        pen.clearRect(0, 0, 1, 1);
        pen.fillStyle = text;
        pen.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
        known.set(text, [
          a ? `#${[r, g, b].map((n) => n.toString(16).padStart(2, "0")).join("")}` : "none",
          a && a < 255 ? (a / 255).toFixed(3) : null,
        ]);
      }
      return known.get(text);
    };
  };

  // The drawing as an SVG element that needs nothing from the page; its colours are those shown now.
  const standalone = (drawing) => {
    const { svg, view } = drawing,
      plain = plainColours();
    const detail = svg.dataset.detail,
      reach = [0, 0, view.width, view.height];
    let copy;
    drawing.motion.stop();
    drawing.cull(true);
    svg.dataset.detail = "near";
    // What is selected is no part of the picture.
    const { selected, more } = drawing.marks;
    drawing.marks.select(null);
    try {
      copy = svg.cloneNode(true);
      const from = svg.querySelectorAll("*"),
        to = copy.querySelectorAll("*"),
        gone = [];
      from.forEach((element, i) => {
        const style = getComputedStyle(element),
          target = to[i];
        if (style.display === "none" || element.classList.contains("fold") || element.classList.contains("reach")) {
          gone.push(target);
          return;
        }
        target.removeAttribute("style");
        target.removeAttribute("role");
        for (const name of [...target.attributes].map((a) => a.name))
          if (name.startsWith("aria-") || (name === "id" && target.tagName === "g")) target.removeAttribute(name);
        if (element.tagName === "g" && style.opacity !== "1") target.setAttribute("opacity", style.opacity);
        for (const name of PROPERTIES[element.tagName] ?? []) {
          let value = style.getPropertyValue(name);
          if (!value || value === USUAL[name]) continue;
          if (value.startsWith("url")) value = `url(${/#[^")]+/.exec(value)[0]})`;
          else if (COLOURS.has(name)) {
            const [colour, alpha] = plain(value);
            value = colour;
            if (alpha) target.setAttribute(name === "stop-color" ? "stop-opacity" : `${name}-opacity`, alpha);
          }
          target.setAttribute(name, value);
        }
      });
      for (const element of gone) element.remove();
      drawing.items.forEach(({ bounds }) => {
        reach[0] = Math.min(reach[0], bounds[0]);
        reach[1] = Math.min(reach[1], bounds[1]);
        reach[2] = Math.max(reach[2], bounds[2]);
        reach[3] = Math.max(reach[3], bounds[3]);
      });
    } finally {
      svg.dataset.detail = detail;
      drawing.marks.select(selected, more);
      drawing.cull();
    }
    bakeArrows(copy);
    for (const { name } of [...copy.attributes]) copy.removeAttribute(name);
    copy.setAttribute("font-family", 'Inter Variable, Inter, system-ui, "Segoe UI", Roboto, sans-serif');
    copy.querySelector(":scope > g").removeAttribute("transform");
    const [left, top, width, height] = [
      reach[0] - MARGIN,
      reach[1] - MARGIN,
      reach[2] - reach[0] + 2 * MARGIN,
      reach[3] - reach[1] + 2 * MARGIN,
    ];
    const ground = opscope.graphParts.svg("rect", {
      x: left,
      y: top,
      width,
      height,
      fill: plain(getComputedStyle(drawing.host.parentElement).backgroundColor)[0],
    });
    copy.querySelector(":scope > g").prepend(ground);
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    return { element: copy, left, top, width, height };
  };

  // Arrow heads in the colours of their lines, one for each: `context-stroke` is known to few programs.
  const bakeArrows = (copy) => {
    const made = new Map(),
      defs = copy.querySelector("defs");
    for (const line of copy.querySelectorAll("path.edge")) {
      for (const end of ["marker-start", "marker-end"]) {
        const id = line.getAttribute(end)?.slice(5, -1);
        if (!id) continue;
        const colour = line.getAttribute("stroke"),
          key = `${id}-${colour.replace(/\W/g, "")}`;
        if (!made.has(key)) {
          const arrow = copy.querySelector(`#${id}`).cloneNode(true);
          arrow.id = key;
          for (const part of arrow.querySelectorAll("path")) {
            part.setAttribute("fill", colour);
            part.setAttribute("stroke", "none");
          }
          made.set(key, arrow);
        }
        line.setAttribute(end, `url(#${key})`);
      }
    }
    for (const old of defs.querySelectorAll("marker")) old.remove();
    defs.append(...made.values());
  };

  // The text of the picture, or of a part of it, so many pixels large.
  const text = (picture, { part = picture, pixels = picture, font = "" } = {}) => {
    const { element } = picture;
    element.setAttribute("viewBox", [part.left, part.top, part.width, part.height].join(" "));
    element.setAttribute("width", pixels.width);
    element.setAttribute("height", pixels.height);
    element.querySelector("style")?.remove();
    if (font)
      element
        .querySelector("defs")
        .prepend(Object.assign(document.createElementNS("http://www.w3.org/2000/svg", "style"), { textContent: font }));
    return new XMLSerializer().serializeToString(element);
  };

  // The page's typeface, which a picture has to bring along to be drawn with it.
  const typeface = async () => {
    const rule = [...document.styleSheets]
      .flatMap((sheet) => {
        try {
          return [...sheet.cssRules];
        } catch {
          return [];
        }
      })
      .find((r) => r instanceof CSSFontFaceRule);
    const address = rule && /url\("?([^")]+)/.exec(rule.style.getPropertyValue("src"))?.[1];
    if (!address) return "";
    const bytes = new Uint8Array(await (await fetch(new URL(address, rule.parentStyleSheet.href))).arrayBuffer());
    let letters = "";
    for (let i = 0; i < bytes.length; i += 8192) letters += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return `@font-face { font-family: "Inter Variable"; src: url("data:font/woff2;base64,${btoa(letters)}") format("woff2"); font-weight: 100 900; }`;
  };

  // How a picture at a scale comes: its pixels, the tiles it takes, and the largest scale of one piece.
  const plan = ({ width, height }, scale) => {
    const w = Math.ceil(width * scale),
      h = Math.ceil(height * scale);
    const fits =
      Math.floor(Math.min(limits.side / width, limits.side / height, Math.sqrt(limits.area / (width * height))) * 100) /
      100;
    if (scale <= fits) return { width: w, height: h, columns: 1, rows: 1, fits };
    const side = Math.floor(Math.sqrt(limits.area));
    return { width: w, height: h, columns: Math.ceil(w / side), rows: Math.ceil(h / side), fits };
  };

  // PNG files, one after the other: { blob, row, column }. Raises an Error that says what failed.
  async function* png(picture, scale, { columns, rows, width, height }) {
    const font = await typeface().catch(() => "");
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const [left, right] = [column, column + 1].map((i) => Math.round((i * width) / columns)),
          [top, bottom] = [row, row + 1].map((i) => Math.round((i * height) / rows));
        const pixels = { width: right - left, height: bottom - top };
        const part = {
          left: picture.left + left / scale,
          top: picture.top + top / scale,
          width: pixels.width / scale,
          height: pixels.height / scale,
        };
        const address = URL.createObjectURL(
          new Blob([text(picture, { part, pixels, font })], { type: "image/svg+xml" }),
        );
        try {
          const image = new Image();
          image.src = address;
          await image.decode().catch(() => {
            throw new Error("the browser cannot draw the picture");
          });
          const canvas = Object.assign(document.createElement("canvas"), pixels),
            pen = canvas.getContext("2d");
          pen?.drawImage(image, 0, 0);
          // The ground covers all of it: a canvas that is too large stays clear.
          const drawn =
            pen && pen.getImageData(Math.floor(pixels.width / 2), Math.floor(pixels.height / 2), 1, 1).data[3] > 0;
          const blob =
            drawn &&
            (await new Promise((resolve) => {
              canvas.toBlob(resolve, "image/png");
            }));
          if (!blob)
            throw new Error(
              `this browser cannot draw ${pixels.width.toLocaleString("en")} \u00d7 ${pixels.height.toLocaleString("en")} pixels at once`,
            );
          yield { blob, row, column };
        } finally {
          URL.revokeObjectURL(address);
        }
      }
  }

  Object.assign((opscope.graphParts ??= {}), { picture: { standalone, text, plan, png, limits } });
})();
