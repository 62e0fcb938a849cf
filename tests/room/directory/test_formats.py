import contextlib
import re
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from videobar.errors import ImportRefused
from videobar.room.directory import transfer
from videobar.room.directory.entry import GLOBAL, TEXTS, Entry, EntryDevice, EntryFields, checked
from videobar.room.directory.formats import own, sniff
from videobar.vocabulary import DialType, EntryType

OWN = '<directory version="1">\n%s\n</directory>'
PHONE = "<directory><item_list>\n%s\n</item_list></directory>"
CARD = "BEGIN:VCARD\r\nVERSION:4.0\r\n%s\r\nEND:VCARD\r\n"


def entries(text):
    return sniff.read(text if isinstance(text, bytes) else text.encode()).entries


def contents(text):
    return [entry.content for entry in entries(text)]


def refusal(text):
    with pytest.raises(ImportRefused) as caught:
        entries(text)
    return caught.value.detail


TEXT = st.text(
    st.characters(
        exclude_categories=("Cs",), exclude_characters="".join(map(chr, [*range(32), 127, 0xFFFE, 0xFFFF]))
    )
    | st.sampled_from("\t\n\r<&>\"'"),
    max_size=30,
)
NAME = TEXT.filter(lambda text: text.strip())
DEVICES = st.lists(
    st.builds(
        EntryDevice,
        st.just(""),
        NAME,
        st.sampled_from(DialType),
        st.integers(0, 9_999_999),
        st.sampled_from(["VIDEO", "AUDIO"]),
    ),
    max_size=4,
).map(tuple)
CONTENTS = st.builds(
    EntryFields,
    type=st.just(EntryType.SINGLE),
    devices=DEVICES,
    **{name: NAME if name == "display_name" else TEXT for name in TEXTS},
).map(checked)


@given(st.lists(st.tuples(CONTENTS, st.none() | st.integers(0, 99)), max_size=5), CONTENTS)
@settings(deadline=None)
def test_our_own_format_reads_back_exactly(written, elsewhere):
    parts = [own.write_entry(f"i{n}", content, (), place) for n, (content, place) in enumerate(written)]
    parts.append(own.write_entry("g", EntryFields(EntryType.GROUP, "G"), ("i0", 'a"<b'), None))
    parts.append(own.write_global(Entry("x&", GLOBAL, elsewhere, "LDAP"), 7))
    file = sniff.read("".join(own.document(parts)).encode())
    assert file.format == "videobar"
    assert [(e.content, e.favorite) for e in file.entries[:-1]] == written
    assert file.entries[-1].members == ("i0", 'a"<b')
    assert file.global_favorites == [
        transfer.LostFavorite(7, Entry("x&", GLOBAL, elsewhere, "LDAP", favorite=True))
    ]


@pytest.mark.parametrize(
    ("inside", "why"),
    [
        ("<person/>", "line 2: person: only entry"),
        ("<entry/>", "line 2: displayName"),
        ('<entry type="X"><displayName>A</displayName></entry>', "line 2: type"),
        ('<entry favorite="x"><displayName>A</displayName></entry>', "line 2: favorite"),
        ("<entry><displayName>A</displayName>\n<shoeSize>9</shoeSize></entry>", "line 3: shoeSize"),
        ("<entry><displayName>A</displayName>\n<email>a</email>\n<email>b</email></entry>", "line 4: email"),
        ("<entry><displayName>A<b/></displayName></entry>", "line 2: b: nothing can stand"),
        ('<entry><displayName>A</displayName>\n<device dialType="X">1</device></entry>', "line 3: dialType"),
        ('<entry><displayName>A</displayName>\n<device rate="1.5">1</device></entry>', "line 3: rate"),
        ("<entry><displayName>A</displayName><device> </device></entry>", "devices[0].address"),
        ("<entry><displayName>A</displayName><member>1</member></entry>", "only a group"),
        (f"<entry id='{'x' * 65}'><displayName>A</displayName></entry>", "id: longer"),
        ("<entry><displayName>A</displayName>\n</person>", "line 3: not well-formed"),
        ("<entry><displayName>&#0;</displayName></entry>", "line 2: not well-formed"),
        ("<globalFavorite><displayName>A</displayName></globalFavorite>", "id: is missing"),
    ],
)
def test_what_is_wrong_in_our_own_format_is_told_with_its_line(inside, why):
    assert why in refusal(OWN % inside)


def test_several_mistakes_are_told_at_once_but_not_all():
    detail = refusal(OWN % "\n".join(["<entry/>"] * 50))
    assert detail.count("line") == 5
    assert detail.endswith("and 45 more")


def test_another_version_is_not_read():
    assert "version '2'" in refusal('<directory version="2"/>')


def test_lines_are_right_beyond_what_fits_into_16_bits():
    good = "<entry><displayName>A</displayName></entry>\n"
    assert refusal(OWN % (good * 70_000 + "<entry/>")).startswith("line 70002:")


@pytest.mark.parametrize(
    "hostile",
    [
        '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>' + OWN % "&b;",
        '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + OWN % "<entry><displayName>&x;</displayName></entry>",
        '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/evil.dtd">' + OWN % "",
        OWN % ("<a>" * 200_000),
        OWN % f"<entry><displayName>{'x' * 2_000_000}</displayName></entry>",
        OWN % "<entry><displayName>&undefined;</displayName></entry>",
        '<?xml version="1.0" encoding="klingon"?>' + OWN % "",
        OWN % "" + OWN % "",
        "<" * 100_000,
        '<directory version="1"',
        "<directory xmlns:v='u' v:version='1'/>",
        "<html><body>not a directory</body></html>",
    ],
)
def test_hostile_documents_are_refused_quickly_and_small(hostile):
    content = hostile.encode()
    tracemalloc.start()
    try:
        detail = refusal(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert re.match(r"line \d+: ", detail)
    assert "root:" not in detail
    assert peak < 20_000_000


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content):
    for prefix in (b"", b"<directory version='1'>", b"BEGIN:VCARD\n", b"name,address\n", b"\xff\xfe"):
        with contextlib.suppress(ImportRefused):
            sniff.read(prefix + content)


def test_too_many_entries(monkeypatch):
    monkeypatch.setattr("videobar.room.directory.formats.import_errors.MOST_ENTRIES", 3)
    assert refusal("name\na\nb\nc\nd\n") == "line 5: more than 3 entries"


def test_contacts_of_a_phone():
    item = "<item><ln>Holt</ln><fn>Mira</fn><ct>sip:mira@h</ct><sd>2</sd><rt>3</rt><pt>SIP</pt></item>"
    (entry,) = entries(PHONE % item)
    assert entry.content == EntryFields(
        EntryType.SINGLE, "Mira Holt", "Mira", "Holt", devices=(EntryDevice("1", "sip:mira@h", DialType.SIP),)
    )
    assert entry.favorite == 2
    (labelled,) = contents(PHONE % "<item><lb>Front desk</lb><ct>100</ct></item>")
    assert labelled.display_name == "Front desk"
    assert contents(PHONE % "") == []
    for item, why in (
        ("<item><fn>A</fn></item>", "line 2: ct: is missing"),
        ("<item><ct>1</ct></item>\n<item><ct>1</ct><sd>x</sd></item>", "line 3: sd"),
        ("<item><ct>1</ct><pt>ISDN</pt></item>", "line 2: pt"),
    ):
        assert why in refusal(PHONE % item)


def test_cards():
    text = "\r\n".join(
        [
            "UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1",
            "N:Holt;Mira;;Dr.;",
            "FN:Mira Hol",
            " t",
            "item1.EMAIL;TYPE=work:mira@example.org",
            'TEL;VALUE=uri;TYPE="voice,home":tel:+1-555-0141',
            "TEL;CELL:555 0142",
            "TEL:555 0143",
            "IMPP:sip:mira@rooms.example.org",
            "PHOTO;MEDIATYPE=image/jpeg:https://example.org/mira.jpg",
            "NOTE:passed\\, over",
        ]
    )
    (entry,) = entries(CARD % text)
    assert entry.id == "4fbe8971-0bc3-424c-9c26-36c3e1eff6b1"
    assert entry.content == EntryFields(
        EntryType.SINGLE,
        "Mira Holt",
        "Mira",
        "Holt",
        "Mira Holt",
        "mira@example.org",
        "+1-555-0141",
        "555 0143",
        "555 0142",
        "https://example.org/mira.jpg",
        (EntryDevice("1", "sip:mira@rooms.example.org", DialType.SIP),),
    )


def test_groups_of_cards_and_old_cards():
    group = CARD % "KIND:group\r\nFN:Board\r\nMEMBER:urn:uuid:aa\r\nMEMBER:mailto:b@example.org"
    old = "begin:vcard\nversion:2.1\nn;charset=utf-8;encoding=quoted-printable:M=C3=BC=\nller;J=C3=B6rg\nend:vcard\n"
    board, mueller = entries(group + old)
    assert board.content.type is EntryType.GROUP
    assert board.members[0] == "aa"
    assert re.fullmatch("[0-9a-f]{32}", board.members[1])
    assert mueller.content.display_name == "Jörg Müller"


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ("N:;;;;\r\nFN:\r\nORG:ACME;R&D\r\nEMAIL:a@b.example", "ACME"),
        ("FN:\r\nEMAIL:\r\nEMAIL:a@b.example\r\nTEL:1", "a@b.example"),
        ("TEL;CELL:555", "555"),
        ("IMPP:sip:a@b.example", "sip:a@b.example"),
        ("FN:A\r\nORG:ACME", "A"),
    ],
)
def test_a_card_without_a_name_has_that_of_its_company_or_address(lines, name):
    assert contents(CARD % lines)[0].display_name == name


def test_telephones_of_a_card():
    (content,) = contents(
        CARD
        % (
            "FN:A\r\nTEL;TYPE=WORK,FAX:1\r\nTEL;PAGER:2\r\nTEL;WORK;VOICE;FAX:3\r\n"
            "TEL;VALUE=URI;TYPE=cell:TEL:+81-90;ext=7"
        )
    )
    assert (content.work_phone, content.mobile_phone, content.home_phone) == ("3", "+81-90", "")


@pytest.mark.parametrize("letter", ["é", "の", "😀"])
def test_a_letter_that_folding_broke_is_whole_again(letter):
    whole = f"FN:{letter}{letter}".encode()
    for at in range(4, len(whole)):
        card = b"BEGIN:VCARD\r\n" + whole[:at] + b"\r\n " + whole[at:] + b"\r\nN:;\xc3\xa9\r\nEND:VCARD\r\n"
        assert contents(card)[0].display_name == 2 * letter


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (CARD % "NOTE:a", "line 1: displayName"),
        ("BEGIN:VCARD\nFN:A\n", "line 2: the card of line 1 does not end"),
        ("BEGIN:VCARD\nBEGIN:VCARD\n", "line 2: a card begins within"),
        (CARD % "FN:A" + "END:VCARD\n", "line 5: a card ends"),
        (CARD % "FN:A" + "FN:B\n", "line 5: only cards"),
        (CARD % "not a property", "line 3: not a line of a vCard"),
        (CARD % "FN;CHARSET=klingon;ENCODING=QUOTED-PRINTABLE:x", "klingon"),
    ],
)
def test_what_is_wrong_in_a_card(text, why):
    assert why in refusal(text)


def test_tables():
    text = (
        "First Name;Last Name;E-mail Address;Business Phone;SIP Address;Shoe size\n"
        '"Mira";"Holt; Dr.";mira@example.org;555;mira@h;38\n'
        "\n"
        "Jo;Bo;;;;\n"
    )
    mira, jo = entries(text)
    assert mira.content.last_name == "Holt; Dr."
    assert mira.content.work_phone == "555"
    assert mira.content.devices == (EntryDevice("1", "mira@h"),)
    assert (jo.content.display_name, jo.line) == ("Jo Bo", 4)
    text = "displayName\taddress\tdialType\trate\tfavorite\ttype\nA\t1\tSIP\t768\tyes\tSINGLE\n"
    (entry,) = entries(text)
    assert entry.content.devices == (EntryDevice("1", "1", DialType.SIP, 768),)
    assert entry.favorite is not None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "line 1: the file is empty"),
        ("  \n \n", "line 1: the file is empty"),
        ("a,b\n1,2\n", "line 1: no format that is known"),
        ("GIF89a\0\0", "line 1: no format that is known"),
        ("name,rate\nA,fast\n", "line 2: rate"),
        ("name,dialType\nA,SIP\nB,FAX\n", "line 3: dialType: there is no 'FAX'"),
        ("name,favorite\nA,perhaps\n", "line 2: favorite"),
        ("name,type\nA,TEAM\n", "line 2: type"),
        ("name,rate\n,5\n", "line 2: displayName"),
        ('name\n"A\nB\n', "line 3: not a table"),
        ("name\n" + "x" * 200_000, "line 2: not a table"),
    ],
)
def test_what_is_wrong_in_a_table(text, why):
    assert why in refusal(text)


def test_a_table_of_google():
    heading = (
        "First Name,Last Name,Organization Name,Labels,E-mail 1 - Label,E-mail 1 - Value,"
        "Phone 1 - Label,Phone 1 - Value,Phone 2 - Type,Phone 2 - Value,Phone 3 - Label,Phone 3 - Value\n"
    )
    jane, firm = contents(
        f"{heading}Jane,Doe,ACME,* myContacts,* Work,j@x ::: d@x,Work Fax,1,Mobile,2 ::: 3,* Work,4\n"
        ",,Firm,* myContacts,,,Home,5,,,,\n"
    )
    assert jane == EntryFields(
        EntryType.SINGLE, "Jane Doe", "Jane", "Doe", email="j@x", work_phone="4", mobile_phone="2"
    )
    assert (firm.display_name, firm.home_phone) == ("Firm", "5")


def test_a_table_that_says_its_delimiter():
    text = "sep=;\r\nName;Phone\r\nA,B;1\r\n"
    assert contents(text)[0].display_name == "A,B"
    assert "line 4: rate" in refusal("SEP=,\nname,rate\nA,1\nB,fast\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding):
    assert contents("name\nÅsa\n".encode(encoding))[0].display_name == "Åsa"
    assert contents((CARD % "FN:Åsa").encode(encoding))[0].display_name == "Åsa"
    xml = OWN % "<entry><displayName>Åsa</displayName></entry>"
    assert contents(xml.encode(encoding))[0].display_name == "Åsa"


def test_a_table_of_an_old_office_program():
    assert contents("name\nÅsa\n".encode("cp1252"))[0].display_name == "Åsa"
