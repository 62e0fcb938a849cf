"""The file of saved rooms, changed without losing what people wrote into it."""

import stat
import tomllib

import pytest

FILE = """# Rooms of the third floor

# the one with the red door
[lobby]   # was 10.0.0.4
host = "10.0.0.5"
trust_first_use = true   # self-signed
# end of lobby

# boards
["Board 1"]
host = '10.0.0.6:8443'

[last]
host = "10.0.0.7"
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "config" / "videobar" / "rooms.toml"


def tables(file):
    return tomllib.loads(file.read_text())


def test_adding_keeps_all_there_is(videobar, save_profiles, file):
    save_profiles(FILE)
    ran = videobar(
        "rooms", "add", "new", "10.0.0.9:8443", "--user", "ops", "--trust-first-use", "--timeout", "5"
    )
    assert (ran.status, ran.out, ran.err) == (0, "new: added\n", "")
    assert file.read_text().startswith(FILE)
    assert tables(file)["new"] == {
        "host": "10.0.0.9:8443",
        "user": "ops",
        "timeout": 5.0,
        "trust_first_use": True,
    }
    assert videobar.opened == []


def test_the_first_room(videobar, file):
    assert videobar("rooms", "add", "a b", "[::1]", "--password-command", 'pass "{name}"').status == 0
    assert tables(file) == {"a b": {"host": "[::1]", "password_command": 'pass "{name}"'}}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_without_a_line_end(videobar, save_profiles, file):
    save_profiles('[a]\nhost = "x"')
    videobar("rooms", "add", "b", "y")
    assert file.read_text() == '[a]\nhost = "x"\n\n[b]\nhost = "y"\n'


def test_removing_keeps_the_comments_of_others(videobar, save_profiles, file):
    save_profiles(FILE)
    assert videobar("rooms", "remove", "lobby,l*").status == 0
    assert file.read_text() == (
        "# Rooms of the third floor\n\n# the one with the red door\n# end of lobby\n\n# boards\n"
        "[\"Board 1\"]\nhost = '10.0.0.6:8443'\n\n"
    )


def test_replacing_in_place(videobar, save_profiles, file):
    save_profiles(FILE)
    assert videobar("rooms", "add", "Board 1", "10.0.0.66").status == 2
    assert file.read_text() == FILE
    ran = videobar("rooms", "add", "Board 1", "10.0.0.66", "--replace")
    assert (ran.status, ran.out) == (0, "Board 1: replaced\n")
    assert file.read_text() == FILE.replace("'10.0.0.6:8443'", '"10.0.0.66"')
    assert videobar("rooms", "add", "Board 1", "10.0.0.66").out == "Board 1: same\n"


@pytest.mark.parametrize(
    "words",
    [
        ("rooms", "add", "new", "10.0.0.9"),
        ("rooms", "remove", "*"),
        ("rooms", "add", "lobby", "10.0.0.9", "--replace"),
    ],
)
def test_a_dry_run_changes_nothing(words, videobar, save_profiles, file):
    save_profiles(FILE)
    ran = videobar(*words, "--dry-run")
    assert ran.status == 0
    assert "would be" in ran.out
    assert file.read_text() == FILE


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("add", "a,b", "x"), "cannot be the name of a room"),
        (("add", "a*", "x"), "cannot be the name of a room"),
        (("add", "", "x"), "cannot be the name of a room"),
        (("add", "a\x1b", "x"), "cannot be the name of a room"),
        (("add", "a", "x/y"), "host"),
        (("add", "a", "x:0"), "host"),
        (("add", "a", "x", "--fingerprint", "12"), "fingerprint"),
        (("add", "a", "x", "--insecure", "--trust-first-use"), "contradict"),
        (("add", "a", "x", "--password", "p"), "passwords are not saved"),
        (("add", "a", "x", "--password-command", "'"), "No closing quotation"),
        (("add", "a", "x", "--password-command", "c", "--password-file", "f"), "contradict"),
        (("remove", "loby"), "did you mean lobby?"),
        (("remove", "x*"), "no saved room is called 'x*'"),
        (("remove", ","), "names no room"),
        (("list", "x"), "no saved room"),
        (("import", "/no/such.csv"), "/no/such.csv: No such file"),
    ],
)
def test_what_is_refused(words, complaint, videobar, save_profiles, file):
    save_profiles(FILE)
    ran = videobar("rooms", *words)
    assert (ran.status, ran.out) == (2, "")
    assert complaint in ran.err
    assert file.read_text() == FILE


def test_files_that_only_people_can_change(videobar, save_profiles, file):
    text = 'lobby = { host = "x" }\n'
    save_profiles(text)
    ran = videobar("rooms", "remove", "lobby")
    assert ran.status == 2
    assert "edit it by hand" in ran.err
    assert file.read_text() == text


def test_text_that_looks_like_a_table(videobar, save_profiles, file):
    text = '[a]\nhost = "x"\nuser = """\n[b]\n"""\n'
    save_profiles(text)
    assert videobar("rooms", "add", "c", "y").status == 0
    assert tables(file)["a"]["user"] == "[b]\n"
    assert videobar("rooms", "remove", "a").status in (0, 2)
    assert "c" in tables(file)


def test_listing(videobar, save_profiles):
    save_profiles(FILE + 'password_file = "f"\n')
    assert videobar("rooms", "list").lines == [
        "name     host      port  user   trust            password",
        "lobby    10.0.0.5  443   admin  trust-first-use  -",
        "Board 1  10.0.0.6  8443  admin  authorities      -",
        "last     10.0.0.7  443   admin  authorities      file",
    ]
    assert [row["name"] for row in videobar("rooms", "list", "l*", "--json").json] == ["lobby", "last"]
    assert videobar("rooms", "list", "--columns", "name", "--format", "csv").lines == [
        "name",
        "lobby",
        "Board 1",
        "last",
    ]


def test_without_a_file(videobar):
    assert videobar("rooms", "list").out == "(none)\n"
    assert videobar("rooms", "export").out == "name,host\n"


def test_csv_out_and_in_again(videobar, save_profiles, file, tmp_path):
    save_profiles(FILE + 'password_command = ["pass", "a b"]\nport = 8443\ntimeout = 2.5\n')
    before = tables(file)
    out = tmp_path / "rooms.csv"
    assert videobar("rooms", "export", str(out)).status == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    file.unlink()
    assert videobar("rooms", "import", str(out)).status == 0
    before["last"]["password_command"] = "pass 'a b'"
    assert tables(file) == before
    assert "same" in videobar("rooms", "import", str(out)).out


@pytest.mark.parametrize(
    "text",
    [
        "name,host,port\na,10.0.0.1,8443\nb,10.0.0.2,\n",
        "\ufeffName;Host;Port\r\na;10.0.0.1;8443\r\n\r\nb;10.0.0.2;\r\n",
        "host\tname\tport\n10.0.0.1\ta\t8443\n 10.0.0.2 \t b \n",
        'name,host,port\n"a","10.0.0.1",8443\n"b",10.0.0.2,""\n,,\n',
    ],
)
def test_csv_as_programs_write_it(text, videobar, file):
    ran = videobar("rooms", "import", "-", stdin=text.encode())
    assert (ran.status, ran.err) == (0, "")
    assert tables(file) == {"a": {"host": "10.0.0.1", "port": 8443}, "b": {"host": "10.0.0.2"}}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no column name"),
        ("name\na\n", "no column host"),
        ("name,host\n", "there is no room in it"),
        ("name,host,password\na,x,secret\n", "passwords do not belong"),
        ("name,host,colour\na,x,red\n", "'colour' is no column"),
        ("name,host,host\na,x,y\n", "'host' is there twice"),
        ("name,host,port\na,x,70000\n", "line 2: "),
        ("name,host,port\na,x,y\n", "line 2: port: must be a whole number"),
        ("name,host,insecure\na,x,maybe\n", "line 2: insecure: must be true or false"),
        ("name,host\na,x\n,y\n", "line 3: name is missing"),
        ("name,host\na,\n", "line 2: "),
        ("name,host\na,x\na,y\n", "line 3: 'a' was there before"),
        ("name,host\na,x,y\n", "line 2: has 3 fields"),
        ("name,host\na*,x\nb,y z\n", "line 3: "),
        ('name,host\n"a,x\n', "line "),
        ("name,host\na,\xff\n", "not UTF-8"),
    ],
)
def test_csv_with_mistakes_saves_nothing(text, complaint, videobar, save_profiles, file):
    save_profiles(FILE)
    ran = videobar("rooms", "import", "-", stdin=text.encode("latin-1"))
    assert (ran.status, ran.out) == (2, "")
    assert complaint in ran.err
    assert "secret" not in ran.err
    assert file.read_text() == FILE


def test_every_wrong_line_is_told(videobar):
    ran = videobar("rooms", "import", "-", stdin=b"name,host\na*,x\nb,y\n,z\n")
    assert "line 2: " in ran.err
    assert "line 4: " in ran.err
    assert "line 3" not in ran.err


def test_a_link_to_the_file_stays_a_link(videobar, file, tmp_path):
    real = tmp_path / "dotfiles.toml"
    real.write_text("# mine\n")
    file.parent.mkdir(parents=True)
    file.symlink_to(real)
    assert videobar("rooms", "add", "a", "x").status == 0
    assert file.is_symlink()
    assert real.read_text() == '# mine\n\n[a]\nhost = "x"\n'
