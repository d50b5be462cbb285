/* Alarms of other beds that nobody answers, on the live page: a bar in the line under the header, and their sound. Answered at their own bed. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { age, el, setData, setHidden, setText, MARKS } = infusion.format;
  const RANK = { high: 3, medium: 2, low: 1 };

  class Elsewhere {
    constructor(app) {
      this.app = app;
      this.rows = [];
      this.burst = 0;
      this.words = el("span", { class: "elsewhere-words" });
      this.more = el("a", { class: "elsewhere-more", href: "/", hidden: true });
      this.link = el("a", { class: "elsewhere-link" }, this.words, el("span", { class: "elsewhere-open" }, "→ open"));
      this.bar = el("div", { class: "elsewhere", role: "alert", hidden: true }, this.link, this.more);
      // At a trainee's page it would pass for part of the exercise: that screen is counted on for nobody (decision 0045).
      this.apart = app.config.training;
      if (!this.apart) app.find("strip").append(this.bar);
    }

    /* `rows` as in docs/live-protocol.md, worst first. */
    take({ rows, burst }) {
      if (this.apart) return;
      this.rows = (rows || []).filter((row) => row.bed !== this.app.bed.id);
      this.burst = burst || 0;
      this.at = performance.now();
      this.tick();
      this.app.sound();
    }

    tick() {
      const [worst] = this.rows;
      setHidden(this.bar, !worst || this.app.liveState === "lost");
      if (!worst) return;
      const waited = age(worst.unanswered_s + (performance.now() - this.at) / 1000);
      const state = worst.occurrence ? `unanswered ${waited}` : `for ${waited}`;
      setText(this.words, `${worst.simulation ? "SIMULATION · " : ""}${worst.title}: ${MARKS[worst.priority]} ${worst.text}, ${[state, worst.call].filter(Boolean).join(" · ")}`);
      setData(this.bar, "priority", worst.priority);
      const href = `/live/${encodeURIComponent(worst.bed)}`;
      if (this.link.getAttribute("href") !== href) this.link.setAttribute("href", href);
      setHidden(this.more, this.rows.length < 2);
      setText(this.more, `+${this.rows.length - 1} more`);
    }

    /* The worse of what this bed sounds and what sounds elsewhere. */
    worst(own) {
      return this.rows.reduce((worst, row) => ((RANK[row.priority] || 0) > (RANK[worst] || 0) ? row.priority : worst), own);
    }

    close() {
      this.bar.remove();
    }
  }

  infusion.Elsewhere = Elsewhere;
})();
