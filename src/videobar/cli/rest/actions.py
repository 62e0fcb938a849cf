"""A command for every action of the contract."""

from __future__ import annotations

import mimetypes
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect as kinds

from videobar.cli.command.arguments import Act, Argument, Command, Options, Surroundings, UsageError
from videobar.cli.everyday import calls
from videobar.cli.output import downloads
from videobar.cli.output.views import Answer, answer_of
from videobar.cli.rest import fields
from videobar.contract.index import OPERATIONS, Areas
from videobar.contract.model import Download, Link, Upload
from videobar.contract.operation import Access, Certainty, Danger, Operation
from videobar.vocabulary import FaultKind

BODY = "body"
"""In the options: where the body's flags are, and the positional of a bare body."""
WHOLE_BODY = "whole_body"
PARAMETER = "parameter"
CONFERENCE = "conference_id"
"""The parameter that is found out where it is left out."""
DIALLING = frozenset(
    {"calendar_meetings_dial", "conferences_blast", "conferences_connections_add", "conferences_dial"}
)
"""Actions that always dial, also where a room answers them with nothing."""
DEFAULT_MEDIA_TYPE = "application/octet-stream"


def commands(taken: frozenset[str], areas: Collection[str]) -> tuple[Command, ...]:
    """A command for each action of `areas`; a field whose flag is `taken` by what all commands have gets a prefix."""
    return tuple(command(operation, taken) for operation in OPERATIONS if operation.area in areas)


def command(operation: Operation, taken: frozenset[str]) -> Command:
    """The command of one action."""
    return Command(
        path=(operation.area, fields.dashed(operation.name)),
        summary=operation.summary,
        description=_description(operation),
        arguments=tuple(_arguments(operation, taken)),
        prepare=lambda options: _prepare(operation, options, taken),
        danger=operation.danger,
        danger_of=_danger_of_a_fault if operation.id == "stage_faults_add" else None,
        # Only those who are logged in have a session to show, though the action itself is open.
        needs_login=operation.access is Access.ADMIN or operation.method == "GET",
    )


def _danger_of_a_fault(options: Options) -> Danger:
    """Only an outage ends calls; what stands in a whole body is not looked at, and so is dangerous."""
    kind = getattr(options, f"{BODY}.kind")
    return Danger.ENDS_CALLS if kind == FaultKind.OUTAGE or kind is None else Danger.NONE


def _description(operation: Operation) -> str:
    paragraphs = [operation.summary]
    paragraphs += [" ".join(paragraph.split()) for paragraph in operation.description.split("\n\n")]
    if operation.decided:
        paragraphs.append(f"Decided by this project: {operation.decided}")
    if operation.own:
        paragraphs.append("Only rooms of this project have it.")
    elif not operation.documented:
        paragraphs.append("Not in the vendor's guide, but seen on real devices.")
    if operation.certainty is Certainty.INFERRED:
        paragraphs.append("The exact shape is inferred: no evidence from a real device was found.")
    if operation.danger.value != "none":
        paragraphs.append(f"Careful: {operation.danger.value}. Asks first, unless --yes is given.")
    paragraphs.append(f"On the wire: {operation.method} {operation.url}")
    return "\n\n".join(paragraph.replace("`", "'") for paragraph in paragraphs if paragraph)


def _arguments(operation: Operation, taken: frozenset[str]) -> Iterator[Argument]:
    for parameter in (*operation.path_parameters, *operation.query_parameters):
        flag = "--" + fields.dashed(parameter.python_name)
        taken |= {flag}
        found = parameter.python_name == CONFERENCE
        yield fields.parameter_argument(
            f"{PARAMETER}.{parameter.python_name}",
            flag,
            parameter.type,
            required=parameter.required and not found,
            default="that of the call that is on" if found else parameter.default,
        )
    if operation.body is not None:
        yield from _body_arguments(operation, taken)
    if operation.returns is Download:
        meaning = "where to write, - for standard output; the name that the room gives when left out"
        yield Argument(downloads.OUTPUT, meaning, ("--output", "-o"), "FILE", is_file=True)


def _body_arguments(operation: Operation, taken: frozenset[str]) -> Iterator[Argument]:
    body = operation.body
    assert body is not None  # noqa: S101 (for the type checker; the caller has looked)
    taken |= {"--body", "--output"}
    if body.type is Upload:
        yield Argument(BODY, "the file to send, - for standard input", (), "FILE", is_file=True)
        meaning = "the media type of the file; from its name when left out"
        yield Argument("media_type", meaning, ("--media-type",), "TYPE")
        yield Argument(WHOLE_BODY, "the file to send, as @FILE or -", ("--body",), "@FILE|-", is_file=True)
        return
    core, meaning = fields.core_of(kinds.type_info(body.type))
    if isinstance(core, kinds.StructType):
        yield from fields.struct_arguments(core, BODY, taken, fields.dashed(body.python_name))
    else:
        yield fields.bare_argument(BODY, body.python_name, core, meaning)
    meaning = "the whole body as JSON, from a file with @, from standard input with -; flags win over it"
    yield Argument(WHOLE_BODY, meaning, ("--body",), "JSON|@FILE|-", is_file=True)


def _prepare(operation: Operation, options: Options, taken: frozenset[str]) -> Act:
    arguments = call_arguments(operation, options, taken)
    wanted: str | None = getattr(options, downloads.OUTPUT) if operation.returns is Download else None
    lacks_conference = any(
        parameter.python_name == CONFERENCE and CONFERENCE not in arguments
        for parameter in operation.path_parameters
    )

    async def act(room: Areas, around: Surroundings) -> Answer:
        more = {CONFERENCE: await calls.only_conference(room)} if lacks_conference else {}
        value = await operation.bind(room)(**arguments, **more)
        if operation.returns is Download:
            return await downloads.save(value, wanted, around)
        if operation.returns == list[Link] and (value or operation.id in DIALLING):
            return Answer(value, calls.dialling(value))
        return answer_of(value, has_body=operation.returns is not None)

    return act


def call_arguments(operation: Operation, options: Options, taken: frozenset[str]) -> dict[str, Any]:
    """The arguments of the method of the action. Raises `UsageError`."""
    given = vars(options)
    arguments: dict[str, Any] = {}
    for parameter in (*operation.path_parameters, *operation.query_parameters):
        value = given.get(f"{PARAMETER}.{parameter.python_name}")
        if value is None:
            continue
        flag = "--" + fields.dashed(parameter.python_name)
        if value == "" and parameter in operation.path_parameters:
            raise UsageError(f"{flag}: must not be empty")
        arguments[parameter.python_name] = fields.converted(value, parameter.type, flag, {})
    if operation.body is not None:
        body = _body(operation, given, taken)
        if body is not msgspec.UNSET:
            arguments[operation.body.python_name] = body
    return arguments


def _body(operation: Operation, given: dict[str, Any], taken: frozenset[str]) -> Any:
    """The body, or `UNSET` where none was given and none is needed."""
    body = operation.body
    assert body is not None  # noqa: S101 (for the type checker; the caller has looked)
    whole, bare = given.get(WHOLE_BODY), given.get(BODY)
    if whole is not None and bare is not None:
        raise UsageError("give the body once: as an argument or with --body")
    if body.type is Upload:
        return _upload(whole, bare, given.get("media_type"))
    core, _ = fields.core_of(kinds.type_info(body.type))
    content: Any = bare if whole is None else _json(whole)
    if isinstance(core, kinds.StructType):
        flags = fields.collect(given, BODY)
        if whole is not None and not isinstance(content, dict):
            if flags:
                raise UsageError("--body: flags can only be added to a JSON object")
        elif whole is None and not flags and not body.required:
            return msgspec.UNSET
        else:
            content = fields.with_fixed_values(core, fields.merged(content or {}, flags))
    elif content is None and whole is None:
        raise UsageError(f"{body.python_name.upper()} is needed")
    spellings = {
        argument.dest.removeprefix(f"{BODY}."): argument.flags[0]
        for argument in _arguments(operation, taken)
        if argument.dest.startswith(f"{BODY}.")
    }
    return fields.converted(content, body.type, body.python_name.upper(), spellings)


def _json(text: str) -> Any:
    raw = read(text) if text == "-" or text.startswith("@") else text.encode(errors="surrogateescape")
    try:
        return msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"--body: {error}") from None


def _upload(whole: str | None, bare: str | None, media_type: str | None) -> Upload:
    if whole is not None and whole != "-" and not whole.startswith("@"):
        raise UsageError("--body: must be @FILE or - here")
    source = whole if whole is not None else bare
    if source is None:
        raise UsageError("FILE is needed")
    if whole is None and source != "-":
        source = f"@{source}"
    guessed = mimetypes.guess_type(source)[0]
    return Upload(media_type or guessed or DEFAULT_MEDIA_TYPE, read(source))


def read(source: str) -> bytes:
    """The bytes of `@FILE`, or of standard input for `-`. Raises `UsageError`."""
    try:
        return sys.stdin.buffer.read() if source == "-" else Path(source[1:]).expanduser().read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{source.removeprefix('@')}: {reason}") from None
