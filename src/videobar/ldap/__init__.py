"""An LDAP client (RFC 4511) that only asks: bind, search in pages, StartTLS. It knows no rooms."""
