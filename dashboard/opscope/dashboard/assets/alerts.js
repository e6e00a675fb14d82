// Rules that every run is held to, on every page: kept in this browser, and in the address.
(() => {
  const KEY = "opscope:alerts",
    steps = (value) => value.toLocaleString("en").replaceAll(",", " ");
  // needs: what the rule's number is called; broken(row, number): why, or null.
  const KINDS = {
    bad: {
      text: "NaN or infinite",
      broken: (row) => (row.bad ? `${row.bad} not finite, first at step ${steps(row.bad_step)}` : null),
    },
    above: {
      text: "above",
      needs: "value",
      broken: (row, limit) =>
        row.max !== null && row.max > limit
          ? `${opscope.number(row.max)} at step ${steps(row.max_step)} is above ${limit}`
          : null,
    },
    below: {
      text: "below",
      needs: "value",
      broken: (row, limit) =>
        row.min !== null && row.min < limit
          ? `${opscope.number(row.min)} at step ${steps(row.min_step)} is below ${limit}`
          : null,
    },
    fall: {
      text: "no new lowest for",
      needs: "steps",
      broken: (row, n) =>
        row.min !== null && row.last_step - row.min_step >= n
          ? `lowest at step ${steps(row.min_step)}, ${steps(row.last_step - row.min_step)} steps ago`
          : null,
    },
    rise: {
      text: "no new highest for",
      needs: "steps",
      broken: (row, n) =>
        row.max !== null && row.last_step - row.max_step >= n
          ? `highest at step ${steps(row.max_step)}, ${steps(row.last_step - row.max_step)} steps ago`
          : null,
    },
    silent: {
      text: "no new point for",
      needs: "minutes",
      broken: (row, n) =>
        row.last_wall !== null && Date.now() / 1000 - row.last_wall > n * 60
          ? `last point ${opscope.duration(Date.now() / 1000 - row.last_wall)} ago`
          : null,
    },
  };

  const valid = (rule) =>
    rule &&
    rule.kind in KINDS &&
    typeof rule.tags === "string" &&
    (!KINDS[rule.kind].needs || Number.isFinite(rule.number));
  const parsed = (text) => {
    try {
      const rules = JSON.parse(text);
      return Array.isArray(rules) ? rules.filter(valid) : null;
    } catch {
      return null;
    }
  };
  const kept = () => {
    try {
      return parsed(localStorage.getItem(KEY)) ?? [];
    } catch {
      return [];
    }
  };
  let rules = parsed(opscope.query().get("alerts")) ?? kept(),
    found = [],
    header = null;

  const tell = () => {
    const box = document.getElementById("alerts") ?? document.getElementById("early-alerts"),
      { el } = opscope;
    if (!box) return;
    header = box;
    const [summary, list] = box.children;
    box.hidden = !found.length;
    summary.textContent = `${found.length} alert${found.length === 1 ? "" : "s"}`;
    list.replaceChildren(
      ...found.slice(0, 200).map(({ run, tag, text }) =>
        el(
          "p",
          {},
          el("a", {
            href: opscope.url("/scalars", { tags: `^${tag.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$` }),
            text: tag,
          }),
          ` of ${opscope.runNames.told(run)}: ${text}`,
        ),
      ),
    );
  };

  const check = async () => {
    const next = [];
    if (rules.length) {
      let rows;
      try {
        rows = await opscope.json("/api/scalars/summary");
      } catch {
        return;
      } // the mark in the header says that the server is away
      for (const { kind, tags, number } of rules) {
        const asked = opscope.pattern(tags);
        for (const row of rows) {
          const text =
            asked?.test(row.tag) && !opscope.runNames.hidden(row.run) ? KINDS[kind].broken(row, number) : null;
          if (text) next.push({ run: row.run, tag: row.tag, text });
        }
      }
    }
    found = next;
    tell();
    opscope.tell("alerts");
  };

  const change = (next) => {
    rules = next;
    try {
      localStorage.setItem(KEY, JSON.stringify(rules));
    } catch {
      /* private window */
    }
    opscope.remember({ alerts: rules.length ? JSON.stringify(rules) : null });
    return check();
  };

  const words = ({ kind, tags, number }) =>
    `${tags || "every tag"}: ${KINDS[kind].text}${KINDS[kind].needs ? ` ${number}${KINDS[kind].needs === "value" ? "" : ` ${KINDS[kind].needs}`}` : ""}`;

  // The form in which rules are set.
  const fill = (list) => {
    const { el } = opscope,
      tags = el("input", {
        class: "text-input",
        "aria-label": "Tags of the alert",
        placeholder: "Tags (regular expression)",
      });
    const kind = el(
      "select",
      { "aria-label": "Kind of alert", onchange: () => shape() },
      ...Object.entries(KINDS).map(([value, { text, needs }]) =>
        el("option", { value, text: needs ? `${text} … ${needs === "value" ? "" : needs}` : text }),
      ),
    );
    const number = el("input", {
      class: "text-input",
      type: "number",
      step: "any",
      "aria-label": "Limit of the alert",
    });
    const shape = () => {
      const { needs } = KINDS[kind.value];
      number.hidden = !needs;
      number.required = Boolean(needs);
    };
    const form = el(
      "form",
      {
        class: "alert-form field",
        onsubmit: async (event) => {
          event.preventDefault();
          tags.setCustomValidity(opscope.pattern(tags.value) ? "" : "Not a regular expression");
          if (!form.reportValidity()) return;
          await change([
            ...rules,
            {
              kind: kind.value,
              tags: tags.value,
              ...(KINDS[kind.value].needs ? { number: Number(number.value) } : {}),
            },
          ]);
          fill(list);
        },
      },
      tags,
      kind,
      number,
      el("button", { class: "plain-button", text: "Add" }),
    );
    tags.oninput = () => tags.setCustomValidity("");
    shape();
    list.replaceChildren(
      form,
      ...rules.map((rule, place) =>
        el(
          "div",
          { class: "menu-row" },
          el("span", { text: words(rule), title: words(rule) }),
          opscope.controls.button("close", "Remove this alert", async () => {
            await change(rules.filter((_, i) => i !== place));
            fill(list);
          }),
        ),
      ),
    );
  };

  opscope.alerts = { fill, of: (tags) => found.filter(({ tag }) => tags.includes(tag)) };
  new MutationObserver(() => {
    const box = document.getElementById("alerts");
    if (box && box !== header) tell();
  }).observe(document.documentElement, { childList: true, subtree: true });
  opscope.on("generation", check);
  check();
})();
