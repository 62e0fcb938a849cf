"""Between the contract's types and HTTP: the only place that knows JSON and the meaning of statuses."""

from __future__ import annotations

import difflib
import re
import types
import typing
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote

import msgspec

from videobar.contract.mismatch import INT64, field_name
from videobar.contract.model import Download, Upload
from videobar.contract.operation import Operation
from videobar.errors import InvalidRequest, SessionRequestInvalid, Unavailable, VideobarError
from videobar.server.messages import HttpResponse
from videobar.server.validation import (
    LONGEST,
    PROBLEMS,
    body_message,
    is_json,
    parameters_message,
    whole_numbers,
)
from videobar.text import shorten

MOST_QUERY_FIELDS = 100
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MANY_DIGITS = re.compile(rb"\d{19}")

JSON = (b"content-type", b"application/json")
HTML = (b"content-type", b"text/html; charset=utf-8")
EMPTY = (b"content-length", b"0")

ENCODER = msgspec.json.Encoder()


class ActionCodec:
    """An operation with its decoders made ready: from a request to arguments, from a result to a response."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self._path_names = tuple(parameter.wire_name for parameter in operation.path_parameters)
        self._reads_query = bool(operation.query_parameters)
        self._parameters = _parameter_struct(operation)
        self._python_names = tuple(
            parameter.python_name for parameter in (*operation.path_parameters, *operation.query_parameters)
        )
        self._body = operation.body
        self._is_upload = operation.body is not None and _is_upload(operation.body.type)
        self._decoder = msgspec.json.Decoder(
            operation.body.type if operation.body is not None and not self._is_upload else Any
        )
        # A malformed login has a token of its own on the wire, and no detail beside it.
        self._is_login = SessionRequestInvalid in operation.errors

    @property
    def reads_body(self) -> bool:
        """True if the action has a body at all; if not, whatever a client sends is ignored."""
        return self._body is not None

    def parameters(self, segments: tuple[str, ...], query: bytes) -> dict[str, Any]:
        """Arguments from the path's parameters and the query string. Raises `InvalidRequest`.

        Unknown query parameters are ignored; of a repeated one the first counts.
        """
        if not self._python_names:
            return {}
        given: dict[str, Any] = {}
        if self._reads_query and query:
            given.update(reversed(_parse_query(query)))
        given.update(zip(self._path_names, segments, strict=True))
        try:
            decoded = msgspec.convert(given, self._parameters, strict=False)
        except PROBLEMS as error:
            raise InvalidRequest(parameters_message(given, self._parameters)) from error
        _refuse_huge(decoded, "/".join(segments).encode() + query)
        return {name: getattr(decoded, name) for name in self._python_names}

    def body(self, content: bytes, media_type: bytes | None) -> dict[str, Any]:
        """The argument that the body is, whatever its content type says. Raises `InvalidRequest`."""
        body = self._body
        if body is None:
            return {}
        if self._is_upload and content:
            text = (media_type or b"application/octet-stream").decode("latin-1")
            return {body.python_name: Upload(text, content)}
        content = content.removeprefix(BYTE_ORDER_MARK)
        if not content or content.isspace():
            if body.required:
                raise self._invalid("body: is missing")
            return {body.python_name: body.default}
        try:
            decoded = self._decoder.decode(content)
        except PROBLEMS:
            decoded = self._with_whole_numbers(content, body.type)
        _refuse_huge(decoded, content)
        if self.operation.is_exact:
            _refuse_unknown(content, decoded)
        return {body.python_name: decoded}

    def _with_whole_numbers(self, content: bytes, kind: Any) -> Any:
        """The body, with whole numbers for those that are written as `43.0`. Raises `InvalidRequest`."""
        whole = whole_numbers(content)
        try:
            return self._decoder.decode(whole)
        except PROBLEMS as error:
            # Where a message tells a byte, it is one of what the client sent.
            told = whole if is_json(content) else content
            raise self._invalid(body_message(told, kind)) from error

    def changes(self, arguments: dict[str, Any]) -> tuple[str, ...] | None:
        """Names of what these arguments change; `None` where the action does not say."""
        body, changed_by = self.operation.body, self.operation.changed_by
        if body is None or changed_by is None:
            return None
        return tuple(changed_by(arguments.get(body.python_name)))

    def answer(self, result: Any) -> HttpResponse:
        """The response that carries `result`: nothing, a file or JSON."""
        if self.operation.returns is None:
            return HttpResponse(200, [EMPTY])
        if isinstance(result, Download):
            return _file(result)
        return json_response(200, result)

    def _invalid(self, detail: str) -> InvalidRequest:
        return SessionRequestInvalid() if self._is_login else InvalidRequest(detail)


def json_response(status: int, value: Any) -> HttpResponse:
    """A response with `value` as JSON."""
    content = ENCODER.encode(value)
    return HttpResponse(status, [JSON, (b"content-length", b"%d" % len(content))], content)


def refusal(error: VideobarError) -> HttpResponse:
    """The response that an error becomes: its HTML page if it has one, otherwise JSON."""
    if error.html:
        return page(error.status, HTTPStatus(error.status).phrase, error.html)
    reason = error.code if error.code_alone else shorten(error.reason, LONGEST)
    try:
        response = json_response(error.status, {"success": False, "reason": reason, **error.extra})
    except UnicodeEncodeError:  # a lone surrogate from somewhere: the code alone can always be sent
        response = json_response(error.status, {"success": False, "reason": error.code})
    response.headers.extend((name.encode(), value.encode()) for name, value in error.headers.items())
    return response


def unexpected() -> HttpResponse:
    """The response when the room itself is at fault; says nothing of what happened."""
    return refusal(Unavailable("the room could not do this; its log says why"))


def page(status: int, title: str, text: str) -> HttpResponse:
    """A small HTML page, as real devices send when there is no session."""
    content = (
        f"<!DOCTYPE html>\n<html><head><title>{status} {title}</title></head>"
        f"<body><h1>{title}</h1><p>{text}</p></body></html>\n"
    ).encode()
    return HttpResponse(status, [HTML, (b"content-length", b"%d" % len(content))], content)


def _file(download: Download) -> HttpResponse:
    """A stream with its name, and with its exact length where that is known."""
    plain = re.sub(r'[^ !#-\[\]-~]|[\\"/]', "_", download.filename)
    named = quote(download.filename, safe="", errors="replace")
    headers = [
        (b"content-type", re.sub(r"[^ -~]", "", download.media_type).encode()),
        (b"content-disposition", f"attachment; filename=\"{plain}\"; filename*=UTF-8''{named}".encode()),
    ]
    if download.length is not None:
        headers.append((b"content-length", b"%d" % download.length))
    return HttpResponse(200, headers, download.chunks)


def _parameter_struct(operation: Operation) -> type[msgspec.Struct]:
    """A struct of the path and query parameters under their wire names.

    A parameter that may be left out can be `None` in Python, but `?end=null` is a text that is no number.
    """
    fields: list[Any] = []
    for parameter in (*operation.path_parameters, *operation.query_parameters):
        default = msgspec.NODEFAULT if parameter.required else parameter.default
        fields.append(
            (
                parameter.python_name,
                _without_none(parameter.type),
                msgspec.field(name=parameter.wire_name, default=default),
            )
        )
    return msgspec.defstruct(f"{operation.id}_parameters", fields, kw_only=True)


def _without_none(kind: Any) -> Any:
    """`T` of `T | None`, also within annotations."""
    if typing.get_origin(kind) is typing.Annotated:
        inner, *notes = typing.get_args(kind)
        return typing.Annotated[(_without_none(inner), *notes)]
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return typing.Union[tuple(part for part in typing.get_args(kind) if part is not type(None))]  # noqa: UP007
    return kind


def _parse_query(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            query.decode("latin-1"),
            keep_blank_values=True,
            errors="replace",
            max_num_fields=MOST_QUERY_FIELDS,
        )
    except ValueError:
        raise InvalidRequest(f"query: has more than {MOST_QUERY_FIELDS} fields") from None


def _is_upload(kind: Any) -> bool:
    """True if `kind` is `Upload`, also as `Upload | None` and with annotations."""
    return kind is Upload or any(_is_upload(part) for part in typing.get_args(kind))


def _refuse_unknown(content: bytes, decoded: Any) -> None:
    """Raise `InvalidRequest` where the object has fields that its type has not."""
    known = decoded.__struct_encode_fields__
    for name in msgspec.json.decode(content):
        if name not in known:
            alike = difflib.get_close_matches(name[:64], known, 1)
            hint = f"; did you mean {alike[0]}?" if alike else ""
            raise InvalidRequest(shorten(f"{name}: is no field here{hint}", LONGEST))


def _refuse_huge(decoded: Any, source: bytes) -> None:
    """Refuse integers beyond 64 bits, which nothing behind this can store. `source` shows if it is worth a look."""
    if not MANY_DIGITS.search(source):
        return
    for path, number in _integers(msgspec.to_builtins(decoded), ""):
        if number not in INT64:
            raise InvalidRequest(f"{field_name(path)}: integer value out of range")


def _integers(value: Any, path: str) -> Iterator[tuple[str, int]]:
    if isinstance(value, dict):
        for key, element in value.items():
            yield from _integers(element, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, element in enumerate(value):
            yield from _integers(element, f"{path}[{index}]")
    elif isinstance(value, int):
        yield path, value
