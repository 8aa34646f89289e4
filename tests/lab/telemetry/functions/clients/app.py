"""A function that asks what is beside it, as the documentation of each tells to."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request


def metadata(event, context):
    from aws_lambda_powertools.utilities.metadata import get_lambda_metadata

    return {"zone": get_lambda_metadata().availability_zone_id}


def ask(path, token):
    port = os.environ.get("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", "2773")
    headers = {"X-Aws-Parameters-Secrets-Token": token} if token else {}
    request = urllib.request.Request(f"http://localhost:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def secrets(event, context):
    token = os.environ["AWS_SESSION_TOKEN"]
    name = urllib.parse.quote("/shop/table", safe="")
    parameter = ask(f"/systemsmanager/parameters/get?name={name}&withDecryption=true", token)
    secret = ask("/secretsmanager/get?secretId=shop%2Fkey", token)
    return {
        "parameter": parameter[1]["Parameter"]["Value"],
        "secret": secret[1]["SecretString"],
        "without token": ask("/secretsmanager/get?secretId=shop%2Fkey", "")[0],
        "no such": ask("/secretsmanager/get?secretId=none", token)[0],
    }


def coffee(event, context):
    from datadog_lambda.metric import lambda_metric

    lambda_metric("coffee_house.order_value", 12.45, tags=["product:latte"])
    return context.aws_request_id
