/* What the charts show, gathered from history, prediction and live messages. No drawing here. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const SIGNALS = { rate: ["rate", "hr", "pr"], spo2: ["spo2"], etco2: ["etco2"], rr: ["rr", "rr_co2", "rr_imp"], abp_sys: ["abp_sys"], abp_dia: ["abp_dia"] };
  const MARKED = {
    infusion_started: "▶", infusion_rate_changed: "", bolus_given: "", infusion_paused: "❚❚", infusion_resumed: "▶", infusion_stopped: "■", bag_changed: "",
    drug_given: "", oxygen_changed: "", side_effect: "", manual_vitals: "", emergency_declared: "!", emergency_ended: "", handover: "", note: "",
  };
  const SAME_CUFF_MS = 8000; // two stamps of one cuff reading differ by rounding and travel time

  const number = (reading) => (reading && reading.value !== null && reading.value !== undefined ? reading.value : null);

  class ChartData {
    constructor() {
      this.trend = new infusion.Trend(Object.keys(SIGNALS));
      this.clear();
    }

    clear() {
      this.trend.reset();
      Object.assign(this, { cuff: [], loc: [], alarms: new Map(), events: new Map(), rate: [], prediction: null, openedMs: null, loaded: false });
    }

    load(history) {
      const signals = history.signals || {};
      // Every derived column falls back, sample by sample, on the raw signals that it comes from.
      const column = (name) => {
        const sources = SIGNALS[name].map((n) => signals[n]).filter(Boolean);
        if (sources.length < 2) return sources[0];
        return sources[0].map((v, i) => (v !== null ? v : sources.slice(1).reduce((found, s) => (found !== null ? found : s[i]), null)));
      };
      this.trend.load(history.at_ms || [], column);
      this.openedMs = history.opened_at ? Date.parse(history.opened_at) : this.openedMs;
      this.cuff = (history.cuff || []).map((c) => ({ ...c }));
      this.loc = (history.loc || []).map((l) => ({ ...l }));
      this.rate = (history.rate || []).map((r) => [...r]);
      // An alarm that came while the history was on its way is not in it.
      const newer = [...this.alarms].filter(([occurrence]) => !(history.alarms || []).some((a) => a.occurrence === occurrence));
      this.alarms = new Map([...(history.alarms || []).map((a) => [a.occurrence, { ...a }]), ...newer]);
      this.events = new Map((history.events || []).filter((e) => e.type in MARKED && !e.struck).map((e) => [e.seq, e]));
      this.loaded = true;
    }

    /** Take in what a live message brings. `atMs` is the bed's own time. */
    take(message, bed) {
      const atMs = message.at && message.type === "vitals" ? Date.parse(message.at) : bed.nowMs();
      if (message.type === "vitals" || message.type === "snapshot") this._values(message, atMs);
      if (message.alarms) this._alarms(message.alarms, atMs);
      if (message.infusion && message.type === "event") {
        const drip = message.infusion;
        const now = drip.state === "running" ? drip.rate_mg_h || 0 : 0;
        const last = this.rate.length ? this.rate[this.rate.length - 1][1] : 0;
        if (now !== last) this.rate.push([Date.parse(message.entry ? message.entry.at : message.at), now]);
      }
      if (message.session && message.session.loc) this._loc(message.session);
      if (message.entry && message.entry.type in MARKED) this.events.set(message.entry.seq, message.entry);
      if (message.session && message.session.opened_at && this.openedMs === null) this.openedMs = Date.parse(message.session.opened_at);
    }

    _values(message, atMs) {
      const values = message.values || {};
      if (message.type === "vitals" && (message.tick || atMs - this.trend.lastMs() >= 950))
        this.trend.append(atMs, (name) => SIGNALS[name].map((n) => number(values[n])).find((v) => v !== null) ?? null);
      const sys = values.nibp_sys || values.sbp;
      const dia = values.nibp_dia || values.dbp;
      if (number(sys) === null || number(dia) === null || sys.age_s === null || sys.age_s === undefined || String(sys.signal || "").startsWith("abp")) return;
      const measuredMs = atMs - sys.age_s * 1000;
      const last = this.cuff[this.cuff.length - 1];
      if (last && (measuredMs <= last.at_ms || (measuredMs - last.at_ms < SAME_CUFF_MS && last.sys === sys.value))) return;
      if (this.loaded) this.cuff.push({ at_ms: measuredMs, sys: sys.value, dia: dia.value });
    }

    _alarms(alarms, atMs) {
      const active = new Set(alarms.filter((a) => a.state !== "latched").map((a) => a.occurrence));
      for (const alarm of alarms)
        if (!this.alarms.has(alarm.occurrence))
          this.alarms.set(alarm.occurrence, { occurrence: alarm.occurrence, priority: alarm.priority, text: alarm.text, from_ms: Date.parse(alarm.onset_at), to_ms: null });
        else Object.assign(this.alarms.get(alarm.occurrence), { priority: alarm.priority });
      for (const known of this.alarms.values()) {
        if (known.to_ms === null && !active.has(known.occurrence)) known.to_ms = atMs;
      }
    }

    _loc(session) {
      const atMs = Date.parse(session.loc.at);
      const last = this.loc[this.loc.length - 1];
      if (this.loaded && (!last || atMs > last.at_ms)) this.loc.push({ at_ms: atMs, level: session.loc.level, by: session.loc.by, scale: session.scale });
    }

    /** The steps of the rate up to `nowMs`. */
    rateSteps(nowMs) {
      if (!this.rate.length) return { x: [], y: [] };
      const x = this.rate.map((r) => r[0]);
      const y = this.rate.map((r) => r[1]);
      return { x: [x[0], ...x, Math.max(nowMs, x[x.length - 1])], y: [0, ...y, y[y.length - 1]] };
    }

    /** Predicted concentration at `ms`: {cp, ce, low, high} by straight line between its points, or null; without band for a pause. */
    predictedAt(ms, p = this.prediction) {
      if (!p || !p.at_ms || !p.at_ms.length || ms < p.at_ms[0] || ms > p.at_ms[p.at_ms.length - 1]) return null;
      const i = Math.max(1, p.at_ms.findIndex((t) => t >= ms));
      const share = (ms - p.at_ms[i - 1]) / (p.at_ms[i] - p.at_ms[i - 1] || 1);
      const mix = (a) => (a && a.length ? a[i - 1] + share * (a[i] - a[i - 1]) : null);
      return { cp: mix(p.cp_ng_ml), ce: mix(p.ce_ng_ml), low: mix(p.low), high: mix(p.high) };
    }

    eventWords(entry) {
      return `${MARKED[entry.type] ? `${MARKED[entry.type]} ` : ""}${entry.text}`;
    }
  }

  infusion.ChartData = ChartData;
})();
