/* The alarm banner: worst first, three rows that never move, then "+n". Nothing cycles and nothing hides another. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { age, number, timeOfDay, triggerWords, orOver, setText, setData, setHidden, MARKS } = infusion.format;
  const DEAD_MS = 500; // after an alarm takes an empty row, a hand already on its way must not acknowledge it
  const SWAP_MS = 1000; // and longer, where another one stood there before: what is pressed is what one has seen
  const SWAPPED = "The line changed just now: look, and press again.";
  const CUFF_SLACK_S = 2; // a reading is a moment older than the tick that judged it
  const DECIMALS = { temp: 1, pi: 1 };

  /** The number now where it is live, else the one that raised the alarm. */
  function valueWords(bed, alarm) {
    const reading = bed.values[alarm.signal];
    const live = alarm.kind === "physiological" && alarm.state !== "latched" && !alarm.recovering && reading && reading.value !== null && reading.value !== undefined;
    let value = live && typeof alarm.value === "number" ? (alarm.signal === "breath" ? bed.breathS() : reading.value) : alarm.value;
    // "No breath 1 s" would be nonsense: once breaths are back it says how long there was none.
    if (live && alarm.signal === "breath" && value < alarm.value) value = alarm.value;
    if (value === null || value === undefined || value === "") return "";
    const words = typeof value === "number" ? number(value, DECIMALS[alarm.signal] || 0) : String(value);
    return `${words}${alarm.unit ? ` ${alarm.unit.replace("1/min", "/min")}` : ""}`;
  }

  const LONG = 22; // letters that the column of names holds in full size

  function title(bed, alarm) {
    const value = valueWords(bed, alarm);
    // The rule's words hold the number that raised it; the tile beside shows the number now, and so must the banner.
    if (typeof alarm.value === "number" && value) {
      const then = number(alarm.value, DECIMALS[alarm.signal] || 0);
      const words = new RegExp(`(^|[^\\d.])${then.replace(".", "\\.")}(?![\\d.])`);
      if (words.test(alarm.text)) return alarm.text.replace(words, `$1${value.split(" ")[0]}`);
    }
    return value && alarm.kind === "physiological" && !/\d\s*(%|mmHg|\/min)/.test(alarm.text) ? `${alarm.text} ${value}` : alarm.text;
  }

  /** First line beside the name: what triggers, for how long and whom to call. */
  function standing(bed, alarm) {
    const trigger = alarm.escalation ? alarm.trigger : triggerWords(alarm.trigger); // the short form leaves room
    const parts = [/^\d/.test(trigger) ? `limit ${trigger}` : trigger];
    const onset = alarm.since_t_s === undefined ? alarm.onset_t_s : alarm.since_t_s;
    const now = bed.values[alarm.signal];
    if (alarm.state === "latched") parts.push("back inside its limit, kept until seen");
    else if (onset !== null && onset !== undefined && bed.nowTS() !== null) parts.push(`for ${age(bed.nowTS() - onset).padStart(5, "0")}`);
    if (alarm.recovering) parts.push(now && typeof now.value === "number" ? `coming back, now ${number(now.value, DECIMALS[alarm.signal] || 0)}` : "coming back");
    if (mustCall(alarm)) parts.push("CALL THE EMERGENCY NUMBER");
    return parts.filter(Boolean);
  }

  /** What became of it: who has seen it, who was told. On the first line too, where that is wide; else after what to do, for it may be cut. */
  function outcome(bed, alarm) {
    const by = alarm.state === "acknowledged" ? `acknowledged by ${alarm.acknowledged_by || "someone"} ${timeOfDay(Date.parse(alarm.acknowledged_at))}` : null;
    return [by, ...passedOn(bed, alarm)].filter(Boolean);
  }

  /** A cuff alarm asks for a second reading, until one has come: measured since the alarm spoke. */
  function awaitsCuff(bed, alarm) {
    if (!alarm.prompt_repeat || alarm.state === "latched") return false;
    const old = bed.ageS(bed.values[alarm.signal]);
    const since = alarm.since_t_s ?? alarm.onset_t_s;
    return old === null || bed.nowTS() === null || bed.nowTS() - old <= since + CUFF_SLACK_S;
  }

  /** "passed on to on-call 14:20, delivered", "next in 0:30"; nothing while only this bed's own screens speak. What did not get
   * there comes first. */
  function passedOn(bed, alarm) {
    const step = alarm.escalation;
    if (!step || bed.training) return []; // a run calls nobody
    const sent = step.sent || [];
    const practice = (s) => s.ok === false && (s.detail || "").startsWith("simulated");
    const names = (ok) => sent.filter((s) => (s.ok ?? null) === ok && !practice(s)).map((s) => s.channel).join(", "); // null: on its way
    const at = timeOfDay(Date.parse(step.at), false);
    const parts = [];
    if (names(false)) parts.push(`NOT DELIVERED to ${names(false)} ${at}`);
    if (names(true)) parts.push(`passed on to ${names(true)} ${at}, delivered`);
    if (names(null)) parts.push(`on its way to ${names(null)}`);
    const spared = sent.filter(practice).map((s) => s.channel).join(", ");
    if (spared) parts.push(`${spared} not told, simulated`);
    if (!sent.length) parts.push(`passed on ${at}`);
    const left = step.next_step_in_s === null || step.next_step_in_s === undefined ? null : step.next_step_in_s - bed.paced(bed.alarmsArrived);
    if (left !== null) parts.push(left > 0 ? `next in ${age(left)}` : "next now");
    return parts;
  }

  const mustCall = ({ escalation, priority, state }) => Boolean(escalation && escalation.step >= 3 && priority === "high" && state === "active");

  /** Second line: what to do first. */
  function todo(bed, alarm) {
    return [awaitsCuff(bed, alarm) ? "repeat the cuff: the next reading confirms" : null, alarm.advice].filter(Boolean).join(" · ");
  }

  const detail = (bed, alarm) => [...standing(bed, alarm), ...outcome(bed, alarm), todo(bed, alarm)].filter(Boolean).join(" · ");

  class Banner {
    constructor(app) {
      this.app = app;
      this.rows = [...app.root.querySelectorAll(".alarm-row")].map((node) => ({
        node, mark: node.querySelector('[data-el="mark"]'), title: node.querySelector('[data-el="title"]'),
        detail: node.querySelector('[data-el="detail"]'), todo: node.querySelector('[data-el="todo"]'), told: node.querySelector('[data-el="told"]'), ack: node.querySelector('[data-el="ack"]'),
        occurrence: null, touched: null, settledAt: -Infinity,
      }));
      for (const row of this.rows) {
        row.ack.addEventListener("pointerdown", () => { row.touched = row.occurrence; });
        row.ack.addEventListener("click", () => {
          const other = row.touched !== null && row.touched !== row.occurrence; // it changed under a finger that stayed down
          row.touched = null;
          if (row.occurrence === null) return;
          if (other || performance.now() < row.settledAt) app.notice(SWAPPED, "warn");
          else app.acknowledge(row.occurrence);
        });
      }
      this.narrow = matchMedia("(max-width: 1519px)"); // as in live-banner-narrow.css
      this.words = "";
    }

    paint() {
      const { bed } = this.app;
      this.rows.forEach((row, i) => this._row(row, bed.alarms[i] || null, i));
      const more = bed.alarms.length - this.rows.length;
      const button = this.app.find("more");
      setHidden(button, more <= 0);
      setText(button, more > 0 ? `+${more} more` : "");
      setData(button, "priority", more > 0 ? bed.alarms[this.rows.length].priority : "");
      this._respiratory();
      setData(this.app.find("banner"), "calm", bed.alarms.length ? "" : "true");
      setData(this.app.find("banner"), "wordy", bed.alarms.some((alarm) => alarm.escalation || alarm.state !== "active" || awaitsCuff(bed, alarm)) ? "true" : "");
      setData(this.app.root, "worst", bed.alarms.length ? bed.alarms[0].priority : "");
      this._say();
      this.tick();
    }

    /** Display only: one mark for breathing as a whole; each of its alarms keeps its own line and is answered by itself. */
    _respiratory() {
      const mine = this.app.bed.alarms.filter((alarm) => alarm.group === "respiratory");
      const button = this.app.find("respiratory");
      setHidden(button, mine.length < 2);
      setText(button, mine.length < 2 ? "" : `RESPIRATORY ${mine.length}`);
      setData(button, "priority", mine.length < 2 ? "" : mine[0].priority);
    }

    _row(row, alarm, i) {
      const occurrence = alarm ? alarm.occurrence : null;
      if (occurrence !== row.occurrence) {
        row.settledAt = performance.now() + (row.occurrence === null ? DEAD_MS : SWAP_MS);
        row.occurrence = occurrence;
      }
      setData(row.node, "priority", alarm ? alarm.priority : "");
      setData(row.node, "state", alarm ? alarm.state : "");
      setData(row.node, "occurrence", occurrence);
      setText(row.mark, alarm ? MARKS[alarm.priority] : "");
      setHidden(row.ack, !alarm || alarm.state === "acknowledged");
      if (alarm) setText(row.ack, `${alarm.state === "latched" ? "Reset" : "Acknowledge"}${i === 0 ? " (A)" : ""}`);
    }

    /** Texts that time changes: how long, the countdown of the pause, the quiet line. */
    tick() {
      const { app } = this;
      const { bed } = app;
      this.rows.forEach((row, i) => {
        const alarm = bed.alarms[i];
        if (alarm) {
          const name = orOver(title(bed, alarm), alarm);
          setText(row.title, name);
          row.title.classList.toggle("alarm-title-long", name.length > LONG);
          const became = outcome(bed, alarm);
          setText(row.detail, [...standing(bed, alarm), ...(this.narrow.matches ? [] : became)].join(" · "));
          setText(row.told, this.narrow.matches ? became.join(" · ") : "");
          row.detail.classList.toggle("alarm-standing-call", mustCall(alarm));
          setText(row.todo, todo(bed, alarm));
          const whole = detail(bed, alarm); // what a narrow screen cuts
          if (row.node.title !== whole) row.node.title = whole;
        } else this._quiet(row, i);
      });
      const left = app.pausedS();
      const button = app.find("pause");
      setText(app.find("pause-text"), left > 0 ? `Audio paused ${age(left)} (P)` : "Pause audio 2:00 (P)");
      setData(button, "paused", left > 0 ? "true" : "");
    }

    _quiet(row, i) {
      const { bed, liveState } = this.app;
      const free = i - bed.alarms.length; // 0: the first row without an alarm
      const recent = bed.recent[free];
      let words = ["", ""];
      if (liveState === "lost") words = free === 0 ? ["Not live", "this screen cannot see alarms now · watch the bedside monitor and listen to its own alarms"] : words;
      else if (recent)
        words = [free === 0 && !bed.alarms.length ? "No alarm" : "", `cleared ${timeOfDay(Date.parse(recent.cleared_at))} · ${MARKS[recent.priority]} ${recent.text}`];
      else if (free === 1 && !bed.alarms.length && liveState === "live") words = ["", nextWords(bed)];
      else if (free === 0 && !bed.alarms.length && liveState === "live") words = ["No alarm", lastWords(bed)];
      const idle = !bed.session && !bed.alarms.length && liveState === "live";
      setText(row.title, idle ? (free !== 0 ? "" : bed.preparing ? "Preparing" : "No open session") : words[0]);
      setText(row.detail, idle ? "" : words[1]);
      setText(row.todo, "");
      setText(row.told, "");
      if (row.node.title) row.node.title = "";
    }

    _say() {
      const { bed } = this.app;
      const words = bed.alarms.filter((a) => a.state === "active").map((a) => `${a.priority} alarm: ${a.text}`).join(". ");
      if (words === this.words) return;
      this.words = words;
      setText(this.app.find("alarm-words"), words);
    }

    /** What A would do, remembered at the key's down; null when it must do nothing. */
    topAtPress() {
      const alarm = this.app.bed.alarms[0];
      if (!alarm || alarm.state === "acknowledged" || performance.now() < this.rows[0].settledAt) return null;
      return alarm.occurrence;
    }

    /** A, weighed: acknowledges what stood on the top line at its down, if that still stands there. */
    key(memory) {
      const alarm = this.app.bed.alarms[0];
      if (!alarm || alarm.state === "acknowledged") return;
      if (memory !== null && alarm.occurrence === memory) this.app.acknowledge(memory);
      else this.app.notice(SWAPPED, "warn");
    }
  }

  function lastWords(bed) {
    const last = bed.lastAlarm;
    if (last) return `last · ${MARKS[last.priority]} ${last.text} · cleared ${timeOfDay(Date.parse(last.cleared_at))}`;
    const entry = bed.log.find((line) => line.type === "alarm_cleared" || line.type === "alarm_raised");
    return entry ? `last · ${infusion.logLine(entry).text} · ${timeOfDay(Date.parse(entry.at))}` : "none so far in this session";
  }

  /** What comes next, where no alarm needs the room. */
  function nextWords(bed) {
    const session = bed.session;
    const now = bed.nowTS();
    if (!session || now === null) return "";
    const due = (name, dueS) => dueS === null || dueS === undefined ? null : dueS >= now ? `${name} in ${age(dueS - now)}` : `${name} overdue ${age(now - dueS)}`;
    return ["next", due("consciousness check", session.loc_due_t_s), due("cuff reading", session.nibp_due_t_s)].filter(Boolean).join(" · ").replace(/^next$/, "");
  }

  infusion.Banner = Banner;
  Object.assign(infusion, { alarmTitle: title, alarmDetail: detail });
})();
