"""SIP requests and responses (RFC 3261 section 7): header fields, reading and writing, bounds.

Header bytes are UTF-8 with surrogate escapes, so that what is echoed leaves exactly as it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from videobar.net import host_port
from videobar.sip.errors import MalformedMessage, MalformedUri
from videobar.sip.syntax.grammar import (
    Parameters,
    is_token,
    parameter_of,
    parse_parameters,
    split_outside,
    write_parameters,
)
from videobar.sip.syntax.headers import Headers, full_name, spelled
from videobar.sip.syntax.uri import NameAddr, Uri, parse_uri, split_host_port

MAX_MESSAGE = 65536
"""Largest message, head and body, in bytes."""
MAX_HEADERS = 200
"""Most header fields in one message, after lists of routes are taken apart."""
BRANCH_MAGIC = "z9hG4bK"
"""Magic cookie: the beginning of an RFC 3261 branch."""

_SPLIT_WHEN_READ = frozenset({"via", "route", "record-route", "service-route", "contact"})
_REQUEST_LINE = re.compile(
    r"([A-Za-z0-9\-.!%*_+`'~]+) (.+) (SIP/\d{1,3}\.\d{1,3})\Z", re.IGNORECASE | re.ASCII
)
_STATUS_LINE = re.compile(r"SIP/2\.0 ([1-6]\d\d)(?: (.*))?\Z", re.IGNORECASE)
_FOLD = re.compile(r"\r\n[ \t]+")

REASONS = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    422: "Session Interval Too Small",
    423: "Interval Too Brief",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    504: "Server Time-out",
    505: "Version Not Supported",
    513: "Message Too Large",
    600: "Busy Everywhere",
    603: "Decline",
}
"""Usual reason phrases by status."""


@dataclass(frozen=True)
class Via:
    """One Via field (RFC 3261 section 20.42): `transport` in capitals, `host` without brackets."""

    transport: str
    host: str
    port: int | None = None
    parameters: Parameters = ()

    @classmethod
    def parse(cls, text: str) -> Via:
        """Read one field value.

        Raises:
            MalformedMessage: it is none.
        """
        head, *parameters = split_outside(text, ";")
        match = re.match(r"SIP\s*/\s*2\.0\s*/\s*([A-Za-z0-9\-.]+)\s+(\S.*)\Z", head, re.IGNORECASE | re.ASCII)
        if not match:
            raise MalformedMessage("the Via header is malformed")
        try:
            host, port = split_host_port(":".join(part.strip() for part in match[2].split(":")))
        except MalformedUri as error:
            raise MalformedMessage(f"the Via header is malformed: {error}") from None
        return cls(match[1].upper(), host, port, parse_parameters(parameters))

    def __str__(self) -> str:
        sent_by = host_port(self.host, self.port)
        return f"SIP/2.0/{self.transport} {sent_by}{write_parameters(self.parameters)}"

    def parameter(self, name: str) -> str | None:
        """The value of a parameter; empty for one without a value, None where it is absent."""
        return parameter_of(self.parameters, name)

    @property
    def branch(self) -> str:
        """The transaction's branch; empty where there is none."""
        return self.parameter("branch") or ""

    def received_from(self, host: str, port: int) -> Via:
        """Via as a server completes it: with `received`, and `rport` where that was asked for (RFC 3581)."""
        kept = [(n, v) for n, v in self.parameters if n not in ("received", "rport")]
        if self.parameter("rport") is not None:
            kept.append(("rport", str(port)))
        kept.append(("received", host))
        return replace(self, parameters=tuple(kept))


@dataclass
class Message:
    """Message: headers and a body; common to requests and responses.

    The properties read their header each time and raise MalformedMessage where it is missing or unreadable.
    """

    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def via(self) -> Via:
        """The topmost Via."""
        return Via.parse(self._needed("via"))

    @property
    def from_(self) -> NameAddr:
        """The From header."""
        return self._address("from")

    @property
    def to(self) -> NameAddr:
        """The To header."""
        return self._address("to")

    @property
    def call_id(self) -> str:
        """The Call-ID."""
        return self._needed("call-id")

    @property
    def cseq(self) -> int:
        """The sequence number of CSeq, 0 to 2**31 - 1."""
        return self._cseq()[0]

    @property
    def cseq_method(self) -> str:
        """The method of CSeq."""
        return self._cseq()[1]

    @property
    def content_type(self) -> str:
        """The media type in lower case without parameters; empty where there is none."""
        return (self.headers.get("content-type") or "").partition(";")[0].strip().lower()

    def addresses(self, name: str) -> list[NameAddr]:
        """All addresses of a list header such as Contact or Record-Route."""
        try:
            return [NameAddr.parse(value) for value in self.headers.items_of(name)]
        except MalformedUri as error:
            raise MalformedMessage(f"the {name} header is malformed: {error}") from None

    def _needed(self, name: str) -> str:
        value = self.headers.get(name)
        if not value:
            raise MalformedMessage(f"the {name} header is missing")
        return value

    def _address(self, name: str) -> NameAddr:
        try:
            return NameAddr.parse(self._needed(name))
        except MalformedUri as error:
            raise MalformedMessage(f"the {name} header is malformed: {error}") from None

    def _cseq(self) -> tuple[int, str]:
        number, method = [*self._needed("cseq").split(maxsplit=1), "", ""][:2]
        if not number.isascii() or not number.isdigit() or len(number) > 10 or not is_token(method):
            raise MalformedMessage("the CSeq header is malformed")
        if int(number) >= 2**31:
            raise MalformedMessage("the CSeq number is too large")
        return int(number), method

    def _check_common(self) -> None:
        for name in ("from", "to", "call-id", "cseq"):
            if len(self.headers.all(name)) > 1:
                raise MalformedMessage(f"the {name} header is repeated")
        _ = (self.via, self.from_, self.to, self.call_id, self.cseq)

    def _write(self, start: str) -> bytes:
        lines = [start]
        lines += [f"{spelled(name)}: {value}" for name, value in self.headers if name != "content-length"]
        lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + self.body


@dataclass
class Request(Message):
    """A request. `target` is the Request-URI as it was written."""

    method: str = ""
    target: str = ""
    version: str = "SIP/2.0"

    @classmethod
    def create(
        cls,
        method: str,
        target: str,
        *,
        from_: str,
        to: str,
        call_id: str,
        cseq: int,
        routes: Iterable[str] = (),
    ) -> Request:
        """Generate a request with the headers that all have (RFC 3261 section 8.1.1) but Via, and without a body."""
        headers = Headers(("route", route) for route in routes)
        headers.add("max-forwards", "70")
        headers.add("from", from_)
        headers.add("to", to)
        headers.add("call-id", call_id)
        headers.add("cseq", f"{cseq} {method}")
        return cls(headers, b"", method, target)

    @property
    def uri(self) -> Uri:
        """The Request-URI.

        Raises:
            MalformedMessage: it is no URI.
        """
        try:
            return parse_uri(self.target)
        except MalformedUri as error:
            raise MalformedMessage(f"the Request-URI is malformed: {error}") from None

    @property
    def max_forwards(self) -> int:
        """The hops left; 70 where the header is absent."""
        text = self.headers.get("max-forwards")
        if text is None:
            return 70
        if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) > 255:
            raise MalformedMessage("the Max-Forwards header is malformed")
        return int(text)

    def check(self) -> None:
        """Make sure that all headers a server needs can be read (RFC 3261 section 8.1.1).

        Raises:
            MalformedMessage: with the status that the request deserves.
        """
        if self.version.upper() != "SIP/2.0":
            raise MalformedMessage("only SIP/2.0 is spoken here", 505)
        self._check_common()
        _ = (self.uri, self.max_forwards)
        if self.cseq_method != self.method:
            raise MalformedMessage("the method of CSeq is not the request's")

    def __bytes__(self) -> bytes:
        return self._write(f"{self.method} {self.target} SIP/2.0")


@dataclass
class Response(Message):
    """A response."""

    status: int = 200
    reason: str = ""

    @classmethod
    def to_request(
        cls, request: Request, status: int, reason: str | None = None, *, tag: str = ""
    ) -> Response:
        """The response to `request`, with the headers that RFC 3261 section 8.2.6 copies.

        `tag` becomes the To tag unless the request brought one, or the status is 100.
        """
        response = cls(status=status, reason=reason if reason is not None else REASONS.get(status, ""))
        for name in ("via", "from", "to", "call-id", "cseq"):
            for value in request.headers.all(name):
                response.headers.add(name, value)
        if tag and status != 100 and _lacks_tag(request):
            response.headers.set("to", f"{request.headers.get('to')};tag={tag}")
        return response

    def check(self) -> None:
        """Make sure that all headers a client needs can be read.

        Raises:
            MalformedMessage: one cannot.
        """
        self._check_common()

    def __bytes__(self) -> bytes:
        reason = re.sub(r"[\x00-\x1f\x7f]", " ", self.reason)
        return self._write(f"SIP/2.0 {self.status} {reason}")


def _lacks_tag(request: Request) -> bool:
    try:
        return not request.to.tag
    except MalformedMessage:
        return False


def parse_message(data: bytes) -> Request | Response:
    """Read one whole message: a datagram, or what `framing` cut out of a stream.

    Bytes beyond Content-Length are ignored, as a datagram's must be (RFC 3261 section 18.3); without that header
    the body reaches to the end. Only the shape is checked here, the headers by the message's `check`.

    Raises:
        MalformedMessage: it is not a SIP message, or beyond the bounds.
    """
    if len(data) > MAX_MESSAGE:
        raise MalformedMessage("the message is too large", 513)
    head, separator, body = data.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if not separator:
        raise MalformedMessage("the message has no end of headers")
    start, *lines = _FOLD.sub(" ", head.decode("utf-8", "surrogateescape")).split("\r\n")
    headers = _parse_headers(lines)
    body = _cut_body(headers, body)
    status_line = _STATUS_LINE.match(start)
    if status_line:
        return Response(headers, body, int(status_line[1]), status_line[2] or "")
    request_line = _REQUEST_LINE.match(start)
    if not request_line or any(c in start for c in "\r\n\x00"):
        raise MalformedMessage("the first line is neither a request's nor a response's")
    return Request(headers, body, request_line[1], request_line[2], request_line[3])


def _parse_headers(lines: list[str]) -> Headers:
    headers = Headers()
    if len(lines) > MAX_HEADERS:
        raise MalformedMessage("the message has too many headers")
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise MalformedMessage("a header line has no colon")
        name = full_name(name.rstrip(" \t"))
        value = value.strip(" \t")
        values = split_outside(value, ",") if name in _SPLIT_WHEN_READ else [value]
        for single in values:
            headers.add(name, single)
        if len(headers) > MAX_HEADERS:
            raise MalformedMessage("the message has too many headers")
    return headers


def _cut_body(headers: Headers, body: bytes) -> bytes:
    length = content_length(headers.all("content-length"))
    if length is None:
        return body
    if length > len(body):
        raise MalformedMessage("the body is shorter than Content-Length")
    return body[:length]


def content_length(values: list[str]) -> int | None:
    """The one Content-Length that all values agree on, in bytes; None where there is no value.

    Raises:
        MalformedMessage: they differ, or one is no number within bounds.
    """
    if not values:
        return None
    text = values[0]
    if any(value != text for value in values):
        raise MalformedMessage("the Content-Length headers differ")
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise MalformedMessage("the Content-Length is malformed")
    if int(text) > MAX_MESSAGE:
        raise MalformedMessage("the body is too large", 513)
    return int(text)
