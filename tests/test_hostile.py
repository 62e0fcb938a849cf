"""Whatever is sent to whichever action, a room answers, and never with an error of its own."""

from __future__ import annotations

import itertools
import json
import logging
import random
import re
from contextlib import aclosing

import pytest
from msgspec import inspect

from videobar import settings
from videobar.app import App
from videobar.contract.index import OPERATIONS
from videobar.server.messages import HttpRequest

PASSWORD = "correct horse"
ENDS_THE_GAME = {"session_logout", "system_reboot", "system_resetsettings", "stage_faults_add"}
BODIES = [
    b"", b"null", b"true", b"0", b"-1", b"1e999", b"NaN", b"1.5", b"123456789012345678901234567890",
    b"9223372036854775808", b'""', b'"x"', b'"\\ud800"', b'"\\u0000"', b"[]", b"[null]", b"{}", b'{"a":1,"a":2}',
    b"[" * 100_000, b"[" * 5000 + b"]" * 5000, b'{"a":' * 5000 + b"1" + b"}" * 5000, b"\xff\xfe", b'"\xff"',
    b"\xef\xbb\xbf{}",
    b"\x00",
    b'"' + b"A" * 1_000_000 + b'"',
]  # fmt: skip
VALUES = [
    None, True, 0, -1, 1, 2**31, 2**63, 2**64, 10**40, 1.5, float("nan"), float("inf"), "", "x", "1", "\ud800", "\0",
    "a\r\nb", "\u202e", "Z" * 100_000, [], [[]], ["x"], {}, {"a": {}}, "../../etc/passwd", "sip:a@b", "sip:%00@x",
    "sip:a@[::1", "dial", "store", "moveStart", "hangup", "add", "END", "playDTMF",
]  # fmt: skip
PIECES = [
    "0", "1", "-1", "x", "%00", "%ff", "..", "%2e%2e%2fetc", "9" * 40, "9" * 5000, "PENDING", "active",
    "a%0d%0ab", "%ED%A0%80",
]  # fmt: skip
QUERIES = [
    "",
    *(
        f"{name}={value}"
        for name in ("limit", "start", "number", "pin")
        for value in ("-1", "1e9", "%00", "9" * 30)
    ),
]


def names(body: object) -> set[str]:
    """Names of all fields that a body can have, at any depth."""
    found: set[str] = set()

    def walk(kind: object) -> None:
        if isinstance(kind, inspect.StructType):
            for field in kind.fields:
                found.add(field.encode_name)
                walk(field.type)
        for part in getattr(kind, "types", ()) or (getattr(kind, "item_type", None),):
            if part is not None:
                walk(part)

    walk(inspect.type_info(body))
    return found


class Stranger:
    """Somebody who is logged in, and sends what comes to his mind."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.cookie = b""

    async def send(self, method: str, path: str, query: str = "", body: bytes = b"") -> int:
        async def read(limit: int) -> bytes:
            return body

        headers = [(b"content-type", b"application/json"), (b"cookie", self.cookie)]
        answer = await self.app.handle(HttpRequest(method, path, query.encode(), headers, "127.0.0.1", read))
        if not isinstance(answer.body, bytes):
            async with aclosing(answer.body) as chunks:
                async for _ in chunks:
                    pass
        elif (
            method == "POST"
            and path == "/rest/session"
            and answer.status == 200
            and b"sessionId" in answer.body
        ):
            self.cookie = b"session_id=" + json.loads(answer.body)["session"]["sessionId"].encode()
        return answer.status

    async def login(self) -> None:
        self.cookie = b""
        body = json.dumps({"user": "admin", "password": PASSWORD}).encode()
        assert await self.send("POST", "/rest/session", body=body) == 200


@pytest.fixture
async def stranger(tmp_path):
    flags = {
        "engine": "simulated",
        "data": str(tmp_path),
        "admin_password": PASSWORD,
        "lockout_attempts": "off",
    }
    app = App(settings.load(flags, {}), https=False)
    await app.start()
    yield Stranger(app)
    await app.stop()


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_request_makes_the_room_fail(stranger, caplog, seed):
    caplog.set_level(logging.ERROR)
    chance = random.Random(seed)
    sent = itertools.count()
    await stranger.login()
    for operation in OPERATIONS:
        if operation.id in ENDS_THE_GAME:
            continue

        def path(operation=operation) -> str:
            return re.sub(r"\{\w+\}", lambda _: chance.choice(PIECES), operation.url)

        requests = [(path(), chance.choice(QUERIES), b"") for _ in range(6)]
        if operation.body is not None:
            requests += [(path(), "", body) for body in BODIES]
            known = names(operation.body.type)
            for _ in range(25):
                fields = {name: chance.choice(VALUES) for name in known if chance.random() < 0.9}
                requests.append((path(), "", json.dumps(fields).encode()))
        for where, query, body in requests:
            status = await stranger.send(operation.method, where, query, body)
            next(sent)
            assert status < 500, (operation.id, where[:200], query, body[:200], status)
            if status == 403:
                await stranger.login()
    assert next(sent) > 2000
    assert [
        record.getMessage() for record in caplog.records if record.name.startswith("videobar.server")
    ] == []
