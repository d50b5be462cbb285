/* Waveforms on a sweep, as a bedside monitor draws them: time stands still on the paper, a blank bar moves over it and the line grows
   behind it. Fed by `push`; only what is new is drawn, on narrow canvases side by side, for a browser copies a canvas whole when any of it changes.

   `new infusion.Waves(element, { lanes, speed, lagS })`; lanes: [{ signal, label?, colour?, low?, high?, marks?, mmPerS? }], by default
   ECG, pleth and CO2. `push({ ecg: { t0_s, rate_hz, samples }, … })`: null or NaN is no measurement, and the line has a gap there. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const PX_PER_MM = 96 / 25.4;
  const BAR_PX = 18; // the blank ahead of the line
  const FRAME_MS = 66; // the line grows by 6 px each time; more pictures cost more than they show
  const TILE_PX = 256;
  const LINE_PX = 1.6;
  const MARGIN = 0.06; // of the height, above and below the scale
  const LATE_S = 1;
  const PAST_S = 5; // samples this much older than the newest are of another run, not late

  /** Breathing is slow, so its paper is. `steps`: the scale grows to the first that holds what comes. */
  const SIGNALS = {
    ecg: { label: "ECG", colour: "--hr", low: -0.5, high: 1.5, marks: [0, 1], unit: "mV", mmPerS: 25 },
    pleth: { label: "Pleth", colour: "--spo2", low: 0, high: 1.3, marks: [], unit: "", mmPerS: 25 },
    capno: { label: "CO₂", colour: "--co2", low: 0, high: 50, steps: [50, 75, 100, 150], marks: [0, 25, 50], unit: "mmHg", mmPerS: 6.25 },
    resp: { label: "Resp", colour: "--rr", low: -0.3, high: 1.6, marks: [], unit: "", mmPerS: 6.25 },
    abp_wave: { label: "ABP", colour: "--bp", low: 40, high: 160, steps: [160, 200, 250, 300], marks: [50, 100, 150], unit: "mmHg", mmPerS: 25 },
  };

  const element = (name, className, text) => {
    const made = document.createElement(name);
    made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  class Lane {
    constructor(options) {
      Object.assign(this, SIGNALS[options.signal] || {}, options);
      this.node = element("div", "wave-lane");
      this.node.dataset.signal = this.signal;
      this.node.style.setProperty("--wave", `var(${this.colour})`);
      this.paper = element("div", "wave-paper");
      this.paper.setAttribute("role", "img");
      this.paper.setAttribute("aria-label", `${this.label} waveform`);
      this.tiles = [];
      this.rules = element("div", "wave-rules");
      this.node.append(this.rules, element("span", "wave-name", this.unit ? `${this.label} ${this.unit}` : this.label), this.paper);
      this.perS = this.mmPerS * PX_PER_MM;
      this.width = this.height = 0;
      this.forget();
      this.rule();
    }

    forget() {
      this.chunks = [];
      this.endS = -Infinity; // where the next sample is due
      this.drawnS = -Infinity; // the last sample that is on the paper
      this.barS = -Infinity; // up to here the paper was wiped
      this.joined = null; // where the line may go on
    }

    /** How long the paper is. */
    get sweepS() {
      return this.width / this.perS;
    }

    /** Lines and figures of the scale, under the canvas. */
    rule() {
      this.rules.replaceChildren(
        ...this.marks.filter((mark) => mark >= this.low && mark <= this.high).map((mark) => {
          const line = element("i", "wave-rule", String(mark));
          line.style.top = `${100 * this.share(mark)}%`;
          return line;
        }),
      );
    }

    /** 0 at the top to 1 at the bottom; what lies beyond the scale runs along its edge. */
    share(value) {
      const part = (this.high - value) / (this.high - this.low);
      return MARGIN / 2 + (1 - MARGIN) * Math.min(1, Math.max(0, part));
    }

    /** The paper as large as it is shown; true when that changed. */
    fit(ratio) {
      const width = this.node.clientWidth;
      const height = this.node.clientHeight;
      if (width === this.width && height === this.height && ratio === this.ratio) return false;
      Object.assign(this, { width, height, ratio });
      // In device pixels: the paper, and where each tile begins on it.
      this.wide = Math.round(width * ratio);
      this.tall = Math.round(height * ratio);
      const step = Math.round(TILE_PX * ratio);
      this.tiles = [];
      for (let left = 0; left < this.wide; left += step) {
        const canvas = element("canvas", "wave-tile");
        canvas.width = Math.min(step, this.wide - left);
        canvas.height = this.tall;
        Object.assign(canvas.style, { left: `${left / ratio}px`, width: `${canvas.width / ratio}px` });
        // Past the page's own order of painting, which nothing here depends on: half the work of the page's thread.
        const pen = canvas.getContext("2d", { desynchronized: true });
        this.tiles.push({ canvas, left, right: left + canvas.width, pen, x: null, y: null });
      }
      this.paper.replaceChildren(...this.tiles.map((tile) => tile.canvas));
      return true;
    }

    take(wave) {
      const { t0_s: t0, rate_hz: rate } = wave;
      const first = Math.max(0, Math.ceil((this.endS - t0) * rate - 0.5)); // what was there already
      const count = wave.samples.length - first;
      if (count <= 0) return;
      const samples = new Float32Array(count);
      for (let i = 0; i < count; i++) samples[i] = wave.samples[first + i] ?? NaN;
      this.chunks.push({ t0: t0 + first / rate, rate, samples });
      this.endS = t0 + wave.samples.length / rate;
      this.grow(samples);
    }

    grow(samples) {
      if (!this.steps) return;
      let most = -Infinity;
      for (const value of samples) if (value > most) most = value;
      if (most <= this.high) return;
      const next = this.steps.find((step) => step >= most) ?? this.steps[this.steps.length - 1];
      if (next === this.high) return;
      this.high = next;
      this.marks = this.signal === "capno" ? [0, next / 2, next] : [50, 100, 150, 200, 250];
      this.rule();
      this.stale = true;
    }

    prune(headS) {
      const oldest = headS - this.sweepS - 1;
      while (this.chunks.length && this.chunks[0].t0 + this.chunks[0].samples.length / this.chunks[0].rate < oldest) this.chunks.shift();
    }

    blank() {
      for (const { pen, canvas } of this.tiles) pen.clearRect(0, 0, canvas.width, canvas.height);
    }

    /** Everything that the paper holds when the line is at `headS`. */
    redraw(headS) {
      this.blank();
      this.stale = false;
      this.joined = null;
      this.drawnS = headS - Math.max(0, this.sweepS - BAR_PX / this.perS);
      this.barS = headS + BAR_PX / this.perS;
      this.stroke(headS);
    }

    /** On to `headS`: wipe ahead, then the line. */
    advance(headS) {
      if (this.stale || !(headS - this.drawnS < this.sweepS / 2)) return this.redraw(headS);
      this.wipe(headS + BAR_PX / this.perS);
      return this.stroke(headS);
    }

    wipe(toS) {
      if (toS <= this.barS) return;
      // Whole device pixels, each wiped once: a half pixel wiped twice leaves a shadow of the old line.
      let from = Math.round(this.barS * this.perS * this.ratio);
      const to = Math.round(toS * this.perS * this.ratio);
      while (from < to) {
        const x = from % this.wide;
        const tile = this.tiles.find(({ right }) => x < right);
        const wide = Math.min(to - from, tile.right - x);
        tile.pen.clearRect(x - tile.left, 0, wide, this.tall);
        from += wide;
      }
      this.barS = toS;
    }

    stroke(headS) {
      for (const tile of this.tiles) tile.x = null;
      const scale = this.perS * this.ratio;
      let last = this.joined; // the sample before, as it lies on endless paper, and the sheet of it
      for (const { t0, rate, samples } of this.chunks) {
        const from = Math.max(0, Math.floor((this.drawnS - t0) * rate + 1e-3) + 1);
        const to = Math.min(samples.length - 1, Math.floor((headS - t0) * rate + 1e-3));
        for (let i = from; i <= to; i++) {
          const s = t0 + i / rate;
          this.drawnS = s;
          if (Number.isNaN(samples[i])) continue;
          const here = { s, x: s * scale, y: this.share(samples[i]) * this.tall };
          here.sheet = Math.floor(here.x / this.wide);
          // Where a sample is missing, nobody knows what was between.
          if (last !== null && s - last.s <= 1.5 / rate) {
            this.piece(last, here, last.sheet * this.wide);
            // Over the edge: the same piece once more, on the other side.
            if (here.sheet !== last.sheet) this.piece(last, here, here.sheet * this.wide);
          }
          last = here;
        }
      }
      this.joined = last;
      // Samples may come a little late, but no line waits for them longer.
      this.drawnS = Math.max(this.drawnS, headS - LATE_S);
      for (const { pen, x } of this.tiles) if (x !== null) pen.stroke();
    }

    /** From one sample to the next, on every tile that it touches; all are stroked together in the end. */
    piece(from, to, offset) {
      const a = from.x - offset;
      const b = to.x - offset;
      const edge = LINE_PX * this.ratio;
      for (const tile of this.tiles) {
        if (b + edge < tile.left || a - edge > tile.right) continue;
        const { pen, left } = tile;
        if (tile.x === null) {
          pen.lineWidth = edge;
          pen.lineCap = pen.lineJoin = "round";
          pen.strokeStyle = this.ink;
          pen.beginPath();
        }
        if (tile.x !== a || tile.y !== from.y) pen.moveTo(a - left, from.y);
        pen.lineTo(b - left, to.y);
        tile.x = b;
        tile.y = to.y;
      }
    }
  }

  class Waves {
    /** `speed`: run time against real time. `lagS`: how far the line stays behind the newest sample, so that it never waits. */
    constructor(parent, { lanes = [{ signal: "ecg" }, { signal: "pleth" }, { signal: "capno" }], speed = 1, lagS = 0.4 } = {}) {
      this.parent = parent;
      this.speed = speed;
      this.lagS = lagS;
      this.lanes = lanes.map((lane) => new Lane(lane));
      this.headS = null;
      this.newestS = -Infinity;
      this.lastMs = null;
      this.timer = null;
      this.running = false;
      this.waiting = true;
      parent.classList.add("waves");
      parent.replaceChildren(...this.lanes.map((lane) => lane.node));
      this.inked();
      this.listeners = [
        [document, "visibilitychange", () => (document.hidden ? this.pause() : this.start())],
        [document, "infusion-theme", () => this.inked()],
      ];
      for (const [target, kind, run] of this.listeners) target.addEventListener(kind, run);
      this.start();
    }

    inked() {
      for (const lane of this.lanes) {
        lane.ink = getComputedStyle(lane.node).getPropertyValue(lane.colour).trim() || "currentColor";
        lane.stale = true;
      }
    }

    push(waves) {
      for (const lane of this.lanes) {
        const wave = waves[lane.signal];
        if (!wave || !wave.samples.length) continue;
        if (wave.t0_s + wave.samples.length / wave.rate_hz < this.newestS - PAST_S) this.clear(); // rewound
        lane.take(wave);
        this.newestS = Math.max(this.newestS, lane.endS);
        if (this.headS === null) this.headS = wave.t0_s;
        // Nobody draws while the page is hidden, but data come.
        lane.prune(Math.max(this.headS, this.newestS - this.speed * this.lagS));
      }
    }

    /** An empty paper: another run begins. */
    clear() {
      this.headS = null;
      this.newestS = -Infinity;
      this.waiting = true;
      for (const lane of this.lanes) {
        lane.forget();
        lane.stale = true;
        lane.blank();
      }
    }

    start() {
      if (this.running || document.hidden) return;
      this.running = true;
      this.lastMs = null;
      // By a timer: asking for every picture of the screen costs more than drawing.
      this.timer = setInterval(() => this.frame(performance.now()), FRAME_MS);
    }

    pause() {
      this.running = false;
      clearInterval(this.timer);
    }

    close() {
      this.pause();
      for (const [target, kind, run] of this.listeners) target.removeEventListener(kind, run);
      this.parent.replaceChildren();
      this.parent.classList.remove("waves");
    }

    /** One picture at `ms` of the browser's clock. */
    frame(ms) {
      const passedS = this.lastMs === null ? 0 : (ms - this.lastMs) / 1000;
      this.lastMs = ms;
      if (this.headS === null) return;
      this.headS = this.paced(passedS);
      const ratio = window.devicePixelRatio || 1;
      for (const lane of this.lanes) {
        if (lane.fit(ratio)) lane.stale = true;
        if (lane.width > 0 && lane.height > 0) lane.advance(this.headS);
        lane.prune(this.headS);
      }
    }

    /** The line moves at a constant speed, corrected so slowly that nobody sees it; far behind it jumps, and never ahead of what came. */
    paced(passedS) {
      const lag = this.speed * this.lagS;
      const behind = this.newestS - this.headS;
      // After a start or a stall it waits until there is enough to go on evenly.
      this.waiting = behind <= 0 || (this.waiting && behind < lag);
      if (this.waiting) return this.headS;
      if (behind > lag + 2 * this.speed || passedS > 2) return Math.max(this.headS, this.newestS - lag);
      const correction = Math.min(0.1, Math.max(-0.1, (0.1 * (behind - lag)) / lag));
      return Math.min(this.newestS, this.headS + passedS * this.speed * (1 + correction));
    }
  }

  infusion.Waves = Waves;
})();
