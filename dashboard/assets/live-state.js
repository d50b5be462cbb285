/* What the server has told this page about one bed: a fold over its messages. No DOM here. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const LOG_LINES = 50;
  const LATE_S = 1.5; // numbers come once a second; until then they count as of now

  class Bed {
    constructor(id) {
      this.id = id;
      this.clear();
    }

    clear() {
      Object.assign(this, {
        ready: false, values: {}, alarms: [], recent: [], audio: {}, infusion: null, session: null, log: [],
        simulation: null, pace: 1, quiet: false, devices: [], recording: null, screens: null, lastAlarm: null,
        atMs: null, tS: null, arrived: 0, infusionTS: 0,
      });
    }

    /** Fold one message in. Returns the names of what changed. */
    apply(message) {
      const changed = new Set();
      if (message.type === "heartbeat") {
        this.recording = message.recording || null;
        if (message.screens) this.screens = message.screens[this.id] || null;
        changed.add("recording");
        return changed;
      }
      if (message.bed !== this.id) return changed;
      if (message.type !== "snapshot" && !this.ready) return changed; // the snapshot will hold it
      if (message.type === "snapshot") {
        const known = this.session && this.session.id;
        Object.assign(this, { ready: true, atMs: null, tS: null, lastAlarm: null });
        this.log = message.log || [];
        changed.add("all");
        if (!message.session || message.session.id !== known) changed.add("session-changed");
      }
      if ("values" in message) { this.values = message.values || {}; changed.add("values"); }
      if ("devices" in message) { this.devices = message.devices || []; changed.add("values"); }
      if ("alarms" in message) { this.alarmsArrived = performance.now(); this._remember(message.alarms || [], message.at); changed.add("alarms"); }
      if ("recent" in message) { this.recent = message.recent || []; changed.add("alarms"); }
      if ("audio" in message) { this.audio = message.audio || {}; this.audioArrived = performance.now(); changed.add("alarms"); }
      if ("preparing" in message) this.preparing = message.preparing;
      if ("pace" in message) this.pace = message.pace;
      if ("quiet" in message) this.quiet = message.quiet;
      if ("simulation" in message) this.simulation = message.simulation;
      if ("session" in message) { this._takeSession(message.session); changed.add("session"); }
      this._tellTime(message);
      if ("infusion" in message) {
        this.infusion = message.infusion;
        this.infusionTS = this.tS;
        changed.add("infusion");
      }
      if (message.type === "event" && message.entry) {
        const entry = message.entry;
        this.log = [entry, ...this.log.filter((line) => line.seq !== entry.seq)].sort((a, b) => b.seq - a.seq).slice(0, LOG_LINES);
        changed.add("log");
      }
      return changed;
    }

    /** The rules of the limits panel come only when they may be others. */
    _takeSession(session) {
      const known = this.session && session && this.session.id === session.id ? this.session.settings : undefined;
      this.session = session && !session.settings && known ? { ...session, settings: known } : session;
    }

    _tellTime(message) {
      const tS = message.t_s ?? (message.session ? message.session.t_s : undefined);
      // Only numbers carry the bed's own clock (a simulated one may run fast); other stamps do until the first arrives.
      if (message.type === "vitals" || this.atMs === null) this.atMs = Date.parse(message.at);
      else return;
      if (tS !== undefined && tS !== null) this.tS = tS;
      this.arrived = performance.now();
    }

    _remember(alarms, at) {
      const still = new Set(alarms.map((alarm) => alarm.occurrence));
      for (const old of this.alarms)
        if (!still.has(old.occurrence)) this.lastAlarm = { ...old, cleared_at: at };
      this.alarms = alarms;
    }

    /** Seconds since the last message that told the time. */
    sinceS() {
      return this.arrived ? this.paced(this.arrived) : 0;
    }

    nowMs() {
      return this.atMs === null ? Date.now() : this.atMs + this.sinceS() * 1000;
    }

    nowTS() {
      return this.tS === null ? null : this.tS + this.sinceS();
    }

    ageS(reading) {
      return reading && reading.age_s !== null && reading.age_s !== undefined ? reading.age_s + this.sinceS() : null;
    }

    /** Milligrams given by now: what the server said, and rate times time since it said so. */
    givenMg() {
      const drip = this.infusion;
      if (!drip || drip.given_mg === null || drip.given_mg === undefined) return null;
      if (drip.state !== "running" || this.tS === null || !drip.rate_mg_h) return drip.given_mg;
      return drip.given_mg + (drip.rate_mg_h / 3600) * Math.max(0, this.nowTS() - this.infusionTS);
    }

    /** Seconds from now on the session's clock to `tS`, never below 0. */
    leftS(tS) {
      return this.nowTS() === null ? 0 : Math.max(0, tS - this.nowTS());
    }

    /** Rules that somebody switched off, the one that returns first in front. */
    off() {
      const rows = (this.session && this.session.off) || [];
      return rows.map((row) => ({ ...row, left_s: this.leftS(row.until_t_s) })).filter((row) => row.left_s > 0).sort((a, b) => a.left_s - b.left_s);
    }

    /** The rules as they may be looked at; `settings` of the session. */
    settings() {
      return (this.session && this.session.settings) || [];
    }

    /** Seconds without a breath by now, from the clock that the alarm goes by; null where nobody looks for it. */
    breathS() {
      const breath = this.values.breath;
      if (!breath || breath.value === null || breath.value === undefined) return null;
      return breath.value + (this.sinceS() > LATE_S ? this.sinceS() : 0);
    }

    audioPausedS() {
      const left = this.audio.paused_s_left || 0;
      return left > 0 ? Math.max(0, left - this.paced(this.audioArrived)) : 0;
    }

    /** Seconds on the bed's clock since `arrived`, an instant of this page's. */
    paced(arrived) {
      // A trainer's run goes its own pace, down to standing still.
      return ((performance.now() - arrived) / 1000) * (this.pace ?? 1);
    }

    /** The scale levels in order, of the session or of another scale the page knows. */
    levels(scale, scales) {
      if (this.session && (!scale || scale === this.session.scale) && this.session.levels) return this.session.levels;
      return (scales && scales[scale]) || [];
    }
  }

  infusion.Bed = Bed;
})();
