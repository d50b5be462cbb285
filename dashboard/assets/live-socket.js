/* The live socket: reconnects, checks that no message is missing, and knows whether what is shown is live.

   Live means: a snapshot of this connection, and a heartbeat within the last 3 s. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const SILENT_MS = 3000;
  const BACKOFF_MS = [250, 500, 1000, 2000, 5000];

  /** `on.message(message)`, `on.live(isLive)`, `on.open()`, `on.failed(request)`. */
  function connect(url, on) {
    let socket = null;
    let expected = 0;
    let attempts = 0;
    let retry = 0;
    let stopped = false;
    let live = false;
    let snapshot = false;
    let lastBeat = performance.now();
    let openedAt = 0;

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
      if (old && old.readyState <= 1) old.close();
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
      if (message.type === "heartbeat") {
        lastBeat = performance.now();
        attempts = 0;
      }
      on.message(message);
      if (snapshot && performance.now() - lastBeat < SILENT_MS && message.type !== "reply") setLive(true);
    }

    const watch = setInterval(() => {
      const now = performance.now();
      if (now - lastBeat < SILENT_MS) return;
      setLive(false);
      // An open socket without a heartbeat is a dead server or a dead line: try anew.
      if (socket && now - Math.max(lastBeat, openedAt) > 2 * SILENT_MS) again();
      else if (socket && socket.readyState === 1 && now - openedAt > SILENT_MS) again();
    }, 200);

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
      silentS: () => (performance.now() - lastBeat) / 1000,
      close() {
        stopped = true;
        clearInterval(watch);
        clearInterval(complete);
        clearTimeout(retry);
        window.removeEventListener("online", online);
        if (socket) socket.close(1000); // on purpose: no screen is missed
      },
    };
  }

  infusion.connect = connect;
})();
