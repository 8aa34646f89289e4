"""Settings: where they come from, what wins, and what a wrong one is told."""

from __future__ import annotations

import pytest

from dayfly.core.settings import SETTINGS, Settings, load_settings
from dayfly.errors import SettingError


def test_without_any_setting_the_protection_is_on() -> None:
    settings = load_settings({}, {})
    assert settings.isolation == "invocation"
    assert settings.scope == "auto"
    assert settings.api_lock == "auto"
    assert settings.tmp == "scrub"
    assert settings.keep == ()
    assert settings.reseed is True
    assert settings.log_invocations is False
    assert settings.unknown_variables == ()


def test_the_environment_wins_over_the_file() -> None:
    table: dict[str, object] = {"isolation": "process", "tmp": "keep"}
    settings = load_settings({"DAYFLY_ISOLATION": "invocation"}, table)
    assert (settings.isolation, settings.tmp) == ("invocation", "keep")


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_can_be_set_to_each_of_its_values_in_both_places(setting: object) -> None:
    assert isinstance(setting, type(SETTINGS[0]))
    values = (
        setting.choices
        or {
            "switch": ("on", "off"),
            "globs": ("/tmp/a/**",),
            "places": ("/mnt/work",),
            "glob": ("events/*.json",),
            "entry": ("app:warm", "package.module:Class.method", ""),
            "duration": ("90",),
            "count": ("7",),
            "share": ("0.25",),
            "tenant": ("lambda", "cognito", "requestContext.authorizer.jwt.claims.sub", ""),
        }[setting.kind]
    )
    assert values
    table, _, key = setting.name.rpartition(".")
    attribute = setting.name.replace(".", "_")
    for value in values:
        by_variable = load_settings({setting.variable: value}, {})
        by_file = load_settings({}, {table: {key: value}} if table else {key: value})
        expected: object = {
            "switch": value == "on",
            "globs": (value,),
            "places": (value,),
            "duration": 90.0,
            "count": 7,
            "share": 0.25,
            "choices": frozenset([value]),
        }.get(setting.kind, value)
        assert getattr(by_variable, attribute) == getattr(by_file, attribute) == expected


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("90", 90), ("1.5", 1.5), ("90s", 90), (" 15M ", 900), ("2h", 7200), ("720h", 2592000)],
)
def test_a_duration_is_read_in_seconds_minutes_or_hours(text: str, seconds: float) -> None:
    assert load_settings({"DAYFLY_MAX_AGE": text}, {}).max_age == seconds
    assert load_settings({}, {"zygote": {"max_age": text}}).zygote_max_age == seconds


def test_numbers_in_the_file_may_be_numbers() -> None:
    settings = load_settings({}, {"max_age": 90, "max_invocations": 7, "zygote": {"max_age": 1.5}})
    assert (settings.max_age, settings.max_invocations, settings.zygote_max_age) == (90, 7, 1.5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on", True),
        ("1", True),
        ("TRUE", True),
        (" yes ", True),
        ("off", False),
        ("0", False),
        ("False", False),
        ("no", False),
    ],
)
def test_a_switch_is_read_in_the_usual_spellings(text: str, expected: bool) -> None:
    assert load_settings({"DAYFLY_RESEED": text}, {}).reseed is expected


BAD_VARIABLES = [
    ("DAYFLY_ISOLATION", "invocations", "invocation, window, process"),
    ("DAYFLY_ISOLATION", "", "invocation, window, process"),
    ("DAYFLY_SCOPE", "machine", "auto, environment, descendants"),
    ("DAYFLY_API_LOCK", "maybe", "auto, on, http, off"),
    ("DAYFLY_TMP", "delete", "scrub, keep"),
    ("DAYFLY_KEEP", "cache/**", "absolute path"),
    ("DAYFLY_KEEP", "/tmp/a:b", "absolute path"),
    ("DAYFLY_KEEP", "/tmp/../etc", "without `..`"),
    ("DAYFLY_RESEED", "2", "on or off"),
    ("DAYFLY_LOG_INVOCATIONS", "some", "on or off"),
    ("DAYFLY_HUGE_PAGES", "on", "auto, off"),
    ("DAYFLY_GUARD", "on", "off, observe, block"),
    ("DAYFLY_GUARD_ON_FAULT", "closed!", "open, closed"),
    *[("DAYFLY_MAX_AGE", text, "15m") for text in ("", "5d", "-1", "nan", "inf", "m", "1 2", "721h")],
    *[("DAYFLY_MAX_INVOCATIONS", text, "at least 1") for text in ("", "0", "-3", "1.5", "many", "²")],
    *[
        ("DAYFLY_ZYGOTE_PRIME", text, "module:function")
        for text in ("app", "app.warm", ":warm", "app:", "a b:c")
    ],
    ("DAYFLY_FORK_BEFORE", "app:", "module:function"),
    ("DAYFLY_THREADS", "keep", "auto, drop, refuse"),
    ("DAYFLY_ZYGOTE_EVENTS", "/etc/*", "without `..`"),
    ("DAYFLY_ZYGOTE_EVENTS", "../*.json", "without `..`"),
    *[("DAYFLY_JITTER", text, "10%") for text in ("", "1", "91%", "-0.1", "nan", "inf", "%", "10 percent")],
    ("DAYFLY_RETIRE_ON", "crash", "residue, suspicion, error"),
    ("DAYFLY_RETIRE_ON", "residue error", "residue, suspicion, error"),
    ("DAYFLY_ON_TIMEOUT", "kill", "platform, answer"),
    ("DAYFLY_ENVIRONMENT_MAX_AGE", "1d", "15m"),
]


@pytest.mark.parametrize(("variable", "value", "hint"), BAD_VARIABLES)
def test_a_bad_variable_is_named_with_its_value_and_what_to_do(variable: str, value: str, hint: str) -> None:
    with pytest.raises(SettingError) as caught:
        load_settings({variable: value}, {})
    assert variable in caught.value.message
    assert repr(value) in caught.value.message or repr(value.split(":")[-1]) in caught.value.message
    assert hint in caught.value.hint


BAD_FILE_VALUES: list[tuple[str, object, str]] = [
    ("isolation", 1, "a string"),
    ("isolation", True, "a string"),
    ("isolation", ["invocation"], "a string"),
    ("isolation", "no", "invocation, window, process"),
    ("reseed", 1, "true or false"),
    ("reseed", "perhaps", "on or off"),
    ("keep", 3, "a list of strings"),
    ("keep", ["/tmp/a", 4], "a list of strings"),
    ("keep", ["tmp"], "absolute path"),
    ("tmp", {"scrub": True}, "a string"),
    ("max_age", True, "a number of seconds"),
    ("max_invocations", "x", "at least 1"),
    ("max_invocations", 1.5, "at least 1"),
    ("zygote.prime", 3, "a string"),
    ("jitter", True, "10%"),
    ("jitter", 2, "10%"),
    ("retire_on", 3, "a list of strings"),
    ("retire_on", ["residue", 3], "a list of strings"),
    ("retire_on", ["crash"], "residue, suspicion, error"),
    ("tenant", ["lambda"], "a string"),
]


@pytest.mark.parametrize(("name", "value", "hint"), BAD_FILE_VALUES)
def test_a_bad_value_in_the_file_is_named_with_the_file_and_what_to_do(
    name: str, value: object, hint: str
) -> None:
    with pytest.raises(SettingError) as caught:
        load_settings({}, {name: value})
    assert f"dayfly.toml: {name}" in caught.value.message
    assert hint in caught.value.hint


def test_a_misspelt_key_in_a_table_is_refused() -> None:
    with pytest.raises(SettingError) as caught:
        load_settings({}, {"zygote": {"primed": "app:warm"}})
    assert "'zygote.primed'" in caught.value.message
    with pytest.raises(SettingError):
        load_settings({}, {"zygote": "app:warm"})


@pytest.mark.parametrize("name", ["isolaton", "DAYFLY_TMP", "Tmp", ""])
def test_a_misspelt_protection_in_the_file_does_not_look_like_one(name: str) -> None:
    with pytest.raises(SettingError) as caught:
        load_settings({}, {name: "scrub"})
    assert repr(name) in caught.value.message
    assert "isolation" in caught.value.hint


def test_an_unknown_variable_may_be_the_functions_own_and_is_only_reported() -> None:
    settings = load_settings({"DAYFLY_THEME": "dark", "DAYFLY_ISOLATON": "process", "PATH": "/bin"}, {})
    assert settings.unknown_variables == ("DAYFLY_ISOLATON", "DAYFLY_THEME")
    assert settings.isolation == "invocation"


def test_globs_come_from_a_list_or_a_colon_separated_text() -> None:
    def keep(settings: Settings) -> tuple[str, ...]:
        return settings.keep

    assert keep(load_settings({"DAYFLY_KEEP": "/tmp/a/**:/tmp/b:"}, {})) == ("/tmp/a/**", "/tmp/b")
    assert keep(load_settings({}, {"keep": ["/tmp/a:b"]})) == ("/tmp/a:b",)
    assert keep(load_settings({"DAYFLY_KEEP": ""}, {"keep": ["/tmp/a"]})) == ()


def test_directories_to_be_emptied_come_from_a_list_or_a_colon_separated_text() -> None:
    by_file = load_settings({}, {"scrub": ["/mnt/work/", "/data"]})
    by_variable = load_settings({"DAYFLY_SCRUB": "/mnt/work:/data"}, {})
    assert by_file.scrub == by_variable.scrub == ("/mnt/work", "/data")


@pytest.mark.parametrize(
    "place", ["work", "/", "//", "/mnt/../etc", "/etc", "/usr/local", "/root/x", "/mnt/./x", "/mnt//x"]
)
def test_the_systems_own_directories_and_unclear_names_are_never_emptied(place: str) -> None:
    with pytest.raises(SettingError):
        load_settings({"DAYFLY_SCRUB": place}, {})


def test_what_ends_a_window_is_a_list_or_a_text_and_may_be_nothing() -> None:
    assert load_settings({}, {}).retire_on == {"suspicion"}
    for text in ("residue:error", "residue,error", " Residue , error ", "residue::error"):
        assert load_settings({"DAYFLY_RETIRE_ON": text}, {}).retire_on == {"residue", "error"}
    assert load_settings({}, {"retire_on": ["residue", "error"]}).retire_on == {"residue", "error"}
    assert load_settings({"DAYFLY_RETIRE_ON": ""}, {}).retire_on == frozenset()
    assert load_settings({}, {"retire_on": []}).retire_on == frozenset()


def test_a_share_is_a_number_or_a_percentage() -> None:
    assert load_settings({}, {}).jitter == 0.1
    assert load_settings({"DAYFLY_JITTER": " 25% "}, {}).jitter == 0.25
    assert load_settings({}, {"jitter": 0.9}).jitter == 0.9
    assert load_settings({}, {"jitter": 0}).jitter == 0


def test_timeouts_and_ages_are_the_platforms_unless_asked_for() -> None:
    settings = load_settings({}, {})
    assert (settings.on_timeout, settings.timeout_margin, settings.environment_max_age) == (
        "platform",
        0.2,
        0,
    )
    assert settings.tenant == ""
