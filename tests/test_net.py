from videobar.net import host_port


def test_a_host_and_its_port_in_one_word():
    assert host_port("lobby", 443) == "lobby:443"
    assert host_port("::1", 8443) == "[::1]:8443"


def test_a_host_alone():
    assert host_port("lobby") == "lobby"
    assert host_port("2001:db8::1") == "[2001:db8::1]"
