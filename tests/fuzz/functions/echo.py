"""Answer with the event's mark."""


def handler(event, context):
    return {"mark": event["mark"], "id": context.aws_request_id}
