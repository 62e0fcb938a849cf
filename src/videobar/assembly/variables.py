"""Which names `/rest/config` knows: those that clients of devices use, and every setting as `videobar.<name>`."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import Field
from functools import partial
from pathlib import Path
from typing import Any

from videobar.adapters.store.secrets import SecretBox
from videobar.errors import InvalidRequest, StoreUnavailable
from videobar.room.audio.service import Audio
from videobar.room.cameras.service import Cameras
from videobar.room.cameras.sources import Source
from videobar.room.store import Key, Store
from videobar.room.system.configuration import Value, Variable, as_text, as_whole_number, as_yes_or_no
from videobar.room.system.service import System
from videobar.settings import Settings, read_stored, table, value_text

OWN = "videobar."

Examine = Callable[[str, Any], Awaitable[None]]
"""Looks at a setting's value, by its name, before it is kept. Raises `ValueError`."""

OF_SETTINGS = {
    "sec.web.idleSessionTimeout": "idle_minutes",
    "sec.web.port": "port",
    "sec.access.maxSessions": "max_sessions",
    "sec.auth.portLockout.lockoutAttempts": "lockout_attempts",
    "sec.auth.portLockout.lockoutTime": "lockout_minutes",
    "sec.auth.portLockout.failedLoginWindow": "lockout_window_hours",
    "comm.callpreference.autoanswer": "auto_answer",
    "comm.nics.sipnic.sipusername": "sip_user",
}
"""The device's name (its configuration schema, or observed clients) for settings of ours with the same values."""


class StoredSettings:
    """Settings that were set through the API, as texts in the room's store; secrets are sealed."""

    def __init__(self, store: Store, secrets: SecretBox) -> None:
        self._store = store
        self._secrets = secrets

    def get(self, name: str) -> str | None:
        """The text kept for a setting, or `None`."""
        kept = self._store.get(Key.SETTING.format(name=name))
        if not isinstance(kept, str):
            return None
        secret = next(item.metadata["secret"] for item in table() if item.name == name)
        return self._secrets.open(kept) if secret else kept

    async def put(self, item: Field[Any], text: str) -> None:
        """Keep a setting's text. Raises `StoreUnavailable`."""
        try:
            kept = self._secrets.seal(text) if item.metadata["secret"] else text
        except OSError as error:
            raise StoreUnavailable(f"the key for secrets cannot be used: {error.strerror}") from error
        await self._store.put({Key.SETTING.format(name=item.name): kept})


def variables(
    settings: Settings,
    stored: StoredSettings,
    *,
    system: System,
    audio: Audio,
    cameras: Cameras,
    examine: Examine,
) -> Iterator[Variable]:
    """All variables of a room."""
    yield from _of_the_device(system, audio)
    yield Variable(
        "comm.callpreference.sipenable", "whether calls are carried by SIP", lambda: settings.engine == "sip"
    )
    yield from _of_cameras(cameras)
    by_name = {item.name: item for item in table()}
    for item in by_name.values():
        yield _of_setting(OWN + item.name, item, settings, stored, examine)
    for name, setting in OF_SETTINGS.items():
        yield _of_setting(name, by_name[setting], settings, stored, examine)


def _of_the_device(system: System, audio: Audio) -> Iterator[Variable]:
    async def rename(value: Value) -> None:
        await system.set_name(as_text(value))

    async def set_volume(value: Value) -> None:
        await audio.set_volume(as_whole_number(value))

    async def raise_fence(value: Value) -> None:
        await audio.set_fence(enabled=as_yes_or_no(value))

    async def set_fence_radius(value: Value) -> None:
        await audio.set_fence(radius=as_whole_number(value))

    identity = system.identity
    yield Variable("system.info.systemname", "name of the room", lambda: system.name, rename)
    yield Variable("system.info.serialnumber", "serial number", lambda: identity.serial_number)
    yield Variable("system.info.humanreadableversion", "software version", lambda: identity.software_version)
    yield Variable("system.info.model", "model", lambda: str(identity.model))
    yield Variable("system.network.hostname", "name of the host", socket.gethostname)
    yield Variable("system.network.wired.ipv4nic.address", "IPv4 address", lambda: system.lan().ipv4_address)
    yield Variable(
        "system.network.wired.ethernet.macaddress", "hardware address", lambda: system.lan().mac_address
    )
    yield Variable("audio.volume.speakervolume", "speaker volume", lambda: audio.volume, set_volume)
    yield Variable(
        "voice.acousticFence.enable",
        "whether far ends hear only those near the first microphone",
        lambda: audio.fence.enabled,
        raise_fence,
    )
    yield Variable(
        "voice.acousticFence.radius",
        "how near that is: 0 (close) to 10 (wide)",
        lambda: audio.fence.radius,
        set_fence_radius,
    )
    yield Variable("comm.nics.h323nic.h323name", "H.323 name: there is no H.323", lambda: "")
    yield Variable("comm.nics.h323nic.h323extension", "H.323 extension: there is no H.323", lambda: "")


def _of_cameras(cameras: Cameras) -> Iterator[Variable]:
    """The sources as a device's source manager numbers them (observed); texts are empty for what is not connected."""
    for source in cameras.sources():
        prefix = f"sourceman.camera{source.index}."
        yield Variable(prefix + "name", "name of a source", partial(getattr, source, "name"))
        yield Variable(prefix + "role", "what a source is for", partial(getattr, source, "kind"))
        yield Variable(prefix + "model", "model of a source", partial(_model_of, source))
        yield Variable(prefix + "signaltype", "how a source is connected", partial(_signal_of, source))


def _model_of(source: Source) -> str:
    return source.facts.model


def _signal_of(source: Source) -> str:
    return "DIGITAL" if source.connected else ""


def _of_setting(
    name: str, item: Field[Any], settings: Settings, stored: StoredSettings, examine: Examine
) -> Variable:
    """A setting under a name; one that flag, environment or file have fixed cannot be changed here."""
    editable = item.metadata["editable"] and item.name not in settings.given
    return Variable(
        name,
        item.metadata["help"],
        lambda: value_text(item.name, getattr(settings, item.name)),
        _writer(item, stored, settings.data, examine) if editable else None,
        at_restart=True,
        secure=item.metadata["secret"],
    )


def _writer(
    item: Field[Any], stored: StoredSettings, data: Path, examine: Examine
) -> Callable[[Value], Awaitable[None]]:
    async def write(value: Value) -> None:
        text = as_text(value)
        try:
            await examine(item.name, read_stored(item, text, data))
        except ValueError as error:
            raise InvalidRequest(f"{item.name}: {error}") from None
        await stored.put(item, text)

    return write
