import json

SMTP_PASSWORD = "Kastanie-7-Ufer!"


def handler(event, context):
    return {"statusCode": 200, "body": json.dumps({"ready": bool(SMTP_PASSWORD)})}
