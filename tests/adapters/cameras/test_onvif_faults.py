"""Our ONVIF client against cameras with the habits of real ones."""

import logging
import shutil

import pytest
from tests.adapters.cameras.onvif_server import FakeCamera, curl, silent_port
from tests.free_ports import free_ports
from tests.waiting import until

from videobar.adapters.cameras import onvif, remote
from videobar.adapters.cameras.onvif import OnvifHead, onvif_camera
from videobar.adapters.cameras.remote import LoginRefused
from videobar.adapters.cameras.url import CameraUrl
from videobar.room.cameras.position import HOME, Aim, Position

LOGIN = "ann:p%40ss@"


@pytest.fixture
async def connected(context, monkeypatch):
    """`connected(camera)`: facts, the URL of the picture, and the head, which is closed in the end."""
    heads = []
    monkeypatch.setattr(onvif, "ANSWER_S", 1.0)

    async def connect(camera, login=LOGIN):
        head = OnvifHead(CameraUrl.of(f"onvif://{login}127.0.0.1:{camera.port}", 80), context.egress)
        heads.append(head)
        facts, picture = await head.connect()
        return facts, picture, head

    yield connect
    for head in heads:
        await head.close()


@pytest.mark.parametrize("one_header", [False, True])
@pytest.mark.parametrize("qop", ["auth", "auth-int", "auth,auth-int", None])
@pytest.mark.parametrize("login", [("MD5",), ("SHA-256",), ("MD5", "SHA-256")])
async def test_it_logs_in_by_http_digest(connected, login, qop, one_header):
    async with FakeCamera(login=login, qop=qop, one_header=one_header).running() as camera:
        facts, picture, head = await connected(camera)
        assert facts.model == "Fake One"
        assert picture == "rtsp://ann:p%40ss@127.0.0.1:8554/live"
        await head.go_to(Aim(25_000, 0, 0), HOME, 1.0)
        assert await head.position() == Position(25_000, 0, 0)
        best = "SHA-256" if "SHA-256" in login else "MD5"
        assert camera.how("GetStatus") == camera.how("AbsoluteMove") == [best]  # later calls log in at once
        assert sum(by == "refused" for _, by in camera.calls) == 1


@pytest.mark.apt
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
async def test_the_camera_of_these_tests_takes_what_curl_answers(algorithm):
    async with FakeCamera(login=(algorithm,)).running() as camera:
        assert "main" in await curl(camera, "--digest", "--user", "ann:p@ss")
        assert "main" not in await curl(camera, "--digest", "--user", "ann:wrong")
        assert camera.how("GetProfiles").count(algorithm) == 1


@pytest.mark.parametrize("tells_stale", [True, False])
async def test_a_nonce_that_is_too_old_costs_one_more_try(connected, tells_stale):
    async with FakeCamera(login=("MD5",), uses_of_nonce=2, tells_stale=tells_stale).running() as camera:
        _, _, head = await connected(camera)
        for _ in range(6):
            assert await head.position() == Position(zoom=-50_000)
        assert camera.how("GetStatus").count("MD5") == 6


async def test_a_user_name_token_still_comes_first(connected):
    async with FakeCamera(login=("token", "MD5")).running() as camera:
        _, _, _head = await connected(camera)
        assert {by for action, by in camera.calls if action != "GetSystemDateAndTime"} == {"token"}


@pytest.mark.parametrize("login", [("token",), ("MD5",), ("SHA-256", "token")])
async def test_a_wrong_password_is_said_in_plain_words(connected, login):
    async with FakeCamera(login=login).running() as camera:
        with pytest.raises(LoginRefused, match="refuses the login.*password is wrong"):
            await connected(camera, "ann:wrong@")
        tries = sum(by == "refused" for _, by in camera.calls)
        assert tries <= 8


@pytest.mark.parametrize("login", [("token",), ("MD5",)])
async def test_a_camera_that_wants_a_login_says_so(connected, login):
    async with FakeCamera(login=login).running() as camera:
        with pytest.raises(LoginRefused, match="wants a user name and a password"):
            await connected(camera, "")


async def test_a_refused_login_is_not_tried_again_at_once(context, monkeypatch, caplog):
    monkeypatch.setattr(remote, "RETRY_S", 0.0)
    async with FakeCamera().running() as camera:
        device = onvif_camera(f"onvif://ann:wrong@127.0.0.1:{camera.port}", context)
        with caplog.at_level(logging.WARNING, "videobar.cameras"):
            device.start(lambda: None)
            await until(lambda: "refuses the login" in caplog.text, "the warning")
            tried = len(camera.calls)
            await camera_is_left_alone(camera, tried)
        assert "wrong@" not in caplog.text
        await device.close()


async def camera_is_left_alone(camera, tried):
    import asyncio

    for _ in range(50):
        await asyncio.sleep(0)
    assert len(camera.calls) == tried


UNREACHABLE = "http://192.168.77.1/onvif/{name}"


@pytest.mark.parametrize(
    "xaddr",
    [
        "http://{{host}}/onvif/{name}",
        "https://{{host}}/onvif/{name}",
        "https://{{host}}:443/onvif/{name}",
        "http://{{host}}:{closed}/onvif/{name}",
        "http://{{host}}:{silent}/onvif/{name}",
        "http://[fe80::1]/onvif/{name} http://{{host}}/onvif/{name}",
        "http://{{host}}/nowhere http://{{host}}:{{port}}/onvif/{name}",
        "  http://{{host}}:{{port}}/onvif/{name}\n",
        "HTTP://camera.internal/onvif/{name}",
        "http://{{host}}:99999/onvif/{name} http://{{host}}/onvif/{name}",
        "http://{{host}}/onvif/{name},http://10.0.0.1/onvif/{name}",
    ],
)
async def test_places_that_are_not_true_from_here(connected, xaddr):
    (closed,) = free_ports(1)
    with silent_port() as silent:
        places = {
            f"{name}_xaddr": xaddr.format(name=name, closed=closed, silent=silent)
            for name in ("media", "ptz")
        }
        async with FakeCamera(**places).running() as camera:
            facts, picture, head = await connected(camera)
            assert facts.can("pan")
            assert picture == "rtsp://ann:p%40ss@127.0.0.1:8554/live"
            await head.go_to(Aim(pan=-50_000), HOME, 1.0)
            assert (await head.position()).pan == -50_000


@pytest.mark.parametrize("xaddr", ["http://{host}", "nonsense", "http://", "ftp://{host}/onvif/media"])
async def test_places_that_name_nothing_are_taken_for_that_of_the_device(connected, xaddr):
    camera = FakeCamera(media_xaddr=xaddr, ptz_xaddr=xaddr, device_xaddr_only=True)
    async with camera.running():
        facts, picture, _head = await connected(camera)
        assert facts.can("pan")
        assert picture.startswith("rtsp://")


async def test_a_service_at_another_port(connected):
    async with FakeCamera(media_xaddr="http://10.0.0.1:{port}/elsewhere").running() as other:
        xaddr = f"http://10.0.0.1:{other.port}/onvif/media"

        class Split(FakeCamera):
            async def answer(self, request):
                if request.path == "/onvif/media":
                    request = request.clone(rel_url="/gone")
                return await super().answer(request)

        async with Split(media_xaddr=xaddr).running() as camera:
            _, picture, _head = await connected(camera)
            assert picture == "rtsp://ann:p%40ss@127.0.0.1:8554/live"
            assert other.how("GetProfiles") == ["token"]


OPTIONAL = ("GetDeviceInformation", "GetServices", "GetStatus", "GetSystemDateAndTime", "GetPresets")


@pytest.mark.parametrize("how", ["refused", "forbidden"])
@pytest.mark.parametrize("action", [*OPTIONAL, "GetCapabilities", "all"])
async def test_what_is_refused_costs_only_what_it_gives(context, how, action):
    actions = frozenset(OPTIONAL if action == "all" else [action])
    async with FakeCamera(**{how: actions}).running() as camera:
        device = onvif_camera(f"onvif://{LOGIN}127.0.0.1:{camera.port}", context)
        device.start(lambda: None)
        await until(lambda: device.connected, "the camera")
        assert device.facts.model == ("ONVIF" if "GetDeviceInformation" in actions else "Fake One")
        assert device.picture == "rtsp://ann:p%40ss@127.0.0.1:8554/live"
        assert device.facts.can("zoom")
        device.go_to(Aim(25_000, -50_000, 0))
        await until(lambda: device.position() == Position(25_000, -50_000, 0), "the position")
        device.go_to(Aim(pan=0))
        await until(lambda: device.position() == Position(0, -50_000, 0), "the pan alone")
        await device.close()


async def test_a_user_who_may_see_but_not_move(context, caplog):
    async with FakeCamera(
        forbidden=frozenset({"ContinuousMove", "AbsoluteMove", "Stop"})
    ).running() as camera:
        device = onvif_camera(f"onvif://{LOGIN}127.0.0.1:{camera.port}", context)
        device.start(lambda: None)
        await until(lambda: device.connected, "the camera")
        device.drive(remote.Drive(pan=0.5))
        await until(lambda: "the user may not do it" in caplog.text, "the warning")
        asked = len(camera.how("GetStatus"))
        device.go_to(Aim(pan=1000))
        await until(lambda: len(camera.how("GetStatus")) > asked, "another position")
        assert device.connected
        assert device.position() == HOME
        await device.close()


async def test_a_camera_that_only_moves_on_and_on(context):
    async with FakeCamera(refused=frozenset({"GetStatus", "AbsoluteMove"})).running() as camera:
        device = onvif_camera(f"onvif://{LOGIN}127.0.0.1:{camera.port}", context)
        device.start(lambda: None)
        await until(lambda: device.connected, "the camera")
        device.go_to(Aim(pan=1000))
        await until(lambda: camera.how("AbsoluteMove"), "the order")
        device.drive(remote.Drive(pan=0.5))
        await until(lambda: camera.how("ContinuousMove"), "the move")
        assert device.connected
        assert device.position() == HOME
        await device.close()


async def test_neither_capabilities_nor_services(connected):
    refused = frozenset({"GetCapabilities", "GetServices"})
    async with FakeCamera(refused=refused, device_xaddr_only=True).running() as camera:
        facts, picture, _head = await connected(camera)
        assert facts.can("pan")
        assert picture


async def test_a_camera_of_the_second_media_service_only(connected):
    profiles = '<Profiles token="main"><Configurations><VideoEncoder/><PTZ/></Configurations></Profiles>'
    async with FakeCamera(only_media_2=True, profiles=profiles).running() as camera:
        facts, picture, _head = await connected(camera)
        assert facts.can("pan")
        assert picture == "rtsp://ann:p%40ss@127.0.0.1:8554/live"


@pytest.mark.parametrize(
    ("uri", "picture"),
    [
        ("\n  rtsp://{host}:{rtsp}/live ", "rtsp://ann:p%40ss@127.0.0.1:8554/live"),
        ("RTSP://{host}/LIVE", "rtsp://ann:p%40ss@127.0.0.1:554/LIVE"),
        ("rtsp://other:x@{host}:{rtsp}/a?b=c", "rtsp://ann:p%40ss@127.0.0.1:8554/a?b=c"),
        ("rtsp://{host}:0/live", "rtsp://ann:p%40ss@127.0.0.1:554/live"),
        ("http://{host}/live", ""),
        ("", ""),
        ("rtsp://{host}:99999/", ""),
    ],
)
async def test_stream_uris(connected, uri, picture, caplog):
    async with FakeCamera(uri=uri).running() as camera:
        with caplog.at_level(logging.WARNING, "videobar.cameras"):
            facts, found, _head = await connected(camera)
        assert found == picture
        assert facts.can("pan")
        assert ("gives no picture" in caplog.text) is not bool(picture)


async def test_without_a_login_that_of_the_stream_uri_is_kept(connected):
    async with FakeCamera(login=(), uri="rtsp://a:b@{host}:{rtsp}/live").running() as camera:
        _, picture, _head = await connected(camera, "")
        assert picture == "rtsp://a:b@127.0.0.1:8554/live"


async def test_no_stream_is_given(connected, caplog):
    async with FakeCamera(refused=frozenset({"GetStreamUri"})).running() as camera:
        with caplog.at_level(logging.WARNING, "videobar.cameras"):
            facts, picture, _head = await connected(camera)
        assert picture == ""
        assert facts.can("pan")
        assert "gives no picture: GetStreamUri" in caplog.text


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ('<t:PanTilt x="NaN" y="0.5"/><t:Zoom x="1"/>', Position(20_000, 25_000, 50_000)),
        ('<t:PanTilt x="0,5" y="-0,5"/><t:Zoom x="0,5"/>', Position(25_000, -25_000, 0)),
        ('<t:PanTilt x="" y=""/><t:Zoom x=""/>', Position(20_000, 10_000, 0)),
        ('<t:PanTilt x="270" y="-90"/><t:Zoom x="16"/>', Position(50_000, -50_000, 50_000)),
        ('<t:Zoom x="0"/>', Position(20_000, 10_000, -50_000)),
        ("", Position(20_000, 10_000, 0)),
    ],
)
async def test_odd_positions(connected, position, expected):
    async with FakeCamera().running() as camera:
        _, _, head = await connected(camera)
        await head.go_to(Aim(20_000, 10_000, 0), HOME, 1.0)
        camera.position = position
        assert await head.position() == expected


async def test_profiles_without_a_token_or_a_picture_are_passed_over(connected):
    profiles = (
        "<Profiles><t:VideoEncoderConfiguration/></Profiles><Profiles token='sound'/>"
        "<Profiles token='fixed'><t:VideoSourceConfiguration/></Profiles>"
    )
    async with FakeCamera(profiles=profiles).running() as camera:
        facts, picture, head = await connected(camera)
        assert not facts.can("pan")
        assert picture
        assert await head.position() == HOME
