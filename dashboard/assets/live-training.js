/* The live page as a trainee's: what the trainer tells of the patient, and the calm between two exercises. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el, setHidden, setText } = infusion.format;
  const LONG = 40; // letters that the line holds in full size beside all else
  const OF_NO_SESSION = ["sound", "keys"]; // panels that stay open when an exercise ends
  const TOLD_MS = 20000; // of real time, whatever the pace of the run: a person reads it

  class Exercise {
    constructor(app) {
      this.app = app;
      this.cue = el("span", { class: "cue-words" });
      this.bar = el("div", { class: "cue", role: "status", hidden: true }, el("span", { class: "cue-where" }, "At the bedside"), this.cue);
      app.find("strip").append(this.bar);
      this.words = el("p", { class: "exercise-words" });
      this.then = el("p", { class: "exercise-then" }, "This page goes on by itself when the next one begins.");
      this.rest = el("div", { class: "exercise-rest", role: "status", hidden: true }, this.words, this.then);
      app.root.append(this.rest);
      this.toldAt = -Infinity;
      this.had = false;
      this.asks = false;
    }

    take(message) {
      if (message.type === "event" && message.entry && message.entry.type === "cue_shown") {
        setText(this.cue, message.entry.text);
        this.bar.classList.toggle("cue-long", message.entry.text.length > LONG);
        this.toldAt = performance.now();
      }
      if (message.type === "snapshot" && !message.session) this.toldAt = -Infinity;
      this.tick();
    }

    /** Between exercises nothing is measured and nothing is lost: none of that shows. A page without its server still says so. */
    tick() {
      const { bed, liveState, dialogs } = this.app;
      this.had = this.had || Boolean(bed.session);
      setHidden(this.bar, performance.now() - this.toldAt > TOLD_MS || liveState === "lost");
      const rest = bed.ready && !bed.session && !bed.preparing && liveState === "live";
      if (rest && this.had && this.rest.hidden && dialogs.isOpen && !OF_NO_SESSION.includes(dialogs.current.name)) dialogs.close();
      // Who is at the bed is asked for an exercise, never over the word that one has ended.
      if (rest) this.asks = this.had;
      else if (this.asks && bed.session && !dialogs.isOpen) {
        this.asks = false;
        if (!this.app.person) dialogs.open("person");
      }
      setText(this.words, this.had ? "The exercise has ended." : "No exercise is on.");
      setHidden(this.rest, !rest);
    }

    close() {
      this.bar.remove();
      this.rest.remove();
    }
  }

  infusion.Exercise = Exercise;
})();
