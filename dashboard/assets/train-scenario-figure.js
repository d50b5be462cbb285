/* What a scenario does when nobody acts: curves, the alarms as a lane on the same clock, and what was expected of them. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el, runClock: clock } = infusion.format;
  // Row → [label, what is true, what the monitor shows, colour, least range].
  const ROWS = [
    ["SpO₂<br>%", "sao2", "shown_spo2", "--spo2", [80, 100]], ["CO₂<br>mmHg", "paco2", "shown_etco2", "--co2", [20, 60]],
    ["RR<br>1/min", "rr", "shown_rr", "--rr", [0, 24]], ["HR<br>1/min", "hr", "shown_hr", "--hr", [50, 100]],
    ["SBP<br>mmHg", "sbp", "shown_sbp", "--bp", [90, 160]], ["C<br>ng/mL", "ce", "cp", "--predicted", [0, 100]],
  ];
  const MET = { yes: "✓", no: "did not come", optional: "did not come, need not", later: "after what is shown" };

  infusion.scenarioFigure = (told, style, width, height) => infusion.trainFigure(told.curves, style, width, height, 0, ROWS);

  /** Before the first bar of a line, after its last, or on the widest: where there is room. */
  function words(bars, percent) {
    const [first] = bars;
    const again = bars.slice(1, 4).map((one) => clock(one.from_s)).join(", ");
    const text = `${clock(first.from_s)} ${first.text}${again ? ` · again ${again}${bars.length > 4 ? " …" : ""}` : ""}`;
    const left = percent(first.from_s);
    const end = percent(bars[bars.length - 1].to_s);
    const width = (one) => percent(one.to_s) - percent(one.from_s);
    const widest = bars.reduce((best, one) => (width(one) > width(best) ? one : best));
    const place = left >= 34 ? `right:${100 - left}%;max-width:${left}%` : end <= 66 ? `left:calc(${end}% + 3px);max-width:${100 - end}%` : null;
    if (place) return el("span", { class: "scenario-lane-words", style: place }, text);
    if (width(widest) > 20) return el("span", { class: "scenario-lane-words", "data-on": widest.priority, style: `left:${percent(widest.from_s)}%;max-width:${width(widest)}%` }, text);
    return el("span", { class: "scenario-lane-words", style: `left:${percent(first.to_s)}%;max-width:${(bars.length > 1 ? percent(bars[1].from_s) : 100) - percent(first.to_s)}%` }, text);
  }

  /** One line a rule, its bars under the curves' own time axis. */
  infusion.scenarioLane = (told, [fromS, untilS]) => {
    const percent = (t) => (100 * (t - fromS)) / (untilS - fromS);
    const rules = new Map();
    for (const one of told.alarms) rules.set(one.rule, [...(rules.get(one.rule) || []), one]);
    const rows = [...rules.values()].map((bars) => el("div", { class: "scenario-lane-row" }, bars.map((one) => {
      const left = percent(one.from_s);
      const title = `${clock(one.from_s)} ${one.text} · ${one.rule} · ${one.priority} · until ${clock(one.to_s)}`;
      return el("div", { class: "scenario-lane-bar", "data-priority": one.priority, style: `left:${left}%;width:max(3px,${percent(one.to_s) - left}%)`, title });
    }), words(bars, percent)));
    return rows.length ? rows : [el("p", {}, "No alarm.")];
  };

  infusion.scenarioExpected = (told) => {
    const rows = told.expected.map((one) => el("div", { class: "scenario-expected-row", "data-met": one.met },
      el("span", {}, `${one.label} · ${one.rule} · ${one.priority}`), el("span", { class: "tabular" }, `${clock(one.earliest_s)} to ${clock(one.latest_s)}`),
      el("b", { class: "tabular" }, one.met === "yes" ? `✓ came at ${clock(one.came_s)}` : MET[one.met])));
    const others = told.unexpected.map((one) => el("div", { class: "scenario-expected-row", "data-met": "unexpected" },
      el("span", {}, `${one.label} · ${one.rule} · ${one.priority}`), el("span", { class: "tabular" }, clock(one.t_s)), el("b", {}, "came, but is not listed")));
    return rows.length + others.length ? [...rows, ...others] : [el("p", {}, "None is listed, and no medium or high one came.")];
  };
})();
