"""Rows and chosen columns of one and many rooms."""

import json

import pytest

from videobar.cli.command.arguments import UsageError
from videobar.cli.output.columns import chosen, columns_named
from videobar.cli.output.painting import Painter
from videobar.cli.output.views import Blocks, Properties, Table
from videobar.contract.audio import AudioState

TABLE = Table(
    ("room", "systemName", "state", "lanStatus.state", "lanStatus.duplex", "serialNumber"),
    (("a", "Lobby", "READY", "LAN_UP", "FULL", "1"), ("b", "Board", "ASLEEP", "LAN_UP", "FULL", "2")),
)


@pytest.mark.parametrize(
    ("names", "headings"),
    [
        ("state", ("room", "state")),
        ("STATE", ("room", "state")),
        ("duplex", ("room", "lanStatus.duplex")),
        ("serial", ("room", "serialNumber")),
        ("name,serial", ("room", "systemName", "serialNumber")),
        ("lanstatus.*", ("room", "lanStatus.state", "lanStatus.duplex")),
        ("*state", ("room", "state", "lanStatus.state")),
        ("serial,room, serial ,state", ("serialNumber", "room", "state")),
        ("*", TABLE.headings),
    ],
)
def test_what_a_name_means(names, headings):
    assert chosen(TABLE, columns_named(names)).headings == headings


def test_rows_follow_their_columns():
    assert chosen(TABLE, ["serial", "room"]).rows == (("1", "a"), ("2", "b"))


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        ("serialnumbre", "did you mean serialNumber?"),
        ("xyz", "there are: room, systemName"),
        ("x*", "no column 'x\\*'"),
    ],
)
def test_unknown_columns(names, complaint):
    with pytest.raises(UsageError, match=complaint):
        chosen(TABLE, [names])


@pytest.mark.parametrize("text", ["", " , ", ","])
def test_a_list_of_nothing(text, videobar):
    assert videobar("audio", "state", "--columns", text).status == 2
    assert videobar.opened == []


@pytest.fixture
def thirty(videobar):
    names = [f"room-{number:02}" for number in range(30)]
    for number, name in enumerate(names):
        videobar.room(name).answers["audio_get"] = AudioState(
            mute_locked=False, muted=bool(number % 2), num_of_mics_connected=1, volume=number
        )
    return ",".join(names)


def test_columns_of_many_rooms(thirty, videobar):
    lines = videobar("audio", "state", "-r", thirty, "--columns", "volume,muted").lines
    assert lines[:3] == ["room     volume  muted", "room-00  0       no", "room-01  1       yes"]
    assert len(lines) == 31
    table = videobar("audio", "state", "-r", thirty, "--columns", "vol*", "--format", "csv").lines
    assert table[:3] == ["room,volume", "room-00,0", "room-01,1"]
    rows = videobar("audio", "state", "-r", thirty, "--columns", "muted", "--json").json
    assert rows[1] == {"room": "room-01", "muted": True}
    assert len(rows) == 30


def test_an_unknown_column_is_told_after_the_rooms_were_asked(videobar):
    ran = videobar("audio", "state", "--columns", "volumes")
    assert (ran.status, ran.out) == (2, "")
    assert "did you mean volume?" in ran.err


def test_times_in_chosen_columns_are_iso(videobar):
    (row,) = json.loads(videobar("system", "info", "--columns", "systemTime", "--json").out)
    assert row["systemTime"].startswith("1970-01-01T00:00:00")


def test_many_rooms_have_a_row_each_and_the_columns_that_fit():
    pairs = tuple((f"property{number}", f"a value of room {number}") for number in range(16))
    views = [(f"studio-{number:02}", Properties(pairs)) for number in range(30)]
    lines = Painter(80, colour=False).side_by_side(views)
    assert max(map(len, lines)) <= 80
    assert lines[0].split()[:2] == ["room", "property0"]
    assert sum(line.startswith("studio-") for line in lines) == 30
    assert "property15" in " ".join(lines[-4:])
    assert "--columns" in " ".join(lines[-4:])


def test_parts_of_many_rooms_are_one_row_too():
    view = Blocks(
        (
            ("system", Properties((("state", "READY"),))),
            ("calls", Table(("id",), ((1,), (2,)))),
            ("audio", "none"),
        )
    )
    lines = Painter(80, colour=False).side_by_side([(f"r{number}", view) for number in range(9)])
    assert lines[:2] == ["room  state  calls  audio", "r0    READY  2      none"]
    assert len(lines) == 10


def test_few_rooms_stand_side_by_side_as_before():
    views = [(f"r{number}", Properties((("state", "READY"),))) for number in range(4)]
    assert Painter(80, colour=False).side_by_side(views)[0] == "       r0     r1     r2     r3"


def test_each_of_many_rooms_is_one_line_however_long_its_values():
    pairs = (("state", "READY"), ("serial", "8LOAQGLH3LKWZ5"), ("text", "x" * 60))
    lines = Painter(80, colour=False).side_by_side([(f"studio-{n:02}", Properties(pairs)) for n in range(30)])
    assert lines[1] == "studio-00  READY  8LOAQGLH3LKWZ5"
    assert sum(line.startswith("studio-") for line in lines) == 30
    assert lines[31:33] == [
        "",
        "Too wide for this terminal: text. Choose with --columns, or take --format csv.",
    ]
