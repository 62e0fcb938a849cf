import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.ldap import ber, filters, messages
from videobar.ldap.connection import LdapAddress
from videobar.ldap.errors import LdapRefused, NotLdap
from videobar.ldap.messages import Scope, SearchRequest


@given(st.integers(-(2**70), 2**70))
def test_numbers_come_back(number):
    assert ber.Reader(ber.integer(number)).integer() == number


@given(st.binary(max_size=70_000))
def test_strings_of_any_length_come_back(content):
    assert ber.Reader(ber.octets(content)).octets() == content


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_not_ldap(content):
    for read in (
        messages.read,
        lambda octets: messages.found(memoryview(octets)),
        lambda octets: messages.check(memoryview(octets)),
    ):
        with contextlib.suppress(NotLdap, LdapRefused):
            read(content)


def test_a_bind_is_that_of_the_standard():
    expected = "30 11 02 01 01 60 0c 02 01 03 04 04 63 6e 3d 61 80 01 62"
    assert messages.bind(1, "cn=a", "b") == bytes.fromhex(expected)


def test_a_search_carries_its_page():
    wanted = SearchRequest("dc=x", Scope.SUBTREE, filters.present("cn"), ["cn", "sn"])
    message = messages.read(_inside(messages.search(7, wanted, 500, b"next")))
    assert (message.number, message.kind, message.cookie) == (7, messages.SEARCH, b"next")


def _inside(message):
    return bytes(ber.Reader(message).content(ber.SEQUENCE))


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=30))
def test_a_filter_holds_any_value_without_escapes(value):
    encoded = filters.has("cn", value)
    reader = ber.Reader(encoded).inside(0xA4)
    assert reader.text() == "cn"
    assert bytes(reader.inside(ber.SEQUENCE).content(0x81)) == value.encode()


def test_filters_of_one_are_that_one():
    one = filters.present("cn")
    assert filters.all_of(one) == filters.any_of(one) == one
    assert filters.all_of(one, one)[0] == 0xA0


def test_the_first_range_of_many_values_counts_as_the_values():
    def attribute(name, *values):
        return ber.element(ber.SEQUENCE, ber.octets(name), ber.element(ber.SET, *map(ber.octets, values)))

    attributes = ber.element(
        ber.SEQUENCE,
        attribute("member"),
        attribute("member;range=0-1", "cn=a", "cn=b"),
        attribute("cn", "Everybody"),
    )
    found = messages.found(memoryview(ber.octets("cn=everybody") + attributes))
    assert found.texts("member") == ["cn=a", "cn=b"]
    assert found.text("cn") == "Everybody"


def test_results():
    success = ber.integer(0, ber.ENUMERATED) + ber.octets("") + ber.octets("")
    messages.check(memoryview(success))
    refused = ber.integer(49, ber.ENUMERATED) + ber.octets("") + ber.octets("no")
    with pytest.raises(LdapRefused, match="no") as caught:
        messages.check(memoryview(refused))
    assert caught.value.code == 49


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("ldap://h", LdapAddress("h", 389, False)),
        ("ldaps://h", LdapAddress("h", 636, True)),
        ("ldaps://[::1]:7", LdapAddress("::1", 7, True)),
        ("ldap://h:1389/", LdapAddress("h", 1389, False)),
    ],
)
def test_addresses(url, address):
    assert LdapAddress.of(url) == address
    assert LdapAddress.of(str(address)) == address


@pytest.mark.parametrize("url", ["h", "http://h", "ldap://", "ldap://h/dc=x", "ldap://h:x", "ldap://h?a"])
def test_what_is_no_address(url):
    with pytest.raises(ValueError):  # noqa: PT011
        LdapAddress.of(url)
