/* What a person may record, one form each: consciousness, drug and oxygen, side effect, vitals, note, phase, end of session. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el } = infusion.format;
  const { choices, number, text, tabs, row, group } = infusion.fields;
  const forms = (infusion.forms = infusion.forms || {});

  const DISSOCIATION = [["0", "none"], ["1", "mild, pleasant"], ["2", "moderate, tolerable"], ["3", "severe, frightening"], ["4", "cannot engage"]];
  // Names only: doses are never suggested.
  const DRUGS = [
    ["midazolam", "mg", "IV"], ["lorazepam", "mg", "IV"], ["ondansetron", "mg", "IV"], ["dexamethasone", "mg", "IV"],
    ["metoclopramide", "mg", "IV"], ["glycopyrrolate", "mg", "IV"], ["clonidine", "mcg", "PO"], ["labetalol", "mg", "IV"],
    ["hydralazine", "mg", "IV"], ["paracetamol", "mg", "PO"], ["crystalloid", "mL", "IV"],
  ];
  const ROUTES = ["IV", "PO", "SL", "IM", "SC", "IN", "inhaled"];
  const UNITS = ["mg", "mcg", "g", "mL", "units"];
  const OXYGEN = [["0", "room air"], ["1", "1"], ["2", "2"], ["3", "3"], ["4", "4"], ["6", "6"], ["10", "10"], ["15", "15"]];
  const OXYGEN_DEVICES = ["nasal cannula", "nasal CO₂ cannula", "simple mask", "non-rebreather mask", "bag and mask"];
  const EFFECTS = ["nausea", "vomiting", "dizziness", "headache", "anxiety", "agitation", "hallucination", "nightmare", "blurred vision",
    "double vision", "salivation", "itching", "chest pain", "palpitations", "pain at the IV site", "urinary urgency",
    // These alarm (`findings` of the alarm profiles):
    "airway noise", "apnoea seen", "stridor", "laryngospasm", "vomiting while obtunded", "severe distress", "frightening hallucination"];
  const PHASES = ["setup", "titration", "steady", "recovery", "discharge"];
  const items = (rows) => rows.map(([value, label]) => ({ value, label }));
  const plain = (words) => words.map((word) => ({ value: word, label: word }));

  forms.consciousness = (app) => {
    const session = app.bed.session || {};
    const scale = session.scale || "moaas";
    const levels = app.bed.levels(scale, app.config.scales);
    const level = choices("level", levels.map((l) => ({ value: String(l.code), label: String(l.code), note: l.label })), { big: true, wanted: "Choose a level." });
    const dissociation = choices("dissociation", DISSOCIATION.map(([value, note]) => ({ value, label: value, note })), {
      label: "Dissociation (optional): ask, and look whether the eyes are open", columns: 1, optional: true });
    const note = text("note", "Note");
    const last = session.loc ? `Last: ${session.loc.level} at ${infusion.format.timeOfDay(Date.parse(session.loc.at), false)} by ${session.loc.by}` : "No assessment yet";
    return {
      title: `Consciousness · ${session.scale_label || scale.toUpperCase()}`,
      hint: `${last}. Look afresh: nothing is chosen for you.`,
      body: el("div", { class: "two-columns" }, level.node, group(dissociation, note)),
      backdate: true,
      collect() {
        const rating = dissociation.value();
        return { type: "consciousness_assessed", scale, level: level.value(), dissociation: rating === null ? null : Number(rating), note: note.value() };
      },
    };
  };

  function drugPart() {
    const name = text("drug", "Drug", { wanted: "Name the drug." });
    const dose = number("dose", "Dose", "", { wanted: "Enter the dose.", above: true, high: 100000 });
    const unit = choices("unit", plain(UNITS), { label: "Unit", wanted: "Choose the unit.", columns: 5 });
    const route = choices("route", ROUTES.map((way) => ({ value: way, label: way === "inhaled" ? "inh." : way })), { label: "Route", wanted: "Choose the route.", columns: 7 });
    const note = text("note", "Note");
    const quick = choices("quick", DRUGS.map(([drug]) => ({ value: drug, label: drug })), {
      columns: 6,
      onpick(drug) {
        const [, usual, way] = DRUGS.find((d) => d[0] === drug);
        name.input.value = drug;
        unit.pick(usual);
        route.pick(way);
        dose.input.focus();
      },
    });
    return {
      key: "drug", label: "Drug", node: group(quick, row(name, dose), row(unit, route), note),
      collect: () => ({ type: "drug_given", drug: name.value(), dose: dose.value(), unit: unit.value(), route: route.value(), note: note.value() }),
    };
  }

  function oxygenPart(app) {
    const now = (app.bed.session && app.bed.session.oxygen) || {};
    const flow = number("flow_l_min", "Flow", "L/min", { wanted: "Enter the flow; 0 is room air.", high: 60 });
    const quick = choices("flow_quick", items(OXYGEN), { label: "Flow, L/min", columns: 8, onpick: (v) => flow.set(Number(v)) });
    const device = choices("device", plain(OXYGEN_DEVICES), { label: "Device", columns: 5, optional: true });
    return {
      key: "oxygen", label: "Oxygen", node: group(el("p", { class: "now-line" }, `Now: ${infusion.oxygenWords(now)}`), quick, row(flow), device),
      collect() {
        const litres = flow.value();
        const by = device.value();
        if (litres > 0 && !by) throw { message: "Choose the device.", field: "device" };
        return { type: "oxygen_changed", flow_l_min: litres, device: litres > 0 ? by : "" };
      },
    };
  }

  infusion.oxygenWords = (oxygen) => {
    if (!oxygen || oxygen.flow_l_min === null || oxygen.flow_l_min === undefined) return "O₂ not recorded";
    return oxygen.flow_l_min > 0 ? `O₂ ${infusion.format.number(oxygen.flow_l_min, 1)} L/min ${oxygen.device || ""}`.trim() : "room air";
  };

  forms.drug = (app) => {
    const parts = tabs([drugPart(), oxygenPart(app)]);
    return { title: "Drug or oxygen", body: parts.node, backdate: true, collect: parts.collect };
  };

  forms["side-effect"] = () => {
    const effect = text("effect", "Side effect", { wanted: "Name the side effect." });
    const quick = choices("effect_quick", plain(EFFECTS), { columns: 5, onpick: (v) => { effect.input.value = v; } });
    const severity = choices("severity", plain(["mild", "moderate", "severe"]), { label: "Severity", wanted: "Choose how severe it is.", columns: 3 });
    const note = text("note", "Note");
    return {
      title: "Side effect", body: group(quick, row(effect, severity), note), backdate: true,
      collect: () => ({ type: "side_effect", effect: effect.value(), severity: severity.value(), note: note.value() }),
    };
  };

  forms.vitals = (app) => {
    const inputs = app.config.manual.map((m) => [m, number(m.signal, m.label, m.unit, { low: m.low, high: m.high })]);
    const note = text("note", "Note", { placeholder: "how measured" });
    return {
      title: "Manual vitals", hint: "Counted or read by you. Leave empty what you did not measure.", backdate: true,
      body: group(el("div", { class: "vitals-grid" }, inputs.map(([, input]) => input.node)), note),
      collect() {
        const values = {};
        for (const [m, input] of inputs) {
          const value = input.value();
          if (value !== null) values[m.signal] = value;
        }
        if (!Object.keys(values).length) throw { message: "Enter at least one value." };
        if (("nibp_sys" in values) !== ("nibp_dia" in values)) throw { message: "Blood pressure needs both numbers.", field: "nibp_sys" in values ? "nibp_dia" : "nibp_sys" };
        if ("nibp_sys" in values && values.nibp_sys <= values.nibp_dia) throw { message: "Systolic must be above diastolic.", field: "nibp_sys" };
        return { type: "manual_vitals", values, note: note.value() };
      },
    };
  };

  forms.note = () => {
    const note = text("text", "Note", { rows: 4, wanted: "Write something first.", first: true, list: ["patient comfortable", "music on", "physician informed", "physician at the bed", "repositioned"] });
    return { title: "Note", body: group(note), backdate: true, collect: () => ({ type: "note", text: note.value() }) };
  };

  forms.phase = (app) => {
    const now = app.bed.session ? app.bed.session.phase : null;
    const phase = choices("phase", plain(PHASES), { columns: 5, wanted: "Choose the phase." });
    return {
      title: "Phase", hint: now ? `Now: ${now}.` : null, body: group(phase),
      collect: () => ({ type: "phase_changed", phase: phase.value() }),
    };
  };

  forms.close = (app) => {
    const drip = app.bed.infusion || {};
    const summary = text("summary", "Summary", { rows: 3, placeholder: "how it went, what the next session should know" });
    const going = ["running", "paused"].includes(drip.state);
    return {
      title: "End of session", save: "Close the session",
      hint: "The record closes; the page goes back to waiting for the next session.",
      body: group(
        going ? el("p", { class: "warn-line" }, `The infusion is recorded as ${drip.state}. Record the stop first (I) when it was stopped at the pump.`) : el("span"),
        el("p", { class: "now-line" }, `Given ${infusion.format.number(app.bed.givenMg(), 1)} of ${infusion.format.number(drip.planned_mg, 1)} mg`),
        summary),
      collect: () => ({ type: "session_closed", summary: summary.value() }),
    };
  };
})();
