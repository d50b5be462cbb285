/* The live charts: owns the arrays, draws with Plotly when the browser is idle, never in the way of numbers and alarms. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { setText, setData, setHidden, timeOfDay, number } = infusion.format;
  const PLOTLY = "/vendor/plotly.min.js";
  const LEFT = 66; // room for the scales, CSS px
  const RIGHT = 40;
  const BOTTOM = 22;
  const PREDICT_EVERY_MS = 60000;
  const RETRY_MS = 4000;
  const WINDOW_KEY = "infusion.window";
  const idle = window.requestIdleCallback ? (run) => window.requestIdleCallback(run, { timeout: 700 }) : (run) => setTimeout(run, 30);

  let loading = null;
  function plotly() {
    if (window.Plotly) return Promise.resolve(window.Plotly);
    if (!loading)
      loading = new Promise((done, failed) => {
        const script = document.createElement("script");
        script.src = PLOTLY;
        script.onload = () => done(window.Plotly);
        script.onerror = () => { loading = null; failed(new Error("plotly")); };
        document.head.append(script);
      });
    return loading;
  }

  class Charts {
    constructor(app) {
      this.app = app;
      this.data = new infusion.ChartData();
      this.area = app.find("chart-area");
      this.plot = app.find("plot");
      this.minutes = Number(sessionStorage.getItem(WINDOW_KEY) ?? 120);
      this.drawn = false;
      this.queued = false;
      this.stopped = false;
      this.draws = 0;
      this.buttons = [...app.root.querySelectorAll("[data-window]")];
      for (const button of this.buttons) button.addEventListener("click", () => this.setWindow(Number(button.dataset.window)));
      this._press();
      this.onTheme = () => this._rebuild();
      document.addEventListener("infusion-theme", this.onTheme);
      this.sizes = new ResizeObserver(() => this._resized());
      this.sizes.observe(this.area);
      this.area.addEventListener("pointermove", (event) => this._read(event));
      this.area.addEventListener("pointerleave", () => this._unread());
      this.timer = setInterval(() => this._maybe(), 500);
      this.lastDraw = 0;
    }

    // -- data -------------------------------------------------------------------------------------------------------

    note(message, changed) {
      if (message.type === "snapshot") {
        if (changed.has("session-changed")) this.data.clear();
        this._fetch();
      }
      this.data.take(message, this.app.bed);
      if (message.type === "event") this.entriesSince = true;
      if (message.type === "event") {
        if (changed.has("infusion")) this._predict();
        if (message.entry && message.entry.type === "correction") this._fetch();
      }
      // A point a second is drawn at the cadence of the window; what people and alarms did, at once.
      if (message.type !== "vitals" && message.type !== "heartbeat") this.redraw();
    }

    async _fetch() {
      clearTimeout(this.retry);
      const { bed } = this.app;
      if (!bed.session) { this._message(); this.redraw(); return; }
      const asked = (this.asked = (this.asked || 0) + 1);
      this.entriesSince = false;
      try {
        const response = await fetch(`/live/history?bed=${encodeURIComponent(bed.id)}`);
        if (!response.ok) throw new Error(String(response.status));
        const history = await response.json();
        if (this.stopped || asked !== this.asked) return;
        this.data.load(history);
        this.failed = false;
        if (this.entriesSince) this.retry = setTimeout(() => this._fetch(), RETRY_MS); // an entry may have missed the boat
      } catch {
        if (this.stopped || asked !== this.asked) return;
        this.failed = true;
        this.retry = setTimeout(() => this._fetch(), RETRY_MS);
      }
      this._message();
      this._predict();
      this.redraw();
    }

    async _predict() {
      this.predictedAt = performance.now();
      try {
        const response = await fetch(`/live/prediction?bed=${encodeURIComponent(this.app.bed.id)}`);
        if (!response.ok) throw new Error(String(response.status));
        const found = await response.json();
        if (this.stopped) return;
        this.data.prediction = found && found.at_ms && found.at_ms.length ? found : null;
      } catch {
        return; // the curve drawn before stays; the next minute tries again
      }
      this.redraw();
    }

    lively(state) {
      setData(this.area, "state", state);
      this._message();
      this.redraw();
    }

    _message() {
      const { bed, liveState } = this.app;
      let words = "";
      if (liveState === "lost") words = `NOT LIVE since ${timeOfDay(Date.now())}`;
      else if (bed.ready && !bed.session) words = "No session is open at this bed.";
      else if (!this.data.loaded) words = this.failed ? "The session so far could not be loaded; trying again …" : "Loading the session so far …";
      else if (this.plotFailed) words = "The chart could not be loaded; numbers and alarms work.";
      else if (!this.data.trend.length) words = "No data yet.";
      const node = this.app.find("chart-message");
      if (liveState === "lost" && node.textContent.startsWith("NOT LIVE")) words = node.textContent;
      setText(node, words);
      setHidden(node, !words);
      if (bed.ready && !bed.session && this.app.config.setup_href && liveState !== "lost" && !node.querySelector("a")) {
        const link = infusion.format.el("a", { href: this.app.config.setup_href }, "Open a session");
        node.append(" ", link);
      }
    }

    // -- drawing ----------------------------------------------------------------------------------------------------

    setWindow(minutes) {
      this.minutes = minutes;
      sessionStorage.setItem(WINDOW_KEY, String(minutes));
      this._press();
      this.redraw();
    }

    _press() {
      for (const button of this.buttons) button.setAttribute("aria-pressed", String(Number(button.dataset.window) === this.minutes));
    }

    /** Often enough that the newest pixel is current: every second at 15 min, every 4 s at 2 h. */
    _maybe() {
      const width = (this.range ? this.range[1] - this.range[0] : 3600e3) / 1000;
      const every = Math.min(5000, Math.max(1000, (width / 1800) * 1000));
      if (performance.now() - this.lastDraw >= every && this.app.liveState === "live") this.redraw();
      if (performance.now() - (this.predictedAt || 0) > PREDICT_EVERY_MS && this.app.bed.session && this.app.liveState === "live") this._predict();
    }

    redraw() {
      if (this.queued || this.stopped) return;
      this.queued = true;
      idle(() => {
        this.queued = false;
        if (!this.stopped) this._draw();
      });
    }

    async _draw() {
      const { bed } = this.app;
      if (!bed.ready || document.hidden || !this.area.clientWidth) return;
      let Plotly;
      try {
        Plotly = await plotly();
        this.plotFailed = false;
      } catch {
        this.plotFailed = true;
        this._message();
        return;
      }
      if (this.stopped) return;
      this.lastDraw = performance.now();
      this._message();
      const nowMs = bed.nowMs();
      const session = bed.session;
      const started = session && session.started_at ? Date.parse(session.started_at) : null;
      const end = started !== null && session.planned_min ? started + session.planned_min * 60e3 : null;
      this.range = infusion.figure.timeRange(this.minutes, nowMs, this.data.openedMs, end);
      const colours = this._colours();
      const size = this._size();
      const next = infusion.figure.fill(this.data, bed, this.range, colours, size);
      const names = this.names || (this.names = Object.keys(infusion.figure.traces(colours)));
      if (!this.drawn) {
        const made = infusion.figure.traces(colours);
        for (const name of names) Object.assign(made[name], { x: next.data[name].x, y: next.data[name].y, ...(next.data[name].text ? { text: next.data[name].text } : {}) });
        const layout = this._layout(colours);
        for (const [path, value] of Object.entries(next.layout)) {
          const [axis, key] = path.split(".");
          if (key) layout[axis][key] = value;
          else layout[axis] = value;
        }
        await Plotly.newPlot(this.plot, names.map((name) => made[name]), layout, { staticPlot: true, displayModeBar: false });
        this.drawn = true;
      } else {
        const update = { x: names.map((n) => next.data[n].x), y: names.map((n) => next.data[n].y), text: names.map((n) => next.data[n].text || "") };
        await Plotly.update(this.plot, update, next.layout);
      }
      this.draws += 1;
      setData(this.plot, "draws", this.draws);
      setText(this.app.find("prediction-text"), infusion.figure.predictionWords(this.data, nowMs));
    }

    _colours() {
      if (this.colours) return this.colours;
      const style = getComputedStyle(this.app.root);
      const get = (name) => style.getPropertyValue(`--${name}`).trim();
      this.colours = {
        hr: get("hr"), spo2: get("spo2"), bp: get("bp"), co2: get("co2"), rr: get("rr"), loc: get("loc"), infusion: get("infusion"), predicted: get("predicted"),
        high: get("high-edge"), medium: get("medium-edge"), low: get("low-edge"), muted: get("muted"), text: get("text"), grid: get("grid"), now: get("now"),
        infusionFill: get("infusion-fill"), band: get("predicted-band"),
      };
      return this.colours;
    }

    _size() {
      const heights = {};
      for (const panel of this.area.querySelectorAll("[data-panel]")) heights[panel.dataset.panel] = panel.clientHeight;
      return { pixels: this.area.clientWidth - LEFT - RIGHT, heights };
    }

    /** The panels are laid out by CSS; the y axes take their places. */
    _domains() {
      const box = this.plot.getBoundingClientRect();
      const height = box.height - BOTTOM;
      const out = {};
      for (const panel of this.area.querySelectorAll("[data-panel]")) {
        const r = panel.getBoundingClientRect();
        const inner = panel.dataset.panel === "ketamine" ? 16 : 3; // under the words in its corner
        out[panel.dataset.panel] = [1 - (r.bottom - box.top - 2) / height, 1 - (r.top - box.top + inner) / height].map((v) => Math.min(1, Math.max(0, v)));
      }
      out.conc = out.ketamine;
      return out;
    }

    _layout(c) {
      const domains = this._domains();
      const layout = {
        width: this.plot.clientWidth, height: this.plot.clientHeight, margin: { l: LEFT, r: RIGHT, t: 0, b: BOTTOM }, showlegend: false, autosize: false,
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: "Inter, system-ui, sans-serif", size: 11, color: c.muted }, hovermode: false,
        xaxis: { type: "linear", gridcolor: c.grid, zeroline: false, anchor: "free", position: 0, tickmode: "array", fixedrange: true, ticks: "", tickangle: 0 },
      };
      for (const [panel, axis] of Object.entries(infusion.figure.AXIS)) {
        const lane = panel === "alarms" || panel === "events";
        layout[infusion.figure.layoutName(axis)] = {
          domain: domains[panel], anchor: "x", zeroline: false, showgrid: !lane && panel !== "conc", gridcolor: c.grid, showticklabels: !lane,
          tickmode: "array", tickvals: [], fixedrange: true, ticks: "", ...(lane ? { range: panel === "alarms" ? [-0.8, 2.8] : [0, 1] } : {}),
          ...(panel === "conc" ? { overlaying: "y6", side: "right", tickfont: { color: c.predicted } } : {}),
        };
      }
      return layout;
    }

    _resized() {
      if (!this.drawn || !this.plot.clientWidth) return;
      const change = { width: this.plot.clientWidth, height: this.plot.clientHeight };
      for (const [panel, domain] of Object.entries(this._domains())) change[`${infusion.figure.layoutName(infusion.figure.AXIS[panel])}.domain`] = domain;
      window.Plotly.relayout(this.plot, change);
      this.redraw();
    }

    _rebuild() {
      this.colours = null;
      if (this.drawn) window.Plotly.purge(this.plot);
      this.drawn = false;
      this.redraw();
    }

    // -- reading a moment -------------------------------------------------------------------------------------------

    _read(event) {
      if (!this.range || !this.drawn) return;
      const box = this.plot.getBoundingClientRect();
      const share = (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
      if (share < 0 || share > 1) { this._unread(); return; }
      const ms = this.range[0] + share * (this.range[1] - this.range[0]);
      const at = (name) => this.data.trend.at(name, ms);
      const parts = [["HR", "rate"], ["SpO₂", "spo2"], ["EtCO₂", "etco2"], ["RR", "rr"]].map(([label, name]) => [label, at(name)]).filter(([, v]) => v !== null).map(([label, v]) => `${label} ${number(v)}`);
      const cuff = this.data.cuff.filter((k) => k.at_ms <= ms).pop();
      if (cuff && ms <= this.app.bed.nowMs()) parts.push(`BP ${number(cuff.sys)}/${number(cuff.dia)} at ${timeOfDay(cuff.at_ms, false)}`);
      const predicted = this.data.predictedAt(ms);
      if (predicted) parts.push(`predicted ${number(predicted.cp)} ng/mL`);
      const line = this.app.find("crosshair");
      const words = this.app.find("readout");
      setHidden(line, false);
      setHidden(words, false);
      line.style.transform = `translateX(${event.clientX - box.left}px)`;
      setText(words, [timeOfDay(ms), ...(parts.length ? parts : ["no data"])].join(" · "));
    }

    _unread() {
      setHidden(this.app.find("crosshair"), true);
      setHidden(this.app.find("readout"), true);
    }

    close() {
      this.stopped = true;
      clearInterval(this.timer);
      clearTimeout(this.retry);
      this.sizes.disconnect();
      document.removeEventListener("infusion-theme", this.onTheme);
      if (this.drawn) window.Plotly.purge(this.plot);
    }
  }

  infusion.Charts = Charts;
})();
