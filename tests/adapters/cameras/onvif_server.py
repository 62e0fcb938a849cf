"""A camera that speaks ONVIF, for tests: of the specifications, with the faults of real ones to choose from."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import re
import secrets
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from aiohttp import web

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
MEDIA_2 = "http://www.onvif.org/ver20/media/wsdl"
PTZ = "http://www.onvif.org/ver20/ptz/wsdl"
HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


@dataclass
class FakeCamera:
    """What it says and how it behaves; calls are counted in `calls` as action and how they were authorized."""

    user: str = "ann"
    password: str = "p@ss"
    login: tuple[str, ...] = ("token",)
    """Of `token`, `MD5`, `SHA-256`: what it takes. Empty: anybody may."""
    qop: str | None = "auth"
    one_header: bool = False
    """Whether all challenges are in one header, after one of Basic."""
    uses_of_nonce: int = 1000
    tells_stale: bool = True
    refused: frozenset[str] = frozenset()
    """Actions that are answered with the fault `ActionNotSupported`."""
    forbidden: frozenset[str] = frozenset()
    """Actions that this user may not do."""
    media_xaddr: str = "http://{host}:{port}/onvif/media"
    ptz_xaddr: str = "http://{host}:{port}/onvif/ptz"
    device_xaddr_only: bool = False
    uri: str = "rtsp://{host}:{rtsp}/live"
    position: str = '<t:PanTilt x="{pan}" y="{tilt}"/><t:Zoom x="{zoom}"/>'
    only_media_2: bool = False
    profiles: str = (
        '<Profiles token="still"/>'
        '<Profiles token="main"><t:VideoEncoderConfiguration/><t:PTZConfiguration/></Profiles>'
    )
    pan: str = "0"
    tilt: str = "0"
    zoom: str = "0"
    port: int = 0
    stale: bool = False
    """Whether the last request had a nonce that was used too often."""
    calls: list[tuple[str, str]] = field(default_factory=list)
    nonces: dict[str, list[str]] = field(default_factory=dict)
    """The counts that each nonce was used with."""

    @asynccontextmanager
    async def running(self):
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self.answer)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not request.path.startswith("/onvif/"):
            return web.Response(status=404, text="<html>not here</html>")
        try:
            envelope = ET.fromstring(body)
            call = envelope.find(f"{{{ENVELOPE}}}Body")[0]
        except (ET.ParseError, TypeError, IndexError):
            if not body:  # curl asks for a challenge so
                return self.challenge(request)
            return self.fault("s:Sender", "ter:WellFormed", 400)
        namespace, action = re.fullmatch(r"{(.*)}(.*)", call.tag).groups()
        how = self.authorized_by(request, body, envelope)
        if self.login and how is None and action != "GetSystemDateAndTime":
            self.calls.append((action, "refused"))
            return self.challenge(request)
        self.calls.append((action, how or ""))
        if action in self.forbidden:
            return self.fault("s:Sender", "ter:NotAuthorized", 400)
        if action in self.refused:
            return self.fault("s:Receiver", "ter:ActionNotSupported", 500)
        expected = {DEVICE: "device_service", MEDIA: "media", MEDIA_2: "media", PTZ: "ptz"}.get(namespace)
        if request.path != f"/onvif/{expected}" and not self.device_xaddr_only:
            return web.Response(status=404, text="<html>no such service</html>")
        return self.reply(namespace, action, call)

    def authorized_by(self, request, body, envelope) -> str | None:
        header = request.headers.get("Authorization", "")
        token = envelope.find(".//{*}UsernameToken")
        if header.startswith("Digest "):
            return None if token is not None else self.digest(header, request, body)
        if token is None or "token" not in self.login:
            return None
        nonce = base64.b64decode(token.findtext("{*}Nonce"))
        created = token.findtext("{*}Created")
        wanted = hashlib.sha1(nonce + created.encode() + self.password.encode()).digest()
        right = token.findtext("{*}Password") == base64.b64encode(wanted).decode()
        return "token" if right and token.findtext("{*}Username") == self.user else None

    def digest(self, header, request, body) -> str | None:
        given = {
            name: quoted or plain
            for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', header)
        }
        algorithm = given.get("algorithm", "MD5")
        if (
            algorithm not in self.login
            or given["nonce"] not in self.nonces
            or given["uri"] != request.path_qs
        ):
            return None

        def digest(text: str) -> str:
            return HASHES[algorithm](text.encode()).hexdigest()

        secret = digest(f"{self.user}:{given['realm']}:{self.password}")
        what = f"POST:{given['uri']}"
        if given.get("qop") == "auth-int":
            what += f":{HASHES[algorithm](body).hexdigest()}"
        what = digest(what)
        if self.qop is None:
            wanted = digest(f"{secret}:{given['nonce']}:{what}")
        else:
            counts = self.nonces[given["nonce"]]
            if given["nc"] in counts or given["qop"] not in self.qop:
                return None
            counts.append(given["nc"])
            if len(counts) > self.uses_of_nonce:
                del self.nonces[given["nonce"]]
                self.stale = True
                return None
            middle = ":".join(given[name] for name in ("nonce", "nc", "cnonce", "qop"))
            wanted = digest(f"{secret}:{middle}:{what}")
        return algorithm if given["response"] == wanted and given["username"] == self.user else None

    def challenge(self, request) -> web.Response:
        algorithms = [each for each in self.login if each != "token"]
        if not algorithms:
            return self.fault("s:Sender", "ter:NotAuthorized", 400)
        stale, self.stale = self.stale, False
        nonce = secrets.token_hex(8)
        self.nonces[nonce] = []
        offers = []
        for algorithm in algorithms:
            offer = f'Digest realm="a, camera", nonce="{nonce}", algorithm={algorithm}'
            offer += f', qop="{self.qop}"' if self.qop else ""
            offers.append(offer + (", stale=true" if stale and self.tells_stale else ""))
        response = web.Response(status=401, text="<html>Unauthorized</html>", content_type="text/html")
        if self.one_header:
            response.headers.add("WWW-Authenticate", ", ".join(['Basic realm="x"', *offers]))
        else:
            for offer in offers:
                response.headers.add("WWW-Authenticate", offer)
        return response

    def fault(self, code: str, subcode: str, status: int) -> web.Response:
        return self.soap(
            f"<s:Fault><s:Code><s:Value>{code}</s:Value><s:Subcode><s:Value>{subcode}</s:Value></s:Subcode></s:Code>"
            f'<s:Reason><s:Text xml:lang="en">no</s:Text></s:Reason></s:Fault>',
            status,
        )

    def soap(self, inside: str, status: int = 200) -> web.Response:
        return web.Response(
            status=status,
            content_type="application/soap+xml",
            text=f'<?xml version="1.0"?><s:Envelope xmlns:s="{ENVELOPE}" xmlns:t="http://www.onvif.org/ver10/schema" '
            f'xmlns:ter="http://www.onvif.org/ver10/error"><s:Body>{inside}</s:Body></s:Envelope>',
        )

    def reply(self, namespace: str, action: str, call: ET.Element) -> web.Response:
        where = {"host": "192.168.77.1", "port": self.port, "rtsp": 8554}
        media, ptz = self.media_xaddr.format(**where), self.ptz_xaddr.format(**where)
        match action:
            case "GetDeviceInformation":
                inside = "<Manufacturer>Fake</Manufacturer><Model>One</Model>"
            case "GetCapabilities":
                first = "" if self.only_media_2 else f"<t:Media><t:XAddr>{media}</t:XAddr></t:Media>"
                inside = f"<Capabilities>{first}<t:PTZ><t:XAddr>{ptz}</t:XAddr></t:PTZ></Capabilities>"
            case "GetServices":
                listed = ((MEDIA_2 if self.only_media_2 else MEDIA, media), (PTZ, ptz))
                inside = "".join(
                    f"<Service><Namespace>{name}</Namespace><XAddr>{at}</XAddr></Service>"
                    for name, at in listed
                )
            case "GetProfiles":
                inside = self.profiles
            case "GetStreamUri":
                uri = self.uri.format(**where)
                inside = (
                    f"<Uri>{uri}</Uri>"
                    if namespace == MEDIA_2
                    else f"<MediaUri><t:Uri>{uri}</t:Uri></MediaUri>"
                )
            case "GetStatus":
                inside = self.position.format(pan=self.pan, tilt=self.tilt, zoom=self.zoom)
                inside = f"<PTZStatus><t:Position>{inside}</t:Position></PTZStatus>"
            case "AbsoluteMove":
                position = call.find("{*}Position")
                self.pan, self.tilt = (position.find("{*}PanTilt").get(axis) for axis in "xy")
                self.zoom = position.find("{*}Zoom").get("x")
                inside = ""
            case _:
                inside = ""
        return self.soap(f'<{action}Response xmlns="{namespace}">{inside}</{action}Response>')

    def how(self, action: str) -> list[str]:
        return [by for name, by in self.calls if name == action]


@contextlib.contextmanager
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


async def curl(camera: FakeCamera, *arguments: str) -> str:
    """What curl gets from it for `GetProfiles`."""
    envelope = (
        f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body><GetProfiles xmlns="{MEDIA}"/></s:Body></s:Envelope>'
    )
    process = await asyncio.create_subprocess_exec(
        "curl",
        "--silent",
        "--data",
        envelope,
        *arguments,
        f"http://127.0.0.1:{camera.port}/onvif/media",
        stdout=asyncio.subprocess.PIPE,
    )
    return (await process.communicate())[0].decode()
