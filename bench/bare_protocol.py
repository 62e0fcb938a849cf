"""A floor for `rest.py`: an asyncio protocol on httptools that answers a constant over TLS, and does nothing else.

    python bench/bare_protocol.py CERTIFICATE KEY SMALL_BODY_FILE LARGE_BODY_FILE

prints its port. `/large` is answered with the large body, everything else with the small one.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from pathlib import Path

import httptools

try:
    import uvloop as loops
except ImportError:
    loops = asyncio


def answer(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Bare(asyncio.Protocol):
    def __init__(self, small: bytes, large: bytes) -> None:
        self.small, self.large = small, large

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport, self.parser, self.url = transport, httptools.HttpRequestParser(self), b""

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self.url = url

    def on_message_complete(self) -> None:
        self.transport.write(self.large if self.url == b"/large" else self.small)


async def main(certificate: str, key: str, small: str, large: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    bodies = answer(Path(small).read_bytes()), answer(Path(large).read_bytes())
    server = await asyncio.get_running_loop().create_server(
        lambda: Bare(*bodies), "127.0.0.1", 0, ssl=context
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    if loops is not asyncio:
        asyncio.set_event_loop_policy(loops.EventLoopPolicy())
    asyncio.run(main(*sys.argv[1:5]))
