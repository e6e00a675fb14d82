// Taking data away: of a card as CSV, JSON, SVG or PNG; of all cards listed as CSV, or pictures in a zip.
(() => {
  const KEPT = [
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-width",
    "stroke-opacity",
    "stroke-dasharray",
    "stroke-linecap",
    "stroke-linejoin",
    "opacity",
    "font-family",
    "font-size",
    "font-weight",
    "text-anchor",
  ];
  const { save } = opscope;
  const safe = (name) => name.replace(/[^\w.-]+/g, "_");

  // The chart as a document of its own: the page's style sheets are written into its elements.
  const picture = (card) => {
    const { node } = opscope.scalarPlot,
      width = card.drawn || 600,
      legend = card.plan.lines,
      rows = Math.ceil(legend.length / 2);
    const from = card.plan.svg,
      height = from.height.baseVal.value,
      copy = from.cloneNode(true),
      inside = [...from.querySelectorAll("*")];
    [...copy.querySelectorAll("*")].forEach((each, i) => {
      const style = getComputedStyle(inside[i]);
      each.setAttribute("style", KEPT.map((key) => `${key}:${style.getPropertyValue(key)}`).join(";"));
    });
    const tall = height + 26 + rows * 16,
      text = { fill: opscope.css("--ink"), "font-family": "Inter, sans-serif", "font-size": 11 };
    const whole = node("svg", {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height: tall,
      viewBox: `0 0 ${width} ${tall}`,
    });
    whole.append(
      node("rect", { width, height: tall, fill: opscope.css("--surface") }),
      node("text", { ...text, x: 12, y: 17, "font-size": 13, "font-weight": 600 }, card.name),
    );
    copy.setAttribute("y", 24);
    whole.append(copy);
    legend.forEach((each, i) => {
      const x = 14 + (i % 2) * (width / 2),
        y = height + 30 + Math.floor(i / 2) * 16;
      whole.append(
        node("path", {
          d: `M${x} ${y}h18`,
          stroke: each.colour,
          "stroke-width": 2,
          "stroke-dasharray": card.dashed(each.tag),
        }),
        node(
          "text",
          { ...text, x: x + 24, y: y + 4 },
          card.page.named(each.name) + (card.tags.length > 1 ? ` · ${each.tag}` : ""),
        ),
      );
    });
    return { text: new XMLSerializer().serializeToString(whole), width, height: tall };
  };

  const svgOf = (card) => new Blob([picture(card).text], { type: "image/svg+xml" });

  const pngOf = async (card) => {
    const { text, width, height } = picture(card),
      scale = 2,
      image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    await image.decode();
    const canvas = opscope.el("canvas", { width: width * scale, height: height * scale }),
      pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.drawImage(image, 0, 0);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  };

  const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
    for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    return n;
  });
  const crc32 = (bytes) => {
    let c = ~0;
    for (const byte of bytes) c = CRC[(c ^ byte) & 255] ^ (c >>> 8);
    return ~c >>> 0;
  };

  // A zip archive of files as they are, not compressed (PKWARE APPNOTE 4.3).
  const zip = (files) => {
    const parts = [],
      directory = [];
    let at = 0;
    const numbers = (...fields) => {
      const bytes = new DataView(new ArrayBuffer(fields.reduce((sum, [size]) => sum + size, 0)));
      fields.reduce((place, [size, value]) => {
        if (size === 2) bytes.setUint16(place, value, true);
        else bytes.setUint32(place, value, true);
        return place + size;
      }, 0);
      return bytes.buffer;
    };
    const UTF8 = 0x800,
      DATE = 0x21; // names are UTF-8; 1 January 1980
    for (const { name, bytes } of files) {
      const named = new TextEncoder().encode(name),
        common = [
          [2, 20],
          [2, UTF8],
          [2, 0],
          [2, 0],
          [2, DATE],
          [4, crc32(bytes)],
          [4, bytes.length],
          [4, bytes.length],
          [2, named.length],
          [2, 0],
        ];
      parts.push(numbers([4, 0x04034b50], ...common), named, bytes);
      directory.push(numbers([4, 0x02014b50], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, at]), named);
      at += 30 + named.length + bytes.length;
    }
    const size = directory.reduce((sum, part) => sum + part.byteLength, 0);
    return new Blob(
      [
        ...parts,
        ...directory,
        numbers([4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, size], [4, at], [2, 0]),
      ],
      { type: "application/zip" },
    );
  };

  // Every point of runs and tags, as "csv" or "json".
  const tableOf = async (runs, tags, format) => {
    const answer = await fetch(opscope.url("/api/scalars/table"), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ runs, tags, format }),
    });
    if (!answer.ok) throw new Error((await answer.json()).error);
    return answer.blob();
  };

  const item = (text, act) => opscope.el("button", { type: "button", text, onclick: act });

  // What the menu of a card offers.
  const fill = (list, card) => {
    const { el, url } = opscope,
      runs = card.page.runsOf(card.tags),
      name = safe(card.name);
    const link = (run, tag, kind) =>
      el("a", {
        href: url("/data/plugin/scalars/scalars", { run, tag, ...(kind === "csv" ? { format: "csv" } : {}) }),
        download: `${safe(`${run}_${tag}`)}.${kind}`,
        text: kind.toUpperCase(),
      });
    const each =
      card.tags.length > 1
        ? []
        : runs.map((run) =>
            el(
              "div",
              { class: "menu-row" },
              el("span", { text: card.page.named(run) }),
              link(run, card.tag, "csv"),
              link(run, card.tag, "json"),
            ),
          );
    list.replaceChildren(
      item("This plot as SVG", () => save(svgOf(card), `${name}.svg`)),
      item("This plot as PNG", async () => save(await pngOf(card), `${name}.png`)),
      item("Every point, one CSV", async () => save(await tableOf(runs, card.tags, "csv"), `${name}.csv`)),
      ...each,
    );
  };

  // Every card listed, those not yet in view too.
  const pictures = async (page, kind) => {
    const files = [];
    for (const card of page.grid.cards.values()) {
      if (!card.data || card.stale) await card.load();
      if (!card.data) continue;
      if (card.undrawn || !card.plan) card.draw();
      const blob = kind === "svg" ? svgOf(card) : await pngOf(card);
      files.push({
        name: `${String(files.length + 1).padStart(3, "0")}_${safe(card.name)}.${kind}`,
        bytes: new Uint8Array(await blob.arrayBuffer()),
      });
    }
    save(zip(files), `scalars_${kind}.zip`);
  };

  const fillAll = (list, page) =>
    list.replaceChildren(
      ...["csv", "json"].map((format) =>
        item(`Every point listed, one ${format.toUpperCase()}`, async () =>
          save(
            await tableOf(
              page.runs.shown.map(({ run }) => run),
              page.listed,
              format,
            ),
            `scalars.${format}`,
          ),
        ),
      ),
      item("Every plot as SVG, in a zip", () => pictures(page, "svg")),
      item("Every plot as PNG, in a zip", () => pictures(page, "png")),
    );

  opscope.scalarExport = { fill, fillAll, zip };
})();
