"""Judges one answer by the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from videobar.client.refusals import is_failure, known_errors, reason_of
from videobar.client.wire import Answer
from videobar.conformance.shape import differences, shown
from videobar.contract.model import Download
from videobar.contract.operation import Operation

JSON = "application/json"
LACKING = frozenset({404, 405, 501})
NO_SUCH_ACTION = frozenset({"NotBuiltYet", "NoSuchResource", "MethodNotAllowed"})
MADE_UP = "videobar-none"
"""Placeholder in paths for an id that is not known: rooms that have the action refuse it."""


class Outcome(StrEnum):
    """Outcomes of an action."""

    WORKS = "works"
    DIFFERS = "differs"
    REFUSED = "refused"
    ABSENT = "not present"
    FAILED = "no answer"
    NOT_ASKED = "not asked"


@dataclass(frozen=True)
class Result:
    """Outcome of one action, with its reasons, a line each."""

    action: str
    outcome: Outcome
    details: tuple[str, ...] = ()
    status: int | None = None
    milliseconds: int | None = None


def examine(operation: Operation, answer: Answer, path: str) -> tuple[Outcome, tuple[str, ...]]:
    """The outcome of an answer to `operation`, asked at `path`."""
    body = body_of(answer)
    reason = reason_of(body)
    if not answer.good:
        return _refusal(answer, reason, made_up=MADE_UP in path)
    if answer.is_page and operation.returns is not Download:
        return Outcome.REFUSED, ("a page instead of an answer",)
    if is_failure(body):
        return Outcome.REFUSED, (reason or "no reason given",)
    found = [*_frame(operation, answer), *_content(operation, answer, body)]
    return (Outcome.DIFFERS if found else Outcome.WORKS), tuple(found)


def body_of(answer: Answer) -> Any:
    """The JSON of an answer; `UNSET` where it is none."""
    try:
        return msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.UNSET


def content_type(answer: Answer) -> str:
    """The media type of an answer, without parameters."""
    return (answer.header("content-type") or "").partition(";")[0].strip().lower()


def _refusal(answer: Answer, reason: str | None, *, made_up: bool) -> tuple[Outcome, tuple[str, ...]]:
    """A refusal, or the lack of an action: of a thing that was made up, only the reason can tell."""
    said = f"{answer.status} {reason or ('a page' if answer.is_page else 'no reason given')}"
    code, _, detail = (part.strip() for part in (reason or "").partition(":"))
    if code in NO_SUCH_ACTION and not detail:
        return Outcome.ABSENT, (said,)
    if code in known_errors():
        return Outcome.REFUSED, (said,)
    if answer.status in LACKING and not (made_up and answer.status == 404):
        return Outcome.ABSENT, (said,)
    return Outcome.REFUSED, (said,)


def _frame(operation: Operation, answer: Answer) -> Sequence[str]:
    found = []
    if answer.status != 200:
        found.append(f"status {answer.status} instead of 200")
    kind = content_type(answer)
    if operation.returns not in (None, Download) and answer.content and kind != JSON:
        found.append(f"content type {kind or 'missing'} instead of {JSON}")
    return found


def _content(operation: Operation, answer: Answer, body: Any) -> Sequence[str]:
    content = answer.content.strip()
    if operation.returns is Download:
        return [] if content else ["an empty file"]
    if operation.returns is None:
        return (
            [f"a body where there is none: {shown(answer.content[:200].decode(errors='replace'))}"]
            if content
            else []
        )
    if not content:
        return ["an empty body"]
    if body is msgspec.UNSET:
        return [f"no JSON: {shown(answer.content[:200].decode(errors='replace'))}"]
    return differences(body, operation.returns)
