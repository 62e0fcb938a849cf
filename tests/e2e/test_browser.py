"""A page of another origin, in a real browser that is logged in to the room: it can do and read nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from tests.e2e.browser import browser_page, chromium

pytestmark = [
    pytest.mark.apt,
    pytest.mark.skipif(chromium() is None, reason="chromium is not installed: apt-get install chromium"),
]

TARGETS = [
    ("GET", "/rest/system", None),
    ("GET", "/rest/session/sessions", None),
    ("GET", "/x/security/audit", None),
    ("POST", "/rest/conferences", {"address": "echo@sim", "dialType": "AUTO", "rate": 0}),
    ("POST", "/rest/config", {"vars": [{"name": "system.info.systemname", "value": "stolen"}]}),
    ("POST", "/x/system/name", "stolen"),
    ("POST", "/rest/session", {"user": "admin", "password": "wrong"}),
    ("DELETE", "/rest/session", None),
    ("PUT", "/rest/system/certificates", {}),
    ("POST", "/x/security/accounts", {"user": "evil", "password": "evil", "role": "ADMIN"}),
]
ATTACK = """
(async (room, targets) => {
  const got = [];
  const note = async (how, promise) => {
    try { const answer = await promise; got.push([how, answer.type, await answer.text()]); }
    catch (error) { got.push([how, "error", ""]); }
  };
  for (const [method, path, body] of targets) {
    for (const mode of ["cors", "no-cors"]) {
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json"]) {
        const options = {method, mode, credentials: "include", headers: {"Content-Type": type}};
        if (body !== null) options.body = JSON.stringify(body);
        await note([method, path, mode, type].join(" "), fetch(room + path, options));
      }
    }
    if (method === "POST") {
      navigator.sendBeacon(room + path, JSON.stringify(body));
      const frame = document.createElement("iframe");
      frame.name = "frame" + got.length;
      document.body.append(frame);
      const form = document.createElement("form");
      Object.assign(form, {method: "POST", action: room + path, target: frame.name, enctype: "text/plain"});
      const field = document.createElement("input");
      const text = JSON.stringify(body);
      field.name = text.slice(0, -1) + (text.endsWith("}") ? ',"x":"' : "");
      field.value = text.endsWith("}") ? '"}' : text.slice(-1);
      form.append(field);
      document.body.append(form);
      const loaded = new Promise(done => { frame.onload = done; setTimeout(done, 3000); });
      form.submit();
      await loaded;
      try { got.push(["frame", "read", frame.contentDocument.body.innerText]); } catch (error) {}
    }
  }
  for (const path of ["/rest/system", "/x/metrics"]) {
    await new Promise(done => {
      const script = document.createElement("script");
      script.onload = script.onerror = done;
      script.src = room + path;
      document.body.append(script);
    });
  }
  await new Promise(done => {
    const socket = new WebSocket(room.replace("https", "wss") + "/rest/system");
    socket.onopen = () => { got.push(["websocket", "open", "open"]); done(); };
    socket.onerror = done;
  });
  return got;
})
"""


@pytest.fixture
async def elsewhere() -> AsyncIterator[int]:
    """Port of a server with an empty page."""

    async def page(request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><body></body>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield runner.addresses[0][1]
    await runner.cleanup()


@pytest.mark.parametrize("firmware", ["3.12.0", "4.6.2"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_page_of_another_origin(start_room, control, elsewhere, tmp_path, host, firmware):
    """Of the same site, to which cookies go, and of another; whether writes need the token or not."""
    room = start_room("--engine", "simulated", "--firmware", firmware)
    controller = control(room)
    base = f"https://127.0.0.1:{room.port}"
    cookie = controller.headers["Cookie"].split("session_id=")[1].split(";")[0]
    name = controller.get("/rest/system")["systemName"]
    async with browser_page(tmp_path / "profile") as page:
        await page.do(
            "Network.setCookie",
            url=base,
            name="session_id",
            value=cookie,
            path="/",
            secure=True,
            sameSite="None",
        )
        await page.open(f"{base}/rest/system")
        own = await page.run("document.body.innerText")
        assert json.loads(own)["systemName"] == name, "the browser is logged in"
        await page.open(f"http://{host}:{elsewhere}/")
        got = await page.run(f"{ATTACK}({json.dumps(base)}, {json.dumps(TARGETS)})")
    assert len(got) >= 6 * len(TARGETS)
    assert [each for each in got if each[2]] == []
    assert controller.get("/rest/system")["systemName"] == name
    assert controller.get("/rest/conferences") == []
    assert len(controller.get("/rest/session/sessions")["sessionList"]) == 1
    assert not [each for each in controller.get("/x/security/accounts") if "evil" in json.dumps(each)]
