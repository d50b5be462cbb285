"""The `decode` command: recorded bytes in, JSON lines out. The same decoders as live."""

import json
from collections.abc import Iterator

from config.models import ConfigError
from devices.readings import Fault, Reading
from devices.registry import find_monitor

BOF = 0xC0  # an IntelliVue serial frame starts with it; any other line of its hex text is a whole LAN datagram


def decode_lines(monitor: str, data: bytes, *, hex_text: bool, name: str = "-") -> Iterator[str]:
    """One JSON object a line: a reading, or a fault with its raw bytes in hexadecimal.

    `hex_text`: the data is text, one chunk or datagram of hexadecimal digits a line; `#` starts a comment.
    A capture (one JSON object with `rx` or `tx` a line) is read too. ConfigError names the line that is not.
    """
    decoder = find_monitor(monitor).make_decoder()
    datagram = getattr(decoder, "datagram", None)
    for chunk in _chunks(data, hex_text, name):
        whole = hex_text and datagram is not None and chunk[:1] != bytes([BOF])
        for item in datagram(chunk) if whole and datagram is not None else decoder.feed(chunk):
            yield json.dumps(as_json(item), ensure_ascii=False)


def as_json(item: Reading | Fault) -> dict[str, object]:
    if isinstance(item, Fault):
        return {"fault": item.reason, "raw": item.raw.hex()}
    return {
        "signal": item.signal,
        "value": item.value,
        "unit": item.unit,
        "status": item.status,
        "device_time": item.device_time.isoformat() if item.device_time else None,
    }


def _chunks(data: bytes, hex_text: bool, name: str) -> Iterator[bytes]:
    capture = not hex_text and data.lstrip()[:1] == b"{"
    if not hex_text and not capture:
        yield data
        return
    for number, raw in enumerate(data.splitlines(), 1):
        line = raw.split(b"#")[0].strip() if hex_text else raw.strip()
        if not line:
            continue
        try:
            if capture:
                entry = json.loads(line)
                if "rx" in entry:
                    yield bytes.fromhex(entry["rx"])
            else:
                yield bytes.fromhex(line.decode("ascii"))
        except (ValueError, KeyError, TypeError):
            expected = 'a JSON object with "rx" or "tx"' if capture else "hexadecimal digits"
            raise ConfigError(f"{name}: line {number}: expected {expected}") from None
