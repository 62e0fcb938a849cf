"""The table of settings: name, type, default, kind and meaning of each, said once."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from videobar.adapters.cameras.configured import Configured, cameras
from videobar.adapters.host.tls_words import Compatibility, Keys
from videobar.ldap.connection import Address
from videobar.logs import Style
from videobar.media.video.layout import Style as Layout
from videobar.settings.folder import (
    Confine,
    calendar_below,
    cameras_below,
    directory_below,
    file_below,
    sink_below,
    source_below,
    sources_below,
    unconfined,
)
from videobar.settings.kinds import (
    addresses,
    boolean,
    file,
    hosts,
    http_proxy,
    log_format,
    log_level,
    networks,
    path,
    path_or_none,
    port_range,
    text,
    timezone,
    token,
    whole,
    whole_or_off,
)
from videobar.settings.words import (
    CODECS,
    MOST_VIDEO,
    VIDEO_CODECS,
    calendar_provider,
    codecs,
    echo_control,
    encryption,
    engine,
    firmware,
    gateways,
    https_compatibility,
    https_key,
    idle_minutes,
    layout,
    ldap_schema,
    ldap_servers,
    microphone,
    microphones,
    model,
    noise_suppression,
    sip_domain,
    sip_server,
    sip_servers,
    sip_transport,
    sip_user,
    speaker,
    video_codecs,
)
from videobar.vocabulary import EchoControl, Encryption, Model, NoiseSuppression

log = logging.getLogger("videobar")


def setting(
    default: Any,
    meaning: str,
    parse: Callable[[str], Any],
    *,
    metavar: str = "",
    secret: bool = False,
    editable: bool = True,
    confine: Confine = unconfined,
) -> Any:
    """A field of `Settings`. `parse` reads its text and raises `ValueError` saying what is expected.

    Without `editable`, it cannot be changed through `/rest/config`. What names files is confined to some by `confine`
    when it comes from there.
    """
    return field(
        default=default,
        metadata={
            "help": meaning,
            "parse": parse,
            "metavar": metavar,
            "secret": secret,
            "editable": editable,
            "confine": confine,
        },
    )


@dataclass(frozen=True)
class Settings:
    """All settings of a room, checked."""

    host: str = setting("127.0.0.1", "address to serve the REST API on", text, metavar="ADDRESS")
    port: int = setting(8443, "port of the REST API; 0 takes a free one", whole(0, 65535))
    http_port: int | None = setting(
        None, "port on which plain HTTP is told to come back by HTTPS, or off", whole_or_off(0, 65535)
    )
    https_key: Keys = setting(
        Keys.ECDSA,
        "key of the room's own certificate: ecdsa, rsa for clients that know nothing else, or both, of which each "
        "client is shown the one that it can use",
        https_key,
    )
    https_compatibility: Compatibility = setting(
        Compatibility.MODERN,
        "TLS 1.2 suites: modern, wide (also CBC with SHA-1) or legacy (also RSA key exchange, without forward "
        "secrecy); for old control processors, with --https-key both",
        https_compatibility,
    )
    data: Path = setting(
        None,
        "directory for what survives a restart; by default videobar, or videobar-simulated with --engine simulated, "
        "in $XDG_DATA_HOME or ~/.local/share",
        path,
        metavar="DIR",
        editable=False,
    )
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
        None,
        "PEM file of the certificate for SIP over TLS; the room's own by default",
        file,
        metavar="FILE",
        confine=file_below,
    )
    sip_key: Path | None = setting(
        None,
        "PEM file of its key, where it is not in the same file",
        file,
        metavar="FILE",
        confine=file_below,
    )
    sip_tls_verify: bool = setting(
        False, "connect over TLS only to SIP servers that prove who they are", boolean
    )
    sip_tls_ca: Path | None = setting(
        None,
        "PEM file of the CAs to believe; those of the system by default",
        file,
        metavar="FILE",
        confine=file_below,
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
        confine=source_below,
    )
    fence_microphones: tuple[str, ...] = setting(
        (),
        "microphones around the first one, separated by commas: the acoustic fence keeps out what is louder there; "
        "none for none",
        microphones,
        metavar="LIST",
        confine=sources_below,
    )
    speaker: str = setting(
        "none",
        "where far ends are heard: none, device (the default one), device:NAME or a WAV file to write",
        speaker,
        metavar="SINK",
        confine=sink_below,
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
        confine=cameras_below,
    )
    visca_port: int | None = setting(
        None,
        "port (UDP and TCP) on which joysticks move the selected camera by VISCA, without a password, or off; "
        "0 takes a free one",
        whole_or_off(0, 65535),
    )
    content: Path | None = setting(
        None,
        "directory of the files that can be shared; content below --data by default",
        path_or_none,
        metavar="DIR",
        confine=directory_below,
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
    max_incoming_rate: int | None = setting(
        None, "call rate in kbit/s that callers get at most; --default-rate by default", whole(64, 6144)
    )
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
    logins_per_minute: int | None = setting(
        1200,
        "passwords checked a minute, and at once, for one address or IPv6 network of 64 bits, or off",
        whole_or_off(1, 6000),
    )
    account_logins_per_minute: int | None = setting(
        2400,
        "passwords checked a minute, and at once, for one user from wherever, or off",
        whole_or_off(1, 6000),
    )
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
        None,
        "authorities for LDAP servers (PEM), instead of the system's",
        path_or_none,
        metavar="FILE",
        confine=file_below,
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
        "",
        "address of the calendar or its server, or for ics a file",
        text,
        metavar="URL",
        secret=True,
        confine=calendar_below,
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
    calendar_key_file: str = setting(
        "", "google: key file of a service account (JSON)", text, metavar="FILE", confine=file_below
    )
    calendar_hosts: tuple[str, ...] = setting(
        (),
        "hosts that may be given the credentials besides the one that is set; .example.org is all in it",
        hosts,
        metavar="LIST",
    )
    calendar_ca_file: Path | None = setting(
        None,
        "certificates of further authorities for calendar servers (PEM)",
        path_or_none,
        metavar="FILE",
        confine=file_below,
    )
    calendar_proxy: str | None = setting(
        None,
        "HTTP proxy on the way to calendar servers, such as http://proxy.example.org:3128",
        http_proxy,
        metavar="URL",
    )
    calendar_patterns: Path | None = setting(
        None,
        "further rules for what in an invitation can be called (TOML)",
        path_or_none,
        metavar="FILE",
        confine=file_below,
    )
    calendar_gateways: tuple[tuple[str, str], ...] = setting(
        (),
        "how to call meetings that only have a web page, such as teams={meeting_id}@gateway.example.org",
        gateways,
        metavar="LIST",
    )
    calendar_seconds: int = setting(60, "how often the calendar is read", whole(1, 86400))
    calendar_days: int = setting(90, "how many days ahead meetings are kept", whole(1, 366))
    metrics_open: bool = setting(False, "show /x/metrics to everybody, without a login", boolean)
    metrics_token: str | None = setting(
        None, "bearer token that opens /x/metrics", token, metavar="TOKEN", secret=True
    )
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
                    changes[item.name] = read_stored(item, value, self.data)
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


def read_stored(item: Field[Any], value: str, data: Path) -> Any:
    """The value of a text that came in through the API. Raises `ValueError`."""
    return item.metadata["parse"](item.metadata["confine"](value, data))


def table() -> list[Field[Any]]:
    """The fields of `Settings` that are settings, in order."""
    return [item for item in fields(Settings) if "parse" in item.metadata]


def default_data_directory(engine: str) -> Path:
    """`$XDG_DATA_HOME/videobar`, or `~/.local/share/videobar`; of simulated rooms `videobar-simulated` beside it."""
    directory = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return directory / ("videobar-simulated" if engine == "simulated" else "videobar")
