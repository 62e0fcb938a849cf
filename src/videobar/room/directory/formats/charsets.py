"""Character sets, by the names that files give them."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from typing import Final

PIECE: Final = 1024 * 1024
"""Bytes that are decoded at once: more would hold up everybody else."""
WESTERN: Final = "cp1252"
"""Character set of western office programs that declare none."""

_MEANT: Final[Mapping[str, str]] = {
    "iso-8859-1": WESTERN,
    "latin1": WESTERN,
    "us-ascii": WESTERN,
    "ascii": WESTERN,
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "ansi": WESTERN,
    "mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "utf8": "utf-8",
}
"""Supersets that programs mean when they declare the first, as browsers take them."""


def codec_of(name: str) -> str | None:
    """The codec for the name of a character set; `None` where there is none."""
    plain = name.strip().lower()
    meant = _MEANT.get(plain) or _MEANT.get(plain.removeprefix("x-")) or plain.removeprefix("x-")
    try:
        "".encode(meant)
    except (LookupError, ValueError):  # also codecs that do not make text
        return None
    return meant


def pieces(content: bytes, codec: str, errors: str = "strict") -> Iterator[str]:
    """A long text, piece by piece. Raises `UnicodeDecodeError`, whose `start` is the place in all of it."""
    decoder = codecs.getincrementaldecoder(codec)(errors)
    for at in range(0, max(len(content), 1), PIECE):
        piece = content[at : at + PIECE]
        try:
            yield decoder.decode(piece, at + PIECE >= len(content))
        except UnicodeDecodeError as error:
            # The bytes that were kept from the piece before stand at the beginning of what failed.
            before = len(error.object) - len(piece)
            raise UnicodeDecodeError(
                codec, piece, max(0, error.start - before) + at, error.end + at, error.reason
            ) from None


def fits(content: bytes, codec: str) -> bool:
    """True if all of a long text can be decoded with this character set."""
    try:
        for _ in pieces(content, codec):
            pass
    except UnicodeDecodeError:
        return False
    return True
