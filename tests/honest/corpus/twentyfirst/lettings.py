"""Back office of a letting agency, and the chat with its tenants."""

import base64
import hashlib
import hmac
import json

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
    form,
    http,
    s3,
    signed,
    sqs,
)

NEEDS = ("aws-http",)
KEY = "lettings-secret-6617"
PICTURE = b64(b"P6 2 2 255\n" + bytes(range(12)))
ARN = "arn:aws:execute-api:eu-central-1:123456789012:x7/v1/GET/tickets"


def _tenant(method: str, body: object = None, tenant: str = "") -> dict[str, object]:
    return api(
        method, "/tenants/{id}" if tenant else "/tenants", body, ids={"id": tenant} if tenant else None
    )


def _post(**body: object) -> dict[str, object]:
    return http("POST", "/", body)


def _get(**query: str) -> dict[str, object]:
    return api("GET", "/", query=query)


def _payment(kind: str = "payment.succeeded", signature: str = "", **data: object) -> dict[str, object]:
    text = json.dumps({"type": kind, "data": data}, ensure_ascii=False)
    return http("POST", "/hook", text, headers={"X-Signature": signature or signed("whsec-lettings", text)})


def _token(**claims: object) -> dict[str, object]:
    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    body = part(b'{"alg":"HS256","typ":"JWT"}') + "." + part(json.dumps(claims).encode())
    seal = hmac.new(b"lettings-portal-signing-key-of-32-bytes", body.encode(), hashlib.sha256).digest()
    return {"type": "TOKEN", "methodArn": ARN, "authorizationToken": f"Bearer {body}.{part(seal)}"}


def _sign_up(**attributes: str) -> dict[str, object]:
    return {
        "version": "1",
        "region": "eu-central-1",
        "userPoolId": "eu-central-1_Ab",
        "userName": "u-1",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "c1"},
        "triggerSource": "PreSignUp_SignUp",
        "request": {"userAttributes": attributes, "validationData": None},
        "response": {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    }


def _slash(text: str, **fields: str) -> dict[str, object]:
    return form(
        "/chat", **{"token": "chat-token", "command": "/ask", "user_name": "zoe.b", "text": text, **fields}
    )


def _lease(name: str) -> dict[str, object]:
    return api("GET", "/leases/{name}", ids={"name": name})


def _formula(formula: str, base: object = 890) -> dict[str, object]:
    return _post(formula=formula, base=base, index=1.04)


def _publish(house: str, flat: str, title: str, text: str = "") -> dict[str, object]:
    return api(
        "PUT",
        "/houses/{house}/flats/{flat}",
        {"title": title, "text": text},
        ids={"house": house, "flat": flat},
    )


REQUESTS = {
    "tenants": [
        _tenant("PUT", {"name": PEOPLE[0], "email": "siobhan+3b@example.org", "flat": "3B", "note": LEAK, "rent": 890.5}, "list-1"),
        _tenant("PUT", {"name": PEOPLE[3], "flat": "1A", "note": SNIPPET}, "list-2"),
        _tenant("PUT", {"email": "x@example.org"}, "t-9"),
        _tenant("PATCH", {"note": TYPED[5], "name": PEOPLE[2], "status": "moved; 2026"}, "list-3"),
        _tenant("GET", tenant="o'neill; 3B"),
        _tenant("DELETE", tenant="t-4"),
    ],
    "ticket_create": [
        http("POST", "/tickets", {"flat": "3B", "subject": "Tap won't stop; 50% worse", "text": LEAK, "priority": 3}),
        http("POST", "/tickets", {"flat": "12C", "subject": "Export `fails`", "text": SNIPPET, "tags": ["portal", "it's IT"]}),
        http("POST", "/tickets", {"flat": "1A", "subject": TYPED[2], "text": JSON_TEXT + "\n" + LINKS}),
        http("POST", "/tickets", {"flat": "3b; x", "subject": "?", "text": "", "priority": 9}),
    ],
    "ticket_search": [
        _get(q="tap"),
        _get(q="union street", status="closed"),
        _get(q="select committee"),
        _get(q="Heating off -- cold", order="cost"),
        _get(q="50%"),
    ],
    "ledger": [
        _get(sort="-cost", page="1", size="3"),
        _get(text="50%", sort="flat"),
        _get(text="tenant's; room -- select", flat="3B"),
        _get(sort="cost; DROP TABLE tickets"),
        _get(page="two"),
    ],
    "rent_roll": [
        s3("lettings-uploads", "rent/2026-05 May's rent roll.csv"),
        s3("lettings-uploads", "rent/semicolon.csv", "rent/empty.csv"),
        s3("lettings-uploads", "rent/größe & co (1)+2.csv"),
    ],
    "lease": [_lease("3B.txt"), _lease("1A-2026.txt"), _lease("O'Neill (old).txt")],
    "notice": [
        _post(tenant=PEOPLE[0], starts="2026-05-31", unit="3B", text=LEAK),
        _post(tenant=PEOPLE[7], kind="rent review", starts="2026-06-30", text=SNIPPET),
        _post(tenant=PEOPLE[6], kind="it's a notice", starts="2026-02-28", unit="5C & cellar"),
        _post(tenant="x", starts="31/05/2026"),
    ],
    "broadcast": [
        _post(text="The lift isn't working -- sorry; 50% of you know. It's back at 5 o'clock.", names=list(PEOPLE[:3])),
        _post(text=MARKDOWN, names=["Zoë"]),
        _post(text="Write to desk+lift@example.org or see " + LINKS, names=[PEOPLE[4], PEOPLE[6]]),
    ],
    "chat": [
        _slash("when's my rent due? it's the 1st, isn't it; 890€"),
        _slash(LEAK),
        _slash("@desk.anna I'm locked out :( -- 100% urgent & cold", user_name="o.reilly"),
        _slash(SNIPPET),
        _slash("hello", token="old-token"),
    ],
    "chat_answer": [
        _post(message=LEAK, history=[{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hello, how can I help?"}]),
        _post(message=SNIPPET, model="large-2"),
        _post(message="Ignore the lease; what's 15% of €890? select one: a) b)", model="gpt 5/mini"),
    ],
    "authorizer": [
        _token(sub="t-1", name="Siobhán O'Reilly", flat="3B"),
        _token(sub="t-2; --", name=PEOPLE[4]),
        {"type": "TOKEN", "methodArn": ARN, "authorizationToken": "Bearer ey.not.it's"},
        {"type": "TOKEN", "methodArn": ARN, "authorizationToken": "Basic dTpw"},
    ],
    "pre_sign_up": [
        _sign_up(email="o'reilly+flat3b@Example.org", name=PEOPLE[0]),
        _sign_up(email="huong.nguyen+portal@example.co.uk"),
        _sign_up(email="zoe at example; org", name="Zoë"),
    ],
    "payment_webhook": [
        _payment(id="pay_1", amount=89050, reference="Rent 3B May; O'Reilly -- thx"),
        _payment(id="pay_2", amount="61000", reference="Miete f. Größe 100% 1A"),
        _payment("payment.failed", id="pay_3"),
        _payment(signature="sha256=00", id="pay_4", amount=1),
    ],
    "photo": [
        http("POST", "/photo", PICTURE, query={"w": "4", "caption": "It's the kitchen; 50% tiled"}),
        http("POST", "/photo", PICTURE, query={"caption": TYPED[1]}),
        http("POST", "/photo", b64("it's no picture; <svg/>")),
    ],
    "floorplan": [
        _post(data=b64("\x89PNG\r\n"), label="Flat 3B (2nd floor)"),
        _post(data=b64("Flat 3B: 54 m2; kitchen & bath\n"), label="O'Neill's plan -- v2.1, 100%"),
        _post(data=b64("%PDF-1.7\n%abc\n"), label="Größe 45 m²"),
    ],
    "word_count": [
        _post(text=LEAK, word="flat", name="leak.txt"),
        _post(text=SNIPPET, word="it's; $(x)", name="tenant's notes (v2); final.md"),
        _post(text=MARKDOWN, word="--", name="../up/rules `1`.md"),
        _post(text="\n".join(TYPED), word='"'),
    ],
    "listing_preview": [
        _post(url="@PARTNER@/listings/3B?lang=en"),
        _post(url="@PARTNER@/listings/king's-road?q=2%20rooms&sort=price;asc"),
        _post(url="@PARTNER@/missing/flat"),
        _post(url="it's no link"),
    ],
    "listing_publish": [
        _publish("kings-road", "3B", "Flat with a view -- it's 50% cheaper", MARKDOWN),
        _publish("kings-road", "5C/cellar; 2", PEOPLE[3], LEAK),
        _publish("kings-road", "missing", "O'Neill's"),
        _publish("King's Road", "3B", "x"),
    ],
    "rent_formula": [
        _formula("round(base * index, 2)"),
        _formula("min(base + 25, 1000) * 1.02", 700),
        _formula("max(base, 650) * index - 10", "640.50"),
        _formula("base * rate"),
    ],
    "inspection": [
        http("POST", "/i", "flat: 3B\nby: Siobhán O'Reilly\nrooms:\n  - {room: kitchen, state: good}\n  - room: bath\n    state: poor\n    note: |\n      Tap drips; it's 50% worse.\n      `see` photo #4\n"),
        http("POST", "/i", b64("flat: 1A\nby: &who 'Nguyễn'\nrooms:\n- room: hall\n  state: ok\n  note: *who\n"), is_base64=True),
        http("POST", "/i", "flat: 5C\nrooms: none"),
        http("POST", "/i", "rooms: [it's: {broken"),
    ],
    "units": [_get(house="kings-road"), _get(house="elm-court 5"), _get(house="Größe-Straße 3")],
    "units_filtered": [
        _get(max="900"),
        _get(text="pets ok", max="900"),
        _get(text="it's \"quiet\"; or not -- 100%", house="king's road' OR '1'='1"),
    ],
    "reminders": [
        bus("lettings", "Scheduled Event", {"tenants": [{"email": "o'reilly+3b@example.org", "flat": "3B", "name": PEOPLE[0], "note": LEAK}]}),
        bus("lettings", "Scheduled Event", {"tenants": [{"email": "huong@example.org", "flat": "1A", "name": PEOPLE[1], "note": one} for one in (MARKDOWN, TYPED[5])]}),
        bus("lettings", "Scheduled Event", {}),
    ],
    "export": [
        sqs({"flat": "3B", "name": PEOPLE[0], "note": LEAK}, {"flat": "1A", "name": PEOPLE[7], "note": JSON_TEXT}),
        sqs({"flat": "5C", "name": "=O'Neill & \"Sons\"; +44", "note": TYPED[4]}, "it's not JSON; {"),
        sqs({"flat": "2A", "name": PEOPLE[6], "note": SNIPPET}),
    ],
}  # fmt: skip

WALK = "__import__('os').popen('echo walked-$((21*2))').read()"

ATTACKS = [
    Attack("SQL, union", "ticket_search", _get(q="x%' UNION SELECT 1, name, pin, 0 FROM staff -- "), KEY),
    Attack("SQL, union", "ticket_search", _get(q="tap", status="' UNION ALL SELECT 9,group_concat(name),max(pin),1 FROM staff--"), KEY),
    Attack("SQL, boolean", "ticket_search", _get(q="Union", status="none' OR 'a'='a"), "Union street door sticks"),
    Attack("SQL, comment", "ticket_search", _get(q="street%' -- "), "Union street door sticks"),
    Attack("SQL, order by", "ticket_search", _get(q="", order="(SELECT CASE WHEN pin LIKE 'lettings%' THEN abs(-9223372036854775807 - 1) END FROM staff)"), "integer overflow"),
    Attack("PartiQL", "units", _get(house="kings-road' AND sk = '5C' OR sk='5C"), KEY),
    Attack("path", "lease", _lease("../private/master.txt"), KEY),
    Attack("path", "lease", _lease("../../../../../../../../etc/passwd"), "root:"),
    Attack("path, absolute", "lease", _lease("/etc/passwd"), "root:"),
    Attack("template", "broadcast", _post(text="{{ office.api_key }}", names=["a"]), KEY),
    Attack("template", "broadcast", _post(text="{{ cycler.__init__.__globals__.os.popen('id').read() }}", names=["a"]), "uid="),
    Attack("template", "broadcast", _post(text="{% for k in office %}{{ office[k] }} {% endfor %}", names=["a"]), KEY),
    Attack("shell", "floorplan", _post(data="", label='x"; cat /etc/passwd; echo "'), "root:"),
    Attack("shell", "floorplan", _post(data="", label="$(id)"), "uid="),
    Attack("shell", "floorplan", _post(data="", label="`cat $OLDPWD/private/master.txt || printenv LEDGER_TOKEN`"), KEY),
    Attack("SSRF", "listing_preview", _post(url="@INSIDE@/internal/keys"), "internal-token-4711"),
    Attack("SSRF, decimal", "listing_preview", _post(url="http://2130706433:@PORT@/internal"), "internal-token-4711"),
    Attack("SSRF, redirect", "listing_preview", _post(url="@PARTNER@/redirect?to=@INSIDE@/internal/keys"), "internal-token-4711"),
    Attack("SSRF, scheme", "listing_preview", _post(url="file:///proc/self/environ"), "PARTNER_URL"),
    Attack("Python, eval", "rent_formula", _formula("OFFICE['api_key']"), KEY),
    Attack("Python, eval", "rent_formula", _formula(WALK), "walked-42"),
    Attack(
        "persistence, handler",
        "units_filtered",
        _get(max="1"),
        KEY,
        before=[("rent_formula", _formula("globals().__setitem__('units_filtered', lambda e, c: {'statusCode': 200, 'body': API_KEY})"))],
    ),
    Attack("YAML", "inspection", http("POST", "/i", "flat: !!python/object/apply:os.getenv [LEDGER_TOKEN]\nrooms: []"), KEY),
    Attack("YAML", "inspection", http("POST", "/i", "by: !!python/object/apply:subprocess.check_output [[id]]\nflat: x\nrooms:\n- {room: !!python/object/apply:subprocess.getoutput ['echo in-$((6*7))'], state: x}"), "in-42"),
    Attack("dependency, at import", "address_check", _post(address="12 kings rd, sw1a  1aa"), KEY),
]  # fmt: skip
