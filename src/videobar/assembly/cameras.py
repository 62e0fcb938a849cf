"""The cameras of the room, and VISCA for joysticks."""

from __future__ import annotations

from videobar.adapters.cameras.context import CameraContext
from videobar.adapters.cameras.factory import mount
from videobar.adapters.cameras.visca_server import ViscaServer, bind_visca
from videobar.adapters.store.presets import SqlitePresets
from videobar.assembly.site import Site
from videobar.errors import StartError
from videobar.room.cameras.service import Cameras
from videobar.room.cameras.sources import arrange


def open_cameras(site: Site) -> Cameras:
    """The cameras of the settings, looked after from now on."""
    cameras = Cameras(
        sources=arrange(
            mount(site.settings.cameras, CameraContext(site.clock, site.egress, site.engine.finds_people))
        ),
        presets=SqlitePresets(site.database),
        pictures=site.engine,
        people=site.engine,
        clock=site.clock,
        store=site.store,
    )
    cameras.start()
    site.undo.push_async_callback(cameras.close)
    return cameras


async def serve_visca(site: Site, cameras: Cameras) -> int:
    """Serve VISCA to joysticks, if that is wanted; returns the port, or 0. Raises `StartError`."""
    settings = site.settings
    if settings.visca_port is None:
        return 0
    try:
        datagrams, streams = bind_visca(settings.host, settings.visca_port)
    except OSError as error:
        raise StartError(
            "visca_port",
            f"cannot use VISCA port {settings.visca_port} on {settings.host}: {error.strerror}; "
            f"choose another with --visca-port (0 takes a free one)",
        ) from None
    port: int = streams.getsockname()[1]
    server = ViscaServer(cameras, datagrams, streams)
    await server.start()
    site.undo.push_async_callback(server.stop)
    return port
