"""What watches a room sees: its health, and its figures."""

from __future__ import annotations

import base64
import os
import signal

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.e2e.conftest import PASSWORD

TOKEN = "0123456789abcdef-token"


def figures(controller):
    status, page = controller.ask("GET", "/x/metrics")
    assert status == 200, page
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


def test_health_needs_no_login_and_tells_no_secrets(start_room, control):
    room = start_room()
    status, report = control(room, None).ask("GET", "/x/health")
    assert (status, report["status"]) == (200, "up")
    states = {part["name"]: part["state"] for part in report["subsystems"]}
    assert states["store"] == "up"
    assert states["media"] == "off"
    assert states["calendar"] == "off"
    assert set(states.values()) <= {"up", "down", "off", "unknown", "full", "all_up", "some_up", "none_up"}


def test_a_room_without_its_media_process_is_not_healthy_until_it_is_back(start_room, control, eventually):
    room = start_room()
    controller, stranger = control(room), control(room, None)
    controller.dial("", dialType="LOOPBACK")
    controller.wait_for_state("/rest/conferences/0/connections/1", "CONNECTED")
    health = stranger.ask("GET", "/x/health")
    assert {"name": "media", "state": "up"} in health[1]["subsystems"]
    engine = controller.get("/x/system/engine")["pid"]
    seen = set()

    def back_again():
        status, answer = stranger.ask("GET", "/x/health")
        seen.add((status, answer.get("reason", "")))
        restarts = controller.get("/x/system/engine")["restarts"]
        if restarts < 5 and (503, "NotHealthy: media is down") not in seen:
            os.kill(controller.get("/x/system/engine")["pid"] or engine, signal.SIGKILL)
        return restarts and status == 200 and {"name": "media", "state": "up"} in answer["subsystems"]

    eventually(back_again, "healthy again")
    assert figures(controller)["videobar_media_restarts_total",] >= 1


def test_figures_of_a_room_in_a_call(start_room, control, eventually):
    room = start_room()
    controller = control(room)
    assert control(room, None).ask("POST", "/rest/session", {"user": "admin", "password": "wrong"})[0] == 403
    link = controller.dial("", dialType="LOOPBACK")
    controller.wait_for_state(link, "CONNECTED")
    for volume in (-1, 20, 30):
        controller.ask("POST", "/rest/audio/volume", volume)
    connection = link.rpartition("/")[2]
    eventually(
        lambda: figures(controller).get(("videobar_stream_packets_total", connection, "RX", "AUDIO"), 0) > 10,
        "packets are counted",
    )
    seen = figures(controller)
    assert seen["videobar_requests_total", "audio_volume_set", "200"] == 2
    assert seen["videobar_requests_total", "audio_volume_set", "400"] == 1
    assert seen["videobar_request_duration_seconds_count", "audio_volume_set"] == 3
    assert seen["videobar_failed_logins_total",] == 1
    assert seen["videobar_sessions",] == 1
    assert seen["videobar_connections", "connected"] == 1
    assert seen["videobar_subsystem_up", "up", "store"] == 1
    assert seen["process_open_fds",] > 5
    assert seen["videobar_media_process_resident_memory_bytes",] > 10_000_000


def test_who_may_see_the_figures(start_room, control):
    room = start_room("--metrics-token", TOKEN)
    stranger = control(room, None)
    assert stranger.ask("GET", "/x/metrics")[0] == 403
    for right, wrong in (
        (f"Bearer {TOKEN}", f"Bearer {TOKEN}x"),
        ("Basic " + base64.b64encode(f"admin:{PASSWORD}".encode()).decode(), "Basic YWRtaW46eA=="),
    ):
        stranger.headers = {"Authorization": right}
        assert stranger.ask("GET", "/x/metrics")[0] == 200
        stranger.headers = {"Authorization": wrong}
        assert stranger.ask("GET", "/x/metrics")[0] == 403
    stranger.headers = {"Authorization": f"Bearer {TOKEN}"}
    assert stranger.ask("GET", "/rest/audio")[0] == 403
    assert control(start_room("--metrics-open"), None).ask("GET", "/x/metrics")[0] == 200


@pytest.mark.parametrize("token", ["short", "a token with spaces", "ä" * 20])
def test_a_poor_token_is_refused(start_room, token):
    with pytest.raises(AssertionError, match="metrics-token"):
        start_room("--metrics-token", token)
