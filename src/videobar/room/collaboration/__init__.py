"""The collaboration session: content that is saved while it is shown, behind a PIN."""
