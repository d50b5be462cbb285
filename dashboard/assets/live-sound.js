/* Alarm sounds after IEC 60601-1-8 tables 3 and 4: bursts of 10, 3 or 1 pulses at 500 Hz with partials 1 to 5. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  // Partials all within 15 dB of the fundamental; `edge`: rise and fall, share of a pulse.
  const VOICE = { f0Hz: 500, partials: [1.0, 0.8, 0.6, 0.45, 0.35], edge: 0.15 };
  // Starts of the pulses in seconds. The standard measures pulses and spacings between the 90 % points, so that the gaps seem longer
  // and the pulses shorter than from foot to foot; both ways stay inside its table. High: p x p x p (2x + t_d) p x p, 500 ms, and
  // again, with t_d 150 ms and x 75 ms (90 %: 110 and 115 ms). Medium: y 180 ms (90 %: 234 ms).
  const HIGH_GROUP = [0, 0.225, 0.45, 0.9, 1.125];
  const BURSTS = {
    high: { pulseS: 0.15, starts: [...HIGH_GROUP, ...HIGH_GROUP.map((t) => t + 1.775)], repeatS: 5, level: 0.9 },
    medium: { pulseS: 0.2, starts: [0, 0.38, 0.76], repeatS: 10, level: 0.7 },
    low: { pulseS: 0.2, starts: [0], repeatS: 30, level: 0.5 },
    // Not alarms. A short chirp, once: alarms are still off or their sound is still paused.
    reminder: { pulseS: 0.07, starts: [0, 0.12], repeatS: null, level: 0.35 },
    // What the self-test listens for: 60 dB below a high burst, shorter than a pulse; nobody hears it.
    tick: { pulseS: 0.05, starts: [0], repeatS: null, level: 0.0009 },
  };
  const LOOK_MS = 150; // for so long one test pulse is waited for
  const LOOKS = 13; // a page that is busy for a while misses pulses; only when none of so many was heard is the sound not working
  const RANK = { high: 3, medium: 2, low: 1 };
  const lengthS = (burst) => burst.starts[burst.starts.length - 1] + burst.pulseS;
  const waves = new WeakMap();

  function wave(ctx) {
    if (!waves.has(ctx)) {
      const real = new Float32Array(VOICE.partials.length + 1);
      waves.set(ctx, ctx.createPeriodicWave(real, new Float32Array([0, ...VOICE.partials])));
    }
    return waves.get(ctx);
  }

  /** Lay one burst into `ctx` (live or offline), starting `delayS` from now. Returns its length and a way to stop it. */
  function schedule(priority, ctx, delayS = 0, into = ctx.destination) {
    const burst = BURSTS[priority];
    const begin = ctx.currentTime + delayS;
    const out = ctx.createGain();
    out.connect(into);
    const sources = burst.starts.map((start) => {
      const source = ctx.createOscillator();
      const envelope = ctx.createGain();
      const from = begin + start;
      const until = from + burst.pulseS;
      source.setPeriodicWave(wave(ctx));
      source.frequency.value = VOICE.f0Hz;
      envelope.gain.setValueAtTime(0, from);
      envelope.gain.linearRampToValueAtTime(burst.level, from + VOICE.edge * burst.pulseS);
      envelope.gain.setValueAtTime(burst.level, until - VOICE.edge * burst.pulseS);
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
      this.reminder = null;
      this.failure = ""; // what the last self-test found
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
      // Everything leaves through one gate, and the self-test listens behind it.
      this.gate = this.ctx.createGain();
      this.ear = this.ctx.createAnalyser();
      this.ear.fftSize = 32768; // 0.7 s: a test pulse cannot slip between two looks
      this.gate.connect(this.ctx.destination);
      this.gate.connect(this.ear);
      return this.ctx;
    }

    /** Browsers hold sound back until the first gesture on the page. */
    wake() {
      const ctx = this._context();
      if (ctx && ctx.state !== "running" && ctx.state !== "closed") ctx.resume().then(() => this.onState(), () => {});
    }

    /** `blocked`: the browser holds it back; `failed`: it runs, but the self-test got nothing out of it. */
    state() {
      if (!this.ctx || this.ctx.state !== "running") return "blocked";
      if (this.failure) return "failed";
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
      if (this.ctx) schedule("medium", this.ctx, 0, this.gate);
    }

    /** Ask for `priority` (or null). A new burst number, or a worse priority, starts at once. */
    want(priority, burst) {
      const worse = (RANK[priority] || 0) > (RANK[this.priority] || 0);
      const fresh = this.burst !== null && burst > this.burst;
      const first = this.burst === null && priority !== null;
      this.burst = burst;
      if (priority === null && this.priority !== null) this._stop();
      this.priority = priority;
      if (priority !== null && (worse || fresh || first)) this.nextAt = 0;
      this.tick();
    }

    /** The server counts the reminders that were due; each new one chirps once. What was due before this page opened is over. */
    remind(count) {
      const due = this.reminder !== null && count > this.reminder;
      this.reminder = count;
      if (due && !this.priority) this._play("reminder");
    }

    /** As if every burst were due: after a sleep nobody knows what was heard. */
    rearm() {
      this.nextAt = 0;
      this.wake();
      this.tick();
    }

    tick() {
      const now = performance.now() / 1000;
      if (!this.priority || now < this.nextAt || !this._play(this.priority)) return;
      const burst = BURSTS[this.priority];
      this.nextAt = now + lengthS(burst) + burst.repeatS;
    }

    _play(priority) {
      if (!this.ctx || this.ctx.state !== "running") return false;
      this._stop();
      this.playing = schedule(priority, this.ctx, 0, this.gate);
      infusion.sound.played.push({ priority, at: performance.now() });
      if (infusion.sound.played.length > 100) infusion.sound.played.shift();
      return true;
    }

    _stop() {
      if (this.playing) this.playing.stop();
      this.playing = null;
    }

    /** Whether sound leaves this page: the clock of the audio runs, and a pulse that nobody hears comes out of the gate. What the
     * loudspeaker makes of it only a person can tell. Resolves to {ok, detail}. */
    async selfTest() {
      this.wake();
      const found = await this._listen();
      this.failure = found.ok || this.state() === "blocked" ? "" : found.detail;
      this.onState();
      return found;
    }

    async _listen() {
      const { ctx } = this;
      if (!ctx) return { ok: false, detail: "this browser has no audio" };
      if (ctx.state !== "running") return { ok: false, detail: `sound is ${ctx.state}: a tap on the page is needed` };
      const before = ctx.currentTime;
      const samples = new Float32Array(this.ear.fftSize);
      for (let look = 0; look < LOOKS; look += 1) {
        schedule("tick", ctx, 0.02, this.gate);
        await new Promise((go) => setTimeout(go, LOOK_MS));
        if (ctx.state !== "running") return { ok: false, detail: `sound is ${ctx.state}` };
        this.ear.getFloatTimeDomainData(samples);
        // Only what came since: the ear still holds what was before.
        const since = samples.subarray(Math.max(0, samples.length - Math.floor((ctx.currentTime - before) * ctx.sampleRate)));
        if (since.some((x) => Math.abs(x) > BURSTS.tick.level / 10)) return { ok: true, detail: "" };
      }
      return { ok: false, detail: ctx.currentTime > before ? "no sound comes out of the page" : "the clock of the sound stands still" };
    }

    close() {
      for (const kind of ["pointerdown", "keydown"]) document.removeEventListener(kind, this._wake, true);
      this._stop();
      if (this.ctx && this.ctx.state !== "closed") this.ctx.close();
    }
  }

  infusion.sound = { schedule, BURSTS, VOICE, lengthS, Speaker, played: [] };
})();
