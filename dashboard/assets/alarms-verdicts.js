/* Verdicts on alarms: said with a key or a button, saved at once, shown as saved only when they are on the disk. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const KEY = "infusion.reviewer";
  const WORDS = { t: "true", n: "nuisance", x: "technical", u: "" };
  const AGAIN_MS = [400, 1500]; // the same entry, with the same id: it is recorded once

  let page = null;
  let detach = null;
  let lost = []; // entries that could not be saved

  const stored = () => { try { return sessionStorage.getItem(KEY) || ""; } catch { return ""; } };
  const me = () => page.find("reviewer").value;
  const own = (row) => (row ? row.words.find((word) => word[0] === me()) : null);
  const about = (row) => page.data.sessions[row.s];
  const newId = () => (window.crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`);

  // -- saving ---------------------------------------------------------------------------------------------------------

  async function post(entry) {
    for (let tries = 0; ; tries += 1) {
      let answer = null;
      let words = "the server does not answer";
      try {
        const response = await fetch("/history/record", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(entry) });
        answer = await response.json();
        if (answer.ok) return answer;
        words = answer.error;
        if (response.status < 500) return { ok: false, error: words };
      } catch {
        // no answer, or none that can be read: asked again below
      }
      if (tries >= AGAIN_MS.length) return { ok: false, error: words };
      await new Promise((done) => setTimeout(done, AGAIN_MS[tries]));
    }
  }

  async function judge(row, word) {
    if (!row || row.kind !== "alarm") return;
    if (!me()) {
      page.complain("Choose first who is reviewing.");
      page.find("reviewer").focus();
      return;
    }
    if (about(row).signed_by.includes(me())) { page.complain(`${me()} has signed this review already: the verdicts stand.`); return; }
    if (!word && !own(row)) return;
    const note = page.find("note").querySelector("input");
    const entry = { id: newId(), type: "alarm_judged", by: me(), session: row.s, occurrence: row.n, verdict: word, note: word ? note.value.trim() : "" };
    note.value = "";
    await send(entry, row);
  }

  async function send(entry, row) {
    const before = { verdict: row.verdict, differ: row.differ };
    page.update([{ id: row.id, verdict: "saving …", differ: false, saving: true }]);
    const answer = await post(entry);
    if (!page.root.isConnected) return;
    if (answer.ok) {
      lost = lost.filter((one) => one.entry.id !== entry.id);
      about(row).signed_by = answer.signed_by;
      page.update(answer.rows.filter((one) => one.id === row.id || one.words.length));
      page.again();
    } else {
      page.update([{ id: row.id, ...before }]);
      if (!lost.some((one) => one.entry.id === entry.id)) lost.push({ entry, row });
      lost.at(-1).error = answer.error;
    }
    tellLost();
  }

  function tellLost() {
    if (!lost.length) { page.complain(""); return; }
    const { entry, row, error } = lost.at(-1);
    page.complain(`NOT SAVED: ${entry.verdict || "undo"} for ${row.onset} ${row.label}${lost.length > 1 ? ` and ${lost.length - 1} more` : ""}: ${error} `);
    const again = document.createElement("button");
    again.type = "button";
    again.className = "btn";
    again.textContent = "Try again";
    again.addEventListener("click", () => { for (const one of [...lost]) send(one.entry, one.row); });
    const leave = document.createElement("button");
    leave.type = "button";
    leave.className = "btn";
    leave.textContent = "Leave it";
    leave.addEventListener("click", () => { lost = []; tellLost(); });
    page.find("failed").append(again, leave);
  }

  // -- signing --------------------------------------------------------------------------------------------------------

  function target() {
    const row = page.selected();
    const ids = Object.keys((page.data && page.data.sessions) || {});
    return row ? row.s : ids.length === 1 ? ids[0] : "";
  }

  function why() {
    const session = target();
    if (!session) return "Select an alarm of the session to sign.";
    if (!me()) return "Choose first who is reviewing.";
    if (!page.data.sessions[session].closed) return "The session is still open: its alarms are not all known yet.";
    return page.data.sessions[session].signed_by.includes(me()) ? `${me()} has signed this review.` : "";
  }

  function openSign() {
    const session = target();
    let mine = 0;
    let open = 0;
    page.api.forEachNode(({ data: row }) => {
      if (row.s !== session || row.kind !== "alarm") return;
      if (own(row)) mine += 1; else open += 1;
    });
    page.find("sign-what").textContent = `${me()}: ${mine} verdict${mine === 1 ? "" : "s"}, ${open} alarm${open === 1 ? "" : "s"} not judged · ${page.data.sessions[session].name}`;
    page.find("sign-error").textContent = "";
    page.find("sign").dataset.session = session;
    page.find("sign").showModal();
  }

  async function signNow() {
    const dialog = page.find("sign");
    const { session } = dialog.dataset;
    const button = dialog.querySelector('[data-do="sign-now"]');
    button.disabled = true;
    const answer = await post({ id: newId(), type: "alarm_review_signed", by: me(), session, statement: "alarm verdicts stand" });
    button.disabled = false;
    if (!answer.ok) { page.find("sign-error").textContent = `NOT SIGNED: ${answer.error}`; return; }
    page.data.sessions[session].signed_by = answer.signed_by;
    page.update(answer.rows.filter((one) => one.words.length));
    page.again();
    dialog.close();
  }

  // -- wiring ---------------------------------------------------------------------------------------------------------

  function paint(row) {
    const judgeable = Boolean(row) && row.kind === "alarm";
    const signed = judgeable && about(row).signed_by.includes(me());
    const mine = own(row);
    for (const button of page.root.querySelectorAll("[data-judge]")) {
      button.disabled = !judgeable || signed || (button.dataset.judge === "" && !mine);
      button.setAttribute("aria-pressed", String(Boolean(mine) && mine[1] === button.dataset.judge));
    }
    const sign = page.root.querySelector('[data-do="sign"]');
    sign.disabled = Boolean(why());
    sign.title = why() || "Your verdicts on this session's alarms stand from then on";
  }

  function clicked(event) {
    const button = event.target.closest("[data-judge]");
    if (button) { judge(page.selected(), button.dataset.judge); return; }
    const act = (event.target.closest("[data-do]") || { dataset: {} }).dataset.do;
    if (act === "sign" && !why()) openSign();
    else if (act === "sign-cancel") page.find("sign").close();
    else if (act === "sign-now") signNow();
  }

  function begin(made) {
    page = made;
    lost = [];
    page.heard.push(paint);
    const select = page.find("reviewer");
    if (JSON.parse(select.dataset.people).includes(stored())) select.value = stored();
    select.addEventListener("change", () => {
      try { sessionStorage.setItem(KEY, select.value); } catch { /* it just does not remember */ }
      page.complain("");
      paint(page.selected());
    });
    page.find("note").innerHTML = '<input type="text" class="pick" maxlength="200" placeholder="note" aria-label="Note with the verdict">';
    page.root.addEventListener("click", clicked);
    paint(null);
    listen();
  }

  /** Keys belong to this page alone: the next one may listen for itself, and no press may count twice. */
  function listen() {
    if (detach) detach();
    const { root } = page;
    const off = infusion.keys.attach(
      (key, row) => {
        if (page.find("sign").open || !row) return;
        if (key === "Enter") page.jump(row);
        else if (key in WORDS) judge(row, WORDS[key]);
      },
      () => (root.isConnected ? page.selected() : null), // what was selected when the key went down
    );
    const stop = () => { off(); gone.disconnect(); if (detach === stop) detach = null; };
    const gone = new MutationObserver(() => { if (!root.isConnected) stop(); });
    gone.observe(root.parentNode, { childList: true });
    detach = stop;
  }

  (infusion.alarmsParts = infusion.alarmsParts || []).push(begin);
})();
