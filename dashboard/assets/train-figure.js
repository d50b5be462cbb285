/* The truth of a run beside what the monitor shows, as one Plotly figure: plain functions of data, colours and size. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  // Row → [label, what is true, what the monitor shows, least range].
  const ROWS = [
    ["SpO₂<br>%", "sao2", "shown_spo2", "--spo2", [80, 100]], ["CO₂<br>mmHg", "paco2", "shown_etco2", "--co2", [20, 60]],
    ["Ce<br>ng/mL", "ce", null, "--predicted", [0, 100]], ["MOAA/S", "moaas", null, "--loc", [0, 5]],
  ];
  const MOST = 1500; // points of a line; more than pixels are of no use

  /** Every nth point, with the lowest and the highest of each stretch, so that no dip is lost. */
  function thin(t, y) {
    if (t.length <= MOST) return [t, y];
    const step = Math.ceil((2 * t.length) / MOST);
    const outT = [];
    const outY = [];
    for (let from = 0; from < t.length; from += step) {
      let low = from;
      let high = from;
      for (let i = from; i < Math.min(from + step, t.length); i++) {
        if (y[i] === null) continue;
        if (y[low] === null || y[i] < y[low]) low = i;
        if (y[high] === null || y[i] > y[high]) high = i;
      }
      for (const i of [Math.min(low, high), Math.max(low, high)]) { outT.push(t[i]); outY.push(y[i]); }
    }
    return [outT, outY];
  }

  function range(values, [least, most]) {
    let low = least;
    let high = most;
    for (const v of values) if (v !== null && v !== undefined) { if (v < low) low = v; if (v > high) high = v; }
    const room = 0.06 * (high - low);
    return [low - room, high + room];
  }

  /** How far past now the untouched course is shown: enough to see what is coming, and most of the width stays with what was. */
  const aheadOf = (shownS) => Math.min(900, Math.max(180, 0.3 * shownS));

  /** The part of the untouched curves that lies in the figure. */
  function seen(curves, fromS, toS) {
    const first = curves.t_s.findIndex((t) => t >= fromS);
    let end = curves.t_s.findIndex((t) => t > toS);
    if (end < 0) end = curves.t_s.length;
    return Object.fromEntries(Object.entries(curves).map(([name, values]) => [name, first < 0 ? [] : values.slice(first, end)]));
  }

  /** `fromS`: where the axis begins; else at most the last 40 min are shown. `rows`: others than those of a run. `untouched`: curves of
      the same patient without a hand laid on, dashed, also past now. */
  infusion.trainFigure = (truth, style, width, height, fromS = null, rows = ROWS, untouched = null) => {
    const colour = (name) => style.getPropertyValue(name).trim();
    const muted = colour("--muted");
    const grid = colour("--line");
    const data = [];
    const layout = {
      width, height, margin: { l: 82, r: 14, t: 6, b: 26 }, showlegend: false, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: "Inter, system-ui, sans-serif", size: 12, color: muted }, annotations: [],
    };
    const last = truth.t_s[truth.t_s.length - 1] || 0;
    const shownS = fromS === null ? Math.min(last, 2400) : last - fromS;
    const beginS = fromS ?? Math.max(0, last - 2400);
    const endS = untouched ? last + aheadOf(shownS) : Math.max((fromS ?? 0) + 60, last + 0.02 * (last - (fromS ?? 0)));
    const most = Math.max(2, Math.min(12, Math.floor((width - 96) / 64))); // words of the time axis that have room beside one another
    const step = [10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600].find((s) => (endS - beginS) / s <= most) || 7200;
    const ticks = [];
    const between = height < 230 ? 0.07 : 0.03; // so that the lowest number of a row does not touch the next one's highest
    const dashed = untouched && seen(untouched, beginS, endS);
    for (let t = Math.ceil(beginS / step) * step; t <= endS; t += step) ticks.push(t);
    layout.xaxis = { range: [beginS, endS], tickvals: ticks, ticktext: ticks.map(infusion.format.runClock), gridcolor: grid, zeroline: false, anchor: `y${rows.length}` };
    rows.forEach(([label, real, shown, name, least], i) => {
      const axis = `y${i + 1}`;
      const key = i ? `yaxis${i + 1}` : "yaxis";
      const values = [...truth[real], ...(shown ? truth[shown] : []), ...(dashed && dashed[real] ? dashed[real] : [])];
      layout[key] = { domain: [1 - (i + 1) / rows.length + between, 1 - i / rows.length - 0.01], range: range(values, least), gridcolor: grid, zeroline: false, nticks: height < 180 ? 2 : rows.length > 4 || height < 230 ? 3 : 4 };
      layout.annotations.push({ xref: "paper", yref: `${axis} domain`, x: 0, y: 0.5, xanchor: "right", xshift: -31, align: "right", showarrow: false, text: label, font: { size: 11, color: colour(name) } });
      const line = (y, wide) => {
        const [xs, ys] = thin(truth.t_s, y);
        return { type: "scatter", mode: "lines", x: xs, y: ys, xaxis: "x", yaxis: axis, connectgaps: false, line: { color: colour(name), width: wide ? 2.6 : 1, shape: real === "moaas" ? "hv" : "linear" }, opacity: wide ? 1 : 0.75, hoverinfo: "skip" };
      };
      if (dashed && dashed[real]) {
        const [xs, ys] = thin(dashed.t_s, dashed[real]);
        const { line: drawn, ...rest } = line([], true);
        data.push({ ...rest, x: xs, y: ys, line: { ...drawn, width: 1.6, dash: "5px,4px" }, name: `${real} untouched` });
      }
      data.push({ ...line(truth[real], true), name: real });
      if (shown) data.push({ ...line(truth[shown], false), name: shown });
    });
    if (untouched) {
      layout.shapes = [{ type: "line", xref: "x", yref: "paper", x0: last, x1: last, y0: 0, y1: 1, line: { color: colour("--text"), width: 1.4 } }];
    }
    return { data, layout };
  };
})();
