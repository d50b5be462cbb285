/* Rate, bolus, bag, pause, resume and stop: what was done at the pump, written down. This page does not control the pump. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el, number: show } = infusion.format;
  const { number, text, tabs, row, group } = infusion.fields;
  const forms = (infusion.forms = infusion.forms || {});
  const AT_PUMP = "Write down what is set at the pump. This screen does not control the pump.";
  const PAUSE_REASONS = ["blood pressure", "respiratory", "side effect", "patient wish", "line or pump trouble", "bag change"];
  const STOP_REASONS = ["complete", "side effect", "patient wish", "blood pressure", "respiratory", "equipment"];
  const RATE_REASONS = ["as ordered", "titration", "side effect", "pain"];

  /** mg/h, mL/h and mg/kg/h of one rate: typing one writes the other two, from weight and concentration. */
  function linkedRate(app, drip, wanted) {
    const weight = app.bed.session ? app.bed.session.weight_kg : null;
    const change = el("p", { class: "now-line", "aria-live": "polite" });
    let source = "mg";
    const concentration = number("concentration_mg_ml", "Concentration on the bag", "mg/mL", {
      value: drip.concentration_mg_ml ?? "", wanted: "Enter the concentration on the bag label.", above: true, high: 100, oninput: () => link(source) });
    const mg = number("rate_mg_h", "Rate", "mg/h", { wanted, high: 1000, oninput: () => link("mg") });
    const ml = number("rate_ml_h", "Rate", "mL/h", { high: 2000, oninput: () => link("ml") });
    const perKg = number("rate_mg_kg_h", "Rate", "mg/kg/h", { high: 50, oninput: () => link("kg") });
    function link(from) {
      source = from;
      const strength = concentration.peek();
      const typed = { mg, ml, kg: perKg }[from].peek();
      let rate = null;
      if (typed !== null && isFinite(typed)) {
        if (from === "mg") rate = typed;
        else if (from === "ml") rate = strength ? typed * strength : null;
        else rate = weight ? typed * weight : null;
      }
      if (from !== "mg") mg.set(rate === null ? null : Number(rate.toFixed(2)));
      if (from !== "ml") ml.set(rate === null || !strength ? null : Number((rate / strength).toFixed(2)));
      if (from !== "kg") perKg.set(rate === null || !weight ? null : Number((rate / weight).toFixed(3)));
      tell(rate);
    }
    function tell(rate) {
      const before = drip.set_rate_mg_h || drip.rate_mg_h;
      const parts = rate === null ? [] : [`${before ? `${show(before, 2)} → ` : ""}${show(rate, 2)} mg/h`];
      if (rate !== null && before && (rate > 2 * before || rate < before / 2)) parts.push("⚠ more than double or half of the rate before: check the pump display");
      change.textContent = parts.join(" · ");
    }
    return {
      node: group(row(mg, ml, perKg), row(concentration, el("p", { class: "now-line beside" }, weight ? `Weight ${show(weight, 1)} kg` : "No weight recorded: mg/kg/h cannot be shown")), change),
      collect: () => ({ rate_mg_h: mg.value(), concentration_mg_ml: concentration.value() }),
      mg,
    };
  }

  forms.rate = (app) => {
    const drip = app.bed.infusion || {};
    const started = drip.state && !["not_started", "stopped"].includes(drip.state);
    const rate = linkedRate(app, drip, "Enter the rate.");
    const ordered = text("ordered_by", "Ordered by");
    const reason = text("reason", "Reason", { list: RATE_REASONS });
    const bolus = number("dose_mg", "Bolus", "mg", { wanted: "Enter the bolus.", above: true, high: 500 });
    const bolusBy = text("ordered_by", "Ordered by");
    const bolusWhy = text("reason", "Reason");
    const strength = number("concentration_mg_ml", "Concentration on the new bag", "mg/mL", { wanted: "Enter the concentration on the bag label.", above: true, high: 100 });
    const volume = number("volume_ml", "Volume", "mL", { above: true, high: 5000 });
    const bagWhy = text("reason", "Reason");
    const parts = tabs([
      {
        key: "rate", label: started ? "Rate" : "Start", node: group(rate, row(ordered, reason)),
        collect: () => ({ type: started ? "infusion_rate_changed" : "infusion_started", ...rate.collect(), source: "entered", ordered_by: ordered.value(), reason: reason.value() }),
      },
      {
        key: "bolus", label: "Bolus", node: group(row(bolus), row(bolusBy, bolusWhy)),
        collect: () => ({ type: "bolus_given", dose_mg: bolus.value(), source: "entered", ordered_by: bolusBy.value(), reason: bolusWhy.value() }),
      },
      {
        key: "bag", label: "New bag", node: group(row(strength, volume), bagWhy),
        collect: () => ({ type: "bag_changed", concentration_mg_ml: strength.value(), volume_ml: volume.value(), reason: bagWhy.value() }),
      },
    ]);
    return { title: started ? "Rate, bolus or bag" : "Record the start", hint: AT_PUMP, body: parts.node, backdate: true, collect: parts.collect };
  };

  forms.pause = (app) => {
    const drip = app.bed.infusion || {};
    if (!drip.state || drip.state === "not_started" || drip.state === "stopped")
      return { title: "Pause at pump", hint: "No infusion is recorded as running. Record the start with R.", body: el("span") };
    const stopWhy = text("reason", "Reason", { wanted: "Say why.", list: STOP_REASONS });
    const stop = {
      key: "stop", label: "Stopped", node: group(el("p", { class: "now-line" }, `Given so far ${show(app.bed.givenMg(), 1)} of ${show(drip.planned_mg, 1)} mg`), stopWhy),
      collect: () => ({ type: "infusion_stopped", reason: stopWhy.value(), source: "entered" }),
    };
    let first;
    if (drip.state === "paused") {
      const rate = number("rate_mg_h", "Rate", "mg/h", { value: drip.set_rate_mg_h || drip.rate_mg_h || "", high: 1000 });
      const why = text("reason", "Reason");
      first = {
        key: "resume", label: "Resumed", node: group(el("p", { class: "now-line" }, "Empty: at the rate before the pause."), row(rate, why)),
        collect: () => ({ type: "infusion_resumed", rate_mg_h: rate.value(), reason: why.value(), source: "entered" }),
      };
    } else {
      const why = text("reason", "Reason", { wanted: "Say why.", list: PAUSE_REASONS });
      first = { key: "pause", label: "Paused", node: group(why), collect: () => ({ type: "infusion_paused", reason: why.value(), source: "entered" }) };
    }
    const parts = tabs([first, stop]);
    return {
      title: drip.state === "paused" ? "Record resume or stop at pump" : "Record pause or stop at pump",
      hint: AT_PUMP, body: parts.node, backdate: true, collect: parts.collect,
    };
  };

})();
