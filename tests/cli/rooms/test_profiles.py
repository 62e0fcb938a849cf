import pytest

from videobar.cli.command.arguments import UsageError
from videobar.cli.rooms.profiles import Overrides, Profile, load, resolve

PROFILES = {name: Profile(host=f"{name}.example.org") for name in ("board-1", "board-2", "lobby")}


def names(wanted):
    return [target.name for target in resolve(wanted, PROFILES, Overrides())]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("lobby", ["lobby"]),
        ("lobby,board-*", ["lobby", "board-1", "board-2"]),
        ("board-?,board-1, lobby ,", ["board-1", "board-2", "lobby"]),
        ("10.0.0.7", ["10.0.0.7"]),
        ("*", ["board-1", "board-2", "lobby"]),
    ],
)
def test_which_rooms_are_meant(wanted, expected):
    assert names(wanted) == expected


@pytest.mark.parametrize(
    ("word", "host", "port"),
    [
        ("room.example.org", "room.example.org", 443),
        ("room.example.org:8443", "room.example.org", 8443),
        ("::1", "::1", 443),
        ("[::1]", "::1", 443),
        ("[fe80::1]:65535", "fe80::1", 65535),
        ("https://room.example.org:8443/", "room.example.org", 8443),
    ],
)
def test_hosts(word, host, port):
    (target,) = resolve(word, PROFILES, Overrides())
    assert (target.host, target.port, target.user, target.timeout) == (host, port, "admin", 10.0)
    assert (target.insecure, target.trust_first_use) == (False, False)


@pytest.mark.parametrize(
    "word",
    [
        "",
        ",",
        "x:0",
        "x:65536",
        "x:",
        "x:y",
        "x:\u0661",
        ":443",
        "[::1",
        "[::1]x",
        "a/b",
        "a@b",
        "a b",
        "none-*",
        "a\x1b",
    ],
)
def test_what_is_no_room(word):
    with pytest.raises(UsageError, match="--room"):
        resolve(word, PROFILES, Overrides())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[a]\nport = 1\n", "host"),
        ('[a]\nhost = "x"\nport = 0\n', "port"),
        ('[a]\nhost = "x"\nport = "y"\n', "port"),
        ('[a]\nhost = ""\n', "host"),
        ('[a]\nhost = "x"\ncolour = 1\n', "colour"),
        ('[a]\nhost = "x"\npassword = "p"\n', "passwords do not belong here"),
        ('[a]\nhost = "x"\ntimeout = 0\n', "timeout"),
        ('[a]\nhost = "x:1"\nport = 2\n', "port=2 contradicts"),
        ('[a]\nhost = "x"\nfingerprint = "1"\n', "fingerprint"),
        ('[a]\nhost = "x"\nca_file = "c"\ninsecure = true\n', "contradict each other"),
        ("a = 1\n", "object"),
        ("\xff", "rooms.toml"),
        ("[lobby]\nport = 1", "lobby: host: is missing"),
        ("[lobby]\nhost = 5", "lobby: host: expected str, got int"),
        ('[lobby]\nhost = "a"\nport = "x"', "lobby: port: expected int, got str"),
        ('[lobby]\nhost = "a"\nprot = 1', "lobby: prot: is no field of this"),
        ("lobby = 5", "lobby: expected object, got int"),
    ],
)
def test_files_that_make_no_sense(text, complaint, tmp_path):
    file = tmp_path / "rooms.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=complaint) as caught:
        load(file)
    assert "rooms.toml" in str(caught.value)


def test_without_a_file_there_are_no_profiles(tmp_path):
    assert load(tmp_path / "missing.toml") == {}
