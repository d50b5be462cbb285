"""Scales, protocols and dose guard that come with the program, and what their files may not say."""

from pathlib import Path

import pytest

from config.models import ConfigError
from config.models.protocols import DoseGuard, load_protocols, shipped_dose_guard, shipped_protocols
from config.models.scales import load_scale, load_scales, shipped_scales
from dashboard import components
from dashboard.alarms import load_profile


def test_scales() -> None:
    scales = shipped_scales()
    assert set(scales) == {"moaas", "rass", "acvpu"}
    assert scales["moaas"].codes == ("5", "4", "3", "2", "1", "0")
    assert scales["rass"].codes == ("+4", "+3", "+2", "+1", "0", "-1", "-2", "-3", "-4", "-5")
    assert scales["acvpu"].codes == ("A", "C", "V", "P", "U")
    level = scales["rass"].level("−2")
    assert level is not None
    assert (level.code, level.acvpu) == ("-2", "V")
    assert scales["rass"].level("2") is None
    assert all(level.acvpu for level in scales["moaas"].levels)


@pytest.mark.parametrize(
    ("code", "weight_kg", "planned_mg", "minutes", "rate_mg_h"),
    [
        ("CRPS-10x4H", 70, 98, 240, 24.5),
        ("CRPS-10x4H", 62, 86.8, 240, 21.7),
        ("CRPS-4D", 70, 2112, 5760, 22),
        ("SCI-80-5H", 70, 80, 300, 16),
        ("START-80-2H", 70, 80, 120, 40),
        ("MOOD-40MIN", 70, 35, 40, 52.5),
    ],
)
def test_the_arithmetic_of_the_protocols(
    code: str, weight_kg: float, planned_mg: float, minutes: float, rate_mg_h: float
) -> None:
    plan = shipped_protocols()[code].plan(weight_kg)
    assert plan is not None
    assert plan.planned_mg == pytest.approx(planned_mg)
    assert plan.planned_min == minutes
    assert plan.rate_mg_h == pytest.approx(rate_mg_h)


def test_free_entry_has_no_plan() -> None:
    assert shipped_protocols()["RESPONSE"].plan(70) is None


def test_a_cap_binds() -> None:
    capped = shipped_protocols()["CRPS-10x4H"].model_copy(update={"max_rate_mg_h": 25.0})
    heavy, light = capped.plan(80), capped.plan(71)
    assert heavy is not None
    assert light is not None
    assert (heavy.rate_mg_h, heavy.planned_mg) == (25, 100)
    assert light.rate_mg_h == pytest.approx(24.85)


def test_a_weight_of_nothing() -> None:
    with pytest.raises(ConfigError, match="weight_kg"):
        shipped_protocols()["MOOD-40MIN"].plan(0)


@pytest.mark.parametrize(
    ("rate_mg_kg_h", "priority"), [(0, None), (0.5, None), (0.51, None), (1.0, None), (1.01, "low"), (2.0, "low"), (2.01, "medium")]
)  # fmt: skip
def test_bands_of_the_dose_guard(rate_mg_kg_h: float, priority: str | None) -> None:
    assert shipped_dose_guard().band(rate_mg_kg_h).priority == priority


def test_a_rate_entered_as_a_limit_is_not_above_it() -> None:
    """mg/h divided by the weight again: 0.7 mg/kg/h may come back as 0.7000000000000001."""
    good = shipped_dose_guard().model_dump()
    first = {**good["bands"][0], "up_to_mg_kg_h": 0.7}
    guard = DoseGuard.model_validate({**good, "bands": [first, *good["bands"][1:]]})
    rates = [weight_kg / 10 * 0.7 / (weight_kg / 10) for weight_kg in range(400, 1500)]
    assert max(rates) > 0.7
    assert {guard.band(rate).text for rate in rates} == {first["text"]}


def test_bands_must_rise() -> None:
    good = shipped_dose_guard().model_dump()
    for bands in (good["bands"][::-1], good["bands"][:-1], [good["bands"][0], *good["bands"]]):
        with pytest.raises(ValueError, match="rising"):
            DoseGuard.model_validate({**good, "bands": bands})


def test_files_that_are_wrong_are_named(tmp_path: Path) -> None:
    scale = 'id = "mine"\ntitle = "M"\nversion = "1"\nsource = "s"\nlevels = [{code="1", label="a", side="alert"}, {code="%s", label="b", side="alert"}]\n'
    (tmp_path / "other.toml").write_text(scale % "2")
    with pytest.raises(ConfigError, match=r"other\.toml: id: expected 'other'"):
        load_scale(tmp_path / "other.toml")
    (tmp_path / "other.toml").unlink()
    (tmp_path / "mine.toml").write_text(scale % "2")
    assert load_scales(tmp_path)["mine"].codes == ("1", "2")
    (tmp_path / "mine.toml").write_text(scale % "1")
    with pytest.raises(ConfigError, match="two levels of one code"):
        load_scales(tmp_path)


def test_protocol_files_that_are_wrong_are_named(tmp_path: Path) -> None:
    text = 'code = "X"\ntitle = "t"\nindication = "i"\nevidence = "e"\nsource = "s"\n'
    (tmp_path / "a.toml").write_text(text)
    (tmp_path / "b.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"b\.toml: code: 'X'"):
        load_protocols(tmp_path)
    (tmp_path / "b.toml").write_text(text.replace("X", "Y") + "amount = 5\n")
    with pytest.raises(ConfigError, match="go together"):
        load_protocols(tmp_path)
    (tmp_path / "b.toml").write_text(text.replace("X", "Y") + "dose = 5\n")
    with pytest.raises(ConfigError, match="unknown key 'dose'"):
        load_protocols(tmp_path)


def test_every_finding_that_alarms_can_be_chosen_at_the_bedside() -> None:
    forms = (Path(components.__file__).parents[1] / "assets" / "live-forms.js").read_text(encoding="utf-8")
    offered = forms.partition("const EFFECTS = [")[2].partition("];")[0]
    assert [name for name in load_profile("A-standard-adult").findings if f'"{name}"' not in offered] == []
