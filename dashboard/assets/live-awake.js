/* Whether this screen is awake: seen by somebody, and not put to sleep by the browser or the computer.

   A page that sleeps can neither paint nor sound, and nothing tells it so: the gap between two of its own turns does. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const SLEPT_MS = 5000; // timers of a hidden tab come once a second; a gap longer than this is sleep

  class Awake {
    /** `on.slept(seconds)` after a sleep, `on.changed()` when it is seen or unseen. */
    constructor(on) {
      this.on = on;
      this.frozen = false;
      this.last = Date.now(); // the monotonic clock may stop while the computer sleeps
      this.listeners = [
        [document, "visibilitychange", () => on.changed()],
        [document, "freeze", () => { this.frozen = true; on.changed(); }],
        [document, "resume", () => { this.frozen = false; this.beat(); on.changed(); }],
        [window, "pageshow", () => this.beat()],
      ];
      for (const [target, kind, run] of this.listeners) target.addEventListener(kind, run);
    }

    get visible() {
      return !document.hidden && !this.frozen;
    }

    /** Each turn of the page, by timer or message, comes through here. */
    beat() {
      const now = Date.now();
      const gap = now - this.last;
      this.last = now;
      if (gap > SLEPT_MS) this.on.slept(gap / 1000);
    }

    close() {
      for (const [target, kind, run] of this.listeners) target.removeEventListener(kind, run);
    }
  }

  infusion.Awake = Awake;
})();
