#!/usr/bin/env python3
"""Makes the font files of this folder out of the upstream static TrueType fonts.

    pip install fonttools
    npm pack @expo-google-fonts/{inter,noto-sans,noto-sans-mono}   # and unpack each archive
    python3 subset.py FOLDER_WITH_THE_UNPACKED_FONTS

Kept: Latin with all of its extensions, Greek with polytonic, Cyrillic with its supplements, combining
marks, punctuation, currency, letterlike symbols, arrows and the common signs; and the layout features
that place marks, kern, choose regional forms and align figures. Dropped: hinting, which no
exporter uses, other scripts, small capitals and stylistic sets.
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FACES = {
    "Inter-Regular.ttf": "Inter_400Regular.ttf",
    "Inter-Bold.ttf": "Inter_700Bold.ttf",
    "Inter-Italic.ttf": "Inter_400Regular_Italic.ttf",
    "Inter-BoldItalic.ttf": "Inter_700Bold_Italic.ttf",
    "NotoSans-Regular.ttf": "NotoSans_400Regular.ttf",
    "NotoSans-Bold.ttf": "NotoSans_700Bold.ttf",
    "NotoSansMono-Regular.ttf": "NotoSansMono_400Regular.ttf",
}

RANGES = [
    (0x0020, 0x007E),  # Basic Latin
    (0x00A0, 0x024F),  # Latin-1, Latin Extended-A and -B
    (0x0250, 0x02FF),  # IPA, spacing modifier letters
    (0x0300, 0x036F),  # combining diacritics
    (0x0370, 0x03FF),  # Greek and Coptic
    (0x0400, 0x052F),  # Cyrillic and its supplement
    (0x1C80, 0x1C8F),  # Cyrillic Extended-C
    (0x1DC4, 0x1DFF),  # combining diacritics supplement
    (0x1E00, 0x1FFF),  # Latin Extended Additional, Greek Extended
    (0x2000, 0x20CF),  # punctuation, superscripts, currency
    (0x2100, 0x21FF),  # letterlike, number forms, arrows
    (0x2200, 0x22FF),  # mathematical operators
    (0x2500, 0x27BF),  # boxes, shapes, signs, dingbats
    (0x2C60, 0x2C7F),  # Latin Extended-C
    (0x2DE0, 0x2E5D),  # Cyrillic Extended-A, supplemental punctuation
    (0xA640, 0xA69F),  # Cyrillic Extended-B
    (0xA700, 0xA7FF),  # modifier tone letters, Latin Extended-D
    (0xAB30, 0xAB6F),  # Latin Extended-E
    (0xFB00, 0xFB06),  # Latin ligatures
    (0xFE20, 0xFE2F),  # combining half marks
    (0xFFFD, 0xFFFD),  # replacement character
]

FEATURES = ["ccmp", "locl", "kern", "mark", "mkmk", "liga", "tnum", "pnum", "lnum", "case", "zero", "frac",
            "numr", "dnom", "sups", "subs", "ordn"]


def subset(source: Path, target: Path) -> None:
    options = Options()
    options.layout_features = FEATURES
    options.hinting = False
    options.glyph_names = False
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 17]
    options.drop_tables += ["DSIG", "STAT", "MATH", "meta"]
    font = TTFont(source, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in RANGES for code in range(first, last + 1)])
    subsetter.subset(font)
    font.save(target, reorderTables=True)
    print(f"{target.name}: {len(font.getGlyphOrder())} glyphs, {target.stat().st_size:,} bytes")


def main() -> None:
    folder = Path(sys.argv[1])
    for target, source in FACES.items():
        found = sorted(folder.rglob(source))
        if not found:
            sys.exit(f"{source} is not below {folder}; unpack the npm archives there first")
        subset(found[0], Path(__file__).parent / target)


if __name__ == "__main__":
    main()
