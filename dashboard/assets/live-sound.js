/* Alarm sounds after IEC 60601-1-8 tables 3 and 4: bursts of 10, 3 or 1 pulses at 500 Hz with partials 1 to 5. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const F0_HZ = 500;
  const PARTIALS = [1.0, 0.8, 0.6, 0.45, 0.35]; // all within 15 dB of the fundamental
  const EDGE = 0.15; // rise and fall, share of a pulse
  // Starts of the pulses in seconds. High: p x p x p (2x + t_d) p x p, 500 ms, and again, with t_d 150 ms and x 100 ms.
  const HIGH_GROUP = [0, 0.25, 0.5, 1.0, 1.25];
  const BURSTS = {
    high: { pulseS: 0.15, starts: [...HIGH_GROUP, ...HIGH_GROUP.map((t) => t + 1.9)], repeatS: 5, level: 0.9 },
    medium: { pulseS: 0.2, starts: [0, 0.4, 0.8], repeatS: 10, level: 0.7 },
    low: { pulseS: 0.2, starts: [0], repeatS: 30, level: 0.5 },
  };
  const lengthS = (burst) => burst.starts[burst.starts.length - 1] + burst.pulseS;
  const waves = new WeakMap();

  function wave(ctx) {
    if (!waves.has(ctx)) {
      const real = new Float32Array(PARTIALS.length + 1);
      waves.set(ctx, ctx.createPeriodicWave(real, new Float32Array([0, ...PARTIALS])));
    }
    return waves.get(ctx);
  }

  /** Lay one burst into `ctx` (live or offline), starting `delayS` from now. Returns its length and a way to stop it. */
  function schedule(priority, ctx, delayS = 0) {
    const burst = BURSTS[priority];
    const begin = ctx.currentTime + delayS;
    const out = ctx.createGain();
    out.connect(ctx.destination);
    const sources = burst.starts.map((start) => {
      const source = ctx.createOscillator();
      const envelope = ctx.createGain();
      const from = begin + start;
      const until = from + burst.pulseS;
      source.setPeriodicWave(wave(ctx));
      source.frequency.value = F0_HZ;
      envelope.gain.setValueAtTime(0, from);
      envelope.gain.linearRampToValueAtTime(burst.level, from + EDGE * burst.pulseS);
      envelope.gain.setValueAtTime(burst.level, until - EDGE * burst.pulseS);
      envelope.gain.linearRampToValueAtTime(0, until);
      source.connect(envelope).connect(out);
      source.start(from);
      source.stop(until);
      return source;
    });
    sources[sources.length - 1].onended = () => out.disconnect();
    return { lengthS: lengthS(burst), stop: () => out.disconnect() };
  }

  /** The speaker of one screen: repeats the burst that is due, tells whether the browser lets it sound at all. */
  class Speaker {
    constructor(onState) {
      this.onState = onState;
      this.ctx = null;
      this.playing = null;
      this.priority = null;
      this.nextAt = 0;
      this.burst = null;
      this.confirmedAt = Number(sessionStorage.getItem("infusion.sound")) || null;
      this._wake = () => this.wake();
      for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, this._wake, true);
      this._context();
    }

    _context() {
      if (this.ctx) return this.ctx;
      const Context = window.AudioContext || window.webkitAudioContext;
      if (!Context) return null;
      this.ctx = new Context();
      this.ctx.onstatechange = () => this.onState();
      return this.ctx;
    }

    /** Browsers hold sound back until the first gesture on the page. */
    wake() {
      const ctx = this._context();
      if (ctx && ctx.state !== "running" && ctx.state !== "closed") ctx.resume().then(() => this.onState(), () => {});
    }

    state() {
      if (!this.ctx || this.ctx.state !== "running") return "blocked";
      return this.confirmedAt ? "confirmed" : "unconfirmed";
    }

    confirm(heard) {
      this.confirmedAt = heard ? Date.now() : null;
      if (heard) sessionStorage.setItem("infusion.sound", String(this.confirmedAt));
      else sessionStorage.removeItem("infusion.sound");
      this.onState();
    }

    test() {
      this.wake();
      if (this.ctx) schedule("medium", this.ctx);
    }

    /** Ask for `priority` (or null). A new burst number, or a worse priority, starts at once. */
    want(priority, burst) {
      const rank = { high: 3, medium: 2, low: 1 };
      const worse = (rank[priority] || 0) > (rank[this.priority] || 0);
      const fresh = this.burst !== null && burst > this.burst;
      const first = this.burst === null && priority !== null;
      this.burst = burst;
      if (priority === null && this.priority !== null) this._stop();
      this.priority = priority;
      if (priority !== null && (worse || fresh || first)) this.nextAt = 0;
      this.tick();
    }

    tick() {
      const now = performance.now() / 1000;
      if (!this.priority || !this.ctx || this.ctx.state !== "running" || now < this.nextAt) return;
      this._stop();
      const burst = BURSTS[this.priority];
      this.playing = schedule(this.priority, this.ctx);
      this.nextAt = now + lengthS(burst) + burst.repeatS;
      infusion.sound.played.push({ priority: this.priority, at: performance.now() });
      if (infusion.sound.played.length > 100) infusion.sound.played.shift();
    }

    _stop() {
      if (this.playing) this.playing.stop();
      this.playing = null;
    }

    close() {
      for (const kind of ["pointerdown", "keydown"]) document.removeEventListener(kind, this._wake, true);
      this._stop();
      if (this.ctx && this.ctx.state !== "closed") this.ctx.close();
    }
  }

  infusion.sound = { schedule, BURSTS, lengthS, Speaker, played: [] };
})();
