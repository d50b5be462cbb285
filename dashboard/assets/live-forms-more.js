/* Panels about the record and the page itself: log and corrections, emergency, all alarms, person, sound test, keys. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el, timeOfDay, age, MARKS } = infusion.format;
  const { text, tabs, group } = infusion.fields;
  const forms = (infusion.forms = infusion.forms || {});
  // Entries that a person made and so may correct, with the form that makes such an entry.
  const FORM_OF = {
    consciousness_assessed: "consciousness", drug_given: "drug", oxygen_changed: "drug", side_effect: "side-effect", manual_vitals: "vitals",
    note: "note", infusion_started: "rate", infusion_rate_changed: "rate", bolus_given: "rate", bag_changed: "rate",
    infusion_paused: "pause", infusion_resumed: "pause", infusion_stopped: "pause", handover: null, phase_changed: "phase",
  };

  infusion.logLine = (entry, short = false) => {
    const by = entry.by && entry.by !== "system" ? ` · ${short ? infusion.format.initials(entry.by) : entry.by}` : "";
    const mark = entry.priority && entry.type === "alarm_raised" ? `${MARKS[entry.priority]} ` : "";
    const said = entry.text.startsWith("*") ? entry.text : mark + entry.text;
    return { at: timeOfDay(Date.parse(entry.at)), text: said + (entry.text.includes(entry.by) ? "" : by) };
  };

  forms.log = (app) => {
    const rows = app.bed.log.map((entry) => {
      const line = infusion.logLine(entry);
      const may = entry.type in FORM_OF && !entry.struck;
      return el("div", { class: "log-row", "data-type": entry.type, "data-priority": entry.priority, "data-struck": entry.struck ? "true" : null },
        el("time", { class: "tabular" }, line.at), el("span", { class: "log-text" }, line.text),
        may ? el("button", { type: "button", class: "choice log-correct", "data-seq": entry.seq, onclick: () => app.dialogs.open("correct", entry) }, "Correct") : el("span"));
    });
    return { title: "Log", hint: "Newest first, the last 50 entries. Nothing is ever deleted: a correction shows both.", body: el("div", { class: "log-full" }, rows.length ? rows : el("p", {}, "No entries yet.")) };
  };

  forms.correct = (app, entry) => {
    const line = infusion.logLine(entry);
    const why = text("reason", "Reason for the correction", { wanted: "Say why.", list: ["entered in error", "wrong value", "wrong patient", "wrong time"] });
    const strike = { key: "strike", label: "Strike it", node: el("p", { class: "now-line" }, "The entry stays in the record, struck through, and counts no more."), collect: () => null };
    const make = FORM_OF[entry.type] && forms[FORM_OF[entry.type]](app);
    const parts = make && make.collect
      ? tabs([strike, { key: "replace", label: "Put another in its place", node: el("div", {}, make.body), collect: make.collect }])
      : { node: strike.node, collect: strike.collect };
    return {
      title: "Correct an entry",
      hint: `${line.at}  ${line.text}`,
      body: group(parts, why),
      save: "Save correction",
      collect: () => ({ type: "correction", of: entry.seq, replacement: parts.collect(), reason: why.value() }),
    };
  };

  forms.emergency = (app) => {
    const session = app.bed.session;
    if (!session) return { title: "Emergency", hint: "No session is open at this bed.", body: el("span") };
    const warning = el("p", { class: "warn-line" }, "This is not a stop button. Stop the infusion at the pump. Look at the patient.");
    if (!session.emergency_since) {
      const why = text("reason", "What is happening (optional)", { list: ["apnoea", "airway", "unresponsive", "low SpO₂", "blood pressure", "chest pain", "seizure"] });
      return { title: "EMERGENCY", save: "Start the emergency clock", body: group(warning, why), collect: () => ({ type: "emergency_declared", reason: why.value() }),
        onsaved: () => { app.awaitEmergency = true; } };
    }
    return runningEmergency(app, session, warning);
  };

  const STOPPED = "stopped at the pump";

  function runningEmergency(app, session, warning) {
    const since = Date.parse(session.emergency_since);
    const clock = el("div", { class: "emergency-clock tabular" }, "0:00");
    const tick = () => { clock.textContent = age((app.bed.nowMs() - since) / 1000); };
    tick();
    const timer = setInterval(tick, 250);
    // What one tap records: a note, and the stop itself where the infusion is recorded as running.
    const fields = (words) => {
      const drip = app.bed.infusion;
      const stops = words === STOPPED && drip && (drip.state === "running" || drip.state === "paused");
      return stops ? { type: "infusion_stopped", reason: "emergency" } : { type: "note", text: `Emergency: ${words}` };
    };
    const mark = (words) => {
      const button = el("button", { type: "button", class: "choice emergency-mark", onclick: async () => {
        if (!app.person) { app.notice("Say first who is at the bed.", "bad"); return; }
        button.disabled = true;
        const entry = button.entry || infusion.entryOf(app, fields(words));
        button.entry = entry;
        try {
          await infusion.post(entry);
          button.entry = null;
          button.dataset.done = timeOfDay(app.bed.nowMs());
        } catch (problem) {
          if (problem instanceof Error) throw problem;
          app.notice(problem.message, "bad");
        }
        button.disabled = false;
      } }, words);
      return button;
    };
    const marks = ["stimulated", "airway opened", "oxygen on", STOPPED, "bag and mask", "suction", "drug given", "vitals checked"].map(mark);
    const calls = app.config.calls.map((c) => el("div", { class: "call" }, el("div", {}, el("b", {}, c.role), c.reach ? el("span", { class: "muted" }, ` ${c.reach}`) : null), mark(`${c.role} called`)));
    const summary = text("summary", "Summary, to end the emergency", { rows: 2, wanted: "Ending the emergency needs a summary." });
    return {
      title: "EMERGENCY", save: "End the emergency",
      body: el("div", { class: "emergency-body" }, el("div", {}, clock, warning), el("div", { class: "field" }, el("span", { class: "field-label" }, "Mark: one tap records it with the time"), el("div", { class: "choices", style: "--columns:4" }, marks)),
        el("div", { class: "field" }, el("span", { class: "field-label" }, "Call"), el("div", { class: "calls" }, calls)), summary.node),
      collect: () => ({ type: "emergency_ended", summary: summary.value() }),
      onclose: () => clearInterval(timer),
    };
  }

  forms.person = (app) => {
    const before = app.person;
    const watch = el("button", { type: "button", class: "choice", onclick: () => { app.setPerson(null); app.dialogs.close(); } }, before ? "Nobody: leave the bed" : "Nobody yet, just watching");
    const handover = before && app.bed.session
      ? el("div", { class: "field" }, el("span", { class: "field-label" }, `Hand over from ${before}`),
          el("button", { type: "button", class: "choice", onclick: () => app.dialogs.open("handover") }, "Record a handover …"))
      : null;
    return {
      title: before ? "Who is at the bed?" : "Who is at the bed?",
      hint: "Every entry and acknowledgement carries this name.",
      body: el("div", {}, infusion.personPicker(app, () => app.dialogs.close()), el("div", { class: "field" }, watch), handover),
    };
  };

  forms.handover = (app) => {
    let to = null;
    const others = app.config.people.filter((name) => name !== app.person);
    const pick = infusion.fields.choices("to", others.map((n) => ({ value: n, label: n })), { label: "To", columns: 3, wanted: "Choose who takes over.", onpick: (v) => { to = v; } });
    const typed = text("to", "To", { wanted: "Name who takes over." });
    const note = text("note", "What was said", { rows: 3 });
    return {
      title: `Handover from ${app.person}`, body: group(others.length ? pick : typed, note), save: "Save handover",
      collect: () => { to = others.length ? pick.value() : typed.value(); return { type: "handover", to, note: note.value() }; },
      onsaved: () => app.setPerson(to),
    };
  };

  forms.sound = (app) => {
    const body = el("div", { class: "sound-test" });
    const ask = () => {
      app.speaker.test();
      body.replaceChildren(
        el("p", { class: "sound-question" }, "Did you hear three tones?"),
        el("div", { class: "choices", style: "--columns:3" },
          el("button", { type: "button", class: "choice choice-big", "data-heard": "yes", onclick: () => { app.soundHeard(true); app.dialogs.close(); } }, "Yes, I heard it"),
          el("button", { type: "button", class: "choice choice-big", "data-heard": "no", onclick: () => { app.soundHeard(false); no(); } }, "No"),
          el("button", { type: "button", class: "choice choice-big", onclick: ask }, "Play again")));
    };
    const no = () => body.replaceChildren(
      el("p", { class: "warn-line" }, "Then this screen cannot alert by sound. Check volume, mute and loudspeaker; watch the bedside monitor and its own alarms."),
      el("button", { type: "button", class: "choice choice-big", onclick: ask }, "Play again"));
    body.append(el("button", { type: "button", class: "choice choice-big", "data-play": "true", "data-first": true, onclick: ask }, "Play the test sound"));
    return { title: "Sound test", hint: "Until somebody has heard the test, nobody knows that alarms can be heard here.", body };
  };

  const KEYS = [["L", "consciousness"], ["R", "rate, bolus, bag, start"], ["I", "pause, resume, stop at the pump"], ["D", "drug, oxygen"], ["E", "side effect"], ["V", "manual vitals"],
    ["N", "note"], ["T", "alarm limits: triggers, changes, alarms off"], ["K", "ketamine: predicted concentration, dose to go, a pause now"], ["A", "acknowledge the alarm in the top line"], ["P", "pause or resume audio of this bed"], ["?", "these keys"], ["Esc", "close a panel"]];
  forms.keys = () => ({
    title: "Keys",
    hint: "Letters open panels; nothing is recorded before Save. A key must be pressed alone: bursts and several keys at once do nothing.",
    body: el("dl", { class: "key-list" }, KEYS.flatMap(([key, what]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, what)])),
  });
})();
