"""Address books as other programs and telephones of several makers write them; all of our own making."""

import pytest

from videobar.errors import ImportRefused
from videobar.room.directory.entry import EntryDevice, EntryFields
from videobar.room.directory.formats import sniff
from videobar.room.directory.formats.charsets import PIECE, codec_of, pieces
from videobar.room.directory.formats.headings import LOCALIZED
from videobar.vocabulary import DialType

CARD = "BEGIN:VCARD\r\nVERSION:2.1\r\n%s\r\nEND:VCARD\r\n"


def read(text, **options):
    return sniff.read(text if isinstance(text, bytes) else text.encode(), **options)


def contents(text):
    return [entry.content for entry in read(text).entries]


def card(*lines, encoding="utf-8"):
    return b"\r\n".join(
        [
            b"BEGIN:VCARD",
            *(line if isinstance(line, bytes) else line.encode(encoding) for line in lines),
            b"END:VCARD",
            b"",
        ]
    )


# Tables in other languages

OUTLOOK = {
    "de": "Vorname;Nachname;Firma;E-Mail-Adresse;Telefon geschäftlich;Mobiltelefon;Telefon (privat)",
    "fr": "Prénom;Nom;Société;Adresse de messagerie;Téléphone (bureau);Tél. mobile;Téléphone (domicile)",
    "es": "Nombre;Apellidos;Organización;Dirección de correo electrónico;Teléfono del trabajo;Móvil;Particular",
    "it": "Nome;Cognome;Società;Indirizzo posta elettronica;Telefono (uff.);Cellulare;Telefono (ab.)",
    "nl": "Voornaam;Achternaam;Bedrijf;E-mailadres;Telefoon op werk;Mobiele telefoon;Telefoon thuis",
    "pt": "Nome;Sobrenome;Empresa;Endereço de email;Telefone comercial;Telefone celular;Telefone residencial",
    "pl": "Imię;Nazwisko;Firma;Adres e-mail;Telefon służbowy;Telefon komórkowy;Telefon domowy",
    "sv": "Förnamn;Efternamn;Företag;E-postadress;Telefon, arbete;Mobiltelefon;Telefon, bostad",
    "da": "Fornavn;Efternavn;Firma;E-mail-adresse;Telefon (arbejde);Mobiltelefon;Telefon (hjem)",
}


@pytest.mark.parametrize("language", OUTLOOK)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_outlook_in_other_languages(language, encoding):
    text = f"{OUTLOOK[language]}\r\nMira;Holt;ACME;mira@example.org;1;2;3\r\n;;ACME;;;;\r\n"
    mira, firm = contents(text.encode(encoding))
    assert mira == EntryFields(
        display_name="Mira Holt",
        first_name="Mira",
        last_name="Holt",
        email="mira@example.org",
        work_phone="1",
        mobile_phone="2",
        home_phone="3",
    )
    assert firm.display_name == "ACME"


@pytest.mark.parametrize("language", ["de", "fr", "es", "it", "nl", "pt"])
def test_outlook_of_the_western_world_in_its_own_encoding(language):
    (mira,) = contents(f"{OUTLOOK[language]}\r\nJosé;Müller;;;1;2;3\r\n".encode("cp1252"))
    assert (mira.display_name, mira.work_phone, mira.mobile_phone) == ("José Müller", "1", "2")


def test_the_order_of_columns_and_those_that_mean_nothing_do_not_matter():
    text = (
        '"Anrede","Suffix","Nachname","Fax geschäftlich","E-Mail: Angezeigter Name","Telefon geschäftlich","Vorname",'
        '"Telefon geschäftlich 2"\n"Frau","","Holt","9","Mira Holt (mira@h)","1","Mira","5"\n'
    )
    (mira,) = contents(text)
    assert (mira.display_name, mira.work_phone, mira.email) == ("Mira Holt", "1", "")


def test_no_heading_means_two_things():
    assert LOCALIZED["vorname"] == "first_name"
    assert LOCALIZED["nom"] == "last_name"
    assert "" not in LOCALIZED
    assert "fax" not in LOCALIZED


# Cards of old programs


@pytest.mark.parametrize(
    ("charset", "codec", "name"),
    [
        ("Windows-1251", "cp1251", "Катя Иванова"),
        ("windows-1251", "cp1251", "Ёлка"),
        ("KOI8-R", "koi8-r", "Катя"),
        ("SHIFT_JIS", "cp932", "山田 太郎 ソ表能"),
        ("x-sjis", "cp932", "山田"),
        ("EUC-JP", "euc-jp", "山田"),
        ("ISO-2022-JP", "iso2022-jp", "山田 太郎"),
        ("GB2312", "gbk", "王小明"),
        ("Big5", "big5", "王小明 許功蓋"),
        ("EUC-KR", "euc-kr", "김철수"),
        ("ISO-8859-1", "latin-1", "Åsa Möller"),
        ("ISO-8859-2", "iso8859-2", "Łukasz Żak"),
        ("ISO-8859-15", "iso8859-15", "Œuvre €"),
        ("Windows-1252", "cp1252", "Åsa – “Q”"),
        ("IBM850", "cp850", "Åsa"),
        ("UTF-8", "utf-8", "Åsa 山田"),
        ("us-ascii", "ascii", "Asa"),
    ],
)
def test_a_character_set_that_is_named(charset, codec, name):
    raw = card("VERSION:2.1", f"FN;CHARSET={charset}:".encode() + name.encode(codec))
    assert contents(raw)[0].display_name == name
    folded = name.encode(codec)
    if codec != "iso2022-jp":
        raw = card(f'FN;CHARSET="{charset}":'.encode() + folded[:3] + b"\r\n " + folded[3:])
        assert contents(raw)[0].display_name == name
    quoted = "".join(f"={byte:02X}" for byte in folded)
    raw = card(f"FN;ENCODING=QUOTED-PRINTABLE;CHARSET={charset}:{quoted}")
    assert contents(raw)[0].display_name == name


def test_what_one_property_names_is_meant_by_the_others():
    raw = card(b"N;CHARSET=Windows-1251:" + "Иванова;Катя".encode("cp1251"), b"FN:" + "Катя".encode("cp1251"))
    assert contents(raw)[0].display_name == "Катя"
    raw = card("FN;CHARSET=Windows-1251:Åsa")  # which it is not
    assert contents(raw)[0].display_name != ""
    assert contents(card("FN:Åsa".encode("cp1252")))[0].display_name == "Åsa"
    assert contents(card(b"FN;CHARSET=UTF-8:" + "Åsa".encode("cp1252")))[0].display_name in ("Åsa", "�sa")


def test_a_character_set_that_nobody_knows():
    text = card("FN;CHARSET=klingon:a") + card("FN:B")
    with pytest.raises(ImportRefused, match="line 2: the character set 'klingon' is not known"):
        read(text)
    file = read(text, partial=True)
    assert [entry.content.display_name for entry in file.entries] == ["B"]
    for name in ("zlib", "rot13", "base64", "undefined", "", "\0", "x" * 5000):
        assert codec_of(name) is None or "".encode(codec_of(name)) is not None


PHOTO = "\r\n".join(["R0lGODlhAQABAIAAAAAAAP" * 3] * 40)


@pytest.mark.parametrize(
    "head",
    [
        "PHOTO;ENCODING=BASE64;TYPE=GIF:",
        "PHOTO;GIF;BASE64:",
        "KEY;ENCODING=b:",
        "LOGO;TYPE=GIF;ENCODING=B:",
        "SOUND;BASE64:",
    ],
)
@pytest.mark.parametrize("end", ["\r\n\r\n", "\r\n"])
@pytest.mark.parametrize("begin", ["", "\r\n"])
def test_base64_that_is_not_folded(head, end, begin):
    text = CARD % f"N:Holt;Mira\r\n{head}{begin}{PHOTO}{end}TEL;WORK:1\r\n"
    (mira,) = contents(text)
    assert (mira.display_name, mira.work_phone) == ("Mira Holt", "1")


def test_a_folded_photo_is_passed_over():
    folded = PHOTO.replace("\r\n", "\r\n ")
    (mira,) = contents(CARD % f"FN:Mira\r\nPHOTO;ENCODING=b;TYPE=GIF:{folded}\r\nTEL:1")
    assert (mira.display_name, mira.work_phone, mira.image_location) == ("Mira", "1", "")


def test_a_line_break_in_a_note():
    (mira,) = contents(CARD % "FN:Mira\r\nNOTE:first\r\nsecond line\r\n\r\n* third; or (fourth)\r\nTEL:1")
    assert (mira.display_name, mira.work_phone) == ("Mira", "1")
    (mira,) = contents(CARD % "FN:Mira\r\nADR;WORK:;;Street 1\r\nBuilding 2\r\nCall at night: never\r\nTEL:1")
    assert mira.work_phone == "1"


@pytest.mark.parametrize(
    "agent",
    [
        "AGENT:\r\nBEGIN:VCARD\r\nVERSION:2.1\r\nFN:Secretary\r\nTEL:9\r\nEND:VCARD",
        "AGENT:\r\nBEGIN:VCARD\r\nFN:S\r\nAGENT:\r\nBEGIN:VCARD\r\nFN:T\r\nEND:VCARD\r\nTEL:8\r\nEND:VCARD",
        "AGENT:BEGIN:VCARD\r\nFN:Secretary\r\nTEL:9\r\nEND:VCARD",
        "AGENT:BEGIN:VCARD\\nFN:Secretary\\nTEL:9\\nEND:VCARD\\n",
        "AGENT;VALUE=uri:CID:a@b.example",
        "AGENT:\r\nBEGIN:VCARD\r\nrubbish\r\nPHOTO;BASE64:\r\n" + PHOTO + "\r\n\r\nEND:VCARD",
    ],
)
def test_the_card_of_an_agent_is_passed_over(agent):
    (mira,) = contents(CARD % f"FN:Mira\r\n{agent}\r\nTEL:1")
    assert (mira.display_name, mira.work_phone) == ("Mira", "1")


# What cannot be read


def test_what_cannot_be_read_is_left_out_where_that_was_asked_for():
    text = (
        CARD % "FN:A"
        + CARD % ("FN:" + "x" * 300)
        + CARD % "FN:B\r\nEMAIL:b@x\r\nrubbish"
        + "stray:line\r\n"
        + CARD % "FN:C"
        + "BEGIN:VCARD\r\nFN:D\r\n"
    )
    with pytest.raises(ImportRefused) as caught:
        read(text)
    assert "line 5: displayName" in caught.value.detail
    assert "line 13: not a line of a vCard" in caught.value.detail
    assert "line 15: only cards can stand here" in caught.value.detail
    file = read(text, partial=True)
    assert [entry.content.display_name for entry in file.entries] == ["A", "C"]
    assert file.left_out.count == 4
    assert file.left_out.complaints[-1] == "line 21: the card of line 20 does not end"


BOOK = """<directory version="1">
<entry><displayName>A</displayName></entry>
<entry type="TEAM"/>
<entry><displayName>B</displayName></entry></directory>"""


@pytest.mark.parametrize(
    ("text", "names", "complaint"),
    [
        ("name,rate\nA,1\nB,fast\nC,2\n", ["A", "C"], "line 3: rate: must be a whole number"),
        ("name\nA\n" + "x" * 300 + "\nB\n", ["A", "B"], "line 3: displayName"),
        ('name\nA\n"B\nC\n', ["A"], "what follows was not read"),
        (
            BOOK,
            ["A", "B"],
            "line 3: type",
        ),
        (
            '<directory version="1">\n<entry><displayName>A</displayName></entry>\n<entry><displayName>B</directory>',
            ["A"],
            "line 3: not well-formed XML",
        ),
        (
            "<directory><item_list><item><ct>1</ct></item>\n<item/></item_list></directory>",
            ["1"],
            "line 2: ct",
        ),
        (
            "<X-IPPhoneDirectory><DirectoryEntry><Name>A</Name></DirectoryEntry>\n<DirectoryEntry/></X-IPPhoneDirectory>",
            ["A"],
            "line 2: displayName",
        ),
    ],
)
def test_every_format_can_be_read_in_part(text, names, complaint):
    with pytest.raises(ImportRefused):
        read(text)
    file = read(text, partial=True)
    assert [entry.content.display_name for entry in file.entries] == names
    assert complaint in "; ".join(file.left_out.complaints)
    assert file.left_out.count == len(file.left_out.complaints) == 1


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "BEGIN:VCARD\nFN:\nEND:VCARD\n", "<!DOCTYPE a><a/>", "<a>", "name,rate\nA,x\n"]
)
def test_a_file_of_which_nothing_can_be_read_is_refused_all_the_same(text):
    with pytest.raises(ImportRefused):
        read(text, partial=True)


def test_complaints_are_bounded():
    text = "name,rate\nA,1\n" + "B,x\n" * 5000
    file = read(text, partial=True)
    assert (file.left_out.count, len(file.left_out.complaints)) == (5000, 100)
    with pytest.raises(ImportRefused, match="and 4995 more"):
        read(text)


# Telephones of other makers

CISCO = """<?xml version="1.0" encoding="utf-8"?>
<CiscoIPPhoneDirectory><Title>Staff</Title><Prompt>Choose</Prompt>
<DirectoryEntry><Name>Mira Holt</Name><Telephone>100</Telephone></DirectoryEntry>
<DirectoryEntry><Name>Jo &amp; Bo</Name><Telephone>sip:jo@h</Telephone></DirectoryEntry>
<SoftKeyItem><Name>Dial</Name><URL>SoftKey:Dial</URL><Position>1</Position></SoftKeyItem>
</CiscoIPPhoneDirectory>"""
YEALINK = """<YealinkIPPhoneBook><Title>Yealink</Title>
<Menu Name="All"><Unit Name="Mira Holt" Phone1="100" Phone2="200" Phone3="" default_photo="Resource:"/>
<Unit Name="Jo" Phone1="sip:jo@h" Phone2="" Phone3=""/></Menu></YealinkIPPhoneBook>"""
YEALINK_OWN = """<vp_contact><group><group_info group_name="All Contacts" group_ring="Auto"/></group>
<contacts><contact display_name="Mira Holt" office_number="100" mobile_number="200" other_number="" line="0" ring=""/>
<contact display_name="Jo" office_number="sip:jo@h" mobile_number="" other_number=""/></contacts></vp_contact>"""
SNOM = """<tbook e="2"><item context="active" type="colleagues" fav="true"><first_name>Mira</first_name>
<last_name>Holt</last_name><number>100</number><number_type>mobile</number_type><email>mira@x</email></item>
<item><name>Jo</name><number>jo@h</number><number_type>sip</number_type></item></tbook>"""
GRANDSTREAM = """<AddressBook><version>1</version><pbgroup><id>1</id><name>Work</name></pbgroup>
<Contact><id>1</id><FirstName>Mira</FirstName><LastName>Holt</LastName><Frequent>1</Frequent>
<Phone type="Work"><phonenumber>100</phonenumber><accountindex>1</accountindex></Phone>
<Phone type="Cell"><phonenumber>200</phonenumber></Phone><Phone type="Fax"><phonenumber>300</phonenumber></Phone>
<Mail type="Work">mira@x</Mail><Group>1</Group></Contact>
<Contact><LastName>Jo</LastName><Phone><phonenumber>sip:jo@h</phonenumber></Phone></Contact></AddressBook>"""
FRITZBOX = """<?xml version="1.0" encoding="iso-8859-1"?>
<phonebooks><phonebook owner="1" name="Telefonbuch"><contact><category>1</category>
<person><realName>Mira Hölt</realName><imageURL>file:///x</imageURL></person>
<telephony nid="3"><number type="home" prio="1" id="0">100</number><number type="mobile" id="1">200</number>
<number type="fax_work" id="2">300</number></telephony>
<services nid="1"><email classifier="private" id="0">mira@x</email></services><setup/><uniqueid>1</uniqueid></contact>
<contact><category>0</category><person><realName>Jo</realName></person><telephony>
<number type="work" prio="1">sip:jo@h</number></telephony></contact></phonebook></phonebooks>"""
FANVIL = """<PhoneBook><DirectoryEntry><Name>Mira Holt</Name><Telephone>100</Telephone><Mobile>200</Mobile>
<Other>300</Other></DirectoryEntry><DirectoryEntry><Name>Jo</Name><Telephone>sip:jo@h</Telephone></DirectoryEntry></PhoneBook>"""


@pytest.mark.parametrize(
    ("text", "maker", "numbers", "phones"),
    [
        (CISCO, "cisco", ["100"], ("", "", "")),
        (CISCO.replace("CiscoIP", "SnomIP"), "snom", ["100"], ("", "", "")),
        (CISCO.replace("CiscoIP", "YealinkIP"), "yealink", ["100"], ("", "", "")),
        (CISCO.replace("CiscoIP", "AcmeIP"), "yealink", ["100"], ("", "", "")),
        (YEALINK, "yealink", ["100", "200"], ("", "", "")),
        (YEALINK_OWN, "yealink", ["100", "200"], ("100", "200", "")),
        (YEALINK_OWN.replace("vp_contact", "root_contact"), "yealink", ["100", "200"], ("100", "200", "")),
        (SNOM, "snom", ["100"], ("", "100", "")),
        (GRANDSTREAM, "grandstream", ["100", "200"], ("100", "200", "")),
        (FRITZBOX, "fritzbox", ["100", "200"], ("", "200", "100")),
        (FANVIL, "fanvil", ["100", "200", "300"], ("", "200", "")),
    ],
)
def test_phone_books(text, maker, numbers, phones):
    file = read(text.encode("iso-8859-1" if "iso-8859-1" in text else "utf-8"))
    assert file.format == maker
    mira, jo = [entry.content for entry in file.entries]
    assert mira.display_name in ("Mira Holt", "Mira Hölt")
    assert [device.address for device in mira.devices] == numbers
    assert {device.dial_type for device in mira.devices} == {DialType.AUTO}
    assert (mira.work_phone, mira.mobile_phone, mira.home_phone) == phones
    assert mira.email in ("", "mira@x")
    assert mira.image_location == ""
    assert jo.display_name in ("Jo", "Jo & Bo")
    assert jo.devices == (EntryDevice("1", jo.devices[0].address, DialType.SIP),)
    assert jo.devices[0].address in ("sip:jo@h", "jo@h")
    favorites = [entry.favorite is not None for entry in file.entries]
    assert favorites == [maker in ("grandstream", "fritzbox") or text is SNOM, False]


@pytest.mark.parametrize("text", [CISCO, YEALINK, YEALINK_OWN, SNOM, GRANDSTREAM, FRITZBOX, FANVIL])
def test_entities_of_a_phone_book_are_refused(text):
    body = text.partition("?>")[2] or text
    evil = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>{body}'
    for partial in (False, True):
        with pytest.raises(ImportRefused, match="a document type declaration"):
            read(evil, partial=partial)


def test_a_contact_with_endless_numbers_has_a_most():
    numbers = "".join(f"<Telephone>{number}</Telephone>" for number in range(50_000))
    text = f"<CiscoIPPhoneDirectory><DirectoryEntry><Name>A</Name>{numbers}</DirectoryEntry></CiscoIPPhoneDirectory>"
    (content,) = contents(text)
    assert len(content.devices) == 32


def test_a_long_text_is_decoded_piece_by_piece():
    for encoding in ("utf-8", "utf-16-le", "cp1252"):
        text = "é" * (PIECE + 1)
        content = text.encode(encoding)
        assert "".join(pieces(content, encoding)) == text
    broken = b"a" * (PIECE - 1) + b"\xc3" + b"\xff" + b"b" * 10
    with pytest.raises(UnicodeDecodeError) as caught:
        "".join(pieces(broken, "utf-8"))
    assert PIECE - 1 <= caught.value.start <= PIECE + 1


# Found with files of programs that nothing above stands for


def test_lines_of_a_note_that_look_like_properties():
    note = ("NOTE:Call me", "Tel: 1", "see https://x.example", "https://x.example", "Best", "Mail: a@b")
    (jo,) = contents(card("FN:Jo", *note, "TEL;TYPE=WORK:+49301"))
    assert (jo.full_name, jo.work_phone, jo.email, jo.devices) == ("Jo", "+49301", "", ())
    (spaced,) = contents(card("FN: Jo", "NOTE: Call me", "TEL: 1"))
    assert (spaced.full_name, spaced.work_phone) == ("Jo", "1")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_wide_characters_with_and_without_a_mark(encoding):
    (jo,) = contents(card("FN:Jö", "TEL:1").decode().encode(encoding))
    assert jo.full_name == "Jö"


@pytest.mark.parametrize(
    ("encoding", "heading", "name"),
    [
        ("cp932", "姓,名,会社電話 1,携帯電話", "太郎 山田"),
        ("cp1251", "Фамилия;Имя;Рабочий телефон;Телефон моб.", "Катя Иванова"),
        ("cp1250", "Nazwisko;Imię;Telefon służbowy;Telefon komórkowy", "Zoë Łukasz"),
        ("gb18030", "姓名,公司,商务电话,移动电话", "张三"),
        ("cp1253", "Επώνυμο;Όνομα;Τηλέφωνο εργασίας;Κινητό τηλέφωνο", "Νίκος Παππάς"),
    ],
)
def test_tables_in_the_character_set_of_their_part_of_the_world(encoding, heading, name):
    first, _, last = name.partition(" ")
    delimiter = ";" if ";" in heading else ","
    row = delimiter.join([last or first, first if last else "", "1", "2"])
    (entry,) = contents(f"{heading}\r\n{row}\r\n".encode(encoding, "replace"))
    assert entry.display_name == name.encode(encoding, "replace").decode(encoding)
    assert (entry.work_phone, entry.mobile_phone) == ("1", "2")


@pytest.mark.parametrize(
    "heading",
    [
        (
            "Vorname,Nachname,Anzeigename,Primäre E-Mail-Adresse,Sekundäre E-Mail-Adresse,Tel. dienstlich,Tel. privat,"
            "Fax-Nummer,Pager-Nummer,Mobil-Tel.-Nr.,Mailing address,Titel"
        ),
        (
            "Prénom,Nom de famille,Nom complet,Première adresse électronique e-mail,Adresse e-mail secondaire,"
            "Tél. professionnel,Tél. personnel,Fax,Pager,Portable perso,Rue,Fonction"
        ),
        (
            "First Name|Last Name|Display Name|Preferred Email|Email 2|Telephone (desk)|Phone at home|Fax|Pager"
            "|Cell no.|Mailing address|Job"
        ),
    ],
)
def test_headings_that_are_not_known_as_a_whole(heading):
    delimiter = "|" if "|" in heading else ","
    row = delimiter.join(["Jo", "Doe", "Jo Doe", "a@x", "b@x", "1", "2", "9", "9", "3", "Street", "Boss"])
    (jo,) = contents(f"{heading}\n{row}\n")
    assert (jo.email, jo.work_phone, jo.home_phone, jo.mobile_phone) == ("a@x", "1", "2", "3")


def test_tables_of_telephones():
    (yealink,) = contents("display_name,office_number,mobile_number,other_number,line,ring\nJo,1,2,3,0,\n")
    assert (yealink.work_phone, yealink.mobile_phone, yealink.devices[0].address) == ("1", "2", "3")
    (snom,) = contents("Name,Number,Type,Group\nJo,101,work,x\n")
    assert [device.address for device in snom.devices] == ["101"]


PHONE_BOOK = (
    "<PhoneBook>\n<DirectoryEntry><Name>%s</Name><Telephone>1</Telephone></DirectoryEntry></PhoneBook>"
)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ((PHONE_BOOK % "A & B <!-- & -->").encode(), "A & B"),
        ((PHONE_BOOK % "A &amp; B").encode(), "A & B"),
        ((PHONE_BOOK % "<![CDATA[A & B]]>").encode(), "A & B"),
        ((PHONE_BOOK % "Jörg").encode("cp1252"), "Jörg"),
        (f'<?xml version="1.0" encoding="UTF-8"?>{PHONE_BOOK % "Jörg"}'.encode("cp1252"), "Jörg"),
        (f'<?xml version="1.0" encoding="gb2312"?>{PHONE_BOOK % "张三"}'.encode("gb2312"), "张三"),
        (f'<?xml version="1.0" encoding="Shift_JIS"?>{PHONE_BOOK % "山田"}'.encode("cp932"), "山田"),
        (f'<?xml version="1.0" encoding="UTF-16"?>{PHONE_BOOK % "Jörg"}'.encode("utf-16"), "Jörg"),
        (f'\ufeff<?xml version="1.0" encoding="UTF-8"?>{PHONE_BOOK % "Jörg"}'.encode(), "Jörg"),
    ],
)
def test_xml_as_programs_write_it(content, name):
    assert [entry.display_name for entry in contents(content)] == [name]


def test_lines_behind_blank_lines_before_xml():
    blank = '\r\n\r\n<?xml version="1.0"?>\n'
    assert read(blank + PHONE_BOOK % "Jo").entries[0].line == 5
    with pytest.raises(ImportRefused, match="line 5: not well-formed"):
        read(blank + PHONE_BOOK % "<Jo")


def test_an_ampersand_between_two_pieces_of_a_large_file():
    padding = " " * (PIECE - len("<PhoneBook>\n<DirectoryEntry><Name>A ") - 3)
    for more in range(6):
        text = PHONE_BOOK % f"A {padding}{' ' * more}&amp; B & C"
        (entry,) = contents(text.replace(f"A {padding}", f"A <!--{padding[:-7]}-->"))
        assert " ".join(entry.display_name.split()) == "A & B & C"


def test_numbers_in_attributes_as_snom_writes_them():
    (jo,) = contents(
        '<tbook e="2"><contact fav="false"><first_name>Jo</first_name><last_name>Doe</last_name><numbers>'
        '<number no="101" type="business"/><number no="0170" type="mobile"/><number no="9" type="fax"/>'
        "</numbers></contact></tbook>"
    )
    assert (jo.work_phone, jo.mobile_phone) == ("101", "0170")
    assert [device.address for device in jo.devices] == ["101", "0170"]


@pytest.mark.parametrize(
    "text", ["x" * 2_000_000, "name\nA\n" + "," * 2_000_000, '[{"name": "A"}, ' * 200_000]
)
def test_a_line_that_would_hold_up_everybody_is_refused(text):
    with pytest.raises(ImportRefused, match=rf"line {text[:100].count(chr(10)) + 1}: longer than"):
        read(text)
