/* The Plotly side of the charts: three transparent plots on one time axis, one over the other, each with its own panels.

   One plot of everything is redrawn in one piece and holds up the numbers for as long; three are redrawn one at a time. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const LEFT = 66; // room for the scales, CSS px
  const RIGHT = 62; // and for the words of the limits
  const BOTTOM = 22;
  const PARTS = [["hr", "spo2", "bp"], ["co2", "rr", "ketamine", "conc"], ["loc", "alarms", "events"]];
  const LANES = ["alarms", "events"];

  const PANEL_EDGES = 5; // what the axes leave free of a panel, above and below
  const LABEL_PX = 11;

  /** Labels at least `gap` px apart and inside the panel, in the order of their values. */
  function spread(rows, gap, height) {
    const out = [...rows].sort((a, b) => a.y - b.y);
    const room = Math.min(gap, height / Math.max(1, out.length));
    for (let i = 0; i < out.length; i++) out[i].y = Math.max(out[i].y, room / 2, i ? out[i - 1].y + room : 0);
    for (let i = out.length - 1, floor = height - room / 2; i >= 0; i--) { out[i].y = Math.min(out[i].y, floor); floor = out[i].y - room; }
    return out;
  }

  class Plots {
    constructor(area, root) {
      this.area = area;
      this.root = root;
      this.parts = PARTS.map((panels, i) => {
        const node = infusion.format.el("div", { class: "plot-part" });
        root.append(node);
        return { node, panels, axes: panels.map((p) => infusion.figure.AXIS[p]), last: i === PARTS.length - 1, drawn: false };
      });
    }

    colours() {
      if (this._colours) return this._colours;
      const style = getComputedStyle(this.area);
      const get = (name) => style.getPropertyValue(`--${name}`).trim();
      this._colours = {
        hr: get("hr"), spo2: get("spo2"), bp: get("bp"), co2: get("co2"), rr: get("rr"), loc: get("loc"), infusion: get("infusion"), predicted: get("predicted"),
        high: get("high-edge"), medium: get("medium-edge"), low: get("low-edge"), muted: get("muted"), text: get("text"), grid: get("grid"), now: get("now"),
        infusionFill: get("infusion-fill"), band: get("predicted-band"),
      };
      return this._colours;
    }

    /** The words of the limits beside their lines; where two would touch they move apart. */
    label(marks) {
      for (const panel of this.area.querySelectorAll("[data-panel]")) {
        const mark = marks[panel.dataset.panel];
        if (!mark) continue;
        const box = panel.querySelector(".limit-labels") || panel.appendChild(infusion.format.el("div", { class: "limit-labels tabular" }));
        const height = panel.clientHeight - PANEL_EDGES;
        const y = (value) => PANEL_EDGES / 2 + (1 - (value - mark.span[0]) / (mark.span[1] - mark.span[0])) * height;
        const rows = spread(mark.limits.map((limit) => ({ ...limit, y: y(limit.value) })), LABEL_PX, panel.clientHeight);
        const drawn = JSON.stringify(rows);
        if (box.drawn === drawn) continue;
        box.drawn = drawn;
        box.replaceChildren(...rows.map((row) => infusion.format.el("span", { "data-priority": row.priority, style: `top:${row.y.toFixed(1)}px` },
          row.words, infusion.format.el("i", {}, infusion.format.MARKS[row.priority]))));
      }
    }

    size() {
      const heights = {};
      for (const panel of this.area.querySelectorAll("[data-panel]")) heights[panel.dataset.panel] = panel.clientHeight;
      return { pixels: this.area.clientWidth - LEFT - RIGHT, heights };
    }

    /** New sizes or colours: the next drawing starts afresh. */
    forget(Plotly) {
      this._colours = null;
      for (const part of this.parts) {
        if (part.drawn) Plotly.purge(part.node);
        part.drawn = false;
      }
    }

    async draw(Plotly, part, next) {
      const own = this._own(part, next.layout);
      if (part.drawn) {
        const data = part.names.map((name) => next.data[name]);
        await Plotly.update(part.node, { x: data.map((d) => d.x), y: data.map((d) => d.y), text: data.map((d) => d.text || "") }, own);
        return;
      }
      const made = Object.entries(infusion.figure.traces(this.colours())).filter(([, trace]) => part.axes.includes(trace.yaxis));
      part.names = made.map(([name]) => name);
      const layout = this._layout(part);
      for (const [path, value] of Object.entries(own)) {
        const [axis, key] = path.split(".");
        if (key) layout[axis][key] = value;
        else layout[axis] = value;
      }
      await Plotly.newPlot(part.node, made.map(([name, trace]) => ({ ...trace, name, x: next.data[name].x, y: next.data[name].y, ...(trace.mode === "text" ? { text: next.data[name].text } : {}) })), layout, { staticPlot: true, displayModeBar: false });
      part.drawn = true;
    }

    /** What of the moving layout belongs to this part. */
    _own(part, layout) {
      const mine = part.axes.map(infusion.figure.layoutName);
      const out = Object.fromEntries(Object.entries(layout).filter(([path]) => path.startsWith("xaxis.") || mine.includes(path.split(".")[0])));
      out.shapes = layout.shapes.filter((shape) => (shape.yref === "paper" ? part.last : part.axes.includes(shape.yref)));
      return out;
    }

    /** The panels are laid out by CSS; the y axes take their places. */
    _domains() {
      const box = this.root.getBoundingClientRect();
      const height = box.height - BOTTOM;
      const out = {};
      for (const panel of this.area.querySelectorAll("[data-panel]")) {
        const r = panel.getBoundingClientRect();
        const inner = panel.dataset.panel === "ketamine" ? 16 : 3; // under the words in its corner
        out[panel.dataset.panel] = [1 - (r.bottom - box.top - 2) / height, 1 - (r.top - box.top + inner) / height].map((v) => Math.min(1, Math.max(0, v)));
      }
      out.conc = out.ketamine;
      return out;
    }

    _layout(part) {
      const c = this.colours();
      const domains = this._domains();
      const layout = {
        width: this.root.clientWidth, height: this.root.clientHeight, margin: { l: LEFT, r: RIGHT, t: 0, b: BOTTOM }, showlegend: false, autosize: false,
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: "Inter, system-ui, sans-serif", size: 11, color: c.muted }, hovermode: false,
        xaxis: {
          type: "linear", gridcolor: c.grid, zeroline: false, anchor: "free", position: 0, tickmode: "array", fixedrange: true, ticks: "", tickangle: 0, showticklabels: part.last,
        },
      };
      for (const panel of part.panels) {
        const lane = LANES.includes(panel);
        layout[infusion.figure.layoutName(infusion.figure.AXIS[panel])] = {
          domain: domains[panel], anchor: "x", zeroline: false, showgrid: !lane && panel !== "conc", gridcolor: c.grid, showticklabels: !lane,
          tickmode: "array", tickvals: [], fixedrange: true, ticks: "", ...(lane ? { range: panel === "alarms" ? [-0.8, 2.8] : [0, 1] } : {}),
          ...(panel === "conc" ? { overlaying: "y6", side: "right", tickfont: { color: c.predicted } } : {}),
        };
      }
      return layout;
    }
  }

  infusion.PLOT_MARGINS = { LEFT, RIGHT };
  infusion.LIMIT_LABEL_PX = LABEL_PX;
  infusion.Plots = Plots;
})();
