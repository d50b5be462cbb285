/* The live page: starts when its skeleton appears, stops when Dash takes it away, and hands messages to the parts. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { setData, setText, setHidden, age, timeOfDay, uuid } = infusion.format;
  const PRESENT_MS = 5000;
  const SELF_TEST_MS = 30000; // at least every minute, also where a hidden tab's timers come late
  const FIRST_TEST_MS = 3000;
  const PAUSE_S = 120;
  const NOTICE_MS = { good: 6000, warn: 12000, bad: 12000 };
  const HOT = { l: "consciousness", r: "rate", i: "pause", d: "drug", e: "side-effect", v: "vitals", n: "note", t: "limits", k: "prediction", "?": "keys" };
  const UNASKED = ["present", "self_test"]; // what the page says by itself: nobody waits for the answer
  const LOST_HIGH_S = 15; // a page that is not live warns as medium, and as high from here on

  class App {
    constructor(root) {
      this.root = root;
      this.config = JSON.parse(root.dataset.config);
      this.bed = new infusion.Bed(this.config.bed);
      this.bed.training = this.config.training;
      this.parts = {};
      this.find = (name) => this.parts[name] || (this.parts[name] = root.querySelector(`[data-el="${name}"]`));
      this.personKey = `infusion.person.${this.config.bed}`;
      this.person = sessionStorage.getItem(this.personKey) || null;
      this.screen = uuid().slice(0, 8); // a copied tab is another screen
      this.liveState = "connecting";
      // First: the line opens while the page is put together, and what it brings comes after.
      const scheme = location.protocol === "https:" ? "wss" : "ws";
      this.socket = infusion.connect(`${scheme}://${location.host}/live/ws?bed=${encodeURIComponent(this.config.bed)}`, {
        message: (message) => this.receive(message),
        live: (live) => this.setLive(live ? "live" : "lost"),
        open: () => { this.present(); this.tellTest(); },
        // The timers of a hidden tab may stand; messages still come in.
        beat: () => performance.now() - (this.presentAt || 0) > PRESENT_MS - 500 && this.present(),
      });
      this.localPauseUntil = 0;
      this.speaker = new infusion.sound.Speaker(() => this.soundChanged());
      this.tiles = new infusion.Tiles(this);
      this.banner = new infusion.Banner(this);
      this.elsewhere = new infusion.Elsewhere(this);
      this.exercise = this.config.training ? new infusion.Exercise(this) : null;
      this.charts = new infusion.Charts(this);
      this.dialogs = new infusion.Dialogs(this.find("dialogs"), this);
      this._listen();
      this.timers = [setInterval(() => this.tick(), 250), setInterval(() => this.present(), PRESENT_MS), setInterval(() => this.selfTest(), SELF_TEST_MS)];
      this.firstTest = setTimeout(() => this.selfTest(), FIRST_TEST_MS);
      // A page that never got through must say so too.
      this.firstContact = setTimeout(() => this.liveState === "connecting" && this.setLive("lost"), 3200);
      this.soundChanged();
      infusion.paintHeader(this);
      this.tick();
      if (!this.person) this.dialogs.open("person");
    }

    // -- messages: numbers and alarms first, charts when the browser is idle ----------------------------------------

    receive(message) {
      this.awake.beat();
      if (message.type === "reply") {
        if (!message.ok && !UNASKED.includes(message.do)) this.notice(message.error || "refused", "bad");
        return;
      }
      if (message.type === "escalation" || message.escalation) this.elsewhere.take(message.escalation || message);
      const changed = this.bed.apply(message);
      if (!changed.size) return;
      const all = changed.has("all");
      if (message.people && message.people.length) this.config.people = message.people;
      if (all || changed.has("values")) {
        this.tiles.paint();
        if (document.hidden) this.sound(); // timers of a hidden tab come late, messages do not
        if (message.type === "vitals") {
          setData(this.root, "at", message.at);
          performance.mark("infusion-vitals", { detail: message.at });
          performance.clearMarks("infusion-vitals");
        }
      }
      if (all || changed.has("alarms") || changed.has("session")) {
        this.tiles.paintAlarms();
        this.banner.paint();
        this.sound();
        if (message.type === "alarm") setData(this.root, "alarmAt", message.at);
      }
      if (all || changed.has("session") || changed.has("infusion")) {
        infusion.paintHeader(this);
        if (all) infusion.tickHeader(this); // what stood there was of another state of the bed
        this.tiles.ketamine();
        if (this.awaitEmergency && this.bed.session && this.bed.session.emergency_since) {
          this.awaitEmergency = false;
          if (!this.dialogs.isOpen) this.dialogs.open("emergency");
        }
      }
      if (all || changed.has("log")) infusion.paintLog(this);
      if (this.exercise) this.exercise.take(message);
      this.charts.note(message, changed);
    }

    setLive(state) {
      clearTimeout(this.firstContact);
      this.liveState = state;
      setData(this.root, "state", state);
      this.tiles.paint();
      this.banner.paint();
      this.charts.lively(state);
      this.sound();
      this.tick();
    }

    tick() {
      this.awake.beat();
      infusion.tickHeader(this);
      this.tiles.paint();
      this.banner.tick();
      this.elsewhere.tick();
      if (this.exercise) this.exercise.tick();
      this.dialogs.tick();
      const off = this.bed.off().length;
      if (off !== this.offShown) this.tiles.paintAlarms(); // a rule returns by itself
      this.offShown = off;
      this.sound();
    }

    // -- sound ------------------------------------------------------------------------------------------------------

    pausedS() {
      return this.liveState === "lost" ? Math.max(0, (this.localPauseUntil - performance.now()) / 1000) : this.bed.audioPausedS();
    }

    sound() {
      if (this.liveState === "lost") {
        // The server cannot say what to sound: the page speaks for itself, that nobody hears silence as calm.
        const paused = performance.now() < this.localPauseUntil;
        const high = this.socket && this.socket.silentS() > LOST_HIGH_S;
        // What it sounded before is over: without this the first burst would wait for that one's turn.
        if (!this.wasLost) this.speaker.want(null, this.speaker.burst);
        this.wasLost = true;
        this.speaker.want(paused ? null : high ? "high" : "medium", this.speaker.burst);
        return;
      }
      if (this.wasLost) {
        this.wasLost = false;
        this.localPauseUntil = 0;
        this.speaker.want(null, this.bed.audio.burst ?? null);
      }
      // Until the bed has told its own number, whatever sounds is new.
      const burst = this.bed.audio.burst === undefined ? null : this.bed.audio.burst + this.elsewhere.burst;
      this.speaker.want(this.elsewhere.worst(this.bed.audio.sounding || null), burst);
      if (this.bed.ready) this.speaker.remind(this.bed.audio.reminder || 0);
    }

    soundChanged() {
      if (!this.speaker || this.stopped) return; // sound that ends with the page is no news
      infusion.paintSound(this);
      this.present();
    }

    /** By itself, and told to the server: nobody notices a screen that has gone mute. */
    async selfTest() {
      this.tested = await this.speaker.selfTest();
      this.tellTest();
    }

    tellTest() {
      if (this.tested) this.socket.send({ do: "self_test", bed: this.bed.id, screen: this.screen, ...this.tested });
    }

    /** After a sleep this page knows nothing of what it should have said: it says so, until a hand touches it, and starts afresh. */
    slept(seconds) {
      if (!this.bed.ready) return; // still starting
      setText(this.find("slept"), `This screen slept for ${age(seconds)} until ${timeOfDay(this.bed.nowMs())}: it could not warn. Tap to go on.`);
      setHidden(this.find("slept"), false);
      this.speaker.rearm();
      this.selfTest();
      this.present({ slept_s: Math.round(seconds) });
    }

    soundHeard(heard) {
      this.speaker.confirm(heard);
      if (!heard || !this.person || !this.bed.session) return;
      infusion.post(infusion.entryOf(this, { type: "sound_confirmed", screen: this.screen })).catch((problem) => this.notice(problem.message, "bad"));
    }

    // -- what a person does -----------------------------------------------------------------------------------------

    ask(request) {
      if (!this.person) {
        this.dialogs.open("person");
        return;
      }
      if (this.liveState !== "live" || !this.socket.send({ ...request, bed: this.bed.id, by: this.person }))
        this.notice("Not live: that could not be sent.", "bad");
    }

    acknowledge(occurrence) {
      this.ask({ do: "acknowledge", occurrence });
    }

    togglePause() {
      if (this.liveState === "lost") {
        this.localPauseUntil = this.pausedS() > 0 ? 0 : performance.now() + PAUSE_S * 1000;
        this.sound();
      } else this.ask({ do: this.bed.audioPausedS() > 0 ? "resume_audio" : "pause_audio" });
    }

    setPerson(name) {
      this.person = name;
      if (name) sessionStorage.setItem(this.personKey, name);
      else sessionStorage.removeItem(this.personKey);
      infusion.paintHeader(this);
      this.present();
    }

    present(more = {}) {
      this.presentAt = performance.now();
      const sound = this.speaker.state() === "failed" ? "blocked" : this.speaker.state();
      if (this.socket)
        this.socket.send({ do: "present", bed: this.bed.id, by: this.person, screen: this.screen, visible: this.awake.visible, sound, ...more });
      if (this.tabs) this.tabs.postMessage({ bed: this.bed.id, screen: this.screen });
    }

    otherTabs() {
      const now = performance.now();
      for (const [screen, seen] of this.seenTabs) if (now - seen > 2.5 * PRESENT_MS) this.seenTabs.delete(screen);
      return this.seenTabs.size;
    }

    notice(words, tone = "good") {
      const node = this.find("notice");
      setText(node, words);
      setData(node, "tone", tone);
      clearTimeout(this.noticeTimer);
      this.noticeTimer = setTimeout(() => { setText(node, ""); setData(node, "tone", ""); }, NOTICE_MS[tone]);
    }

    // -- wiring -----------------------------------------------------------------------------------------------------

    _listen() {
      this.root.addEventListener("click", (event) => {
        const opener = event.target.closest("[data-open]");
        if (opener && this.root.contains(opener)) this.dialogs.open(opener.dataset.open);
      });
      this.find("log").addEventListener("click", () => this.dialogs.open("log"));
      this.find("pause").addEventListener("click", () => this.togglePause());
      this.find("more").addEventListener("click", () => this.dialogs.open("alarms"));
      this.find("person-button").addEventListener("click", () => this.dialogs.open("person"));
      for (const name of ["chip-sound", "sound-button"]) this.find(name).addEventListener("click", () => this.dialogs.open("sound"));
      this.find("phase-button").addEventListener("click", () => this.dialogs.open("phase"));
      this.detachKeys = infusion.keys.attach((key, memory) => this._key(key, memory), (key) => (key === "a" ? this.banner.topAtPress() : null));
      this.awake = new infusion.Awake({
        slept: (seconds) => this.slept(seconds), changed: () => this.present(),
      });
      this.root.addEventListener("pointerdown", () => setHidden(this.find("slept"), true), true);
      this.seenTabs = new Map();
      if (window.BroadcastChannel) {
        this.tabs = new BroadcastChannel("infusion-screens");
        this.tabs.onmessage = ({ data }) => { if (data.bed === this.bed.id && data.screen !== this.screen) this.seenTabs.set(data.screen, performance.now()); };
      }
    }

    _key(key, memory) {
      setHidden(this.find("slept"), true);
      if (key === "Escape") { this.dialogs.close(); return; }
      if (this.dialogs.isOpen) return;
      if (key in HOT) { if (this.bed.session || key === "?") this.dialogs.open(HOT[key]); }
      else if (key === "p") this.togglePause();
      else if (key === "a") this.banner.key(memory);
    }

    stop() {
      this.stopped = true;
      this.timers.forEach(clearInterval);
      clearTimeout(this.noticeTimer);
      clearTimeout(this.firstContact);
      this.detachKeys();
      clearTimeout(this.firstTest);
      this.awake.close();
      this.dialogs.close();
      this.elsewhere.close();
      if (this.exercise) this.exercise.close();
      this.socket.close();
      this.speaker.close();
      this.charts.close();
      if (this.tabs) this.tabs.close();
    }
  }

  // Dash puts the skeleton in and takes it out as pages change; a cheap look at each change is enough.
  let app = null;
  function watch() {
    const root = document.getElementById("live");
    if (app && app.root !== root) {
      app.stop();
      app = infusion.app = null;
    }
    if (root && !app && root.dataset.config) app = infusion.app = new App(root);
  }
  let queued = false;
  new MutationObserver(() => {
    if (queued) return;
    queued = true;
    setTimeout(() => { queued = false; watch(); }, 0);
  }).observe(document.body || document.documentElement, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", watch);
})();
