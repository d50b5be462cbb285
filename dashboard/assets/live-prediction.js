/* What the drug model predicts, in numbers: now, ahead as planned, and if the infusion were paused now. Nothing here is measured. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el, setText, number, timeOfDay } = infusion.format;
  const forms = (infusion.forms = infusion.forms || {});
  const AHEAD_MIN = [0, 5, 10, 20, 30, 60];
  const DASH = "–";

  const shown = (value) => (value === null || value === undefined ? DASH : number(value));

  /** The dose that is still to come, and when it will be in. */
  function toGo(app) {
    const drip = app.bed.infusion;
    const given = app.bed.givenMg();
    if (!drip || given === null || !drip.planned_mg) return "no planned dose";
    const left = drip.planned_mg - given;
    if (left <= 0) return `planned ${number(drip.planned_mg, 1)} mg are in; ${number(-left, 1)} mg more than planned`;
    const ends = drip.state === "running" && drip.minutes_left ? `, in at ${timeOfDay(app.bed.nowMs() + drip.minutes_left * 60e3, false)} at this rate` : "";
    return `${number(left, 1)} mg to go of ${number(drip.planned_mg, 1)} mg${ends}`;
  }

  forms.prediction = (app) => {
    const { data } = app.charts;
    const cells = AHEAD_MIN.map(() => ({ planned: el("td"), site: el("td"), paused: el("td"), pausedSite: el("td") }));
    const rows = AHEAD_MIN.map((min, i) => el("tr", {}, el("th", { scope: "row" }, min ? `in ${min} min` : "now"), ...Object.values(cells[i])));
    const goes = el("p", { class: "now-line tabular" });
    const model = el("p", { class: "dialog-hint prediction-model" });
    const toggle = el("button", { type: "button", class: "choice", onclick: () => { app.charts.setBand(!data.band); tick(); } }, "Band and effect site in the chart");
    const none = el("p", { class: "warn-line" }, "Nothing to predict yet: no infusion and no bolus is recorded.");
    const table = el("table", { class: "prediction-table tabular" },
      el("thead", {},
        el("tr", {}, el("td"), el("th", { colspan: "2", scope: "colgroup" }, "as planned"), el("th", { colspan: "2", scope: "colgroup" }, "if paused now")),
        el("tr", {}, el("td"), ...["plasma", "effect site", "plasma", "effect site"].map((words) => el("th", { scope: "col" }, words)))),
      el("tbody", {}, rows));

    function tick() {
      const { prediction } = data;
      const nowMs = app.bed.nowMs();
      none.hidden = Boolean(prediction);
      table.hidden = toggle.hidden = !prediction;
      setText(goes, toGo(app));
      toggle.setAttribute("aria-pressed", data.band ? "true" : "false");
      if (!prediction) return;
      // A curve of a minute ago begins a minute ago: it is read at the times that stand beside its numbers.
      AHEAD_MIN.forEach((min, i) => {
        const planned = data.predictedAt(nowMs + min * 60e3);
        const paused = data.predictedAt(nowMs + min * 60e3, prediction.if_paused);
        setText(cells[i].planned, planned ? `${number(planned.cp)} (${number(planned.low)} – ${number(planned.high)})` : DASH);
        setText(cells[i].site, shown(planned && planned.ce));
        setText(cells[i].paused, shown(paused && paused.cp));
        setText(cells[i].pausedSite, shown(paused && paused.ce));
      });
      const outside = prediction.covered === false ? " This weight lies outside what the model was built from." : "";
      setText(model, `${prediction.title}: ${prediction.bias}${outside}`);
    }
    tick();
    return {
      title: "Predicted, not measured",
      hint: "Ketamine in ng/mL, a typical patient of this weight, from what is recorded as given; in brackets the usual spread.",
      body: el("div", { class: "prediction-body" }, goes, none, table, toggle, model),
      tick,
    };
  };
})();
