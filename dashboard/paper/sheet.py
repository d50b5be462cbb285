"""An A4 sheet of a simulation: what stands on every page, headings, tables that flow over pages, and text of any kind and length."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import matplotlib
from fpdf import FPDF
from fpdf.enums import MethodReturnValue, TableBordersLayout, TextEmphasis, VAlign
from fpdf.fonts import FontFace

#: mm
MARGIN, TOP, BOTTOM, BAND, LINE = 15.0, 24.0, 18.0, 12.0, 4.6
#: A longer cell goes on in rows of its own: the library refuses a row higher than a page, and breaks none over two.
MOST_LINES = 10
SIZE = 9.0  # points
FONT = "DejaVu"
#: The light theme's colours (assets/00-tokens.css); each has at least 4.5:1 on white.
TEXT, MUTED, RULE, HEADS = "#1c2733", "#566373", "#9aa7b6", "#eef1f5"
GOOD, WARN, BAD, VIOLET, SIMULATION = "#0a6b35", "#7a4b00", "#b71c1c", "#5044c8", "#5b2be0"
#: Stands for the number of pages until it is known. No text holds it: `plain` takes control characters away.
_PAGES = "\x02\x02\x02"


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    colour: str = TEXT
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    head: str
    share: float  # of the width


def plain(text: object) -> str:
    """What a font can set: line ends are kept, tabs are blanks, control characters are gone."""
    words = unicodedata.normalize("NFC", str(text)).replace("\r\n", "\n").replace("\t", " ")
    return "".join(c for c in words if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs"))


class Sheet(FPDF):
    """`about`: what the foot of each page says. The same calls with the same `made_at` give the same bytes."""

    def __init__(self, title: str, about: str, made_at: datetime) -> None:
        super().__init__(orientation="portrait", unit="mm", format="A4")
        self.about = plain(about)
        folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
        self.add_font(FONT, "", folder / "DejaVuSans.ttf")
        self.add_font(FONT, "B", folder / "DejaVuSans-Bold.ttf")
        self.set_font(FONT, size=SIZE)
        self.set_margins(MARGIN, TOP, MARGIN)
        self.set_auto_page_break(True, BOTTOM)
        self.alias_nb_pages(_PAGES)
        self.set_title(f"SIMULATION: {plain(title)}")
        self.set_lang("en")
        self.set_creator("Infusion Dashboard")
        self.set_creation_date(made_at)
        self.add_page()

    def header(self) -> None:
        self.set_fill_color(SIMULATION)
        self.rect(0, 0, self.w, BAND, style="F")
        self.set_text_color("#ffffff")
        self.set_font(FONT, "B", 15)
        self.set_xy(MARGIN, 0)
        self.cell(self.epw / 2, BAND, "SIMULATION")
        self.set_font(FONT, "", SIZE)
        self.set_xy(MARGIN + self.epw / 2, 0)
        self.cell(self.epw / 2, BAND, "a training run, not a patient’s record", align="R")
        self.set_y(TOP)

    def footer(self) -> None:
        self.set_text_color(MUTED)
        self.set_font(FONT, "", 8)
        self.set_draw_color(RULE)
        self.line(MARGIN, self.h - 14, self.w - MARGIN, self.h - 14)
        self.set_xy(MARGIN, self.h - 13)
        self.cell(32, 6, f"page {self.page_no()} of {_PAGES}")
        self.cell(self.epw - 32, 6, self._fitting(self.about, self.epw - 34), align="R")

    def title_line(self, text: str) -> None:
        self.set_text_color(TEXT)
        self.set_font(FONT, "B", 17)
        self.multi_cell(self.epw, 8, plain(text), align="L", new_x="LMARGIN", new_y="NEXT")
        self.ln(2)

    def heading(self, text: str, keep: float = 26.0) -> None:
        """Never at the foot of a page without `keep` mm of what it stands over."""
        self.ln(5)
        if self.will_page_break(keep + 8):
            self.add_page()
        self.set_text_color(TEXT)
        self.start_section(text)
        self.set_font(FONT, "B", 11.5)
        self.cell(self.epw, 7, text, new_x="LMARGIN", new_y="NEXT")
        self.ln(1)
        self.set_font(FONT, "", SIZE)

    def words(self, text: str, colour: str = TEXT) -> None:
        self.set_font(FONT, "", SIZE)
        self.set_text_color(colour)
        self.multi_cell(self.epw, LINE, plain(text), align="L", new_x="LMARGIN", new_y="NEXT")

    def grid(
        self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], none: str = "", heads: bool = True
    ) -> None:
        """A table whose heads stand again on every page; `none` when there are no rows."""
        if not rows:
            self.words(none, MUTED)
            return
        self.set_font(FONT, "", SIZE)
        self.set_text_color(TEXT)
        self.set_draw_color("#d3dae3")
        whole = sum(one.share for one in columns)
        widths = [self.epw * one.share / whole for one in columns]
        with self.table(
            col_widths=widths,
            text_align="LEFT",
            v_align=VAlign.T,
            line_height=LINE,
            padding=(0.9, 1.6, 0.9, 1.6),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            first_row_as_headings=heads,
            headings_style=FontFace(emphasis=TextEmphasis.B, color=TEXT, fill_color=HEADS),
        ) as table:
            if heads:
                table.row([one.head for one in columns])
            for row in rows:
                for piece in self._pieces(row, widths):
                    drawn = table.row()
                    for cell in piece:
                        emphasis = TextEmphasis.B if cell.bold else TextEmphasis.NONE
                        drawn.cell(cell.text, style=FontFace(emphasis=emphasis, color=cell.colour))

    def _pieces(self, row: Sequence[Cell], widths: Sequence[float]) -> list[list[Cell]]:
        """The row, or as many rows as its longest cell needs; a row that goes on begins with "…"."""
        cut = [self._cut(cell, width - 3.2) for cell, width in zip(row, widths, strict=True)]
        return [
            [Cell(_at(parts, n, "" if i else "…"), cell.colour, cell.bold) for i, (cell, parts) in enumerate(zip(row, cut, strict=True))]
            for n in range(max(len(parts) for parts in cut))
        ]  # fmt: skip

    def _cut(self, cell: Cell, width: float) -> list[str]:
        text = plain(cell.text)
        if len(text) < 4 * MOST_LINES and text.count("\n") < MOST_LINES:
            return [text]  # most are short: not measured twice
        self.set_font(FONT, "B" if cell.bold else "", SIZE)
        lines = self.multi_cell(width, LINE, text, align="L", dry_run=True, output=MethodReturnValue.LINES)
        self.set_font(FONT, "", SIZE)
        if not isinstance(lines, list) or len(lines) <= MOST_LINES:
            return [text]
        return ["\n".join(lines[n : n + MOST_LINES]) for n in range(0, len(lines), MOST_LINES)]

    def _fitting(self, text: str, width: float) -> str:
        if self.get_string_width(text) <= width:
            return text
        while text and self.get_string_width(text + "…") > width:
            text = text[:-1]
        return text + "…"


def _at(parts: Sequence[str], n: int, beyond: str) -> str:
    return parts[n] if n < len(parts) else beyond
