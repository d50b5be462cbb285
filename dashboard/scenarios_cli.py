"""The commands `scenario …`: which there are, and whether a file is one."""

from pathlib import Path
from typing import Annotated, Any

import typer

from config.models import ConfigError
from dashboard.tables_text import print_rows

app = typer.Typer(
    help="Scenarios of the virtual patient: what this version has, and a check of files with the line of every mistake.",
    epilog="Example: infusion-dashboard scenario check my-scenario.toml",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
Json = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]

DataDir = Annotated[
    Path | None, typer.Option(help="Whose own scenarios.  [default: the platform's user data directory]")
]


@app.command("list", epilog="Example: infusion-dashboard scenario list --json")
def listed(as_json: Json = False, data_dir: DataDir = None) -> None:
    """Every scenario, your own first: id, version, title, patient, alarm profile, length. What is wrong with a file goes to standard
    error."""
    from dashboard.data_dir import own_scenarios
    from dashboard.training.library import Library

    rows: list[dict[str, Any]] = []
    for entry in Library(own_scenarios(data_dir)).entries():
        one = entry.scenario
        if one is None:
            typer.echo(f"{entry.id}: {entry.problem}", err=True)
            continue
        rows.append(
            {
                "id": one.id,
                "own": entry.own,
                "version": one.version,
                "title": one.title,
                "patient": f"{one.patient.age_y:g} {one.patient.sex} {one.patient.weight_kg:g} kg",
                "profile": one.profile,
                "minutes": round(one.duration_s / 60),
                "actions": len(one.actions),
            }
        )
    print_rows(rows, as_json, empty="no scenarios")


@app.command(epilog="Example: infusion-dashboard scenario check my-scenario.toml")
def check(files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Scenario files (TOML).")]) -> None:
    """Every mistake as FILE:LINE: KEY: what was expected; exit status 1 if there is any."""
    from dashboard.scenario_check import check_text

    bad = False
    for path in files:
        scenario, problems = check_text(_text(path))
        for problem in problems:
            typer.echo(f"{path}:{problem}")
        bad = bad or bool(problems)
        if scenario is not None and not problems:
            typer.echo(f"{path}: {scenario.id} {scenario.version}: fits")
    if bad:
        raise typer.Exit(1)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
