/* The live socket: reconnects, checks that no message is missing, and knows whether what is shown is live.

   Live means: a snapshot of this connection, and a heartbeat within the last 3 s that was not itself 5 s old when it came. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const SILENT_MS = 3000;
  const BACKOFF_MS = [250, 500, 1000, 2000, 5000];
  const CLOSE_DISTRUST = 4000; // not a goodbye: this screen is still there
  const STALE_MS = 5000;
  const DRIFT_MS = 1; // two clocks may run apart by this much from one heartbeat to the next
  const LOOK_MS = 200;

  /** Call `fn` each `ms`, also in a hidden tab, whose own timers a browser slows down to one a minute. Returns a way to stop. */
  function steady(fn, ms) {
    let last = -Infinity;
    const due = () => {
      const now = performance.now();
      if (now - last < ms / 2) return;
      last = now;
      fn();
    };
    let worker = null;
    try {
      const url = URL.createObjectURL(new Blob([`setInterval(() => postMessage(0), ${ms})`], { type: "text/javascript" }));
      worker = new Worker(url);
      URL.revokeObjectURL(url);
      worker.onmessage = due;
    } catch {
      worker = null; // then the page's own timer must do
    }
    const timer = setInterval(due, ms);
    return () => {
      clearInterval(timer);
      if (worker) worker.terminate();
    };
  }

  /** `on.message(message)`, `on.live(isLive)`, `on.open()`, `on.failed(request)`, `on.beat()` after each heartbeat. */
  function connect(url, on) {
    let socket = null;
    let expected = 0;
    let attempts = 0;
    let retry = 0;
    let stopped = false;
    let live = false;
    let snapshot = false;
    let lastBeat = performance.now();
    let lastBeatWall = Date.now();
    let lead = null; // the least by which our clock has been ahead of a heartbeat's stamp
    let openedAt = 0;

    /** A computer that slept stops one of its clocks; the other tells. */
    const silentMs = () => Math.max(performance.now() - lastBeat, Date.now() - lastBeatWall);

    /** A heartbeat that lay about for long (in a line that hung, in a page that was frozen) proves nothing of now. */
    function beat(stamp) {
      const sent = Date.parse(stamp);
      if (Number.isFinite(sent)) {
        const late = Date.now() - sent;
        lead = lead === null ? late : Math.min(late, lead + DRIFT_MS);
        if (late - lead > STALE_MS) return;
      }
      lastBeat = performance.now();
      lastBeatWall = Date.now();
      attempts = 0;
    }

    function setLive(next) {
      if (next === live) return;
      live = next;
      on.live(live);
    }

    function open() {
      if (stopped) return;
      clearTimeout(retry);
      expected = 0;
      snapshot = false;
      lead = null;
      openedAt = performance.now();
      const mine = new WebSocket(url);
      socket = mine;
      mine.onopen = () => on.open();
      mine.onmessage = (event) => mine === socket && receive(event.data);
      mine.onclose = () => mine === socket && again();
    }

    function again() {
      if (stopped) return;
      const old = socket;
      socket = null;
      if (old && old.readyState <= 1) old.close(CLOSE_DISTRUST);
      const wait = BACKOFF_MS[Math.min(attempts, BACKOFF_MS.length - 1)] * (0.8 + 0.4 * Math.random());
      attempts += 1;
      clearTimeout(retry);
      retry = setTimeout(open, wait);
    }

    function receive(text) {
      let message;
      try {
        message = JSON.parse(text);
      } catch {
        again();
        return;
      }
      if (message.seq !== expected) {
        // Something was lost on the way: only a fresh snapshot can be trusted.
        again();
        return;
      }
      expected += 1;
      if (message.type === "snapshot") snapshot = true;
      if (message.type === "heartbeat") beat(message.server_time);
      on.message(message);
      if (message.type === "heartbeat" && on.beat) on.beat();
      if (snapshot && silentMs() < SILENT_MS && message.type !== "reply") setLive(true);
    }

    let lookedAt = performance.now();
    function look() {
      // A page that was busy for long looks before it has read what came in meanwhile: let that be read first.
      const busy = performance.now() - lookedAt > 5 * LOOK_MS;
      lookedAt = performance.now();
      if (busy) setTimeout(judge, LOOK_MS / 2);
      else judge();
    }

    function judge() {
      const silent = silentMs();
      if (stopped || silent < SILENT_MS) return;
      setLive(false);
      // An open socket without a heartbeat is a dead server or a dead line: try anew.
      const tried = performance.now() - openedAt;
      if (socket && Math.min(silent, tried) > 2 * SILENT_MS) again();
      else if (socket && socket.readyState === 1 && tried > SILENT_MS) again();
    }
    const unwatch = steady(look, LOOK_MS);
    // Woken, thawed or looked at again: whatever stands on the page may be old.
    const wakings = [[document, "visibilitychange"], [document, "resume"], [window, "pageshow"], [window, "focus"]];
    for (const [target, kind] of wakings) target.addEventListener(kind, look);

    // A connection that beats but never told the state of the bed is of no use either.
    const complete = setInterval(() => {
      if (socket && socket.readyState === 1 && !snapshot && performance.now() - openedAt > SILENT_MS) again();
    }, 1000);

    const online = () => !live && open();
    window.addEventListener("online", online);
    open();

    return {
      send(request) {
        if (!socket || socket.readyState !== 1) return false;
        socket.send(JSON.stringify(request));
        return true;
      },
      live: () => live,
      silentS: () => silentMs() / 1000,
      close() {
        stopped = true;
        unwatch();
        for (const [target, kind] of wakings) target.removeEventListener(kind, look);
        clearInterval(complete);
        clearTimeout(retry);
        window.removeEventListener("online", online);
        if (socket) socket.close(1000); // on purpose: no screen is missed
      },
    };
  }

  Object.assign(infusion, { connect, steady });
})();
