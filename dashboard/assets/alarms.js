/* The alarm history in the browser: what the address says is what is shown. Filters and selection cost no round trip; the server
   is asked for sessions, and for the strip of what is selected. Verdicts are in alarms-verdicts.js. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  window.dash_clientside = window.dash_clientside || {};
  const SCOPE = ["store", "session", "bed", "from", "to"];
  const ALLOWED = { priority: ["high", "medium", "low"], only: ["unacknowledged", "nuisance", "technical"] };
  const PATIENCE_MS = 30000; // hundreds of sessions, read for the first time on a slow computer
  const SETTLE_MS = 30; // the framework answers a selection only once it has drawn the table that it has just made
  const PICK_MS = 70; // a held arrow key asks for one strip, not for twenty

  /* Up to the verdict everything is in sight also where there is little room. A date stands above the time of day. */
  const WIDE = { bed: 70, rank: 40, value: 58, trigger: 76, lasted_s: 82, waited_s: 62, by: 50, verdict: 84 };
  const NARROW = { at_ms: 79, bed: 64, rank: 42, value: 54, trigger: 72, lasted_s: 73, waited_s: 58, by: 45, verdict: 79 };

  const page = (infusion.alarms = {
    root: null, api: null, data: null, ask: {}, filter: null, pick: "", tookMs: 0, heard: [],
    find: (name) => page.root.querySelector(`[data-el="${name}"]`),
  });
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const blank = () => ({ priority: new Set(), only: new Set(), rule: "", also: false });

  // -- the address ----------------------------------------------------------------------------------------------------

  function readAddress() {
    const words = new URLSearchParams(location.search);
    const ask = {};
    for (const key of SCOPE) if (words.get(key)) ask[key] = words.get(key);
    const filter = blank();
    const odd = [];
    for (const [key, allowed] of Object.entries(ALLOWED))
      for (const word of (words.get(key) || "").split(",").filter(Boolean)) {
        if (allowed.includes(word)) filter[key].add(word);
        else odd.push(`${key}=${word.slice(0, 40)}: expected ${allowed.join(", ")}.`);
      }
    filter.rule = words.get("rule") || "";
    filter.also = words.get("also") === "1";
    page.complain(odd.join(" "));
    return { ask, filter, pick: words.get("pick") || "" };
  }

  function writeAddress(how) {
    const words = new URLSearchParams();
    for (const key of SCOPE) if (page.ask[key]) words.set(key, page.ask[key]);
    for (const key of Object.keys(ALLOWED)) if (page.filter[key].size) words.set(key, [...page.filter[key]].join(","));
    if (page.filter.rule) words.set("rule", page.filter.rule);
    if (page.filter.also) words.set("also", "1");
    if (page.pick) words.set("pick", page.pick);
    const text = words.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
    const url = location.pathname + (text ? `?${text}` : "");
    if (url !== location.pathname + location.search) history[how](history.state, "", url);
  }

  function askFor(ask) {
    page.ask = ask;
    page.pick = "";
    writeAddress("pushState");
    request();
  }

  let patience = 0;

  function wait() {
    const { root } = page;
    root.dataset.loading = "";
    clearTimeout(patience);
    patience = setTimeout(() => {
      if (alive() && root === page.root && "loading" in root.dataset) page.complain("The server does not answer. What is recorded is not affected; load the page again.");
    }, PATIENCE_MS);
  }

  function request() {
    wait();
    set("alarms-ask", { data: { ...page.ask, asked: performance.now() } });
  }

  function follow() {
    if (!alive()) return;
    const { ask, filter, pick } = readAddress();
    const other = SCOPE.some((key) => (ask[key] || "") !== (page.ask[key] || ""));
    page.ask = ask;
    page.filter = filter;
    page.pick = pick;
    if (other) request();
    else { applyFilter(); select(pick); }
  }

  // -- filters --------------------------------------------------------------------------------------------------------

  function passes(row) {
    const { priority, only, rule, also } = page.filter;
    if (row.kind !== "alarm") return also && (!rule || row.rule === rule);
    if (priority.size && !priority.has(row.priority)) return false;
    if (rule && row.rule !== rule) return false;
    if (only.has("unacknowledged") && row.waited_s !== null) return false;
    if (only.has("technical") && !row.technical) return false;
    return !only.has("nuisance") || row.words.some((word) => word[1] === "nuisance");
  }

  function applyFilter() {
    sync();
    if (!page.api) return;
    const start = performance.now();
    page.api.onFilterChanged();
    page.tookMs = performance.now() - start;
    tellCount();
    // What is judged is what is in the list: a filter that takes the selected alarm away takes the selection on.
    const kept = page.pick && page.api.getRowNode(page.pick);
    if (kept && kept.rowIndex === null) worst();
  }

  function tellCount() {
    const rows = (page.data && page.data.rows) || [];
    const total = rows.filter((row) => row.kind === "alarm").length;
    let shown = 0;
    let more = 0;
    page.api.forEachNodeAfterFilter((node) => { if (node.data.kind === "alarm") shown += 1; else more += 1; });
    const words = `${total} alarm${total === 1 ? "" : "s"}`;
    page.find("count").textContent = `${words}${shown === total ? "" : ` · ${shown} shown`}${more ? ` · ${more} other` : ""}`;
    const none = page.find("none");
    none.hidden = shown + more > 0;
    if (none.hidden) return;
    const sessions = Object.keys(page.data.sessions).length;
    none.replaceChildren();
    const say = (kind, text) => { const node = document.createElement(kind); node.textContent = text; none.append(node); return node; };
    if (total || (rows.length && filtering())) {
      say("h2", "No alarm matches these filters");
      if (page.filter.rule) say("p", `rule ${page.filter.rule}`);
      say("button", "Clear the filters").className = "btn";
      none.lastChild.dataset.do = "clear";
    } else if (sessions) say("h2", sessions === 1 ? "No alarm was raised in this session" : "No alarm was raised in these sessions");
    else { say("h2", "No sessions here"); say("p", "A session's alarms are listed from the moment it is opened."); }
  }

  const filtering = () => page.filter.priority.size + page.filter.only.size > 0 || Boolean(page.filter.rule);

  function change(mutate) {
    mutate(page.filter);
    writeAddress("pushState");
    applyFilter();
  }

  /** Controls as the address says. Options may arrive after the rows, so this runs again when they do. */
  function sync() {
    for (const node of page.root.querySelectorAll("[data-filter]")) {
      const { filter: name, value } = node.dataset;
      const on = name === "store" ? page.ask.store === value : name === "also" ? page.filter.also : page.filter[name].has(value);
      node.setAttribute("aria-pressed", String(on));
    }
    const put = (id, value) => { const node = document.getElementById(id); if (node && node.value !== value) node.value = value; };
    put("alarms-session", page.ask.session || "all");
    put("alarms-bed", page.ask.bed || "");
    put("alarms-rule", page.filter.rule);
    for (const key of ["from", "to"]) page.root.querySelector(`input[name="${key}"]`).value = page.ask[key] || "";
  }

  // -- rows and selection ---------------------------------------------------------------------------------------------

  function show(text) {
    if (!text || !alive()) return window.dash_clientside.no_update;
    const data = (page.data = JSON.parse(text));
    const { scope } = data;
    if (Object.keys(data.sessions).length) {
      page.ask = { store: scope.store };
      page.ask.session = scope.session || "all";
      for (const key of ["bed", "from", "to"]) if (scope[key]) page.ask[key] = scope[key];
    } else page.ask.store = scope.store;
    page.root.querySelector(".alarms-page").classList.toggle("pane-simulation", scope.store === "simulation");
    writeAddress("replaceState");
    window.dash_ag_grid.getApiAsync("alarms-grid").then(prepare);
    return data.rows.length;
  }

  /** Again when the window is made another size: at the width of the page before, the last column would be cut. */
  function columns(api) {
    const roomy = innerWidth >= 1400;
    const widths = !roomy && page.data.several ? NARROW : { ...WIDE, at_ms: 82 };
    api.setColumnWidths(Object.entries(widths).map(([key, newWidth]) => ({ key, newWidth })));
    api.setColumnsVisible(["bed"], page.data.several);
    // What an alarm is comes before how often and how it ended: both stand in the strip too.
    api.setColumnsVisible(["nth", "state"], roomy);
    api.applyColumnState({ state: [{ colId: "label", flex: 4 }, { colId: "action", flex: 3 }] }); // the others' widths are theirs: share the rest
  }

  function prepare(api) {
    const fresh = page.api !== api;
    if (fresh) {
      page.api = api;
      api.setGridOption("isExternalFilterPresent", () => true);
      api.setGridOption("doesExternalFilterPass", (node) => passes(node.data));
      api.addEventListener("selectionChanged", () => {
        const node = api.getSelectedNodes()[0];
        // The framework may put its own, empty, selection over ours some moments after we have selected: once more, then.
        if (!node && page.pick) setTimeout(again, 0, page.pick);
        else picked(node);
      });
      api.addEventListener("cellFocused", (event) => {
        const node = event.rowIndex === null ? null : api.getDisplayedRowAtIndex(event.rowIndex);
        if (node && !node.isSelected()) node.setSelected(true, true);
      });
    }
    columns(api);
    // Past the framework, which would look through every one of thousands of rows.
    api.setGridOption("rowData", page.data.rows);
    if (fresh) setTimeout(arrived, SETTLE_MS);
    else arrived();
  }

  function arrived() {
    if (!alive() || !page.api || !page.data) return;
    delete page.root.dataset.loading;
    applyFilter();
    if (page.pick && page.api.getRowNode(page.pick)) select(page.pick);
    else worst();
  }

  function worst() {
    let best = null;
    const key = ({ rank, about, lasted_s }) => [rank, about, -lasted_s];
    page.api.forEachNodeAfterFilter((node) => {
      if (node.data.kind !== "alarm") return;
      const mine = key(node.data);
      const i = best ? mine.findIndex((part, n) => part !== key(best.data)[n]) : 0;
      if (i >= 0 && (!best || mine[i] < key(best.data)[i])) best = node;
    });
    if (best) select(best.id);
    else picked(null);
  }

  function select(id) {
    const node = page.api && id ? page.api.getRowNode(id) : null;
    if (!node || node.rowIndex === null) { picked(null); return; }
    node.setSelected(true, true);
    page.api.ensureNodeVisible(node);
    picked(node);
  }

  function again(id) {
    if (alive() && page.pick === id && !page.api.getSelectedNodes().length) select(id);
  }

  function move(by) {
    const now = page.api.getSelectedNodes()[0];
    const index = now && now.rowIndex !== null ? now.rowIndex + by : 0;
    const node = page.api.getDisplayedRowAtIndex(Math.max(0, Math.min(index, page.api.getDisplayedRowCount() - 1)));
    if (!node) return;
    select(node.id);
    page.api.setFocusedCell(node.rowIndex, "label");
  }

  let waiting = 0;
  let asked = null;

  function picked(node) {
    const row = node ? node.data : null;
    page.pick = row ? row.id : "";
    writeAddress("replaceState");
    const jump = page.find("jump");
    jump.hidden = !row;
    if (row) jump.href = link(row);
    for (const hear of page.heard) hear(row);
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (asked === page.pick) return;
      asked = page.pick;
      set("alarms-pick", { data: row ? { session: row.s, number: row.n, t_s: row.t_s } : null });
    }, PICK_MS);
  }

  const link = (row) => `/review/${encodeURIComponent(row.s)}?at=${row.t_s}${row.n === null ? "" : `&occurrence=${row.n}`}`;

  // -- what a person does ---------------------------------------------------------------------------------------------

  const acts = {
    worst: () => worst(),
    clear: () => change((filter) => Object.assign(filter, blank(), { also: filter.also })),
    csv: () => {
      const keys = [];
      page.api.forEachNodeAfterFilterAndSort((node) => keys.push(node.data.id));
      set("alarms-csv-ask", { data: { keys, at: Date.now() } });
    },
  };

  function clicked(event) {
    const toggle = event.target.closest("[data-filter]");
    if (toggle) {
      const { filter: name, value } = toggle.dataset;
      if (name === "store") { if (page.ask.store !== value) askFor({ store: value }); }
      else if (name === "also") change((filter) => { filter.also = !filter.also; });
      else change((filter) => { if (!filter[name].delete(value)) filter[name].add(value); });
      return;
    }
    const act = event.target.closest("[data-do]");
    if (act && acts[act.dataset.do] && page.api) acts[act.dataset.do]();
  }

  function chosen(event) {
    const { id, name, value } = event.target;
    const { store, bed, from, to } = page.ask;
    if (id === "alarms-session") askFor({ store, session: value });
    else if (id === "alarms-rule") change((filter) => { filter.rule = value; });
    else if (id === "alarms-bed") askFor({ store, session: "all", bed: value, from, to });
    else if (name === "from" || name === "to") askFor({ store, session: "all", bed, from, to, [name]: value });
  }

  /** Arrows move the selection also while the table does not have the focus. */
  function arrows(event) {
    if (!alive() || !page.api || !["ArrowUp", "ArrowDown"].includes(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.target;
    if (target.closest("input, select, textarea, dialog, .ag-root") || (target !== document.body && !target.closest(".alarms"))) return;
    event.preventDefault();
    move(event.key === "ArrowDown" ? 1 : -1);
  }

  page.complain = (text) => {
    const node = page.find("failed");
    node.hidden = !text;
    node.replaceChildren(text);
  };
  page.selected = () => { const node = page.api && page.api.getSelectedNodes()[0]; return node ? node.data : null; };
  page.jump = (row) => { if (row) location.assign(link(row)); };

  /** Fields that changed, by row id; rows that are not here any more are passed over. */
  page.update = (changes) => {
    const update = [];
    for (const fields of changes) {
      const node = page.api.getRowNode(fields.id);
      if (!node) continue;
      Object.assign(node.data, { saving: false }, fields);
      update.push(node.data);
    }
    page.api.applyTransaction({ update });
    page.api.refreshCells({ rowNodes: update.map((row) => page.api.getRowNode(row.id)), columns: ["verdict"], force: true });
    tellCount();
    for (const hear of page.heard) hear(page.selected());
  };
  /** The strip's own line says who judged: it is asked for anew. */
  page.again = () => { asked = null; picked(page.api.getSelectedNodes()[0]); };

  // -- the page comes and goes ----------------------------------------------------------------------------------------

  const alive = () => page.root !== null && page.root.isConnected;
  const theme = () => document.documentElement.dataset.theme || "dark";

  function boot() {
    const root = document.querySelector(".alarms-page").closest(".sheet"); // the bar has the reviewer
    Object.assign(page, { root, api: null, data: null, heard: [] });
    asked = null;
    page.find("dates").innerHTML =
      '<label><span class="alarms-label">From</span><input type="date" name="from" class="pick"></label><label><span class="alarms-label">to</span><input type="date" name="to" class="pick"></label>';
    Object.assign(page, readAddress());
    root.addEventListener("click", clicked);
    root.addEventListener("change", chosen);
    new MutationObserver(sync).observe(root.querySelector(".alarms-head"), { childList: true, subtree: true });
    new MutationObserver(sync).observe(document.getElementById("alarms-rule"), { childList: true });
    wait();
    if (theme() !== "dark") set("alarms-theme", { data: theme() });
    for (const begin of infusion.alarmsParts || []) begin(page);
    sync();
    return { ...page.ask, asked: performance.now() };
  }

  window.addEventListener("resize", () => { if (alive() && page.api && page.data) columns(page.api); });
  window.addEventListener("popstate", () => { if (alive()) follow(); });
  document.addEventListener("keydown", arrows);
  document.addEventListener("infusion-theme", () => { if (alive()) set("alarms-theme", { data: theme() }); });
  window.dash_clientside.alarms = { boot, show };
})();
