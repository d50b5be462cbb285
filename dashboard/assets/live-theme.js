/* Dark or light, on every page; the choice stays with this browser. Any element with data-theme-toggle switches. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const KEY = "infusion.theme";

  function set(theme) {
    document.documentElement.dataset.theme = theme;
    document.dispatchEvent(new CustomEvent("infusion-theme", { detail: theme }));
  }

  function toggle() {
    const next = document.documentElement.dataset.theme === "light" ? "dark" : "light";
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // A browser without storage still switches; it just does not remember.
    }
    set(next);
  }

  let saved = null;
  try {
    saved = localStorage.getItem(KEY);
  } catch {
    saved = null;
  }
  set(saved === "light" ? "light" : "dark");
  document.addEventListener("click", (event) => {
    if (event.target.closest && event.target.closest("[data-theme-toggle]")) toggle();
  });
  infusion.theme = { set, toggle };
})();
