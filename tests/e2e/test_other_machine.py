"""A room on all addresses is called from another machine: two network namespaces with a cable between."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tests.docs.machine import Machine
from tests.waiting import until_so

ROOM, CALLER = ("198.51.100.1", "vbroom"), ("198.51.100.2", "vbcaller")
PASSWORD = "secret-7"


def ip(*words):
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=30)


@pytest.fixture
def machines():
    """Two namespaces, `vbroom` and `vbcaller`."""
    names = (ROOM[1], CALLER[1])
    try:
        try:
            for name in names:
                ip("netns", "add", name)
        except FileNotFoundError:
            pytest.skip("ip is not installed: apt-get install iproute2")
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no network namespaces here: {error.stderr.strip()}")
        ip("link", "add", "vbr", "netns", names[0], "type", "veth", "peer", "name", "vbc", "netns", names[1])
        for (address, name), end in ((ROOM, "vbr"), (CALLER, "vbc")):
            ip("-n", name, "addr", "add", f"{address}/24", "dev", end)
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", end, "up")
        yield
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def asked(path, *options):
    """What a machine with the caller's address is answered by the room's REST API."""
    done = subprocess.run(
        ["ip", "netns", "exec", CALLER[1], "curl", "-sk", "-m", "20", "-u", f"admin:{PASSWORD}", *options,
         f"https://{path}"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.mark.apt
@pytest.mark.usefixtures("machines")
def test_a_room_on_all_addresses_is_called_from_another_machine(tmp_path):
    machine = Machine(tmp_path / "home")
    variables = {"VIDEOBAR_ADMIN_PASSWORD": PASSWORD}
    serve = f"{sys.executable} -m videobar.cli.main serve --host 0.0.0.0"
    try:
        machine.serve_too(f"ip netns exec {ROOM[1]} {serve} --data room --auto-answer true", **variables)
        machine.serve_too(f"ip netns exec {CALLER[1]} {serve} --data caller", **variables)
        assert asked(f"{ROOM[0]}:8443/x/health")["status"] == "up"
        order = json.dumps({"address": f"sip:room@{ROOM[0]}", "rate": 0, "dialType": "SIP"})
        (link,) = asked("127.0.0.1:8443/rest/conferences", "-d", order)

        def received():
            rows = asked(f"127.0.0.1:8443{link['href']}/mediastat")
            return {row["mediaType"] for row in rows if row["mediaDirection"] == "RX" and row["totalPackets"]}

        until_so(lambda: received() >= {"AUDIO", "VIDEO"}, "sound and picture from the room")
    finally:
        machine.stop()
