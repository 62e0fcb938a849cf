"""Imports of which some entries cannot go in, into a whole room."""

import pytest

from videobar.contract.model import Upload
from videobar.errors import ImportRefused
from videobar.in_process import local_room

FILE = b"""<directory version="1">
<entry id="a" favorite="1"><displayName>A</displayName></entry>
<entry id="a" favorite="2"><displayName>Again</displayName></entry>
<entry id="g" type="GROUP"><displayName>G</displayName><member>a</member><member>gone</member><member>h</member></entry>
<entry id="h" type="GROUP"><displayName>H</displayName><member>g</member></entry>
<entry id="t" type="TEAM"><displayName>T</displayName></entry>
<entry id="b"><displayName>B</displayName></entry>
</directory>"""


async def test_the_rest_goes_in_where_that_was_asked_for(tmp_path):
    upload = Upload("application/xml", FILE)
    async with local_room(tmp_path, engine="simulated") as room:
        with pytest.raises(ImportRefused, match="line 6: type"):
            await room.directory.import_entries(upload)
        assert (await room.directory.favorites()).entries == []
        result = await room.directory.import_entries(upload, partial=True)
        assert (result.added, result.updated, result.skipped) == (4, 0, 0)
        told = "; ".join(result.complaints)
        for complaint in (
            "line 6: type",
            "line 3: id: that of line 2",
            "line 4: member: there is no entry 'gone'",
        ):
            assert complaint in told
        assert "the group would be a member of itself" in told
        assert result.left_out == len(result.complaints) == 5
        assert [entry.id for entry in (await room.directory.favorites()).entries] == ["a"]
        again = await room.directory.import_entries(Upload("text/csv", b"name\nC\n"), partial=True)
        assert (again.added, again.left_out, again.complaints) == (1, 0, [])
