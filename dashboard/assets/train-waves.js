/* The patient's waves for the trainer, on the sweep of waves.js: asked for twice a second while somebody looks and the run goes at a
   speed that an eye can follow. What was lost stays a gap, a paused run stands still. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el, setData } = infusion.format;
  const ASK_MS = 500;
  // The patient goes on whenever the monitor's wire asks, twice a second; an answer may be as late again, and no line waits.
  const LAG_S = 1.4;
  const LANES = [{ signal: "ecg", marks: [] }, { signal: "pleth" }, { signal: "capno" }];

  class TrainWaves {
    constructor(place) {
      this.place = place;
      this.lanes = el("div", { class: "train-lanes" });
      place.replaceChildren(this.lanes, el("p", { class: "train-fast" }, "No waves above 1x: nobody could follow them."));
      this.sweep = new infusion.Waves(this.lanes, { lanes: LANES, lagS: LAG_S });
      this.session = null;
      this.sinceS = 0;
      this.timer = setInterval(() => this.ask(), ASK_MS);
    }

    /** Each second: what the page was told of the run. */
    follow(told) {
      const on = told.state === "running" || told.state === "paused";
      const state = !on || told.scenario.recorded ? "off" : told.speed > 1 ? "fast" : told.state;
      if (on && told.session !== this.session) {
        this.session = told.session;
        this.sinceS = 0;
        this.sweep.clear();
      }
      if (state === "fast" && this.state !== "fast") this.sweep.clear();
      if (told.speed > 0) this.sweep.speed = Math.min(1, told.speed);
      this.state = state;
      setData(this.place, "state", state);
    }

    async ask() {
      const wanted = this.state === "running" || (this.state === "paused" && this.sweep.headS === null);
      if (!wanted || this.asking || document.hidden) return;
      this.asking = true;
      const { session } = this;
      try {
        const response = await fetch(`/train/api/waves?session=${encodeURIComponent(session)}&since=${this.sinceS}`);
        const told = response.ok ? await response.json() : null;
        if (!told || told.fast || this.session !== session || this.state === "fast") return;
        this.sweep.push(told.waves);
        this.sinceS = told.to_s;
      } catch {
        // The page says that the server is gone; the line stands where the last samples ended.
      } finally {
        this.asking = false;
      }
    }

    close() {
      clearInterval(this.timer);
      this.sweep.close();
    }
  }

  infusion.TrainWaves = TrainWaves;
})();
