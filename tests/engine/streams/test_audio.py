from __future__ import annotations

import gc
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.examples import examples

from videobar.engine.streams.audio import AudioLeg, AudioParameters, DigitsNotSupported
from videobar.media.audio.codecs.g711 import G711Codec
from videobar.media.audio.loudspeakers import Loudspeakers
from videobar.media.audio.mixer import Mixer
from videobar.media.audio.sources import SilenceSource, ToneSource
from videobar.rtp.io import MediaTime, RtpIo
from videobar.rtp.packet import RtpPacket
from videobar.rtp.ports import PortRange
from videobar.rtp.rtcp import Goodbye, parse_compound
from videobar.rtp.telephone_event import TelephoneEvent
from videobar.vocabulary import StreamDirection

Samples = NDArray[np.float32]
PORTS = PortRange(40_000, 59_999)
HERE = "127.0.0.1"
PAYLOAD_TYPES = {"opus": 96, "G722": 9, "PCMU": 0, "PCMA": 8}


class Recorder:
    """A speaker that remembers."""

    def __init__(self) -> None:
        self.frames: list[Samples] = []

    def write(self, frame: Samples) -> None:
        self.frames.append(frame[:, 0].copy())

    def close(self) -> None:
        pass


class Room:
    """One end: a mixer, a speaker that records, one leg, and the digits it heard."""

    def __init__(self, io: RtpIo, tone_hz: float | None = None) -> None:
        self.speaker = Recorder()
        self.mixer = Mixer(
            ToneSource(tone_hz, -20) if tone_hz else SilenceSource(), Loudspeakers(self.speaker)
        )
        self.digits: list[str] = []
        self.leg = AudioLeg(io, PORTS, HERE, self.mixer, self.digits.append, "room@videobar")

    def heard(self, frames: int = 50) -> Samples:
        return np.concatenate(self.speaker.frames[-frames:])


def parameters(port: int, codec: str = "PCMU", **changes: Any) -> AudioParameters:
    """Sound and digits both ways with whoever has `port`."""
    payload_type = PAYLOAD_TYPES[codec]
    made = AudioParameters(
        codec=codec,
        send_payload_type=payload_type,
        receive_payload_types=frozenset({payload_type}),
        remote=(HERE, port),
        remote_rtcp=(HERE, port + 1),
        event_send_payload_type=101,
        event_receive_payload_types=frozenset({101}),
    )
    return replace(made, **changes)


class Stage:
    """Rooms whose time passes when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.io = RtpIo(MediaTime(lambda: self.seconds, lambda: 1_700_000_000.0))
        self.rooms: list[Room] = []
        self.between: list[Callable[[], None]] = []

    def room(self, tone_hz: float | None = None) -> Room:
        made = Room(self.io, tone_hz)
        self.rooms.append(made)
        return made

    def pair(self, codec: str = "PCMU", **changes: Any) -> tuple[Room, Room]:
        ours, theirs = self.room(440), self.room(1000)
        ours.leg.start(parameters(theirs.leg.port, codec, **changes))
        theirs.leg.start(parameters(ours.leg.port, codec, **changes))
        return ours, theirs

    def run(self, frames: int) -> None:
        for _ in range(frames):
            for room in self.rooms:
                room.mixer.tick()
            for action in self.between:
                action()
            self.io.poll()
            self.seconds += 0.02

    def report(self) -> None:
        for room in self.rooms:
            room.leg.stream.send_report()
        self.io.poll()


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    for room in made.rooms:
        room.leg.close()
    made.io.close()
    assert made.io.failures == 0
    assert [room.mixer.failures for room in made.rooms] == [0] * len(made.rooms)


def peak_hz(samples: Samples) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * 48000 / len(samples))


@pytest.mark.parametrize("codec", PAYLOAD_TYPES)
def test_each_hears_the_other(stage: Stage, codec: str) -> None:
    ours, theirs = stage.pair(codec)
    stage.run(80)
    assert peak_hz(ours.heard()) == pytest.approx(1000, abs=2)
    assert peak_hz(theirs.heard()) == pytest.approx(440, abs=2)
    assert ours.leg.level == pytest.approx(-20, abs=1)
    assert ours.mixer.far_level == pytest.approx(-20, abs=1)
    assert ours.leg.codec == codec


def test_statistics_are_what_was_really_sent(stage: Stage) -> None:
    ours, theirs = stage.pair()
    stage.run(150)
    stage.report()
    stage.report()
    sent, received = ours.leg.statistics()[0], theirs.leg.statistics()[1]
    assert (sent.packets, sent.bytes) == (150, 150 * 160)
    assert (received.packets, received.bytes, received.lost) == (150, 150 * 160, 0)
    assert sent.kbps == pytest.approx(64, rel=0.01)
    assert received.kbps == pytest.approx(64, rel=0.01)
    assert (sent.lost, sent.lost_percent) == (0, 0.0)
    assert received.jitter_ms == pytest.approx(0.0, abs=0.01)
    assert sent.rtt_ms == pytest.approx(0.0, abs=0.1)


class LossyPath:
    """Forwards RTP to a port, from a port of its own, but not the packets whose number (from 0) is in `lost`."""

    def __init__(self, undo: ExitStack, port: int, lost: set[int]) -> None:
        self.socket = undo.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.socket.bind((HERE, 0))
        self.socket.setblocking(False)
        self.port: int = self.socket.getsockname()[1]
        self.sender = undo.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.sender.bind((HERE, 0))
        self.source: int = self.sender.getsockname()[1]
        """Where its packets come from, and nothing goes on to."""
        self.target = (HERE, port)
        self.lost = lost
        self.seen = 0

    def forward(self) -> None:
        while True:
            try:
                datagram = self.socket.recv(4096)
            except BlockingIOError:
                return
            if self.seen not in self.lost:
                self.sender.sendto(datagram, self.target)
            self.seen += 1


@pytest.mark.parametrize("codec", PAYLOAD_TYPES)
def test_injected_loss_is_reported_exactly_by_both_ends(stage: Stage, codec: str) -> None:
    lost = set(random.Random(5).sample(range(5, 195), 10))
    with ExitStack() as undo:
        ours, theirs = stage.room(440), stage.room()
        path = LossyPath(undo, theirs.leg.port, lost)
        stage.between.append(path.forward)
        ours.leg.start(parameters(theirs.leg.port, codec, remote=(HERE, path.port)))
        theirs.leg.start(parameters(path.source, codec, remote_rtcp=(HERE, ours.leg.port + 1)))
        stage.run(200)
        stage.report()
    (_, received), (sent, _) = theirs.leg.statistics(), ours.leg.statistics()
    assert (received.packets, received.lost) == (190, 10)
    assert received.lost_percent == pytest.approx(5.0)
    assert (sent.packets, sent.lost, sent.lost_percent) == (200, 10, pytest.approx(5.0))
    assert theirs.leg.jitter_counts.concealed == 10
    assert (theirs.leg.jitter_counts.late, theirs.leg.jitter_counts.duplicates) == (0, 0)
    assert peak_hz(theirs.heard(150)) == pytest.approx(440, abs=2)


@pytest.mark.parametrize(("codec", "event_clock"), [("PCMU", 8000), ("opus", 48000), ("opus", 8000)])
def test_digits_arrive_once_each(stage: Stage, codec: str, event_clock: int) -> None:
    ours, theirs = stage.pair(codec, event_clock=event_clock)
    stage.run(10)
    ours.leg.send_digits("12")
    ours.leg.send_digits("2#a")
    stage.run(5 * 12 + 10)
    assert theirs.digits == ["1", "2", "2", "#", "A"]
    assert ours.digits == []
    assert theirs.leg.statistics()[1].lost == 0
    stage.run(60)
    assert peak_hz(theirs.heard()) == pytest.approx(440, abs=2)


def test_digits_arrive_over_a_lossy_path(stage: Stage) -> None:
    with ExitStack() as undo:
        ours, theirs = stage.room(440), stage.room()
        path = LossyPath(undo, theirs.leg.port, set(range(0, 200, 3)) | set(range(1, 200, 3)))
        stage.between.append(path.forward)
        ours.leg.start(parameters(theirs.leg.port, remote=(HERE, path.port)))
        theirs.leg.start(parameters(path.source))
        ours.leg.send_digits("159#")
        stage.run(60)
    assert theirs.digits == ["1", "5", "9", "#"]


def bare_far_end(undo: ExitStack) -> tuple[socket.socket, socket.socket, int]:
    pair = PORTS.allocate(HERE)
    undo.callback(pair.close)
    return pair.rtp, pair.rtcp, pair.port


def packets_at(far: socket.socket) -> list[RtpPacket]:
    found = []
    while True:
        try:
            found.append(RtpPacket.parse(far.recv(4096)))
        except BlockingIOError:
            return found


@pytest.mark.parametrize(("codec", "step", "event_clock"), [("opus", 960, 48000), ("G722", 160, 8000)])
def test_events_replace_sound_and_timestamps_run_on(
    stage: Stage, codec: str, step: int, event_clock: int
) -> None:
    with ExitStack() as undo:
        rtp, _, port = bare_far_end(undo)
        room = stage.room(440)
        room.leg.start(parameters(port, codec, event_clock=event_clock))
        stage.run(2)
        room.leg.send_digits("5")
        stage.run(14)
        packets = packets_at(rtp)
    assert [packet.payload_type == 101 for packet in packets] == [False] * 2 + [True] * 8 + [False] * 6
    first = packets[0].timestamp
    assert {packet.timestamp for packet in packets[2:10]} == {(first + 2 * step) & 0xFFFFFFFF}
    assert packets[10].timestamp == (first + 10 * step) & 0xFFFFFFFF
    assert [packet.marker for packet in packets] == [True, False, True] + [False] * 7 + [True] + [False] * 5
    sequences = [(packet.sequence - packets[0].sequence) & 0xFFFF for packet in packets]
    assert sequences == list(range(16))
    durations = [TelephoneEvent.parse(packet.payload).duration for packet in packets[2:10]]
    assert durations == [event_clock // 50 * count for count in (1, 2, 3, 4, 5, 6, 6, 6)]


def test_digits_that_cannot_be_sent(stage: Stage) -> None:
    ours, theirs = stage.pair()
    with pytest.raises(ValueError, match="DTMF"):
        ours.leg.send_digits("12!")
    ours.leg.update(parameters(theirs.leg.port, event_send_payload_type=None))
    with pytest.raises(DigitsNotSupported):
        ours.leg.send_digits("1")
    with pytest.raises(DigitsNotSupported):
        stage.room().leg.send_digits("1")
    stage.run(20)
    assert theirs.digits == []


def test_hold_stops_packets_and_resume_starts_them(stage: Stage) -> None:
    ours, theirs = stage.pair()
    stage.run(60)
    ours.leg.update(parameters(theirs.leg.port, direction=StreamDirection.SENDONLY))
    theirs.leg.update(parameters(ours.leg.port, direction=StreamDirection.RECVONLY))
    held = theirs.leg.statistics()[0].packets
    stage.run(60)
    assert theirs.leg.statistics()[0].packets == held
    assert ours.leg.statistics()[0].packets == 120
    assert ours.leg.level == -100.0
    assert not ours.heard(40).any()
    assert peak_hz(theirs.heard()) == pytest.approx(440, abs=2)
    ours.leg.update(parameters(theirs.leg.port))
    theirs.leg.update(parameters(ours.leg.port))
    stage.run(1)
    assert not ours.heard(1).any()  # nothing is left over from before
    stage.run(59)
    assert theirs.leg.statistics()[0].packets == held + 60
    assert ours.leg.statistics()[1].lost == 0
    assert peak_hz(ours.heard()) == pytest.approx(1000, abs=2)


def test_an_inactive_leg_neither_sends_nor_hears(stage: Stage) -> None:
    ours, theirs = stage.pair()
    ours.leg.update(parameters(theirs.leg.port, direction=StreamDirection.INACTIVE))
    ours.leg.send_digits("1")
    stage.run(60)
    assert ours.leg.statistics()[0].packets == 0
    assert not ours.heard().any()
    assert theirs.digits == []
    ours.leg.update(parameters(theirs.leg.port))  # the digit has waited
    stage.run(20)
    assert theirs.digits == ["1"]


@pytest.mark.parametrize(("before", "after"), [("PCMU", "opus"), ("opus", "G722"), ("G722", "PCMA")])
def test_an_update_changes_the_codec(stage: Stage, before: str, after: str) -> None:
    ours, theirs = stage.pair(before)
    stage.run(60)
    ssrc = ours.leg.stream.ssrc
    ours.leg.update(parameters(theirs.leg.port, after))
    theirs.leg.update(parameters(ours.leg.port, after))
    stage.run(70)
    tx, rx = ours.leg.statistics()
    assert ours.leg.codec == after
    assert (tx.packets, rx.packets, rx.lost) == (130, 130, 0)
    assert rx.jitter_ms < 1
    assert ours.leg.stream.ssrc == ssrc
    assert peak_hz(ours.heard()) == pytest.approx(1000, abs=2)
    assert peak_hz(theirs.heard()) == pytest.approx(440, abs=2)


def test_a_leg_that_calls_itself_hears_itself(stage: Stage) -> None:
    room = stage.room(700)
    room.leg.start(parameters(room.leg.port, "opus"))
    ssrc = room.leg.stream.ssrc
    stage.run(80)
    room.leg.send_digits("7")
    stage.run(20)
    stage.report()
    stage.report()
    tx, rx = room.leg.statistics()
    assert peak_hz(np.concatenate(room.speaker.frames[20:70])) == pytest.approx(700, abs=2)
    assert room.digits == ["7"]
    assert (tx.packets, rx.packets) == (100, 100)
    assert (tx.lost, rx.lost) == (0, 0)
    assert (room.leg.stream.ssrc, room.leg.stream.faults.collisions) == (ssrc, 0)


@pytest.mark.parametrize("milliseconds", [10, 30, 40, 60])
def test_a_far_end_with_other_packet_lengths(stage: Stage, milliseconds: int) -> None:
    with ExitStack() as undo:
        rtp, _, port = bare_far_end(undo)
        room = stage.room()
        room.leg.start(parameters(port))
        bytes_each = 8 * milliseconds
        clock_ms = sent = 0
        for _ in range(120):
            while sent * milliseconds <= clock_ms:
                payload = _tone_payload(sent * bytes_each, bytes_each)
                packet = RtpPacket(0, sent & 0xFFFF, sent * bytes_each, 0xFA, payload)
                rtp.sendto(packet.pack(), (HERE, room.leg.port))
                sent += 1
            stage.io.poll()
            stage.run(1)
            clock_ms += 20
    assert room.leg.statistics()[1].lost == 0
    assert peak_hz(room.heard(60)) == pytest.approx(1000, abs=2)
    assert min(np.sqrt(np.mean(frame**2)) for frame in room.speaker.frames[-60:]) > 0.05


def _tone_payload(start: int, count: int) -> bytes:
    tone = 0.14 * np.sin(2 * np.pi * 1000 * np.arange(start, start + count) / 8000)
    return G711Codec("PCMU").encode(tone.astype(np.float32))


def test_a_new_source_is_heard_and_keeps_the_sending_figures(stage: Stage) -> None:
    with ExitStack() as undo:
        rtp, _, port = bare_far_end(undo)
        room = stage.room(440)
        room.leg.start(parameters(port))
        for index in range(100):
            ssrc, sequence = (1, 100 + index) if index < 50 else (2, 60_000 + index)
            payload = _tone_payload(index * 160, 160)
            rtp.sendto(RtpPacket(0, sequence, index * 160, ssrc, payload).pack(), (HERE, room.leg.port))
            stage.io.poll()
            stage.run(1)
        tx, rx = room.leg.statistics()
    assert tx.packets == 100
    assert (rx.packets, rx.lost) == (
        49,
        0,
    )  # the first packet of a new source is not believed
    assert peak_hz(room.heard(30)) == pytest.approx(1000, abs=2)


def test_a_new_source_may_use_sequence_numbers_that_were_just_played(stage: Stage) -> None:
    with ExitStack() as undo:
        rtp, _, port = bare_far_end(undo)
        room = stage.room()
        room.leg.start(parameters(port))
        for sequence, ssrc in [(index, 1) for index in range(50)] + [(index, 2) for index in range(30, 80)]:
            packet = RtpPacket(0, sequence, sequence * 160, ssrc, _tone_payload(sequence * 160, 160))
            rtp.sendto(packet.pack(), (HERE, room.leg.port))
            stage.io.poll()
            stage.run(1)
        counts = room.leg.jitter_counts
    assert (counts.late, counts.duplicates, counts.reordered) == (0, 0, 0)
    assert peak_hz(room.heard(30)) == pytest.approx(1000, abs=2)


def test_end_packets_that_come_at_once_leave_no_lasting_delay(stage: Stage) -> None:
    with ExitStack() as undo:
        rtp, _, port = bare_far_end(undo)
        room = stage.room()
        room.leg.start(parameters(port))
        to = (HERE, room.leg.port)
        sequence = 0

        def send(payload_type: int, timestamp: int, payload: bytes) -> None:
            nonlocal sequence
            rtp.sendto(RtpPacket(payload_type, sequence, timestamp, 0xFA, payload).pack(), to)
            sequence += 1

        for digit in range(6):
            for tick in range(1, 7):
                event = TelephoneEvent(digit, end=tick == 6, volume=10, duration=tick * 160)
                for _ in range(3 if tick == 6 else 1):
                    send(101, 10_000 * digit, event.pack())
                stage.io.poll()
                stage.run(1)
        assert room.digits == list("012345")
        before = len(room.speaker.frames)
        for tick in range(20):
            send(0, 100_000 + tick * 160, _tone_payload(tick * 160, 160))
            stage.io.poll()
            stage.run(1)
    heard_at = next(i for i, frame in enumerate(room.speaker.frames[before:]) if np.abs(frame).max() > 0.05)
    assert heard_at <= 4


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=examples(60)
)
@given(
    st.lists(
        st.tuples(st.sampled_from([96, 101, 0, 72]), st.integers(0, 70), st.binary(max_size=60)), max_size=30
    )
)
def test_hostile_packets_do_no_harm(stage: Stage, packets: list[tuple[int, int, bytes]]) -> None:
    with ExitStack() as undo:
        rtp, rtcp, port = bare_far_end(undo)
        room = stage.room(440)
        room.leg.start(parameters(port, "opus"))
        for payload_type, sequence, payload in packets:
            datagram = RtpPacket(payload_type, sequence, sequence, 3, payload).pack()
            rtp.sendto(datagram, (HERE, room.leg.port))
            rtcp.sendto(datagram, (HERE, room.leg.port + 1))
            stage.io.poll()
        for _ in range(5):
            room.mixer.tick()
        stage.io.poll()
        room.leg.close()
        stage.rooms.remove(room)
        assert room.mixer.failures == 0
        assert stage.io.failures == 0


def test_wrong_parameters_change_nothing(stage: Stage) -> None:
    ours, theirs = stage.pair()
    stage.run(5)
    for wrong in (
        replace(parameters(theirs.leg.port), codec="siren"),
        replace(parameters(theirs.leg.port, "opus"), remote=("far.example", 4000)),
    ):
        with pytest.raises(ValueError, match=r".+"):
            ours.leg.update(wrong)
    with pytest.raises(ValueError, match="payload types"):
        parameters(1, send_payload_type=128)
    with pytest.raises(ValueError, match="clock"):
        parameters(1, event_clock=0)
    stage.run(5)
    assert ours.leg.codec == "PCMU"
    assert ours.leg.statistics()[0].packets == 10


def test_closing_says_goodbye_and_may_be_done_twice(stage: Stage) -> None:
    with ExitStack() as undo:
        rtp, rtcp, port = bare_far_end(undo)
        room = stage.room(440)
        room.leg.start(parameters(port, "opus"))
        stage.run(5)
        room.leg.close()
        room.leg.close()
        assert parse_compound(rtcp.recv(4096))[-1] == Goodbye((room.leg.stream.ssrc,))
        stage.run(5)
        assert len(packets_at(rtp)) == 5
    room.leg.update(parameters(port))
    room.leg.start(parameters(port))
    room.leg.pull()
    room.leg.push(np.zeros(960, np.float32))
    assert room.leg.statistics()[0].packets == 5
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HERE, room.leg.port))


def test_a_leg_that_never_started_closes(stage: Stage) -> None:
    room = stage.room()
    assert room.leg.direction is StreamDirection.INACTIVE
    assert room.leg.codec == ""
    room.leg.close()
    stage.run(1)


def open_descriptors() -> int:
    listing = Path("/proc/self/fd")
    return sum(1 for _ in listing.iterdir()) if listing.is_dir() else 0


def native_threads() -> int:
    listing = Path("/proc/self/task")
    return sum(1 for _ in listing.iterdir()) if listing.is_dir() else threading.active_count()


def test_forty_legs_leave_nothing_behind(stage: Stage) -> None:
    stage.pair("opus")
    stage.run(3)
    gc.collect()
    before = open_descriptors(), native_threads()
    for index in range(40):
        mixer = Mixer(SilenceSource(), Loudspeakers(Recorder()))
        leg = AudioLeg(stage.io, PORTS, HERE, mixer, lambda digit: None, "cname")
        leg.start(parameters(leg.port, ("opus", "G722")[index % 2]))
        mixer.tick()
        stage.io.poll()
        leg.close()
        stage.io.poll()
    assert (open_descriptors(), native_threads()) == before


def test_with_its_own_threads(stage: Stage) -> None:
    """The same as in the media process: an RTP thread and a thread that ticks, at once with updates and statistics."""
    io = RtpIo()
    io.start()
    ours, theirs = Room(io, 440), Room(io, 1000)
    ours.leg.start(parameters(theirs.leg.port))
    theirs.leg.start(parameters(ours.leg.port))
    done = threading.Event()

    def tick() -> None:
        while not done.is_set():
            ours.mixer.tick()
            theirs.mixer.tick()
            done.wait(0.001)

    ticking = threading.Thread(target=tick)
    ticking.start()
    try:
        for index in range(60):
            codec = ("PCMU", "opus", "G722")[index % 3]
            ours.leg.update(parameters(theirs.leg.port, codec))
            theirs.leg.update(parameters(ours.leg.port, codec))
            ours.leg.statistics()
        wanted = theirs.leg.statistics()[1].packets + 20
        patience = threading.Event()
        for _ in range(2000):
            if theirs.leg.statistics()[1].packets >= wanted:
                break
            patience.wait(0.005)
        assert theirs.leg.statistics()[1].packets >= wanted
    finally:
        ours.leg.close()
        theirs.leg.close()
        done.set()
        ticking.join()
        io.close()
    assert (ours.mixer.failures, theirs.mixer.failures, io.failures) == (0, 0, 0)
