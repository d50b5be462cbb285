/* Panels: opened by a button or a letter, closed by Esc, and written only by their Save button.

   A panel keeps its entry until the server says that it is on disk. A retry of the same entry carries the same id, so that
   an answer lost on the way, or a double tap, never records twice. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el, uuid } = infusion.format;
  const ANSWER_MS = 12000; // the server itself gives up on its disk after 10 s
  const MAX_BACK_S = 600;

  /** POST one entry. Resolves to the answer; rejects with {message, field} in words for the person at the bed. */
  async function post(body) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), ANSWER_MS);
    let response, answer;
    try {
      response = await fetch("/live/record", {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal: stop.signal,
      });
      answer = await response.json();
    } catch {
      throw { message: "Not saved: the server does not answer. Your entry is kept here; try again." };
    } finally {
      clearTimeout(timer);
    }
    if (response.status === 200 && answer.ok) return answer;
    throw { message: `Not saved: ${answer.error || `the server answered ${response.status}`}`, field: answer.field };
  }

  class Dialogs {
    constructor(root, app) {
      this.root = root;
      this.app = app;
      this.current = null;
    }

    get isOpen() {
      return this.current !== null;
    }

    /** Open the panel `name`; another one that is open gives way. */
    open(name, argument) {
      const make = infusion.forms[name];
      if (!make) return;
      this.close();
      const form = make(this.app, argument);
      if (!form) return;
      this.back = document.activeElement;
      this.current = { name, form, session: sessionOf(this.app), ids: new Map(), busy: false };
      this.root.replaceChildren(this._frame(name, form));
      this.root.dataset.shown = name;
      const first = this.root.querySelector("[data-first]") || this.root.querySelector(".dialog");
      first.focus({ preventScroll: true });
    }

    /** What time or a message changes in the panel that is open; four times a second. */
    tick() {
      if (this.current && this.current.form.tick) this.current.form.tick();
    }

    close() {
      if (!this.current) return;
      if (this.current.form.onclose) this.current.form.onclose();
      this.current = null;
      delete this.root.dataset.shown;
      this.root.replaceChildren();
      if (this.back && this.back.isConnected && this.back.blur) this.back.blur();
    }

    _frame(name, form) {
      this.error = el("div", { class: "dialog-error", role: "alert" });
      const foot = el("div", { class: "dialog-foot" });
      if (form.collect) {
        foot.append(this._person());
        if (form.backdate) foot.append(this._backdate());
        this.saveButton = el("button", { class: "save", type: "button", "data-save": name, onclick: () => this.save() }, form.save || "Save");
        foot.append(el("button", { class: "cancel", type: "button", onclick: () => this.close() }, "Cancel (Esc)"), this.saveButton);
      } else foot.append(el("button", { class: "cancel", type: "button", onclick: () => this.close() }, "Close (Esc)"));
      const box = el(
        "div",
        { class: `dialog dialog-${name}`, role: "dialog", "aria-label": form.title, tabindex: "-1", onkeydown: (e) => this._keepFocus(e) },
        el("div", { class: "dialog-head" },
          el("h2", {}, form.title),
          form.hint ? el("p", { class: "dialog-hint" }, form.hint) : null),
        el("div", { class: "dialog-body" }, form.body),
        this.error,
        foot,
      );
      return el("div", { class: "dialog-veil", onpointerdown: (e) => { if (e.target.classList.contains("dialog-veil")) this._nudge(); } }, box);
    }

    /** A tap beside the panel must not lose an entry: it only points at the panel. */
    _nudge() {
      const box = this.root.querySelector(".dialog");
      if (this.current && !this.current.form.collect) this.close();
      else box.focus({ preventScroll: true });
    }

    _keepFocus(event) {
      if (event.key !== "Tab") return;
      const stops = [...event.currentTarget.querySelectorAll("button, input, textarea, select, a[href]")].filter((n) => !n.disabled && n.offsetParent);
      if (!stops.length) return;
      const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
      if (document.activeElement === edge || document.activeElement === event.currentTarget) {
        event.preventDefault();
        (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
      }
    }

    _person() {
      const by = this.app.person;
      if (by) return el("div", { class: "meta-person" }, "by ", el("b", {}, by));
      const picker = infusion.personPicker(this.app, () => {
        const named = this._person();
        row.replaceWith(named);
      });
      const row = el("div", { class: "meta-person missing" }, el("span", {}, "Who is recording?"), picker);
      return row;
    }

    _backdate() {
      const form = this.current ? this.current.form : null;
      const options = [[0, "now"], [60, "1"], [120, "2"], [300, "5"], [600, "10 min ago"]];
      this.backChoiceS = 0;
      const buttons = options.map(([s, label]) =>
        el("button", { type: "button", class: "chip-choice", "aria-pressed": s === 0 ? "true" : "false", onclick: () => pick(s) }, label));
      const pick = (s) => {
        this.backChoiceS = s;
        buttons.forEach((b, i) => b.setAttribute("aria-pressed", options[i][0] === s ? "true" : "false"));
        if (form && form.onback) form.onback(s);
      };
      return el("div", { class: "meta-back", role: "group", "aria-label": "When" }, el("span", {}, "When"), ...buttons);
    }

    async save() {
      const open = this.current;
      if (!open || open.busy) return;
      const box = this.root.querySelector(".dialog");
      for (const node of box.querySelectorAll(".wrong")) node.classList.remove("wrong");
      if (!this.app.person) return this._fail({ message: "Say first who is recording." });
      let entries;
      try {
        entries = [open.form.collect()].flat();
      } catch (problem) {
        if (problem instanceof Error) throw problem;
        return this._fail(problem);
      }
      const backS = open.form.backdate ? this.backChoiceS : 0;
      this._busy(true);
      try {
        const answers = [];
        for (const entry of entries) answers.push(await this._post(open, entry, backS));
        if (this.current !== open) return;
        const hints = answers.flatMap((answer) => answer.warnings || []).map((words) => ` · ${words}`).join("");
        const said = answers.length === 1 ? answers[0].text || open.form.title : `${answers.length} entries: ${open.form.title}`;
        this.app.notice(`Saved · ${said}${hints}`, hints ? "warn" : "good");
        if (open.form.onsaved) open.form.onsaved(answers[0]);
        if (this.current === open) this.close();
      } catch (problem) {
        if (problem instanceof Error) throw problem;
        if (this.current === open) this._fail(problem);
        else this.app.notice(problem.message, "bad");
      } finally {
        if (this.current === open) this._busy(false);
      }
    }

    /** One entry of the panel. The same entry keeps its id over retries; a changed one is another entry. */
    _post(open, entry, backS) {
      const body = { bed: this.app.bed.id, session: open.session, by: this.app.person, ...entry };
      const key = JSON.stringify([body, backS]);
      if (!open.ids.has(key)) open.ids.set(key, { id: uuid(), at: performance.now() });
      const { id, at } = open.ids.get(key);
      const waitedS = Math.round((performance.now() - at) / 1000);
      // It happened when it was first saved; a limit, though, is in force from the moment that it is on record.
      const totalS = open.form.fromNow ? 0 : Math.min(MAX_BACK_S, backS + (waitedS > 10 ? waitedS : 0));
      if (totalS > 0) body.back_s = totalS;
      return post({ id, ...body });
    }

    _busy(busy) {
      this.current.busy = busy;
      this.saveButton.disabled = busy;
      this.saveButton.textContent = busy ? "Saving …" : this.current.form.save || "Save";
      if (busy) this.error.textContent = "";
    }

    _fail(problem) {
      this.error.textContent = problem.message;
      const field = problem.field && this.root.querySelector(`[data-field="${CSS.escape(problem.field)}"]`);
      if (field) {
        field.classList.add("wrong");
        const input = field.querySelector("input, textarea, button");
        if (input) input.focus();
      }
    }
  }

  const sessionOf = (app) => (app.bed.session ? app.bed.session.id : null);

  /** One entry outside a panel's Save: who, where, and for which session; sent to another session it is refused. */
  infusion.entryOf = (app, fields) => ({ id: uuid(), bed: app.bed.id, session: sessionOf(app), by: app.person, ...fields });

  infusion.forms = infusion.forms || {};
  infusion.Dialogs = Dialogs;
  infusion.post = post;
})();
