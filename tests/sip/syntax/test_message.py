import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.sip.errors import MalformedMessage
from videobar.sip.syntax.message import Request, Response, Via, parse_message

INVITE = (
    b"INVITE sip:room@example.org SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKabc;rport, SIP/2.0/TCP [2001:db8::9];branch=z9hG4bKdef\r\n"
    b"v: SIP / 2.0 / UDP 192.0.2.7 : 5062 ;branch=z9hG4bKghi\r\n"
    b"Max-Forwards: 0070\r\n"
    b'f: "Folded\r\n  Name, with comma" <sip:caller@example.org>;tag=one\r\n'
    b"TO: <sip:room@example.org>\r\n"
    b"i: 12345@example\r\n"
    b"CSeq:   0007    INVITE\r\n"
    b'm: "A, B" <sip:caller@192.0.2.1;x=1,2>\r\n'
    b"Subject: a, b\r\n"
    b"l: 4\r\n"
    b"\r\n"
    b"bodyJUNK"
)


def request(*lines: str, body: bytes = b"", start: str = "OPTIONS sip:a@h SIP/2.0", drop: str = "") -> bytes:
    base = {
        "Via": "SIP/2.0/UDP h;branch=z9hG4bK1",
        "From": "<sip:b@h>;tag=1",
        "To": "<sip:a@h>",
        "Call-ID": "c",
        "CSeq": "1 OPTIONS",
    }
    kept = [f"{name}: {value}" for name, value in base.items() if name != drop]
    return "\r\n".join([start, *kept, *lines, "", ""]).encode() + body


def test_reads_folding_compact_forms_lists_and_odd_spacing() -> None:
    message = parse_message(INVITE)
    assert isinstance(message, Request)
    message.check()
    assert (message.method, str(message.uri)) == ("INVITE", "sip:room@example.org")
    vias = [Via.parse(value) for value in message.headers.all("via")]
    assert [(via.transport, via.host, via.port, via.branch) for via in vias] == [
        ("UDP", "192.0.2.1", 5070, "z9hG4bKabc"),
        ("TCP", "2001:db8::9", None, "z9hG4bKdef"),
        ("UDP", "192.0.2.7", 5062, "z9hG4bKghi"),
    ]
    assert message.from_.display_name == "Folded Name, with comma"
    assert (message.cseq, message.cseq_method, message.call_id) == (7, "INVITE", "12345@example")
    assert message.max_forwards == 70
    assert len(message.headers.all("contact")) == 1
    assert message.headers.get("Subject") == "a, b"
    assert message.body == b"body"


def test_writing_and_reading_again_changes_nothing() -> None:
    first = parse_message(INVITE)
    assert parse_message(bytes(first)) == first
    assert bytes(parse_message(bytes(first))) == bytes(first)


def test_bytes_that_are_not_utf_8_are_echoed_as_they_came() -> None:
    message = parse_message(request("Subject: \xff".replace("\xff", "ÿ")).replace("ÿ".encode(), b"\xff\xfe"))
    assert b"Subject: \xff\xfe\r\n" in bytes(message)


def test_without_a_length_the_body_is_the_rest_of_the_datagram() -> None:
    assert parse_message(request(body=b"rest\r\n")).body == b"rest\r\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"hello",
        b"\x00" * 100,
        b"OPTIONS sip:a@h SIP/2.0\r\nVia: x",
        request(start="OPTIONS  SIP/2.0"),
        request(start="SIP/2.0 99 Low"),
        request(start="SIP/2.0 700 High"),
        request(start="SIP/2.0 2000 Long"),
        request("no colon here"),
        request(": no name"),
        request("Bad Name: x"),
        request("X: bare\nnewline"),
        request("Content-Length: 9", body=b"short"),
        request("Content-Length: -1"),
        request("Content-Length: 1e3"),
        request("Content-Length: ٣", body=b"abc"),
        request("Content-Length: 2", "l: 3", body=b"abc"),
        request(*(f"X-{n}: y" for n in range(250))),
        request("Route: " + ",".join(["<sip:r@h;lr>"] * 250)),
        request("X: " + "y" * 70000),
    ],
)
def test_refuses_what_has_not_the_shape_of_a_message(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        parse_message(data)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        *((request(drop=name), 400) for name in ("Via", "From", "To", "Call-ID", "CSeq")),
        (request("CSeq: 36893488147419103232 OPTIONS", drop="CSeq"), 400),
        (request("CSeq: 2147483648 OPTIONS", drop="CSeq"), 400),
        (request("CSeq: one OPTIONS", drop="CSeq"), 400),
        (request("CSeq: 1 INVITE", drop="CSeq"), 400),
        (request("To: <sip:second@h>"), 400),
        (request("From: Unquoted, Comma <sip:b@h>", drop="From"), 400),
        (request("Max-Forwards: 300"), 400),
        (request("Via: SIP/2.0/UDP", drop="Via"), 400),
        (request("Via: SIP/9.0/UDP h", drop="Via"), 400),
        (request("Via: SIP/2.0/UDP h:99999;branch=z9hG4bKx", drop="Via"), 400),
        (request(start="OPTIONS <sip:a@h> SIP/2.0"), 400),
        (request(start="OPTIONS sip:a@h; user=x y SIP/2.0"), 400),
        (request(start="OPTIONS sip:a@h SIP/7.0"), 505),
    ],
)
def test_knows_what_a_broken_request_deserves(data: bytes, status: int) -> None:
    message = parse_message(data)
    assert isinstance(message, Request)
    with pytest.raises(MalformedMessage) as refused:
        message.check()
    assert refused.value.status == status


def test_reads_a_response_without_and_with_an_odd_reason() -> None:
    bare = parse_message(request(start="SIP/2.0 200"))
    assert isinstance(bare, Response)
    assert (bare.status, bare.reason) == (200, "")
    odd = parse_message(request(start="SIP/2.0 480 = 2**3 * 9 \u00bf"))
    assert isinstance(odd, Response)
    assert (odd.status, odd.reason) == (480, "= 2**3 * 9 \u00bf")


def test_an_answer_copies_what_it_must_and_adds_a_tag_once() -> None:
    asked = parse_message(INVITE)
    assert isinstance(asked, Request)
    trying, ringing = Response.to_request(asked, 100, tag="t"), Response.to_request(asked, 180, tag="t")
    assert ringing.headers.all("via") == asked.headers.all("via")
    assert trying.to.tag == ""
    assert ringing.to.tag == "t"
    assert (ringing.call_id, ringing.cseq, ringing.from_.tag) == ("12345@example", 7, "one")
    asked.headers.set("to", "<sip:a@h>;tag=mine")
    assert Response.to_request(asked, 200, tag="t").headers.all("to") == ["<sip:a@h>;tag=mine"]


def test_a_server_notes_where_a_request_came_from() -> None:
    via = Via.parse("SIP/2.0/UDP host.example:5070;rport;branch=z9hG4bK1;received=1.2.3.4")
    noted = via.received_from("192.0.2.9", 40000)
    assert (noted.parameter("received"), noted.parameter("rport")) == ("192.0.2.9", "40000")
    assert Via.parse("SIP/2.0/UDP h;branch=1").received_from("192.0.2.9", 4).parameter("rport") is None


def test_headers_cannot_be_injected() -> None:
    message = Request(method="INFO", target="sip:a@h")
    for name, value in (("subject", "a\r\nVia: b"), ("x y", "a"), ("x", "\x00")):
        with pytest.raises(MalformedMessage):
            message.headers.add(name, value)


def _use(data: bytes) -> None:
    """Everything that a receive path reads."""
    try:
        message = parse_message(data)
        message.check()
    except MalformedMessage:
        return
    written = bytes(message)
    again = parse_message(written)
    assert bytes(again) == written
    assert again.body == message.body
    for headers in (again.headers, message.headers):
        headers.remove("content-length")
    assert again == message
    for name in ("contact", "route", "record-route"):
        try:
            message.addresses(name)
        except MalformedMessage:
            continue
    if isinstance(message, Request):
        bytes(Response.to_request(message, 200, tag="x"))


@given(st.binary(max_size=300))
def test_noise_raises_nothing_but_the_own_error(data: bytes) -> None:
    _use(data)


@given(st.integers(0, len(INVITE) - 1), st.binary(max_size=6), st.integers(0, 6))
def test_damage_anywhere_raises_nothing_but_the_own_error(at: int, put: bytes, cut: int) -> None:
    _use(INVITE[:at] + put + INVITE[at + cut :])
