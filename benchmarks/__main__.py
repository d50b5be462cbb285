"""`python -m benchmarks [NAME …]`: one JSON object a line, nothing else on standard output (design section 10).

Each module of this package with a `measure()` is a benchmark; NAME is a module's name. Slow soaks run only when named.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any


def main() -> int:
    names = sorted(m.name for m in iter_modules([str(Path(__file__).parent)]) if not m.name.startswith("_"))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="*", metavar="NAME", help=f"of {', '.join(names)}; all by default")
    wanted = parser.parse_args().name
    if unknown := sorted(set(wanted) - set(names)):
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(names)}")
    missed = 0
    for name in wanted or names:
        print(f"{name} …", file=sys.stderr)
        rows: Iterable[dict[str, Any]] = import_module(f"benchmarks.{name}").measure()
        for row in rows:
            print(json.dumps(row, ensure_ascii=False), flush=True)
            missed += not row["ok"]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
