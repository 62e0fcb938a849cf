"""Content and the collaboration session that saves it."""

from __future__ import annotations

from videobar.adapters.collaboration.saved_content import FileShelves
from videobar.adapters.host.content_files import ContentDirectory
from videobar.assembly.site import Site
from videobar.room.collaboration.service import Collaboration, SaveLimits
from videobar.room.content import Content


def open_content(site: Site) -> Content:
    """Content that the room can share."""
    settings = site.settings
    library = ContentDirectory(settings.content or settings.data / "content")
    return Content(path=site.engine, library=library, clock=site.clock)


def open_collaboration(site: Site, content: Content) -> Collaboration:
    """The collaboration session."""
    collaboration = Collaboration(
        clock=site.clock,
        content=content,
        pictures=site.engine,
        shelves=FileShelves(site.settings.data / "collaboration"),
        limits=SaveLimits(bytes=site.settings.save_megabytes * 1_000_000),
    )
    site.undo.push_async_callback(collaboration.close)
    return collaboration
