"""What a room loads to start."""

import subprocess
import sys

PROGRAM = """
import asyncio, sys
from pathlib import Path
from videobar import settings
from videobar import daemon
from videobar.app import App

async def main():
    texts = {"port": "0", "sip_port": "0", "data": sys.argv[1], "admin_password": "correct horse"}
    app = App(settings.load(texts, {}))
    await app.start()
    daemon.settle()
    await app.stop()

asyncio.run(main())
print([name for name in ("aiohttp", "av", "cv2", "exchangelib", "icalendar", "lxml", "numpy") if name in sys.modules])
"""


def test_a_room_starts_without_what_it_may_never_need(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
