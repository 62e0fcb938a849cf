"""Where directory entries are kept: in the room's file, and on LDAP servers."""
