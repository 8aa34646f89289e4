"""An academy's applications: FastAPI with SQLAlchemy, Flask with sqlite3, charts on DuckDB."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.eighth import (
    ARTICLE,
    PEOPLE,
    POSTSCRIPT,
    REVIEW,
    SNIPPET,
    TICKET,
    agent,
    api,
    form,
    http,
)

TOKEN, PIN, NOTE, CODE = "dean-token-9052", "pin-8861", "counsel-note-3317", "staff-room-code-5519"


def _courses(**query: str) -> dict[str, object]:
    return http("GET", "/courses", query=query)


def _lessons(course: str) -> dict[str, object]:
    return http("GET", f"/courses/{course}/lessons")


def _stats(**query: str) -> dict[str, object]:
    return api("GET", "/stats", query=query)


def _members(path: str = "/members", **query: str) -> dict[str, object]:
    return http("GET", path, query=query)


def _document(name: str) -> dict[str, object]:
    return http("GET", f"/documents/{name}")


def _grades(**ask: object) -> dict[str, object]:
    return http("POST", "/charts", ask)


REQUESTS = {
    "fast_courses": [
        _courses(),
        _courses(q="guitar", sort="starts", order="desc"),
        _courses(q="Beginner's", page="1"),
        _courses(q="C++ & 100%", sort="level"),
        _courses(sort="starts"),
    ],
    "fast_new": [
        http("POST", "/courses", {"title": "Writer's Workshop; part 1", "description": ARTICLE}),
        http(
            "POST",
            "/courses",
            {"title": "SQL: SELECT * FROM scratch", "level": "expert", "starts": "2024-12-01"},
        ),
        http("POST", "/courses", {"title": "", "level": "genius"}),
        http("POST", "/courses", {"title": PEOPLE[3], "extra": [1, {"a": None}], "description": SNIPPET}),
    ],
    "fast_lessons": [_lessons("1"), _lessons("4"), _lessons("12345")],
    "fast_stats": [_stats(), _stats(level="expert"), _stats(level="beginner", since="2024-09-10")],
    "fast_search": [
        http("GET", "/search/Intro"),
        http("GET", "/search/What's%20next?"),
        http("GET", "/search/a/../b/%22c%22;d"),
    ],
    "flask_members": [
        _members(),
        _members(town="Umeå", order_by="town"),
        _members(order_by="name desc"),
        _members("/members/2"),
        _members("/members/77"),
    ],
    "flask_posts": [
        http("GET", "/posts", query={"q": "first day"}),
        http("GET", "/posts", query={"q": "it's"}),
        http("GET", "/posts", query={"q": 'select one "answer" OR two NEAR('}),
    ],
    "flask_documents": [
        _document("plan%20(2024).txt"),
        _document("%C3%B1and%C3%BA.txt"),
        _document("no%20such;file.txt"),
    ],
    "flask_enquiries": [
        form("/enquiries", name="Tom O'Hara", town="Cork", text=TICKET),
        form("/enquiries", name=PEOPLE[2], text=SNIPPET),
        form("/enquiries", name="Per Åström", town="Umeå", text=POSTSCRIPT + REVIEW),
    ],
    "grades": [
        _grades(dimension="subject"),
        _grades(dimension="pupil", measure="max", filters={"subject": "maths"}),
        _grades(dimension="day", measure="count", filters={"pupil": "O'Neill"}),
    ],
    "grades_of": [
        agent("grades_of", pupil="O'Neill"),
        agent("grades_of", pupil="Ann", subject="maths"),
        agent("grades_of", pupil='Nobody "x"; -- y'),
    ],
}
# What comes all day.
ORDINARY = {
    "fast_courses": [_courses(q="law"), _courses(sort="id", order="desc"), _courses(page="2")],
    "fast_new": [
        http(
            "POST",
            "/courses",
            {
                "title": "Pottery for beginners",
                "level": "beginner",
                "starts": "2025-01-13",
                "description": "Bring an apron.",
            },
        ),
        http("POST", "/courses", {"title": "Français A2", "level": "advanced"}),
    ],
    "fast_lessons": [_lessons("2"), _lessons("3")],
    "fast_stats": [_stats(since="2024-09-01"), _stats(level="advanced")],
    "fast_search": [http("GET", "/search/next"), http("GET", "/search/intro%20to%20C%2B%2B")],
    "flask_members": [
        _members(town="Galway"),
        _members(order_by="id"),
        _members("/members/1"),
        _members("/members/3"),
    ],
    "flask_posts": [
        http("GET", "/posts", query={"q": "welcome"}),
        http("GET", "/posts", query={"q": "exam"}),
    ],
    "flask_documents": [_document("plan%20%282024%29.txt"), _document("timetable.pdf")],
    "flask_enquiries": [
        form("/enquiries", name="Maria Rossi", town="Galway", text="Do you have a course in the evening?"),
        form("/enquiries", name="J. Smith"),
    ],
    "grades": [
        _grades(dimension="day"),
        _grades(dimension="subject", measure="min"),
        _grades(dimension="pupil", measure="count", filters={"subject": "art"}),
    ],
    "grades_of": [agent("grades_of", pupil="Bo", subject="maths"), agent("grades_of", pupil="Ann")],
}
for _handler, _events in ORDINARY.items():
    REQUESTS[_handler] += _events
ATTACKS = [
    Attack(
        "SQL, order by",
        "fast_courses",
        _courses(
            sort="(CASE WHEN (SELECT substr(token, 1, 5) FROM accounts) = 'dean-' THEN -courses.id ELSE 0 END)"
        ),
        '"[{\\"title\\":\\"\\u65e5',
    ),
    Attack("SQL, number", "fast_lessons", _lessons("0%20UNION%20SELECT%20token%20FROM%20accounts--"), TOKEN),
    Attack(
        "SQL, number",
        "fast_lessons",
        _lessons("0%0aunion%0cselect%0dtoken%09from%0caccounts%0a--"),
        TOKEN,
    ),
    Attack(
        "SQL, number",
        "fast_lessons",
        _lessons("(select(0))union%0avalues((select[token]from[accounts]limit+1))--"),
        TOKEN,
    ),
    Attack(
        "SQL, union",
        "fast_stats",
        _stats(level="x' UNION SELECT token, 1 FROM accounts, courses WHERE '1' = '1"),
        TOKEN,
    ),
    Attack(
        "SQL, union",
        "fast_stats",
        _stats(
            level="' or 0 group by 1 union select group_concat(sql||(select token from accounts)),'7' from sqlite_master /*"
        ),
        TOKEN,
    ),
    Attack(
        "SQL, order by",
        "flask_members",
        _members(
            order_by="(CASE WHEN (SELECT count(*) FROM members WHERE secret = 'pin-8861') THEN -id END)"
        ),
        '"[{\\"id\\":3',
    ),
    Attack(
        "SQL, number", "flask_members", _members("/members/0 union select max(secret), 1 from members"), PIN
    ),
    Attack(
        "SQL, number",
        "flask_members",
        _members("/members/0%20or%20secret%20glob%20'pin-8*'%20and%201"),
        "Galway",
    ),
    Attack(
        "SQL, number",
        "flask_members",
        _members(
            "/members/-1%20union%20select%20*%20from%20(select%20hex(secret)from%20members%20limit%201)join(select%202)"
        ),
        "70696E2D38383631",
    ),
    Attack(
        "SQL, boolean",
        "flask_enquiries",
        form("/enquiries", name="nobody", town="' or secret = 'pin-8861"),
        '\\"known\\":true',
    ),
    Attack(
        "SQL, union",
        "flask_enquiries",
        form(
            "/enquiries",
            name="nobody",
            town="' union select substr(secret, 5) + 0 from members where id = 1 order by 1 desc--",
        ),
        '\\"rows\\":8861',
    ),
    Attack("path, dots", "flask_documents", _document("../staff.txt"), CODE),
    Attack("path, dots", "flask_documents", _document("..%2Fstaff.txt"), CODE),
    Attack("path, dots", "flask_documents", _document("../../academy-documents/public/../staff.txt"), CODE),
    Attack("path, dots", "flask_documents", _document("%2e%2e/public/./..//staff.txt"), CODE),
    Attack(
        "path, dots", "flask_documents", _document("../../..%2Fproc%2Fself%2Fenviron"), "not-a-real-token"
    ),
    Attack(
        "SQL, column",
        "grades",
        _grades(dimension="(SELECT note FROM private_notes LIMIT 1)"),
        NOTE,
    ),
    Attack(
        "SQL, file",
        "grades",
        _grades(dimension="(select content from read_text('/tmp/academy-documents/staff.txt'))"),
        CODE,
    ),
    Attack(
        "SQL, column",
        "grades",
        _grades(
            dimension="subject",
            measure="1, 2) AS value FROM grades WHERE false UNION ALL SELECT note, len(note) FROM private_notes --",
            filters={},
        ),
        NOTE,
    ),
    Attack(
        "SQL, union",
        "grades_of",
        agent("grades_of", pupil="x", subject="' UNION ALL SELECT note, 1 FROM private_notes --"),
        NOTE,
    ),
    Attack(
        "SQL, union",
        "grades_of",
        agent("grades_of", pupil="x", subject="'union(select(note),0 from private_notes)--"),
        NOTE,
    ),
    Attack(
        "SQL, file",
        "grades_of",
        agent(
            "grades_of",
            pupil="x",
            subject="' union all select column0, 1 from read_csv('/tmp/academy-documents/*.txt', header=false, sep='\x01') --",
        ),
        CODE,
    ),
]
