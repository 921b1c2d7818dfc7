"""Makes the small images and the CFF font that the tests read. Needs Pillow and fonttools."""

from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from PIL import Image

HERE = Path(__file__).parent
SIZE = (48, 32)


def picture(mode):
    """Red to the left, blue to the right, darker below; a white corner top left."""
    image = Image.new("RGB", SIZE)
    for y in range(SIZE[1]):
        for x in range(SIZE[0]):
            light = 255 - 4 * y
            corner = x < 12 and y < 12
            image.putpixel((x, y), (255, 255, 255) if corner else
                           (light * (47 - x) // 47, 40, light * x // 47))
    return image.convert(mode)


def jpegs():
    picture("RGB").save(HERE / "rgb.jpg", quality=90)
    picture("RGB").save(HERE / "progressive.jpg", quality=90, progressive=True)
    picture("L").save(HERE / "gray.jpg", quality=90)
    picture("CMYK").save(HERE / "cmyk.jpg", quality=90)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = picture("RGB").transpose(Image.Transpose.ROTATE_90)
    turned.save(HERE / "turned.jpg", quality=90, exif=exif)


def font():
    """Three glyphs with cubic outlines: a box for A, a lens for B, nothing for the space."""
    def glyph(draw, width=600):
        pen = T2CharStringPen(width, None)
        draw(pen)
        return pen.getCharString()

    def box(pen):
        pen.moveTo((50, 0))
        for point in [(550, 0), (550, 700), (50, 700)]:
            pen.lineTo(point)
        pen.closePath()

    def lens(pen):
        pen.moveTo((300, 0))
        pen.curveTo((600, 200), (600, 500), (300, 700))
        pen.curveTo((0, 500), (0, 200), (300, 0))
        pen.closePath()

    builder = FontBuilder(1000, isTTF=False)
    order = [".notdef", "space", "A", "B"]
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap({0x20: "space", 0x41: "A", 0x42: "B"})
    outlines = {".notdef": glyph(box), "space": glyph(lambda pen: None, 300),
                "A": glyph(box), "B": glyph(lens)}
    builder.setupCFF("Guichet-Test", {"FullName": "Guichet Test"}, outlines, {})
    builder.setupHorizontalMetrics({name: (300 if name == "space" else 600, 0) for name in order})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Guichet Test", "styleName": "Regular",
                            "psName": "Guichet-Test"})
    builder.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWeightClass=400)
    builder.setupPost()
    builder.font["head"].created = builder.font["head"].modified = 0
    builder.font.recalcTimestamp = False
    builder.save(HERE / "boxes.otf")


jpegs()
font()
