"""What a room, the command line or a child process loads at its start, by the source: no heavy module on the way.

Only imports at the top of a file count; those in functions happen when they are needed.
"""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
MEDIA = frozenset({"av", "numpy", "cv2", "sounddevice", "webrtc_noise_gain", "pypdfium2"})
CALENDAR = frozenset({"exchangelib", "icalendar", "recurring_ical_events", "lxml"})
STARTS = {
    "videobar": MEDIA | CALENDAR | {"aiohttp", "uvicorn", "cryptography", "argon2"},
    "videobar.cli.main": MEDIA | CALENDAR | {"aiohttp", "uvicorn", "cryptography", "argon2"},
    "videobar.client.aio": MEDIA | CALENDAR | {"uvicorn", "argon2"},
    "videobar.daemon": MEDIA | CALENDAR | {"aiohttp", "dns", "prometheus_client"},
    "videobar.app": MEDIA | CALENDAR | {"aiohttp", "dns", "prometheus_client"},
    "videobar.multi_room": MEDIA | CALENDAR | {"aiohttp", "dns", "prometheus_client"},
    "videobar.engine.process.host": {"cv2", "aiohttp", "uvicorn", "argon2", "pypdfium2"} | CALENDAR,
}


def file_of(module):
    path = SOURCE.joinpath(*module.split("."))
    return next((each for each in (path / "__init__.py", path.with_suffix(".py")) if each.exists()), None)


def is_for_types_only(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def imports_at_once(statements):
    for node in statements:
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif is_for_types_only(node):
            yield from imports_at_once(node.orelse)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for part in ("body", "orelse", "finalbody"):
                yield from imports_at_once(getattr(node, part, ()))
            for handler in getattr(node, "handlers", ()):
                yield from imports_at_once(handler.body)


def ways_to(heavy, start):
    """Each heavy module that is loaded with `start`, and by which files."""
    ways, seen = {}, set()
    waiting = [(start, (start,))]
    while waiting:
        module, way = waiting.pop(0)
        if module in seen or file_of(module) is None:
            continue
        seen.add(module)
        parent = module.rpartition(".")[0]
        if parent:
            waiting.append((parent, (*way, parent)))
        for name in imports_at_once(ast.parse(file_of(module).read_text()).body):
            if name.partition(".")[0] in heavy:
                ways.setdefault(name.partition(".")[0], " -> ".join(way))
            waiting.append((name, (*way, name)))
    assert len(seen) > 1 or start == "videobar", "nothing was read"
    return ways


@pytest.mark.parametrize("start", STARTS)
def test_nothing_heavy_is_loaded_at_the_start(start):
    assert ways_to(STARTS[start], start) == {}


def test_a_heavy_module_is_found():
    assert "av" in ways_to({"av"}, "videobar.media.video.sources.stream")
