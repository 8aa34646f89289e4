"""URLs: the event supplies encoded values, not where the request goes."""

from __future__ import annotations

from urllib.parse import quote, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.structure.fakes import NOTHING, FakeProvenance, fill

from dayfly.core.provenance import Provenance
from dayfly.core.structure.trusted_literals import OwnText
from dayfly.core.structure.url import judge_url

TEMPLATES = (
    "https://api.example.com/items/{}/price",
    "https://api.example.com{}",
    "https://{}/items",
    "https://{}.example.com/items",
    "{}",
    "https://api.example.com/search?q={}&page=1",
    "https://api.example.com/doc#{}",
    "{}://api.example.com/",
    "https://api.example.com:{}/",
    "https://{}@api.example.com/",
    "https:{}",
    "https://app:{}@api.example.com/",
)
PATH = "/status/eu-1?at="
OWN = OwnText([PATH, *(piece for one in TEMPLATES for piece in one.split("{}"))])
ITEM, TAIL, HOST, TENANT, WHOLE, QUERY, FRAGMENT, SCHEME, PORT, USER, RELATIVE, PASS = TEMPLATES


def test_a_name_for_a_host_of_the_functions_is_a_value() -> None:
    own = OwnText(["https://", "@", "/", "192.0.2.1:8080"])
    for url, values, expected in (
        ("https://me@192.0.2.1:8080/", ("me", "192.0.2.1"), "allow"),
        ("https://me@192.0.2.6/", ("me", "192.0.2.6"), "refuse"),
        ("https://me@evil@192.0.2.1:8080/", ("me@evil",), "refuse"),
        ("https://x/@192.0.2.1:8080/", ("x/",), "refuse"),
    ):
        event = FakeProvenance({str(at): value for at, value in enumerate(values)}, keys=False)
        assert judge_url(url, event, own).verdict == expected, url


@pytest.mark.parametrize(
    ("template", "value", "expected"),
    [
        (ITEM, "..", "refuse"),
        (ITEM, "%2e%2E", "refuse"),
        (ITEM, ".%2e", "refuse"),
        (ITEM, "acme/shop", "allow"),
        (ITEM, "acme/../shop", "refuse"),
        (ITEM, "a?b", "refuse"),
        (ITEM, "a#b", "refuse"),
        (ITEM, "a\\b", "refuse"),
        (ITEM, "a\r\nHost: evil", "refuse"),
        (ITEM, "a b", "allow"),
        (TAIL, ".evil.com", "refuse"),
        (TAIL, "@evil.com/", "refuse"),
        (TAIL, ":80@evil.com", "refuse"),
        (TAIL, ".", "refuse"),
        (TAIL, "\\@evil.com", "refuse"),
        (HOST, "evil.com", "refuse"),
        (HOST, "2130706433", "refuse"),
        (HOST, "0x7f000001", "refuse"),
        (HOST, "0177.0.0.1", "refuse"),
        (HOST, "[::ffff:169.254.169.254]", "refuse"),
        (HOST, "localhost.", "refuse"),
        (TENANT, "evil.com/x", "refuse"),
        (TENANT, "evil.com#", "refuse"),
        (TENANT, "user@evil", "refuse"),
        (TENANT, "acme", "unknown"),
        (WHOLE, "https://evil.com/", "refuse"),
        (WHOLE, "//evil.com/", "refuse"),
        (WHOLE, "file:///etc/passwd", "refuse"),
        (WHOLE, "http:/evil.com", "refuse"),
        (WHOLE, "evil.com", "refuse"),
        (QUERY, "a&admin=1", "refuse"),
        (QUERY, "a & admin=1", "refuse"),
        (QUERY, "a & is admin=1", "refuse"),
        (QUERY, "a & is admin&role=1", "refuse"),
        (QUERY, "a & admin", "refuse"),
        (QUERY, "a&admin", "refuse"),
        (QUERY, "a&admin ", "refuse"),
        (QUERY, "a&is admin=1", "refuse"),
        (QUERY, "a&is admin;role=1", "refuse"),
        (QUERY, "AT&T is up", "allow"),
        (QUERY, "Tom & his old cat", "allow"),
        (QUERY, "fish%20&%20chips%20are%20good", "allow"),
        (QUERY, "a%20&%20is%20admin=1", "refuse"),
        (QUERY, "A13;%20exit%205", "allow"),
        (QUERY, "a;%20admin=1", "refuse"),
        (QUERY, "a;%61dmin=1", "refuse"),
        (QUERY, "fish & chips are good & so is tea with milk", "allow"),
        (QUERY, "a#", "refuse"),
        (QUERY, "a;b", "refuse"),
        (QUERY, "a = 'b'; -- see p. 7", "allow"),
        (QUERY, "a; admin=1", "refuse"),
        (QUERY, "a\nb", "refuse"),
        (FRAGMENT, "a\nb", "refuse"),
        (SCHEME, "file", "refuse"),
        (PORT, "22", "refuse"),
        (USER, "me", "allow"),
        (USER, "user-profile.v2", "allow"),
        *((USER, one, "refuse") for one in ("x/", "x?", "x#", "x@evil", "x\\", "x:22", "evil.com:80", "%2f")),
        (PASS, "a.b~c", "allow"),
        (PASS, "22/x", "refuse"),
        (RELATIVE, "//evil.com", "refuse"),
        (ITEM, "42", "allow"),
        (ITEM, "a%2Fb", "allow"),
        (ITEM, "a..b", "allow"),
        (ITEM, "m%C3%BCller", "allow"),
        (QUERY, "a%26b", "allow"),
        (QUERY, "a+b=c/d?e", "allow"),
        (FRAGMENT, "part/2?x&y", "allow"),
    ],
)
def test_the_event_stays_in_its_part(template: str, value: str, expected: str) -> None:
    assert judge_url(*fill(template, value), OWN).verdict == expected


@pytest.mark.parametrize(
    ("template", "value", "expected"),
    [
        (QUERY, "Name: Ann\nMail: a@example.com\r\n\tBye", "allow"),
        (ITEM, "first\nsecond", "allow"),
        (QUERY, "a\n&admin=1", "refuse"),
        (QUERY, "a;\nadmin=1", "refuse"),
        (QUERY, "a\n#", "refuse"),
        (QUERY, "a\\b", "refuse"),
        (ITEM, "..", "refuse"),
        (ITEM, "\n/../x", "refuse"),
        (TAIL, "\n.evil.com", "refuse"),
        (HOST, "evil\n.com", "refuse"),
        (PORT, "\n22", "refuse"),
    ],
)
def test_a_client_that_quotes_what_stands_behind_the_host_sends_lines_as_values(
    template: str, value: str, expected: str
) -> None:
    assert judge_url(*fill(template, value), OWN, is_quoted=True).verdict == expected


@pytest.mark.parametrize(
    ("base", "link", "expected"),
    [
        ("/v1/items/", "?page=2", "allow"),
        ("/v1/items", "?page=2&size=9", "allow"),
        ("/v1/items/", "/v1/other", "allow"),
        ("/v1/items/", "more?page=2", "refuse"),
        ("/v1/items/", "//evil.example/", "refuse"),
    ],
)
def test_a_link_of_the_events_stays_on_the_host_of_the_functions_page(
    base: str, link: str, expected: str
) -> None:
    base = "https://api.example.com" + base
    own = OwnText([base, "https://api.example.com"])
    event = FakeProvenance({"link": link, "found": link.replace("../", "")}, keys=False)
    assert judge_url(urljoin(base, link), event, own, is_joined=True).verdict == expected


def test_a_query_of_the_events_is_none_of_a_link_where_nothing_was_joined() -> None:
    own = OwnText(["https://api.example.com/items/", "urljoin"])
    event = FakeProvenance({"id": "?all=true"}, keys=False)
    assert judge_url("https://api.example.com/items/?all=true", event, own).verdict == "refuse"


def test_the_functions_own_host_is_its_own_though_the_event_names_it() -> None:
    event = FakeProvenance({"Host": "api.example.com", "x": "https"})
    assert judge_url("https://api.example.com/items/1/price", event, OWN).verdict == "allow"


@pytest.mark.parametrize(
    ("url", "event", "expected"),
    [
        ("https://api.example.com/items/7", {"origin": "https://api.example.com"}, "allow"),
        ("https://api.example.com/items/7", {"referer": "https://api.example.com/", "id": "7"}, "allow"),
        ("https://api.example.com/items/7", {"callback": "https://api.example.com/hook"}, "allow"),
        # An address that an event hands on as a whole, to where the function goes; not one that the function puts together.
        ("https://api.example.com/hook", {"callback": "https://api.example.com/hook"}, "allow"),
        (
            "https://api.example.com/items/7?x=1",
            {"id": "7?x=1", "decoy": "https://api.example.com/items/7?x=1"},
            "refuse",
        ),
        # Values in the address's own query are values of the event, too.
        (
            "https://api.example.com/hook?next=http://127.0.0.1/a?b#c",
            {
                "callback": "https://api.example.com/hook?next=http://127.0.0.1/a?b#c",
                "n": "http://127.0.0.1/a?b#c",
            },
            "allow",
        ),
        (
            "https://api.example.com/hook?a=1&admin=1",
            {"callback": "https://api.example.com/hook?a=1&admin=1", "n": "1&admin=1"},
            "refuse",
        ),
        # Content, and no address.
        ("data:text/plain;base64,aGVsbG8=", {"source": "data:text/plain;base64,aGVsbG8="}, "allow"),
        # Another port, another scheme, another host, somebody else before it.
        ("https://api.example.com:8443/items/7", {"origin": "https://api.example.com:8443"}, "refuse"),
        ("ftp://api.example.com/items/7", {"origin": "ftp://api.example.com"}, "refuse"),
        ("https://localhost/items/7", {"origin": "https://localhost"}, "refuse"),
        ("https://api.example.com@x.example/items/7", {"a": "https://api.example.com@x.example"}, "refuse"),
    ],
)
def test_the_functions_own_origin_is_its_own_though_the_event_names_it_as_a_whole(
    url: str, event: dict[str, str], expected: str
) -> None:
    own = OwnText(["https://api.example.com", "/items/", "localhost", "https://"])
    assert judge_url(url, FakeProvenance(event, keys=False), own).verdict == expected


@pytest.mark.parametrize(
    ("path", "event", "expected"),
    [
        # The function was called by its route, and calls that of another service.
        ("/items/17", {"rawPath": "/items/17"}, "allow"),
        ("/items/", {"rawPath": "/items/"}, "allow"),
        ("/items/17", {"rawPath": "/items/17", "id": "17"}, "allow"),
        # A proxy hands on what it was called by.
        ("/items/17/price", {"rawPath": "/items/17/price"}, "allow"),
        ("/other/17", {"rawPath": "/other/17"}, "allow"),
        ("/other/17?a=1&b=2", {"path": "/other/17", "rawQueryString": "a=1&b=2"}, "allow"),
        ("/users/other/17/price", {"pathParameters.proxy": "other/17"}, "allow"),
        # A link of a page, from the root.
        ("/other/17", {"id": "/other/17"}, "allow"),
        ("/other/17?a=1&b=2", {"next": "/other/17?a=1&b=2"}, "allow"),
        ("/users/7?a=1", {"id": "7?a=1", "other": "/users/7?a=1"}, "refuse"),
        ("//x.example", {"next": "//x.example"}, "refuse"),
        ("/users/2026/11", {"id": "2026/11"}, "allow"),
        ("/users/2026/11/price", {"id": "2026/11"}, "allow"),
        # All of the query is the event's, or one value of it.
        ("/items?a=1&b=2", {"q": "a=1&b=2"}, "allow"),
        ("/items?a=1&b=2#c", {"q": "a=1&b=2#c"}, "allow"),
        # A parameter of the function's is not the event's, though a value of it names that one as well.
        ("/find?user=7&admin=1", {"id": "7&admin=1", "other": "user=7&admin=1"}, "refuse"),
        ("/items?c=1&a=1&b=2", {"q": "a=1&b=2"}, "refuse"),
        ("/items?a=1&b=2&c=1", {"q": "a=1&b=2"}, "refuse"),
        ("/other/17;a=1", {"pathParameters.proxy": "other/17;a=1"}, "allow"),
        ("/other/..;a=1/17", {"pathParameters.proxy": "other/..;a=1/17"}, "refuse"),
        # A parameter of a path's segment, not of the query.
        ("/users/17;a=1", {"id": "17;a=1"}, "allow"),
        ("/users/..;a=1", {"id": "..;a=1"}, "refuse"),
        ("/users/17/price", {"id": "17/price"}, "refuse"),
        ("/users/2026/items/1.json", {"key": "2026/items/1.json"}, "allow"),
        ("/users/17/prices", {"id": "17/prices"}, "allow"),
        ("/other/../17", {"rawPath": "/other/../17"}, "refuse"),
        ("/other/17#a", {"rawPath": "/other/17#a"}, "allow"),
        ("/items/17#a/price", {"id": "17#a"}, "refuse"),
        ("/items/17?a#b=1", {"id": "17?a"}, "refuse"),
        ("/items/..", {"rawPath": "/items/.."}, "refuse"),
        # In a value, the function's own routes are the event's choice.
        ("/users//price", {"id": "/price"}, "refuse"),
    ],
)
def test_a_route_of_the_functions_is_its_own_though_it_was_called_by_it(
    path: str, event: dict[str, str], expected: str
) -> None:
    own = OwnText(["https://api.example.com", "/items/", "/price", "/users/", "/", "/find?user="])
    assert (
        judge_url("https://api.example.com" + path, FakeProvenance(event, keys=False), own).verdict
        == expected
    )


@pytest.mark.parametrize(
    ("event", "path", "expected"),
    [
        ("..:../keys", "/items/../../keys/price", "refuse"),
        ("x:../keys", "/items/x/../keys/price", "refuse"),
        ("a:b... keys", "/items/a/../keys/price", "allow"),
        ("a../stock", "/items/../stock/a/price", "allow"),
    ],
)
def test_a_parent_that_is_left_of_a_short_value_is_the_events(event: str, path: str, expected: str) -> None:
    # Of these no part is long enough to be found in the path.
    own = OwnText(["https://api.example.com/items/", "/price", "/../stock/", "https://api.example.com"])
    provenance = Provenance({"reference": event})
    assert judge_url("https://api.example.com" + path, provenance, own).verdict == expected


def test_a_host_that_nothing_explains_is_unknown() -> None:
    assert judge_url("https://other.example.org/x", NOTHING, OWN).verdict == "unknown"


@given(
    st.text(alphabet="a./\\@:#?%2e&[] \r\n;é", max_size=10),
    st.sampled_from([ITEM, TAIL, HOST, TENANT, QUERY]),
)
def test_what_is_allowed_goes_to_the_functions_host(value: str, template: str) -> None:
    url, provenance = fill(template, value)
    if value and judge_url(url, provenance, OWN).verdict == "allow":
        assert urlsplit(url).hostname == "api.example.com"


@given(st.text(min_size=1, max_size=10).filter(lambda value: value not in (".", "..")))
def test_an_encoded_value_is_allowed(value: str) -> None:
    try:
        encoded = quote(value, safe="")
    except UnicodeEncodeError:
        return
    assert judge_url(*fill(ITEM, encoded), OWN).verdict == "allow"
    assert judge_url(*fill(QUERY, encoded), OWN).verdict == "allow"


@pytest.mark.parametrize(
    "value", ["/" * 100_000, "@" * 100_000, "a." * 50_000, "?" * 100_000, "%2e/" * 25_000]
)
@pytest.mark.parametrize("template", [HOST, ITEM, WHOLE])
def test_the_worst_urls_end(template: str, value: str) -> None:
    assert judge_url(*fill(template, value), OWN).verdict in ("refuse", "allow")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://known.example.com/hook/1?token=abc&x=1", "allow"),
        ("http://known.example.com", "allow"),
        ("https://known.example.com@x.example/hook", "refuse"),
        ("https://known.example.com.x.example/hook", "refuse"),
        ("https://known.example.com\\@x.example/hook", "refuse"),
        ("file://known.example.com/etc/passwd", "refuse"),
        ("https://x.example/known.example.com", "refuse"),
    ],
)
def test_a_url_may_go_to_a_host_that_the_function_looked_up(url: str, expected: str) -> None:
    own = OwnText(choices=["known.example.com"])
    assert judge_url(url, FakeProvenance({"url": url}, keys=False), own).verdict == expected


@pytest.mark.parametrize(
    "url",
    [
        "/status/eu-1?full=1&t=2025-11-03T09:12:44Z",
        "/status/a:b",
        PATH + "2025-11-03T09:12Z",
        "/go?to=http://a.b/c",
    ],
)
def test_a_path_names_no_authority_whatever_stands_in_it(url: str) -> None:
    event = FakeProvenance({"path": url.removeprefix(PATH)})
    assert judge_url(url, event, OWN).verdict == "allow"


@pytest.mark.parametrize(
    ("asked", "sent", "expected"),
    [
        ("/public/../internal/keys", "/internal/keys", "refuse"),
        ("/public/a/../../internal/keys", "/internal/keys", "refuse"),
        ("/public/%2e%2e/internal", "/internal", "refuse"),
        ("/public/../internal/keys", "/public/../internal/keys", "refuse"),
        ("/public/%2E./internal", "/public/%2E./internal", "refuse"),
        ("/public/a?next=/../b", "/public/a?next=/../b", "allow"),
        ("/public/./a..b/keys", "/public/a..b/keys", "allow"),
        ("/public/keys", "/public/keys", "allow"),
    ],
)
def test_a_path_that_the_function_looked_at_is_not_left_by_what_the_client_takes_out(
    asked: str, sent: str, expected: str
) -> None:
    own, host = OwnText(choices=["known.example.com"]), "https://known.example.com"
    assert judge_url(host + sent, Provenance({"url": host + asked}), own).verdict == expected
