"""Figures of many devices for Prometheus."""

import asyncio
import json
import re
import shutil
import subprocess
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from videobar.cli.command.arguments import UsageError
from videobar.cli.fleet.exporter import Fleet, application
from videobar.cli.fleet.figures import DeviceCollector
from videobar.cli.fleet.probing import LONGEST_PAUSE_S, Device, Facts, Probe, facts_of
from videobar.cli.rooms import profiles
from videobar.cli.rooms.passwords import Passwords
from videobar.contract.audio import AudioState
from videobar.contract.calls import Conference, Connection
from videobar.contract.streams import MediaStatistics
from videobar.contract.system import SignallingServer, StatusRow, SystemInfo
from videobar.errors import (
    EngineUnavailable,
    NotThere,
    SessionInvalidUserNamePassword,
    SessionPortLockout,
    TimedOut,
    VideobarError,
)

ROOT = Path(__file__).parents[3]
DASHBOARD = ROOT / "deploy" / "grafana-rooms.json"


def samples(text):
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def page_of(*probe, **options):
    registry = CollectorRegistry()
    registry.register(DeviceCollector(*probe, **options))
    return generate_latest(registry).decode()


@pytest.fixture
def facts(sample_of, plain):
    """All that a device can say, in a call with two."""
    one = plain(sample_of(Connection))
    conference = sample_of(
        Conference,
        id="0",
        connections=[
            one | {"state": "CONNECTED", "duration": 7},
            one | {"state": "CONNECTED", "duration": 90},
        ],
    )

    def stream(rate, jitter, loss):
        return sample_of(
            MediaStatistics,
            mediaType="VIDEO",
            mediaDirection="RX",
            actualBitRate=rate,
            jitter=jitter,
            percentPacketLoss=loss,
        )

    return Facts(
        system=sample_of(SystemInfo, systemName='A "b"\n', serialNumber="S1", state="READY", uptime=12.5),
        audio=AudioState(mute_locked=False, muted=True, num_of_mics_connected=2, volume=35),
        conferences=[conference],
        parts=[
            sample_of(StatusRow, name=f"system.status.{name}", stateList=[state])
            for name, state in (("sip", "down"), ("mr.audio", "all_up"), ("gatekeeper", "off"))
        ],
        registrars=[
            sample_of(SignallingServer, address="a", state="UP"),
            sample_of(SignallingServer, address="b", state="DOWN"),
        ],
        streams=[stream(1000, 5, 0.5), stream(500, 20, 0)],
    )


def test_all_figures(facts):
    found = samples(page_of(Probe(10.0, 0.5, facts), 3.0))
    expected = {
        ("videobar_up",): 1,
        ("videobar_login_refused",): 0,
        ("videobar_probe_duration_seconds",): 0.5,
        ("videobar_probe_age_seconds",): 3,
        ("videobar_state", "READY"): 1,
        ("videobar_uptime_seconds",): 12.5,
        ("videobar_muted",): 1,
        ("videobar_volume_ratio",): 0.35,
        ("videobar_microphones",): 2,
        ("videobar_connections", "CONNECTED"): 2,
        ("videobar_connections", "RINGING"): 0,
        ("videobar_call_duration_seconds",): 90,
        ("videobar_part_up", "sip"): 0,
        ("videobar_part_up", "mr.audio"): 1,
        ("videobar_sip_registered", "a"): 1,
        ("videobar_sip_registered", "b"): 0,
        ("videobar_media_bytes_per_second", "RX", "VIDEO"): 187_500,
        ("videobar_media_jitter_seconds", "RX", "VIDEO"): 0.02,
        ("videobar_media_loss_ratio", "RX", "VIDEO"): 0.005,
    }
    assert {name: found.get(name) for name in expected} == pytest.approx(expected)
    assert ("videobar_part_up", "gatekeeper") not in found
    assert any(name[0] == "videobar_device_info" and 'A "b"\n' in name for name in found)


@pytest.mark.parametrize(
    ("error", "reason", "refused"),
    [
        (TimedOut("x"), "TimedOut", 0),
        (SessionInvalidUserNamePassword(), "SessionInvalidUserNamePassword", 1),
        (SessionPortLockout(), "SessionPortLockout", 1),
        (ValueError("x"), "ValueError", 0),
    ],
)
def test_a_device_that_is_not_there(error, reason, refused):
    found = samples(page_of(Probe(1.0, 2.0, error=error)))
    assert found["videobar_up",] == 0
    assert found["videobar_login_refused",] == refused
    assert found["videobar_probe_problem", reason] == 1


def test_a_device_that_is_too_slow():
    found = samples(page_of(None, too_slow=True))
    assert (found["videobar_up",], found["videobar_probe_problem", "TooSlow"]) == (0, 1)


@pytest.mark.apt
def test_promtool_has_nothing_to_complain_of(facts):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (apt install prometheus)")
    for page in (page_of(Probe(1.0, 0.5, facts)), page_of(Probe(1.0, 0.5, error=TimedOut("x")))):
        done = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_dashboard_uses_figures_that_there_are(facts):
    board = json.loads(DASHBOARD.read_text())
    there = {name for name, *_ in samples(page_of(Probe(1.0, 0.5, facts)))} | {"videobar_probe_problem"}
    used = {
        name
        for panel in board["panels"]
        for target in panel["targets"]
        for name in re.findall(r"videobar_\w+", target["expr"])
    }
    assert used
    assert used <= there
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


# --- asking -------------------------------------------------------------------------------------------------


class Clock:
    now = 1000.0

    def monotonic(self):
        return self.now


class Asked:
    """What a device answers, and how often it was asked."""

    def __init__(self):
        self.times = 0
        self.answer = Facts()
        self.gate = None

    async def __call__(self):
        self.times += 1
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def asked():
    return Asked()


@pytest.fixture
def time():
    return Clock()


@pytest.fixture
def device(asked, time):
    return Device(asked, time, 10.0)


async def test_young_figures_are_given_again(device, asked, time):
    first = await device.probe(5)
    time.now += 9
    assert await device.probe(5) is first
    assert (asked.times, device.age_s(first)) == (1, 9)
    time.now += 1
    assert await device.probe(5) is not first
    assert asked.times == 2


async def test_those_who_ask_at_once_share_an_answer(device, asked):
    asked.gate = asyncio.Event()
    many = [asyncio.create_task(device.probe(60)) for _ in range(20)]
    await asyncio.sleep(0)
    asked.gate.set()
    assert len({id(probe) for probe in await asyncio.gather(*many)}) == 1
    assert asked.times == 1


async def test_a_device_that_does_not_answer_is_asked_less_and_less(device, asked, time):
    asked.answer = TimedOut("x")
    pauses = []
    for _ in range(8):
        probe = await device.probe(5)
        assert probe.error is asked.answer
        pauses.append(device.pause_s)
        time.now += device.pause_s - 1
        assert await device.probe(5) is probe
        time.now += 1
    assert pauses == [20, 40, 80, 160, 300, 300, 300, 300]
    asked.answer = Facts()
    assert (await device.probe(5)).error is None
    assert device.pause_s == 10


@pytest.mark.parametrize("error", [SessionInvalidUserNamePassword(), SessionPortLockout()])
async def test_a_device_that_lets_nobody_in_is_left_alone(error, device, asked):
    asked.answer = error
    await device.probe(5)
    assert device.pause_s == LONGEST_PAUSE_S


async def test_a_slow_device_is_waited_for_by_the_next(device, asked):
    asked.gate = asyncio.Event()
    with pytest.raises(TimeoutError):
        await device.probe(0.001)
    asked.gate.set()
    assert (await device.probe(60)).error is None
    assert asked.times == 1
    await device.stop()


async def test_what_a_room_says(videobar, facts):
    room = videobar.room()
    room.answers |= {
        "system_get": facts.system,
        "audio_get": NotThere("x"),
        "conferences_get": facts.conferences,
        "conferences_mediastats_get": facts.streams,
        "system_sipservers_get": EngineUnavailable("x"),
    }
    found = await facts_of(room)
    assert (found.system, found.audio, found.registrars, found.streams) == (
        facts.system,
        None,
        None,
        facts.streams,
    )
    room.answers |= {"system_get": NotThere("x"), "conferences_get": NotThere("x")}
    with pytest.raises(VideobarError):
        await facts_of(room)


# --- over HTTP ----------------------------------------------------------------------------------------------


class Rooms:
    """Opens rooms that write down what they are asked."""

    def __init__(self, videobar):
        self.videobar = videobar
        self.opened = []
        self.closed = 0

    def __call__(self, target, password):
        self.opened.append(target)
        room = self.videobar.room(target.name)
        room.close = self.close
        return room

    async def close(self):
        self.closed += 1


@pytest.fixture
async def exporter(videobar, save_profiles, tmp_path):
    """A running exporter of two saved rooms: its address, and the rooms."""
    save_profiles('[lobby]\nhost = "10.0.0.5"\nuser = "ops"\n[board]\nhost = "10.0.0.6"\n')
    saved = profiles.load(tmp_path / "config" / "videobar" / "rooms.toml")
    targets = profiles.resolve("*", saved, profiles.Overrides())
    rooms = Rooms(videobar)
    fleet = Fleet(targets, saved, Passwords("p", {}, lambda: None, None), rooms, 10.0, ("10.1.*",))
    runner = web.AppRunner(application(fleet))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield "http://{}:{}".format(*runner.addresses[0]), rooms
    await runner.cleanup()
    await fleet.close()
    assert rooms.closed == len(rooms.opened)


async def get(address, path, **headers):
    async with aiohttp.ClientSession() as client, client.get(address + path, headers=headers) as response:
        return response.status, await response.text()


async def test_a_target(exporter, videobar):
    address, rooms = exporter
    status, page = await get(address, "/probe?target=lobby")
    assert (status, samples(page)["videobar_up",]) == (200, 1)
    assert (await get(address, "/probe?target=lobby"))[0] == 200
    assert [target.name for target in rooms.opened] == ["lobby"]
    videobar.room("board").answers |= {"conferences_get": TimedOut("x"), "system_get": TimedOut("x")}
    assert samples((await get(address, "/probe?target=board"))[1])["videobar_up",] == 0
    own = samples((await get(address, "/metrics"))[1])
    assert own["videobar_exporter_probes_total", "up"] == 2
    assert own["videobar_exporter_probes_total", "down"] == 1
    assert own["videobar_exporter_rooms",] == 2


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/probe", 400, "target: is needed"),
        ("/probe?target=", 400, "target: is needed"),
        ("/probe?target=evil.example", 404, "no saved room is called"),
        ("/probe?target=10.0.0.5", 404, "no saved room is called"),
        ("/probe?target=10.0.0.9&module=lobby", 404, "not among the hosts that --allow names"),
        ("/probe?target=10.1.0.9&module=nobody", 404, "module: no saved room"),
        ("/probe?target=10.1.a/b&module=lobby", 404, "is no host"),
        ("/targets", 200, '["board", "lobby"]'),
        ("/", 200, "/metrics"),
        ("/nothing", 404, ""),
    ],
)
async def test_nobody_makes_it_log_in_elsewhere(path, status, said, exporter):
    address, rooms = exporter
    found, page = await get(address, path)
    assert (found, said in page) == (status, True)
    assert rooms.opened == []


async def test_a_host_that_is_allowed_with_the_user_of_a_saved_room(exporter):
    address, rooms = exporter
    assert (await get(address, "/probe?target=10.1.0.9:8443&module=lobby"))[0] == 200
    (target,) = rooms.opened
    assert (target.host, target.port, target.user) == ("10.1.0.9", 8443, "ops")


async def test_open_metrics_where_that_is_asked_for(exporter):
    address, _ = exporter
    _, page = await get(address, "/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert page.endswith("# EOF\n")


@pytest.mark.parametrize("words", [("--port", "70000"), ("--fresh", "0"), ("--room", "none-*")])
def test_what_makes_no_sense(words, videobar, save_profiles):
    save_profiles('[lobby]\nhost = "10.0.0.5"\n')
    assert videobar("exporter", *words).status == 2


def test_without_saved_rooms(videobar):
    ran = videobar("exporter")
    assert ran.status == 2
    assert "videobar rooms add" in ran.err


async def test_a_password_that_cannot_be_found_is_the_problem_of_one_device(videobar):
    def nobody(target, **_):
        raise UsageError("no password for x")

    passwords = Passwords(None, {}, lambda: None, None)
    fleet = Fleet((), {}, passwords, None, 10.0, ())
    passwords.of = nobody
    with pytest.raises(ValueError, match="no password"):
        await fleet._password(None)
