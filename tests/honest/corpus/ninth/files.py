"""Files of a small site and its users."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.ninth import (
    BUG,
    COMPANIES,
    COMPLAINT,
    NAMES,
    POSTER,
    STREETS,
    alb,
    api,
    b64,
    graphql,
    http,
    multipart,
    put,
)

NEEDS = ("aws-http",)
KEYS = "files-secret-2290"
SALARY = "salary-secret-7716"
SALARY64 = b64(SALARY)


def _report(name: str) -> dict[str, object]:
    return http("GET", "/report", query={"name": name})


def _clean(name: str) -> dict[str, object]:
    return api("GET", "/reports/x", ids={"name": name}, resource="/reports/{name+}")


def _language(text: str) -> dict[str, object]:
    return http("GET", "/texts", headers={"accept-language": text})


def _upload(name: str, data: str = "x", **fields: str) -> dict[str, object]:
    return multipart("/upload", fields, {"file": (name, data)})


def _avatar(user: str) -> dict[str, object]:
    return http("POST", "/avatar", {"user": user, "image": b64(b"\x89PNG\r\n\x1a\n\x00")})


def _remove(name: str) -> dict[str, object]:
    event = api("DELETE", "/files/x", ids={"file": name})
    return {**event, "requestContext": {"authorizer": {"claims": {"sub": "u-1"}}}}


def _profile(key: str, **more: str) -> tuple[str, dict[str, object]]:
    return ("save_profile", http("PUT", "/profile", {"id": key, "name": NAMES[0], **more}))


REQUESTS = {
    "site": [
        http("GET", "/"),
        http("GET", "/css/site.css"),
        http("GET", "/de/über uns/it's (1).html"),
        http("GET", "/a..b/c...d.html"),
    ],
    "site_decoded": [
        alb("GET", "/index.html"),
        alb("GET", "/css/site.css"),
        alb("GET", "/%C3%BCber%20uns/50%25.html"),
    ],
    "report": [
        _report("Q3 (final).txt"),
        _report("it's.txt"),
        _report("none & nowhere; v2..txt"),
        _report("2025/11/Übersicht 100%.pdf"),
    ],
    "report_clean": [_clean("it's.txt"), _clean("Q3 (final).txt"), _clean("a/b..c/d.txt")],
    "texts": [_language("de,en;q=0.8"), _language("en-GB"), _language("zh-Hans-CN"), http("GET", "/texts")],
    "upload": [
        _upload("Plan 1 (final).pdf", BUG, title=COMPLAINT),
        _upload("it's Größe 50%.txt", POSTER),
        _upload("photos/2025/a+b=c.jpg"),
        _upload("v1..2.tar.gz"),
    ],
    "upload_safe": [
        {"name": "../../etc/passwd", "text": "x"},
        {"name": "C:\\Users\\Ann\\it's.doc", "text": BUG},
        {"name": "Plan (1).txt", "text": COMPLAINT},
    ],
    "avatar": [_avatar("dana"), _avatar("o'neil@example.org"), _avatar(NAMES[4]), _avatar("user..name-1")],
    "remove": [_remove("notes.txt"), _remove("it's not there (1).txt"), _remove("a..b.txt")],
    "listing": [
        graphql("Query", "ls", folder="reports"),
        graphql("Query", "ls", folder="users/u-1"),
        graphql("Query", "ls", folder="none (x)"),
        graphql("Query", "ls"),
    ],
    "matching": [{"start": "Q"}, {"start": "it's"}, {"start": "[*?]"}, {"start": "../"}],
    "fetch_object": [
        put("in/2025/11/03/Q3 report (1).csv"),
        put("a+b=c & d.txt", "Größe/it's;x.txt", bucket="ninth-in"),
        put("raw/a..b/c.json"),
    ],
    "copy_template": [
        {"template": "it's.txt", "project": COMPANIES[0]},
        {"template": "Q3 (final).txt", "project": "../../x"},
    ],
    "tenant_db": [{"tenant": "acme"}, {"tenant": "O'Neil & Sons"}, {"tenant": "new-tenant_5 (test)"}],
    "bundle": [{"names": ["Q3 (final).txt", "it's.txt"]}, {"names": []}],
    "save_profile": [
        _profile("p-1", bio=BUG)[1],
        _profile("p/2", notes="u-1/notes.txt", street=STREETS[0])[1],
        _profile("o'neil", notes="u-1/none (x).txt")[1],
    ],
    "show_notes": [{"id": "p-1"}, {"id": "p/2"}, {"id": "o'neil"}],
}
ATTACKS = [
    Attack("path, read", "site", http("GET", "/../secret/keys.json"), KEYS),
    Attack("path, read", "site", http("GET", "/css/../../secret/./keys.json"), KEYS),
    Attack("path, read", "site", http("GET", "//../app.py"), "A static site."),
    Attack("path, read", "site_decoded", alb("GET", "/%2e%2e/secret/keys.json"), KEYS),
    Attack("path, read", "site_decoded", alb("GET", "/css/..%2F..%2Fsecret%2Fkeys.json"), KEYS),
    Attack("path, read", "report", _report("../private/salaries.txt"), SALARY64),
    Attack("path, read", "report", _report("/tmp/data/private/salaries.txt"), SALARY64),
    Attack(
        "path, read",
        "report",
        _report("../../../var/task/secret/keys.json"),
        b64('{"hello": "' + KEYS + '"}\n'),
    ),
    Attack(
        "path, read", "report", _report("/proc/self/cwd/secret/keys.json"), b64('{"hello": "' + KEYS + '"}\n')
    ),
    Attack("path, read", "report_clean", _clean("..././private/salaries.txt"), SALARY),
    Attack("path, read", "report_clean", _clean("....//....//data/private/salaries.txt"), SALARY),
    Attack("path, read", "report_clean", _clean("/tmp/data/private/salaries.txt"), SALARY),
    Attack("path, header", "texts", _language("../secret/keys"), KEYS),
    Attack("path, header", "texts", _language("./../locales/../secret/keys,en"), KEYS),
    Attack("path, write", "upload", _upload("../../pwned-1.sh", "id"), '\\"pwned-1.sh\\"'),
    Attack(
        "path, write", "upload", _upload("/tmp/pwned-2/sitecustomize.py", "x"), "pwned-2/sitecustomize.py"
    ),
    Attack("path, write", "upload", _upload("a/../../private/salaries.txt", "0"), "private/salaries.txt"),
    Attack("path, write", "avatar", _avatar("../private/x"), '\\"/tmp/data/private/x.png'),
    Attack("path, write", "avatar", _avatar("../../evil"), '\\"/tmp/evil.png'),
    Attack(
        "path, delete",
        "remove",
        _remove("../u-2/notes.txt"),
        '[\\"private/salaries.txt\\", \\"users/u-1/notes.txt\\"]',
    ),
    Attack("path, delete", "remove", _remove("/tmp/data/private/salaries.txt"), '{\\"left\\": [\\"users'),
    Attack("path, list", "listing", graphql("Query", "ls", folder="../../var/task/secret"), "keys.json"),
    Attack("path, list", "listing", graphql("Query", "ls", folder="/var/task"), "locales"),
    Attack("path, list", "listing", graphql("Query", "ls", folder="reports/../private"), "salaries.txt"),
    Attack("path, object key", "fetch_object", put("a/../../../pwned-3.txt"), '"/tmp/pwned-3.txt"'),
    Attack(
        "path, object key",
        "fetch_object",
        put("x/../../private/salaries.txt"),
        '"/tmp/data/private/salaries.txt"',
    ),
    Attack(
        "path, read",
        "copy_template",
        {"template": "../../../var/task/secret/keys.json", "project": "x"},
        KEYS,
    ),
    Attack("path, read", "copy_template", {"template": "/etc/passwd", "project": "x"}, "/bin"),
    Attack("path, database", "tenant_db", {"tenant": "../admin"}, "db-secret-3030"),
    Attack("path, database", "tenant_db", {"tenant": "../../../../tmp/data/db/admin"}, "db-secret-3030"),
    Attack("path, archive", "bundle", {"names": ["it's.txt", "../users/u-2/notes.txt"]}, "note-secret-7717"),
    Attack("path, archive", "bundle", {"names": ["/var/task/secret/keys.json"]}, KEYS),
    Attack(
        "path, second order",
        "show_notes",
        {"id": "q-1"},
        "note-secret-7717",
        before=[_profile("q-1", notes="../users/u-2/../u-2/notes.txt")],
    ),
    Attack(
        "path, second order",
        "show_notes",
        {"id": "q-2"},
        KEYS,
        before=[_profile("q-2", notes="/var/task/secret/keys.json")],
    ),
    Attack(
        "path, second order",
        "show_notes",
        {"id": "q-3"},
        "PARTNER_URL",
        before=[_profile("q-3", notes="../../../proc/self/environ")],
    ),
]
