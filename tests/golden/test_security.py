async def test_security(stage):
    ask = stage.ask
    await ask("POST", "/rest/security/password/ADMIN", {"oldPassword": "x", "newPassword": "secret word"})
    await ask(
        "POST", "/rest/security/password/ADMIN", {"oldPassword": stage.password, "newPassword": "short"}
    )
    await ask(
        "POST",
        "/rest/security/password/ADMIN",
        {"oldPassword": stage.password, "newPassword": stage.password},
    )
    await ask("POST", "/x/security/accounts", {"user": "Ada", "password": "another word"})
    await ask("POST", "/x/security/accounts", {"user": "ada", "password": "another word"})
    await ask("GET", "/x/security/accounts")
    await ask("GET", "/x/security/certificate")
    await ask("POST", "/x/security/certificate/request", {"commonName": "room"})
    await ask("DELETE", "/x/security/certificate")
    await ask("PUT", "/rest/system/certificates", upload="PEM")
    await ask("PUT", "/rest/system/certificates", upload="PE")
    await ask("GET", "/x/security/audit?limit=2")
    await ask("DELETE", "/x/security/accounts/admin")
    await ask("DELETE", "/x/security/accounts/ada")
    await ask("DELETE", "/x/security/sessions/none")
    (session,) = await ask("GET", "/x/security/sessions")
    await ask("DELETE", f"/x/security/sessions/{session['handle']}")
    login = await ask("POST", "/rest/session", {"user": "admin", "password": stage.password})
    stage.use(login)
    await ask("DELETE", "/rest/session")
    stage.compare("security")
