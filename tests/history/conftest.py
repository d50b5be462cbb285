"""The made-up session of the page tests, and the bed without ports, serve the histories too."""

import sys
from pathlib import Path

for folder in ("pages", "bedside"):
    sys.path.insert(0, str(Path(__file__).parents[1] / folder))
