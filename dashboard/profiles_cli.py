"""The commands `profiles …`: versions of the alarm profiles, taking one from one computer to another, and the site's approval."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from config.models import ConfigError
from dashboard.tables_text import print_rows

app = typer.Typer(
    help="Alarm profiles: versions, what differs, proposals, and the site's approval.",
    epilog="Example: infusion-dashboard profiles --simulated",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
)

DataDir = Annotated[Path | None, typer.Option(help="Where sessions and profiles are kept.  [default: the platform's user data directory]")]  # fmt: skip
Simulated = Annotated[bool, typer.Option("--simulated", help="The book of simulations instead of the patients'.")]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]
ProfileId = Annotated[str, typer.Argument(metavar="ID", help="Profile id, such as A-standard-adult.")]
Version = Annotated[str | None, typer.Option(help="Which version.  [default: what new sessions start with]")]


@app.callback()
def listed(
    context: typer.Context, simulated: Simulated = False, as_json: Json = False, data_dir: DataDir = None
) -> None:
    """Every version of every profile, the newest first; `in force` is what new sessions start with."""
    if context.invoked_subcommand is not None:
        return
    with _stores(data_dir) as stores:
        book = stores.of(simulated).profiles
        rows = []
        for profile in book.known():
            current = _current(book, profile)
            rows += [_row(one, current) for one in book.versions(profile)]
    print_rows(rows, as_json, empty="no profiles")


@app.command(epilog="Example: infusion-dashboard profiles show A-standard-adult --version v1")
def show(
    profile: ProfileId, version: Version = None, simulated: Simulated = False, as_json: Json = False, data_dir: DataDir = None
) -> None:  # fmt: skip
    """One version: who proposed and approved it, on what, and what differs from the one that it was made from."""
    from dataclasses import asdict

    from dashboard.store.profiles_diff import differences

    with _stores(data_dir) as stores:
        book = stores.of(simulated).profiles
        one = _find(book, profile, version)
        others = [other.version for other in book.versions(profile) if other.version != one.version]
        base = one.base_version or (others[0] if one.state == "proposed" and others else "")
        changed = differences(book.resolve(profile, base), book.resolve(profile, one.version)) if base else []
    if as_json:
        told = {**_row(one, ""), "reason": one.reason, "note": one.approval_note, "evidence": dict(one.evidence), "base": base, "hash": one.hash}  # fmt: skip
        told.pop("in_force")
        typer.echo(json.dumps({**told, "differences": [asdict(d) for d in changed], "toml": one.text}, ensure_ascii=False, indent=1))  # fmt: skip
        return
    typer.echo(f"{profile} {one.version}, {one.title}: {one.state}")
    if one.proposed_by:
        typer.echo(f"proposed by {one.proposed_by} on {one.recorded_at:%Y-%m-%d}: {one.reason}")
    if one.approved_by:
        typer.echo(f"approved by {one.approved_by} on {one.approved_at:%Y-%m-%d}" + (f": {one.approval_note}" if one.approval_note else ""))  # fmt: skip
    else:
        typer.echo("LIMITS NOT SITE APPROVED")
    for line in one.evidence.get("what changes", []):
        typer.echo(f"  {line}")
    if base:
        typer.echo(f"differences from {base}: {'' if changed else 'none'}".rstrip())
        for d in changed:
            typer.echo(f"  {d.rule or 'whole profile'} {d.setting}: {d.before or '-'} -> {d.after or '-'}")


@app.command(epilog="Example: infusion-dashboard profiles export A-standard-adult --version v1 --output site.toml")
def export(
    profile: ProfileId,
    version: Version = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write.  [default: standard output]")] = None,
    simulated: Simulated = False,
    data_dir: DataDir = None,
) -> None:  # fmt: skip
    """A version as a TOML file, whole and without its approval: another computer has to give its own."""
    with _stores(data_dir) as stores:
        one = _find(stores.of(simulated).profiles, profile, version)
    if output is None:
        sys.stdout.write(one.text)
        return
    if output.exists():
        raise ConfigError(f"{output}: is there already; give another name")
    output.write_text(one.text, encoding="utf-8")


@app.command(
    "import", epilog="Example: infusion-dashboard profiles import site.toml --by 'R. Nurse' --reason 'meeting'"
)
def import_(
    file: Annotated[Path, typer.Argument(help="A profile file; it may name a base that is shipped or beside it.")],
    by: Annotated[str, typer.Option(help="Who brings it in.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    simulated: Simulated = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """A profile file as a proposed version. It changes no limits until it is approved."""
    from config.models.alarms import load_profile

    if file.suffix != ".toml":
        raise ConfigError(f"{file}: a profile file ends in .toml")
    profile = load_profile(str(file))
    with _stores(data_dir) as stores:
        book = stores.of(simulated).profiles
        version = book.propose(profile, by, reason, {"file": file.name}, version=profile.version)
    if as_json:
        typer.echo(json.dumps({"profile": profile.id, "version": version, "state": "proposed"}))
    else:
        renamed = "" if version == profile.version else f" ({profile.version} is taken)"
        typer.echo(
            f"{profile.id} {version}{renamed}: proposed; `profiles approve {profile.id} {version}` puts it in force"
        )


@app.command(
    epilog="Example: infusion-dashboard profiles approve A-standard-adult v1 --by 'A. Physician' --config station.toml"
)
def approve(
    profile: ProfileId,
    version: Annotated[str, typer.Argument(help="Which version; `profiles` lists them.")],
    by: Annotated[str, typer.Option(help="Who approves it.")],
    note: Annotated[str, typer.Option(help="What should be kept with the approval.")] = "",
    config: Annotated[Path | None, typer.Option(help="The station file: only its physicians and administrators may.")] = None,
    simulated: Simulated = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:  # fmt: skip
    """The site approves a version, once and for good: new sessions start with it. Sessions that run keep their own limits."""
    if (may := _approvers(config, simulated)) is not None and by not in may:
        raise ConfigError(
            f"--by {by!r} may not approve alarm limits; {' or '.join(may) or 'nobody of this station'} may"
        )
    with _stores(data_dir) as stores:
        stores.of(simulated).profiles.approve(profile, version, by, note=note)
    if as_json:
        typer.echo(json.dumps({"profile": profile, "version": version, "state": "approved", "approved_by": by}))
    else:
        typer.echo(f"{profile} {version}: approved by {by}")


def _approvers(config: Path | None, simulated: bool) -> tuple[str, ...] | None:
    """None: no file says who may, so the name is taken as given."""
    from dashboard.stations import APPROVING, read_station

    if config is not None:
        return tuple(person.name for person in read_station(config).people if person.role in APPROVING)
    if not simulated:
        return None
    from dashboard.runtime import DEMO_ROLES

    return tuple(name for name, role in DEMO_ROLES.items() if role in APPROVING)


def _stores(data_dir: Path | None) -> Any:
    from dashboard.store import Stores

    if data_dir is not None and data_dir.exists() and not data_dir.is_dir():
        raise ConfigError(f"{data_dir}: is not a folder; --data-dir names the folder that holds the sessions")
    return Stores(data_dir)


def _current(book: Any, profile: str) -> str:
    try:
        return str(book.current(profile).version)
    except ConfigError:
        return ""


def _find(book: Any, profile: str, version: str | None) -> Any:
    """ConfigError when there is no such version."""
    versions = book.versions(profile)
    if not versions:
        raise ConfigError(f"no alarm profile {profile!r}; there are {', '.join(book.known())}")
    wanted = version or _current(book, profile) or versions[0].version
    found = next((one for one in versions if one.version == wanted), None)
    if found is None:
        raise ConfigError(f"{profile}: no version {wanted!r}; there are {', '.join(one.version for one in versions)}")
    return found


def _row(one: Any, current: str) -> dict[str, Any]:
    return {
        "profile": one.profile,
        "version": one.version,
        "state": one.state,
        "in_force": one.version == current,
        "proposed_by": one.proposed_by or None,
        "approved_by": one.approved_by or None,
        "approved_at": one.approved_at.isoformat(timespec="seconds") if one.approved_at else None,
        "title": one.title,
    }
