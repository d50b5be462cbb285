/* Alarm figures: the comparison with plain limits arrives after the tiles, and is written beside the one that it belongs to. */
"use strict";
(() => {
  window.dash_clientside = window.dash_clientside || {};

  /** `note`: {words, better}. The tiles may have been drawn again meanwhile, or there are none. */
  function plain(note) {
    const place = document.getElementById("alarms-plain-note");
    if (!place || !note || !note.words) return window.dash_clientside.no_update;
    place.textContent = note.words;
    const value = place.parentElement.querySelector(".stat-value");
    if (value) value.classList.toggle("tone-good", Boolean(note.better));
    return note.words;
  }

  window.dash_clientside.stats = { plain };
})();
