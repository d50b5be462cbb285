/* The live charts: owns the arrays, draws with Plotly when the browser is idle, never in the way of numbers and alarms. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { setText, setData, setHidden, timeOfDay, number } = infusion.format;
  const PLOTLY = "/vendor/plotly.min.js";
  const { LEFT, RIGHT } = infusion.PLOT_MARGINS;
  const PREDICT_EVERY_MS = 60000;
  const RETRY_MS = 4000;
  const WINDOW_KEY = "infusion.window";
  const BAND_KEY = "infusion.band"; // of this screen; anything but "off" shows it
  const HAD_KEY = "infusion.plotly";
  const KEPT_MS = 20 * 3600e3; // the server lets a browser keep it for a day
  const idle = window.requestIdleCallback ? (run) => window.requestIdleCallback(run, { timeout: 700 }) : (run) => setTimeout(run, 30);

  let loading = null;
  function plotly() {
    if (window.Plotly) return Promise.resolve(window.Plotly);
    if (!loading)
      loading = new Promise((done, failed) => {
        const script = document.createElement("script");
        script.src = PLOTLY;
        script.onload = () => { done(window.Plotly); localStorage.setItem(HAD_KEY, Date.now()); };
        script.onerror = () => { loading = null; failed(new Error("plotly")); };
        document.head.append(script);
      });
    return loading;
  }
  // Once this browser has it, it is parsed on another core while the framework lays the page out; what goes wrong is told when
  // something is to be drawn. Before that, its four megabytes would hold up the first numbers.
  // So then it is only fetched, to be at hand.
  if (location.pathname.startsWith("/live/") || location.pathname === "/train/trainee") {
    if (Date.now() - Number(localStorage.getItem(HAD_KEY)) < KEPT_MS) plotly().catch(() => {});
    else fetch(PLOTLY, { priority: "low" }).then((response) => response.arrayBuffer()).catch(() => {});
  }

  infusion.plotly = plotly;

  class Charts {
    constructor(app) {
      this.app = app;
      this.data = new infusion.ChartData();
      this.data.band = localStorage.getItem(BAND_KEY) !== "off";
      this.area = app.find("chart-area");
      this.plot = app.find("plot");
      // What befalls in an exercise lasts minutes: at 2 h it would be a few pixels beside now.
      this.windowKey = app.config.training ? `${WINDOW_KEY}.training` : WINDOW_KEY;
      this.minutes = Number(sessionStorage.getItem(this.windowKey) ?? (app.config.training ? 15 : 120));
      this.plots = new infusion.Plots(this.area, this.plot);
      this.drawing = false;
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
      const turn = (this.predictions = (this.predictions || 0) + 1);
      try {
        const response = await fetch(`/live/prediction?bed=${encodeURIComponent(this.app.bed.id)}`);
        if (!response.ok) throw new Error(String(response.status));
        const found = await response.json();
        if (this.stopped || turn !== this.predictions) return; // an older answer that came late
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
      else if (bed.preparing) words = "The past of this simulated session is being made: a few seconds …";
      else if (bed.ready && !bed.session) words = "No session is open at this bed.";
      else if (!this.data.loaded) words = this.failed ? "The session so far could not be loaded; trying again …" : "Loading the session so far …";
      else if (this.plotFailed) words = "The chart could not be loaded; numbers and alarms work.";
      else if (!this.data.trend.length) words = "No data yet.";
      const node = this.app.find("chart-message");
      if (liveState === "lost" && node.textContent.startsWith("NOT LIVE")) words = node.textContent;
      setText(node, words);
      setHidden(node, !words);
      if (bed.ready && !bed.session && !bed.preparing && this.app.config.setup_href && liveState !== "lost" && !node.querySelector("a")) {
        const link = infusion.format.el("a", { href: this.app.config.setup_href }, "Open a session");
        node.append(" ", link);
      }
    }

    // -- drawing ----------------------------------------------------------------------------------------------------

    setWindow(minutes) {
      this.minutes = minutes;
      sessionStorage.setItem(this.windowKey, String(minutes));
      this._press();
      this.redraw();
    }

    /** Uncertainty band and effect site of the prediction, shown or not on this screen. */
    setBand(shown) {
      this.data.band = shown;
      localStorage.setItem(BAND_KEY, shown ? "on" : "off");
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
      if (this.drawing) this.again = true; // what changed meanwhile is drawn next
      if (this.queued || this.stopped) return;
      this.queued = true;
      idle(() => {
        this.queued = false;
        if (!this.stopped) this._draw();
      });
    }

    /** Everything is worked out once; then each part is drawn in an idle moment of its own, so that no message waits long. */
    async _draw() {
      const { bed } = this.app;
      if (this.drawing || !bed.ready || document.hidden || !this.area.clientWidth) return;
      let Plotly;
      try {
        Plotly = await plotly();
        this.plotFailed = false;
      } catch {
        this.plotFailed = true;
        this._message();
        return;
      }
      if (this.stopped || this.drawing) return;
      this.drawing = true;
      this.again = false;
      if (this.anew) this.plots.forget(Plotly);
      this.anew = false;
      this.lastDraw = performance.now();
      this._message();
      const nowMs = bed.nowMs();
      const session = bed.session;
      const started = session && session.started_at ? Date.parse(session.started_at) : null;
      const end = started !== null && session.planned_min ? started + session.planned_min * 60e3 : null;
      this.range = infusion.figure.timeRange(this.minutes, nowMs, this.data.openedMs, end);
      const next = infusion.figure.fill(this.data, bed, this.range, this.plots.colours(), this.plots.size());
      try {
        for (const part of this.plots.parts) {
          await new Promise((go) => idle(go));
          if (this.stopped) return;
          await this.plots.draw(Plotly, part, next);
        }
      } finally {
        this.drawing = false;
      }
      this.plots.label(next.marks);
      this.draws += 1;
      setData(this.plot, "draws", this.draws);
      setText(this.app.find("prediction-text"), infusion.figure.predictionWords(this.data, nowMs));
      if (this.again) this.redraw();
    }

    _resized() {
      if (this.plot.clientWidth) this._rebuild();
    }

    /** Also while a drawing is under way: what it still draws is of the old size or colours, so the next one begins anew. */
    _rebuild() {
      if (!this.draws && !this.drawing) return;
      this.anew = true;
      this.redraw();
    }

    // -- reading a moment -------------------------------------------------------------------------------------------

    _read(event) {
      if (!this.range || !this.draws) return;
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
      if (this.draws) this.plots.forget(window.Plotly);
    }
  }

  infusion.Charts = Charts;
})();
