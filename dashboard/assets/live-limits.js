/* Limits of this patient: what triggers now, what the profile says, and who changed it why. Alarms off, and on again.

   Nothing here is derived from the numbers now: that would make a sick patient's values normal. The server checks every
   change again and says no where the profile does. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el, age, number: show, setText, MARKS } = infusion.format;
  const { choices, number, text, row, group } = infusion.fields;
  const forms = (infusion.forms = infusion.forms || {});
  /** Tab → label and the signals that it holds; what fits nowhere is in the last one. */
  const GROUPS = [
    ["hr", "HR", ["rate", "hr", "pr"]], ["spo2", "SpO₂", ["spo2", "pi"]], ["bp", "BP", ["sbp", "dbp", "map"]], ["co2", "EtCO₂", ["etco2", "fico2"]],
    ["rr", "RR, breath", ["rr", "breath"]], ["loc", "Consciousness", ["loc"]], ["other", "Other", []],
  ];
  const CHANGED = "changed";
  const KEYS = [["value", "default_value"], ["delay_s", "default_delay_s"], ["hysteresis", "default_hysteresis"]];
  const WHY_LIMIT = ["ordered by physician", "usual value of this patient", "movement artefact", "known lung disease", "known heart rhythm"];
  const WHY_DEFAULT = ["back to default", "reason is over", "ordered by physician"];
  const WHY_OFF = ["ordered by physician", "known artefact", "mouth care", "moving to the chair", "sensor being changed"];
  const SPANS_S = [60, 120, 180, 300, 600, 900, 1800, 3600];

  const groupOf = (signal) => (GROUPS.find((g) => g[2].includes(signal)) || GROUPS[GROUPS.length - 1])[0];
  const unitOf = (setting) => String(setting.unit || "").replace("1/min", "/min");
  const span = (seconds) => (seconds >= 60 && seconds % 60 === 0 ? `${seconds / 60} min` : `${show(seconds, 1)} s`);

  /** The rule's setting now, by id. */
  const find = (app, rule) => app.bed.settings().find((setting) => setting.rule === rule) || null;

  /** The number in what is printed, or null: percent limits print the number that they come to with this baseline. */
  const printed = (setting) => { const found = /\d+(\.\d+)?/.exec(setting.text || ""); return found ? Number(found[0]) : null; };

  /** What triggers with `value` in place of the one in force, as printed: "≤ 89 %", "30 s", "≥ 98 /min". */
  function triggerWords(setting, value) {
    const unit = unitOf(setting);
    if (value === null || value === undefined) return setting.text || "–";
    const with_unit = (words) => (!unit || words.endsWith(unit) ? words : `${words} ${unit}`);
    if (printed(setting) === setting.value) return with_unit(setting.text.replace(/\d+(\.\d+)?/, show(value, 2)));
    if (value === setting.value && setting.text) return setting.text;
    if (unit === "%" && /^[≤≥]/.test(setting.text)) return `${show(value, 2)} % from baseline`;
    return with_unit(`${setting.side === "low" ? "≤ " : setting.side === "high" ? "≥ " : ""}${show(value, 2)}`);
  }

  /** Alarms later than the profile, or gives in earlier: the low limit lower, the high one higher, a longer wait, less way back. */
  function lessSafe(setting, next) {
    const later = setting.side === "low" ? next.value < setting.default_value : next.value > setting.default_value;
    return (next.value !== null && later) || next.delay_s > setting.default_delay_s || next.hysteresis < setting.default_hysteresis;
  }

  function badges(setting, app) {
    const out = [];
    if (setting.modified) out.push(el("span", { class: "badge badge-modified" }, "modified"));
    if (setting.modified && lessSafe(setting, setting)) out.push(el("span", { class: "badge badge-modified" }, "less safe than default"));
    const left = setting.off_until_s === null || setting.off_until_s === undefined ? 0 : app.bed.leftS(setting.off_until_s);
    if (left > 0) out.push(el("span", { class: "badge badge-off tabular", "data-until": setting.off_until_s }, `OFF ${age(left)}`));
    return out;
  }

  function settingRow(app, setting) {
    const off = app.bed.leftS(setting.off_until_s ?? -1) > 0;
    const changed = (key, base) => (setting[key] !== setting[base] ? "true" : null);
    const unit = unitOf(setting);
    const buttons = [];
    if (setting.changeable) buttons.push(el("button", { type: "button", class: "choice", "data-change": setting.rule, onclick: () => app.dialogs.open("limit", setting.rule) }, "Change"));
    if (off) buttons.push(el("button", { type: "button", class: "choice", "data-on": setting.rule, onclick: (e) => onAgain(app, setting, e.currentTarget) }, "On again"));
    else if (setting.off_allowed) buttons.push(el("button", { type: "button", class: "choice", "data-off": setting.rule, onclick: () => app.dialogs.open("alarm-off", setting.rule) }, "Off …"));
    const cell = (words, mark, note) => el("td", { class: "tabular", "data-changed": mark }, words, note ? el("small", {}, note) : null);
    const aside = setting.value !== null && printed(setting) !== setting.value ? `${show(setting.value, 2)} ${unit}${unit === "%" ? " from" : ", or by"} baseline` : null;
    const standard = [triggerWords(setting, setting.default_value), span(setting.default_delay_s), setting.default_hysteresis ? show(setting.default_hysteresis, 2) : null].filter(Boolean).join(" · ");
    return el("tr", { "data-rule": setting.rule, "data-priority": setting.priority, "data-modified": setting.modified ? "true" : null },
      el("td", { class: "limit-mark", title: `${setting.priority} priority` }, MARKS[setting.priority]),
      el("td", { class: "limit-name" }, el("b", {}, setting.label), el("div", { class: "badges" }, badges(setting, app)),
        setting.why_not ? el("small", {}, setting.why_not) : null),
      cell(triggerWords(setting, setting.value), changed("value", "default_value"), aside), cell(span(setting.delay_s), changed("delay_s", "default_delay_s")),
      cell(setting.hysteresis ? `${show(setting.hysteresis, 2)} ${unit}`.trim() : "–", changed("hysteresis", "default_hysteresis")),
      el("td", { class: "tabular limit-default" }, standard),
      el("td", { class: "limit-do" }, buttons));
  }

  async function onAgain(app, setting, button) {
    if (!app.person) { app.notice("Say first who is at the bed.", "bad"); return; }
    button.disabled = true;
    button.entry = button.entry || infusion.entryOf(app, { type: "alarm_on", rule: setting.rule, reason: "" });
    try {
      const answer = await infusion.post(button.entry);
      app.notice(`Saved · ${answer.text || `${setting.label} on again`}`);
    } catch (problem) {
      if (problem instanceof Error) throw problem;
      app.notice(problem.message, "bad");
      button.disabled = false;
    }
  }

  forms.limits = (app, wanted) => {
    const { bed } = app;
    const isChanged = (setting) => setting.modified || bed.leftS(setting.off_until_s ?? -1) > 0;
    const inTab = (tab) => bed.settings().filter((s) => (tab === CHANGED ? isChanged(s) : groupOf(s.signal) === tab));
    let open = wanted || (bed.settings().some(isChanged) ? CHANGED : "hr");
    if (!inTab(open).length) open = (GROUPS.find(([tab]) => inTab(tab).length) || GROUPS[0])[0];
    const tabs = el("div", { class: "tabs", role: "tablist" });
    const body = el("tbody");
    const foot = el("div", { class: "limits-foot" });
    let drawn = "";
    const head = ["", "Rule", "Triggers", "Delay", "Back inside by", "Default", ""].map((words) => el("th", { scope: "col" }, words));

    function draw() {
      const rows = inTab(open);
      tabs.replaceChildren(...[[CHANGED, `Changed ${inTab(CHANGED).length}`], ...GROUPS].filter(([tab]) => inTab(tab).length).map(([tab, label]) =>
        el("button", { type: "button", class: "tab", role: "tab", "data-tab": tab, "aria-selected": String(tab === open), onclick: () => { open = tab; draw(); } }, label)));
      body.replaceChildren(...rows.map((setting) => settingRow(app, setting)));
      const modified = bed.settings().filter((s) => s.modified);
      foot.replaceChildren(...(modified.length
        ? [el("span", { class: "warn-line" }, `${modified.length} rule${modified.length > 1 ? "s" : ""} modified for this patient`),
            el("button", { type: "button", class: "choice", "data-all-default": "true", onclick: () => app.dialogs.open("limits-default") }, "All back to default …")]
        : [el("span", { class: "now-line" }, "All limits are as in the profile. The next patient starts from the profile again.")]));
      drawn = print();
    }
    // Redrawn when a setting changed anywhere; the countdown alone costs one text.
    const print = () => JSON.stringify([open, bed.settings().map((s) => [s, isChanged(s)])]);
    draw();
    return {
      title: "Alarm limits of this patient",
      hint: `Profile ${bed.session ? bed.session.profile : ""}${bed.session && bed.session.approved === false ? " · not site approved" : ""}. Every change carries a reason and is in the record.`,
      body: el("div", { class: "limits" }, tabs, el("table", { class: "limit-table" }, el("thead", {}, el("tr", {}, head)), body), foot),
      tick() {
        if (print() !== drawn) draw();
        else for (const badge of body.querySelectorAll("[data-until]")) setText(badge, `OFF ${age(bed.leftS(Number(badge.dataset.until)))}`);
      },
    };
  };

  /** A number with a finger's minus and plus. */
  function stepped(field, label, unit, value, step, onchange) {
    const input = number(field, label, unit, { value: value === null ? "" : show(value, 2), wanted: `Enter ${label.toLowerCase()}.`, high: 10000, oninput: onchange });
    const move = (by) => {
      const now = input.peek();
      if (now === null || !isFinite(now)) return;
      input.set(Number(Math.max(0, now + by).toFixed(2)));
      onchange();
    };
    const key = (sign, by) => el("button", { type: "button", class: "choice step", "aria-label": `${label} ${by < 0 ? "down" : "up"}`, onclick: () => move(by) }, sign);
    return { ...input, node: el("div", { class: "stepped" }, key("−", -step), input.node, key("+", step)) };
  }

  forms.limit = (app, rule) => {
    const setting = find(app, rule);
    if (!setting || !setting.changeable) return null;
    const unit = unitOf(setting);
    const fine = (setting.value !== null && !Number.isInteger(setting.value)) || setting.signal === "temp" ? 0.1 : 1;
    const effect = el("p", { class: "now-line", "aria-live": "polite" });
    // A share of the baseline beside the limit may be what triggers first; it stays as the profile has it.
    const byBaseline = unit !== "%" && setting.text && printed(setting) !== null && printed(setting) !== setting.value;
    const fields = {
      ...(setting.value === null || setting.value === undefined ? {} : { value: stepped("value", "Limit", unit, setting.value, fine, tell) }),
      delay_s: stepped("delay_s", "Delay", "s", setting.delay_s, 5, tell),
      ...(setting.side ? { hysteresis: stepped("hysteresis", "Back inside by", unit, setting.hysteresis, fine, tell) } : {}),
    };
    const typed = () => Object.fromEntries(KEYS.map(([key]) => [key, fields[key] ? fields[key].peek() : setting[key]]));
    function tell() {
      const next = typed();
      const safe = !lessSafe(setting, next);
      const words = [triggerWords(setting, next.value), `after ${span(next.delay_s ?? 0)}`, `default ${triggerWords(setting, setting.default_value)} after ${span(setting.default_delay_s)}`];
      if (byBaseline && next.value !== setting.value) words.splice(1, 0, `by baseline still ${setting.text}`);
      effect.textContent = `${words.join(" · ")}${safe ? "" : " · LESS SAFE THAN THE DEFAULT"}`;
      effect.className = safe ? "now-line" : "warn-line";
    }
    const reset = el("button", { type: "button", class: "choice", "data-default": rule, onclick: () => {
      for (const [key, base] of KEYS) if (fields[key]) fields[key].set(setting[base]);
      if (!why.input.value.trim()) why.input.value = "back to default";
      tell();
    } }, "Default values");
    const why = text("reason", "Reason", { wanted: "Say why.", list: setting.modified ? WHY_DEFAULT : WHY_LIMIT });
    tell();
    return {
      title: `${MARKS[setting.priority]} ${setting.label} · limit`, fromNow: true, save: "Save limit",
      hint: "For this patient, from now on. Judge the patient, not the number on the screen.",
      body: group(row(...Object.values(fields).map((field) => field.node)), el("div", { class: "limit-effect" }, effect, reset), why),
      collect() {
        const next = Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field.value()]));
        const changed = Object.keys(next).filter((key) => next[key] !== setting[key]);
        if (!changed.length) throw { message: "Nothing is changed.", field: "value" };
        const part = (from) => Object.fromEntries(changed.map((key) => [key, from[key]]));
        return { type: "limit_changed", rule, old: part(setting), new: part(next), reason: why.value() };
      },
      onsaved: () => app.dialogs.open("limits", groupOf(setting.signal)),
    };
  };

  forms["limits-default"] = (app) => {
    const modified = app.bed.settings().filter((s) => s.modified);
    const why = text("reason", "Reason", { wanted: "Say why.", list: WHY_DEFAULT });
    const back = (setting) => {
      const keys = KEYS.filter(([key, base]) => setting[key] !== setting[base]);
      const part = (take) => Object.fromEntries(keys.map((pair) => [pair[0], setting[pair[take]]]));
      return { rule: setting.rule, old: part(0), new: part(1) };
    };
    return {
      title: "All limits back to default", fromNow: true, save: "Back to default",
      body: group(el("ul", { class: "plain-list" }, modified.map((s) => el("li", {}, `${MARKS[s.priority]} ${s.label}: ${triggerWords(s, s.value)} after ${span(s.delay_s)} → ${triggerWords(s, s.default_value)} after ${span(s.default_delay_s)}`))), why),
      collect() {
        const reason = why.value();
        return modified.map((setting) => ({ type: "limit_changed", ...back(setting), reason }));
      },
      onsaved: () => app.dialogs.open("limits"),
    };
  };

  forms["alarm-off"] = (app, rule) => {
    const setting = find(app, rule);
    if (!setting || !setting.off_allowed) return null;
    const most = setting.off_max_s;
    const spans = [...SPANS_S.filter((s) => s < most), most];
    const time = choices("duration_s", spans.map((s) => ({ value: s, label: span(s) })), { label: "For how long; it returns by itself", columns: Math.min(6, spans.length), wanted: "Choose for how long." });
    const why = text("reason", "Reason", { wanted: "Say why.", list: WHY_OFF });
    return {
      title: `${MARKS[setting.priority]} ${setting.label} · off`, fromNow: true, save: "Alarm off",
      hint: "Neither sound nor light for this rule meanwhile. Every screen of the bed says so and counts down.",
      body: group(el("p", { class: "warn-line" }, `Until then nothing warns of: ${setting.label} ${setting.text || ""}. Watch the bedside monitor.`), time.node, why),
      collect: () => ({ type: "alarm_off", rule, duration_s: time.value(), reason: why.value() }),
      onsaved: () => app.dialogs.open("limits", groupOf(setting.signal)),
    };
  };

  infusion.limitGroup = groupOf;
})();
