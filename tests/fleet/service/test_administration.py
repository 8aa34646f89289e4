"""Admins manage people and keys, nobody else does, and everything done is on record."""

from __future__ import annotations

import pytest
from tests.fleet.service.running import PASSWORD, Person, Served, until


def _change(person: Person, **fields: str) -> tuple[int, str]:
    answer = person.submit("/admin/users", "/admin/users", **fields)
    return answer.status_code, answer.text


def _token(person: Person) -> str:
    return person.get("/").text.partition('name="_csrf_token" value="')[2].partition('"')[0]


def test_nobody_but_admins_sees_or_changes_people(responder: Person) -> None:
    for path in ("/admin/users", "/admin/audit", "/admin/quarantine"):
        assert responder.get(path).status_code == 403
    data = {"_csrf_token": _token(responder), "do": "user.role", "name": "rob", "role": "admin"}
    assert responder.post("/admin/users", data=data).status_code == 403


def test_a_person_is_added_changed_and_removed_and_that_holds_at_once(served: Served, admin: Person) -> None:
    assert _change(admin, do="user.add", name="eve", role="admin", password="short")[0] == 400
    assert _change(admin, do="user.add", name="a:b", role="viewer", password=PASSWORD)[0] == 400
    assert _change(admin, do="user.add", name="eve", role="root", password=PASSWORD)[0] == 400
    assert _change(admin, do="user.add", name="eve", role="admin", password=PASSWORD)[0] == 303
    assert _change(admin, do="user.add", name="EVE", role="viewer", password=PASSWORD)[0] == 400
    with Person(served.url) as eve:
        assert eve.sign_in("eve").status_code == 303
        assert eve.get("/admin/users").status_code == 200
        assert _change(admin, do="user.role", name="eve", role="viewer")[0] == 303
        assert eve.get("/admin/users").status_code == 403
        assert _change(admin, do="user.remove", name="eve")[0] == 303
        assert eve.get("/").status_code == 303
        assert eve.sign_in("eve").status_code == 401
    page = admin.get("/admin/audit").text
    assert "Integrity check passed" in page
    assert all(word in page for word in ("user.add", "user.role", "user.remove", "sign-in"))
    assert PASSWORD not in page


def test_the_last_admin_stays(admin: Person) -> None:
    for do in ("user.remove", "user.role"):
        code, text = _change(admin, do=do, name="ann", role="viewer")
        assert code == 400
        assert "last admin" in text


def test_a_senders_key_is_seen_once_and_works_until_it_is_taken_back(served: Served, admin: Person) -> None:
    code, text = _change(admin, do="key.add", name="firehose", functions="checkout")
    assert code == 200
    secret = text.partition("<code>")[2].partition("</code>")[0]
    assert secret.startswith("dayfly_")
    assert secret not in admin.get("/admin/users").text
    headers = {"authorization": f"Bearer {secret}"}
    with Person(served.url) as sender:
        path = "/ingest/telemetry/checkout"
        assert sender.post(path, headers=headers, json=[]).status_code in (200, 400)
        assert sender.post("/ingest/telemetry/other", headers=headers, json=[]).status_code == 403
        assert sender.get("/api/v1/status", headers=headers).status_code == 401
        assert _change(admin, do="key.remove", name="firehose")[0] == 303
        assert sender.post(path, headers=headers, json=[]).status_code == 401


def test_a_token_has_its_role_and_no_more(served: Served, admin: Person) -> None:
    _, text = _change(admin, do="token.add", name="reports", role="viewer", days="1")
    secret = text.partition("<code>")[2].partition("</code>")[0]
    headers = {"authorization": f"Bearer {secret}"}
    with Person(served.url) as program:
        assert program.get("/api/v1/status", headers=headers).status_code == 200
        assert program.get("/api/v1/export", headers=headers).status_code == 403
        assert program.get("/admin/users", headers=headers).status_code == 303  # tokens are for /api alone
        assert program.post("/actions/triage", headers=headers, data={"subject": "x"}).status_code in (
            303,
            403,
        )
    assert _change(admin, do="token.add", name="x", role="viewer", days="99999")[0] == 400


def test_how_far_a_key_or_token_reaches_is_on_record(admin: Person) -> None:
    assert _change(admin, do="key.add", name="narrow", functions="narrow-*")[0] == 200
    assert _change(admin, do="token.add", name="brief", role="responder", days="17")[0] == 200
    page = admin.get("/admin/audit").text
    assert "functions narrow-*" in page
    assert "days 17, role responder" in page
    assert _change(admin, do="key.remove", name="narrow")[0] == 303


@pytest.mark.parametrize("do", ["key.remove", "token.remove", "sessions.end"])
def test_what_was_not_there_is_not_said_to_be_gone(admin: Person, do: str) -> None:
    assert _change(admin, do=do, name="nobody-has-this")[0] == 400
    assert "nobody-has-this" not in admin.get("/admin/audit").text


def test_quarantined_lines_are_shown_as_text_and_looking_is_on_record(served: Served, admin: Person) -> None:
    hostile = (
        '[not written by Dayfly] {"metadata":{"product":{"name":"Dayfly"}},"x":"<script>alert(1)</script>"}'
    )
    with served.api() as program:
        headers = {"x-dayfly-function": "shop"}
        assert program.post("/ingest/lines", content=hostile, headers=headers).status_code == 200
    page = str(until(lambda: _page_with(admin, "shop")))
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "quarantine.view" in admin.get("/admin/audit").text


@pytest.mark.parametrize(
    "path",
    [
        "/admin/audit?before=x",
        "/admin/audit?before=99999999999999999999",
        "/admin/quarantine?before=nan&reason=%27",
    ],
)
def test_odd_addresses_are_pages(admin: Person, path: str) -> None:
    assert admin.get(path).status_code == 200


def test_a_password_is_changed_with_the_old_one_and_ends_every_session(served: Served, admin: Person) -> None:
    assert _change(admin, do="user.add", name="kim", role="viewer", password=PASSWORD)[0] == 303
    with Person(served.url) as kim:
        kim.sign_in("kim")
        assert (
            kim.submit("/account", "/account/password", old="wrong", new="another long password").status_code
            == 400
        )
        assert kim.submit("/account", "/account/password", old=PASSWORD, new="short").status_code == 400
        done = kim.submit("/account", "/account/password", old=PASSWORD, new="another long password")
        assert done.status_code == 303
        assert kim.get("/").status_code == 303
        assert kim.sign_in("kim", "another long password").status_code == 303


def _page_with(person: Person, word: str) -> str:
    text = person.get("/admin/quarantine?reason=malformed").text
    return text if word in text else ""
