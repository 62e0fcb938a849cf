"""XML that is not quite."""

from __future__ import annotations

import pytest

from videobar.adapters.calendar.xml_text import NotXml, root_of


def texts(content: bytes, charset: str = "") -> list[str]:
    return [each.text or "" for each in root_of(content, charset).iter("t")]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<r><t>a\x0bb\x1a\x00c</t><t>2</t></r>", ["abc", "2"]),
        (b"<r><t>a&#x1A;b&#11;&#xb;&#0;&#xD800;&#xFFFE;&#x110000;c</t><t>2</t></r>", ["abc", "2"]),
        (b"<r><t>&#x41;&#228;&amp;&lt;</t></r>", ["Aä&<"]),
        (b"\n \r\n<?xml version='1.0' encoding='utf-8'?>\n<r><t>1</t></r>\n\n", ["1"]),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?><r><t>\xc3\xa4</t></r>", ["ä"]),
        ("<?xml version='1.0' encoding='UTF-16'?><r><t>ä</t></r>".encode("utf-16"), ["ä"]),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?><r><t>\xe4</t></r>", ["ä"]),
        (b"<?xml version='1.0' encoding='utf-8'?><r><t>\xe4 \x96</t>\n<t>\xc3\xa4</t></r>", ["ä –", "ä"]),
        (b"<?xml version='1.0' encoding='x-none'?><r><t>\xc3\xa4</t></r>", ["ä"]),
        (b"<?xml version='1.1'?><r><t>a&#x1;</t></r>", ["a"]),
        (b"<r><t>you & me &nbsp;&auml; &unknown; &</t><t>2</t></r>", ["you & me \u00a0ä &unknown; &", "2"]),
        (b"<r><t><![CDATA[a\x0b & <b> &#x1A;]]></t><t>2</t></r>", ["a & <b> &#x1A;", "2"]),
        (b"<r><t>1</t><t>a <jo@x.example> b</t><t>2</t></r>", ["1", "a ", "2"]),
        ("<r><t>\ufffe\uffff\U0001f600</t></r>".encode(), ["\U0001f600"]),
    ],
)
def test_what_is_wrong_with_a_text_costs_that_text(content, expected):
    assert texts(content) == expected


def test_the_encoding_of_the_header_counts_where_there_is_no_other():
    assert texts(b"<r><t>\xe4</t></r>", "iso-8859-1") == ["ä"]
    assert texts(b"<r><t>\xc3\xa4</t></r>", "no-such-charset") == ["ä"]


@pytest.mark.parametrize(
    "content", [b"", b"   ", b"hello", b"<", b"<r><t>1</t>", b"<r><t>1</t><t>2", b"\xff\xfe", b"{}"]
)
def test_what_breaks_off_or_is_no_xml_is_refused(content):
    with pytest.raises(NotXml):
        root_of(content)


def test_entities_are_not_expanded_and_nothing_is_fetched():
    bomb = b"<!DOCTYPE r [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'><!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
    assert texts(bomb + b"<r><t>&b;&x;</t></r>") == ["&b;&x;"]
