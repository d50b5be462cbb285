/* The trend of one session in typed arrays (a day at 1 Hz is 2 MB), and what of it is worth drawing.

   A bucket of time as wide as a pixel keeps its least and its greatest sample, so that the one sample that alarmed is seen;
   a gap stays a gap (null), because a line across it would claim what nobody measured. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const GAP_MS = 5000; // samples come once a second; a fast simulated bed may skip some on their way
  const BUCKETS = 800; // three entries each at most (least, greatest, break): 2,400 points a trace

  class Trend {
    constructor(names) {
      this.names = names;
      this.reset();
    }

    reset(room = 4096) {
      this.length = 0;
      this.atMs = new Float64Array(room);
      this.columns = Object.fromEntries(this.names.map((name) => [name, new Float32Array(room)]));
    }

    _grow() {
      const more = (old, Kind) => { const bigger = new Kind(old.length * 2); bigger.set(old); return bigger; };
      this.atMs = more(this.atMs, Float64Array);
      for (const name of this.names) this.columns[name] = more(this.columns[name], Float32Array);
    }

    lastMs() {
      return this.length ? this.atMs[this.length - 1] : -Infinity;
    }

    /** One point; `get(name)` gives a number or null. A point that is not later than the last one is dropped. */
    append(atMs, get) {
      if (!(atMs > this.lastMs())) return;
      if (this.length === this.atMs.length) this._grow();
      this.atMs[this.length] = atMs;
      for (const name of this.names) {
        const value = get(name);
        this.columns[name][this.length] = value === null || value === undefined ? NaN : value;
      }
      this.length += 1;
    }

    /** The history as fetched, with the live points that are later than it kept. */
    load(atMs, column) {
      const old = { atMs: this.atMs, columns: this.columns, length: this.length };
      this.reset(Math.max(4096, 2 ** Math.ceil(Math.log2(atMs.length + 1024))));
      const sources = Object.fromEntries(this.names.map((name) => [name, column(name) || []]));
      atMs.forEach((t, i) => this.append(t, (name) => sources[name][i]));
      for (let i = 0; i < old.length; i++) this.append(old.atMs[i], (name) => (Number.isNaN(old.columns[name][i]) ? null : old.columns[name][i]));
    }

    indexAt(ms) {
      let low = 0;
      let high = this.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.atMs[middle] < ms) low = middle + 1;
        else high = middle;
      }
      return low;
    }

    at(name, ms) {
      const i = Math.min(this.indexAt(ms), this.length - 1);
      if (i < 0 || Math.abs(this.atMs[i] - ms) > GAP_MS) return null;
      const value = this.columns[name][i];
      return Number.isNaN(value) ? null : value;
    }

    /** {x, y, low, high} of `name` within [fromMs, toMs], plain arrays with null where the line must break. */
    slice(name, fromMs, toMs, buckets = BUCKETS) {
      const start = Math.max(0, this.indexAt(fromMs) - 1);
      const end = Math.min(this.length, this.indexAt(toMs) + 1);
      const values = this.columns[name];
      const times = this.atMs;
      const out = { x: [], y: [], low: Infinity, high: -Infinity, run: 0 };
      const many = end - start > 2 * buckets;
      const width = many ? (toMs - fromMs) / buckets : 0;
      const gap = Math.max(GAP_MS, width / 2);
      let bucket = null;
      let lastFinite = null;
      let missing = false;
      const put = (i) => { out.x.push(times[i]); out.y.push(values[i]); out.run += 1; };
      const flush = () => {
        if (!bucket) return;
        const [first, second] = bucket.low < bucket.high ? [bucket.low, bucket.high] : [bucket.high, bucket.low];
        put(first);
        if (second !== first) put(second);
        bucket = null;
      };
      const cut = () => {
        flush();
        if (out.run === 1) { // a line of one point would not be drawn
          out.x.push(out.x[out.x.length - 1] + Math.max(1000, width / 2));
          out.y.push(out.y[out.y.length - 1]);
        }
        if (out.run) { out.x.push(times[lastFinite]); out.y.push(null); }
        out.run = 0;
      };
      for (let i = start; i < end; i++) {
        const value = values[i];
        if (Number.isNaN(value)) { missing = true; continue; }
        if (lastFinite !== null) {
          const step = times[i] - times[lastFinite];
          if (step > gap || (missing && (!many || step > width / 2))) cut();
        }
        missing = false;
        lastFinite = i;
        if (value < out.low) out.low = value;
        if (value > out.high) out.high = value;
        if (!many) { put(i); continue; }
        const slot = Math.floor((times[i] - fromMs) / width);
        if (bucket && bucket.slot !== slot) flush();
        if (!bucket) bucket = { slot, low: i, high: i };
        else {
          if (value < values[bucket.low]) bucket.low = i;
          if (value > values[bucket.high]) bucket.high = i;
        }
      }
      flush();
      return out;
    }
  }

  infusion.Trend = Trend;
})();
