/* The parts that forms are made of. Each gives `node` and `value()`; a value that cannot be is thrown as {message, field}. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el } = infusion.format;

  /** One of `items` ({value, label, note}) as buttons; nothing is chosen unless `value` is given. */
  function choices(field, items, { label, value = null, columns, wanted, onpick, big = false, optional = false } = {}) {
    let chosen = value;
    const buttons = items.map((item) =>
      el("button", {
        type: "button", class: big ? "choice choice-big" : "choice", "data-value": item.value,
        "aria-pressed": String(item.value === chosen), onclick: () => pick(item.value),
      }, el("span", { class: "choice-label" }, item.label), item.note ? el("span", { class: "choice-note" }, item.note) : null));
    function pick(next) {
      chosen = optional && next === chosen ? null : next;
      buttons.forEach((b, i) => b.setAttribute("aria-pressed", String(items[i].value === chosen)));
      if (onpick) onpick(chosen);
    }
    const grid = el("div", { class: "choices", style: columns ? `--columns:${columns}` : null }, buttons);
    const node = el("div", { class: "field", "data-field": field, role: "group", "aria-label": label || field },
      label ? el("span", { class: "field-label" }, label) : null, grid);
    return {
      node, pick,
      value() {
        if (chosen === null && wanted) throw { message: wanted, field };
        return chosen;
      },
    };
  }

  /** A number with its unit. A comma counts as the decimal point. `value()` is null when empty and not `wanted`. */
  function number(field, label, unit, { value = "", low = 0, high = Infinity, wanted, oninput, above = false, wide = false } = {}) {
    const input = el("input", {
      type: "text", inputmode: "decimal", autocomplete: "off", value: String(value), "aria-label": `${label} ${unit}`,
      oninput: () => oninput && oninput(),
    });
    const node = el("label", { class: wide ? "field field-number wide" : "field field-number", "data-field": field },
      el("span", { class: "field-label" }, label), el("span", { class: "with-unit" }, input, el("span", { class: "unit" }, unit)));
    const parse = () => {
      const text = input.value.trim().replace(",", ".");
      return text === "" ? null : /^\d*\.?\d+$|^\d+\.$/.test(text) ? Number(text) : NaN;
    };
    return {
      node, input, peek: parse,
      set(next) { input.value = next === null || !isFinite(next) ? "" : String(next); },
      value() {
        const found = parse();
        if (found === null) {
          if (wanted) throw { message: wanted, field };
          return null;
        }
        if (!isFinite(found)) throw { message: `${label}: “${input.value}” is not a number`, field };
        if (found < low || found > high || (above && found === low))
          throw { message: `${label}: ${above ? "above" : "from"} ${low}${isFinite(high) ? ` to ${high}` : ""} ${unit}`, field };
        return found;
      },
    };
  }

  function text(field, label, { wanted, value = "", rows = 0, list = [], placeholder = "", first = false } = {}) {
    const input = rows
      ? el("textarea", { rows, "aria-label": label, placeholder, value, "data-first": first })
      : el("input", { type: "text", autocomplete: "off", "aria-label": label, placeholder, value, "data-first": first });
    input.maxLength = 500;
    const quick = list.map((word) => el("button", {
      type: "button", class: "chip-choice", onclick: () => { input.value = input.value.trim() ? `${input.value.trim()}; ${word}` : word; },
    }, word));
    const node = el("div", { class: "field field-text", "data-field": field }, el("label", {}, el("span", { class: "field-label" }, label), input),
      quick.length ? el("div", { class: "quick" }, quick) : null);
    return {
      node, input,
      value() {
        const found = input.value.trim();
        if (!found && wanted) throw { message: wanted, field };
        return found;
      },
    };
  }

  /** Several forms in one panel: `parts` = [{key, label, node, collect}]. */
  function tabs(parts, start) {
    let active = start || parts[0].key;
    const heads = parts.map((part) => el("button", { type: "button", class: "tab", role: "tab", "data-tab": part.key, onclick: () => show(part.key) }, part.label));
    function show(key) {
      active = key;
      parts.forEach((part, i) => {
        part.node.hidden = part.key !== key;
        heads[i].setAttribute("aria-selected", String(part.key === key));
      });
    }
    const node = el("div", {}, el("div", { class: "tabs", role: "tablist" }, heads), ...parts.map((part) => part.node));
    show(active);
    return { node, collect: () => parts.find((part) => part.key === active).collect() };
  }

  const row = (...parts) => el("div", { class: "field-row" }, parts.map((part) => part.node || part));
  const group = (...parts) => el("div", { class: "field-group" }, parts.map((part) => part.node || part));

  /** Who is at the bed: buttons from the station's list, or a name to type when it lists nobody. */
  infusion.personPicker = (app, done) => {
    const choose = (name) => { app.setPerson(name); done(name); };
    if (app.config.people.length)
      return el("div", { class: "people" }, app.config.people.map((name, i) =>
        el("button", { type: "button", class: "choice person-choice", "data-person": name, "data-first": i === 0, onclick: () => choose(name) }, name)));
    const input = el("input", { type: "text", "aria-label": "Name", maxlength: "60", autocomplete: "off" });
    return el("div", { class: "people" }, input,
      el("button", { type: "button", class: "choice", onclick: () => input.value.trim() && choose(input.value.trim()) }, "That is me"));
  };

  infusion.fields = { choices, number, text, tabs, row, group };
})();
