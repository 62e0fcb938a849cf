"""Delivery of commands to an engine that does not run: marks for the methods of the ports.

A command without a mark starts the engine, and waits until it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ParamSpec

P = ParamSpec("P")


@dataclass(frozen=True)
class Delivery:
    """Delivery of a command to an engine that does not run."""

    kept: bool = False
    """True for a command that sets a state: an engine that starts later is sent the last such command."""
    starts: bool = True
    """True for a command that starts the engine."""


def kept(command: Callable[P, None]) -> Callable[P, None]:
    """Mark a command that sets a state, which each engine is sent when it starts."""
    return _mark(command, replace(delivery_of(command), kept=True))


def if_running(command: Callable[P, None]) -> Callable[P, None]:
    """Mark a command that does not start the engine."""
    return _mark(command, replace(delivery_of(command), starts=False))


def delivery_of(command: Callable[..., object]) -> Delivery:
    """The delivery that the marks of a method ask for."""
    delivery: Delivery = vars(command).get("delivery", Delivery())
    return delivery


def _mark(command: Callable[P, None], delivery: Delivery) -> Callable[P, None]:
    vars(command)["delivery"] = delivery
    return command
