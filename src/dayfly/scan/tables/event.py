"""The checks of the family `event`: what a stranger sends reaches what obeys it.

CWE numbers: https://cwe.mitre.org/ (the most specific entry that is no deprecated one and allowed for mapping).
Techniques: MITRE ATT&CK Enterprise v18.1.
"""

from __future__ import annotations

from dayfly.scan.check import Check
from dayfly.scan.model import Severity

CHECKS: tuple[Check, ...] = (
    Check(
        id="event.code",
        title="The event is evaluated as Python",
        cwe=95,
        broader=(94,),
        severity=Severity.CRITICAL,
        rule="A value of the event is compiled, evaluated or imported as code.",
        attack=(
            "One event runs code in the process that answers the next customers, too.",
            (
                "It replaces the handler's code, or `json.dumps`, once; after that every customer that this "
                "environment"
            ),
            "serves is copied or answered by the attacker, and the later events look clean.",
            "The role's keys are in `os.environ`; `/tmp` keeps what is put there.",
            "A burst of parallel events reaches every warm environment at the same time.",
        ),
        fix=(
            "Parse data as data (`json.loads`, `ast.literal_eval`, `int`), or select operations from a "
            "dict of your own functions."
        ),
        technique="T1059.006",
    ),
    Check(
        id="event.command",
        title="The event is part of a shell command",
        cwe=78,
        broader=(77,),
        severity=Severity.CRITICAL,
        rule="A value of the event is part of a command that a shell interprets, or names the program that is started.",
        attack=(
            "A `;`, `$(…)` or `|` in the event starts the attacker's process with the function's role.",
            "The child reads the keys in /proc/self/environ and may write to the handler's files in `/tmp`.",
            "A background process outlives the invocation: it thaws with the environment",
            "and can read the memory that holds the next customers' events.",
        ),
        fix='Start the program without a shell, from a list, with the value as one argument after `--` (`subprocess.run(["tool", "--", name])`).',
        technique="T1059.004",
    ),
    Check(
        id="event.sql",
        title="The event is part of an SQL statement",
        cwe=89,
        severity=Severity.HIGH,
        rule="A value of the event is put into the text of an SQL or PartiQL statement.",
        attack=(
            "The statement runs with the function's rights, which are those of all its customers together:",
            "a quote in one event reads or changes the rows of the others.",
            "The connection is kept warm between invocations: `SET`, temporary tables and an open transaction",
            "that the attacker leaves behind are the session in which the next customer's statements run.",
        ),
        fix="Send values beside the statement, as parameters (`execute(sql, (value,))`); take table and column names from a list of your own.",
        technique="T1190",
    ),
    Check(
        id="event.nosql",
        title="The event decides the operators of a query",
        cwe=943,
        severity=Severity.HIGH,
        rule="A value of the event is the structure or an expression of a query: operators, `$where`, a filter's text.",
        attack=(
            (
                'An attacker sends `{"$ne": null}` instead of a name, and the filter that separates customers '
                "matches everyone."
            ),
            "A `$where` or a script runs in the database, for every customer of it.",
            "A function that caches results in a global hands the stolen rows to the next customer as well.",
        ),
        fix=(
            "Convert values to scalars (`str(value)`), write the operators yourself, and pass values "
            "separately from expressions."
        ),
        technique="T1190",
    ),
    Check(
        id="event.path",
        title="The event chooses a file",
        cwe=22,
        broader=(73,),
        severity=Severity.HIGH,
        rule="A value of the event is part of a path that is opened, written, deleted, listed or unpacked to.",
        attack=(
            "`../../proc/self/environ` holds the role's keys; /var/task holds the source and its secrets.",
            "`/tmp` is shared by all invocations of one environment: the path of one customer's report leads to the",
            "report of the customer before.",
            "Written to, it poisons what the next invocations read: a cached model, a configuration, a module to import.",
        ),
        fix=(
            "Generate the file name yourself (a UUID), or resolve the path and refuse it unless it lies "
            "within the intended directory."
        ),
        technique="T1005",
    ),
    Check(
        id="event.request",
        title="The event chooses where a request goes",
        cwe=918,
        severity=Severity.HIGH,
        rule="A value of the event is the address, or the host within it, of a request that the function makes.",
        attack=(
            "The function sends the attacker's request from inside the VPC, and returns the answer.",
            "`http://127.0.0.1:9001/2018-06-01/runtime/invocation/next` is the Runtime API of this environment; what",
            "listens on loopback, an extension for example, trusts everyone who can reach it.",
            "`file:///proc/self/environ`, which urllib opens, too, holds the role's keys.",
        ),
        fix="Keep scheme and host in your code and put only path or query from the event into them, or compare the parsed host with a list.",
        technique="T1190",
    ),
    Check(
        id="event.deserialisation",
        title="The event is deserialised into objects",
        cwe=502,
        severity=Severity.CRITICAL,
        rule="Bytes of the event go to a deserialiser that calls functions named in them.",
        attack=(
            "A pickle or a `!!python/object/apply` document names a callable and its arguments; reading it calls it.",
            "That is code in the process that serves the next customers: it patches the handler once and stays until",
            "the environment is recycled.",
            "The traceback of a failed attempt comes after the payload has run.",
        ),
        fix="Read formats that hold only data: `json.loads`, `yaml.safe_load`, `numpy.load(allow_pickle=False)`.",
        technique="T1059.006",
    ),
    Check(
        id="event.xml",
        title="The event's XML may name files and addresses",
        cwe=611,
        severity=Severity.HIGH,
        rule="XML of the event is read by a parser that resolves external entities.",
        attack=(
            '`<!ENTITY e SYSTEM "file:///proc/self/environ">` puts the role\'s keys into the parsed document.',
            (
                "`file:///tmp/…` reads what this environment kept of the customers before; `http://…` sends "
                "requests inside the VPC."
            ),
            "With the keys the attacker acts as the function, from anywhere, until they expire.",
        ),
        fix="Parse with `xml.etree.ElementTree` or defusedxml, or leave external entities off (`resolve_entities=False`).",
        technique="T1005",
    ),
    Check(
        id="event.ldap",
        title="The event is part of an LDAP filter",
        cwe=90,
        severity=Severity.HIGH,
        rule="A value of the event is put unescaped into a search filter or a distinguished name.",
        attack=(
            (
                "`*)(uid=*` turns a lookup of one person into a lookup of all, or a failed login into a "
                "successful one."
            ),
            "The connection is bound once at init, with the function's own account, and kept for all customers:",
            "every caller can now read what that account can read.",
        ),
        fix="Escape values with `ldap3.utils.conv.escape_filter_chars` or `ldap.filter.escape_filter_chars` before they enter a filter.",
        technique="T1190",
    ),
    Check(
        id="event.xpath",
        title="The event is part of an XPath expression",
        cwe=643,
        broader=(91,),
        severity=Severity.HIGH,
        rule="A value of the event is put into the text of an XPath expression.",
        attack=(
            "`' or '1'='1` selects every record of a document that holds all customers.",
            "Documents are read once and kept in a global: one environment answers such questions quickly and for long.",
        ),
        fix='Pass values as variables (`tree.xpath("//user[@name=$name]", name=value)`), or compare in Python.',
        technique="T1190",
    ),
    Check(
        id="event.template",
        title="The event is a template",
        cwe=1336,
        broader=(94,),
        severity=Severity.HIGH,
        rule="A value of the event is compiled as a template, or is the format string itself.",
        attack=(
            "Template languages reach Python objects: `{{ cycler.__init__.__globals__.os… }}` is code in this process,",
            "and stays for the next customers as any code does.",
            "A plain `str.format` with the event's format reads attributes: `{0.__init__.__globals__[CACHE]}` prints the",
            "globals in which the customers before are remembered.",
        ),
        fix="Keep templates and format strings in your code and pass the event's values to them.",
        technique="T1190",
    ),
    Check(
        id="event.header",
        title="The event injects a header",
        cwe=113,
        broader=(93,),
        severity=Severity.MEDIUM,
        rule="A value of the event is put into a header of a response, a request or a mail without removing line breaks.",
        attack=(
            (
                "A line break in the value starts an attacker-controlled header: a `Set-Cookie` that fixes the "
                "victim's session,"
            ),
            "a `Bcc` to the attacker, a second body.",
            "A cache before the function keeps the forged answer and gives it to the customers that come next.",
        ),
        fix="Remove `\\r` and `\\n`, quote the value (`urllib.parse.quote`), or take it from a list of your own.",
        technique="T1185",
    ),
    Check(
        id="event.redirect",
        title="The event chooses a redirect target",
        cwe=601,
        severity=Severity.MEDIUM,
        rule="A value of the event is the target of a redirect.",
        attack=(
            "A link to your domain leads to the attacker's page, and passes on the token in the fragment.",
            "If a login flow sends its code to that target, the attacker can sign in as that customer.",
        ),
        fix="Redirect to paths of your own (one leading `/`, not two), or compare the parsed host with a list.",
        technique="T1566.002",
    ),
    Check(
        id="event.html",
        title="The event is shown as HTML",
        cwe=79,
        severity=Severity.MEDIUM,
        rule="A value of the event is part of an HTML answer without being escaped.",
        attack=(
            "Script in the value runs in the reader's session on your domain.",
            "Kept in a global or in a cached page, as warm functions like to do, it is served to every customer",
            "this environment serves next, without another event from the attacker.",
        ),
        fix="Escape with `html.escape`, or render by a template engine that escapes on its own; answer with `application/json` where no page is meant.",
        technique="T1189",
    ),
    Check(
        id="event.trust",
        title="The caller chooses its own identity",
        cwe=501,
        broader=(639,),
        severity=Severity.HIGH,
        rule="A value that the caller chooses is stored as verified data: a session, an identity, a role.",
        attack=(
            "A user id, tenant or role in the body or a header is not verified; verified values are in",
            "`requestContext.authorizer`.",
            (
                "The function's role can read all tenants: no later check stops one tenant from reading the "
                "others."
            ),
            "Stored in a session, the false identity is valid for every later request.",
        ),
        fix="Take identity from the authorizer's claims, and store in sessions only what you have looked up or verified.",
        technique="T1078",
    ),
    Check(
        id="event.log",
        title="The event injects log records",
        cwe=117,
        broader=(116,),
        severity=Severity.LOW,
        rule="A value of the event is logged as text without removing line breaks.",
        attack=(
            (
                "A line break starts a new record: a forged finding, another customer's user id, a fake "
                "`REPORT`."
            ),
            (
                "One log stream holds all customers of an environment, so the forged record appears among "
                "theirs, and alarms"
            ),
            "and metric filters accept it.",
        ),
        fix="Log JSON, or the value's `repr` (`%r`), so that a line break stays inside the record.",
        technique="T1565.001",
    ),
)
