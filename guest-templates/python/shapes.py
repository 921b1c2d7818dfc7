"""The contract, with what a plain ticket leaves alone filled in.

`componentize-py bindings` makes a module `wit_world` out of `wit/v0/guichet-template.wit`: a dataclass for each
record, one for each case of a variant (`Colour_Rgb`), an `Enum` for each enum. All of a record's fields must be
given. The functions here do that, so that `ticket.py` shows only what it means.
"""

from wit_world.exports import plugin as wit

BLACK = wit.Colour_Gray(0)
WHITE = wit.Colour_Gray(255)


def mm(value: float) -> int:
    """Millimetres in EMU, which are whole numbers: no floating-point number crosses the border."""
    return round(value * 36_000)


def pt(value: float) -> int:
    """Points in EMU."""
    return round(value * 12_700)


def frame(x: float, y: float, width: float, height: float) -> wit.Frame:
    """A frame by its corner and extent in millimetres."""
    return wit.Frame(mm(x), mm(y), mm(width), mm(height))


def text_style(
    family: str, points: float, *, weight: int = 400, colour: wit.Colour = BLACK, letter_spacing: int = 0
) -> wit.TextStyle:
    """A text style. A face that the family does not have is not imitated: `mono` has no bold."""
    return wit.TextStyle(
        family=family,
        weight=weight,
        slant=wit.Slant.UPRIGHT,
        size=pt(points),
        colour=colour,
        underline=False,
        letter_spacing=letter_spacing,
        baseline_shift=0,
        features=[],
        language=None,
    )


def paragraph(
    style: int,
    text: str,
    *,
    role: wit.Role = wit.Role.NONE,
    align: wit.TextAlign = wit.TextAlign.START,
    above: float = 0,
    leading: int = 1200,
) -> wit.Paragraph:
    """A paragraph in the style of that number, `above` millimetres below the one before."""
    return wit.Paragraph(
        role=role,
        spans=[wit.Span(text, style, None)],
        align=align,
        line_height=wit.LineHeight_Relative(leading),
        space_before=mm(above),
        direction=wit.Direction.AUTOMATIC,
        hyphenate=False,
    )


def text_box(
    where: wit.Frame,
    paragraphs: list[wit.Paragraph],
    *,
    least: int = 500,
    vertical_align: wit.VerticalAlign = wit.VerticalAlign.TOP,
) -> wit.Item:
    """Paragraphs one below the other, at least one.

    When the box is full, all of them become smaller, down to `least` thousandths of their size, and then end
    with `…`.
    """
    box = wit.TextBox(where, paragraphs, vertical_align, None, wit.Overflow_Shrink(least))
    return wit.Item(wit.Role.PARAGRAPH, None, wit.ItemContent_Text(box))


def filled(where: wit.Frame, colour: wit.Colour) -> wit.Item:
    """A rectangle, of which a reader who cannot see it does not hear."""
    rectangle = wit.Rectangle(where, radius=0, fill=wit.Paint_Colour(colour), stroke=None)
    return wit.Item(wit.Role.ARTIFACT, None, wit.ItemContent_Rectangle(rectangle))


def perforation(x: float, height: float) -> wit.Item:
    """A dashed line from the upper to the lower edge, where the stub comes off."""
    stroke = wit.Stroke(
        paint=wit.Paint_Colour(BLACK),
        width=pt(0.6),
        dash=[mm(1.2), mm(1.2)],
        dash_offset=0,
        cap=wit.LineCap.BUTT,
        join=wit.LineJoin.MITER,
    )
    line = wit.Line(wit.Point(mm(x), 0), wit.Point(mm(x), mm(height)), stroke)
    return wit.Item(wit.Role.ARTIFACT, None, wit.ItemContent_Line(line))


def token_slot(where: wit.Frame, alternative: str) -> wit.Item:
    """The slot for the signed code and its quiet zone: the host draws it, no template ever sees the token."""
    code = wit.Code(where, wit.Symbology.QR, wit.CodeContent_Token(), wit.ErrorCorrection.MEDIUM, None)
    return wit.Item(wit.Role.FIGURE, alternative, wit.ItemContent_Code(code))


def background_at(index: int) -> wit.Item:
    """The background of that number, placed at the corner of the page."""
    reference = wit.BackgroundReference(index, wit.Point(0, 0))
    return wit.Item(wit.Role.NONE, None, wit.ItemContent_Background(reference))
