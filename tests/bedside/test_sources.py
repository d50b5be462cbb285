"""Which device speaks, and when a number is dead."""

from dashboard.bedside.sources import Cuff, Sources
from devices.readings import Reading

FRESH = {"monitor": 3.0, "oximeter": 5.0}


def cuff(sys: float, dia: float, age_s: float = 0.0) -> list[Reading]:
    return [Reading("nibp_sys", sys, "mmHg", age_s=age_s), Reading("nibp_dia", dia, "mmHg", age_s=age_s)]


def test_the_preferred_device_wins_while_it_is_fresh_and_yields_when_silent() -> None:
    sources = Sources(FRESH, {"spo2": ("oximeter", "monitor")})
    sources.take("monitor", [Reading("spo2", 95.0, "%")], 10.0)
    sources.take("oximeter", [Reading("spo2", 97.0, "%")], 10.0)
    assert (sources.current("spo2", 11.0).value, sources.current("spo2", 11.0).source) == (97.0, "oximeter")
    sources.take("monitor", [Reading("spo2", 94.0, "%")], 15.5)
    assert (sources.current("spo2", 15.6).value, sources.current("spo2", 15.6).source) == (94.0, "monitor")


def test_a_silent_value_is_none_with_its_age_and_never_the_last_number() -> None:
    sources = Sources(FRESH)
    sources.take("monitor", [Reading("hr", 72.0, "1/min")], 10.0)
    assert sources.current("hr", 13.0).value == 72.0
    dead = sources.current("hr", 13.1)
    assert (dead.value, dead.status, dead.last) == (None, "stale", 72.0)
    assert dead.age_s is not None
    assert abs(dead.age_s - 3.1) < 1e-9


def test_a_device_that_says_no_is_believed_at_once() -> None:
    sources = Sources(FRESH)
    sources.take("monitor", [Reading("spo2", 97.0, "%")], 10.0)
    sources.take("monitor", [Reading("spo2", None, "%", "sensor_off")], 11.0)
    now = sources.current("spo2", 11.0)
    assert (now.value, now.status, now.last, now.age_s) == (None, "sensor_off", 97.0, 1.0)


def test_a_held_value_is_not_live() -> None:
    sources = Sources(FRESH)
    sources.take("monitor", [Reading("spo2", 97.0, "%", "held")], 10.0)
    assert sources.current("spo2", 10.0).value is None


def test_another_device_speaks_when_the_preferred_one_has_its_sensor_off() -> None:
    sources = Sources(FRESH, {"spo2": ("oximeter", "monitor")})
    sources.take("oximeter", [Reading("spo2", None, "%", "sensor_off")], 10.0)
    sources.take("monitor", [Reading("spo2", 96.0, "%")], 10.0)
    assert sources.current("spo2", 10.5).source == "monitor"


def test_a_cuff_reading_is_an_event_told_once() -> None:
    sources = Sources(FRESH)
    sources.take("monitor", cuff(120, 70), 100.0)
    first = sources.pop_new_cuff()
    assert first is not None
    assert first.values == {"nibp_sys": 120, "nibp_dia": 70}
    sources.take("monitor", cuff(120, 70, age_s=60.0), 160.0)  # a reconnected monitor repeats its last result
    assert sources.pop_new_cuff() is None
    sources.take("monitor", cuff(120, 70), 400.0)  # the same numbers, measured anew
    assert sources.pop_new_cuff() is not None


def test_an_older_result_never_replaces_a_newer_one() -> None:
    sources = Sources(FRESH)
    sources.take("monitor", cuff(120, 70), 100.0)
    sources.take("oximeter", cuff(110, 60, age_s=200.0), 101.0)
    assert sources.cuff is not None
    assert sources.cuff.values["nibp_sys"] == 120


def test_systolic_not_above_diastolic_is_impossible() -> None:
    sources = Sources(FRESH)
    assert not sources.take("monitor", cuff(70, 70), 100.0)
    assert sources.cuff is None


def test_a_cuff_reading_typed_in_is_shown_but_not_told_twice() -> None:
    sources = Sources(FRESH)
    sources.show_cuff(Cuff({"nibp_sys": 130.0}, 50.0, "by hand"))
    assert sources.cuff is not None
    assert sources.pop_new_cuff() is None
