"""Two hundred virtual patients through 0.5 mg/kg over 40 minutes, against published means; and predicted concentrations against
measured ones. `python -m benchmarks.population` writes both tables into docs/virtual-patient.md.

Seeded, so that the same people give the same table. Bands are of section 3.3 of the ketamine reference where a study gives a
confidence interval of its mean, and say so where they are read otherwise.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median, stdev
from typing import Any

from benchmarks._measured import measured_table
from benchmarks._people import MG_KG, OVER_MIN, Course, Member, people, quick, simulated
from simulators.patient.drugs import Drugs
from simulators.patient.line import InfusionLine

COUNT = 200
#: Share with treated hypertension in the mixed population.
MIXED = 0.25
DOCUMENT = Path(__file__).parents[1] / "docs" / "virtual-patient.md"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `low` and `high`: what ours must lie between (None: nothing is held); `typical`: the patient of the
    reference without variability; `spread`: standard deviation over the people."""

    name: str
    what: str
    source: str
    band: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    typical: float | None = None
    spread: float | None = None

    @property
    def ok(self) -> bool:
        return (self.low is None or self.value >= self.low) and (self.high is None or self.value <= self.high)


def rows_of(courses: list[Course]) -> list[Row]:
    """Of people without treated hypertension."""
    at = OVER_MIN
    sbp, dbp, hr = ([getattr(c, name)[at] for c in courses] for name in ("sbp", "dbp", "hr"))
    meta = "Vankawala 2021, 2252 treatments"
    late_sbp, late_hr = [c.sbp[90] for c in courses], [c.hr[90] for c in courses]
    fell = [float(c.level_min) for c in courses if c.level_min is not None]
    # Who is not back when the run ends counts as later than everyone else, which the median bears.
    back = [float(c.oriented_min or len(c.level)) for c in courses]
    rows = [
        Row("sbp_40", "SBP, mean rise at 40 min", meta, "12.61 (10.40 to 14.82)", fmean(sbp), "mmHg", 10.40, 14.82, 13.7, stdev(sbp)),
        Row("dbp_40", "DBP, mean rise at 40 min", meta, "8.49 (6.89 to 10.09)", fmean(dbp), "mmHg", 6.89, 10.09, 9.1, stdev(dbp)),
        Row("hr_40", "HR, mean rise at 40 min", meta, "4.09 (0.55 to 7.63)", fmean(hr), "1/min", 0.55, 7.63, 4.4, stdev(hr)),
        Row("sbp_peak", "SBP, mean of each one's highest minute", meta, "as above", fmean(max(c.sbp) for c in courses), "mmHg"),
        Row("sbp_largest", "SBP, largest rise of one person", "reference 3.3: 30 to 40 must be within reach", "30 or more",
            max(max(c.sbp) for c in courses), "mmHg", 30.0),
        Row("sbp_series", "SBP, mean rise at 40 min", "135 patients, 741 infusions", "7.4", fmean(sbp), "mmHg"),
        Row("sbp_30", "SBP, mean rise at 30 min", "Riva-Posse 2018, 684 infusions", "3.28", fmean(c.sbp[30] for c in courses), "mmHg"),
        Row("sbp_90", "SBP, mean rise left 90 min after the start", "Szarmach 2020: back within 1.5 h", "within 10, as scenario S01 reads it",
            fmean(late_sbp), "mmHg", None, 10.0, None, stdev(late_sbp)),
        Row("hr_90", "HR, mean rise left 90 min after the start", "Szarmach 2020: back within 1.5 h", "within 5 (a choice)",
            fmean(late_hr), "1/min", None, 5.0, None, stdev(late_hr)),
        Row("dissociation_20", "Dissociation at 20 min (196 ng/mL), 0 to 100", "Bowdle 1998, most scales at 200 ng/mL", "37 to 89",
            fmean(c.dissociation[20] for c in courses), "", 37.0, 89.0, 49.0, stdev([c.dissociation[20] for c in courses])),
        Row("dissociation_40", "Dissociation at 40 min, 0 to 100", "none at this concentration", "none",
            fmean(c.dissociation[at] for c in courses), "", None, None, 59.0, stdev([c.dissociation[at] for c in courses])),
        Row("level_change", "First change of the level, median", "reference, S01: floating at 10 min", "10 or less",
            median(fell), "min after the start", None, 10.0),
        Row("oriented", "Fully awake again, median", "reference, S01: oriented at 70 min", "40 to 70", median(back), "min after the start", 40.0, 70.0),
        Row("unresponsive_40", "Share that do not answer at 40 min", "reference 3.2: 3 % at 250 ng/mL", "6 or less",
            100.0 * fmean(c.level[at] <= 1 for c in courses), "%", None, 6.0, 3.0),
    ]  # fmt: skip
    if all(c.cuff_peak is not None for c in courses):
        peaks = [c.cuff_peak for c in courses if c.cuff_peak is not None]
        wan = "Wan 2015, 205 infusions (from general knowledge; verify)"
        rows[4:4] = [
            Row("cuff_sbp", "SBP, mean of the highest cuff reading (each 10 min)", wan, "about 19.6", fmean(p[0] for p in peaks), "mmHg"),
            Row("cuff_dbp", "DBP, mean of the highest cuff reading (each 10 min)", wan, "about 13.4", fmean(p[1] for p in peaks), "mmHg"),
        ]  # fmt: skip
    return rows


def mixed_rows(courses: list[Course]) -> list[Row]:
    """Of people of whom some have treated hypertension. Yale gives no interval of the mean: from SD and number of patients."""
    sbp, dbp = ([getattr(c, name)[OVER_MIN] for c in courses] for name in ("sbp", "dbp"))
    yale = "Yale 2024, 138 patients, peak at 40 min"
    return [
        Row("mixed_sbp_40", "SBP, mean rise at 40 min, a quarter hypertensive", yale, "16.0 (SD 11.2), mean 14.1 to 17.9", fmean(sbp), "mmHg",
            14.1, 17.9, None, stdev(sbp)),
        Row("mixed_dbp_40", "DBP, mean rise at 40 min, a quarter hypertensive", yale, "11.0 (SD 8.5), mean 9.6 to 12.4", fmean(dbp), "mmHg",
            9.6, 12.4, None, stdev(dbp)),
    ]  # fmt: skip


def anaesthetic_rows(members: list[Member]) -> list[Row]:
    """Going under and coming back after doses that anaesthetise."""
    under = [min(level for level, _ in _pushed(m, 1.8, 10.0)) <= 1 for m in members]
    woke = [cp for m in members if (cp := _waking(m)) is not None]
    return [
        Row("unconscious", "Share unconscious after 1.8 mg/kg", "Bourke 1987: everybody", "100", 100.0 * fmean(under), "%", 100.0),
        Row("waking", "Plasma on answering again after 2 mg/kg, mean", "Idvall 1979: 640 (SD 210)", "430 to 850", fmean(woke), "ng/mL",
            430.0, 850.0, None, stdev(woke)),
    ]  # fmt: skip


def _pushed(member: Member, mg_kg: float, until_min: float) -> Iterator[tuple[int, float]]:
    """(level, plasma ng/mL) each 10 s after a dose over one minute."""
    line = InfusionLine(member.kinetics)
    drugs = Drugs(member.spec, line, member.person, member.seed)
    line.set_rate_mg_h(mg_kg * member.spec.weight_kg * 60.0, 0.0)
    for n in range(1, int(until_min * 6) + 1):
        drugs.second(n * 10.0)
        if n == 6:
            line.set_rate_mg_h(0.0, 60.0)
        yield drugs.level, line.body.cp_ng_ml


def _waking(member: Member) -> float | None:
    under = False
    for level, cp in _pushed(member, 2.0, 120.0):
        if under and level > 1:
            return cp
        under |= level <= 1
    return None


def all_rows() -> list[Row]:
    plain = list(people(COUNT))
    return [
        *rows_of([simulated(member) for member in plain]),
        *mixed_rows([quick(member) for member in people(COUNT, MIXED)]),
        *anaesthetic_rows(plain),
    ]


def measure() -> Iterator[dict[str, Any]]:
    """Baseline: the typical patient of the reference, where it gives one."""
    for row in all_rows():
        if row.low is None and row.high is None:
            continue
        yield {
            "name": f"population_{row.name}",
            "value": round(row.value, 2),
            "unit": row.unit,
            "budget": row.band,
            "ok": row.ok,
            "baseline": row.typical,
            "ratio": None if row.typical is None else round(row.value / row.typical, 2),
        }


def table(rows: list[Row]) -> str:
    lines = ["| what | source | published | ours | inside |", "|---|---|---|---|---|"]
    for row in rows:
        spread = "" if row.spread is None else f" (SD {row.spread:.1f})"
        inside = "not held" if row.low is None and row.high is None else "yes" if row.ok else "**no**"
        lines.append(
            f"| {row.what} | {row.source} | {row.band} | {row.value:.1f} {row.unit}{spread} | {inside} |".replace(
                "  ", " "
            )
        )
    return "\n".join(lines)


def write(document: Path, name: str, text: str) -> None:
    """Between the marks of `name`."""
    whole = document.read_text(encoding="utf-8")
    pattern = rf"(<!-- {name} -->\n).*?(\n<!-- end {name} -->)"
    if not re.search(pattern, whole, re.S):
        raise ValueError(f"{document} has no marks of {name}")
    document.write_text(re.sub(pattern, lambda m: m[1] + text + m[2], whole, flags=re.S), encoding="utf-8")


if __name__ == "__main__":
    write(DOCUMENT, "measured", measured_table())
    print(f"{COUNT} patients, {MG_KG:g} mg/kg over {OVER_MIN} min; some minutes …", file=sys.stderr)
    write(DOCUMENT, "population", table(all_rows()))
