from videobar.room.calls.connection import PROGRESS, STATES, TABLE, Happening, Phase


def test_every_phase_has_an_entry_for_everything_that_can_happen():
    assert set(TABLE) == set(Phase) == set(STATES) == set(PROGRESS)
    for phase, entries in TABLE.items():
        assert set(entries) == set(Happening), phase


def test_an_ended_connection_stays_ended():
    assert set(TABLE[Phase.ENDED].values()) == {Phase.ENDED}


def test_every_living_phase_can_end():
    for phase in Phase:
        assert TABLE[phase][Happening.OVER] is Phase.ENDED


def test_media_does_not_connect_a_call_that_nobody_answered():
    assert TABLE[Phase.RINGING_IN][Happening.MEDIA_FLOWS] is Phase.RINGING_IN
