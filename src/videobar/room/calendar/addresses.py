"""Dialable addresses in the text of an invitation.

The rules stand in `patterns.toml`, which says what they mean; an administrator's file and gateway rules come before
them. A plain mail address is never one: only what a service's own host, a scheme or a label marks as an address counts.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from videobar.room.calendar.meeting import Choice, Way
from videobar.room.calendar.quoting import messages

MOST_TEXT = 64 * 1024
"""Characters of an invitation that are searched."""
MOST_CHOICES = 20
LONGEST_ADDRESS = 512
BUILT_IN = Path(__file__).with_name("patterns.toml")

OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
NAME = re.compile(r"\{(\w+)\}")
SEPARATORS = re.compile(r"[\s().-]")
TRAILING = ".,;:)>]!?'\"-"
TELEPHONE_LINK = re.compile(r"tel:[^\s<>\"']{1,300}", re.I)
ENCODED = re.compile(r"%(2[03789ABCDabcd]|3[Bb])")
"""Percent-encoded characters of telephone links: blank, `#`, brackets, `*`, `+`, `,`, `-` and `;`."""
PAUSE = re.compile(r"[;pPwW]")
TRUNK = re.compile(r"\(0\)")
"""The 0 of national dialling, as some write it into international numbers."""
NOT_A_DIGIT_OR_LETTER = re.compile(r"[\W_]+")
UNREADABLE = "\0"
"""Stands for each character that no rule may read; no expression takes it for white space."""


class PatternError(ValueError):
    """A pattern file or gateway rule cannot be understood; the text says which rule and why."""


@dataclass(frozen=True)
class Fact:
    """Something that addresses may need."""

    name: str
    find: re.Pattern[str]
    digits: bool
    needs: tuple[str, ...] = ()
    """One of these, in lower case, stands in every text in which the expression finds something."""


@dataclass(frozen=True)
class AddressRule:
    """Something to call."""

    name: str
    way: Way
    find: re.Pattern[str]
    address: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class LinkRule:
    """A web page of a meeting, or a text that is to be ignored."""

    name: str
    find: re.Pattern[str]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Patterns:
    """All rules, in order of preference. `gateways` are address templates by the name of a link rule."""

    facts: tuple[Fact, ...]
    addresses: tuple[AddressRule, ...]
    links: tuple[LinkRule, ...]
    gateways: tuple[tuple[str, str], ...]
    ignored: tuple[LinkRule, ...] = ()
    """Texts that look like an address and are none, such as mail links: no rule for addresses reads there."""

    @classmethod
    def load(cls, own: str = "", gateways: Sequence[tuple[str, str]] = ()) -> Patterns:
        """The built-in rules behind those of `own`, the text of a pattern file. Raises `PatternError`."""
        mine, built_in = _parse(own), _parse(BUILT_IN.read_text(encoding="utf-8"))
        links = mine.links + built_in.links
        for name, template in gateways:
            if name not in {link.name for link in links}:
                known = ", ".join(dict.fromkeys(link.name for link in links))
                raise PatternError(f"there is no link rule {name!r}; there are {known}")
            if "@" not in template:
                raise PatternError(f"the gateway rule for {name!r} must give an address such as {{id}}@host")
        return cls(
            mine.facts + built_in.facts,
            mine.addresses + built_in.addresses,
            links,
            tuple(gateways),
            mine.ignored + built_in.ignored,
        )

    def choices(self, texts: Sequence[str]) -> tuple[Choice, ...]:
        """Addresses that can be called, from the sources `texts` in order of preference.

        What the rules for addresses find comes first, then what gateway rules make of web pages, and at last telephone
        numbers. What an earlier rule has read is not read again by a later one, and an address that differs from an
        earlier one only by its parameters is left out. Earlier messages, which are quoted below an invitation, come
        after it, and what they say of their meetings is not taken for this one.
        """
        pages = [InvitationText(self.facts, texts) for texts in _pages(texts)]
        found: dict[tuple[Way, str], Choice] = {}
        for number in range(len(pages)):
            mine: dict[tuple[Way, str], Choice] = {}
            for choice in chain(self._addresses(pages[number:]), self._through_gateways(pages[number:])):
                if len(found) + len(mine) == MOST_CHOICES:
                    break
                if (choice.way, bare(choice.address)) not in found:
                    mine.setdefault((choice.way, bare(choice.address)), choice)
            found |= sorted(mine.items(), key=lambda item: item[1].way is Way.VOICE)
            if not found and self._moved(pages[number:]):
                break
        return tuple(found.values())

    def _addresses(self, pages: Sequence[InvitationText]) -> Iterable[Choice]:
        for text in pages[0].texts:
            yield from self._of_text(self._readable(text), pages)

    def _moved(self, pages: Sequence[InvitationText]) -> bool:
        """True if the first page names a meeting's web page that the earlier messages do not mention."""
        links = {
            match[0].partition("?")[0] for rule in self.links for match in rule.find.finditer(pages[0].text)
        }
        return bool(links) and not any(link in page.text for link in links for page in pages[1:])

    def _of_text(self, text: str, pages: Sequence[InvitationText]) -> Iterable[Choice]:
        taken: list[tuple[int, int]] = []
        folded = text.casefold()
        for rule in self.addresses:
            if not _has_one(folded, rule.needs):
                continue
            group = "address" if "address" in rule.find.groupindex else 0
            for match in rule.find.finditer(text):
                start, end = match.span(group)
                if any(start < there and end > here for here, there in taken[:MOST_CHOICES]):
                    continue
                address = filled(rule.address, pages, match)
                if rule.way is Way.VOICE:
                    address = SEPARATORS.sub("", PAUSE.sub(",", TRUNK.sub("", address)))
                if address:
                    taken.append((start, end))
                    yield Choice(rule.way, address, rule.name)

    def _readable(self, text: str) -> str:
        """The text as the rules for addresses see it: telephone links decoded, what is ignored made unreadable."""
        text = TELEPHONE_LINK.sub(lambda link: ENCODED.sub(lambda code: chr(int(code[1], 16)), link[0]), text)
        folded = text.casefold()
        for rule in self.ignored:
            if _has_one(folded, rule.needs):
                text = rule.find.sub(lambda match: UNREADABLE * len(match[0]), text)
        return text

    def _through_gateways(self, pages: Sequence[InvitationText]) -> Iterable[Choice]:
        for name, template in self.gateways:
            for rule in self.links:
                if rule.name == name:
                    for match in rule.find.finditer(pages[0].text):
                        address = filled(template, pages, match)
                        if address:
                            yield Choice(Way.SIP, address.removeprefix("sip:"), f"{name} gateway")


class InvitationText:
    """One message, and what it says that addresses may need: looked for when it is asked for."""

    def __init__(self, rules: Sequence[Fact], texts: Sequence[str]) -> None:
        self.texts = texts
        self._rules = rules
        self._found: dict[str, str] = {}

    @cached_property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.texts)

    @cached_property
    def _folded(self) -> str:
        return self.text.casefold()

    @cached_property
    def _plain(self) -> str:
        return NOT_A_DIGIT_OR_LETTER.sub("", self._folded)

    def value(self, name: str) -> str:
        """The first one of that name, or nothing."""
        if name not in self._found:
            self._found[name] = self._search(name)
        return self._found[name]

    def mentions(self, what: str) -> bool:
        """True if that stands in the text, with whatever signs and blanks in it."""
        return bool(what) and what in self._plain

    def _search(self, name: str) -> str:
        for rule in self._rules:
            if rule.name == name and _has_one(self._folded, rule.needs):
                match = rule.find.search(self.text)
                if match is not None:
                    return SEPARATORS.sub("", match["value"]) if rule.digits else match["value"]
        return ""


def _has_one(folded: str, needs: Sequence[str]) -> bool:
    return not needs or any(each in folded for each in needs)


def _pages(texts: Sequence[str]) -> list[list[str]]:
    """The texts without what earlier messages said, then these, the newest first; not more than is searched."""
    newest: list[str] = []
    earlier: list[list[str]] = []
    left = MOST_TEXT
    for each in texts:
        text = cut(each, left)
        left -= min(left, len(each))
        first, *others = messages(text)
        newest.append(first)
        earlier += [[other] for other in others]
    return [newest, *earlier]


def cut(text: str, most: int) -> str:
    """At most so much of a text, and no half of a word: half an address would be another's."""
    if len(text) <= most:
        return text
    return re.sub(r"\S{1,2000}\Z", "", text[:most])


def bare(address: str) -> str:
    """An address without scheme and URI parameters, lower case: the identity of a far end."""
    return re.sub(r"^(?:sips?|h323|tel):", "", address.strip().lower()).partition(";")[0]


def filled(template: str, pages: Sequence[InvitationText], match: re.Match[str]) -> str:
    """A template with groups and facts filled in, or nothing when one that it needs is not known.

    Facts are those of the first of `pages`, in which the expression matched; those of the earlier messages below it
    count where these speak of the same address. A group that did not match is unknown unless a fact has its name.
    """
    groups = match.groupdict()
    what = NOT_A_DIGIT_OR_LETTER.sub("", (groups.get("id") or match[0]).casefold())

    def known(name: str) -> str:
        if groups.get(name):
            return groups[name] or ""
        own = pages[0].value(name)
        return own or next(
            (value for page in pages[1:] if (value := page.value(name)) and page.mentions(what)), ""
        )

    def without_unknown(optional: re.Match[str]) -> str:
        return optional[1] if all(map(known, NAME.findall(optional[1]))) else ""

    before = ""
    while before != template:
        before, template = template, OPTIONAL.sub(without_unknown, template)
    if not all(map(known, NAME.findall(template))):
        return ""
    address = NAME.sub(lambda name: known(name[1]), template)
    while address and address[-1] in TRAILING:
        if address[-1] == "]" and address.count("[") == address.count("]"):
            break  # the end of an IPv6 address
        address = address[:-1]
    return address if len(address) <= LONGEST_ADDRESS else ""


@cache
def _parse(text: str) -> Patterns:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PatternError(str(error)) from None
    unknown = sorted(set(table) - {"fact", "address", "link", "ignored"})
    if unknown:
        raise PatternError(
            f"there is no kind of rule {unknown[0]!r}; there are fact, address, link and ignored"
        )
    facts = tuple(
        Fact(rule["name"], _expression(rule, "value"), bool(rule.get("digits", False)), _needs(rule, "fact"))
        for rule in _rules(table, "fact", ("name", "find"))
    )
    addresses = tuple(
        AddressRule(rule["name"], _way(rule), _expression(rule), rule["address"], _needs(rule, "address"))
        for rule in _rules(table, "address", ("name", "way", "find", "address"))
    )
    links = tuple(
        LinkRule(rule["name"], _expression(rule)) for rule in _rules(table, "link", ("name", "find"))
    )
    ignored = tuple(
        LinkRule(rule["name"], _expression(rule), _needs(rule, "ignored"))
        for rule in _rules(table, "ignored", ("name", "find"))
    )
    return Patterns(facts, addresses, links, (), ignored)


def _rules(table: Mapping[str, Any], kind: str, needed: Sequence[str]) -> list[dict[str, Any]]:
    rules = table.get(kind, [])
    if not isinstance(rules, list):
        raise PatternError(f"{kind} must be a list: write [[{kind}]]")
    for number, rule in enumerate(rules, 1):
        for name in needed:
            if not isinstance(rule, dict) or not isinstance(rule.get(name), str):
                raise PatternError(f"{kind} rule {number}: {name} must be a text")
    return rules


def _needs(rule: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    needs = rule.get("needs", [])
    if not isinstance(needs, list) or not all(isinstance(each, str) and each for each in needs):
        raise PatternError(f"{kind} rule {rule['name']!r}: needs must be a list of texts")
    return tuple(each.casefold() for each in needs)


def _way(rule: Mapping[str, str]) -> Way:
    try:
        return Way(rule["way"])
    except ValueError:
        raise PatternError(f"rule {rule['name']!r}: way must be one of {', '.join(Way)}") from None


def _expression(rule: Mapping[str, str], group: str | None = None) -> re.Pattern[str]:
    try:
        expression = re.compile(rule["find"])
    except re.error as error:
        raise PatternError(f"rule {rule['name']!r}: {error}") from None
    if group is not None and group not in expression.groupindex:
        raise PatternError(f"rule {rule['name']!r}: the expression needs a group named {group}")
    return expression
