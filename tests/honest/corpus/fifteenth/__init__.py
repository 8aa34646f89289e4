"""What users of the fifteenth set write; the events that carry it are those of the eleventh."""

from __future__ import annotations

from tests.honest.corpus.eleventh import (
    action,
    b64,
    bus,
    changed,
    channel,
    form,
    lexed,
    parts,
    png,
    pool,
    put,
    queue,
    resource,
    rest,
    spoken,
    stream,
    tarred,
    telegram,
    topic,
    web,
    wrapped,
    zipped,
)

__all__ = [
    "CLIENTS",
    "EMOJI",
    "FENCED",
    "LETTER",
    "LINES",
    "LONG",
    "PLACES",
    "PROSE",
    "RECIPE",
    "SHEET",
    "TAGGED",
    "action",
    "b64",
    "bus",
    "changed",
    "channel",
    "form",
    "get",
    "lexed",
    "parts",
    "png",
    "pool",
    "post",
    "put",
    "queue",
    "resource",
    "rest",
    "spoken",
    "stream",
    "tarred",
    "telegram",
    "topic",
    "web",
    "wrapped",
    "zipped",
]

CLIENTS = (
    "Róisín O'Brien; DROP-Inn",
    "Zoë & Sons (t/a 'The Union')",
    "Nils-Åke Fröjd",
    'N\'Golo "Kanté" Diarra',
    "李 秀英",
    "Selecta Wherefrom",
    "Mrs. T. Or-Null -- c/o Reception",
    "Ștefan cel Mic, jr.",
)
PLACES = (
    "12/4 King's Yard; 2nd floor -- back door",
    "Strada Întâi nr. 5, bl. B2, ap. 10",
    'Hof 3 ("Zum Löwen"), 6020 Innsbruck',
    "Plot 7 & 8, O'Connell Ave. #3",
)
LETTER = (
    "Hi there, I can't log in since Monday; it says \"no such user\" (code 1=1?). Please don't drop my account, "
    "just update the e-mail where it's wrong -- or insert a new one & delete the old. I'd select option 2, "
    "union or not ;-) Thanks, D'Arcy / 50% of the \U0001f9c1 team"
)
FENCED = (
    "The job fails:\n\n```sql\nSELECT * FROM cakes WHERE sold = 0 AND note LIKE '%old%'; -- left overs\n"
    'DELETE FROM cakes WHERE id IN (1,2);\n```\n```bash\nls -la | grep cake && rm -rf ./tmp/* ; echo "$PATH" $(date) `id`\n```\n'
    "and `{{ user.name }}` stays as it is in ../mail/a.html, see <https://example.org/a?b=c&d='e'#f>"
)
TAGGED = (
    "<h1 id='t'>Menu &amp; more</h1><p onclick=\"open('/a?x=1&y=2')\">5 &lt; 6</p><!-- old --><script>var a = 'b' || \"c\";</script>"
    "<img src=x alt='it is'>"
)
RECIPE = "# Scones\n\n* 100% butter; *don't* melt!\n* 2/3 cup milk -- or so\n\n| a | b |\n|---|---|\n| `1` | **2** |\n\n> {{ yield }} = ${count}\n"
SHEET = 'name,qty,note\r\n"O\'Brien, Pat",2,"said ""now""; -- ok"\r\nZoë,1,=SUM(A1:A2)\r\n李,3,50% off\r\n'
EMOJI = "\U0001f382\U0001f370 it's 5 o'clock; \u00bfd\u00f3nde? \u2014 \u65e9\u4e0a\u597d \u0645\u0631\u062d\u0628\u0627"
LONG = "\n\n".join([LETTER, FENCED, TAGGED, RECIPE] * 20)
# What people write into fields of text, the shorter and the longer.
PROSE = (LETTER, FENCED, TAGGED, RECIPE, EMOJI)
# The same without what breaks a single-quoted string.
LINES = (
    'two boxes -- no nuts; the "big" ones',
    "select the best # of them (or all) / 50%",
    "union street 5, drop off at table 7; /* back */",
    "100% rye & spelt \U0001f35e = good",
)


def get(path: str, /, **query: str) -> dict[str, object]:
    """A request of a browser with a query."""
    return rest("GET", path, query=query)


def post(path: str, /, **body: object) -> dict[str, object]:
    """A request of a page with JSON."""
    return rest("POST", path, body)
