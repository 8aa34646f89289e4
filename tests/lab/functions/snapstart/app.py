"""A function with snapshot hooks that note their order; variables make each of them fail or hang."""

import os
import time
import urllib.request

from snapshot_restore_py import register_after_restore, register_before_snapshot

ORDER = ["init"]
FAULT = os.environ.get("FAULT", "")


@register_before_snapshot
def before_last():
    ORDER.append("before 2")


@register_before_snapshot
def before_first():
    ORDER.append("before 1")
    if FAULT == "before":
        raise ValueError("not ready for a snapshot")


@register_after_restore
def after_first():
    ORDER.append("after 1")
    if FAULT == "after":
        raise ValueError("cannot connect again")
    if FAULT == "hang":
        time.sleep(60)
    if FAULT == "exit":
        os._exit(9)


@register_after_restore
def after_last():
    ORDER.append("after 2")


def handler(event, context):
    do = event.get("do")
    if do == "exit":
        os._exit(1)
    if do == "credentials":
        request = urllib.request.Request(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
        if not event.get("bare"):
            request.add_header("Authorization", os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"])
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return {"status": answer.status, "body": answer.read().decode()}
        except urllib.error.HTTPError as error:
            return {"status": error.code, "body": error.read().decode()}
    if do == "boto3":
        import boto3

        credentials = boto3.Session().get_credentials()
        return {"method": credentials.method, "key": credentials.access_key, "token": credentials.token}
    return {
        "order": ORDER,
        "pid": os.getpid(),
        "environ": dict(os.environ),
        "version": context.function_version,
    }
