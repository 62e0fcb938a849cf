"""A recording in the place of a room: the client's transport, answering as the room once did."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from videobar.client.transport import OpenFile
from videobar.client.wire import Answer, Ask
from videobar.conformance.compare import answer_of
from videobar.conformance.recording import Recording

SESSION = "session_id=replayed; Path=/"


class Replay:
    """Implements `Transport`: `AsyncRoom("device", password="", transport=Replay(load(path)))`.

    A request gets the answer that it got when it was recorded, the last one where there were several; its body and
    query do not matter. What was not recorded is answered with 404. Everybody can log in.
    """

    def __init__(self, recording: Recording) -> None:
        self._answers: dict[tuple[str, str], Answer] = {
            _key(one.request.method, one.request.path): answer_of(one.reply) for one in recording.exchanges
        }

    async def exchange(self, ask: Ask, headers: Mapping[str, str]) -> Answer:
        """The recorded answer."""
        answer = self._answers.get(_key(ask.method, ask.target), Answer(404))
        if ask.method == "POST" and ask.target.endswith("/session") and answer.good:
            return Answer(answer.status, (*answer.headers, ("set-cookie", SESSION)), answer.content)
        return answer

    async def open_file(self, ask: Ask, headers: Mapping[str, str]) -> Answer | OpenFile:
        """The recorded answer; of files only the first byte is there."""
        answer = await self.exchange(ask, headers)
        if not answer.good or answer.is_page:
            return answer

        async def chunks() -> AsyncIterator[bytes]:
            yield answer.content

        return OpenFile(answer, chunks(), len(answer.content))

    async def close(self) -> None:
        """There is nothing to close."""


def _key(method: str, target: str) -> tuple[str, str]:
    return method, target.partition("?")[0].replace("/rest/current/", "/rest/")
