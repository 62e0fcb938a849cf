"""The Python in the documentation, as it stands there, against simulated rooms."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from pathlib import Path

import pytest

import videobar
from videobar import Room, local_room
from videobar.conformance.recording import load
from videobar.conformance.replay import Replay

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = ("client.md", "conform.md", "quick-start-testing.md")
BLOCKS = [
    pytest.param(block, id=f"{page}-{number}")
    for page in PAGES
    for number, block in enumerate(BLOCK.findall((ROOT / "docs" / page).read_text()), 1)
]
LINK = re.compile(r"\]\(([^)#:]+)\)")


@pytest.mark.parametrize("block", BLOCKS)
async def test_a_block_runs(block, monkeypatch):
    monkeypatch.chdir(ROOT)
    code = compile(block, "docs", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    async with local_room(engine="simulated") as room, asyncio.timeout(120):
        names = {"room": room}
        result = eval(code, names)
        if inspect.isawaitable(result):
            await result


def test_the_quick_start_with_a_device_runs(monkeypatch):
    """With what a device was recorded to answer in the place of the device."""
    (block,) = BLOCK.findall((ROOT / "docs" / "quick-start-device.md").read_text())
    recording = load(ROOT / "tests" / "recordings" / "group500-in-call.json")
    opened = []

    def open_recorded(host, **options):
        opened.append(host)
        return Room(host, password=options["password"], transport=Replay(recording))

    monkeypatch.setattr(videobar, "Room", open_recorded, raising=False)
    exec(compile(block, "docs", "exec"), {})
    assert opened == ["10.0.0.5"]


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    assert [link for link in LINK.findall(text) if not (page.parent / link).exists()] == []
