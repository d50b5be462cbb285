/* The numbers. Painted in the message handler itself, before anything else: no framework, no waiting. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { age, number, timeOfDay, idleWords, setText, setData, setHidden, MARKS } = infusion.format;
  const DASHES = "– –";
  const TILE_OF = {
    rate: "hr", hr: "hr", pr: "hr", spo2: "spo2", pi: "spo2", sbp: "bp", dbp: "bp", map: "bp", nibp_sys: "bp", nibp_dia: "bp", nibp_map: "bp",
    abp_sys: "bp", abp_dia: "bp", abp_map: "bp", etco2: "co2", fico2: "co2", rr: "rr", rr_co2: "rr", rr_imp: "rr", breath: "rr", loc: "loc",
    pump_rate_ml_h: "ketamine", pump_volume_ml: "ketamine", pump_state: "ketamine",
  };
  const WHY = {
    lost: "no link", stale: "no signal", invalid: "not usable", sensor_off: "sensor off", unavailable: "not measured", held: "old value repeated",
  };
  const ORIGIN = { hr: "ECG", pr: "pulse", rr_co2: "capnograph", rr_imp: "impedance", nibp_sys: "cuff", abp_sys: "arterial line" };
  /** Tile → the signals whose limits stand beside its number. */
  const LIMIT_SIGNALS = { hr: ["rate", "hr", "pr"], spo2: ["spo2"], bp: ["sbp", "nibp_sys"], co2: ["etco2"], rr: ["rr", "rr_co2"] };
  const OVERDUE = 1.5; // a cuff reading older than this many intervals is grey

  const pick = (values, ...names) => names.map((n) => values[n]).find((v) => v !== undefined) || null;
  const alive = (reading) => Boolean(reading && reading.value !== null && reading.value !== undefined);

  function origin(reading, fallback = "") {
    if (!reading) return fallback;
    return [...new Set([ORIGIN[reading.signal] || fallback, reading.source])].filter(Boolean).join(" · ");
  }

  function deadWords(bed, reading) {
    if (!reading) return bed.ready ? "no sensor" : "waiting";
    const why = WHY[reading.status] || "no signal";
    const old = bed.ageS(reading);
    return old !== null ? `${why} ${age(old)}` : why;
  }

  /** A sensor that has just come on: its limits raise nothing yet, and the page says so. */
  function settlingWords(bed, reading) {
    const left = (reading.settling_s || 0) - bed.sinceS();
    return left > 0 ? `settling ${age(left)}: no alarm yet` : "";
  }

  /** A side's limits as [[words, value, priority], ...], first to be reached first; one alone may come unwrapped. */
  infusion.limitSteps = (side) => {
    const steps = !side || !side.length ? [] : Array.isArray(side[0]) ? side : [side];
    const rank = { low: 0, medium: 1, high: 2 };
    return [...steps].sort((a, b) => (rank[a[2]] ?? 0) - (rank[b[2]] ?? 0));
  };

  /** What triggers first of what is more than a hint: the medium step. All of them: a tap on the tile, or the tooltip. */
  function limitWords(session, ...names) {
    const limits = session && session.limits ? names.map((n) => session.limits[n]).find(Boolean) : null;
    if (!limits) return "";
    return [limits.low, limits.high].map((side) => infusion.limitSteps(side)).filter((steps) => steps.length)
      .map((steps) => (steps.find((step) => step[2] !== "low") || steps[0])[0]).join("  ");
  }

  function allLimits(session, ...names) {
    const limits = session && session.limits ? names.map((n) => session.limits[n]).find(Boolean) : null;
    if (!limits) return "";
    return [limits.low, limits.high].flatMap((side) => infusion.limitSteps(side)).map((step) => `${MARKS[step[2]] || ""} ${step[0]}`).join("   ");
  }

  /** HIGH, LOW … as short as a tile needs; the banner has the words. */
  function alarmWord(alarm) {
    const trigger = alarm.trigger || "";
    if (/overdue/i.test(alarm.text)) return "OVERDUE";
    if (alarm.kind === "technical") return "SIGNAL";
    if (alarm.signal === "breath") return "NO BREATH";
    if (trigger.startsWith("≤") || /\blow\b/i.test(alarm.text)) return "LOW";
    if (trigger.startsWith("≥") || /\bhigh\b/i.test(alarm.text)) return "HIGH";
    return "ALARM";
  }

  class Tiles {
    constructor(app) {
      this.app = app;
      this.tiles = {};
      for (const node of app.root.querySelectorAll("[data-tile]")) {
        const part = (name) => node.querySelector(`[data-el="${name}"]`);
        this.tiles[node.dataset.tile] = {
          node, label: part("label"), unit: part("unit"), alarm: part("alarm"), value: part("value"), source: part("source"), limits: part("limits"),
          badge: part("badge"), detail: part("detail"), given: part("given"), bar: part("bar"), origin: part("origin"), left: part("left"),
        };
        const signals = LIMIT_SIGNALS[node.dataset.tile];
        if (signals) node.addEventListener("click", () => app.bed.session && app.dialogs.open("limits", infusion.limitGroup(signals[0])));
      }
    }

    _put(name, { value, dead, source, grey = false, flag = "" }) {
      const tile = this.tiles[name];
      const lost = dead || this.app.liveState !== "live";
      setText(tile.value, lost ? DASHES : value);
      setData(tile.node, "dead", lost ? "true" : "false");
      setData(tile.node, "grey", !lost && grey ? "true" : "");
      setData(tile.node, "flag", flag);
      setText(tile.source, this.app.liveState === "lost" ? "not live" : source);
    }

    /** All numbers of a `vitals` or `snapshot` message. */
    paint() {
      const { bed } = this.app;
      const { values, session } = bed;
      const rate = pick(values, "rate", "hr", "pr");
      const pulse = rate && (rate.signal || (values.hr ? "hr" : "pr")) === "pr";
      setText(this.tiles.hr.label, pulse ? "Pulse" : "HR");
      this._numeric("hr", rate, origin(rate, pulse ? "pulse" : "ECG"));
      this._spo2(values, session);
      this._pressure(values, session);
      this._numeric("co2", pick(values, "etco2"), origin(pick(values, "etco2"), "capnograph"));
      const rr = pick(values, "rr", "rr_co2", "rr_imp");
      this._numeric("rr", rr, this._breath(values, rr));
      this._loc(session);
      this.ketamine();
    }

    _numeric(name, reading, source) {
      const live = alive(reading);
      const doubt = live && reading.status === "questionable";
      this._put(name, { value: live ? number(reading.value) : "", dead: !live, source: live ? (doubt ? `doubtful: check patient, then sensor` : settlingWords(this.app.bed, reading) || source) : deadWords(this.app.bed, reading), flag: doubt ? "doubt" : "" });
    }

    _spo2(values, session) {
      const reading = pick(values, "spo2");
      const index = alive(values.pi) ? `PI ${number(values.pi.value, 1)}` : reading && reading.source;
      this._numeric("spo2", reading, [index, infusion.oxygenWords(session && session.oxygen)].filter(Boolean).join(" · "));
      if (!alive(reading)) setText(this.tiles.spo2.source, `${this.app.liveState === "lost" ? "not live" : deadWords(this.app.bed, reading)} · ${infusion.oxygenWords(session && session.oxygen)}`);
    }

    _pressure(values, session) {
      const { bed } = this.app;
      const sys = pick(values, "sbp", "nibp_sys");
      const dia = pick(values, "dbp", "nibp_dia");
      const mean = pick(values, "map", "nibp_map");
      const invasive = Boolean(sys && String(sys.signal || "").startsWith("abp"));
      setText(this.tiles.bp.label, invasive ? "ABP" : "NIBP");
      const live = alive(sys) && alive(dia);
      const old = bed.ageS(sys);
      const every = session && session.nibp_interval_s;
      const grey = !invasive && live && every && old !== null && old > OVERDUE * every;
      setText(this.tiles.bp.unit, live && alive(mean) && this.app.liveState === "live" ? `mmHg · mean ${number(mean.value)}` : "mmHg");
    const parts = live
        ? [invasive ? origin(sys) : old === null ? "age unknown" : `${age(old)} ago`, !invasive && every ? `every ${age(every)}` : null]
        : [sys && sys.age_s !== null ? deadWords(bed, sys) : "no cuff reading yet", every ? `every ${age(every)}` : null];
      this._put("bp", { value: live ? `${number(sys.value)}/${number(dia.value)}` : "", dead: !live, grey, source: parts.filter(Boolean).join(" · ") });
    }

    _breath(values, rr) {
      const breath = values.breath;
      const source = origin(rr, "capnograph").split(" · ")[0];
      return alive(breath) ? `${source} · last breath ${number(this.app.bed.breathS())} s` : origin(rr, "capnograph");
    }

    _loc(session) {
      const { bed } = this.app;
      const loc = session && session.loc;
      const tile = this.tiles.loc;
      setText(tile.unit, session ? session.scale_label || String(session.scale || "").toUpperCase() : "");
      const dueS = session && session.loc_due_t_s !== null && session.loc_due_t_s !== undefined && bed.nowTS() !== null ? session.loc_due_t_s - bed.nowTS() : null;
      const due = dueS === null ? "" : dueS >= 0 ? `next due in ${age(dueS)}` : `overdue ${age(-dueS)}`;
      this._put("loc", { value: loc ? String(loc.level) : "", dead: !loc, source: loc ? due : session ? due || "not assessed yet" : "", flag: dueS !== null && dueS < 60 ? (dueS < 0 ? "over" : "soon") : "" });
      setText(tile.limits, loc ? `${timeOfDay(Date.parse(loc.at), false)} · ${infusion.format.initials(loc.by)}` : "");
    }

    ketamine() {
      const { bed, liveState } = this.app;
      const drip = bed.infusion;
      const tile = this.tiles.ketamine;
      const known = Boolean(drip && drip.state);
      setText(tile.value, !known ? DASHES : idleWords(drip) || `${number(drip.rate_mg_h, 1)} mg/h`);
      setData(tile.node, "dead", liveState === "live" && known ? "false" : "true");
      setData(tile.node, "drip", known ? drip.state : "");
      if (!known) {
        // What the last patient got is nothing of the next one's.
        for (const part of [tile.detail, tile.left, tile.given, tile.origin]) setText(part, "");
        tile.bar.style.width = "0";
        return;
      }
      const left = drip.minutes_left && drip.state === "running" ? `${number(drip.minutes_left)} min left` : "";
      const rate = drip.state === "running"
        ? [drip.rate_ml_h !== null ? `${number(drip.rate_ml_h, 1)} mL/h` : null, drip.rate_mg_kg_h !== null ? `${number(drip.rate_mg_kg_h, 2)} mg/kg/h` : null] : [];
      setText(tile.detail, [drip.concentration_mg_ml ? `${number(drip.concentration_mg_ml, 2)} mg/mL` : "concentration not recorded", ...rate].filter(Boolean).join(" · "));
      setText(tile.left, left);
      const given = bed.givenMg();
      setText(tile.given, given === null ? "–" : `${given.toFixed(1)} of ${number(drip.planned_mg, 1)} mg`);
      const share = drip.planned_mg ? Math.min(1, Math.max(0, given / drip.planned_mg)) : 0;
      const width = `${(share * 100).toFixed(1)}%`;
      if (tile.bar.style.width !== width) tile.bar.style.width = width;
      setText(tile.origin, drip.source === "pump" ? "read from the pump" : "as entered");
    }

    /** Borders and words of the alarms, and the printed limits. */
    paintAlarms() {
      const { bed } = this.app;
      const worst = {};
      for (const alarm of bed.alarms) {
        const name = TILE_OF[alarm.signal];
        if (name) (worst[name] = worst[name] || []).push(alarm);
      }
      for (const [name, tile] of Object.entries(this.tiles)) {
        const mine = worst[name] || [];
        const top = mine[0];
        setData(tile.node, "priority", top ? top.priority : "");
        setData(tile.node, "state", top ? top.state : "");
        setText(tile.alarm, top ? `${MARKS[top.priority]} ${alarmWord(top)}${mine.length > 1 ? ` +${mine.length - 1}` : ""}` : "");
        const signals = LIMIT_SIGNALS[name];
        if (!signals) continue;
        setText(tile.limits, limitWords(bed.session, ...signals));
        tile.node.title = allLimits(bed.session, ...signals);
        const rules = bed.settings().filter((setting) => TILE_OF[setting.signal] === name);
        const off = rules.some((setting) => bed.leftS(setting.off_until_s ?? -1) > 0);
        const modified = rules.some((setting) => setting.modified);
        setText(tile.badge, off ? "OFF" : modified ? "MOD" : "");
        setData(tile.badge, "kind", off ? "off" : modified ? "modified" : "");
        setHidden(tile.badge, !off && !modified);
      }
    }
  }

  Object.assign(infusion, { Tiles, allLimits });
})();
