/* What the training room offers after a crash: the last run's record is whole, and a new run can go on from where it was cut off. */
"use strict";
(() => {
  const infusion = (window.infusion = window.infusion || {});
  const { el, runClock: clock } = infusion.format;

  /** `room`: the trainer's page; `last`: the run that was cut off, null when none was. */
  infusion.trainCutOff = (room, last) => {
    if (!last) return [];
    const goOn = async () => {
      if (room.starting) return;
      room.starting = true;
      room._say("making what came before …");
      if (await room.post({ do: "go_on", session: last.session, at_s: last.t_s })) room._quiet("");
      room.starting = false;
    };
    return [el("div", { class: "train-cut-off", role: "status" },
      el("p", {}, `The last run (${last.scenario}) was cut off at ${clock(last.t_s)}: the program ended.`),
      el("button", { type: "button", class: "btn btn-primary", "data-cut-off": last.session, onclick: goOn }, `Go on from ${clock(last.t_s)}`),
      el("a", { class: "btn", href: `/train/${last.session}` }, "Debrief"))];
  };
})();
