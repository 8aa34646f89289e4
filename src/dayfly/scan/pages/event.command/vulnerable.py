"""Says which kind of document was uploaded, by its name."""

import json
import subprocess


def handler(event, context):
    name = event["queryStringParameters"]["name"]
    shown = subprocess.run("echo document " + name, shell=True, capture_output=True, text=True, timeout=5)
    return {"statusCode": 200, "body": json.dumps({"line": shown.stdout})}
