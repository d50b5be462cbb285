"""Own scenarios on the disk: kept whole, never over another one, never outside their folder, and no broken one takes the list down."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.models import ConfigError
from dashboard.training.library import Library, LibraryError, digest
from simulators.scenario import find_scenario, scenario_names, scenario_path

SHORT = scenario_path("s02-central-apnoea").read_text(encoding="utf-8")


def named(name: str, text: str = SHORT) -> str:
    return text.replace('id = "s02-central-apnoea"', f'id = "{name}"')


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "scenarios")


def test_what_is_kept_is_found_listed_and_run(library: Library) -> None:
    assert library.folder is not None
    kept = library.save("mine-1", named("mine-1"), None)
    file = library.folder / "mine-1.toml"
    assert file.read_text(encoding="utf-8") == named("mine-1")
    assert [path.name for path in library.folder.iterdir()] == ["mine-1.toml"]  # no draft is left over
    assert library.find("mine-1").id == "mine-1"
    assert find_scenario("mine", library.folder).id == "mine-1"
    assert library.read("mine-1") == kept
    first, *others = library.entries()
    assert (first.id, first.own, first.problem) == ("mine-1", True, "")
    assert [one.id for one in others] == scenario_names() and not any(one.own for one in others)


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "..", "A", "x.toml", "", "a b", "ä", "a" * 61, "a\n", "con.", "/etc/passwd"]
)
def test_an_id_is_no_path(library: Library, tmp_path: Path, name: str) -> None:
    with pytest.raises(LibraryError, match="cannot be an id"):
        library.save(name, named(name), None)
    with pytest.raises(LibraryError, match="cannot be an id"):
        library.read(name)
    with pytest.raises(LibraryError, match="cannot be an id"):
        library.delete(name, "")
    assert list(tmp_path.rglob("*")) == []


def test_a_shipped_one_stays_as_it_is(library: Library) -> None:
    for seen in (None, digest(SHORT)):
        with pytest.raises(LibraryError, match="shipped") as refused:
            library.save("s02-central-apnoea", SHORT.replace("planned_mg = 60", "planned_mg = 61"), seen)
        assert refused.value.status == 409
    with pytest.raises(LibraryError, match="no scenario"):
        library.delete("s02-central-apnoea", digest(SHORT))
    assert scenario_path("s02-central-apnoea").read_text(encoding="utf-8") == SHORT


def test_nothing_is_written_over_another_text(library: Library) -> None:
    assert library.folder is not None
    kept = library.save("mine", named("mine"), None)
    with pytest.raises(LibraryError, match="already") as refused:
        library.save("mine", named("mine") + "# two\n", None)
    assert refused.value.status == 409
    file = library.folder / "mine.toml"
    file.write_text(named("mine") + "# by somebody else\n", encoding="utf-8")
    for act in (
        lambda: library.save("mine", named("mine") + "# two\n", kept.digest),
        lambda: library.delete("mine", kept.digest),
    ):
        with pytest.raises(LibraryError, match="was changed on the disk") as refused:
            act()
        assert refused.value.status == 409
    assert file.read_text(encoding="utf-8").endswith("# by somebody else\n")
    again = library.save("mine", named("mine") + "# two\n", library.read("mine").digest)
    file.unlink()
    with pytest.raises(LibraryError, match="was deleted on the disk"):
        library.save("mine", named("mine"), again.digest)


def test_what_does_not_pass_is_not_kept(library: Library) -> None:
    with pytest.raises(LibraryError, match=r"line 6: planned_mg: "):
        library.save("mine", named("mine").replace("planned_mg = 60", "planned_mg = -1"), None)
    with pytest.raises(LibraryError, match=r"line 2: id: is 'other', but the file is mine.toml"):
        library.save("mine", named("other"), None)
    assert library.folder is not None and not library.folder.exists()


def test_a_deleted_one_leaves_a_copy(library: Library) -> None:
    kept = library.save("mine", named("mine"), None)
    copy = library.delete("mine", kept.digest)
    assert (copy.name, copy.read_text(encoding="utf-8")) == ("mine.toml.bak", named("mine"))
    assert all(not one.own for one in library.entries())
    with pytest.raises(ConfigError, match="unknown scenario"):
        library.find("mine")


def test_a_change_after_a_run_is_known(library: Library) -> None:
    assert library.folder is not None
    library.save("mine", named("mine"), None)
    os.utime(library.folder / "mine.toml", (1_000_000, 1_000_000))
    assert library.changed_at("mine") == datetime.fromtimestamp(1_000_000, UTC)
    assert library.changed_at("s02-central-apnoea") is None and library.changed_at("nothing") is None


def test_broken_files_are_told_and_harm_nothing(library: Library) -> None:
    assert library.folder is not None
    library.folder.mkdir()
    (library.folder / "broken.toml").write_text(named("broken").replace("seed = 2", "seed = = 2"), encoding="utf-8")
    (library.folder / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    (library.folder / "Odd Name.toml").write_text(SHORT, encoding="utf-8")
    (library.folder / "s01-normal-40-min.toml").write_text(named("s01-normal-40-min"), encoding="utf-8")
    (library.folder / "folder.toml").mkdir()
    told = {one.id: one.problem for one in library.entries() if one.own}
    assert told["broken"].startswith("line 9: not valid TOML")
    assert "UTF-8" in told["bytes"] and "small letters" in told["Odd Name"] and "shipped" in told["s01-normal-40-min"]
    assert "cannot be read" in told["folder"]
    assert library.find("s01-normal-40-min").title == find_scenario("s01-normal-40-min").title
    with pytest.raises(ConfigError, match="broken: line 9"):
        library.find("broken")
    assert library.read("broken").own  # it can be opened, to be mended
