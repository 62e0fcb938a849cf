from videobar.cli.output import Blocks, Painter, Properties, Table, cell, printable, view_of, width_of

WIDE = Painter(80, colour=False)


def test_a_table_lines_up():
    table = Table(("id", "name"), (("1", "Ada"), ("10", "会议"), ("2", None)))
    assert WIDE.lines(table) == ["id  name", "1   Ada", "10  会议", "2   -"]
    wide_first = Table(("a", "b"), (("会", 1), ("xy", 2)))
    assert WIDE.lines(wide_first) == ["a   b", "会  1", "xy  2"]


def test_a_table_that_is_too_wide_is_shown_row_by_row():
    table = Table(("first", "second"), (("x" * 30, "y" * 30), ("a", "b")))
    assert Painter(40, colour=False).lines(table) == [
        "first   " + "x" * 30,
        "second  " + "y" * 30,
        "",
        "first   a",
        "second  b",
    ]


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
    assert width_of("e\u0301会") == 3
    assert width_of("\u0e2b\u0e49\u0e2d\u0e31\u0e07") == 3  # Thai: marks above a letter take no column


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
    lines = Painter(80, colour=True).lines(Properties((("a", 1), ("bcd", 2))))
    assert lines == ["\x1b[36ma  \x1b[0m  1", "\x1b[36mbcd\x1b[0m  2"]


def test_a_last_column_that_may_be_cut():
    table = Table(("name", "detail"), (("one", "x" * 80), ("two", None)), may_cut_last=True)
    lines = Painter(40, colour=False).lines(table)
    assert [len(line) for line in lines] == [12, 40, 7]
    assert lines[1].endswith("…")
    narrow = Painter(12, colour=False).lines(table)
    assert narrow[0] == "name    one"


def test_properties_of_several_rooms_stand_beside_each_other():
    views = [
        ("lobby", Properties((("muted", True), ("volume", 3)))),
        ("board", Properties((("volume", 40),))),
    ]
    assert WIDE.side_by_side(views) == ["        lobby  board", "muted   yes    -", "volume  3      40"]
    narrow = Painter(15, colour=False).side_by_side(views)
    assert narrow[0] == "lobby: muted   yes"
