from tests.waiting import until

from videobar.room.content import ContentFigures
from videobar.room.video import Snapshot


async def test_content(stage):
    ask = stage.ask
    for path in ("/rest/collaboration", "/rest/cameras/contentstatus", "/rest/mediastats", "/x/content"):
        await ask("GET", path)
    await ask("POST", "/rest/collaboration/content?pin=2468")
    await ask("POST", "/rest/collaboration", {"action": "END"})
    await ask("POST", "/rest/collaboration", {"action": "BEGIN"})
    await ask("POST", "/x/content/start", {"source": "../room.sqlite"})
    await ask("POST", "/x/content/start", {"page": 2})
    await ask("POST", "/x/content/start", {})
    stage.engine.figures = (ContentFigures(None, 1280, 720, 5.0, 384.4),)
    for path in (
        "/rest/collaboration",
        "/x/collaboration",
        "/rest/cameras/contentstatus",
        "/rest/mediastats",
    ):
        await ask("GET", path)
    await ask("POST", "/rest/collaboration/content?pin=1234")
    await ask("POST", "/rest/collaboration/content")
    started = await ask("POST", "/rest/collaboration/content?pin=2468")
    context = started["context_id"]
    await ask("GET", f"/rest/collaboration/contentsavestatus?pin=2468&context-id={context}")
    await ask("GET", f"/rest/collaboration/content?pin=2468&context-id={context}")
    await ask("GET", "/rest/collaboration/content?pin=2468&context-id=99")
    await ask("GET", "/rest/collaboration/content/all?pin=2468")
    stage.engine.fingerprint, stage.engine.pictures[Snapshot.CONTENT] = b"fingerprint", b"\xff\xd8content"
    await stage.clock.advance(1)
    await stage.clock.advance(1)
    await until(lambda: stage.collaboration.session.saved)
    await ask("GET", "/rest/collaboration/content?pin=2468&context-id=1-1-1")
    await ask("GET", "/rest/collaboration/content/all?pin=2468")
    await ask("GET", "/x/collaboration")
    await ask("GET", "/rest/collaboration/contentsavestatus?pin=2468&status=False")
    await ask("GET", "/rest/collaboration/contentsavestatus?pin=2468&status=maybe")
    await ask("POST", "/x/content/stop")
    await ask("GET", "/rest/collaboration")
    await ask("POST", "/x/collaboration", {"pin": "12345"})
    await ask("POST", "/rest/collaboration", {"action": "END"})
    await ask("POST", "/x/collaboration", {"pin": "123"})
    await ask("POST", "/x/collaboration", {"pin": "12345"})
    await ask("POST", "/rest/collaboration", {"action": "END"})
    stage.compare("content")
