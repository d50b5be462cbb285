/* Hot-keys that a scanner, a palm or a held key cannot press.

   A key counts only when it is alone: nothing else is held, no other key came 150 ms before, none comes 150 ms after, it is
   not auto-repeat, has no modifier, and nobody is typing in a field. Enter and Space on a button go the same way, so that the
   Enter at the end of a scan does not press what happens to have the focus. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const BEFORE_MS = 150;
  const AFTER_MS = 150;
  const FORGET_MS = 10000; // a key whose release was lost (window switched) is not held for ever

  const typing = (node) =>
    node && (node.isContentEditable || node.tagName === "TEXTAREA" || node.tagName === "SELECT" ||
      (node.tagName === "INPUT" && !["checkbox", "radio", "button"].includes(node.type)));

  /** `on(key, atPress)` runs a lone key; `press(key)` is asked at the key's down for what to remember. */
  function attach(on, press) {
    const held = new Map();
    let last = -Infinity;
    let pending = 0;

    function down(event) {
      const now = event.timeStamp;
      // A key that comes while another one is still being weighed makes both of them part of a burst.
      const alone = pending === 0 && now - last > BEFORE_MS && [...held].every(([code, at]) => code === event.code || now - at > FORGET_MS);
      const button = (event.key === "Enter" || event.key === " ") && event.target.closest && event.target.closest("button, a[href]");
      if (button || (event.key === "Enter" && event.target.tagName === "INPUT")) event.preventDefault();
      if (["Shift", "CapsLock"].includes(event.key)) return;
      if (event.repeat) { held.set(event.code, now); return; }
      last = now;
      held.set(event.code, now);
      clearTimeout(pending);
      pending = 0;
      if (!alone || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
      if (event.shiftKey && event.key !== "?") return;
      if (typing(event.target) && event.key !== "Escape") return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const memory = press(key);
      // The second, empty wait lets keys speak first that came while the page was busy drawing.
      pending = setTimeout(() => { pending = setTimeout(run, 0); }, AFTER_MS);
      function run() {
        pending = 0;
        if (button) { if (button.isConnected && !button.disabled) button.click(); }
        else on(key, memory);
      }
    }

    // Space presses a button on release; the press has been taken over above.
    const up = (event) => {
      held.delete(event.code);
      if (event.key === " " && event.target.closest && event.target.closest("button")) event.preventDefault();
    };
    const forget = () => { held.clear(); clearTimeout(pending); pending = 0; };
    document.addEventListener("keydown", down, true);
    document.addEventListener("keyup", up, true);
    window.addEventListener("blur", forget);
    return () => {
      document.removeEventListener("keydown", down, true);
      document.removeEventListener("keyup", up, true);
      window.removeEventListener("blur", forget);
      forget();
    };
  }

  infusion.keys = { attach };
})();
