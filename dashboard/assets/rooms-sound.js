/* The sound of the rooms page: the worst that sounds at any bed, alarms that nobody answers, and the page's own when it has lost the
   server. Armed by a gesture; until somebody has heard the test, the page says so. Bursts are those of the live page. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { age, timeOfDay, el, setText, setData, uuid } = infusion.format;
  const RANK = { high: 3, medium: 2, low: 1 };
  const PRESENT_MS = 5000;
  const PAUSE_S = 120;
  const FIRST_TEST_MS = 4000;
  const SELF_TEST_MS = 60_000;
  const LOST_HIGH_S = 15; // a page that is not live warns as medium, and as high from here on

  class RoomsSound {
    /* `button`: where the state of the sound stands, and where it is tested; `pause`: quiets a page that is not live. */
    constructor(link, button, pause) {
      this.link = link;
      this.button = button;
      this.pause = pause;
      this.screen = uuid().slice(0, 8);
      this.pausedUntil = 0;
      this.speaker = new infusion.sound.Speaker(() => this.changed());
      this.open = () => this.test();
      this.hush = () => this.togglePause();
      button.addEventListener("click", this.open);
      pause.addEventListener("click", this.hush);
      this.tests = [setTimeout(() => this.selfTest(), FIRST_TEST_MS), setInterval(() => this.selfTest(), SELF_TEST_MS)];
      this.said = () => this.present();
      document.addEventListener("visibilitychange", this.said);
      this.changed();
    }

    changed() {
      if (!this.speaker) return;
      const state = this.speaker.state();
      const when = this.speaker.confirmedAt ? timeOfDay(this.speaker.confirmedAt, false) : "";
      setData(this.button, "state", state);
      const words = { confirmed: `Sound heard ${when}`, unconfirmed: "SOUND NOT CONFIRMED", blocked: when ? "SOUND BLOCKED: TAP" : "SOUND NOT CONFIRMED" };
      setText(this.button.lastElementChild, words[state] || "SOUND FAILED");
      this.present();
    }

    /* What this page can do, for the server and for other screens. */
    present() {
      if (!this.speaker) return;
      this.presentAt = performance.now();
      this.link.send({ do: "present", bed: null, by: null, screen: this.screen, visible: !document.hidden, sound: this.speaker.state() === "failed" ? "blocked" : this.speaker.state() });
    }

    /* Whether sound really comes out of the browser, as far as a page can tell. */
    async selfTest() {
      const found = await this.speaker.selfTest();
      if (this.speaker) this.link.send({ do: "self_test", bed: null, screen: this.screen, ...found });
    }

    beat() {
      if (performance.now() - (this.presentAt || -Infinity) > PRESENT_MS - 500) this.present();
    }

    /* `audios`: what each bed's server side sounds now; `passedOn`: alarms that nobody answers, which no pause of a bed silences. */
    want(audios, passedOn) {
      if (this.wasLost) {
        this.wasLost = false;
        this.pausedUntil = 0;
        this.speaker.want(null, null);
      }
      const sounding = [...audios.map((audio) => audio.sounding), ...passedOn.rows.map((row) => row.priority)].filter((name) => name in RANK);
      const worst = sounding.sort((a, b) => RANK[b] - RANK[a])[0] || null;
      const burst = audios.reduce((sum, audio) => sum + (audio.burst || 0), passedOn.burst || 0);
      this.speaker.want(worst, burst);
      setData(this.button, "sounding", worst);
    }

    /* The server cannot say what to sound: the page speaks for itself, that nobody hears silence as calm. */
    lost(silentS) {
      // What it sounded before is over: without this the first burst would wait for that one's turn.
      if (!this.wasLost) this.speaker.want(null, this.speaker.burst);
      this.wasLost = true;
      const left = (this.pausedUntil - performance.now()) / 1000;
      const level = silentS > LOST_HIGH_S ? "high" : "medium";
      this.speaker.want(left > 0 ? null : level, this.speaker.burst);
      setText(this.pause, left > 0 ? `Audio paused ${age(left)}` : "Pause audio 2:00");
      setData(this.button, "sounding", left > 0 ? null : level);
    }

    togglePause() {
      this.pausedUntil = this.pausedUntil > performance.now() ? 0 : performance.now() + PAUSE_S * 1000;
    }

    test() {
      const box = el("dialog", { class: "rooms-dialog", "aria-label": "Sound of this screen" });
      const close = () => box.close();
      const answer = (heard) => {
        this.speaker.confirm(heard);
        if (heard) close();
        else box.lastElementChild.replaceChildren(
          el("p", { class: "warn-words" }, "Then this screen cannot alert by sound. Check volume, mute and loudspeaker."),
          el("button", { type: "button", class: "btn", onclick: close }, "Close"),
        );
      };
      const play = () => {
        this.speaker.test();
        box.lastElementChild.replaceChildren(
          el("p", {}, "Did you hear three tones?"),
          el("button", { type: "button", class: "btn btn-primary", "data-heard": "yes", onclick: () => answer(true) }, "Yes, I heard them"),
          el("button", { type: "button", class: "btn", "data-heard": "no", onclick: () => answer(false) }, "No"),
        );
      };
      box.append(
        el("h2", {}, "Sound of this screen"),
        el("p", {}, "Alarms of all rooms sound here. Browsers hold sound back until somebody has touched the page, so try it once."),
        el("div", { class: "rooms-dialog-row" }, el("button", { type: "button", class: "btn btn-primary", "data-play": true, onclick: play }, "Play the test sound")),
      );
      box.addEventListener("close", () => box.remove());
      document.body.append(box);
      box.showModal();
    }

    close() {
      this.tests.forEach(clearInterval);
      this.button.removeEventListener("click", this.open);
      this.pause.removeEventListener("click", this.hush);
      document.removeEventListener("visibilitychange", this.said);
      this.speaker.close();
      this.speaker = null;
    }
  }

  infusion.RoomsSound = RoomsSound;
})();
