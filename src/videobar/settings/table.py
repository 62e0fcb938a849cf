"""The table of settings: name, type, default, kind and meaning of each, said once."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from videobar.adapters.cameras.setting import CameraSetting, cameras
from videobar.adapters.host.tls_options import Compatibility, Keys
from videobar.ldap.connection import LdapAddress
from videobar.logs import Style
from videobar.media.video.layout import LayoutStyle
from videobar.room.calendar.port import ProviderKind
from videobar.settings.choices import EngineKind, LdapSchema, LogLevel, NoCalendar, SipTransport
from videobar.settings.folder import (
    calendar_below,
    cameras_below,
    directory_below,
    file_below,
    sink_below,
    source_below,
    sources_below,
)
from videobar.settings.kinds import (
    ADDRESSES,
    BOOLEAN,
    DIRECTORY,
    FILE,
    HOSTS,
    HTTP_PROXY,
    LATER_FILE,
    NETWORKS,
    OPTIONAL_DIRECTORY,
    PORTS,
    TEXT,
    TIMEZONE,
    TOKEN,
    PortRange,
    choice,
    whole,
    whole_or_off,
)
from videobar.settings.room_kinds import (
    AUDIO_CODECS,
    AUDIO_NAMES,
    CALENDAR,
    CAMERAS,
    FIRMWARE,
    GATEWAYS,
    IDLE_MINUTES,
    LDAP_SERVERS,
    MICROPHONE,
    MICROPHONES,
    MODEL,
    MOST_VIDEO,
    SIP_DOMAIN,
    SIP_SERVER,
    SIP_SERVERS,
    SIP_USER,
    SPEAKER,
    VIDEO_CODECS,
    VIDEO_NAMES,
)
from videobar.settings.setting import ROW, Setting, setting
from videobar.vocabulary import EchoControl, Encryption, Model, NoiseSuppression

log = logging.getLogger("videobar")


@dataclass(frozen=True)
class Settings:
    """All settings of a room, checked."""

    host: str = setting("127.0.0.1", "address to serve the REST API on", TEXT, metavar="ADDRESS")
    port: int = setting(8443, "port of the REST API; 0 takes a free one", whole(0, 65535))
    http_port: int | None = setting(
        None, "port that redirects plain HTTP to HTTPS, or off", whole_or_off(0, 65535)
    )
    https_key: Keys = setting(
        Keys.ECDSA,
        "keys of the room's own certificates: ecdsa, rsa for clients that know nothing else, or both, of which each "
        "client gets the one that it can use",
        choice(Keys),
    )
    https_compatibility: Compatibility = setting(
        Compatibility.MODERN,
        "TLS 1.2 suites: modern, wide (also CBC with SHA-1) or legacy (also RSA key exchange, without forward "
        "secrecy); for old control processors, with --https-key both",
        choice(Compatibility),
    )
    data: Path = setting(
        cast("Path", None),  # `load` puts `default_data_directory` there
        "data directory, which survives a restart; by default videobar, or videobar-simulated with --engine simulated, "
        "in $XDG_DATA_HOME or ~/.local/share",
        DIRECTORY,
        editable=False,
    )
    model: Model = setting(Model.X30, "model to emulate: G7500, X50 or X30", MODEL)
    firmware: str = setting(
        "3.12.0",
        "VideoOS version to show; from 4.6.2 on, writes need the XSRF token",
        FIRMWARE,
    )
    name: str | None = setting(None, "name of the room; kept until it is set again", TEXT, editable=False)
    admin_password: str | None = setting(
        None,
        "password of the user admin, instead of the serial number",
        TEXT,
        metavar="PASSWORD",
        secret=True,
        editable=False,
    )
    admin_password_file: Path | None = setting(
        None,
        "file whose first line is that password, which the list of processes then does not show",
        FILE,
        editable=False,
    )
    engine: EngineKind = setting(
        EngineKind.SIP,
        "call engine: sip, or simulated, with far ends such as busy@sim for testing control code",
        choice(EngineKind),
    )
    sip_host: tuple[str, ...] | None = setting(
        None,
        "addresses for SIP and RTP, such as 192.0.2.7,2001:db8::7 or 0.0.0.0,::; that of --host by default",
        ADDRESSES,
    )
    sip_port: int = setting(5060, "port for SIP over UDP and TCP; 0 takes a free one", whole(0, 65535))
    sip_tls: bool = setting(True, "listen for SIP over TLS, too", BOOLEAN)
    sip_tls_port: int | None = setting(
        None,
        "port for SIP over TLS; the one after --sip-port by default, or a free one where either is 0",
        whole(0, 65535),
    )
    sip_certificate: Path | None = setting(
        None,
        "PEM file of the certificate for SIP over TLS; the room's own by default",
        FILE,
        confine=file_below,
    )
    sip_key: Path | None = setting(
        None,
        "PEM file of the key, where it is not in the file of the certificate",
        FILE,
        confine=file_below,
    )
    sip_tls_verify: bool = setting(False, "verify the certificates of SIP servers", BOOLEAN)
    sip_tls_ca: Path | None = setting(
        None,
        "PEM file of the CAs that SIP over TLS trusts; those of the system by default",
        FILE,
        confine=file_below,
    )
    sip_servers: tuple[str, ...] = setting(
        (),
        "SIP servers to register with, the preferred one first: HOST, HOST:PORT or a sip: or sips: URI",
        SIP_SERVERS,
    )
    sip_user: str = setting("room", "user part of the room's SIP address", SIP_USER)
    sip_domain: str | None = setting(
        None, "domain of the room's SIP address; the first server's host by default", SIP_DOMAIN
    )
    sip_auth_user: str | None = setting(
        None, "name to log in to SIP servers with; --sip-user by default", TEXT, metavar="USER"
    )
    sip_password: str | None = setting(
        None, "password for SIP servers", TEXT, metavar="PASSWORD", secret=True
    )
    sip_proxy: str | None = setting(
        None,
        "outbound proxy that everything goes to first: HOST, HOST:PORT or a sip: or sips: URI",
        SIP_SERVER,
    )
    sip_transport: SipTransport = setting(
        SipTransport.AUTO,
        "transport to SIP servers whose address names none: auto, udp, tcp or tls",
        choice(SipTransport),
    )
    sip_expires: int = setting(300, "seconds that a registration lasts", whole(60, 86400))
    sip_keep_alive: int = setting(
        30, "seconds between keep-alive requests to a SIP server over UDP; 0 for none", whole(0, 3600)
    )
    rtp_ports: PortRange = setting(PortRange(20000, 29999), "UDP ports for media", PORTS)
    codecs: tuple[str, ...] = setting(AUDIO_NAMES, "audio codecs in order of preference", AUDIO_CODECS)
    video_codecs: tuple[str, ...] = setting(
        VIDEO_NAMES,
        "video codecs in order of preference; none for calls without video",
        VIDEO_CODECS,
    )
    layout: LayoutStyle = setting(
        LayoutStyle.SPEAKER,
        "layout of several far ends in one picture: speaker (large, the others in a strip) or grid",
        choice(LayoutStyle),
    )
    encryption: Encryption = setting(
        Encryption.WHEN_AVAILABLE,
        "encryption of media: off, available (taken where the far end has it) or required",
        choice(Encryption),
    )
    microphone: str = setting(
        "tone",
        "microphone: silence, tone, tone:HZ, device (the default one), device:NAME or a WAV file",
        MICROPHONE,
        confine=source_below,
    )
    fence_microphones: tuple[str, ...] = setting(
        (),
        "microphones around the first one, separated by commas: the acoustic fence keeps out what is louder there; "
        "none for none",
        MICROPHONES,
        confine=sources_below,
    )
    speaker: str = setting(
        "none",
        "loudspeakers: none, device (the default one), device:NAME or a WAV file to write",
        SPEAKER,
        confine=sink_below,
    )
    noise_suppression: NoiseSuppression = setting(
        NoiseSuppression.AUTO,
        "noise suppression of the microphone: off, low, moderate, high, very-high, or auto, which is "
        "moderate for a device and else off",
        choice(NoiseSuppression),
    )
    echo_control: EchoControl = setting(
        EchoControl.AUTO,
        "turn the microphone down while the loudspeakers speak: off, on, or auto, which is on where both are devices",
        choice(EchoControl),
    )
    cameras: tuple[CameraSetting, ...] = setting(
        cameras("drawn:"),
        "cameras, as URLs separated by commas, each after people=, people.NAME= or content= if need be; "
        "none for none",
        CAMERAS,
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
        OPTIONAL_DIRECTORY,
        confine=directory_below,
    )
    far_control: bool = setting(False, "let far ends move this room's camera", BOOLEAN)
    save_megabytes: int = setting(
        500, "most MB of content that one collaboration session may save", whole(1, 100_000)
    )
    auto_answer: bool = setting(False, "answer incoming calls at once", BOOLEAN)
    auto_answer_muted: bool = setting(False, "mute the microphones when a call is answered at once", BOOLEAN)
    do_not_disturb: bool | None = setting(
        None, "do not disturb: callers hear that the room is busy; kept until set again", BOOLEAN
    )
    mute_locked: bool | None = setting(
        None, "lock the microphones' mute state; kept until set again", BOOLEAN, editable=False
    )
    max_connections: int = setting(6, "most connections at once", whole(1, 32))
    max_video_connections: int = setting(MOST_VIDEO, "most connections with video", whole(0, 6))
    ring_seconds: int = setting(60, "seconds that a call may ring", whole(1, 600))
    response_seconds: int = setting(
        15, "seconds after which a dialled host that sends no response counts as unreachable", whole(1, 32)
    )
    default_rate: int = setting(1920, "call rate in kbit/s where a call asks for none", whole(64, 6144))
    max_incoming_rate: int | None = setting(
        None, "highest call rate of incoming calls in kbit/s; --default-rate by default", whole(64, 6144)
    )
    allow_faults: bool = setting(
        False, "allow injected faults (/x/stage/faults) also with --engine sip", BOOLEAN
    )
    timezone: ZoneInfo | None = setting(
        None,
        "the room's time zone, such as Europe/Zurich; that of the host by default",
        TIMEZONE,
    )
    reboot_seconds: int = setting(
        0, "seconds that a reboot refuses connections, as a device does; 0 keeps the port open", whole(0, 600)
    )
    rooms: int = setting(
        1,
        "number of rooms, on ports from --port on; more than one only with --engine simulated",
        whole(1, 1000),
        editable=False,
    )
    max_sessions: int = setting(50, "most sessions at once", whole(1, 1000))
    idle_minutes: int = setting(10, "minutes until an unused session ends", IDLE_MINUTES)
    lockout_attempts: int | None = setting(10, "failed logins until a lock-out, or off", whole_or_off(2, 10))
    account_lockout_attempts: int | None = setting(
        None,
        "failed logins of one user, from all addresses together, until it is locked out, or off",
        whole_or_off(2, 10),
    )
    account_lockout_minutes: int = setting(1, "minutes that the lock-out of a user lasts", whole(1, 480))
    logins_per_minute: int | None = setting(
        1200,
        "passwords checked a minute, and at once, for one address or IPv6 network of 64 bits, or off",
        whole_or_off(1, 6000),
    )
    account_logins_per_minute: int | None = setting(
        2400,
        "passwords checked a minute, and at once, for one user, from all addresses together, or off",
        whole_or_off(1, 6000),
    )
    password_min_length: int = setting(6, "fewest characters of a new password", whole(1, 64))
    password_history: int = setting(
        0, "number of earlier passwords that a new one must differ from", whole(0, 10)
    )
    lockout_minutes: int = setting(1, "minutes that a lock-out lasts", whole(1, 480))
    lockout_window_hours: int | None = setting(
        None,
        "hours within which failed logins add up, or off: until a login succeeds",
        whole_or_off(1, 24),
    )
    forbidden_networks: tuple[IPv4Network | IPv6Network, ...] = setting(
        (ip_network("169.254.0.0/16"), ip_network("fe80::/10")),
        "networks that addresses of pings, calendars and cameras must not be in, or none",
        NETWORKS,
    )
    drop_every: int = setting(
        0, "for tests: ignore every n-th incoming SIP datagram", whole(0, 1000), editable=False
    )
    ldap_servers: tuple[LdapAddress, ...] = setting(
        (),
        "servers of the global directory, replicas in order of preference, such as ldap://host or ldaps://host:636",
        LDAP_SERVERS,
    )
    ldap_base: str = setting("", "base DN of searches on LDAP servers", TEXT, metavar="DN")
    ldap_schema: LdapSchema = setting(
        LdapSchema.OPENLDAP, "schema of the LDAP servers: openldap or ad", choice(LdapSchema)
    )
    ldap_user: str = setting(
        "", "DN (for ad also user@domain) to log in to LDAP servers with", TEXT, metavar="DN"
    )
    ldap_password: str = setting("", "password of that user", TEXT, metavar="PASSWORD", secret=True)
    ldap_starttls: bool = setting(True, "use StartTLS on ldap:// connections", BOOLEAN)
    ldap_verify: bool = setting(True, "verify the certificates of LDAP servers", BOOLEAN)
    ldap_ca_file: Path | None = setting(
        None,
        "PEM file of the CAs of LDAP servers, instead of the system's",
        LATER_FILE,
        confine=file_below,
    )
    ldap_most_results: int = setting(2000, "most entries of one search on LDAP servers", whole(1, 20_000))
    directory_default_group: str | None = setting(
        None, "id of the directory group that is shown first (mtddefaultgroupentry)", TEXT, metavar="ID"
    )
    log_format: Style = setting(Style.TEXT, "format of log lines: text or json", choice(Style))
    calendar_provider: ProviderKind | NoCalendar | None = setting(
        None,
        "calendar provider: none, ics, caldav, ews (Exchange), graph (Microsoft 365) or google; the one that "
        "discovery found, when it is not set",
        CALENDAR,
        metavar="KIND",
    )
    calendar_url: str = setting(
        "",
        "address of the calendar or its server, or for ics a file",
        TEXT,
        metavar="URL",
        secret=True,
        confine=calendar_below,
    )
    calendar_user: str = setting("", "user of the calendar server", TEXT, metavar="USER")
    calendar_password: str = setting("", "password of that user", TEXT, metavar="PASSWORD", secret=True)
    calendar_mailbox: str = setting(
        "", "mail address of the room; the user's name where that is one", TEXT, metavar="ADDRESS"
    )
    calendar_tenant: str = setting("", "graph: tenant, as a name or an id", TEXT, metavar="TENANT")
    calendar_client_id: str = setting("", "graph: id of the registered application", TEXT, metavar="ID")
    calendar_client_secret: str = setting(
        "", "graph: secret of that application", TEXT, metavar="SECRET", secret=True
    )
    calendar_key_file: str = setting(
        "", "google: key file of a service account (JSON)", TEXT, metavar="FILE", confine=file_below
    )
    calendar_hosts: tuple[str, ...] = setting(
        (),
        "further hosts that may get the calendar's credentials; .example.org for all in a domain",
        HOSTS,
    )
    calendar_ca_file: Path | None = setting(
        None,
        "PEM file of further CAs of calendar servers",
        LATER_FILE,
        confine=file_below,
    )
    calendar_proxy: str | None = setting(
        None,
        "HTTP proxy on the way to calendar servers, such as http://proxy.example.org:3128",
        HTTP_PROXY,
    )
    calendar_patterns: Path | None = setting(
        None,
        "TOML file of further rules that find addresses to call in invitations",
        LATER_FILE,
        confine=file_below,
    )
    calendar_gateways: tuple[tuple[str, str], ...] = setting(
        (),
        "gateway rules for meetings that only have a web page, such as teams={meeting_id}@gateway.example.org",
        GATEWAYS,
    )
    calendar_seconds: int = setting(60, "seconds between two readings of the calendar", whole(1, 86400))
    calendar_days: int = setting(90, "days ahead for which meetings are kept", whole(1, 366))
    metrics_open: bool = setting(False, "open /x/metrics without a login", BOOLEAN)
    metrics_token: str | None = setting(None, "bearer token that opens /x/metrics", TOKEN, secret=True)
    log_level: LogLevel = setting(LogLevel.INFO, "log level: debug, info, warning or error", choice(LogLevel))

    given: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    """Not a setting: the names that came from flags, environment or file, which nothing else may change."""

    def with_stored(self, stored: Callable[[str], str | None]) -> Settings:
        """These settings, with values from the room's store where nothing else gave one.

        A value that has no meaning (any more) is passed over, with an error in the log: a room always starts.
        """
        changes: dict[str, Any] = {}
        for item in table():
            value = stored(item.name) if item.editable and item.name not in self.given else None
            if value is not None:
                try:
                    changes[item.name] = item.read_stored(value, self.data)
                except ValueError as error:
                    log.error("the stored setting %s %s, and is passed over", item.name, error)
        return replace(self, **changes)

    def bare(self) -> Settings:
        """These settings without cameras and without servers elsewhere, for a start after others have failed."""
        return replace(
            self,
            cameras=(),
            sip_servers=(),
            ldap_servers=(),
            calendar_provider=NoCalendar.NONE,
            visca_port=None,
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
        """True for firmware that asks for the XSRF token (4.6.2 and later, observed)."""
        return tuple(int(number) for number in self.firmware.partition("-")[0].split(".")) >= (4, 6, 2)


@functools.cache
def table() -> tuple[Setting[Any], ...]:
    """All settings, in order."""
    rows = ((item.name, item.metadata[ROW]) for item in fields(Settings) if ROW in item.metadata)
    return tuple(replace(row, name=name) for name, row in rows)


def default_data_directory(engine: EngineKind) -> Path:
    """`$XDG_DATA_HOME/videobar`, or `~/.local/share/videobar`; of simulated rooms `videobar-simulated` beside it."""
    directory = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return directory / ("videobar-simulated" if engine is EngineKind.SIMULATED else "videobar")
