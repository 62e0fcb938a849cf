"""Search of the directory: its criteria, and the order of what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from videobar.room.directory.entry import EntryFields
from videobar.room.directory.text import SHORT, fold, starts_of
from videobar.vocabulary import EntryOrder, EntryScope, EntryType, GroupScope, ServerScope

MOST_WORDS = 16
"""Words of a search; what comes after them does not count."""
LONGEST_WORD = 64


class SortKey(NamedTuple):
    """Sort key of an entry: keys compare as their entries do. No two entries have the same."""

    tier: int
    """0 for groups and 1 for others where groups come first, else 0."""
    key: str
    number: int
    """Number that distinguishes entries of the same name; grows with the time at which they were made."""


@dataclass(frozen=True)
class DirectorySearch:
    """Search criteria. Every word must be found; no words find everything."""

    words: tuple[str, ...] = ()
    servers: ServerScope = ServerScope.ALL
    entries: EntryScope = EntryScope.ANY
    groups: GroupScope = GroupScope.RECURSIVE
    order: EntryOrder = EntryOrder.DISPLAY_NAME
    group_id: str | None = None
    typed: tuple[str, ...] = ()
    """The words as they were typed, for directories that compare in their own way."""

    def place(self, content: EntryFields, number: int) -> SortKey:
        """Sort key of an entry in the order of this search."""
        tier = content.tier if self.entries is EntryScope.ANY_TIERED else 0
        return SortKey(tier, content.sort_key(self.order), number)

    def allows(self, content: EntryFields) -> bool:
        """True if an entry's type and words match the search."""
        match self.entries:
            case EntryScope.SINGLE if content.type is not EntryType.SINGLE:
                return False
            case EntryScope.GROUP if content.type is not EntryType.GROUP:
                return False
        if not self.words:
            return True
        words = content.words
        starts = frozenset(starts_of(words).split())
        return all(word in (starts if len(word) < SHORT else words) for word in self.words)


def typed_words(text: str) -> tuple[str, ...]:
    """The words of a search as they were typed, without those that have neither letters nor digits."""
    return tuple(word[:LONGEST_WORD] for word in dict.fromkeys(text.split()) if fold(word))[:MOST_WORDS]


def search_words(text: str) -> tuple[str, ...]:
    """The words of a search, as they are compared."""
    return tuple(word[:LONGEST_WORD] for word in dict.fromkeys(fold(text).split()))[:MOST_WORDS]
