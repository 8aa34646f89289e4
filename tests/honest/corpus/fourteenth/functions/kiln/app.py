"""Kiln: files in, files out, by the programs of the layer."""

import base64
import contextlib
import gzip
import io
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import zlib
from urllib.parse import unquote_plus

from PIL import Image, ImageDraw, ImageOps

HERE = os.path.dirname(os.path.abspath(__file__))
TOOLS = os.path.join(HERE, "tools")
LICENCE = "kiln-licence-5093"
LOG = """10:01 INFO web started on port 8080
10:02 WARN disk is 91% full; clean /var -- soon
10:03 ERROR can't connect to db-1 ("timeout")
10:04 INFO user o'hara signed in
"""
SALES = "region,product,amount\nnorth,Tea,12\nsouth,Mug 'L',30\nnorth,\"Cake; slice\",7\n"


@contextlib.contextmanager
def workdir(**files):
    with tempfile.TemporaryDirectory(prefix="kiln-") as folder:
        for name, text in files.items():
            (pathlib.Path(folder) / name.replace("_", ".")).write_text(text)
        yield folder


def run(argv, **options):
    p = subprocess.run(argv, capture_output=True, text=True, timeout=10, errors="replace", **options)
    return {"code": p.returncode, "out": p.stdout[:2000], "err": p.stderr[:600]}


def http(body, status=200):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body, ensure_ascii=False),
    }


def keys_of(event):
    return [unquote_plus(r["s3"]["object"]["key"]) for r in event["Records"]]


def thumbnails(event, context):
    """S3 trigger: each new image through the program, by a shell."""
    done = []
    for key in keys_of(event):
        p = subprocess.run(
            f"sh {TOOLS}/resize.sh '/tmp/{key}' 200", shell=True, capture_output=True, text=True
        )
        done.append(p.stdout.strip() or p.stderr[-200:])
    return {"done": done}


def thumbnails_argv(event, context):
    return {
        "done": [
            run(["sh", f"{TOOLS}/resize.sh", "/tmp/" + key, "200"])["out"].strip() for key in keys_of(event)
        ]
    }


def thumbnail_pillow(event, context):
    """POST an image in base64, get a small one."""
    b = json.loads(event["body"])
    image = Image.open(io.BytesIO(base64.b64decode(b["image"])))
    small = ImageOps.fit(image.convert("RGB"), (int(b.get("w", 8)), int(b.get("h", 8))))
    if b.get("caption"):
        ImageDraw.Draw(small).text((1, 1), b["caption"].encode("ascii", "replace").decode(), fill="red")
    out = io.BytesIO()
    small.save(out, b.get("format", "PNG").upper())
    return http({"size": small.size, "mode": small.mode, "crc": zlib.crc32(small.tobytes())})


def words(event, context):
    """How many words? By wc."""
    text = json.loads(event["body"])["text"]
    return http({"words": os.popen(f'printf "%s" "{text}" | wc -w').read().strip()})


def words_stdin(event, context):
    text = json.loads(event["body"])["text"]
    return http({k: run(["wc", "-" + k], input=text)["out"].strip() for k in ("w", "l")})


def grep(event, context):
    """GET /log?find=: the log's lines."""
    term = event["queryStringParameters"]["find"]
    with workdir(app_log=LOG) as d:
        p = subprocess.run(
            f'grep -i "{term}" app.log | head -5', shell=True, cwd=d, capture_output=True, text=True
        )
    return http({"lines": p.stdout.splitlines()})


def grep_list(event, context):
    q = event["queryStringParameters"]
    with workdir(app_log=LOG) as d:
        flags = ["-F"] if q.get("fixed") else ["-E"]
        got = run(["grep", "-n", "-i", *flags, "-e", q["find"], "--", "app.log"], cwd=d)
    return http({"lines": got["out"].splitlines(), "code": got["code"]}, 200 if got["code"] < 2 else 400)


def grep_quoted(event, context):
    """shlex.quote, in a pipe."""
    term = event["queryStringParameters"]["find"]
    with workdir(app_log=LOG) as d:
        p = subprocess.run(
            f"cat app.log | grep -c -i -F -e {shlex.quote(term)} | tr -d '\\n'",
            shell=True,
            cwd=d,
            capture_output=True,
            text=True,
        )
    return http({"count": p.stdout})


def sort_rows(event, context):
    """POST /sort {"rows": [...], "options": "-t, -k2 -n"}"""
    b = json.loads(event["body"])
    with workdir(rows_txt="\n".join(b["rows"]) + "\n") as d:
        return http(run(["sort", *shlex.split(b.get("options", "")), "rows.txt"], cwd=d))


def sort_rows_checked(event, context):
    b = json.loads(event["body"])
    options = b.get("options", "").split()
    if not all(re.fullmatch(r"-(?:[nrufbd]+|k\d(?:,\d)?|t[,;:|])", o) for o in options):
        return http({"error": "options"}, 400)
    return http(run(["sort", *options], input="\n".join(b["rows"]) + "\n", env={"LC_ALL": "C"}))


def column(event, context):
    """A column of the sales by awk."""
    wanted = event["queryStringParameters"]["col"]
    with workdir(sales_csv=SALES) as d:
        return http(run(["awk", "-F,", "NR > 1 { print $" + wanted + " }", "sales.csv"], cwd=d))


def column_v(event, context):
    """The same by a variable of awk's, whose escapes are doubled."""
    q = event["queryStringParameters"]
    with workdir(sales_csv=SALES) as d:
        region = q["region"].replace("\\", "\\\\")
        return http(
            run(
                [
                    "awk",
                    "-F,",
                    "-v",
                    f"r={region}",
                    "$1 == r { n += $3 } END { print r, n + 0 }",
                    "sales.csv",
                ],
                cwd=d,
            )
        )


def replace(event, context):
    """Replaces a word in a text by sed."""
    b = json.loads(event["body"])
    return http(run(["sed", f"s/{b['old']}/{b['new']}/g"], input=b["text"]))


def replace_python(event, context):
    b = json.loads(event["body"])
    text = re.sub(re.escape(b["old"]), lambda _: b["new"], b["text"])
    return http(run(["cat"], input=text))


def dashboard(event, context):
    """A dashboard's jq filter over its data."""
    b = json.loads(event["body"])
    got = run(
        ["jq", "-c", "--arg", "user", b.get("user", ""), b["filter"]],
        input=json.dumps(b["data"]),
        env={"PATH": os.environ["PATH"], "KILN_LICENCE": LICENCE},
    )
    return http(got, 200 if got["code"] == 0 else 400)


def pack(event, context):
    """Packs the files the user ticked."""
    names = json.loads(event["body"])["files"]
    with workdir(a_txt="a", b_txt="b", log_txt=LOG) as d:
        pathlib.Path(d, "my notes.txt").write_text("it's mine")
        made = run(["tar", "-cvf", "/dev/null", *names], cwd=d)
    return http({"packed": made["out"].splitlines(), "err": made["err"][:200]})


def pack_dashes(event, context):
    names = json.loads(event["body"])["files"]
    with workdir(a_txt="a", b_txt="b") as d:
        present = [n for n in names if os.sep not in n and os.path.isfile(os.path.join(d, n))]
        made = run(["tar", "-cvf", "/dev/null", "--", *present], cwd=d) if present else {"out": ""}
    return http({"packed": made["out"].splitlines()})


def unpack(event, context):
    """An uploaded tar by tar itself; the report in it is read."""
    data = base64.b64decode(json.loads(event["body"])["archive"])
    with workdir() as d:
        with open(os.path.join(d, "up.tar"), "wb") as f:
            f.write(data)
        run(["tar", "-xf", "up.tar"], cwd=d)
        report = os.path.join(d, "report.txt")
        if not os.path.exists(report):
            return http({"error": "no report.txt"}, 400)
        with open(report) as f:
            return http({"report": f.read()[:400]})


def digest(event, context):
    """GET /digest?alg=sha256&text=.."""
    q = event["queryStringParameters"]
    p = subprocess.run(
        "openssl dgst -r -" + q.get("alg", "sha256"),
        shell=True,
        input=q["text"].encode(),
        capture_output=True,
    )
    return http({"digest": p.stdout.decode()[:300].strip(), "ok": p.returncode == 0})


def when(event, context):
    """Dates as people write them: 'tomorrow' is relative to the given day."""
    text = event["arguments"]["when"]
    out = os.popen(f"date -u -d '2026-05-04 {text}' '+%F %H:%M' 2>/dev/null").read().strip()
    return {"when": out or None}


def when_argv(event, context):
    text = event["arguments"]["when"]
    got = run(["date", "-u", f"--date=2026-05-04 {text}", "+%A %d.%m.%Y"], env={"LC_ALL": "C"})
    return {"when": got["out"].strip() or None}


def compute(event, context):
    """The billing's formula by bc."""
    formula = event["detail"]["formula"]
    p = subprocess.run(
        f"echo 'scale=2; {formula}' | bc -l", shell=True, capture_output=True, text=True, timeout=8
    )
    return {"result": p.stdout.strip()[:200] or None}


def find(event, context):
    """Files of the shared folder, with find's own tests: '-name *.txt -size -1k'."""
    tests = (event.get("queryStringParameters") or {}).get("tests", "")
    with workdir(a_txt="a", b_csv=SALES, c_log=LOG) as d:
        got = run(["find", ".", "-type", "f", *shlex.split(tests)], cwd=d)
    return http({"files": sorted(got["out"].splitlines()), "code": got["code"]})


def find_name(event, context):
    name = event["queryStringParameters"]["name"]
    with workdir(a_txt="a", b_csv=SALES) as d:
        pathlib.Path(d, "o'hara (1).txt").write_text("x")
        got = run(["find", ".", "-type", "f", "-iname", name], cwd=d)
    return http(sorted(got["out"].splitlines()))


def ping(event, context):
    """A custom resource checks a host."""
    host = event["ResourceProperties"]["Host"]
    status = subprocess.getoutput(f"sh {TOOLS}/ping.sh {host}")
    return {"PhysicalResourceId": "ping", "Data": {"Status": status[:400]}}


def ping_checked(event, context):
    host = event["ResourceProperties"]["Host"]
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", host):
        return {"PhysicalResourceId": "ping", "Data": {"Status": f"bad host {host!r}"}}
    return {
        "PhysicalResourceId": "ping",
        "Data": {"Status": subprocess.getoutput(f"sh {TOOLS}/ping.sh {host}")},
    }


def probe(event, context):
    """A film's facts; 'bad' characters are taken out."""
    film = json.loads(event["Records"][0]["body"])["file"]
    film = re.sub(r"[;&|<>]", "", film)
    out = subprocess.check_output(["/bin/sh", "-c", f'sh {TOOLS}/probe.sh "{film}"'])
    return dict(line.split("=", 1) for line in out.decode().splitlines() if "=" in line)


def sizes(event, context):
    """The sizes of the named files, by xargs."""
    names = event["names"]
    with workdir(a_txt="hello", b_txt="it's") as d:
        pathlib.Path(d, "my notes.txt").write_text("notes")
        got = run(["xargs", "-d", "\n", "head", "-c", "60", "--"], input="\n".join(names), cwd=d)
    return {"heads": got["out"], "ok": got["code"] == 0}


def charset(event, context):
    """Converts an old file's charset."""
    b = json.loads(event["body"])
    p = subprocess.run(
        f"iconv -f {b['charset']} -t UTF-8",
        shell=True,
        input=base64.b64decode(b["data"]),
        capture_output=True,
    )
    return http({"text": p.stdout.decode("utf-8", "replace")[:500], "ok": p.returncode == 0})


def charset_listed(event, context):
    b = json.loads(event["body"])
    if b["charset"].upper() not in ("LATIN1", "CP1252", "UTF-16LE", "CP437"):
        return http({"error": f"charset {b['charset']}"}, 400)
    p = subprocess.run(
        ["iconv", "-f", b["charset"].upper(), "-t", "UTF-8"],
        input=base64.b64decode(b["data"]),
        capture_output=True,
    )
    return http({"text": p.stdout.decode()[:500]})


def shout(event, context):
    """The text by the environment: nothing of it is in the command."""
    m = json.loads(event["Records"][0]["Sns"]["Message"])
    return run(
        ["sh", "-c", 'printf "%s" "$TEXT" | tr "[:lower:]" "[:upper:]" | fold -w 60'],
        env={"PATH": os.environ["PATH"], "TEXT": m["text"]},
    )


def expand(event, context):
    """Expands ~ and the like in a path of the settings, by a shell's echo."""
    path = event["detail"]["path"]
    return run(
        ["sh", "-c", 'eval "echo $P"'],
        env={"PATH": os.environ["PATH"], "P": path, "DATA": "/mnt/data", "HOME": "/home/k"},
    )


def python_child(event, context):
    """Heavy sums in a child."""
    p = event["params"]
    code = f"import math; print(sum(math.sqrt(i) for i in range({p['n']})) * {p.get('factor', 1)})"
    return run([sys.executable, "-c", code])


def python_child_json(event, context):
    code = "import json, sys; p = json.load(sys.stdin); print(len(p['text']), p['text'].split()[:3])"
    return run([sys.executable, "-c", code], input=json.dumps(event["params"]))


def listing(event, context):
    """Feeds a small script to sh."""
    folder = (event.get("queryStringParameters") or {}).get("folder", ".")
    with workdir(a_txt="a") as d:
        os.makedirs(os.path.join(d, "in box"), exist_ok=True)
        pathlib.Path(d, "in box", "letter.txt").write_text("x")
        return http(run(["sh"], input=f'cd "{folder}" && ls -1\n', cwd=d))


def lite(event, context):
    """The sqlite3 program as a pretty printer, with a title above."""
    b = json.loads(event["body"])
    script = f".mode box\n.print {b['title']}\n" + "\n".join(
        f"SELECT '{r['name'].replace(chr(39), chr(39) * 2)}' AS name, {float(r['n'])} AS n;"
        for r in b["rows"]
    )
    return http(run(["sqlite3", ":memory:"], input=script + "\n"))


def refs(event, context):
    """The branches of a repository of the customer's."""
    with workdir() as d:
        run(["git", "init", "-q", "--bare", os.path.join(d, "site.git")])
        got = run(["git", "ls-remote", "--heads", *event["repository"].split()], cwd=d)
    return {"heads": got["out"].splitlines(), "err": got["err"][:300].replace(d, "")}


def branch_name(event, context):
    return run(["git", "check-ref-format", "--branch", event["branch"]])["code"] == 0


def diff(event, context):
    """The difference of two versions."""
    b = json.loads(event["body"])
    with workdir(old_txt=b["old"] + "\n", new_txt=b["new"] + "\n") as d:
        got = run(
            ["diff", "-u", "--label", b.get("title", "old"), "--label", "new", "old.txt", "new.txt"], cwd=d
        )
    return http(got["out"].splitlines())


def compressed(event, context):
    """CloudWatch Logs send gzip in base64."""
    data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    got = run(
        ["sort", "-u"], input="\n".join(e["message"] for e in data["logEvents"]) + "\n", env={"LC_ALL": "C"}
    )
    return {"group": data["logGroup"], "lines": got["out"].splitlines()}
