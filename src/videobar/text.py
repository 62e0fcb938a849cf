"""Text sanitizing: what strangers send, as it may be shown, stored and logged."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST_NAME: Final = 128
LONGEST_ADDRESS: Final = 255
BROKEN_LETTER: Final = re.compile(rb"([\xc2-\xf4][\x80-\xbf]{0,2})(\r?\n[ \t])([\x80-\xbf]{1,3})")


def one_line(text: str, longest: int = LONGEST_NAME) -> str:
    """`text` on one line, without control characters and those that turn the order of others, and not longer.

    Characters that stand for nothing (halves of pairs, private ones) become U+FFFD.
    """
    kept = []
    for character in text[: 4 * longest]:
        category = unicodedata.category(character)
        if category in ("Cs", "Co", "Cn"):
            kept.append("\N{REPLACEMENT CHARACTER}")
        elif category in ("Cc", "Zl", "Zp"):
            kept.append(" ")
        elif category != "Cf":
            kept.append(character)
    return " ".join("".join(kept).split())[:longest].rstrip()


def shorten(text: str, longest: int) -> str:
    """`text` on one line; an ellipsis stands for what is beyond `longest` characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def escaped(text: str, longest: int) -> str:
    """`text` on one line: cut to `longest` characters, anything but printable ASCII escaped as Python does."""
    if len(text) > longest:
        text = text[:longest] + "..."
    return text if text.isascii() and text.isprintable() else text.encode("unicode_escape").decode()


def with_whole_letters(content: bytes) -> bytes:
    """Folded text in UTF-8 with its folds behind the letters that they broke.

    Writers of iCalendar objects and vCards count bytes, and some fold within a letter (RFC 5545 section 3.1 warns
    of it). The lines stay the same in number.
    """
    return BROKEN_LETTER.sub(rb"\1\3\2", content)
