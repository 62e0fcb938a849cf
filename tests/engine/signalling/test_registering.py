"""The room's account: from configuration to what the API shows."""

from __future__ import annotations

import msgspec
import pytest

from videobar.engine.signalling.registering import model_and_version, shown
from videobar.sip.registration.account import Account, RegistrationIntervals
from videobar.sip.session.digest import Credentials
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


def test_an_account_goes_to_the_media_process_as_it_is_and_shows_no_password():
    account = Account(
        address=SipUri("example.org", "room"),
        servers=(SipUri.parse("sip:a.example.org;transport=tls"), SipUri.parse("sip:[2001:db8::1]:5070")),
        credentials=Credentials("auth", "very secret"),
        proxy=SipUri("edge.example.org"),
        intervals=RegistrationIntervals(expires=600, keep_alive=0),
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(account), type=Account) == account
    assert [shown(each) for each in account.servers] == ["a.example.org", "[2001:db8::1]:5070"]
    assert "very secret" not in f"{account} {account!r}"
