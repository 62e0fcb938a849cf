import asyncio
import inspect
import threading
from concurrent.futures import Future

import pytest

from videobar.client import areas_sync
from videobar.client.aio import AsyncRoom
from videobar.client.blocking import Blocking
from videobar.client.call import Call
from videobar.client.sync import BlockingCall, Room
from videobar.client.watch import MutedChanged
from videobar.contract.index import AREAS, OPERATIONS
from videobar.errors import ClientClosed, NoSuchConference

LINK = "/rest/conferences/0/connections/6"


@pytest.fixture
def blocking(far):
    with Room("device.test", password="secret", transport=far) as room:
        yield room


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "videobar"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_action_is_there_with_the_contracts_parameters(operation):
    declared = inspect.signature(getattr(AREAS[operation.area], operation.name)).parameters
    twin = getattr(areas_sync, f"Blocking{AREAS[operation.area].__name__}")
    method = getattr(twin, operation.name)
    parameters = inspect.signature(method).parameters
    assert not inspect.iscoroutinefunction(method)
    assert list(parameters) == list(declared)
    assert [p.default for p in parameters.values()] == [p.default for p in declared.values()]


@pytest.mark.parametrize(("twin", "original"), [(Room, AsyncRoom), (BlockingCall, Call)])
def test_the_twins_have_the_same_verbs(twin, original):
    def verbs(kind):
        return {
            name: list(inspect.signature(method).parameters)
            for name, method in inspect.getmembers(kind, inspect.isfunction)
            if not name.startswith("_") and name not in ("perform", "send")
        }

    assert verbs(twin) == verbs(original)


def test_asking_and_telling(blocking, far, answered):
    far.answers |= {"GET /rest/audio/volume": answered(body=41), "POST /rest/audio/muted": answered()}
    assert blocking.audio.volume() == 41
    assert blocking.audio.set_muted(muted=True) is None
    assert far.asked[-1][2] == b"true"


def test_errors_come_through(blocking, far, answered):
    far.answers["DELETE /rest/conferences/0"] = answered(404, {"reason": "NoSuchConference"})
    with pytest.raises(NoSuchConference):
        blocking.conferences.hang_up("0")


def test_a_file_in_pieces(blocking, far, answered):
    far.answers["GET /rest/system/logs"] = answered(raw=b"abcdef", kind="application/x-tar")
    file = blocking.system.logs()
    assert (file.media_type, file.filename, file.length) == ("application/x-tar", "download", 6)
    assert list(file.chunks) == [b"abc", b"def"]


def test_a_call(blocking, far, answered):
    far.answers |= {
        "POST /rest/conferences": answered(body=[{"href": LINK}]),
        f"GET {LINK}": answered(body={"id": "6", "parentConfId": "0", "state": "CONNECTED", "rate": 512}),
        f"DELETE {LINK}": answered(),
    }
    call = blocking.dial("123@vc.test")
    assert (call.id, call.conference_id, call.cause) == ("6", "0", 0)
    assert call.connected().rate == 512
    call.hang_up()
    assert far.lines[-1] == f"DELETE {LINK}"


def test_watching(blocking, far, answered):
    far.answers |= {
        "GET /rest/conferences": answered(body=[]),
        "GET /rest/audio": answered(body={"muted": True, "volume": 1}),
    }
    changes = blocking.watch(initial=True)
    assert next(changes) == MutedChanged(None, True)
    changes.close()


def test_the_session_is_given_back_and_the_thread_ends(far, answered):
    before = len(threads())
    far.answers["GET /rest/audio/volume"] = answered(body=41)
    with Room("device.test", password="secret", transport=far) as room:
        room.audio.volume()
        assert len(threads()) == before + 1
    assert far.lines[-1] == "DELETE /rest/session"
    assert len(threads()) == before
    room.close()
    with pytest.raises(ClientClosed):
        room.audio.volume()


def test_a_wrong_host_leaves_no_thread():
    before = len(threads())
    with pytest.raises(ValueError, match="host"):
        Room("a/b")
    assert len(threads()) == before


def test_several_threads_at_once(blocking, far, answered):
    far.answers["GET /rest/audio/volume"] = answered(body=41)
    results = []
    workers = [threading.Thread(target=lambda: results.append(blocking.audio.volume())) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(10)
    assert results == [41] * 8
    assert far.lines.count("POST /rest/session") == 1


def test_closing_ends_those_who_wait():
    blocking = Blocking()
    started = threading.Event()
    ended = []

    async def for_ever():
        started.set()
        await asyncio.Event().wait()

    def wait():
        try:
            blocking.wait(for_ever())
        except ClientClosed as error:
            ended.append(error)

    waiter = threading.Thread(target=wait)
    waiter.start()
    assert started.wait(10)
    blocking.close()
    waiter.join(10)
    assert len(ended) == 1


def test_an_interrupted_wait_cancels_the_work(monkeypatch):
    blocking = Blocking()
    cancelled = threading.Event()

    async def for_ever():
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    started = threading.Event()

    async def announce():
        started.set()
        await for_ever()

    def interrupted(self, timeout=None):
        assert started.wait(10)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Future, "result", interrupted)
        with pytest.raises(KeyboardInterrupt):
            blocking.wait(announce())
    assert cancelled.wait(10)
    blocking.close()


def test_the_loops_own_thread_may_not_wait():
    blocking = Blocking()

    async def inner():
        return 1

    async def outer():
        return blocking.wait(inner())

    with pytest.raises(RuntimeError, match="own event loop"):
        blocking.wait(outer())
    blocking.close()
