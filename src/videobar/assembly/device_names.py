"""The names by which devices know what a room is set to, on their web pages and in their schema (observed).

Each reads and writes what stands behind it here, in the words of the device. What a room does not have, such as H.323,
is read as it is: off or empty; to set it to anything else is refused.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from videobar.adapters.host.authority_files import keep_authorities
from videobar.assembly.configured import Configured
from videobar.errors import CameraCannot, CameraNotConnected, InvalidRequest
from videobar.room.accounts import ADMIN, Accounts
from videobar.room.audio.service import Audio
from videobar.room.calls.availability import Availability
from videobar.room.calls.recent import RecentCalls
from videobar.room.calls.totals import CallTotals
from videobar.room.cameras.service import Cameras
from videobar.room.cameras.sources import PEOPLE, Source
from videobar.room.system.configuration import (
    NotEditable,
    Value,
    Variable,
    as_text,
    as_whole_number,
    as_yes_or_no,
)
from videobar.room.system.service import System
from videobar.vocabulary import Encryption

Write = Callable[[Value], Awaitable[None]]
Texts = Mapping[str, str | None]
"""What settings are to be set to, as they are written in files; `None` is the default."""

ENCRYPTION: Final = {
    Encryption.OFF: "Off",
    Encryption.WHEN_AVAILABLE: "When_Available",
    Encryption.REQUIRED: "Required",
}
"""`When_Available` is recorded, the others are made like it."""
ENCRYPTION_WORDS: Final = {
    "off": Encryption.OFF,
    "available": Encryption.WHEN_AVAILABLE,
    "whenavailable": Encryption.WHEN_AVAILABLE,
    "required": Encryption.REQUIRED,
}
DO_NOT_DISTURB: Final = "Do_Not_Disturb"
ANSWERS: Final = {"yes": "yes", "no": "no", "true": "true", "false": "false", "on": "yes", "off": "no"}
TRUTHS: Final = {"true": "True", "false": "False"}
STANDARD_SIP: Final = "Standard SIP"
FRAME_GROUP: Final = "FrameGroup"
OFF: Final = "Off"
TRACKING_MODES: Final = ("Presenter", "FrameSpeaker", FRAME_GROUP, "FrameGroupWithTransition", OFF)
"""Those of a Studio X30 (its schema)."""
NO_H323: Final = "there is no H.323 here"
NO_PROVISIONING: Final = "there is no provisioning service here"
NO_NAT: Final = "there is no address translation to be set here"
NO_MENU: Final = "the room has no menu of its own"


@dataclass(frozen=True)
class Behind:
    """What stands behind the names."""

    configured: Configured
    system: System
    audio: Audio
    cameras: Cameras
    recent: RecentCalls
    totals: CallTotals
    availability: Availability
    accounts: Accounts
    speaks_sip: bool
    """Whether calls are carried by SIP."""


def device_variables(behind: Behind) -> Iterator[Variable]:
    """All of them."""
    for variables in (
        _identity,
        _names,
        _network,
        _sound,
        _answering,
        _calls,
        _sip,
        _security,
        _cameras,
        _absent,
    ):
        yield from variables(behind)


def _each(names: str, variable: Variable) -> Iterator[Variable]:
    """The same under several names."""
    for name in names.split():
        yield replace(variable, name=name)


def _read_only(names: str, meaning: str, read: Callable[[], Value], why: str = "") -> Iterator[Variable]:
    yield from _each(names, Variable("", meaning, read, fixed=why or Variable.fixed))


def _state(names: str, meaning: str, read: Callable[[], Value], write: Write) -> Iterator[Variable]:
    yield from _each(names, Variable("", meaning, read, write))


def _setting(
    names: str,
    configured: Configured,
    settings: str,
    show: Callable[[Any], Value],
    take: Callable[[Value], Texts],
    meaning: str = "",
) -> Iterator[Variable]:
    """What is kept in settings (their names with spaces between them), the first of which is shown."""
    kept = settings.split()

    async def write(value: Value) -> None:
        await configured.write(take(value))

    item = configured.item(kept[0])
    yield from _each(
        names,
        Variable(
            "",
            meaning or item.metadata["help"],
            lambda: show(configured.value(kept[0])),
            write if any(configured.editable(name) for name in kept) else None,
            at_restart=not all(configured.is_live(name) for name in kept),
            secure=item.metadata["secret"],
            waits=lambda: configured.waits(*kept),
            fixed="it was set at the start of the room",
        ),
    )


def _truth(setting: str) -> Callable[[Value], Texts]:
    return lambda value: {setting: as_text(as_yes_or_no(value))}


def _number(setting: str) -> Callable[[Value], Texts]:
    return lambda value: {setting: as_text(as_whole_number(value))}


def _text(setting: str) -> Callable[[Value], Texts]:
    """A text; an empty one goes back to the default."""
    return lambda value: {setting: as_text(value).strip() or None}


def _letters(value: Value) -> str:
    """A word as it is compared: `When_Available` and `when available` are the same."""
    return re.sub(r"[\s_-]", "", as_text(value)).lower()


def _identity(behind: Behind) -> Iterator[Variable]:
    identity, system = behind.system.identity, behind.system
    image = identity.software_version
    if identity.build not in image:
        image = f"{image}-{identity.build}"
    model = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", identity.model)
    yield from _read_only("system.info.serialnumber", "serial number", lambda: identity.serial_number)
    yield from _read_only("system.info.model", "model", lambda: str(identity.model))
    yield from _read_only("system.info.humanreadablemodel", "model, for people", lambda: model)
    yield from _read_only("system.info.hardwareversion", "version of the hardware", lambda: "1")
    yield from _read_only(
        "system.info.humanreadableversion", "software version", lambda: identity.software_version
    )
    yield from _read_only("softupdate.webui.systemimage", "software version with its build", lambda: image)
    yield from _read_only(
        "system.info.humanreadableversioncamera", "software version of a camera: none is known", lambda: ""
    )
    totals = behind.totals
    yield from _read_only(
        "comm.statistics.timeinlastcall", "seconds of the last call", lambda: totals.last_seconds
    )
    yield from _read_only("comm.statistics.totaltimeincalls", "seconds in all calls", lambda: totals.seconds)
    yield from _read_only(
        "comm.statistics.totalnumberofcalls", "how many calls there were", lambda: totals.calls
    )
    yield from _state(
        "location.language device.local.language",
        "language that panels are to be in",
        lambda: system.language,
        lambda value: system.set_language(as_text(value).strip()),
    )


def _names(behind: Behind) -> Iterator[Variable]:
    system = behind.system
    yield from _state(
        "system.info.systemname device.local.deviceName room.name device.local.roomName",
        "name of the room",
        lambda: system.name,
        lambda value: system.set_name(as_text(value)),
    )


def _network(behind: Behind) -> Iterator[Variable]:
    lan = behind.system.lan
    ipv6 = "system.network.wired.ipv6nic."
    yield from _read_only("system.network.hostname", "name of the host", socket.gethostname)
    yield from _read_only("system.network.wired.ipv4nic.address", "IPv4 address", lambda: lan().ipv4_address)
    yield from _read_only(
        "system.network.wireless.ipv4nic.address", "IPv4 address without a wire: none is known", lambda: ""
    )
    yield from _read_only(
        "system.network.wired.ethernet.macaddress", "hardware address", lambda: lan().mac_address
    )
    yield from _read_only(
        ipv6 + "enabled",
        "whether there is an IPv6 address",
        lambda: bool(lan().ipv6_link_local or lan().ipv6_site_local or lan().ipv6_global),
    )
    yield from _read_only(ipv6 + "linklocal", "IPv6 address on the link", lambda: lan().ipv6_link_local)
    yield from _read_only(ipv6 + "sitelocal", "IPv6 address on the site", lambda: lan().ipv6_site_local)
    yield from _read_only(ipv6 + "globaladdress", "global IPv6 address", lambda: lan().ipv6_global)
    yield from _read_only(
        "comm.firewall.nat.usenataddress net.firewall.nat.useNatAddress",
        "whether callers are told another address",
        lambda: OFF,
        NO_NAT,
    )
    yield from _read_only(
        "comm.firewall.nat.natoutside net.firewall.nat.publicAddress",
        "address that callers are told: none but the room's own",
        lambda: "",
        NO_NAT,
    )


def _sound(behind: Behind) -> Iterator[Variable]:
    audio = behind.audio
    yield from _state(
        "audio.volume.speakervolume voice.volume.speaker",
        "speaker volume, 0 to 100",
        lambda: audio.volume,
        lambda value: audio.set_volume(as_whole_number(value)),
    )
    yield from _state(
        "audio.qualityprocess.enableacousticfence voice.acousticFence.enable",
        "whether far ends hear only those near the first microphone",
        lambda: audio.fence.enabled,
        lambda value: audio.set_fence(enabled=as_yes_or_no(value)),
    )
    yield from _state(
        "audio.qualityprocess.acousticfenceradius voice.acousticFence.radius",
        "how near that is: 0 (close) to 10 (wide)",
        lambda: audio.fence.radius,
        lambda value: audio.set_fence(radius=as_whole_number(value)),
    )
    yield from _read_only(
        "audio.audiotone.alertvideotone voice.ringTone",
        "ring tone: the room rings on panels alone",
        lambda: "None",
        "there are no ring tones here",
    )
    yield from _read_only(
        "audio.volume.soundeffectsvolume voice.volume.soundEffects",
        "volume of sound effects: there are none",
        lambda: 0,
        "there are no sound effects here",
    )
    yield from _read_only(
        "audio.in13.level voice.in.hdmi.level",
        "level of the sound of content: content has none",
        lambda: 0,
        "content has no sound here",
    )


def _answering(behind: Behind) -> Iterator[Variable]:
    configured, availability = behind.configured, behind.availability

    def answers() -> Value:
        if availability.do_not_disturb:
            return DO_NOT_DISTURB
        written = (configured.as_written("auto_answer") or "").lower()
        return TRUTHS.get(written) or ("Yes" if configured.value("auto_answer") else "No")

    async def answer(value: Value) -> None:
        word = _letters(value)
        if word == _letters(DO_NOT_DISTURB):
            await availability.set_do_not_disturb(True)
            return
        if word not in ANSWERS:
            raise InvalidRequest(f"value: must be Yes, No or {DO_NOT_DISTURB}")
        await configured.write({"auto_answer": ANSWERS[word]})
        if availability.do_not_disturb:
            await availability.set_do_not_disturb(False)

    yield from _state(
        "comm.callsetting.callfeatures.autoanswer.answersinglecall call.autoAnswer.answerP2PCall",
        f"whether calls are answered at once: Yes, No or {DO_NOT_DISTURB}",
        answers,
        answer,
    )
    yield from _setting(
        "comm.callsetting.callfeatures.autoanswer.muteautoanswer call.autoAnswer.micMute",
        configured,
        "auto_answer_muted",
        bool,
        _truth("auto_answer_muted"),
    )


def _calls(behind: Behind) -> Iterator[Variable]:
    configured, recent = behind.configured, behind.recent

    def encrypt(value: Value) -> Texts:
        wanted = ENCRYPTION_WORDS.get(_letters(value))
        if wanted is None:
            raise InvalidRequest(f"value: must be one of {', '.join(ENCRYPTION.values())}")
        return {"encryption": wanted.value}

    yield from _setting(
        "comm.callsetting.callfeatures.encryptionenable call.encryption.requireAES",
        configured,
        "encryption",
        ENCRYPTION.__getitem__,
        encrypt,
        f"encryption of media: {', '.join(ENCRYPTION.values())}",
    )
    yield from _setting(
        "comm.callpreference.preferredspeed.ipoutgoing call.preferredSpeed.outgoing",
        configured,
        "default_rate",
        int,
        _number("default_rate"),
    )
    yield from _setting(
        "comm.callpreference.preferredspeed.ipmaxincoming call.preferredSpeed.maxIncoming",
        configured,
        "max_incoming_rate",
        lambda rate: rate or configured.value("default_rate"),
        _number("max_incoming_rate"),
    )
    yield from _state(
        "uicontrol.apps.recentcalls.enabled call.recentCalls.enable",
        "whether recent calls are shown",
        lambda: recent.shown,
        lambda value: recent.set(shown=as_yes_or_no(value)),
    )
    yield from _state(
        "uicontrol.apps.recentcalls.maxnumbertodisplay call.recentCalls.maxNumberToDisplay",
        "how many recent calls are shown, 1 to 1000",
        lambda: recent.most,
        lambda value: recent.set(most=as_whole_number(value)),
    )
    yield from _read_only(
        "comm.callsetting.callfeatures.maxtimeincall call.maxTimeInCall",
        "how long a call may last: as long as it likes",
        lambda: "Unlimited",
        "calls are not ended after a time here",
    )
    yield from _read_only(
        "comm.callpreference.h239enable call.h239.enable",
        "whether content can be shared beside people",
        lambda: True,
        "content can always be shared",
    )
    dialling = "comm.callpreference.networkdialing."
    for kind in ("video", "voice"):
        for number, suffix, protocol in ((1, "", "sip"), (2, "1", "")):
            yield from _read_only(
                f"{dialling}{kind}dialpreference{suffix} call.{kind}DialPreference.{number}",
                f"protocol number {number} that {kind} calls are dialled by",
                lambda protocol=protocol: protocol,  # type: ignore[misc]
                "all calls are dialled by SIP",
            )


def _sip(behind: Behind) -> Iterator[Variable]:
    configured = behind.configured

    def address(user: str) -> Value:
        domain = configured.value("sip_domain")
        host = f"[{domain}]" if domain and ":" in domain else domain
        return f"{user}@{host}" if host else user

    def take_address(value: Value) -> Texts:
        written = as_text(value).strip()
        if written.lower().startswith("sip:"):
            written = written[len("sip:") :]
        user, at, host = written.rpartition("@")
        if not at:
            return (
                {"sip_user": written, "sip_domain": None}
                if configured.value("sip_domain")
                else {"sip_user": written}
            )
        return {"sip_user": user, "sip_domain": host}

    async def speak(value: Value) -> None:
        if as_yes_or_no(value) is not behind.speaks_sip:
            raise NotEditable("what carries calls is set by videobar.engine")

    async def set_server_type(value: Value) -> None:
        if _letters(value) not in (_letters(STANDARD_SIP), "standard", "unknown"):
            raise InvalidRequest(f"value: must be {STANDARD_SIP}, the only kind of server that is known here")

    yield from _state(
        "comm.callpreference.sipenable voIpProt.SIP.enable SIP.enableSIP",
        "whether calls are carried by SIP",
        lambda: behind.speaks_sip,
        speak,
    )
    yield from _setting(
        "comm.nics.sipnic.sipusername voIpProt.SIP.userName",
        configured,
        "sip_user sip_domain",
        address,
        take_address,
        "the room's SIP address, or its user part where the domain is that of the first server",
    )
    yield from _setting(
        "comm.nics.sipnic.sipregistrarserver voIpProt.SIP.registrarServer",
        configured,
        "sip_servers",
        lambda servers: ",".join(map(_bare, servers)),
        _text("sip_servers"),
    )
    yield from _setting(
        "comm.nics.sipnic.sipproxyserver voIpProt.SIP.proxyServer",
        configured,
        "sip_proxy",
        lambda server: _bare(server or ""),
        _text("sip_proxy"),
    )
    yield from _state(
        "comm.nics.sipnic.sipregistrarservertype voIpProt.SIP.registrarServerType",
        "what kind of server it is",
        lambda: STANDARD_SIP,
        set_server_type,
    )
    yield from _setting(
        "voIpProt.SIP.auth.userId",
        configured,
        "sip_auth_user",
        lambda user: user or "",
        _text("sip_auth_user"),
    )
    yield from _setting(
        "voIpProt.SIP.auth.password",
        configured,
        "sip_password",
        as_text,
        lambda value: {"sip_password": as_text(value) or None},
    )
    yield from _setting(
        "voIpProt.SIP.transport",
        configured,
        "sip_transport",
        lambda transport: "Auto" if transport == "auto" else transport.upper(),
        _text("sip_transport"),
    )
    yield from _read_only(
        "comm.callpreference.sipdialplannormalizationstatus",
        "whether a server changes what is dialled",
        lambda: False,
    )
    for which in ("sip", "h323"):
        yield from _read_only(
            f"comm.callsetting.debug.{which}debug log.feature.{which}Trace.enable",
            "whether all messages are logged",
            lambda: False,
            "messages are not logged here",
        )


def _bare(server: str) -> str:
    """A server's URI as devices write it: without the scheme that is meant anyway."""
    return server.removeprefix("sip:")


def _security(behind: Behind) -> Iterator[Variable]:
    configured, accounts = behind.configured, behind.accounts

    async def set_password(value: Value) -> None:
        await accounts.set_password(ADMIN, as_text(value), field="value")

    async def believe(value: Value) -> None:
        pem = as_text(value).strip()
        path = await asyncio.to_thread(keep_authorities, configured.data, pem) if pem else None
        await configured.write({"sip_tls_ca": str(path) if path is not None else None})

    yield Variable(
        "sec.auth.admin.password",
        "password of the user admin",
        lambda: "",
        set_password,
        secure=True,
        account=ADMIN,
    )
    yield Variable(
        "sec.auth.admin.room.password",
        "password at the room's own menu",
        lambda: "",
        secure=True,
        fixed=NO_MENU,
    )
    yield from _read_only(
        "sec.auth.admin.useRoomPassword",
        "whether the password of the room's own menu is the administrator's",
        lambda: False,
        NO_MENU,
    )
    yield from _read_only("sec.auth.admin.id", "name of the administrator", lambda: ADMIN)
    yield from _setting(
        "sec.TLS.cert.validatePeer.enable", configured, "sip_tls_verify", bool, _truth("sip_tls_verify")
    )
    yield Variable(
        "sec.TLS.customCaCert.1",
        "certificates of the CAs that SIP servers are believed by, in PEM; those of the system when it is empty",
        lambda: "",
        believe if configured.editable("sip_tls_ca") else None,
        at_restart=True,
        secure=True,
        waits=lambda: configured.waits("sip_tls_ca"),
    )


def _cameras(behind: Behind) -> Iterator[Variable]:
    """The sources as a device's source manager numbers them; texts are empty for what is not connected."""
    cameras = behind.cameras
    for source in cameras.sources():
        prefix = f"sourceman.camera{source.index}."
        yield from _read_only(prefix + "name", "name of a source", lambda source=source: source.name)  # type: ignore[misc]
        yield from _read_only(prefix + "role", "what a source is for", lambda source=source: source.kind)  # type: ignore[misc]
        yield from _read_only(
            prefix + "model",
            "model of a source",
            lambda source=source: source.facts.model,  # type: ignore[misc]
        )
        yield from _read_only(
            prefix + "signaltype",
            "how a source is connected",
            lambda source=source: "DIGITAL" if source.connected else "",  # type: ignore[misc]
        )
        if source.kind is PEOPLE and source.camera is not None:
            yield from _tracking(cameras, source)
    yield from _setting(
        "video.camera.farControlNearCamera",
        behind.configured,
        "far_control",
        bool,
        _truth("far_control"),
    )


def _tracking(cameras: Cameras, source: Source) -> Iterator[Variable]:
    modes = {_letters(mode): mode for mode in TRACKING_MODES}

    async def track(value: Value) -> None:
        mode = modes.get(_letters(value))
        if mode not in (FRAME_GROUP, OFF):
            raise InvalidRequest(
                f"value: must be {FRAME_GROUP} or {OFF}: cameras here frame all people or nobody"
            )
        if mode == OFF:
            cameras.stop_tracking(source.index)
            return
        try:
            cameras.start_tracking(source.index)
        except (CameraCannot, CameraNotConnected) as error:
            raise NotEditable(error.detail) from None

    prefix = f"video.camera.{source.index}."
    yield from _state(
        prefix + "trackingMode",
        f"whom a camera follows: {FRAME_GROUP} or {OFF}",
        lambda: FRAME_GROUP if cameras.tracks(source.index) else OFF,
        track,
    )
    yield from _state(
        prefix + "trackingSpeed",
        "how fast cameras follow people: Slow, Normal or Fast",
        lambda: cameras.tracking_speed,
        lambda value: cameras.set_tracking_speed(as_text(value)),
    )


def _absent(behind: Behind) -> Iterator[Variable]:
    """What devices have and rooms here have not."""
    h323 = {
        "voIpProt.H323.enable comm.callpreference.h323enable": False,
        "voIpProt.H323.name comm.nics.h323nic.h323name": "",
        "voIpProt.H323.e164 comm.nics.h323nic.h323extension": "",
        "voIpProt.H323.gk.ipAddress": "",
        "voIpProt.H323.gk.mode": OFF,
    }
    for names, value in h323.items():
        yield from _read_only(names, NO_H323, lambda value=value: value, NO_H323)  # type: ignore[misc]
    provisioning = "management.provisioning."
    yield from _read_only(provisioning + "enabled", NO_PROVISIONING, lambda: False, NO_PROVISIONING)
    for name in ("server", "domain", "authtype", "user"):
        yield from _read_only(provisioning + name, NO_PROVISIONING, lambda: "", NO_PROVISIONING)
    yield Variable(provisioning + "password", NO_PROVISIONING, lambda: "", secure=True, fixed=NO_PROVISIONING)
    shown = {
        "system.screensavermode device.screensaver.mode": OFF,
        "uicontrol.apps.home.statusbar.addressprimary homescreen.addressbar.primary": "None",
        "uicontrol.apps.home.statusbar.addresssecondary homescreen.addressbar.secondary": "None",
        "uicontrol.display.showtaskbuttons homescreen.display.showtaskbuttons": False,
        "uicontrol.display.showpip homescreen.display.showpip": False,
    }
    for names, value in shown.items():
        yield from _read_only(
            names,
            "what the room's own display shows: nothing of that",
            lambda value=value: value,  # type: ignore[misc]
            "the room's own display cannot be set here",
        )
