"""What an operator can set, said once: name, type, default and meaning.

Each setting can come from a flag (`--sip-port`), from the environment (`VIDEOBAR_SIP_PORT`) and from a TOML file
(`sip_port = 5060`); the first of these that has it wins. What none of them has may have been set through
`/rest/config`, and is kept in the room's store. The command line's help, the documentation and `/rest/config` are made
from the same table.
"""

from __future__ import annotations

import logging
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from videobar.adapters.cameras.configured import Configured, cameras
from videobar.ldap.connection import Address
from videobar.logs import Style
from videobar.media.layout import Style as Layout
from videobar.sip.errors import MalformedUri, UnsupportedTransport
from videobar.sip.uri import SipUri
from videobar.vocabulary import EchoControl, Encryption, Model, NoiseSuppression

log = logging.getLogger("videobar")

ENVIRONMENT_PREFIX = "VIDEOBAR_"
CODECS = ("opus", "g722", "pcmu", "pcma")
VIDEO_CODECS = ("h264", "vp8")
MOST_VIDEO = 6
MOST_FENCE_MICROPHONES = 8
IDLE_MINUTES = (1, 3, 5, 10, 15, 20, 30, 45, 60, 120, 240, 480)


class SettingError(Exception):
    """A setting has no meaning; the text names the setting, where it came from and what is expected."""


def setting(
    default: Any,
    meaning: str,
    parse: Callable[[str], Any],
    *,
    metavar: str = "",
    secret: bool = False,
    editable: bool = True,
) -> Any:
    """A field of `Settings`. `parse` reads its text and raises `ValueError` saying what is expected.

    Without `editable`, it cannot be changed through `/rest/config`.
    """
    return field(
        default=default,
        metadata={
            "help": meaning,
            "parse": parse,
            "metavar": metavar,
            "secret": secret,
            "editable": editable,
        },
    )


def text(value: str) -> str:
    """Any text."""
    return value


def path(value: str) -> Path:
    """A path; `~` is the home directory."""
    return Path(value).expanduser()


def file(value: str) -> Path:
    """The path of a file that exists."""
    found = path(value)
    if not found.is_file():
        raise ValueError("must be a file that exists")
    return found.resolve()


def addresses(value: str) -> tuple[str, ...]:
    """Addresses or names of this host, separated by commas; IPv6 without brackets, or in them."""
    found = tuple(each.strip().removeprefix("[").removesuffix("]") for each in value.split(","))
    if not all(found) or len(set(found)) != len(found):
        raise ValueError("must be addresses of this host, such as 192.0.2.7,2001:db8::7")
    return found


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


def boolean(value: str) -> bool:
    """`true` or `false`, and the words that mean them."""
    words = {
        "true": True,
        "yes": True,
        "on": True,
        "1": True,
        "false": False,
        "no": False,
        "off": False,
        "0": False,
    }
    if value.lower() not in words:
        raise ValueError("must be true or false")
    return words[value.lower()]


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def parse(value: str) -> int:
        if not value.isdecimal() or not lowest <= int(value) <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return int(value)

    return parse


def whole_or_off(lowest: int, highest: int) -> Callable[[str], int | None]:
    """A whole number within bounds, or `off`."""
    number = whole(lowest, highest)

    def parse(value: str) -> int | None:
        try:
            return None if value.lower() == "off" else number(value)
        except ValueError:
            raise ValueError(f"must be off, or a whole number from {lowest} to {highest}") from None

    return parse


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


def port_range(value: str) -> tuple[int, int]:
    """`FIRST-LAST`, UDP ports."""
    first, dash, last = value.partition("-")
    if (
        not dash
        or not first.isdecimal()
        or not last.isdecimal()
        or not 1024 <= int(first) < int(last) <= 65535
    ):
        raise ValueError("must be two ports such as 20000-29999")
    return int(first), int(last)


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
    kind, _, argument = value.partition(":")
    if value in ("silence", "tone", "device") or (kind == "device" and argument):
        return value
    if kind == "tone" and argument.isdecimal() and 20 <= int(argument) <= 20000:
        return value
    if not Path(value).expanduser().is_file():
        raise ValueError(
            "must be silence, tone, tone:HZ (20 to 20000), device, device:NAME, or a WAV file that exists"
        )
    return str(Path(value).expanduser().resolve())


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
    kind, _, name = value.partition(":")
    if value in ("none", "device") or (kind == "device" and name):
        return value
    file = Path(value).expanduser()
    if file.is_dir() or not file.parent.is_dir():
        raise ValueError(
            "must be none, device, device:NAME, or a WAV file to write in a directory that exists"
        )
    return str(file.resolve())


def engine(value: str) -> str:
    """What carries calls."""
    if value not in ("sip", "simulated"):
        raise ValueError("must be sip or simulated")
    return value


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


def hosts(value: str) -> tuple[str, ...]:
    """Host names, separated by commas; a domain with all that is in it begins with a dot."""
    names = tuple(name.strip().lower() for name in value.split(",") if name.strip())
    if any("/" in name or "@" in name or " " in name for name in names):
        raise ValueError("must be host names such as mail.example.org, or .example.org for all in a domain")
    return names


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


def networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks such as 169.254.0.0/16, separated by commas; `none` for no network."""
    if value.strip().lower() == "none":
        return ()
    try:
        return tuple(ip_network(each.strip()) for each in value.split(","))
    except ValueError:
        raise ValueError("must be networks such as 10.0.0.0/8,fd00::/8, or none") from None


def timezone(value: str) -> ZoneInfo:
    """A time zone of the IANA database."""
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be a time zone such as Europe/Zurich") from None


def log_format(value: str) -> Style:
    """What a line of the log looks like."""
    try:
        return Style(value.lower())
    except ValueError:
        raise ValueError("must be text or json") from None


def log_level(value: str) -> str:
    """A level of Python's logging."""
    if value.lower() not in ("debug", "info", "warning", "error"):
        raise ValueError("must be debug, info, warning or error")
    return value.upper()


def default_data_directory() -> Path:
    """`$XDG_DATA_HOME/videobar`, or `~/.local/share/videobar`."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "videobar"


@dataclass(frozen=True)
class Settings:
    """All settings of a room, checked."""

    host: str = setting("127.0.0.1", "address to serve the REST API on", text, metavar="ADDRESS")
    port: int = setting(8443, "port of the REST API; 0 takes a free one", whole(0, 65535))
    http_port: int | None = setting(
        None, "port on which plain HTTP is told to come back by HTTPS, or off", whole_or_off(0, 65535)
    )
    data: Path = setting(None, "directory for what survives a restart", path, metavar="DIR", editable=False)
    model: Model = setting(Model.X30, "which system to be: G7500, X50 or X30", model)
    firmware: str = setting(
        "3.12.0",
        "VideoOS version to show; from 4.6.2 on, writes need the XSRF token",
        firmware,
        metavar="VERSION",
    )
    name: str | None = setting(None, "name of the room; kept until it is set again", text, editable=False)
    admin_password: str | None = setting(
        None,
        "password of the user admin, instead of the serial number",
        text,
        metavar="PASSWORD",
        secret=True,
        editable=False,
    )
    engine: str = setting(
        "sip",
        "what carries calls: sip, or simulated far ends such as busy@sim for testing control code",
        engine,
    )
    sip_host: tuple[str, ...] | None = setting(
        None,
        "addresses for SIP and RTP, such as 192.0.2.7,2001:db8::7 or 0.0.0.0,::; that of --host by default",
        addresses,
        metavar="LIST",
    )
    sip_port: int = setting(5060, "port for SIP over UDP and TCP; 0 takes a free one", whole(0, 65535))
    sip_tls: bool = setting(True, "speak SIP over TLS too", boolean)
    sip_tls_port: int | None = setting(
        None,
        "port for SIP over TLS; the one after --sip-port by default, or a free one where either is 0",
        whole(0, 65535),
    )
    sip_certificate: Path | None = setting(
        None, "PEM file of the certificate for SIP over TLS; the room's own by default", file, metavar="FILE"
    )
    sip_key: Path | None = setting(
        None, "PEM file of its key, where it is not in the same file", file, metavar="FILE"
    )
    sip_tls_verify: bool = setting(
        False, "connect over TLS only to SIP servers that prove who they are", boolean
    )
    sip_tls_ca: Path | None = setting(
        None, "PEM file of the CAs to believe; those of the system by default", file, metavar="FILE"
    )
    sip_servers: tuple[str, ...] = setting(
        (),
        "SIP servers to register with, the preferred one first: HOST, HOST:PORT or a sip: or sips: URI",
        sip_servers,
        metavar="LIST",
    )
    sip_user: str = setting("room", "user part of the room's SIP address", sip_user, metavar="USER")
    sip_domain: str | None = setting(
        None, "domain of the room's SIP address; the first server's host by default", sip_domain
    )
    sip_auth_user: str | None = setting(
        None, "name to log in to SIP servers with; --sip-user by default", text, metavar="USER"
    )
    sip_password: str | None = setting(
        None, "password for SIP servers", text, metavar="PASSWORD", secret=True
    )
    sip_proxy: str | None = setting(
        None,
        "outbound proxy that everything goes to first: HOST, HOST:PORT or a sip: or sips: URI",
        sip_server,
        metavar="SERVER",
    )
    sip_transport: str = setting(
        "auto", "transport to SIP servers whose address names none: auto, udp, tcp or tls", sip_transport
    )
    sip_expires: int = setting(300, "seconds that a registration lasts", whole(60, 86400))
    sip_keep_alive: int = setting(
        30, "seconds between questions whether a SIP server is still there; 0 for none", whole(0, 3600)
    )
    rtp_ports: tuple[int, int] = setting(
        (20000, 29999), "UDP ports for media", port_range, metavar="FIRST-LAST"
    )
    codecs: tuple[str, ...] = setting(CODECS, "audio codecs in order of preference", codecs, metavar="LIST")
    video_codecs: tuple[str, ...] = setting(
        VIDEO_CODECS,
        "video codecs in order of preference; none for calls without video",
        video_codecs,
        metavar="LIST",
    )
    layout: Layout = setting(
        Layout.SPEAKER,
        "how far ends see several others: speaker (large, the others in a strip) or grid",
        layout,
    )
    encryption: Encryption = setting(
        Encryption.WHEN_AVAILABLE,
        "encryption of media: off, available (taken where the far end has it) or required",
        encryption,
    )
    microphone: str = setting(
        "tone",
        "what far ends hear: silence, tone, tone:HZ, device (the default one), device:NAME or a WAV file",
        microphone,
        metavar="SOURCE",
    )
    fence_microphones: tuple[str, ...] = setting(
        (),
        "microphones around the first one, separated by commas: the acoustic fence keeps out what is louder there; "
        "none for none",
        microphones,
        metavar="LIST",
    )
    speaker: str = setting(
        "none",
        "where far ends are heard: none, device (the default one), device:NAME or a WAV file to write",
        speaker,
        metavar="SINK",
    )
    noise_suppression: NoiseSuppression = setting(
        NoiseSuppression.AUTO,
        "how much noise is taken away from the microphone: off, low, moderate, high, very-high, or auto, which is "
        "moderate for a device and else off",
        noise_suppression,
    )
    echo_control: EchoControl = setting(
        EchoControl.AUTO,
        "turn the microphone down while the loudspeakers speak: off, on, or auto, which is on where both are devices",
        echo_control,
    )
    cameras: tuple[Configured, ...] = setting(
        cameras("drawn:"),
        "what the room sees, as URLs separated by commas, each after people=, people.NAME= or content= if need be; "
        "none for nothing",
        cameras,
        metavar="URL,...",
        secret=True,
    )
    visca_port: int | None = setting(
        None,
        "UDP port on which joysticks move the selected camera by VISCA over IP, without a password, or off; "
        "0 takes a free one",
        whole_or_off(0, 65535),
    )
    content: Path | None = setting(
        None,
        "directory of the files that can be shared; content below --data by default",
        path,
        metavar="DIR",
    )
    far_control: bool = setting(False, "let far ends move this room's camera", boolean)
    save_megabytes: int = setting(
        500, "how many MB of content one collaboration session may save", whole(1, 100_000)
    )
    auto_answer: bool = setting(False, "answer incoming calls at once", boolean)
    auto_answer_muted: bool = setting(False, "mute the microphones when a call is answered at once", boolean)
    do_not_disturb: bool | None = setting(
        None, "let nobody ring: callers hear that the room is busy; kept until set again", boolean
    )
    mute_locked: bool | None = setting(
        None, "lock the microphones' mute state; kept until set again", boolean, editable=False
    )
    max_connections: int = setting(6, "how many far ends the room talks to at once", whole(1, 32))
    max_video_connections: int = setting(MOST_VIDEO, "with how many of them there may be video", whole(0, 6))
    ring_seconds: int = setting(60, "how long a call may ring", whole(1, 600))
    response_seconds: int = setting(15, "how long a dialled host may say nothing at all", whole(1, 32))
    default_rate: int = setting(1920, "call rate in kbit/s where a call asks for none", whole(64, 6144))
    allow_faults: bool = setting(
        False, "show faults on request (/x/stage/faults) also where far ends are not simulated", boolean
    )
    timezone: ZoneInfo | None = setting(
        None,
        "the room's time zone, such as Europe/Zurich; that of the host by default",
        timezone,
        metavar="ZONE",
    )
    reboot_seconds: int = setting(
        0, "for how long a reboot refuses everybody, as a device does; 0 keeps the port open", whole(0, 600)
    )
    rooms: int = setting(
        1,
        "how many rooms to run, on ports from --port on; more than one only with --engine simulated",
        whole(1, 1000),
        editable=False,
    )
    max_sessions: int = setting(50, "how many sessions may be logged in at once", whole(1, 1000))
    idle_minutes: int = setting(10, "minutes until an unused session ends", idle_minutes)
    lockout_attempts: int | None = setting(10, "failed logins until a lock-out, or off", whole_or_off(2, 10))
    account_lockout_attempts: int | None = setting(
        None, "failed logins of one user, from wherever, until it is locked out, or off", whole_or_off(2, 10)
    )
    account_lockout_minutes: int = setting(1, "how long the lock-out of a user lasts", whole(1, 480))
    password_min_length: int = setting(6, "how many characters a new password needs", whole(1, 64))
    password_history: int = setting(0, "how many earlier passwords a new one may not be", whole(0, 10))
    lockout_minutes: int = setting(1, "how long a lock-out lasts", whole(1, 480))
    lockout_window_hours: int | None = setting(
        None,
        "within how many hours failed logins add up, or off: until a login succeeds",
        whole_or_off(1, 24),
    )
    forbidden_networks: tuple[IPv4Network | IPv6Network, ...] = setting(
        (ip_network("169.254.0.0/16"), ip_network("fe80::/10")),
        "where users may not send the room, by ping, calendar or camera address, or none",
        networks,
        metavar="NETWORKS",
    )
    drop_every: int = setting(
        0, "for tests: ignore every n-th incoming SIP datagram", whole(0, 1000), editable=False
    )
    ldap_servers: tuple[Address, ...] = setting(
        (),
        "servers of the global directory, replicas in order of preference, such as ldap://host or ldaps://host:636",
        ldap_servers,
        metavar="URL,...",
    )
    ldap_base: str = setting("", "where searches on LDAP servers begin", text, metavar="DN")
    ldap_schema: str = setting("openldap", "what LDAP servers are like: openldap or ad", ldap_schema)
    ldap_user: str = setting(
        "", "DN (for ad also user@domain) to log in to LDAP servers with", text, metavar="DN"
    )
    ldap_password: str = setting("", "password of that user", text, metavar="PASSWORD", secret=True)
    ldap_starttls: bool = setting(True, "secure ldap:// connections with StartTLS", boolean)
    ldap_verify: bool = setting(True, "check the certificates of LDAP servers", boolean)
    ldap_ca_file: Path | None = setting(
        None, "authorities for LDAP servers (PEM), instead of the system's", path, metavar="FILE"
    )
    ldap_most_results: int = setting(
        2000, "entries that one search of LDAP servers may bring", whole(1, 20_000)
    )
    directory_default_group: str | None = setting(
        None, "id of the directory group that is shown first (mtddefaultgroupentry)", text, metavar="ID"
    )
    log_format: Style = setting(Style.TEXT, "what a line of the log looks like: text or json", log_format)
    calendar_provider: str | None = setting(
        None,
        "where meetings come from: none, ics, caldav, ews (Exchange), graph (Microsoft 365) or google; "
        "what discovery found, when it is not set",
        calendar_provider,
        metavar="KIND",
    )
    calendar_url: str = setting(
        "", "address of the calendar or its server, or for ics a file", text, metavar="URL", secret=True
    )
    calendar_user: str = setting("", "user of the calendar server", text, metavar="USER")
    calendar_password: str = setting("", "password of that user", text, metavar="PASSWORD", secret=True)
    calendar_mailbox: str = setting(
        "", "mail address of the room; the user's name where that is one", text, metavar="ADDRESS"
    )
    calendar_tenant: str = setting("", "graph: tenant, as a name or an id", text, metavar="TENANT")
    calendar_client_id: str = setting("", "graph: id of the registered application", text, metavar="ID")
    calendar_client_secret: str = setting(
        "", "graph: secret of that application", text, metavar="SECRET", secret=True
    )
    calendar_key_file: str = setting("", "google: key file of a service account (JSON)", text, metavar="FILE")
    calendar_hosts: tuple[str, ...] = setting(
        (),
        "hosts that may be given the credentials besides the one that is set; .example.org is all in it",
        hosts,
        metavar="LIST",
    )
    calendar_ca_file: Path | None = setting(
        None, "certificates of further authorities for calendar servers (PEM)", path, metavar="FILE"
    )
    calendar_patterns: Path | None = setting(
        None, "further rules for what in an invitation can be called (TOML)", path, metavar="FILE"
    )
    calendar_gateways: tuple[tuple[str, str], ...] = setting(
        (),
        "how to call meetings that only have a web page, such as teams={meeting_id}@gateway.example.org",
        gateways,
        metavar="LIST",
    )
    calendar_seconds: int = setting(60, "how often the calendar is read", whole(1, 86400))
    calendar_days: int = setting(90, "how many days ahead meetings are kept", whole(1, 366))
    log_level: str = setting("INFO", "debug, info, warning or error", log_level, metavar="LEVEL")

    given: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    """Not a setting: the names that came from flags, environment or file, which nothing else may change."""

    def with_stored(self, stored: Callable[[str], str | None]) -> Settings:
        """These settings, with values from the room's store where nothing else gave one.

        A value that has no meaning (any more) is passed over, with an error in the log: a room always starts.
        """
        changes: dict[str, Any] = {}
        for item in table():
            value = stored(item.name) if item.metadata["editable"] and item.name not in self.given else None
            if value is not None:
                try:
                    changes[item.name] = item.metadata["parse"](value)
                except ValueError as error:
                    log.error("the stored setting %s %s, and is passed over", item.name, error)
        return replace(self, **changes)

    def bare(self) -> Settings:
        """These settings without cameras and without servers elsewhere, for a start after others have failed."""
        return replace(
            self, cameras=(), sip_servers=(), ldap_servers=(), calendar_provider="none", visca_port=None
        )

    def each_room(self) -> list[Settings]:
        """The settings of each room of this process: consecutive ports, own data directories, numbered names."""
        if self.rooms == 1:
            return [self]
        return [
            replace(
                self,
                rooms=1,
                port=self.port + number if self.port else 0,
                data=self.data / f"room-{number + 1:04}",
                name=f"{self.name or 'Room'} {number + 1}",
            )
            for number in range(self.rooms)
        ]

    @property
    def enforce_xsrf(self) -> bool:
        """Whether the firmware is one that asks for the XSRF token (4.6.2 and later, observed)."""
        return tuple(int(number) for number in self.firmware.partition("-")[0].split(".")) >= (4, 6, 2)


def table() -> list[Field[Any]]:
    """The fields of `Settings` that are settings, in order."""
    return [item for item in fields(Settings) if "parse" in item.metadata]


def environment_name(name: str) -> str:
    """The variable that a setting is read from."""
    return ENVIRONMENT_PREFIX + name.upper()


def flag_name(name: str) -> str:
    """The flag that a setting is read from."""
    return "--" + name.replace("_", "-")


def load(
    flags: Mapping[str, str | None], environment: Mapping[str, str], config: Path | None = None
) -> Settings:
    """Settings from flags (by field name, `None` where not given), environment and TOML file, in that order.

    Raises `SettingError` for a value without meaning, a file that cannot be read and a name that does not exist.
    """
    if config is None and environment.get(ENVIRONMENT_PREFIX + "CONFIG"):
        config = Path(environment[ENVIRONMENT_PREFIX + "CONFIG"])
    file = _read_file(config) if config is not None else {}
    values: dict[str, Any] = {}
    for item in table():
        for origin, value in (
            (flag_name(item.name), flags.get(item.name)),
            (environment_name(item.name), environment.get(environment_name(item.name))),
            (f"{config}: {item.name}", file.get(item.name)),
        ):
            if value is not None:
                try:
                    values[item.name] = item.metadata["parse"](value)
                except ValueError as error:
                    shown = "the given value" if item.metadata["secret"] else repr(value)
                    raise SettingError(f"{origin}: {shown} {error}") from None
                break
    given = frozenset(values)
    if "data" not in values:
        values["data"] = default_data_directory()
    settings = Settings(**values, given=given)
    if settings.rooms > 1 and settings.engine != "simulated":
        raise SettingError("--rooms: several rooms in one process are simulated; add --engine simulated")
    if settings.ldap_servers and not settings.ldap_base:
        raise SettingError("--ldap-base: is needed for LDAP servers, such as dc=example,dc=org")
    if settings.port and settings.port + settings.rooms > 65536:
        raise SettingError(f"--rooms: there are no {settings.rooms} ports from {settings.port} on")
    return settings


def _read_file(config: Path) -> dict[str, str]:
    try:
        with config.open("rb") as file:
            given = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingError(f"{config}: {error}") from None
    known = {item.name for item in table()}
    unknown = sorted(set(given) - known)
    if unknown:
        raise SettingError(f"{config}: there is no setting {unknown[0]!r}")
    return {name: _as_text(f"{config}: {name}", value) for name, value in given.items()}


def _as_text(origin: str, value: object) -> str:
    """A TOML value as the text that a flag would have been given."""
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int():
            return str(value)
        case list() if all(isinstance(element, str) for element in value):
            return ",".join(value)
        case _:
            raise SettingError(f"{origin}: must be a text, a number, true or false")


def default_text(name: str) -> str:
    """A setting's default, as help shows it; empty where there is none."""
    return value_text(name, next(item.default for item in table() if item.name == name))


def value_text(name: str, value: object) -> str:
    """A setting's value as the text that it could be given as; empty for none."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Model():
            return value.name
        case tuple() if name == "cameras":
            return ",".join(each.url for each in value)
        case tuple() if name == "rtp_ports":
            return "-".join(map(str, value))
        case tuple() if name == "calendar_gateways":
            return ",".join(f"{link}={address}" for link, address in value)
        case tuple():
            return ",".join(map(str, value))
        case _:
            return str(value).lower() if name == "log_level" else str(value)


def page() -> str:
    """All settings as Markdown, for the documentation."""
    lines = [
        "# Settings",
        "",
        "Made by `python -m videobar.settings > docs/settings.md`; a test compares the two.",
        "",
        "A flag wins over a variable, and that over the TOML file that `--config` or `VIDEOBAR_CONFIG` names.",
        "",
        "| flag | variable | in the file | default | meaning |",
        "|---|---|---|---|---|",
    ]
    for item in table():
        default = default_text(item.name)
        lines.append(
            f"| `{flag_name(item.name)}` | `{environment_name(item.name)}` | `{item.name}` "
            f"| {f'`{default}`' if default else ''} | {item.metadata['help']} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
