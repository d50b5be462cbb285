"""Philips IntelliVue Data Export: numbers with a name, and the tables that say what a physiological id means.

Sources: section 10 (state bits), 11 (ids and units) and 15 (alerts) of the protocol notes, which agree across the public
readers of this protocol and published traffic.
"""

from typing import Final, Literal, NamedTuple

# Message classes (first byte of a message)
CONNECT_INDICATION, RELEASE_REQUEST, RELEASE_RESPONSE = 0x00, 0x09, 0x0A
REFUSE, ASSOCIATION_REQUEST, ASSOCIATION_RESPONSE = 0x0C, 0x0D, 0x0E
ABORT, DATA = 0x19, 0xE1

# Remote operations and commands
ROIV, RORS, ROER, ROLRS = 1, 2, 3, 5
LINKED_FIRST, LINKED_MIDDLE, LINKED_LAST = 1, 2, 3
EVENT_REPORT, CONFIRMED_EVENT_REPORT, GET, SET, CONFIRMED_SET, ACTION = 0, 1, 3, 4, 5, 7
SINGLE_POLL, EXTENDED_POLL = 0x0C16, 0xF13B
MDS_CREATE, CONNECT_EVENT = 0x0D06, 0x0D17

# Object classes (partition 1) and attribute groups
NUMERICS, WAVES, ENUMERATIONS, MDS, DEMOGRAPHICS, ALERTS = 0x06, 0x09, 0x05, 0x21, 0x2A, 0x36
PARTITION_OBJECTS = 1
GROUP_ALL, GROUP_OBSERVED, GROUP_DYNAMIC, GROUP_STATIC = 0x0000, 0x0803, 0x0810, 0x0811
GROUP_ALERTS: Final = 0x0801
#: Class 0x36 with this group has a small result: the recommended keep-alive.
GROUP_KEEP_ALIVE: Final = 0x0811

# Attributes
HANDLE, TYPE, LABEL, LABEL_STRING, COLOUR = 0x0921, 0x092F, 0x0924, 0x0927, 0x0911
METRIC_SPECIFICATION, METRIC_STATE = 0x093F, 0x0940
OBSERVED, COMPOUND = 0x0950, 0x094B
STAMP_ABSOLUTE, STAMP_RELATIVE = 0x0990, 0x0991
SYSTEM_ID, SYSTEM_TYPE, SYSTEM_MODEL, ASSOCIATION_NUMBER = 0x0984, 0x0986, 0x0928, 0x091D
NOMENCLATURE, OPERATING_MODE, APPLICATION_AREA, MDS_STATUS = 0x0948, 0x0946, 0x090D, 0x09A7
BED_LABEL, DATE_TIME, RELATIVE_TIME, LOCALISATION = 0x091E, 0x0987, 0x098F, 0x0937
NETWORK_BED_LABEL, NETWORK_ADDRESS, NETWORK_PROTOCOLS = 0xF135, 0xF100, 0xF101
ALERT_CONDITION, P_ALARMS, T_ALARMS = 0x0916, 0x0902, 0x0904
POLL_PROFILE, POLL_EXTENSION, ACTIVE_PERIOD = 0x0001, 0xF001, 0xF13E

# Association
SYSTEM_CLIENT, SYSTEM_SERVER = 0x80000000, 0x00800000
COLD_START, HOT_START = 0x20000000, 0x80000000
NUMERICS_1S, AVERAGES_12S, AVERAGES_1MIN, AVERAGES_5MIN = 0x80000000, 0x40000000, 0x20000000, 0x10000000
ANY_NUMERICS: Final = NUMERICS_1S | AVERAGES_12S | AVERAGES_1MIN | AVERAGES_5MIN
MAX_MTU, MIN_MTU = 1364, 300

#: 8000 ticks of RelativeTime are one second; the counter has 32 bits and wraps after 149.13 h.
TICKS_PER_S: Final = 8000
MICROSECONDS_PER_TICK: Final = 125
TICKS_WRAP: Final = 1 << 32

# Operating modes
MODE_DEMO, MODE_MONITORING, MODE_SERVICE, MODE_STANDBY, MODE_CONFIG = 0x2000, 0x4000, 0x1000, 0x0002, 0x0001

# Measurement state
INVALID, QUESTIONABLE, UNAVAILABLE, CALIBRATION = 0x8000, 0x4000, 0x2000, 0x1000
TEST_DATA, DEMO_DATA, STATE_HIGH_BYTE = 0x0800, 0x0400, 0xFF00
EARLY_INDICATION, MEASURING, IN_ALARM, ALARMS_OFF = 0x0040, 0x0020, 0x0002, 0x0001
METRIC_OFF: Final = 0x8000
#: Metric categories that are settings or alarm limits, never a measurement.
SETTING_CATEGORIES: Final = frozenset({3, 4, 130})

# Alerts
APNOEA, LEADS_OFF, SENSOR_DISCONNECTED = 3072, 274, 308
ALERT_HIGH_PATIENT, ALERT_MEDIUM_PATIENT, ALERT_LOW_PATIENT = 0x0400, 0x0200, 0x0100
ALERT_LOW_TECHNICAL: Final = 1
ALERT_TEST, ALERT_DEMO, ALERT_NEW = 0x0400, 0x0100, 0x0008
INFO_WITH_TEXT, INFO_PLAIN = 0x0204, 0x0201

# Units
DIMENSIONLESS, PERCENT, BEATS, BREATHS = 0x0200, 0x0220, 0x0AA0, 0x0AE0
KPA, MMHG, CMH2O, MBAR, FAHRENHEIT, CELSIUS = 0x0F03, 0x0F20, 0x0F40, 0x0F72, 0x1140, 0x17A0

# Physiological ids
HR, PULSE, PLETH_PULSE, NBP_PULSE = 0x4182, 0x480A, 0x4822, 0xF0E5
SPO2, SPO2_LEFT, SPO2_RIGHT, PERFUSION = 0x4BB8, 0x4BC8, 0x4BCC, 0x4BB0
NBP, ABP, ART, PRESSURE, AORTA, FEMORAL, BRACHIAL = 0x4A04, 0x4A14, 0x4A10, 0x4A00, 0x4A0C, 0xF0BC, 0xF0C0
RESP, AIRWAY_RR, CO2, ET_CO2, INSPIRED_CO2 = 0x500A, 0x5012, 0x50AC, 0x50B0, 0x50BA
TEMPERATURE, CORE, OESOPHAGEAL, NASOPHARYNGEAL, SKIN, TYMPANIC = 0x4B48, 0x4B60, 0x4B64, 0x4B6C, 0x4B74, 0x4B78
RECTAL, BLOOD = 0xE004, 0xE014

Quantity = Literal["rate", "pressure", "percent", "index", "co2", "temperature"]


class Source(NamedTuple):
    """Where a signal comes from. Several sources offer the signals of one `group`; the lowest `rank` with a value wins."""

    signal: str
    quantity: Quantity
    group: str
    rank: int = 0


def _line(base: int, prefix: str, rank: int = 0) -> dict[int, Source]:
    """Systolic, diastolic and mean follow their pressure group's id in this order."""
    return {
        base + step: Source(f"{prefix}_{part}", "pressure", prefix, rank)
        for step, part in enumerate(("sys", "dia", "map"), start=1)
    }


#: Physiological id -> signal. The cuff's own pulse rate (0xF0E5) is absent on purpose: it is minutes old, not a live pulse.
SOURCES: Final[dict[int, Source]] = {
    HR: Source("hr", "rate", "hr"),
    PLETH_PULSE: Source("pr", "rate", "pr", 0),
    PULSE: Source("pr", "rate", "pr", 1),
    SPO2: Source("spo2", "percent", "spo2", 0),
    SPO2_LEFT: Source("spo2", "percent", "spo2", 1),
    SPO2_RIGHT: Source("spo2", "percent", "spo2", 2),
    PERFUSION: Source("pi", "index", "pi"),
    AIRWAY_RR: Source("rr_co2", "rate", "rr_co2"),
    RESP: Source("rr_imp", "rate", "rr_imp"),
    ET_CO2: Source("etco2", "co2", "etco2"),
    INSPIRED_CO2: Source("fico2", "co2", "fico2"),
    CORE: Source("temp", "temperature", "temp", 0),
    OESOPHAGEAL: Source("temp", "temperature", "temp", 1),
    NASOPHARYNGEAL: Source("temp", "temperature", "temp", 2),
    BLOOD: Source("temp", "temperature", "temp", 3),
    RECTAL: Source("temp", "temperature", "temp", 4),
    TYMPANIC: Source("temp", "temperature", "temp", 5),
    TEMPERATURE: Source("temp", "temperature", "temp", 6),
    SKIN: Source("temp", "temperature", "temp", 7),
    **_line(NBP, "nibp"),
    **_line(ABP, "abp", 0),
    **_line(ART, "abp", 1),
    **_line(AORTA, "abp", 2),
    **_line(FEMORAL, "abp", 3),
    **_line(BRACHIAL, "abp", 4),
    **_line(PRESSURE, "abp", 5),
}

#: Unit shown for each quantity, and how a value in a unit code becomes it: value * scale + offset.
UNIT: Final[dict[Quantity, str]] = {
    "rate": "1/min", "pressure": "mmHg", "percent": "%", "index": "%", "co2": "mmHg", "temperature": "°C",
}  # fmt: skip
_PRESSURES = {MMHG: (1.0, 0.0), KPA: (7.50062, 0.0), CMH2O: (0.735559, 0.0), MBAR: (0.750062, 0.0)}
#: 1 vol % of CO2 is about 7.6 mmHg at sea level; at altitude it is less, so such a value is marked questionable.
VOLUME_PERCENT_MMHG: Final = 7.6
CONVERSION: Final[dict[Quantity, dict[int, tuple[float, float]]]] = {
    "rate": {BEATS: (1.0, 0.0), BREATHS: (1.0, 0.0)},
    "pressure": _PRESSURES,
    "percent": {PERCENT: (1.0, 0.0)},
    "index": {DIMENSIONLESS: (1.0, 0.0), PERCENT: (1.0, 0.0)},
    "co2": {**_PRESSURES, PERCENT: (VOLUME_PERCENT_MMHG, 0.0)},
    "temperature": {CELSIUS: (1.0, 0.0), FAHRENHEIT: (5 / 9, -160 / 9)},
}

#: ROER error numbers.
REMOTE_ERRORS: Final[dict[int, str]] = {
    0: "no such object class", 1: "no such object instance", 2: "access denied", 7: "get list error", 8: "set list error",
    9: "no such action", 10: "processing failure", 15: "invalid argument value", 16: "invalid scope",
    17: "invalid object instance",
}  # fmt: skip
