"""Who may talk to this server at all. Until accounts come it serves its own machine only, and only pages of its own."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from config.models import ConfigError

LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")


def require_loopback(host: str) -> str:
    """The address to listen on. ConfigError for any that other machines could reach."""
    if host not in LOOPBACK:
        raise ConfigError(
            f"--host {host}: this version has no accounts and listens on this machine only; use 127.0.0.1 (or leave --host out)"
        )
    return host.strip("[]")


def is_ours(host: str | None, origin: str | None) -> bool:
    """True for a request to a loopback name, and, where a browser names its origin, from the same host and port.

    A foreign page may open a WebSocket or post a form to us from the nurse's own browser; its Origin gives it away.
    A Host that is not ours means a rebound DNS name.
    """
    if host is None or _name(host) not in LOOPBACK:
        return False
    if origin is None:
        return True
    return urlsplit(origin).scheme in ("http", "https") and urlsplit(origin).netloc == host


def _name(host: str) -> str:
    return host if host.endswith("]") else host.rsplit(":", 1)[0]


class Gate:
    """Pure ASGI: unlike request hooks it sees WebSockets too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        needs_origin = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD", "OPTIONS")
        if is_ours(headers.get("host"), origin if needs_origin else None):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "foreign origin"})
        else:
            await JSONResponse({"ok": False, "error": "refused: foreign host or origin"}, 403)(scope, receive, send)
