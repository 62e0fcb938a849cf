"""A process that answers questions, for work that may hang or swell: the child's side and the parent's.

Frames on the pipes are four bytes of length, big-endian, and the content. The first frame sets the child up and is
answered by an empty one when it is ready; each later one has exactly one answer. Whatever the child does wrong, it is
killed and a new one is started.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import struct
import sys
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from itertools import islice
from typing import BinaryIO

LENGTH = struct.Struct(">I")
MOST_FRAME = 64 * 1024 * 1024
MOST_MEMORY = 1024 * 1024 * 1024
"""Address space of the child; beyond it, its allocations fail."""
AHEAD = 16
"""Questions that a child may have before it has answered the first of them."""
START_S = 60.0
"""Time that a child may take to become ready on a busy machine."""

Answer = Callable[[bytes], bytes]


class ChildFailed(Exception):
    """The child died over a question, or did not answer in time."""


class ChildNotStarted(Exception):
    """The child never became ready: something is wrong with it and not with a question."""


def serve(set_up: Callable[[bytes], Answer], processor_seconds: float | None = None) -> None:
    """Be the child: read questions from standard input until it ends.

    With `processor_seconds`, an answer that takes more of the processor's time ends the process. The system
    counts, so that even code which never comes back to the interpreter is stopped, and a busy machine is no reason.
    """
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked, answered = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    first = _read(asked)
    if first is None:
        return
    answer = set_up(first)
    answered.write(LENGTH.pack(0))
    answered.flush()
    while (question := _read(asked)) is not None:
        if processor_seconds is not None:
            signal.setitimer(signal.ITIMER_PROF, processor_seconds)
        reply = answer(question)
        signal.setitimer(signal.ITIMER_PROF, 0)
        answered.write(LENGTH.pack(len(reply)) + reply)
        answered.flush()


def _read(stream: BinaryIO) -> bytes | None:
    head = stream.read(LENGTH.size)
    return stream.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else None


class Child:
    """The parent's side: runs `module` as a program, from the first question on."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._process: asyncio.subprocess.Process | None = None
        self._set_up = b""

    async def set_up(self, content: bytes) -> None:
        """Set the content that the next questions depend on; other content needs a new child."""
        if content != self._set_up:
            await self.stop()
            self._set_up = content

    async def ask(self, question: bytes, patience_s: float) -> bytes:
        """The answer. Raises `ChildNotStarted`, or `ChildFailed`; then the next question is asked of a new child."""
        async with aclosing(self.answers([question], patience_s)) as answers:
            return await anext(answers)

    async def answers(self, questions: Iterable[bytes], patience_s: float) -> AsyncGenerator[bytes, None]:
        """The answers in order, each within `patience_s`, while the child has the next questions already.

        Raises as `ask` does; a `ChildFailed` is about the first question that has no answer yet.
        """
        process = self._process
        if process is None:
            process = await self._start()
            try:
                self._send(process, self._set_up)
                await self._receive(process, START_S)
            except ChildFailed as error:
                raise ChildNotStarted(str(error)) from None
        waiting, asked = iter(questions), 0
        for question in islice(waiting, AHEAD):
            self._send(process, question)
            asked += 1
        while asked:
            answer = await self._receive(process, patience_s)
            asked -= 1
            for question in islice(waiting, 1):
                self._send(process, question)
                asked += 1
            yield answer

    def _send(self, process: asyncio.subprocess.Process, question: bytes) -> None:
        """Hand a question over to the pipe; that a child is dead shows when its answer is read."""
        assert process.stdin is not None  # noqa: S101
        with contextlib.suppress(OSError):
            process.stdin.write(LENGTH.pack(len(question)) + question)

    async def _receive(self, process: asyncio.subprocess.Process, patience_s: float) -> bytes:
        assert process.stdout is not None  # noqa: S101
        try:
            async with asyncio.timeout(patience_s):
                (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
                if length > MOST_FRAME:
                    raise ChildFailed("the answer is too long")
                return await process.stdout.readexactly(length)
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            await self.stop()
            raise ChildFailed(type(error).__name__) from None
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the child, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()

    async def _start(self) -> asyncio.subprocess.Process:
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return process
