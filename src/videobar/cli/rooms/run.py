"""One command in one or several rooms, from the parsed options to the exit status."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from videobar.cli.command.arguments import Act, Command, Options, Surroundings, UsageError
from videobar.cli.command.exits import Exit
from videobar.cli.output import downloads
from videobar.cli.output.columns import columns_named
from videobar.cli.output.printing import Progress, Records, print_answer, print_complaints, print_outcomes
from videobar.cli.output.views import printable
from videobar.cli.rooms import profiles
from videobar.cli.rooms.passwords import Passwords, installed_keyring
from videobar.cli.rooms.profiles import Target
from videobar.cli.rooms.visits import Connect, Otherwise, Outcome, Visit, run_everywhere
from videobar.client.kept import is_kept
from videobar.client.session import Password
from videobar.clock import SystemClock
from videobar.contract.operation import Danger
from videobar.net import host_port

ROOMS = "rooms"
"""The name in the options of rooms that are arguments."""
ROOM_VARIABLE = "VIDEOBAR_ROOM"
YES = frozenset({"y", "yes"})


def run_in_rooms(command: Command, options: Options, connect: Connect) -> int:
    """Run it, print the result, and return the exit status. Raises `UsageError`.

    Every mistake in the arguments is found, and every question is asked, before a room is contacted.
    """
    wanted = _format(options)
    columns = columns_named(options.columns)
    answer = command.here(options)
    if answer is not None:
        print_answer(answer, wanted, columns)
        return Exit.DONE if answer.good else Exit.REFUSED
    act = command.prepare(options)
    targets = _targets(command, options)
    downloads.check_destination(getattr(options, downloads.OUTPUT, None), several=len(targets) > 1)
    danger = command.danger if command.danger_of is None else command.danger_of(options)
    if danger not in (None, Danger.NONE) and not options.yes:
        _confirm(command, danger, targets)
    progress = Progress(sys.stderr)
    visits = _visits(command, options, targets, progress, Records(wanted, columns))
    try:
        outcomes = _run(visits, act, connect, command.otherwise)
    finally:
        progress.clear()
    try:
        if not command.emits:
            print_outcomes(outcomes, wanted, columns)
        sys.stdout.flush()
    finally:
        print_complaints(outcomes)
    return max(outcome.status for outcome in outcomes)


def _format(options: Options) -> str:
    """The format of the output. Raises `UsageError` for two of them."""
    if options.json and options.format not in (None, "json"):
        raise UsageError(f"--json and --format {options.format} contradict each other")
    return "json" if options.json else str(options.format or "table")


def _run(visits: Sequence[Visit], act: Act, connect: Connect, otherwise: Otherwise | None) -> list[Outcome]:
    return asyncio.run(run_everywhere(visits, act, connect, otherwise))


def _targets(command: Command, options: Options) -> tuple[Target, ...]:
    wanted = ",".join(getattr(options, ROOMS, None) or ()) or options.room
    if wanted is None:
        wanted = os.environ.get(ROOM_VARIABLE) or command.default_rooms
    if not wanted:
        raise UsageError(f"which room? Say it with --room, or set {ROOM_VARIABLE}")
    saved = profiles.load(profiles.file_of_profiles(os.environ, Path.home()))
    overrides = profiles.Overrides(
        options.user,
        options.insecure,
        options.trust_first_use,
        options.timeout,
        options.ca_file,
        options.fingerprint,
        options.session_cache,
    )
    return profiles.resolve(wanted, saved, overrides)


def _confirm(command: Command, danger: Danger, targets: Sequence[Target]) -> None:
    """Ask on the terminal. Raises `UsageError` without a terminal, and for a no."""
    if not sys.stdin.isatty():
        raise UsageError(f"{command.name} {danger.value}: say --yes to do it without being asked")
    rooms = printable(", ".join(target.name for target in targets))
    sys.stderr.write(f"{command.name} {danger.value} ({rooms}). Go on? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().casefold() not in YES:
        raise UsageError("not done")


def _visits(
    command: Command, options: Options, targets: Sequence[Target], progress: Progress, records: Records
) -> list[Visit]:
    prompt = getpass.getpass if sys.stdin.isatty() else None
    passwords = Passwords(options.password, os.environ, installed_keyring, prompt)
    return [
        Visit(
            target,
            _password(target, passwords, several=len(targets) > 1) if command.needs_login else None,
            Surroundings(
                room=target.name,
                several=len(targets) > 1,
                clock=SystemClock(),
                address=host_port(target.host, target.port),
                emit=records.print,
                tell=lambda text, room=target.name: progress.tell(room, text),  # type: ignore[misc]
            ),
        )
        for target in targets
    ]


def _password(target: Target, passwords: Passwords, *, several: bool) -> Password:
    """The password, or where a session is kept a way to ask for it if that has ended."""
    if target.session_cache and is_kept(target.host, target.port, target.user):
        return lambda: passwords.of(target, several=several)
    return passwords.of(target, several=several)
