import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from videobar.errors import AddressInvalid, DialTypeNotSupported
from videobar.room.calls.address import SIP_DIAL_TYPES, order, sip_uri, without_password
from videobar.vocabulary import CallProtocol, DialType


@pytest.mark.parametrize(
    ("address", "uri"),
    [
        ("sip:ada@example.com", "sip:ada@example.com"),
        ("SIP:ada@example.com", "sip:ada@example.com"),
        ("SIPS:ada@example.com", "sips:ada@example.com"),
        ("ada@example.com", "sip:ada@example.com"),
        (" ada@example.com ", "sip:ada@example.com"),
        ("example.com", "sip:example.com"),
        ("peer:5070", "sip:peer:5070"),
        ("127.0.0.1:5070", "sip:127.0.0.1:5070"),
        ("sip:127.0.0.1", "sip:127.0.0.1"),
        ("1234@10.0.0.1", "sip:1234@10.0.0.1"),
        ("sip:peer@127.0.0.1:5070;transport=tcp", "sip:peer@127.0.0.1:5070;transport=tcp"),
        ("[::1]:5070", "sip:[::1]:5070"),
        ("jörg@example.com", "sip:j%C3%B6rg@example.com"),
        ("a%20b@example.com", "sip:a%20b@example.com"),
    ],
)
def test_addresses_that_can_be_dialled(address, uri):
    assert sip_uri(address) == uri


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "nothing to dial"),
        ("   ", "nothing to dial"),
        ("1234", "names no host"),
        ("sip:1234", "names no host"),
        ("+441234567", "names no host"),
        ("a b", "is not an address"),
        ("ada@", "is not an address"),
        ("@host", "is not an address"),
        ("ada@host@host", "is not an address"),
        ("sip:ada@host?Subject=x", "is not an address"),
        ("tel:123", "not 'tel:'"),
        ("h323:ada@host", "not 'h323:'"),
        ("ada@host:0", "no port 0"),
        ("ada@host:70000", "no port 70000"),
        ("10.0.0", "not an IPv4 address"),
        ("10.0.0.256", "not an IPv4 address"),
        ("[::g]", "is not an address"),
        ("[:::1]", "not an IPv6 address"),
        ("a@" + "x" * 64 + ".com", "not a host name"),
        ("a..b", "not a host name"),
        ("x" * 600, "longer than"),
        ("ada@host\r\nVia: evil", "is not an address"),
    ],
)
def test_addresses_that_cannot(address, why):
    with pytest.raises(AddressInvalid) as caught:
        sip_uri(address)
    assert caught.value.detail.startswith("address: ")
    assert why in caught.value.detail
    assert "\n" not in caught.value.detail


@pytest.mark.parametrize(
    ("address", "uri"),
    [
        ("1234", "sip:1234@example.com"),
        ("sip:1234", "sip:1234@example.com"),
        ("tel:+44-20-1234", "sip:+44201234@example.com"),
        ("+49 (30) 123/45-0", "sip:+4930123450@example.com"),
        ("(555) 010 9999", "sip:5550109999@example.com"),
        ("*98#", "sip:*98%23@example.com"),
        ("ada", "sip:ada@example.com"),
        ("localhost", "sip:localhost"),
        ("ada.example.org", "sip:ada.example.org"),
        ("ada:5070", "sip:ada:5070"),
        ("10.0.0.7", "sip:10.0.0.7"),
        ("ada@elsewhere.org", "sip:ada@elsewhere.org"),
    ],
)
def test_with_a_domain_of_its_own_the_room_can_dial_names_and_numbers(address, uri):
    assert sip_uri(address, "example.com") == uri


@given(st.text(max_size=80))
@example("sip:\u0130")
@example("sip:\u017f@\u212a")
@example("\u017fip:ada@example.com")
def test_any_text_is_an_address_or_a_clear_error(text):
    try:
        uri = sip_uri(text)
    except AddressInvalid:
        return
    assert uri.startswith(("sip:", "sips:"))
    assert uri.isascii()
    assert not any(character.isspace() for character in uri)


@pytest.mark.parametrize("dial_type", [t for t in DialType if t not in SIP_DIAL_TYPES | {DialType.LOOPBACK}])
def test_dial_types_that_need_what_the_room_has_not(dial_type):
    with pytest.raises(DialTypeNotSupported, match=f"dialType: this room cannot dial {dial_type}"):
        order("ada@example.com", dial_type, "Lobby")


def test_a_loopback_needs_no_address():
    protocol, dial_order = order("", DialType.LOOPBACK, "Lobby")
    assert protocol is CallProtocol.LOOPBACK
    assert dial_order.loopback


@pytest.mark.parametrize(
    ("dialled", "shown"),
    [
        ("sip:ada:s3cret@example.com", "sip:ada@example.com"),
        ("SIPS:ada:a:b@example.com:5061;transport=tls", "SIPS:ada@example.com:5061;transport=tls"),
        ("ada:s3cret@[::1]:5060", "ada@[::1]:5060"),
        ("ada:@example.com", "ada@example.com"),
        ("sip:ada@example.com:5060", "sip:ada@example.com:5060"),
        ("sip:example.com:5060", "sip:example.com:5060"),
        ("busy@sim", "busy@sim"),
        ("", ""),
    ],
)
def test_a_password_in_an_address_is_dialled_and_not_shown(dialled, shown):
    assert without_password(dialled) == shown
    if "s3cret" in dialled:
        assert "s3cret" in sip_uri(dialled)


def test_no_error_repeats_a_password():
    with pytest.raises(AddressInvalid) as refused:
        sip_uri("sip:ada:s3cret@not a host")
    assert "s3cret" not in str(refused.value)
