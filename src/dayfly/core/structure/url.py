"""Judges outgoing URLs: the event may supply a value in the path, the query or the fragment, never where it goes."""

from __future__ import annotations

import re

from dayfly.core.structure.judgement import Judgement, Taint, judged, mark, refuse
from dayfly.core.structure.path import says_parent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.core.structure.judgement import Provenance
    from dayfly.core.structure.trusted_literals import OwnText

# Of one URL that are looked for as values of their own.
_MANY_VALUES = 16
# Labels that must follow one of the event's for the domain to be the function's: {tenant}.example.com.
_MIN_SUFFIX_LABELS = 2
# How far behind a ".." its next name is looked for, and how long a route is at most.
_FAR = 300
# RFC 3986, 2.3.
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]+")
_WEB = ("http://", "https://")
# Of a route: "/" stands in any code.
_MIN_ROUTE_LETTERS = 3
# Where the platform says what URL the function was called by: a proxy hands it on, as a whole.
_PARAMETER = re.compile(r"(?!%20)[^ +&;]|(?:[ +]|%20)[^&;=]{0,256}=")
# "Tom & his cat" in a message: a parameter's name has no blanks in it, and without "=" it has no value.
_AND = re.compile(
    r"&(?:[ +]|%20)?(?:(?!%20)[^ +&;=#]){1,64}(?:[ +]|%20)+(?!%20)[^ +&;=#][^&;=#]{0,256}(?:[&#]|$)"
)
_CALLED_BY = frozenset(
    "rawPath path pathParameters.proxy requestContext.path requestContext.http.path rawQueryString".split()
)


def judge_url(
    url: str | bytes,
    provenance: Provenance,
    own: OwnText,
    *,
    is_joined: bool = False,
    is_quoted: bool = False,
) -> Judgement:
    """Say whether a request may go to this URL, which the function may have made of a link and the address of its page.

    `is_quoted`: its client writes %0A for a line's end behind the host.
    """
    text = url if isinstance(url, str) else bytes(url).decode("latin-1")

    return judged(
        "url", text, provenance, own, lambda taint: _judge(text, taint, own, provenance, is_joined, is_quoted)
    )


def _judge(
    url: str, taint: Taint, own: OwnText, provenance: Provenance, is_joined: bool, is_quoted: bool
) -> Judgement:
    if own.is_constant(url, generators=True):
        return Judgement("allow", "url.own")
    if url[:5].lower() == "data:":
        return Judgement("allow", "url.data", taint.first_path())
    authority, path = _split(url)
    if (own.is_choice(url[authority:path]) and url[:authority].lower() in _WEB) or (
        authority < path and own.is_constant(url[:path])
    ):
        # Where the function goes, or lets an event say that it goes: `next` of a page, the `response_url` of a chat.
        if taint.all(0, path) and not _is_composed(url, path, provenance):
            if not is_joined and (led := _led_up(url, path, taint, provenance)):
                return refuse("url.structure", led)
            return Judgement("allow", "url.chosen", taint.first_path())
        taint.drop(0, path)
    free = bytearray(path) + b"\x01" * (len(url) - path)
    # What is no more than a name before an "@" of the function's, for a host of its own.
    host = url.rfind("@", authority, path) + 1
    if host and not taint.mask[host - 1] and (not taint.any(host, path) or own.is_constant(url[host:path])):
        for start, end in taint.runs():
            if authority <= start < end < host and _UNRESERVED.fullmatch(url, start, end):
                taint.drop(start, end)
                mark(free, start, end)
    explained = own.explain(url, free, taint.mask, generators=True)
    # What the function says of the path or of the query, though the event may name some of it.
    says = explained.accounted
    for start, end in taint.runs():
        at = says.find(0, start, min(end, path))
        if at >= authority and _is_own_domain(url, taint, authority, path, start, min(end, path)):
            # Virtual hosts of S3, tenants: the event chooses within a domain of the function's.
            return Judgement("unknown", "url.label", taint.path_at(at))
        if at >= 0:
            return refuse("url.target", taint.path_at(at))
    is_all = taint.all(path, len(url)) and says.find(1, path) < 0 and not _is_composed(url, path, provenance)
    _drop_routes(url, taint, path, own)
    found = _find_escape(
        url, taint, path, own, says, provenance, is_all=is_all, is_joined=is_joined, is_quoted=is_quoted
    )
    if found >= 0:
        return refuse("url.structure", taint.path_at(found))
    if explained.unexplained >= 0:
        return Judgement("unknown", "url.unexplained")
    return Judgement("allow", "url.value", taint.first_path())


def _split(url: str) -> tuple[int, int]:
    """Return where the authority begins and where it ends, by the reading that makes it longest.

    A backslash is a slash to some clients and a character of the host to others: as long as it is the
    function's it ends nothing; one of the event's is refused wherever it stands.
    """
    if url[:1] == "/" and url[1:2] not in ("/", "\\"):
        # A path: what stands in it, or in its query, names no authority.
        return 0, 0
    colon = url.find(":")
    start = url.find("//")
    if start < 0 or (0 <= colon < start and colon + 1 != start):
        # mailto:x, data:..., /relative, host:port: no authority that can be told from the rest.
        return (0, len(url)) if colon >= 0 or not url.startswith("/") else (0, 0)
    start += 2
    ends = [end for end in (url.find(mark, start) for mark in "/?#") if end >= 0]
    return start, min(ends) if ends else len(url)


def _is_composed(url: str, path: int, provenance: Provenance) -> bool:
    """Say whether a value of the event ends the URL and goes beyond one name, though another one is all of it."""
    begins = [at + 1 for at in range(path, len(url)) if url[at] in "/?&="][-_MANY_VALUES:]
    query = url.find("?", path)
    # In a query a slash ends nothing (`next=https://...` is a value of the whole URL's, too), nor what is not sent.
    return any(
        not set(url[at:]).isdisjoint("&;" if 0 <= query < at else "/?#&;") and provenance.is_leaf(url[at:])
        for at in begins
    )


def host_of(url: str) -> str:
    """Return the host of a URL, "" where readers could differ about it."""
    start, end = _split(url)
    authority = url[start:end]
    host, _, port = authority.partition(":")
    plain = host.replace("-", "").replace(".", "")
    return host.lower() if plain.isascii() and plain.isalnum() and (not port or port.isdigit()) else ""


def _is_own_domain(url: str, taint: Taint, start: int, end: int, first: int, last: int) -> bool:
    """Say whether the event's part is whole labels before a domain of the function's own."""
    if first != start and url[first - 1] != ".":
        return False
    if "@" in url[start:end] or taint.any(last, end) or url[last : last + 1] != ".":
        return False
    if not all(
        character.isascii() and (character.isalnum() or character in "-.") for character in url[first:last]
    ):
        return False
    suffix = [label for label in url[last + 1 : end].partition(":")[0].split(".") if label]
    return len(suffix) >= _MIN_SUFFIX_LABELS and not suffix[-1].isdigit()


def _drop_routes(url: str, taint: Taint, path: int, own: OwnText) -> None:
    """/orders/17 is what the function was called by, and what it calls in turn: "/orders/" is its own text.

    Only where that is what the event's part begins with, and no more of it than the first piece: in users/{x} of
    "7/delete" and in users/{x} of "/delete" the slash is the event's, whatever the function calls elsewhere.
    """
    for start, end in taint.runs():
        if start >= path and url[start] == "/" and url[start - 1] != "/":
            size = min(own.piece_at(url, start), end - start)
            if sum(character.isalnum() for character in url[start : start + size]) >= _MIN_ROUTE_LETTERS:
                taint.drop(start, start + size)


def _name_of(segment: str) -> str:
    """%2e%2e is .. to a client that follows WHATWG, and so is ..;a to some servers."""
    return segment.partition(";")[0].lower().replace("%2e", ".")


def _led_up(url: str, path: int, taint: Taint, provenance: Provenance) -> str:
    """Return where the event has a ".." behind what the function may have looked at: in this URL, or taken out by its client; else ""."""
    if ".." in map(_name_of, url[path:].partition("?")[0].split("/")):
        return taint.first_path()
    end = url[path:].encode("utf-8", "surrogatepass")
    forms = (b"/..", b"/%2e%2e", b"/%2E%2E") if len(end) > 1 else ()
    return next(filter(None, (provenance.holds_bytes(form + end) for form in forms)), "")


def _find_escape(
    url: str,
    taint: Taint,
    path: int,
    own: OwnText,
    says: bytearray,
    provenance: Provenance,
    *,
    is_all: bool,
    is_joined: bool,
    is_quoted: bool,
) -> int:
    """Return the first of the event's characters that ends the part of the URL it stands in, or -1.

    `is_all`: the function names nothing behind the origin; `is_joined`: it is made of a link of a page and the page's address.
    """
    query = url.find("?", path)
    fragment = url.find("#", path)
    query = len(url) if query < 0 or 0 <= fragment < query else query
    fragment = len(url) if fragment < 0 else fragment
    path_end = min(query, fragment)
    if url.endswith("//", 0, path) and taint.any(path, path + 1):
        # Without a host, which some clients then take from the path.
        return path
    # And parameters among which the function has none.
    has_query = (
        query < fragment - 1 and taint.all(query + 1, fragment) and says.find(1, query + 1, fragment) < 0
    )
    for start, end in taint.runs():
        for at in range(max(start, path), end):
            character = url[at]
            # Clients write a blank as %20.
            if (character < " " and not is_quoted) or character in "\\\x7f":
                return at
            in_path = at < path_end
            if (is_all and character != "#") or (at >= fragment and taint.all(at, len(url))):
                # What stands behind a fragment's mark is not sent.
                continue
            if is_joined and at == start == query and taint.all(at, fragment):
                break
            if at in (query, fragment) or character == "#" or (in_path and character == "?"):
                return at
            if in_path:
                # The event goes on as the function does elsewhere: users/{x} of "7/price", beside users/{x}/price.
                is_longer = character == "/" and _MIN_ROUTE_LETTERS < path_end - at < _FAR
                is_separator = is_longer and own.is_constant(url[at:path_end])
            else:
                # Some servers separate by a semicolon; in a sentence a blank stands behind it, and no value for a name.
                is_other = (character == "&" and _AND.match(url, at) is None) or (
                    character == ";" and _PARAMETER.match(url, at + 1) is not None
                )
                is_separator = at < fragment and is_other and not has_query
            if is_separator and taint.source_at(at).partition(">")[0] not in _CALLED_BY:
                return at
    begin = path
    for segment in url[path:path_end].split("/"):
        end = begin + len(segment)
        if not segment and path < begin < path_end and taint.mask[begin]:
            # An empty name: some servers take it for none, some for the root.
            return begin
        # So is what the event completes.
        name = _name_of(segment)
        if (
            name in (".", "..")
            and (
                taint.any(begin, end)
                # Too short a part of a value's to be traced.
                or (
                    len(rest := "/".join(url[begin : min(path_end, begin + _FAR)].split("/", 2)[:2]))
                    > len("../")
                    and provenance.holds_bytes(rest.encode("utf-8", "surrogatepass"))
                    and not says_parent(url, begin, own)
                )
            )
        ):
            return begin
        begin = end + 1
    return -1
