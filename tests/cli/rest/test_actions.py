"""Every action has a command, and what is typed arrives as the call that was meant."""

import json

import msgspec
import pytest
from msgspec import inspect as kinds

from videobar.cli.command import everywhere
from videobar.cli.command.arguments import Kind, decimal_number, whole_number
from videobar.cli.output import downloads
from videobar.cli.rest import actions, fields
from videobar.contract.index import AREAS, OPERATIONS, operation_by_id
from videobar.contract.model import Download, Upload
from videobar.contract.operation import Certainty, Danger

BY_ID = {operation.id: operation for operation in OPERATIONS}
COMMANDS = {
    operation.id: command
    for operation, command in zip(OPERATIONS, actions.commands(everywhere.TAKEN, AREAS), strict=True)
}


def example(argument):
    """A text for an argument, and the plain value that it stands for."""
    if argument.choices:
        word = argument.choices[-1]
        return word, argument.parse(word)
    if argument.dest == "body.status":
        return "503", 503
    if argument.parse is whole_number:
        return "7", 7
    if argument.parse is decimal_number:
        return "7.5", 7.5
    if argument.metavar == "JSON":
        if argument.dest.endswith("vars"):
            return '{"name": "a", "value": true}', {"name": "a", "value": True}
        return '{"address": "a@b"}', {"address": "a@b"}
    text = "5" if "dtmf" in argument.dest else "4711" if argument.dest.endswith("pin") else "some text"
    return text, text


def typed(operation, tmp_path):
    """Every flag of a command at once, and what the call must be for it."""
    words = [*COMMANDS[operation.id].path, "--yes"]
    expected = {}
    for argument in COMMANDS[operation.id].arguments:
        if argument.dest in (actions.WHOLE_BODY, downloads.OUTPUT, "media_type"):
            continue
        of_path = argument.dest.startswith(actions.PARAMETER)
        if operation.body and operation.body.type is Upload and not of_path:
            (tmp_path / "in.xml").write_bytes(b"<x/>")
            words.append(str(tmp_path / "in.xml"))
            expected["file"] = {"media_type": "application/xml", "content": "PHgvPg=="}
            continue
        place, _, path = argument.dest.partition(".")
        if argument.kind is Kind.YES_NO:
            words.append(argument.flags[0])
            value = True
        else:
            text, value = example(argument)
            words += [*argument.flags[:1], text]
            if argument.kind is Kind.REPEATED:
                value = [value]
        if place == actions.PARAMETER:
            expected[path] = value
        elif not path:
            expected[operation.body.python_name] = value
        else:
            inner = expected.setdefault(operation.body.python_name, {})
            *steps, last = path.split(".")
            for step in steps:
                inner = inner.setdefault(step, {})
            inner[last] = value
    return words, expected


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_flag_of_every_action_arrives(operation, videobar, tmp_path, plain):
    words, expected = typed(operation, tmp_path)
    if operation.returns is Download:
        words += ["--output", str(tmp_path / "out")]
    run = videobar(*words)
    assert (run.status, run.err) == (0, "")
    ((called, arguments),) = videobar.room().calls
    assert called == operation.id
    got = plain(arguments)
    if operation.body and isinstance(expected.get(operation.body.python_name), dict):
        body = operation.body.python_name
        # What the type adds by itself is no concern of flags.
        for name, value in expected[body].items():
            assert contains(got[body][name], value), name
        got, expected = (
            {k: v for k, v in got.items() if k != body},
            {k: v for k, v in expected.items() if k != body},
        )
    assert got == expected


def contains(got, expected):
    if isinstance(expected, dict):
        return all(contains(got[name], value) for name, value in expected.items())
    if isinstance(expected, list):
        return len(got) == len(expected) and all(map(contains, got, expected))
    return got == expected


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_a_command_is_named_like_its_method(operation, videobar):
    assert COMMANDS[operation.id].path == (operation.area, operation.name.replace("_", "-"))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_help_says_what_the_contract_says(operation, videobar):
    run = videobar(*COMMANDS[operation.id].path, "--help")
    assert run.status == 0
    text = " ".join(run.out.split())
    assert operation.summary.rstrip(".").replace("`", "'") in text
    assert " ".join(operation.decided.split()).replace("`", "'") in text
    assert f"{operation.method} {operation.url}" in text.replace("- ", "-")
    assert ("Not in the vendor's guide" in text) == (not operation.documented and not operation.own)
    assert ("Only rooms of this project" in text) == operation.own
    assert ("no evidence from a real device" in text) == (operation.certainty is Certainty.INFERRED)
    assert ("Asks first" in text) == (operation.danger is not Danger.NONE)
    for argument in COMMANDS[operation.id].arguments:
        for spelling in argument.spellings:
            assert spelling in run.out


@pytest.mark.parametrize(
    "operation", [one for one in OPERATIONS if one.body], ids=lambda operation: operation.id
)
def test_the_whole_body_can_be_json_from_anywhere(operation, videobar, tmp_path, plain):
    command = COMMANDS[operation.id]
    words = [*command.path, "--yes"]
    for argument in command.arguments:
        if argument.dest.startswith(actions.PARAMETER) and argument.required:
            words += [argument.flags[0], example(argument)[0]]
    if operation.body.type is Upload:
        body = b"<x/>"
        expected = "PHgvPg=="
    else:
        body = json.dumps(body_of(operation)).encode()
        expected = plain(msgspec.json.decode(body, type=operation.body.type))
    file = tmp_path / "body.json"
    file.write_bytes(body)
    ways = [(["--body", f"@{file}"], b""), (["--body", "-"], body)]
    if operation.body.type is not Upload:
        ways.append((["--body", body.decode()], b""))
    for more, stdin in ways:
        run = videobar(*words, *more, stdin=stdin)
        assert (run.status, run.err) == (0, "")
        _, arguments = videobar.room().calls[-1]
        got = plain(arguments[operation.body.python_name])
        assert (got["content"] if operation.body.type is Upload else got) == expected


def body_of(operation):
    core, _ = fields.core_of(kinds.type_info(operation.body.type))
    return example_of(core)


def example_of(core):
    match core:
        case kinds.StructType():
            return {
                one.encode_name: example_of(fields.core_of(one.type)[0])
                for one in core.fields
                if one.required
            }
        case kinds.ListType(item_type=kinds.StrType()):
            return ["a"]
        case kinds.ListType():
            return [{"address": "a@b"}]
        case kinds.EnumType():
            return next(iter(core.cls)).value
        case kinds.LiteralType():
            return core.values[0]
        case kinds.BoolType():
            return False
        case kinds.IntType():
            return 7
    return "5"


def test_flags_win_over_the_body(videobar):
    videobar("conferences", "dial", "--body", '{"address": "a", "rate": 64}', "--address", "b")
    (call,) = videobar.room().calls
    assert (call[1]["request"].address, call[1]["request"].rate) == ("b", 64)


def test_nested_fields_have_dots(videobar):
    run = videobar(
        *("cameras", "move-to-position", "--source-id", "SELECTED_PEOPLE"),
        *("--cam-position.pan", "-500", "--cam-position.zoom", "3", "--no-relative"),
    )
    assert run.status == 0
    ((_, arguments),) = videobar.room().calls
    position = arguments["request"].cam_position
    assert (position.pan, position.tilt, position.zoom) == (-500, None, 3)
    assert arguments["request"].relative is False


def test_lists_are_given_one_by_one(videobar):
    videobar(
        *("conferences", "blast", "--end-point-list", "a@x", "--end-point-list"),
        '{"address": "b@x", "dialType": "SIP"}',
    )
    ((_, arguments),) = videobar.room().calls
    first, second = arguments["request"].end_point_list
    assert first == "a@x"
    assert (second.address, second.dial_type) == ("b@x", "SIP")


def test_a_field_with_the_name_of_a_flag_that_all_have_gets_a_prefix(videobar):
    videobar("conferences", "dial", "--address", "a", "--request.password", "4711", "--password", "login")
    ((_, arguments),) = videobar.room().calls
    assert arguments["request"].password == "4711"
    assert videobar.opened[0][1] == "login"


def test_a_path_parameter_and_a_field_of_the_same_name(videobar):
    videobar(
        "directory", "local-members", "--entry-id", "group", "--action", "add", "--request.entry-id", "member"
    )
    ((_, arguments),) = videobar.room().calls
    assert arguments["entry_id"] == "group"
    assert arguments["request"].entry_id == "member"


def test_the_only_word_that_a_field_can_be_need_not_be_typed(videobar):
    assert videobar("system", "reset-settings", "--yes", "--keep-logs").status == 0
    ((_, arguments),) = videobar.room().calls
    assert (arguments["request"].action, arguments["request"].keep_logs) == ("resetsettings", True)


def test_a_body_that_may_be_left_out_is(videobar):
    videobar("system", "reboot", "--yes")
    assert videobar.room().calls == [("system_reboot", {})]


def test_words_may_be_in_any_case(videobar):
    assert videobar("conferences", "connections", "--conference-id", "0", "--which", "active").status == 0
    assert videobar.room().calls[0][1]["which"] == "ACTIVE"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("audio", "set-volume", "101"), "VOLUME: expected int <= 100"),
        (("audio", "set-volume", "loud"), "must be a whole number"),
        (("audio", "set-volume"), "VOLUME is needed"),
        (("audio", "set-volume", "1", "--body", "2"), "give the body once"),
        (("audio", "set-muted", "perhaps"), "must be true or false"),
        (("audio", "act"), "--action: is needed"),
        (("audio", "act", "--action", "sing"), "must be one of start, playDTMF"),
        (("audio", "act", "--action", "playDTMF", "--dtmf-char", "12"), "--dtmf-char: expected str"),
        (("audio", "act", "--body", "{"), "--body: "),
        (("audio", "act", "--body", "@/no/such/file"), "/no/such/file: No such file"),
        (("audio", "act", "--body", "[]", "--action", "start"), "flags can only be added to a JSON object"),
        (("cameras", "near-preset", "--index", "10"), "--index: expected int <= 9"),
        (("cameras", "near-preset"), "--index"),
        (("conferences", "one", "--conference-id", ""), "--conference-id: must not be empty"),
        (
            ("cameras", "move-to-position", "--source-id", "x", "--cam-position.pan", "50001"),
            "--cam-position.pan: expected int <= 50000",
        ),
        (("directory", "query", "--query-id", "q", "--limit", "0"), "--limit: expected int >= 1"),
        (("directory", "import-entries"), "FILE is needed"),
        (("directory", "import-entries", "/no/such/file"), "/no/such/file: No such file"),
        (("audio", "set-volume", "9" * 5000), "must be a whole number"),
    ],
)
def test_what_makes_no_sense_reaches_no_room(words, complaint, videobar):
    run = videobar(*words)
    assert run.status == 2
    assert complaint in run.err
    assert "Traceback" not in run.err
    assert videobar.opened == []


def test_an_action_of_an_area_must_be_named(videobar):
    run = videobar("audio")
    assert run.status == 2
    assert "ACTION" in run.err


def test_the_fake_knows_all_actions():
    assert set(COMMANDS) == set(BY_ID)
    assert operation_by_id("audio_get") is BY_ID["audio_get"]
