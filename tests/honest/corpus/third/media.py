"""Programs."""

from tests.honest.corpus.third import (
    CODE,
    COMMENT,
    COMPANY,
    HTML,
    JSON_TEXT,
    MARKDOWN,
    NAME,
    PATHY,
    SHELLY,
    TEMPLATE,
    UNICODE,
    URL,
    http,
    s3,
)


def _post(body: object) -> dict[str, object]:
    return http("POST", "/x", body)


REQUESTS = {
    "thumbnail": [
        s3("uploads/2026/IMG+0042+%281%29.JPG"),
        {**s3("uploads/o%27brien+%26+co.png"), "width": "64"},
        s3("a/-resize.gif"),
    ],
    "watermark": [
        _post({"text": one})
        for one in ("© 2026 O'Brien & Co.", "50% off; today only!", "@handle > all", UNICODE)
    ],
    "transcode": [
        _post({"preset": "small", "title": COMPANY}),
        _post({"preset": "hd", "title": "Episode 1: $HOME; it's `on`", "start": "12.5"}),
        _post({"preset": "hd", "title": "-y", "start": -1}),
    ],
    "clip_shell": [
        _post({"start": "1", "length": 20, "title": one})
        for one in ("Tom's clip", SHELLY, COMPANY, '"quoted" & \\back')
    ],
    "git_commit": [
        _post(
            {
                "content": MARKDOWN,
                "message": "docs: it's `done`; closes #12",
                "author": NAME,
                "email": "s@example.org",
            }
        ),
        _post({"content": CODE, "message": COMMENT, "author": "Bob -- Smith", "email": "b+x@example.org"}),
        _post({"content": "", "message": "--amend", "author": "x", "email": "y"}),
    ],
    "git_branch": [
        _post({"ref": f"refs/heads/{one}"})
        for one in ("main", "feature/o'brien-12", "bad..name", "fix/a&b;c")
    ],
    "tarball": [
        {"files": {"a.txt": COMMENT, "docs/b (1).md": MARKDOWN}},
        {"files": {"o'x.txt": "", "--help": "x"}},
    ],
    "awk_sum": [{"body": "tea,3\nO'Brien's,4.5\n"}, {"body": "a;b,-1\n$2,{print}\n"}],
    "awk_column": [
        http("POST", "/a", "a;b c;'d'\ne;f;g\n", query={"column": "2"}),
        http("POST", "/a", "x;{ system }\n", query={"column": "1"}),
    ],
    "jq_filter": [
        _post({"name": "O'Brien", "rows": [{"name": "O'Brien", "n": 1}, {"name": "x"}]}),
        _post({"name": '.[] | select(true)", "', "rows": [{"name": "y", "text": JSON_TEXT}]}),
        _post({"name": "$name", "rows": [{"name": "$name"}]}),
    ],
    "grep_fixed": [
        http("POST", "/g", "it's here\nERROR; -e x\n.*\n", query={"q": one})
        for one in ("it's", "-e x", ".*", "nothing")
    ],
    "sed_replace": [
        _post({"old": "a/b", "new": "c&d", "text": "x a/b y"}),
        _post({"old": "$5.00", "new": "O'Brien\\", "text": "costs $5.00; ok"}),
        _post({"old": "e", "new": "w /tmp/x", "text": "e e"}),
    ],
    "digest": [
        _post({"text": COMMENT}),
        _post({"text": UNICODE, "algorithm": "sha512"}),
        _post({"text": "x", "algorithm": "sha1 -out /tmp/x"}),
    ],
    "find_files": [
        {"pattern": "*.txt"},
        {"pattern": "b o'x.*"},
        {"pattern": "[ab]*"},
        {"pattern": "-delete"},
    ],
    "report_script": [
        {"title": COMPANY, "text": "a\nb\n"},
        {"title": "$(date) `x` 100%s", "text": SHELLY + "\n"},
    ],
    "node_render": [{"title": "it's `tea` time ${x}", "text": CODE}, {"title": HTML, "text": COMMENT}],
    "python_child": [{"text": "print('x'); import os"}, {"text": NAME}, {"text": "-c"}],
    "environment_child": [{"title": SHELLY}, {"title": 'O\'Brien "x" %s'}],
    "curl_partner": [{"q": COMMENT}, {"q": URL}, {"q": "@/etc/passwd"}, {"q": "-o x"}],
    "zipped_mail": [
        {"customer": COMPANY, "texts": [HTML, COMMENT]},
        {"customer": "../../x", "texts": [PATHY]},
    ],
    "sorted_lines": [{"text": "b\na; ls\nb\n$(x)\n", "n": "2"}, {"text": TEMPLATE + "\n", "n": 5}],
    "loose_name": [
        {"job": "nightly-report", "host": "web-1.example.org"},
        {"job": "job_17", "host": "10.0.0.5"},
        {"job": "2026-03-14", "host": "db"},
    ],
    "disk_usage": [{"folder": "x; ls"}, {}],
    "latex": [{"text": "50% of $5 & {more}_x #1"}, {"text": "\\input{x} it's"}],
}
