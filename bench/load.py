"""A load of requests over TLS, in a process of its own: `python load.py PORT SECONDS CONNECTIONS REQUEST_FILE`.

Prints JSON: requests answered, seconds, and latency percentiles in milliseconds. With CONNECTIONS 0 every
request opens a new connection with a full handshake; otherwise they are kept alive.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from pathlib import Path


async def read_answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode())
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            await reader.readexactly(int(line.partition(b":")[2]))


async def keep_alive(
    port: int, context: ssl.SSLContext, request: bytes, until: float, took: list[float]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    while (began := time.perf_counter()) < until:
        writer.write(request)
        await read_answer(reader)
        took.append(time.perf_counter() - began)
    writer.close()


async def anew(port: int, request: bytes, until: float, took: list[float]) -> None:
    while (began := time.perf_counter()) < until:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting())
        writer.write(request)
        await read_answer(reader)
        took.append(time.perf_counter() - began)
        writer.close()


def trusting() -> ssl.SSLContext:
    """A context of its own for each connection is cheap without the system's certificates, and resumes nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def main(port: int, seconds: float, connections: int, request: bytes) -> None:
    took: list[float] = []
    began = time.perf_counter()
    until = began + seconds
    if connections:
        context = trusting()
        await asyncio.gather(*(keep_alive(port, context, request, until, took) for _ in range(connections)))
    else:
        await anew(port, request, until, took)
    took.sort()
    result = {
        "requests": len(took),
        "seconds": time.perf_counter() - began,
        "p50_ms": took[len(took) // 2] * 1000,
        "p99_ms": took[int(len(took) * 0.99)] * 1000,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]).read_bytes()))
