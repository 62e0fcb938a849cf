"""Between the contract's methods and HTTP, without any I/O.

Arguments become a request, and an answer becomes a value or an error.
"""

from __future__ import annotations

import inspect
import logging
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from videobar.client.lenient import loose_json, read
from videobar.client.refusals import from_reason, is_failure, reason_of, refusal
from videobar.contract.index import AREAS, OPERATIONS
from videobar.contract.model import Download, Success, Upload
from videobar.contract.operation import Operation
from videobar.contract.system import TracerouteResult
from videobar.errors import AccessDenied, AnswerNotUnderstood, InvalidRequest, Refused

log = logging.getLogger("videobar.client")

JSON = "application/json"
FALLBACK_NAME = "download"
NOTHING = (b"", b"null")
FAILURE = re.compile(rb'"success"\s*:\s*"?false', re.IGNORECASE)
"""Bytes that an answer contains if it may be a failure; most are spared a second reading."""


@dataclass(frozen=True)
class Ask:
    """A request: method, path with query, and the body with its media type where there is one."""

    method: str
    target: str
    content: bytes | None = None
    media_type: str = JSON
    sent: Callable[[int], None] | None = field(default=None, compare=False)
    """Called, for a file, with the number of bytes that are on their way."""
    is_file: bool = False


@dataclass(frozen=True)
class Answer:
    """A response that has been read: `headers` in lower case, in their order, repeated ones repeatedly."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> str | None:
        """The first value of the header with that lower-case name."""
        return next((value for known, value in self.headers if known == name), None)

    @property
    def good(self) -> bool:
        """True for a status of success."""
        return 200 <= self.status < 300

    @property
    def is_page(self) -> bool:
        """True for an HTML page, which rooms send to clients without a session."""
        if "text/html" in (self.header("content-type") or "").lower():
            return True
        return b"<html" in self.content[:512].lower()


class Action:
    """One operation of the contract, made ready to be asked over HTTP."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        declared = inspect.signature(getattr(AREAS[operation.area], operation.name))
        self._signature = declared.replace(parameters=list(declared.parameters.values())[1:])

    @property
    def is_download(self) -> bool:
        """True where a good answer is a file."""
        return self.operation.returns is Download

    def ask(self, *positional: Any, **named: Any) -> Ask:
        """The request for a call with these arguments.

        Raises `TypeError` when they do not fit the signature, and `InvalidRequest` for what cannot be sent.
        """
        bound = self._signature.bind(*positional, **named)
        bound.apply_defaults()
        target = self._path(bound.arguments) + self._query(bound.arguments)
        body = self.operation.body
        value = None if body is None else bound.arguments[body.python_name]
        if body is None or (value is None and not body.required):
            return Ask(self.operation.method, target)
        if isinstance(value, Upload):
            return Ask(
                self.operation.method, target, value.content, value.media_type, value.sent, is_file=True
            )
        return Ask(self.operation.method, target, encode(value, body.python_name))

    def value(self, answer: Answer) -> Any:
        """The value of the answer. Raises the error that the room raised, or `AnswerNotUnderstood`."""
        if not answer.good:
            raise refusal(answer.status, answer.content)
        returns = self.operation.returns
        _refuse_failure(answer, returns)
        if returns is None:
            return None
        if answer.is_page:
            raise AccessDenied("a page instead of an answer", heard="a page instead of an answer")
        if answer.content.strip() in NOTHING:
            return self._value_of_nothing()
        if returns is Download:
            raise AnswerNotUnderstood(f"{self.operation.id}: the answer is no file")
        try:
            reading = read(answer.content, returns)
        except AnswerNotUnderstood as error:
            if returns is Success and loose_json(answer.content) is not False:
                return Success()  # the status said that it was done
            raise AnswerNotUnderstood(f"{self.operation.id}: {error.detail}") from None
        if reading.repairs:
            log.debug("%s: repaired %s", self.operation.id, "; ".join(reading.repairs))
        return reading.value

    def _value_of_nothing(self) -> Any:
        returns = self.operation.returns
        if returns is Success:
            return Success()
        if typing.get_origin(returns) is list:
            return []
        if type(None) in typing.get_args(returns):
            return None
        raise AnswerNotUnderstood(f"{self.operation.id}: the answer is empty")

    def _path(self, arguments: Mapping[str, Any]) -> str:
        path = self.operation.url
        for parameter in self.operation.path_parameters:
            segment = _segment(parameter.python_name, arguments[parameter.python_name])
            path = path.replace("{" + parameter.wire_name + "}", segment)
        return path

    def _query(self, arguments: Mapping[str, Any]) -> str:
        """The query string with its question mark, without what is `None` and flags that are false by default."""
        given = [
            (parameter.wire_name, _word(value))
            for parameter in self.operation.query_parameters
            if (value := arguments[parameter.python_name]) is not None
            and not (value is False and parameter.default is False)
        ]
        return "?" + urlencode(given, quote_via=quote, errors="replace") if given else ""


def actions() -> Mapping[str, Action]:
    """All operations of the contract, by action id."""
    return MappingProxyType({operation.id: Action(operation) for operation in OPERATIONS})


def encode(value: Any, name: str = "body") -> bytes:
    """A body as JSON. Fields that are `None` are left out, as devices expect. Raises `InvalidRequest`."""
    try:
        return msgspec.json.encode(_without_nothing(msgspec.to_builtins(value)))
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        raise InvalidRequest(f"{name}: {error}") from error


def file_name(answer: Answer) -> str:
    """The name of the file that an answer carries, without folders; `download` when it has none."""
    disposition = answer.header("content-disposition") or ""
    for part in disposition.split(";")[1:]:
        key, _, value = part.partition("=")
        if key.strip().lower() == "filename":
            plain = value.strip().strip('"').replace("\\", "/").rpartition("/")[2]
            printable = "".join(letter for letter in plain if letter.isprintable())
            return printable if printable.strip(". ") else FALLBACK_NAME
    return FALLBACK_NAME


def _refuse_failure(answer: Answer, returns: Any) -> None:
    """Raise what an answer with a good status and `"success": false` means.

    A traceroute that did not arrive is no failure, unless there is a reason.
    """
    said = loose_json(answer.content) if FAILURE.search(answer.content) else None
    if not is_failure(said):
        return
    reason = reason_of(said)
    if reason is None and returns is TracerouteResult:
        return
    raise Refused("the room gave no reason") if reason is None else from_reason(reason, Refused)


def _segment(name: str, value: Any) -> str:
    """A value as one segment of a path, which must not become none or another one."""
    text = _word(value)
    if text in ("", ".", ".."):
        raise InvalidRequest(f"{name}: {text!r} cannot stand in a path")
    return quote(text, safe="", errors="replace")


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value.value) if isinstance(value, Enum) else str(value)


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nothing(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [_without_nothing(inner) for inner in value]
    return value
