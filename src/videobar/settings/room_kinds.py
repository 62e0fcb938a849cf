"""Kinds of setting that only a room has: codecs, microphones, cameras, SIP and LDAP servers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from videobar.adapters.cameras.setting import CameraSetting, cameras
from videobar.codecs.registry import AUDIO_FORMATS, VIDEO_FORMATS
from videobar.files import is_free, is_regular
from videobar.ldap.connection import LdapAddress
from videobar.room.calendar.port import ProviderKind
from videobar.settings.choices import NoCalendar
from videobar.settings.kinds import Kind, choice, joined, path_of
from videobar.sip.errors import MalformedUri, UnsupportedTransport
from videobar.sip.syntax.uri import SipUri
from videobar.vocabulary import Model

AUDIO_NAMES: Final = tuple(AUDIO_FORMATS)
VIDEO_NAMES: Final = tuple(VIDEO_FORMATS)
MOST_VIDEO: Final = 6
MOST_FENCE_MICROPHONES: Final = 8
IDLE_TIMES: Final = (1, 3, 5, 10, 15, 20, 30, 45, 60, 120, 240, 480)


def _sip_server(value: str) -> str:
    """A SIP server as a URI; `sip:` may be left out."""
    written = value.strip()
    uri = written if written.lower().startswith(("sip:", "sips:")) else f"sip:{written}"
    try:
        parsed = SipUri.parse(uri)
        _ = parsed.transport
    except (MalformedUri, UnsupportedTransport) as error:
        raise ValueError(
            f"must be a SIP server such as sip.example.org or sip:10.0.0.9:5070: {error}"
        ) from None
    if parsed.user or parsed.headers:
        raise ValueError("must be a server, without a user or headers")
    return str(parsed)


def _sip_servers(value: str) -> tuple[str, ...]:
    """SIP servers, separated by commas."""
    found = tuple(_sip_server(each) for each in value.split(",") if each.strip())
    if len(set(found)) != len(found) or not 0 < len(found) <= 8:
        raise ValueError("must be one to eight different SIP servers, separated by commas")
    return found


def _sip_user(value: str) -> str:
    """The user part of a SIP address."""
    try:
        user = SipUri("host", value).user
    except MalformedUri as error:
        raise ValueError(f"must be the user part of a SIP address: {error}") from None
    if not user:
        raise ValueError("must be the user part of a SIP address, which is not empty")
    return user


def _sip_domain(value: str) -> str:
    """A host name or address."""
    try:
        return SipUri(value.removeprefix("[").removesuffix("]")).host
    except MalformedUri as error:
        raise ValueError(f"must be a domain such as example.org: {error}") from None


def _model(value: str) -> Model:
    """One of the emulated models."""
    try:
        return Model[value.upper().removeprefix("STUDIO").strip()]
    except KeyError:
        raise ValueError(f"must be one of {', '.join(Model.__members__)}") from None


def _firmware(value: str) -> str:
    """A version such as 3.12.0 or 4.6.2-442070."""
    numbers = value.partition("-")[0].split(".")
    if not 2 <= len(numbers) <= 4 or not all(number.isdecimal() for number in numbers):
        raise ValueError("must be a version such as 3.12.0")
    return value


def _codecs(value: str) -> tuple[str, ...]:
    """Audio codecs in order of preference, separated by commas."""
    names = tuple(name.strip().lower() for name in value.split(",") if name.strip())
    if not names or len(set(names)) != len(names) or not set(names) <= set(AUDIO_NAMES):
        raise ValueError(f"must be some of {','.join(AUDIO_NAMES)}, in order of preference")
    return names


def _video_codecs(value: str) -> tuple[str, ...]:
    """Video codecs in order of preference, separated by commas, or `none`."""
    if value.strip().lower() == "none":
        return ()
    names = tuple(name.strip().lower() for name in value.split(",") if name.strip())
    if not names or len(set(names)) != len(names) or not set(names) <= set(VIDEO_NAMES):
        raise ValueError(f"must be some of {','.join(VIDEO_NAMES)}, in order of preference, or none")
    return names


def _microphone(value: str) -> str:
    """`silence`, `tone`, `tone:HZ`, `device`, `device:NAME`, or an existing file, looked at when it is played."""
    if is_source_without_file(value):
        return value
    if not is_regular(path_of(value)):
        raise ValueError(
            "must be silence, tone, tone:HZ (20 to 20000), device, device:NAME, or a WAV file that exists"
        )
    return str(path_of(value).resolve())


def is_source_without_file(value: str) -> bool:
    """True for a microphone that is no file."""
    kind, _, argument = value.partition(":")
    if kind == "tone" and argument.isdecimal() and len(argument) <= 5:
        return 20 <= int(argument) <= 20000
    return value in ("silence", "tone", "device") or (kind == "device" and bool(argument))


def _microphones(value: str) -> tuple[str, ...]:
    """Some of what a microphone can be, separated by commas; `none` for none."""
    found = () if value == "none" else tuple(_microphone(each.strip()) for each in value.split(","))
    if len(found) > MOST_FENCE_MICROPHONES:
        raise ValueError(f"must be at most {MOST_FENCE_MICROPHONES} microphones")
    return found


def _speaker(value: str) -> str:
    """`none`, `device`, `device:NAME`, or a file in a directory that exists."""
    if is_sink_without_file(value):
        return value
    file = path_of(value)
    if (
        not value
        or value.startswith("device:")
        or not (is_regular(file) or is_free(file))
        or not file.parent.is_dir()
    ):
        raise ValueError(
            "must be none, device, device:NAME, or a WAV file to write in a directory that exists"
        )
    return str(file.resolve())


def is_sink_without_file(value: str) -> bool:
    """True for loudspeakers that are no file."""
    kind, _, name = value.partition(":")
    return value in ("none", "device") or (kind == "device" and bool(name))


def _gateways(value: str) -> tuple[tuple[str, str], ...]:
    """`LINK=ADDRESS` pairs, separated by commas."""
    rules = [rule.partition("=") for rule in value.split(",") if rule.strip()]
    if not all(name.strip() and "@" in address for name, _, address in rules):
        raise ValueError("must be rules such as teams={meeting_id}@gateway.example.org")
    return tuple((name.strip(), address.strip()) for name, _, address in rules)


def _cameras_text(configured: Iterable[CameraSetting]) -> str:
    return joined(each.entry() for each in configured)


def _gateways_text(rules: Iterable[tuple[str, str]]) -> str:
    return joined(f"{link}={address}" for link, address in rules)


def _ldap_servers(value: str) -> tuple[LdapAddress, ...]:
    """URLs of LDAP servers, separated by commas, or `none`."""
    urls = [] if value == "none" else [url.strip() for url in value.split(",") if url.strip()]
    return tuple(LdapAddress.of(url) for url in urls)


def _idle_minutes(value: str) -> int:
    """One of the device's idle time-outs."""
    if not value.isdecimal() or int(value) not in IDLE_TIMES:
        raise ValueError(f"must be one of {', '.join(map(str, IDLE_TIMES))}")
    return int(value)


SIP_SERVER: Final = Kind(_sip_server, metavar="SERVER")
SIP_SERVERS: Final = Kind(_sip_servers, joined, "LIST")
SIP_USER: Final = Kind(_sip_user, metavar="USER")
SIP_DOMAIN: Final = Kind(_sip_domain)
MODEL: Final = Kind(_model, lambda value: value.name)
FIRMWARE: Final = Kind(_firmware, metavar="VERSION")
AUDIO_CODECS: Final = Kind(_codecs, joined, "LIST")
VIDEO_CODECS: Final = Kind(_video_codecs, joined, "LIST", empty="none")
MICROPHONE: Final = Kind(_microphone, metavar="SOURCE")
MICROPHONES: Final = Kind(_microphones, joined, "LIST", empty="none")
SPEAKER: Final = Kind(_speaker, metavar="SINK")
CAMERAS: Final = Kind(cameras, _cameras_text, "URL,...", empty="none")
CALENDAR: Final[Kind[NoCalendar | ProviderKind]] = choice(NoCalendar, ProviderKind)
GATEWAYS: Final = Kind(_gateways, _gateways_text, "LIST")
LDAP_SERVERS: Final = Kind(_ldap_servers, joined, "URL,...", empty="none")
IDLE_MINUTES: Final = Kind(_idle_minutes)
