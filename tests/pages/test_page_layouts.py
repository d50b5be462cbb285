"""Every page builds from the services alone, says what must always be said, and registers nothing that could block the loop."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from dash.development.base_component import Component
from fastapi import FastAPI
from pages_fakes import FakeServices, opened_session, prepare, record, row

from config.models.alarms import load_profile
from dashboard import ids
from dashboard.pages import alarms, review, rooms, sessions, setup
from dashboard.pages.services import BedInfo
from dashboard.session.chain import Broken

ASSETS = Path(rooms.__file__).parents[1] / "assets"


@pytest.fixture
def services() -> FakeServices:
    return FakeServices(
        records={"made-up": record(), "drill": record(simulation=True)}, rows={"live": [row(i) for i in range(3)]}
    )


def walk(component: Any) -> Iterator[Component]:
    if isinstance(component, Component):
        yield component
        yield from walk(getattr(component, "children", None))
    elif isinstance(component, list | tuple):
        for child in component:
            yield from walk(child)


def words(component: Any) -> str:
    if isinstance(component, str | int | float):
        return str(component)
    if isinstance(component, list | tuple):
        return " ".join(words(one) for one in component)
    return (
        words(getattr(component, "children", ""))
        if isinstance(component, Component) and not getattr(component, "hidden", None)
        else ""
    )


def by_class(component: Any, name: str) -> list[Component]:
    return [one for one in walk(component) if name in str(getattr(one, "className", "")).split()]


def all_pages(services: FakeServices) -> dict[str, Component]:
    return {
        "rooms": rooms.layout(services),
        "sessions": sessions.layout(services),
        "alarms": alarms.layout(services),
        "review": review.layout(services, session="made-up"),
        "setup": setup.layout(services, bed="bed-3"),
        "before": before_start(services),
    }


def before_start(services: FakeServices) -> Component:
    """Set-up of a bed whose session is open."""
    services.prepared = {"bed-5": prepare(opened_session(), load_profile("A-standard-adult"), ("spo2",))}
    services.bed_list = [replace(one, open_session="s") if one.id == "bed-5" else one for one in services.bed_list]
    return setup.layout(services, bed="bed-5")


def test_ids_are_unique_on_each_page(services: FakeServices) -> None:
    for name, page in all_pages(services).items():
        found = [one.id for one in walk(page) if isinstance(getattr(one, "id", None), str)]
        assert len(found) == len(set(found)), name


def test_every_page_has_the_bar_and_marks_where_one_is(services: FakeServices) -> None:
    for name, page in all_pages(services).items():
        current = [one for one in walk(page) if getattr(one, "aria-current", None) == "page"]
        wanted = {"rooms": "Rooms", "setup": "Rooms", "before": "Rooms", "alarms": "Alarms"}.get(name, "Sessions")
        assert [one.children for one in current] == [wanted], name
        assert "Skip to content" in words(page)


def test_every_callback_is_async(services: FakeServices) -> None:
    app = Dash(__name__, server=FastAPI(), add_log_handler=False)
    for page in (rooms, sessions, alarms, review, setup):
        page.register(app, services)
    source = "".join(
        Path(str(module.__file__)).read_text(encoding="utf-8") for module in (rooms, sessions, alarms, review, setup)
    )
    assert len(re.findall(r"@app\.callback\(", source)) == len(re.findall(r"\n    async def ", source)) > 0
    assert not re.findall(
        r"\n    def (?!register)",
        "".join(inspect.getsource(m.register) for m in (rooms, sessions, alarms, review, setup)),
    )


def test_callbacks_name_only_what_the_pages_hold(services: FakeServices) -> None:
    services.rows["simulation"] = [row(9, True)]
    app = Dash(__name__, server=FastAPI(), add_log_handler=False)
    for page in (rooms, sessions, alarms, review, setup):
        page.register(app, services)
    named = (getattr(one, "id", None) for page in all_pages(services).values() for one in walk(page))
    held = {name for name in named if isinstance(name, str)}
    used: set[str] = set()
    for call in app._callback_list:
        used |= {part["id"] for part in (*call["inputs"], *call["state"])}
        used |= {part.rsplit(".", 1)[0] for part in call["output"].strip(".").split("...")}
    assert {name for name in used if not name.startswith("{")} <= held


def test_each_bed_has_its_card_at_its_place_and_simulations_stand_last(services: FakeServices) -> None:
    services.bed_list = [BedInfo("a", "Room 1"), BedInfo("s", "Training", simulation=True), BedInfo("b", "Room 2")]
    cards = by_class(rooms.layout(services), "bed-card")
    assert [getattr(card, "data-bed") for card in cards] == ["a", "b", "s"]
    assert [card.href for card in cards] == ["/live/a", "/live/b", "/live/s"]
    assert "SIMULATION" in words(cards[2]) and "SIMULATION" not in words(cards[0])


@pytest.mark.parametrize("beds", range(1, 17))
def test_up_to_sixteen_beds_fit_four_by_four(beds: int) -> None:
    columns = rooms.columns_for(beds)
    assert columns <= 4 and -(-beds // columns) <= 4


def test_a_station_without_beds_says_what_to_do() -> None:
    assert "station file" in words(rooms.layout(FakeServices(bed_list=[])))


def test_review_shows_the_marks_that_must_stand(services: FakeServices) -> None:
    page = words(review.layout(services, session="made-up"))
    assert "LIVE" in page and "SIMULATION" not in page
    assert "LIMITS NOT SITE APPROVED" in page and "record intact" in page


def test_a_simulated_session_is_marked_and_tinted(services: FakeServices) -> None:
    page = review.layout(services, session="drill")
    assert "SIMULATION" in words(page) and by_class(page, "pane-simulation")


def test_approved_limits_carry_no_warning(services: FakeServices) -> None:
    services.records["ok"] = replace(record(), approved=True)
    assert "NOT SITE APPROVED" not in words(review.layout(services, session="ok"))


def test_a_broken_chain_is_said_with_its_entry(services: FakeServices) -> None:
    services.records["bad"] = replace(record(), broken=Broken(17, "was changed after it was recorded"))
    page = words(review.layout(services, session="bad"))
    assert "RECORD BROKEN at entry 17" in page and "record intact" not in page


def test_patients_and_simulations_never_share_a_list(services: FakeServices) -> None:
    services.rows["simulation"] = [replace(row(9, True), id="sim-1")]
    page = sessions.layout(services)
    grids = {one.id: {data["id"] for data in one.rowData} for one in walk(page) if hasattr(one, "rowData")}
    assert grids[ids.SESSIONS_SIM_GRID] == {"sim-1"}
    assert "sim-1" not in grids[ids.SESSIONS_LIVE_GRID]


def test_no_sessions_yet_is_said_and_leads_on() -> None:
    page = sessions.layout(FakeServices())
    assert "No sessions yet" in words(page)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(59, "0 min"), (2_700, "45 min"), (4_320, "1 h 12"), (97_200, "1 d 3 h"), (346_000, "4 d 0 h")],
)
def test_durations(seconds: float, text: str) -> None:
    assert sessions.span(seconds) == text


def test_a_bed_that_is_taken_leads_to_its_session(services: FakeServices) -> None:
    services.bed_list = [BedInfo("bed-1", "Room 1", open_session="x")]
    page = setup.layout(services, bed="bed-1")
    assert "open at this bed already" in words(page)
    assert [one.href for one in by_class(page, "btn-primary")] == ["/live/bed-1"]


def test_an_unknown_bed_is_said(services: FakeServices) -> None:
    assert "no bed 'bed-99'" in words(setup.layout(services, bed="bed-99"))


def test_unapproved_profiles_say_so_in_the_choice(services: FakeServices) -> None:
    page = words(
        next(
            one.options
            for one in walk(setup.layout(services, bed="bed-3"))
            if getattr(one, "id", None) == ids.SETUP_PROFILE
        )[0]["label"]
    )
    assert "not site approved" in page


@pytest.mark.parametrize(
    "name", ["pages.css", "rooms.js", "rooms-strip.js", "review.js", "alarms.js", "alarms-verdicts.js", "alarms.css"]
)
def test_nothing_is_fetched_from_elsewhere(name: str) -> None:
    text = (ASSETS / name).read_text(encoding="utf-8")
    assert not re.findall(r"https?://(?!www\.w3\.org)", text)


def test_no_text_is_smaller_than_eleven_pixels() -> None:
    text = "".join((ASSETS / name).read_text(encoding="utf-8") for name in ("pages.css", "alarms.css"))
    assert [size for size in re.findall(r"font-size:\s*(\d+)px", text) if int(size) < 11] == []
