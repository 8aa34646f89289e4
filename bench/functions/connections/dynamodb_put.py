"""One boto3 call on a client that init has used: what the guard adds to it is measured with words of the event's in it."""

from boto3_client import CLIENT, put

put()


def handler(event, context):
    CLIENT.put_item(TableName="orders", Item={"id": {"S": event["name"]}, "amount": {"N": str(event["n"])}})
    return {"n": event["n"]}
