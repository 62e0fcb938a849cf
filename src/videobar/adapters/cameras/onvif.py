"""A network camera that speaks ONVIF: `onvif://[USER:PASSWORD@]HOST[:PORT]`, profiles S and T with the PTZ service.

Only what a camera needs: device, media and PTZ services, SOAP 1.2 over HTTP, user name tokens (WS-Security), and HTTP
Digest where the camera asks for it.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import math
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import aiohttp
from yarl import URL

from videobar.adapters.cameras.context import CameraContext
from videobar.adapters.cameras.http_login import HttpLogin
from videobar.adapters.cameras.remote import CameraLost, LoginRefused, OrderRefused, RemoteCamera
from videobar.adapters.cameras.url import CameraUrl
from videobar.net import host_port, reason
from videobar.room.cameras.port import CameraFacts
from videobar.room.cameras.position import HIGHEST, LOWEST, Aim, Drive, Position
from videobar.room.egress import EgressPolicy
from videobar.sip.session.digest import Credentials

log = logging.getLogger("videobar.cameras")

PORT: Final = 80
DEVICE_PATH: Final = "/onvif/device_service"
LOGIN_ATTEMPTS: Final = 3
"""Number of times one call is sent again to log in; the second and third only where the nonce is stale."""
MUTE_POLLS: Final = 20
"""Number of polls without a request for the position, after a camera refused to give it."""
ANSWER_S: Final = 5.0
LARGEST: Final = 1_000_000
"""Bytes of an answer."""

_DEVICE: Final = "http://www.onvif.org/ver10/device/wsdl"
_MEDIA: Final = "http://www.onvif.org/ver10/media/wsdl"
_MEDIA_2: Final = "http://www.onvif.org/ver20/media/wsdl"
"""Media service of profile T, for cameras that have no other."""
_PTZ: Final = "http://www.onvif.org/ver20/ptz/wsdl"
_SCHEMA: Final = "http://www.onvif.org/ver10/schema"
_ENVELOPE: Final = "http://www.w3.org/2003/05/soap-envelope"
_SECURITY: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_UTILITY: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_DIGEST: Final = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
)

_LOGIN_FAULTS: Final = frozenset(
    {"NotAuthorized", "FailedAuthentication", "FailedCheck", "InvalidSecurity", "InvalidSecurityToken"}
)


def onvif_camera(url: str, context: CameraContext) -> RemoteCamera:
    """The camera behind `onvif:`."""
    place = CameraUrl.of(url, PORT)
    return RemoteCamera(OnvifHead(place, context.egress), place.shown)


class OnvifHead:
    """Implements `Head`.

    What a camera does not allow costs only what it gives: without `GetDeviceInformation` its name, without `GetStatus`
    the position, which is then that ordered last, without `GetStreamUri` its picture.
    """

    def __init__(self, place: CameraUrl, egress: EgressPolicy) -> None:
        self._place, self._reach = place, egress
        self._http: aiohttp.ClientSession | None = None
        self._login = HttpLogin(Credentials(place.user, place.password))
        self._address = ""
        self._ahead = timedelta()
        self._services: dict[str, list[str]] = {}
        """The places where each may be, the likeliest first."""
        self._profile = ""
        self._moves = False
        self._mute_polls = 0
        """Number of polls left without a request for the position, because it was refused."""
        self._believed = Position()
        """Position last reported by the camera, or last ordered."""

    async def connect(self) -> tuple[CameraFacts, str]:
        """Read its clock (tokens carry the time), what it is, where its services are, and its profiles."""
        await self.close()
        self._address = await self._place.address(self._reach)
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S), trust_env=False)
        self._login = HttpLogin(Credentials(self._place.user, self._place.password))
        self._services = {_DEVICE: [self._here(DEVICE_PATH, self._place.port)]}
        self._ahead = timedelta()
        self._mute_polls = 0
        self._ahead = await self._clock_ahead()
        await self._find_services()
        profiles = await self._profiles()
        if not profiles:
            raise CameraLost("it has no profile")
        moving = [each for each in profiles if each.moves]
        ptz = self._moves = bool(moving) and _PTZ in self._services
        self._profile = (moving if ptz else profiles)[0].token
        about = await self._optional(_DEVICE, "GetDeviceInformation")
        names = () if about is None else (_text(about, "Manufacturer"), _text(about, "Model"))
        picture = await self._stream([self._profile, *(each.token for each in profiles)])
        return CameraFacts(" ".join(filter(None, names)) or "ONVIF", pan=ptz, tilt=ptz, zoom=ptz), picture

    async def drive(self, drive: Drive) -> None:
        """Move on, or stop. Focus is not part of profile S."""
        pan, tilt, zoom = drive.pan or 0.0, drive.tilt or 0.0, drive.zoom or 0.0
        token = f"<ProfileToken>{escape(self._profile)}</ProfileToken>"
        if pan or tilt or zoom:
            await self._order("ContinuousMove", f"{token}<Velocity>{_vector(pan, tilt, zoom)}</Velocity>")
        else:
            await self._order("Stop", f"{token}<PanTilt>true</PanTilt><Zoom>true</Zoom>")

    async def go_to(self, aim: Aim, now: Position, pace: float) -> None:
        """Go there; axes that are not given stay where they are."""
        given = {axis: value for axis, value in aim.given() if value is not None}
        target = replace(now, **given)
        position = _vector(_share(target.pan), _share(target.tilt), (_share(target.zoom) + 1) / 2)
        speed = _vector(pace, pace, pace)
        await self._order(
            "AbsoluteMove",
            f"<ProfileToken>{escape(self._profile)}</ProfileToken>"
            f"<Position>{position}</Position><Speed>{speed}</Speed>",
        )
        self._believed = target

    async def position(self) -> Position:
        """Position that the camera reports; the one ordered last where it reports none; `HOME` if it cannot move."""
        status = None
        if self._moves and not self._mute_polls:
            token = f"<ProfileToken>{escape(self._profile)}</ProfileToken>"
            status = await self._optional(_PTZ, "GetStatus", token)
            self._mute_polls = MUTE_POLLS if status is None else 0
        if status is None:
            self._mute_polls -= self._mute_polls > 0
            await self._clock()  # only to see that it is there
            return self._believed
        where = status.find(f".//{{{_SCHEMA}}}Position")
        pan_tilt = None if where is None else where.find(f"{{{_SCHEMA}}}PanTilt")
        zoom = None if where is None else where.find(f"{{{_SCHEMA}}}Zoom")
        self._believed = Position(
            _units(None if pan_tilt is None else pan_tilt.get("x"), -1.0, self._believed.pan),
            _units(None if pan_tilt is None else pan_tilt.get("y"), -1.0, self._believed.tilt),
            _units(None if zoom is None else zoom.get("x"), 0.0, self._believed.zoom),
        )
        return self._believed

    async def close(self) -> None:
        """Close connections."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def _find_services(self) -> None:
        """Find the URLs of its services by `GetCapabilities`, and by `GetServices` for those that it does not list."""
        abilities = await self._optional(_DEVICE, "GetCapabilities", "<Category>All</Category>")
        for name, service in (("Media", _MEDIA), ("PTZ", _PTZ)):
            node = None if abilities is None else next(abilities.iter(f"{{{_SCHEMA}}}{name}"), None)
            if node is not None:
                self._note(service, node.findtext(f"{{{_SCHEMA}}}XAddr") or "")
        if _MEDIA in self._services and _PTZ in self._services:
            return
        listed = await self._optional(_DEVICE, "GetServices", "<IncludeCapability>false</IncludeCapability>")
        for node in () if listed is None else listed.iter(f"{{{_DEVICE}}}Service"):
            service = (node.findtext(f"{{{_DEVICE}}}Namespace") or "").strip()
            if service in (_MEDIA, _MEDIA_2, _PTZ) and service not in self._services:
                self._note(service, node.findtext(f"{{{_DEVICE}}}XAddr") or "")
        if abilities is None and listed is None:
            # Nothing is known: many cameras have all services at one place.
            for service in (_MEDIA, _PTZ):
                self._services.setdefault(service, list(self._services[_DEVICE]))
        if _MEDIA not in self._services and _MEDIA_2 not in self._services:
            raise CameraLost("it has no media service")

    def _note(self, service: str, addresses: str) -> None:
        """Take the XAddr of a service, in which there may be several.

        What a camera says of its own host need not be true from here, and only ours has been judged; nor need its port,
        behind a mapping. So the configured port is tried first: something answers there.
        """
        places: list[str] = []
        for each in re.split(r"[\s,;]+", addresses.strip()):
            try:
                parts = urlsplit(each)
                named = parts.port
            except ValueError:
                continue
            if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
                continue
            path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            ports = [self._place.port]
            if parts.scheme.lower() == "http":
                ports.append(named or PORT)
            places += [self._here(path, port) for port in ports]
        if addresses.strip():
            places.append(self._here(DEVICE_PATH, self._place.port))
            self._services[service] = list(dict.fromkeys(places))

    async def _profiles(self) -> list[_Profile]:
        """Its profiles that have a picture, first; raises `CameraLost` where it does not give any."""
        try:
            if _MEDIA in self._services:
                found = await self._ask(_MEDIA, "GetProfiles")
                nodes = list(found.iter(f"{{{_MEDIA}}}Profiles"))
            else:
                found = await self._ask(_MEDIA_2, "GetProfiles", "<Type>All</Type>")
                nodes = list(found.iter(f"{{{_MEDIA_2}}}Profiles"))
        except OrderRefused as error:
            raise CameraLost(str(error)) from None
        read = [_Profile.of(node) for node in nodes if node.get("token")]
        return sorted(read, key=lambda profile: not profile.seen)

    async def _stream(self, tokens: Iterable[str]) -> str:
        """The URL of the picture of the first profile that has one, empty where none has.

        At the address that was judged, and with the password that is needed for it.
        """
        reason = ""
        for token in dict.fromkeys(tokens):
            try:
                uri = await self._stream_uri(token)
                stream = CameraUrl.of(uri, 554)
                if stream.scheme != "rtsp":
                    raise ValueError("must be a URL that begins with rtsp:")
            except OrderRefused as error:
                reason = str(error)
            except ValueError as error:
                reason = f"its stream {error}"
            else:
                if self._place.user:
                    stream = replace(stream, user=self._place.user, password=self._place.password)
                return stream.url(self._address)
        log.warning("camera %s gives no picture: %s", self._place.shown, reason)
        return ""

    async def _stream_uri(self, token: str) -> str:
        profile = f"<ProfileToken>{escape(token)}</ProfileToken>"
        if _MEDIA in self._services:
            setup = (
                f'<StreamSetup><Stream xmlns="{_SCHEMA}">RTP-Unicast</Stream>'
                f'<Transport xmlns="{_SCHEMA}"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
            )
            answer = await self._ask(_MEDIA, "GetStreamUri", f"{setup}{profile}")
            return (answer.findtext(f".//{{{_SCHEMA}}}Uri") or "").strip()
        answer = await self._ask(_MEDIA_2, "GetStreamUri", f"<Protocol>RTSP</Protocol>{profile}")
        return (answer.findtext(f".//{{{_MEDIA_2}}}Uri") or "").strip()

    async def _order(self, action: str, inside: str) -> None:
        """Move it. A user who may see but not move costs the move, and not the camera: raises `OrderRefused`."""
        try:
            await self._ask(_PTZ, action, inside)
        except LoginRefused as error:
            raise OrderRefused(str(error)) from None

    async def _optional(self, service: str, action: str, inside: str = "") -> ET.Element | None:
        """The answer to what a camera need not do, or not for this user; `None` where it does not."""
        try:
            return await self._ask(service, action, inside)
        except (OrderRefused, LoginRefused):
            return None

    async def _clock(self) -> ET.Element | None:
        """The answer to the one question that needs no login, though some cameras think so; `None` where refused."""
        try:
            return await self._ask(_DEVICE, "GetSystemDateAndTime", login=False)
        except OrderRefused:
            return None
        except LoginRefused:
            return await self._optional(_DEVICE, "GetSystemDateAndTime")

    async def _clock_ahead(self) -> timedelta:
        """Offset of the camera's clock ahead of ours."""
        answer = await self._clock()
        if answer is None:
            return timedelta()
        utc = answer.find(f".//{{{_SCHEMA}}}UTCDateTime")
        if utc is None:
            return timedelta()
        try:
            numbers = [
                int(utc.findtext(f"{{{_SCHEMA}}}{group}/{{{_SCHEMA}}}{part}") or "")
                for group, part in (
                    ("Date", "Year"),
                    ("Date", "Month"),
                    ("Date", "Day"),
                    ("Time", "Hour"),
                    ("Time", "Minute"),
                    ("Time", "Second"),
                )
            ]
            theirs = datetime(*numbers, tzinfo=UTC)  # type: ignore[misc, arg-type]
        except ValueError:
            return timedelta()
        return theirs - datetime.now(UTC)

    async def _ask(self, service: str, action: str, inside: str = "", *, login: bool = True) -> ET.Element:
        """The body of the answer. Raises `CameraLost`, `LoginRefused`, or `OrderRefused` for another SOAP fault.

        Of the places where a service may be, the first that speaks SOAP is kept.
        """
        places = self._services.get(service)
        if places is None or self._http is None:
            raise OrderRefused(f"it has no service for {action}")
        lost: CameraLost | None = None
        for place in places:
            try:
                body = await self._ask_there(place, service, action, inside, login=login)
            except LoginRefused:
                raise
            except CameraLost as error:
                lost = lost or error
            else:
                self._services[service] = [place]
                return _answer(body, action)
        assert lost is not None  # noqa: S101 - there is at least one place
        raise lost

    async def _ask_there(
        self, url: str, service: str, action: str, inside: str, *, login: bool
    ) -> ET.Element:
        """The body of a SOAP answer, which may be a fault."""
        attempt = 0
        while True:
            status, challenges, content = await self._send(url, service, action, inside, login=login)
            body = _parse(content)
            may_log_in = status == 401 and login and bool(self._place.user) and attempt < LOGIN_ATTEMPTS
            # What was answered first may have been a challenge of long ago.
            if may_log_in and self._login.learn(challenges, again=attempt > 0):
                attempt += 1
                continue
            if status == 401 or (body is not None and _refuses_login(body)):
                raise LoginRefused(self._login_words(action))
            if body is None:
                raise CameraLost(f"it answered {action} with status {status} and no SOAP")
            if status != 200 and body.find(f"{{{_ENVELOPE}}}Fault") is None:
                raise CameraLost(f"it answered {action} with status {status}")
            return body

    def _login_words(self, action: str) -> str:
        if not self._place.user:
            return f"it wants a user name and a password for {action}"
        return f"it refuses the login (at {action}): the user name or the password is wrong, or the user may not do it"

    async def _send(
        self, url: str, service: str, action: str, inside: str, *, login: bool
    ) -> tuple[int, list[str], bytes]:
        """Status, challenges and content of one HTTP answer. Raises `CameraLost`."""
        assert self._http is not None  # noqa: S101 - it is connected
        # Who logs in by HTTP must not do so by a token as well (ONVIF Core Specification, section 5.9.1).
        by_token = login and self._place.user and not self._login.challenged
        header = self._token() if by_token else ""
        envelope = (
            f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s={quoteattr(_ENVELOPE)}>'
            f"<s:Header>{header}</s:Header>"
            f"<s:Body><{action} xmlns={quoteattr(service)}>{inside}</{action}></s:Body></s:Envelope>"
        ).encode()
        headers = {"Content-Type": f'application/soap+xml; charset=utf-8; action="{service}/{action}"'}
        target = URL(url, encoded=True)
        if login and (answer := self._login.header("POST", target.raw_path_qs, envelope)) is not None:
            headers["Authorization"] = answer
        try:
            async with self._http.post(
                target, data=envelope, headers=headers, allow_redirects=False
            ) as response:
                content = await response.content.read(LARGEST + 1)
                while len(content) <= LARGEST and (more := await response.content.read(LARGEST)):
                    content += more
                return response.status, response.headers.getall("WWW-Authenticate", []), content
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise CameraLost(reason(error)) from None

    def _token(self) -> str:
        """A user name token with the digest of nonce, time and password (WS-Security, section 3.1 of its profile)."""
        nonce = os.urandom(16)
        created = (datetime.now(UTC) + self._ahead).strftime("%Y-%m-%dT%H:%M:%SZ")
        password = self._place.password.encode()
        digest = hashlib.sha1(nonce + created.encode() + password, usedforsecurity=False).digest()
        return (
            f"<w:Security xmlns:w={quoteattr(_SECURITY)} xmlns:u={quoteattr(_UTILITY)}><w:UsernameToken>"
            f"<w:Username>{escape(self._place.user)}</w:Username>"
            f"<w:Password Type={quoteattr(_DIGEST)}>{base64.b64encode(digest).decode()}</w:Password>"
            f"<w:Nonce>{base64.b64encode(nonce).decode()}</w:Nonce><u:Created>{created}</u:Created>"
            f"</w:UsernameToken></w:Security>"
        )

    def _here(self, path: str, port: int) -> str:
        return f"http://{host_port(self._address, port)}{path}"


@dataclass(frozen=True)
class _Profile:
    """A media profile: whether it has a picture, and whether it can be moved."""

    token: str
    seen: bool
    moves: bool

    @classmethod
    def of(cls, node: ET.Element) -> _Profile:
        """Profile of the first media service or the second, whose elements have other names."""
        names = {each.tag.rpartition("}")[2] for each in node.iter()}
        return cls(
            node.get("token", ""),
            seen=bool(
                names
                & {"VideoEncoderConfiguration", "VideoSourceConfiguration", "VideoEncoder", "VideoSource"}
            ),
            moves=bool(names & {"PTZConfiguration", "PTZ"}),
        )


def _answer(body: ET.Element, action: str) -> ET.Element:
    """The same body. Raises `OrderRefused` where it is a fault."""
    fault = body.find(f"{{{_ENVELOPE}}}Fault")
    if fault is not None:
        raise OrderRefused(f"{action}: {' '.join(''.join(fault.itertext()).split())[:200]}")
    return body


def _refuses_login(body: ET.Element) -> bool:
    """True for an authentication fault (ONVIF Core Specification, section 5.8.2.4; WS-Security, section 12)."""
    fault = body.find(f"{{{_ENVELOPE}}}Fault")
    codes = () if fault is None else fault.iter(f"{{{_ENVELOPE}}}Value")
    return any((code.text or "").strip().rpartition(":")[2] in _LOGIN_FAULTS for code in codes)


def _parse(content: bytes) -> ET.Element | None:
    """The body of a SOAP envelope. SOAP has no document types, and entities are how XML becomes a weapon."""
    if len(content) > LARGEST or b"<!" in content.replace(b"<!--", b"").replace(b"<![CDATA[", b""):
        return None
    for declared in (content, _declare(content)):
        try:
            return ET.fromstring(declared).find(f"{{{_ENVELOPE}}}Body")  # noqa: S314 (see above)
        except ET.ParseError:
            continue
    return None


def _declare(content: bytes) -> bytes:
    """The same with the usual prefixes of the PTZ service declared: some cameras use them and do not."""
    missing = [prefix for prefix in (b"ptz", b"tptz") if b"xmlns:" + prefix + b"=" not in content]
    declarations = b"".join(b' xmlns:%b="%b"' % (prefix, _PTZ.encode()) for prefix in missing)
    return re.sub(rb"(<[\w.-]+:Envelope)(?=\s)", lambda found: found[1] + declarations, content, count=1)


def _text(body: ET.Element, name: str) -> str:
    return (body.findtext(f".//{{{_DEVICE}}}{name}") or "").strip()


def _vector(pan: float, tilt: float, zoom: float) -> str:
    return (
        f'<PanTilt xmlns="{_SCHEMA}" x="{pan:.4f}" y="{tilt:.4f}"/><Zoom xmlns="{_SCHEMA}" x="{zoom:.4f}"/>'
    )


def _share(units: int) -> float:
    """-50000 to 50000 as -1 to 1."""
    return units / HIGHEST


def _units(text: str | None, lowest: float, otherwise: int) -> int:
    """A number from `lowest` to 1 as -50000 to 50000, at its limit where it is beyond; `otherwise` where there is none.

    A decimal comma is one, too.
    """
    try:
        value = float((text or "").strip().replace(",", "."))
    except ValueError:
        return otherwise
    if math.isnan(value):
        return otherwise
    share = (min(max(value, lowest), 1.0) - lowest) / (1.0 - lowest)
    return round(LOWEST + share * (HIGHEST - LOWEST))
