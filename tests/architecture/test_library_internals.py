"""What other libraries do not promise and we rely on is still there; docs/decisions/0032-versions.md lists it."""

from __future__ import annotations

import inspect
import re
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from videobar.server import listener

OVERRIDDEN = (
    "connection_made",
    "data_received",
    "on_message_begin",
    "on_url",
    "on_header",
    "on_headers_complete",
    "on_body",
)


async def no_application(scope, receive, send):
    """An ASGI application that is never asked."""


@pytest.mark.parametrize("name", OVERRIDDEN)
def test_uvicorn_calls_what_we_override(name):
    ours = inspect.signature(getattr(listener.BoundedHttp, name)).parameters
    theirs = inspect.signature(getattr(HttpToolsProtocol, name)).parameters
    assert list(ours) == list(theirs)


async def test_uvicorns_protocol_has_the_attributes_that_we_use():
    used = set(re.findall(r"\bself\.(\w+)", inspect.getsource(listener.BoundedHttp)))
    own = {name for name in vars(listener.BoundedHttp) if not name.startswith("__")}
    config = Config(no_application, interface="asgi3", log_config=None, ws="none", lifespan="off")
    config.load()
    protocol = HttpToolsProtocol(config, ServerState(), {})
    there = set(dir(protocol)) | {"scope", "headers"}  # made when a request begins
    assert used - own - there == set()
    assert "self.scope" in inspect.getsource(HttpToolsProtocol)
    assert "self.headers" in inspect.getsource(HttpToolsProtocol)
    assert {"connections", "tasks"} <= set(vars(ServerState()))
    assert hasattr(HttpToolsProtocol, "shutdown")


def test_what_we_rely_on_has_an_upper_bound():
    bounds = {
        requirement.name: {each.operator for each in requirement.specifier}
        for requirement in map(Requirement, requires("videobar") or ())
    }
    assert "<" in bounds["uvicorn"]
