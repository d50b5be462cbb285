/* The debrief of a run: what was expected, what was done, what the patient went through. Read once; nothing here is live. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el, setText, runClock: clock } = infusion.format;

  const EDGE = { high: "--high-edge", medium: "--medium-edge", low: "--low-edge" };

  class Debrief {
    constructor(root) {
      this.root = root;
      const { session, people } = JSON.parse(root.dataset.config);
      this.session = session;
      this.remarks = new infusion.Remarks(session, people);
      this.onTheme = () => this._draw();
      document.addEventListener("infusion-theme", this.onTheme);
      this.sizes = new ResizeObserver(() => this._draw());
      this.load();
    }

    find(name) {
      return this.root.querySelector(`[data-el="${name}"]`);
    }

    async load() {
      try {
        const response = await fetch(`/train/api/debrief?session=${encodeURIComponent(this.session)}`);
        const told = await response.json();
        if (!response.ok) { setText(this.find("about"), told.error); this.root.dataset.state = "failed"; return; }
        this.show(told);
      } catch {
        setText(this.find("about"), "The debrief could not be loaded: the server does not answer.");
        this.root.dataset.state = "failed";
      }
    }

    show(told) {
      this.told = told;
      setText(this.find("title"), told.title);
      const began = new Date(told.began_at);
      const trainees = told.trainees.length ? `trainee ${told.trainees.join(", ")}` : "no trainee gave a name at the bed";
      setText(this.find("about"), `SIMULATION · ${told.recorded ? "a recording, so without truth · " : ""}${told.notice ? told.about.replace(` · ${told.notice}`, "") : told.about} · began ${infusion.format.dayOf(began)} ${infusion.format.timeOfDay(began, false)} · ${clock(told.from_s)} to ${clock(told.to_s)} · trainer ${told.by} · ${trainees}`);
      if (told.forked_from) // what was done before stands there
        this.find("about").append(" · ", el("a", { href: `/train/${told.forked_from}` }, "forked from an earlier run: its debrief"));
      this._forks();
      if (told.recorded || told.gone) {
        setText(this.root.querySelector(".debrief-wide h2"), "What the monitor showed, alarms and what was done");
        const legend = this.root.querySelector(".debrief-wide p");
        setText(legend, legend.textContent.replace("thick: true · thin: as the monitor showed it", "line: as the monitor showed it"));
      }
      const none = (words) => [el("p", { class: "train-empty" }, words)];
      const fill = (name, rows, words) => this.find(name).replaceChildren(...(rows.length ? rows : none(words)));
      const notice = this.find("notice");
      notice.hidden = !told.notice;
      setText(notice, told.notice);
      const lack = told.gone ? "Not without the scenario of this run." : null;
      fill("scores", told.scores.flatMap((one) => this._line(one.id, `“${one.text}”`, one.verdict,
        el("span", {}, one.text, one.why ? el("small", { class: "debrief-why" }, one.why) : null), el("span", { class: "tabular train-from-to" }, infusion.fromTo(one)), el("span", { class: "train-by" }, one.target), el("b", {}, one.words))), lack ? lack : told.recorded ? "A recording expects no actions by name." : "This scenario expects no actions by name, and nothing was injected that asks for some.");
      this._remarks(told);
      fill("outcome", told.outcome.map(([what, words]) => el("div", { class: "debrief-row" }, el("span", {}, what), el("b", { class: "tabular" }, words))), "");
      fill("alarms", told.alarms.map((one) => el("div", { class: "debrief-row", "data-priority": one.priority },
        el("span", {}, `${clock(one.t_s)}  ${one.text}`), el("b", { class: "tabular" }, one.waited_s === null ? "not acknowledged" : `${Math.round(one.waited_s)} s${one.beside ? `, with ${one.beside}` : ""} · ${one.by}`))), "No alarm in this run.");
      const handled = (one) => el("div", { class: "train-row", "data-kind": one.tapped ? "acted" : "recorded" }, el("span", { class: "tabular" }, clock(one.t_s)), el("span", {}, one.text), el("span", { class: "train-by" }, one.by));
      fill("pump", told.pump.map(handled), "Nobody recorded anything at the pump or was seen there.");
      fill("calls", told.calls.map(handled), "Nobody called for help.");
      const lines = [...told.happened, ...told.trainer].sort((a, b) => a.t_s - b.t_s);
      fill("happened", lines.map((one) => el("div", { class: "train-row", "data-kind": one.kind }, el("span", { class: "tabular" }, clock(one.t_s)), el("span", {}, one.mark ? el("b", { class: "debrief-mark" }, one.mark) : null, one.text), el("span", { class: "train-by" }, one.by))), "Nothing was injected, told or done.");
      fill("points", told.points.map((words) => el("div", { class: "debrief-point" }, words)), lack || "The scenario names no points to talk about.");
      this.find("again").replaceChildren(...this._again(told.go_on));
      this.root.dataset.state = "ready";
      this.sizes.observe(this.find("figure"));
      this._draw();
    }

    /** The runs that went on from this one, each by the moment. */
    async _forks() {
      try {
        const response = await fetch(`/train/api/forks?session=${encodeURIComponent(this.session)}`);
        if (!response.ok || this.stopped) return;
        for (const one of (await response.json()).forks)
          this.find("about").append(" · ", el("a", { href: `/train/${encodeURIComponent(one.session)}` }, `gone on from at ${one.at}: the debrief of ${one.began}`));
      } catch { /* a way to another page, no more */ }
    }

    /** A new run goes on from a moment of this one; where that cannot be, the reason stands in the place of the moment. */
    _again({ moments, refused }) {
      if (refused) return [el("span", { class: "debrief-refused" }, `Cannot be gone on from: ${refused}`)];
      const moment = el("select", { class: "pick", "aria-label": "The moment to go on from" },
        ...moments.map((one) => el("option", { value: one.t_s }, `${clock(one.t_s)} ${one.text}`)));
      const go = el("button", { type: "button", class: "btn", onclick: () => this._goOn(go, Number(moment.value)) }, "Go on from here");
      return [go, moment];
    }

    async _goOn(go, atS) {
      const say = (words) => setText(this.find("about"), words);
      if (!this.remarks.by) { say("Say first who you are, at the score sheet."); return; }
      go.disabled = true;
      say("A new run is made up to that moment; this one is kept …");
      try {
        const response = await fetch("/train/api/do", {
          method: "POST", headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ do: "go_on", by: this.remarks.by, session: this.session, at_s: atS }),
        });
        if (response.ok) { location.href = "/train"; return; }
        say((await response.json()).error);
      } catch {
        say("Not done: the server does not answer.");
      }
      go.disabled = false;
    }

    /** Also of lines that the sheet does not have any more: what was said of them is not lost. */
    _remarks(told) {
      this.find("who").replaceChildren(this.remarks.who());
      const about = new Set([...told.remarks.map((one) => one.about), ...Object.keys(this.remarks.drafts)]);
      const gone = [...about].filter((id) => id && !told.scores.some((one) => one.id === id));
      this.find("whole").replaceChildren(
        ...gone.flatMap((id) => this._line(id, id, null, el("span", {}, `${id.replaceAll("-", " ")} (a line that this sheet does not have now)`))),
        ...this._line("", "the run as a whole", null, el("span", {}, "The run as a whole")));
      this.remarks.show(told.remarks);
    }

    /** A line with its button for a comment, and the comment below. */
    _line(about, words, verdict, ...cells) {
      const [open, place] = this.remarks.place(about, words);
      return [el("div", { class: "train-score-row", "data-verdict": verdict }, ...cells, open), place];
    }

    async _draw() {
      if (!this.told || this.drawing) return;
      const node = this.find("figure");
      if (!node.clientWidth) return;
      this.drawing = true;
      try {
        const Plotly = await infusion.plotly();
        if (this.stopped) return;
        const style = getComputedStyle(node);
        const { told } = this;
        const figure = infusion.trainFigure(told.truth, style, node.clientWidth, node.clientHeight, told.from_s, told.recorded ? infusion.recordedRows : undefined);
        const colour = (name) => style.getPropertyValue(name).trim();
        const line = (t, name, dash) => ({ type: "line", xref: "x", yref: "paper", x0: t, x1: t, y0: 0, y1: 1, line: { color: colour(name), width: 1.2, dash } });
        figure.layout.shapes = [
          ...told.happened.filter((one) => one.mark).map((one) => line(one.t_s, one.kind === "acted" ? "--hr" : "--infusion", one.kind === "acted" ? "solid" : "dot")),
          ...told.alarms.filter((one) => one.priority !== "low").map((one) => line(one.t_s, EDGE[one.priority], "dash")),
        ];
        numbers(told.happened.filter((one) => one.mark), figure.layout, colour("--text-strong"));
        await Plotly.react(node, figure.data, figure.layout, { staticPlot: true, displayModeBar: false });
        node.dataset.draws = String(Number(node.dataset.draws || 0) + 1);
      } finally {
        this.drawing = false;
      }
    }

    close() {
      this.stopped = true;
      this.remarks.close();
      this.sizes.disconnect();
      document.removeEventListener("infusion-theme", this.onTheme);
    }
  }

  /** The number of each act and injection over its line; those that would lie on one another share a place: "2–5". */
  function numbers(marks, layout, colour) {
    const { range } = layout.xaxis;
    const px = (layout.width - layout.margin.l - layout.margin.r) / (range[1] - range[0]);
    layout.margin.t = 20;
    const groups = [];
    for (const one of marks) {
      const last = groups[groups.length - 1];
      if (last && (one.t_s - last[0].t_s) * px < 26) last.push(one);
      else groups.push([one]);
    }
    for (const group of groups) {
      const [first, last] = [group[0], group[group.length - 1]];
      const text = group.length === 1 ? String(first.mark) : `${first.mark}–${last.mark}`;
      layout.annotations.push({ xref: "x", yref: "paper", x: (first.t_s + last.t_s) / 2, y: 1, yanchor: "bottom", showarrow: false, text, font: { size: 12, color: colour } });
    }
  }

  infusion.Debrief = Debrief;
})();
