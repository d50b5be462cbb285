/* The small trend on a room's card: heart rate, saturation and infusion of the last hour, each in a lane of its own.
   A second without a value is a gap, never a joined line. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});

  const SPAN_S = 3600;
  const GAP_S = 2.5;
  /* Lanes as shares of the height; a scale that a value leaves grows to hold it. */
  const LANES = {
    rate: { colour: "--hr", from: 0.14, to: 0.5, low: 40, high: 140 },
    spo2: { colour: "--spo2", from: 0.54, to: 0.79, low: 80, high: 100 },
  };

  class Strip {
    constructor(canvas) {
      this.canvas = canvas;
      this.clear();
    }

    clear() {
      this.points = [];
      this.rates = [];
    }

    /* `history`: the answer of /live/history. */
    load(history) {
      const signals = history.signals || {};
      const hr = signals.rate || signals.hr || [];
      const pulse = signals.pr || [];
      const spo2 = signals.spo2 || [];
      const times = history.t_s || [];
      const from = times.length ? times[times.length - 1] - SPAN_S : 0;
      const old = [];
      times.forEach((t, i) => {
        if (t >= from) old.push([t, hr[i] ?? pulse[i] ?? null, spo2[i] ?? null]);
      });
      const last = old.length ? old[old.length - 1][0] : -Infinity;
      this.points = old.concat(this.points.filter((p) => p[0] > last));
      const opened = Date.parse(history.opened_at);
      if (Number.isFinite(opened)) this.rates = (history.rate || []).map(([ms, mg]) => [(ms - opened) / 1000, mg]);
    }

    push(t, rate, spo2) {
      const last = this.points[this.points.length - 1];
      if (last && t <= last[0]) return;
      this.points.push([t, rate, spo2]);
      while (this.points.length && this.points[0][0] < t - SPAN_S - 5) this.points.shift();
    }

    setRate(t, mg) {
      const last = this.rates[this.rates.length - 1];
      if (Number.isFinite(mg) && (!last || last[1] !== mg)) this.rates.push([t, mg]);
    }

    draw(now) {
      const box = this.canvas.getBoundingClientRect();
      const dpr = window.devicePixelRatio || 1;
      const width = Math.round(box.width);
      const height = Math.round(box.height);
      if (!width || !height) return;
      if (this.canvas.width !== width * dpr || this.canvas.height !== height * dpr) {
        this.canvas.width = width * dpr;
        this.canvas.height = height * dpr;
      }
      const g = this.canvas.getContext("2d");
      const css = getComputedStyle(this.canvas);
      const colour = (name) => css.getPropertyValue(name).trim();
      g.setTransform(dpr, 0, 0, dpr, 0, 0);
      g.clearRect(0, 0, width, height);
      const x = (t) => ((t - now + SPAN_S) / SPAN_S) * (width - 2);
      g.lineWidth = 1;
      g.strokeStyle = colour("--grid");
      for (let back = 900; back < SPAN_S; back += 900) {
        const at = Math.round(x(now - back)) + 0.5;
        g.beginPath();
        g.moveTo(at, 0);
        g.lineTo(at, height);
        g.stroke();
      }
      this._rate(g, x, width, height, now, colour("--infusion"));
      Object.entries(LANES).forEach(([name, lane], i) => this._line(g, x, height, name, i + 1, lane, colour(lane.colour)));
      g.strokeStyle = colour("--now");
      g.beginPath();
      g.moveTo(width - 1.5, 2);
      g.lineTo(width - 1.5, height - 2);
      g.stroke();
    }

    _line(g, x, height, name, column, lane, colour) {
      let low = lane.low;
      let high = lane.high;
      for (const p of this.points) {
        if (p[column] === null) continue;
        if (p[column] < low) low = p[column];
        if (p[column] > high) high = p[column];
      }
      this[name] = [Math.floor(low), Math.ceil(high)];
      const top = lane.from * height;
      const span = (lane.to - lane.from) * height;
      g.strokeStyle = colour;
      g.lineWidth = 1.4;
      g.beginPath();
      let last = null;
      for (const p of this.points) {
        if (p[column] === null) {
          last = null;
          continue;
        }
        const y = top + span * (1 - (p[column] - low) / (high - low));
        if (last === null || p[0] - last > GAP_S) g.moveTo(x(p[0]), y);
        else g.lineTo(x(p[0]), y);
        last = p[0];
      }
      g.stroke();
    }

    _rate(g, x, width, height, now, colour) {
      const most = Math.max(...this.rates.map((r) => r[1]), 0);
      if (most <= 0) return;
      const floor = height - 2;
      const span = 0.17 * height;
      g.beginPath();
      g.moveTo(0, floor);
      let y = floor;
      for (const [t, mg] of this.rates) {
        const at = Math.max(0, x(t));
        g.lineTo(at, y);
        y = floor - (span * mg) / most;
        g.lineTo(at, y);
      }
      g.lineTo(width - 2, y);
      g.lineTo(width - 2, floor);
      g.closePath();
      g.globalAlpha = 0.28;
      g.fillStyle = colour;
      g.fill();
      g.globalAlpha = 1;
      g.strokeStyle = colour;
      g.lineWidth = 1.2;
      g.stroke();
    }

    /* What the lanes span, for the line of text under the strip. */
    describe() {
      const [a, b] = this.rate || [40, 140];
      const [c, d] = this.spo2 || [80, 100];
      return `last 60 min · HR ${a}–${b} · SpO₂ ${c}–${d} %`;
    }
  }

  infusion.RoomStrip = Strip;
})();
