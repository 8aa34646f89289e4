"""Secrets are told from what stands for them, wherever they stand; their values are never in a finding."""

from __future__ import annotations

import json

import pytest
from tests.scan.configuration.credentials import (
    TOKENS,
    aws_key,
    aws_secret,
    drawn,
    github,
    jwt,
    password,
    pem,
)
from tests.scan.configuration.making import findings_of

from dayfly.scan.model import Confidence, Finding, Severity


def _secrets(files: dict[str, str]) -> list[Finding]:
    return [one for one in findings_of(files) if one.check.startswith("secret.")]


def _checks(files: dict[str, str]) -> list[str]:
    return sorted({one.check for one in _secrets(files)})


def _template(value: str) -> str:
    variables = json.dumps({"SETTING": value})
    return (
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n"
        f"      Runtime: python3.13\n      Handler: app.handler\n      Environment: {{Variables: {variables}}}\n"
    )


# Where a text may stand; `%s` is it as a Python or JSON string.
PLACES = {
    "a variable": ("app.py", "VALUE = %s\n"),
    "an annotated variable": ("app.py", "value: str = %s\n"),
    "an attribute": ("app.py", "class A:\n    def __init__(self):\n        self.value = %s\n"),
    "a dict": ("app.py", 'settings = {"value": %s}\n'),
    "a list": ("app.py", "values = [1, %s]\n"),
    "an argument": ("app.py", "connect(%s)\n"),
    "a named argument": ("app.py", "connect(value=%s)\n"),
    "a return": ("app.py", "def value():\n    return %s\n"),
    "a default": ("app.py", "def value(one=%s): ...\n"),
    "a fallback": ("app.py", 'import os\nvalue = os.environ.get("VALUE", %s)\n'),
    "bytes": ("app.py", "value = b%s\n"),
    "a comparison": ("app.py", "def f(x):\n    return x == %s\n"),
    "a template": ("template.yaml", ""),
    "a JSON file": ("config.json", '{"value": %s}\n'),
    "a YAML file": ("config.yaml", "value: %s\n"),
    "an environment file": (".env", "VALUE=%s\n"),
    "an ini file": ("config.ini", "[a]\nvalue = %s\n"),
    "a TOML file": ("config.toml", "value = %s\n"),
    "Terraform": ("main.tf", "locals {\n  value = %s\n}\n"),
    "a shell script": ("deploy.sh", "export VALUE=%s\n"),
}


def _at(place: str, value: str) -> dict[str, str]:
    path, text = PLACES[place]
    return {path: _template(value) if place == "a template" else text.replace("%s", json.dumps(value))}


_EXAMPLE_KEY = "AKIAIOSFODNN7" + "EXAMPLE"  # AWS's documentation


@pytest.mark.parametrize("place", PLACES)
def test_an_aws_key_and_the_documentations(place: str) -> None:
    assert _checks(_at(place, aws_key())) == ["secret.aws-key"]
    assert _checks(_at(place, _EXAMPLE_KEY)) == []


@pytest.mark.parametrize("place", PLACES)
def test_a_temporary_keys_id_alone_opens_nothing_and_its_secret_does(place: str) -> None:
    identifier = "AS" + aws_key()[2:]
    (found,) = _secrets(_at(place, identifier))
    assert (found.check, found.severity) == ("secret.aws-key", Severity.LOW)
    both = {"credentials": f"aws_access_key_id = {identifier}\naws_secret_access_key = {aws_secret()}\n"}
    assert {one.severity for one in _secrets(both)} == {Severity.LOW, Severity.CRITICAL}


@pytest.mark.parametrize("place", PLACES)
def test_a_token_and_a_placeholder(place: str) -> None:
    assert _checks(_at(place, github())) == ["secret.token"]
    assert _checks(_at(place, "ghp_" + "x" * 36)) == []


@pytest.mark.parametrize("name", TOKENS)
def test_every_format_of_tokens(name: str) -> None:
    real, placeholder = TOKENS[name]
    assert _checks({"app.py": f"VALUE = {real!r}\n"}) == ["secret.token"]
    assert _checks({"app.py": f"VALUE = {placeholder!r}\n"}) == []


@pytest.mark.parametrize(
    ("place", "kind"),
    [*((place, "") for place in PLACES), *(("a variable", kind) for kind in ("RSA ", "EC ", "OPENSSH "))],
)
def test_a_private_key_and_a_public_one(place: str, kind: str) -> None:
    key = pem(kind)
    assert _checks(_at(place, key)) == ["secret.private-key"]
    assert _checks(_at(place, key.replace("PRIVATE", "PUBLIC"))) == []


def test_a_private_key_without_a_key_is_none() -> None:
    assert (
        _checks(
            {"app.py": "VALUE = '-----BEGIN PRIVATE" + " KEY-----\\n...\\n-----END PRIVATE" + " KEY-----'\n"}
        )
        == []
    )


def test_a_key_file_is_read() -> None:
    assert _checks({"server.pem": pem(), "id_rsa": pem("OPENSSH ")}) == ["secret.private-key"]


@pytest.mark.parametrize("place", PLACES)
def test_an_address_with_a_password_and_without(place: str) -> None:
    assert _checks(_at(place, f"postgresql://app:{password()}@db.prod.internal:5432/orders")) == [
        "secret.connection-string"
    ]
    assert _checks(_at(place, "postgresql://app@db.prod.internal:5432/orders")) == []


@pytest.mark.parametrize(
    "value",
    [
        "postgresql://user:password@db.prod.internal/x",
        "postgresql://app:%s@db.prod.internal/x",
        "postgresql://app:${PASSWORD}@db.prod.internal/x",
        "postgresql://app:{password}@db.prod.internal/x",
        "postgresql://app:<password>@db.prod.internal/x",
        "postgresql://postgres:postgres@localhost/x",
        "redis://:hunter22x@localhost:6379/0",
        "https://example.com:8080/path@x",
        "https://user@host/path",
        "mysql://root:hunter22x@127.0.0.1/x",
        "https://a:b@example.com/",
        "http://host:80/?next=mail@x.example",
    ],
)
def test_addresses_that_give_nothing_away(value: str) -> None:
    assert _checks({"app.py": f"URL = {value!r}\n"}) == []


NAMES = [
    "password", "PASSWORD", "db_password", "DbPassword", "adminPassword", "passwd", "SMTP_PWD", "user_pwd", "passphrase",
    "secret", "SECRET_KEY", "client_secret", "ClientSecret", "api_key", "apiKey", "API_KEY", "auth_token", "access_token",
    "signing_key", "jwt_secret", "private_key", "encryption_key", "webhook_secret",
]  # fmt: skip
HARMLESS = [
    "next_token", "page_token", "NextToken", "max_tokens", "password_field", "token_url", "secret_name", "secret_arn",
    "api_key_header", "compass", "bypass", "partition_key", "sort_key", "primary_key", "continuation_token", "tokenizer",
    "password_hash_algorithm", "key", "pagination_token", "password_policy", "author", "monkey", "reset_password",
]  # fmt: skip


@pytest.mark.parametrize(("name", "harmless"), tuple(zip(NAMES, HARMLESS, strict=True)))
@pytest.mark.parametrize(
    "form", ["{name} = {value}\n", "settings = {{'{name}': {value}}}\n", "connect({name}={value})\n"]
)
def test_a_name_tells_a_secret_and_a_similar_one_does_not(name: str, harmless: str, form: str) -> None:
    value = repr(drawn(9) + "-" + drawn(9) + "7a")
    assert _checks({"app.py": form.format(name=name, value=value)}) == ["secret.password"]
    assert _checks({"app.py": form.format(name=harmless, value=value)}) == []


@pytest.mark.parametrize(
    "value",
    [
        "", "changeme", "change-me", "CHANGE_ME_1", "your-password-here1", "<password1>", "${DB_PASSWORD}", "$DB_PASSWORD1",
        "{{resolve:secretsmanager:db:SecretString:password}}", "%(password)s1", "xxxxxxxx1", "********1", "password",
        "example-Password1", "placeholder1!", "todo1234!", "None", "null", "test1234", "dummy-Value1", "/prod/db/password1",
        "arn:aws:secretsmanager:eu-west-1:1:secret:db", "os.environ['X1']", "secret-name", "db.password", "prod/db-1",
        "a text of several words 1", "alias/orders", "alias/aws/s3", "D:/keys/shop-93d1e8c6.json", "C:\\\\keys\\\\k-93d1",
        "config/shop-93d1e8c6ac6a.json", "password_field", "DbPassword", "12345678", "aaaaaaaa1", "my-password1",
        "https://login.internal/x1", "REPLACE_WITH_REAL1", "fake-Secret99", "string?", "[a-zA-Z0-9!#$]+", r"\\d{4}[a-f]+", "my_secret_key",
    ],
)  # fmt: skip
def test_what_stands_for_a_secret_is_none(value: str) -> None:
    name = "DB_PASSWORD"
    assert _checks({"app.py": f"{name} = {value!r}\n"}) == []
    assert _checks({"settings.env": f"{name}={json.dumps(value)}\n"}) == []
    assert _checks({"template.yaml": _template(value).replace("SETTING", name)}) == []


@pytest.mark.parametrize(
    "value",
    [
        "hunter2",
        "P@ssw0rd123",
        "SuperSecret123!",
        "admin123",
        "MySecretPassword123!",
        "s3cr3t!",
        "password!9",
        "Summer2026",
        "a1:/Xy9$json",
        "alias9-Xy$1",
        "Xy9$q.json",
    ],
)
def test_weak_passwords_are_passwords(value: str) -> None:
    assert _checks({"app.py": f"password = {value!r}\n"}) == ["secret.password"]


def test_a_scheme_before_a_token_is_not_a_part_of_it() -> None:
    assert _checks({"app.py": f"headers = {{'Authorization': 'Bearer {drawn(30)}7'}}\n"}) == [
        "secret.password"
    ]
    assert _checks({"app.py": "headers = {'Authorization': 'Bearer token'}\n"}) == []


@pytest.mark.parametrize(
    ("unsafe", "safe"),
    [
        ("{name} = os.environ.get('{name}', {value})", "{name} = os.environ['{name}']"),
        ("{name} = os.getenv('{name}', {value})", "{name} = os.getenv('{name}')"),
        ("{name} = os.environ.get('{name}') or {value}", "{name} = os.environ.get('{name}') or ''"),
        ("os.environ.setdefault('{name}', {value})", "os.environ.setdefault('{name}', '')"),
        ("{name} = config('{name}', default={value})", "{name} = config('{name}', default=None)"),
        ("def connect({name}={value}): ...", "def connect({name}=None): ..."),
        ("def connect(*, {name}={value}): ...", "def connect(*, {name}): ..."),
    ],
)
@pytest.mark.parametrize("name", ["DB_PASSWORD", "api_key", "SECRET_KEY"])
def test_a_fallback_and_none(unsafe: str, safe: str, name: str) -> None:
    value = repr(password() + drawn(8) + "9")
    assert _checks({"app.py": "import os\n" + unsafe.format(name=name, value=value) + "\n"}) == [
        "secret.default"
    ]
    assert _checks({"app.py": "import os\n" + safe.format(name=name, value=value) + "\n"}) == []


@pytest.mark.parametrize("name", NAMES)
def test_an_environment_block_with_a_secret_and_with_a_reference(name: str) -> None:
    value = password() + drawn(10) + "5"
    assert _checks({"template.yaml": _template(value).replace("SETTING", name)}) == ["secret.environment"]
    reference = "{{resolve:secretsmanager:orders:SecretString:" + name + "}}"
    assert _checks({"template.yaml": _template(reference).replace("SETTING", name)}) == []


LINES = {
    ".env": "{name}={value}",
    "a.ini": "{name} = {value}",
    "a.yaml": "{name}: {value}",
    "a.tfvars": '{name} = "{value}"',
    "a.json": '{{"a": 1, "{name}": "{value}"}}',
    "b.json": '{{\n  "{name}": "{value}",\n  "b": 2\n}}',
    "b.yaml": "db: {{host: x, {name}: {value}}}",
}


@pytest.mark.parametrize(
    ("name", "path"),
    [*((NAMES[0], path) for path in LINES), *((name, ".env") for name in NAMES[1:12])],
)
def test_a_settings_file_and_its_example(name: str, path: str) -> None:
    text = LINES[path].format(name=name, value=password() + drawn(10) + "5") + "\n"
    assert _checks({path: text}) == ["secret.file"]
    assert _checks({"example/" + path: text}) == []


def test_the_default_of_a_parameter() -> None:
    value = password() + "8"
    text = (
        "AWSTemplateFormatVersion: x\nParameters:\n  DbPassword: {Type: String, Default: "
        + value
        + "}\nResources: {}\n"
    )
    assert _checks({"t.yaml": text}) == ["secret.default"]
    assert _checks({"t.yaml": text.replace(value, "''")}) == []
    terraform = f'variable "db_password" {{\n  default = "{value}"\n}}\nresource "aws_sqs_queue" "q" {{}}\n'
    assert _checks({"main.tf": terraform}) == ["secret.default"]


def test_an_aws_secret_is_told_by_its_name() -> None:
    assert _checks({"credentials": f"aws_secret_access_key = {aws_secret()}\n"}) == ["secret.aws-key"]
    assert _checks({"a.py": f"aws_secret_access_key = {aws_secret()!r}\n"})
    assert _checks({"a.env": "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY\n"}) == []


def test_strings_that_are_added_up_are_one() -> None:
    key = aws_key()
    assert _checks({"app.py": f"KEY = {key[:7]!r} + {key[7:]!r}\n"}) == ["secret.aws-key"]
    assert _checks({"app.py": f"KEY = ({key[:7]!r}\n    {key[7:]!r})\n"}) == ["secret.aws-key"]


def test_a_token_with_a_wrong_checksum_is_less_sure() -> None:
    token = github()
    wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert [one.confidence for one in _secrets({"a.py": f"x = {token!r}\n"})] == [Confidence.HIGH]
    assert [one.confidence for one in _secrets({"a.py": f"x = {wrong!r}\n"})] == [Confidence.MEDIUM]


def test_a_test_key_of_stripes_is_less_severe_than_a_live_one() -> None:
    (finding,) = _secrets({"a.py": f"x = {'sk' + '_test_' + drawn(24)!r}\n"})
    assert finding.severity is Severity.LOW


def test_the_example_of_every_tutorial_is_no_token() -> None:
    assert _checks({"a.py": f"x = {jwt(subject='1234567890')!r}\n"}) == []


def test_docstrings_tests_and_dependencies() -> None:
    line = f"PASSWORD = {password()!r}\n"
    assert _checks({"tests/test_app.py": line}) == []
    assert _checks({"python/lib/python3.13/site-packages/lib.py": line}) == []
    assert _checks({"app.py": f'"""A key looks like {aws_key()}."""\n'}) == []
    (finding,) = _secrets({"tests/test_app.py": f"KEY = {aws_key()!r}\n"})
    assert (finding.severity, finding.confidence) == (Severity.LOW, Confidence.LOW)


@pytest.mark.parametrize("place", PLACES)
def test_no_finding_holds_the_value(place: str) -> None:
    for value in (aws_key(), github(), pem(), f"postgresql://app:{password()}@db.prod.internal/x"):
        (finding, *_) = _secrets(_at(place, value))
        shown = f"{finding.message} {finding.harm} {finding.fix} {dict(finding.evidence)} {finding.steps}"
        for start in range(0, len(value) - 8, 8):
            piece = value[start : start + 8]
            assert (
                piece not in shown
                or piece in "postgresql://app:@db.prod.internal/x-----BEGIN PRIVATE KEY-----"
            )
        assert finding.evidence["length"]
        assert len(str(finding.evidence.get("sha256", "01234567"))) == 8


def test_places_cover_the_value() -> None:
    key = aws_key()
    (finding,) = _secrets({"a.env": f"A=1\nKEY_ID={key}\n"})
    assert (finding.place.line, finding.place.column, finding.place.end_column) == (2, 8, 28)
    assert finding.evidence["name"] == "KEY_ID"


@pytest.mark.parametrize(
    "text",
    ["x = '" + "-----BEGIN PRIVATE KEY-----" * 2_000 + "'\n", "x = '" + "eyJ" * 50_000 + "'\n", "x = '" + "://a:" * 20_000 + "'\n",
     "secret_key=" * 20_000, "x = '" + "A" * 1_000_000 + "'\n", "xoxb-" + "1" * 100_000,
     "x = '" + "sk-" * 300_000 + "'\n", "x = '" + "eyJ-" * 200_000 + "'\n", "x = '" + "xapp-1-A-" * 90_000 + "'\n",
     "password = '" + "ab" * 250 + "!'\n"],
)  # fmt: skip
def test_patterns_do_not_run_away(text: str) -> None:
    _secrets({"a.py": text, "a.env": text, "a.yaml": text})


@pytest.mark.parametrize("word", ["XxxX", "yOuR"])
def test_four_letters_in_a_long_key_are_chance(word: str) -> None:
    key = pem()
    middle = len(key) // 2
    key = key[: middle - 40] + word + key[middle - 36 :]
    assert _secrets({"app.py": f"KEY = {key!r}\n"})
