"""What looks like a credential is hidden in a line of source; what only names things is not."""

from __future__ import annotations

import pytest

from dayfly.scan.source.masking import MASK, mask_credentials


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("run('curl -u ghp_abcdefghijklmnopqrstuvwxyzABCDEF1234 ' + q)", "ghp_abcdef"),
        ('run("--key wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzZZKEYKEY")', "K7MDENG"),
        ("connect(f'postgres://app:kinglet@{host}/orders')", "kinglet"),
        ("password = 'Hunter2-sup3r-secret-Zq9'; run(q)", "Hunter2"),
        ("run('unfinished 0123456789abcdef0123456789abcdef", "0123456789abcdef"),
    ],
)
def test_what_looks_like_a_credential_is_hidden(line: str, secret: str) -> None:
    shown = mask_credentials(line)
    assert secret not in shown
    assert MASK in shown


@pytest.mark.parametrize(
    "line",
    [
        "os.system('ls ' + event['queryStringParameters']['name'])",
        "handler_of_2024_orders_and_more(event)",
        'cursor.execute(f"SELECT * FROM customers_of_the_region WHERE id = {number}")',
        "requests.get('https://example.com/v1/customers')",
        "path = '/opt/python/lib/python3.13/site-packages'",
    ],
)
def test_names_and_words_stay(line: str) -> None:
    assert mask_credentials(line) == line
