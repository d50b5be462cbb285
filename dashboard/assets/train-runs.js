/* All runs of the training room: the address says what is shown; the server filters and works out the figures, this page puts them up. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el, setText, number } = infusion.format;
  const WORDS = ["scenario", "from", "to", "first"];
  const DOT = 4; // radius of a run's dot

  class Runs {
    constructor(root) {
      this.root = root;
      this.picked = [];
      const words = new URLSearchParams(location.search);
      this.ask = Object.fromEntries(WORDS.map((key) => [key, words.get(key) || ""]));
      this.with = words.get("with") || "";
      this._dates();
      root.addEventListener("click", (event) => this._click(event));
      this.find("scenario").addEventListener("change", (event) => this._change("scenario", event.target.value));
      window.dash_ag_grid.getApiAsync(root.dataset.grid).then((api) => this._grid(api));
    }

    find(name) {
      return this.root.querySelector(`[data-el="${name}"]`);
    }

    /** Fields are made here: the page's framework has none that it would not write into itself. */
    _dates() {
      const field = (key, words) => el("label", {}, el("span", { class: "alarms-label" }, words),
        el("input", { class: "pick", type: "date", name: key, "aria-label": words, value: this.ask[key], onchange: (event) => this._change(key, event.target.value) }));
      this.find("dates").replaceChildren(field("from", "From"), field("to", "To"));
    }

    _grid(api) {
      if (this.stopped) return;
      this.api = api;
      api.addEventListener("selectionChanged", () => this._selected());
      api.addEventListener("cellClicked", (event) => {
        if (event.column.getColId() === "began_ms" && event.data) location.href = event.data.going ? "/train" : `/train/${encodeURIComponent(event.data.id)}`;
      });
      this.load();
    }

    async load() {
      const asked = (this.asked = (this.asked || 0) + 1);
      this.root.dataset.state = "loading";
      const words = new URLSearchParams(WORDS.filter((key) => this.ask[key]).map((key) => [key, this.ask[key]])).toString();
      const url = location.pathname + (words ? `?${words}` : "");
      if (url !== location.pathname + location.search && !this.with) history.replaceState(history.state, "", url);
      try {
        const start = performance.now();
        const response = await fetch(`/train/api/runs?${words}`);
        const told = await response.json();
        if (this.stopped || asked !== this.asked) return;
        if (!response.ok) { this._fail(told.error); return; }
        this.show(told);
        this.root.dataset.tookMs = String(Math.round(performance.now() - start));
      } catch {
        if (!this.stopped && asked === this.asked) this._fail("The runs could not be loaded: the server does not answer.");
      }
    }

    _fail(words) {
      this.root.dataset.state = "failed";
      this._problems([words]);
    }

    _problems(lines) {
      const place = this.find("problems");
      place.hidden = !lines.length;
      place.replaceChildren(...lines.map((words) => el("p", {}, words)));
    }

    show(told) {
      this.told = told;
      this._problems(told.problems);
      const pick = this.find("scenario");
      const options = told.scenarios.map(([id, title]) => el("option", { value: id }, title));
      if (this.ask.scenario && !told.scenarios.some(([id]) => id === this.ask.scenario)) options.push(el("option", { value: this.ask.scenario }, this.ask.scenario));
      pick.replaceChildren(el("option", { value: "" }, "All scenarios"), ...options);
      pick.value = this.ask.scenario;
      this.root.querySelector("[data-do=first]").setAttribute("aria-pressed", String(this.ask.first === "1"));
      if (this.with) this.picked = [this.with]; // a debrief can send here with its run ticked
      this.with = "";
      this.picked = this.picked.filter((id) => told.rows.some((row) => row.id === id));
      // Through the framework, which turns the columns' words into functions, and would put its own, empty, selection over ours.
      window.dash_clientside.set_props(this.root.dataset.grid, { columnDefs: told.columns, rowData: told.rows, selectedRows: { ids: [...this.picked] } });
      const runs = (n) => `${n} run${n === 1 ? "" : "s"}`;
      const going = told.rows.filter((row) => row.going).length;
      const shown = told.rows.length === told.total ? runs(told.total) : `${runs(told.total)} in this period · ${told.rows.length} shown`;
      setText(this.find("count"), told.total ? `${shown}${going ? ` · ${going} going on, in no figure below` : ""}` : "No run yet in this period.");
      this.find("cohorts").replaceChildren(...(told.cohorts.length ? told.cohorts.map((one) => cohort(one)) : [el("p", { class: "train-empty" },
        told.total ? "No ended run here has a score." : "A run of the training room is listed here from the moment it begins.")]));
      this.root.dataset.state = "ready";
      this._buttons();
    }

    _selected() {
      const now = this.api.getSelectedNodes().filter((node) => node.data).map((node) => node.data.id);
      const kept = this.picked.filter((id) => now.includes(id));
      this.picked = [...kept, ...now.filter((id) => !kept.includes(id))];
      if (this.picked.length > 2) {
        const oldest = this.api.getRowNode(this.picked.shift()); // a third tick takes the first one's place
        if (oldest) oldest.setSelected(false);
      }
      this._buttons();
    }

    _buttons() {
      const rows = this.picked.map((id) => this.told && this.told.rows.find((row) => row.id === id)).filter(Boolean);
      const button = this.root.querySelector("[data-do=compare]");
      const going = rows.some((row) => row.going);
      button.disabled = rows.length !== 2 || going;
      button.title = going ? "One of the two is still going on" : rows.length === 2 ? "" : "Tick two runs";
      this.root.querySelector("[data-do=csv]").disabled = !(this.told && this.told.rows.length);
    }

    _change(key, value) {
      this.ask[key] = value;
      this.load();
    }

    _click(event) {
      const node = event.target.closest("[data-do]");
      if (!node || node.disabled) return;
      if (node.dataset.do === "first") this._change("first", this.ask.first === "1" ? "" : "1");
      else if (node.dataset.do === "csv") this._csv();
      else if (node.dataset.do === "compare") {
        // The earlier of the two is the one on the left.
        const at = (id) => this.told.rows.find((row) => row.id === id).began_ms;
        const [a, b] = [...this.picked].sort((x, y) => at(x) - at(y));
        location.href = `/train/compare?a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}`;
      }
    }

    async _csv() {
      const sessions = [];
      this.api.forEachNodeAfterFilterAndSort((node) => sessions.push(node.data.id));
      try {
        const response = await fetch("/train/api/runs.csv", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ sessions }) });
        if (!response.ok) { this._problems([(await response.json()).error]); return; }
        const url = URL.createObjectURL(await response.blob());
        el("a", { href: url, download: "SIMULATION-runs.csv" }).click();
        setTimeout(() => URL.revokeObjectURL(url), 10000);
      } catch {
        this._problems(["The file could not be made: the server does not answer."]);
      }
    }

    close() {
      this.stopped = true;
    }
  }

  function cohort(one) {
    const row = (item) => el("tr", { "data-item": item.id }, el("td", {}, item.text, item.apart ? el("span", { class: "runs-apart" }, item.apart) : null),
      el("td", { class: "tabular" }, item.target), el("td", { class: "tabular" }, item.met), el("td", { class: "tabular" }, item.time), el("td", {}, strip(item)));
    return el("section", { class: "train-panel runs-cohort", "data-scenario": one.scenario },
      el("h2", {}, one.title, el("span", {}, ` · ${one.words}`)),
      el("table", {}, el("thead", {}, el("tr", {}, ...["", "Target", "Met", "Median (range)", "Each run"].map((words) => el("th", { scope: "col" }, words)))),
        el("tbody", {}, one.items.map(row))));
  }

  function svg(tag, attributes) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
    return node;
  }

  /** A dot a run on a line of seconds, the target as a line across; dots that would lie on one another are piled up. */
  function strip(item) {
    if (item.harmful || !item.times_s.length) return el("span", { class: "train-by" }, "–");
    const [width, height, pad] = [240, 34, 8];
    const low = Math.min(0, item.times_s[0]);
    const most = Math.max(item.times_s[item.times_s.length - 1], (item.target_s || 0) * 1.2, low + 1);
    const x = (seconds) => pad + ((seconds - low) / (most - low)) * (width - 2 * pad - 56);
    const target = item.target_s === null ? "no target" : `target ${number(item.target_s)} s`;
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", class: "runs-strip", "aria-label": `${item.times_s.map((s) => number(s)).join(", ")} s, ${target}` });
    root.append(svg("line", { x1: x(low), x2: x(most), y1: height - 9, y2: height - 9, class: "runs-axis" }));
    if (item.target_s !== null) root.append(svg("line", { x1: x(item.target_s), x2: x(item.target_s), y1: 2, y2: height - 3, class: "runs-target" }));
    const piles = new Map();
    for (const seconds of item.times_s) {
      const place = Math.round(x(seconds) / DOT);
      const level = piles.get(place) || 0;
      piles.set(place, level + 1);
      const late = item.target_s !== null && seconds > item.target_s;
      const dot = svg("circle", { cx: x(seconds), cy: Math.max(DOT, height - 9 - level * 2), r: DOT, class: late ? "runs-dot runs-dot-late" : "runs-dot" });
      const words = svg("title", {});
      words.textContent = `${number(seconds, 1)} s`;
      dot.append(words);
      root.append(dot);
    }
    // What was found, not where the line ends.
    const [first, last] = [number(item.times_s[0]), number(item.times_s[item.times_s.length - 1])];
    const end = svg("text", { x: width, y: height - 5, "text-anchor": "end", class: "runs-end" });
    end.textContent = first === last ? `${last} s` : `${first}–${last} s`;
    root.append(end);
    return root;
  }

  // Dash puts the pages in and takes them out; a cheap look at each change is enough.
  const kinds = { "train-runs": () => Runs, "train-compare": () => infusion.TrainCompare };
  const open = {};
  let queued = false;
  function watch() {
    for (const [id, kind] of Object.entries(kinds)) {
      const root = document.getElementById(id);
      if (open[id] && open[id].root !== root) { open[id].close(); delete open[id]; }
      if (root && !open[id] && root.dataset.state && kind()) open[id] = new (kind())(root);
    }
  }
  new MutationObserver(() => {
    if (queued) return;
    queued = true;
    setTimeout(() => { queued = false; watch(); }, 0);
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
