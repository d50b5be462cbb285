/* "What if …": other limits over the sessions that the page shows. The numbers stay in the browser; the server re-runs the sessions and is
   asked how far it is while it does. Profile versions are in whatif-profiles.js. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  window.dash_clientside = window.dash_clientside || {};
  const KEYS = ["value", "delay_s", "hysteresis"];
  const MOST = { value: 1000, delay_s: 600, hysteresis: 100 };
  const STARS = { high: "***", medium: "**", low: "*" };
  const TYPING_MS = 350; // after the last key, one session is run again by itself
  const ASK_MS = 250; // how often progress is asked for, while there is any

  const panel = (infusion.whatif = { root: null, scope: null, open: null, rows: new Map(), which: "all", owner: "", report: null, took_s: 0, asked: "", call, make });
  const find = (name) => panel.root.querySelector(`[data-el="${name}"]`);
  const act = (name) => panel.root.querySelector(`[data-do="${name}"]`);
  let timer = 0;
  let asking = 0; // counts questions: an answer to an older one is dropped

  const num = (value, digits = 2) => String(Number(Number(value).toFixed(digits)));
  const rate = (count, hours) => (hours > 0 ? (count / hours).toFixed(1) : "–");

  function make(tag, props = {}, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(props)) {
      if (value === undefined || value === null || value === false) continue;
      if (key === "text") node.textContent = value;
      else if (key in node && key !== "list") node[key] = value;
      else node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children.filter(Boolean));
    return node;
  }

  async function call(path, body) {
    const options = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    try {
      const response = await fetch(path, options);
      return await response.json();
    } catch {
      return { ok: false, error: "The server does not answer.", field: null };
    }
  }

  // -- which sessions -------------------------------------------------------------------------------------------------

  function picked() {
    const ids = panel.scope.sessions;
    const row = ((infusion.alarms && infusion.alarms.pick) || "").split(":")[0];
    return ids.includes(row) ? row : ids[0];
  }

  const sessions = () => (panel.which === "one" && panel.scope.sessions.length > 1 ? [picked()] : panel.scope.sessions);
  const single = () => sessions().length === 1;

  async function scope(shown) {
    const root = document.querySelector('[data-el="whatif"]');
    if (!root || !shown) return;
    if (root !== panel.root) begin(root);
    panel.scope = shown;
    panel.which = "all";
    await load("");
  }

  async function load(profile) {
    const mine = (asking += 1);
    const ids = sessions();
    find("wi-empty").hidden = ids.length > 0;
    find("wi-body").hidden = ids.length === 0;
    find("wi-which").hidden = panel.scope.sessions.length < 2;
    for (const one of panel.root.querySelectorAll("[data-which]")) one.setAttribute("aria-pressed", String(one.dataset.which === panel.which));
    if (!ids.length) { find("wi-about").textContent = ""; return; }
    const answer = await call("/whatif/open", { store: panel.scope.store, sessions: ids, profile });
    if (mine !== asking || !panel.root.isConnected) return;
    if (!answer.ok) { complain(answer.error); return; }
    const before = panel.open;
    panel.open = answer;
    if (!before || before.profile !== answer.profile || before.version !== answer.version) start();
    offerProfiles();
    offerRules();
    draw();
    show(null);
    about();
    if (single()) ask();
  }

  function offerProfiles() {
    const select = find("wi-profile");
    select.hidden = panel.open.profiles.length < 2;
    select.replaceChildren(...panel.open.profiles.map((one) => make("option", { value: one.id, text: `${one.id} (${one.sessions})`, selected: one.id === panel.open.profile })));
  }

  function about() {
    const { title, version, sessions: count, hours, approved } = panel.open;
    const what = `${count} recorded session${count === 1 ? "" : "s"} (${num(hours, 1)} h)`;
    const ran = panel.report ? `the same engine, re-run over ${what} in ${panel.took_s < 0.05 ? "no time" : `${num(panel.took_s, 1)} s`}` : `the same engine over ${what}`;
    find("wi-about").textContent = `${ran} · ${title} ${version}${approved ? "" : ", not site approved"}`;
  }

  // -- rules and numbers ----------------------------------------------------------------------------------------------

  const rule = (id) => panel.open.rules.find((one) => one.id === id);

  function start() {
    const offered = panel.open.offered.length ? panel.open.offered : panel.open.rules.slice(0, 3).map((one) => one.id);
    panel.rows = new Map(offered.map((id) => [id, fresh(rule(id))]));
    complain("");
  }

  const fresh = (one) => Object.fromEntries(KEYS.map((key) => [key, one[key]]));

  function offerRules() {
    const rest = panel.open.rules.filter((one) => !panel.rows.has(one.id));
    const select = find("wi-add");
    select.replaceChildren(make("option", { value: "", text: "Another rule …" }), ...rest.map((one) => make("option", { value: one.id, text: `${one.label} ${STARS[one.priority]} ${says(one)}` })));
    select.disabled = rest.length === 0;
  }

  const says = (one) => (one.value === null ? "" : `${one.operator} ${num(one.value)}${one.unit ? ` ${one.unit}` : ""}`);

  function now(one, whole) {
    const parts = [says(one)];
    if (one.delay_s || whole) parts.push(`for ${num(one.delay_s)} s`);
    if (one.hysteresis || whole) parts.push(`back by ${num(one.hysteresis)}`);
    return parts.filter(Boolean).join(", ");
  }

  function draw() {
    find("wi-rows").replaceChildren(...[...panel.rows].map(([id, set]) => row(rule(id), set)));
    tell();
  }

  function row(one, set) {
    const remove = make("button", { type: "button", className: "wi-x", text: "×", title: "Leave this rule as it is", "aria-label": `Leave ${one.label} as it is` });
    remove.addEventListener("click", () => { panel.rows.delete(one.id); offerRules(); draw(); changed(); });
    const head = make("div", { className: "wi-name" }, make("b", { text: one.label }), make("span", { className: `word-${one.priority}`, text: STARS[one.priority] }),
      make("span", { className: "hushed", text: `now ${now(one)}` }), remove);
    const fields = [
      one.value === null ? null : stepper(one, set, "value", one.operator === "after" ? "after" : one.operator, one.unit),
      stepper(one, set, "delay_s", "for", "s"),
      stepper(one, set, "hysteresis", "back by", ""),
    ];
    return make("div", { className: "wi-row", "data-rule": one.id }, head, make("div", { className: "wi-steps" }, ...fields.filter(Boolean)));
  }

  function stepper(one, set, key, before, unit) {
    const by = key === "delay_s" ? 1 : one.step;
    const names = { value: "limit", delay_s: "delay in seconds", hysteresis: "hysteresis" };
    const box = make("input", { type: "text", inputMode: "decimal", className: "wi-number", value: num(set[key]), "aria-label": `${one.label}, ${names[key]}`, autocomplete: "off" });
    const put = (value) => {
      const fits = Number.isFinite(value) && value >= (key === "value" ? -MOST.value : 0) && value <= MOST[key];
      box.classList.toggle("wi-wrong", !fits);
      set[key] = fits ? value : NaN;
      box.classList.toggle("wi-changed", fits && value !== one[key]);
      changed();
    };
    box.addEventListener("input", () => put(box.value.trim() === "" ? NaN : Number(box.value.replace(",", "."))));
    box.addEventListener("keydown", (event) => {
      if (event.key === "ArrowUp" || event.key === "ArrowDown") { event.preventDefault(); move(event.key === "ArrowUp" ? by : -by); }
      if (event.key === "Enter") ask();
    });
    const move = (step) => {
      const from = Number.isFinite(set[key]) ? set[key] : one[key];
      const value = Number((from + step).toFixed(3));
      if (key !== "value" && value < 0) return;
      box.value = num(value);
      put(value);
    };
    const press = (text, step, word) => {
      const button = make("button", { type: "button", className: "wi-press", text, tabIndex: -1, "aria-label": `${one.label}, ${names[key]} ${word}` });
      button.addEventListener("click", () => move(step));
      return button;
    };
    box.classList.toggle("wi-changed", set[key] !== one[key]);
    return make("label", { className: "wi-step" }, make("span", { text: before }), make("span", { className: "wi-box" }, press("−", -by, "less"), box, press("+", by, "more")), unit ? make("span", { className: unit === "s" ? "" : "wi-unit", text: unit }) : null);
  }

  /** Rule -> setting -> number, of what differs; null while something is no number. */
  function changes() {
    const out = {};
    for (const [id, set] of panel.rows)
      for (const key of KEYS) {
        if (set[key] === null) continue;
        if (!Number.isFinite(set[key])) return null;
        if (set[key] !== rule(id)[key] || (panel.open.plain[id] && panel.mixed.has(id) && key === "delay_s")) (out[id] = out[id] || {})[key] = set[key];
      }
    return out;
  }

  function changed() {
    complain("");
    tell();
    window.clearTimeout(timer);
    if (find("wi-running").hasAttribute("data-on")) off(); // what is worked out now is no longer asked
    if (single()) timer = window.setTimeout(ask, TYPING_MS);
  }

  function tell() {
    const wanted = changes();
    const text = JSON.stringify(wanted);
    act("run").disabled = wanted === null;
    act("propose").textContent = `Propose as profile ${panel.open.next} …`;
    act("propose").disabled = !panel.report || text !== panel.asked || text === "{}";
    panel.root.toggleAttribute("data-old", Boolean(panel.report) && text !== panel.asked);
  }

  function preset(plain) {
    panel.mixed = new Set();
    if (!plain) { start(); offerRules(); draw(); changed(); return; }
    panel.rows = new Map(panel.open.rules.filter((one) => panel.open.plain[one.id]).map((one) => [one.id, { ...fresh(one), ...panel.open.plain[one.id] }]));
    for (const id of Object.keys(panel.open.plain)) if ("delay_s" in panel.open.plain[id]) panel.mixed.add(id);
    offerRules();
    draw();
    complain("");
    ask();
  }

  // -- asking ---------------------------------------------------------------------------------------------------------

  async function ask() {
    window.clearTimeout(timer);
    const wanted = panel.open ? changes() : null;
    if (wanted === null) return;
    const mine = (asking += 1);
    const text = JSON.stringify(wanted);
    const answer = await call("/whatif/ask", { owner: panel.owner, store: panel.scope.store, sessions: sessions(), profile: panel.open.profile, version: panel.open.version, changes: wanted });
    if (mine !== asking || !panel.root.isConnected) return;
    if (!answer.ok) { running(null); complain(answer.error); return; }
    follow(mine, text);
  }

  async function follow(mine, text) {
    const job = await call(`/whatif/job?owner=${encodeURIComponent(panel.owner)}`);
    if (mine !== asking || !panel.root.isConnected) return;
    if (!job.ok) { running(null); complain(job.error); return; }
    if (job.state === "running") {
      running(job);
      window.setTimeout(() => { if (mine === asking) follow(mine, text); }, job.done ? ASK_MS : ASK_MS / 3);
      return;
    }
    running(null);
    if (job.state === "failed") complain(job.message);
    if (!job.report) return;
    panel.asked = text;
    panel.took_s = job.took_s;
    show(job.report, job);
    about();
    tell();
  }

  function running(job) {
    const box = find("wi-running");
    box.toggleAttribute("data-on", Boolean(job));
    if (!job) return;
    find("wi-bar").max = Math.max(1, job.total);
    find("wi-bar").value = job.done;
    find("wi-progress").textContent = `${job.done} of ${job.total} session${job.total === 1 ? "" : "s"}`;
  }

  async function off() {
    asking += 1;
    running(null);
    await call("/whatif/off", { owner: panel.owner });
  }

  const complain = (text) => { find("wi-error").textContent = text; };

  // -- the answer -----------------------------------------------------------------------------------------------------

  function show(report, job) {
    panel.report = report;
    bars(report);
    const lines = find("wi-lines");
    if (!report) {
      lines.replaceChildren(make("p", { className: "hushed", text: single() ? "Working it out …" : "Change a limit and press Re-run." }));
      find("wi-notes").textContent = "";
      return;
    }
    lines.replaceChildren(...report.lines.map(line));
    const notes = ["true = good signal quality and agreeing verdicts"];
    if (report.left_out) notes.push(`${report.left_out} limit change${report.left_out === 1 ? "" : "s"} of these rules at the bedside left out of both runs`);
    if (report.other_version) notes.push(`${report.other_version} session${report.other_version === 1 ? "" : "s"} ran with another version: both runs use ${panel.open.version}`);
    if (job && job.others) notes.push(`${job.others} session${job.others === 1 ? "" : "s"} with another profile left out`);
    find("wi-notes").textContent = notes.join(" · ");
  }

  function line(one) {
    const square = make("i", { className: "wi-square" });
    if (!one.count) return make("div", { className: "wi-line", "data-tone": one.tone, "data-line": one.key }, square, make("span", { text: one.text }));
    const button = make("button", { type: "button", className: "wi-line", "data-tone": one.tone, "data-line": one.key }, square, make("span", { text: one.text }), make("span", { className: "wi-open", text: "open ▸" }));
    button.addEventListener("click", () => list(one));
    return button;
  }

  function bars(report) {
    const rows = [...panel.root.querySelectorAll("[data-bar]")];
    const most = report ? Math.max(1e-9, ...rows.flatMap((one) => [report.before[one.dataset.bar], report.after[one.dataset.bar]])) : 1;
    for (const one of rows)
      for (const run of ["before", "after"]) {
        const bar = one.querySelector(`[data-run="${run}"]`);
        const count = report ? report[run][one.dataset.bar] : 0;
        bar.querySelector("i").style.width = `${(100 * count) / most}%`;
        bar.querySelector("b").textContent = report ? rate(count, report.hours) : "–";
        bar.title = report ? `${count} alarms` : "";
      }
    find("wi-short").textContent = report ? shorts(report) : "";
  }

  function shorts(report) {
    const share = (run) => (report[run].total ? `${Math.round((100 * report[run].short) / report[run].total)} %` : "–");
    const plain = panel.open && JSON.stringify(changes()) === JSON.stringify(panel.open.plain);
    if (plain && report.after.short > 0)
      return `The limits now in force give ${Math.round(100 * (1 - report.before.short / report.after.short))} % fewer alarms shorter than 15 s than the same limits without delay and hysteresis.`;
    return `${share("before")} of the alarms now are shorter than 15 s, ${share("after")} with the new limits.`;
  }

  function list(one) {
    find("wi-items-title").textContent = one.text;
    const head = ["Session", "Time", "Alarm", "", ""].map((text) => make("th", { text }));
    const rows = one.items.map((item) => {
      const where = `/review/${encodeURIComponent(item.session)}?at=${num(item.at_s, 3)}${item.occurrence === null ? "" : `&occurrence=${item.occurrence}`}`;
      return make("tr", {}, make("td", { text: item.title }), make("td", { text: item.wall }), make("td", {}, make("span", { className: `word-${item.priority}`, text: `${STARS[item.priority] || ""} ` }), item.label),
        make("td", { text: item.words }), make("td", {}, make("a", { href: where, text: "show ▸", className: "wi-link" })));
    });
    const more = one.count > one.items.length ? make("p", { className: "hushed", text: `and ${one.count - one.items.length} more` }) : null;
    find("wi-items").replaceChildren(make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows)), ...(more ? [more] : []));
    find("wi-items-dialog").showModal();
  }

  // -- proposing ------------------------------------------------------------------------------------------------------

  function propose() {
    find("wi-propose-title").textContent = `Propose ${panel.open.title} ${panel.open.next}`;
    const rows = Object.entries(changes()).map(([id, set]) => make("tr", {}, make("td", { text: rule(id).label }), make("td", { className: `word-${rule(id).priority}`, text: STARS[rule(id).priority] }), make("td", { text: now(rule(id), true) }), make("td", { text: "→" }), make("td", { text: now({ ...rule(id), ...set }, true) })));
    find("wi-propose-what").replaceChildren(make("table", {}, make("tbody", {}, ...rows)));
    find("wi-by").replaceChildren(make("option", { value: "", text: "choose …" }), ...panel.open.people.map((name) => make("option", { value: name, text: name })));
    find("wi-propose-error").textContent = "";
    find("wi-propose-dialog").showModal();
  }

  async function proposeNow() {
    const reason = document.getElementById("whatif-reason");
    act("propose-now").disabled = true;
    const answer = await call("/whatif/propose", { owner: panel.owner, by: find("wi-by").value, reason: reason.value });
    act("propose-now").disabled = false;
    if (!answer.ok) { find("wi-propose-error").textContent = answer.field === "by" ? "Say who proposes it." : answer.field === "reason" ? "Say why." : answer.error; return; }
    find("wi-propose-dialog").close();
    panel.open.next = `v${Number(answer.version.slice(1)) + 1}`;
    tell();
    infusion.profiles.show(panel.root, answer.store, answer.profile, answer.version);
  }

  // -- listening ------------------------------------------------------------------------------------------------------

  const DO = {
    run: ask, off, propose, "propose-now": proposeNow, plain: () => preset(true), reset: () => preset(false),
    "items-close": () => find("wi-items-dialog").close(), "propose-cancel": () => find("wi-propose-dialog").close(),
    profiles: () => infusion.profiles.show(panel.root, panel.scope ? panel.scope.store : "live", panel.open ? panel.open.profile : "", ""),
  };

  function begin(root) {
    panel.root = root;
    panel.open = panel.report = null;
    panel.rows = new Map();
    panel.mixed = new Set();
    panel.owner = window.crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`;
    root.addEventListener("click", (event) => {
      const which = event.target.closest("[data-which]");
      if (which) { panel.which = which.dataset.which; load(panel.open ? panel.open.profile : ""); return; }
      const button = event.target.closest("[data-do]");
      if (button && DO[button.dataset.do]) DO[button.dataset.do]();
    });
    root.addEventListener("change", (event) => {
      if (event.target === find("wi-add") && event.target.value) { const one = rule(event.target.value); panel.rows.set(one.id, fresh(one)); offerRules(); draw(); }
      if (event.target === find("wi-profile")) load(event.target.value);
    });
  }

  window.dash_clientside.whatif = { scope: (shown) => { scope(shown); return window.dash_clientside.no_update; } };
})();
