"""HTTPS for calendar servers: who may be told what, and how much they may answer."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from videobar.adapters.calendar.web import JudgingResolver, Web, basic, one_of, public
from videobar.room.calendar.port import ProviderError, ProviderUnreachable
from videobar.room.egress import EgressPolicy

SECRET = basic("room", "secret")


@pytest.fixture
def heard():
    return []


@pytest.fixture
async def server(https, heard):
    async def answer(request):
        heard.append((request.host, request.path, request.headers.get("Authorization", "")))
        where = request.query.get("to")
        if where:
            raise web.HTTPFound(where)
        if request.path == "/long":
            response = web.StreamResponse()
            await response.prepare(request)
            while True:
                await response.write(b"x" * 65536)
        if request.path == "/slow":
            await asyncio.sleep(3600)
        return web.Response(text="hello")

    return await https({"a.example.org": answer, "b.example.org": answer, "evil.example.com": answer})


async def test_credentials_go_to_trusted_hosts_only(server, heard, make_web):
    client = make_web(server, "a.example.org", "b.example.org")
    reply = await client.ask("GET", "https://a.example.org/?to=https://b.example.org/", authorization=SECRET)
    assert (reply.content, reply.url.host) == (b"hello", "b.example.org")
    await client.ask("GET", "https://a.example.org/?to=https://evil.example.com/", authorization=SECRET)
    assert [(host, bool(told)) for host, _, told in heard] == [
        ("a.example.org", True),
        ("b.example.org", True),
        ("a.example.org", True),
        ("evil.example.com", False),
    ]
    await client.close()


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        ("http://a.example.org/", "only https"),
        ("ftp://a.example.org/", "only https"),
        ("file:///etc/passwd", "only https"),
        ("https://127.0.0.1/", "may not go"),
        ("https://[::1]/", "may not go"),
        ("https://10.0.0.1/", "may not go"),
        ("https://a.example.org/?to=/loop", None),
    ],
)
async def test_where_redirects_may_not_lead(server, make_web, target, complaint):
    client = make_web(server, "a.example.org")
    try:
        if complaint is None:
            assert (await client.ask("GET", target)).content == b"hello"
        else:
            with pytest.raises(ProviderError, match=complaint):
                await client.ask("GET", f"https://a.example.org/?to={target}")
    finally:
        await client.close()


async def test_redirects_end(server, make_web, heard):
    client = make_web(server, "a.example.org")
    with pytest.raises(ProviderError, match="more than 5 times"):
        await client.ask("GET", "https://a.example.org/?to=?to=?to=?to=?to=?to=?to=x")
    assert len(heard) == 6
    await client.close()


async def test_long_and_slow_answers_are_given_up(server, make_web):
    client = make_web(server, "a.example.org")
    with pytest.raises(ProviderError, match="longer than 1000 bytes"):
        await client.ask("GET", "https://a.example.org/long", most=1000)
    await client.close()
    client = make_web(server, "a.example.org", total_s=0.5)
    with pytest.raises(ProviderUnreachable, match="no answer in time"):
        await client.ask("GET", "https://a.example.org/slow")
    await client.close()


async def test_a_certificate_that_nobody_vouches_for(server, egress):
    client = Web(egress, one_of({"a.example.org"}), resolver=server.resolver())
    with pytest.raises(ProviderError, match="certificate cannot be verified"):
        await client.ask("GET", "https://a.example.org/")
    await client.close()


async def test_a_certificate_of_another_host(server, make_web):
    client = make_web(server, "c.example.net", names={"c.example.net": "a.example.org"})
    with pytest.raises(ProviderError, match="certificate"):
        await client.ask("GET", "https://c.example.net/")
    await client.close()


async def test_nobody_there(server, make_web):
    client = make_web(server, "nowhere.example.org")
    with pytest.raises(ProviderUnreachable, match="nowhere"):
        await client.ask("GET", "https://nowhere.example.org/")
    await client.close()


async def test_servers_are_asked_through_a_proxy_which_sees_no_secret(server, egress, make_proxy, heard):
    url, asked = await make_proxy(server.port)
    client = Web(egress, one_of({"a.example.org"}), ca_file=server.ca_file, proxy=url)
    assert (await client.ask("GET", "https://a.example.org/x", authorization=SECRET)).content == b"hello"
    assert heard == [("a.example.org", "/x", SECRET)]
    assert asked == ["CONNECT a.example.org:443 HTTP/1.1"]
    with pytest.raises(ProviderError, match="may not go"):
        await client.ask("GET", "https://10.0.0.1/")
    await client.close()


async def test_a_proxy_that_is_not_there(server, egress):
    client = Web(egress, one_of({"a.example.org"}), ca_file=server.ca_file, proxy="http://127.0.0.1:9")
    with pytest.raises(
        ProviderUnreachable, match=r"a\.example\.org: the proxy cannot be reached: Connection refused"
    ):
        await client.ask("GET", "https://a.example.org/")
    await client.close()


class Names:
    def __init__(self, **names):
        self.names = names

    async def addresses(self, host):
        return self.names.get(host, ())


async def test_private_addresses_are_for_trusted_hosts():
    import ipaddress

    egress = EgressPolicy(
        Names(a=("10.0.0.1",), b=("10.0.0.1", "8.8.8.8"), c=("169.254.1.1",)),
        [ipaddress.ip_network("169.254.0.0/16")],
    )
    resolver = JudgingResolver(egress, one_of({"a"}))
    assert [each["host"] for each in await resolver.resolve("a", 443)] == ["10.0.0.1"]
    assert [each["host"] for each in await resolver.resolve("b", 443)] == ["8.8.8.8"]
    for host in ("c", "d"):
        with pytest.raises(OSError, match=host):
            await resolver.resolve(host, 443)


def test_trust():
    trusted = one_of({"a.example.org", ".example.com"})
    assert [
        trusted(host) for host in ("A.example.org.", "x.a.example.org", "b.example.com", "example.com")
    ] == [
        True,
        False,
        True,
        False,
    ]
    assert not trusted("evilexample.com")
    assert public("8.8.8.8")
    assert not public("fd00::1")
