/* The training room: the trainer's page. It asks the server each second and draws what it says; a tap is sent, recorded, then shown. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el, setText, setData, number, runClock: clock } = infusion.format;
  const parts = infusion.trainParts;
  const ASK_MS = 1000;
  const NAMES = [
    "sao2", "shown_spo2", "paco2", "shown_etco2", "shown_hr", "shown_rr", "ce", "moaas", "hr", "sbp", "dbp", "rate_mg_h", "delivered_mg_h", "fio2",
  ];
  const BY_KEY = "infusion.trainer";

  class Room {
    constructor(root) {
      this.root = root;
      this.config = JSON.parse(root.dataset.config);
      this.by = sessionStorage.getItem(BY_KEY);
      if (!this.config.people.includes(this.by)) this.by = null;
      this._fields();
      this.clear();
      this.stopped = false;
      root.addEventListener("click", (event) => this._click(event));
      this.find("comment").addEventListener("keydown", (event) => { if (event.key === "Enter") this._comment(); });
      this._person();
      this.wanted = location.hash.startsWith("#try-") ? location.hash.slice(5) : null; // the editor's way in
      this.waves = new infusion.TrainWaves(this.find("waves"));
      this.tell = new parts.Tell(this.find("cues-now"), this.find("tell-head"));
      this.timer = setInterval(() => this.ask(), ASK_MS);
      this.ask();
    }

    find(name) {
      return this.root.ownerDocument.querySelector(`[data-el="${name}"]`);
    }

    /** Fields are made here: the page's framework has none that it would not write into itself. */
    _fields() {
      for (const place of this.root.querySelectorAll("[data-pin-place]"))
        place.replaceChildren(el("input", { class: "train-pin-value", type: "number", disabled: true, "data-pin": place.dataset.pinPlace, "aria-label": place.dataset.words }));
      this.find("comment-place").replaceChildren(
        el("input", { class: "train-comment", type: "text", disabled: true, maxlength: "400", placeholder: "comment or mark's name", title: "Enter keeps it as a comment; ★ Mark takes it as the mark's name", "data-el": "comment", "aria-label": "Comment, or the name of the next mark" }),
        el("button", { class: "btn train-save", type: "button", disabled: true, "data-do": "comment" }, "Save"));
    }

    clear() {
      this.truth = { t_s: [], ...Object.fromEntries(NAMES.map((n) => [n, []])) };
      this.last = null;
      this.ahead = null;
    }

    // -- asking -------------------------------------------------------------------------------------------------------

    async ask() {
      if (this.asking) { this.again = true; return; } // asked for after a tap: what is on its way may know nothing of it
      this.asking = true;
      this.again = false;
      try {
        const since = this.truth.t_s.length ? this.truth.t_s[this.truth.t_s.length - 1] : -1;
        const response = await fetch(`/train/api/state?since=${since}`);
        if (!response.ok) throw new Error(String(response.status));
        const told = await response.json();
        if (!this.stopped) this.show(told);
      } catch {
        if (!this.stopped) setData(this.root, "state", "lost");
      } finally {
        this.asking = false;
        if (this.again && !this.stopped) this.ask();
      }
    }

    async post(body) {
      if (!this.by) { this._say("Say first who the trainer is.", true); return null; }
      try {
        const response = await fetch("/train/api/do", {
          method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ by: this.by, ...body }),
        });
        const answer = await response.json();
        if (!response.ok) { this._say(answer.error, true); return null; }
        this.ask();
        return answer;
      } catch {
        this._say("Not done: the server does not answer.", true);
        return null;
      }
    }

    _say(words, bad = false) {
      const node = this.find("muted");
      setText(node, words);
      setData(node, "tone", bad ? "bad" : "");
      this.saidAt = performance.now();
    }

    // -- showing ------------------------------------------------------------------------------------------------------

    show(told) {
      this.waves.follow(told);
      if (this.session !== told.session || (this.last && told.t_s < this.last.t_s - 1)) {
        this.session = told.session;
        this.clear();
        if (told.session && told.truth.t_s.length && told.truth.t_s[0] > 0) { this.ask(); return; }
      }
      this.last = told;
      setData(this.root, "state", told.state);
      const on = told.state === "running" || told.state === "paused";
      for (const node of this.root.querySelectorAll("[data-do]:not(.train-cue-now), .train-pin-value, .train-comment")) node.disabled = !on;
      const recorded = Boolean(told.scenario && told.scenario.recorded);
      infusion.trainRecorded(this.root, recorded, on);
      for (let i = 0; i < told.truth.t_s.length; i++) {
        this.truth.t_s.push(told.truth.t_s[i]);
        for (const name of NAMES) this.truth[name].push(told.truth[name][i]);
      }
      setText(this.find("clock"), on ? clock(told.t_s) : told.state === "making" ? "making …" : "––:––");
      const pause = this.root.querySelector("[data-do=pace]");
      setText(pause, told.state === "paused" ? "Go on" : "Pause");
      for (const node of this.root.querySelectorAll("[data-do=speed]")) node.setAttribute("aria-pressed", String(Number(node.dataset.speed) === told.speed));
      if (!this.saidAt || performance.now() - this.saidAt > 5000) this._quiet(this._paceWords(told));
      if (on) this._foresee();
      this._scenario(told);
      this._try(told);
      this._rows(told);
      this._lastMark(parts.marks(this.find("marks"), told, (mark) => this._rewind(mark)));
      this._now(told);
      parts.score(this.find("score"), this.find("unscored"), told);
      parts.mirror(this.find("mirror"), this.find("watched"), told);
      for (const node of this.root.querySelectorAll("[data-do=inject]")) node.setAttribute("aria-pressed", String(told.lasting.includes(node.dataset.label)));
      const isSaid = this.tell.show(told);
      for (const node of this.root.querySelectorAll(".train-cues [data-do=cue]")) node.setAttribute("aria-pressed", String(isSaid(node.dataset.cue, node.dataset.text)));
      if (told.ended && !(this.saidAt && performance.now() - this.saidAt < 5000)) this._quiet(`the scenario is over: ${told.ended}`);
      if (on) this._draw();
    }

    /** The untouched course of the run, once; it does not change whatever is done. */
    async _foresee() {
      if (this.ahead) return;
      if (this.last.scenario.recorded) {
        this.ahead = { session: this.session };
        setText(this.find("untouched"), "");
        return;
      }
      const { session } = this;
      this.ahead = { session };
      const words = this.find("untouched");
      setText(words, "untouched: being worked out …");
      let found = null;
      try {
        const response = await fetch(`/train/api/untouched?session=${encodeURIComponent(session)}`);
        if (response.ok) found = await response.json();
      } catch { /* said below */ }
      if (this.stopped || !this.ahead || this.ahead.session !== session || (found && found.on === false)) return;
      setText(words, found ? "untouched: dashed" : "untouched: could not be worked out");
      if (found) this.ahead = { session, ...found };
    }

    _paceWords(told) {
      if (told.state === "paused") return "The run stands still: “Go on” when all are ready.";
      if (told.speed > 1) return "sound off, nothing scored";
      const paced = told.rows.findLast((one) => one.type === "run_paced");
      const slowed = told.rows.findLast((one) => one.type === "run_slowed");
      return slowed && paced && paced.t_s - slowed.t_s < 1 && paced.t_s >= slowed.t_s ? slowed.text : "";
    }

    _quiet(words) {
      setText(this.find("muted"), words);
      setData(this.find("muted"), "tone", this.last && this.last.state === "paused" ? "paused" : "");
    }

    /** A trainee acts while time goes on: what is tapped while it stands would be done in no time. */
    async _act(body) {
      const { state, t_s } = this.last || {};
      if (state === "paused" && !(window.confirm(`The run stands still at ${clock(t_s)}. Let it go on, and keep this from then on?`) && (await this.post({ do: "resume" })))) return;
      await this.post(body);
    }

    /** What is tapped while the run stands still counts for that one moment: whoever meant it to go on is told. */
    async _steer(body) {
      const { state, t_s } = this.last || {};
      if ((await this.post(body)) && state === "paused") this._say(`Kept for ${clock(t_s)}: the run stands still. “Go on” starts it.`, true);
    }

    _scenario(told) {
      const place = this.find("scenario");
      const key = told.scenario ? told.session : `idle ${this.by} ${told.cut_off ? told.cut_off.session : ""}`;
      if (place.dataset.key !== key) {
        place.dataset.key = key;
        place.replaceChildren(...(told.scenario ? this._about(told) : [...infusion.trainCutOff(this, told.cut_off), ...this._picker()]));
      }
      const script = this.find("script");
      const on = Boolean(told.scenario);
      const story = on && this.ahead && this.ahead.story ? this.ahead.story.map((one) => ({ ...one, expected: true })) : [];
      const steps = [...told.script, ...story].sort((one, other) => one.t_s - other.t_s).map((step) => [step, !step.expected && step.t_s <= told.t_s]);
      const shown = JSON.stringify(steps.map(([step, done]) => [step.t_s, done]));
      if (script.dataset.shown === shown) return;
      script.dataset.shown = shown;
      const now = steps.findLast(([, done]) => done);
      script.replaceChildren(...steps.map((one) => {
        const [step, done] = one;
        const words = one === now ? `▶ ${step.text}` : done ? `✓ ${step.text}` : step.text;
        return el("div", { class: "train-step", "data-done": String(done), "data-now": String(one === now) }, el("span", { class: "tabular" }, clock(step.t_s)), el("span", {}, words));
      }));
      // What happens now stays in sight, with the step before it.
      const node = script.querySelector("[data-now=true]");
      if (node) script.scrollTop = node.offsetTop - script.offsetTop - node.offsetHeight;
    }

    _about(told) {
      const { scenario } = told;
      const [kind, seed] = scenario.recorded ? ["Recording", ""] : ["Scenario", ` · seed ${told.seed}`];
      return [el("h2", {}, kind), el("h1", {}, scenario.title), el("p", {}, `${scenario.about} · ${scenario.profile}${seed}`)];
    }

    _picker() {
      const rows = this.config.scenarios.map((one) =>
        el("div", { class: "train-pick" },
          el("button", { type: "button", class: "btn train-scenario-pick", "data-scenario": one.id, onclick: () => this._start(one, one.from_s) },
            el("b", {}, one.title), el("span", {}, `${one.own ? "your own · " : ""}${one.about} · ${one.profile}`),
            el("span", {}, one.from_s ? `begins at ${clock(one.from_s)} of its ${one.minutes} min` : `${one.minutes} min, from the beginning`)),
          one.from_s ? el("button", { type: "button", class: "btn train-from-0", title: "From the patient's arrival, 00:00", onclick: () => this._start(one, 0) }, "from the start") : null));
      return [el("h2", {}, "Choose a scenario"), el("p", {}, `${this.by ? "" : "Say first who the trainer is, top right. "}A scenario begins shortly before something happens. Pause it while you prepare.`), el("div", { class: "train-picks" }, rows),
        ...infusion.trainCases((chosen, fromS) => this._start(chosen, fromS), (words, bad) => this._say(words, bad))];
    }

    /** The scenario that was asked for in the address begins once, as soon as somebody trains. */
    _try(told) {
      if (!this.wanted) return;
      const one = this.config.scenarios.find((each) => each.id === this.wanted);
      if (told.state === "idle" && one && !this.by) { this._say("Say first who the trainer is: the scenario begins then."); return; }
      this.wanted = null;
      history.replaceState(null, "", location.pathname);
      if (told.state === "idle" && one) this._start(one, 0);
      else this._say(one ? "A run is on; end it first, then choose the scenario." : "That scenario is not here.", true);
    }

    async _start(one, fromS) {
      if (this.starting) return;
      this.starting = true;
      this._say("making what came before …");
      if (await this.post({ do: "start", ...(one.case ? { case: one.case } : { scenario: one.id }), from_s: fromS })) this._quiet("");
      this.starting = false;
    }

    _rows(told) {
      const place = this.find("rows");
      const shown = `${told.session} ${told.rows.length}`;
      if (place.dataset.shown === shown) return;
      place.dataset.shown = shown;
      const rows = told.rows.slice(-200).reverse().map((one) =>
        el("div", { class: "train-row", "data-trainer": String(one.trainer), "data-priority": one.priority },
          el("span", { class: "tabular" }, clock(one.t_s)), el("span", {}, one.text), el("span", { class: "train-by" }, one.by === "system" || one.type === "trainee_named" ? "" : one.by)));
      place.replaceChildren(...(rows.length ? rows : [el("p", { class: "train-empty" }, "Nothing yet.")]));
    }

    _lastMark(mark) {
      const node = this.root.querySelector("[data-do=rewind]");
      this.mark = mark;
      setText(node, mark ? `⟲ Back to ${clock(mark.t_s)}` : "⟲ Back");
      node.title = mark ? `Go back to the last mark: ${mark.text}` : "No mark yet: ★ Mark keeps a moment to go back to";
      node.setAttribute("aria-label", mark ? `Go back to the last mark, ${clock(mark.t_s)}` : node.title);
      if (!mark) node.disabled = true;
    }

    async _rewind(mark) {
      if (!window.confirm(`Go back to ${clock(mark.t_s)}? This run is kept; a new one begins there, paused until “Go on”.`)) return;
      this._say("making what came before …");
      if (await this.post({ do: "rewind", to_s: mark.t_s })) this._quiet("");
    }

    _now(told) {
      const { truth } = told;
      const i = truth.t_s.length - 1;
      if (i < 0) return;
      if (told.scenario && told.scenario.recorded) { setText(this.find("now"), infusion.recordedNow(truth, i)); return; }
      const at = (name, digits = 0) => (truth[name][i] === null ? "–" : number(truth[name][i], digits));
      setText(this.find("now"), [
        `SaO₂ ${at("sao2")} %`, `PaCO₂ ${at("paco2")} mmHg`, `BP ${at("sbp")}/${at("dbp")}`, `HR ${at("hr")}`, told.breathing,
        `Ce ${at("ce")} ng/mL`, `MOAA/S ${at("moaas")}`, `pump ${at("rate_mg_h", 1)} mg/h, reaching ${at("delivered_mg_h", 1)}`, `FiO₂ ${number(100 * truth.fio2[i])} %`,
      ].join(" · "));
      for (const node of this.root.querySelectorAll("[data-pin]")) {
        const pinned = node.dataset.pin in told.pinned;
        const now = this.find(`pin-${node.dataset.pin}`);
        setText(now, pinned ? `pinned ${number(told.pinned[node.dataset.pin])}` : "model");
        setData(now, "pinned", String(pinned));
        setText(this.root.querySelector(`[data-do=pin][data-signal=${node.dataset.pin}]`), pinned ? "release" : "pin");
      }
    }

    async _draw() {
      const node = this.find("plot");
      if (this.drawing || document.hidden || !node.clientWidth) return;
      this.drawing = true;
      try {
        const Plotly = await infusion.plotly();
        if (this.stopped) return;
        const figure = infusion.trainFigure(this.truth, getComputedStyle(node), node.clientWidth, node.clientHeight, null, this.last.scenario.recorded ? infusion.recordedRows : undefined, this.ahead && this.ahead.curves);
        await Plotly.react(node, figure.data, figure.layout, { staticPlot: true, displayModeBar: false });
        setData(node, "draws", String(Number(node.dataset.draws || 0) + 1));
      } finally {
        this.drawing = false;
      }
    }

    // -- acting -------------------------------------------------------------------------------------------------------

    _click(event) {
      const node = event.target.closest("[data-do]");
      if (!node || node.disabled) return;
      const told = this.last || {};
      const effect = node.dataset.effect ? JSON.parse(node.dataset.effect) : null;
      const acts = {
        inject: () => this._steer(told.lasting.includes(node.dataset.label) ? { do: "end_inject", label: node.dataset.label } : { do: "inject", label: node.dataset.label, effect }),
        act: () => this._act({ do: "act", action: node.dataset.label, effect }),
        cue: () => this._steer({ do: "cue", cue: node.dataset.cue, text: node.dataset.text }),
        mark: () => this._mark(),
        comment: () => this._comment(),
        rewind: () => this._rewind(this.mark),
        pace: () => this.post({ do: told.state === "paused" ? "resume" : "pause" }),
        speed: () => this.post({ do: "speed", speed: Number(node.dataset.speed) }),
        pin: () => this._pin(node),
        restart: () => { if (window.confirm("Begin again with the same patient? This run is kept.")) this.post({ do: "restart" }); },
        end: () => this._end(),
      };
      setData(node, "tapped", "true");
      setTimeout(() => setData(node, "tapped", ""), 400);
      acts[node.dataset.do]();
    }

    _pin(node) {
      const { signal } = node.dataset;
      if (this.last && signal in this.last.pinned) {
        this.post({ do: "inject", label: `${signal} back to the model`, effect: { kind: "release", signal } });
        return;
      }
      const field = this.root.querySelector(`[data-pin="${signal}"]`);
      const value = Number(field.value);
      if (field.value === "" || !Number.isFinite(value)) { this._say("Type the value that the monitor shall show.", true); field.focus(); return; }
      this.post({ do: "inject", label: `${signal} pinned at ${value}`, effect: { kind: "override", signal, value, over_s: 5 } });
    }

    /** Words that stand in the field are its name. */
    async _mark() {
      const field = this.find("comment");
      const label = field.value.trim();
      if (await this.post({ do: "mark", label }) && field.value.trim() === label) field.value = "";
    }

    async _comment() {
      const field = this.find("comment");
      const text = field.value.trim();
      if (!text) { field.focus(); return; }
      if (await this.post({ do: "comment", text }) && field.value.trim() === text) field.value = "";
    }

    async _end() {
      if (!window.confirm("End the run? The debrief opens.")) return;
      const answer = await this.post({ do: "end" });
      if (answer) location.href = `/train/${answer.session}`;
    }

    _person() {
      const place = this.find("person");
      const select = el("select", { "aria-label": "Who is the trainer", onchange: (event) => {
        this.by = event.target.value || null;
        if (this.by) sessionStorage.setItem(BY_KEY, this.by);
      } }, el("option", { value: "" }, "Who is the trainer?"), ...this.config.people.map((name) => el("option", { value: name, selected: name === this.by ? "selected" : null }, name)));
      place.replaceChildren(select);
    }

    close() {
      this.stopped = true;
      clearInterval(this.timer);
      this.waves.close();
    }
  }

  // Dash puts the page in and takes it out; a cheap look at each change is enough.
  let room = null;
  let debrief = null;
  let queued = false;
  function watch() {
    const root = document.getElementById("train");
    const over = document.getElementById("debrief");
    if (debrief && debrief.root !== over) { debrief.close(); debrief = null; }
    if (over && !debrief && over.dataset.config) debrief = new infusion.Debrief(over);
    if (room && room.root !== root) { room.close(); room = infusion.trainRoom = null; }
    if (root && !room && root.dataset.config) room = infusion.trainRoom = new Room(root);
  }
  new MutationObserver(() => {
    if (queued) return;
    queued = true;
    setTimeout(() => { queued = false; watch(); }, 0);
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
