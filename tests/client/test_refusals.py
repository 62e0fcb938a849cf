import pytest

from videobar.client.refusals import from_reason, known_errors, refusal
from videobar.errors import (
    AccessDenied,
    AnswerNotUnderstood,
    InvalidRequest,
    LineBusy,
    MethodNotAllowed,
    NoSuchConference,
    NotBuiltYet,
    NotThere,
    Refused,
    SessionMaxActiveSessionsReached,
    Unavailable,
    VideobarError,
    WrongState,
)


def body(reason):
    return b'{"success":false,"reason":"%s"}' % reason.encode()


@pytest.mark.parametrize("kind", sorted(known_errors().values(), key=lambda kind: kind.__name__))
def test_every_error_of_a_room_comes_back_as_itself(kind):
    raised = refusal(400, body(kind("a detail").reason))
    assert type(raised) is kind
    assert (raised.detail, raised.reason) == ("a detail", f"{kind.__name__}: a detail")


def test_a_bare_code():
    raised = refusal(403, body("SessionMaxActiveSessionsReached"))
    assert type(raised) is SessionMaxActiveSessionsReached
    assert (raised.detail, raised.reason) == ("", "SessionMaxActiveSessionsReached")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest),
        (403, Refused),
        (404, NotThere),
        (405, MethodNotAllowed),
        (409, WrongState),
        (412, WrongState),
        (418, InvalidRequest),
        (500, Unavailable),
        (501, NotBuiltYet),
        (503, Unavailable),
        (302, AnswerNotUnderstood),
    ],
)
def test_an_unknown_reason_is_kept_under_the_class_of_the_status(status, kind):
    raised = refusal(status, body("PolyBlocked: in Teams mode"))
    assert type(raised) is kind
    assert raised.reason == "PolyBlocked: in Teams mode"


def test_a_page_with_403_means_that_there_is_no_session():
    assert type(refusal(403, b"<html>no</html>")) is AccessDenied


@pytest.mark.parametrize(
    "content", [b"", b"null", b"[]", b'{"reason":null}', b'{"reason":7}', b'{"reason":" "}']
)
def test_without_a_reason_the_status_is_told(content):
    raised = refusal(404, content)
    assert type(raised) is NotThere
    assert raised.reason == "HTTP status 404"


def test_the_key_may_be_oddly_cased():
    assert type(refusal(400, b'{"Reason":"LineBusy"}')) is LineBusy


@pytest.mark.parametrize(
    "reason", ["Unreachable", "TimedOut: x", "VideobarError", "Exception", "CertificateChanged"]
)
def test_a_room_cannot_raise_errors_of_the_client(reason):
    assert type(from_reason(reason, NoSuchConference)) is NoSuchConference


def test_errors_derived_elsewhere_are_not_raised_again():
    class Private(VideobarError):
        def __init__(self, first, second):
            super().__init__()

    assert "Private" not in known_errors()


def test_a_long_reason_in_many_lines_is_cut_and_in_one():
    raised = refusal(400, b'{"reason":"a\\nb' + b"c" * 100_000 + b'"}')
    assert len(raised.reason) == 1000
    assert raised.reason.startswith("a bc")
