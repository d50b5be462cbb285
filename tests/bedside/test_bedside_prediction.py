"""What a bed predicts from what was recorded at its pump."""

import numpy as np
import pytest
from bed_world import World

CALM = {"hr": 72.0, "spo2": 97.0, "etco2": 38.0, "rr_co2": 14.0}


def test_a_weight_that_the_model_was_not_built_from_is_said(world: World) -> None:
    world.open(weight_kg=170.0)
    world.advance(2, **CALM)
    world.record("infusion_started", rate_mg_h=24.5, concentration_mg_ml=2.0)
    world.settle()
    assert world.bed.prediction()["covered"] is False


def test_the_prediction_follows_the_plan_and_a_pause(world: World) -> None:
    world.open()
    world.advance(2, **CALM)
    world.record("infusion_started", rate_mg_h=24.5, concentration_mg_ml=2.0)
    world.advance(600, **CALM)
    running = world.bed.prediction()
    ahead = [(at - running["now_ms"], cp) for at, cp in zip(running["at_ms"], running["cp_ng_ml"], strict=True)]
    assert max(ahead, key=lambda p: p[1])[0] > 3 * 3600 * 1000  # rises until the plan ends, hours ahead
    assert all(
        low <= cp <= high for low, cp, high in zip(running["low"], running["cp_ng_ml"], running["high"], strict=True)
    )
    assert running["covered"] and running["if_paused"]["at_ms"][0] == running["now_ms"]
    world.record("infusion_paused", reason="dizzy")
    paused = world.bed.prediction()
    # What a pause would do, told while it ran, is what the pause then does; the two curves are told for other instants.
    told = running["if_paused"]
    for name in ("cp_ng_ml", "ce_ng_ml"):
        then = np.interp(told["at_ms"][:60], paused["at_ms"], paused[name])
        assert told[name][5:60] == pytest.approx(then[5:].tolist(), rel=0.01)
    assert paused["if_paused"] is None
    assert running["ce_ng_ml"][0] == 0.0 < running["ce_ng_ml"][5] < running["cp_ng_ml"][5]  # rises behind plasma
    now = next(i for i, at in enumerate(paused["at_ms"]) if at >= paused["now_ms"])
    assert paused["cp_ng_ml"][-1] < paused["cp_ng_ml"][now] / 2
    assert paused["rate_ahead"] == []
