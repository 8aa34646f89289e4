"""Compiles a pattern of its own at first use, and what the event says."""

import re


class Parser:
    def __init__(self, text):
        self.text = text
        self.compiled = None

    def parse(self, value):
        self.compiled = self.compiled or re.compile(self.text, re.IGNORECASE | re.VERBOSE)
        return bool(self.compiled.fullmatch(value))


WORDS = ["order", "invoice", "refund", "receipt", "statement"]
KINDS = "|".join(word * 9 for word in WORDS)
PARSER = Parser(r"(?P<kind> order | " + KINDS + r" ) \s* [#:-]? \s* (?P<number> [0-9]{1,9} )")


def handler(event, context):
    before = {text for _, text, _ in re._cache}
    found = PARSER.parse("order 12")
    if event["text"]:
        re.compile(event["text"])
    return {"found": found, "own": PARSER.text in before, "events": any("zq" in str(text) for text in before)}
