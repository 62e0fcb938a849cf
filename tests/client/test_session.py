import asyncio
import json

import pytest

from videobar.client.aio import AsyncRoom
from videobar.contract.session import LoginRequest
from videobar.errors import (
    AccessDenied,
    Refused,
    SessionInvalidUserNamePassword,
    SessionMaxActiveSessionsReached,
    SessionRequestInvalid,
    Unavailable,
    Unreachable,
)

LOGIN, VOLUME, LOGOUT = "POST /rest/session", "GET /rest/audio/volume", "DELETE /rest/session"
REFUSED = {"success": False, "reason": "SessionInvalidUserNamePassword"}


async def test_nothing_is_sent_before_the_first_action_which_logs_in(room, far, answered):
    assert far.asked == []
    far.answers[VOLUME] = answered(body=41)

    assert await room.audio.volume() == 41

    assert far.lines == [LOGIN, VOLUME]
    assert json.loads(far.asked[0][2]) == {"user": "admin", "password": "secret"}
    assert far.asked[0][3] == {}


async def test_cookies_and_token_go_with_every_request(room, far, answered):
    far.answers[VOLUME] = answered(body=41)
    await room.audio.volume()

    headers = far.asked[1][3]
    assert headers["Cookie"].startswith("session_id=PSq8+/")
    assert "XSRF-TOKEN=0b5c" in headers["Cookie"]
    assert headers["X-XSRF-Token"] == "0b5c1f6e-52f5-4f5d-8f4a-9b8df2f6a001"


async def test_the_token_may_change_with_any_answer(room, far, answered):
    far.answers[VOLUME] = [
        answered(body=1, headers=(("set-cookie", "XSRF-TOKEN=second; Path=/"),)),
        answered(body=2, headers=(("x-xsrf-token", "third"),)),
        answered(body=3),
    ]
    for _ in range(3):
        await room.audio.volume()

    assert [headers["X-XSRF-Token"] for *_, headers in far.asked[2:]] == ["second", "third"]


async def test_a_session_id_in_the_body_does_where_no_cookie_is_set(room, far, answered):
    far.answers[LOGIN] = answered(body={"session": {"sessionId": "PSx"}, "success": True})
    far.answers[VOLUME] = answered(body=41)
    await room.audio.volume()

    assert far.asked[1][3] == {"Cookie": "session_id=PSx"}


@pytest.mark.parametrize(
    "cookie", ["session_id=a b", "bad name=x", "session_id=x\r\ny: z", "=x", ";", "session_id=" + "x" * 5000]
)
async def test_cookies_that_cannot_be_sent_are_not_kept(room, far, answered, cookie):
    far.answers[VOLUME] = answered(body=1, headers=(("set-cookie", cookie),))
    await room.audio.volume()
    before = far.asked[1][3]
    await room.audio.volume()

    assert far.asked[2][3] == before


async def test_the_number_of_cookies_is_bounded(room, far, answered):
    far.answers[VOLUME] = answered(body=1, headers=tuple(("set-cookie", f"c{n}=1") for n in range(500)))
    await room.audio.volume()
    await room.audio.volume()

    assert far.asked[2][3]["Cookie"].count("=") == 20


async def test_a_lost_session_is_renewed_once_and_the_action_repeated(
    room, far, answered, session_answer, page
):
    far.answers[LOGIN] = [session_answer(), session_answer("PSnew", "newtoken")]
    far.answers[VOLUME] = [answered(body=1), page, answered(body=2)]

    assert [await room.audio.volume(), await room.audio.volume()] == [1, 2]
    assert far.lines == [LOGIN, VOLUME, VOLUME, LOGIN, VOLUME]
    assert far.asked[4][3]["X-XSRF-Token"] == "newtoken"


async def test_a_page_with_status_200_is_a_lost_session_too(room, far, answered):
    page = answered(raw=b"<html>log in</html>", kind="text/html")
    far.answers[VOLUME] = [answered(body=1), page, answered(body=2)]

    assert [await room.audio.volume(), await room.audio.volume()] == [1, 2]


async def test_a_second_403_is_the_error(room, far, page):
    far.answers[VOLUME] = page
    with pytest.raises(AccessDenied):
        await room.audio.volume()
    assert far.lines == [LOGIN, VOLUME, LOGIN, VOLUME]


@pytest.mark.parametrize("status", [400, 412])
async def test_a_403_that_is_meant_is_not_repeated_when_the_session_is_alive(
    room, far, answered, session_answer, status
):
    already = answered(status, {"success": False, "reason": "SessionAlreadyActive"})
    far.answers[LOGIN] = [session_answer(), already]
    far.answers["POST /rest/audio/volume"] = answered(
        403, {"success": False, "reason": "blocked in this mode"}
    )

    with pytest.raises(Refused, match="^blocked in this mode$"):
        await room.audio.set_volume(3)
    assert far.lines == [LOGIN, "POST /rest/audio/volume", LOGIN]


async def test_a_live_session_with_a_new_token_is_worth_another_try(room, far, answered, session_answer):
    already = answered(
        400, {"reason": "SessionAlreadyActive"}, headers=(("set-cookie", "XSRF-TOKEN=fresh; Path=/"),)
    )
    far.answers[LOGIN] = [session_answer(), already]
    far.answers["POST /rest/audio/volume"] = [answered(403, {"reason": "XsrfTokenMissing"}), answered()]

    await room.audio.set_volume(3)

    assert far.asked[-1][3]["X-XSRF-Token"] == "fresh"


@pytest.mark.parametrize(
    "refusal",
    [
        (404, {"success": False, "reason": "NoSuchResource"}),
        (405, None),
        (403, "<html>"),
        (200, "<html>"),
    ],
)
async def test_another_path_where_the_first_is_not_there(room, far, answered, session_answer, refusal):
    status, body = refusal
    raw = body.encode() if isinstance(body, str) else None
    far.answers = {
        LOGIN: answered(status, None if raw else body, raw=raw),
        "POST /rest/current/session": session_answer(),
        VOLUME: answered(body=41),
        "DELETE /rest/current/session": answered(),
    }
    assert await room.audio.volume() == 41
    await room.close()

    assert far.lines[-2:] == [VOLUME, "DELETE /rest/current/session"]


async def test_a_room_that_wants_the_action_named(room, far, answered, session_answer):
    invalid = answered(400, {"success": False, "reason": "SessionRequestInvalid"})
    far.answers.update({LOGIN: [invalid, session_answer()], "POST /rest/current/session": answered(404)})
    far.answers[VOLUME] = answered(body=41)

    assert await room.audio.volume() == 41
    assert json.loads(far.asked[2][2])["action"] == "Login"


async def test_the_dialect_is_remembered(room, far, answered, session_answer, page):
    far.answers = {
        "POST /rest/current/session": session_answer(),
        VOLUME: [page, answered(body=41)],
    }
    await room.audio.volume()

    assert far.lines.count(LOGIN) == 1
    assert far.lines.count("POST /rest/current/session") == 2


async def test_no_dialect_is_understood(room, far, answered):
    invalid = answered(400, {"success": False, "reason": "SessionRequestInvalid"})
    far.answers.update({LOGIN: invalid, "POST /rest/current/session": invalid})
    with pytest.raises(SessionRequestInvalid):
        await room.audio.volume()
    assert len(far.asked) == 3


@pytest.mark.parametrize("status", [403, 400, 200])
async def test_a_wrong_password_is_sent_once_only(room, far, answered, status):
    far.answers[LOGIN] = answered(status, REFUSED)
    for _ in range(3):
        with pytest.raises(SessionInvalidUserNamePassword):
            await room.audio.volume()
    assert far.lines == [LOGIN]


async def test_another_password_is_tried_after_a_wrong_one(far, answered, session_answer):
    passwords = ["wrong", "right"]

    async def ask():
        return passwords.pop(0)

    room = AsyncRoom("device.test", password=ask, transport=far)
    far.answers.update({LOGIN: [answered(403, REFUSED), session_answer()], VOLUME: answered(body=41)})

    with pytest.raises(SessionInvalidUserNamePassword):
        await room.audio.volume()
    assert await room.audio.volume() == 41
    assert json.loads(far.asked[1][2])["password"] == "right"


async def test_full_rooms_are_asked_again(room, far, answered, session_answer):
    full = answered(403, {"success": False, "reason": "SessionMaxActiveSessionsReached"})
    far.answers.update({LOGIN: [full, session_answer()], VOLUME: answered(body=41)})

    with pytest.raises(SessionMaxActiveSessionsReached):
        await room.audio.volume()
    assert await room.audio.volume() == 41


async def test_a_wedged_room_is_unavailable(room, far, answered):
    far.answers[LOGIN] = answered(500, raw=b"oops")
    with pytest.raises(Unavailable):
        await room.audio.volume()


async def test_many_at_once_log_in_once(room, far, answered):
    far.gate = asyncio.Event()
    far.answers[VOLUME] = answered(body=41)
    many = [asyncio.create_task(room.audio.volume()) for _ in range(10)]
    await asyncio.sleep(0)
    far.gate.set()

    assert await asyncio.gather(*many) == [41] * 10
    assert far.lines.count(LOGIN) == 1


async def test_many_at_once_renew_once(room, far, answered, session_answer, page):
    far.answers.update({LOGIN: [session_answer(), session_answer("PSnew")], VOLUME: [answered(body=0)]})
    await room.audio.volume()
    far.gate = asyncio.Event()
    far.answers[VOLUME] = [page] * 10 + [answered(body=41)]
    many = [asyncio.create_task(room.audio.volume()) for _ in range(10)]
    await asyncio.sleep(0)
    far.gate.set()

    assert await asyncio.gather(*many) == [41] * 10
    assert far.lines.count(LOGIN) == 2


async def test_many_at_once_share_a_refused_login(room, far, answered):
    far.gate = asyncio.Event()
    far.answers[LOGIN] = answered(403, REFUSED)
    many = [asyncio.create_task(room.audio.volume()) for _ in range(5)]
    await asyncio.sleep(0)
    far.gate.set()

    results = await asyncio.gather(*many, return_exceptions=True)
    assert {type(result) for result in results} == {SessionInvalidUserNamePassword}
    assert far.lines == [LOGIN]


async def test_one_who_gives_up_does_not_end_the_login_of_others(room, far, answered):
    far.gate = asyncio.Event()
    far.answers[VOLUME] = answered(body=41)
    first, second = (asyncio.create_task(room.audio.volume()) for _ in range(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    far.gate.set()

    assert await second == 41
    assert first.cancelled()


async def test_without_a_password_there_is_no_login(far, answered, page):
    room = AsyncRoom("device.test", transport=far)
    far.answers[VOLUME] = page
    with pytest.raises(AccessDenied):
        await room.audio.volume()
    await room.close()
    assert far.lines == [VOLUME]


async def test_the_session_is_given_back(far, answered):
    far.answers[VOLUME] = answered(body=41)
    async with AsyncRoom("device.test", password="secret", transport=far) as room:
        await room.audio.volume()

    assert far.lines[-1] == LOGOUT
    assert far.asked[-1][3]["X-XSRF-Token"]
    assert far.closed == 1
    await room.close()
    assert far.lines.count(LOGOUT) == 1


async def test_no_session_is_given_back_where_there_was_none(far):
    async with AsyncRoom("device.test", password="secret", transport=far):
        pass
    assert far.asked == []


@pytest.mark.parametrize("status", [403, 404, 405])
async def test_a_room_that_knows_no_delete_is_told_to_log_out(room, far, answered, session_answer, status):
    far.answers.update({VOLUME: answered(body=1), LOGOUT: answered(status)})
    await room.audio.volume()
    await room.close()

    assert far.lines[-2:] == [LOGOUT, LOGIN]
    assert far.asked[-1][2] == b'{"action":"Logout"}'


async def test_closing_does_not_mind_a_room_that_is_gone(room, far, answered):
    far.answers.update({VOLUME: answered(body=1), LOGOUT: Unreachable("gone")})
    await room.audio.volume()
    await room.close()
    assert far.closed == 1


async def test_closing_while_logging_in_gives_the_session_back(room, far, answered):
    far.gate = asyncio.Event()
    far.answers[VOLUME] = answered(body=1)
    asking = asyncio.create_task(room.audio.volume())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking.cancel()
    closing = asyncio.create_task(room.close())
    await asyncio.sleep(0)
    far.gate.set()
    await closing

    assert far.lines == [LOGIN, LOGOUT]


async def test_logging_in_and_out_by_hand(room, far, answered):
    far.answers[VOLUME] = answered(body=41)
    reply = await room.session.login(LoginRequest(user="u", password="p"))
    assert reply.success is True
    assert reply.session.user_id == "admin"
    await room.audio.volume()
    assert far.lines == [LOGIN, VOLUME]

    gone = (("set-cookie", "session_id=; Max-Age=0"), ("set-cookie", "XSRF-TOKEN=; Max-Age=0"))
    far.answers[LOGOUT] = answered(body={"success": True}, headers=gone)
    await room.session.logout()
    await room.audio.volume()
    assert far.lines == [LOGIN, VOLUME, LOGOUT, LOGIN, VOLUME]
    assert far.asked[3][3] == {}


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_room_that_is_unwell_is_not_asked_in_other_dialects(room, far, answered, status):
    far.answers["POST /rest/session"] = answered(status, raw=b"<html>Bad Gateway</html>", kind="text/html")
    with pytest.raises(Unavailable):
        await room.audio.volume()
    assert far.lines == ["POST /rest/session"]
