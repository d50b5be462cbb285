"""Colours of figures, dark and light: the tokens of `assets/00-tokens.css`, which a test holds equal to these."""

from dataclasses import dataclass
from typing import Literal

ThemeName = Literal["dark", "light"]

FONT = 'Inter, system-ui, "Segoe UI", Roboto, sans-serif'


@dataclass(frozen=True, slots=True)
class Theme:
    name: ThemeName
    bg: str
    panel: str
    chart: str
    line: str
    grid: str
    text: str
    muted: str
    hr: str
    spo2: str
    bp: str
    co2: str
    rr: str
    loc: str
    infusion: str
    predicted: str
    high_edge: str
    medium_edge: str
    low_edge: str
    high_word: str
    medium_word: str
    low_word: str
    simulation: str

    def edge(self, priority: str) -> str:
        return {"high": self.high_edge, "medium": self.medium_edge}.get(priority, self.low_edge)


DARK = Theme(
    name="dark", bg="#0b0f14", panel="#121820", chart="#0f151d", line="#243040", grid="#1a2330", text="#dfe7ef", muted="#8a97a6",
    hr="#3ddc84", spo2="#4aa3ff", bp="#f2f4f7", co2="#ff8fc7", rr="#c46a98", loc="#d9b38c", infusion="#a9a4ff", predicted="#d8c4ff",
    high_edge="#ff5252", medium_edge="#fbc02d", low_edge="#26c6da", high_word="#ff8080", medium_word="#ffc94d", low_word="#4dd8ea",
    simulation="#5b2be0",
)  # fmt: skip
LIGHT = Theme(
    name="light", bg="#eef1f5", panel="#ffffff", chart="#ffffff", line="#d3dae3", grid="#e7ebf1", text="#1c2733", muted="#566373",
    hr="#0a7a3c", spo2="#0b5fc4", bp="#25313e", co2="#b51d6e", rr="#98386d", loc="#85571c", infusion="#5044c8", predicted="#7b45bd",
    high_edge="#c62828", medium_edge="#b26f00", low_edge="#0e7c88", high_word="#b71c1c", medium_word="#7a4b00", low_word="#0b6670",
    simulation="#5b2be0",
)  # fmt: skip


def theme_of(name: object) -> Theme:
    return LIGHT if name == "light" else DARK


def rgba(colour: str, alpha: float) -> str:
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},{alpha:g})"
