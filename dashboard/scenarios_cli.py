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


@app.command("list", epilog="Example: infusion-dashboard scenario list --json")
def listed(as_json: Json = False) -> None:
    """Every shipped scenario: id, version, title, patient, alarm profile, length."""
    from simulators.scenario import find_scenario, scenario_names

    rows: list[dict[str, Any]] = []
    for name in scenario_names():
        one = find_scenario(name)
        rows.append(
            {
                "id": one.id,
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
