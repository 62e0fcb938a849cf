import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.sip.errors import MalformedUri, UnsupportedTransport
from videobar.sip.syntax.uri import NameAddr, OtherUri, SipUri, parse_uri


@pytest.mark.parametrize(
    ("text", "user", "host", "port"),
    [
        ("sip:alice@example.org", "alice", "example.org", None),
        ("sip:example.org:5070", "", "example.org", 5070),
        ("SIP:a%20b:secret@10.0.0.1", "a%20b:secret", "10.0.0.1", None),
        ("sip:[2001:db8::1]:5080;transport=tcp", "", "2001:db8::1", 5080),
        ("sip:1234;phone-context=+49@gw.example", "1234;phone-context=+49", "gw.example", None),
        ("sips:a@h?Subject=x%20y", "a", "h", None),
        ("sip:jörg@h", "j%C3%B6rg", "h", None),
    ],
)
def test_reads_the_parts_of_a_uri(text: str, user: str, host: str, port: int | None) -> None:
    uri = SipUri.parse(text)
    assert (uri.user, uri.host, uri.port) == (user, host, port)
    assert SipUri.parse(str(uri)) == uri


def test_writes_a_uri_as_it_was() -> None:
    text = "sip:a@[::1]:5061;transport=TCP;lr?Subject=x"
    assert str(SipUri.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sip:",
        "sip:@host",
        "sip:a@",
        "sip:a b@host",
        "sip:a@host:0",
        "sip:a@host:65536",
        "sip:a@host:5060x",
        "sip:a@[::1",
        "sip:a@[::g]",
        "sip:a@ho st",
        "sip:a@host;x=a b",
        "sip:a@host\r\nEvil: yes",
        "sip:%zz@host",
        "http://example.org",
        "sip:a@host?",
        "sip:" + "a" * 5000 + "@host",
    ],
)
def test_refuses_what_is_no_sip_uri(text: str) -> None:
    with pytest.raises(MalformedUri):
        SipUri.parse(text)


def test_a_uri_that_could_not_be_written_cannot_be_made() -> None:
    for wrong in (
        {"host": "a b"},
        {"host": "h", "user": "a\r\nb"},
        {"host": "h", "parameters": (("x", "a;b"),)},
    ):
        with pytest.raises(MalformedUri):
            SipUri(**wrong)


def test_the_transport_is_open_unless_the_uri_names_one() -> None:
    asked = {
        "sip:h": "",
        "sip:h;transport=udp": "UDP",
        "sip:h;transport=TCP": "TCP",
        "sip:h;transport=tls": "TLS",
        "sips:h": "TLS",
        "sips:h;transport=tcp": "TLS",
    }
    assert {text: SipUri.parse(text).transport for text in asked} == asked
    for text in ("sips:h;transport=udp", "sip:h;transport=sctp"):
        with pytest.raises(UnsupportedTransport):
            _ = SipUri.parse(text).transport


@pytest.mark.parametrize(
    ("text", "name", "uri", "tag"),
    [
        ('"A \\"quoted\\" <name>" <sip:a@h;lr>;tag=1', 'A "quoted" <name>', "sip:a@h;lr", "1"),
        ("Plain Words <sip:a@h>;tag=x", "Plain Words", "sip:a@h", "x"),
        ("sip:a@h;tag=7", "", "sip:a@h", "7"),
        ("<sip:a@h>", "", "sip:a@h", ""),
        ("<tel:+4930123>;TAG=Q", "", "tel:+4930123", "Q"),
        ('"" <sip:a@h> ; tag = z', "", "sip:a@h", "z"),
        ('<sip:a@h>;+sip.instance="<urn:uuid:1>";isfocus', "", "sip:a@h", ""),
    ],
)
def test_reads_addresses(text: str, name: str, uri: str, tag: str) -> None:
    address = NameAddr.parse(text)
    assert (address.display_name, str(address.uri), address.tag) == (name, uri, tag)
    assert NameAddr.parse(str(address)) == address


@pytest.mark.parametrize(
    "text", ["", "*", "<sip:a@h", '"open <sip:a@h>', "a@h", "<sip:a@h> junk", "sip:a@h, sip:b@h"]
)
def test_refuses_what_is_no_address(text: str) -> None:
    with pytest.raises(MalformedUri):
        NameAddr.parse(text)


def test_a_display_name_cannot_break_out_of_its_header() -> None:
    written = str(NameAddr(SipUri("h"), 'x" <sip:evil@h>\r\nVia: y'))
    assert "\r" not in written
    assert NameAddr.parse(written).uri == SipUri("h")


def test_other_schemes_are_kept() -> None:
    assert parse_uri("tel:+49") == OtherUri("tel:+49")


@given(st.text(max_size=60))
def test_only_its_own_error_leaves_the_reader(text: str) -> None:
    for read in (SipUri.parse, parse_uri, NameAddr.parse):
        for candidate in (text, "sip:" + text, f"<sip:{text}>"):
            try:
                value = read(candidate)
            except MalformedUri:
                continue
            assert read(str(value)) == value
