"""A network camera that speaks ONVIF: `onvif://[USER:PASSWORD@]HOST[:PORT]`, profile S with its PTZ service.

Only what a camera needs: device, media and PTZ services, SOAP 1.2 over HTTP, user name tokens (WS-Security).
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import aiohttp

from videobar.adapters.cameras.place import Place
from videobar.adapters.cameras.remote import CameraLost, OrderRefused, RemoteCamera
from videobar.adapters.cameras.surroundings import Surroundings
from videobar.room.cameras.port import CameraFacts
from videobar.room.cameras.position import HIGHEST, LOWEST, Aim, Drive, Position
from videobar.room.reach import Reach

PORT: Final = 80
ANSWER_S: Final = 5.0
LARGEST: Final = 1_000_000
"""Bytes of an answer."""

_DEVICE: Final = "http://www.onvif.org/ver10/device/wsdl"
_MEDIA: Final = "http://www.onvif.org/ver10/media/wsdl"
_PTZ: Final = "http://www.onvif.org/ver20/ptz/wsdl"
_SCHEMA: Final = "http://www.onvif.org/ver10/schema"
_ENVELOPE: Final = "http://www.w3.org/2003/05/soap-envelope"
_SECURITY: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_UTILITY: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_DIGEST: Final = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
)


def onvif_camera(url: str, surroundings: Surroundings) -> RemoteCamera:
    """The camera behind `onvif:`."""
    place = Place.of(url, PORT)
    return RemoteCamera(OnvifHead(place, surroundings.reach), place.shown)


class OnvifHead:
    """Implements `Head`."""

    def __init__(self, place: Place, reach: Reach) -> None:
        self._place, self._reach = place, reach
        self._http: aiohttp.ClientSession | None = None
        self._address = ""
        self._ahead = timedelta()
        self._services: dict[str, str] = {}
        self._profile = ""

    async def connect(self) -> tuple[CameraFacts, str]:
        """Read its clock (tokens carry the time), what it is, where its services are, and its first profile."""
        await self.close()
        self._address = await self._place.address(self._reach)
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S), trust_env=False)
        self._services = {_DEVICE: self._here("/onvif/device_service", self._place.port)}
        self._ahead = timedelta()
        self._ahead = await self._clock_ahead()
        about = await self._ask(_DEVICE, "GetDeviceInformation")
        model = " ".join(filter(None, (_text(about, "Manufacturer"), _text(about, "Model")))) or "ONVIF"
        abilities = await self._ask(_DEVICE, "GetCapabilities", "<Category>All</Category>")
        for name, service in (("Media", _MEDIA), ("PTZ", _PTZ)):
            node = next(abilities.iter(f"{{{_SCHEMA}}}{name}"), None)
            where = None if node is None else node.findtext(f"{{{_SCHEMA}}}XAddr")
            if where:
                parts = urlsplit(where.strip())
                # What it says of its own host need not be true from here; only ours has been judged.
                self._services[service] = self._here(parts.path, parts.port or 80)
        if _MEDIA not in self._services:
            raise CameraLost("it has no media service")
        profiles = list((await self._ask(_MEDIA, "GetProfiles")).iter(f"{{{_MEDIA}}}Profiles"))
        moving = [each for each in profiles if each.find(f"{{{_SCHEMA}}}PTZConfiguration") is not None]
        if not profiles:
            raise CameraLost("it has no profile")
        self._profile = (moving or profiles)[0].get("token", "")
        ptz = bool(moving) and _PTZ in self._services
        facts = CameraFacts(model, pan=ptz, tilt=ptz, zoom=ptz)
        return facts, await self._stream()

    async def drive(self, drive: Drive) -> None:
        """Move on, or stop. Focus is not part of profile S."""
        pan, tilt, zoom = drive.pan or 0.0, drive.tilt or 0.0, drive.zoom or 0.0
        token = f"<ProfileToken>{escape(self._profile)}</ProfileToken>"
        if pan or tilt or zoom:
            await self._ask(_PTZ, "ContinuousMove", f"{token}<Velocity>{_vector(pan, tilt, zoom)}</Velocity>")
        else:
            await self._ask(_PTZ, "Stop", f"{token}<PanTilt>true</PanTilt><Zoom>true</Zoom>")

    async def go_to(self, aim: Aim, now: Position, pace: float) -> None:
        """Go there; axes that are not given stay where they are."""
        given = {axis: value for axis, value in aim.given() if value is not None}
        target = replace(now, **given)
        position = _vector(_share(target.pan), _share(target.tilt), (_share(target.zoom) + 1) / 2)
        speed = _vector(pace, pace, pace)
        await self._ask(
            _PTZ,
            "AbsoluteMove",
            f"<ProfileToken>{escape(self._profile)}</ProfileToken>"
            f"<Position>{position}</Position><Speed>{speed}</Speed>",
        )

    async def position(self) -> Position:
        """Where it says that it looks; straight ahead where it cannot move."""
        if _PTZ not in self._services:
            await self._ask(_DEVICE, "GetSystemDateAndTime")
            return Position()
        status = await self._ask(_PTZ, "GetStatus", f"<ProfileToken>{escape(self._profile)}</ProfileToken>")
        pan_tilt = next(status.iter(f"{{{_SCHEMA}}}PanTilt"), None)
        zoom = next(status.iter(f"{{{_SCHEMA}}}Zoom"), None)
        return Position(
            _units(pan_tilt.get("x") if pan_tilt is not None else None, -1.0),
            _units(pan_tilt.get("y") if pan_tilt is not None else None, -1.0),
            _units(zoom.get("x") if zoom is not None else None, 0.0),
        )

    async def close(self) -> None:
        """Close connections."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def _stream(self) -> str:
        """The URL of its picture, at the address that was judged, and with the password that is needed for it."""
        setup = (
            f'<StreamSetup><Stream xmlns="{_SCHEMA}">RTP-Unicast</Stream>'
            f'<Transport xmlns="{_SCHEMA}"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
        )
        answer = await self._ask(
            _MEDIA, "GetStreamUri", f"{setup}<ProfileToken>{escape(self._profile)}</ProfileToken>"
        )
        uri = answer.findtext(f".//{{{_SCHEMA}}}Uri") or ""
        if not uri.startswith("rtsp://"):
            return ""
        try:
            stream = Place.of(uri.strip(), 554)
        except ValueError:
            return ""
        return replace(stream, user=self._place.user, password=self._place.password).url(self._address)

    async def _clock_ahead(self) -> timedelta:
        """How far its clock is ahead of ours. The time needs no password, though some cameras think so."""
        try:
            answer = await self._ask(_DEVICE, "GetSystemDateAndTime", login=False)
        except OrderRefused:
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
        """The body of the answer. Raises `CameraLost`, or `OrderRefused` for a SOAP fault."""
        url = self._services.get(service)
        if url is None or self._http is None:
            raise OrderRefused(f"it has no service for {action}")
        header = self._token() if login and self._place.user else ""
        envelope = (
            f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s={quoteattr(_ENVELOPE)}>'
            f"<s:Header>{header}</s:Header>"
            f"<s:Body><{action} xmlns={quoteattr(service)}>{inside}</{action}></s:Body></s:Envelope>"
        )
        headers = {"Content-Type": f'application/soap+xml; charset=utf-8; action="{service}/{action}"'}
        try:
            async with self._http.post(
                url, data=envelope.encode(), headers=headers, allow_redirects=False
            ) as response:
                content = await response.content.read(LARGEST + 1)
                while len(content) <= LARGEST and (more := await response.content.read(LARGEST)):
                    content += more
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise CameraLost(str(error) or type(error).__name__) from None
        body = _parse(content)
        if body is None:
            raise CameraLost(f"it answered {action} with status {status} and no SOAP")
        fault = body.find(f"{{{_ENVELOPE}}}Fault")
        if fault is not None:
            raise OrderRefused(f"{action}: {' '.join(''.join(fault.itertext()).split())[:200]}")
        if status != 200:
            raise CameraLost(f"it answered {action} with status {status}")
        return body

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
        host = f"[{self._address}]" if ":" in self._address else self._address
        return f"http://{host}:{port}{path}"


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


def _units(text: str | None, lowest: float) -> int:
    """A number from `lowest` to 1 as -50000 to 50000; the middle of pan and tilt, and the widest zoom, without one."""
    try:
        value = float(text) if text is not None else 0.0
    except ValueError:
        value = 0.0
    share = (min(max(value, lowest), 1.0) - lowest) / (1.0 - lowest)
    return round(LOWEST + share * (HIGHEST - LOWEST))
