"""Servers that do not behave; those that do are in the tests of the directory's adapter."""

import asyncio
import contextlib

import pytest

from videobar.ldap import ber, filters, messages
from videobar.ldap.connection import LdapAddress, LdapConnection
from videobar.ldap.errors import LdapRefused, NotLdap, ServerAway
from videobar.ldap.messages import Scope, SearchRequest

BOUND = ber.element(
    ber.SEQUENCE,
    ber.integer(1),
    ber.element(messages.BIND_DONE, ber.integer(0, ber.ENUMERATED), ber.octets(""), ber.octets("")),
)
FOUND = ber.element(
    ber.SEQUENCE, ber.integer(2), ber.element(messages.FOUND, ber.octets("cn=a"), ber.element(ber.SEQUENCE))
)


def done(code):
    result = (ber.integer(code, ber.ENUMERATED), ber.octets(""), ber.octets("why"))
    return ber.element(ber.SEQUENCE, ber.integer(2), ber.element(messages.SEARCH_DONE, *result))


@contextlib.asynccontextmanager
async def connected(answers, patience_s=30.0):
    """A connection to a server that gives these answers, one to each question, and hangs up behind `None`."""

    async def serve(reader, writer):
        for answer in answers:
            await reader.read(1000)
            if answer is None:
                break
            writer.write(answer)
            await writer.drain()
        else:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = LdapAddress("127.0.0.1", server.sockets[0].getsockname()[1], False)
    connection = await LdapConnection.connect(address, tls=None, start_tls=False, patience_s=patience_s)
    try:
        yield connection
    finally:
        await connection.close()
        await connection.close()
        server.close()
        await server.wait_closed()


async def search(connection):
    await connection.bind("", "")
    wanted = SearchRequest("", Scope.SUBTREE, filters.present("cn"), [])
    return [found async for page in connection.search(wanted) for found in page]


async def test_what_is_found_comes_with_references_passed_over():
    reference = ber.element(
        ber.SEQUENCE, ber.integer(2), ber.element(messages.REFERENCE, ber.octets("ldap://x"))
    )
    async with connected([BOUND, FOUND + reference + FOUND + done(0)]) as connection:
        assert [found.dn for found in await search(connection)] == ["cn=a", "cn=a"]
        assert connection.usable


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (None, ServerAway),
        (FOUND[:-3], ServerAway),
        (done(1), LdapRefused),
        (BOUND.replace(b"\x02\x01\x01", b"\x02\x01\x02"), NotLdap),
        (b"HTTP/1.1 400 Bad Request", NotLdap),
        (b"\x30\x84\x7f\xff\xff\xff", NotLdap),
        (b"\x30\x80\x00\x00", NotLdap),
        (ber.element(ber.SEQUENCE, ber.integer(2), b"\x64\x7f"), NotLdap),
        (ber.element(ber.SEQUENCE, ber.integer(0), ber.element(messages.EXTENDED_DONE)), ServerAway),
    ],
)
async def test_answers_that_make_no_sense(answer, error):
    answers = [BOUND, answer] + ([None] if answer == FOUND[:-3] else [])
    async with connected(answers) as connection:
        if answer == FOUND[:-3]:
            connection._patience_s = 0.2
        with pytest.raises(error):
            await search(connection)
        assert connection.usable is (error is LdapRefused)


async def test_a_server_that_says_nothing():
    async with connected([b""], patience_s=0.1) as connection:
        with pytest.raises(ServerAway, match="no answer within"):
            await connection.bind("", "")
        assert not connection.usable


async def test_nobody_there():
    with pytest.raises(ServerAway, match="cannot connect"):
        await LdapConnection.connect(
            LdapAddress("127.0.0.1", 1, False), tls=None, start_tls=False, patience_s=30
        )
