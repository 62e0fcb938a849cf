"""A network camera for tests: GStreamer's RTSP server, run by the system's Python with the port and its streams.

Each further argument is `PATH=PIPELINE`, or `PATH!=PIPELINE` for a camera that sends over UDP only.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 - versions must be named before

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(sys.argv[1])
for argument in sys.argv[2:]:
    path, _, pipeline = argument.partition("=")
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( {pipeline} )")
    factory.set_shared(True)
    if path.endswith("!"):
        factory.set_protocols(GstRtsp.RTSPLowerTrans.UDP)
    server.get_mount_points().add_factory("/" + path.rstrip("!"), factory)
server.attach(None)
print("ready", flush=True)
GLib.MainLoop().run()
