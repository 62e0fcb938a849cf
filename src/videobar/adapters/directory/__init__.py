"""Stores of directory entries: the room's database, and LDAP servers."""
