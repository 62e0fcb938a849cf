from ipaddress import ip_network

import pytest

from videobar.errors import AddressForbidden, HostNotFound, InvalidRequest
from videobar.room.egress import EgressPolicy


class Names(dict):
    async def addresses(self, host):
        return self.get(host, [host] if host[0].isdigit() or ":" in host else [])


NAMES = Names(mixed=["169.254.169.254", "192.0.2.1"], metadata=["169.254.169.254"], six=["2001:db8::1"])


@pytest.fixture
def egress():
    return EgressPolicy(
        NAMES, [ip_network("169.254.0.0/16"), ip_network("fe80::/10"), ip_network("10.0.0.0/8")]
    )


@pytest.mark.parametrize("address", ["192.0.2.1", "127.0.0.1", "::1", "2001:db8::1", "::ffff:192.0.2.1"])
def test_hosts_elsewhere_are_allowed(egress, address):
    assert egress.allows(address)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "2002:0a01:0203::1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::169.254.169.254",
        "64:ff9b:1:a9fe:a9:fe00::",
        "64:ff9b:1:00a9:00fe:a9fe::",
        "64:ff9b:1:1:a9:fea9:fe00:0",
        "::ffff:0:169.254.169.254",
        "2001:db8::5efe:169.254.169.254",
        "2001:db8::200:5efe:10.1.2.3",
        "fe80::5efe:192.0.2.1",
        "2001:0:a9fe:a9fe::",
        "2001:0:c000:201::f5fe:fdfc",
        "fe80::1%eth0",
        "10.1.2.3",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
    ],
)
def test_forbidden_networks_and_what_no_host_has_are_not(egress, address):
    assert not egress.allows(address)


def test_a_network_of_ipv6_holds_for_what_stands_for_ipv4_too():
    egress = EgressPolicy(NAMES, [ip_network("2002::/16"), ip_network("::ffff:0:0/96")])
    assert not egress.allows("2002:c000:0201::1")
    assert not egress.allows("::ffff:192.0.2.1")
    assert egress.allows("192.0.2.1")


async def test_only_addresses_that_pass_are_given(egress):
    assert await egress.addresses("mixed", "url") == ["192.0.2.1"]
    assert await egress.addresses(" [2001:db8::1] ", "url") == ["2001:db8::1"]


async def test_refusals_name_the_field(egress):
    with pytest.raises(AddressForbidden, match="url: metadata is where"):
        await egress.addresses("metadata", "url")
    with pytest.raises(HostNotFound, match="url: nowhere has no address"):
        await egress.addresses("nowhere", "url")
    for host in ("", " ", "a b", "a/b", "a\nb", "x" * 254, "user@host", "a,b"):
        with pytest.raises(InvalidRequest, match="url: must be"):
            await egress.addresses(host, "url")
