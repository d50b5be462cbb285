/* Versions of the alarm profiles: what was proposed and why, what differs, and the site's approval, which takes two acts and a name. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const STATES = { shipped: "shipped, not approved", "in force once": "used, not approved", proposed: "proposed", approved: "approved" };
  let root = null;
  let store = "live";
  let data = null;
  let chosen = "";

  const make = (...args) => infusion.whatif.make(...args);
  const find = (name) => root.querySelector(`[data-el="${name}"]`);
  const act = (name) => root.querySelector(`[data-do="${name}"]`);
  const one = () => data && data.versions.find((row) => row.version === chosen);

  async function show(panel, where, profile, version) {
    if (panel !== root) begin(panel);
    store = where;
    chosen = version;
    if (!find("pv").open) find("pv").showModal();
    await load(profile);
  }

  async function load(profile) {
    take(await infusion.whatif.call(`/profiles/list?store=${store}&profile=${encodeURIComponent(profile)}`));
  }

  function take(answer) {
    find("pv-error").textContent = answer.ok ? "" : answer.error;
    if (!answer.ok) return;
    data = answer;
    find("pv-profile").replaceChildren(...data.profiles.map((name) => make("option", { value: name, text: name, selected: name === data.profile })));
    if (!one()) chosen = (data.versions.find((row) => row.current) || data.versions[0] || { version: "" }).version;
    draw();
  }

  function draw() {
    find("pv-list").replaceChildren(...data.versions.map(entry));
    find("pv-one").replaceChildren(...detail(one()));
    hideApproval();
  }

  function entry(row) {
    const button = make("button", { type: "button", className: "pv-entry", "aria-pressed": String(row.version === chosen), "data-version": row.version },
      make("b", { text: row.version }), make("span", { className: `pv-state pv-${row.state.split(" ")[0]}`, text: row.current ? `${STATES[row.state]}, in force` : STATES[row.state] }));
    button.addEventListener("click", () => { chosen = row.version; draw(); });
    return button;
  }

  function detail(row) {
    if (!row) return [make("p", { className: "hushed", text: "No version of this profile." })];
    const out = [make("h3", { text: `${row.title} ${row.version}` })];
    const said = (words) => words && out.push(make("p", { text: words }));
    if (row.by) said(`Proposed by ${row.by}${row.at ? ` on ${row.at}` : ""}: ${row.reason}`);
    if (row.approved_by) said(`Approved by ${row.approved_by} on ${row.approved_at}${row.note ? `: ${row.note}` : ""}`);
    else out.push(make("p", {}, make("span", { className: "mark mark-limits", text: "LIMITS NOT SITE APPROVED" })));
    if (row.evidence.length) out.push(make("p", { className: "hushed", text: `Found over ${row.sessions} session${row.sessions === 1 ? "" : "s"}:` }), make("ul", {}, ...row.evidence.map((text) => make("li", { text }))));
    out.push(make("p", { className: "hushed", text: !row.base ? "There is no version before it." : row.differences.length ? `Differences from ${row.base}:` : `Nothing differs from ${row.base}.` }));
    if (row.differences.length) out.push(table(row.differences));
    return out;
  }

  function table(rows) {
    const head = ["Rule", "Setting", "Before", "After"].map((text) => make("th", { text }));
    const body = rows.map((d) => make("tr", {}, make("td", { text: d.label ? `${d.label} (${d.rule})` : "whole profile" }), make("td", { text: d.setting }), make("td", { text: d.before || "–" }), make("td", {}, make("b", { text: d.after || "–" }))));
    return make("div", { className: "wi-items" }, make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body)));
  }

  // -- approving: ask, then say who ------------------------------------------------------------------------------------

  function hideApproval() {
    const row = one();
    find("pv-approve").hidden = true;
    find("pv-foot").hidden = false;
    act("pv-approve").disabled = !row || Boolean(row.approved_by) || data.approvers.length === 0;
    act("pv-approve").textContent = row && row.approved_by ? "Approved" : row ? `Approve ${row.version} …` : "Approve …";
    act("pv-approve").title = data.approvers.length ? "" : "The station file names no physician who could approve.";
  }

  function askApproval() {
    find("pv-approve").hidden = false;
    find("pv-foot").hidden = true;
    find("pv-by").replaceChildren(make("option", { value: "", text: "choose …" }), ...data.approvers.map((name) => make("option", { value: name, text: name })));
    act("pv-approve-now").textContent = `Approve ${data.profile} ${chosen}`;
    find("pv-by").focus();
  }

  async function approve() {
    const by = find("pv-by").value;
    if (!by) { find("pv-error").textContent = "Say who approves it."; return; }
    act("pv-approve-now").disabled = true;
    const answer = await infusion.whatif.call("/profiles/approve", { store, profile: data.profile, version: chosen, by, note: document.getElementById("profiles-note").value });
    act("pv-approve-now").disabled = false;
    take(answer);
  }

  function begin(panel) {
    root = panel;
    const DO = { "pv-close": () => find("pv").close(), "pv-approve": askApproval, "pv-cancel": () => { find("pv-error").textContent = ""; hideApproval(); }, "pv-approve-now": approve };
    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do]");
      if (button && DO[button.dataset.do]) DO[button.dataset.do]();
    });
    find("pv-profile").addEventListener("change", (event) => { chosen = ""; load(event.target.value); });
  }

  infusion.profiles = { show };
})();
