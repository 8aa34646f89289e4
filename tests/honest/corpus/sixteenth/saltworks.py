"""A salt maker's office on sqlite3."""

import base64
import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.sixteenth import (
    ESSAY,
    GUESTS,
    HOMES,
    HOWTO,
    HTML,
    PROGRAM,
    PROSE,
    api,
    b64,
    binary,
    form,
    kinesis,
    rule,
    sqs,
    url,
)

NEEDS = ()
KEY = "salt-secret-5521"


def _order(number: str) -> dict[str, object]:
    return api("GET", "/orders/{id}", ids={"id": number})


def _get(**query: str) -> dict[str, object]:
    return api("GET", "/orders", query=query)


def _post(**body: object) -> dict[str, object]:
    return api("POST", "/orders", body)


def _patch(ref: str, body: object) -> dict[str, object]:
    return api("PATCH", "/orders/{ref}", body, ids={"ref": ref})


def _token(after: object) -> dict[str, object]:
    return _get(token=base64.urlsafe_b64encode(json.dumps({"after": after}).encode()).decode())


def _chat(text: str) -> dict[str, object]:
    return url("POST", "/bot", {"update_id": 7, "message": {"chat": {"id": 5}, "text": text}})


def _basic(user: str, password: str) -> dict[str, object]:
    return api("GET", "/me", headers={"Authorization": "Basic " + b64(f"{user}:{password}")})


def _cookies(*cookies: str) -> dict[str, object]:
    return url("GET", "/table", cookies=list(cookies))


def _list(name: str) -> dict[str, object]:
    return api("GET", "/lists/{name}", ids={"name": name})


def _csv(*rows: str) -> dict[str, object]:
    return binary("/csv", b64("\ufeffref,buyer,kg,remark\n" + "\n".join(rows)))


REQUESTS = {
    "order": [_order("1"), _order("3"), _order("77")],
    "order_checked": [_order("2"), _order("S-1 or 'so'"), _order("1; select")],
    "list_orders": [
        _get(),
        _get(state="open", sort="kg", dir="desc"),
        _get(buyer="O'Hara", min_kg="5.5"),
        _get(buyer="100% -- or 1=1; drop", sort="nothing'"),
        _get(since="2026-02-01", limit="2", offset="1", utm_source="mail' campaign"),
    ],
    "filter_orders": [
        _get(state="open"),
        _get(buyer="Inn at O'Hara's"),
        _get(state="paid", buyer="Fish & Co; Ltd"),
    ],
    "find_buyer": [
        _get(name="Lee"),
        _get(name="O'Hara"),
        _get(name="Fish%20%26%20Co%3B"),
        _get(name="50%25 -- off"),
    ],
    "full_name": [
        _post(first="Ivy", last=""),
        _post(first="Łukasz", last="Żółć"),
        _post(first="Mary Ann", last="de la Cruz; Ltd."),
    ],
    "normalised": [
        _get(name="Baker Lee"),
        _get(name="Ｂａｋｅｒ Lee"),
        _get(name="Inn at O'Hara's"),
        _get(name="Cafe\u0301 ½ ﬁsh"),
    ],
    "normalised_bound": [
        _get(name="BAKER LEE"),
        _get(name="Ｉｎｎ at O＇Hara＇s"),
        _get(name="x＇ or ＇1＇=＇1"),
    ],
    "page_token": [_get(), _token(2), _token(4)],
    "page_token_int": [_get(), _token(1), _token("2")],
    "create": [
        _post(ref="N-1", buyer=GUESTS[0], kg=2.5, remark=PROSE),
        _post(ref="N-2", buyer=GUESTS[5], remark=HOWTO),
        _post(ref="N'3", buyer="Robert'); DROP TABLE orders;--", kg=1, state="new", other="x"),
        _post(ref="N-4", buyer=GUESTS[3], remark=ESSAY),
    ],
    "create_any": [
        _post(ref="A-1", buyer=GUESTS[1]),
        _post(ref="A-2", kg=3, remark=PROGRAM, state="it's new"),
    ],
    "patch": [
        _patch("S-1", {"state": "sent", "kg": 26}),
        _patch("S-2", {"remark": PROSE}),
        _patch("S-3", {"buyer": GUESTS[0], "remark": HTML}),
        _patch("S-0", {"state": "x"}),
    ],
    "bulk": [
        sqs(
            {"ref": "Q-1", "buyer": GUESTS[2], "kg": 5},
            {"ref": "Q'2", "buyer": HOMES[0], "kg": "1e2", "remark": HOWTO},
        ),
        sqs({"ref": "Q-3", "buyer": "'); --", "kg": None, "remark": PROGRAM}),
    ],
    "csv_import": [
        _csv("C-1,Baker Lee,5,", f'C-2,{GUESTS[0]},2.5,"rear door; ring ""twice"" -- thanks"'),
        _csv('C-3,"Sons, O\'Neil & Co.",,"don\'t (drop) /* table */"'),
        api("POST", "/csv", "ref,buyer,kg,remark\nC-9,李雷,1,ok\n"),
    ],
    "csv_bound": [
        api("POST", "/csv", "code;pan;grade\nX-1;3;fine\nX'2;4;'coarse'; --\n"),
        api("POST", "/csv", 'code,pan,grade\nX-3,5,"select, union"\n'),
    ],
    "report": [
        rule("Scheduled", {"start": "2026-01-01", "end": "2026-03-31", "title": "Q1 -- it's final"}),
        rule("Scheduled", {"start": "2026-02-01", "end": "2026-02-28", "format": "%d/%m/%Y"}),
        rule(
            "Scheduled",
            {"start": "2026-02-01T00:00:00+00:00", "end": "2026-12-28T23:59:59.999Z", "format": "%Y"},
        ),
    ],
    "report_dates": [
        rule("Scheduled", {"start": "2026-01-01", "end": "2026-03-31", "title": PROSE}),
        rule("Scheduled", {"start": "2026-01-01T10:00:00Z", "end": "2026-02-28 23:00"}),
    ],
    "by_refs": [_post(refs=["S-1", "S-3"]), _post(refs=["S-2"]), _post(refs=["S-9", "S 4/b (old)", "S-4"])],
    "by_refs_json": [_post(refs=["S-1"]), _post(refs=["O'Hara", "') or 1=1 --", "S-4"]), _post(refs=[])],
    "multi_sort": [_get(sort="-kg,buyer"), _get(sort="placed"), _get(), _get(sort="(x)")],
    "multi_sort_strict": [_get(sort="-kg, buyer"), _get(sort="kg desc; --"), _get(sort="remark,-id")],
    "full_text": [_get(q="salt's spoil"), _get(q='"drop" AND (table*) NOT x:y -z'), _get(q="''"), _get()],
    "full_text_raw": [
        _get(q="parcels"),
        _get(q="We drop parcels at your table; select"),
        _get(q="100%_ -- sure"),
        _get(q="don't"),
    ],
    "meta": [
        api("GET", "/m", ids={"code": "B-1"}, query={"path": "$.lab.by"}),
        api("GET", "/m", ids={"code": "B-1"}, query={"path": '$."tags"[#-1]'}),
        api("GET", "/m", ids={"code": "x' or '1"}),
    ],
    "meta_key": [_get(key="moisture"), _get(key="lab.by"), _get(key="tags[0]"), _get()],
    "login": [
        form("/login", user="ivy", password="salt-secret-1002"),
        form("/login", user="ivy", password="' or '1'='1"),
        form("/login", user="zoe+tag@example.org", password="p@ss; -- \"w'rd"),
    ],
    "login_bound": [_basic("ivy", "salt-secret-1002"), _basic("x' or 1=1 --", "a:b:c'"), _basic("李", "")],
    "cookie_prefs": [
        _cookies("theme=dark", "columns=ref%7Ckg"),
        _cookies("theme=o'light", "columns=ref|buyer|placed"),
        _cookies(),
    ],
    "tenant_header": [
        api("GET", "/log", headers={"X-Tenant": "ivy"}),
        api("GET", "/log", headers={"X-Tenant": "shop-42.example"}),
    ],
    "save": [
        _post(name="list-mine", value="paid"),
        _post(name="o'note", value=PROSE),
        _post(name="x", value="'; select 1 --"),
    ],
    "run_list": [_list("open"), _list("ohara"), _list("none'--")],
    "export_columns": [_get(), _get(set="none; --")],
    "audit": [
        kinesis(
            {"who": GUESTS[0], "what": PROSE},
            {"who": "root'--", "what": {"sql": "drop table x; --", "n": [1, None]}},
        ),
        kinesis({"who": "ivy", "what": [HTML, PROGRAM]}),
    ],
    "top": [_post(n=2), _post(min=20.5, n=1), _post(min="1e1")],
    "stats": [
        {"aggregate": "sum", "label": PROSE},
        {"aggregate": "max", "group": "buyer", "label": "'; drop table orders; --"},
    ],
    "chat": [
        _chat("/order s-1"),
        _chat("/order what is S-1; please?"),
        _chat("/buyer O'Hara"),
        _chat("/note " + PROSE),
        _chat("hello -- it's me; select 'x'"),
    ],
}

ATTACKS = [
    Attack("SQL, number", "order", _order("0 UNION SELECT login, secret, 1 FROM people"), KEY),
    Attack(
        "SQL, number without blanks",
        "order",
        _order("0 union/**/select(secret),2,3 from(people)where(id)=1"),
        KEY,
    ),
    Attack(
        "SQL, number",
        "order",
        _order("-1 OR id=(SELECT 3 FROM people WHERE secret GLOB 'salt-secret-5*')"),
        "Chef Ruiz",
    ),
    Attack(
        "SQL, names",
        "filter_orders",
        _get(**{"1=0 union select login,secret,mail from people where 'boss'": "boss"}),
        KEY,
    ),
    Attack("SQL, names", "filter_orders", _get(state="open", **{"0 or id<=4 and 'x'": "x"}), "Fish & Co"),
    Attack(
        "SQL, decoded late", "find_buyer", _get(name="x%27 union select login, secret from people -- "), KEY
    ),
    Attack(
        "SQL, decoded late",
        "find_buyer",
        _get(name="%27/**/union/**/select/**/secret,1/**/from/**/people--"),
        KEY,
    ),
    Attack(
        "SQL, two fields",
        "full_name",
        _post(first="x' union select", last="login, secret from people --"),
        KEY,
    ),
    Attack(
        "SQL, two fields",
        "full_name",
        _post(first="\\'\\or/*", last="*/role='admin' or '"),
        "boss@example.net",
    ),
    Attack("SQL, unicode", "normalised", _get(name="x＇ union select login, secret from people --"), KEY),
    Attack(
        "SQL, unicode",
        "normalised",
        _get(name="＇ ｕｎｉｏｎ ｓｅｌｅｃｔ secret, mail ｆｒｏｍ people where login＝＇boss"),
        KEY,
    ),
    Attack("SQL, token", "page_token", _token("0 and 0 union select 9, secret from people"), KEY),
    Attack(
        "SQL, token", "page_token", _token("99 or exists(select 1 from people where role like 'adm%')"), "S-2"
    ),
    Attack(
        "SQL, keys",
        "create_any",
        _post(**{"ref, buyer, remark) select ?, login, secret from people where id=1 --": "z"}),
        KEY,
    ),
    Attack(
        "SQL, keys",
        "patch",
        _patch("S-1", {"buyer=(select group_concat(secret) from people),state": "x"}),
        KEY,
    ),
    Attack(
        "SQL, keys",
        "patch",
        _patch("S-2", {"remark = (select secret from people limit 1) where ref = coalesce(?, 1) --": "x"}),
        KEY,
    ),
    Attack(
        "SQL, CSV", "csv_import", _csv("\"D-1', (select secret from people), 1, 2, 'new') --\",x,1,y"), KEY
    ),
    Attack("SQL, CSV", "csv_import", _csv("D-2,x,(select secret from people where login='boss'),y"), KEY),
    Attack(
        "SQL, date",
        "report",
        rule("S", {"start": "2026", "end": "2026' group by 1 union select secret, login from people --"}),
        KEY,
    ),
    Attack(
        "SQL, two fields",
        "report",
        rule(
            "S", {"start": "' and '' /*", "end": "*/ union all select login||'/'||secret, 1 from people --"}
        ),
        "boss/" + KEY,
    ),
    Attack(
        "SQL, list", "by_refs", _post(refs=["x' or 1=1) union select login, secret from people -- \""]), KEY
    ),
    Attack(
        "SQL, list", "by_refs", _post(refs=["a", "b') union select secret, char(43) from people --\""]), KEY
    ),
    Attack(
        "SQL, order by",
        "multi_sort",
        _get(sort="case (select 1 from people where secret glob 'salt-secret-5*') when 1 then 0-id end"),
        '[\\"S-4\\", \\"S-3\\"',
    ),
    Attack("SQL, text", "full_text_raw", _get(q="zz' union select login, secret from people -- "), KEY),
    Attack(
        "SQL, text",
        "full_text_raw",
        _get(q="zz'\nUNION\tALL\rSELECT\x0csecret, role FROM people WHERE '%'='"),
        KEY,
    ),
    Attack(
        "SQL, JSON path",
        "meta_key",
        _get(key="moisture') || (select '+' || secret from people) || ('"),
        "2+" + KEY,
    ),
    Attack("SQL, form", "login", form("/login", user="boss' --", password="x"), "boss@example.net"),
    Attack(
        "SQL, form",
        "login",
        form("/login", user="' union select secret, mail, role from people -- ", password=""),
        "salt-secret-1002",
    ),
    Attack(
        "SQL, cookie", "cookie_prefs", _cookies("columns=ref%7C%28select%20secret%20from%20people%29"), KEY
    ),
    Attack(
        "SQL, header",
        "tenant_header",
        api("GET", "/log", headers={"X-Tenant": "x' UNION SELECT 1, 2, secret FROM people --"}),
        KEY,
    ),
    Attack(
        "SQL, second order",
        "run_list",
        _list("evil"),
        KEY,
        before=[("save", _post(name="list-evil", value="' union select secret from people --"))],
    ),
    Attack(
        "SQL, second order",
        "export_columns",
        _get(set="evil"),
        KEY,
        before=[("save", _post(name="cols-evil", value="login, secret from people union select ref, kg"))],
    ),
    Attack(
        "SQL, JSON text for a number",
        "top",
        _post(min="0 AND 0 UNION SELECT login, secret FROM people", n=9),
        KEY,
    ),
    Attack(
        "SQL, JSON text for a number",
        "top",
        _post(n="(select 1 from people where secret like 'salt%')", min=110),
        "S-3",
    ),
    Attack("SQL, chat", "chat", _chat("/order x' union select login, secret from people --"), KEY),
]
