"""What a browser gets before any page: Dash with our own scripts and styles as one file each, and nothing it has no use for.

A live page's first numbers wait for this, and so does every reload after a fault: some seventy files less to ask for, and the fifth of
a second that Babel's polyfill takes, are felt.
"""

import hashlib
import re
from pathlib import Path
from typing import Any

from dash import Dash
from dash.backends import get_backend
from fastapi import FastAPI
from fastapi.responses import Response

ASSETS = Path(__file__).with_name("assets")
TITLE = "Infusion Dashboard"
#: Named by its content, a file never changes under its name.
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_POLYFILL = re.compile(r'<script src="[^"]*/polyfill@[^"]*"></script>\n?')
_GRID = re.compile(r'<script src="[^"]*/dash_ag_grid\.[^"]*"></script>\n?')


class Shell(Dash):
    """Dash on `server`, whose own routes must stand already: Dash answers every address that is left with a page."""

    def __init__(self, server: FastAPI, assets: Path = ASSETS) -> None:
        super().__init__(
            __name__,
            backend=_backend(server),
            assets_folder=str(assets),
            include_assets_files=False,
            external_stylesheets=[_bundle(server, assets, "css", "text/css")],
            external_scripts=[_bundle(server, assets, "js", "text/javascript")],
            title=TITLE,
            update_title="",
            serve_locally=True,
            suppress_callback_exceptions=True,
            add_log_handler=False,
            meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
        )

    def interpolate_index(self, **parts: Any) -> Any:  # type: ignore[override]  # Dash names every part
        # The live page has no grid and none of Dash's lazily loaded parts, which need the polyfill, and is always loaded whole,
        # never walked to from another page.
        if self.backend.request_adapter().path.startswith("/live/"):
            parts["scripts"] = _GRID.sub("", _POLYFILL.sub("", parts["scripts"]))
        return super().interpolate_index(**parts)  # type: ignore[no-untyped-call]


def _bundle(server: FastAPI, folder: Path, kind: str, media_type: str) -> str:
    """Address of all files of a kind as one, in the order of their names."""
    files = sorted(folder.glob(f"*.{kind}"))
    text = "\n".join(
        ['"use strict";', *map(_script, files)]
        if kind == "js"
        else [file.read_text(encoding="utf-8") for file in files]
    )
    # Beside the fonts, which styles name by their place.
    address = f"/assets/all-{hashlib.sha256(text.encode()).hexdigest()[:16]}.{kind}"

    @server.get(address)
    async def bundle() -> Response:
        return Response(text, media_type=media_type, headers=FOREVER)

    return address


def _script(file: Path) -> str:
    """One file's script among the others: its mistake stops itself alone, as it would in a file of its own."""
    return f"// {file.name}\ntry {{\n{file.read_text(encoding='utf-8')}\n}} catch (error) {{ reportError(error); }}"


def _backend(server: FastAPI) -> type[Any]:
    """Dash's FastAPI back end around `server`. Given the server itself, Dash imports Flask to ask whether it is one: 0.3 s of a start."""
    return type("Backend", (get_backend("fastapi"),), {"create_app": staticmethod(lambda *_: server)})
