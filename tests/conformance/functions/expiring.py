"""Hold credentials of botocore's that end soon after init."""

import datetime
import os

from botocore.credentials import RefreshableCredentials

INIT = os.urandom(8).hex()
LIFE_S = float(os.environ["LIFE_S"])
CREDENTIALS = RefreshableCredentials(
    "AKIA",
    "secret",
    "token",
    datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=LIFE_S),
    refresh_using=dict,
    method="test",
)


def handler(event, context):
    return INIT
