"""Find in a text what an event's leaves left there: whole ones, slices of them, and what was cut up and joined again.

Everything is bytes in lower case. A hit is (start, end, place). What counts as a hit and what is chance is decided
here, each rule by the case that forced it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from sys import byteorder

from dayfly.core.plausibility import (
    CLASSES,
    CUT_BYTES,
    CUTS,
    LETTERS,
    PARTS,
    QUOTES,
    SPLITS,
    fits,
    fits_short,
    has_cut,
    has_edge,
    has_word,
    weigh,
)
from dayfly.core.value_index import MAX_WHOLE_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from dayfly.core.value_index import LeafBlock

_TOKENS = re.compile(rb"[a-z]{2,}|[0-9]{2,}|[a-z0-9]{2,}|[\x80-\xff]+")
_NUMBERS = re.compile(rb"(?<![0-9.])[0-9]+(?:[,_][0-9]{3}(?![0-9]))*(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?(?![0-9])")
# Between two pieces that a function joined again: what it put there, or what it made of a quote (%27, &#39;, \').
_TEXT_GAP = re.compile(rb"(?:&#?[a-z0-9]{1,8};|%[0-9a-f]{2}|[^a-z0-9\x80-\xff]){0,6}")
_LEAF_GAP = re.compile(rb"[^a-z0-9\x80-\xff]{0,6}")
_TEXT_GAP_LEFT = re.compile(rb"(?:&#?[a-z0-9]{1,8};|%[0-9a-f]{2}|[^a-z0-9\x80-\xff]){1,6}\Z")
_LEAF_GAP_LEFT = re.compile(rb"[^a-z0-9\x80-\xff]{1,6}\Z")
_WORDLIKE = re.compile(rb"[a-z_-]+[0-9]{0,3}")

# Bytes of the block that one question may search: 0.1 to 0.2 s.
_MAX_SEARCHED = 150_000_000
# A search for a word of the text costs 0.5 ms per MB of the block if it is not there. From so many bytes on (words
# times block) all of the text is compared with the block in one pass of 4 to 8 ms per MB, but for short pieces.
_MANY = 120_000_000
_MAX_SEEDS = 8192
_SMALL = 256 * 1024
# What escaping puts before or for a sign.
_JOINTS = frozenset([b"'", b'"', b"\\", b"%", b"&", b";", b"_", b"+"])
_MAX_INDEXED = 128 * 1024
# Comparisons of two bytes in Python, 0.1 us each.
_MAX_STEPS = 600_000

_ORDER: Literal["little", "big"] = byteorder

Hit = tuple[int, int, int]
Edges = tuple[int, int]
# Edges in the text, edges in the block.
Piece = tuple[int, int, int, int]


class Search:
    """One question: which parts of `text` (folded; `original` is the same before) the leaves explain."""

    __slots__ = ("_containers", "_left", "_loose", "_steps", "complete", "hits", "leaves", "original", "text")

    def __init__(
        self, leaves: LeafBlock, text: bytes, original: bytes, containers: Sequence[tuple[bytes, int]] = ()
    ) -> None:
        self.leaves = leaves
        self._containers = containers
        self.text = text
        self.original = original
        self.hits: list[Hit] = []
        self.complete = True
        self._loose: list[Hit] = []
        self._left = _MAX_SEARCHED
        self._steps = _MAX_STEPS

    def run(self) -> list[Hit]:
        """Return the hits: sorted, not overlapping."""
        self._find_whole()
        self._find_parts()
        if self.leaves.numbers:
            self._find_numbers()
        if self._loose:
            self._join_loose()
        self._find_short()
        return self._settled()

    def _find_whole(self) -> None:
        text = self.text
        whole = self.leaves.whole
        if len(whole) * (len(text) + 100) > 300_000_000:
            # 100,000 leaves and a text of 30 kB: only the text's own tokens are looked up.
            self.complete = False
            found = [token for token in set(re.findall(rb"[\w.@-]+", text)) if token in whole]
        else:
            found = [leaf for leaf in whole if leaf in text]
        found += [leaf for leaf in self.leaves.unread if leaf in text]
        for container, place in self._containers:
            start = text.find(container)
            while start >= 0:
                self.hits.append((start, start + len(container), place))
                start = text.find(container, start + len(container))
        for leaf in found:
            place = whole.get(leaf, self.leaves.unread_place)
            size = len(leaf)
            start = text.find(leaf)
            while start >= 0:
                end = start + size
                if fits(text, start, end):
                    self.hits.append((start, end, place))
                elif len(self._loose) < 500 and has_word(leaf):
                    self._loose.append((start, end, place))
                start = text.find(leaf, end)

    def _find_short(self) -> None:
        # One or two bytes, as they are in the event ("a" is not "A"). In "cat", in "++", in `a, b` they are chance.
        original = self.original
        self.hits.sort()
        for leaf, place in self.leaves.short.items():
            start = original.find(leaf)
            size = len(leaf)
            known = {edge for hit in self.hits for edge in hit[:2]} if start >= 0 else set()
            while start >= 0:
                end = start + size
                if fits_short(self.text, leaf, start, end, known):
                    self.hits.append((start, end, place))
                    known.update((start, end))
                start = original.find(leaf, end)

    def _find_numbers(self) -> None:
        # f"{n:,}", f"{n:.2f}", f"{n:05d}": the same number in other digits.
        numbers = self.leaves.numbers
        for match in _NUMBERS.finditer(self.text):
            token = match[0]
            size = len(token)
            if size > 64:
                continue
            start, end = match.span()
            plain = token.replace(b",", b"").replace(b"_", b"")
            place = numbers.get(float(plain))
            if place is None and self.leaves.fractions:
                digits = len(plain.partition(b".")[2])
                if digits < 5:
                    place = self.leaves.rounded(digits).get(float(plain))
            if place is None or (size < 3 and self._is_part(start, end)):
                continue
            self.hits.append((start, end, place))

    def _is_part(self, start: int, end: int) -> bool:
        # 1 of "sha1", of "v1.2", of "utf-8" no more than of 10.
        before, after = self.text[max(start - 1, 0) : start], self.text[end : end + 1]
        return before.isalnum() or after.isalnum() or after == b"." or before in (b"_", b".") or after == b"_"

    def _join_loose(self) -> None:
        # f"{a}{b}" of "__imp" and "ort__": neither has an edge where they meet, but each has the other.
        starts: dict[int, Hit] = {}
        for hit in sorted(self._loose + self.hits):
            starts[hit[0]] = hit
        text = self.text
        for hit in sorted(self._loose):
            if not (has_edge(text, hit[0]) or any(known[1] == hit[0] for known in self.hits)):
                continue
            chain = [hit]
            while chain[-1][1] in starts and len(chain) < 64:
                chain.append(starts[chain[-1][1]])
            while len(chain) > 1 and not has_edge(text, chain[-1][1]):
                chain.pop()
            if len(chain) > 1:
                self.hits.extend(chain)

    def _find_parts(self) -> None:
        text, block = self.text, self.leaves.block
        size = len(block)
        limit = len(text)
        if limit // 6 * size > _MANY:
            self._find_long_parts()
            return
        long_hits = [(start, end) for start, end, _ in self.hits if end - start >= 24]
        done = 0
        for match in _TOKENS.finditer(text, 0, limit):
            start, end = match.span()
            if start < done or (long_hits and any(a <= start and end <= b for a, b in long_hits)):
                continue
            if self._left <= 0 or self._steps <= 0:
                self.complete = False
                return
            at = self._find_seed(text[start : start + 4])
            if at >= 0:
                at, size_here = self._longest(start, at)
                cut = start + size_here
                if cut < end and size_here < 8 and start and text[start - 1] != block[at - 1]:
                    # "sele" of `select`, because of "selected": half of what is found in a small event.
                    continue
                reached = self._follow(start, at, size_here)
                if not reached and size_here > 3 and size < _SMALL and text[cut : cut + 1] in _JOINTS:
                    # What follows after a gap ("O''Neil") may be the last leaf's that begins so.
                    other = block.rfind(text[start:cut])
                    if other > at:
                        reached = self._follow(start, other, size_here)
                if reached:
                    done = reached
                    continue
            elif end - start > 3:
                continue
            # The word may begin a leaf whose next piece follows after something else, "rm -rf /" as "rm;-rf;/", while
            # the same letters went on longer elsewhere.
            first = self._find_seed(b"\0" + text[start:end])
            if first >= 0 and first + 1 != at:
                done = self._follow(start, first + 1, self._common(start, first + 1)) or done

    def _find_seed(self, seed: bytes) -> int:
        """Return where the block has these bytes first, -1 if nowhere; looked for once for all questions."""
        leaves = self.leaves
        at = leaves.seeds.get(seed)
        if at is None:
            at = leaves.block.find(seed)
            self._left -= at if at >= 0 else len(leaves.block)
            if len(leaves.seeds) < _MAX_SEEDS:
                leaves.seeds[seed] = at
        return at

    def _find_long_parts(self) -> None:
        """Do the same for a long text and a long event: only what goes on for 7 bytes (of a very long text, 15).

        One pass over the block, as numbers, tells which of the text's bytes in a row it has. A part has to be 8 bytes
        to be no chance, but for tokens like "a1b2" cut from a longer leaf: those are let go here.
        """
        text, block = self.text, self.leaves.block
        limit = len(text)
        width = 4 if limit <= 4096 else 8
        if limit > _MAX_INDEXED:
            self.complete = False
            limit = _MAX_INDEXED
        if width > 4:
            self.complete = False
        runs = [int.from_bytes(text[at : at + width], _ORDER) for at in range(limit - width + 1)]
        size = len(block) // width * width
        with memoryview(block)[:size] as whole, whole.cast("I" if width == 4 else "Q") as numbers:
            present = set(runs).intersection(numbers)
        self._left -= size
        done = 0
        for start, run in enumerate(runs):
            if start < done or run not in present:
                continue
            if self._left <= 0 or self._steps <= 0:
                self.complete = False
                return
            at = block.find(text[start : start + width])
            if at >= 0:
                self._left -= at
                done = self._follow(start, *self._longest(start, at)) or done

    def _longest(self, start: int, at: int) -> tuple[int, int]:
        """Return where in the block the longest match of the text from `start` lies, and its length."""
        text, block = self.text, self.leaves.block
        size = self._common(start, at)
        self._left -= 5000
        step = 1
        for _ in range(40):
            # 500 bytes say enough, and longer runs that are nearly there ("aaa...ab") take 0.5 s to look for.
            if start + size >= len(text) or size >= 500 or self._left <= 0:
                return at, size
            other = block.find(text[start : start + size + step], at + 1)
            pace = 4 if size > 48 else 1
            self._left -= ((other if other >= 0 else len(block)) - at) * pace + 16 * size
            if other >= 0:
                # Longer steps from now on: 3,000 leaves, each one byte longer than the one before, hid the last.
                at = other
                size = self._common(start, at)
                step *= 4
            elif step == 1:
                return at, size
            else:
                step //= 4
        self.complete = False
        return at, size

    def _common(self, start: int, at: int) -> int:
        """Return how many bytes of the text from `start` and of the block from `at` are the same."""
        text, block = self.text, self.leaves.block
        mine, theirs = text[start : start + 16], block[at : at + 16]
        size = 0
        if mine == theirs:
            step = 64
            while mine and mine == theirs:
                size += len(mine)
                step = min(step * 2, 65536)
                mine, theirs = text[start + size : start + size + step], block[at + size : at + size + step]
        # Half by half, where a byte at a time would take 0.1 us each.
        limit = min(len(mine), len(theirs))
        low = 0
        while limit - low > 16:
            middle = (low + limit) // 2
            if mine[low:middle] == theirs[low:middle]:
                low = middle
            else:
                limit = middle
        while low < limit and mine[low] == theirs[low]:
            low += 1
        self._steps -= 16
        return size + low

    def _common_before(self, start: int, at: int, left: int, first: int) -> int:
        """Return how many bytes before `start` of the text and `at` of the block are the same, back to `left` and `first`."""
        text, block, size = self.text, self.leaves.block, 0
        limit = min(start - left, at - first)
        while size < limit and text[start - size - 1] == block[at - size - 1]:
            size += 1
        return size

    def _follow(self, start: int, at: int, size: int) -> int:
        """Take the match as far as its leaf goes; return the end of what was found to be the leaf's, or 0."""
        text, block, leaves = self.text, self.leaves.block, self.leaves
        if not size:
            return 0
        index = bisect_right(leaves.starts, at) - 1
        first = leaves.starts[index]
        last = leaves.starts[index + 1] - 1 if index + 1 < len(leaves.starts) else len(block) - 1
        if at == first and size >= last - first and size <= MAX_WHOLE_BYTES:
            # Whole leaves have been looked for.
            return 0
        before = self._common_before(start, at, 0, first)
        start, at, size = start - before, at - before, size + before
        self._steps -= 2 * before
        pieces = [(start, start + size, at, at + size)]
        at += size
        end = start + size
        while at < last and end < len(text) and len(pieces) < 4096:
            # Never across words: "https://www.example.com" and "https://api.example.com" are two texts.
            text_gap = _TEXT_GAP.match(text, end)
            leaf_gap = _LEAF_GAP.match(block, at, last)
            assert text_gap is not None
            assert leaf_gap is not None
            next_start, next_at = text_gap.end(), leaf_gap.end()
            if (next_start == end and next_at == at) or next_start >= len(text) or next_at >= last:
                break
            more = self._common(next_start, next_at)
            if not more:
                break
            if set(text_gap[0]) <= set(leaf_gap[0]):
                pieces[-1] = (pieces[-1][0], next_start + more, pieces[-1][2], next_at + more)
            else:
                # "-rf" after a space or after ";": what stands before it in both.
                same = self._common_before(next_start, next_at, end, at)
                pieces.append((next_start - same, next_start + more, next_at - same, next_at + more))
            at, end = next_at + more, next_start + more
        start, _, at, _ = pieces[0]
        # A word that is in the body, too: most of what is found in a small event.
        is_small = len(pieces) == 1 and size < 8 and last - first > 64 and size < len(text) - 8
        if is_small and not text[start:end].translate(None, LETTERS + b" "):
            return 0
        while (len(pieces) > 1 or size > 5) and start > 0 and at > first and len(pieces) < 4096:
            # "1 or 1=1" as "1_or_1=1": what is found first is not the first.
            text_left = _TEXT_GAP_LEFT.search(text, max(start - 12, 0), start)
            leaf_left = _LEAF_GAP_LEFT.search(block, max(at - 6, first), at)
            next_start = start if text_left is None else text_left.start()
            next_at = at if leaf_left is None else leaf_left.start()
            if next_start == start and next_at == at:
                break
            more = self._common_before(next_start, next_at, 0, first)
            self._steps -= more
            if not more:
                break
            if set(text[next_start:start]) <= set(block[next_at:at]):
                pieces[0] = (next_start - more, pieces[0][1], next_at - more, pieces[0][3])
            else:
                same = 0
                while next_start + same < start and next_at + same < at:
                    if text[next_start + same] != block[next_at + same]:
                        break
                    same += 1
                pieces.insert(0, (next_start - more, next_start + same, next_at - more, next_at + same))
            start, at = next_start - more, next_at - more
        begin, at = pieces[0][2], pieces[-1][3]
        leaf = (first, last)
        place = leaves.owners[index]
        found = [trimmed for piece in pieces if (trimmed := self._trimmed(piece, leaf)) is not None]
        if not (len(found) > 1 and self._is_rejoined(found, (begin, at), leaf)):
            found = [piece for piece in found if self._is_telling(piece, leaf)]
        self.hits.extend((piece[0], piece[1], place) for piece in found)
        return found[-1][1] if found else 0

    def _trimmed(self, piece: Piece, leaf: Edges) -> Piece | None:
        """Take back where chance went on into a word of the function's: "custom" of "custom (a)" in `customers`."""
        text = self.text
        start, end, begin, at = piece
        first, last = leaf
        # Letters that go on for 64 are no word.
        stop = min(end, start + 64)
        while start < stop and begin > first and not has_edge(text, start):
            start += 1
            begin += 1
        stop = max(start, end - 64)
        while end > stop and at < last and not has_edge(text, end):
            end -= 1
            at -= 1
        while start < end and begin > first and text[start] in b" \t\r\n":
            start += 1
            begin += 1
        while end > start and at < last and text[end - 1] in b" \t\r\n":
            end -= 1
            at -= 1
        # "/report-7.csv" of a longer path, in "/data/report-7.csv": the separator is as likely the function's own.
        content = text[start:end]
        inner = content.strip(SPLITS)
        if inner and inner != content and not has_cut(inner):
            shift = len(content) - len(content.lstrip(SPLITS))
            if begin > first:
                start += shift
                begin += shift
            if at < last:
                cut = len(content) - shift - len(inner)
                end -= cut
                at -= cut
        return (start, end, begin, at) if end > start else None

    def _is_telling(self, piece: Piece, leaf: Edges) -> bool:
        """Say whether one piece of a leaf is too much for chance."""
        text, block = self.text, self.leaves.block
        start, end, begin, at = piece
        first, last = leaf
        if end - start < 2:
            return False
        starts_leaf = begin <= first or not block[first:begin].strip()
        ends_leaf = at >= last or not block[at:last].strip()
        is_cut_left = starts_leaf or block[begin - 1] in CUTS or block[begin] in CUTS
        is_cut_right = ends_leaf or block[at] in CUTS or block[at - 1] in CUTS
        if starts_leaf and ends_leaf:
            return end - start > 2 and fits(text, start, end)
        content = text[start:end]
        is_all = end - start > 2 and not text[:start].strip() and not text[end:].strip()
        # The text is nothing but a part of a leaf, however short: eval(expression[2:9]).
        if is_all and (_WORDLIKE.fullmatch(content) is None or (is_cut_left and is_cut_right)):
            return True
        if not has_cut(content):
            return self._is_token(content, (start, end), is_cut_left, is_cut_right, leaf)
        weight = weigh(content)
        if not content.translate(None, LETTERS + b" ,.\t\r\n"):
            # Prose and SQL share "from the list of": from four words on in one order it is no chance.
            return weight >= 14 and len(content.split()) >= 4
        # One part of several, "admin' --" of "admin' --:x": no more and no less than what a function gets that splits.
        if (starts_leaf or block[begin - 1] in PARTS) and (ends_leaf or block[at] in PARTS):
            return weight >= (6 if QUOTES.isdisjoint(content) else 4) and fits(text, start, end)
        # "https://" weighs 7 and begins every address; ".example.com/" weighs 10 and is in every address of one owner,
        # cut from its host's first label, where no function cuts.
        return weight >= (8 if is_cut_left and is_cut_right else 12 if is_cut_left or is_cut_right else 14)

    def _is_rejoined(self, pieces: list[Piece], match: Edges, leaf: Edges) -> bool:
        """Say whether pieces that stand apart come from one leaf: most of it is there, in its order."""
        text, block = self.text, self.leaves.block
        weight = sum(weigh(text[piece[0] : piece[1]]) for piece in pieces)
        first, last = leaf
        share = match[1] - match[0]
        if (share >= 0.75 * (last - first) and weight >= 4) or (
            share >= 0.5 * (last - first) and weight >= 16
        ):
            return True
        # A long leaf, cut and joined: what is there has more than words ("select name from users" is in any prose).
        has_more = block[match[0] : match[1]].translate(None, LETTERS + b" ,.-_\t\r\n")
        return len(has_more) >= 4 and weight >= 20

    def _is_token(
        self, piece: bytes, edges: Edges, is_cut_left: bool, is_cut_right: bool, leaf: Edges
    ) -> bool:
        """Say whether one token of a leaf with many is too much for chance."""
        first, last = leaf
        if _WORDLIKE.fullmatch(piece) is None:
            if is_cut_left and is_cut_right:
                return len(piece) >= 3 and fits(self.text, *edges)
            # A slice of an id; ".example.com" is in two hosts of one owner, and nobody's slice.
            if not any(CLASSES[byte] == 2 for byte in piece):
                return weigh(piece) >= 14
            return weigh(piece) >= (8 if is_cut_left or is_cut_right else 12)
        # "users" of "/users/42" is the function's own route, and "select" of a comment is anybody's word. But one of
        # few pieces of a value ("svc:reboot", "name,price") may have been picked.
        if not (is_cut_left and is_cut_right) or len(piece) < 4 or last - first > 64:
            return False
        content = bytes(self.leaves.block[first:last])
        if any(byte in content for byte in b"/ \t\r\n"):
            return False
        return len(CUT_BYTES.split(content)) <= 4 and fits(self.text, *edges)

    def _settled(self) -> list[Hit]:
        """Return the hits, longest first where they overlap, and what of the others sticks out."""
        found: list[Hit] = []
        for start, end, place in sorted(self.hits, key=lambda hit: (hit[0], -hit[1])):
            if found and start < found[-1][1]:
                if end <= found[-1][1]:
                    continue
                start = found[-1][1]
            if found and found[-1][1] == start and found[-1][2] == place:
                found[-1] = (found[-1][0], end, place)
            else:
                found.append((start, end, place))
        return found
