"""Sessions kept between programs, so that a room is not logged in to each time."""

import stat

import pytest

from videobar.client.aio import AsyncRoom
from videobar.client.kept import KeptSession, SessionFile
from videobar.errors import SessionInvalidUserNamePassword

LOGIN, VOLUME, LOGOUT = "POST /rest/session", "GET /rest/audio/volume", "DELETE /rest/session"
REFUSED = {"success": False, "reason": "SessionInvalidUserNamePassword"}


@pytest.fixture
def file(tmp_path):
    return SessionFile(tmp_path / "sessions", "device.test", 443, "admin")


@pytest.fixture
def program(far, clock, file, answered):
    """A program that asks for the volume once."""
    far.answers[VOLUME] = answered(body=41)

    async def run(password="secret", **options):
        room = AsyncRoom(
            "device.test", password=password, transport=far, clock=clock, session_keeper=file, **options
        )
        async with room:
            return await room.audio.volume()

    return run


async def test_the_second_program_does_not_log_in(program, far, file):
    await program()
    await program()
    assert far.lines == [LOGIN, VOLUME, VOLUME]
    assert far.asked[2][3] == far.asked[1][3]
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700


async def test_no_password_is_needed_meanwhile(program):
    await program()
    assert await program(password=None) == 41


async def test_a_session_that_ended_is_renewed_and_kept(program, far, file, answered, session_answer):
    await program()
    far.answers |= {LOGIN: session_answer("another"), VOLUME: [answered(403), answered(body=41)]}
    await program()
    await program()
    assert far.lines == [LOGIN, VOLUME, VOLUME, LOGIN, VOLUME, VOLUME]
    assert file.load().cookies["session_id"] == "another"


async def test_a_token_that_changes_is_kept(program, far, file, answered):
    far.answers[VOLUME] = answered(body=41, headers=(("x-xsrf-token", "new"),))
    await program()
    assert file.load().token == "new"


async def test_a_refused_login_keeps_nothing(program, far, file, answered):
    await program()
    far.answers |= {LOGIN: answered(403, REFUSED), VOLUME: answered(403)}
    with pytest.raises(SessionInvalidUserNamePassword):
        await program()
    assert file.load() is None


async def test_logging_out(program, far, file, clock):
    await program()
    async with AsyncRoom("device.test", transport=far, clock=clock, session_keeper=file) as room:
        assert await room.log_out() is not None
        assert await room.log_out() is None
    assert far.lines == [LOGIN, VOLUME, LOGOUT]
    assert file.load() is None


async def test_logging_out_without_a_session_asks_nothing(far, clock, file):
    async with AsyncRoom("device.test", transport=far, clock=clock, session_keeper=file) as room:
        assert await room.log_out() is None
    assert far.lines == []


async def test_of_two_programs_at_once_one_gives_its_session_back(far, clock, file, answered, session_answer):
    far.answers |= {VOLUME: answered(body=41), LOGIN: [session_answer("first"), session_answer("second")]}

    class Early(SessionFile):
        """Was looked at before the other program had kept its session."""

        looked = False

        def load(self):
            seen, self.looked = self.looked, True
            return super().load() if seen else None

    early = Early(file.path.parent, "device.test", 443, "admin")
    for keeper in (file, early):
        async with AsyncRoom(
            "device.test", password="p", transport=far, clock=clock, session_keeper=keeper
        ) as room:
            await room.audio.volume()
    assert file.load().cookies["session_id"] == "first"
    assert far.lines == [LOGIN, VOLUME, LOGIN, VOLUME, LOGOUT]
    assert "second" in far.asked[-1][3]["Cookie"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"cookies":{},"token":null,"dialect":0}',
        b'{"cookies":{"session_id":"a\\r\\nb"},"token":null,"dialect":0}',
        b'{"cookies":{"session_id":"a"},"token":"a b","dialect":0}',
        b'{"cookies":{"session_id":"a"},"token":null,"dialect":9}',
        b'{"cookies":{"session_id":"a"},"token":null,"dialect":-1}',
        b"\xff",
    ],
)
async def test_files_that_make_no_sense_are_no_sessions(content, program, far, file):
    file.path.parent.mkdir(parents=True)
    file.path.write_bytes(content)
    file.path.chmod(0o600)
    assert await program() == 41
    assert far.lines == [LOGIN, VOLUME]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
async def test_a_file_that_others_can_read_is_not_used(mode, program, far, file):
    await program()
    file.path.chmod(mode)
    await program()
    assert far.lines.count(LOGIN) == 2
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


async def test_a_folder_that_cannot_be_written_is_no_obstacle(program, far, file):
    file.path.parent.write_bytes(b"")
    assert await program() == 41
    assert far.lines == [LOGIN, VOLUME, LOGOUT]


def test_rooms_and_users_have_files_of_their_own(tmp_path):
    files = {
        SessionFile(tmp_path, *who).path
        for who in (("a", 1, "u"), ("A", 1, "u"), ("a", 2, "u"), ("a", 1, "v"))
    }
    assert len(files) == 3


def test_what_was_kept_is_loaded(file):
    session = KeptSession({"session_id": "x"}, "t", 1)
    file.save(session)
    assert file.load() == session
    file.drop()
    file.drop()
    assert file.load() is None
