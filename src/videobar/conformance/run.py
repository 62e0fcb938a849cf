"""Asks a room for every action of the contract, one after the other, and keeps what it says."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from videobar.client.aio import AsyncRoom
from videobar.client.call import Call, call_of
from videobar.client.transport import OpenFile
from videobar.client.wire import Action, Answer, Ask
from videobar.clock import Clock
from videobar.conformance.blanking import Blanking
from videobar.conformance.cases import CannotAsk, Heard, Permission, case_of
from videobar.conformance.examine import MADE_UP, Outcome, Result, body_of, content_type, examine
from videobar.conformance.recording import Exchange, RecordedRequest, Recording, Reply
from videobar.contract.index import OPERATIONS, operation_by_id
from videobar.contract.model import Upload
from videobar.contract.operation import Operation
from videobar.errors import AnswerNotUnderstood, NotReached, VideobarError

FIRST = ("system_get", "system_engine_get", "directory_queries_start", "directory_local_entries_add")
LAST = ("directory_queries_delete", "directory_local_entries_delete")
AT_THE_END = ("session_logout", "system_reboot", "system_resetsettings")
IN_CALL = (
    "conferences_get",
    "conferences_active_get",
    "conferences_get_one",
    "conferences_connections_get",
    "conferences_connection_get",
    "conferences_terminals_get",
    "conferences_terminal_get",
    "conferences_mediastats_get",
    "conferences_connection_mediastat_get",
    "conferences_terminal_mediastats_get",
    "conferences_term_mediastats_get",
    "video_remote_conf_mute_get",
    "video_remote_conf_mutelock_get",
    "cameras_far_all_get",
    "cameras_far_selectedpeople_get",
    "cameras_far_source_get",
    "mediastats_get",
    "stage_far_end",
)
"""Actions that are asked once more during a call, since their answers are empty without one."""
HANG_UPS = (
    "conferences_connection_hangup",
    "conferences_connection_action",
    "conferences_terminal_hangup",
    "conferences_callaction",
    "conferences_active_action",
    "conferences_hangup",
)
ACTS_IN_CALL = (
    "audio_playdtmf",
    "conferences_connection_addvideo",
    "conferences_connection_hold_set",
    "conferences_hold_set",
)
CALL_ACTIONS = (
    "conferences_dial",
    *ACTS_IN_CALL,
    "conferences_connections_add",
    *HANG_UPS,
    "conferences_blast",
    "stage_incoming",
)
ANSWERED_WITHIN_S = 30.0
MOST_FAILURES = 3
"""Actions in a row without an answer, after which a room is left alone."""
LARGEST_FILE = 64 * 1024 * 1024


@dataclass(frozen=True)
class Plan:
    """Options of a run. `address` is dialled where calls are allowed; `pause_s` is the time between two actions."""

    allowed: frozenset[Permission] = frozenset()
    address: str = ""
    pause_s: float = 0.1


@dataclass(frozen=True)
class Report:
    """The outcome of every action, in the contract's order, and the recording."""

    results: tuple[Result, ...]
    recording: Recording

    @property
    def good(self) -> bool:
        """True where nothing differed, and everything that was asked was answered."""
        return not any(result.outcome in (Outcome.DIFFERS, Outcome.FAILED) for result in self.results)


async def conform(
    room: AsyncRoom, clock: Clock, plan: Plan, tell: Callable[[str], None] = lambda _: None
) -> Report:
    """Ask everything that `plan` allows; `tell` gets the progress. Raises what a failed login raises."""
    examiner = _Examiner(room, clock, plan, tell)
    await examiner.all()
    results = tuple(examiner.results[operation.id] for operation in OPERATIONS)
    return Report(results, examiner.recording())


@dataclass
class _Examiner:
    """Goes through the actions of one room."""

    room: AsyncRoom
    clock: Clock
    plan: Plan
    tell: Callable[[str], None]
    heard: Heard = field(default_factory=Heard)
    results: dict[str, Result] = field(default_factory=dict)
    exchanges: list[tuple[Operation, Ask, Answer, int]] = field(default_factory=list)
    failures: int = 0
    dialled: list[Call] = field(default_factory=list)

    async def all(self) -> None:
        """Every action once, those in a call twice where calls are allowed."""
        self.heard.address = self.plan.address
        await self._log_in()
        for operation in _in_order():
            await self._once(operation)
            if operation.id == "directory_local_entries_add":
                self._learn_own_entry()
        await self._calls()
        await self._log_out()
        for operation in map(operation_by_id, AT_THE_END[1:]):
            await self._once(operation)

    async def _log_in(self) -> None:
        began = self.clock.monotonic()
        answer = await self.room.log_in()
        operation = operation_by_id("session_login")
        if answer is None:
            self._put(operation, Outcome.NOT_ASKED, "there is no password")
        else:
            ask = Ask("POST", "/rest/session", b'{"user":"admin","password":"********"}')
            self._judge(operation, ask, answer, began)

    async def _log_out(self) -> None:
        began = self.clock.monotonic()
        answer = await self.room.log_out()
        operation = operation_by_id("session_logout")
        if answer is None:
            self._put(operation, Outcome.FAILED, "there was no answer to it")
        else:
            self._judge(operation, Ask("DELETE", "/rest/session"), answer, began)

    async def _once(self, operation: Operation) -> None:
        """Ask, unless there is a reason not to."""
        case = case_of(operation)
        if operation.own and not self._is_ours():
            self._put(operation, Outcome.ABSENT, "only rooms of videobar have it")
        elif case is None:
            self._put(operation, Outcome.NOT_ASKED, "no safe way to ask it is known")
        elif case.needs is not None and case.needs not in self.plan.allowed:
            self._put(operation, Outcome.NOT_ASKED, f"needs --allow {case.needs}")
        elif operation.id in CALL_ACTIONS:
            self._put(operation, Outcome.NOT_ASKED, "there was no call to do it in")
        else:
            await self._ask(operation)
            if operation.own and not self._is_ours():
                result = self.results[operation.id]
                self.results[operation.id] = replace(result, outcome=Outcome.ABSENT)

    async def _ask(self, operation: Operation) -> bool:
        """Ask with what the case says; whether it was done."""
        if self.failures >= MOST_FAILURES:
            self._put(operation, Outcome.FAILED, "not asked any more: the room does not answer")
            return False
        case = case_of(operation)
        action = Action(operation)
        self.tell(f"{len(self.results)} of {len(OPERATIONS)}: {operation.id}")
        try:
            arguments = case.arguments(self.heard) if case is not None else {}
            ask = action.ask(**arguments)
        except CannotAsk as lacking:
            self._put(operation, Outcome.NOT_ASKED, str(lacking))
            return False
        await self.clock.sleep(self.plan.pause_s)
        began = self.clock.monotonic()
        try:
            answer = await self._answer(ask, file=action.is_download)
        except NotReached as error:
            self.failures += 1
            self._put(operation, Outcome.FAILED, str(error))
            return False
        except VideobarError as error:  # of a login that was needed again
            self._put(operation, Outcome.FAILED, f"logging in again: {error}")
            return False
        self.failures = 0
        self._keep_value(action, answer)
        return self._judge(operation, ask, answer, began)

    async def _answer(self, ask: Ask, *, file: bool) -> Answer:
        answer = await self.room.send(ask, file=file)
        if not isinstance(answer, OpenFile):
            return answer
        content = bytearray()
        async with contextlib.aclosing(answer.chunks) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                content += chunk
                if len(content) > LARGEST_FILE:
                    break
        return Answer(answer.head.status, answer.head.headers, bytes(content))

    def _keep_value(self, action: Action, answer: Answer) -> None:
        """Remember what was said, for later cases, as far as the client can read it."""
        self.heard.values.pop(action.operation.id, None)
        if action.is_download:
            if answer.good:
                self.heard.values[action.operation.id] = answer.content
            return
        with contextlib.suppress(VideobarError):
            self.heard.values[action.operation.id] = action.value(answer)

    def _judge(self, operation: Operation, ask: Ask, answer: Answer, began: float) -> bool:
        milliseconds = round((self.clock.monotonic() - began) * 1000)
        self.exchanges.append((operation, ask, answer, milliseconds))
        outcome, details = examine(operation, answer, ask.target)
        self.results[operation.id] = Result(operation.id, outcome, details, answer.status, milliseconds)
        return outcome in (Outcome.WORKS, Outcome.DIFFERS)

    def _put(self, operation: Operation, outcome: Outcome, why: str) -> None:
        self.results.setdefault(operation.id, Result(operation.id, outcome, (why,)))

    def _is_ours(self) -> bool:
        """True for a room of this project, which answers actions that devices do not have."""
        engine = self.results.get("system_engine_get")
        return engine is None or engine.outcome in (Outcome.WORKS, Outcome.DIFFERS)

    def _learn_own_entry(self) -> None:
        """Learn the id of the entry that was made, for the actions that change it."""
        entry = self.heard.value("directory_local_entries_add")
        if entry is not None:
            self.heard.own_entry = str(getattr(entry, "id", "") or MADE_UP)

    async def _calls(self) -> None:
        """Test the actions that need a call: dial, ask again what depends on one, and hang up in every way."""
        if Permission.CALLS not in self.plan.allowed:
            return
        if self.heard.value("conferences_get"):
            for action in CALL_ACTIONS:
                self.results[action] = Result(action, Outcome.NOT_ASKED, ("the room is in a call",))
            return
        try:
            await self._in_calls()
        finally:
            for call in self.dialled:
                with contextlib.suppress(VideobarError):
                    await call.hang_up()

    async def _in_calls(self) -> None:
        if not await self._dial("conferences_dial"):
            return
        for action in IN_CALL:
            if self._is_ours() or not operation_by_id(action).own:
                await self._ask(operation_by_id(action))
        for action in ACTS_IN_CALL:
            if self._is_ours() or not operation_by_id(action).own:
                await self._ask(operation_by_id(action))
        await self._dial("conferences_connections_add")
        for action in HANG_UPS:
            if self.heard.connection == MADE_UP and not await self._dial("conferences_dial"):
                return
            await self._ask(operation_by_id(action))
            await self._over()
        if await self._ask(operation_by_id("conferences_blast")):
            await self._over()
        if self._is_ours():
            await self._ask(operation_by_id("stage_incoming"))
            await self._over()

    async def _dial(self, action: str) -> bool:
        """Dial, and wait until the call is connected; true if it is."""
        if not await self._ask(operation_by_id(action)):
            return False
        try:
            call = call_of(self.room, self.heard.value(action, []), self.clock)
        except AnswerNotUnderstood:
            return False
        self.dialled.append(call)
        try:
            connection = await call.connected(ANSWERED_WITHIN_S)
        except VideobarError as error:
            result = self.results[action]
            self.results[action] = replace(result, details=(*result.details, f"then {error}"))
            return False
        self.heard.conference, self.heard.connection = call.conference_id, call.id
        links = [link.href.rpartition("/")[2] for link in connection.terminals]
        self.heard.terminal = links[0] if links else MADE_UP
        return True

    async def _over(self) -> None:
        """Wait until the calls have ended; what is left is hung up, so that the next way can be tried."""
        for call in await self._left():
            with contextlib.suppress(VideobarError):
                await call.hang_up()
                await call.ended(ANSWERED_WITHIN_S)
        self.dialled = []
        self.heard.conference = self.heard.connection = self.heard.terminal = MADE_UP

    async def _left(self) -> Iterable[Call]:
        with contextlib.suppress(VideobarError):
            return await self.room.calls()
        return self.dialled

    def recording(self) -> Recording:
        """The exchanges, blanked when all secrets are known."""
        system = self.heard.value("system_get")
        blanking = Blanking([("host", self.room.host)])
        bodies = [(operation, body_of(answer)) for operation, _, answer, _ in self.exchanges]
        for operation, body in bodies:
            blanking.blank(body, operation.area)
        return Recording(
            model=str(getattr(system, "model", "")),
            software=str(getattr(system, "software_version", "")),
            recorded=datetime.fromtimestamp(self.clock.now_ms() / 1000, UTC).isoformat(timespec="seconds"),
            exchanges=[
                Exchange(
                    action=operation.id,
                    request=RecordedRequest(
                        method=ask.method,
                        path=blanking.text(ask.target),
                        body=_request_body(ask, operation, blanking),
                    ),
                    reply=Reply(
                        status=answer.status,
                        content_type=content_type(answer),
                        body=blanking.blank(body, operation.area),
                        size=len(answer.content),
                        milliseconds=milliseconds,
                    ),
                )
                for (operation, ask, answer, milliseconds), (_, body) in zip(
                    self.exchanges, bodies, strict=True
                )
            ],
        )


def _request_body(ask: Ask, operation: Operation, blanking: Blanking) -> Any:
    if ask.content is None or (operation.body is not None and operation.body.type is Upload):
        return msgspec.UNSET
    return blanking.blank(msgspec.json.decode(ask.content), operation.area)


def _in_order() -> Iterable[Operation]:
    """Reading before writing, and what others need before them."""
    special = (*FIRST, *LAST, *AT_THE_END, "session_login")
    rest = [operation for operation in OPERATIONS if operation.id not in special]
    yield from map(operation_by_id, FIRST)
    yield from (operation for operation in rest if operation.method == "GET")
    yield from (operation for operation in rest if operation.method != "GET")
    yield from map(operation_by_id, LAST)
