async def test_session(newcomer):
    stage, ask = newcomer, newcomer.ask
    await ask("POST", "/rest/session", {"user": "admin", "password": "wrong"})
    await ask("POST", "/rest/session", {"user": "admin"})
    await ask("DELETE", "/rest/session")
    login = await ask("POST", "/rest/session", {"user": "admin", "password": stage.password})
    stage.use(login)
    await ask("POST", "/rest/session", {"user": "admin", "password": stage.password})
    await ask("GET", "/rest/session")
    await ask("GET", "/rest/current/session/sessions")
    stage.compare("session")
