"""What in the text of an invitation can be called.

The rules stand in `patterns.toml`, which says what they mean; an administrator's file and gateway rules come before
them. A plain mail address is never one: only what a service's own host, a scheme or a label marks as an address counts.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from videobar.room.calendar.meeting import Choice, Way

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
"""What stands encoded in telephone links: blank, `#`, brackets, `*`, `+`, `,`, `-` and `;`."""
PAUSE = re.compile(r"[;pPwW]")
TRUNK = re.compile(r"\(0\)")
"""The 0 of national dialling, as some write it into international numbers."""
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


@dataclass(frozen=True)
class AddressRule:
    """Something to call."""

    name: str
    way: Way
    find: re.Pattern[str]
    address: str


@dataclass(frozen=True)
class LinkRule:
    """A web page of a meeting, or a text that is to be ignored."""

    name: str
    find: re.Pattern[str]


@dataclass(frozen=True)
class Patterns:
    """All rules, in order of preference. `gateways` are address templates by the name of a link rule."""

    facts: tuple[Fact, ...]
    addresses: tuple[AddressRule, ...]
    links: tuple[LinkRule, ...]
    gateways: tuple[tuple[str, str], ...]
    ignored: tuple[LinkRule, ...] = ()
    """What looks like an address and is none, such as mail links: no rule for addresses reads there."""

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
        """What can be called, from the sources `texts` in order of preference.

        What the rules for addresses find comes first, then what gateway rules make of web pages, and at last telephone
        numbers. What an earlier rule has read is not read again by a later one, and an address that differs from an
        earlier one only by its parameters is left out.
        """
        whole = cut("\n".join(texts), MOST_TEXT)
        facts = self._facts(whole)
        found: dict[tuple[Way, str], Choice] = {}
        for choice in (*self._addresses(texts, facts), *self._through_gateways(whole, facts)):
            if len(found) == MOST_CHOICES:
                break
            found.setdefault((choice.way, bare(choice.address)), choice)
        return tuple(sorted(found.values(), key=lambda choice: choice.way is Way.VOICE))

    def _facts(self, text: str) -> Mapping[str, str]:
        facts: dict[str, str] = {}
        for rule in self.facts:
            match = None if rule.name in facts else rule.find.search(text)
            if match is not None:
                facts[rule.name] = SEPARATORS.sub("", match["value"]) if rule.digits else match["value"]
        return facts

    def _addresses(self, texts: Sequence[str], facts: Mapping[str, str]) -> Iterable[Choice]:
        left = MOST_TEXT
        for each in texts:
            text = self._readable(cut(each, left))
            taken: list[tuple[int, int]] = []
            for rule in self.addresses:
                group = "address" if "address" in rule.find.groupindex else 0
                for match in rule.find.finditer(text):
                    start, end = match.span(group)
                    if any(start < there and end > here for here, there in taken[:MOST_CHOICES]):
                        continue
                    address = filled(rule.address, facts, match)
                    if rule.way is Way.VOICE:
                        address = SEPARATORS.sub("", PAUSE.sub(",", TRUNK.sub("", address)))
                    if address:
                        taken.append((start, end))
                        yield Choice(rule.way, address, rule.name)
            left -= min(left, len(each))

    def _readable(self, text: str) -> str:
        """The text as the rules for addresses see it: telephone links decoded, what is ignored made unreadable."""
        text = TELEPHONE_LINK.sub(lambda link: ENCODED.sub(lambda code: chr(int(code[1], 16)), link[0]), text)
        for rule in self.ignored:
            text = rule.find.sub(lambda match: UNREADABLE * len(match[0]), text)
        return text

    def _through_gateways(self, text: str, facts: Mapping[str, str]) -> Iterable[Choice]:
        for name, template in self.gateways:
            for rule in self.links:
                if rule.name == name:
                    for match in rule.find.finditer(text):
                        address = filled(template, facts, match)
                        if address:
                            yield Choice(Way.SIP, address.removeprefix("sip:"), f"{name} gateway")


def cut(text: str, most: int) -> str:
    """At most so much of a text, and no half of a word: half an address would be another's."""
    if len(text) <= most:
        return text
    return re.sub(r"\S{1,2000}\Z", "", text[:most])


def bare(address: str) -> str:
    """An address without scheme and URI parameters, lower case: what tells far ends apart."""
    return re.sub(r"^(?:sips?|h323|tel):", "", address.strip().lower()).partition(";")[0]


def filled(template: str, facts: Mapping[str, str], match: re.Match[str]) -> str:
    """A template with groups and facts filled in, or nothing when one that it needs is not known.

    A group that is part of the expression but did not match counts as unknown unless a fact has its name.
    """
    known = {**facts, **{name: value for name, value in match.groupdict().items() if value}}

    def without_unknown(optional: re.Match[str]) -> str:
        return optional[1] if all(name in known for name in NAME.findall(optional[1])) else ""

    before = ""
    while before != template:
        before, template = template, OPTIONAL.sub(without_unknown, template)
    if not all(name in known for name in NAME.findall(template)):
        return ""
    address = NAME.sub(lambda name: known[name[1]], template)
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
        Fact(rule["name"], _expression(rule, "value"), bool(rule.get("digits", False)))
        for rule in _rules(table, "fact", ("name", "find"))
    )
    addresses = tuple(
        AddressRule(rule["name"], _way(rule), _expression(rule), rule["address"])
        for rule in _rules(table, "address", ("name", "way", "find", "address"))
    )
    links = tuple(
        LinkRule(rule["name"], _expression(rule)) for rule in _rules(table, "link", ("name", "find"))
    )
    ignored = tuple(
        LinkRule(rule["name"], _expression(rule)) for rule in _rules(table, "ignored", ("name", "find"))
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
