"""Uploads that programs work on: images, archives, documents, recordings."""

import base64
import json
import os
import shlex
import subprocess
import tempfile
from urllib.parse import unquote_plus

import boto3

BUCKET = "ninth-media"
os.environ["SIGNING_KEY"] = "media-key-9072"


def s3():
    client = boto3.client("s3")
    try:
        client.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": client.meta.region_name}
        )
    except client.exceptions.ClientError:
        try:
            client.create_bucket(Bucket=BUCKET)
        except client.exceptions.ClientError:
            pass
    return client


def sh(command):
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=15)
    return (done.stdout + done.stderr).strip()


def seed(client, key, data=b"one\ntwo\nthree\n"):
    client.put_object(Bucket=BUCKET, Key=key, Body=data)


def count_lines(event, context):
    """Every new object is loaded to /tmp and counted with wc."""
    client = s3()
    found = {}
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        seed(client, key)
        local = os.path.join("/tmp", os.path.basename(key))
        client.download_file(BUCKET, key, local)
        found[key] = sh(f'wc -l < "{local}"')
    return found


def checksum(event, context):
    """The name goes into the shell with single quotes around it."""
    client = s3()
    key = unquote_plus(event["Records"][0]["s3"]["object"]["key"])
    seed(client, key)
    name = key.split("/")[-1]
    client.download_file(BUCKET, key, "/tmp/" + name)
    return {"key": key, "sum": sh("cd /tmp && sha256sum '" + name + "' | cut -c1-64")}


def thumbnail(event, context):
    """ImageMagick or something like it gets a list of arguments."""
    body = json.loads(event["body"])
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "in.txt")
        with open(source, "w") as file:
            file.write(body.get("caption", ""))
        size = body.get("size", "120x120")
        done = subprocess.run(
            ["printf", "%s", f"convert {source} -resize {size} out.png".replace(folder, "")],
            capture_output=True,
            text=True,
        )
    return {"statusCode": 200, "body": json.dumps({"planned": done.stdout}, ensure_ascii=False)}


def watermark(event, context):
    """A text for the picture; the command is one line for the shell, quoted by shlex."""
    detail = event["detail"]
    text = detail["text"]
    line = f"printf %s {shlex.quote(text)} | fold -w 40 | head -n 3"
    return {"lines": sh(line).splitlines()}


def caption(event, context):
    """The older version of the same."""
    text = event["detail"]["text"].replace('"', '\\"')
    return {"caption": sh(f'echo "{text}" | tr a-z A-Z')}


def probe(event, context):
    """What `file` says about an upload."""
    name = event["queryStringParameters"]["name"]
    os.makedirs("/tmp/uploads", exist_ok=True)
    with open("/tmp/uploads/" + os.path.basename(name), "w") as file:
        file.write("%PDF-1.7\n")
    return {
        "statusCode": 200,
        "body": sh(
            "file -b /tmp/uploads/%s 2>&1 || ls /tmp/uploads/%s"
            % (os.path.basename(name).replace(" ", "\\ ").replace("(", "\\(").replace(")", "\\)"), "*")
        ),
    }


def pack(event, context):
    """Files of a request, packed with tar."""
    os.makedirs("/tmp/pack", exist_ok=True)
    names = []
    for one in event["files"]:
        with open(os.path.join("/tmp/pack", os.path.basename(one["name"])), "w") as file:
            file.write(one["text"])
        names.append(os.path.basename(one["name"]))
    done = subprocess.run(
        ["tar", "-cf", "/tmp/pack.tar", "-C", "/tmp/pack", *names], capture_output=True, text=True
    )
    listed = subprocess.run(["tar", "-tf", "/tmp/pack.tar"], capture_output=True, text=True)
    return {"names": listed.stdout.splitlines(), "said": done.stdout + done.stderr}


def grep_logs(event, context):
    """A search over log files for the support team."""
    with open("/tmp/app.log", "w") as file:
        file.write("ERROR it's broken (5%)\nINFO started -- ok\nERROR select failed\n")
    word = event["arguments"]["text"]
    done = subprocess.run(["grep", "-i", word, "/tmp/app.log"], capture_output=True, text=True)
    return done.stdout.splitlines()


def convert_audio(event, context):
    """A job of a queue: options of the profile, the title of the user."""
    results = []
    for record in event["Records"]:
        job = json.loads(record["body"])
        options = " ".join(f"-metadata {key}={shlex.quote(str(value))}" for key, value in job["tags"].items())
        command = f"echo ffmpeg -i in.wav {options} -b:a {job.get('bitrate', '128k')} out.mp3"
        results.append(sh(command))
    return results


def archive_date(event, context):
    """A scheduled clean-up: the day is the event's time."""
    day = event["time"][:10]
    return {"day": day, "said": sh(f"date -u -d {day} +%A")}


def days_until(event, context):
    """The same for any text of the user; `date` understands much."""
    when = event["when"]
    return {"said": sh(f'date -u -d "{when}" +%F')}


def jq_filter(event, context):
    """JSON of a partner, filtered with jq; the filter is ours, a field's name is not."""
    field = event["field"]
    done = subprocess.run(
        ["jq", "-c", f'.{field} // "none"'], input=json.dumps(event["data"]), capture_output=True, text=True
    )
    return {"out": done.stdout.strip(), "error": done.stderr.strip()}


def sort_rows(event, context):
    """awk and sort by a column."""
    with open("/tmp/rows.txt", "w") as file:
        file.write(event["rows"])
    return {
        "rows": sh(
            "awk -F, '{print $"
            + str(event.get("column", 1))
            + "}' /tmp/rows.txt | sort | uniq -c | sed 's/^ *//'"
        ).splitlines()
    }


def label_print(event, context):
    """os.popen with a template from the days of the first prototype."""
    fields = event["label"]
    command = "printf '%s\\n' '{name}' '{street}'".format(
        **{key: str(value).replace("'", "'\\''") for key, value in fields.items()}
    )
    return {"printed": os.popen(command).read()}


def ping(event, context):
    """Is a host's name known? The host of a URL that people paste."""
    host = event["host"]
    return {"statusCode": 200, "body": sh(f"getent hosts {host} || echo unknown {host}")}


def rename(event, context):
    """Names of files are made tidy and stored; a later job works on all of them."""
    os.makedirs("/tmp/inbox", exist_ok=True)
    kept = []
    for one in event["files"]:
        name = one["name"].replace("/", "_")
        with open(os.path.join("/tmp/inbox", name), "wb") as file:
            file.write(base64.b64decode(one["data"]))
        kept.append(name)
    return kept


def nightly(event, context):
    """Works on what is there, file by file."""
    sizes = {}
    for name in sorted(os.listdir("/tmp/inbox")):
        if event.get("only") and event["only"] not in name:
            continue
        sizes[name] = sh('stat -c %s "/tmp/inbox/' + name + '"')
    return sizes


def put_manifest(event, context):
    """A client's manifest is stored in the bucket."""
    body = json.loads(event["body"])
    s3().put_object(Bucket=BUCKET, Key=f"manifests/{body['id']}.json", Body=json.dumps(body).encode())
    return {"statusCode": 201, "body": ""}


def run_manifest(event, context):
    """And worked off when the bucket says that it is there."""
    client = s3()
    done = []
    for record in event["Records"]:
        manifest = json.loads(
            client.get_object(Bucket=BUCKET, Key=unquote_plus(record["s3"]["object"]["key"]))["Body"].read()
        )
        for one in manifest["files"]:
            done.append(sh(f"printf '%s' \"{one['title']}\" | wc -c; echo {manifest.get('format', 'png')}"))
    return done
