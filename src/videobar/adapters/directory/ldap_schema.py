"""LDAP schemas: the attributes of which an entry is made."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from videobar.errors import InvalidRequest
from videobar.ldap import filters
from videobar.ldap.filters import Filter, all_of, any_of, begins, equals, has
from videobar.ldap.messages import Found
from videobar.room.directory.entry import (
    LONGEST_ADDRESS,
    LONGEST_TEXT,
    MOST_DEVICES,
    UNWRITABLE,
    EntryDevice,
    EntryFields,
    checked,
)
from videobar.room.directory.search import DirectorySearch
from videobar.room.directory.text import SHORT
from videobar.vocabulary import DialType, EntryScope, EntryType

SIP = re.compile(r"sips?:", re.IGNORECASE)


@dataclass(frozen=True)
class Schema:
    """One schema. `addresses` are the attributes with SIP addresses or numbers to dial, the best first."""

    kind: str
    """Kind of directory server, as the vendor names it."""
    people: Filter
    groups: Filter
    identity: str
    """The attribute that never changes."""
    identity_is_binary: bool
    addresses: tuple[str, ...]
    members: tuple[str, ...]
    work_phone: str = "telephoneNumber"
    home_phone: str = "homePhone"
    mobile_phone: str = "mobile"
    group_classes: tuple[str, ...] = ("groupofnames", "groupofuniquenames", "group")

    @property
    def attributes(self) -> tuple[str, ...]:
        """All that is asked for."""
        names = ("objectClass", "cn", "displayName", "givenName", "sn", "mail")
        phones = (self.work_phone, self.home_phone, self.mobile_phone)
        return (*names, self.identity, *phones, *self.addresses, *self.members)

    @property
    def anybody(self) -> Filter:
        """People, rooms and groups."""
        return any_of(self.people, self.groups)

    def has_id(self, identity: uuid.UUID) -> Filter:
        """The entry with this id; Active Directory keeps the first three fields of it turned round."""
        return equals(self.identity, identity.bytes_le if self.identity_is_binary else str(identity))

    def id_of(self, found: Found) -> str:
        """The id of an entry; empty where the server shows none."""
        values = found.attributes.get(self.identity.lower())
        if not values:
            return ""
        try:
            if self.identity_is_binary:
                return str(uuid.UUID(bytes_le=values[0]))
            return str(uuid.UUID(values[0].decode()))
        except ValueError:
            return ""

    def type_of(self, found: Found) -> EntryType:
        """Type of an entry: group or single."""
        classes = {name.lower() for name in found.texts("objectClass")}
        return EntryType.GROUP if classes & set(self.group_classes) else EntryType.SINGLE

    def content_of(self, found: Found) -> EntryFields | None:
        """Content of an entry; `None` for one without a name."""
        first, last = _short(found.text("givenName")), _short(found.text("sn"))
        common = _short(found.text("cn"))
        phones = {
            name: _short(found.text(getattr(self, name)))
            for name in ("work_phone", "home_phone", "mobile_phone")
        }
        try:
            return checked(
                EntryFields(
                    type=self.type_of(found),
                    display_name=_short(found.text("displayName")) or common,
                    first_name=first,
                    last_name=last,
                    full_name=common,
                    email=_short(found.text("mail")),
                    devices=tuple(self._devices(found, phones["work_phone"])),
                    **phones,
                )
            )
        except InvalidRequest:
            return None

    def filter_for(self, question: DirectorySearch) -> Filter:
        """LDAP filter for a search, as far as a server can decide it."""
        match question.entries:
            case EntryScope.SINGLE:
                who = self.people
            case EntryScope.GROUP:
                who = self.groups
            case _:
                who = self.anybody
        return all_of(who, *map(self._with_word, question.typed))

    def _with_word(self, word: str) -> Filter:
        names = ("cn", "displayName", "givenName", "sn", "mail", self.work_phone, self.mobile_phone)
        everywhere = (*names, *self.addresses)
        if len(word) < SHORT:
            spaced = [has("cn", f" {word}"), has("displayName", f" {word}")]
            return any_of(*(begins(attribute, word) for attribute in everywhere), *spaced)
        return any_of(*(has(attribute, word) for attribute in everywhere))

    def _devices(self, found: Found, phone: str) -> list[EntryDevice]:
        """Addresses, then the telephone; each once."""
        dialled: dict[str, DialType] = {}
        for attribute in self.addresses:
            for value in found.texts(attribute):
                address = value.strip().split(" ")[0]
                if attribute.lower() == "labeleduri" and not SIP.match(address):
                    continue
                if address and len(address) <= LONGEST_ADDRESS and not UNWRITABLE.search(address):
                    dialled.setdefault(address, DialType.SIP)
        if phone:
            dialled.setdefault(phone, DialType.VOICE)
        return [
            EntryDevice(str(number), address, kind, 0, "AUDIO" if kind is DialType.VOICE else "VIDEO")
            for number, (address, kind) in enumerate(list(dialled.items())[:MOST_DEVICES], 1)
        ]


def _short(text: str) -> str:
    return UNWRITABLE.sub("", text)[:LONGEST_TEXT].strip()


def _class(*names: str) -> Filter:
    return any_of(*(equals("objectClass", name) for name in names))


SCHEMAS = {
    "openldap": Schema(
        kind="LDAP",
        people=_class("person", "room", "SIPIdentity"),
        groups=_class("groupOfNames", "groupOfUniqueNames"),
        identity="entryUUID",
        identity_is_binary=False,
        addresses=("SIPIdentitySIPURI", "labeledURI"),
        members=("member", "uniqueMember"),
    ),
    "ad": Schema(
        kind="Microsoft",
        people=all_of(equals("objectCategory", "person"), filters.present("cn")),
        groups=equals("objectCategory", "group"),
        identity="objectGUID",
        identity_is_binary=True,
        addresses=("msRTCSIP-PrimaryUserAddress", "ipPhone"),
        members=("member",),
    ),
}
"""Schemas by their names in settings: `inetOrgPerson` with H.350 (RFC 3944), and Active Directory."""
