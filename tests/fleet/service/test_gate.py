"""The gate refuses what does not come from a page of ours, is not for us, or is more than a form."""

from __future__ import annotations

import socket
import threading
import time
from urllib.parse import urlsplit

import httpx
import pytest
from tests.fleet.service.running import Person, Served


@pytest.mark.parametrize(
    "name",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "a@127.0.0.1", "10.0.0.1"],
)
def test_a_page_whose_name_was_pointed_at_loopback_gets_nothing(served: Served, name: str) -> None:
    answer = httpx.get(f"{served.url}/sign-in", headers={"host": name})
    assert answer.status_code in (400, 421)
    assert "_csrf_token" not in answer.text


def test_localhost_is_a_name_of_ours(served: Served) -> None:
    port = urlsplit(served.url).port
    assert httpx.get(f"http://localhost:{port}/sign-in").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},  # another port of this machine
    ],
)
def test_a_form_of_another_site_does_nothing_even_with_the_right_token(
    viewer: Person, headers: dict[str, str]
) -> None:
    token = viewer.get("/").text.partition('name="_csrf_token" value="')[2].partition('"')[0]
    answer = viewer.post("/sign-out", data={"_csrf_token": token}, headers=headers)
    assert answer.status_code == 403
    assert viewer.get("/").status_code == 200


@pytest.mark.parametrize("sent", [{}, {"_csrf_token": ""}, {"_csrf_token": "0" * 40}])
def test_a_form_without_its_token_does_nothing(viewer: Person, sent: dict[str, str]) -> None:
    assert viewer.post("/sign-out", data=sent).status_code == 403
    assert viewer.get("/").status_code == 200


def test_a_token_of_another_session_is_none(viewer: Person, responder: Person) -> None:
    token = responder.get("/").text.partition('name="_csrf_token" value="')[2].partition('"')[0]
    assert len(token) == 40
    assert viewer.post("/sign-out", data={"_csrf_token": token}).status_code == 403


def test_a_page_that_stayed_open_hears_that_its_session_is_over(served: Served) -> None:
    answer = httpx.get(
        f"{served.url}/live", headers={"sec-fetch-mode": "cors", "sec-fetch-site": "same-origin"}
    )
    assert answer.status_code == 401


def test_a_token_in_the_address_counts_for_nothing(viewer: Person) -> None:
    token = viewer.get("/").text.partition('name="_csrf_token" value="')[2].partition('"')[0]
    assert viewer.post(f"/sign-out?_csrf_token={token}").status_code == 403


def test_a_body_that_is_no_form_is_refused(served: Served, person: Person) -> None:
    assert person.post("/sign-in", content=b"x" * (1 << 20 | 1)).status_code == 413
    with served.api() as program:
        assert program.post("/api/v1/status", content=b"{}").status_code == 405

    def endless() -> object:
        for _ in range(80):
            yield b"x" * 65536

    assert person.post("/sign-in", content=endless()).status_code == 413  # type: ignore[arg-type]


def test_other_sites_cannot_use_our_answers_as_their_scripts(viewer: Person) -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"}
    assert viewer.get("/live", headers=headers).status_code == 403
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert viewer.get("/", headers=link).status_code == 200


@pytest.mark.slow
def test_a_head_that_trickles_in_is_cut_off_while_others_are_served(served: Served) -> None:
    address = urlsplit(served.url)
    with socket.create_connection((str(address.hostname), address.port or 0)) as slow:
        slow.settimeout(60)
        slow.sendall(b"GET /sign-in HTTP/1.1\r\n")
        began = time.monotonic()
        ended = threading.Event()

        def trickle() -> None:
            while not ended.wait(0.5):
                try:
                    slow.sendall(b"X-A: b\r\n")
                except OSError:
                    return

        thread = threading.Thread(target=trickle)
        thread.start()
        assert httpx.get(f"{served.url}/sign-in").status_code == 200
        try:
            assert slow.recv(1) == b""
        except ConnectionResetError:
            pass
        finally:
            ended.set()
            thread.join()
        assert time.monotonic() - began > 5
