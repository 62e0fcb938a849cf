from videobar.room.calls.port import Cause
from videobar.vocabulary import CAUSES, cause_in_words


def test_every_cause_that_a_room_gives_has_words():
    given = {number for name, number in vars(Cause).items() if name.isupper()} - {Cause.NONE}
    assert given <= CAUSES.keys()


def test_causes_in_words():
    assert cause_in_words(3) == "no route to destination (cause 3)"
    assert cause_in_words(200) == "cause 200"
