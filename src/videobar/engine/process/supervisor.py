"""The parent's side of the media process: starts it, talks to it, and starts it again when it dies or hangs.

The SIP sockets belong to the parent. It binds them before anything runs, so that the port is known and a taken one is
an error at once; it starts the process only when there is something to do (a command, or a datagram on
those sockets), so that a room which is only queried stays small; and it keeps them open while a process that
died is replaced, so that no caller finds the port closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import Callable

import msgspec

from videobar.clock import Clock
from videobar.engine.process import protocol
from videobar.engine.process.configuration import EngineConfiguration
from videobar.engine.process.interface import ENGINE, Engine
from videobar.engine.process.protocol import Ready, Report, Stop
from videobar.engine.process.rpc import (
    Answered,
    AnswerT,
    CommandMethod,
    Message,
    P,
    RequestMethod,
    Unanswered,
)
from videobar.engine.signalling.sip_sockets import SipSockets
from videobar.errors import EngineUnavailable
from videobar.vocabulary import EngineState

log = logging.getLogger("videobar.engine")

QUESTION_S = 5.0
START_S = 15.0
HUNG_START_S = 60.0
"""A process that takes longer than this to be ready is ended; a slow machine may need more than `START_S`."""
PULSE_S = 2.0
"""Pause between two questions whether the process still does its work."""
MOST_MISSED = 3
"""So many in a row without an answer, or without a tick of the sound clock since the last: it hangs, and is ended.
Counted, not timed: a machine that was suspended comes back with one of them missed."""
LINGER_S = 0.5
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 10.0
STEADY_S = 5.0
"""A process that lived this long is started again without a pause that grows."""
UNSENT_KEPT = 1000
"""Commands kept while the process starts; more are dropped."""


class EngineSupervisor:
    """Supervises one media process. `on_report` gets its events, `on_lost` is called at its death.

    A new process is sent the last command of each kind that is kept (`room.delivery`), such as the present mute state.
    """

    def __init__(
        self,
        configuration: EngineConfiguration,
        *,
        sockets: SipSockets,
        clock: Clock,
        on_report: Callable[[Report], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._configuration = configuration
        self._sockets = sockets
        self._clock = clock
        self._on_report, self._on_lost = on_report, on_lost
        self.state = EngineState.IDLE
        self.restarts = 0
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._kept: dict[str, Message] = {}
        self._unsent: list[Message] = []
        self._requests: dict[int, asyncio.Future[Answered]] = {}
        self._asked = 0
        self._up = asyncio.Event()
        self._watching = False
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """Process id while a process runs."""
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and alive else None

    @property
    def sip_port(self) -> int:
        """The port of the SIP sockets, the same for UDP and TCP."""
        return self._sockets.port("UDP")

    def configure(self, configuration: EngineConfiguration) -> None:
        """Set the configuration of the next process."""
        self._configuration = configuration

    def listen(self) -> None:
        """Start the process as soon as somebody sends something to the SIP sockets."""
        if not self._watching and not self._stopping:
            loop = asyncio.get_running_loop()
            for bound in self._sockets:
                loop.add_reader(bound.socket.fileno(), self.start)
            self._watching = True

    def start(self) -> None:
        """Start the process unless it runs or is being started."""
        self._stop_watching()
        if self._supervisor is None and not self._stopping:
            self.state = EngineState.STARTING
            self._supervisor = asyncio.create_task(self._supervise(), name="engine-supervisor")

    async def running(self) -> None:
        """Start the process if need be and wait until it takes commands. Raises `EngineUnavailable`."""
        self.start()
        try:
            await asyncio.wait_for(self._up.wait(), START_S)
        except TimeoutError:
            raise EngineUnavailable("the media process did not start in time") from None

    def send(self, command: CommandMethod[P], *args: P.args, **kwargs: P.kwargs) -> None:
        """Send a command such as `Engine.hold`, or deliver it later as its marks say (`room.delivery`)."""
        method = ENGINE.method(command)
        message = method.message(*args, **kwargs)
        delivery = method.delivery
        if delivery.kept:
            self._kept[method.name] = message
        if self._writer is not None and self.state is EngineState.RUNNING:
            self._writer.write(protocol.frame(message))
        elif delivery.starts:
            if not delivery.kept and len(self._unsent) < UNSENT_KEPT:
                self._unsent.append(message)
            self.start()

    def forget(self, command: CommandMethod[P]) -> None:
        """Do not send a command that was kept to the next process."""
        self._kept.pop(ENGINE.method(command).name, None)

    async def ask(self, request: RequestMethod[P, AnswerT], *args: P.args, **kwargs: P.kwargs) -> AnswerT:
        """The answer to a request such as `Engine.statistics`. Raises `EngineUnavailable` when none can be had."""
        if self._writer is None or self.state is not EngineState.RUNNING:
            raise EngineUnavailable("the media process is not running")
        method = ENGINE.method(request)
        self._asked += 1
        number = self._asked
        answered: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._requests[number] = answered
        try:
            self._writer.write(protocol.frame(method.message(number, *args, **kwargs)))
            reply = await asyncio.wait_for(answered, QUESTION_S)
            answer: AnswerT = method.answer.decode(reply.answer)
            return answer
        except TimeoutError:
            raise EngineUnavailable("the media process did not answer in time") from None
        except msgspec.DecodeError as error:
            raise EngineUnavailable(f"the media process gave a strange answer: {error}") from error
        finally:
            del self._requests[number]

    async def stop(self, patience_s: float) -> None:
        """Let the process end its calls and exit; end it when it takes longer than `patience_s`."""
        self._stopping = True
        self._stop_watching()
        if self._supervisor is not None:
            running = self._writer is not None and self.state is EngineState.RUNNING
            if self._writer is not None and running:
                self._writer.write(protocol.frame(Stop()))
            _, late = await asyncio.wait({self._supervisor}, timeout=patience_s if running else 0)
            if late:
                self._kill()
                self._supervisor.cancel()
                await asyncio.wait({self._supervisor})
        self._sockets.close()

    async def _supervise(self) -> None:
        pause = FIRST_PAUSE_S
        while not self._stopping:
            self.state = EngineState.STARTING
            born = self._clock.monotonic()
            try:
                await self._run_process()
            except OSError as error:
                log.error("the media process cannot be started: %s", error)
            self._on_end()
            if self._stopping:
                break
            if self._clock.monotonic() - born > STEADY_S:
                pause = FIRST_PAUSE_S
            self.restarts += 1
            await self._clock.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)
        self.state = EngineState.IDLE

    async def _run_process(self) -> None:
        """Run one process from its start to its end."""
        ours, theirs = socket.socketpair()
        inherited = (theirs.fileno(), *(bound.socket.fileno() for bound in self._sockets))
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "videobar.engine.process.host",
                str(theirs.fileno()),
                *self._sockets.arguments(),
                pass_fds=inherited,
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        log.info("media process %d started", self._process.pid)
        reader, self._writer = await asyncio.open_connection(sock=ours)
        self._writer.write(protocol.frame(self._configuration))
        pulse = asyncio.create_task(self._check_pulse(), name="engine-pulse")
        try:
            while (report := await protocol.read(reader, protocol.reports)) is not None:
                self._handle(report)
        finally:
            pulse.cancel()
        status = await self._end_of(self._process)
        log.log(
            logging.INFO if self._stopping else logging.ERROR,
            "media process %d ended with status %d",
            self._process.pid,
            status,
        )

    async def _check_pulse(self) -> None:
        """End a process that runs, and does nothing."""
        try:
            await asyncio.wait_for(self._up.wait(), HUNG_START_S)
            missed, ticks = 0, -1
            while missed < MOST_MISSED:
                await self._clock.sleep(PULSE_S)
                before = ticks
                with contextlib.suppress(EngineUnavailable):
                    ticks = await self.ask(Engine.pulse)
                missed = 0 if ticks > before else missed + 1
        except TimeoutError:
            pass
        if not self._stopping:
            log.error("media process %s does not answer; killed", self.pid)
            self._kill()

    async def _end_of(self, process: asyncio.subprocess.Process) -> int:
        """The exit status of a process that has closed its end; one that then lingers is killed."""
        try:
            async with asyncio.timeout(LINGER_S):
                return await process.wait()
        except TimeoutError:
            self._kill()
            return await process.wait()

    def _handle(self, report: Report) -> None:
        match report:
            case Ready():
                self.state = EngineState.RUNNING
                self._up.set()
                kept = [self._kept[name] for name in ENGINE.methods if name in self._kept]
                unsent, self._unsent = self._unsent, []
                if self._writer is not None:
                    for message in (*kept, *unsent):
                        self._writer.write(protocol.frame(message))
            case Answered(number):
                question = self._requests.get(number)
                if question is not None and not question.done():
                    question.set_result(report)
            case Unanswered(number, detail):
                question = self._requests.get(number)
                if question is not None and not question.done():
                    question.set_exception(EngineUnavailable(f"the media process has no answer: {detail}"))
            case _:
                self._notify(lambda: self._on_report(report))

    def _on_end(self) -> None:
        self.state = EngineState.DOWN
        self._up.clear()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._unsent.clear()
        for question in self._requests.values():
            if not question.done():
                question.set_exception(EngineUnavailable("the media process ended"))
        self._notify(self._on_lost)

    def _notify(self, call: Callable[[], None]) -> None:
        """Call a listener; a defect in it must not end the supervision."""
        try:
            call()
        except Exception:
            log.exception("a report of the media process could not be handled")

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    def _stop_watching(self) -> None:
        if self._watching:
            loop = asyncio.get_running_loop()
            for bound in self._sockets:
                loop.remove_reader(bound.socket.fileno())
            self._watching = False
