"""A thousand simulated rooms in one process: time until all listen, memory, and what it costs to wake them.

Beside it, in the same run: one room, and a process that does nothing but listen on as many sockets with the same
certificate.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from processes import cpu_seconds, resident_mib

ROOMS = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
WOKEN = 50
IDLE_S = 10.0
BARE = """
import asyncio, ssl, sys
async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    servers = []
    for _ in range(int(sys.argv[2])):
        servers.append(await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0, ssl=context))
    print("Ctrl-C", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@contextlib.contextmanager
def started(*command: str) -> Iterator[tuple[subprocess.Popen[str], float, list[str]]]:
    environment = {**os.environ, "VIDEOBAR_ADMIN_PASSWORD": "x", "VIDEOBAR_LOG_LEVEL": "warning"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    try:
        yield process, time.perf_counter() - began, lines
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def serve(data: str, rooms: int) -> tuple[str, ...]:
    flags = (
        "--engine",
        "simulated",
        "--rooms",
        str(rooms),
        "--port",
        "0",
        "--host",
        "127.0.0.1",
        "--data",
        data,
    )
    return ("-m", "videobar.cli.main", "serve", *flags)


def ask(port: int) -> int:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
    connection.request("GET", "/rest/system")
    status = connection.getresponse().status
    connection.close()
    return status


def main() -> None:
    with tempfile.TemporaryDirectory() as data:
        with started(*serve(data + "/first", 2)):
            pass  # compiles the modules
        with started(*serve(data + "/one", 1)) as (process, took, _):
            print(
                f"one room:     {took * 1000:5.0f} ms until it listens, {resident_mib(process.pid):.0f} MiB"
            )
        with started("-c", BARE, str(Path(data) / "first" / "https.pem"), str(ROOMS)) as (process, took, _):
            print(
                f"bare sockets: {took * 1000:5.0f} ms until {ROOMS} listen, {resident_mib(process.pid):.0f} MiB"
            )
        with started(*serve(data + "/many", ROOMS)) as (process, took, lines):
            memory = resident_mib(process.pid)
            print(f"rooms:        {took * 1000:5.0f} ms until {ROOMS} listen, {memory:.0f} MiB")
            before = cpu_seconds([process.pid])
            time.sleep(IDLE_S)
            print(f"idle:         {(cpu_seconds([process.pid]) - before) / IDLE_S * 100:.1f} % of a core")
            ports = [int(found[1]) for line in lines if (found := re.search(r":(\d+)/rest", line))]
            began = time.perf_counter()
            for port in ports[:WOKEN]:
                ask(port)
            each = (time.perf_counter() - began) / WOKEN
            more = (resident_mib(process.pid) - memory) / WOKEN
            print(
                f"first request of a room: {each * 1000:.0f} ms, and {more * 1024:.0f} KiB more for each that was woken"
            )


if __name__ == "__main__":
    main()
