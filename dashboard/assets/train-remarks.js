/* What a trainer remarks on a run that is over: a place under each line of the score sheet, and one for the run. A text counts as saved only
   when it is on the disk; until then it stands here, with what went wrong, and is still here after the page was left and opened again. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el, setText, setData, timeOfDay, uuid } = infusion.format;
  const BY_KEY = "infusion.trainer"; // as the training room has it
  const AGAIN_MS = [400, 1500]; // the same remark, with the same id: it is recorded once
  const LONGEST = 2000; // as the record has it

  class Remarks {
    constructor(session, people) {
      this.session = session;
      this.people = people;
      this.key = `infusion.remarks.${session}`;
      this.saved = new Map(); // about -> { text, by, at }
      this.places = new Map(); // about -> its element
      this.drafts = this._read();
      const known = this._stored(BY_KEY);
      this.by = people.includes(known) ? known : "";
      this.leaving = (event) => { if (this.unsaved()) event.preventDefault(); };
      window.addEventListener("beforeunload", this.leaving);
    }

    unsaved() {
      return Object.entries(this.drafts).some(([about, draft]) => draft.text.trim() !== (this.saved.get(about) || { text: "" }).text);
    }

    _stored(key) {
      try { return sessionStorage.getItem(key) || ""; } catch { return ""; }
    }

    _read() {
      try { return JSON.parse(this._stored(this.key) || "{}"); } catch { return {}; }
    }

    _keep() {
      try {
        if (Object.keys(this.drafts).length) sessionStorage.setItem(this.key, JSON.stringify(this.drafts));
        else sessionStorage.removeItem(this.key);
      } catch { /* it stands on the page all the same */ }
    }

    // -- places -------------------------------------------------------------------------------------------------------

    who() {
      return el("select", { class: "pick", "aria-label": "Who comments", onchange: (event) => {
        this.by = event.target.value;
        try { sessionStorage.setItem(BY_KEY, this.by); } catch { /* it just does not remember */ }
      } }, el("option", { value: "" }, "Who comments?"), ...this.people.map((name) => el("option", { value: name, selected: name === this.by }, name)));
    }

    /** The line's own button, and the place below it for what is said of `about`, empty: the run as a whole. `words`: what it is about,
        for those who do not see it. */
    place(about, words) {
      const open = el("button", { type: "button", class: "btn remark-open", "aria-label": `Comment on ${words}`, onclick: () => this._open(about) }, "Comment");
      const node = el("div", { class: "remark", "data-about": about });
      // Keys typed here belong to the text: nothing else on any page listens to them.
      for (const kind of ["keydown", "keypress", "keyup"]) node.addEventListener(kind, (event) => { if (event.target.tagName === "TEXTAREA") event.stopPropagation(); });
      this.places.set(about, { node, words, open });
      return [open, node];
    }

    show(remarks) {
      this.saved = new Map(remarks.map((one) => [one.about, one]));
      for (const about of this.places.keys()) this._paint(about);
    }

    _paint(about) {
      const { node, open } = this.places.get(about);
      const draft = this.drafts[about];
      if (draft && node.querySelector("textarea")) return; // somebody is writing there
      if (draft) { this._edit(about); return; }
      const one = this.saved.get(about);
      setData(node, "state", one ? "saved" : "empty");
      open.disabled = false;
      setText(open, one ? "Change" : "Comment");
      if (!one) { node.replaceChildren(); return; }
      const at = new Date(one.at);
      node.replaceChildren(
        el("p", { class: "remark-text" }, one.text),
        el("span", { class: "train-by" }, `${one.by}, ${infusion.format.dayOf(at)} ${timeOfDay(at, false)}`));
    }

    _open(about) {
      this.drafts[about] = { text: (this.saved.get(about) || { text: "" }).text };
      this._edit(about);
      this.places.get(about).node.querySelector("textarea").focus();
    }

    _edit(about) {
      const { node, words, open } = this.places.get(about);
      const draft = this.drafts[about];
      open.disabled = true;
      const field = el("textarea", { class: "remark-field", rows: about ? "2" : "3", maxlength: String(LONGEST), "aria-label": `Comment on ${words}` });
      field.value = draft.text;
      field.addEventListener("input", () => {
        draft.text = field.value;
        delete draft.id; // other words are another entry
        delete draft.error;
        this._keep();
        this._say(about, "not saved yet");
      });
      node.replaceChildren(field, el("div", { class: "remark-acts" },
        el("button", { type: "button", class: "btn btn-primary", "data-remark": "save", onclick: () => this._save(about) }, "Save"),
        el("button", { type: "button", class: "btn", "data-remark": "leave", onclick: () => this._leave(about) }, "Discard"),
        el("span", { class: "remark-say", role: "status" })));
      setData(node, "state", "writing");
      if (draft.text.trim() !== (this.saved.get(about) || { text: "" }).text) this._say(about, draft.error ? `NOT SAVED: ${draft.error}` : "not saved yet", Boolean(draft.error));
    }

    _say(about, words, bad = false) {
      const place = this.places.get(about).node.querySelector(".remark-say");
      setText(place, words);
      setData(place, "tone", bad ? "bad" : "");
    }

    _leave(about) {
      const standing = (this.saved.get(about) || { text: "" }).text;
      if (this.drafts[about].text.trim() !== standing && !window.confirm("Discard what is not saved?")) return;
      this._done(about);
    }

    _done(about) {
      delete this.drafts[about];
      this._keep();
      this.places.get(about).node.replaceChildren();
      this._paint(about);
    }

    // -- saving -------------------------------------------------------------------------------------------------------

    async _save(about) {
      const { node } = this.places.get(about);
      const draft = this.drafts[about];
      const standing = (this.saved.get(about) || { text: "" }).text;
      const text = draft.text.trim();
      if (text === standing) { this._done(about); return; }
      if (!this.by) { this._say(about, "Choose first who is commenting, above.", true); return; }
      draft.id = draft.id || uuid();
      this._keep();
      for (const one of node.querySelectorAll("textarea, button")) one.disabled = true;
      this._say(about, "saving …");
      const answer = await this._post({ id: draft.id, session: this.session, about, text, by: this.by });
      if (answer.ok) {
        this._done(about);
        this.show(answer.remarks);
        return;
      }
      draft.error = answer.error;
      this._keep();
      for (const one of node.querySelectorAll("textarea, button")) one.disabled = false;
      setText(node.querySelector("[data-remark=save]"), "Try again");
      this._say(about, `NOT SAVED: ${answer.error}`, true);
    }

    async _post(body) {
      for (let tries = 0; ; tries += 1) {
        let error = "the server does not answer";
        try {
          const response = await fetch("/train/api/remark", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
          const answer = await response.json();
          if (answer.ok) return answer;
          error = answer.error;
          if (response.status < 500) return { ok: false, error };
        } catch {
          // no answer, or none that can be read: asked again below
        }
        if (tries >= AGAIN_MS.length) return { ok: false, error };
        await new Promise((done) => setTimeout(done, AGAIN_MS[tries]));
      }
    }

    close() {
      window.removeEventListener("beforeunload", this.leaving);
    }
  }

  infusion.Remarks = Remarks;
})();
