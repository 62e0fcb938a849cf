"""`/rest/system/mode` and `/rest/system/apps`: what the system is at the moment. Seen on devices."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from videobar.contract.model import EpochMs, WireModel, doc


class Mode(WireModel, kw_only=True):
    """Mode: the application that has the room."""

    active_persona: Annotated[str, doc("`Poly`, or `camuvc` in device mode.")]
    app: Annotated[str, doc("Name of the application that has the room.")]
    app_locked: Annotated[bool, doc("Whether it can be exchanged for another: never locked here.")]
    app_persona: Annotated[str, doc("Its persona.")]
    eco_mode: Annotated[bool, doc("Whether it saves energy.")]
    mode: Annotated[str, doc("`APP` or `DEVICE`. Decided here: the words.")]
    poly_call_control: Annotated[bool, doc("Whether calls are controlled by this API.")]


class ModeRequest(WireModel, kw_only=True):
    """Application that shall have the room."""

    enabledapps: Annotated[
        list[Annotated[str, Meta(max_length=200)]],
        Meta(max_length=20, description="Names; the first one counts, whatever its case."),
    ] = field(name="enabledapps")


class ModeAnswer(WireModel, kw_only=True):
    """Answer to a change of mode."""

    error: Annotated[str, doc("`noerror` (observed).")] = "noerror"


class InstalledApp(WireModel, kw_only=True):
    """An application (recorded from an X30)."""

    app_name: Annotated[str, doc("Its name.")]
    app_size: Annotated[int, doc("0: unknown here.")]
    eco_mode: Annotated[bool, doc("Whether it saves energy.")]
    last_updated_on: Annotated[EpochMs, doc("Time of installation.")]
    package_name: Annotated[str, doc("Its package.")]
    persona_name: Annotated[str, doc("Role of the system when it has the room.")]
    poly_call_features_enabled: Annotated[bool, doc("Whether it makes calls.")]
    version_info: Annotated[str, doc("Its version.")]


class AppState(WireModel, kw_only=True):
    """State of an application: whether it is in a meeting."""

    app_package_name: Annotated[str, doc("Its package.")]
    in_meeting: Annotated[bool, doc("Whether it is in a call.")]


class EnvironmentState(WireModel, kw_only=True):
    """The application for room control."""

    environment_control_app_active: Annotated[bool, doc("Whether it is shown.")]
