// Controls as plain HTML, which stand before Dash has started. Each gives its element, with
// `.set(value)` to show another value without telling anybody.
(() => {
  const { el } = opscope;
  let made = 0;
  const named = (label) => `${label.toLowerCase().replace(/\W+/g, "-")}-${++made}`;

  const slider = (label, { min, max, step, value, digits = 2 }, changed) => {
    const id = named(label),
      told = el("output", { class: "label-value", for: id });
    const input = el("input", {
      id,
      type: "range",
      min,
      max,
      step,
      value,
      oninput: () => {
        tell();
        changed(Number(input.value));
      },
    });
    const tell = () => {
      told.textContent = Number(input.value).toFixed(digits);
      input.style.setProperty("--at", `${(100 * (input.value - min)) / (max - min)}%`);
    };
    tell();
    const field = el("div", { class: "field" }, el("label", { class: "label", for: id }, label, told), input);
    field.set = (next) => {
      input.value = next;
      tell();
    };
    return field;
  };

  // choices: [[value, text], ...]
  const segmented = (label, choices, value, changed) => {
    const name = named(label),
      inputs = choices.map(([choice]) =>
        el("input", { type: "radio", name, value: choice, onchange: () => changed(choice) }),
      );
    const field = el(
      "fieldset",
      { class: "field" },
      el("legend", { class: "label", text: label }),
      el(
        "div",
        { class: "segments" },
        ...choices.map(([, text], i) => el("label", {}, inputs[i], el("span", { text }))),
      ),
    );
    field.set = (next) =>
      inputs.forEach((input) => {
        input.checked = input.value === next;
      });
    field.set(value);
    return field;
  };

  // A whole number, or "" where it may be left open.
  const number = (label, { min, max, value, placeholder }, changed) => {
    const id = named(label);
    const input = el("input", {
      id,
      class: "text-input",
      type: "number",
      min,
      max,
      step: 1,
      value,
      placeholder,
      onchange: () => input.checkValidity() && changed(input.value === "" ? "" : Number(input.value)),
    });
    const field = el("div", { class: "field inline" }, el("label", { class: "label", for: id, text: label }), input);
    field.set = (next) => {
      input.value = next;
    };
    return field;
  };

  const choice = (label, choices, value, changed) => {
    const id = named(label);
    const input = el(
      "select",
      { id, onchange: () => changed(input.value) },
      ...choices.map(([at, text]) => el("option", { value: at, text })),
    );
    const field = el("div", { class: "field inline" }, el("label", { class: "label", for: id, text: label }), input);
    field.set = (next) => {
      input.value = next;
    };
    field.set(value);
    return field;
  };

  const toggle = (label, value, changed, hint) => {
    const input = el("input", { type: "checkbox", role: "switch", onchange: () => changed(input.checked) });
    const field = el("label", { class: "toggle", title: hint }, input, el("span", { text: label }));
    field.set = (next) => {
      input.checked = next;
    };
    field.set(value);
    return field;
  };

  // A regular expression; what is not one is marked, and not handed on.
  const filter = (label, placeholder, value, changed) => {
    const note = el("span", { class: "field-error", role: "alert" });
    let waiting = null;
    const input = el("input", {
      type: "search",
      placeholder,
      "aria-label": label,
      value,
      spellcheck: "false",
      autocomplete: "off",
      oninput: () => {
        clearTimeout(waiting);
        waiting = setTimeout(check, 120);
      },
    });
    const check = () => {
      const ok = opscope.pattern(input.value) !== null;
      note.textContent = ok ? "" : "Not a regular expression";
      input.setAttribute("aria-invalid", String(!ok));
      if (ok) changed(input.value);
    };
    const field = el("div", { class: "filter" }, el("span", { class: "icon icon-search small" }), input, note);
    field.set = (next) => {
      input.value = next;
    };
    field.input = input;
    return field;
  };

  const button = (icon, label, act, more = {}) =>
    el(
      "button",
      { class: "icon-button", type: "button", title: label, "aria-label": label, onclick: act, ...more },
      el("span", { class: `icon icon-${icon} small` }),
    );

  // A button that opens a box; a click elsewhere or Escape closes it. fill(list) when it opens.
  const menu = (summary, fill) => {
    const list = el("div", { class: "menu-list" }),
      box = el("details", { class: "menu" }, summary, list);
    box.addEventListener("toggle", () => box.open && fill(list));
    box.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !box.contains(event.relatedTarget)) box.open = false;
    });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && box.open) {
        box.open = false;
        summary.focus();
        event.stopPropagation();
      }
    });
    return box;
  };
  document.addEventListener("pointerdown", ({ target }) => {
    for (const box of document.querySelectorAll("details.menu[open]")) if (!box.contains(target)) box.open = false;
  });

  opscope.timeAxes = [
    ["step", "Step"],
    ["relative", "Relative"],
    ["wall", "Wall"],
  ];
  opscope.controls = { slider, segmented, number, choice, toggle, filter, button, menu };
})();
