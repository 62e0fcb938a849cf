"""Every error a room can answer with.

    VideobarError
    ├── InvalidRequest            what was asked makes no sense; names the field
    │   ├── AddressInvalid · CalendarLoginRefused
    │   ├── DialTypeNotSupported
    │   ├── HostNotFound · AddressForbidden
    │   ├── GroupCycle · ImportRefused
    │   └── SessionRequestInvalid
    ├── Refused                   understood, but not allowed to this caller or now
    │   ├── AccessDenied · XsrfTokenMissing · PinInvalid · BlockedByMode
    │   ├── NotPermitted · PasswordWrong · ForeignOrigin
    │   └── SessionInvalidUserNamePassword · SessionMaxActiveSessionsReached
    ├── WrongState                makes sense, but not in the state the room is in
    │   ├── NotInCall · NotAnswerable · LineBusy · MuteLocked · NotSimulated · FaultsNotAllowed
    │   ├── CameraNotConnected · CameraCannot · MeetingNotDialable
    │   ├── CollaborationNotActive · SavedContentFull · AccountExists · CertificateShared
    │   ├── NotAGroup · NotAFavorite · NothingToDial · ReadOnlyEntry
    │   ├── SessionAlreadyActive · SessionNoActiveSession · SessionPortLockout
    │   └── CallEnded             raised by a client that waits for a call to be answered
    ├── NotThere                  names something that does not exist
    │   ├── NoSuchConference · NoSuchConnection · NoSuchTerminal · NoSuchResource · MethodNotAllowed
    │   ├── NoSuchSource · NoSuchPreset · NoSuchContentSource · NothingSaved
    │   ├── NoSuchLogEntry · NoSuchMeeting · NoCalendarFound · NoSuchAccount · NoSuchSession
    │   └── NoSuchEntry · NoSuchDevice · NoSuchQuery · NoSuchDirectoryServer · NoDefaultGroup
    ├── RequestTooLarge
    ├── NotBuiltYet               an action of the contract that the version of a room cannot do
    ├── Unavailable               the part that would do it is down at the moment
    │   └── EngineUnavailable · StoreUnavailable · NotHealthy · DirectoryUnavailable · TooManyLogins
    └── NotReached                a client got no answer that it could use; no room raises these
        ├── Unreachable · TimedOut · ClientClosed · AnswerNotUnderstood
        └── CertificateUntrusted · CertificateChanged

The class name is the wire code: the room raises the class, the server writes `reason` from it, and a client
can raise the same class again from that `reason`. Each class says with which HTTP status it is sent; where a client
does not know a `reason`, `BY_STATUS` says which branch of the tree its status means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import ClassVar


class VideobarError(Exception):
    """Root of all errors here. `detail` is for people, and empty where the code says it all.

    `heard` is the whole `reason` as a far room said it, for a client that raises the error again.
    """

    code: ClassVar[str] = "VideobarError"
    """The token that names the condition on the wire: the name of the class, where it sets no other."""
    status: ClassVar[int] = 503
    """HTTP status of the answer. To clients of devices 403 means that they are not logged in (any more)."""
    also: ClassVar[tuple[int, ...]] = ()
    """Further statuses that mean this class to a client, where the `reason` is not known."""
    code_alone: ClassVar[bool] = False
    """True if `reason` is the code without the detail (observed of the codes about sessions)."""
    html: ClassVar[str] = ""
    """Text of the HTML page that is sent in place of an error object, if any."""

    def __init_subclass__(cls) -> None:
        cls.code = vars(cls).get("code", cls.__name__)

    def __init__(self, detail: str = "", *, heard: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.heard = heard

    @property
    def extra(self) -> Mapping[str, object]:
        """Further fields of the error object."""
        return {}

    @property
    def headers(self) -> Mapping[str, str]:
        """Further HTTP headers of the answer, with names in lower case."""
        return {}

    @property
    def reason(self) -> str:
        """The `reason` of the error object: what a far room said, else the code and the detail, if any."""
        if self.heard is not None:
            return self.heard
        return f"{self.code}: {self.detail}" if self.detail else self.code

    def __str__(self) -> str:
        return self.reason


class InvalidRequest(VideobarError):
    """A field is missing, of the wrong type or out of range; the detail begins with the field's name."""

    status = 400
    also = (422,)


class AddressInvalid(InvalidRequest):
    """The address to dial cannot be understood or reached by this room."""


class CalendarLoginRefused(InvalidRequest):
    """A calendar server was found, but does not accept the credentials."""


class DialTypeNotSupported(InvalidRequest):
    """The dial type is documented, but this room has no way to dial so."""


class HostNotFound(InvalidRequest):
    """The host that is named has no address."""


class AddressForbidden(InvalidRequest):
    """The host that is named is where this room may not go, by its operator's settings."""


class GroupCycle(InvalidRequest):
    """A group would become a member of itself, directly or through others."""


class ImportRefused(InvalidRequest):
    """A file of directory entries has something wrong in it; the detail names the line. Nothing was imported."""


class SessionRequestInvalid(InvalidRequest):
    """A login without user or password, or with a malformed body (observed token)."""

    code_alone = True


class Refused(VideobarError):
    """The caller may not do that."""

    status = 403


class AccessDenied(Refused):
    """There is no session, or it has ended."""

    also = (401,)
    html = "There is no session, or it has ended."


class XsrfTokenMissing(Refused):
    """A write came with a session cookie, but not with that session's XSRF token."""


class PinInvalid(Refused):
    """The PIN is not that of the collaboration session, or too many wrong ones came before it."""

    status = 400


class BlockedByMode(Refused):
    """The system is in a mode in which that cannot be controlled (observed: 403 in device and provider modes)."""


class NotPermitted(Refused):
    """The caller is logged in, but its role does not allow that."""


class ForeignOrigin(Refused):
    """A browser sent a change on behalf of a page that is not the room's own."""


class PasswordWrong(Refused):
    """The old password that came with a new one is not the password."""

    status = 400


class SessionInvalidUserNamePassword(Refused):
    """Wrong user or password (observed token)."""

    code_alone = True


class SessionMaxActiveSessionsReached(Refused):
    """All sessions that the room allows are in use (observed token)."""

    code_alone = True


class WrongState(VideobarError):
    """The room is in a state where that cannot be done."""

    status = 400
    also = (409, 412)


class NotInCall(WrongState):
    """There is no connected call."""


class NotAnswerable(WrongState):
    """The connection is not an incoming call that waits for an answer."""


class LineBusy(WrongState):
    """The room already has as many connections as it can carry."""


class MuteLocked(WrongState):
    """The microphones' mute state is locked by an administrator."""


class CameraNotConnected(WrongState):
    """The source is known, but there is no camera at it now."""


class CameraCannot(WrongState):
    """The camera has no such motor or ability."""


class NotSimulated(WrongState):
    """Something was to be staged, but the far ends of this room are real."""


class FaultsNotAllowed(WrongState):
    """A fault was to be staged, but this room is not for that."""


class NotAGroup(WrongState):
    """The directory entry is no group, so it has no members."""


class NotAFavorite(WrongState):
    """The directory entry is no favourite, so it has no place among them."""


class NothingToDial(WrongState):
    """The directory entry has no device that could be dialled."""


class ReadOnlyEntry(WrongState):
    """The directory entry is kept elsewhere and cannot be changed here."""


class CollaborationNotActive(WrongState):
    """There is no collaboration session."""


class SavedContentFull(WrongState):
    """The collaboration session has saved as much content as it may."""


class MeetingNotDialable(WrongState):
    """The meeting was cancelled, or its invitation holds no address that this room can dial."""


class SessionAlreadyActive(WrongState):
    """A login came with the cookie of a session that is still alive (observed token)."""

    code_alone = True


class SessionNoActiveSession(WrongState):
    """A log-out or session query came without a live session (observed token)."""

    code_alone = True


class SessionPortLockout(WrongState):
    """Too many failed logins; try again later (observed token)."""

    code_alone = True


class CallEnded(WrongState):
    """A call ended while a client waited for it to be connected; `cause` is its ITU-T Q.850 number, or 0."""

    def __init__(self, detail: str = "", *, heard: str | None = None, cause: int = 0) -> None:
        super().__init__(detail, heard=heard)
        self.cause = cause


class CertificateShared(WrongState):
    """The room shows a certificate that is not its own, or none; it cannot be changed here."""


class AccountExists(WrongState):
    """There is an account of that name already."""


class NotThere(VideobarError):
    """The thing named does not exist (any more)."""

    status = 404
    also = (410,)


class NoSuchAccount(NotThere):
    """No account has this name."""


class NoSuchSession(NotThere):
    """No session has this handle."""


class NoSuchConference(NotThere):
    """No conference has this id."""


class NoSuchConnection(NotThere):
    """No connection has this id."""


class NoSuchTerminal(NotThere):
    """No terminal has this id."""


class NoSuchLogEntry(NotThere):
    """No call in the log has this number."""


class NoSuchSource(NotThere):
    """No source of pictures has this index, or none is in use."""


class NoSuchPreset(NotThere):
    """Nothing is stored in this preset."""


class NoSuchEntry(NotThere):
    """No directory entry has this id."""


class NoSuchDevice(NotThere):
    """The directory entry has no device with this id."""


class NoSuchQuery(NotThere):
    """No directory query has this id; it was deleted, was not used for too long, or others took its place."""


class NoSuchDirectoryServer(NotThere):
    """No directory server has this id."""


class NoDefaultGroup(NotThere):
    """No directory group is configured to be shown first, or it does not exist."""


class NoSuchContentSource(NotThere):
    """Nothing that could be shared has this name."""


class NothingSaved(NotThere):
    """No content is saved under that id, or none at all yet."""


class NoCalendarFound(NotThere):
    """No calendar server could be found for that address, or none that may be used."""


class NoSuchMeeting(NotThere):
    """No meeting has this id (any more)."""


class NoSuchResource(NotThere):
    """No action has this path."""


class MethodNotAllowed(NotThere):
    """The path exists, but only with other methods; `allowed` are those, as far as they are known."""

    status = 405

    def __init__(self, detail: str = "", *, heard: str | None = None, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(detail or (f"allowed here: {', '.join(allowed)}" if allowed else ""), heard=heard)
        self.allowed = allowed

    @property
    def headers(self) -> Mapping[str, str]:
        """`Allow` (RFC 9110, 10.2.1)."""
        return {"allow": ", ".join(self.allowed)} if self.allowed else {}


class RequestTooLarge(VideobarError):
    """The body is larger than the device accepts (10 MB)."""

    status = 413


class NotBuiltYet(VideobarError):
    """The action is part of the contract, but the version of the room that was asked cannot do it.

    This version can do all, so only clients raise it, for rooms of other versions.
    """

    status = 501


class Unavailable(VideobarError):
    """The part of the room that does this is down at the moment; trying again may help."""

    status = 503
    also = (429,)


class EngineUnavailable(Unavailable):
    """The media process is not running, or ended while it was asked."""


class StoreUnavailable(Unavailable):
    """The room's storage could not be written; nothing was changed."""


class TooManyLogins(Unavailable):
    """More logins came from one address, or for one user, than the room checks in that time.

    `retry_after_s` is after how many whole seconds the next is checked.
    """

    status = 429

    def __init__(self, detail: str = "", *, heard: str | None = None, retry_after_s: int = 1) -> None:
        super().__init__(detail, heard=heard)
        self.retry_after_s = retry_after_s

    @property
    def headers(self) -> Mapping[str, str]:
        """`Retry-After` (RFC 9110, 10.2.3)."""
        return {"retry-after": str(self.retry_after_s)}


class NotHealthy(Unavailable):
    """The room cannot do its work at the moment; the detail says which part of it is down."""


class DirectoryUnavailable(Unavailable):
    """The global directory server is not configured, cannot be reached, or did not answer."""


class NotReached(VideobarError):
    """A client got no answer that it could use. Nothing is known of what the room did."""


class Unreachable(NotReached):
    """No connection could be made, or it broke."""


class TimedOut(NotReached):
    """There was no answer in time."""


class ClientClosed(NotReached):
    """The client was closed before or while it was asked."""


class AnswerNotUnderstood(NotReached):
    """The answer is not what the action answers, and could not be made into it."""


class CertificateUntrusted(NotReached):
    """The room's certificate could not be verified; nothing was sent."""


class CertificateChanged(NotReached):
    """The room shows another certificate than the one it is known by; nothing was sent."""


class StartError(Exception):
    """The room cannot start. `setting` is the name of the setting at fault; the text is one line for the operator."""

    def __init__(self, setting: str, text: str) -> None:
        super().__init__(text)
        self.setting = setting


def subclasses(kind: type[VideobarError] = VideobarError) -> Iterator[type[VideobarError]]:
    """The tree below `kind`, as far as it is declared here; what other modules derive is theirs alone."""
    for child in kind.__subclasses__():
        if child.__module__ == __name__:
            yield child
            yield from subclasses(child)


def _by_status() -> Mapping[int, type[VideobarError]]:
    kinds = list(subclasses())
    table = {status: kind for kind in kinds for status in vars(kind).get("also", ())}
    for kind in kinds:
        table.setdefault(kind.status, kind)
    return MappingProxyType(table)


BY_STATUS: Mapping[int, type[VideobarError]] = _by_status()
"""The class that a status means, where nothing else is known of the error."""
