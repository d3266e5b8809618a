"""Asks DuckDB what the embedded engine was asked, over the same rows, and compares what both say.

Reads what tests/trino leaves (its export): SITUATION/relations/NAME.ndjson with NAME.types.json, SITUATION/now,
SITUATION/DETECTION.json with the statement and the embedded engine's rows. sqlglot writes Trino's SQL as DuckDB's; the
functions that differ are in trino_functions.py. A statement that cannot be written or run counts as one that differs.
"""

import collections
import json
import pathlib
import sys
import tempfile

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.dialects.trino import Trino

sys.path.append(str(pathlib.Path(__file__).parent))
import trino_functions  # noqa: E402: at the end of the path, this file must not hide the library

# Functions that are read as they are written, to be sent to trino_NAME.
BRIDGED = {
    "ARRAY_JOIN", "CONTAINS", "ELEMENT_AT", "FROM_ISO8601_TIMESTAMP", "JSON_EXTRACT", "JSON_EXTRACT_SCALAR",
    "JSON_FORMAT", "JSON_PARSE", "REGEXP_EXTRACT", "REGEXP_EXTRACT_ALL", "REGEXP_LIKE", "REGEXP_REPLACE", "SLICE", "SPLIT_PART", "TO_UNIXTIME",
}  # fmt: skip
# What means the same in both, or what sqlglot writes so that it does (concat as ||, NULL in, NULL out).
# Every array_agg of the library is ordered; one that is not would be compared in order as well, and be seen.
SAME = (
    exp.And, exp.Or, exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Concat, exp.Lower, exp.Floor, exp.Substring,
    exp.Count, exp.Min, exp.Max, exp.Sum, exp.ArrayAgg, exp.RowNumber, exp.Try, exp.Unnest, exp.Replace, exp.ArraySize, exp.Exists,
)  # fmt: skip


class Library(Trino):
    """Trino's dialect, with BRIDGED left alone: sqlglot has its own idea of what they are in DuckDB."""

    class Parser(Trino.Parser):
        FUNCTIONS = {name: make for name, make in Trino.Parser.FUNCTIONS.items() if name not in BRIDGED}
        FUNCTION_PARSERS = {
            name: make for name, make in Trino.Parser.FUNCTION_PARSERS.items() if name not in BRIDGED | {"TRIM"}
        }


def call(name, *arguments):
    return exp.Anonymous(this=name, expressions=list(arguments))


def bridge(node, now):
    """The node as DuckDB has it."""
    if isinstance(node, exp.Anonymous):
        name = node.name.lower()
        if name.upper() not in BRIDGED:
            raise ValueError(f"no bridge for {name}")
        grouped = name.startswith("regexp_extract") and len(node.expressions) == 3
        return call(f"trino_{name}{'_group' if grouped else ''}", *node.expressions)
    if isinstance(node, exp.Trim):
        if node.expression or node.args.get("position"):
            raise ValueError("no bridge for trim with characters")
        return call("trino_trim", node.this)
    if isinstance(node, exp.CurrentTimestamp):
        return exp.cast(exp.Literal.string(now), "timestamptz")
    if isinstance(node, exp.DateDiff) and str(node.args.get("unit")).upper() == "DAY":
        return call("trino_days_between", call("epoch", node.expression), call("epoch", node.this))
    if isinstance(node, exp.Cast):
        return cast(node)
    if isinstance(node, exp.Func) and not isinstance(node, SAME):
        raise ValueError(f"no bridge for {node.sql()}")
    return node


def cast(node):
    kind = node.to.sql("trino").upper()
    name = {"IPADDRESS": "trino_ip_address", "BIGINT": "trino_bigint", "DOUBLE": "trino_double", "ARRAY(JSON)": "trino_json_array"}.get(kind)
    if kind == "BIGINT" and isinstance(node.this, exp.Floor) or kind == "VARCHAR" and isinstance(node.this, exp.Null):
        return node
    if kind == "BIGINT" and isinstance(node.this, (exp.Sum, exp.Div)):
        name = "trino_rounded"
    if name is None:
        raise ValueError(f"no bridge for {node.sql()}")
    bridged = call(name, node.this)
    return exp.Try(this=bridged) if isinstance(node, exp.TryCast) else bridged


def translated(sql, now):
    tree = sqlglot.parse_one(sql, read=Library)
    for node in reversed(list(tree.bfs())):  # arguments before the calls that they are in
        bridged = bridge(node, now)
        if bridged is not node:
            node.replace(bridged)
    return tree.sql("duckdb", identify=True)


def fields(text):
    """`a varchar, b row(c varchar)` at its outer commas."""
    depth, found = 0, [""]
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [field.strip() for field in found]


def kind(text):
    """A type of Trino as DuckDB's."""
    if text in ("varchar", "bigint", "double", "boolean"):
        return text
    name, inner = text[:-1].split("(", 1)
    if name == "row":
        named = (field.split(" ", 1) for field in fields(inner))
        return "STRUCT(" + ", ".join(f'"{field}" {kind(of)}' for field, of in named) + ")"
    if name == "array":
        return kind(inner) + "[]"
    if name == "map":
        return "MAP(" + ", ".join(map(kind, fields(inner))) + ")"
    raise ValueError(f"no type for {text}")


def maps(value):
    """The export's {"map": [[k, v], …]} as the object that DuckDB reads a map from."""
    if isinstance(value, dict):
        if list(value) == ["map"]:
            return {key: maps(of) for key, of in value["map"]}
        return {key: maps(of) for key, of in value.items()}
    return [maps(item) for item in value] if isinstance(value, list) else value


def load(connection, relations, scratch):
    for (table,) in connection.execute("SHOW TABLES").fetchall():  # of the situation before
        connection.execute(f'DROP TABLE "{table}"')
    for types in sorted(relations.glob("*.types.json")):
        name = types.name.removesuffix(".types.json")
        columns = {
            column: kind(of) for column, of in json.loads(types.read_text(encoding="utf-8")).items()
        }
        lines = (relations / f"{name}.ndjson").read_text(encoding="utf-8").split("\n")
        rows = [maps(json.loads(line)) for line in lines if line]
        declared = ", ".join(f'"{column}" {of}' for column, of in columns.items())
        connection.execute(f'CREATE TABLE "{name}" ({declared})')
        if not rows:
            continue
        scratch.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
        connection.execute(
            f'INSERT INTO "{name}" SELECT * FROM read_json(?, format = ?, columns = ?)',
            [str(scratch), "newline_delimited", columns],
        )
        (count,) = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()
        if count != len(rows):
            raise ValueError(f"{name}: {count} rows of {len(rows)} were read")


def shown(value, type_name):
    """A value as the export shows one of that type: the types that detections return."""
    if value is None:
        return None
    if type_name == "varchar" and isinstance(value, str):
        return value
    if type_name in ("bigint", "integer") and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if type_name == "boolean" and isinstance(value, bool):
        return str(value).lower()
    if type_name == "double" and isinstance(value, float):
        return trino_functions.java_double(value)
    if type_name.startswith("array(") and isinstance(value, list):
        return [shown(item, type_name[6:-1]) for item in value]
    raise ValueError(f"no way to show {value!r} as {type_name}")


def difference(connection, asked, now):
    """The first way in which the two answers differ, or None."""
    try:
        answer = connection.execute(translated(asked["sql"], now))
        columns = [column[0] for column in answer.description]
        told = [[shown(*cell) for cell in zip(row, asked["types"])] for row in answer.fetchall()]
    except (duckdb.Error, sqlglot.errors.SqlglotError, ValueError) as error:
        return f"not run: {str(error).splitlines()[0]}"
    if columns != asked["columns"]:
        return f"columns: embedded {asked['columns']}, DuckDB {columns}"
    ours, theirs = (
        collections.Counter(json.dumps(row, ensure_ascii=False) for row in rows) for rows in (asked["rows"], told)
    )
    if ours == theirs:
        return None
    only = [min((side - other).elements(), default="nothing") for side, other in ((ours, theirs), (theirs, ours))]
    return f"{len(asked['rows'])} rows, DuckDB {len(told)}; only embedded: {only[0]}; only DuckDB: {only[1]}"


def main(folder):
    connection = duckdb.connect(config={"threads": 1, "autoinstall_known_extensions": False})
    connection.execute("SET TimeZone = 'UTC'")
    trino_functions.install(connection)
    agreeing, differing, with_rows, detections = 0, 0, 0, set()
    with tempfile.TemporaryDirectory() as scratch:
        for situation in sorted(path for path in folder.iterdir() if path.is_dir()):
            now = (situation / "now").read_text(encoding="utf-8").strip()
            load(connection, situation / "relations", pathlib.Path(scratch) / "rows.ndjson")
            for path in sorted(situation.glob("*.json")):
                asked = json.loads(path.read_text(encoding="utf-8"))
                detections.add(path.stem)
                with_rows += bool(asked["rows"])
                found = difference(connection, asked, now)
                if found is None:
                    agreeing += 1
                else:
                    differing += 1
                    print(f"{situation.name} {path.stem}: {found}")
    connection.close()
    print(f"{with_rows} statements of {agreeing + differing} have rows")
    print(f"DuckDB: {agreeing} statements of {len(detections)} detections agree, {differing} differ")
    return 1 if differing or not with_rows else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
