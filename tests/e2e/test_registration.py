"""Whole rooms at a SIP server that is not ours: Kamailio as registrar and proxy, with digest authentication."""

from __future__ import annotations

import os
import signal

import pytest
from tests.e2e.certificates import self_signed
from tests.e2e.kamailio import PASSWORDS, PROGRAM, Kamailio

pytestmark = [
    pytest.mark.apt,
    pytest.mark.skipif(PROGRAM is None, reason="kamailio is not installed (Debian: kamailio)"),
]


@pytest.fixture
def start_server(tmp_path):
    made = []

    def start(**options) -> Kamailio:
        made.append(Kamailio(tmp_path / f"kamailio{len(made)}", **options))
        return made[-1]

    yield start
    for server in made:
        server.stop()


def flags(*servers: Kamailio, user: str = "room", password: str | None = None, **more: str) -> list[str]:
    """What a room is started with to register."""
    named = {
        "sip-servers": ",".join(server.address for server in servers),
        "sip-user": user,
        "sip-password": password or PASSWORDS[user],
        "sip-domain": "example.test",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return [word for name, value in named.items() for word in (f"--{name}", value)]


def states(controller) -> list[str]:
    return [row["state"] for row in controller.get("/rest/system/sipservers")]


def health(controller) -> str:
    rows = controller.get("/rest/system/status")
    return next(row["stateList"][0] for row in rows if row["name"] == "system.status.sipserver")


@pytest.mark.parametrize(
    ("algorithm", "qop", "transport"),
    [("MD5", "auth", "udp"), ("SHA-256", "auth-int", "tcp"), ("SHA-256", "auth", "udp")],
)
def test_a_room_is_known_at_its_server(
    start_server, start_room, control, eventually, algorithm, qop, transport
):
    server = start_server(algorithm=algorithm, qop=qop)
    controller = control(start_room(*flags(server, sip_transport=transport)))
    eventually(lambda: states(controller) == ["UP"], "registered")
    (row,) = controller.get("/rest/system/sipservers")
    assert row == {"address": server.address, "model": "kamailio", "state": "UP", "version": "5.6.3"}
    assert health(controller) == "up"


def test_an_account_that_is_written_is_used_at_once(start_server, start_room, control, eventually):
    """As a fleet manager does it: by the names of devices, without a new start."""
    server = start_server()
    controller = control(start_room())

    def write(**values: str) -> None:
        rows = [{"name": "voIpProt.SIP." + name.replace("_", "."), "value": v} for name, v in values.items()]
        answer = controller.post("/rest/config", {"vars": rows})
        assert [row["result"] for row in answer["vars"]] == ["NOERROR"] * len(rows)
        assert answer["rebootNeeded"] is False

    assert states(controller) == []
    write(userName="room@example.test", proxyServer=server.address, registrarServer=server.address,
          auth_userId="room", auth_password=PASSWORDS["room"])  # fmt: skip
    eventually(lambda: states(controller) == ["UP"], "registered")
    pid = controller.get("/x/system/engine")["pid"]
    # A password that is wrong, and right again; the server forgets the one before first.
    write(auth_password="wrong")
    eventually(lambda: states(controller) == ["DOWN"], "refused")
    write(auth_password=PASSWORDS["room"])
    eventually(lambda: states(controller) == ["UP"], "registered again")
    # Another server, and back in two steps one right after the other.
    other = start_server()
    write(registrarServer=other.address, proxyServer=other.address)
    eventually(lambda: states(controller) == ["UP"], "registered elsewhere")
    assert controller.get("/rest/system/sipservers")[0]["address"] == other.address
    for back in (server, other, server):
        write(registrarServer=back.address, proxyServer="")
    eventually(
        lambda: (
            [(r["address"], r["state"]) for r in controller.get("/rest/system/sipservers")]
            == [(server.address, "UP")]
        ),
        "registered where it was",
    )
    write(registrarServer="")
    assert states(controller) == []
    assert controller.get("/x/system/engine")["pid"] == pid
    # What the next process begins with.
    write(registrarServer=server.address)
    eventually(lambda: states(controller) == ["UP"], "registered at last")
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: controller.get("/x/system/engine")["pid"] not in (pid, None), "another process")
    eventually(lambda: states(controller) == ["UP"], "registered by it")


def test_a_wrong_password_is_down_and_says_so(start_server, start_room, control, eventually):
    server = start_server()
    room = start_room(*flags(server, password="wrong"))
    controller = control(room)
    eventually(lambda: any("401" in line for line in room.output.all), "the refusal in the log")
    assert states(controller) == ["DOWN"]
    assert health(controller) == "down"
    # Nobody else's calls suffer from that.
    link = controller.dial("sip:nobody@127.0.0.1:9")
    controller.wait_for_state(link, "DISCONNECTED")


def test_a_room_registers_although_half_of_what_comes_is_lost(start_server, start_room, control, eventually):
    controller = control(start_room(*flags(start_server()), "--drop-every", "2"))
    eventually(lambda: states(controller) == ["UP"], "registered", patience_s=90)


def test_over_tls_with_a_server_that_proves_who_it_is(
    start_server, start_room, control, eventually, tmp_path
):
    certificate = self_signed(tmp_path)
    server = start_server(certificate=certificate)
    servers = {
        "sip_servers": f"127.0.0.1:{server.tls_port}",
        "sip_transport": "tls",
        "sip_tls_verify": "true",
    }
    believing = control(start_room(*flags(server, **servers, sip_tls_ca=str(certificate))))
    doubting = control(start_room(*flags(server, user="bob", **servers)))
    eventually(lambda: states(believing) == ["UP"], "registered over TLS")
    assert states(doubting) == ["DOWN"]


def test_without_servers_there_is_nothing_to_be_up(start_room, control):
    controller = control(start_room())
    assert controller.get("/rest/system/sipservers") == []
    assert health(controller) == "off"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_the_second_server_takes_over_and_gives_back(
    start_server, start_room, control, eventually, transport
):
    first, second = start_server(), start_server()
    controller = control(start_room(*flags(first, second, sip_keep_alive="1", sip_transport=transport)))
    eventually(lambda: states(controller) == ["UP", "OFF"], "registered with the first")
    first.stop()
    eventually(lambda: states(controller) == ["DOWN", "UP"], "registered with the second")
    assert health(controller) == "up"
    first.start()
    eventually(lambda: states(controller) == ["UP", "OFF"], "back at the first", patience_s=90)
    second.stop()
    first.stop()
    eventually(lambda: states(controller) == ["DOWN", "DOWN"], "at neither")
    assert health(controller) == "down"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_call_through_the_server_in_both_directions(
    start_server, start_room, start_peer, control, eventually, transport
):
    """The room dials a name, the server asks for the password, and what belongs to the call goes through it too."""
    server = start_server()
    peer = start_peer(
        user="bob",
        server=server.address,
        password=PASSWORDS["bob"],
        transport=transport,
        incoming="answer",
        tone=1000,
    )
    controller = control(start_room(*flags(server, sip_transport=transport)))
    eventually(lambda: states(controller) == ["UP"], "registered")

    link = controller.dial("bob")
    controller.wait_for_state(link, "CONNECTED")
    peer.wait_to_hear([440])
    controller.delete(link)
    peer.wait_for("closed")
    controller.wait_idle()

    peer.do("dial", uri=f"sip:room@{server.address}")
    call = controller.wait_incoming()
    controller.post(
        call["href"] if "href" in call else f"/rest/conferences/PENDING/connections/{call['id']}",
        {"action": "answer"},
    )
    peer.wait_for("established")
    peer.wait_to_hear([440])
    peer.do("hangup")
    controller.wait_idle()


def test_a_media_process_that_was_killed_is_replaced_and_registers_again(
    start_server, start_room, control, eventually
):
    controller = control(start_room(*flags(start_server())))
    eventually(lambda: states(controller) == ["UP"], "registered")
    os.kill(controller.get("/x/system/engine")["pid"], signal.SIGKILL)
    eventually(lambda: controller.get("/x/system/engine")["restarts"] == 1, "the process was replaced")
    eventually(lambda: states(controller) == ["UP"], "registered again")


def test_a_name_that_the_server_does_not_know(start_server, start_room, control, eventually):
    server = start_server()
    controller = control(start_room(*flags(server)))
    eventually(lambda: states(controller) == ["UP"], "registered")
    link = controller.dial("nobody")
    ended = controller.wait_for_state(link, "DISCONNECTED")
    assert ended["causeCode"] == 1


def test_a_room_that_stops_is_not_known_any_more(start_server, start_room, start_peer, control, eventually):
    server = start_server()
    leaving = start_room(*flags(server))
    staying = control(start_room(*flags(server, user="bob")))
    watcher = control(leaving)
    eventually(lambda: states(watcher) == ["UP"] and states(staying) == ["UP"], "both registered")
    watcher.connection.close()
    assert leaving.stop() == 0
    link = staying.dial("room")
    assert staying.wait_for_state(link, "DISCONNECTED")["causeCode"] == 1


def test_everything_goes_through_an_outbound_proxy(start_server, start_room, control, eventually):
    """The first server is only a proxy here: it does not know who registers, and says so."""
    edge = start_server()
    controller = control(start_room(*flags(edge, sip_proxy=edge.address)))
    eventually(lambda: states(controller) == ["UP"], "registered through the proxy")
    # A numeric address too; the edge does not find it among those that it knows.
    link = controller.dial("sip:stranger@127.0.0.1:9")
    assert controller.wait_for_state(link, "DISCONNECTED")["causeCode"] == 1
