"""What an account can lack."""

from __future__ import annotations


class AccountIncomplete(ValueError):
    """Something is missing; the text begins with the setting's name."""
