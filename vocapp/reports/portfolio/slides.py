"""A portfolio review as slides whose charts can be edited: the only place that knows python-pptx."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import flask_babel
from pptx import Presentation
from pptx.chart.data import BubbleChartData, CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
from pptx.enum.text import PP_ALIGN
from pptx.util import Inches, Pt

from vocapp.core.formats import decimal, short_money
from vocapp.reports.paging import PLAIN_BRAND
from vocapp.reports.portfolio import phrases
from vocapp.reports.portfolio.charting import bubbles_title
from vocapp.reports.rules import snapshot_id
from vocapp.reports.texts import day_of, gettext, shortened

WIDTH, HEIGHT = Inches(13.333), Inches(7.5)
MARGIN = Inches(0.6)
BODY_TOP, BODY_HEIGHT = Inches(1.9), Inches(5.0)
TITLE_ONLY = 5
# Of a quarter of the chart, in per cent: as large as on paper.
BUBBLE_SCALE = 40
QUIET, INK = RGBColor(0x5A, 0x64, 0x6A), RGBColor(0x1B, 0x22, 0x26)
COLOURS = {
    "green": RGBColor(0x2B, 0x8A, 0x66),
    "amber": RGBColor(0xD1, 0x8B, 0x0F),
    "red": RGBColor(0xB5, 0x34, 0x2B),
    "grey": RGBColor(0x7D, 0x87, 0x8D),
}
# Every file of the package carries this day, so that the same snapshot gives the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)
_MOMENT = re.compile(rb">\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ<")


def portfolio_slides(snapshot: Mapping[str, Any]) -> bytes:
    """Return a review as a presentation. The same snapshot gives the same bytes. Call it under its locale."""
    deck = _Deck(snapshot)
    deck.opening()
    deck.bubbles()
    deck.topics()
    deck.movements()
    deck.silence()
    deck.strengths()
    deck.answering()
    deck.themes()
    deck.closing()
    return deck.saved()


class _Deck:
    """The presentation while it is made."""

    def __init__(self, snapshot: Mapping[str, Any]) -> None:
        self.snapshot = snapshot
        self.file = Presentation()
        self.file.slide_width, self.file.slide_height = WIDTH, HEIGHT
        self.accent = RGBColor.from_string(
            (snapshot.get("brand") or PLAIN_BRAND)["accent"].lstrip("#").upper()
        )
        self.is_mirrored = flask_babel.get_locale().text_direction == "rtl"
        taken = day_of(snapshot["taken_at"][:10])
        core = self.file.core_properties
        core.title, core.author = self._title(), snapshot["company"]
        core.language, core.comments = snapshot["language"], snapshot_id(snapshot)
        for name in ("created", "modified"):
            setattr(core, name, datetime.combine(taken, time()))

    def opening(self) -> None:
        """Where the portfolio stands, in a sentence."""
        slide = self._slide(self._title(), phrases.verdict(self.snapshot))
        rows = [
            (phrases.status_word(one["status"]), decimal(one["accounts"]), phrases.worth_words(one["worth"]))
            for one in self.snapshot["shares"]
        ]
        self._table(slide, [gettext("Status"), gettext("Accounts"), gettext("ARR")], rows)

    def bubbles(self) -> None:
        """Engagement against sentiment, a series for each status."""
        found = self.snapshot["chart"]["bubbles"]
        slide = self._slide(gettext("Where every account stands"), bubbles_title(self.snapshot))
        if not found:
            self._say(
                slide, gettext("Not enough answers to say: no account has both engagement and sentiment yet.")
            )
            return
        data = BubbleChartData(number_format="0%")
        statuses = [status for status in COLOURS if any(one["status"] == status for one in found)]
        for status in statuses:
            series = data.add_series(phrases.status_word(status))
            for one in found:
                if one["status"] == status:
                    series.add_data_point(one["place"][0], one["place"][1], one["area"])
        chart = self._chart(slide, XL_CHART_TYPE.BUBBLE, data, bubbles_title(self.snapshot), colours=statuses)
        for axis, name in (
            (chart.category_axis, gettext("Engagement")),
            (chart.value_axis, gettext("Sentiment")),
        ):
            axis.minimum_scale, axis.maximum_scale, axis.has_title = 0, 1, True
            axis.axis_title.text_frame.text = name
            axis.has_major_gridlines, axis.tick_labels.number_format = False, "0%"
            axis.tick_labels.number_format_is_linked = False
        chart.plots[0].bubble_scale = BUBBLE_SCALE

    def topics(self) -> None:
        """The accounts to talk about, and why."""
        slide = self._slide(gettext("Accounts to talk about"), "")
        rows = [
            (shortened(one["name"], 40), one["tier"], _money(one), phrases.reason_line(one))
            for one in self.snapshot["topics"]
        ]
        header = [gettext("Account"), gettext("Tier"), gettext("ARR"), gettext("Why")]
        self._table(slide, header, rows, widths=(3.2, 1.4, 1.4, 6.1))

    def movements(self) -> None:
        """Who fell and who rose, as bars."""
        moved = self.snapshot["movements"]
        ordered = [*moved["fallen"], *reversed(moved["risen"])]
        slide = self._slide(gettext("What moved"), phrases.moved_line(self.snapshot))
        said = [f"{shortened(one['name'], 32)} ({phrases.real_word(one['is_real'])})" for one in ordered]
        changes = [round(one["after"] - one["before"], 1) for one in ordered]
        self._bars(slide, gettext("Points of strength"), said, changes)

    def silence(self) -> None:
        """Who went silent."""
        slide = self._slide(gettext("Who went silent"), phrases.silence_line(self.snapshot))
        rows = [
            (
                shortened(one["name"], 40),
                one["tier"],
                shortened(one["owner"], 24),
                phrases.how_silent(one),
                _money(one),
            )
            for one in self.snapshot["silence"]["accounts"]
        ]
        header = [
            gettext("Account"),
            gettext("Tier"),
            gettext("CSM"),
            gettext("Who is silent"),
            gettext("ARR"),
        ]
        self._table(slide, header, rows)

    def strengths(self) -> None:
        """How strengths are spread."""
        line = f"{phrases.strengths_line(self.snapshot)} {phrases.sureness_line(self.snapshot)}"
        slide = self._slide(gettext("How strengths are spread"), line.strip())
        bins = self.snapshot["spread"]["bins"] if self.snapshot["measured"] else []
        names = [f"{number * 10}–{number * 10 + 10}" for number in range(len(bins))]
        self._bars(slide, gettext("Accounts"), names, bins, kind=XL_CHART_TYPE.COLUMN_CLUSTERED)

    def answering(self) -> None:
        """Who answers, by persona."""
        slide = self._slide(gettext("How well we are answered"), phrases.answering_line(self.snapshot))
        asked = [one for one in self.snapshot["answering"]["personas"] if one["asked"]]
        names = [
            f"{shortened(one['name'] or gettext('no persona'), 24)} ({one['answered']}/{one['asked']})"
            for one in asked
        ]
        self._bars(
            slide, gettext("Share that answered"), names, [one["rate"] for one in asked], number_format="0%"
        )

    def themes(self) -> None:
        """What they write about."""
        slide = self._slide(gettext("What they write about, by revenue"), phrases.themes_line(self.snapshot))
        rows = [
            (one["name"], decimal(one["accounts"]), decimal(one["people"]), phrases.worth_words(one))
            for one in self.snapshot["themes"]["found"]
        ]
        header = [gettext("Theme"), gettext("Accounts"), gettext("People"), gettext("ARR behind it")]
        self._table(slide, header, rows)

    def closing(self) -> None:
        """What silence has gone with, and what the numbers rest on."""
        slide = self._slide(gettext("What silence has gone with"), phrases.lift_line(self.snapshot))
        version = gettext("method version %(number)s", number=self.snapshot["method"]["version"])
        self._say(
            slide, f"{gettext('Snapshot')} {snapshot_id(self.snapshot)}, {self.snapshot['as_of']}, {version}."
        )

    def saved(self) -> bytes:
        """The file, each part stamped with the same day."""
        written = BytesIO()
        self.file.save(written)
        return _stamped(written.getvalue())

    def _title(self) -> str:
        return gettext("%(company)s: portfolio review", company=self.snapshot["company"])

    def _slide(self, title: str, line: str) -> Any:
        slide = self.file.slides.add_slide(self.file.slide_layouts[TITLE_ONLY])
        heading = slide.shapes.title
        heading.left, heading.top, heading.width, heading.height = (
            MARGIN,
            Inches(0.4),
            WIDTH - 2 * MARGIN,
            Inches(0.7),
        )
        _write(heading.text_frame, title, size=28, colour=self.accent, is_bold=True)
        heading.text_frame.paragraphs[0].alignment = PP_ALIGN.RIGHT if self.is_mirrored else PP_ALIGN.LEFT
        if line:
            box = slide.shapes.add_textbox(MARGIN, Inches(1.1), WIDTH - 2 * MARGIN, Inches(0.7))
            _write(box.text_frame, line, size=14, colour=INK)
        slide.notes_slide.notes_text_frame.text = (
            f"{line}\n{gettext('Snapshot')} {snapshot_id(self.snapshot)}".strip()
        )
        return slide

    def _say(self, slide: Any, text: str) -> None:
        box = slide.shapes.add_textbox(MARGIN, BODY_TOP, WIDTH - 2 * MARGIN, Inches(1))
        _write(box.text_frame, text, size=14, colour=QUIET)

    def _table(
        self,
        slide: Any,
        header: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        widths: Sequence[float] = (),
    ) -> None:
        if not rows:
            self._say(slide, gettext("Nothing to show here yet."))
            return
        height = Inches(0.36) * (len(rows) + 1)
        frame = slide.shapes.add_table(
            len(rows) + 1, len(header), MARGIN, BODY_TOP, WIDTH - 2 * MARGIN, height
        )
        for number, width in enumerate(widths):
            frame.table.columns[number].width = Inches(width)
        for row_number, row in enumerate([header, *rows]):
            for column, text in enumerate(row):
                cell = frame.table.cell(row_number, column)
                _write(
                    cell.text_frame,
                    text,
                    size=12,
                    colour=None if row_number == 0 else INK,
                    is_bold=row_number == 0,
                )
                if row_number == 0:
                    cell.fill.solid()
                    cell.fill.fore_color.rgb = self.accent

    def _bars(
        self,
        slide: Any,
        name: str,
        categories: Sequence[str],
        values: Sequence[float],
        *,
        kind: Any = XL_CHART_TYPE.BAR_CLUSTERED,
        number_format: str = "General",
    ) -> None:
        if not values:
            self._say(slide, gettext("Nothing to show here yet."))
            return
        data = CategoryChartData(number_format=number_format)
        data.categories = categories
        data.add_series(name, values)
        said = ", ".join(
            f"{category}: {decimal(value, 2)}" for category, value in zip(categories, values, strict=True)
        )
        chart = self._chart(slide, kind, data, f"{name}: {said}")
        chart.has_legend = False
        chart.plots[0].has_data_labels = True
        chart.plots[0].gap_width = 60
        # Below zero a name would stand in its own bar.
        chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
        chart.value_axis.visible, chart.value_axis.has_major_gridlines = False, False
        fill = chart.plots[0].series[0].format.fill
        fill.solid()
        fill.fore_color.rgb = self.accent

    def _chart(self, slide: Any, kind: Any, data: Any, said: str, *, colours: Sequence[str] = ()) -> Any:
        frame = slide.shapes.add_chart(kind, MARGIN, BODY_TOP, WIDTH - 2 * MARGIN, BODY_HEIGHT, data)
        # What the chart shows in words, for those who cannot see it.
        frame._element.nvGraphicFramePr.cNvPr.set("descr", said)
        chart = frame.chart
        chart.font.size, chart.has_title = Pt(12), False
        chart.has_legend = True
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
        for series, status in zip(chart.plots[0].series, colours, strict=False):
            series.format.fill.solid()
            series.format.fill.fore_color.rgb = COLOURS[status]
        return chart


def _write(frame: Any, text: str, *, size: int, colour: RGBColor | None, is_bold: bool = False) -> None:
    frame.word_wrap = True
    # Control characters have no place in XML; a line break is a new paragraph.
    frame.text = "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)
    for paragraph in frame.paragraphs:
        paragraph.font.size, paragraph.font.bold = Pt(size), is_bold
        if colour is not None:
            paragraph.font.color.rgb = colour


def _money(one: Mapping[str, Any]) -> str:
    return short_money(one["arr"], one["currency"])


def _stamped(package: bytes) -> bytes:
    """Return a package, and those inside it, with one and the same day on every part."""
    stamped = BytesIO()
    with ZipFile(BytesIO(package)) as source, ZipFile(stamped, "w", ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename.endswith(".xlsx"):
                content = _stamped(content)
            elif entry.filename == "docProps/core.xml":
                content = _MOMENT.sub(b">1980-01-01T00:00:00Z<", content)
            target.writestr(ZipInfo(entry.filename, EPOCH), content, ZIP_DEFLATED)
    return stamped.getvalue()
