"""Frames against octets worked out by hand from H.224 and H.281, in both orders of bits."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.h224 import camera, management
from videobar.h224.camera import CameraAbilities, CameraMotion, SourceAbility, StartAction, StopAction
from videobar.h224.frame import BitOrder, H224Frame, MalformedFrame, parse
from videobar.h224.management import AskClientList, AskExtraCapabilities, ClientList, ListedClient

motions = st.builds(CameraMotion, *(st.integers(-1, 1) for _ in range(4)))
nibbles = st.integers(0, 15)
messages = st.one_of(
    st.builds(camera.StartAction, motions, st.integers(1, 15).map(lambda ticks: ticks * 0.05) | st.just(0.8)),
    st.builds(camera.ContinueAction, motions),
    st.builds(camera.StopAction, motions),
    *(
        st.builds(kind, nibbles)
        for kind in (camera.SelectSource, camera.SourceSwitched, camera.StorePreset, camera.ActivatePreset)
    ),
)
client_ids = st.one_of(
    st.integers(1, 0x7D).map(lambda octet: bytes((octet,))),
    st.binary(min_size=1, max_size=1).map(lambda rest: b"\x7e" + rest),
    st.binary(min_size=5, max_size=5).map(lambda rest: b"\x7f" + rest),
)
frames = st.builds(
    H224Frame,
    client=client_ids | st.just(b"\0"),
    data=st.binary(max_size=254),
    begins=st.booleans(),
    ends=st.booleans(),
    segment=nibbles,
    high_priority=st.booleans(),
    destination=st.integers(0, 0xFFFF),
    source=st.integers(0, 0xFFFF),
)


def test_a_start_action_bit_by_bit() -> None:
    data = StartAction(CameraMotion(pan=1, tilt=1, zoom=-1), 0.2).pack()
    assert data == bytes((0x01, 0b1111_1000, 0x04))
    frame = H224Frame(b"\x01", data)
    assert frame.pack(BitOrder.PLAIN) == bytes.fromhex("006103 0000 0000 01 c0 01f804")
    assert frame.pack(BitOrder.LINE) == bytes.fromhex("0086c0 0000 0000 80 03 801f20")


def test_a_client_list_bit_by_bit() -> None:
    data = ClientList((ListedClient(b"\x01", has_extra=True),)).pack()
    assert H224Frame(b"\0", data).pack(BitOrder.PLAIN) == bytes.fromhex("006103 0000 0000 00 c0 0100 01 81")


@pytest.mark.parametrize(
    ("message", "octets"),
    [
        (StartAction(CameraMotion(pan=-1)), "01 80 00"),
        (StartAction(CameraMotion(focus=1), 0.75), "01 03 0f"),
        (camera.ContinueAction(CameraMotion(tilt=-1)), "02 20"),
        (StopAction(CameraMotion(zoom=1)), "03 0c"),
        (camera.SelectSource(camera.H281Source.DOCUMENT_CAMERA), "04 30"),
        (camera.SourceSwitched(1), "05 10"),
        (camera.StorePreset(15), "06 f0"),
        (camera.ActivatePreset(2), "07 20"),
    ],
)
def test_camera_messages_octet_by_octet(message: camera.CameraMessage, octets: str) -> None:
    assert message.pack() == bytes.fromhex(octets)
    assert camera.parse(bytes.fromhex(octets)) == message


def test_abilities_octet_by_octet() -> None:
    main = SourceAbility(1, pan=True, tilt=True, zoom=True)
    document = SourceAbility(3, focus=True, motion_video=False)
    octets = bytes.fromhex("0a 14 e0 30 10")
    assert CameraAbilities(10, (main, document)).pack() == octets
    assert camera.parse_abilities(octets) == CameraAbilities(10, (main, document))
    assert camera.parse_abilities(octets[:-1]).sources == (main,)


@given(frames, st.sampled_from(BitOrder))
def test_what_is_packed_is_parsed(frame: H224Frame, order: BitOrder) -> None:
    assert parse(frame.pack(order)) == (frame, order)


@given(messages)
def test_camera_messages_survive(message: camera.CameraMessage) -> None:
    assert camera.parse(message.pack()) == message


@given(st.lists(st.builds(ListedClient, client_ids, st.booleans()), max_size=20).map(tuple))
def test_client_lists_survive(clients: tuple[ListedClient, ...]) -> None:
    assert management.parse(ClientList(clients).pack()) == ClientList(clients)


@given(client_ids, st.binary(max_size=30))
def test_questions_and_capabilities_survive(client: bytes, octets: bytes) -> None:
    for message in (
        AskClientList(),
        AskExtraCapabilities(client),
        management.ExtraCapabilities(client, octets),
    ):
        assert management.parse(message.pack()) == message


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "006103 0000 0000 01",
        "006113 0000 0000 01 c0 01f804",
        "016103 0000 0000 01 c0 01f804",
        "006103 0000 0000 7f c0 01f8",
        "006103 0000 0000 81 c0 01f8",
        "006103 0000 0000 01 c0" + "00" * 255,
    ],
)
def test_malformed_frames_are_refused(payload: str) -> None:
    with pytest.raises(MalformedFrame):
        parse(bytes.fromhex(payload))


@given(st.binary(max_size=300))
def test_nothing_but_malformed_frame_escapes(noise: bytes) -> None:
    for payload in (noise, bytes.fromhex("006103") + noise, bytes.fromhex("0086c0") + noise):
        with contextlib.suppress(MalformedFrame):
            frame, _ = parse(payload)
            frame.pack()
    for read in (camera.parse, camera.parse_abilities, management.parse):
        with contextlib.suppress(MalformedFrame):
            read(noise)
