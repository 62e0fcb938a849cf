"""Headings of tables in other languages: what Outlook and other programs call their columns there.

Each is folded as headings of a file are, so that case, accents, brackets and hyphens do not matter.
"""

# ruff: noqa: RUF001 (letters of other alphabets)

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from videobar.room.directory.text import fold

_BY_FIELD: Final[Mapping[str, str]] = {
    "first_name": """
        Vorname | Prénom | Nombre | Nombre de pila | Nome | Voornaam | Primeiro nome | Nome próprio | Imię | Förnamn
        | Fornavn | Etunimi | Jméno | Křestní jméno | Utónév | Ad | Adı | Имя | Ім'я | Όνομα | 名 | Prenume | Meno | Ime
    """,
    "last_name": """
        Nachname | Familienname | Nom | Nom de famille | Apellidos | Apellido | Primer apellido | Cognome | Achternaam
        | Sobrenome | Apelido | Último nome | Nazwisko | Efternamn | Efternavn | Etternavn | Sukunimi | Příjmení
        | Vezetéknév | Soyadı | Soyad | Фамилия | Прізвище | Επώνυμο | 姓 | Nume de familie | Priezvisko | Prezime
    """,
    "display_name": """
        Anzeigename | Vollständiger Name | Nom complet | Nom affiché | Nombre completo | Nombre para mostrar
        | Nome completo | Nome visualizzato | Weergavenaam | Volledige naam | Naam | Nome de exibição
        | Nazwa wyświetlana | Imię i nazwisko | Visningsnamn | Fullständigt namn | Namn | Visningsnavn | Vist navn
        | Fulde navn | Fullt navn | Navn | Näyttönimi | Koko nimi | Nimi | Zobrazované jméno | Celé jméno
        | Megjelenítendő név | Teljes név | Görünen ad | Tam ad | Отображаемое имя | Полное имя | ФИО | 氏名 | 表示名
        | 姓名 | 显示名称 | 이름
    """,
    "email": """
        E-Mail-Adresse | E-Mail 1 Adresse | Mail-Adresse | Adresse de messagerie | Adresse e-mail
        | Adresse électronique | Courriel | Dirección de correo electrónico | Correo electrónico | Correo
        | Indirizzo posta elettronica | Indirizzo di posta elettronica | Indirizzo e-mail | Posta elettronica
        | E-mailadres | Endereço de email | Endereço de e-mail | Endereço de correio electrónico
        | Endereço de correio eletrónico | Correio eletrónico | Adres e-mail | E-postadress | E-post | E-postadresse
        | Mailadresse | Sähköpostiosoite | Sähköposti | E-mailová adresa | E-mail cím | E-posta adresi | E-posta
        | Адрес эл. почты | Адрес электронной почты | Электронная почта | Διεύθυνση ηλεκτρονικού ταχυδρομείου
        | 電子メール アドレス | メールアドレス | 电子邮件地址 | 이메일
    """,
    "work_phone": """
        Telefon geschäftlich | Telefon (geschäftlich) | Geschäftstelefon | Telefon Büro | Telefon dienstlich | Telefon
        | Téléphone (bureau) | Téléphone bureau | Téléphone professionnel | Téléphone | Teléfono del trabajo
        | Teléfono (trabajo) | Teléfono de la oficina | Teléfono | Telefono (uff.) | Telefono (ufficio)
        | Telefono ufficio | Ufficio telefono | Telefono | Telefoon op werk | Telefoon (werk) | Telefoon werk
        | Telefoon | Telefone comercial | Telefone do trabalho | Telefone da empresa | Telefone (empresa) | Telefone
        | Telefon służbowy | Telefon (praca) | Telefon, arbete | Telefon (arbete) | Telefon arbete
        | Telefon (arbejde) | Arbejdstelefon | Telefon, arbejde | Telefon, arbeid | Telefon (arbeid) | Telefon arbeid
        | Työpuhelin | Puhelin (työ) | Puhelin | Telefon (zaměstnání) | Telefon do zaměstnání | Hivatali telefon
        | İş telefonu | İş Telefonu | Рабочий телефон | Телефон раб. | Телефон | Τηλέφωνο εργασίας | 会社電話
        | 会社電話 1 | 商务电话 | 전화
    """,
    "mobile_phone": """
        Mobiltelefon | Mobil | Handy | Handynummer | Tél. mobile | Téléphone mobile | Téléphone portable | Portable
        | Mobile | Teléfono móvil | Móvil | Teléfono celular | Celular | Cellulare | Telefono cellulare
        | Telefono (cell.) | Mobiele telefoon | Mobiel nummer | Mobiel | Telefone celular | Telemóvel
        | Telefon komórkowy | Mobilnummer | Mobiltelefonnummer | Matkapuhelin | Mobilní telefon | Mobiltelefon szám
        | Cep telefonu | Мобильный телефон | Телефон моб. | Сотовый | Κινητό τηλέφωνο | 携帯電話 | 移动电话 | 휴대폰
    """,
    "home_phone": """
        Telefon privat | Telefon (privat) | Privattelefon | Téléphone (domicile) | Téléphone domicile
        | Téléphone personnel | Particular | Teléfono particular | Teléfono de casa | Teléfono (casa)
        | Abitazione | Telefono (ab.) | Telefono (abitazione) | Telefono abitazione | Telefono casa | Telefoon thuis
        | Telefoon (thuis) | Telefone residencial | Telefone de casa | Telefone da residência | Telefon domowy
        | Telefon (dom) | Telefon, bostad | Hemtelefon | Telefon (bostad) | Telefon (hjem) | Hjemmetelefon
        | Telefon, privat | Kotipuhelin | Puhelin (koti) | Telefon (domů) | Telefon domů | Otthoni telefon
        | Ev telefonu | Домашний телефон | Телефон дом. | Τηλέφωνο οικίας | 自宅電話 | 住宅电话
    """,
    "organization": """
        Firma | Unternehmen | Organisation | Société | Entreprise | Organización | Compañía | Empresa | Società
        | Azienda | Organizzazione | Bedrijf | Organisatie | Organização | Företag | Firmanavn | Selskap | Yritys
        | Společnost | Cég | Vállalat | Şirket | Организация | Компания | Εταιρεία | 会社名 | 公司 | 회사
    """,
    "address": "SIP-Adresse | Adresse SIP | Dirección SIP | Indirizzo SIP | SIP-adres | Endereço SIP | SIP-adress",
    "image_location": "Foto | Bild",
}

_STEMS: Final = (
    (
        "",
        r"fax|pager|telex|isdn|tty|yomi|kana|secon|sekund|weiter|altern|assistent|assistant|asistente|car |auto|radio",
    ),
    ("", r"[2-9]|name|anzeig|display|affich|mostrar|\btyp"),
    ("email", r"mail(?!ing)|\bmel\b|courriel|correo|messagerie|posta el"),
    ("mobile_phone", r"mobil|handy|\bcell|portab|movil|telemovel|\bgsm\b|matkapuh|komork"),
    (
        "home_phone",
        r"(?=.*(?:\btel|phone|fono|puhelin))(?=.*(?:priv|home|domicil|person|casa|particul|dom |thuis|hem|hjem|ev ))",
    ),
    ("work_phone", r"\btel(?!eg|ex)|phone|fono|puhelin"),
)
"""Stems of headings that are not known as a whole, and the field of each; the first that fits counts."""
_GUESSES: Final = tuple((name, re.compile(stem)) for name, stem in _STEMS)


def guessed(folded: str) -> str | None:
    """The field for a folded heading that is not known as a whole: `tel dienstlich`, `primare e mail adresse`."""
    name = next((name for name, stem in _GUESSES if stem.search(f"{folded} ")), "")
    return name or None


LOCALIZED: Final[Mapping[str, str]] = {
    fold(heading): name for name, headings in _BY_FIELD.items() for heading in headings.split("|")
}
"""Fields by folded headings."""
