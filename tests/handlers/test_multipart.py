import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.contract.model import Upload
from videobar.errors import InvalidRequest
from videobar.handlers.multipart import file_of, files_of

KIND = 'multipart/form-data; boundary="xyz"'


def body(*parts):
    return (
        b"".join(b"--xyz\r\n" + head + b"\r\n\r\n" + content + b"\r\n" for head, content in parts)
        + b"--xyz--\r\n"
    )


FIELD = (b'Content-Disposition: form-data; name="note"', b"hello")
FILE = (
    b'Content-Disposition: form-data; name="files"; filename="d.xml"\r\nContent-Type: text/xml',
    b"<a>\r\n--\r\n</a>",
)


def test_a_raw_body_is_the_file():
    raw = Upload("text/xml", b"<a/>")
    assert file_of(raw) is raw


def test_the_part_with_a_file_name_is_the_file():
    assert file_of(Upload(KIND, body(FIELD, FILE))) == Upload("text/xml", FILE[1])
    assert file_of(Upload("multipart/form-data; boundary=xyz", body(FIELD))).content == b"hello"


def test_all_files_of_a_body_are_taken_together():
    key = (b'Content-Disposition: form-data; name="files"; filename="room.key"', b"KEY")
    assert files_of(Upload(KIND, body(FIELD, FILE, key))) == FILE[1] + b"\nKEY"
    assert files_of(Upload(KIND, body(FIELD))) == b"hello"
    assert files_of(Upload("application/x-pem-file", b"PEM")) == b"PEM"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("multipart/form-data", body(FILE)),
        (KIND, b""),
        (KIND, b"--xyz--\r\n"),
        (KIND, body(FILE)[:-8]),
        (KIND, b"nothing of that"),
    ],
)
def test_what_is_no_multipart_body(kind, content):
    with pytest.raises(InvalidRequest):
        file_of(Upload(kind, content))


@given(st.binary(max_size=200).filter(lambda content: b"\r\n--xyz" not in content))
def test_any_content_comes_through(content):
    assert file_of(Upload(KIND, body(FIELD, (FILE[0], content)))).content == content
