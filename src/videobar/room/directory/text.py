"""Name folding: one form of names for searching and for sorting, for all languages.

Folding is Unicode's compatibility decomposition and case folding, without the marks that most readers ignore
when they look for a name: "Łukasz" is found as "lukasz", and stands between "Luk" and "Lum".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

SPELLED = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ħ": "h",
        "\u0131": "i",
        "ŋ": "n",
    }
)
"""Letters that have no decomposition, but a usual spelling without it."""

ASCII_WORDS = re.compile(r"[a-z0-9]+")
DIGITS = re.compile(r"[0-9]+")
APOSTROPHES = str.maketrans("", "", "'\u2019\u02bc`")

SHORT = 3
"""Words of fewer characters are found where words begin; longer ones also within words."""

WITHOUT_SPACES = (
    range(0x0E00, 0x0F00),  # Thai, Lao
    range(0x1000, 0x10A0),  # Myanmar
    range(0x1780, 0x1800),  # Khmer
    range(0x3040, 0x3100),  # Hiragana, Katakana
    range(0x3400, 0xA000),  # Han
    range(0xF900, 0xFB00),
    range(0x20000, 0x32000),
)
"""Scripts that are written without spaces: a short word is looked for anywhere in them."""


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """`text` as words of letters and digits with single spaces between, equal for texts that read alike."""
    text = text.translate(APOSTROPHES)
    if text.isascii():
        return " ".join(ASCII_WORDS.findall(text.lower()))
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(_plain(decomposed.translate(SPELLED))).strip()


def words_of(texts: Iterable[str]) -> str:
    """The different words of all `texts`, with spaces between: what a search looks into."""
    return " ".join(sorted({word for text in texts if text for word in fold(text).split()}))


def starts_of(words: str) -> str:
    """The first one and two characters of each of the `words`, which short search words are compared with."""
    starts: set[str] = set()
    for word in words.split():
        starts.update((word[:1], word[:2]))
        if not word.isascii() and any(_has_no_spaces(letter) for letter in word):
            starts.update(word)
            starts.update(word[at : at + 2] for at in range(len(word) - 1))
    return " ".join(sorted(starts))


def digits_of(number: str) -> str:
    """The digits of a telephone number, whatever stands between them."""
    return "".join(DIGITS.findall(fold(number)))


@lru_cache(maxsize=1024)
def sort_key(text: str) -> str:
    """A text whose order by code points is the order of names.

    Numbers within names count as numbers, so that "Room 9" comes before "Room 10". Names that are equal but for
    marks and case differ after that in these.
    """
    return f"{DIGITS.sub(_counted, fold(text))}\1{text}"


def _counted(match: re.Match[str]) -> str:
    """A number behind its length, so that texts compare as numbers do."""
    digits = match[0].lstrip("0")
    nines, rest = divmod(len(digits), 9)
    return "9" * nines + str(rest) + digits


def _plain(text: str) -> Iterator[str]:
    gap = False
    for letter in text:
        kind = unicodedata.category(letter)
        if kind[0] in "LM":
            if not _is_ignored(letter):
                yield letter
                gap = False
        elif kind == "Nd":
            yield str(unicodedata.decimal(letter))
            gap = False
        elif kind[0] == "N":
            yield letter
            gap = False
        elif not gap:
            yield " "
            gap = True


def _is_ignored(letter: str) -> bool:
    """True for a mark that readers of its script ignore; vowel signs of Indic scripts are none."""
    place = unicodedata.combining(letter)
    return place >= 200 or place in (1, 8) or 10 <= place <= 36


def _has_no_spaces(letter: str) -> bool:
    return any(ord(letter) in letters for letters in WITHOUT_SPACES)
