/* Parts of the trainer's page that are drawn from what the server told: the score, the marks, the trainee's screen, what is to be told. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el, orOver, setHidden, setText, runClock: clock } = infusion.format;

  /** True once for each new `key` of `place`: nothing is drawn again that stands there already. */
  function changed(place, key) {
    if (place.dataset.shown === key) return false;
    place.dataset.shown = key;
    return true;
  }

  /** When it could first be seen that something was needed, and when it was done: what the seconds of a line count. */
  infusion.fromTo = ({ cue_s, done_s }) => (cue_s === null ? (done_s === null ? "–" : clock(done_s)) : `${clock(cue_s)} → ${done_s === null ? "–" : clock(done_s)}`);

  /** `unscored`: says, for as long as the run goes on, what went by too fast to be scored. */
  function score(place, unscored, told) {
    const fast = told.score.filter((one) => one.verdict === "not scored").length;
    setText(unscored, fast ? `${fast} of ${told.score.length} not scored: they came due above 1x` : "");
    if (!changed(place, JSON.stringify([told.session, told.score]))) return;
    const rows = told.score.map((one) => el("div", { class: "train-score-row", "data-verdict": one.verdict },
      el("span", {}, one.text), el("span", { class: "tabular train-from-to" }, infusion.fromTo(one)), el("span", { class: "train-by" }, one.target), el("b", {}, one.words)));
    place.replaceChildren(...(rows.length ? rows : [el("p", { class: "train-empty" }, told.scenario ? `This ${told.scenario.recorded ? "recording expects no actions by name:" : "scenario expects no actions by name, what is injected does;"} what was done, and when each alarm was answered, stands in the debrief.` : told.state === "making" ? "" : "No run is on.")]));
  }

  /** `rewind(mark)`. Marks have a button each: the newest stand last, so that none moves. */
  function marks(place, told, rewind) {
    const found = told.rows.filter((one) => one.type === "run_marked" || one.type === "trainer_commented");
    if (changed(place, `${told.session} ${found.length}`))
      place.replaceChildren(...(found.length ? found.map((one) => el("div", { class: "train-mark-row" },
        el("span", { class: "tabular" }, clock(one.t_s)), el("span", {}, one.text),
        one.type === "run_marked" ? el("button", { type: "button", class: "btn train-rewind", onclick: () => rewind(one) }, "⟲ Rewind") : el("span")))
        : [el("p", { class: "train-empty" }, "None yet. ★ Mark keeps a moment to go back to; words in the field below become its name.")]));
    return found.findLast((one) => one.type === "run_marked") || null;
  }

  /** What stands on the trainee's screen, in short: the alarms in their order and the numbers. */
  function mirror(place, watched, told) {
    const { screen } = told;
    if (!screen) { setText(watched, ""); place.replaceChildren(el("p", {}, told.state === "making" ? "Its past is being made …" : "No run is on.")); return; }
    const more = screen.alarms.length > 3 ? [`+${screen.alarms.length - 3}`] : [];
    setText(watched, [...more, ...(screen.watched ? [] : ["unwatched"])].join(" · "));
    const alarms = screen.alarms.slice(0, 3).map((one) => el("div", { class: "train-alarm", "data-priority": one.priority, "data-state": one.state }, orOver(one.text, one)));
    const numbers = screen.numbers.map(([label, words, name]) => el("div", { class: "train-number" }, el("span", {}, label), el("b", { class: "tabular", style: `color:var(--${name})` }, words)));
    place.replaceChildren(el("div", { class: "train-alarms" }, alarms.length ? alarms : [el("div", { class: "train-by" }, "no alarm")]), el("div", { class: "train-numbers" }, numbers));
  }

  /** What the scenario has to be seen or heard now: a tap tells it. Each has a place of its own that never moves: what was told, or is over,
      stays there, ticked and faint, until something new needs the place. */
  class Tell {
    constructor(place, head) {
      this.place = place;
      this.head = head;
      this.slots = []; // { kind, text, state: "due" | "told" | "over" }
      this.session = null;
    }

    show(told) {
      if (this.session !== told.session) { this.session = told.session; this.slots = []; }
      const said = {};
      for (const one of told.rows) if (one.type === "cue_shown") said[one.text.split(":")[0]] = one.text;
      const isSaid = (kind, text) => said[kind] === `${kind}: ${text}`;
      for (const slot of this.slots) slot.state = isSaid(slot.kind, slot.text) ? "told" : told.cues[slot.kind] === slot.text ? "due" : "over";
      for (const [kind, text] of Object.entries(told.cues)) {
        if (this.slots.some((slot) => slot.kind === kind && slot.text === text) || isSaid(kind, text)) continue;
        // Another thing of the same kind takes the place of what it makes untrue.
        const free = this.slots.find((slot) => slot.kind === kind && slot.state !== "due") || this.slots.find((slot) => slot.state !== "due");
        const slot = { kind, text, state: "due" };
        if (free) Object.assign(free, slot);
        else this.slots.push(slot);
      }
      // A scenario with nothing to tell keeps no place for it: the cues that may be told have it.
      setHidden(this.head.parentElement, Boolean(told.scenario) && !told.scenario.tells);
      this._paint();
      return isSaid;
    }

    _paint() {
      if (!changed(this.place, JSON.stringify([this.session, this.slots]))) return;
      const words = { due: "", told: "✓ told · ", over: "over · " };
      this.place.replaceChildren(...(this.slots.length ? this.slots.map(({ kind, text, state }) =>
        el("button", { type: "button", class: "btn train-cue-now", title: `${kind}: ${text}`, "data-do": "cue", "data-cue": kind, "data-text": text, "data-state": state, disabled: state !== "due" },
          el("span", {}, `${words[state]}${kind}: ${text}`))) : [el("p", { class: "train-empty" }, "Nothing.")]));
      const due = this.slots.filter((slot) => slot.state === "due").length;
      setText(this.head, due ? `To be told now: ${due}, one tap each` : "To be told now"); // on a low screen the third is out of sight
    }
  }

  infusion.trainParts = { score, marks, mirror, Tell };
})();
