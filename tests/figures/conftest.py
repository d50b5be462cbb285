"""The made-up session of the page tests serves the figures too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "pages"))
