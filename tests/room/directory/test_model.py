"""Random doings with a directory, beside the same on plain lists."""

import asyncio
import itertools

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.examples import examples

from videobar.adapters.store.database import Database
from videobar.assembly.directory import directory_over
from videobar.clock import SystemClock
from videobar.errors import GroupCycle, InvalidRequest, NotAFavorite
from videobar.room.directory.entry import EntryFields
from videobar.room.directory.port import DirectoryChange
from videobar.room.directory.search import DirectorySearch, search_words
from videobar.room.directory.text import sort_key
from videobar.vocabulary import EntryScope, EntryType, GroupScope

NAMES = st.text("abÅå é1", min_size=1, max_size=4).filter(str.strip)
ANY = st.integers(0, 30)


class Doings(RuleBasedStateMachine):
    @initialize()
    def open(self):
        self.loop = asyncio.new_event_loop()
        self.folder = next(FOLDERS)
        self.ids = itertools.count(1)
        self.names = {}
        self.groups = {}
        self.favorites = []
        self.reopen()

    def reopen(self):
        self.database = Database(self.folder)
        self.directory = directory_over(self.database, SystemClock(), new_id=lambda: f"e{next(self.ids)}")
        self.query = None

    def do(self, coroutine):
        return self.loop.run_until_complete(coroutine)

    def pick(self, number):
        return list(self.names)[number % len(self.names)]

    @rule(name=NAMES, is_group=st.booleans(), favorite=st.booleans())
    def add(self, name, is_group, favorite):
        kind = EntryType.GROUP if is_group else EntryType.SINGLE
        entry = self.do(self.directory.add(EntryFields(kind, name), favorite=favorite))
        self.names[entry.id] = name
        if is_group:
            self.groups[entry.id] = set()
        if favorite:
            self.favorites.append(entry.id)

    @precondition(lambda self: self.names)
    @rule(number=ANY, name=NAMES)
    def rename(self, number, name):
        self.do(self.directory.change(self.pick(number), DirectoryChange({"display_name": name})))
        self.names[self.pick(number)] = name
        self.query = None

    @precondition(lambda self: self.names)
    @rule(number=ANY)
    def remove(self, number):
        gone = self.pick(number)
        self.do(self.directory.remove(gone))
        del self.names[gone]
        self.groups.pop(gone, None)
        for members in self.groups.values():
            members.discard(gone)
        self.favorites = [one for one in self.favorites if one != gone]
        if self.query is not None:
            self.there.discard(gone)

    @precondition(lambda self: self.groups)
    @rule(one=ANY, other=ANY)
    def join(self, one, other):
        group = list(self.groups)[one % len(self.groups)]
        member = self.pick(other)
        try:
            self.do(self.directory.add_member("local", group, member))
        except GroupCycle:
            assert member == group or group in self.within(member)
        else:
            assert member != group
            assert group not in self.within(member)
            self.groups[group].add(member)

    def within(self, group):
        found, new = set(), set(self.groups.get(group, ()))
        while new:
            found |= new
            new = set().union(*(self.groups.get(one, set()) for one in new)) - found
        return found

    @precondition(lambda self: self.names)
    @rule(number=ANY, index=ANY, act=st.sampled_from(["set", "unset", "move"]))
    def favor(self, number, index, act):
        one = self.pick(number)
        if act == "move":
            try:
                self.do(self.directory.move_favorite("local", one, index))
            except NotAFavorite:
                assert one not in self.favorites
            except InvalidRequest:
                assert index >= len(self.favorites)
            else:
                self.favorites.remove(one)
                self.favorites.insert(index, one)
            return
        self.do(self.directory.set_favorite("local", one, favorite=act == "set"))
        if act == "unset":
            self.favorites = [other for other in self.favorites if other != one]
        elif one not in self.favorites:
            self.favorites.append(one)

    @rule()
    def restart(self):
        self.close()
        self.reopen()

    @rule(limit=st.integers(1, 4))
    def begin(self, limit):
        """Begin to page through everything; what is there until the end must be listed exactly once."""
        self.query = self.do(self.directory.begin_query(DirectorySearch()))
        self.there, self.listed, self.start, self.limit = set(self.names), [], 1, limit

    @precondition(lambda self: self.query is not None)
    @rule()
    def next_page(self):
        page = self.do(self.directory.query(self.query, self.start, self.limit))
        self.listed += [entry.id for entry in page.entries]
        self.start = page.next_start
        assert len(set(self.listed)) == len(self.listed)
        if self.start is None:
            assert [one for one in self.listed if one in self.there] == self.sorted(self.there)
            self.query = None

    def sorted(self, ids):
        return sorted(ids, key=lambda one: (sort_key(self.names[one]), int(one[1:])))

    @invariant()
    def everything_is_as_it_should_be(self):
        if not hasattr(self, "names"):
            return
        assert self.found(DirectorySearch()) == self.sorted(self.names)
        assert self.found(DirectorySearch(search_words("a"))) == self.sorted(
            one for one, name in self.names.items() if any(w[0] == "a" for w in search_words(name))
        )
        tiered = self.sorted(self.groups) + self.sorted(self.names.keys() - self.groups.keys())
        assert self.found(DirectorySearch(entries=EntryScope.ANY_TIERED)) == tiered
        for group, members in self.groups.items():
            one_level = DirectorySearch(groups=GroupScope.ONE_LEVEL, group_id=group)
            assert self.found(one_level) == self.sorted(members)
            assert self.found(DirectorySearch(group_id=group)) == self.sorted(self.within(group))
        page = self.do(self.directory.favorites(1, 1000))
        assert [entry.id for entry in page.entries] == self.favorites

    def found(self, question):
        query = self.do(self.directory.begin_query(question))
        page = self.do(self.directory.query(query, 1, 1000))
        self.directory.delete_query(query)
        assert page.next_start is None
        return [entry.id for entry in page.entries]

    def close(self):
        self.do(self.directory.close())
        self.database.close()

    def teardown(self):
        if hasattr(self, "loop"):
            self.close()
            self.do(self.loop.shutdown_default_executor())
            self.loop.close()


def test_doings(tmp_path):
    global FOLDERS
    FOLDERS = (tmp_path / f"{number}.sqlite" for number in itertools.count())
    Doings.TestCase.settings = settings(
        max_examples=examples(25),
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    Doings.TestCase().runTest()


FOLDERS = iter(())
