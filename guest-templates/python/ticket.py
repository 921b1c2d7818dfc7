"""A ticket of a third of A4, with a stub that the gate tears off.

    ┌──────────────────────────────┬╌╌╌╌╌╌╌╌╌╌╌╌┐
    │ ▌ heading                    ╎            │  bar, heading and perforation are the same
    │ ▌ Title                      ╎   ▣▣▣▣▣    │  on each ticket, so a background
    │ ▌ date, place                ╎   ▣▣▣▣▣    │
    │ ▌ ─────────────────────────  ╎   number   │  one box for what belongs together: a long
    │ ▌ holder   seat   type       ╎   seat     │  title pushes down what follows
    └──────────────────────────────┴╌╌╌╌╌╌╌╌╌╌╌╌┘
"""

import json

from componentize_py_types import Err
from wit_world.exports import Plugin as Contract
from wit_world.exports import plugin as wit

from settings import SCHEMA, Settings, read_settings
from shapes import (
    BLACK,
    WHITE,
    background_at,
    filled,
    frame,
    mm,
    paragraph,
    perforation,
    text_box,
    text_style,
    token_slot,
)

PAGE = wit.Size(mm(210), mm(99))
STUB = 150.0
"""Where the stub begins, in millimetres."""

# Styles are known by their number, which is their place in the list that `prepare` returns.
TITLE, LEAD, FACT, LABEL, NUMBER, HEADING = range(6)
# Backgrounds as well.
FRAME = 0

# Our own words. The host formats dates and prices; it does not translate.
WORDS = {
    "en": {"holder": "Name", "zone": "Zone", "seat": "Seat", "type": "Ticket", "price": "Price",
           "doors": "Doors", "of": "of", "code": "Ticket code"},
    "de": {"holder": "Name", "zone": "Bereich", "seat": "Platz", "type": "Karte", "price": "Preis",
           "doors": "Einlass", "of": "von", "code": "Ticketcode"},
    "fr": {"holder": "Nom", "zone": "Zone", "seat": "Place", "type": "Billet", "price": "Prix",
           "doors": "Portes", "of": "sur", "code": "Code du billet"},
}  # fmt: skip


class Plugin(Contract):
    """The interface `plugin` of the world: two functions, nothing imported."""

    def prepare(self, settings: bytes) -> wit.Prepared:
        """Called once, when a version is uploaded."""
        choices = read_settings(settings)
        return wit.Prepared(
            manifest=manifest(),
            # Handed to each `layout`. Ours needs none: the settings are all in the background.
            state=b"",
            styles=[
                text_style("sans", 24, weight=700, letter_spacing=-10),
                text_style("sans", 12, weight=700),
                text_style("sans", 10.5),
                text_style("sans", 7.5),
                text_style("mono", 10.5, letter_spacing=40),
                text_style("sans", 12, weight=700, colour=readable_on(choices.accent)),
            ],
            backgrounds=[wit.Background(PAGE, background(choices))],
        )

    def layout(self, request: wit.Request) -> wit.Document:
        """Called for each ticket, on an instance that nothing was called on before."""
        try:
            return document(request)
        except Exception as error:
            # Any other exception than `Err` would stop the instance, and its message would be lost.
            raise Err(wit.Failure_Failed(f"{type(error).__name__}: {error}")) from error


def manifest() -> wit.Manifest:
    """What the template is, and the values that it reads: others are never handed to it."""
    ticket, event = wit.Subject.TICKET, wit.Subject.EVENT

    def field(source: wit.Subject, name: str, description: str, sample: wit.Sample | str) -> wit.Field:
        value = wit.Sample_Text(sample) if isinstance(sample, str) else sample
        return wit.Field(source, name, name in ("title", "number"), description, value)

    return wit.Manifest(
        name="python",
        version="1.0.0",
        description="A third of A4 with a stub to tear off, written in Python.",
        languages=list(WORDS),
        page_formats=[wit.PageFormat("third-a4", PAGE)],
        fields=[
            field(event, "title", "Name of the event", "Jazz at the Lake"),
            field(event, "starts", "When it begins", wit.Sample_Moment(1_794_682_800)),
            field(event, "doors", "When the doors open", wit.Sample_Moment(1_794_679_200)),
            field(event, "venue", "Name of the place", "Salle des Fêtes"),
            field(event, "address", "Address of the place", "12 Quai du Mont-Blanc\n1201 Genève"),
            field(ticket, "number", "Ticket number for people", "7K3D9QXA2M"),
            field(ticket, "holder", "Name of the holder", "Zoë Østergård"),
            field(ticket, "zone", "Zone, block or entrance", "Balcony left"),
            field(ticket, "seat", "Row and seat", "Row 4, seat 12"),
            field(ticket, "type", "Name of the ticket type", "Reduced"),
            field(ticket, "price", "What was paid", wit.Sample_Money(wit.MoneyAmount(2450, "CHF"))),
        ],
        settings_schema=json.dumps(SCHEMA).encode(),
        assets=[],
        fonts=[],
        token=wit.TokenUse_Required(wit.TokenProfile.STANDARD),
    )


def background(choices: Settings) -> list[wit.Item]:
    """The bar at the head, with the organizer's words, and the perforation."""
    bar = frame(0, 0, STUB, 14)
    words = frame(10, 0, STUB - 40, 14)
    return [
        filled(bar, wit.Colour_Rgb(choices.accent)),
        text_box(words, [paragraph(HEADING, choices.heading)], vertical_align=wit.VerticalAlign.MIDDLE),
        perforation(STUB, 99),
    ]


def readable_on(accent: wit.Rgb) -> wit.Colour:
    """White or black, whichever stands out: an organizer may choose a pale accent."""
    brightness = accent.red * 299 + accent.green * 587 + accent.blue * 114
    return WHITE if brightness < 140_000 else BLACK


def document(request: wit.Request) -> wit.Document:
    """One ticket. Lists are painted, and read aloud, in their order."""
    language = request.locale.split("-")[0]
    language = language if language in WORDS else "en"
    words = WORDS[language]
    ticket, event = texts(request.ticket), texts(request.event)
    # Required fields are always there; of all others, `get` answers None.
    title, number = event["title"], ticket["number"]
    place = [("zone", FACT), ("seat", LEAD)]
    items = [
        background_at(FRAME),
        *counter(request.position, words["of"]),
        text_box(
            frame(10, 20, 130, 44),
            [
                paragraph(TITLE, title, role=wit.Role.HEADING1, leading=1100),
                *lines(LEAD, 3, full_date(request.event)),
                *lines(FACT, 0.5, times(request.event, words["doors"])),
                *lines(LEAD, 2.5, event.get("venue")),
                *lines(FACT, 0.5, event.get("address")),
            ],
        ),
        filled(frame(10, 68, 130, 0.3), BLACK),
        *facts(frame(10, 71, 58, 22), [("holder", LEAD)], ticket, words),
        *facts(frame(72, 71, 38, 22), place, ticket, words),
        *facts(frame(114, 71, 26, 22), [("type", FACT), ("price", FACT)], ticket, words),
        token_slot(frame(STUB + 5, 6, 50, 50), words["code"]),
        text_box(frame(STUB + 9, 57, 42, 5), [paragraph(NUMBER, number)]),
        *facts(frame(STUB + 9, 66, 42, 27), place, ticket, words),
    ]
    return wit.Document(
        title=f"{title} · {number}",
        language=language,
        pages=[wit.Page("ticket", request.page_format.size, bleed=0, items=items)],
        styles=[],
        notes=[],
    )


def texts(values: list[wit.NamedValue]) -> dict[str, str]:
    """What is printed as it came, by name: texts, and prices in the words of the locale.

    A value that does not exist is not in its list, and one that exists is never the empty text.
    """
    found = {}
    for entry in values:
        match entry.value:
            case wit.Value_Text(text):
                found[entry.name] = text
            case wit.Value_Money(money):
                found[entry.name] = money.formatted
    return found


def moment(values: list[wit.NamedValue], name: str) -> wit.MomentValue | None:
    """The moment of that name."""
    for entry in values:
        if entry.name == name and isinstance(entry.value, wit.Value_Moment):
            return entry.value.value
    return None


def full_date(event: list[wit.NamedValue]) -> str | None:
    """The day on which it begins."""
    starts = moment(event, "starts")
    return starts.formatted.full_date if starts else None


def times(event: list[wit.NamedValue], doors: str) -> str | None:
    """ "19:30 · Doors 18:30"; a moment that is known to the day alone has no time to print."""
    named = [("", moment(event, "starts")), (f"{doors} ", moment(event, "doors"))]
    shown = [
        before + known.formatted.time for before, known in named if known and known.precision is wit.Precision.MINUTE
    ]
    return " · ".join(shown) or None


def lines(style: int, above: float, text: str | None) -> list[wit.Paragraph]:
    """No paragraph for a value that does not exist."""
    return [] if text is None else [paragraph(style, text, above=above)]


def counter(position: wit.Position, of: str) -> list[wit.Item]:
    """ "2 of 3", at the end of the bar."""
    if position.total == 1:
        return []
    words = paragraph(HEADING, f"{position.index} {of} {position.total}", align=wit.TextAlign.END)
    return [text_box(frame(STUB - 38, 0, 28, 14), [words], vertical_align=wit.VerticalAlign.MIDDLE)]


def facts(
    where: wit.Frame, names: list[tuple[str, int]], ticket: dict[str, str], words: dict[str, str]
) -> list[wit.Item]:
    """Values in the styles beside their names, each below its label; no box if there is none of them."""
    rows: list[wit.Paragraph] = []
    for name, style in names:
        if name in ticket:
            rows += [paragraph(LABEL, words[name], above=2), paragraph(style, ticket[name])]
    return [text_box(where, rows)] if rows else []
