"""Measures the Lambda function as a whole process against an AWS of loopback that answers by rote.

    cargo build --release --features aws
    python3 benches/function.py target/release/trailbrief [--candidates 100000] [--delay 5]

Prints: the time from the start of the process to its first call to AWS (cold start), the time of an invocation beyond that of
its statement on Athena (overhead), and the peak of its memory. Needs nothing but Python; the records are made here.
"""

import argparse
import csv
import io
import json
import os
import re
import statistics
import subprocess
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlparse

AT = "2026-03-10T12:30:00Z"
EMPTY = {}


class Aws:
    """What the function finds: objects, a table, executions."""

    def __init__(self, candidates, delay):
        self.candidates, self.delay = candidates, delay
        self.objects, self.table, self.executions = {}, None, {}
        self.first_call = None
        self.lock = threading.Lock()
        self.event, self.answered, self.answer = None, threading.Event(), None
        self.asked = threading.Event()

    def athena(self, operation, body):
        if operation == "StartQueryExecution":
            for known, (token, _, _) in self.executions.items():
                if token == body["ClientRequestToken"]:
                    return {"QueryExecutionId": known}
            name = "%08d-0000-4000-8000-000000000000" % len(self.executions)
            output = body["ResultConfiguration"]["OutputLocation"] + name + ".csv"
            self.executions[name] = (body["ClientRequestToken"], time.monotonic(), output)
            self.objects[output.removeprefix("s3://")] = result(body["QueryString"], self.candidates)
            return {"QueryExecutionId": name}
        if operation == "BatchGetQueryExecution":
            found = []
            for name in body["QueryExecutionIds"]:
                _, began, output = self.executions[name]
                state = "SUCCEEDED" if time.monotonic() - began >= self.delay else "RUNNING"
                found.append({
                    "QueryExecutionId": name,
                    "Status": {"State": state},
                    "Statistics": {"DataScannedInBytes": 1 << 30},
                    "ResultConfiguration": {"OutputLocation": output},
                })
            return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": []}
        return EMPTY

    def glue(self, operation, body):
        if operation == "GetTable":
            return {"Table": self.table} if self.table else None
        if operation in ("CreateTable", "UpdateTable"):
            self.table = {**body["TableInput"], "DatabaseName": body["DatabaseName"], "VersionId": "1"}
        return EMPTY


def result(sql, count):
    """What Athena would bring for the candidates' statement: one JSON document an event, of the columns that it names."""
    names = re.findall(r"'([a-z]+)'", re.search(r"MAP\(ARRAY\[(.*?)\]", sql, re.S).group(1))
    text = io.StringIO()
    text.write('"record"\n')
    rows = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for number in range(count):
        event = {
            "eventid": "%08x-0000-4000-8000-%012x" % (number, number),
            "eventtime": "2026-03-10T12:%02d:%02dZ" % (number % 30, number % 60),
            "recipientaccountid": "111122223333",
            "awsregion": "us-east-1",
            "eventsource": "ec2.amazonaws.com",
            "eventname": "Describe%d" % (number % 40),
            "errorcode": "AccessDenied",
            "errormessage": "You are not authorized to perform this operation. " * 4,
            "sourceipaddress": "198.51.100.%d" % (number % 250),
            "useragent": "aws-cli/2.15.30 Python/3.11.8 Linux/6.1 exe/x86_64.amzn.2023 prompt/off command/ec2.describe",
            "eventtype": "AwsApiCall",
            "eventcategory": "Management",
            "readonly": "true",
            "requestparameters": json.dumps({"instancesSet": {}, "filterSet": {"items": [{"name": "x" * 200}]}}),
            "useridentity": {
                "type": "AssumedRole",
                "principalid": "AROAEXAMPLE:session-%d" % (number % 900),
                "arn": "arn:aws:sts::111122223333:assumed-role/app/session-%d" % (number % 900),
                "accountid": "111122223333",
                "accesskeyid": "ASIAEXAMPLE%09d" % (number % 900),
            },
        }
        rows.writerow([json.dumps({name: event.get(name) for name in names})])
    return text.getvalue().encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    aws = None

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", kind="application/json", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def called(self):
        if self.aws.first_call is None:
            self.aws.first_call = time.monotonic()

    def do_GET(self):
        url = urlparse(self.path)
        if url.path.endswith("/invocation/next"):
            self.aws.asked.set()
            while self.aws.event is None:
                time.sleep(0.001)
            event, self.aws.event = self.aws.event, None
            return self.reply(
                200, json.dumps(event).encode(), Lambda_Runtime_Aws_Request_Id="1",
                Lambda_Runtime_Deadline_Ms=str(int((time.time() + 900) * 1000)),
                Lambda_Runtime_Invoked_Function_Arn="arn:aws:lambda:us-east-1:000000000000:function:trailbrief",
            )
        self.called()
        query = parse_qs(url.query)
        path = unquote(url.path).lstrip("/")
        if "list-type" in query:
            return self.list(path.rstrip("/"), query.get("prefix", [""])[0], query.get("delimiter", [""])[0])
        found = self.aws.objects.get(path)
        if found is None:
            error = b"<Error><Code>NoSuchKey</Code><Message>No</Message></Error>"
            return self.reply(404, error, "application/xml")
        self.reply(200, found, "application/octet-stream", ETag='"%x"' % hash(found), Last_Modified="Tue, 10 Mar 2026 12:00:00 GMT")

    do_HEAD = do_GET

    def list(self, bucket, prefix, delimiter):
        names = {key.split("/", 1)[1] for key in self.aws.objects if key.startswith(bucket + "/" + prefix)}
        folders = sorted({prefix + name[len(prefix):].split("/")[0] + "/" for name in names if "/" in name[len(prefix):]})
        folders = folders if delimiter else []
        shown = [] if folders else sorted(names)
        text = "".join("<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>" % folder for folder in folders)
        text += "".join(
            "<Contents><Key>%s</Key><Size>1</Size><LastModified>2026-03-10T12:00:00.000Z</LastModified><ETag>x</ETag></Contents>" % name
            for name in shown
        )
        text = "<ListBucketResult><IsTruncated>false</IsTruncated>%s</ListBucketResult>" % text
        self.reply(200, text.encode(), "application/xml")

    def do_PUT(self):
        self.called()
        body = self.body()
        with self.aws.lock:
            self.aws.objects[unquote(urlparse(self.path).path).lstrip("/")] = body
        self.reply(200, ETag='"%x"' % hash(body))

    def do_DELETE(self):
        self.called()
        self.aws.objects.pop(unquote(urlparse(self.path).path).lstrip("/"), None)
        self.reply(204)

    def do_POST(self):
        body = self.body()
        if "/runtime/invocation/" in self.path:
            self.aws.answer = (self.path.endswith("/response"), body)
            self.aws.answered.set()
            return self.reply(202)
        self.called()
        service, _, operation = self.headers.get("X-Amz-Target", "").partition(".")
        if service == "AmazonAthena":
            return self.reply(200, json.dumps(self.aws.athena(operation, json.loads(body))).encode())
        if service == "AWSGlue":
            answer = self.aws.glue(operation, json.loads(body))
            if answer is None:
                return self.reply(400, b'{"__type":"EntityNotFoundException","Message":"no"}')
            return self.reply(200, json.dumps(answer).encode())
        sent = b"<SendRawEmailResponse><SendRawEmailResult><MessageId>1</MessageId></SendRawEmailResult></SendRawEmailResponse>"
        self.reply(200, sent, "text/xml")


CONFIG = """
[[accounts]]
id = "111122223333"
name = "payments"
[table]
logs = "s3://logs"
organization = "o-exampleorgid"
[athena]
output = "s3://own/athena/"
[state]
path = "s3://own/state"
[mail]
from = "brief@example.com"
to = ["soc@example.com"]
"""


def measure(binary, candidates, delay):
    aws = Aws(candidates, delay)
    for region in ("us-east-1", "eu-west-1"):
        aws.objects["logs/AWSLogs/o-exampleorgid/111122223333/CloudTrail/%s/2026/03/10/a.json.gz" % region] = b""
    handler = type("Bound", (Handler,), {"aws": aws})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    # The process is killed while it waits for the next event.
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = "127.0.0.1:%d" % server.server_port
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "trailbrief.toml"), "w") as config:
            config.write(CONFIG)
        environment = {
            "PATH": "/usr/bin", "AWS_LAMBDA_RUNTIME_API": address, "AWS_LAMBDA_FUNCTION_NAME": "trailbrief",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024", "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": "http://" + address, "AWS_ALLOW_HTTP": "true", "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
        }
        aws.event = {"schedule": "hourly", "scheduled_time": AT}
        began = time.monotonic()
        child = subprocess.Popen([binary], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
        asked_at = None
        aws.asked.wait()
        asked_at = time.monotonic()
        if not aws.answered.wait(600):
            raise SystemExit("no answer")
        ended = time.monotonic()
        with open("/proc/%d/status" % child.pid) as status:
            peak = int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1)) * 1024
        child.kill()
        log = child.communicate()[0]
    server.shutdown()
    ok, said = aws.answer
    if not ok:
        raise SystemExit("the function failed: %s\n%s" % (said.decode(), log))
    answered = next(json.loads(line) for line in log.splitlines() if '"answered"' in line and '"message"' in line)
    return {
        "runtime ready": asked_at - began,
        "cold start to first call": aws.first_call - began,
        "invocation": ended - asked_at,
        "overhead": ended - asked_at - delay,
        "peak MB": peak / 1e6,
    }, answered


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--candidates", type=int, default=100_000)
    parser.add_argument("--delay", type=float, default=5.0)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    rows, answered = [], None
    for _ in range(options.runs):
        row, answered = measure(os.path.abspath(options.binary), options.candidates, options.delay)
        rows.append(row)
    print("candidates %d, findings %d, statement %.1f s" % (answered["candidates"], answered["findings"], options.delay))
    for name in rows[0]:
        values = sorted(row[name] for row in rows)
        print("%-26s median %8.3f   from %8.3f to %8.3f" % (name, statistics.median(values), values[0], values[-1]))


main()
