"""The `infusion-dashboard` command. The only place that wires everything; each command imports what it needs, late."""

import json
import os
import sys
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import Abort, Exit, TyperException

from config.models import ConfigError, DashboardError
from dashboard import profiles_cli, scenarios_cli
from dashboard.tables_text import print_rows

app = typer.Typer(
    name="infusion-dashboard",
    help="Watch ketamine infusion sessions live. A secondary display: it prompts, times and records, and never drives a pump.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

app.add_typer(profiles_cli.app, name="profiles")
app.add_typer(scenarios_cli.app, name="scenario")

DataDir = Annotated[
    Path | None, typer.Option(help="Where sessions are kept.  [default: the platform's user data directory]")
]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]
Replay = Annotated[
    str | None,
    typer.Option(help="Show a recording instead: FILE.csv, FILE.vital, or a session (id, prefix or latest)."),
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port of the web page; 0 takes a free one.")]


@app.command(epilog="Example: infusion-dashboard demo --beds 4 --scenario apnoea")
def demo(
    beds: Annotated[int, typer.Option(min=1, max=32, help="Number of simulated beds.")] = 4,
    scenario: Annotated[
        str | None, typer.Option(help="Scenario of bed 1 (a unique prefix will do); others run on.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of bed 1; same seed, same patient.")] = None,
    speed: Annotated[float, typer.Option(min=0.1, max=60, help="Times real time.")] = 1.0,
    port: Port = 8050,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    data_dir: DataDir = None,
    replay: Replay = None,
    start: Annotated[
        float | None, typer.Option(min=0, help="With --replay: the second at which bed 1 goes live.  [default: 60]")
    ] = None,
    host: Annotated[str, typer.Option(hidden=True)] = "127.0.0.1",
) -> None:
    """Simulated monitors on pseudo serial ports, real adapters, alarms, record and page."""
    if start is not None and replay is None:
        raise ConfigError("--start needs --replay: a scenario has its own beginning")
    from dashboard.past_maker import PastMaker

    with closing(PastMaker()) as pasts:
        # Most of two seconds of loading, while the beds' pasts are made on another core.
        from dashboard.demo_plan import plan_demo

        plan = plan_demo(
            beds=beds, scenario=scenario, seed=seed, speed=speed, replay=replay, start_s=start, data_dir=data_dir,
            pasts=pasts,
        )  # fmt: skip
        from dashboard.runtime import run_demo

        run_demo(plan, pasts, host=host, port=port, browser=browser, data_dir=data_dir)


@app.command(epilog="Example: infusion-dashboard serve --config station.toml")
def serve(
    config: Annotated[Path, typer.Option(help="The station file: beds, devices, people.")],
    port: Port = 8050,
    data_dir: DataDir = None,
    host: Annotated[str, typer.Option(help="Loopback only until accounts come.")] = "127.0.0.1",
) -> None:
    """Watch the beds of a clinic."""
    from dashboard.runtime import run_station

    run_station(config, host=host, port=port, data_dir=data_dir)


@app.command(epilog="Example: infusion-dashboard simulate --monitor masimo_ascii --link tcp:127.0.0.1:4001")
def simulate(
    monitor: Annotated[str, typer.Option(help="Which monitor; `monitors` lists them.")],
    link: Annotated[str, typer.Option(help="pty | pty:PATH | tcp:HOST:PORT | a serial device.")] = "pty",
    scenario: Annotated[str | None, typer.Option(help="Shipped scenario.  [default: crps-uneventful]")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed; same seed, same bytes.")] = None,
    duration: Annotated[float | None, typer.Option(min=0, help="Stop after so many seconds.")] = None,
    start: Annotated[
        float | None, typer.Option(min=0, help="Second of scenario or recording at which the line begins.")
    ] = None,
    replay: Replay = None,
    speed: Annotated[float, typer.Option(min=0.1, max=100, help="Times real time.")] = 1.0,
    data_dir: DataDir = None,
    fault: Annotated[
        list[str] | None, typer.Option(help="KIND[:TARGET]@START[+DURATION], s; may be given again.")
    ] = None,
) -> None:
    """One wire-accurate monitor; the first line printed is the link to connect to."""
    from dashboard.runtime import run_simulator

    run_simulator(
        monitor, link, scenario=scenario, seed=seed, duration_s=duration, start_s=start, faults=tuple(fault or ()),
        replay=replay, speed=speed, data_dir=data_dir,
    )  # fmt: skip


@app.command(epilog="Example: infusion-dashboard decode --monitor masimo_ascii recording.bin")
def decode(
    file: Annotated[str, typer.Argument(help="A file of recorded bytes, or - for standard input.")],
    monitor: Annotated[str, typer.Option(help="Which monitor sent them.")],
    hex_: Annotated[
        bool, typer.Option("--hex", help="Text: one chunk or datagram of hexadecimal digits a line.")
    ] = False,
) -> None:
    """Recorded bytes to JSON lines: readings and faults."""
    from dashboard.decoding import decode_lines

    data = sys.stdin.buffer.read() if file == "-" else _read(Path(file))
    if not _print_lines(decode_lines(monitor, data, hex_text=hex_, name=file)):
        print(f"{file}: {len(data)} bytes, but no reading of {monitor} in them", file=sys.stderr)


@app.command(epilog="Example: infusion-dashboard monitors --json")
def monitors(as_json: Json = False) -> None:
    """Every device this version reads."""
    from devices.registry import load_monitors

    rows = [
        {
            "name": m.name,
            "title": m.title,
            "kind": m.kind,
            "signals": list(m.signals),
            "link": {"transport": m.transport, "baud": m.baud, "bits": m.bits, "parity": m.parity, "stop": m.stop},
            "frame_interval_s": m.frame_interval_s,
            "confidence": m.confidence,
        }
        for m in load_monitors().values()
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        link: Any = row["link"]
        typer.echo(
            f"{row['name']:20} {row['title']}\n{'':20} {link['baud']} {link['bits']}{link['parity']}{link['stop']:g}"
            f"  signals: {' '.join(row['signals'])}  confidence: {row['confidence']}"  # type: ignore[arg-type]
        )


@app.command(epilog="Example: infusion-dashboard ports --probe")
def ports(
    probe: Annotated[bool, typer.Option(help="Listen on each port and say which known monitor answers.")] = False,
    as_json: Json = False,
) -> None:
    """Serial ports of this machine."""
    from dashboard.doctor import list_ports

    print_rows(list_ports(probe=probe), as_json, empty="no serial ports; plug in the adapter, or see `doctor`")


@app.command(
    epilog="Example: infusion-dashboard alarms --profile A-standard-adult --vitals vitals.csv --baseline hr=75"
)
def alarms(
    profile: Annotated[str, typer.Option(help="Profile id, or a profile file.")] = "A-standard-adult",
    vitals: Annotated[Path | None, typer.Option(help="CSV: t_s and columns by signal name.")] = None,
    events: Annotated[Path | None, typer.Option(help="JSON lines: t_s, type and fields.")] = None,
    baseline: Annotated[str, typer.Option(help="hr=75,sbp=120,…")] = "",
    limit: Annotated[
        list[str] | None, typer.Option(help="RULE=VALUE[,delay_s=…][,hysteresis=…]; may be given again.")
    ] = None,
    session: Annotated[
        str | None, typer.Option(help="Re-run a recorded session instead: id, prefix or latest.")
    ] = None,
    recorded: Annotated[bool, typer.Option(help="With --session: what the record holds, not a re-run.")] = False,
    data_dir: DataDir = None,
) -> None:
    """The alarm engine over a recording: JSON lines of transitions."""
    given = {"--vitals": vitals, "--events": events, "--baseline": baseline or None}
    if session is not None:
        if extra := [name for name, value in given.items() if value is not None]:
            raise ConfigError(f"--session and {', '.join(extra)} exclude each other")
        if recorded and limit:
            raise ConfigError(
                "--recorded and --limit exclude each other: what is recorded was judged by its own limits"
            )
        from dashboard.replay import recorded_lines, rerun_lines

        if recorded:
            _print_lines(recorded_lines(session, data_dir))
        else:
            _print_lines(rerun_lines(session, data_dir, tuple(limit or ())))
        return
    if recorded:
        raise ConfigError("--recorded needs --session")
    if vitals is None:
        raise ConfigError("--vitals FILE.csv or --session ID is needed")
    from dashboard.alarms_cli import run_files

    _print_lines(run_files(profile, vitals, events, baseline=baseline, limits=tuple(limit or ())))


@app.command(epilog="Example: infusion-dashboard predict --regimen regimen.json --every 5")
def predict(
    regimen: Annotated[Path, typer.Option(help="JSON: weight_kg and events.")],
    model: Annotated[
        str, typer.Option(help="Drug model. Midazolam: albrecht1999 with age_y in the regimen.")
    ] = "kamp2020",
    every: Annotated[float | None, typer.Option(help="A row every so many minutes.")] = None,
    at: Annotated[str | None, typer.Option(help="Rows at these minutes: 0,5,10")] = None,
    norketamine: Annotated[
        bool, typer.Option("--norketamine", help="Also norket_ng_ml, illustrative: about a factor of two.")
    ] = False,
) -> None:
    """Predicted ketamine concentration as CSV. A population estimate, never a measurement."""
    from dashboard.prediction import predict_file

    _print_lines(predict_file(regimen, model, every_min=every, at=at, norketamine=norketamine))
    if norketamine:
        from simulators.patient.norketamine import note

        typer.echo(f"norket_ng_ml: {note()}", err=True)  # beside the table, which programs read


@app.command(epilog="Example: infusion-dashboard sessions --simulated")
def sessions(
    simulated: Annotated[bool, typer.Option(help="Simulated sessions instead of live ones.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Recorded sessions, newest first."""
    from dashboard.replay import list_sessions

    print_rows(list_sessions(data_dir, simulated=simulated), as_json, empty="no sessions recorded yet")


@app.command(epilog="Example: infusion-dashboard doctor --config station.toml")
def doctor(
    config: Annotated[
        Path | None, typer.Option(help="Also check the beds, ports and contacts of this station file.")
    ] = None,
    send_test: Annotated[
        bool, typer.Option("--send-test", help="With --config: send each contact a test, marked as such.")
    ] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Ports, rights, disk, clock, database, contacts: each ok, warning or error, with what to do."""
    from dashboard.doctor import examine

    if send_test and config is None:
        raise ConfigError("--send-test needs the station file that names the contacts: --config station.toml")
    findings = examine(config, data_dir, send_test=send_test)
    if as_json:
        typer.echo(json.dumps(findings, ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            typer.echo(f"{finding['state']:8} {finding['what']}: {finding['detail']}")
    if any(finding["state"] == "error" for finding in findings):
        raise typer.Exit(1)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None


def _print_lines(lines: Iterable[str]) -> int:
    """How many there were."""
    count = 0
    try:
        for count, line in enumerate(lines, 1):  # noqa: B007 - the count of the last one
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output went away (`| head`): not an error of ours
        _forget_output()
    return count


def main() -> None:
    """Exit status 0 done, 1 failed at run time, 2 usage or bad input; an error is one line on standard error."""
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except Exit as done:
        code = done.exit_code
    except Abort:
        code = 130
    except TyperException as error:
        said = getattr(error, "format_message", error.__str__)()
        if len(sys.argv) < 2:  # not an error but a question: the help stays as it is laid out
            print(said, file=sys.stderr)
            code = 2
        else:
            code = _complain(said, 2)
    except ConfigError as error:
        code = _complain(str(error), 2)
    except DashboardError as error:
        code = _complain(str(error), 1)
    except OSError as error:
        code = _complain(f"{error.filename or 'output'}: {error.strerror or error}", 1)
        _forget_output()
    except RecursionError:
        code = _complain("the input is nested too deeply", 2)
    except KeyboardInterrupt:
        code = 130
    sys.exit(code if isinstance(code, int) else 0)


def _forget_output() -> None:
    """What waits in the buffer can go nowhere; Python would try again at its end, and complain."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(message: str, code: int) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
