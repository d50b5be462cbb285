/* Two runs on the scenario's clock: A solid in the colour of its signal, B dashed in the colour of text. Read once; nothing here is live. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el, setText, runClock: clock } = infusion.format;
  // Row: label, curves (in `screen`, or the truth), colour, least range, share of the height.
  const ROWS = [
    ["SaO₂ true %", ["sao2"], "--spo2", [80, 100]], ["SpO₂ screen %", ["spo2"], "--spo2", [80, 100]], ["EtCO₂ mmHg", ["etco2"], "--co2", [20, 50]],
    ["RR /min", ["rr"], "--rr", [0, 20]], ["HR /min", ["hr"], "--hr", [50, 100]], ["BP mmHg", ["sbp", "dbp", "sbp_cuff", "dbp_cuff"], "--bp", [60, 140]],
  ];
  const LANES = [["alarms", "a"], ["alarms", "b"], ["acts", "a"], ["acts", "b"], ["steps", "a"], ["steps", "b"]];
  const LANE_WORDS = { alarms: "alarms", acts: "actions", steps: "put in, told" };
  const RANK = { low: 0, medium: 1, high: 2 };
  const EDGE = { high: "--high-edge", medium: "--medium-edge", low: "--low-edge" };
  const LANE_PART = 0.035; // of the figure's height, each

  class TrainCompare {
    constructor(root) {
      this.root = root;
      this.truth = {};
      this.onTheme = () => this._draw();
      document.addEventListener("infusion-theme", this.onTheme);
      this.sizes = new ResizeObserver(() => this._draw());
      this.load();
    }

    find(name) {
      return this.root.querySelector(`[data-el="${name}"]`);
    }

    async load() {
      const words = new URLSearchParams(location.search);
      const [a, b] = [words.get("a") || "", words.get("b") || ""];
      if (!a || !b) {
        this.find("sides").replaceChildren(el("p", { class: "compare-how" }, "No two runs are chosen: tick two in the list of all runs, then press Compare there. "),
          el("a", { class: "btn btn-primary", href: a || b ? `/train/runs?with=${encodeURIComponent(a || b)}` : "/train/runs" }, "Choose two runs"));
        this.root.dataset.state = "failed";
        return;
      }
      try {
        const response = await fetch(`/train/api/compare?${new URLSearchParams({ a, b })}`);
        const told = await response.json();
        if (this.stopped) return;
        if (!response.ok) { this._fail(told.error); return; }
        this.show(told);
      } catch {
        if (!this.stopped) this._fail("The runs could not be loaded: the server does not answer.");
      }
    }

    _fail(words) {
      setText(this.find("sides"), words);
      this.root.dataset.state = "failed";
    }

    show(told) {
      this.told = told;
      const { a, b, same } = told;
      setText(this.find("title"), same ? a.title : "Two runs of two scenarios");
      this.find("sides").replaceChildren(this._side("A", a, same), this._side("B", b, same));
      this._say();
      this.find("pairs").replaceChildren(told.pairs.length ? this._table() : el("p", { class: "train-empty" }, "There is no score to compare."));
      this._acts("a");
      this._acts("b");
      this.root.dataset.same = String(same);
      this.root.dataset.state = "ready";
      this.sizes.observe(this.find("figure"));
      this._truths();
    }

    _say() {
      const place = this.find("say");
      const lines = [];
      if (!this.told.same) lines.push("The two are runs of different scenarios: their vitals are drawn, and scores, alarms and actions are not compared.");
      const changed = ["a", "b"].filter((side) => this.told[side].changed).map((side) => side.toUpperCase());
      if (changed.length) lines.push(`The scenario was changed after ${changed.join(" and ")}: truth and scores are those of the changed one.`);
      if (this.waiting) lines.push("The true saturation is being worked out …");
      if (this.lacking) lines.push(this.lacking);
      place.hidden = !lines.length;
      setText(place, lines.join(" "));
    }

    _side(name, one, same) {
      const people = `trainer ${one.by}${one.trainees.length ? `, trainee ${one.trainees.join(", ")}` : ""}`;
      return el("div", { class: "compare-side", "data-side": name.toLowerCase() },
        el("span", { class: `compare-key compare-key-${name.toLowerCase()}` }), el("b", {}, name),
        el("a", { href: `/train/${encodeURIComponent(one.session)}`, title: "Open the debrief" }, one.began),
        el("span", {}, [same ? "" : one.title, one.about, people, one.note].filter(Boolean).join(" · ")));
    }

    _table() {
      const mark = (met) => (met === true ? "runs-met" : met === false ? "runs-missed" : "runs-muted");
      const row = (one) => el("tr", { "data-item": one.id }, el("td", {}, one.text), el("td", { class: "tabular" }, one.target), el("td", { class: `tabular ${mark(one.a_met)}` }, one.a),
        el("td", { class: `tabular ${mark(one.b_met)}` }, one.b), el("td", { class: "tabular" }, one.difference));
      return el("table", {}, el("thead", {}, el("tr", {}, ...["", "Target", "A", "B", "B − A"].map((words) => el("th", { scope: "col" }, words)))), el("tbody", {}, this.told.pairs.map(row)));
    }

    _acts(side) {
      const one = this.told[side];
      const lines = [
        ...one.alarms.map((alarm) => ({ t_s: alarm.from_s, text: alarm.text, priority: alarm.priority, by: alarm.acknowledged_s === null ? "" : `acknowledged ${clock(alarm.acknowledged_s)}` })),
        ...one.acts.map((act) => ({ ...act, kind: "acted" })),
        ...one.steps,
      ].sort((x, y) => x.t_s - y.t_s);
      const rows = lines.map((line) => el("div", { class: "train-row", "data-kind": line.kind, "data-priority": line.priority }, el("span", { class: "tabular" }, clock(line.t_s)), el("span", {}, line.text), el("span", { class: "train-by" }, line.by)));
      if (one.fork_s !== null) {
        const at = lines.findIndex((line) => line.t_s > one.fork_s);
        rows.splice(at < 0 ? rows.length : at, 0, el("div", { class: "compare-fork" }, at === 0 || !rows.length ? `forked at ${clock(one.fork_s)}: nothing before that` : `forked at ${clock(one.fork_s)}: above is carried over`));
      }
      this.find(`acts-${side}`).replaceChildren(...(rows.length ? rows : [el("p", { class: "train-empty" }, "Nothing alarmed and nothing was done.")]));
    }

    /** The truth is walked again, which takes a while: the rest stands meanwhile. */
    async _truths() {
      this.waiting = true;
      this._say();
      this._draw();
      for (const side of ["a", "b"]) {
        try {
          const response = await fetch(`/train/api/truth?session=${encodeURIComponent(this.told[side].session)}`);
          const told = await response.json();
          if (this.stopped) return;
          if (response.ok) this.truth[side] = told;
          else this.lacking = `The true saturation of ${side.toUpperCase()} is not known: ${told.error}.`;
        } catch {
          this.lacking = "The true saturation could not be loaded.";
        }
      }
      if (this.stopped) return;
      this.waiting = false;
      this.root.dataset.truth = "ready";
      this._say();
      this._draw();
    }

    async _draw() {
      if (!this.told) return;
      if (this.drawing) { this.again = true; return; }
      const node = this.find("figure");
      if (!node.clientWidth) return;
      this.drawing = true;
      try {
        const Plotly = await infusion.plotly();
        if (this.stopped) return;
        const { data, layout } = figure(this.told, this.truth, getComputedStyle(node), node.clientWidth, node.clientHeight);
        await Plotly.react(node, data, layout, { displayModeBar: false, scrollZoom: false, doubleClick: false });
        node.dataset.draws = String(Number(node.dataset.draws || 0) + 1);
      } finally {
        this.drawing = false;
        if (this.again && !this.stopped) { this.again = false; this._draw(); }
      }
    }

    close() {
      this.stopped = true;
      this.sizes.disconnect();
      document.removeEventListener("infusion-theme", this.onTheme);
    }
  }

  function figure(told, truth, style, width, height) {
    const colour = (name) => style.getPropertyValue(name).trim();
    const [muted, grid, text] = [colour("--muted"), colour("--line"), colour("--text-strong")];
    const from = Math.min(told.a.from_s, told.b.from_s);
    const to = Math.max(told.a.to_s, told.b.to_s, from + 60);
    const lanes = told.same ? LANES : [];
    const data = [];
    const layout = {
      width, height, margin: { l: 96, r: 14, t: 18, b: 26 }, showlegend: false, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: "Inter, system-ui, sans-serif", size: 12, color: muted }, hovermode: "closest", dragmode: false, shapes: [], annotations: [],
      hoverlabel: { bgcolor: colour("--panel-raised"), bordercolor: grid, font: { color: text, size: 13 } },
    };
    const step = [30, 60, 120, 300, 600, 1200, 1800, 3600].find((s) => (to - from) / s <= 12) || 7200;
    const ticks = [];
    for (let t = Math.ceil(from / step) * step; t <= to; t += step) ticks.push(t);
    const low = LANE_PART * lanes.length;
    const count = ROWS.length + lanes.length;
    layout.xaxis = { range: [from, to + 0.01 * (to - from)], tickvals: ticks, ticktext: ticks.map(clock), gridcolor: grid, zeroline: false, anchor: `y${count}`, fixedrange: true };
    const axis = (i) => (i ? `yaxis${i + 1}` : "yaxis");
    const of = (side, name) => (name === "sao2" ? (truth[side] || {}).sao2 : told[side].screen[name]) || [[], []];
    ROWS.forEach(([label, names, tone, least], i) => {
      let [bottom, top] = least;
      for (const side of ["a", "b"]) for (const name of names) for (const v of of(side, name)[1]) if (v !== null) { bottom = Math.min(bottom, v); top = Math.max(top, v); }
      const room = 0.08 * (top - bottom);
      const part = (1 - low) / ROWS.length;
      layout[axis(i)] = { domain: [1 - (i + 1) * part + 0.016, 1 - i * part - 0.008], range: [bottom - room, top + room], gridcolor: grid, zeroline: false, nticks: 4, fixedrange: true, title: { text: label.replace(" ", "<br>"), font: { color: colour(tone), size: 12 } } };
      for (const side of ["a", "b"]) for (const name of names) {
        const [x, y] = of(side, name);
        if (!x.length) continue;
        const cuff = name.endsWith("_cuff");
        const one = { type: "scatter", mode: cuff ? "markers" : "lines", x, y, xaxis: "x", yaxis: `y${i + 1}`, name: `${side} ${name}`, connectgaps: false, cliponaxis: !cuff, hoverinfo: "skip" };
        if (cuff) one.marker = { symbol: `${name === "sbp_cuff" ? "triangle-down" : "triangle-up"}${side === "b" ? "-open" : ""}`, size: side === "a" ? 8 : 13, color: side === "a" ? colour(tone) : text, line: { width: 1.6 } };
        else one.line = side === "a" ? { color: colour(tone), width: 2.4 } : { color: text, width: 1.5, dash: "4px,4px" };
        data.push(one);
      }
    });
    lanes.forEach(([what, side], i) => {
      const n = ROWS.length + i;
      const top = low - i * LANE_PART;
      layout[axis(n)] = { domain: [Math.max(0, top - LANE_PART + 0.004), top - 0.004], range: [0, 1], showgrid: false, zeroline: false, showticklabels: false, fixedrange: true };
      layout.annotations.push({ xref: "paper", yref: `y${n + 1}`, x: 0, y: 0.5, xanchor: "right", xshift: -8, showarrow: false, text: `${side.toUpperCase()} ${LANE_WORDS[what]}`, font: { size: 11, color: muted } });
      const lane = { type: "scatter", xaxis: "x", yaxis: `y${n + 1}`, name: `${side} ${what}`, hovertemplate: "%{text}<extra></extra>" };
      if (what !== "alarms") {
        const dots = told[side][what];
        const [shape, tone] = what === "acts" ? ["diamond", "--hr"] : ["square", "--infusion"];
        data.push({ ...lane, mode: "markers", x: dots.map((one) => one.t_s), y: dots.map(() => 0.5), text: dots.map((one) => `${clock(one.t_s)} ${one.text}`), marker: { symbol: side === "a" ? shape : `${shape}-open`, size: 10, color: side === "a" ? colour(tone) : text, line: { width: 1.6 } } });
        return;
      }
      // The worst on top: a milder one that comes later does not look as if the worse had ended.
      const rising = [...told[side].alarms].sort((x, y) => (RANK[x.priority] || 0) - (RANK[y.priority] || 0));
      for (const one of rising) {
        const tone = colour(EDGE[one.priority] || "--muted");
        const words = `${clock(one.from_s)} ${one.text}${one.acknowledged_s === null ? ", not acknowledged" : `, acknowledged ${clock(one.acknowledged_s)}`}`;
        data.push({ ...lane, mode: "lines", x: [one.from_s, Math.max(one.to_s, one.from_s + (to - from) / 300)], y: [0.5, 0.5], text: [words, words], line: { color: tone, width: 8 } });
      }
      const heard = rising.filter((one) => one.acknowledged_s !== null);
      data.push({ ...lane, name: `${side} acknowledged`, mode: "markers", x: heard.map((one) => one.acknowledged_s), y: heard.map(() => 0.5), text: heard.map((one) => `${clock(one.acknowledged_s)} acknowledged: ${one.text}`), marker: { symbol: "line-ns", size: 14, line: { width: 3, color: text } } });
    });
    for (const side of ["a", "b"]) {
      const at = told[side].fork_s;
      if (at === null || at < from) continue;
      layout.shapes.push({ type: "line", xref: "x", yref: "paper", x0: at, x1: at, y0: 0, y1: 1, line: { color: colour("--infusion"), width: 1.6, dash: "dot" } });
      const late = at > from + 0.9 * (to - from); // else its words run off the figure
      layout.annotations.push({ xref: "x", yref: "paper", x: at, y: 1, xanchor: late ? "right" : "center", yanchor: "bottom", showarrow: false, text: `${side.toUpperCase()} forked ${clock(at)}`, font: { size: 11, color: colour("--infusion") } });
    }
    return { data, layout };
  }

  infusion.TrainCompare = TrainCompare;
})();
