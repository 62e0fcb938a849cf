"""Kinds of values that only a room has: codecs, microphones, servers. Each reads a text, and says what is expected.

All raise `ValueError` with words that go on after the value: "must be …".
"""

from __future__ import annotations

from videobar.adapters.host.tls_words import Compatibility, Keys
from videobar.codecs.registry import AUDIO_FORMATS, VIDEO_FORMATS
from videobar.files import is_free, is_regular
from videobar.ldap.connection import Address
from videobar.media.video.layout import Style as Layout
from videobar.settings.kinds import path
from videobar.sip.errors import MalformedUri, UnsupportedTransport
from videobar.sip.syntax.uri import SipUri
from videobar.vocabulary import EchoControl, Encryption, Model, NoiseSuppression

CODECS = tuple(AUDIO_FORMATS)
VIDEO_CODECS = tuple(VIDEO_FORMATS)
MOST_VIDEO = 6
MOST_FENCE_MICROPHONES = 8
IDLE_MINUTES = (1, 3, 5, 10, 15, 20, 30, 45, 60, 120, 240, 480)


def sip_server(value: str) -> str:
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


def sip_servers(value: str) -> tuple[str, ...]:
    """SIP servers, separated by commas."""
    found = tuple(sip_server(each) for each in value.split(",") if each.strip())
    if len(set(found)) != len(found) or not 0 < len(found) <= 8:
        raise ValueError("must be one to eight different SIP servers, separated by commas")
    return found


def sip_user(value: str) -> str:
    """The user part of a SIP address."""
    try:
        user = SipUri("host", value).user
    except MalformedUri as error:
        raise ValueError(f"must be the user part of a SIP address: {error}") from None
    if not user:
        raise ValueError("must be the user part of a SIP address, which is not empty")
    return user


def sip_domain(value: str) -> str:
    """A host name or address."""
    try:
        return SipUri(value.removeprefix("[").removesuffix("]")).host
    except MalformedUri as error:
        raise ValueError(f"must be a domain such as example.org: {error}") from None


def sip_transport(value: str) -> str:
    """How to reach SIP servers."""
    if value.lower() not in ("auto", "udp", "tcp", "tls"):
        raise ValueError("must be auto, udp, tcp or tls")
    return value.lower()


def model(value: str) -> Model:
    """One of the emulated models."""
    try:
        return Model[value.upper().removeprefix("STUDIO").strip()]
    except KeyError:
        raise ValueError(f"must be one of {', '.join(Model.__members__)}") from None


def firmware(value: str) -> str:
    """A version such as 3.12.0 or 4.6.2-442070."""
    numbers = value.partition("-")[0].split(".")
    if not 2 <= len(numbers) <= 4 or not all(number.isdecimal() for number in numbers):
        raise ValueError("must be a version such as 3.12.0")
    return value


def codecs(value: str) -> tuple[str, ...]:
    """Audio codecs in order of preference, separated by commas."""
    names = tuple(name.strip().lower() for name in value.split(",") if name.strip())
    if not names or len(set(names)) != len(names) or not set(names) <= set(CODECS):
        raise ValueError(f"must be some of {','.join(CODECS)}, in order of preference")
    return names


def video_codecs(value: str) -> tuple[str, ...]:
    """Video codecs in order of preference, separated by commas, or `none`."""
    if value.strip().lower() == "none":
        return ()
    names = tuple(name.strip().lower() for name in value.split(",") if name.strip())
    if not names or len(set(names)) != len(names) or not set(names) <= set(VIDEO_CODECS):
        raise ValueError(f"must be some of {','.join(VIDEO_CODECS)}, in order of preference, or none")
    return names


def layout(value: str) -> Layout:
    """How far ends see several others."""
    try:
        return Layout(value.lower())
    except ValueError:
        raise ValueError("must be speaker or grid") from None


def microphone(value: str) -> str:
    """`silence`, `tone`, `tone:HZ`, `device`, `device:NAME`, or an existing file, looked at when it is played."""
    if is_source_without_file(value):
        return value
    if not is_regular(path(value)):
        raise ValueError(
            "must be silence, tone, tone:HZ (20 to 20000), device, device:NAME, or a WAV file that exists"
        )
    return str(path(value).resolve())


def is_source_without_file(value: str) -> bool:
    """Whether a microphone is something else than a file."""
    kind, _, argument = value.partition(":")
    if kind == "tone" and argument.isdecimal() and len(argument) <= 5:
        return 20 <= int(argument) <= 20000
    return value in ("silence", "tone", "device") or (kind == "device" and bool(argument))


def microphones(value: str) -> tuple[str, ...]:
    """Some of what a microphone can be, separated by commas; `none` for none."""
    found = () if value == "none" else tuple(microphone(each.strip()) for each in value.split(","))
    if len(found) > MOST_FENCE_MICROPHONES:
        raise ValueError(f"must be at most {MOST_FENCE_MICROPHONES} microphones")
    return found


def noise_suppression(value: str) -> NoiseSuppression:
    """How much noise is taken away."""
    try:
        return NoiseSuppression(value.lower())
    except ValueError:
        raise ValueError(f"must be one of {', '.join(NoiseSuppression)}") from None


def echo_control(value: str) -> EchoControl:
    """Whether the microphone is turned down while the loudspeakers speak."""
    try:
        return EchoControl(value.lower())
    except ValueError:
        raise ValueError(f"must be one of {', '.join(EchoControl)}") from None


def speaker(value: str) -> str:
    """`none`, `device`, `device:NAME`, or a file in a directory that exists."""
    if is_sink_without_file(value):
        return value
    file = path(value)
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
    """Whether loudspeakers are something else than a file."""
    kind, _, name = value.partition(":")
    return value in ("none", "device") or (kind == "device" and bool(name))


def engine(value: str) -> str:
    """What carries calls."""
    if value not in ("sip", "simulated"):
        raise ValueError("must be sip or simulated")
    return value


def https_key(value: str) -> Keys:
    """Which keys the room's own certificates have."""
    try:
        return Keys(value.lower())
    except ValueError:
        raise ValueError(f"must be one of {', '.join(Keys)}") from None


def https_compatibility(value: str) -> Compatibility:
    """Which clients of HTTPS are let in."""
    try:
        return Compatibility(value.lower())
    except ValueError:
        raise ValueError(f"must be one of {', '.join(Compatibility)}") from None


def encryption(value: str) -> Encryption:
    """When media are encrypted."""
    try:
        return Encryption(value.lower())
    except ValueError:
        raise ValueError(f"must be {', '.join(list(Encryption)[:-1])} or {list(Encryption)[-1]}") from None


def calendar_provider(value: str) -> str:
    """A kind of calendar server, or `none`."""
    kinds = ("none", "ics", "caldav", "ews", "graph", "google")
    if value not in kinds:
        raise ValueError(f"must be one of {', '.join(kinds)}")
    return value


def gateways(value: str) -> tuple[tuple[str, str], ...]:
    """`LINK=ADDRESS` pairs, separated by commas."""
    rules = [rule.partition("=") for rule in value.split(",") if rule.strip()]
    if not all(name.strip() and "@" in address for name, _, address in rules):
        raise ValueError("must be rules such as teams={meeting_id}@gateway.example.org")
    return tuple((name.strip(), address.strip()) for name, _, address in rules)


def ldap_servers(value: str) -> tuple[Address, ...]:
    """URLs of LDAP servers, separated by commas, or `none`."""
    urls = [] if value == "none" else [url.strip() for url in value.split(",") if url.strip()]
    return tuple(Address.of(url) for url in urls)


def ldap_schema(value: str) -> str:
    """What kind of LDAP servers they are."""
    if value not in ("openldap", "ad"):
        raise ValueError("must be openldap or ad")
    return value


def idle_minutes(value: str) -> int:
    """One of the device's idle time-outs."""
    if not value.isdecimal() or int(value) not in IDLE_MINUTES:
        raise ValueError(f"must be one of {', '.join(map(str, IDLE_MINUTES))}")
    return int(value)
