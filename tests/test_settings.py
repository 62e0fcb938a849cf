from pathlib import Path

import pytest

from videobar import settings
from videobar.settings import SettingError, table
from videobar.vocabulary import Model


def load(flags=None, environment=None, config=None):
    return settings.load(flags or {}, environment or {}, config)


def test_defaults():
    loaded = load()
    assert (loaded.host, loaded.port, loaded.sip_port) == ("127.0.0.1", 8443, 5060)
    assert loaded.model is Model.X30
    assert loaded.data.name == "videobar"


def test_a_flag_beats_a_variable_beats_the_file(tmp_path):
    config = tmp_path / "room.toml"
    config.write_text(
        'port = 1001\nsip_port = 1002\nname = "file"\nauto_answer = true\ncodecs = ["pcmu", "opus"]\n'
    )
    loaded = load(
        {"port": "3001", "sip_port": None},
        {"VIDEOBAR_PORT": "2001", "VIDEOBAR_SIP_PORT": "2002", "VIDEOBAR_CONFIG": str(config)},
    )
    assert (loaded.port, loaded.sip_port, loaded.name) == (3001, 2002, "file")
    assert loaded.auto_answer is True
    assert loaded.codecs == ("pcmu", "opus")


@pytest.mark.parametrize(
    ("value", "model"), [("G7500", Model.G7500), ("X50", Model.X50), ("studiox30", Model.X30)]
)
def test_models(value, model):
    assert load({"model": value}).model is model


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("port", "70000", "--port: '70000' must be a whole number from 0 to 65535"),
        ("port", "-1", "--port"),
        ("model", "X70", "must be one of G7500, X50, X30"),
        ("auto_answer", "maybe", "must be true or false"),
        ("rtp_ports", "2000", "two ports"),
        ("rtp_ports", "3000-2000", "two ports"),
        ("codecs", "opus,gsm", "must be some of"),
        ("idle_minutes", "7", "must be one of 1, 3, 5"),
        ("lockout_attempts", "1", "must be off, or"),
        ("firmware", "four", "must be a version"),
        ("log_level", "loud", "must be one of debug, info, warning, error"),
        ("microphone", "tone:5", "must be silence, tone"),
        ("microphone", "missing.wav", "a WAV file that exists"),
        ("microphone", "device:", "device, device:NAME"),
        ("speaker", "missing/heard.wav", "in a directory that exists"),
        ("speaker", "device:", "device, device:NAME"),
        ("microphone", "~nosuch-user/a.wav", "home of a user that does not exist"),
        ("speaker", "~nosuch-user/a.wav", "home of a user that does not exist"),
        ("data", "~nosuch-user/a", "home of a user that does not exist"),
        ("fence_microphones", "tone,missing.wav", "a WAV file that exists"),
        ("fence_microphones", ",".join(["tone"] * 9), "at most 8 microphones"),
        ("noise_suppression", "much", "auto, off, low, moderate, high, very-high"),
        ("echo_control", "maybe", "auto, off, on"),
    ],
)
def test_values_without_meaning_name_the_setting(name, value, why):
    with pytest.raises(SettingError, match=settings.flag_name(name)) as caught:
        load({name: value})
    assert why in str(caught.value)


def test_errors_of_variables_and_files_say_where(tmp_path):
    with pytest.raises(SettingError, match="VIDEOBAR_PORT"):
        load(environment={"VIDEOBAR_PORT": "x"})
    config = tmp_path / "room.toml"
    for content, why in (
        ("port = 'x'", "room.toml: port"),
        ("prot = 1", "no setting 'prot'"),
        ("port = ", "room.toml"),
        ("port = 1.5", "must be a text, a number"),
    ):
        config.write_text(content)
        with pytest.raises(SettingError, match=why):
            load(config=config)
    with pytest.raises(SettingError, match="missing.toml"):
        load(config=tmp_path / "missing.toml")


@pytest.mark.parametrize(
    ("version", "enforced"),
    [
        ("3.1.0", False),
        ("3.12.0", False),
        ("4.6.1", False),
        ("4.6.2", True),
        ("4.6.2-442070", True),
        ("4.10", True),
    ],
)
def test_the_firmware_decides_about_the_xsrf_token(version, enforced):
    assert load({"firmware": version}).enforce_xsrf is enforced


def test_a_secret_is_never_shown():
    assert [item.name for item in table() if item.secret] == [
        "admin_password",
        "sip_password",
        "cameras",
        "ldap_password",
        "calendar_url",
        "calendar_password",
        "calendar_client_secret",
        "metrics_token",
    ]


def test_every_default_is_one_that_its_own_kind_reads():
    for item in table():
        if item.default_text:
            assert item.read(item.default_text) == item.default, item.name


WRITTEN = {
    "sip_host": "192.0.2.7,2001:db8::7",
    "http_port": "off",
    "sip_servers": "sip:sip.example.org,sips:[2001:db8::9]:5071",
    "sip_domain": "example.org",
    "sip_proxy": "sip:10.0.0.9:5070;transport=tcp",
    "fence_microphones": "tone,device:a",
    "cameras": "drawn:,content=drawn:,people.Lectern=visca://192.0.2.7,file:a%2Cb.mp4",
    "video_codecs": "none",
    "visca_port": "off",
    "do_not_disturb": "true",
    "timezone": "Europe/Zurich",
    "forbidden_networks": "none",
    "ldap_servers": "ldap://[2001:db8::1]:389,ldaps://host:636",
    "calendar_provider": "none",
    "calendar_hosts": "mail.example.org,.example.com",
    "calendar_proxy": "http://proxy.example.org:3128",
    "calendar_gateways": "teams={meeting_id}@gateway.example.org,zoom={id}@zoom.example.org",
    "rtp_ports": "30000-30009",
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_value_is_shown_as_it_could_be_given(name):
    item = next(each for each in table() if each.name == name)
    assert item.show(item.read(WRITTEN[name])) == WRITTEN[name]


def test_a_choice_takes_its_words_in_any_case_and_names_them_otherwise():
    words = {
        "engine": "sip simulated",
        "sip_transport": "auto udp tcp tls",
        "ldap_schema": "openldap ad",
        "calendar_provider": "none ics caldav ews graph google",
        "log_level": "debug info warning error",
        "encryption": "off available required",
    }
    items = {each.name: each for each in table()}
    for name, choices in words.items():
        for word in choices.split():
            assert items[name].show(items[name].read(word.upper())) == word
        with pytest.raises(ValueError, match=f"^must be one of {', '.join(choices.split())}$"):
            items[name].read("x")


def test_a_camera_s_password_is_in_its_entry_only():
    camera = load({"cameras": "people.Desk=rtsp://u:sesame@192.0.2.7/1"}).cameras[0]
    assert "sesame" not in f"{camera} {camera!r}"


def test_home_directories():
    assert load({"data": "~/room"}).data == Path.home() / "room"


def test_sound_files_are_kept_as_absolute_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("near.wav").touch()
    loaded = load({"microphone": "near.wav", "speaker": "far.wav"})
    assert (loaded.microphone, loaded.speaker) == (str(tmp_path / "near.wav"), str(tmp_path / "far.wav"))
    assert load({"microphone": "tone:1000"}).microphone == "tone:1000"
    assert load({"fence_microphones": "near.wav, tone"}).fence_microphones == (
        str(tmp_path / "near.wav"),
        "tone",
    )
    assert load({"fence_microphones": "none"}).fence_microphones == ()


def test_sound_devices():
    loaded = load(
        {"microphone": "device", "speaker": "device:USB Audio: #1", "fence_microphones": "device:a,device:b"}
    )
    assert (loaded.microphone, loaded.speaker) == ("device", "device:USB Audio: #1")
    assert loaded.fence_microphones == ("device:a", "device:b")


def test_several_rooms_have_ports_names_and_data_of_their_own():
    rooms = load(
        {"rooms": "3", "engine": "simulated", "port": "9000", "data": "/tmp/x", "name": "Lab"}
    ).each_room()
    assert [(r.port, r.name, r.data.name) for r in rooms] == [
        (9000, "Lab 1", "room-0001"),
        (9001, "Lab 2", "room-0002"),
        (9002, "Lab 3", "room-0003"),
    ]
    assert load({}).each_room() == [load({})]
    with pytest.raises(SettingError, match="--engine simulated"):
        load({"rooms": "2"})
    with pytest.raises(SettingError, match="no 3 ports"):
        load({"rooms": "3", "engine": "simulated", "port": "65534"})


@pytest.mark.parametrize(("engine", "folder"), [("sip", "videobar"), ("simulated", "videobar-simulated")])
def test_by_default_real_and_simulated_rooms_keep_their_data_apart(engine, folder, tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert settings.load({"engine": engine}, {}).data == tmp_path / ".local" / "share" / folder
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert settings.load({}, {"VIDEOBAR_ENGINE": engine}).data == tmp_path / "xdg" / folder
    assert settings.load({"engine": engine, "data": "here"}, {}).data == Path("here")


def test_a_proxy_for_calendars():
    assert load().calendar_proxy is None
    assert (
        load({"calendar_proxy": "http://proxy.example.org:3128"}).calendar_proxy
        == "http://proxy.example.org:3128"
    )
    for wrong in (
        "proxy:3128",
        "https://proxy.example.org",
        "http://",
        "http://a:b@proxy",
        "http://x/y",
        "http://x:0",
    ):
        with pytest.raises(SettingError, match="must be an address such as"):
            load({"calendar_proxy": wrong})


class TestAdminPasswordFile:
    def test_its_first_line_is_the_password(self, tmp_path):
        file = tmp_path / "password"
        file.write_text("a secret \u00e9\nand a note\n", encoding="utf-8")
        assert load({"admin_password_file": str(file)}).admin_password == "a secret \u00e9"
        assert load({}, {"VIDEOBAR_ADMIN_PASSWORD_FILE": str(file)}).admin_password == "a secret \u00e9"

    @pytest.mark.parametrize("content", [b"", b"\nsecond", b"\xff\xfe", b"x" * 5000])
    def test_without_one_there_is_no_start(self, tmp_path, content):
        file = tmp_path / "password"
        file.write_bytes(content)
        with pytest.raises(SettingError, match="admin-password-file"):
            load({"admin_password_file": str(file)})

    def test_neither_is_a_file_that_is_not_there_nor_a_device(self, tmp_path):
        for path in (tmp_path / "none", tmp_path, Path("/dev/zero")):
            with pytest.raises(SettingError, match="admin"):
                load({"admin_password_file": str(path)})

    def test_two_passwords_are_one_too_many(self, tmp_path):
        file = tmp_path / "password"
        file.write_text("a")
        with pytest.raises(SettingError, match="given already"):
            load({"admin_password_file": str(file), "admin_password": "b"})
