/* Panels that list alarms: all of them, and those of breathing together. They follow the bed while they are open. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el, number, setText, MARKS } = infusion.format;
  const forms = (infusion.forms = infusion.forms || {});
  const BREATHING = [
    ["SpO₂", "%", ["spo2"], "spo2"], ["EtCO₂", "mmHg", ["etco2"], "co2"], ["RR", "/min", ["rr", "rr_co2", "rr_imp"], "rr"], ["last breath", "s ago", ["breath"], "rr"],
  ];

  /** Rows of `pick(alarms)`, each with its own button; `tick` keeps them as they are now. */
  function list(app, pick, none) {
    const node = el("div", { class: "log-full" });
    let drawn = null;
    const words = (alarm) => `${infusion.alarmTitle(app.bed, alarm)} · ${infusion.alarmDetail(app.bed, alarm)}`;
    const button = (alarm) => alarm.state === "acknowledged" ? el("span")
      : el("button", { type: "button", class: "choice", "data-occurrence": alarm.occurrence, onclick: (e) => { app.acknowledge(alarm.occurrence); e.currentTarget.disabled = true; } },
          alarm.state === "latched" ? "Reset" : "Acknowledge");
    function tick() {
      const alarms = pick(app.bed.alarms);
      const now = JSON.stringify(alarms.map((a) => [a.occurrence, a.rule, a.state]));
      if (now === drawn) { [...node.querySelectorAll(".log-text")].forEach((line, i) => alarms[i] && setText(line, words(alarms[i]))); return; }
      drawn = now;
      node.replaceChildren(...(alarms.length ? alarms.map((alarm) => el("div", { class: "log-row", "data-priority": alarm.priority },
        el("b", {}, MARKS[alarm.priority]), el("span", { class: "log-text" }, words(alarm)), button(alarm))) : [el("p", { class: "muted" }, none)]));
    }
    tick();
    return { node, tick };
  }

  forms.alarms = (app) => {
    const all = list(app, (alarms) => alarms, "No alarm.");
    return { title: "All active alarms", body: all.node, tick: all.tick };
  };

  forms.respiratory = (app) => {
    const cells = BREATHING.map(([label, unit, signals, hue]) => {
      const value = el("b", { class: "tabular" });
      const limits = el("small", { class: "tabular" });
      const node = el("div", { class: `breathing-cell tile-${hue}` }, el("span", {}, label), value, el("span", {}, unit), limits);
      return { node, value, limits, signals };
    });
    const rows = list(app, (alarms) => alarms.filter((alarm) => alarm.group === "respiratory"), "No alarm of breathing.");
    function tick() {
      for (const cell of cells) {
        const reading = cell.signals.map((name) => app.bed.values[name]).find((r) => r && r.value !== null && r.value !== undefined);
        setText(cell.value, reading && app.liveState === "live" ? number(reading.value) : "– –");
        setText(cell.limits, infusion.allLimits(app.bed.session, ...cell.signals));
      }
      rows.tick();
    }
    tick();
    return {
      title: "Breathing as a whole", hint: "One view of alarms that belong together. Each is answered by itself.",
      body: el("div", {}, el("div", { class: "breathing" }, cells.map((cell) => cell.node)), rows.node), tick,
    };
  };
})();
