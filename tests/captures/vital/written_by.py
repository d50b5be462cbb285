"""Wrote monitor.vital and other_names.vital with the vitaldb library (PyPI vitaldb 1.7.2, MIT): invented numbers, nobody's recording."""

import math

import numpy as np
import vitaldb

T0 = 1_760_000_000.0


def every(step, length, value):
    return [{"dt": T0 + t, "val": v} for t in range(0, length, step) if (v := value(t)) is not None]


def monitor(path):
    vf = vitaldb.VitalFile()
    vf.dtstart, vf.dtend = T0, T0 + 120
    vf.add_track("EVENT", [{"dt": T0 + 10, "val": "Jane Doe moved"}])
    vf.add_track("BIS/BIS", every(1, 120, lambda t: 95.0))
    vf.add_track("Solar8000/HR", every(2, 120, lambda t: 70.0 + t // 20), unit="/min")
    vf.add_track("Solar8000/PLETH_HR", every(2, 120, lambda t: 71.0 + t // 20), unit="/min")
    vf.add_track("Solar8000/PLETH_SPO2", every(2, 120, lambda t: None if 40 <= t < 60 else 97.0), unit="%")
    for name, first, then in (("SBP", 128.0, 141.0), ("DBP", 78.0, 84.0), ("MBP", 95.0, 103.0)):
        pressure = every(2, 120, lambda t, a=first, b=then: None if t < 10 else a if t < 80 else b)
        vf.add_track(f"Solar8000/NIBP_{name}", pressure, unit="mmHg")
    vf.add_track("Primus/ETCO2", every(7, 120, lambda t: 36.0), unit="mmHg")
    vf.add_track("Solar8000/ETCO2", every(2, 120, lambda t: 38.0 if t < 90 else 0.0), unit="mmHg")
    vf.add_track("Solar8000/RR_CO2", every(2, 120, lambda t: 14.0 if t < 90 else 0.0), unit="/min")
    vf.add_track("Solar8000/BT", every(2, 120, lambda t: math.nan if t == 4 else 36.6), unit="C")
    ecg = np.sin(np.arange(100 * 20) / 10).astype(np.float32)
    vf.add_track(
        "SNUADC/ECG_II", [{"dt": T0 + s, "val": ecg[100 * s : 100 * s + 100]} for s in range(20)], srate=100, unit="mV"
    )
    vf.to_vital(path, packed=True)


def other_names(path):
    vf = vitaldb.VitalFile()
    vf.dtstart, vf.dtend = T0, T0 + 30
    oxygen = vf.add_track("ROOT/SAT", every(1, 30, lambda t: 960 - t), unit="%")
    oxygen.fmt, oxygen.gain, oxygen.montype = 5, 0.1, 10
    pulse = vf.add_track("ROOT/BEATS", every(1, 30, lambda t: 255 if t == 3 else 60 + t), unit="bpm")
    pulse.fmt, pulse.montype = 4, 9
    vf.add_track("Agilia/ETCO2", every(5, 30, lambda t: 5.0), unit="kPa")
    vf.to_vital(path, packed=False)


monitor("monitor.vital")
other_names("other_names.vital")
