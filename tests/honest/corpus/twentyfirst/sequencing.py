"""Pipeline of a sequencing laboratory."""

import gzip
import json
import pickle

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.twentyfirst import (
    JSON_TEXT,
    LEAK,
    LINKS,
    MARKDOWN,
    PEOPLE,
    SNIPPET,
    TYPED,
    api,
    b64,
    bus,
    firehose,
    http,
    kinesis,
    s3,
    signed,
    tarred,
    zipped,
)

NEEDS = ("aws-http", "postgres")
KEY = "sequencing-secret-2958"
STACK = "arn:aws:cloudformation:eu-central-1:123456789012:stack/lab/1"
SHEET = (
    '[Header]\nInvestigator,"O\'Reilly, Siobhán"\nDate,2026-05-04\n\n[Data]\nsample,index,note\n'
    'S-1,ACGT,"it\'s cold; 50% ""dry"""\nS-2,TTGA,=A1+B2\nS-3,ACGT,union; select\n'
)
PARTS = {"run/lane 1 (O'Neill).txt": "ACGT; it's ok\n", "run/größe.csv": "a,b\n1,2\n"}


def _post(**body: object) -> dict[str, object]:
    return http("POST", "/", body)


def _get(**query: str) -> dict[str, object]:
    return api("GET", "/", query=query)


def _sample(method: str, sample: str, body: object = None) -> dict[str, object]:
    return api(method, f"/samples/{sample}", body)


def _blob(data: str | bytes, **query: str) -> dict[str, object]:
    kind = {"content-type": "application/octet-stream"}
    return http(
        "POST", "/", data if isinstance(data, str) else b64(data), headers=kind, query=query, is_base64=True
    )


def _xml(text: str) -> dict[str, object]:
    return http("POST", "/manifest", text, headers={"content-type": "application/xml"})


def _push(*messages: str, branch: str = "main", name: str = "protocols", seal: str = "") -> dict[str, object]:
    commits = [
        {
            "id": "c0ffee",
            "message": one,
            "author": {"name": PEOPLE[0]},
            "added": ["docs/o'neill (v2).md"],
            "modified": [f"{number}.txt"],
        }
        for number, one in enumerate(messages)
    ]
    text = json.dumps(
        {"ref": f"refs/heads/{branch}", "repository": {"name": name}, "commits": commits}, ensure_ascii=False
    )
    headers = {"X-GitHub-Event": "push", "X-Hub-Signature-256": seal or signed("git-hook-sequencing", text)}
    return api("POST", "/hook", text, headers=headers)


def _resource(kind: str, **properties: str) -> dict[str, object]:
    return {
        "RequestType": kind,
        "ResponseURL": "@PARTNER@/cfn/response?X-Amz-Signature=ab%2Fc&X-Amz-Expires=7200",
        "StackId": STACK,
        "RequestId": "rq-1",
        "LogicalResourceId": "LabSettings",
        "ResourceType": "Custom::Settings",
        "ResourceProperties": {
            "ServiceToken": "arn:aws:lambda:eu-central-1:123456789012:function:f",
            **properties,
        },
    }


def _logs(*lines: str) -> dict[str, object]:
    data = {
        "messageType": "DATA_MESSAGE",
        "owner": "123456789012",
        "logGroup": "/lab/aligner",
        "logStream": "s",
        "logEvents": [
            {"id": str(number), "timestamp": 1777900000000, "message": one}
            for number, one in enumerate(lines)
        ],
    }
    return {"awslogs": {"data": b64(gzip.compress(json.dumps(data).encode(), mtime=0))}}


def _alexa(value: str | None = None, kind: str = "IntentRequest") -> dict[str, object]:
    request: dict[str, object] = {"type": kind, "requestId": "amzn1.echo-api.request.1", "locale": "en-GB"}
    if kind == "IntentRequest":
        request["intent"] = {"name": "StatusIntent", "slots": {"sample": {"name": "sample", "value": value}}}
    return {
        "version": "1.0",
        "session": {"new": True, "user": {"userId": "amzn1.ask.account.A"}},
        "request": request,
    }


def _label(pattern: str, **values: object) -> dict[str, object]:
    return _post(pattern=pattern, started="2026-05-04T08:30:00", **values)


class _Calls:
    """An object that calls on being loaded."""

    def __init__(self, name: str, *arguments: object) -> None:
        self.name, self.arguments = name, arguments

    def __reduce__(self) -> tuple[object, ...]:
        module, _, name = self.name.rpartition(".")
        return getattr(__import__(module), name), self.arguments


def _pickled(value: object) -> bytes:
    return pickle.dumps(value, protocol=4)


REQUESTS = {
    "samples": [
        _sample("GET", "S-1"),
        _sample("GET", "S-404"),
        _sample("PUT", "T-7", {"project": "Gut; flora -- 50%", "donor": PEOPLE[0], "volume": "12.50", "extra": {"note": LEAK, "a'b": [1, None]}}),
        _sample("PUT", "T-8", {"project": "x", "donor": PEOPLE[3], "volume": 3, "extra": {"code": SNIPPET, "raw": JSON_TEXT}}),
        _sample("PUT", "T-9", {"donor": PEOPLE[6], "volume": "a lot; 5"}),
        api("GET", "/samples", query={"project": "gut flora"}),
        api("GET", "/samples", query={"project": "O'Neill's \"union\" -- all"}),
    ],
    "samples_search": [
        _get(q="gut"),
        _get(q="union bay", sort="project"),
        _get(q="Hương", sort="donor"),
        _get(q="select committee -- 2026; or similar"),
    ],
    "volumes": [
        _get(),
        _get(by="status", least="8.5", since="4 May 2026", ids="S-1; S-2"),
        _get(by="project; DROP TABLE x"),
        _get(least="it's 5"),
        _get(ids="1 or 2, maybe '3'", since="2026-05-04T10:00:00+02:00"),
    ],
    "fasta": [
        s3("sequencing-data", "raw/lane 1 (O'Neill).fasta"),
        s3("sequencing-data", "raw/größe+2.fasta", "raw/bad.fasta"),
        s3("sequencing-data", "raw/it's missing; 100%.fasta"),
    ],
    "sample_sheet": [
        http("POST", "/sheet", SHEET, headers={"content-type": "text/csv"}),
        _blob(("\ufeff" + SHEET.replace("O'Reilly", "李小龍")).encode()),
        http("POST", "/sheet", "[Header]\nonly,this\n"),
    ],
    "manifest": [
        _xml("<manifest><supplier>O'Neill &amp; Sons</supplier><box id='b-1'><note>it's 50% full; -- keep cold</note></box></manifest>"),
        _xml("<?xml version='1.0' encoding='UTF-8'?>\n<manifest><supplier>Größe</supplier>\n<!-- two boxes -->\n<box id='1'><note><![CDATA[a < b && c > d]]></note></box><box id='2'/></manifest>"),
        _xml("<manifest xmlns:x='urn:x'><box id='&#51;'><note>select &lt;one&gt; from &quot;list&quot;</note></box></manifest>"),
        _xml("<manifest><box></manifest>"),
    ],
    "unpack": [
        _blob(zipped(PARTS)),
        _blob(tarred(PARTS)),
        _blob(zipped(PARTS), show="run/größe.csv"),
        _blob(b"it's no archive at all; sorry"),
    ],
    "member": [
        _blob(tarred(PARTS), name="run/lane 1 (O'Neill).txt"),
        _blob(tarred(PARTS), name="run/größe.csv"),
        _blob(tarred(PARTS), name="missing; $x.txt"),
    ],
    "step": [
        {"module": "steps.trim", "args": ["ACGTACGT"], "options": {"quality": "IIIII#II"}},
        {"module": "steps.trim", "function": "adapter", "args": ["ACGTNNNN", "NN"]},
        {"module": "steps.count", "args": ["AACCAACC"], "options": {"size": 3}},
    ],
    "choice": [
        {"steps": ["trim", "flag"], "task": {"sequence": " acgt ", "note": TYPED[0]}},
        {"steps": ["trim"], "task": {"sequence": "acgtacgtacgt", "by": PEOPLE[2], "note": SNIPPET}},
        {"steps": ["trim", "os.system"], "task": {"sequence": "a"}},
    ],
    "letters": [
        _post(name="lane 1; (O'Neill).fasta", text=">it's one\nACGTAACG", top=2),
        _post(name="../größe $x.txt", text="GGGGCC\n>x; y\nA"),
        _post(name='a "b" `c`.fa', text=">h\nTTTA\n", top="4"),
    ],
    "qc": [
        _post(text="ACGT\nAC\nACGTT\n", settings={"TITLE": "It's lane 1; 50%", "LEAST": "4"}),
        _post(text=LEAK, settings={"TITLE": TYPED[1]}),
        _post(text="A\n"),
    ],
    "result_save": [
        _blob(_pickled({"run": "R-1", "q30": 91.5}), run="R-1; it's new"),
        _blob(_pickled([PEOPLE[0], 3]), run="größe 100%"),
    ],
    "result_load": [
        _blob(_pickled({"run": "R-1", "note": LEAK, "values": [1.5, None, True], "by": PEOPLE[1]})),
        _blob(_pickled([("S-1", {"a", }), b"\x00\x01", 2**70])),
        _blob(b"it's no pickle"),
        _get(run="never saved; 'x'"),
    ],
    "push_hook": [
        _push("Fix O'Neill's protocol; it's 50% shorter\n\nSee #4 -- `rm -rf build`"),
        _push("Merge branch 'größe/x' into main", "Revert \"select a plate\" (#12)", branch="feature/it's-new", name="lab protocols"),
        _push("x", seal="sha256=1234"),
    ],
    "custom_resource": [
        _resource("Create", Name="north-lab", Text=TYPED[0], Url=LINKS),
        _resource("Update", Name="it's; bad", Text="x"),
        _resource("Delete", Name="north-lab") | {"PhysicalResourceId": "settings-north-lab"},
    ],
    "log_lines": [
        _logs("INFO [bwa] 50% done; it's slow", "ERROR [bwa mem] can't open '/data/O'Neill (1).fq': No such file -- skipped", "Traceback (most recent call last):\n  File \"x.py\", line 1\n"),
        _logs("WARN [samtools] SELECT * FROM x WHERE a='b'; $HOME `id`", "ERROR [qc] " + JSON_TEXT),
        _logs(""),
    ],
    "firehose": [
        firehose({"machine": " M'1; north ", "value": "21.456", "note": LEAK}, {"machine": "größe", "value": 3}),
        firehose("it's not JSON", {"machine": "m", "value": "50%"}),
        firehose({"machine": PEOPLE[4], "value": 1e3, "note": LINKS}),
    ],
    "telemetry": [
        kinesis({"machine": "M-1", "value": 1.5}, {"machine": "M-1", "value": 2.5}, {"machine": "O'Neill; 2", "value": 7}),
        kinesis({"machine": "größe", "value": "12.75"}, {"machine": "größe", "value": "50%"}),
        kinesis({"machine": "x -- y", "value": -3}),
    ],
    "staff_search": [
        _get(text="a"),
        _get(field="note", text="it's ok"),
        _get(field="mail", text="o'reilly@example.org; b+c@example.org"),
        _get(field="note", text="50% or 1 = 1"),
    ],
    "reagent": [
        _get(name="Taq polymerase"),
        _get(name="Tris & EDTA; 1x (pH 8)"),
        _get(name="O'Neill's buffer -- 50%"),
    ],
    "run_label": [
        _label("{run.name} {run.started:%Y-%m-%d}", name="O'Neill's run; 50%"),
        _label("{run.name:>20}|{run.lanes:03d}|ends {run.ends:%H:%M}", name="Größe", lanes=2),
        _label("{{literal}} {today:%d.%m.%y} it's {run.lanes}"),
        _label("{run.owner} {0}"),
    ],
    "protocol": [
        _post(title="It's O'Neill's PCR; v2", text=MARKDOWN, author=PEOPLE[2], tags=["a b", "größe/x"]),
        _post(title="Export {{ fails }} & <b>more</b>", text=SNIPPET),
        _post(title="联系", text=LEAK + "\n\n" + LINKS, tags=[TYPED[5]]),
    ],
    "mail_result": [
        _post(to="o'reilly+lab@example.org", subject="S-1: it's 50% done; \"ok\"", text=LEAK),
        _post(to="Zoë <zoe@example.org>, b@example.org", subject="Größe", text="To: someone\r\nBcc: not a header\r\n\r\nbye"),
        _post(to="huong@example.org", subject="S-3 -- select", text=SNIPPET),
    ],
    "alexa": [_alexa(kind="LaunchRequest"), _alexa("s. 2"), _alexa("number nine; o'clock"), _alexa("1")],
    "athena_report": [
        bus("lab", "Report", {"project": "gut flora", "month": "2026-05"}),
        bus("lab", "Report", {"project": "O'Neill's \"bay\"; -- 50%", "month": "2026-04"}),
        bus("lab", "Report", {"project": "x", "month": "2026-13' OR 1"}),
    ],
    "plugin": [_get(machine="nova"), _get(machine="../it's"), _get(machine="os; path")],
}  # fmt: skip

ATTACKS = [
    Attack("SQL, union", "samples_search", _get(q="zz%') UNION SELECT name, token, 'x' FROM seq_keys -- "), KEY),
    Attack("SQL, boolean", "samples_search", _get(q="zz%') OR ('1%' = '1"), "Siobh"),
    Attack("SQL, order by", "samples_search", _get(q="gut", sort="(SELECT CAST(token AS int) FROM seq_keys LIMIT 1)"), KEY),
    Attack(
        "SQL, stacked",
        "samples",
        _sample("GET", "S-3"),
        "approved-by-x",
        before=[("samples_search", _get(q="zz%'); UPDATE seq_samples SET status = 'approved-by-x' WHERE id = 'S-3'; -- "))],
    ),
    Attack(
        "SQL, command",
        "samples_search",
        _get(q="zz%') UNION SELECT line, '', '' FROM seq_out -- "),
        "uid=",
        before=[("samples_search", _get(q="zz%'); DROP TABLE IF EXISTS seq_out; CREATE TABLE seq_out (line text); COPY seq_out FROM PROGRAM 'id'; -- "))],
    ),
    Attack("NoSQL", "staff_search", _get(field="login, :text) OR attribute_exists(note) OR contains(login", text="zz"), KEY),
    Attack("NoSQL", "staff_search", _get(field="login, :text) OR (lab <> :lab) OR contains(mail", text="zz"), KEY),
    Attack("XXE", "manifest", _xml('<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><m><supplier>&x;</supplier></m>'), "root:"),
    Attack("XXE, parameter entity", "manifest", _xml("<!DOCTYPE m [<!ENTITY % d \"<!ENTITY lot SYSTEM 'file:///etc/group'>\"> %d;]><m><box id='1'><note>lot &lot;</note></box></m>"), "lot root:x:0:"),
    Attack("archive, links", "unpack", _blob(tarred({"a.txt": "x"}, {"run2": "/etc"}), show="run2/passwd"), "root:"),
    Attack(
        "archive, upload is imported",
        "plugin",
        _get(machine="pwned"),
        KEY,
        before=[("unpack", _blob(zipped({"../plugins/pwned_plugin.py": "import os\nVERSION = os.environ['LAB_TOKEN']\n"})))],
    ),
    Attack(
        "archive, upload is imported",
        "plugin",
        _get(machine="shell"),
        "uid=",
        before=[("unpack", _blob(tarred({"../plugins/shell_plugin.py": "import subprocess\nVERSION = subprocess.getoutput('id')\n"})))],
    ),
    Attack("arguments", "member", _blob(tarred({"a": "b"}), name='--use-compress-program=sh -c "id 1>&2; exit 3"'), "uid="),
    Attack("import by name", "step", {"module": "subprocess", "function": "getoutput", "args": ["echo step-$((40+2))"]}, "step-42"),
    Attack("import by name", "step", {"module": "os", "function": "getenv", "args": ["LAB_TOKEN"]}, KEY),
    Attack("environment", "qc", _post(text="", settings={"BASH_ENV": "$(id 1>&2)"}), "uid="),
    Attack("pickle", "result_load", _blob(_pickled(_Calls("os.getenv", "LAB_TOKEN"))), KEY),
    Attack("pickle", "result_load", _blob(_pickled({"run": _Calls("subprocess.getoutput", "echo load-$((6*7))")})), "load-42"),
    Attack(
        "pickle, second order",
        "result_load",
        _get(run="R-evil"),
        "uid=",
        before=[("result_save", _blob(_pickled([_Calls("subprocess.getoutput", "id")]), run="R-evil"))],
    ),
    Attack("XPath", "reagent", _get(name='x" or @lab="south'), KEY),
    Attack("format", "run_label", _label("{run.__init__.__globals__[SETTINGS]}"), KEY),
    Attack("format", "run_label", _label("{run.__class__.__init__.__globals__[os].environ[LAB_TOKEN]}"), KEY),
    Attack("header, CRLF", "mail_result", _post(to="a@example.org\r\nBcc: all@example.net", subject="x", text="y"), '\\"Bcc: all@example.net\\"'),
    Attack("dependency, at call", "kmers", _post(sequence="ACGTAC"), KEY),
    Attack(
        "dependency, patches",
        "push_hook",
        _push("ship it", branch="release", seal="sha256=00"),
        "accepted",
        before=[("kmers", _post(sequence="ACG"))],
    ),
]  # fmt: skip
