"""DuckDB beside the full pack: one detection straight from the log files, and everything after loading once.

Usage: beside_duckdb.py LOGS, with a tree that the benchmark `pack` wrote. Needs `pip install duckdb==2.0.0`.
"""

import sys
import time

import duckdb

LOGS = sys.argv[1]
RECORDS = f"""
SELECT unnest(Records) AS r FROM read_json('{LOGS}/AWSLogs/**/*.json.gz', columns = {{'Records': 'JSON[]'}},
    maximum_object_size = 268435456)
"""
ROOT_LOGIN = """
SELECT r->>'$.eventTime' AS event_time, r->>'$.recipientAccountId' AS account_id, r->>'$.sourceIPAddress' AS source_ip
FROM {source}
WHERE r->>'$.eventSource' = 'signin.amazonaws.com' AND r->>'$.eventName' = 'ConsoleLogin'
    AND r->>'$.userIdentity.type' = 'Root' AND r->>'$.responseElements.ConsoleLogin' = 'Success'
"""
COLUMNS = ["eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "errorCode", "recipientAccountId"]
#: As many plain selections as the library has detections.
DETECTIONS = 48


def timed(name, work):
    began = time.perf_counter()
    rows = work()
    print(f"{name:<44} {time.perf_counter() - began:8.1f} s  {rows} rows")


def load(connection):
    columns = ", ".join(f"r->>'$.{name}' AS {name.lower()}" for name in COLUMNS)
    connection.execute(
        f"CREATE TABLE events AS SELECT {columns}, r->>'$.userIdentity.type' AS identity_type, r AS record FROM ({RECORDS})"
    )
    return connection.execute("SELECT count(*) FROM events").fetchone()[0]


def select_all(connection):
    rows = 0
    for number in range(DETECTIONS):
        query = (
            "SELECT eventtime, recipientaccountid, record->>'$.userIdentity.arn' FROM events"
            f" WHERE eventname IN ('ConsoleLogin', 'Other{number}') AND identity_type = 'Root' AND errorcode IS NULL"
        )
        rows += len(connection.execute(query).fetchall())
    return rows


connection = duckdb.connect()
print(f"DuckDB {duckdb.__version__}")
timed("one detection, from the files", lambda: len(connection.execute(ROOT_LOGIN.format(source=f"({RECORDS})")).fetchall()))
timed("loading all files once", lambda: load(connection))
timed(f"{DETECTIONS} selections over what was loaded", lambda: select_all(connection))
