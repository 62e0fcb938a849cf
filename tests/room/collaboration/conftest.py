from __future__ import annotations

import pytest

from videobar.adapters.collaboration.saved_content import FileShelves
from videobar.errors import NoSuchContentSource
from videobar.room.collaboration.service import Collaboration, SaveLimits
from videobar.room.content import Content, ContentItem
from videobar.vocabulary import ContentSourceKind


class Library:
    """Two files."""

    files = {
        "plan.pdf": ContentItem("plan.pdf", ContentSourceKind.DOCUMENT, "pdf:/files/plan.pdf", pages=True),
        "roof.png": ContentItem("roof.png", ContentSourceKind.PICTURE, "picture:/files/roof.png"),
    }

    def sources(self):
        return tuple(self.files.values())

    def find(self, name):
        if name not in self.files:
            raise NoSuchContentSource(f"source: {name!r}")
        return self.files[name]


@pytest.fixture
def content(engine, clock):
    return Content(path=engine, library=Library(), clock=clock)


@pytest.fixture
async def collaboration(engine, clock, content, tmp_path):
    made = Collaboration(
        clock=clock,
        content=content,
        pictures=engine,
        shelves=FileShelves(tmp_path / "saved"),
        limits=SaveLimits(pictures=3, bytes=1000),
        new_pin=lambda: "2468",
    )
    yield made
    await made.close()
