"""A lab.toml is understood wholly or refused with the setting that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from dayfly.cli.lab_config import load_lab_file
from dayfly.errors import SettingError
from dayfly.lab.events.settings import EventSettings
from dayfly.lab.model import ImageConfig

_GOOD = """
[lab]
port = 9100
confinement = "none"

[functions.pay]
folder = "code"
handler = "app.handler"
runtime = "dayfly"
timeout = 5
memory = 256
reserved_concurrency = 4
environment = { TABLE = "cards", N = 3 }

[functions.other]
folder = "/abs"
handler = "x.y"
"""


def test_functions_and_settings_are_read_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "lab.toml").write_text(_GOOD)
    loaded = load_lab_file(tmp_path / "lab.toml")
    assert loaded.lab == {"port": 9100, "confinement": "none"}
    pay, other = loaded.functions
    assert (pay.name, pay.folder, pay.runtime) == ("pay", tmp_path / "code", "dayfly")
    assert (pay.timeout_s, pay.memory_mb, pay.reserved_concurrency) == (5, 256, 4)
    assert pay.environment == {"TABLE": "cards", "N": "3"}
    assert other.folder == Path("/abs")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no function"),
        ("functions = 3", "has no function"),
        ("[functions]\npay = 3", "not a table"),
        ("x = [", "not valid TOML"),
        ("Resources: {F: {Type: AWS::Serverless::Function}}", "not valid TOML"),
        ("[oops]", "unknown setting oops"),
        ("[lab]\nhots = 'x'", "unknown setting lab.hots"),
        ("[lab]\nport = 'x'", "lab.port is 'x', not of type int"),
        ("[lab]\nport = true", "lab.port is True"),
        ("[functions.f]\nhandler = 'a.b'", "functions.f has no folder"),
        ("[functions.f]\nfolder = '.'", "functions.f has no handler"),
        ("[functions.f]\nfolder = '.'\nhandler = 'a.b'\nmemroy = 1", "unknown setting functions.f.memroy"),
        ("[functions.f]\nfolder = '.'\nhandler = 'a.b'\ntimeout = 'x'", "not of type int or float"),
        ("[functions.f]\nfolder = '.'\nhandler = 'a.b'\ntimeout = 0", "timeout"),
        ("[functions.f]\nfolder = '.'\nhandler = 'a.b'\nurl = 'open'", "unknown url 'open'"),
        (
            "[functions.f]\nfolder = '.'\nhandler = 'a.b'\nasync = { tries = 1 }",
            "unknown setting functions.f.async.tries",
        ),
        ("[functions.f]\nfolder = '.'\nhandler = 'a.b'\nasync = { retries = true }", "async.retries is True"),
        ("[lab]\nrate_limits = 1", "lab.rate_limits is 1, not of type bool"),
    ],
)
def test_what_is_not_understood_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "lab.toml").write_text(text)
    with pytest.raises(SettingError, match=message):
        load_lab_file(tmp_path / "lab.toml")


def test_what_stands_in_front_of_a_function_is_read(tmp_path: Path) -> None:
    (tmp_path / "lab.toml").write_text(
        """
[lab]
services = "http://127.0.0.1:5000"
async_speed = 0.5
rate_limits = true

[functions.f]
folder = "."
handler = "a.b"
url = "NONE"
url_mode = "RESPONSE_STREAM"
dead_letter = "arn:aws:sqs:us-east-1:123456789012:dead"
async = { retries = 0, max_age = 60, on_failure = "arn:aws:s3:::bucket" }
"""
    )
    loaded = load_lab_file(tmp_path / "lab.toml")
    assert loaded.lab == {"services": "http://127.0.0.1:5000", "async_speed": 0.5, "rate_limits": True}
    (function,) = loaded.functions
    assert (function.front.url, function.front.url_mode) == ("NONE", "RESPONSE_STREAM")
    assert function.declared.dead_letter_arn.endswith(":dead")
    assert function.front.events == EventSettings(retries=0, age_s=60, on_failure="arn:aws:s3:::bucket")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"absent\.toml cannot be read"):
        load_lab_file(tmp_path / "absent.toml")


_IMAGE = """
[functions.f]
folder = "code"
handler = "app.handler"
runtime = "provided.al2023"
tenancy = "PER_TENANT"
image = { entry_point = ["/bin/sh", "-c"], command = ["x"], working_directory = "/tmp" }
"""


def test_an_image_tenancy_and_a_custom_runtime_are_read(tmp_path: Path) -> None:
    (tmp_path / "lab.toml").write_text(_IMAGE)
    (config,) = load_lab_file(tmp_path / "lab.toml").functions
    assert (config.runtime, config.tenancy) == ("provided.al2023", "PER_TENANT")
    assert config.image == ImageConfig(("/bin/sh", "-c"), ("x",), "/tmp")


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("{ entrypoint = [] }", "unknown setting functions.f.image.entrypoint"),
        ("{ command = 'x' }", "functions.f.image.command is 'x', not of type list"),
        ("{ command = [1] }", "not a list of strings"),
        ("3", "functions.f.image is 3, not of type dict"),
    ],
)
def test_an_image_that_is_not_understood_is_refused(tmp_path: Path, image: str, message: str) -> None:
    (tmp_path / "lab.toml").write_text(f"[functions.f]\nfolder = '.'\nhandler = 'a.b'\nimage = {image}\n")
    with pytest.raises(SettingError, match=message):
        load_lab_file(tmp_path / "lab.toml")
