import re

import pytest

from videobar.cli.output.painting import UNLIMITED, Painter
from videobar.cli.output.views import Blocks, Properties, Table, cell, printable, raw, records, view_of

WIDE = Painter(80, colour=False)


def test_a_table_lines_up():
    table = Table(("id", "name"), (("1", "Ada"), ("10", "会议"), ("2", None)))
    assert WIDE.lines(table) == ["id  name", "1   Ada", "10  会议", "2   -"]
    wide_first = Table(("a", "b"), (("会", 1), ("xy", 2)))
    assert WIDE.lines(wide_first) == ["a   b", "会  1", "xy  2"]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("e\u0301", 1),
        ("会", 2),
        ("한글", 4),
        ("\u0e2b\u0e49\u0e2d\u0e31\u0e07", 3),  # Thai: marks above a letter take no column
        ("👨\u200d👩\u200d👧", 2),
        ("🇩🇪", 2),
        ("❤\ufe0f", 2),
        ("שלום", 4),
        ("नमस्ते", 4),
    ],
)
def test_all_scripts_line_up(text, columns):
    shown = printable(text)
    heading, row, _ = WIDE.lines(Table(("a", "b"), ((text, "x"), ("-" * 9, "y"))))
    assert heading == "a" + " " * 10 + "b"
    padding = row.removeprefix(shown).removesuffix("x")
    assert set(padding) == {" "}
    if "\\" not in shown:  # some joiners are shown as escapes
        assert len(padding) == 11 - columns


def test_a_table_that_is_too_wide_is_folded():
    table = Table(("first", "second"), (("x" * 30, "y" * 30), ("a", "b")))
    lines = Painter(40, colour=False).lines(table)
    assert max(map(len, lines)) <= 40
    assert lines[0].split() == ["first", "second"]
    assert "".join(lines).count("x") == "".join(lines).count("y") == 30
    assert lines[-1].split() == ["a", "b"]


def test_a_table_with_too_many_columns_is_shown_row_by_row():
    table = Table(("first", "second"), (("x" * 12, "y" * 12), ("a", "b")))
    assert Painter(20, colour=False).lines(table) == [
        "first   " + "x" * 12,
        "second  " + "y" * 12,
        "",
        "first   a",
        "second  b",
    ]


def test_without_a_terminal_a_row_is_a_line():
    table = Table(tuple("abcdef"), (("x" * 500,) * 6,) * 3)
    assert len(Painter(UNLIMITED, colour=False).lines(table)) == 4


def test_views_of_wire_values():
    assert view_of({"a": {"b": 1}, "c": [1, 2]}) == Properties((("a.b", 1), ("c", [1, 2])))
    assert view_of([{"a": 1}, {"b": 2}]) == Table(("a", "b"), ((1, None), (None, 2)))
    assert view_of([]) == Table((), ())
    assert WIDE.lines(view_of([])) == ["(none)"]
    assert view_of(True) == "yes"
    assert view_of("x\x07") == "x\\x07"
    assert view_of(["a", 1]) == "a\n1"
    assert view_of([{"a": 1}, 2]) == '{"a":1}\n2'


def test_lists_of_objects_in_an_object_are_tables():
    assert view_of({"list": [{"a": 1}]}) == Table(("a",), ((1,),))
    page = view_of({"entries": [{"id": "1", "in": {"b": 2}}, {"id": "2"}], "next": None})
    assert WIDE.lines(page) == ["next  -", "", "entries", "  id  in.b", "  1   2", "  2   -"]
    assert view_of({"entries": [], "next": None}) == Properties((("entries", []), ("next", None)))
    links = [{"href": "/rest/x", "rel": "item"}]
    assert view_of({"terminals": links}) == Properties((("terminals", links),))


def test_cells():
    assert [cell(value) for value in (None, True, False, 1.5, "", [], {})] == [
        "-",
        "yes",
        "no",
        "1.5",
        "",
        "-",
        "-",
    ]
    assert cell([{"href": "/rest/x", "rel": "item"}]) == "/rest/x"
    assert cell([{"a": 1}]) == '[{"a":1}]'


def test_nothing_that_a_terminal_obeys_gets_through():
    assert printable("a\x1b[2J\r\n\u202eb\x9b\ud800") == "a\\x1b[2J\\r\\n\\u202eb\\x9b\\ud800"
    assert printable("zwölf 会") == "zwölf 会"


def test_several_rooms_in_one_table():
    lines = WIDE.side_by_side(
        [("a", Table(("x",), ((1,), (2,)))), ("b", Table(("y",), ((3,),))), ("c", Table((), ()))]
    )
    assert lines == ["room  x  y", "a     1  -", "a     2  -", "b     -  3", "c     -  -"]


def test_several_rooms_in_lines():
    views = [("a", Properties((("x", 1), ("y", 2)))), ("long", "done")]
    assert WIDE.side_by_side(views) == ["a:    x  1", "a:    y  2", "long: done"]


def test_blocks():
    blocks = Blocks((("one", "x"), ("two", Table((), ()))))
    assert WIDE.lines(blocks) == ["one", "  x", "", "two", "  (none)"]


def test_colour_does_not_disturb_the_alignment():
    for view in (
        Properties((("a", 1), ("bcd", 2))),
        Table(("a", "bcd"), ((1, None),)),
        Blocks((("x", "y"),)),
    ):
        coloured = Painter(80, colour=True).lines(view)
        assert any("\x1b[" in line for line in coloured)
        assert [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in coloured] == WIDE.lines(view)


def test_properties_of_several_rooms_stand_beside_each_other():
    views = [
        ("lobby", Properties((("muted", True), ("volume", 3)))),
        ("board", Properties((("volume", 40),))),
    ]
    assert WIDE.side_by_side(views) == ["        lobby  board", "muted   yes    -", "volume  3      40"]
    many = [(f"room-{number}", view) for number in range(20) for _, view in views[:1]]
    assert WIDE.side_by_side(many)[:2] == ["room     muted  volume", "room-0   yes    3"]
    narrow = Painter(15, colour=False).side_by_side(views)
    assert narrow[0] == "lobby: muted   yes"


def test_no_answer_at_all_is_no_line():
    assert WIDE.side_by_side([]) == []


def test_rows_for_programs():
    blocks = Blocks(
        (("a", Properties((("x", 1),))), ("", Properties((("y", 2),))), ("t", Table(("z",), ((3,),))))
    )
    assert records(blocks) == [{"a.x": 1, "y": 2, "t": [{"z": 3}]}]
    assert records("done") == [{"answer": "done"}]
    assert [raw(value) for value in (None, True, 1.5, ["a", None], "x\ny")] == [
        "",
        "true",
        "1.5",
        '["a",null]',
        "x\ny",
    ]
