"""Conditions of XPath, JMESPath and LDAP are the function's; what they compare with may be the event's."""

from __future__ import annotations

import json
from typing import Literal

import pytest

from dayfly.core.provenance import Provenance
from dayfly.core.structure.query import judge_query
from dayfly.core.structure.trusted_literals import OwnText

Language = Literal["xpath", "jmespath", "pandas", "ldap"]

OWN = OwnText(
    (
        *(
            "//user[name='",
            "' and @role='",
            "']/pin",
            "//user[@id=",
            "]/pin",
            "./user/",
            *("$.public.", "items[?owner == ", "items[?cost < ", "items[?", '[data-id="', '"]', "]"),
            "items[?owner=='",
            "'].cost",
            "region == '",
            "' and tenant == 't1'",
            "amount > ",
            "tenant == 't1' and (",
            ")",
            *(
                "region in ",
                "region in ['a', ",
                "amount > 1 + ",
                "not ",
                "~",
                "tenant == 't1' and ",
                "tenant == 't1' & ",
            ),
            *(
                " and tenant == 't1'",
                "tenant == 't1' ",
                "region not in ",
                "region in [",
                "amount * ",
                " > 10",
            ),
            *(
                "tenant == 't1' or ",
                "tenant == 't1' and not (",
                "abs(",
                ") > 3",
                " > 3",
                "`",
                "` > 3",
                "_amount > 3",
                "total = ",
            ),
        ),
        *("(&(objectClass=person)(uid=", "))", "(uid=", "*)", "items[?n==`", "`]"),
    )
)


def verdict(text: str, *values: object, language: Language) -> str:
    return judge_query(text, Provenance({"values": list(values)}), OWN, language=language).verdict


@pytest.mark.parametrize(
    ("language", "template", "value"),
    [
        ("xpath", "//user[name='{}']/pin", "x' or '1'='1"),
        ("xpath", "//user[name='{}']/pin", "x'] | //user['"),
        ("xpath", "//user[name='{}']/pin", "x' (: ' :) or 'a'='a"),
        ("xpath", "//user[@id={}]/pin", "1 or 1=1"),
        ("xpath", "//user[@id={}]/pin", "@id"),
        ("xpath", "//user[@id={}]/pin", "name"),
        ("xpath", "./user/{}", "../admin/pin"),
        ("jmespath", "items[?owner=='{}'].cost", "x' || '1'=='1"),
        ("pandas", "region == '{}'", "x' or region != '"),
        ("pandas", "region == '{}' and tenant == 't1'", "x' or 1 == 1 or region == 'x"),
        ("pandas", "region == '{}' and tenant == 't1'", "x\\"),
        ("pandas", "amount > {}", "0 or tenant != 't1'"),
        ("pandas", "amount > {}", "'x' or tenant != 't1'"),
        ("pandas", "amount > {}", "net"),
        ("pandas", "region == '{}'", "x') or ('1' == '1"),
        ("pandas", "region in {}", "['a'] or tenant != 't1'"),
        ("pandas", "region in ['a', {}]", "region"),
        ("pandas", "amount > 1 + {}", "0 or tenant != 't1'"),
        ("pandas", "not {}", "paid or tenant != 't1'"),
        ("pandas", "~{}", "(paid) | (tenant != 't1')"),
        ("pandas", "tenant == 't1' and {}", "paid or tenant != 't1'"),
        ("pandas", "tenant == 't1' & {}", "paid | (tenant != 't1')"),
        ("pandas", "{} and tenant == 't1'", "tenant != 't1' or paid"),
        ("pandas", "tenant == 't1' and ({})", "paid) or (tenant != 't1'"),
        ("pandas", "tenant == 't1' and ({})", "(paid) or (tenant != 't1'))"),
        ("pandas", "tenant == 't1' {}", "or paid"),
        ("pandas", "amount {} 3", "> 2 or paid >"),
        ("pandas", "amount {} net", "* 0 +"),
        ("xpath", ".//{{{}}}row", "x}y | //secret{"),
        ("pandas", "{} and tenant == 't1'", "paid #"),
        ("pandas", "tenant == 't1' and {}", "(lambda: paid)()"),
        ("pandas", "total = {}", "net\ntenant = 't1'"),
        ("pandas", "tenant == 't1' and {}", "'x' == '"),
        ("jmespath", "$.public.{}", "cpu | $.private.key"),
        ("jmespath", "items[?owner=='{}'].cost", "x' || 'a'=='a"),
        ("jmespath", "items[?owner=='{}'].cost", "x' || `true` || '"),
        ("jmespath", "$.public.{}", "[0]..key"),
        ("jmespath", "$.public.{}", "cpu[*]"),
        ("jmespath", "items[?{}]", "'true'"),
        ("jmespath", '[data-id="{}"]', 'x"], [data-id="secret'),
        ("ldap", "(&(objectClass=person)(uid={}))", "*"),
        ("ldap", "(&(objectClass=person)(uid={}))", "ad*"),
        ("ldap", "(&(objectClass=person)(uid={}))", "a*"),
        ("ldap", "(&(objectClass=person)(uid={}))", "ada)(objectClass=*"),
    ],
)
def test_a_condition_of_the_events_is_refused(language: Language, template: str, value: str) -> None:
    assert verdict(template.format(value), value, language=language) == "refuse"


@pytest.mark.parametrize(
    ("language", "template", "value"),
    [
        ("xpath", "//user[name='{}']/pin", "Conan O Brien (jr.) | x"),
        ("xpath", "//user[@id={}]/pin", "42"),
        ("xpath", "//user[name='{}']/pin", "O'Hara"),
        ("xpath", "//user[name='{}' and tenant='t1']/pin", "x' or true() or y"),
        ("xpath", "./user/{}", "phone"),
        ("xpath", "{}", "//b[position()>1]/text()"),
        ("jmespath", "items[?owner=='{}'].cost", "O\\'Brien || x"),
        # Libraries refuse both: a literal has no end.
        ("jmespath", "items[?owner=='{}'].cost", "O'Brien"),
        ("jmespath", 'items[?"{}"==`1`].cost', 'a" || `true'),
        ("jmespath", "{}", "items[?owner=='ann'].sku | [0]"),
        ("jmespath", "$.public.{}", "tags[0].name"),
        ("pandas", "region == '{}'", "north or south"),
        ("pandas", "amount > {}", "-3.5"),
        ("pandas", "amount > {}", "1e6"),
        ("pandas", "amount > {}", "'north'"),
        ("pandas", "paid == {}", "True"),
        ("pandas", "{}", "amount > 3 and region == 'north'"),
        ("pandas", "tenant == 't1' and ({})", "amount > 3 and region == 'north'"),
        ("pandas", "{} > 3", "amount"),
        ("pandas", "amount {} 3", "<="),
        ("pandas", "amount {} net", "*"),
        ("xpath", ".//{{{}}}row", "http://schemas.example.org/sheet"),
        ("pandas", "`{}` > 3", "net amount"),
        ("pandas", "{}_amount > 3", "net"),
        ("pandas", "region in {}", "['a', 'b']"),
        ("pandas", "region not in {}", "('a', 'b')"),
        ("pandas", "region in [{}]", "'a', \"O'Brien\""),
        ("pandas", "amount > 1 + {}", "2"),
        ("pandas", "amount * {} > 10", "rate"),
        ("pandas", "not {}", "paid"),
        ("pandas", "tenant == 't1' and {}", "amount > 3 and region not in ['a']"),
        ("pandas", "tenant == 't1' or {}", "paid or amount > 3"),
        ("pandas", "tenant == 't1' and not ({})", "paid or amount.abs() > 3"),
        ("pandas", "abs({}) > 3", "amount - net"),
        ("pandas", "total = {}", "net + vat"),
        ("pandas", "total = {}\nkind = 'a'", "net + vat"),
        ("jmespath", "$.public.{}", "'it_s'"),
        ("jmespath", "items[?owner == {}]", "'ann'"),
        ("jmespath", "items[?cost < {}]", "-2.5"),
        ("ldap", "(&(objectClass=person)(uid={}))", "ada.lovelace-1"),
        ("ldap", "(&(objectClass=person)(uid={}))", "\\2a\\28x\\29"),
        ("ldap", "(uid={}*)", "ad"),
    ],
)
def test_an_operand_and_a_whole_expression_may_be_the_events(
    language: Language, template: str, value: str
) -> None:
    assert verdict(template.format(value), value, language=language) == "allow"


def test_many_values_are_read_in_one_pass() -> None:
    ids = [str(100_000 + n) for n in range(1_000)]
    text = f"id in [{', '.join(ids)}]"
    assert verdict(text, *ids, language="pandas") == "allow"


@pytest.mark.parametrize(
    ("name", "pieces", "expected"),
    [
        ("*", ("(uid=", ")"), "refuse"),
        ("b*", ("(uid=", ")"), "refuse"),
        ("*", ("(uid=", ")", "*)"), "refuse"),
        ("*", ("(uid=", ")", "*"), "refuse"),
        ("ada", ("(uid=", ")"), "allow"),
        # A search by a beginning, which is the function's.
        ("b*", ("(uid=", "*)"), "allow"),
        ("b*", ("(uid=", ")", "*"), "allow"),
    ],
)
def test_a_part_of_a_path_is_no_pattern_of_a_filter(
    name: str, pieces: tuple[str, ...], expected: str
) -> None:
    event = Provenance({"path": f"/people/{name}", "headers": {"Accept": "*/*"}})
    assert judge_query(f"(uid={name})", event, OwnText(pieces), language="ldap").verdict == expected


def test_what_the_event_has_elsewhere_too_is_a_value_of_its_own() -> None:
    text = '[data-id="a-1"]'
    own = OwnText(['[data-id="%s"]'])
    page = {"html": '<div data-id="a-1">It</div>', "id": "a-1"}
    assert (
        judge_query(text, Provenance(json.dumps(page).encode()), own, language="jmespath").verdict == "allow"
    )
    evil = 'x"], [data-id="b'
    page = {"id": evil, "more": "x", "html": 'data-id="x"'}
    text = f'[data-id="{evil}"]'
    assert (
        judge_query(text, Provenance(json.dumps(page).encode()), own, language="jmespath").verdict == "refuse"
    )
