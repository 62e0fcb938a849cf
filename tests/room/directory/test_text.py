import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.room.directory.text import digits_of, fold, sort_key, starts_of, words_of

NAMES = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Łukasz Świątek", "lukasz swiatek"),
        ("ÅSA Öström", "asa ostrom"),
        ("Straße", "strasse"),
        ("Ngữ Nguyễn", "ngu nguyen"),
        ("O'Brien", "obrien"),
        ("D’Angelo", "dangelo"),
        ("Al-Ḥasan", "al hasan"),
        ("  Room\t№ 9 ", "room no 9"),
        ("ﬁnance", "finance"),
        ("Ørsted", "orsted"),
        ("İstanbul", "istanbul"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
        ("Сергей", "сергеи"),
        ("が", "か"),
        ("٤٢", "42"),
        ("ａｎｎ", "ann"),
        ("", ""),
        ("—", ""),
    ],
)
def test_texts_that_read_alike_fold_alike(written, folded):
    assert fold(written) == folded


def test_vowels_of_indic_scripts_are_kept():
    assert fold("कि") != fold("का")


@given(NAMES)
def test_folding_what_is_folded_changes_nothing(text):
    assert fold(fold(text)) == fold(text)
    assert "  " not in fold(text)


@pytest.mark.parametrize(
    "in_order",
    [
        ["Room 2", "Room 9", "Room 10", "Room 0100", "Room A"],
        ["Adam", "Åsa", "Azar", "Bo"],
        ["Luis", "Łukasz", "Lux"],
        ["Zoe", "Zoë", "Zoé A"],
        ["Mueller", "Müller"],
        ["7", "10", "123456789", "1234567890", "999999999999999999", "1" + 30 * "0"],
        ["al Hasan", "al-Hasan", "Alan"],
    ],
)
def test_names_in_order(in_order):
    shuffled = [*in_order[1::2], *in_order[::2]]
    assert sorted(shuffled, key=sort_key) == in_order


@given(st.lists(NAMES))
def test_the_order_of_keys_is_the_same_in_sqlite_and_here(texts):
    keys = [sort_key(text) for text in texts]
    assert sorted(keys) == sorted(keys, key=str.encode)


@given(st.integers(0, 10**40), st.integers(0, 10**40))
def test_numbers_are_sorted_as_numbers(one, other):
    assert (sort_key(f"Room {one}") < sort_key(f"Room {other}")) == (one < other)


def test_words_are_there_once():
    assert words_of(["Ann Lee", "Lee, Ann", "ann.lee@example.org"]) == "ann example lee org"


def test_starts_of_words_and_of_everything_where_no_spaces_are():
    assert starts_of("ann lee") == "a an l le"
    assert "太郎" in starts_of(fold("田中太郎")).split()
    assert "郎" in starts_of(fold("田中太郎")).split()


def test_digits_of_numbers():
    assert digits_of("+1 (555) 010-1234 x٧") == "155501012347"
