"""Messages that torture a SIP parser, in the manner of RFC 4475 and 5118, written for this project.

`VALID` ones are well formed however they look, and must be understood; `REFUSED` ones deserve the status beside them;
`IGNORED` ones cannot even be answered. Each is whole bytes, as a datagram brings them; `{port}` is the sender's port.
"""

from __future__ import annotations

HEAD = (
    "Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{name};rport\r\n"
    "Max-Forwards: 70\r\n"
    "From: <sip:caller@127.0.0.1:{port}>;tag=t{name}\r\n"
    "To: <sip:room@127.0.0.1>\r\n"
    "Call-ID: {name}@torture\r\n"
    "CSeq: 1 OPTIONS\r\n"
)


def options(
    *lines: str, start: str = "OPTIONS sip:room@127.0.0.1 SIP/2.0", without: str = "", body: str = ""
) -> str:
    """An OPTIONS with some lines more, and one left out."""
    kept = [line for line in HEAD.split("\r\n") if line and not (without and line.startswith(without))]
    return "\r\n".join([start, *kept, *lines, "", body])


VALID = {
    # 3.1.1.1 a short tortuous INVITE, as OPTIONS: folding, odd case, compact names, empty and unknown headers
    "tortuous": (
        "OPTIONS sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\r\n"
        "TO :\r\n sip:vivekg@chair-dnrc.example.com ;   tag    = \r\n"
        'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8\r\n'
        "MaX-fOrWaRdS: 0068\r\n"
        "Call-ID: {name}.0ha0isndaksdj@192.0.2.1\r\n"
        "cseq: 0009\r\n  OPTIONS\r\n"
        "Via  : SIP  /   2.0\r\n /UDP\r\n    127.0.0.1:{port};branch=z9hG4bK{name};rport\r\n"
        "s :\r\n"
        "NewFangledHeader:   newfangled value\r\n continued newfangled value\r\n"
        "UnknownHeaderWithUnusualValue: ;;,,;;,;\r\n"
        "Route:\r\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>\r\n"
        'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =\r\n      newvalue ;\r\n'
        "  secondparam ; q = 0.33\r\n"
        "l: 0\r\n\r\n"
    ),
    # 3.1.1.2 wide range of valid characters
    "characters": options(
        "Extensionheader-!.%*+_`'~: \ufeff\u5927\u505c\u96fb",
        start="OPTIONS sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
        "@127.0.0.1 SIP/2.0",
    ),
    # 3.1.1.3 percent escapes that mean a NUL, and a percent that is not one in a header value
    "escapes": options("X-Percent: 100%", start="OPTIONS sip:null-%00-null@127.0.0.1 SIP/2.0"),
    # 3.1.1.6 no space before the angle bracket of an address
    "noblanks": options(without="From").replace(
        "Call-ID", 'From: "caller"<sip:caller@127.0.0.1>;tag=323\r\nCall-ID'
    ),
    # 3.1.1.7 long values
    "long": options(
        "X-Long: " + "value" * 400,
        start="OPTIONS sip:user@" + "a" * 60 + ".example.com SIP/2.0",
        without="To",
    ).replace(
        "Call-ID", 'To: "' + "I have a user name of extreme proportion" * 20 + '" <sip:a@h>\r\nCall-ID'
    ),
    # 3.1.1.8 octets beyond the body, in a datagram
    "trailing": options("Content-Length: 0")
    + "INVITE sip:joe@example.com SIP/2.0\r\nt: sip:joe@example.com\r\n",
    # 3.1.1.9 a semicolon in the user part
    "semicolon": options(start="OPTIONS sip:user;par=u%40example.net@127.0.0.1 SIP/2.0"),
    # 3.1.1.12 unusual reason: here a request with many unknown parameters in Via
    "parameters": options(without="Via").replace(
        "Max-Forwards",
        'Via: SIP/2.0/UDP 127.0.0.1:{port};rport;branch=z9hG4bK{name};unknown;other="quoted;,";x\r\nMax-Forwards',
    ),
    # 3.1.1.13 several transports in Via
    "transports": options(without="Via").replace(
        "Max-Forwards",
        "Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{name};rport, SIP/2.0/SCTP t2.example.com;branch=z9hG4bK2\r\n"
        "Via: SIP/2.0/UNKNOWN t5.example.com;branch=z9hG4bK5\r\nMax-Forwards",
    ),
    # 3.3.8 unknown authorization scheme, 3.3.9 several values in one header, 3.3.14 dates before 1970
    "authorization": options(
        "Authorization: NoOneKnowsThisScheme opaque-data=here", "Date: Fri, 01 Jan 1960 16:00:00 EST"
    ),
    "zeros": options("Max-Forwards: 0", without="Max-Forwards"),
    # RFC 5118: IPv6 in odd places
    "ipv6": options(
        "Contact: <sip:user@[2001:db8::1]:5070>",
        without="Via",
        start="OPTIONS sip:room@[2001:db8::10]:5070 SIP/2.0",
    ).replace(
        "Max-Forwards",
        "Via: SIP/2.0/UDP 127.0.0.1:{port};received=[2001:db8::9:255];branch=z9hG4bK{name};rport\r\nMax-Forwards",
    ),
    "lines": "\r\n\r\n" + options(),
}
"""OPTIONS that are answered with 200."""

REFUSED = {
    # 3.1.2.2 Content-Length larger than the body, in a datagram
    "short-body": (400, options("Content-Length: 9999", body="v=0\r\n")),
    # 3.1.2.3 negative length
    "negative": (400, options("Content-Length: -999")),
    # 3.1.2.4 numbers that are too large
    "cseq-huge": (400, options("CSeq: 36893488147419103232 OPTIONS", without="CSeq")),
    "cseq-minus": (400, options("CSeq: -1 OPTIONS", without="CSeq")),
    "forwards-huge": (400, options("Max-Forwards: 300", without="Max-Forwards")),
    # 3.1.2.6 an unterminated quoted string
    "quote": (400, options('To: "Mr. J. User <sip:j.user@example.com>', without="To")),
    # 3.1.2.7 the Request-URI in angle brackets
    "brackets": (400, options(start="OPTIONS <sip:user@example.com> SIP/2.0")),
    # 3.1.2.10 escaped headers in the Request-URI are none of a request's business
    "bad-uri": (400, options(start="OPTIONS sip:@@@ SIP/2.0")),
    # 3.1.2.16 unknown version, 3.1.2.17 and 18 methods that differ
    "version": (505, options(start="OPTIONS sip:room@127.0.0.1 SIP/7.0")),
    "methods": (400, options("CSeq: 1 INVITE", without="CSeq")),
    "unknown-method": (
        405,
        options("CSeq: 8 NEWMETHOD", without="CSeq", start="NEWMETHOD sip:room@127.0.0.1 SIP/2.0"),
    ),
    # 3.3.1 required headers that are missing, 3.3.2 unknown scheme, 3.3.5 unknown option
    "no-call-id": (400, options(without="Call-ID")),
    "no-from": (400, options(without="From")),
    "no-to": (400, options(without="To")),
    "no-cseq": (400, options(without="CSeq")),
    "require": (420, options("Require: nothingSupportsThis, nothingSupportsThisEither")),
    # 3.3.8 headers that may stand once, twice
    "twice": (400, options("Call-ID: another", "CSeq: 5 OPTIONS")),
    "twice-from": (400, options("From: <sip:other@h>;tag=2")),
}
"""OPTIONS and their like that are answered with a refusal."""

IGNORED = {
    "empty": "",
    "blank": "\r\n\r\n\r\n",
    "nul": "\x00" * 40,
    "no-via": options(without="Via"),
    "bad-via": options("Via: nonsense", without="Via"),
    "no-end": options()[:-2],
    "no-colon": options("this line has no colon"),
    "start": options(start="OPTIONS"),
    "start-tab": options(start="OPTIONS\tsip:room@127.0.0.1\tSIP/2.0"),
    # 3.1.2.8 spaces within the Request-URI: refusing is right, and so is being generous
    "blank-uri": options(start="OPTIONS sip:user@example.com; lr SIP/2.0"),
    "http": "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
    "response": "SIP/2.0 200 OK\r\n" + HEAD + "\r\n",
    "response-huge-status": "SIP/2.0 4294967301 better not break\r\n" + HEAD + "\r\n",
    "response-100-tag": "SIP/2.0 100 Trying\r\n" + HEAD + "\r\n",
    "ack": options(start="ACK sip:room@127.0.0.1 SIP/2.0", without="CSeq").replace(
        "Call-ID", "CSeq: 1 ACK\r\nCall-ID"
    ),
    "headers": options(*(f"X-{number}: 1" for number in range(400))),
    "stun": "\x00\x01\x00\x00\x21\x12\xa4\x42" + "x" * 12,
}
"""What gets no answer, or one that does not matter; it must do no harm."""


def write(message: str, name: str, port: int) -> bytes:
    """The bytes of one of them."""
    return message.replace("{port}", str(port)).replace("{name}", name).encode("utf-8", "surrogateescape")
