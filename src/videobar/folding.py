"""Lines that were folded by bytes."""

from __future__ import annotations

import re

BROKEN_LETTER = re.compile(rb"([\xc2-\xf4][\x80-\xbf]{0,2})(\r?\n[ \t])([\x80-\xbf]{1,3})")


def with_whole_letters(content: bytes) -> bytes:
    """Folded text in UTF-8 with its folds behind the letters that they broke.

    Writers of iCalendar objects and vCards count bytes, and some fold within a letter (RFC 5545 section 3.1 warns
    of it). The lines stay the same in number.
    """
    return BROKEN_LETTER.sub(rb"\1\3\2", content)
