/* The Plotly side of the charts: three transparent plots on one time axis, one over the other, each with its own panels.

   One plot of everything is redrawn in one piece and holds up the numbers for as long; three are redrawn one at a time. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const LEFT = 66; // room for the scales, CSS px
  const RIGHT = 40;
  const BOTTOM = 22;
  const PARTS = [["hr", "spo2", "bp"], ["co2", "rr", "ketamine", "conc"], ["loc", "alarms", "events"]];
  const LANES = ["alarms", "events"];

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
  infusion.Plots = Plots;
})();
