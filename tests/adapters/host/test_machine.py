import pytest

from videobar.adapters.host import machine
from videobar.adapters.host.machine import Machine

ROUTES = """Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
eth7 00000000 0100A8C0 0003 0 0 0 00000000 0 0 0
"""
ADDRESSES = """fe80000000000000020c29fffe123456 02 40 20 80     eth7
fec0000000000000000000000000cafe 02 40 40 80     eth7
20010db8000000000000000000000007 02 40 00 80     eth7
20010db8000000000000000000000008 02 40 00 80     eth7
00000000000000000000000000000001 01 80 10 80       lo
20010db8000000000000000000000009 03 40 00 80     eth8
"""


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A machine whose interface eth7 leads out."""
    (tmp_path / "net" / "eth7").mkdir(parents=True)
    for name, text in {"operstate": "up", "address": "02:0c:29:12:34:56", "speed": "1000"}.items():
        (tmp_path / "net" / "eth7" / name).write_text(text + "\n")
    for name, text in {"routes": ROUTES, "addresses": ADDRESSES}.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(machine, "INTERFACES", tmp_path / "net")
    monkeypatch.setattr(machine, "ROUTES", tmp_path / "routes")
    monkeypatch.setattr(machine, "IPV6_ADDRESSES", tmp_path / "addresses")
    return tmp_path


def test_the_interface_that_leads_out(host):
    lan = Machine().lan()
    assert (lan.up, lan.interface, lan.speed_mbps, lan.mac_address) == (
        True,
        "eth7",
        1000,
        "02:0c:29:12:34:56",
    )
    assert (lan.ipv6_link_local, lan.ipv6_site_local) == ("fe80::20c:29ff:fe12:3456", "fec0::cafe")
    assert lan.ipv6_global == "2001:db8::7"


@pytest.mark.parametrize("text", ["", "nonsense\n", "20010db8 02 40 00 80\n"])
def test_a_machine_without_ipv6(host, text):
    (host / "addresses").write_text(text)
    lan = Machine().lan()
    assert (lan.ipv6_link_local, lan.ipv6_site_local, lan.ipv6_global) == ("", "", "")
