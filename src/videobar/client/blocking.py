"""An event loop in a thread of its own, for those who want to wait instead of `await`."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any, TypeVar

from videobar.contract.model import Download
from videobar.errors import ClientClosed

T = TypeVar("T")


@dataclass(frozen=True)
class BlockingDownload:
    """An answer that is a file. `length` is in bytes, `None` when it is not known beforehand."""

    media_type: str
    filename: str
    chunks: Iterator[bytes]
    length: int | None = None


class Blocking:
    """Runs coroutines on its own loop while the caller's thread waits. Safe to use from several threads."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="videobar", daemon=True)
        self._thread.start()

    @property
    def is_closed(self) -> bool:
        """True after `close`."""
        return self._closed

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of the coroutine, or its error. Raises `ClientClosed` after `close`.

        An interrupt (Ctrl-C) of the waiting thread cancels the work.
        """
        future = self._submit(work)
        try:
            return future.result()
        except CancelledError:
            raise ClientClosed("the room was closed") from None
        except BaseException:
            future.cancel()
            raise

    def build(self, make: Callable[[], T]) -> T:
        """The result of `make`, called on the loop."""

        async def call() -> T:
            return make()

        return self.wait(call())

    def fetch(self, work: Coroutine[Any, Any, Download]) -> BlockingDownload:
        """A file whose pieces are waited for one by one."""
        file = self.wait(work)
        return BlockingDownload(file.media_type, file.filename, self.iterate(file.chunks), file.length)

    def iterate(self, items: AsyncIterator[T]) -> Iterator[T]:
        """The items, each waited for; what is left is given up when the iterator is closed."""
        try:
            while True:
                try:
                    yield self.wait(_next(items))
                except StopAsyncIteration:
                    return
        finally:
            close = getattr(items, "aclose", None)
            if close is not None:
                with contextlib.suppress(ClientClosed, RuntimeError):  # closed, or still being cancelled
                    self.wait(_run(close))

    def close(self) -> None:
        """Cancel what is under way and end the thread; may be called twice."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def _submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start the work; the lock keeps it from being handed to a loop that runs no more."""
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("a blocking room cannot be used from its own event loop")
        with self._closing:
            if self._closed:
                work.close()
                raise ClientClosed("the room was closed")
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()


async def _next(items: AsyncIterator[T]) -> T:
    return await anext(items)


async def _run(work: Callable[[], Any]) -> None:
    await work()
