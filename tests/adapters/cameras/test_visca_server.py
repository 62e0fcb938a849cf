"""The room driven by joysticks: by the foreign client `visca-over-ip`, and byte by byte."""

import asyncio
import struct
import sys

import pytest
from tests.waiting import until
from visca_over_ip import Camera
from visca_over_ip.exceptions import ViscaException

from videobar.room.cameras.position import HOME, Position

linux = pytest.mark.skipif(
    sys.platform != "linux", reason="the foreign client needs the port of the server at another address"
)


def looks(cameras):
    return cameras.source(1).camera.position()


@pytest.fixture
async def joystick(visca):
    client = await asyncio.to_thread(Camera, *visca)
    yield client
    client.close_connection()


@linux
async def test_a_joystick_drives_and_lets_go(cameras, joystick):
    await asyncio.to_thread(joystick.pantilt, 12, 6)
    await until(lambda: looks(cameras).pan > 500, "it pans to the right")
    assert looks(cameras).tilt < 0
    await asyncio.to_thread(joystick.pantilt, 0, 0)
    before = None
    while looks(cameras) != before:  # it brakes, then rests
        before = looks(cameras)
        await asyncio.sleep(0.1)
    assert before.pan < 50_000


@linux
async def test_absolute_and_relative_positions(cameras, joystick):
    await asyncio.to_thread(joystick.pantilt, 24, 24, -1224, 648)
    await until(lambda: looks(cameras) == Position(-25_000, 25_000), "the absolute position")
    assert await asyncio.to_thread(joystick.get_pantilt_position) == (-1224, 648)
    await asyncio.to_thread(joystick.pantilt, 24, 24, 2448, -648, relative=True)
    await until(lambda: looks(cameras) == Position(25_000, 0), "the relative position")
    await asyncio.to_thread(joystick.pantilt_home)
    await until(lambda: looks(cameras) == HOME, "home")


@linux
async def test_zoom(cameras, joystick):
    await asyncio.to_thread(joystick.zoom_to, 0.5)
    await until(lambda: looks(cameras).zoom == 0, "half the zoom")
    assert await asyncio.to_thread(joystick.get_zoom_position) == 0x2000
    await asyncio.to_thread(joystick.zoom, -7)
    await until(lambda: looks(cameras).zoom < -5_000, "it zooms out")
    await asyncio.to_thread(joystick.zoom, 0)


@linux
async def test_presets(cameras, joystick):
    await asyncio.to_thread(joystick.pantilt, 24, 24, 600, 0)
    await until(lambda: looks(cameras).pan == 12_255, "the place")
    await asyncio.to_thread(joystick.save_preset, 7)
    assert cameras.preset(7).position.pan == 12_255
    await asyncio.to_thread(joystick.pantilt_home)
    await until(lambda: looks(cameras).pan == 0, "home")
    await asyncio.to_thread(joystick.recall_preset, 7)
    await until(lambda: looks(cameras).pan == 12_255, "the preset")
    with pytest.raises(ViscaException):
        await asyncio.to_thread(joystick.recall_preset, 8)
    with pytest.raises(ViscaException):
        await asyncio.to_thread(joystick.save_preset, 10)


class Wire(asyncio.DatagramProtocol):
    def __init__(self):
        self.heard = asyncio.Queue()

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.heard.put_nowait(data)

    def send(self, kind, sequence, payload):
        data = bytes.fromhex(payload)
        self.transport.sendto(struct.pack(">HHI", kind, len(data), sequence) + data)

    async def answer(self):
        data = await asyncio.wait_for(self.heard.get(), 30)
        kind, length, sequence = struct.unpack(">HHI", data[:8])
        assert length == len(data) - 8
        return kind, sequence, data[8:].hex()


@pytest.fixture
async def wire(visca):
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(Wire, remote_addr=visca)
    yield protocol
    transport.close()


async def test_a_command_is_acknowledged_then_completed(cameras, wire):
    wire.send(0x0100, 5, "81010602 1817 00000204 00000000 ff".replace(" ", ""))
    assert await wire.answer() == (0x0111, 5, "9041ff")
    assert await wire.answer() == (0x0111, 5, "9051ff")
    assert looks(cameras).pan == round(0x24 / 2448 * 50_000)


@pytest.mark.parametrize(
    ("inquiry", "answer"),
    [
        ("8109061 2ff", "90500000000000000000ff"),
        ("81090447ff", "905000000000ff"),
        ("81090400ff", "905002ff"),
        ("81090438ff", "905003ff"),
        ("81090448ff", "905008000000ff"),
        ("81090611ff", "90501817ff"),
    ],
)
async def test_inquiries(wire, inquiry, answer):
    wire.send(0x0110, 1, inquiry.replace(" ", ""))
    assert await wire.answer() == (0x0111, 1, answer)


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ("8101ff", "9060 02ff"),
        ("81019999ff", "906002ff"),
        ("8101060118170901ff", "906002ff"),
        ("81010407f0ff", "906002ff"),
        ("010447ff", "906002ff"),
        ("81017e01ff", "906002ff"),
        ("81010447080000 00ff", "906141ff"),
        ("81010400 03ff", "906141ff"),
        ("8101043f020aff", "906141ff"),
        ("8101043f0202ff", "906141ff"),
    ],
)
async def test_errors(cameras, wire, payload, error):
    wire.send(0x0100, 9, payload.replace(" ", ""))
    assert await wire.answer() == (0x0111, 9, error.replace(" ", ""))
    assert looks(cameras) == HOME


async def test_two_sockets_and_a_command_that_is_cancelled(cameras, wire):
    wire.send(0x0100, 1, "81010602 0118 00000900 00000000 ff".replace(" ", ""))
    assert await wire.answer() == (0x0111, 1, "9041ff")
    wire.send(0x0100, 2, "8101044704000000ff")
    assert await wire.answer() == (0x0111, 2, "9042ff")
    wire.send(0x0100, 3, "8121ff")
    assert await wire.answer() == (0x0111, 1, "906104ff")
    assert await wire.answer() == (0x0111, 2, "9052ff")
    assert 0 <= looks(cameras).pan < 47_000
    wire.send(0x0100, 4, "8121ff")
    assert await wire.answer() == (0x0111, 4, "906005ff")


async def test_a_new_position_takes_the_place_of_the_old_one(cameras, wire):
    wire.send(0x0100, 1, "81010602 0118 00000900 00000000 ff".replace(" ", ""))
    assert await wire.answer() == (0x0111, 1, "9041ff")
    wire.send(0x0100, 2, "81010604ff")
    assert [await wire.answer() for _ in range(3)] == [
        (0x0111, 1, "9051ff"),
        (0x0111, 2, "9041ff"),
        (0x0111, 2, "9051ff"),
    ]
    assert looks(cameras) == HOME


async def test_zoom_and_focus_in_one_command(cameras, wire):
    wire.send(0x0100, 1, "81010447 04000000 01000000 ff".replace(" ", ""))
    assert await wire.answer() == (0x0111, 1, "9042ff")
    assert await wire.answer() == (0x0111, 1, "9052ff")
    assert (looks(cameras).zoom, looks(cameras).focus) == (50_000, -50_000)


BARE = {
    "address set": ("883001ff", "883002ff"),
    "clear all": ("88010001ff", "88010001ff"),
    "clear": ("81010001ff", "9050ff"),
    "inquiry": ("81090447ff", "905000000000ff"),
    "stop": ("8101060118180303ff", "9041ff9051ff"),
    "nonsense": ("81019999ff", "906002ff"),
}


@pytest.mark.parametrize(("message", "answer"), BARE.values(), ids=BARE)
async def test_datagrams_without_a_header(wire, message, answer):
    wire.transport.sendto(bytes.fromhex(message))
    heard = ""
    while len(heard) < len(answer):
        heard += (await asyncio.wait_for(wire.heard.get(), 30)).hex()
    assert heard == answer


async def test_a_connection_carries_messages_however_they_are_cut(cameras, visca):
    reader, writer = await asyncio.open_connection(*visca)
    messages = "".join(message for message, _ in BARE.values())
    for byte in bytes.fromhex(messages):
        writer.write(bytes((byte,)))
        await writer.drain()
    answers = "".join(answer for _, answer in BARE.values())
    assert (await asyncio.wait_for(reader.readexactly(len(answers) // 2), 30)).hex() == answers
    writer.write(bytes.fromhex("8101060118180203ff"))
    await until(lambda: looks(cameras).pan > 500, "it pans to the right")
    writer.close()


async def test_a_connection_with_noise_is_closed(visca):
    reader, writer = await asyncio.open_connection(*visca)
    writer.write(bytes(100))
    assert await asyncio.wait_for(reader.read(), 30) == b""
    writer.close()


async def test_a_message_sent_again_is_answered_again_and_not_obeyed_again(cameras, wire):
    relative = "8101060318170000020000000000ff"
    for _ in range(2):
        wire.send(0x0100, 3, relative)
        assert (await wire.answer())[2] == "9041ff"
        assert (await wire.answer())[2] == "9051ff"
    once = looks(cameras).pan
    wire.send(0x0100, 4, relative)
    assert (await wire.answer())[2] == "9041ff"
    assert (await wire.answer())[2] == "9051ff"
    assert once > 0
    assert looks(cameras).pan == pytest.approx(2 * once, abs=1)


async def test_counting_begins_anew_after_a_reset(wire):
    wire.send(0x0110, 1, "81090400ff")
    assert (await wire.answer())[1] == 1
    wire.send(0x0200, 0, "01")
    assert await wire.answer() == (0x0201, 0, "01")
    wire.send(0x0110, 1, "81090447ff")
    assert await wire.answer() == (0x0111, 1, "905000000000ff")


async def test_noise_is_not_answered(wire):
    for noise in (b"", b"x", b"\x01\x00\x00\x09\x00\x00\x00\x01\x81", b"\x01\x00" * 40, bytes(8)):
        wire.transport.sendto(noise)
    wire.send(0x0110, 77, "81090400ff")
    assert (await wire.answer())[1] == 77
