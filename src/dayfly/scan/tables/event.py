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
            "One event runs code in the process that also serves the next customers.",
            "It replaces the handler's code, or `json.dumps`, once. After that, the attacker receives or answers the requests",
            "of every customer that this environment serves, and the later events look harmless.",
            "The role's keys are in `os.environ`, and files in `/tmp` stay.",
            "A burst of parallel events reaches every warm environment at the same time.",
        ),
        fix=(
            "Parse data as data (`json.loads`, `ast.literal_eval`, `int`), or select functions from a dict in your code."
        ),
        technique="T1059.006",
    ),
    Check(
        id="event.command",
        title="The event is part of a shell command",
        cwe=78,
        broader=(77,),
        severity=Severity.CRITICAL,
        rule="A value of the event is part of a command that a shell interprets, or names the program to start.",
        attack=(
            "A `;`, `$(…)` or `|` in the event starts the attacker's process with the function's role.",
            "The process can read the keys in /proc/self/environ and write to the handler's files in `/tmp`.",
            "A background process outlives the invocation: it continues when the environment thaws",
            "and can read the memory that contains the next customers' events.",
        ),
        fix='Start the program without a shell, from a list, with the value as one argument after `--` (`subprocess.run(["tool", "--", name])`).',
        technique="T1059.004",
    ),
    Check(
        id="event.sql",
        title="The event is part of an SQL statement",
        cwe=89,
        severity=Severity.HIGH,
        rule="A value of the event is part of the text of an SQL or PartiQL statement.",
        attack=(
            "The statement has the function's permissions, which cover all customers:",
            "a quote in one event reads or changes the rows of the others.",
            "The connection stays open between invocations. Session settings (`SET`), temporary tables and open transactions",
            "of the attacker then affect the next customer's statements.",
        ),
        fix="Pass values separately, as parameters (`execute(sql, (value,))`); take table and column names from a list in your code.",
        technique="T1190",
    ),
    Check(
        id="event.nosql",
        title="The event decides the operators of a query",
        cwe=943,
        severity=Severity.HIGH,
        rule="A value of the event is the structure or an expression of a query: operators, `$where`, the text of a filter.",
        attack=(
            'An attacker sends `{"$ne": null}` instead of a name, and the filter that separates customers matches everyone.',
            "A `$where` or a script runs in the database, with access to the data of all customers.",
            "A function that caches results in a global also returns the stolen rows to the next customer.",
        ),
        fix=(
            "Convert values to scalars (`str(value)`), write the operators in your code, and pass values separately from expressions."
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
            "`../../proc/self/environ` contains the role's keys; /var/task contains the source code and its secrets.",
            "All invocations of one environment share `/tmp`: a path can lead to the report of the previous customer.",
            "If the function writes to the path, an attacker can change what the next invocations read:",
            "a cached model, a configuration, a module to import.",
        ),
        fix=(
            "Generate the file name yourself (a UUID), or resolve the path and refuse it unless it is within the intended directory."
        ),
        technique="T1005",
    ),
    Check(
        id="event.request",
        title="The event chooses the destination of a request",
        cwe=918,
        severity=Severity.HIGH,
        rule="A value of the event is the URL, or the host in the URL, of a request that the function sends.",
        attack=(
            "The function sends the attacker's request from inside the VPC, and returns the answer.",
            "`http://127.0.0.1:9001/2018-06-01/runtime/invocation/next` is the Runtime API of this environment;",
            "services on loopback, for example extensions, trust everyone who can connect.",
            "`file:///proc/self/environ`, which urllib also opens, contains the role's keys.",
        ),
        fix="Keep scheme and host in your code and put only path or query from the event into the URL, or compare the parsed host with a list.",
        technique="T1190",
    ),
    Check(
        id="event.deserialisation",
        title="The event is deserialised into objects",
        cwe=502,
        severity=Severity.CRITICAL,
        rule="Bytes of the event go to a deserialiser that calls the functions named in them.",
        attack=(
            "A pickle or a `!!python/object/apply` document names a function and its arguments; loading it calls the function.",
            "This code runs in the process that serves the next customers: it can replace the handler once and stays until",
            "the environment is recycled.",
            "If loading fails, the traceback appears after the attacker's code has run.",
        ),
        fix="Use formats that contain only data: `json.loads`, `yaml.safe_load`, `numpy.load(allow_pickle=False)`.",
        technique="T1059.006",
    ),
    Check(
        id="event.xml",
        title="The event's XML can reference files and URLs",
        cwe=611,
        severity=Severity.HIGH,
        rule="A parser that resolves external entities reads XML of the event.",
        attack=(
            '`<!ENTITY e SYSTEM "file:///proc/self/environ">` puts the role\'s keys into the parsed document.',
            "`file:///tmp/…` reads what this environment kept of previous customers; `http://…` sends requests inside the VPC.",
            "With the keys, the attacker has the function's permissions, from anywhere, until they expire.",
        ),
        fix="Parse with `xml.etree.ElementTree` or defusedxml, or switch external entities off (`resolve_entities=False`).",
        technique="T1005",
    ),
    Check(
        id="event.ldap",
        title="The event is part of an LDAP filter",
        cwe=90,
        severity=Severity.HIGH,
        rule="A value of the event is part of a search filter or a distinguished name without escaping.",
        attack=(
            "`*)(uid=*` turns the lookup of one person into a lookup of all, or a failed login into a successful one.",
            "The connection is bound once at init, with the function's own account, and used for all customers:",
            "every caller can then read what that account can read.",
        ),
        fix="Escape values with `ldap3.utils.conv.escape_filter_chars` or `ldap.filter.escape_filter_chars` before they are used in a filter.",
        technique="T1190",
    ),
    Check(
        id="event.xpath",
        title="The event is part of an XPath expression",
        cwe=643,
        broader=(91,),
        severity=Severity.HIGH,
        rule="A value of the event is part of the text of an XPath expression.",
        attack=(
            "`' or '1'='1` selects every record of a document that contains all customers.",
            "Documents are often read once and kept in a global, so one environment answers many such queries quickly.",
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
        rule="A value of the event is compiled as a template, or is a format string.",
        attack=(
            "Template languages can access Python objects: `{{ cycler.__init__.__globals__.os… }}` is code in this process,",
            "and its changes stay for the next customers.",
            "A plain `str.format` with a format from the event reads attributes: `{0.__init__.__globals__[CACHE]}` prints the",
            "globals that contain data of previous customers.",
        ),
        fix="Keep templates and format strings in your code, and pass values of the event to them.",
        technique="T1190",
    ),
    Check(
        id="event.header",
        title="The event injects a header",
        cwe=113,
        broader=(93,),
        severity=Severity.MEDIUM,
        rule="A value of the event is part of a header of a response, a request or an email, with its line breaks.",
        attack=(
            "A line break in the value starts an attacker-controlled header: a `Set-Cookie` that sets the victim's session,",
            "a `Bcc` to the attacker, or a second body.",
            "A cache in front of the function stores the forged answer and returns it to other customers.",
        ),
        fix="Remove `\\r` and `\\n`, quote the value (`urllib.parse.quote`), or select it from a list in your code.",
        technique="T1185",
    ),
    Check(
        id="event.redirect",
        title="The event chooses a redirect target",
        cwe=601,
        severity=Severity.MEDIUM,
        rule="A value of the event is the target of a redirect.",
        attack=(
            "A link to your domain leads to the attacker's page, and passes on the token in the URL fragment.",
            "If a login flow sends its code to that target, the attacker can sign in as that customer.",
        ),
        fix="Redirect only to your own paths (one leading `/`, not two), or compare the parsed host with a list.",
        technique="T1566.002",
    ),
    Check(
        id="event.html",
        title="The event is part of HTML without escaping",
        cwe=79,
        severity=Severity.MEDIUM,
        rule="A value of the event is part of an HTML answer without escaping.",
        attack=(
            "Script in the value runs in the user's session on your domain.",
            "If a warm function keeps it in a global or in a cached page, it is sent to every customer",
            "that this environment serves next, without another event from the attacker.",
        ),
        fix="Escape with `html.escape`, or use a template engine that escapes automatically; answer with `application/json` if no page is needed.",
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
            "requestContext.authorizer or in the claims of a verified token.",
            "The function's role can read all tenants: no later check stops one tenant from reading the data of others.",
            "In a session, the false identity is valid for every later request.",
        ),
        fix="Take the identity from the authorizer's claims, and store only verified data in sessions.",
        technique="T1078",
    ),
    Check(
        id="event.log",
        title="The event injects log records",
        cwe=117,
        broader=(116,),
        severity=Severity.LOW,
        rule="A value of the event is logged as text, with its line breaks.",
        attack=(
            "A line break starts a new record: a forged finding, another customer's user id, a fake `REPORT`.",
            "One log stream contains records of all customers of an environment, so the forged record appears among theirs,",
            "and alarms and metric filters accept it.",
        ),
        fix="Log JSON, or the value's `repr` (`%r`), so that a line break stays inside the record.",
        technique="T1565.001",
    ),
)
