"""`python -m videobar.settings > docs/settings.md`."""

from videobar.settings.page import page

print(page(), end="")
