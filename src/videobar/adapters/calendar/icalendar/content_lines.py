"""Content lines and components of iCalendar objects (RFC 5545 section 3.1), read as senders really write them.

What is wrong with a line costs that line at most: unquoted commas and colons in parameters, control characters, raw
line ends inside a text, components that are never ended.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

FOLD = re.compile(r"(?:\r\n?|\n)[ \t]")
LINE_END = re.compile(r"\r\n?|\n")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff]")
LINE = re.compile(r"\s{0,20}([A-Za-z0-9-]{1,80})\s{0,20}([;:])")
QUOTED = re.compile(r'"[^"]*"')
MOMENT = re.compile(r"\s*(?:VALUE=)?\d{4}-?\d{2}-?\d{2}")
PERSON = re.compile(r"\s*(?:mailto|urn|https?|sips?|tel|ldap|invalid|cid):", re.I)
CARET = {"^n": "\n", "^N": "\n", "^^": "^", "^'": '"'}
ESCAPES = re.compile(r"\\(.)", re.S)

MOST_DEPTH = 6
MOMENTS = frozenset({"DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE", "DUE"})
PEOPLE = frozenset({"ORGANIZER", "ATTENDEE"})


@dataclass(frozen=True)
class Line:
    """A property: its name in upper case, its parameters by upper-case name, and its value as written."""

    name: str
    value: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The value without the escapes of RFC 5545 section 3.3.11."""
        value = self.value
        if self.parameters.get("ENCODING", "").upper() == "QUOTED-PRINTABLE":
            charset = self.parameters.get("CHARSET", "utf-8")
            try:
                value = quopri.decodestring(value.encode()).decode(charset, "replace")
            except LookupError:
                value = quopri.decodestring(value.encode()).decode("utf-8", "replace")
        return ESCAPES.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


@dataclass
class Component:
    """A component: its lines, and the components inside it. `ended` if it has its END line, or at least a DTSTART."""

    name: str
    lines: list[str] = field(default_factory=list)
    parts: list[Component] = field(default_factory=list)
    ended: bool = False

    def properties(self) -> Iterator[Line]:
        """Its properties. A line that is none belongs to the one before it, whose text has raw line ends."""
        before: Line | None = None
        for raw in self.lines:
            line = parsed(raw)
            if line is not None:
                if before is not None:
                    yield before
                before = line
            elif before is not None:
                before = Line(before.name, f"{before.value}\\n{raw}", before.parameters)
        if before is not None:
            yield before

    def value(self, name: str) -> str:
        """The value of its first property of that name, or nothing."""
        return next((line.value.strip() for line in self.properties() if line.name == name), "")

    def text(self) -> list[str]:
        """Its lines as they were, from `BEGIN` to `END`."""
        inner = [line for part in self.parts for line in part.text()]
        return [f"BEGIN:{self.name}", *self.lines, *inner, f"END:{self.name}"]


def lines_of(text: str) -> list[str]:
    """Content lines, unfolded, without control characters."""
    return [line for line in LINE_END.split(CONTROL.sub("", FOLD.sub("", text))) if line.strip()]


def components_of(lines: list[str]) -> list[Component]:
    """The outermost components, each with those inside it.

    An `END` closes all that was begun inside its component; one that closes nothing is passed over. An event never
    stands inside another: where one begins, the one before it is over. What is nested too deeply is dropped.
    """
    roots: list[Component] = []
    open_: list[Component] = []
    for line in lines:
        head = line[:80].strip().upper()
        if head.startswith("BEGIN:"):
            name = head[6:].strip()
            if name in ("VEVENT", "VTIMEZONE", "VCALENDAR"):
                _end_before(open_, name)
            component = Component(name)
            if len(open_) < MOST_DEPTH:
                (open_[-1].parts if open_ else roots).append(component)
            open_.append(component)
        elif head.startswith("END:"):
            _end(open_, head[4:].strip())
        elif open_:
            open_[-1].lines.append(line)
    return roots


def _end(open_: list[Component], name: str) -> None:
    if not any(component.name == name for component in open_):
        return
    while open_[-1].name != name:
        _cut(open_.pop())
    open_.pop().ended = True


def _end_before(open_: list[Component], name: str) -> None:
    """End what a component called `name` cannot stand in."""
    while open_ and (name == "VCALENDAR" or open_[-1].name != "VCALENDAR"):
        _cut(open_.pop())


def _cut(component: Component) -> None:
    """End a component that does not say where it ends, if it has come to the point of an event."""
    component.ended = any(line[:7].upper() == "DTSTART" for line in component.lines)


def parsed(raw: str) -> Line | None:
    """A line as a property; `None` where it has no name."""
    match = LINE.match(raw)
    if match is None:
        return None
    name = match[1].upper()
    if match[2] == ":":
        return Line(name, raw[match.end() :])
    rest = raw[match.end() :]
    colon = _colon(name, rest)
    if colon < 0:
        return None
    return Line(name, rest[colon + 1 :], _parameters(rest[:colon]))


def _colon(name: str, rest: str) -> int:
    """Position of the value. Dates and addresses are known by their form, because senders forget quotes."""
    hidden = QUOTED.sub(lambda match: "\0" * len(match[0]), rest)
    outside = [at for at, letter in enumerate(hidden) if letter == ":"]
    everywhere = [at for at, letter in enumerate(rest) if letter == ":"]
    form = MOMENT if name in MOMENTS else PERSON if name in PEOPLE else None
    if form is not None:
        for candidates in (outside, everywhere[::-1]):
            for at in candidates[:100]:
                if form.match(rest, at + 1):
                    return at
        if name in MOMENTS:
            return (outside or everywhere or [-1])[-1]
    return (outside or everywhere or [-1])[0]


def _parameters(text: str) -> dict[str, str]:
    hidden = QUOTED.sub(lambda match: "\0" * len(match[0]), text)
    parameters: dict[str, str] = {}
    start = 0
    for end in [at for at, letter in enumerate(hidden) if letter == ";"] + [len(text)]:
        name, _, value = text[start:end].partition("=")
        value = value.strip().replace('"', "") if '"' in value else value.strip()
        parameters.setdefault(name.strip().upper(), re.sub(r"\^[nN^']", lambda match: CARET[match[0]], value))
        start = end + 1
    return parameters
