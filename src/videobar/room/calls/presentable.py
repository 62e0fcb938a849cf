"""Texts that strangers send, as they may be shown, stored and logged."""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST_NAME: Final = 128
LONGEST_ADDRESS: Final = 255


def presentable(text: str, longest: int = LONGEST_NAME) -> str:
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
