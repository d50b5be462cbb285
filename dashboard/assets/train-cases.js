/* Recordings as cases of the training room: choosing one, and what the page says and draws where nobody knows a truth. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el, setText, setData, number } = infusion.format;
  // As the rows of a run (train-figure.js), of what the monitor shows alone.
  infusion.recordedRows = [
    ["SpO₂<br>%", "shown_spo2", null, "--spo2", [80, 100]], ["EtCO₂<br>mmHg", "shown_etco2", null, "--co2", [20, 60]],
    ["RR<br>1/min", "shown_rr", null, "--rr", [0, 24]], ["HR<br>1/min", "shown_hr", null, "--hr", [50, 100]],
  ];

  /** Places for the list, filled as it comes. `start(case, fromS)`. */
  infusion.trainCases = (start, say) => {
    const minute = el("input", { class: "train-from-minute", type: "number", min: "0", step: "1", value: "1", "data-el": "case-minute", "aria-label": "Minute at which the trainee comes" });
    const list = el("div", { class: "train-picks" }, el("p", {}, "looking …"));
    const begin = (one) => {
      const minutes = Number(minute.value);
      if (minute.value === "" || !(minutes >= 0)) { say("Type the minute at which the trainee comes.", true); minute.focus(); return; }
      start({ case: one.id }, 60 * minutes);
    };
    const fill = async () => {
      let rows = [el("p", {}, "The list could not be loaded.")];
      try {
        const response = await fetch("/train/api/cases");
        if (response.ok) {
          const { cases } = await response.json();
          rows = cases.map((one) => el("button", { type: "button", class: "btn train-scenario-pick", "data-case": one.id, onclick: () => begin(one) }, el("b", {}, one.title), el("span", {}, one.about)));
          if (!rows.length) rows = [el("p", {}, "None: no session here is over, and the folder “cases” of the data folder holds no .csv or .vital file.")];
        }
      } catch { /* said above */ }
      list.replaceChildren(...rows);
    };
    fill();
    return [
      el("div", { class: "train-case-head" }, el("h2", {}, "Or a recording"), el("label", { class: "train-minute" }, "the trainee comes at minute", minute)),
      list,
    ];
  };

  /** What cannot be done to a recording is off, and says why. */
  infusion.trainRecorded = (root, recorded, on) => {
    for (const node of root.querySelectorAll("[data-do=inject], [data-do=pin], .train-pin-value")) {
      if (recorded) node.disabled = true;
      node.title = recorded ? "A recording cannot be changed" : "";
    }
    setText(root.querySelector("[data-el=why]"), recorded && on ? "A recording is replayed: it cannot be changed." : "");
    setText(root.querySelector(".train-truth h2"), recorded && on ? "What the recording's monitor shows" : "Truth (hidden from the trainee)");
    if (recorded && on) for (const node of root.querySelectorAll(".train-pin-now")) setText(node, "–");
    setData(root, "recorded", String(Boolean(recorded && on)));
  };

  infusion.recordedNow = (truth, i) => {
    const at = (name) => (typeof truth[name][i] === "number" ? number(truth[name][i]) : "– –");
    return `The monitor shows SpO₂ ${at("shown_spo2")} % · EtCO₂ ${at("shown_etco2")} mmHg · RR ${at("shown_rr")} · HR ${at("shown_hr")} · what was true, nobody recorded`;
  };
})();
