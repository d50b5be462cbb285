/* Words, times and elements: small helpers that the other live-*.js files share. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const two = (n) => String(n).padStart(2, "0");
  const MARKS = { high: "***", medium: "**", low: "*" };

  /** 4365 → "01:12:45"; null → dashes of the same width. */
  function clock(seconds) {
    if (seconds === null || !isFinite(seconds)) return "--:--:--";
    const s = Math.max(0, Math.floor(seconds));
    return `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  }

  /** A run's own clock, minutes and seconds however long: 4365 → "72:45"; null → "–". */
  function runClock(seconds) {
    if (seconds === null || seconds === undefined || !isFinite(seconds)) return "–";
    const s = Math.max(0, Math.floor(seconds));
    return `${two(Math.floor(s / 60))}:${two(s % 60)}`;
  }

  /** 42 → "0:42", 130 → "2:10", 3723 → "1:02:03". */
  function age(seconds) {
    if (seconds === null || seconds === undefined || !isFinite(seconds)) return "";
    const s = Math.max(0, Math.floor(seconds));
    const h = Math.floor(s / 3600);
    return h ? `${h}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
  }

  /** Local wall time of a UTC instant in milliseconds. */
  function timeOfDay(ms, withSeconds = true) {
    if (!isFinite(ms)) return "";
    const d = new Date(ms);
    const hm = `${two(d.getHours())}:${two(d.getMinutes())}`;
    return withSeconds ? `${hm}:${two(d.getSeconds())}` : hm;
  }

  /** Local date of a UTC instant in milliseconds, as every table here writes it: "2026-11-29". */
  function dayOf(ms) {
    if (!isFinite(ms)) return "";
    const d = new Date(ms);
    return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
  }

  /** An alarm that is over and waits to be seen says so, wherever its words stand: the number beside it is well again. */
  const orOver = (words, alarm) => (alarm.state === "latched" ? `${words}, over` : words);

  /** At most `decimals` places and no trailing zeros: 5 → "5", 0.35 → "0.35". */
  function number(value, decimals = 0) {
    if (value === null || value === undefined || !isFinite(value)) return "–";
    return String(Number(Number(value).toFixed(decimals)));
  }

  /** "≤ 88" → "at or below 88". */
  function triggerWords(trigger) {
    if (!trigger) return "";
    return trigger.replace(/^≤\s*/, "at or below ").replace(/^≥\s*/, "at or above ");
  }

  /** What a pump that does not run is doing; "" while it runs. A bolus starts no infusion, and is not nothing. */
  function idleWords(drip) {
    const words = { not_started: drip.given_mg > 0 ? "bolus only" : "not started", paused: "paused", stopped: "stopped" };
    return words[drip.state] || "";
  }

  /** A random UUID; `crypto.randomUUID` is missing on pages that are not served over TLS. */
  function uuid() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const b = crypto.getRandomValues(new Uint8Array(16));
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    const hex = [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  /** Element with attributes and children; text children are text, never markup. */
  function el(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (name === "class") node.className = value;
      else if (name === "value") node.value = value;
      else node.setAttribute(name, value === true ? "" : value);
    }
    for (const child of children.flat()) if (child !== null && child !== undefined) node.append(child);
    return node;
  }

  /** Write only what changed: an unchanged text costs no layout. */
  function setText(node, text) {
    if (!node) return;
    const first = node.firstChild;
    if (first && first === node.lastChild && first.nodeType === 3) {
      if (first.data !== text) first.data = text;
    } else if (node.textContent !== text) node.textContent = text;
  }

  /** "R. Nurse" → "R.N.", where a line has no room for the name. */
  function initials(name) {
    return String(name || "").split(/[\s.]+/).filter(Boolean).map((part) => `${part[0].toUpperCase()}.`).join("");
  }

  function setData(node, name, value) {
    if (!node) return;
    if (value === null || value === undefined || value === "") {
      if (name in node.dataset) delete node.dataset[name];
    } else if (node.dataset[name] !== String(value)) node.dataset[name] = value;
  }

  function setHidden(node, hidden) {
    if (node && node.hidden !== hidden) node.hidden = hidden;
  }

  infusion.format = { runClock, clock, age, timeOfDay, dayOf, orOver, number, triggerWords, idleWords, uuid, initials, el, setText, setData, setHidden, MARKS };
})();
