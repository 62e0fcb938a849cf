"""`/rest/system/mode` and `/rest/system/apps`: what the system is at the moment. Seen on devices."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from videobar.contract.model import EpochMs, Shape, said


class Mode(Shape, kw_only=True):
    """What has the room."""

    active_persona: Annotated[str, said("`Poly`, or `camuvc` in device mode.")]
    app: Annotated[str, said("Name of the application that has the room.")]
    app_locked: Annotated[bool, said("Whether it can be exchanged for another: never locked here.")]
    app_persona: Annotated[str, said("Its persona.")]
    eco_mode: Annotated[bool, said("Whether it saves energy.")]
    mode: Annotated[str, said("`APP` or `DEVICE`. Decided here: the words.")]
    poly_call_control: Annotated[bool, said("Whether calls are controlled by this API.")]


class ModeRequest(Shape, kw_only=True):
    """Which application shall have the room."""

    enabledapps: Annotated[
        list[Annotated[str, Meta(max_length=200)]],
        Meta(max_length=20, description="Names; the first one counts, whatever its case."),
    ] = field(name="enabledapps")


class ModeAnswer(Shape, kw_only=True):
    """How it went."""

    error: Annotated[str, said("`noerror` (observed).")] = "noerror"


class InstalledApp(Shape, kw_only=True):
    """An application (recorded from an X30)."""

    app_name: Annotated[str, said("Its name.")]
    app_size: Annotated[int, said("0: not told here.")]
    eco_mode: Annotated[bool, said("Whether it saves energy.")]
    last_updated_on: Annotated[EpochMs, said("When it was installed.")]
    package_name: Annotated[str, said("Its package.")]
    persona_name: Annotated[str, said("What the system is when it has the room.")]
    poly_call_features_enabled: Annotated[bool, said("Whether it makes calls.")]
    version_info: Annotated[str, said("Its version.")]


class AppState(Shape, kw_only=True):
    """Whether an application is in a meeting."""

    app_package_name: Annotated[str, said("Its package.")]
    in_meeting: Annotated[bool, said("Whether it is in a call.")]


class EnvironmentState(Shape, kw_only=True):
    """The application for room control."""

    environment_control_app_active: Annotated[bool, said("Whether it is shown.")]
