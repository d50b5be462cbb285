/* The banner of the rooms page: alarms of all rooms, worst first, three at once and the whole list behind a button. Beneath an alarm's words
   stands what has become of it: who accepted it, or for how long nobody has and who was told. Acknowledging is done at the bed. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { age, el, orOver, setText, setData, MARKS } = infusion.format;
  const SHOWN = 3;
  const RANK = { high: 0, medium: 1, low: 2 };
  const find = (root, role) => root.querySelector(`[data-role="${role}"]`);

  /* Worst first; among equals, those nobody has acknowledged, then the newest. Of one room as its server has put them: no breath
     before the low rate that follows from it. */
  function sorted(alarms) {
    const place = new Map();
    const last = new Map();
    for (const alarm of alarms) {
      const level = `${alarm.room && alarm.room.id}/${alarm.priority}/${alarm.state === "acknowledged"}`;
      last.set(level, Math.min(alarm.onset_t_s || 0, last.get(level) ?? Infinity));
      place.set(alarm, last.get(level));
    }
    return alarms.slice().sort(
      (a, b) =>
        RANK[a.priority] - RANK[b.priority] ||
        Number(a.state === "acknowledged") - Number(b.state === "acknowledged") ||
        place.get(b) - place.get(a),
    );
  }

  class RoomsBanner {
    constructor(root) {
      this.root = root;
      this.lines = find(root, "lines");
      this.all = [];
      this.list = null;
    }

    /* `alarms`: of all rooms, each with its `room` and, where it was passed on, its row as `passedOn`. */
    paint(alarms, quiet) {
      this.all = sorted(alarms);
      const { all } = this;
      const key = all.map((a) => [a.room.id, a.occurrence, a.priority, a.state, a.text].join("/")).join("|") + quiet;
      if (this.key !== key) {
        this.key = key;
        setData(this.root, "worst", all.length ? all[0].priority : "");
        const more = all.length - SHOWN;
        this.lines.replaceChildren(
          ...(all.length ? all.slice(0, SHOWN).map(line) : [el("span", { class: "rooms-calm" }, quiet)]),
          ...(more > 0 ? [el("button", { type: "button", class: "rooms-more", onclick: () => this.open() }, `+ ${more} more`)] : []),
        );
        if (this.list) this.list.replaceChildren(...all.map(line));
      }
      this.tick(this.lines);
      if (this.list) this.tick(this.list);
    }

    tick(holder) {
      this.all.forEach((alarm, i) => {
        const node = holder.children[i];
        if (!node || !node.classList.contains("rooms-line")) return;
        setText(find(node, "elapsed"), alarm.occurrence ? age(alarm.room.now() - (alarm.onset_t_s || 0)) : "");
        const [words, tone] = below(alarm);
        setText(find(node, "below"), words);
        setData(node, "tone", tone);
      });
    }

    open() {
      this.list = el("div", { class: "rooms-list" }, this.all.map(line));
      const box = el(
        "dialog",
        { class: "rooms-dialog", "aria-label": "Alarms of all rooms" },
        el("h2", {}, "Alarms of all rooms, worst first"),
        this.list,
        el("div", { class: "rooms-dialog-row" }, el("button", { type: "button", class: "btn", onclick: () => box.close() }, "Close")),
      );
      box.addEventListener("close", () => {
        this.list = null;
        box.remove();
      });
      document.body.append(box);
      this.tick(this.list);
      box.showModal();
    }

    close() {
      document.querySelectorAll("dialog.rooms-dialog").forEach((box) => box.remove());
    }
  }

  /* What has become of an alarm, and whether that is a matter of concern. */
  function below(alarm) {
    if (alarm.state === "acknowledged") return [`✓ ${alarm.acknowledged_by || ""}`, "calm"];
    const row = alarm.passedOn;
    if (!row) return ["", ""];
    const waited = row.unanswered_s + (performance.now() - row.arrived) / 1000;
    const outside = row.sent.filter((one) => one.channel !== "screens");
    const told = outside.map((one) => `${one.channel} ${one.ok ? "told" : one.ok === null ? "is being told" : /^simulated/.test(one.detail) ? "(simulated)" : "NOT REACHED"}`);
    return [[`${alarm.occurrence ? "unanswered " : "for "}${age(waited)}`, row.call, ...told].filter(Boolean).join(" · "), row.call ? "call" : "waits"];
  }

  function line(alarm) {
    const { room } = alarm;
    return el(
      "a",
      { class: `rooms-line rooms-${alarm.priority}`, href: `/live/${encodeURIComponent(room.id)}`, title: `${room.title}: ${orOver(alarm.text, alarm)}` },
      el("span", {}, MARKS[alarm.priority]),
      room.state && room.state.simulation ? el("span", { class: "mark mark-simulation mark-small" }, "SIM") : null,
      el("span", { class: "rooms-room" }, room.title),
      el("span", { class: "rooms-words" }, el("span", { class: "rooms-text" }, alarm.text), el("span", { class: "rooms-below", "data-role": "below" })),
      el("span", { class: "rooms-elapsed", "data-role": "elapsed", "aria-hidden": "true" }),
    );
  }

  Object.assign(infusion, { RoomsBanner, sortedAlarms: sorted });
})();
