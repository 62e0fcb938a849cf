async def test_calendar(stage):
    ask = stage.ask
    await ask("GET", "/rest/calendar")
    await ask("GET", "/rest/calendar/meetings?start=1700003600&end=1700020000")
    meetings = await ask("GET", "/rest/calendar/meetings?number=1")
    await ask("GET", "/rest/calendar/meetings?start=1700020000")
    await ask("GET", "/rest/calendar/meetings?number=-1")
    await ask("GET", "/rest/calendar/meetings?start=2&end=1")
    await ask("GET", "/rest/calendar/meetings?number=some")
    await ask("GET", f"/rest/calendar/meetings/{meetings[0]['id']}")
    await ask("GET", "/rest/calendar/meetings/m-17")
    await ask("POST", "/rest/calendar/meetings/m-17")
    await ask("POST", f"/rest/calendar/meetings/{meetings[0]['id']}", {"action": "eat"})
    await ask("POST", f"/rest/calendar/meetings/{meetings[0]['id']}")
    await ask("DELETE", "/rest/conferences/0")
    for search in (
        {"domain": "email", "email": "room@example.org", "username": "room", "password": "wrong"},
        {"domain": "email", "email": "room@example.com"},
        {"domain": "email", "email": "room"},
        {"domain": "sip"},
        {"domain": "fax", "email": "room@example.org"},
        {"domain": "sip", "email": "sip:room@example.org", "username": "room", "password": "right"},
    ):
        await ask("POST", "/rest/calendar/discover", search)
    stage.compare("calendar")
