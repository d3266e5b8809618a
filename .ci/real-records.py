"""Checks what the real records gave, as `real-records` left it in a directory."""

import csv
import json
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
faults = []


def expect(what, got, wanted):
    print(f"{what}: {got}")
    if got != wanted:
        faults.append(f"{what}: {got} instead of {wanted}")


def found(brief):
    """The detections that found something, also those whose findings a narrower one replaces."""
    return {id for f in brief["findings"] for id in [f["detection"], *f["replaces"]]}


def brief(name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


sans = brief("sans504.json")
expect("sans504 records", sans["run"]["events_read"], 11_108)
expect("sans504 distinct", sans["run"]["events_read"] - sans["run"]["duplicates_dropped"], 8_702)
expect("sans504 failures", sans["failures"], [])
expect("sans504 problems", sans["problems"], [])
noise = [f for f in sans["findings"] if "delivery.logs.amazonaws.com" in json.dumps(f)]
expect("sans504 findings about log delivery", noise, [])
events = [(f["detection"], f["event_id"]) for f in sans["findings"] if f["event_id"]]
expect("sans504 events told twice", len(events) - len(set(events)), 0)
told = sorted({f["detection"] for f in sans["findings"]})
expect("sans504 findings of", told, ["iam.root-api-activity", "iam.root-console-login-no-mfa"])
expect(
    "sans504 detections",
    sorted(found(sans)),
    ["console.login-success", "iam.root-api-activity", "iam.root-console-login", "iam.root-console-login-no-mfa"],
)

stratus = brief("stratus.json")
expect("stratus records", stratus["run"]["events_read"], 210)
expect("stratus failures", stratus["failures"], [])
# The techniques of the set whose calls the library covers.
for detection in [
    "compute.instance-connect",
    "compute.lambda-code-updated",
    "console.login-no-mfa",
    "iam.access-key-created",
    "iam.admin-policy-granted",
    "iam.user-changed",
    "logging.cloudtrail-weakened",
    "network.security-group-open-admin-port",
    "secrets.value-read",
]:
    expect(f"stratus {detection}", detection in found(stratus), True)

for name, wanted in {
    "awsdocs-examples": None,
    "console-cartographer": 4_244,
    "otrf-ec2-proxy": None,
    "panther.clean": 248,
    "splunk-examples": 48,
    "stratus": 210,
    "streamalert": None,
    "traildiscover": 157,
}.items():
    with open(folder / f"{name}.ndjson.gz.csv", newline="", encoding="utf-8") as rows:
        count = int(next(csv.DictReader(rows))["n"])
    if wanted is None:
        expect(f"{name} has records", count > 0, True)
    else:
        expect(f"{name} records", count, wanted)

for fault in faults:
    print("FAIL", fault)
sys.exit(1 if faults else 0)
