"""Content: one stream of pictures besides the people, shown by one party at a time to all others.

The latest presenter takes over from the one before. Where floor control was agreed on, far ends ask us for the floor
or we ask them; where it was not, the party that sends pictures is the presenter.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import Final, Protocol

from videobar.codecs.registry import video_format
from videobar.engine.mixing.shared_encoding import Party, SharedEncoding, narrow_ones
from videobar.engine.streams.video_formats import VideoParameters
from videobar.media.video.capture import VideoCapture
from videobar.media.video.coding import EncoderSettings
from videobar.media.video.frame import Frame, fingerprint_of
from videobar.media.video.sources.schemes import moves, open_content
from videobar.room.calls.port import LegId
from videobar.room.content import ContentFigures, ContentReport, FarContent, NearContentEnded

log = logging.getLogger("videobar.engine")

SIZES: Final = ((1920, 1080), (1280, 720), (848, 480), (640, 360), (320, 180))
STILL_PER_S: Final = 5
MOVING_PER_S: Final = 15
SOMEBODY_ELSE: Final = "a far end shows content now"


class ContentParty(Party, Protocol):
    """The content side of one call."""

    def begin(self) -> None:
        """Get the floor, and let the far end see; `ContentHub.arrange` when that is possible."""
        ...

    def open_line(self) -> None:
        """Offer it content, if it is to see something and has no line for it."""
        ...

    def end(self) -> None:
        """Let it see no more, and give the floor back."""
        ...

    @property
    def sending(self) -> bool:
        """True if the party may be sent content now."""
        ...

    def figures(self, *, sent: bool) -> ContentFigures | None:
        """Figures of the content that is sent to it, or comes from it."""
        ...


class ContentHub:
    """Content hub: tracks the presenter, and sends the content to all others. Belongs to the event loop."""

    def __init__(
        self, report: Callable[[ContentReport], None], soon: Callable[[Callable[[], None]], object]
    ) -> None:
        """`soon` has something done on the event loop, from any thread."""
        self._report = report
        self._soon = soon
        self._near: VideoCapture | None = None
        self._url = ""
        self._parties: dict[LegId, ContentParty] = {}
        self._presenter: LegId | None = None
        """The far end that shows; never with a near source."""
        self._seen = False
        """True once its pictures have come: the holder of the floor takes a moment to send them."""
        self._past: set[LegId] = set()
        """Far ends whose last pictures are still there, though they do not show any more."""
        self._encodings: dict[tuple[EncoderSettings, bool], SharedEncoding] = {}
        """Encodings by their settings, and whether they are for paths that carry less than others."""
        self._narrow: frozenset[LegId] = frozenset()

    @property
    def presenter(self) -> LegId | None:
        """The far end that shows, if one does."""
        return self._presenter

    def show(self, url: str) -> None:
        """Share the content at `url`, in place of any that is shared."""
        self._url = url
        if self._near is not None:
            self._near.open(url)
            self.arrange()
            return
        if self._presenter is not None:
            self._dismiss(self._presenter)
        self._past |= {leg for leg, party in self._parties.items() if party.latest is not None}
        self._near = VideoCapture(url, self._near_changed, opener=open_content)
        self._near.subscribe(self._show_near)
        for party in self._parties.values():
            party.begin()
            party.open_line()
        self.arrange()

    def hide(self) -> None:
        """Stop sharing."""
        near, self._near = self._near, None
        if near is None:
            return
        near.unsubscribe(self._show_near)
        near.close()
        self._nothing_to_see()

    def picture(self) -> Frame | None:
        """The content that is seen at this moment."""
        if self._near is not None:
            return self._near.latest
        party = self._parties.get(self._presenter) if self._presenter is not None else None
        return party.latest if party is not None else None

    def fingerprint(self) -> bytes | None:
        """Fingerprint of that picture, which distinguishes it from others."""
        picture = self.picture()
        return fingerprint_of(picture) if picture is not None else None

    def figures(self) -> tuple[ContentFigures, ...]:
        """Figures of all content that is shown, by this room or a far end."""
        if self._near is not None:
            sent = [party.figures(sent=True) for party in self._parties.values() if party.sending]
            best = max((each for each in sent if each is not None), key=lambda each: each.kbps, default=None)
            picture = self._near.latest
            size = picture.size if picture is not None else (0, 0)
            rate, kbps = (best.frame_rate, best.kbps) if best is not None else (float(self._rate), 0.0)
            return (ContentFigures(None, *size, rate, kbps),)
        party = self._parties.get(self._presenter) if self._presenter is not None else None
        own = party.figures(sent=False) if party is not None else None
        return (own,) if own is not None else ()

    # What parties say

    def join(self, leg: LegId, party: ContentParty) -> None:
        """A call has content, or its terms have changed."""
        is_new = leg not in self._parties
        self._parties[leg] = party
        if is_new and (self._near is not None or self._presenter is not None):
            party.begin()
        self.arrange()

    def leave(self, leg: LegId) -> None:
        """It has no more; twice is harmless."""
        if self._parties.pop(leg, None) is None:
            return
        self._past.discard(leg)
        if leg == self._presenter:
            self._over(leg)
            self._nothing_to_see()
        else:
            self.arrange()

    def far_begins(self, leg: LegId) -> None:
        """A far end has the floor, or its pictures come without one."""
        if self._presenter == leg:
            return
        self._past.discard(leg)
        if self._near is not None:
            url = self._url
            self.hide()
            self._report(NearContentEnded(url, SOMEBODY_ELSE))
        if self._presenter is not None:
            self._dismiss(self._presenter)
        self._presenter, self._seen = leg, False
        for each, party in self._parties.items():
            if each == leg:
                party.end()
            else:
                party.begin()
        self.arrange()
        self._report(FarContent(leg, True))

    def far_ends(self, leg: LegId) -> None:
        """It has given the floor back, or its pictures have ceased."""
        if leg == self._presenter:
            self._over(leg)
            self._past.add(leg)
            self._nothing_to_see()

    def floor_lost(self, leg: LegId) -> None:
        """The far end refuses or revokes the floor: the content stops, unless other far ends get it."""
        self._past.discard(leg)  # it takes the floor to show something itself
        if self._near is not None and not any(party.sending for party in self._parties.values()):
            url = self._url
            self.hide()
            self._report(NearContentEnded(url, "the far end does not give the floor"))
        else:
            self.arrange()

    def watch(self) -> None:
        """Find far ends whose pictures have begun or ceased without a word."""
        for leg, party in list(self._parties.items()):
            party.open_line()
            shows = party.latest is not None
            if not shows:
                self._past.discard(leg)
            if leg == self._presenter:
                if self._seen and not shows:
                    self.far_ends(leg)
                    self._past.discard(leg)  # they are gone; what comes next is new, as after a short hold
                self._seen = shows
            elif shows and leg not in self._past:
                self.far_begins(leg)

    def arrange(self) -> None:
        """Update the encodings for the parties that are to get them."""
        wanted, self._narrow = self._wanted()
        for key, parties in wanted.items():
            if key not in self._encodings:
                self._encodings[key] = SharedEncoding(key[0], self._regroup_on_encoding_thread)
            self._encodings[key].give_to(parties)
        for key in [each for each in self._encodings if each not in wanted]:
            self._encodings.pop(key).stop()
        for party in self._parties.values():
            if not any(party in parties for parties in wanted.values()):
                party.encoding = None

    def show_far(self, leg: LegId, picture: Frame, at_s: float) -> None:
        """On a decoding thread: a far end's content, for the others."""
        if leg == self._presenter:
            self._show_near(picture, at_s)

    def close(self) -> None:
        """End everything."""
        self.hide()
        self._parties.clear()
        self._presenter = None
        self.arrange()

    # How

    def _wanted(self) -> tuple[dict[tuple[EncoderSettings, bool], list[ContentParty]], frozenset[LegId]]:
        """Receivers of each encoding, and the legs whose paths carry less than those of others."""
        alike: dict[EncoderSettings, dict[LegId, ContentParty]] = {}
        for leg, party in self._parties.items():
            parameters = party.parameters
            someone = self._near is not None or self._presenter not in (None, leg)
            if someone and party.sending and parameters is not None:
                alike.setdefault(settings_for(parameters, self._rate), {})[leg] = party
        wanted: dict[tuple[EncoderSettings, bool], list[ContentParty]] = {}
        all_narrow: frozenset[LegId] = frozenset()
        for settings, parties in alike.items():
            narrow = narrow_ones(parties, settings.kbps, self._narrow)
            all_narrow |= narrow
            for leg, party in parties.items():
                wanted.setdefault((settings, leg in narrow), []).append(party)
        return wanted, all_narrow

    def _regroup_on_encoding_thread(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._soon(self._regroup)

    def _regroup(self) -> None:
        """Arrange anew if paths have changed so much that others belong together."""
        if self._wanted()[1] != self._narrow:
            self.arrange()

    @property
    def _rate(self) -> int:
        return STILL_PER_S if self._near is not None and not moves(self._url) else MOVING_PER_S

    def _nothing_to_see(self) -> None:
        """Start without a presenter."""
        for party in self._parties.values():
            party.end()
        self.arrange()

    def _over(self, leg: LegId) -> None:
        self._presenter = None
        self._report(FarContent(leg, False))

    def _dismiss(self, leg: LegId) -> None:
        """Change the presenter."""
        self._over(leg)
        self._past.add(leg)

    def _show_near(self, picture: Frame, at_s: float) -> None:
        """Called on the thread of the picture's source."""
        for shared in tuple(self._encodings.values()):
            shared.encoding.show(picture, at_s)

    def _near_changed(self, url: str, delivering: bool, detail: str) -> None:
        """On the near thread."""
        if not delivering:
            log.warning("content %s is not shown: %s", url, detail)
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._soon(lambda: self._near_failed(url, detail))

    def _near_failed(self, url: str, detail: str) -> None:
        if self._near is not None and url == self._url:
            self.hide()
            self._report(NearContentEnded(url, detail))


def settings_for(parameters: VideoParameters, pictures_per_s: int) -> EncoderSettings:
    """The largest pictures that the far end can take so often: content is read, and hardly moves."""
    limits = parameters.limits
    rate = min(pictures_per_s, limits.pictures_per_s)
    size = next((each for each in SIZES if limits.allows(*each, rate)), SIZES[-1])
    codec = video_format(parameters.codec)
    return EncoderSettings(
        codec,
        *size,
        rate,
        max(64, limits.kbps),
        codec.largest_slice(parameters.mode),
    )
