/* Header, status strip, action sublines and the small log: everything about the session that is not a number or an alarm. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { clock, age, timeOfDay, number, idleWords, setText, setData, setHidden, el } = infusion.format;

  const sameDay = (a, b) => new Date(a).toDateString() === new Date(b).toDateString();

  function patientLine({ session, preparing, training }) {
    if (!session) return preparing ? ["simulated session", "its past is being made"] : [training ? "no exercise is on" : "no open session", ""];
    const who = [session.patient, session.age_y ? `${number(session.age_y)} y` : null, session.weight_kg ? `${number(session.weight_kg, 1)} kg` : null];
    const plan = [session.protocol, session.profile ? `profile ${session.profile}` : null];
    return [who, plan].map((parts) => parts.filter(Boolean).join(" · "));
  }

  /** What a message changes: mode, patient, warnings, phase. */
  function paintHeader(app) {
    const { bed, find } = app;
    const session = bed.session;
    const mode = bed.simulation === null ? "…" : bed.simulation ? "SIMULATION" : "LIVE";
    setText(find("mode"), mode);
    setData(app.root, "simulation", bed.simulation === null ? "" : String(Boolean(bed.simulation)));
    const [who, plan] = patientLine(bed);
    setText(find("patient"), who);
    setText(find("plan"), plan);
    find("patient").title = who;
    find("plan").title = plan;
    setHidden(find("chip-unapproved"), !session || session.approved !== false);
    setHidden(find("chip-modified"), !session || !session.limits_modified);
    setHidden(find("chip-no-co2"), !session || session.has_co2 !== false);
    const emergency = session && session.emergency_since;
    setText(find("phase"), !session ? (bed.preparing ? "PREPARING" : bed.training ? "NO EXERCISE" : "NO SESSION") : emergency ? "EMERGENCY" : String(session.phase || "").toUpperCase());
    setData(find("phase"), "phase", !session ? "none" : emergency ? "emergency" : session.phase);
    find("phase-button").disabled = !session;
    setText(find("planned"), session && session.planned_min ? `of ${clock(session.planned_min * 60)}` : "");
    setText(find("person"), app.person || "Who is at the bed?");
    setData(find("person-button"), "missing", app.person ? "" : "true");
    setData(app.root, "session", session ? "open" : "none");
    paintActions(app);
  }

  function paintActions(app) {
    const { bed, find } = app;
    const drip = bed.infusion || {};
    const started = drip.state && drip.state !== "not_started";
    setText(find("action-rate"), started && drip.state !== "stopped" ? "Record rate or bolus" : "Record start or bolus");
    setText(find("sub-rate"), "as set at the pump");
    setText(find("action-pause"), drip.state === "paused" ? "Record resume at pump" : "Record pause at pump");
    for (const button of app.root.querySelectorAll("[data-open]")) {
      const always = ["log", "keys", "person", "sound", "alarms", "respiratory"].includes(button.dataset.open);
      button.disabled = !bed.session && !always;
    }
  }

  /** What time alone changes; called four times a second. */
  function tickHeader(app) {
    const { bed, find } = app;
    const session = bed.session;
    const now = bed.nowMs();
    const started = session && session.started_at ? Date.parse(session.started_at) : null;
    setText(find("clock"), !session ? "--:--:--" : started !== null ? clock((now - started) / 1000) : clock(bed.nowTS()));
    setData(find("clock"), "waiting", session && started === null ? "true" : "");
    if (session && started === null) setText(find("planned"), idleWords(bed.infusion || { state: "not_started" }));
    else if (session) setText(find("planned"), session.planned_min ? `of ${clock(session.planned_min * 60)}` : "");
    // A run's clock goes its own pace and begins anew with each run: it is named, and between runs the time of day stands there.
    setText(find("local-time"), timeOfDay(bed.training && !session ? Date.now() : now));
    setData(find("local-time"), "clock", bed.training && session ? "exercise" : "");
    const dueS = session && session.loc_due_t_s !== null && session.loc_due_t_s !== undefined && bed.nowTS() !== null ? session.loc_due_t_s - bed.nowTS() : null;
    setText(find("sub-consciousness"), dueS === null ? "no check planned" : dueS >= 0 ? `due in ${age(dueS)}` : `overdue ${age(-dueS)}`);
    setData(find("sub-consciousness"), "due", dueS === null ? "" : dueS < 0 ? "over" : dueS < 60 ? "soon" : "");
    const emergency = session && session.emergency_since;
    setText(find("emergency-text"), emergency ? `EMERGENCY ${age((now - Date.parse(emergency)) / 1000)}` : "EMERGENCY");
    setText(find("emergency-sub"), emergency ? "open: marks, call list, end" : "clock, marks, call list");
    tickStrip(app);
  }

  /** What is switched off, and for how much longer. */
  function paintOff(app) {
    const off = app.bed.off();
    const words = off.map((row) => `${row.label} ${age(row.left_s)}`).join(" · ");
    setHidden(app.find("strip-off"), !off.length);
    setText(app.find("strip-off-text"), off.length ? `ALARM OFF ${words}` : "");
  }

  const deviceWords = (device, paused) => device.state === "live" ? `${device.name} live`
    : device.state === "connecting" ? `${device.name} ${paused ? "goes on with the run" : "connecting"}`
      : `${device.name} LOST${device.age_s ? ` ${age(device.age_s)}` : ""}${device.detail ? `: ${device.detail}` : ""}`;

  function tickStrip(app) {
    const { bed, find } = app;
    const failing = bed.recording && bed.recording.ok === false;
    const lostFor = app.socket ? app.socket.silentS() : 0;
    let alert = "";
    if (app.liveState === "lost") alert = `NOT LIVE · no contact with the server for ${age(lostFor)} · watch the bedside monitor · reconnecting`;
    else if (failing) alert = `RECORDING FAILED · ${bed.recording.message || "entries are not being saved"} · keep notes on paper`;
    setText(find("strip-alert"), alert);
    setData(find("strip"), "alert", app.liveState === "lost" ? "lost" : failing ? "record" : "");
    const bad = bed.devices.some((d) => d.state === "lost");
    const pace = bed.pace === 0 ? "RUN PAUSED BY THE TRAINER · " : bed.pace !== 1 ? `RUN AT ${bed.pace}x${bed.quiet ? ", sound off" : ""} · ` : "";
    setText(find("strip-devices"), pace + bed.devices.map((device) => deviceWords(device, bed.pace === 0)).join(" · ") || (app.liveState === "connecting" ? "connecting …" : "no device"));
    setData(find("strip-devices"), "tone", bad || pace ? "bad" : "");
    setText(find("strip-record"), bed.recording ? (failing ? "recording FAILED" : "recording") : "");
    const [screens, lost] = screensWords(app);
    setText(find("strip-screens"), screens);
    setData(find("strip-screens"), "tone", lost ? "bad" : "");
    paintOff(app);
  }

  const TROUBLE = { hidden: "is hidden", silent: "cannot sound", gone: "no longer answers" };

  /** Other screens of this bed, where the server tells (heartbeat `screens`), else other tabs of this browser. Those in trouble
   * come first: they warn nobody. */
  function screensWords(app) {
    if (!Array.isArray(app.bed.screens)) {
      const tabs = app.otherTabs();
      return [tabs ? `${tabs} more tab${tabs > 1 ? "s" : ""} of this bed here` : "", false];
    }
    const others = app.bed.screens.filter((s) => s.screen !== app.screen);
    if (!others.length) return ["only screen of this bed", false];
    const lost = others.filter((s) => s.trouble in TROUBLE).map((s) => `${s.by ? `screen of ${s.by}` : "a screen where nobody said a name"} ${TROUBLE[s.trouble]}`);
    const there = others.filter((s) => !(s.trouble in TROUBLE));
    const loud = there.filter((s) => s.sound === "confirmed" && s.visible).length;
    const rest = there.length ? `${there.length} more screen${there.length > 1 ? "s" : ""}: ${there.map((s) => s.by || "unnamed").join(", ")}${loud ? "" : ", no sound there"}` : "";
    return [[...lost, rest].filter(Boolean).join(" · "), lost.length > 0];
  }

  const SOUND = {
    blocked: ["SOUND NOT CONFIRMED", "sound blocked until a tap"], unconfirmed: ["SOUND NOT CONFIRMED", "sound not confirmed"],
    failed: ["** SOUND NOT WORKING", "sound not working"], confirmed: ["", ""],
  };

  function paintSound(app) {
    const { speaker, find } = app;
    const state = speaker.state();
    setHidden(find("chip-sound"), state === "confirmed");
    setText(find("sound-text"), state === "blocked" && speaker.confirmedAt ? "SOUND BLOCKED: TAP" : SOUND[state][0]);
    setText(find("sound-state"), state === "confirmed" ? `sound confirmed ${timeOfDay(speaker.confirmedAt, false)}` : SOUND[state][1]);
    find("sound-button").title = speaker.failure || "Test the sound";
    setData(find("sound-button"), "state", state);
    setData(find("chip-sound"), "state", state);
    setData(app.root, "sound", state);
  }

  function paintLog(app) {
    const list = app.find("log");
    const now = app.bed.nowMs();
    const rows = app.bed.log.map((entry) => {
      const line = infusion.logLine(entry, true);
      return el("div", { class: "log-row", "data-type": entry.type, "data-priority": entry.priority, "data-struck": entry.struck ? "true" : null, title: infusion.logLine(entry).text },
        el("time", { class: "tabular" }, sameDay(Date.parse(entry.at), now) ? line.at : `${new Date(Date.parse(entry.at)).getDate()}. ${line.at}`),
        el("span", { class: "log-text" }, line.text));
    });
    list.replaceChildren(...(rows.length ? rows : [el("p", { class: "muted" }, app.bed.session ? "No entries yet." : "No open session.")]));
  }

  Object.assign(infusion, { paintHeader, tickHeader, paintSound, paintLog });
})();
