"""Calls between a room and SIPp, a SIP tester that is not ours; also while half of our incoming datagrams are lost."""

from __future__ import annotations

import shutil
import socket
import subprocess

import pytest
from tests.free_ports import free_port
from tests.sipp_scenario import respond, scenario

pytestmark = [
    pytest.mark.apt,
    pytest.mark.skipif(shutil.which("sipp") is None, reason="sipp is not installed (Debian: sip-tester)"),
]
CALLS = 10
CONTACT = "Contact: <sip:service@[local_ip]:[local_port]>"
ANNOUNCING = scenario(
    "an announcement before the answer, which says no more than that it is one",
    '<recv request="INVITE"/>',
    respond(
        "183 Session Progress",
        CONTACT,
        first=True,
        description="v=0\no=- 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [media_ip]\nt=0 0\nm=audio [media_port] RTP/AVP 0\n",
    ),
    '<nop><action><exec rtp_stream="announcement.ul,-1,0,PCMU/8000"/></action></nop>',
    '<pause milliseconds="8000"/>',
    respond("200 OK", CONTACT, first=True),
    '<recv request="ACK"/>',
    '<recv request="BYE"/>',
    respond("200 OK"),
)


class Sipp:
    def __init__(self, folder, *arguments, host="127.0.0.1"):
        self.port = free_port()
        self.process = subprocess.Popen(
            [
                "sipp",
                "-i",
                host,
                "-p",
                str(self.port),
                "-nostdin",
                "-timeout",
                "90",
                "-timeout_error",
                *arguments,
            ],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@pytest.fixture
def sipp(tmp_path):
    started = []

    def start(*arguments, **more):
        started.append(Sipp(tmp_path, *arguments, **more))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


@pytest.mark.parametrize("transport", ["u1", "t1"])
def test_calls_in(start_room, control, sipp, transport):
    room = start_room("--auto-answer", "--max-connections", "32")
    tester = sipp(
        f"127.0.0.1:{room.sip_port}", "-sn", "uac", "-t", transport, "-m", str(CALLS), "-r", "5", "-d", "300"
    )
    assert tester.process.wait(120) == 0
    control(room).wait_idle()


def test_calls_in_while_half_of_what_comes_is_lost(start_room, control, sipp):
    room = start_room("--auto-answer", "--max-connections", "32", "--drop-every", "2")
    tester = sipp(f"127.0.0.1:{room.sip_port}", "-sn", "uac", "-m", str(CALLS), "-r", "5", "-d", "300")
    assert tester.process.wait(120) == 0
    control(room).wait_idle()


@pytest.mark.parametrize(
    ("transport", "flags"),
    [("u1", ()), ("t1", ()), ("u1", ("--drop-every", "2", "--response-seconds", "32"))],
)
def test_calls_out(start_room, control, sipp, transport, flags):
    tester = sipp("-sn", "uas", "-t", transport, "-m", "3")
    room = start_room(*flags)
    controller = control(room)
    suffix = ";transport=tcp" if transport == "t1" else ""
    for _ in range(3):
        link = controller.dial(f"sip:service@127.0.0.1:{tester.port}{suffix}")
        controller.wait_for_state(link, "CONNECTED")
        controller.delete(link)
        controller.wait_idle()
    assert tester.process.wait(120) == 0


def test_twenty_calls_at_once(start_room, control, sipp, eventually):
    room = start_room("--auto-answer", "--max-connections", "32")
    controller = control(room)
    tester = sipp(
        *(f"127.0.0.1:{room.sip_port}", "-sn", "uac", "-m", "20", "-l", "20", "-r", "20", "-d", "10000")
    )

    def talking() -> int:
        """How many; there is no conference before the first."""
        status, terminals = controller.ask("GET", "/rest/conferences/0/terminals")
        return len(terminals) if status == 200 else 0

    eventually(lambda: talking() == 20, "twenty calls at the same time")
    assert tester.process.wait(120) == 0
    controller.wait_idle()


def test_calls_over_ipv6(start_room, control, sipp, eventually):
    """In and out over ::1, beside IPv4 on the same ports; media too."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this host has no IPv6 loopback")
    called = sipp("-sn", "uas", "-m", "1", host="::1")
    room = start_room("--auto-answer", "--sip-host", "127.0.0.1,::1")
    controller = control(room)
    for transport in ("u1", "t1"):
        caller = sipp(
            *(f"[::1]:{room.sip_port}", "-sn", "uac", "-t", transport, "-m", "3", "-d", "300"), host="::1"
        )
        assert caller.process.wait(120) == 0
    over_ipv4 = sipp(f"127.0.0.1:{room.sip_port}", "-sn", "uac", "-m", "3", "-d", "300")
    assert over_ipv4.process.wait(120) == 0
    link = controller.dial(f"sip:service@[::1]:{called.port}")
    controller.wait_for_state(link, "CONNECTED")
    eventually(lambda: controller.rows(link)["TX"]["totalPackets"] > 20, "sound towards ::1")
    controller.delete(link)
    assert called.process.wait(120) == 0


def test_an_announcement_is_heard_before_the_answer(start_room, control, sipp, eventually, tmp_path):
    square_wave = bytes([*[0x10] * 4, *[0x90] * 4])  # 1 kHz in G.711 mu-law
    (tmp_path / "announcement.ul").write_bytes(square_wave * 2000)
    (tmp_path / "announcing.xml").write_text(ANNOUNCING)
    tester = sipp("-sf", "announcing.xml", "-m", "1", "-mp", str(free_port()))
    controller = control(start_room())
    controller.post("/rest/audio/volume", 100)
    link = controller.dial(f"sip:service@127.0.0.1:{tester.port}")

    def loudspeakers():
        rows = controller.get("/rest/audio/audiometers")
        return max(row["levelLeft"] for row in rows if row["portDirection"] == "OUT")

    eventually(lambda: loudspeakers() > -20, "the announcement")
    assert controller.get(link)["state"] == "CONNECTING"
    assert controller.get("/rest/conferences/0/mediastats") == []
    controller.wait_for_state(link, "CONNECTED")
    eventually(lambda: controller.rows(link)["TX"]["totalPackets"] > 5, "our sound, after the answer")
    rows = controller.rows(link)
    assert rows["RX"]["totalPackets"] > rows["TX"]["totalPackets"] + 200
    controller.delete(link)
    assert tester.process.wait(120) == 0
