"""The client management entity (H.224 clause 9): which clients a side has, and what each can do beyond its standard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from videobar.h224.frame import EXTENDED_CLIENT, NON_STANDARD_CLIENT, MalformedFrame

_CLIENT_LIST: Final = 0x01
_EXTRA_CAPABILITIES: Final = 0x02
_MESSAGE: Final = 0x00
_COMMAND: Final = 0xFF


@dataclass(frozen=True, slots=True)
class ListedClient:
    """A client of the other side; `id` as in a frame, `has_extra` whether it has extra capabilities."""

    id: bytes
    has_extra: bool


@dataclass(frozen=True, slots=True)
class ClientList:
    """The clients that the sender has."""

    clients: tuple[ListedClient, ...]

    def pack(self) -> bytes:
        """As client data."""
        out = bytes((_CLIENT_LIST, _MESSAGE, len(self.clients)))
        for client in self.clients:
            out += bytes((client.has_extra << 7 | client.id[0],)) + client.id[1:]
        return out


@dataclass(frozen=True, slots=True)
class AskClientList:
    """The sender wants the list."""

    def pack(self) -> bytes:
        """As client data."""
        return bytes((_CLIENT_LIST, _COMMAND))


@dataclass(frozen=True, slots=True)
class ExtraCapabilities:
    """Extra capabilities of a client; `octets` are in the words of that client's standard."""

    client: bytes
    octets: bytes

    def pack(self) -> bytes:
        """As client data."""
        head = bytes((_EXTRA_CAPABILITIES, _MESSAGE, 0x80 | self.client[0]))
        return head + self.client[1:] + self.octets


@dataclass(frozen=True, slots=True)
class AskExtraCapabilities:
    """The sender wants to know what a client can do."""

    client: bytes

    def pack(self) -> bytes:
        """As client data."""
        return bytes((_EXTRA_CAPABILITIES, _COMMAND, 0x80 | self.client[0])) + self.client[1:]


Management = ClientList | AskClientList | ExtraCapabilities | AskExtraCapabilities


def parse(data: bytes) -> Management:
    """Parse client data of the management entity. Raises `MalformedFrame`."""
    if len(data) < 2 or data[1] not in (_MESSAGE, _COMMAND):
        raise MalformedFrame("neither message nor command")
    code, is_command, rest = data[0], data[1] == _COMMAND, data[2:]
    if code == _CLIENT_LIST:
        return AskClientList() if is_command else _client_list(rest)
    if code == _EXTRA_CAPABILITIES:
        client, octets = _client(rest)
        return AskExtraCapabilities(client.id) if is_command else ExtraCapabilities(client.id, octets)
    raise MalformedFrame(f"management code {code:#04x}")


def _client_list(rest: bytes) -> ClientList:
    if not rest:
        raise MalformedFrame("a client list without a count")
    clients = []
    count, rest = rest[0], rest[1:]
    for _ in range(count):
        client, rest = _client(rest)
        clients.append(client)
    return ClientList(tuple(clients))


def _client(rest: bytes) -> tuple[ListedClient, bytes]:
    if not rest:
        raise MalformedFrame("a client is cut off")
    octet = rest[0] & 0x7F
    length = {EXTENDED_CLIENT: 2, NON_STANDARD_CLIENT: 6}.get(octet, 1)
    if len(rest) < length:
        raise MalformedFrame("a client is cut off")
    return ListedClient(bytes((octet,)) + rest[1:length], bool(rest[0] & 0x80)), rest[length:]
