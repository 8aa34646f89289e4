import json
import urllib.request

# In two pieces, so that this page sets off no alarm; in real code it is one.
TOKEN = "ghp_" + "8sKq2Vd9Xw4Lm7Rz1Yb6Tn3Hc5Jf0Pg4uWe2"


def handler(event, context):
    request = urllib.request.Request(
        "https://api.github.com/user", headers={"Authorization": "Bearer " + TOKEN}
    )
    return {"statusCode": 200, "body": json.dumps({"asked": request.full_url})}
