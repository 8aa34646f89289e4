"""What a policy allows, by table and by package, and that it comes out of its packing as it went in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.core.policy import KINDS, TABLES, Package, Policy, Table, is_credential

DAY = 86400.0


def allowed(policy: Policy, kind: str, target: str, *packages: str, phase: str = "invoke") -> bool:
    return policy.allows(kind, target, packages or ("function",), phase).is_allowed


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_table_nothing_is_restricted(kind: str) -> None:
    policy = Policy()
    assert not policy.restricts(kind)
    assert allowed(policy, kind, "anything", "requests")
    assert allowed(policy, kind, "anything", "?")


@pytest.mark.parametrize("kind", TABLES)
def test_an_empty_table_allows_nothing_and_a_star_everything(kind: str) -> None:
    for target in ("/etc/passwd", "name", "host:1"):
        assert not allowed(Policy({kind: Table()}), kind, target)
        assert allowed(Policy({kind: Table(["*"])}), kind, target)


def test_what_only_init_needs_is_allowed_at_init_alone() -> None:
    policy = Policy(
        {"read": Table(["/a"], ["/b"])},
        {"lib": Package(["read"], ["network"]), "function": Package(["read"])},
    )
    assert allowed(policy, "read", "/a")
    assert not allowed(policy, "read", "/b")
    assert allowed(policy, "read", "/b", phase="init")
    assert not allowed(policy, "network", "x", "lib")
    assert allowed(policy, "network", "x", "lib", phase="init")


def test_every_package_on_the_way_must_have_the_use_and_one_that_is_not_named_has_none() -> None:
    policy = Policy({}, {"requests": Package(["network"]), "urllib3": Package(["network", "read"])})
    assert allowed(policy, "network", "x", "urllib3", "requests")
    verdict = policy.allows("network", "x", ("urllib3", "requests", "tracker"), "invoke")
    assert (verdict.is_allowed, verdict.rule, verdict.package) == (False, "policy.packages", "tracker")
    verdict = policy.allows("read", "x", ("urllib3", "requests"), "invoke")
    assert (verdict.is_allowed, verdict.rule, verdict.package) == (
        False,
        "policy.packages.requests",
        "requests",
    )
    assert not allowed(policy, "network", "x", "function")


def test_code_of_nobodys_is_allowed_nothing_that_is_restricted() -> None:
    assert not allowed(Policy({"network": Table(["*"])}), "network", "x", "?")
    assert allowed(Policy({"network": Table(["*"])}), "read", "/x", "?")
    assert not allowed(Policy({}, {"function": Package(KINDS)}), "read", "/x", "?", "function")


def test_the_entry_that_allows_is_told_as_it_is_written() -> None:
    policy = Policy({"read": Table(["${TASK}/data/**", "${TMP}/*"])})
    policy.bind("/var/task/", ("/tmp/", "/dev/shm/"))
    told = [
        policy.allows("read", path, ("function",), "invoke").entry
        for path in ("/var/task/data/a/b", "/dev/shm/x", "/tmp/x")
    ]
    assert told == ["${TASK}/data/**", "${TMP}/*", "${TMP}/*"]
    assert not allowed(policy, "read", "/var/task/app.py")
    assert not allowed(policy, "read", "/tmp/a/b")


def test_until_places_are_known_they_stand_for_themselves() -> None:
    assert allowed(Policy({"write": Table(["${TMP}/*"])}), "write", "${TMP}/x")


@pytest.mark.parametrize(
    ("target", "is_allowed"),
    [("git", True), ("/usr/bin/git", True), ("/opt/bin/git", True), ("/tmp/git", False), ("/usr/bin/gitx", False), ("id", False)],
)  # fmt: skip
def test_a_program_without_its_directory_lies_where_programs_lie(target: str, is_allowed: bool) -> None:
    assert allowed(Policy({"process": Table(["git"])}), "process", target) == is_allowed


def test_a_library_may_be_named_by_its_last_part() -> None:
    policy = Policy({"native": Table(["libmagic.so*"])})
    assert allowed(policy, "native", "/usr/lib/libmagic.so.1")
    assert allowed(policy, "native", "libmagic.so.1")
    assert not allowed(policy, "native", "libc.so.6")


def test_a_rules_mode_comes_before_the_policys_and_that_before_the_guards() -> None:
    policy = Policy({"read": Table(mode="observe"), "write": Table()}, mode="block", modes={"sql": "observe"})
    assert [policy.mode_of(subject, "observe") for subject in ("read", "write", "sql", "shell")] == [
        "observe",
        "block",
        "observe",
        "block",
    ]
    assert Policy().mode_of("shell", "observe") == "observe"


def test_what_observes_is_promoted_when_its_time_has_come_and_not_before() -> None:
    policy = Policy(
        {"read": Table(mode="observe")}, mode="observe", modes={"sql": "observe"}, promote_after=14 * DAY, quiet_since=100 * DAY
    )  # fmt: skip
    early, late = policy.promoted(114 * DAY - 1), policy.promoted(114 * DAY)
    assert [early.mode_of(subject, "observe") for subject in ("read", "sql", "shell")] == ["observe"] * 3
    assert [late.mode_of(subject, "observe") for subject in ("read", "sql", "shell")] == ["block"] * 3
    assert Policy(mode="observe", quiet_since=1).promoted(1e12).mode == "observe"


_TEXTS = st.lists(st.text("abc/*.:-_${}\"'\\\x1f\né", min_size=1, max_size=12), max_size=4)
_KINDS = st.lists(st.sampled_from(KINDS), max_size=8, unique=True)


@given(
    st.dictionaries(
        st.sampled_from(TABLES), st.tuples(_TEXTS, _TEXTS, st.sampled_from(["", "block", "observe"]))
    ),
    st.none()
    | st.dictionaries(st.text("abc_", min_size=1, max_size=6), st.tuples(_KINDS, _KINDS), max_size=4),
)
def test_a_policy_comes_out_of_its_packing_as_it_went_in(
    tables: dict[str, tuple[list[str], list[str], str]],
    packages: dict[str, tuple[list[str], list[str]]] | None,
) -> None:
    policy = Policy(
        {kind: Table(*table) for kind, table in tables.items()},
        None if packages is None else {name: Package(*one) for name, one in packages.items()},
        mode="block",
        modes={"sql": "observe"},
    )
    packed = policy.pack()
    assert not any(char < " " for char in packed)
    again = Policy.unpack(packed)
    assert (again.mode, again.modes) == ("block", {"sql": "observe"})
    assert {kind: (table.always, table.init, table.mode) for kind, table in again.tables.items()} == {
        kind: (tuple(always), tuple(init), mode) for kind, (always, init, mode) in tables.items()
    }
    if packages is None:
        assert again.packages is None
    else:
        assert again.packages is not None
        assert {name: (set(one.always), set(one.init)) for name, one in again.packages.items()} == {
            name: (set(always), set(init)) for name, (always, init) in packages.items()
        }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("AWS_SECRET_ACCESS_KEY", True),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", True),
        ("AWS_REGION", False),
        ("X", False),
    ],
)
def test_which_variables_are_credentials(name: str, expected: bool) -> None:
    assert is_credential(name) == expected
