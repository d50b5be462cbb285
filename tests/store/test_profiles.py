"""The book of alarm profiles: a version's text never changes, and only an approved one becomes what sessions start with."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.models import ConfigError
from config.models.alarms import FOLDER, Profile, load_profile
from dashboard.store import Store, StoreError, open_store
from dashboard.store.profiles import ProfileBook
from dashboard.store.profiles_diff import differences
from dashboard.store.profiles_text import from_toml, same_limits, to_toml

ADULT = "A-standard-adult"
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
SHIPPED = sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "live.db") as opened:
        yield opened


@pytest.fixture
def book(store: Store) -> ProfileBook:
    return store.profiles


@pytest.fixture
def adult() -> Profile:
    return load_profile(ADULT)


def later(profile: Profile, rule: str = "SPO2_LOW_2", **change: float) -> Profile:
    return profile.with_limit(rule, change or {"delay_s": 20.0})


# -- text ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_profile_is_the_same_again_from_its_text(name: str) -> None:
    profile = load_profile(name)
    again = from_toml(to_toml(profile), "text")
    assert again == profile.model_copy(update={"approved_by": None, "approved_at": None})
    assert to_toml(again) == to_toml(profile)


@settings(max_examples=20, deadline=None)
@given(value=st.floats(50, 92), delay_s=st.floats(0, 600), hysteresis=st.floats(0, 20))
def test_any_changed_limit_is_the_same_again_from_its_text(value: float, delay_s: float, hysteresis: float) -> None:
    changed = load_profile(ADULT).with_limit(
        "SPO2_LOW_2", {"value": value, "delay_s": delay_s, "hysteresis": hysteresis}
    )
    assert from_toml(to_toml(changed), "text").rule("SPO2_LOW_2") == changed.rule("SPO2_LOW_2")


def test_approval_is_not_part_of_the_text(adult: Profile) -> None:
    approved = adult.model_copy(update={"approved_by": "Dr. A", "approved_at": "2026-09-01"})
    assert to_toml(approved) == to_toml(adult)
    assert same_limits(approved, adult.model_copy(update={"version": "9"}))
    assert not same_limits(later(adult), adult)


# -- what a session is judged by --------------------------------------------------------------------------------------


def test_a_version_is_what_was_recorded_and_nothing_else(book: ProfileBook, adult: Profile) -> None:
    assert book.resolve(ADULT, adult.version) == adult
    old = later(adult).model_copy(update={"version": "0.0.1"})
    with pytest.raises(ConfigError, match=r"0\.0\.1 is not recorded here"):
        book.resolve(ADULT, "0.0.1")
    book.remember(old)
    book.remember(old)
    assert book.resolve(ADULT, "0.0.1") == old
    assert book.resolve(ADULT, adult.version) == adult
    with pytest.raises(ConfigError, match="is recorded with other limits"):
        book.remember(adult.model_copy(update={"version": "0.0.1"}))


def test_a_shipped_file_changed_without_a_new_version_gets_one(book: ProfileBook, adult: Profile) -> None:
    """A session of yesterday ran with what the file said yesterday."""
    yesterday = later(adult)
    book.remember(yesterday)
    now = book.current(ADULT)
    assert now.version.startswith(f"{adult.version}+")
    assert same_limits(now, adult)
    assert book.resolve(ADULT, now.version) == now
    book.remember(now)
    assert book.resolve(ADULT, now.version) == now
    assert book.resolve(ADULT, adult.version) == yesterday


# -- proposing and approving ------------------------------------------------------------------------------------------


def test_a_proposal_is_no_limit_until_somebody_approves_it(book: ProfileBook, adult: Profile) -> None:
    version = book.propose(later(adult), "Dr. Review", "fewer short ones", {"vanish": 181})
    assert version == "v1"
    assert book.current(ADULT) == adult
    [proposed, shipped] = book.versions(ADULT)
    assert (proposed.state, proposed.base_version, proposed.evidence) == ("proposed", adult.version, {"vanish": 181})
    assert (shipped.state, shipped.recorded_at) == ("shipped", None)
    book.approve(ADULT, version, "Dr. Chief", NOON, "after the meeting")
    now = book.current(ADULT)
    assert (now.version, now.approved, now.approved_by) == ("v1", True, "Dr. Chief")
    assert now.approved_at == "2026-09-01T12:00:00+00:00"
    assert now.rule("SPO2_LOW_2").delay_s == 20
    assert book.versions(ADULT)[0].approval_note == "after the meeting"
    assert not book.resolve(ADULT, adult.version).approved


def test_the_one_approved_last_is_current_and_old_limits_can_come_back(book: ProfileBook, adult: Profile) -> None:
    book.approve(ADULT, adult.version, "Dr. Chief", NOON)
    for days, delay_s in enumerate((20.0, 25.0), 1):
        version = book.propose(later(adult, delay_s=delay_s), "Dr. R", "x", {})
        book.approve(ADULT, version, "Dr. Chief", NOON + timedelta(days=days))
    assert book.current(ADULT).version == "v2"
    back = book.propose(adult, "Dr. R", "the old ones were better", {})
    book.approve(ADULT, back, "Dr. Chief", NOON + timedelta(days=3))
    assert book.current(ADULT).version == "v3"
    assert same_limits(book.current(ADULT), adult)


def test_an_approval_after_the_end_does_not_reach_back(book: ProfileBook, adult: Profile) -> None:
    book.remember(adult)
    book.approve(ADULT, adult.version, "Dr. Chief", NOON)
    assert book.resolve(ADULT, adult.version).approved
    assert book.resolve(ADULT, adult.version, until=NOON).approved
    assert not book.resolve(ADULT, adult.version, until=NOON - timedelta(seconds=1)).approved


@pytest.mark.parametrize(
    ("by", "reason", "delay_s", "words"),
    [
        (" ", "x", 20.0, "needs who proposes it"),
        ("Dr. R", "\n", 20.0, "needs the reason"),
        ("Dr. R", "x", 15.0, "nothing differs from the shipped version"),
        ("Dr. R", "x", 33.0, "version v1 says the same already"),
    ],
)
def test_a_proposal_must_say_something(book: ProfileBook, adult: Profile, by: str, reason: str, delay_s: float, words: str) -> None:  # fmt: skip
    book.propose(later(adult, delay_s=33.0), "Dr. R", "x", {})
    with pytest.raises(ConfigError, match=words):
        book.propose(later(adult, delay_s=delay_s), by, reason, {})


def test_approval_is_given_once_and_by_name(book: ProfileBook, adult: Profile) -> None:
    with pytest.raises(ConfigError, match="there is no version v7"):
        book.approve(ADULT, "v7", "Dr. Chief")
    with pytest.raises(ConfigError, match="needs who approves it"):
        book.approve(ADULT, adult.version, " ")
    book.approve(ADULT, adult.version, "Dr. Chief", NOON)
    with pytest.raises(ConfigError, match=r"was approved by Dr\. Chief on 2026-09-01"):
        book.approve(ADULT, adult.version, "Dr. Other")


def test_a_brought_in_version_keeps_its_name_where_it_is_free(book: ProfileBook, adult: Profile) -> None:
    site = later(adult).model_copy(update={"version": "clinic-7"})
    assert book.propose(site, "Dr. R", "from the other computer", {}, version="clinic-7") == "clinic-7"
    other = later(adult, delay_s=25.0).model_copy(update={"version": "clinic-7"})
    assert book.propose(other, "Dr. R", "again", {}, version="clinic-7") == "v1"
    shipped_name = later(adult, delay_s=30.0)
    assert book.propose(shipped_name, "Dr. R", "again", {}, version=adult.version) == "v2"


def test_a_profile_of_the_sites_own_is_offered_once_approved(book: ProfileBook, adult: Profile) -> None:
    own = later(adult).model_copy(update={"id": "S-site", "version": "1"})
    book.propose(own, "Dr. R", "ours", {}, version="1")
    assert "S-site" not in book.ids()
    assert "S-site" in book.known()
    with pytest.raises(ConfigError, match="no alarm profile 'S-site'"):
        book.current("S-site")
    book.approve("S-site", "1", "Dr. Chief")
    assert book.ids() == tuple(sorted([*SHIPPED, "S-site"]))
    assert book.current("S-site").approved


# -- what stands, stands ----------------------------------------------------------------------------------------------


def test_the_database_itself_keeps_texts_and_approvals(store: Store, tmp_path: Path, adult: Profile) -> None:
    store.profiles.propose(later(adult), "Dr. R", "x", {})
    store.profiles.approve(ADULT, adult.version, "Dr. Chief", NOON)
    other = sqlite3.connect(tmp_path / "live.db")
    for statement in (
        "UPDATE profile_versions SET toml = 'x' WHERE version = 'v1'",
        "UPDATE profile_versions SET evidence = '{}' WHERE version = 'v1'",
        "UPDATE profile_versions SET approved_by = 'me' WHERE approved_ms IS NOT NULL",
        "DELETE FROM profile_versions",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="is never changed"):
            other.execute(statement)
    other.close()


def test_who_did_what_is_in_the_audit(store: Store, tmp_path: Path, adult: Profile) -> None:
    store.profiles.propose(later(adult), "Dr. R", "fewer", {})
    store.profiles.approve(ADULT, "v1", "Dr. Chief", NOON)
    other = sqlite3.connect(tmp_path / "live.db")
    rows = other.execute("SELECT action, by, detail FROM audit ORDER BY id").fetchall()
    other.close()
    assert [row[:2] for row in rows] == [("profile_proposed", "Dr. R"), ("profile_approved", "Dr. Chief")]
    assert [json.loads(row[2])["version"] for row in rows] == ["v1", "v1"]


def test_a_store_of_the_first_schema_keeps_its_profiles(tmp_path: Path, adult: Profile) -> None:
    """As the first version left it: a row without any of the later columns."""
    from alembic import command
    from alembic.config import Config

    from dashboard.store import engine, schema

    path = tmp_path / "live.db"
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    first = engine.make_engine(engine.url_of(path), write=True)
    with first.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO profile_versions (profile, version, hash, toml, recorded_ms) VALUES (?, ?, 'h', ?, 0)",
            (ADULT, "0.0.9", to_toml(later(adult).model_copy(update={"version": "0.0.9"}))),
        )
    first.dispose()
    with open_store(path) as store:
        assert store.profiles.resolve(ADULT, "0.0.9").rule("SPO2_LOW_2").delay_s == 20
        assert store.profiles.versions(ADULT)[0].state == "in force once"


# -- what differs -------------------------------------------------------------------------------------------------------


def test_differences_name_rule_setting_and_both_numbers(adult: Profile) -> None:
    changed = later(later(adult, delay_s=20.0), "ETCO2_HI_1", value=48.0).model_copy(update={"audio_pause_s": 90.0})
    fewer = changed.model_copy(update={"rules": tuple(rule for rule in changed.rules if rule.id != "TEMP_LOW")})
    found = {(d.rule, d.setting): (d.before, d.after) for d in differences(adult, fewer)}
    assert found == {
        ("SPO2_LOW_2", "delay_s"): ("15", "20"),
        ("ETCO2_HI_1", "any 1.value"): ("50", "48"),
        ("TEMP_LOW", "rule"): ("there", ""),
        ("", "audio_pause_s"): ("120", "90"),
    }
    assert differences(adult, adult.model_copy(update={"version": "9", "approved_by": "x"})) == []


def test_an_unanswerable_store_is_one_line(tmp_path: Path, adult: Profile) -> None:
    with open_store(tmp_path / "live.db") as store:
        other = sqlite3.connect(tmp_path / "live.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked by another program"):
            store.profiles.remember(adult)
        other.close()
