"""The schema of the room's file, as the steps that lead to it.

Migration n takes the schema from version n to n + 1. One that was released is never edited; new ones go to the end.
"""

from __future__ import annotations

from collections.abc import Sequence

STATE = "CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
"""Small values by key; see `sqlite.SqliteStore`."""

CAMERA_PRESETS = """
    CREATE TABLE camera_preset (
        number INTEGER PRIMARY KEY CHECK (number BETWEEN 0 AND 9),
        source INTEGER NOT NULL,
        pan INTEGER NOT NULL, tilt INTEGER NOT NULL, zoom INTEGER NOT NULL, focus INTEGER NOT NULL,
        image BLOB
    )
"""
"""Camera presets: positions, each with a JPEG thumbnail; see `presets.SqlitePresets`."""

DIRECTORY = """
CREATE TABLE directory_entry (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    tier INTEGER NOT NULL,
    display_name TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    full_name TEXT NOT NULL,
    email TEXT NOT NULL,
    home_phone TEXT NOT NULL,
    work_phone TEXT NOT NULL,
    mobile_phone TEXT NOT NULL,
    image_location TEXT NOT NULL,
    devices TEXT NOT NULL,
    words TEXT NOT NULL,
    by_display TEXT NOT NULL,
    by_first TEXT NOT NULL,
    by_last TEXT NOT NULL
);
CREATE INDEX directory_by_display ON directory_entry (tier, by_display);
CREATE INDEX directory_by_first ON directory_entry (tier, by_first);
CREATE INDEX directory_by_last ON directory_entry (tier, by_last);
CREATE VIRTUAL TABLE directory_words USING fts5 (words, content='', tokenize='trigram case_sensitive 1');
CREATE VIRTUAL TABLE directory_starts USING fts5 (
    starts, content='', detail='none', tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* Co'"
);
CREATE TABLE directory_member (
    parent INTEGER NOT NULL REFERENCES directory_entry ON DELETE CASCADE,
    member INTEGER NOT NULL REFERENCES directory_entry ON DELETE CASCADE,
    PRIMARY KEY (parent, member)
) WITHOUT ROWID;
CREATE INDEX directory_member_of ON directory_member (member);
CREATE TABLE directory_favorite (
    server TEXT NOT NULL,
    entry TEXT NOT NULL,
    position REAL NOT NULL,
    kept TEXT NOT NULL,
    PRIMARY KEY (server, entry)
) WITHOUT ROWID;
CREATE INDEX directory_favorite_order ON directory_favorite (position)
"""
"""Directory entries with what they are found and sorted by, groups and favourites; see `adapters.directory`."""

CALL_LOG = """
CREATE TABLE call_log (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    address TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    outgoing INTEGER NOT NULL,
    connected INTEGER NOT NULL,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER,
    duration_s INTEGER NOT NULL,
    rate_kbps INTEGER NOT NULL,
    transport TEXT NOT NULL,
    cause INTEGER NOT NULL
)
"""
"""Calls; `end_ms` is null while one lasts, and after the room died in it until the next start. See `call_log`."""

CALENDAR = """
CREATE TABLE calendar (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    source TEXT NOT NULL,
    token TEXT NOT NULL,
    start_s INTEGER NOT NULL,
    end_s INTEGER NOT NULL,
    synced_s INTEGER NOT NULL
);
CREATE TABLE calendar_item (name TEXT PRIMARY KEY, version TEXT NOT NULL, meetings BLOB NOT NULL) WITHOUT ROWID
"""
"""The last good calendar data; see `calendar.cache`."""

AUDIT = """
CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    user TEXT NOT NULL,
    address TEXT NOT NULL,
    session TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    status INTEGER NOT NULL,
    reason TEXT NOT NULL
)
"""
"""Audit log: each change, with user and address; see `audit`."""

AUDITED_NAMES = "ALTER TABLE audit ADD COLUMN names TEXT NOT NULL DEFAULT '[]'"

MIGRATIONS: Sequence[str] = (STATE, CAMERA_PRESETS, DIRECTORY, CALL_LOG, CALENDAR, AUDIT, AUDITED_NAMES)
