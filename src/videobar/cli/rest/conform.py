"""`videobar conform`: what a room makes of every action of the contract, or how recordings differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from videobar.cli.command.arguments import (
    Act,
    Argument,
    Command,
    Kind,
    Options,
    Surroundings,
    UsageError,
    chosen,
    decimal_number,
)
from videobar.cli.command.catalog import summary_of
from videobar.cli.output.downloads import CannotWrite, file_name, whole_file
from videobar.cli.output.views import Answer, Blocks, Properties, Table, View
from videobar.contract.index import Areas
from videobar.contract.operation import Danger

if TYPE_CHECKING:
    from videobar.conformance.compare import Difference
    from videobar.conformance.examine import Result
    from videobar.conformance.recording import Recording
    from videobar.conformance.run import Plan, Report

# The contract suite is imported where it is used: it brings the whole client, which --help does not need.

PERMISSIONS = ("calls", "cameras", "directory", "settings", "restart", "reset")
SEVERE = {
    "restart": Danger.RESTARTS,
    "reset": Danger.RESTARTS,
    "directory": Danger.DELETES,
    "calls": Danger.ENDS_CALLS,
}
MOST_COMPARED = 2
NOT_RECORDED = ("not in the recording",)

DESCRIPTION = """Asks every action of the contract once, one after the other, in a way that leaves no trace: what is \
read, what is written back as it was read, what stops a move that is not under way. It never dials, restarts, deletes \
or moves anything that was not allowed with --allow.

Each action works, differs (and how), is refused (and why), is not present, or was not asked (and what would allow \
it). The status is 1 when something differs or is not answered.

--record keeps the answers, without session ids, passwords, serial numbers, addresses and names of people. \
--compare reads recordings instead of asking a room: of one, how it differs from the contract, of two, how the second \
differs from the first"""


def command() -> Command:
    """The verb."""
    return Command(
        ("conform",),
        summary_of("conform"),
        (
            Argument(
                "allow",
                f"kinds of actions to allow that leave traces: {', '.join(PERMISSIONS)}; may be repeated",
                ("--allow",),
                "WORD",
                chosen(PERMISSIONS),
                PERMISSIONS,
                Kind.REPEATED,
            ),
            Argument("dial", "with --allow calls: address to dial, several times", ("--dial",), "ADDRESS"),
            Argument("record", "keep the answers, with secrets blanked", ("--record",), "FILE", is_file=True),
            Argument("against", "compare with a recording of before", ("--against",), "FILE", is_file=True),
            Argument(
                "compare",
                "ask no room: compare a recording with the contract, or two with each other",
                ("--compare",),
                "FILE",
                kind=Kind.REPEATED,
                is_file=True,
            ),
            Argument(
                "second", "with --compare: the second recording", (), "FILE", kind=Kind.REPEATED, is_file=True
            ),
            Argument(
                "pause",
                "wait so long between two actions (default: 0.1)",
                ("--pause",),
                "SECONDS",
                decimal_number,
            ),
        ),
        _prepare,
        DESCRIPTION,
        here=_compare,
        danger_of=_danger,
    )


def _danger(options: Options) -> Danger:
    allowed = options.allow or ()
    return next((danger for word, danger in SEVERE.items() if word in allowed), Danger.NONE)


def _compare(options: Options) -> Answer | None:
    """The status of comparing recordings, where no room is asked."""
    if not options.compare:
        if options.second:
            raise UsageError(f"{options.second[0]}: a recording belongs after --compare")
        return None
    compared = [*options.compare, *(options.second or ())]
    if len(compared) > MOST_COMPARED or options.record or options.against or options.allow or options.dial:
        raise UsageError("--compare takes one or two recordings, and no room")
    from videobar.conformance.compare import against_contract

    recordings = [_load(name) for name in compared]
    if len(recordings) == 1:
        return _of_results(against_contract(recordings[0]), f"{recordings[0].name} and the contract", ())
    return _of_differences(recordings[0], recordings[1])


def _prepare(options: Options) -> Act:
    from videobar.conformance.cases import Permission
    from videobar.conformance.run import Plan

    allowed = frozenset(Permission(word) for word in options.allow or ())
    if (Permission.CALLS in allowed) != bool(options.dial):
        raise UsageError("--allow calls and --dial ADDRESS belong together")
    pause = 0.1 if options.pause is None else options.pause
    if not 0 <= pause <= 60:
        raise UsageError("--pause: must be from 0 to 60 seconds")
    before = _load(options.against) if options.against else None
    plan = Plan(allowed, options.dial or "", pause)
    return partial(_conform, plan=plan, record=options.record, before=before)


async def _conform(
    room: Areas, around: Surroundings, *, plan: Plan, record: str | None, before: Recording | None
) -> Answer:
    from videobar.client.aio import AsyncRoom
    from videobar.conformance.compare import differences_between
    from videobar.conformance.run import conform

    if not isinstance(room, AsyncRoom):
        raise TypeError("only rooms that answer requests can be examined")
    report = await conform(room, around.clock, plan, around.tell)
    if record is not None:
        _write(report, record, around)
    changed = () if before is None else differences_between(before, report.recording)
    return _of_results(report.results, report.recording.name, changed, compared=before)


def _write(report: Report, wanted: str, around: Surroundings) -> None:
    from videobar.conformance.recording import text_of

    name = file_name(wanted, "", around)
    try:
        with whole_file(name, replace=True) as target:
            target.write(text_of(report.recording))
    except OSError as error:
        raise CannotWrite(f"{name}: {error.strerror or error}") from None


def _load(name: str) -> Recording:
    from videobar.conformance.recording import RecordingError, load

    try:
        return load(Path(name).expanduser())
    except RecordingError as error:
        raise UsageError(str(error)) from None


def _of_results(
    results: Sequence[Result], title: str, changed: Sequence[Difference], *, compared: Recording | None = None
) -> Answer:
    from videobar.conformance.examine import Outcome

    counted = Counter(result.outcome for result in results)
    summary = Properties(tuple((outcome.value, counted[outcome]) for outcome in Outcome))
    told = [result for result in results if result.details != NOT_RECORDED]
    rows = tuple((result.action, result.outcome.value, _detail(result)) for result in told)
    parts: list[tuple[str, View]] = [
        ("coverage", Table(("action", "outcome", "detail"), rows)),
    ]
    differing = tuple(
        (result.action, detail)
        for result in results
        if result.outcome is Outcome.DIFFERS
        for detail in result.details
    )
    if differing:
        parts.append(("differences from the contract", _table(differing)))
    if compared is not None:
        parts.append((f"since {compared.name}", _table((one.action, one.what) for one in changed)))
    parts.append((title, summary))
    wire = {
        "room": title,
        "counts": {outcome.value: counted[outcome] for outcome in Outcome},
        "results": [
            {
                "action": result.action,
                "outcome": result.outcome.value,
                "status": result.status,
                "milliseconds": result.milliseconds,
                "details": list(result.details),
            }
            for result in results
        ],
        "changed": [{"action": one.action, "what": one.what} for one in changed],
    }
    good = not counted[Outcome.DIFFERS] and not counted[Outcome.FAILED] and not changed
    return Answer(wire, Blocks(tuple(parts)), good)


def _of_differences(first: Recording, second: Recording) -> Answer:
    from videobar.conformance.compare import differences_between

    found = differences_between(first, second)
    wire = {
        "first": first.name,
        "second": second.name,
        "changed": [{"action": one.action, "what": one.what} for one in found],
    }
    return Answer(
        wire,
        Blocks(((f"{first.name}, then {second.name}", _table((one.action, one.what) for one in found)),)),
        not found,
    )


def _detail(result: Result) -> str | None:
    if result.outcome.value == "differs" and len(result.details) > 1:
        return f"{len(result.details)} differences, see below"
    return "; ".join(result.details) or None


def _table(rows: Iterable[tuple[str, str]]) -> Table:
    return Table(("action", "difference"), tuple(rows))
