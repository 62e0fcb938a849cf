import pytest

from videobar.client.address import Address, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("lobby", Address("lobby")),
        (" lobby ", Address("lobby")),
        ("lobby:8443", Address("lobby", 8443)),
        ("10.0.0.5:1", Address("10.0.0.5", 1)),
        ("https://host:8443/", Address("host", 8443)),
        ("HTTPS://host", Address("host")),
        ("https://ada%40x@host/", Address("host", None, "ada@x")),
        ("ada@[::1]:65535", Address("::1", 65535, "ada")),
        ("::1", Address("::1")),
        ("[::1]", Address("::1")),
        ("fe80::1%eth0", Address("fe80::1%eth0")),
        ("https://[fe80::1%eth0]:8443/", Address("fe80::1%eth0", 8443)),
    ],
)
def test_addresses_as_people_write_them(text, address):
    assert parse_address(text) == address


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the host is empty"),
        (" ", "the host is empty"),
        ("https://", "there is no host"),
        (":443", "there is no host"),
        ("host:99999", "a port is a number from 1 to 65535"),
        ("host:0", "a port is a number"),
        ("host:", "a port is a number"),
        ("host:x", "a port is a number"),
        ("host:\u0661", "a port is a number"),
        ("[::1]:", "a port is a number"),
        ("[::1", "an IPv6 address is written"),
        ("[::1]x", "an IPv6 address is written"),
        ("[lobby]:1", "is not an IPv6 address"),
        ("1:2:3", "is not an IPv6 address"),
        ("http://host", "not by http://"),
        ("https://host/rest", "there is '/' in it"),
        ("host?x", r"there is '\?' in it"),
        ("a b", "there is ' ' in it"),
        ("a,b", "there is ',' in it"),
        ("a\x1b", "neither a host nor"),
        ("ada:secret@host", "a password does not belong"),
        ("@host", "no user before the @"),
    ],
)
def test_what_is_none_says_why(text, said):
    with pytest.raises(ValueError, match=said) as caught:
        parse_address(text)
    assert "secret" not in str(caught.value)
