/* The scenario editor: a text with its line numbers, what is wrong with it by line, and what the patient does when nobody acts. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el, setText, setData, runClock: clock, uuid } = infusion.format;
  const CHECK_MS = 300;
  const PREVIEW_MS = 900;
  const API = "/train/api/scenarios";
  const ID_LINE = /^([ \t]*id[ \t]*=[ \t]*)(?:"[^"\n]*"|'[^'\n]*')/m;

  class Editor {
    constructor(root) {
      this.root = root;
      this.config = JSON.parse(root.dataset.config);
      this.owner = uuid();
      this.checked = null; // the text that the problems are about
      this.problems = [];
      this.asked = 0;
      this._fields();
      this.saved = this.config.text.replace(/\r\n?/g, "\n");
      this.text.value = this.saved;
      this.onTheme = () => this._draw();
      this.onLeave = (event) => { if (this._dirty()) event.preventDefault(); };
      document.addEventListener("infusion-theme", this.onTheme);
      window.addEventListener("beforeunload", this.onLeave);
      this.sizes = new ResizeObserver(() => this._draw());
      this.sizes.observe(this.find("plot"));
      root.addEventListener("click", (event) => this._click(event));
      this._typed();
    }

    find(name) {
      return this.root.querySelector(`[data-el="${name}"]`);
    }

    /** Fields are made here: the page's framework has none that it would not write into itself. */
    _fields() {
      const { config } = this;
      const copy = !config.own || location.hash === "#new";
      this.own = config.own && !copy;
      this.gutter = el("div", { class: "scenario-gutter", "aria-hidden": "true" });
      this.text = el("textarea", { class: "scenario-area", wrap: "off", spellcheck: "false", autocomplete: "off", autocapitalize: "off", "aria-label": "Text of the scenario" });
      this.find("text").replaceChildren(this.gutter, this.text);
      this.id = el("input", { class: "scenario-name", type: "text", maxlength: "60", spellcheck: "false", autocomplete: "off", value: copy ? `my-${config.id}`.slice(0, 60) : config.id, "aria-label": "Id to save under" });
      this.find("id").replaceChildren(el("label", {}, el("span", {}, "id"), this.id));
      this.text.addEventListener("input", () => this._typed());
      this.text.addEventListener("scroll", () => { this.gutter.scrollTop = this.text.scrollTop; });
      this.text.addEventListener("keydown", (event) => { if ((event.ctrlKey || event.metaKey) && event.key === "s") { event.preventDefault(); this.save(); } });
      this.id.addEventListener("input", () => this._buttons());
    }

    // -- checking -----------------------------------------------------------------------------------------------------

    _dirty() {
      return this.text.value !== this.saved;
    }

    _typed() {
      this._numbers();
      this._buttons();
      setData(this.root, "state", "checking");
      clearTimeout(this.checking);
      clearTimeout(this.previewing);
      const number = ++this.asked; // whatever was asked before is about an older text
      this._fresh(this.told ? "older text" : "");
      this.checking = setTimeout(() => this._check(number), CHECK_MS);
    }

    async _post(path, body) {
      const response = await fetch(`${API}/${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      return { status: response.status, ok: response.ok, ...(await response.json()) };
    }

    async _check(number) {
      const text = this.text.value;
      try {
        const answer = await this._post("check", { text });
        if (number !== this.asked || this.stopped) return;
        this.problems = answer.ok ? answer.problems : [{ line: 1, key: "", text: answer.error }];
        this.checked = text;
      } catch {
        if (number !== this.asked || this.stopped) return;
        this.problems = [];
        this.checked = null;
        this._say("The server does not answer: nothing is checked.", true);
        this.checking = setTimeout(() => this._check(number), 2000);
        setData(this.root, "state", "lost");
        return;
      }
      if (this.root.dataset.state === "lost") this._say("");
      this._showProblems();
      this._buttons();
      if (!this.problems.length) this.previewing = setTimeout(() => this._preview(number), this.told ? PREVIEW_MS - CHECK_MS : 0);
    }

    _numbers() {
      const lines = this.text.value.split("\n").length;
      if (this.gutter.childElementCount === lines) return;
      this.gutter.replaceChildren(...Array.from({ length: lines }, (_, i) => el("div", { class: "scenario-number" }, String(i + 1))));
      this._marks();
      this.gutter.scrollTop = this.text.scrollTop;
    }

    _marks() {
      const wrong = new Map(this.problems.map((one) => [one.line, one.text]));
      [...this.gutter.children].forEach((node, i) => {
        setData(node, "wrong", wrong.has(i + 1) ? "true" : "");
        node.title = wrong.get(i + 1) || "";
      });
    }

    _showProblems() {
      const { problems } = this;
      this._marks();
      setData(this.root, "state", problems.length ? "wrong" : "right");
      this.find("problems").replaceChildren(...(problems.length
        ? problems.map((one) => el("button", { type: "button", class: "scenario-problem", "data-line": one.line }, el("b", { class: "tabular" }, `line ${one.line}`), el("span", {}, one.key ? `${one.key}: ${one.text}` : one.text)))
        : [el("p", { class: "scenario-passes" }, "✓ Nothing is wrong with it.")]));
      if (problems.length) this._fresh(this.told ? "of the text before the mistake" : "no preview while there are mistakes");
    }

    /** The cursor on that line, and the line in sight. */
    _goTo(line) {
      const rows = this.text.value.split("\n");
      const at = rows.slice(0, line - 1).reduce((sum, row) => sum + row.length + 1, 0);
      this.text.focus();
      this.text.setSelectionRange(at, at + (rows[line - 1] || "").length);
      const height = this.gutter.firstElementChild.getBoundingClientRect().height;
      this.text.scrollTop = Math.max(0, (line - 1) * height - this.text.clientHeight / 2);
      this.text.scrollLeft = 0;
    }

    // -- preview ------------------------------------------------------------------------------------------------------

    async _preview(number) {
      this._fresh("working it out …");
      try {
        const told = await this._post("preview", { owner: this.owner, text: this.text.value });
        if (number !== this.asked || this.stopped || told.dropped) return;
        if (!told.ok) { this._fresh(told.error, true); return; }
        this.told = told;
        this._fresh(told.whole ? "" : `the first ${clock(told.to_s)} of ${clock(told.duration_s)}: a preview shows no more`);
        this.find("expected").replaceChildren(...infusion.scenarioExpected(told));
        await this._draw();
      } catch {
        if (number === this.asked && !this.stopped) this._fresh("no preview: the server does not answer", true);
      }
    }

    _fresh(words, bad = false) {
      setText(this.find("fresh"), words);
      setData(this.find("fresh"), "tone", bad ? "bad" : "");
    }

    async _draw() {
      const node = this.find("plot");
      if (!this.told || !node.clientWidth || this.drawing) return;
      this.drawing = true;
      try {
        const Plotly = await infusion.plotly();
        if (this.stopped) return;
        const { told } = this;
        const figure = infusion.scenarioFigure(told, getComputedStyle(node), node.clientWidth, node.clientHeight);
        await Plotly.react(node, figure.data, figure.layout, { staticPlot: true, displayModeBar: false });
        this.find("lane").replaceChildren(...infusion.scenarioLane(told, figure.layout.xaxis.range));
        setData(node, "draws", String(Number(node.dataset.draws || 0) + 1));
        if (told !== this.told) setTimeout(() => this._draw(), 0);
      } finally {
        this.drawing = false;
      }
    }

    // -- keeping ------------------------------------------------------------------------------------------------------

    _say(words, bad = false) {
      setText(this.find("said"), words);
      setData(this.find("said"), "tone", bad ? "bad" : "");
    }

    _buttons() {
      const passes = this.checked === this.text.value && !this.problems.length;
      const renamed = !this.own || this.id.value !== this.config.id;
      const save = this.root.querySelector("[data-do=save]");
      save.disabled = !passes || (!renamed && !this._dirty());
      save.textContent = renamed ? "Save as new" : "Save";
      const unsaved = !this.own ? this._dirty() || this.config.own || location.hash === "#new" : this._dirty();
      const attempt = this.root.querySelector("[data-do=try]");
      attempt.disabled = !passes || unsaved;
      attempt.title = !passes ? "Not while there are mistakes" : unsaved ? "Save it first" : "Begins in the training room";
      const away = this.root.querySelector("[data-do=delete]");
      if (away) away.disabled = !this.own;
    }

    async save() {
      if (this.root.querySelector("[data-do=save]").disabled || this.saving) return;
      this.saving = true;
      const id = this.id.value.trim();
      const fresh = !this.own || id !== this.config.id;
      // The text calls itself as it is saved.
      const before = this.text.value;
      const text = before.replace(ID_LINE, (_, start) => `${start}"${id}"`);
      try {
        const answer = await this._post("save", { id, text, seen: fresh ? null : this.config.digest });
        if (!answer.ok) { this._say(answer.error, true); return; }
        this.saved = text;
        if (this.text.value === before && text !== before) { this.text.value = text; this._typed(); }
        if (fresh) { location.assign(`/train/scenarios/${id}`); return; }
        this.config.digest = answer.digest;
        this._say("Saved.");
        this._buttons();
      } catch {
        this._say("Not saved: the server does not answer.", true);
      } finally {
        this.saving = false;
      }
    }

    async _delete() {
      if (!window.confirm(`Delete ${this.config.id}? A copy is kept as ${this.config.id}.toml.bak.`)) return;
      try {
        const answer = await this._post("delete", { id: this.config.id, seen: this.config.digest });
        if (!answer.ok) { this._say(answer.error, true); return; }
        this.saved = this.text.value;
        location.assign("/train/scenarios");
      } catch {
        this._say("Not deleted: the server does not answer.", true);
      }
    }

    _click(event) {
      const problem = event.target.closest("[data-line]");
      if (problem) { this._goTo(Number(problem.dataset.line)); return; }
      const number = event.target.closest(".scenario-number");
      if (number) { this._goTo(Number(number.textContent)); return; }
      const button = event.target.closest("[data-do]");
      if (!button || button.disabled) return;
      const acts = { save: () => this.save(), delete: () => this._delete(), try: () => location.assign(`/train#try-${this.config.id}`) };
      acts[button.dataset.do]();
    }

    close() {
      this.stopped = true;
      clearTimeout(this.checking);
      clearTimeout(this.previewing);
      this.sizes.disconnect();
      document.removeEventListener("infusion-theme", this.onTheme);
      window.removeEventListener("beforeunload", this.onLeave);
    }
  }

  // Dash puts the page in and takes it out; a cheap look at each change is enough.
  let editor = null;
  let queued = false;
  function watch() {
    const root = document.getElementById("scenario");
    if (editor && editor.root !== root) { editor.close(); editor = infusion.scenarioEditor = null; }
    if (root && !editor && root.dataset.config) editor = infusion.scenarioEditor = new Editor(root);
  }
  new MutationObserver(() => {
    if (queued) return;
    queued = true;
    setTimeout(() => { queued = false; watch(); }, 0);
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
