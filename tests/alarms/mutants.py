"""Mutation run over the alarm engine: does a test go red when one thing in it is changed?

    python tests/alarms/mutants.py [-o REPORT.jsonl] [--only MODULE[,MODULE]] [--line N] [--again REPORT.jsonl] [--every N [--offset M]] [--strings] [--budget SECONDS] [--tests NOTES.json]

Every mutant changes one expression of `dashboard/alarms`. The tests are imported once; for each mutant a forked child puts the
changed code in the place of the function's own and runs the tests that reach this function, quickest first, until one fails.
A first pass over all tests notes which test reaches which function. One process; prints one line a survivor and a summary.
"""

import argparse
import ast
import copy
import gc
import json
import os
import resource
import signal
import sys
import time
import types
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PACKAGE = ROOT / "dashboard" / "alarms"
TIMEOUT_S = 120
COMPARES = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot,
    ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift,
}  # fmt: skip
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    module: str
    function: str  # the outermost one that holds the change; "" at module level
    line: int
    what: str
    code: types.CodeType


# -- making them -------------------------------------------------------------------------------------------------------


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """(what, the node in its place) of everything that may be changed in one node."""

    def like(**fields: Any) -> ast.AST:
        new = copy.copy(node)
        for name, value in fields.items():
            setattr(new, name, value)
        return new

    match node:
        case ast.Compare(ops=ops):
            for i, op in enumerate(ops):
                if (other := COMPARES.get(type(op))) is not None:
                    yield f"{type(op).__name__} -> {other.__name__}", like(ops=[*ops[:i], other(), *ops[i + 1 :]])
        case ast.BoolOp(op=op, values=values):
            other = ast.Or if isinstance(op, ast.And) else ast.And
            yield f"{type(op).__name__} -> {other.__name__}", like(op=other())
            for i in range(len(values)):
                rest = [*values[:i], *values[i + 1 :]]
                yield f"part {i + 1} of {type(op).__name__} left out", rest[0] if len(rest) == 1 else like(values=rest)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "not left out", operand
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield "minus left out", operand
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if (other := ARITHMETIC.get(type(op))) is not None:
            yield f"{type(op).__name__} -> {other.__name__}", like(op=other())
        case ast.Constant(value=bool(value)):
            yield f"{value} -> {not value}", like(value=not value)
        case ast.Constant(value=int(value) | float(value)):
            yield f"{value} -> {value + 1}", like(value=value + 1)
        case ast.Constant(value=str(value)):
            yield f"{value!r} -> 'XX'", like(value=f"XX{value}XX")
        case ast.Name(id=name, ctx=ast.Load()) if name in NAMES:
            yield f"{name} -> {NAMES[name]}", like(id=NAMES[name])
        case ast.IfExp(body=body, orelse=orelse):
            yield "branches swapped", like(body=orelse, orelse=body)
        case ast.If(test=test) | ast.While(test=test):
            yield "condition turned round", like(test=ast.UnaryOp(ast.Not(), test))
        case ast.Continue():
            yield "continue -> break", ast.Break()
        case ast.Break():
            yield "break -> continue", ast.Continue()
        case ast.Expr(value=ast.Call()):
            yield "call left out", ast.Pass()
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            yield "returns None", like(value=ast.Constant(None))
        case ast.Call(keywords=keywords) if keywords:
            for i, keyword in enumerate(keywords):
                if keyword.arg is not None:
                    yield f"{keyword.arg}= left out", like(keywords=[*keywords[:i], *keywords[i + 1 :]])


def quiet(node: ast.AST) -> set[int]:
    """Ids of nodes that say nothing at run time: annotations, docstrings, imports, `__all__`, decorators, default values."""
    out: set[int] = set()
    for inner in ast.walk(node):
        hidden: list[ast.AST | None] = []
        match inner:
            case ast.FunctionDef(args=args, returns=returns, decorator_list=decorators):
                hidden += [args, returns, *decorators]
            case ast.ClassDef(decorator_list=decorators):
                hidden += decorators
                hidden += [n for n in inner.body if not isinstance(n, ast.FunctionDef)]  # fields and their defaults
            case ast.AnnAssign(annotation=annotation):
                hidden.append(annotation)
            case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom() | ast.Assert():
                hidden.append(inner)
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                hidden.append(inner)
        for part in hidden:
            out |= {id(n) for n in ast.walk(part)} if part is not None else set()
    return out


def mutants(path: Path) -> Iterator[Mutant]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = quiet(tree)
    module = f"dashboard.alarms.{path.stem}"
    for top in tree.body:
        bodies = [top]
        if isinstance(top, ast.ClassDef):
            bodies = [n for n in top.body if isinstance(n, ast.FunctionDef)]
        for body in bodies:
            name = getattr(body, "name", "") if isinstance(body, ast.FunctionDef) else ""
            name = f"{top.name}.{name}" if isinstance(top, ast.ClassDef) else name
            for parent in ast.walk(body):
                for field, value in ast.iter_fields(parent):
                    children = value if isinstance(value, list) else [value]
                    for i, child in enumerate(children):
                        if not isinstance(child, ast.AST) or id(child) in silent:
                            continue
                        for what, new in changes(child):
                            put = [*children[:i], new, *children[i + 1 :]] if isinstance(value, list) else new
                            setattr(parent, field, put)
                            ast.fix_missing_locations(ast.copy_location(new, child))
                            whole = ast.Module([top], []) if name else tree  # a function is compiled by itself: quicker
                            code = compile(whole, str(path), "exec")
                            setattr(parent, field, value)
                            yield Mutant(module, name, getattr(child, "lineno", body.lineno), what, code)


# -- putting one in place ----------------------------------------------------------------------------------------------


def functions(module: types.ModuleType) -> dict[str, types.FunctionType]:
    found: dict[str, types.FunctionType] = {}
    for value in vars(module).values():
        if getattr(value, "__module__", "") != module.__name__:
            continue
        if isinstance(value, types.FunctionType):
            found[value.__qualname__] = value
        elif isinstance(value, type):
            for inner in vars(value).values():
                inner = inner.fget if isinstance(inner, property) else getattr(inner, "__func__", inner)
                if isinstance(inner, types.FunctionType):
                    found[inner.__qualname__] = inner
    return found


def codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield const
            yield from codes(const)


def put_in_place(mutant: Mutant) -> None:
    module = sys.modules[mutant.module]
    code = mutant.code
    if mutant.function:
        target = functions(module)[mutant.function]
        target.__code__ = next(c for c in codes(code) if c.co_qualname == mutant.function)
        return
    # A table or constant: the changed one goes wherever the old one was imported to.
    space = {"__name__": module.__name__, "__file__": module.__file__}
    exec(code, space)
    for name, old in list(vars(module).items()):
        new = space.get(name, old)
        if isinstance(old, types.FunctionType | type | types.ModuleType) or name.startswith("__") or new == old:
            continue
        if isinstance(old, dict):
            old.clear()
            old.update(new)
        for other in [m for n, m in sys.modules.items() if n.startswith("dashboard.alarms")]:
            for key, value in list(vars(other).items()):
                if value is old and not isinstance(old, dict):
                    setattr(other, key, new)


# -- running the tests -------------------------------------------------------------------------------------------------


def followed(items: list[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item | None]]:
    """Each test and the one after it, for which its fixtures may stay."""
    return zip(items, [*items[1:], None][: len(items)], strict=True)


class Runner:
    def __init__(self, wanted: argparse.Namespace) -> None:
        self.wanted = wanted
        self.reached: dict[str, set[tuple[str, str]]] = {}
        self.took_s: dict[str, float] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._first_pass(session.items)
        self._all(session.items)
        return True

    def _first_pass(self, items: list[pytest.Item]) -> None:
        package = str(PACKAGE)
        noted = self.wanted.tests
        if noted is not None and noted.is_file():
            for name, (took_s, reached) in json.loads(noted.read_text(encoding="utf-8")).items():
                self.took_s[name], self.reached[name] = took_s, {(stem, function) for stem, function in reached}
            items = [item for item in items if item.nodeid not in self.took_s]
        for item, after in followed(items):
            hit: set[tuple[str, str]] = set()

            def seen(frame: types.FrameType, event: str, _: object, hit: set[tuple[str, str]] = hit) -> None:
                if event == "call" and frame.f_code.co_filename.startswith(package):
                    hit.add((Path(frame.f_code.co_filename).stem, frame.f_code.co_qualname.split(".<locals>")[0]))

            begin = time.process_time()
            sys.setprofile(seen)
            reports = runtestprotocol(item, log=False, nextitem=after)
            sys.setprofile(None)
            self.took_s[item.nodeid] = time.process_time() - begin
            self.reached[item.nodeid] = hit
            if any(report.failed for report in reports):
                raise SystemExit(f"{item.nodeid} fails without a mutant")
        if noted is not None:
            rows = {name: (self.took_s[name], sorted(self.reached[name])) for name in self.took_s}
            noted.write_text(json.dumps(rows), encoding="utf-8")
        print(f"{len(items)} tests, {sum(self.took_s.values()):.0f} s", file=sys.stderr)

    def _all(self, items: list[pytest.Item]) -> None:
        by_function: dict[tuple[str, str], list[pytest.Item]] = defaultdict(list)
        quickest = sorted(items, key=lambda item: self.took_s[item.nodeid])
        for item in quickest:
            for key in self.reached[item.nodeid]:
                by_function[key].append(item)
        counts: Counter[str] = Counter()
        begin = time.monotonic()
        number, again = 0, None
        if self.wanted.again is not None:
            rows = [json.loads(line) for line in self.wanted.again.read_text(encoding="utf-8").splitlines()]
            again = {(r["file"], r["line"], r["in"], r["what"]) for r in rows if r["result"] == "survived"}
        gc.collect()
        gc.freeze()
        with self.wanted.output.open("w", encoding="utf-8") as out:
            for path in sorted(PACKAGE.glob("*.py")):
                if self.wanted.only and path.stem not in self.wanted.only.split(","):
                    continue
                killers: dict[str, list[pytest.Item]] = defaultdict(list)
                for mutant in mutants(path):
                    if self.wanted.line and mutant.line != self.wanted.line:
                        continue
                    if mutant.what.endswith("XX'") and not self.wanted.strings:
                        continue
                    if again is not None and (path.name, mutant.line, mutant.function, mutant.what) not in again:
                        continue
                    number += 1
                    if (number + self.wanted.offset) % self.wanted.every:
                        continue
                    chosen = by_function[path.stem, mutant.function] if mutant.function else quickest
                    chosen = self._within(chosen)
                    first = killers[
                        mutant.function
                    ]  # what killed the last ones in this function likely kills this one too
                    result, killer = self._one(mutant, [*first, *(i for i in chosen if i not in first)])
                    counts[result] += 1
                    if killer is not None:
                        first[:] = [killer, *(i for i in first if i is not killer)][:8]
                    row = {
                        "file": path.name,
                        "line": mutant.line,
                        "in": mutant.function,
                        "what": mutant.what,
                        "result": result,
                    }
                    out.write(json.dumps(row, ensure_ascii=False) + "\n")
                    out.flush()
                    if result == "survived":
                        print(f"{path.name}:{mutant.line} {mutant.function}: {mutant.what}", flush=True)
        print(json.dumps({**counts, "all": sum(counts.values()), "seconds": round(time.monotonic() - begin)}))

    def _within(self, quickest: list[pytest.Item]) -> list[pytest.Item]:
        """As many of them as the budget has time for."""
        chosen, left_s = [], self.wanted.budget
        for item in quickest:
            left_s -= self.took_s[item.nodeid]
            if left_s < 0:
                break
            chosen.append(item)
        return chosen

    def _one(self, mutant: Mutant, chosen: list[pytest.Item]) -> tuple[str, pytest.Item | None]:
        sys.stdout.flush()
        hear, say = os.pipe()
        child = os.fork()
        if child == 0:
            signal.alarm(TIMEOUT_S)
            resource.setrlimit(resource.RLIMIT_CPU, (TIMEOUT_S, TIMEOUT_S))
            at = 0
            try:
                put_in_place(mutant)
                for item, after in followed(chosen):
                    if any(report.failed for report in runtestprotocol(item, log=False, nextitem=after)):
                        break
                    at += 1
                else:
                    os._exit(0)
            except BaseException:
                pass
            os.write(say, str(at).encode())
            os._exit(1)
        os.close(say)
        _, status = os.waitpid(child, 0)
        told = os.read(hear, 20).decode()
        os.close(hear)
        if os.WIFSIGNALED(status):
            return "timed out", None
        return ("killed", chosen[int(told)]) if told and chosen else ("survived", None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=Path("mutants.jsonl"))
    parser.add_argument("--only", default="", help="modules, without .py, separated by commas")
    parser.add_argument("--tests", type=Path, help="where to keep what the first pass noted, for the next run")
    parser.add_argument("--line", type=int, default=0)
    parser.add_argument("--again", type=Path, help="only those that survived in this report of an earlier run")
    parser.add_argument("--every", type=int, default=1, help="only each so manieth mutant, a sample")
    parser.add_argument("--offset", type=int, default=0, help="where the sample begins")
    parser.add_argument("--strings", action="store_true", help="change texts too")
    parser.add_argument("--budget", type=float, default=600.0, help="seconds of tests for one mutant, quickest first")
    wanted = parser.parse_args()
    from hypothesis import settings

    settings.register_profile("mutants", derandomize=True, database=None)
    settings.load_profile("mutants")
    plugins = ["-p", "no:cacheprovider", "-p", "no:timeout", "-p", "no:xdist", "-s", "-q", "--no-header"]
    raise SystemExit(pytest.main([*plugins, str(HERE)], plugins=[Runner(wanted)]))


if __name__ == "__main__":
    main()
