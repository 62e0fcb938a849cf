"""The names by which clients of devices read and set a room (`/rest/config`), on whole rooms."""

import asyncio
from pathlib import Path

import pytest
from tests.e2e.certificates import self_signed
from tests.waiting import until

from videobar.contract.config import ConfigChange, ConfigRequest
from videobar.contract.stage import StagedCall
from videobar.in_process import local_room


def words(text):
    """The words of a text."""
    return text.split()


READ = words(
    """
    system.info.humanreadablemodel system.info.hardwareversion system.info.model softupdate.webui.systemimage
    system.info.humanreadableversioncamera comm.statistics.timeinlastcall comm.statistics.totaltimeincalls
    comm.statistics.totalnumberofcalls comm.firewall.nat.usenataddress comm.firewall.nat.natoutside
    system.network.wireless.ipv4nic.address system.network.wired.ipv6nic.enabled
    system.network.wired.ipv6nic.linklocal system.network.wired.ipv6nic.sitelocal
    system.network.wired.ipv6nic.globaladdress comm.callpreference.sipdialplannormalizationstatus
    comm.nics.sipnic.sipusername comm.nics.h323nic.h323name comm.nics.h323nic.h323extension system.info.systemname
    system.info.serialnumber system.info.humanreadableversion system.network.wired.ipv4nic.address
    system.network.wired.ethernet.macaddress system.network.hostname comm.callpreference.sipenable
    management.provisioning.enabled management.provisioning.server management.provisioning.domain
    management.provisioning.authtype management.provisioning.user
"""
)

FEATURES = "comm.callsetting.callfeatures."
SPEED = "comm.callpreference.preferredspeed."
DIALLING = "comm.callpreference.networkdialing."
SAME = {
    "call.maxTimeInCall": FEATURES + "maxtimeincall",
    "call.autoAnswer.answerP2PCall": FEATURES + "autoanswer.answersinglecall",
    "call.autoAnswer.micMute": FEATURES + "autoanswer.muteautoanswer",
    "call.encryption.requireAES": FEATURES + "encryptionenable",
    "call.h239.enable": "comm.callpreference.h239enable",
    "call.preferredspeed.outgoing": SPEED + "ipoutgoing",
    "call.preferredspeed.maxIncoming": SPEED + "ipmaxincoming",
    "call.videoDialPreference.1": DIALLING + "videodialpreference",
    "call.videoDialPreference.2": DIALLING + "videodialpreference1",
    "call.voiceDialPreference.1": DIALLING + "voicedialpreference",
    "call.voiceDialPreference.2": DIALLING + "voicedialpreference1",
    "call.recentCalls.enable": "uicontrol.apps.recentcalls.enabled",
    "call.recentCalls.maxNumberToDisplay": "uicontrol.apps.recentcalls.maxnumbertodisplay",
    "voice.ringTone": "audio.audiotone.alertvideotone",
    "voice.acousticFence.enable": "audio.qualityprocess.enableacousticfence",
    "voice.acousticFence.radius": "audio.qualityprocess.acousticfenceradius",
    "voice.volume.soundEffects": "audio.volume.soundeffectsvolume",
    "voice.volume.speaker": "audio.volume.speakervolume",
    "voice.in.hdmi.level": "audio.in13.level",
    "device.local.deviceName": "system.info.systemname",
    "device.local.roomName": "room.name",
    "device.local.language": "location.language",
    "device.screensaver.mode": "system.screensavermode",
    "homescreen.addressbar.primary": "uicontrol.apps.home.statusbar.addressprimary",
    "homescreen.addressbar.secondary": "uicontrol.apps.home.statusbar.addresssecondary",
    "homescreen.display.showtaskbuttons": "uicontrol.display.showtaskbuttons",
    "homescreen.display.showpip": "uicontrol.display.showpip",
    "log.feature.h323Trace.enable": "comm.callsetting.debug.h323debug",
    "log.feature.sipTrace.enable": "comm.callsetting.debug.sipdebug",
}
"""The schema's name and that of the web pages, as clients translate them."""

WRITTEN = words(
    """
    voIpProt.SIP.enable voIpProt.SIP.userName voIpProt.SIP.proxyServer voIpProt.SIP.registrarServer
    voIpProt.SIP.registrarServerType voIpProt.SIP.auth.userId voIpProt.SIP.auth.password voIpProt.H323.enable
    voIpProt.H323.name voIpProt.H323.e164 voIpProt.H323.gk.ipAddress sec.auth.admin.useRoomPassword
    sec.auth.admin.password sec.TLS.cert.validatePeer.enable sec.TLS.customCaCert.1
    management.provisioning.password
"""
)

SECRETS = ("voIpProt.SIP.auth.password", "sec.auth.admin.password")


async def ask(room, *names):
    """The values of some names."""
    answer = await room.config.act(ConfigRequest(names=list(names)))
    assert [row.name for row in answer.vars] == list(names)
    return [row.value for row in answer.vars]


async def tell(room, *changes):
    """How some changes went, in their order."""
    named = [ConfigChange(name=name, value=value) for name, value in changes]
    answer = await room.config.act(ConfigRequest(vars=named))
    assert [row.name for row in answer.vars] == [name for name, _ in changes]
    return answer


async def outcomes(room, *changes):
    return [row.result for row in (await tell(room, *changes)).vars]


async def test_every_name_that_clients_use_is_answered_with_a_value(tmp_path):
    names = [*READ, *SAME, *SAME.values(), *WRITTEN]
    async with local_room(tmp_path, engine="simulated") as room:
        answer = await room.config.act(ConfigRequest(names=[*names, "no.such.name", *reversed(names)]))
        assert [row.name for row in answer.vars] == [*names, "no.such.name", *reversed(names)]
        unknown = answer.vars.pop(len(names))
        assert (unknown.result, unknown.value) == ("NOSUCHNAME", "")
        assert {row.result for row in answer.vars} == {"NOERROR"}
        assert all(isinstance(row.value, str) for row in answer.vars)
        assert await ask(room, *SAME) == await ask(room, *SAME.values())
        described = {row.name for row in await room.config.variables()}
        assert {name.lower() for name in names} <= {name.lower() for name in described}
        facts = dict(zip(READ, await ask(room, *READ), strict=True))
        info = await room.system.info()
        assert facts["system.info.humanreadablemodel"] == "Studio X30"
        assert facts["system.info.model"] == info.model
        assert facts["system.info.hardwareversion"] == info.hardware_version
        assert facts["softupdate.webui.systemimage"] == f"{info.software_version}-{info.build}"


CHANGES = [
    ("call.autoAnswer.answerP2PCall", "Yes", "Yes", "No", "No"),
    ("call.autoAnswer.answerP2PCall", True, "True", "False", "False"),
    ("call.autoAnswer.answerP2PCall", "Do_Not_Disturb", "Do_Not_Disturb", "yes", "Yes"),
    ("call.autoAnswer.micMute", True, "True", "false", "False"),
    ("call.encryption.requireAES", "Required", "Required", "When_Available", "When_Available"),
    ("call.encryption.requireAES", "off", "Off", "when available", "When_Available"),
    ("call.preferredspeed.outgoing", 1024, "1024", "512", "512"),
    ("call.preferredspeed.maxIncoming", "768", "768", 2048, "2048"),
    ("call.recentCalls.enable", False, "False", "True", "True"),
    ("call.recentCalls.maxNumberToDisplay", 7, "7", "300", "300"),
    ("voice.acousticFence.enable", "True", "True", False, "False"),
    ("voice.acousticFence.radius", 3, "3", "9", "9"),
    ("voice.volume.speaker", 37, "37", "38", "38"),
    ("device.local.deviceName", "Lobby", "Lobby", "Zürich 漢", "Zürich 漢"),
    ("device.local.roomName", "Lobby", "Lobby", "Attic", "Attic"),
    ("device.local.language", "GERMAN", "GERMAN", "ENGLISHUS", "ENGLISHUS"),
]


@pytest.mark.parametrize(("schema", "first", "shown", "second", "shown_then"), CHANGES)
async def test_both_names_read_and_set_the_same(tmp_path, schema, first, shown, second, shown_then):
    web = SAME[schema]
    async with local_room(tmp_path, engine="simulated") as room:
        assert await outcomes(room, (schema, first)) == ["NOERROR"]
        assert await ask(room, schema, web.upper()) == [shown, shown]
        assert await outcomes(room, (web, second)) == ["NOERROR"]
        assert await ask(room, schema.lower(), web) == [shown_then, shown_then]
    async with local_room(tmp_path, engine="simulated") as room:
        assert await ask(room, schema, web) == [shown_then, shown_then]


async def test_a_fleet_manager_gives_a_room_its_account(tmp_path):
    account = [
        ("device.local.deviceName", "Board room"),
        ("voIpProt.SIP.enable", "True"),
        ("voIpProt.SIP.userName", "board@example.org"),
        ("voIpProt.SIP.proxyServer", "proxy.example.org:5070"),
        ("voIpProt.SIP.registrarServer", "sip.example.org"),
        ("voIpProt.SIP.registrarServerType", "Standard SIP"),
        ("voIpProt.SIP.auth.userId", "board-4711"),
        ("voIpProt.SIP.auth.password", "sesame"),
        ("sec.TLS.cert.validatePeer.enable", "True"),
    ]
    async with local_room(tmp_path, sip_port="0") as room:
        answer = await tell(room, *account)
        assert [row.result for row in answer.vars] == ["NOERROR"] * len(account)
        assert answer.reboot_needed  # for the last of them
        assert [row.requested_value for row in answer.vars if row.name.endswith("password")] == [""]
        names = [name for name, _ in account]
        said = [value if value != "sesame" else "" for _, value in account]
        assert await ask(room, *names) == said
        assert await ask(room, "comm.nics.sipnic.sipusername", "videobar.sip_user") == [
            "board@example.org",
            "board",
        ]
        (server,) = await room.system.sip_servers()
        assert server.address == "sip.example.org"
    async with local_room(tmp_path, sip_port="0") as room:
        assert await ask(room, *names) == said
        used = ("sip_user", "sip_domain", "sip_servers", "sip_proxy", "sip_auth_user", "sip_tls_verify")
        assert await ask(room, *(f"videobar.{name}" for name in used)) == [
            "board", "example.org", "sip:sip.example.org", "sip:proxy.example.org:5070", "board-4711", "true",
        ]  # fmt: skip
        assert not (await room.system.info()).reboot_needed
        (server,) = await room.system.sip_servers()
        assert server.address == "sip.example.org"
        # Back to none, and to a user of whatever domain the server has.
        cleared = [(f"voIpProt.SIP.{name}", "") for name in ("proxyServer", "registrarServer", "auth.userId")]
        answer = await tell(room, *cleared, ("voIpProt.SIP.userName", "sip:lobby"), (names[-2], ""))
        assert {row.result for row in answer.vars} == {"NOERROR"}
        assert await ask(room, *(name for name, _ in cleared), names[2]) == ["", "", "", "lobby"]
        assert not answer.reboot_needed
        assert await room.system.sip_servers() == []
    async with local_room(tmp_path, sip_port="0") as room:
        assert await room.system.sip_servers() == []


BAD = [
    ("voIpProt.SIP.userName", ""),
    ("voIpProt.SIP.userName", "a b@example.org"),
    ("voIpProt.SIP.userName", "board@exa mple"),
    ("voIpProt.SIP.userName", "board@"),
    ("voIpProt.SIP.registrarServer", "not a host"),
    ("voIpProt.SIP.registrarServer", "sip:user@host"),
    ("voIpProt.SIP.proxyServer", "http://proxy"),
    ("voIpProt.SIP.registrarServerType", "Microsoft"),
    ("voIpProt.SIP.enable", "perhaps"),
    ("voIpProt.SIP.transport", "pigeon"),
    ("sec.auth.admin.password", "short"),
    ("sec.auth.admin.password", "admin"),
    ("sec.TLS.cert.validatePeer.enable", 7),
    ("sec.TLS.customCaCert.1", "-----BEGIN CERTIFICATE-----"),
    ("sec.TLS.customCaCert.1", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
    ("sec.TLS.customCaCert.1", "/etc/passwd"),
    ("sec.TLS.customCaCert.1", "x" * 8000),
    ("call.autoAnswer.answerP2PCall", "maybe"),
    ("call.autoAnswer.micMute", "Yes please"),
    ("call.encryption.requireAES", "rot13"),
    ("call.preferredspeed.outgoing", 1),
    ("call.preferredspeed.outgoing", "fast"),
    ("call.preferredspeed.maxIncoming", 10**18),
    ("call.recentCalls.maxNumberToDisplay", 0),
    ("call.recentCalls.enable", ""),
    ("voice.volume.speaker", 101),
    ("voice.volume.speaker", 37.5),
    ("voice.acousticFence.radius", -1),
    ("device.local.deviceName", ""),
    ("device.local.roomName", "x" * 65),
    ("device.local.language", "12"),
    ("video.camera.1.trackingMode", "FrameSpeaker"),
    ("video.camera.1.trackingSpeed", "Ludicrous"),
    ("sec.web.idleSessionTimeout", 7),
]


@pytest.mark.parametrize(("name", "value"), BAD)
async def test_a_bad_value_is_refused_by_itself_with_its_reason(tmp_path, name, value):
    async with local_room(tmp_path, engine="simulated") as room:
        before = await room.config.variables()
        answer = await tell(
            room, ("voice.volume.speaker", 11), (name, value), ("device.local.roomName", "Attic")
        )
        assert [row.result for row in answer.vars] == ["NOERROR", "INVALIDVALUE", "NOERROR"]
        assert answer.vars[1].reason
        assert not answer.reboot_needed
        changed = {"audio.volume.speakervolume", "voice.volume.speaker"}
        changed |= {"room.name", "system.info.systemname", "device.local.roomName", "device.local.deviceName"}
        after = await room.config.variables()
        assert {new.name for old, new in zip(before, after, strict=True) if old != new} == changed


async def test_secrets_are_set_and_never_told(tmp_path):
    async with local_room(tmp_path, engine="simulated") as room:
        answer = await tell(room, *((name, "open sesame") for name in SECRETS))
        assert [(row.result, row.requested_value) for row in answer.vars] == [("NOERROR", "")] * len(SECRETS)
        answer = await room.config.act(ConfigRequest(names=[*SECRETS, "videobar.sip_password"]))
        assert [(row.value, row.is_secure) for row in answer.vars] == [("", True)] * 3
        assert "sesame" not in repr(await room.config.variables())
        download = await room.provisioning.config()
        page = b"".join([chunk async for chunk in download.chunks]).decode()
        assert 'voIpProt.SIP.auth.password="REMOVED_SECURE_CONTENT"' in page
        assert "sesame" not in page
        download = await room.system.logs()
        assert b"sesame" not in b"".join([chunk async for chunk in download.chunks])
    assert all(b"sesame" not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


ABSENT = [
    ("voIpProt.H323.enable", True),
    ("voIpProt.H323.name", "board"),
    ("voIpProt.H323.e164", "4711"),
    ("voIpProt.H323.gk.ipAddress", "192.0.2.9"),
    ("management.provisioning.enabled", True),
    ("management.provisioning.server", "https://example.org"),
    ("management.provisioning.password", "x"),
    ("comm.firewall.nat.natoutside", "192.0.2.9"),
    ("comm.firewall.nat.usenataddress", "Manual"),
    ("call.maxTimeInCall", "8_hours"),
    ("call.h239.enable", False),
    ("call.videoDialPreference.1", "h323"),
    ("voice.ringTone", "Tone_1"),
    ("voice.volume.soundEffects", 3),
    ("device.screensaver.mode", "Black"),
    ("log.feature.sipTrace.enable", True),
    ("voIpProt.SIP.enable", False),
    ("sec.auth.admin.useRoomPassword", True),
    ("system.info.serialnumber", "8L1"),
    ("no.such.name", "x"),
]


@pytest.mark.parametrize(("name", "value"), ABSENT)
async def test_what_cannot_be_set_says_so_and_stays_as_it_is(tmp_path, name, value):
    async with local_room(tmp_path, sip_port="0") as room:
        (before,) = await ask(room, name)
        answer = await tell(room, (name, value))
        assert answer.vars[0].result == ("NOSUCHNAME" if name.startswith("no.") else "NOTEDITABLE")
        assert answer.vars[0].reason
        assert await ask(room, name) == [before]
        assert not answer.reboot_needed


async def test_what_is_set_to_what_it_is_changes_nothing(tmp_path):
    async with local_room(tmp_path, sip_port="0", auto_answer="false", sip_user="board") as room:
        same = [
            ("voIpProt.H323.enable", "False"),
            ("voIpProt.H323.name", ""),
            ("call.autoAnswer.answerP2PCall", "no"),
            ("voIpProt.SIP.userName", "board"),
        ]
        assert await outcomes(room, *same) == ["NOERROR"] * 4
        answer = await tell(room, ("voIpProt.SIP.userName", "board@example.org"))
        assert [row.result for row in answer.vars] == ["NOERROR"]  # the domain was not fixed
        fixed = [("call.autoAnswer.answerP2PCall", "Yes"), ("voIpProt.SIP.userName", "lobby@example.com")]
        assert await outcomes(room, *fixed) == ["NOTEDITABLE", "NOTEDITABLE"]
        assert await ask(room, fixed[0][0], fixed[1][0]) == ["No", "board@example.org"]


@pytest.mark.apt
async def test_the_certificate_of_a_ca(tmp_path):
    pem = self_signed(tmp_path).read_text()
    assert "PRIVATE KEY" in pem
    data = tmp_path / "room"
    async with local_room(data, sip_port="0") as room:
        answer = await tell(room, ("sec.TLS.customCaCert.1", f"our CA\n{pem}"))
        assert [(row.result, row.requested_value) for row in answer.vars] == [("NOERROR", "")]
        assert answer.reboot_needed
        assert await ask(room, "sec.TLS.customCaCert.1") == [""]
    async with local_room(data, sip_port="0") as room:
        (path,) = await ask(room, "videobar.sip_tls_ca")
        kept = await asyncio.to_thread(Path(path).read_text)
        assert kept.strip() == pem[pem.index("-----BEGIN CERTIFICATE") :].strip()  # and no key
        assert Path(path).is_relative_to(data)
        assert await outcomes(room, ("sec.TLS.customCaCert.1", "")) == ["NOERROR"]
    async with local_room(data, sip_port="0") as room:
        assert await ask(room, "videobar.sip_tls_ca") == [""]


async def test_a_change_that_is_taken_back_needs_no_new_start(tmp_path):
    async with local_room(tmp_path, engine="simulated") as room:
        assert (await tell(room, ("call.encryption.requireAES", "Required"))).reboot_needed
        assert not (await tell(room, ("call.encryption.requireAES", "When_Available"))).reboot_needed
        assert not (await tell(room, ("sec.access.maxSessions", 50))).reboot_needed


async def test_calls_are_answered_as_is_set_from_the_next_one_on(tmp_path):
    async with local_room(tmp_path, engine="simulated") as room:
        await tell(room, ("call.autoAnswer.answerP2PCall", "Yes"), ("call.autoAnswer.micMute", "True"))
        await room.stage.incoming(StagedCall(address="ada@sim"))

        async def connected():
            rooms = await room.conferences.all()
            return rooms and rooms[0].connections[0].state == "CONNECTED"

        await until(connected)
        assert await room.audio.muted()
        status = {row.name: row.state_list for row in await room.system.status()}
        assert status["system.status.autoanswerp2p"] == ["up"]
        await room.conferences.hang_up("0")

        async def logged():
            return await room.calllog.entries()

        await until(logged)
        names = ("totalnumberofcalls", "timeinlastcall", "totaltimeincalls")
        calls, *seconds = await ask(room, *(f"comm.statistics.{name}" for name in names))
        assert calls == "1"
        assert all(second.isdecimal() for second in seconds)
        await tell(room, ("call.recentCalls.enable", False))
        assert await room.calllog.entries() == []
        assert len(await room.calllog.entries(5)) == 1
        await tell(room, ("call.autoAnswer.answerP2PCall", "Do_Not_Disturb"))
        await room.stage.incoming(StagedCall(address="bob@sim"))
        assert await room.conferences.all() == []
    async with local_room(tmp_path, engine="simulated") as room:
        assert await ask(room, "comm.statistics.totalnumberofcalls") == ["1"]


async def test_a_camera_follows_people_as_is_set(tmp_path):
    async with local_room(tmp_path, sip_port="0") as room:
        mode, speed = "video.camera.1.trackingMode", "video.camera.1.trackingSpeed"
        assert await ask(room, mode, speed) == ["Off", "Normal"]
        assert await outcomes(room, (mode, "FrameGroup"), (speed, "fast")) == ["NOERROR", "NOERROR"]
        assert (await room.cameras.near_view("1")).tracking
        assert await ask(room, mode, speed) == ["FrameGroup", "Fast"]
        await room.cameras.stop_tracking("1")
        assert await ask(room, mode) == ["Off"]
    async with local_room(tmp_path, sip_port="0") as room:
        assert await ask(room, mode, speed) == ["Off", "Fast"]
    async with local_room(tmp_path, engine="simulated") as room:
        assert await outcomes(room, (mode, "FrameGroup")) == ["NOTEDITABLE"]
