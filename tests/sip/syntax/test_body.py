from __future__ import annotations

import pytest

from videobar.sip.syntax.body import accepts_media_type, description_of
from videobar.sip.syntax.headers import Headers
from videobar.sip.syntax.message import Message

SDP = b"v=0\r\ns=x\r\n"
OFFER = (b"Content-Type: application/sdp", SDP)
LOCATION = b"<presence/>"


def message(body, kind="", *, disposition="", encoding=""):
    fields = {"content-type": kind, "content-disposition": disposition, "content-encoding": encoding}
    return Message(Headers([(name, value) for name, value in fields.items() if value]), body)


def mixed(*parts, boundary=b"b1"):
    """A body of parts, each its header fields and its content."""
    written = (
        b"--" + boundary + b"\r\n" + (head + b"\r\n" if head else b"") + b"\r\n" + content + b"\r\n"
        for head, content in parts
    )
    return b"".join(written) + b"--" + boundary + b"--\r\n"


def location(handling=b""):
    return (b"Content-Type: application/pidf+xml\r\nContent-Disposition: render" + handling, LOCATION)


@pytest.mark.parametrize(
    ("made", "description"),
    [
        (message(b""), None),
        (message(SDP), SDP),
        (message(SDP, "Application/SDP;charset=utf-8"), SDP),
        (message(b"hello", "text/plain", disposition="render; handling=Optional"), None),
        (message(mixed(OFFER, location()), "multipart/mixed;boundary=b1"), SDP),
        (message(mixed(location(b";handling=optional"), OFFER), 'Multipart/Mixed; boundary="b1"'), SDP),
        (message(mixed((b"", SDP), boundary=b"x"), "multipart/alternative;boundary=x"), SDP),
        (message(mixed((b"Content-Type:\r\n application/sdp", SDP)), "multipart/mixed;boundary=b1"), SDP),
        (
            message(
                mixed((b"Content-Type: multipart/mixed;boundary=in", mixed(OFFER, boundary=b"in"))),
                "multipart/mixed;boundary=b1",
            ),
            SDP,
        ),
        (message(mixed(location(b";handling=optional")), "multipart/mixed;boundary=b1"), None),
    ],
)
def test_what_is_taken(made, description):
    assert accepts_media_type(made)
    assert description_of(made) == description


@pytest.mark.parametrize(
    "made",
    [
        message(b"hello", "text/plain"),
        message(b"hello", "text/plain", disposition="render;handling=required"),
        message(SDP, "application/sdp", encoding="gzip"),
        message(mixed(location()), "multipart/mixed;boundary=b1"),
        message(mixed(OFFER, location(b';handling="required"')), "multipart/mixed;boundary=b1"),
        message(mixed(OFFER), "multipart/mixed"),
        message(mixed(OFFER)[:-8], "multipart/mixed;boundary=b1"),
    ],
)
def test_what_is_not_taken(made):
    assert not accepts_media_type(made)


def test_parts_of_parts_come_to_an_end():
    body, kind = mixed(OFFER, boundary=b"b0"), "multipart/mixed;boundary=b0"
    for number in range(1, 200):
        body = mixed((b"Content-Type: " + kind.encode(), body), boundary=b"b%d" % number)
        kind = f"multipart/mixed;boundary=b{number}"
    assert description_of(message(body, kind)) is None
    assert not accepts_media_type(message(body, kind))
