/* The rooms page, live: one socket for all beds (docs/live-protocol.md), numbers written straight into the cards that
   Python laid out. Nothing moves; only text, classes and the strips change. Uses live-format.js and live-socket.js. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { clock, age, timeOfDay, number, setText, setData, setHidden, MARKS, idleWords, orOver } = infusion.format;
  const sorted = infusion.sortedAlarms;

  const DRAW_MS = 5000;
  const SILENT_S = 3;
  /* Signal of an alarm -> the number on the card that it concerns. */
  const NUMBER_OF = {
    rate: "rate", hr: "rate", pr: "rate", spo2: "spo2", pi: "spo2", sbp: "bp", dbp: "bp", map: "bp", nibp_sys: "bp", nibp_dia: "bp",
    nibp_map: "bp", abp_sys: "bp", abp_dia: "bp", abp_map: "bp", etco2: "etco2", fico2: "etco2", rr: "rr", rr_co2: "rr", rr_imp: "rr",
    breath: "rr", no_breath: "rr", loc: "loc",
  };

  const TROUBLE = { hidden: "in the background", silent: "without sound", gone: "gone" };

  function ago(seconds) {
    if (seconds < 60) return `${Math.floor(seconds)} s ago`;
    return seconds < 3600 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
  }
  const find = (root, role) => root.querySelector(`[data-role="${role}"]`);
  const finite = (one, field = "value") => (one && Number.isFinite(one[field]) ? one[field] : null);

  class Room {
    constructor(card) {
      this.card = card;
      this.id = card.dataset.bed;
      this.title = card.dataset.title;
      this.head = Object.fromEntries(
        ["patient", "phase", "clock", "alarm", "fill", "rate", "scale", "screens", "free"].map((role) => [role, find(card, role)]),
      );
      this.numbers = {};
      card.querySelectorAll("[data-number]").forEach((box) => {
        this.numbers[box.dataset.number] = { box, value: find(box, "value"), note: find(box, "note") };
      });
      this.strip = new infusion.RoomStrip(find(card, "strip"));
      this.state = null;
      this.lostAt = null;
      this.sessionId = undefined;
      this.screens = [];
      this.passedOn = [];
    }

    take(message) {
      const now = performance.now();
      if (message.type === "snapshot") {
        if (message.preparing) { // a simulated bed that makes its own past: another snapshot follows
          setText(this.head.patient, "simulated session: its past is being made …");
          return;
        }
        this.state = { values: {}, alarms: [], audio: {}, devices: [], infusion: null, session: null, ...message };
      } else if (!this.state) {
        return;
      } else if (message.type === "vitals") {
        this.state.values = message.values;
      } else if (message.type === "alarm") {
        this.state.alarms = message.alarms || [];
        this.state.audio = message.audio || {};
      } else if (message.type === "event") {
        for (const field of ["session", "infusion", "devices"]) if (field in message) this.state[field] = message[field];
      }
      const t = message.t_s ?? (message.session && message.session.t_s);
      if (Number.isFinite(t)) {
        this.t = t;
        this.tAt = now;
      }
      if (message.values) this.valuesAt = now;
      if ("audio" in message) this.audioAt = now;
      const id = this.session() ? this.session().id : null;
      if (id !== this.sessionId || message.type === "snapshot") {
        this.sessionId = id;
        this.wantsHistory = id !== null;
        if (id === null) this.strip.clear();
      }
      if (message.tick) this.strip.push(this.t, finite(message.values.rate), finite(message.values.spo2));
      if (this.state.infusion) this.strip.setRate(this.now(), this.state.infusion.rate_mg_h);
    }

    session() {
      const session = this.state && this.state.session;
      return session && session.open !== false ? session : null;
    }

    /* Seconds on the session's clock, carried on between messages. */
    now() {
      return (this.t || 0) + (performance.now() - (this.tAt || performance.now())) / 1000;
    }

    /* The engine's alarms, and that no screen of the bed can warn, which is none of them. */
    alarms() {
      if (!this.session()) return [];
      const row = new Map(this.passedOn.map((one) => [one.occurrence, one]));
      const ours = this.passedOn.filter((one) => !one.occurrence).map((one) => ({ ...one, state: "active" }));
      return [...this.state.alarms, ...ours].map((alarm) => ({ ...alarm, room: this, passedOn: row.get(alarm.occurrence) }));
    }

    /* What the server sounds for this bed now. */
    audio() {
      return this.session() && this.state.audio ? this.state.audio : {};
    }

    pausedS() {
      const left = this.audio().paused_s_left || 0;
      return left > 0 ? Math.max(0, left - (performance.now() - this.audioAt) / 1000) : 0;
    }

    render() {
      const { card } = this;
      if (!this.state) return;
      const session = this.session();
      card.classList.remove("bed-loading");
      card.classList.toggle("bed-is-free", !session);
      const href = `/${session ? "live" : "setup"}/${encodeURIComponent(this.id)}`;
      if (card.getAttribute("href") !== href) card.setAttribute("href", href);
      setHidden(this.head.free, Boolean(session));
      if (!session) {
        setData(card, "worst", "");
        card.setAttribute("aria-label", `${this.title}, free, set up a session`);
        return;
      }
      this._head(session);
      this._alarm();
      this._values(session);
      this._infusion();
      this._screens();
    }

    _head(session) {
      const weight = Number.isFinite(session.weight_kg) ? `${number(session.weight_kg, 1)} kg` : "";
      setText(this.head.patient, [session.patient, weight, session.protocol].filter(Boolean).join(" · "));
      const emergency = session.phase === "emergency" || Boolean(session.emergency_since);
      setText(this.head.phase, emergency ? "EMERGENCY" : String(session.phase || "").toUpperCase());
      this.head.phase.classList.toggle("bed-phase-emergency", emergency);
      const started = (Date.parse(session.started_at) - Date.parse(session.opened_at)) / 1000;
      setText(this.head.clock, Number.isFinite(started) ? clock(this.now() - started) : idleWords(this.state.infusion || { state: "not_started" }));
    }

    _alarm() {
      const alarms = sorted(this.alarms());
      const worst = alarms[0];
      const dead = this.lostFor();
      setData(this.card, "worst", worst ? worst.priority : "");
      this.card.classList.toggle("bed-acknowledged", alarms.length > 0 && alarms.every((a) => a.state === "acknowledged"));
      this.card.classList.toggle("bed-lost", dead !== null);
      let text = dead === null ? "" : `NO DATA ${age(dead)}`;
      if (worst) {
        const words = dead !== null && worst.kind === "technical" ? text : orOver(worst.text, worst);
        text = `${worst.state === "acknowledged" ? "✓ " : ""}${MARKS[worst.priority]} ${words}`;
        if (alarms.length > 1) text += `  + ${alarms.length - 1} more`;
      }
      const paused = this.pausedS();
      if (paused > 0) text += `  · audio paused ${age(paused)}`;
      setText(this.head.alarm, text);
      const label = `${this.title}, ${this.state.simulation ? "simulation, " : ""}${text || "no alarms"}`;
      if (this.card.getAttribute("aria-label") !== label) this.card.setAttribute("aria-label", label);
      const marked = {};
      alarms.forEach((a) => {
        const key = NUMBER_OF[a.signal];
        if (key && !(key in marked)) marked[key] = a.priority;
      });
      Object.entries(this.numbers).forEach(([key, { box }]) => setData(box, "alarm", marked[key] || ""));
    }

    /* Seconds since the last number of any kind while the link is lost; else null. */
    lostFor() {
      const seen = ["rate", "spo2", "etco2", "rr"].map((name) => this.state.values[name]).filter(Boolean);
      const lost = seen.length > 0 && seen.every((one) => finite(one) === null) && seen.some((one) => one.status === "lost");
      if (!lost) {
        this.lostAt = null;
        return null;
      }
      const ages = seen.map((one) => finite(one, "age_s")).filter((one) => one !== null);
      if (ages.length) return Math.min(...ages) + this._since();
      if (this.lostAt === null) this.lostAt = performance.now();
      return (performance.now() - this.lostAt) / 1000;
    }

    _since() {
      return (performance.now() - this.valuesAt) / 1000;
    }

    _values(session) {
      const v = this.state.values;
      for (const name of ["rate", "spo2", "etco2", "rr"]) this._one(name, v[name]);
      const { box, value, note } = this.numbers.bp;
      const pair = [v.sbp, v.dbp].map((one) => finite(one) ?? finite(one, "last"));
      const live = finite(v.sbp) !== null;
      setText(value, pair[0] === null ? "–/–" : `${Math.round(pair[0])}/${pair[1] === null ? "–" : Math.round(pair[1])}`);
      box.classList.toggle("bed-number-dead", !live);
      const measured = finite(v.sbp, "age_s") === null ? null : v.sbp.age_s + this._since();
      setText(note, measured === null ? "" : ago(measured));
      const late = Number.isFinite(session.nibp_due_t_s) && this.now() > session.nibp_due_t_s;
      note.classList.toggle("note-warn", measured !== null && (late || !live));
      const loc = this.numbers.loc;
      const due = Number.isFinite(session.loc_due_t_s) && this.now() > session.loc_due_t_s;
      setText(loc.value, session.loc ? String(session.loc.level) : "–");
      loc.box.classList.toggle("bed-number-dead", !session.loc);
      setText(loc.note, due ? "due" : session.scale_label || "");
      loc.note.classList.toggle("note-warn", due);
    }

    _one(name, one) {
      const { box, value, note } = this.numbers[name];
      const live = finite(one) !== null;
      setText(value, live ? String(Math.round(one.value)) : "– –");
      box.classList.toggle("bed-number-dead", !live);
      const words = { sensor_off: "sensor off", invalid: "invalid", held: "held" };
      const measured = finite(one, "age_s");
      setText(note, live || !one ? "" : words[one.status] || (measured === null ? "" : ago(measured + this._since())));
    }

    _infusion() {
      const now = this.state.infusion || {};
      const running = now.state === "running";
      const extra = running ? ((now.rate_mg_h || 0) * (performance.now() - this.tAt)) / 3.6e6 : 0;
      const share = now.planned_mg > 0 ? Math.min(1, ((now.given_mg || 0) + extra) / now.planned_mg) : 0;
      const width = `${(100 * share).toFixed(1)}%`;
      if (this.head.fill.style.width !== width) this.head.fill.style.width = width;
      const strength = Number.isFinite(now.concentration_mg_ml) ? ` · ${number(now.concentration_mg_ml, 2)} mg/mL` : "";
      setText(this.head.rate, (running ? `${(now.rate_mg_h || 0).toFixed(1)} mg/h` : idleWords(now)) + strength);
      this.card.classList.toggle("bed-paused", now.state === "paused");
    }

    /* Whether anybody could be warned at the bed itself. */
    _screens() {
      const trouble = this.screens.filter((one) => one.trouble);
      const fine = this.screens.length - trouble.length;
      const words = trouble.map((one) => `screen ${TROUBLE[one.trouble]}${one.by ? ` (${infusion.format.initials(one.by)})` : ""}`);
      const calm = fine ? `${fine} screen${fine > 1 ? "s" : ""}` : "no screen at the bed";
      setText(this.head.screens, words[0] || calm);
      this.head.screens.classList.toggle("note-warn", words.length > 0 || (!fine && !this.state.simulation));
    }

    draw() {
      if (!this.session()) return;
      this.strip.draw(this.now());
      setText(this.head.scale, this.strip.describe());
    }
  }

  class Page {
    constructor(root) {
      this.root = root;
      this.sheet = root.closest(".sheet");
      this.rooms = new Map();
      this.sheet.querySelectorAll(".bed-card").forEach((card) => this.rooms.set(card.dataset.bed, new Room(card)));
      const station = this.sheet.querySelector(".topbar-right");
      this.parts = Object.fromEntries(["limits", "recording", "contacts", "links", "clock"].map((role) => [role, find(station, role)]));
      this.alarms = new infusion.RoomsBanner(root);
      this.dead = find(this.sheet, "not-live");
      this.passedOn = { rows: [], burst: 0 };
      this.offset = 0;
      this.queue = Promise.resolve();
      const scheme = location.protocol === "https:" ? "wss" : "ws";
      this.link = infusion.connect(`${scheme}://${location.host}/live/ws`, {
        message: (message) => this.take(message),
        live: (isLive) => this.live(isLive),
        open: () => this.sound && this.sound.present(),
        beat: () => this.sound && this.sound.beat(),
      });
      this.sound = new infusion.RoomsSound(this.link, find(station, "sound"), find(this.sheet, "pause"));
      this.untick = infusion.steady(() => this.second(), 250);
      this.draw = () => this.rooms.forEach((room) => room.draw());
      this.drawer = setInterval(this.draw, DRAW_MS);
      window.addEventListener("resize", this.draw);
      document.addEventListener("infusion-theme", this.draw);
    }

    close() {
      this.closed = true;
      this.untick();
      clearInterval(this.drawer);
      window.removeEventListener("resize", this.draw);
      document.removeEventListener("infusion-theme", this.draw);
      this.link.close();
      this.sound.close();
      this.alarms.close();
    }

    take(message) {
      if (message.type === "heartbeat") {
        this.offset = Date.parse(message.server_time) - Date.now();
        const bad = Boolean(message.recording) && message.recording.ok === false;
        setHidden(this.parts.recording, !bad);
        setText(this.parts.recording, bad ? `NOT RECORDING: ${message.recording.message || "the store does not answer"}` : "");
        this.rooms.forEach((room) => (room.screens = (message.screens || {})[room.id] || []));
        const lost = (message.contacts || []).filter((one) => one.ok === false);
        setHidden(this.parts.contacts, !lost.length);
        setText(this.parts.contacts, lost.length ? lost.length > 1 ? `${lost.length} CONTACTS FAILED` : "CONTACT FAILED" : "");
        this.parts.contacts.title = lost.map((one) => `${one.name}: ${one.detail}`).join("; ");
        if (message.escalation) this.pass(message.escalation);
        return;
      }
      if (message.type === "escalation") {
        this.pass(message);
        return;
      }
      const room = this.rooms.get(message.bed);
      if (!room) return;
      room.take(message);
      room.render();
      if (room.wantsHistory) {
        room.wantsHistory = false;
        // One at a time: sixteen histories at once would hold up the numbers.
        this.queue = this.queue.then(() => this.history(room));
      }
      if (message.type !== "vitals") this.banner();
    }

    /* Alarms that nobody answers, of all beds. */
    pass({ rows, burst }) {
      const arrived = performance.now();
      this.passedOn = { rows: rows || [], burst };
      this.rooms.forEach((room) => (room.passedOn = this.passedOn.rows.filter((row) => row.bed === room.id).map((row) => ({ ...row, arrived }))));
      this.banner();
    }

    async history(room) {
      if (this.closed) return;
      try {
        const answer = await fetch(`/live/history?bed=${encodeURIComponent(room.id)}`);
        if (answer.ok && !this.closed) room.strip.load(await answer.json());
      } catch {
        // The strip then fills from the live ticks; the next snapshot asks again.
      }
      room.draw();
    }

    live(isLive) {
      setHidden(this.dead, isLive);
      this.sheet.classList.toggle("rooms-dead", !isLive);
      setData(this.sheet, "live", isLive ? "yes" : "no");
      this.second();
    }

    second() {
      if (this.closed || !this.sound) return;
      if (!this.link.live()) {
        const silent = this.link.silentS();
        if (silent < SILENT_S && this.dead.hidden) return;
        setHidden(this.dead, false);
        setData(this.sheet, "live", "no");
        setText(find(this.dead, "not-live-words"), `NOT LIVE for ${age(silent)}: no contact with the server. The numbers below are old. Watch the bedside monitors.`);
        this.sound.lost(silent);
        return;
      }
      setText(this.parts.clock, timeOfDay(Date.now() + this.offset));
      this.rooms.forEach((room) => room.render());
      this.banner();
      this.station();
    }

    station() {
      const states = [...this.rooms.values()].map((room) => room.state).filter(Boolean);
      const devices = states.flatMap((state) => state.devices || []);
      const lost = devices.filter((device) => device.state === "lost").length;
      const links = devices.length === 1 ? "1 link" : `${devices.length} links`;
      setText(this.parts.links, !devices.length ? "no monitors attached" : lost ? `${lost} of ${links} lost` : `${links} live`);
      this.parts.links.classList.toggle("note-warn", lost > 0);
      setHidden(this.parts.limits, !states.some((state) => state.session && state.session.approved === false));
    }

    banner() {
      const rooms = [...this.rooms.values()];
      this.alarms.paint(rooms.flatMap((room) => room.alarms()), calm(rooms));
      if (this.sound && this.link.live()) this.sound.want(rooms.map((room) => room.audio()), this.passedOn);
    }
  }

  function calm(rooms) {
    const known = rooms.filter((room) => room.state);
    const busy = known.some((room) => room.session());
    return !known.length ? "Waiting for the monitors …" : busy ? "No active alarms" : "No session is running";
  }

  /* Dash puts pages in and takes them out: attach when the page is there, let go when it has left. */
  let current = null;
  setInterval(() => {
    const root = document.getElementById("rooms");
    if (current && current.root !== root) {
      current.close();
      current = infusion.roomsPage = null;
    }
    if (root && !current) current = infusion.roomsPage = new Page(root);
  }, 100);

  infusion.rooms = { sorted, ago };
})();
