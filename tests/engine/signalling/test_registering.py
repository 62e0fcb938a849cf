"""The room's account: from configuration to what the API shows."""

from __future__ import annotations

import pytest

from videobar.engine.process.configuration import AccountConfiguration
from videobar.engine.signalling.registering import account_of, model_and_version, shown
from videobar.sip.syntax.uri import SipUri


@pytest.mark.parametrize(
    ("product", "model", "version"),
    [
        ("kamailio (5.6.3 (x86_64/linux))", "kamailio", "5.6.3"),
        ("OpenSIPS (3.4.0 (x86_64/linux))", "OpenSIPS", "3.4.0"),
        ("Asterisk PBX 18.10.0", "Asterisk PBX 18.10.0", ""),
        ("raw/9", "raw", "9"),
        ("FPBX-16.0.40(18.20)", "FPBX-16.0.40", "18.20"),
        ("Poly RealPresence DMA/11.0 extra", "Poly RealPresence DMA", "11.0"),
        ("(5.6)", "(5.6)", ""),
        ("/", "/", ""),
        ("", "", ""),
    ],
)
def test_products_are_taken_apart(product, model, version):
    assert model_and_version(product) == (model, version)


def test_an_account_as_it_is_configured():
    account = account_of(
        AccountConfiguration(
            address="sip:room@example.org",
            servers=("sip:a.example.org;transport=tls", "sip:[2001:db8::1]:5070"),
            user="auth",
            password="very secret",
            proxy="sip:edge.example.org",
            expires=600,
            keep_alive=0,
        )
    )
    assert account.address == SipUri("example.org", "room")
    assert [shown(each) for each in account.servers] == ["a.example.org", "[2001:db8::1]:5070"]
    assert account.proxy == SipUri("edge.example.org")
    assert account.intervals.expires == 600
    assert "very secret" not in repr(account)


def test_the_password_is_in_no_text_of_the_configuration():
    configuration = AccountConfiguration("sip:room@h", ("sip:h",), "room", "very secret")
    assert "very secret" not in repr(configuration)
    assert "very secret" not in str(configuration)
