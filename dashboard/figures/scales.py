"""Consciousness scales as heights on a chart: awake and calm is up, unresponsive is down."""

#: Level code -> height. MOAA/S 5 (awake) to 0; RASS +4 (combative) to -5; ACVPU: alert, confused, voice, pain, unresponsive;
#: Ramsay 1 (anxious) to 6 and POSS S, 1 to 4 count up as sedation deepens, so they are drawn downwards.
HEIGHTS: dict[str, dict[str, float]] = {
    "moaas": {str(n): float(n) for n in range(6)},
    "rass": {(f"+{n}" if n > 0 else str(n)): float(n) for n in range(-5, 5)} | {str(n): float(n) for n in range(1, 5)},
    "acvpu": {"A": 4.0, "C": 3.0, "V": 2.0, "P": 1.0, "U": 0.0},
    "ramsay": {str(n): float(7 - n) for n in range(1, 7)},
    "poss": {"S": 5.0, "1": 4.0, "2": 3.0, "3": 2.0, "4": 1.0},
    "gcs": {str(n): float(n) for n in range(3, 16)},
}
#: Codes to write beside the axis.
LABELLED: dict[str, tuple[str, ...]] = {
    "moaas": ("1", "3", "5"),
    "rass": ("-4", "0", "+4"),
    "acvpu": ("A", "V", "U"),
    "ramsay": ("1", "3", "6"),
    "poss": ("S", "2", "4"),
    "gcs": ("3", "9", "15"),
}


def level_number(scale: str, level: str) -> float | None:
    """Height of a level on its scale's chart; None when the scale has no such level."""
    return HEIGHTS.get(scale, {}).get(level.strip().replace("−", "-").upper())


def ticks_of(scale: str) -> tuple[list[float], list[str]]:
    codes = LABELLED.get(scale, LABELLED["moaas"])
    heights = HEIGHTS.get(scale, HEIGHTS["moaas"])
    return [heights[code] for code in codes], list(codes)
