/* The review page in the browser: filters of the alarm history, its tabs, and the figure's theme. */
"use strict";
(() => {
  window.dash_clientside = window.dash_clientside || {};

  /* An empty choice filters nothing; what is chosen must hold, all of it. */
  function filter(rows, priorities, flags) {
    const shown = (rows || []).filter(
      (row) =>
        (!priorities.length || priorities.includes(row.priority)) &&
        (!flags.includes("unacknowledged") || row.waited_s === null) &&
        (!flags.includes("technical") || row.technical),
    );
    const total = (rows || []).length;
    const count = shown.length === total ? `${total} alarms` : `${shown.length} of ${total} alarms`;
    return [shown, total ? `${count} · arrows move, Space or a click jumps to the moment` : "No alarm was raised in this session"];
  }

  /* An address may name a moment, and the alarm there: /review/SESSION?at=4916&occurrence=5. */
  let honoured = "";
  function honour() {
    const words = new URLSearchParams(location.search);
    const here = location.pathname + location.search;
    if (honoured === here || !(words.has("at") || words.has("occurrence"))) return;
    honoured = here;
    const { set_props: set } = window.dash_clientside;
    const moment = () => { if (Number.isFinite(Number.parseFloat(words.get("at")))) set("review-at", { data: { at_s: Number.parseFloat(words.get("at")) } }); };
    const until = performance.now() + 8000;
    window.dash_ag_grid.getApiAsync("review-alarms").then(function look(api) {
      if (api.isDestroyed()) return;
      const node = words.get("occurrence") ? api.getRowNode(words.get("occurrence")) : null;
      if (node) {
        set("review-alarms", { selectedRows: [node.data] });
        api.ensureNodeVisible(node);
      } else if (!words.get("occurrence") || performance.now() > until || api.getDisplayedRowCount() > 0) moment();
      else setTimeout(look, 60, api);
    });
  }
  window.addEventListener("pagehide", () => { honoured = ""; });

  window.dash_clientside.review = { filter: (...all) => { const shown = filter(...all); if (all[0]) honour(); return shown; }, tab: (tab) => [tab !== "alarms", tab !== "log", tab !== "alarms"] };

  /* The server draws dark; a light page asks once for light, and again whenever the theme is switched. */
  const theme = () => document.documentElement.dataset.theme || "dark";
  let told = null;
  function tell() {
    const chart = document.querySelector("#review-chart .js-plotly-plot");
    if (!chart) {
      told = null;
      return;
    }
    if (told === null) told = "dark";
    if (theme() !== told && window.dash_clientside.set_props) {
      told = theme();
      window.dash_clientside.set_props("review-theme", { data: told });
    }
  }
  document.addEventListener("infusion-theme", tell);

  /* On a narrow screen the name of an alarm comes before how often it came and how it ended. */
  let fitted = null;
  function fit() {
    const grid = document.getElementById("review-alarms");
    const wanted = grid && grid.querySelector(".ag-header-cell") ? innerWidth >= 1400 : null;
    if (wanted === null || !window.dash_ag_grid) fitted = null;
    else if (wanted !== fitted) {
      fitted = wanted;
      window.dash_ag_grid.getApiAsync("review-alarms").then((api) => api.setColumnsVisible(["nth", "state"], wanted));
    }
  }
  setInterval(() => { tell(); fit(); }, 250);
})();
