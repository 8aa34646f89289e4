"""A log searched by regular expressions: addresses, times and statuses taken out and counted, as log shippers do."""

import re
from collections import Counter

LINES = [
    f'10.{n % 7}.{n % 251}.{n % 13} - - [26/Nov/2026:10:{n % 60:02}:{n % 59:02} +0000] "GET /item/{n} HTTP/1.1" '
    f'{(200, 200, 304, 404, 500)[n % 5]} {n * 37 % 9000} "https://example.com/{n % 11}" "agent/{n % 3}.0"'
    for n in range(1_500)
]
LINE = re.compile(
    r'(?P<address>\d+\.\d+\.\d+\.\d+) \S+ \S+ \[(?P<time>[^\]]+)\] "(?P<method>[A-Z]+) (?P<path>\S+) [^"]*" '
    r'(?P<status>\d{3}) (?P<size>\d+) "(?P<referrer>[^"]*)" "(?P<agent>[^"]*)"'
)


def handler(event, context):
    statuses, size = Counter(), 0
    for line in LINES[event["number"] % 10 :]:
        found = LINE.fullmatch(line)
        statuses[found["status"]] += 1
        size += int(found["size"])
    return {"statuses": dict(sorted(statuses.items())), "size": size}
