/* From chart data to Plotly traces, axes and shapes: plain functions of data, window, colours and sizes. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { timeOfDay, number } = infusion.format;
  // Panel → y axis. Ketamine has a second one on the right for the predicted concentration.
  const AXIS = { hr: "y", spo2: "y2", bp: "y3", co2: "y4", rr: "y5", ketamine: "y6", loc: "y7", alarms: "y8", events: "y9", conc: "y10" };
  const layoutName = (axis) => `yaxis${axis.slice(1)}`;
  // Shown at least; data and limits near it widen the range, in steps so that the scale does not wobble.
  const LEAST = { hr: [50, 110, 10], spo2: [88, 100, 2], bp: [60, 160, 20], co2: [25, 50, 5], rr: [5, 25, 5] };
  const LIMIT_NAMES = { hr: ["rate", "hr", "pr"], spo2: ["spo2"], bp: ["sbp", "nibp_sys"], co2: ["etco2"], rr: ["rr", "rr_co2"] };
  const STEPS_MIN = [1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440];
  const LANE = { high: 2, medium: 1, low: 0 };
  const PX_PER_CHAR = 5.9;
  // All dotted: the worse, the heavier. The words at the right edge carry the marks.
  const LIMIT_LINE = { low: { width: 1, dash: "1px,5px" }, medium: { width: 1.3, dash: "2px,3px" }, high: { width: 1.6, dash: "4px,3px" } };
  const LIMIT_OPACITY = { low: 0.6, medium: 0.8, high: 0.95 };

  /** A trace per row, in a fixed order; `fill` gives its data later. */
  function traces(c) {
    const line = (panel, colour, more = {}) => ({
      type: "scatter", mode: "lines", xaxis: "x", yaxis: AXIS[panel], x: [], y: [], connectgaps: false, hoverinfo: "skip",
      line: { color: colour, width: 1.6, ...(more.line || {}) }, ...Object.fromEntries(Object.entries(more).filter(([k]) => k !== "line")),
    });
    const marks = (panel, marker, more = {}) => ({ type: "scatter", mode: "markers", xaxis: "x", yaxis: AXIS[panel], x: [], y: [], hoverinfo: "skip", marker, ...more });
    return {
      hr: line("hr", c.hr), spo2: line("spo2", c.spo2), co2: line("co2", c.co2), rr: line("rr", c.rr),
      abpSys: line("bp", c.bp, { line: { width: 1.2 } }), abpDia: line("bp", c.bp, { line: { width: 1.2 } }),
      stick: line("bp", c.bp, { line: { width: 1 }, opacity: 0.75 }),
      sys: marks("bp", { symbol: "arrow", angle: 180, size: 9, color: c.bp }), dia: marks("bp", { symbol: "arrow", angle: 0, size: 9, color: c.bp }),
      rateFill: line("ketamine", c.infusion, { line: { shape: "hv", width: 2 }, fill: "tozeroy", fillcolor: c.infusionFill }),
      rateAhead: line("ketamine", c.infusion, { line: { shape: "hv", width: 1.6, dash: "dash" } }),
      low: line("conc", "rgba(0,0,0,0)", { line: { width: 0 } }), high: line("conc", "rgba(0,0,0,0)", { line: { width: 0 }, fill: "tonexty", fillcolor: c.band }),
      cp: line("conc", c.predicted, { line: { width: 2 } }), cpAhead: line("conc", c.predicted, { line: { width: 2, dash: "dot" } }),
      ce: line("conc", c.predicted, { line: { width: 1 }, opacity: 0.8 }), ceAhead: line("conc", c.predicted, { line: { width: 1, dash: "dot" }, opacity: 0.8 }),
      loc: line("loc", c.loc, { line: { shape: "hv", width: 1.6 } }), locMarks: marks("loc", { size: 8, color: c.loc }),
      locDue: marks("loc", { size: 10, symbol: "circle-open", color: c.loc, line: { width: 2 } }),
      alarmHigh: line("alarms", c.high, { line: { width: 5 } }), alarmMedium: line("alarms", c.medium, { line: { width: 5 } }), alarmLow: line("alarms", c.low, { line: { width: 5 } }),
      eventTicks: marks("events", { symbol: "line-ns-open", size: 10, color: c.muted, line: { width: 1 } }),
      events: { ...marks("events", {}), mode: "text", text: [], textposition: "middle right", textfont: { size: 11, color: c.text } },
    };
  }

  /** [fromMs, toMs] for a window of `minutes` (0: the session): a quarter lies ahead of now, and a young session starts at the left. */
  function timeRange(minutes, nowMs, openedMs, plannedEndMs) {
    if (!minutes) {
      const from = openedMs ?? nowMs - 3600e3;
      const to = Math.max(plannedEndMs || 0, nowMs + 0.05 * (nowMs - from), from + 15 * 60e3);
      return [from - 0.01 * (to - from), to + 0.01 * (to - from)];
    }
    const width = minutes * 60e3;
    const from = nowMs - 0.74 * width;
    const earliest = openedMs === null ? from : openedMs - 0.02 * width;
    return from < earliest && nowMs > earliest ? [earliest, earliest + width] : [from, from + width];
  }

  /** Round local times as ticks, and `now`; those that would touch `now` are left out. */
  function ticks(fromMs, toMs, nowMs, pixels) {
    const minutes = (toMs - fromMs) / 60e3;
    const step = (STEPS_MIN.find((s) => (minutes / s) * 62 < pixels) || 2880) * 60e3;
    const offset = new Date(nowMs).getTimezoneOffset() * 60e3;
    const clear = (34 / pixels) * (toMs - fromMs);
    const values = [];
    const texts = [];
    const long = toMs - fromMs > 20 * 3600e3;
    for (let t = Math.ceil((fromMs - offset) / step) * step + offset; t <= toMs; t += step) {
      values.push(t);
      const day = long && new Date(t).getHours() === 0;
      texts.push(Math.abs(t - nowMs) < clear ? "" : day ? `${new Date(t).getDate()}. ${timeOfDay(t, false)}` : timeOfDay(t, false));
    }
    if (nowMs >= fromMs && nowMs <= toMs) { values.push(nowMs); texts.push("now"); }
    return { values, texts };
  }

  /** Every limit that a panel draws: {value, words, priority}. Diastolic ones share the panel of blood pressure where their words
   * have room; the tile and the limits panel have them always. */
  function limitsOf(session, panel, height) {
    const of = (names) => (session && session.limits ? names.map((n) => session.limits[n]).find(Boolean) : null);
    const rows = (limits, before = "") => (limits ? [limits.low, limits.high] : []).flatMap((side) => infusion.limitSteps(side))
      .filter((step) => typeof step[1] === "number").map((step) => ({ value: step[1], words: `${before}${step[0].replace(" ", "")}`, priority: step[2] || "low" }));
    const own = rows(of(LIMIT_NAMES[panel] || []));
    const more = panel === "bp" ? rows(of(["dbp", "nibp_dia"]), "D").filter((row) => row.priority !== "low") : [];
    return (own.length + more.length) * infusion.LIMIT_LABEL_PX <= height ? [...own, ...more] : own;
  }

  function valueRange(panel, low, high, limits) {
    const [least, most, step] = LEAST[panel];
    const reach = most - least;
    const near = limits.map((limit) => limit.value).filter((v) => v > least - reach * 0.6 && v < most + reach * 0.6);
    const bottom = Math.min(least, low - step / 4, ...near.map((v) => v - step / 3));
    const top = Math.max(most, high + step / 4, ...near.map((v) => v + step / 3));
    return [Math.floor(bottom / step) * step, panel === "spo2" ? Math.min(101, Math.ceil(top / step) * step + 1) : Math.ceil(top / step) * step];
  }

  function niceTicks([low, high], wanted) {
    const rough = (high - low) / wanted;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough * 0.999) || 10 * power;
    const out = [];
    for (let v = Math.ceil((low + step * 0.2) / step) * step; v <= high - step * 0.12; v += step) out.push(Number(v.toFixed(6)));
    return out;
  }

  /** Data of every trace and the moving parts of the layout. `size`: {pixels, heights: {panel: px}}. */
  function fill(data, bed, range, c, size) {
    const [from, to] = range;
    const nowMs = bed.nowMs();
    const session = bed.session;
    const series = (name) => data.trend.slice(name, from, to);
    const out = { hr: series("rate"), spo2: series("spo2"), co2: series("etco2"), rr: series("rr"), abpSys: series("abp_sys"), abpDia: series("abp_dia") };
    const cuffs = data.cuff.filter((k) => k.at_ms >= from && k.at_ms <= to && k.sys !== null && k.dia !== null);
    out.stick = { x: cuffs.flatMap((k) => [k.at_ms, k.at_ms, null]), y: cuffs.flatMap((k) => [k.sys, k.dia, null]) };
    out.sys = { x: cuffs.map((k) => k.at_ms), y: cuffs.map((k) => k.sys) };
    out.dia = { x: cuffs.map((k) => k.at_ms), y: cuffs.map((k) => k.dia) };
    const layout = { "xaxis.range": [from, to] };
    const t = ticks(from, to, nowMs, size.pixels);
    layout["xaxis.tickvals"] = t.values;
    layout["xaxis.ticktext"] = t.texts;
    const shapes = [];
    const marks = {};
    const scale = (panel, range, wanted) => {
      const name = layoutName(AXIS[panel]);
      layout[`${name}.range`] = range;
      layout[`${name}.tickvals`] = niceTicks(range, wanted || Math.max(2, Math.min(4, Math.floor((size.heights[panel] || 60) / 21))));
    };
    for (const panel of Object.keys(LEAST)) {
      // The arrows need room beyond their values.
      const parts = panel === "bp"
        ? [{ low: Math.min(...out.dia.y, out.abpDia.low) - 12, high: Math.max(...out.sys.y, out.abpSys.high) + 12 }] : [out[panel]];
      const limits = limitsOf(session, panel, size.heights[panel] || 0);
      const span = valueRange(panel, Math.min(...parts.map((p) => p.low)), Math.max(...parts.map((p) => p.high)), limits);
      scale(panel, span);
      const drawn = limits.filter((limit) => limit.value >= span[0] && limit.value <= span[1]);
      marks[panel] = { span, limits: drawn };
      for (const { value, priority } of drawn)
        shapes.push({ type: "line", xref: "paper", x0: 0, x1: 1, yref: AXIS[panel], y0: value, y1: value, layer: "below",
          line: { color: c[panel === "bp" ? "bp" : panel === "rr" ? "rr" : panel], ...LIMIT_LINE[priority] }, opacity: LIMIT_OPACITY[priority] });
    }
    infusionPart(data, out, scale, nowMs);
    locPart(data, bed, out, layout, nowMs);
    lanes(data, out, range, size, nowMs);
    shapes.push({ type: "line", xref: "x", x0: nowMs, x1: nowMs, yref: "paper", y0: 0, y1: 1, line: { color: c.now, width: 1.5 } });
    layout.shapes = shapes;
    return { data: out, layout, marks };
  }

  function infusionPart(data, out, scale, nowMs) {
    out.rateFill = data.rateSteps(nowMs);
    const p = data.prediction;
    const ahead = (p && p.rate_ahead) || [];
    const lastRate = out.rateFill.y.length ? out.rateFill.y[out.rateFill.y.length - 1] : null;
    const start = lastRate !== null && ahead.length ? [[nowMs, lastRate]] : [];
    const later = [...start, ...ahead.filter((a) => a[0] > nowMs)];
    out.rateAhead = { x: later.map((a) => a[0]), y: later.map((a) => a[1]) };
    scale("ketamine", [0, Math.max(10, 1.3 * Math.max(0, ...out.rateFill.y, ...out.rateAhead.y))], 3);
    const none = { x: [], y: [] };
    for (const name of ["low", "high", "cp", "cpAhead", "ce", "ceAhead"]) out[name] = none;
    if (!p || !p.at_ms || !p.at_ms.length) {
      scale("conc", [0, 200], 3);
      return;
    }
    const split = p.at_ms.findIndex((ms) => ms > nowMs);
    const cut = split < 0 ? p.at_ms.length : split;
    const curve = (name, y) => {
      out[name] = { x: p.at_ms.slice(0, cut), y: y.slice(0, cut) };
      out[`${name}Ahead`] = { x: p.at_ms.slice(Math.max(0, cut - 1)), y: y.slice(Math.max(0, cut - 1)) };
    };
    curve("cp", p.cp_ng_ml);
    if (data.band) {
      out.low = { x: p.at_ms, y: p.low };
      out.high = { x: p.at_ms, y: p.high };
      if (p.ce_ng_ml && p.ce_ng_ml.length) curve("ce", p.ce_ng_ml);
    }
    scale("conc", [0, Math.max(50, 1.3 * Math.max(...p.high))], 4);
  }

  function locPart(data, bed, out, layout, nowMs) {
    const session = bed.session;
    const codes = ((session && session.levels) || []).map((l) => String(l.code));
    const height = (level) => codes.length - 1 - codes.indexOf(String(level));
    const known = data.loc.filter((l) => codes.includes(String(l.level)));
    const x = known.map((l) => l.at_ms);
    const y = known.map((l) => height(l.level));
    out.locMarks = { x, y };
    out.loc = { x: [...x, ...(x.length ? [nowMs] : [])], y: [...y, ...(y.length ? [y[y.length - 1]] : [])] };
    const due = session && session.loc_due_t_s !== null && session.loc_due_t_s !== undefined && bed.nowTS() !== null ? nowMs + (session.loc_due_t_s - bed.nowTS()) * 1000 : null;
    const last = y.length ? y[y.length - 1] : codes.length - 1;
    out.locDue = due !== null && codes.length ? { x: [due], y: [last] } : { x: [], y: [] };
    const name = layoutName(AXIS.loc);
    const every = codes.length > 6 ? 3 : 2;
    const shown = codes.map((code, i) => [codes.length - 1 - i, code]).filter((_, i) => i % every === 0);
    layout[`${name}.range`] = [-0.6, Math.max(1, codes.length) - 0.4];
    layout[`${name}.tickvals`] = shown.map(([v]) => v);
    layout[`${name}.ticktext`] = shown.map(([, code]) => code);
  }

  function lanes(data, out, [from, to], size, nowMs) {
    for (const [priority, name] of [["high", "alarmHigh"], ["medium", "alarmMedium"], ["low", "alarmLow"]]) {
      const mine = [...data.alarms.values()].filter((a) => a.priority === priority && (a.to_ms ?? nowMs) >= from && a.from_ms <= to);
      const least = (3 / size.pixels) * (to - from); // a short alarm is still seen
      out[name] = { x: mine.flatMap((a) => [a.from_ms, Math.max(a.to_ms ?? nowMs, a.from_ms + least), null]), y: mine.flatMap(() => [LANE[priority], LANE[priority], null]) };
    }
    const shown = [...data.events.values()].map((e) => [Date.parse(e.at), e]).filter(([ms, e]) => ms >= from && ms <= to && !e.struck).sort((a, b) => a[0] - b[0]);
    const px = size.pixels / (to - from);
    let free = -Infinity;
    const texts = shown.map(([ms, entry], i) => {
      const x = (ms - from) * px;
      const next = i + 1 < shown.length ? (shown[i + 1][0] - from) * px : size.pixels;
      const words = data.eventWords(entry);
      const room = Math.floor((Math.min(next, size.pixels) - x - 8) / PX_PER_CHAR);
      if (x < free || room < 3) return "";
      const text = words.length > room ? `${words.slice(0, room - 1).trimEnd()}…` : words;
      free = x + text.length * PX_PER_CHAR;
      return text;
    });
    out.eventTicks = { x: shown.map(([ms]) => ms), y: shown.map(() => 0.5) };
    out.events = { x: shown.map(([ms]) => ms + 4 / px), y: shown.map(() => 0.5), text: texts };
  }

  function predictionWords(data, nowMs) {
    const now = data.predictedAt(nowMs);
    if (!now) return "";
    const title = data.prediction.title || data.prediction.model || "";
    const band = data.band ? ` (${number(now.low)} – ${number(now.high)})` : "";
    return `predicted plasma ${number(now.cp)} ng/mL${band} · ${title} · not measured`;
  }

  infusion.figure = { traces, fill, timeRange, predictionWords, AXIS, layoutName };
})();
