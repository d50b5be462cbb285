"""One delivery over Apprise, and whether a contact's address can be reached. The only module that knows Apprise, and it loads it late.

Apprise writes hosts and answers to its log; nothing of it goes further than the reason of a failure in our own words, because
an address may hold a password or a token.
"""

import logging
import os
import re
import socket
import threading
import time
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from config.models import DashboardError
from config.models.escalation import Contact
from dashboard.escalation.notice import Notice

#: A connection must be there, and an answer begin, within this time.
TIMEOUT_S = 5.0
_CODE = re.compile(r"error=(\d{3})\b")
_SCHEME_PORTS = {"http": 80, "https": 443}


class AddressError(DashboardError):
    """A contact's address is missing or not understood. The message never holds the address."""


@dataclass(frozen=True, slots=True)
class Address:
    """An Apprise URL. Its text shows nothing of it."""

    url: str

    def __repr__(self) -> str:
        return "Address(…)"


def address_of(contact: Contact) -> Address:
    """AddressError when the environment variable is not set, or Apprise does not know that kind of URL."""
    if contact.url is not None:
        url = contact.url.get_secret_value()
    else:
        assert contact.url_env is not None
        url = os.environ.get(contact.url_env, "").strip()
        if not url:
            raise AddressError(f"the environment variable {contact.url_env} is not set")
    _plugin(Address(url), TIMEOUT_S)
    return Address(url)


def deliver(address: Address, notice: Notice, timeout_s: float = TIMEOUT_S) -> str:
    """Send it, waiting no longer than connection and answer may take. Empty when it was accepted, else why not; never raises."""
    try:
        plugin = _plugin(address, timeout_s)
        from apprise import NotifyType

        kind = NotifyType.FAILURE if notice.priority == "high" else NotifyType.WARNING
        begin_s = time.monotonic()
        with _reasons() as said:
            ok = plugin.notify(title=notice.title, body=notice.body, notify_type=kind)
    except AddressError as error:
        return str(error)
    except Exception as error:
        return f"not sent ({type(error).__name__})"
    if ok:
        return ""
    codes = [found.group(1) for line in said if (found := _CODE.search(line))]
    if codes:
        return f"refused with status {codes[-1]}"
    took_s = time.monotonic() - begin_s
    return f"no answer within {timeout_s:g} s" if took_s >= 0.95 * timeout_s else "no connection"


def reach(address: Address, timeout_s: float = TIMEOUT_S) -> str | None:
    """Whether the other end takes a connection; nothing is sent. Empty: it does; else why not; None: this kind cannot be told."""
    where = _where(_plugin(address, timeout_s))
    if where is None:
        return None
    try:
        socket.create_connection(where, timeout_s).close()
    except socket.gaierror:
        return "its host is not known to the network"
    except TimeoutError:
        return f"no answer within {timeout_s:g} s"
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _where(plugin: Any) -> tuple[str, int] | None:
    """Host and port that a plugin of Apprise talks to. A service has its address in the plugin, your own server in the URL."""
    if host := getattr(plugin, "smtp_host", None):
        return str(host), int(plugin.port or 587)
    fixed = getattr(plugin, "notify_url", None)
    if isinstance(fixed, str) and (split := urlsplit(fixed)).hostname and "{" not in split.hostname:
        return split.hostname, split.port or _SCHEME_PORTS.get(split.scheme, 443)
    if isinstance(host := getattr(plugin, "host", None), str) and host:
        port = getattr(plugin, "port", None)
        return host, int(port) if port else 443 if getattr(plugin, "secure", False) else 80
    return None


def _plugin(address: Address, timeout_s: float) -> Any:
    apprise, asset = _apprise()
    with _reasons():
        plugin = apprise.instantiate(address.url, asset=asset, suppress_exceptions=True)
    if plugin is None:
        raise AddressError("the address is not understood: see the list of Apprise URLs")
    plugin.socket_connect_timeout = min(plugin.socket_connect_timeout, timeout_s)
    plugin.socket_read_timeout = min(plugin.socket_read_timeout, timeout_s)
    return plugin


@cache
def _apprise() -> tuple[Any, Any]:
    """Loaded when the first contact is used: it takes a good part of a second, and most stations have none."""
    from apprise import Apprise, AppriseAsset, PersistentStoreMode

    log = logging.getLogger("apprise")
    log.handlers, log.propagate = [_HANDLER], False
    log.setLevel(logging.WARNING)
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    # Nothing is kept on disk, and no message asks its reader's device to fetch a picture from elsewhere.
    asset = AppriseAsset(storage_mode=PersistentStoreMode.MEMORY, secure_logging=True)
    asset.app_id, asset.app_desc, asset.app_url = "Infusion Dashboard", "Infusion Dashboard", ""
    asset.image_url_mask = asset.image_url_logo = ""
    return Apprise, asset


class _Catcher(logging.Handler):
    """Keeps what Apprise logs in this thread for whoever asked, and lets nothing of it out."""

    def __init__(self) -> None:
        super().__init__()
        self.here = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        lines = getattr(self.here, "lines", None)
        if lines is not None:
            lines.append(record.getMessage())


_HANDLER = _Catcher()


class _reasons:  # noqa: N801 - used as a function
    def __enter__(self) -> list[str]:
        _HANDLER.here.lines = []
        return _HANDLER.here.lines  # type: ignore[no-any-return]

    def __exit__(self, *_: object) -> None:
        _HANDLER.here.lines = None
