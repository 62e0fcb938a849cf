"""The core: what a request is answered, without sockets."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examples import examples

from videobar.errors import Unavailable
from videobar.room.session import Caller
from videobar.room.sessions import Sessions
from videobar.server.app import LARGEST_BODY, LARGEST_FROM_STRANGERS, Application
from videobar.server.messages import ClientGone, HttpRequest, HttpResponse

LOGIN = b'{"user":"admin","password":"secret"}'
WRONG = b'{"user":"admin","password":"wrong"}'
LEVEL = "/rest/lamps/level"


def json(response: HttpResponse) -> Any:
    assert (b"content-type", b"application/json") in response.headers
    assert isinstance(response.body, bytes)
    assert (b"content-length", str(len(response.body)).encode()) in response.headers
    return msgspec.json.decode(response.body)


def cookies(response: HttpResponse) -> list[str]:
    return [value.decode() for name, value in response.headers if name == b"set-cookie"]


def is_html_403(response: HttpResponse) -> bool:
    return response.status == 403 and isinstance(response.body, bytes) and b"<html>" in response.body


def basic(password: str, user: str = "admin") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


# Logging in and out


async def test_login(ask: Any, clock: Any) -> None:
    response = await ask("POST", "/rest/session", LOGIN, client="10.1.2.3")
    answer = json(response)
    session_id = answer["session"]["sessionId"]
    assert response.status == 200
    assert answer == {
        "loginStatus": {
            "failedLogins": 0,
            "isPasswordAgeLimitReached": False,
            "lastLoginClient": "10.1.2.3",
            "lastLoginClientType": "WEB",
            "lastLoginTime": clock.now_ms(),
            "loginResult": "NOLOCKOUT",
        },
        "session": {
            "clientType": "WEB",
            "creationTime": 0,
            "isAuthenticated": True,
            "isConnected": False,
            "isNew": True,
            "isStale": False,
            "location": "10.1.2.3",
            "role": "ADMIN",
            "sessionId": session_id,
            "userId": "admin",
        },
        "success": True,
    }
    first, second = cookies(response)
    assert first == f"session_id={session_id}; Path=/; Secure; HttpOnly; SameSite=Strict"
    assert re.fullmatch(r"XSRF-TOKEN=[0-9a-f-]{36}; Path=/; Secure; SameSite=Strict", second)
    assert json(await ask("GET", LEVEL, cookie=f"session_id={session_id}")) == 39


async def test_login_by_the_alias_and_with_group_series_words(ask: Any) -> None:
    body = b'{"action":"Login","user":"ADMIN","password":"secret"}'
    assert json(await ask("POST", "/rest/current/session", body))["success"] is True


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (WRONG, 403, "SessionInvalidUserNamePassword"),
        (b'{"user":"nobody","password":"secret"}', 403, "SessionInvalidUserNamePassword"),
        (b"{}", 400, "SessionRequestInvalid"),
        (b'{"user":"admin"}', 400, "SessionRequestInvalid"),
        (b'{"user":"admin","password":7}', 400, "SessionRequestInvalid"),
        (b"", 400, "SessionRequestInvalid"),
        (b"user=admin", 400, "SessionRequestInvalid"),
        (b'{"user":"admin","password":"secret","action":"Dance"}', 400, "SessionRequestInvalid"),
    ],
)
async def test_failed_logins(ask: Any, body: bytes, status: int, reason: str) -> None:
    response = await ask("POST", "/rest/session", body)
    answer = json(response)
    assert (response.status, answer["success"], answer["reason"]) == (status, False, reason)
    assert "session" not in answer
    assert ("loginStatus" in answer) is (status == 403)
    assert cookies(response) == []


async def test_login_with_a_live_session(ask: Any, cookie: str) -> None:
    response = await ask("POST", "/rest/session", LOGIN, cookie=cookie)
    assert response.status == 400
    assert json(response) == {"success": False, "reason": "SessionAlreadyActive"}
    assert cookies(response) == []


async def test_login_with_an_ended_session(ask: Any, cookie: str, sessions: Sessions) -> None:
    sessions.end_all()
    assert (await ask("POST", "/rest/session", LOGIN, cookie=cookie)).status == 200


async def test_lockout_and_its_end(ask: Any, clock: Any, cookie: str) -> None:
    for _ in range(3):
        await ask("POST", "/rest/session", WRONG)
    response = await ask("POST", "/rest/session", LOGIN)
    answer = json(response)
    assert (response.status, answer["reason"]) == (400, "SessionPortLockout")
    assert answer["loginStatus"]["loginResult"] == "PORTLOCKOUT"
    assert (await ask("GET", LEVEL, cookie=cookie)).status == 200
    assert (await ask("POST", "/rest/session", LOGIN, client="10.0.0.2")).status == 200
    await clock.advance(60)
    assert (await ask("POST", "/rest/session", LOGIN)).status == 200


async def test_too_many_sessions(ask: Any, clock: Any) -> None:
    for _ in range(5):
        assert (await ask("POST", "/rest/session", LOGIN)).status == 200
    response = await ask("POST", "/rest/session", LOGIN)
    assert (response.status, json(response)["reason"]) == (403, "SessionMaxActiveSessionsReached")
    await clock.advance(600)
    assert (await ask("POST", "/rest/session", LOGIN)).status == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/rest/session", b""),
        ("DELETE", "/rest/sessions/self", b""),
        ("POST", "/rest/session", b'{"action":"Logout"}'),
    ],
)
async def test_logout(ask: Any, cookie: str, method: str, path: str, body: bytes) -> None:
    response = await ask(method, path, body, cookie=cookie)
    assert json(response)["success"] is True
    expired = cookies(response)
    assert [one.partition("=")[0] for one in expired] == ["session_id", "XSRF-TOKEN"]
    assert all("Max-Age=0" in one and "Path=/" in one for one in expired)
    assert is_html_403(await ask("GET", LEVEL, cookie=cookie))
    again = await ask(method, path, body, cookie=cookie)
    assert (again.status, json(again)["reason"]) == (400, "SessionNoActiveSession")
    assert cookies(again) == []


async def test_the_current_session_and_all(ask: Any, cookie: str) -> None:
    current = json(await ask("GET", "/rest/session", cookie=cookie))
    assert f"session_id={current['sessionId']}" == cookie
    assert current["isNew"] is False
    assert json(await ask("GET", "/rest/current/session/sessions", cookie=cookie)) == {
        "sessionList": [current]
    }
    without = await ask("GET", "/rest/session")
    assert (without.status, json(without)["reason"]) == (400, "SessionNoActiveSession")


async def test_idle_sessions_end(ask: Any, cookie: str, clock: Any) -> None:
    await clock.advance(599)
    assert (await ask("GET", LEVEL, cookie=cookie)).status == 200
    await clock.advance(599)
    assert (await ask("GET", LEVEL, cookie=cookie)).status == 200
    await clock.advance(600)
    assert is_html_403(await ask("GET", LEVEL, cookie=cookie))


# Who may ask


@pytest.mark.parametrize(
    "path", [LEVEL, "/rest/nothing", "/rest", "/rest/", "/x/lamps/own", "/x/nothing", "/rest/lamps/fail/%FF"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH"])
async def test_strangers_learn_nothing(ask: Any, path: str, method: str) -> None:
    assert is_html_403(await ask(method, path))
    assert is_html_403(await ask(method, path, cookie="session_id=PSunknown"))


async def test_open_actions_and_the_document(ask: Any) -> None:
    assert json(await ask("GET", "/rest/lamps/open")) == 1
    assert json(await ask("GET", "/x/openapi.json")) == {"openapi": "3.1.0"}
    assert (await ask("HEAD", "/x/openapi.json")).body == b""
    assert json(await ask("GET", "/x/openapi.json")) == {"openapi": "3.1.0"}
    assert (await ask("POST", "/x/openapi.json")).status == 405


@pytest.mark.parametrize(
    "path", ["/", "", "*", "/index.html", "/restaurant", "/xylophone", "//rest/lamps/level"]
)
async def test_elsewhere_is_nothing(ask: Any, path: str, cookie: str) -> None:
    response = await ask("GET", path, cookie=cookie)
    assert response.status == 404
    assert b"<html>" in response.body


@pytest.mark.parametrize("headers", [{"cookie": "session_id=gone; {}"}, {"cookie": '"session_id"="x"; {}'}])
async def test_the_first_live_cookie_counts(ask: Any, cookie: str, headers: dict[str, str]) -> None:
    assert (await ask("GET", LEVEL, cookie=headers["cookie"].format(cookie))).status == 200


async def test_several_cookie_headers(application: Application, request_of: Any, cookie: str) -> None:
    request = request_of("GET", LEVEL)
    request.headers = [(b"cookie", b"a=b"), (b"cookie", b"session_id=gone"), (b"cookie", cookie.encode())]
    assert (await application.handle(request)).status == 200


async def test_basic(ask: Any) -> None:
    assert json(await ask("GET", LEVEL, authorization=basic("secret"))) == 39
    assert (await ask("POST", LEVEL, b"5", authorization=basic("secret"))).status == 200
    assert (await ask("GET", "/rest/nothing", authorization=basic("secret"))).status == 404
    assert is_html_403(await ask("GET", LEVEL, authorization=basic("wrong")))
    assert is_html_403(await ask("GET", LEVEL, authorization="Basic x"))
    without = await ask("DELETE", "/rest/session", authorization=basic("secret"))
    assert json(without)["reason"] == "SessionNoActiveSession"


@pytest.mark.parametrize("empty", ["Basic ", "Basic", "basic Og==", "Basic admin:secret"])
async def test_meaningless_basic_is_ignored(ask: Any, cookie: str, empty: str) -> None:
    assert json(await ask("GET", LEVEL, cookie=cookie, authorization=empty)) == 39
    assert (await ask("POST", "/rest/session", LOGIN, authorization=empty)).status == 200
    for _ in range(5):
        assert is_html_403(await ask("GET", LEVEL, authorization=empty))
    assert (await ask("POST", "/rest/session", LOGIN)).status == 200  # none of them was a failed login


async def test_clients_spell_the_cookie_otherwise(ask: Any, cookie: str) -> None:
    value = cookie.partition("=")[2]
    for name in ("SessionId", "sessionid", "SESSION_ID", '"session_id"'):
        assert json(await ask("GET", LEVEL, cookie=f"{name}={value}")) == 39
    assert (await ask("DELETE", "/rest/current/session", cookie=f"SessionId={value}")).status == 200
    assert is_html_403(await ask("GET", LEVEL, cookie=cookie))


async def test_wrong_basic_locks_out(ask: Any) -> None:
    for _ in range(3):
        await ask("GET", LEVEL, authorization=basic("wrong"))
    assert is_html_403(await ask("GET", LEVEL, authorization=basic("secret")))
    assert json(await ask("POST", "/rest/session", LOGIN))["reason"] == "SessionPortLockout"


class TestXsrf:
    @pytest.fixture
    def strict(self, make_application: Callable[..., Application]) -> Application:
        return make_application(enforce_xsrf=True)

    @pytest.fixture
    def token(self, sessions: Sessions, cookie: str) -> str:
        return sessions.all()[0].xsrf_token

    @pytest.mark.parametrize("method", ["POST", "PUT"])
    async def test_writes_need_the_token(
        self, ask: Any, strict: Application, cookie: str, token: str, method: str, lamps: Any
    ) -> None:
        with_cookie = f"{cookie}; XSRF-TOKEN={token}"
        for wrong in ({}, {"x_xsrf_token": ""}, {"x_xsrf_token": "0" * 36}, {"x_xsrf_token": b"\xff"}):
            response = await ask(method, LEVEL, b"7", app=strict, cookie=with_cookie, **wrong)
            assert (response.status, json(response)["reason"]) == (403, "XsrfTokenMissing")
        assert lamps.value == 39
        response = await ask(method, LEVEL, b"7", app=strict, cookie=cookie, x_xsrf_token=token)
        assert (response.status, lamps.value) == (200, 7)

    async def test_another_sessions_token_is_none(
        self, ask: Any, strict: Application, cookie: str, sessions: Sessions
    ) -> None:
        other = Caller("10.0.0.9")
        await sessions.login(other, "admin", "secret")
        assert other.session is not None
        response = await ask(
            "POST", LEVEL, b"7", app=strict, cookie=cookie, x_xsrf_token=other.session.xsrf_token
        )
        assert response.status == 403

    async def test_reads_logins_and_basic_need_none(self, ask: Any, strict: Application, cookie: str) -> None:
        assert (await ask("GET", LEVEL, app=strict, cookie=cookie)).status == 200
        again = await ask("POST", "/rest/session", LOGIN, app=strict, cookie=cookie)
        assert json(again)["reason"] == "SessionAlreadyActive"
        assert (await ask("POST", LEVEL, b"7", app=strict, authorization=basic("secret"))).status == 200

    async def test_logout_needs_it(self, ask: Any, strict: Application, cookie: str, token: str) -> None:
        assert (await ask("DELETE", "/rest/session", app=strict, cookie=cookie)).status == 403
        response = await ask("DELETE", "/rest/session", app=strict, cookie=cookie, x_xsrf_token=token.upper())
        assert response.status == 200

    async def test_older_firmware_asks_for_none(self, ask: Any, cookie: str, lamps: Any) -> None:
        assert (await ask("POST", LEVEL, b"7", cookie=cookie)).status == 200
        assert lamps.value == 7


# What is asked


async def test_unknown_paths_and_methods(ask: Any, cookie: str) -> None:
    unknown = await ask("GET", "/rest/nothing", cookie=cookie)
    assert (unknown.status, json(unknown)) == (404, {"success": False, "reason": "NoSuchResource"})
    wrong = await ask("DELETE", LEVEL, cookie=cookie)
    assert wrong.status == 405
    assert (b"allow", b"GET, HEAD, POST, PUT") in wrong.headers
    assert json(wrong)["reason"].startswith("MethodNotAllowed")


@pytest.mark.parametrize("path", [LEVEL, LEVEL + "/", "/rest/current/lamps/level", LEVEL + "?_dc=1&page=2"])
async def test_ways_to_the_same_action(ask: Any, cookie: str, path: str) -> None:
    assert json(await ask("GET", path, cookie=cookie)) == 39


async def test_head_has_the_headers_of_get(ask: Any, cookie: str) -> None:
    get, head = await ask("GET", LEVEL, cookie=cookie), await ask("HEAD", LEVEL, cookie=cookie)
    assert (head.status, head.headers, head.body) == (get.status, get.headers, b"")


async def test_an_empty_answer(ask: Any, cookie: str) -> None:
    response = await ask("POST", LEVEL, b"70", cookie=cookie)
    assert (response.status, response.headers, response.body) == (200, [(b"content-length", b"0")], b"")


async def test_own_actions_live_under_x(ask: Any, cookie: str) -> None:
    assert json(await ask("GET", "/x/lamps/own", cookie=cookie)) == 2
    assert (await ask("GET", "/rest/lamps/own", cookie=cookie)).status == 404
    assert (await ask("GET", "/rest/current/lamps/own", cookie=cookie)).status == 404


async def test_path_and_query_reach_the_action(ask: Any, cookie: str) -> None:
    answer = json(await ask("GET", "/rest/lamps/one/a%2Fb/rows/3?main-colour=GREEN", cookie=cookie))
    assert answer == {"lamp": "a/b", "row": 3, "colour": "GREEN", "limit": 20}


@pytest.mark.parametrize(("how", "status"), [("state", 400), ("unbuilt", 501)])
async def test_errors_of_the_room(ask: Any, cookie: str, how: str, status: int) -> None:
    response = await ask("GET", f"/rest/lamps/fail/{how}", cookie=cookie)
    assert response.status == status
    assert json(response)["success"] is False


async def test_an_unexpected_error_is_logged_and_stays_inside(
    ask: Any, cookie: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = await ask("GET", "/rest/lamps/fail/badly", cookie=cookie)
    assert response.status == 503
    assert json(response)["reason"].startswith("Unavailable: ")
    assert b"inner" not in response.body
    assert "RuntimeError: an inner secret" in caplog.text


async def test_a_failing_areas_factory_is_an_unexpected_error(
    clock: Any, operations: Any, sessions: Sessions, request_of: Any, caplog: pytest.LogCaptureFixture
) -> None:
    application = Application(operations=operations, areas=lambda _: None, sessions=sessions, clock=clock)
    response = await application.handle(request_of("GET", "/rest/lamps/open"))
    assert response.status == 503
    assert "Traceback" in caplog.text
    assert (await application.handle(request_of("GET", "/x/openapi.json"))).status == 403


async def test_too_many_logins_are_unavailable(ask: Any, sessions: Sessions, monkeypatch: Any) -> None:
    async def full(*_: object) -> None:
        raise Unavailable("too many logins")

    monkeypatch.setattr(sessions, "authenticate", full)
    response = await ask("GET", LEVEL, authorization=basic("secret"))
    assert (response.status, json(response)["reason"]) == (503, "Unavailable: too many logins")


async def test_bodies_have_a_limit_and_strangers_a_lower_one(ask: Any, cookie: str, lamps: Any) -> None:
    assert json(await ask("POST", "/rest/lamps/upload", b"x" * LARGEST_BODY, cookie=cookie)) == LARGEST_BODY
    response = await ask("POST", "/rest/lamps/upload", b"x" * (LARGEST_BODY + 1), cookie=cookie)
    assert (response.status, json(response)["reason"]) == (413, "RequestTooLarge")
    assert len(lamps.calls) == 1
    stranger = await ask("POST", "/rest/session", b" " * (LARGEST_FROM_STRANGERS + 1) + LOGIN)
    assert stranger.status == 413


async def test_a_body_is_not_read_before_the_caller_is_known(
    application: Application, request_of: Any
) -> None:
    async def read_body(limit: int) -> bytes:
        raise AssertionError("nobody asked for it")

    request: HttpRequest = request_of("POST", "/rest/lamps/upload")
    request.read_body = read_body
    assert (await application.handle(request)).status == 403


async def test_a_client_that_goes_away_is_no_error(
    application: Application, request_of: Any, cookie: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def read_body(limit: int) -> bytes:
        raise ClientGone

    request: HttpRequest = request_of("POST", "/rest/lamps/upload", cookie=cookie)
    request.read_body = read_body
    assert (await application.handle(request)).status == 499
    assert "Traceback" not in caplog.text


# Files


async def read(response: HttpResponse) -> bytes:
    assert not isinstance(response.body, bytes)
    return b"".join([chunk async for chunk in response.body])


async def test_downloads(ask: Any, cookie: str, lamps: Any) -> None:
    lamps.length = 7
    response = await ask("GET", "/rest/lamps/file?name=plan.tar", cookie=cookie)
    assert dict(response.headers) == {
        b"content-type": b"application/x-tar",
        b"content-length": b"7",
        b"content-disposition": b"attachment; filename=\"plan.tar\"; filename*=UTF-8''plan.tar",
    }
    assert await read(response) == b"one two"


async def test_download_of_unknown_length_with_a_hostile_name(ask: Any, cookie: str) -> None:
    response = await ask("GET", '/rest/lamps/file?name=%C3%A4"/%0d%0aset-cookie:%20x', cookie=cookie)
    headers = dict(response.headers)
    assert b"content-length" not in headers
    disposition = headers[b"content-disposition"]
    assert disposition.startswith(b'attachment; filename="____')
    assert b"\r" not in disposition
    assert b"\n" not in disposition
    await read(response)


async def test_head_of_a_download_closes_it_unread(ask: Any, cookie: str, lamps: Any) -> None:
    response = await ask("HEAD", "/rest/lamps/file", cookie=cookie)
    assert response.body == b""
    assert (b"content-type", b"application/x-tar") in response.headers


# The log


async def test_the_log_tells_who_asked_what_and_no_secrets(
    ask: Any, cookie: str, caplog: pytest.LogCaptureFixture, sessions: Sessions
) -> None:
    with caplog.at_level(logging.INFO, "videobar.request"):
        await ask("POST", "/rest/session", LOGIN, client="10.1.1.1")
        await ask("GET", LEVEL + "?pin=4711", cookie=cookie)
        await ask("G\x1bT", "/rest/\x00" + "a" * 1000, client="fe80::1")
    first, second, third = [record.getMessage() for record in caplog.records]
    handles = [session.handle for session in sessions.all()]
    assert re.fullmatch(rf"POST /rest/session 200 \d+\.\d ms session={handles[1]} client=10\.1\.1\.1", first)
    assert re.fullmatch(rf"GET {LEVEL} 200 \d+\.\d ms session={handles[0]} client=127\.0\.0\.1", second)
    assert third.startswith(r"G\x1bT /rest/\x00aaa")
    assert third.endswith("session=- client=fe80::1")
    for secret in ("secret", "4711", cookie, *(session.id for session in sessions.all())):
        assert secret not in caplog.text


# Anything


@settings(max_examples=examples(200), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", ""]),
    path=st.sampled_from(
        [
            "/rest/lamps/order",
            LEVEL,
            "/rest/session",
            "/rest/lamps/one/{}/rows/{}",
            "/rest/lamps/upload",
            "{}",
        ]
    ),
    part=st.text(st.characters(codec="ascii"), max_size=10),
    body=st.binary(max_size=30) | st.sampled_from([b"[" * 9999, b"{}", b"null", b'{"bulbList":[null]}']),
    known=st.booleans(),
)
async def test_no_request_is_answered_with_5xx(
    ask: Any, sessions: Sessions, method: str, path: str, part: str, body: bytes, known: bool
) -> None:
    sessions.end_all()
    caller = Caller("127.0.0.1")
    await sessions.login(caller, "admin", "secret")
    assert caller.session is not None
    extra = {"cookie": f"session_id={caller.session.id}"} if known else {"authorization": "Basic " + part}
    response = await ask(method, path.replace("{}", part), body, **extra)
    assert 200 <= response.status < 500


# Pages of other hosts


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://room.example", "https://room.example:1"]
)
async def test_writes_for_pages_elsewhere_are_refused(ask: Any, cookie: str, origin: str) -> None:
    asking = {"cookie": cookie, "host": "room.example", "origin": origin}
    response = await ask("POST", LEVEL, b"5", **asking)
    assert (response.status, json(response)["reason"].partition(":")[0]) == (403, "ForeignOrigin")
    assert (await ask("GET", LEVEL, **asking)).status == 200


@pytest.mark.parametrize("host", ["room.example", "ROOM.example:443", "room.example:8443"])
async def test_writes_for_the_rooms_own_pages_are_not(ask: Any, cookie: str, host: str) -> None:
    origin = "https://" + host.lower().removesuffix(":443")
    assert (await ask("POST", LEVEL, b"5", cookie=cookie, host=host, origin=origin)).status == 200


async def test_programs_send_no_origin_and_strangers_have_nothing_to_steal(ask: Any, cookie: str) -> None:
    assert (await ask("POST", LEVEL, b"5", cookie=cookie, host="room.example")).status == 200
    assert (await ask("POST", "/rest/session", LOGIN, host="room.example", origin="null")).status == 200
