"""Files that settings name: through the API only those below the data directory, and only ones that can be used."""

import datetime as dt
import json
import os
import shutil
import typing
import wave
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from videobar.adapters.store.memory import MemoryStore
from videobar.app import App
from videobar.assembly.config_variables import StoredSettings
from videobar.contract.config import ConfigChange, ConfigRequest
from videobar.errors import StartError
from videobar.in_process import local_room
from videobar.media.video.frame import jpeg
from videobar.media.video.sources.pattern import PatternSource
from videobar.settings import SettingError, Settings, load, table

FILES = {
    "sip_certificate": "{}",
    "sip_key": "{}",
    "sip_tls_ca": "{}",
    "microphone": "{}",
    "fence_microphones": "tone,{}",
    "cameras": "people.Main=file:{}",
    "ldap_ca_file": "{}",
    "calendar_url": "{}",
    "calendar_key_file": "{}",
    "calendar_ca_file": "{}",
    "calendar_patterns": "{}",
}
"""Settings that name a file to read, and how."""
OTHERS = {"speaker": "{}", "content": "{}"}


def change(name, value):
    return ConfigRequest(vars=[ConfigChange(name=f"videobar.{name}", value=value)])


async def outcome(room, name, value):
    (row,) = (await room.config.act(change(name, value))).vars
    return row.result, row.reason or ""


def service_account():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return json.dumps({"private_key": pem, "client_email": "room@example.org"})


@pytest.fixture(scope="module")
def usable(tmp_path_factory):
    """A usable file for each setting."""
    folder = tmp_path_factory.mktemp("usable")
    authority = trustme.CA()
    own = authority.issue_cert("room.example.org")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    own.private_key_and_cert_chain_pem.write_to_path(folder / "own.pem")
    own.private_key_pem.write_to_path(folder / "key.pem")
    with wave.open(str(folder / "sound.wav"), "wb") as file:
        file.setparams((1, 2, 48000, 960, "NONE", ""))
        file.writeframes(bytes(1920))
    (folder / "picture.jpg").write_bytes(jpeg(PatternSource(320, 180).frame(0.0)))
    (folder / "calendar.ics").write_text("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n")
    (folder / "account.json").write_text(service_account())
    (folder / "patterns.toml").write_text("")
    return {
        "sip_certificate": folder / "own.pem",
        "sip_key": folder / "key.pem",
        "sip_tls_ca": folder / "ca.pem",
        "ldap_ca_file": folder / "ca.pem",
        "calendar_ca_file": folder / "ca.pem",
        "microphone": folder / "sound.wav",
        "fence_microphones": folder / "sound.wav",
        "cameras": folder / "picture.jpg",
        "calendar_url": folder / "calendar.ics",
        "calendar_key_file": folder / "account.json",
        "calendar_patterns": folder / "patterns.toml",
    }


def test_every_setting_that_names_a_file_is_confined():
    """By type, or because its parser or its meaning speaks of one."""
    kinds = typing.get_type_hints(Settings)
    naming = {
        item.name
        for item in table()
        if item.editable
        and (
            kinds[item.name] in (Path, Path | None)
            or any(word in item.help.split() for word in ("file", "file;", "files", "directory"))
            or item.metavar in ("FILE", "DIR", "SOURCE", "SINK", "URL", "URL,...")
        )
    } - {"calendar_proxy", "ldap_servers", "directory_default_group"}
    assert naming - {"fence_microphones"} == (FILES.keys() | OTHERS.keys()) - {"fence_microphones"}
    confined = {item.name for item in table() if item.confine.__name__ != "unconfined"}
    assert confined == FILES.keys() | OTHERS.keys()


@pytest.mark.parametrize("name", sorted(FILES.keys() | OTHERS.keys()))
async def test_files_of_the_host_cannot_be_named(tmp_path, name, usable):
    data, outside = tmp_path / "data", tmp_path / "outside"
    data.mkdir()
    outside.mkdir()
    secret = outside / "secret.wav"
    shutil.copy(usable.get(name, usable["microphone"]), secret)
    kept = secret.read_bytes()
    os.mkfifo(data / "fifo.wav")
    (data / "folder.wav").mkdir()
    (data / "link.wav").symlink_to(secret)
    (data / "away").symlink_to(outside)
    paths = [
        "/etc/passwd",
        "/dev/zero",
        "/dev/stdin",
        "/proc/self/environ",
        "/",
        str(secret),
        "../outside/secret.wav",
        str(data / ".." / "outside" / "secret.wav"),
        str(data / "link.wav"),
        "away/secret.wav",
        "~/secret.wav",
        str(data / "fifo.wav"),
        "fifo.wav",
        "a\0b.wav",
        "x" * 5000 + ".wav",
        str(data),
        ".",
    ]
    if name == "content":
        paths += [str(outside), "away"]
    else:
        paths += ["folder.wav", str(data / "folder.wav")]
    if name != "content":
        paths += ["file:///etc/passwd", "file:" + str(secret)]
    form = (FILES | OTHERS)[name]
    async with local_room(data, engine="simulated") as room:
        for path in paths:
            if name == "content" and path in ("~/secret.wav",):
                continue  # the name of a directory that is not there
            if name == "speaker" and path.startswith(("~", "file:")):
                continue  # relative names
            result, reason = await outcome(room, name, form.format(path))
            assert result == "INVALIDVALUE", path
            assert name in reason
    assert secret.read_bytes() == kept


@pytest.mark.parametrize("name", FILES)
async def test_a_usable_file_below_the_data_directory_is_taken(tmp_path, name, usable):
    (tmp_path / "files").mkdir()
    good, bad = tmp_path / "files" / "a, b ü.bin", tmp_path / "files" / "bad"
    if name == "fence_microphones":
        good = tmp_path / "files" / "a b.wav"  # names in a list have no commas
    shutil.copy(usable[name], good)
    bad.write_bytes(b"\x01\x02 = nothing [ of the kind")
    absolute = str(good).replace(",", "%2C") if name == "cameras" else str(good)
    relative = absolute.removeprefix(str(tmp_path) + "/")
    async with local_room(tmp_path, engine="simulated") as room:
        result, reason = await outcome(room, name, FILES[name].format("files/bad"))
        assert (result, "cannot be used" in reason or "pattern" in reason) == ("INVALIDVALUE", True), reason
        (tmp_path / "files" / "empty").touch()
        result, reason = await outcome(room, name, FILES[name].format("files/empty"))
        assert result == ("NOERROR" if name == "calendar_patterns" else "INVALIDVALUE"), reason
        assert await outcome(room, name, FILES[name].format(absolute)) == ("NOERROR", "")
        assert await outcome(room, name, FILES[name].format(relative)) == ("NOERROR", "")
    async with local_room(tmp_path, engine="simulated") as room:
        known = {row.name: row for row in await room.config.variables()}
        row = known[f"videobar.{name}"]
        assert row.is_secure or str(good) in row.value


async def test_what_names_no_file_can_be_set_as_before(tmp_path):
    async with local_room(tmp_path, engine="simulated") as room:
        for name, values in {
            "microphone": ("silence", "tone", "tone:440", "device", "device:Mic"),
            "fence_microphones": ("none", "tone,device:Mic"),
            "speaker": ("none", "device", "device:Speaker", "far.wav", str(tmp_path / "new.WAV")),
            "cameras": ("none", "drawn:", "people=drawn:,content=rtsp://10.0.0.9/1", "v4l2:/dev/video0"),
            "calendar_url": ("", "https://calendar.example.org/", "webcal://x.example.org/a.ics"),
            "content": ("", "slides"),
            "sip_certificate": ("",),
            "calendar_patterns": ("",),
            "ldap_ca_file": ("",),
        }.items():
            for value in values:
                assert await outcome(room, name, value) == ("NOERROR", ""), (name, value)


@pytest.mark.parametrize(
    "target", ["room.sqlite", "secrets.key", "https.pem", "lock", "logs/room.log", "starts.json"]
)
async def test_the_room_s_own_files_are_not_overwritten(tmp_path, target):
    async with local_room(tmp_path, engine="simulated") as room:
        result, _ = await outcome(room, "speaker", target)
    assert result == "INVALIDVALUE"


async def test_values_that_an_earlier_room_took_are_passed_over(tmp_path, caplog):
    store = MemoryStore()
    (tmp_path / "data").mkdir()
    (tmp_path / "note.wav").write_text("a note")
    await store.put(
        {
            "setting.speaker": str(tmp_path / "note.wav"),
            "setting.microphone": "/etc/passwd",
            "setting.calendar_patterns": "/dev/zero",
            "setting.content": "/",
        }
    )
    made = load({"data": str(tmp_path / "data")}, {}).with_stored(StoredSettings(store, None).get)
    assert (made.speaker, made.microphone, made.calendar_patterns, made.content) == (
        "none",
        "tone",
        None,
        None,
    )
    assert "the stored setting speaker must be" in caplog.text


@pytest.mark.parametrize(
    "name", ["calendar_patterns", "ldap_ca_file", "sip_certificate", "sip_key", "sip_tls_ca"]
)
@pytest.mark.parametrize("kind", ["fifo", "device", "directory", "text"])
async def test_what_the_operator_gives_is_looked_at_too(tmp_path, name, kind):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "text").write_text("[[nothing")
    path = {"device": "/dev/zero", "directory": "/"}.get(kind, str(tmp_path / kind))
    more = {"ldap_servers": "ldap://127.0.0.1:9", "ldap_base": "dc=x"} if name == "ldap_ca_file" else {}
    flags = {"data": str(tmp_path / "data"), "engine": "simulated", name: path, **more}
    with pytest.raises((StartError, SettingError), match="patterns|ldap-ca-file|sip-"):
        await App(load(flags, {}), https=False).start()


async def test_what_the_operator_gives_may_be_anywhere(tmp_path, usable):
    flags = {name: FILES[name].format(path) for name, path in usable.items() if name != "calendar_key_file"}
    async with local_room(
        tmp_path,
        engine="simulated",
        speaker=str(tmp_path.parent / "x.wav"),
        content="/",
        calendar_provider="ics",
        **flags,
    ) as room:
        assert (await room.calendar.status()).status != "ERR_UNKNOWN"


async def test_an_authority_file_that_is_gone_does_not_stop_the_start(tmp_path, usable, caplog):
    file = tmp_path / "ca.pem"
    shutil.copy(usable["ldap_ca_file"], file)
    flags = {"engine": "simulated", "ldap_servers": "ldap://127.0.0.1:9", "ldap_base": "dc=x"}
    async with local_room(tmp_path, **flags) as room:
        assert await outcome(room, "ldap_ca_file", "ca.pem") == ("NOERROR", "")
        assert await outcome(room, "calendar_patterns", "") == ("NOERROR", "")
    file.write_text("damaged")
    async with local_room(tmp_path, **flags) as room:
        assert (await room.system.info()).serial_number
    assert "no LDAP server is believed" in caplog.text


def chained(count):
    """A chain of so many certificates, the room's own first."""
    now = dt.datetime.now(dt.UTC)
    keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]
    made = []
    issuer, signer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "0")]), keys[0]
    for number in range(count):
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, str(number))])
        key = keys[number % 2]
        made.append(
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(number + 1)
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=9))
            .sign(signer, hashes.SHA256())
        )
        issuer, signer = name, key
    pem = b"".join(each.public_bytes(Encoding.PEM) for each in reversed(made))
    return pem + signer.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(("count", "taken"), [(1, True), (10, True), (11, False), (300, False)])
async def test_chains_of_certificates_are_bounded(tmp_path, count, taken):
    (tmp_path / "chain.pem").write_bytes(chained(count))
    async with local_room(tmp_path, engine="simulated") as room:
        result, reason = await outcome(room, "sip_certificate", "chain.pem")
    assert result == ("NOERROR" if taken else "INVALIDVALUE")
    assert taken or "at most 10" in reason
