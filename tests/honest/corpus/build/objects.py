"""Requests whose words become keys and paths."""

from tests.honest.corpus.cases import rest
from tests.honest.samples.sample import TEXTS, http, uploaded

NEEDS = ("aws-http",)
KEYS = ("in/2026/report.csv", "in/Q1 (final) & more.csv", "in/année/naïve;x.csv")
REQUESTS = {
    "on_upload": [uploaded("receipts", key) for key in KEYS],
    "thumbnail": [uploaded("receipts", "photos/cat.jpg"), uploaded("receipts", "photos/my cat $(id).PNG")],
    "download_to_tmp": [uploaded("receipts", "a/b/c.json"), uploaded("receipts", "x..y/z.json")],
    "copied_tree": [uploaded("receipts", "a/b/c.txt"), uploaded("receipts", "2026-11/30/file name.txt")],
    "stored_json": [
        rest("POST", "/orders", {"customer": "ada", "total": 3}),
        rest("POST", "/orders", {"customer": "o'brien & co", "note": TEXTS["path"]}),
    ],
    "listed": [
        {"user": "ada", "names": ["a.txt", "b.txt"]},
        {"user": "bob@example.org", "names": ["x y.txt"]},
    ],
    "presigned": [rest("GET", "/f", file="report.pdf"), rest("GET", "/f", file="../../etc/passwd")],
    "checked_path": [
        {"name": "a.txt"},
        {"name": "./a.txt"},
        {"name": "sub/../a.txt"},
        {"name": "missing.txt"},
    ],
    "commonpath": [{"name": "note.txt", "text": "x"}, {"name": "my note (1).txt", "text": TEXTS["path"]}],
    "static_page": [http("GET", "/"), http("GET", "/about.html"), http("GET", "/../../etc/passwd")],
    "cache_file": [{"tenant": "acme", "version": "3"}, {"tenant": "blue-sky_1", "version": 1}],
    "multipart": [{"name": "a.bin", "text": "hello"}, {"name": "b c.bin", "text": TEXTS["unicode"]}],
    "compressed": [{"day": "2026-11-30", "text": "line"}, {"day": "2026-01-01", "text": TEXTS["shell"]}],
    "moved": [uploaded("receipts", "done/a.txt"), uploaded("receipts", "done/b c+d.txt")],
    "work_folder": [{"job": "17", "file": "out.txt"}, {"job": "j-9_a", "file": "résumé.txt"}],
    "own_template": [{"language": "de"}, {"language": "en"}, {"language": "../../etc/passwd"}],
    "zipped": [{"id": "1", "files": {"a.txt": "x", "dir/b.txt": "y"}}, {"id": "2", "files": {"../x": "z"}}],
}
