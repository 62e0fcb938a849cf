"""Holds recordings against the contract, and against each other."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from videobar.client.wire import Answer
from videobar.conformance.examine import Outcome, Result, examine
from videobar.conformance.recording import Exchange, Recording, Reply
from videobar.conformance.shape import shape_of
from videobar.contract.index import OPERATIONS
from videobar.contract.operation import Operation


@dataclass(frozen=True)
class Difference:
    """One way in which two rooms answer an action differently."""

    action: str
    what: str


def against_contract(recording: Recording) -> tuple[Result, ...]:
    """The results of recorded answers, for every action of the contract; the last answer of each counts."""
    return tuple(_result(operation, recording.last(operation.id)) for operation in OPERATIONS)


def differences_between(first: Recording, second: Recording) -> tuple[Difference, ...]:
    """Differences of the second room's answers from the first's. Mere values differ anyway, and are not reported.

    An action that only one of them was asked is reported too: a comparison must not be silent about it.
    """
    found: list[Difference] = []
    actions = dict.fromkeys(one.action for one in (*first.exchanges, *second.exchanges))
    for action in actions:
        one, other = first.last(action), second.last(action)
        if one is None or other is None:
            found.append(Difference(action, f"only in the {'second' if one is None else 'first'}"))
        else:
            found += [Difference(action, what) for what in _between(one.reply, other.reply)]
    return tuple(found)


def _result(operation: Operation, exchange: Exchange | None) -> Result:
    if exchange is None:
        return Result(operation.id, Outcome.NOT_ASKED, ("not in the recording",))
    outcome, details = examine(operation, answer_of(exchange.reply), exchange.request.path)
    return Result(operation.id, outcome, details, exchange.reply.status, exchange.reply.milliseconds)


def answer_of(reply: Reply) -> Answer:
    """A recorded reply as the client would have read it; of what was no JSON there is only the size."""
    has_body = reply.body is not msgspec.UNSET
    content = msgspec.json.encode(reply.body) if has_body else b" " * min(reply.size, 1)
    if reply.size and not has_body:
        content = b"<html></html>" if reply.content_type == "text/html" else b"?"
    headers = (("content-type", reply.content_type),) if reply.content_type else ()
    return Answer(reply.status, headers, content)


def _between(first: Reply, second: Reply) -> list[str]:
    found = []
    if first.status != second.status:
        found.append(f"status {first.status}, then {second.status}")
    if (first.status < 300) != (second.status < 300):
        return found  # a refusal has nothing in common with an answer
    if first.content_type != second.content_type:
        found.append(f"content type {first.content_type or 'none'}, then {second.content_type or 'none'}")
    before, after = _shape(first), _shape(second)
    for place in dict.fromkeys((*before, *after)):
        words, others = before.get(place), after.get(place)
        parent = place.removesuffix("[]") if place.endswith("[]") else place.rpartition(".")[0]
        if words == others:
            continue
        if words is None or others is None:
            if _is_there(parent, before) and _is_there(parent, after):
                found.append(f"{place}: {'added' if words is None else 'gone'}")
        elif not (words <= others or others <= words):
            found.append(f"{place}: {_in_words(words)}, then {_in_words(others)}")
    return found


def _shape(reply: Reply) -> dict[str, frozenset[str]]:
    return {} if reply.body is msgspec.UNSET else dict(shape_of(reply.body))


def _is_there(place: str, shape: dict[str, frozenset[str]]) -> bool:
    """True where the parent of a field is there: an empty list has nothing to differ in."""
    return not place or (place in shape and "object" in shape[place])


def _in_words(words: frozenset[str]) -> str:
    return " or ".join(sorted(words))
