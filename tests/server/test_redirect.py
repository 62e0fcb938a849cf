import pytest

from videobar.server.messages import HttpRequest
from videobar.server.redirect import Redirect


async def ask(method, path, query=b"", host=b"room.example:8080", port=8443):
    headers = [] if host is None else [(b"host", host)]
    response = await Redirect("10.0.0.5", port, ["Room.example"]).handle(
        HttpRequest(method, path, query, headers, "::1", None)
    )
    return response.status, dict(response.headers)[b"location"].decode()


async def test_the_same_place_by_https():
    assert await ask("GET", "/rest/system", b"_dc=1") == (301, "https://room.example:8443/rest/system?_dc=1")
    assert await ask("GET", "/", port=443) == (301, "https://room.example/")
    assert await ask("POST", "/rest/session") == (308, "https://room.example:8443/rest/session")
    assert await ask("GET", "/", host=b"127.0.0.1:80") == (301, "https://127.0.0.1:8443/")
    assert await ask("GET", "/", host=b"LOCALHOST.") == (301, "https://LOCALHOST.:8443/")


@pytest.mark.parametrize(
    "host",
    [
        None,
        b"",
        b"a b",
        b"evil.example/x?",
        b"a@b",
        b"\xff",
        b"x" * 300,
        b"evil.example",
        b"room.example.evil",
        b"203.0.113.66",
        b"[2001:db8::1]:80",
        b"0.0.0.0",
        b"[::]",
        b"1.2",
        b"[1]",
    ],
)
async def test_without_a_host_it_is_the_rooms_own(host):
    assert await ask("GET", "/", host=host) == (301, "https://10.0.0.5:8443/")


async def test_nobody_is_sent_elsewhere():
    assert await ask("GET", "//evil.example/x") == (301, "https://room.example:8443/evil.example/x")
