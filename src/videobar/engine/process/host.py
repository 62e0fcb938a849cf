"""The media process: `python -m videobar.engine.process.host CONTROL UDP=N TCP=N …`; numbers are inherited descriptors.

It ends on request, or when the room's process is gone, for whatever reason.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from pathlib import Path

from videobar import logs
from videobar.engine.endpoint import Endpoint
from videobar.engine.process import protocol
from videobar.engine.process.interface import ENGINE
from videobar.engine.process.protocol import Ready, Report, Stop
from videobar.engine.process.rpc import Server
from videobar.engine.signalling.sip_sockets import SipSockets

log = logging.getLogger("videobar.engine")

SWITCH_INTERVAL_S = 0.0005
"""Time for which a thread may keep the interpreter from the audio clock (measured: halves its lateness)."""


async def run(control: int, sockets: SipSockets) -> None:
    """Serve one room until asked to stop."""
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=control))

    def report(message: Report) -> None:
        if not writer.is_closing():
            writer.write(protocol.frame(message))

    configuration = await protocol.read(reader, protocol.configurations)
    if configuration is None:
        return
    file = Path(configuration.log_file) if configuration.log_file else None
    logs.begin(configuration.log_level, configuration.log_style, file)
    endpoint = await Endpoint.open(configuration, sockets=sockets, report=report)
    server = Server(ENGINE, endpoint, report)
    report(Ready())
    while (message := await protocol.read(reader, protocol.messages)) is not None:
        if isinstance(message, Stop):
            break
        server.handle(message)
    server.close()
    await endpoint.close()
    writer.close()


def main() -> None:
    """Run with the descriptors of the command line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    asyncio.run(run(int(sys.argv[1]), SipSockets.inherited(sys.argv[2:])))
    logs.flush()
    os._exit(0)  # the native threads of codecs must not delay the end


if __name__ == "__main__":
    main()
