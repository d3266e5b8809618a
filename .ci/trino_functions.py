"""What Trino's functions do, for a DuckDB that lacks them or means something else by their names.

Written from what Trino documents and answers, with Python's own json, re, ipaddress and datetime, so that a mistake of
the embedded engine is not repeated here. Only what the shipped detections use. A value of the type JSON is its text
(VARCHAR), an IPADDRESS the text of the address. An error is an exception, for TRY to catch; NULL in gives NULL out.
"""

import functools
import ipaddress
import json
import math
import re
from datetime import datetime, timezone
from decimal import Decimal


class Number(str):
    """A JSON number as it is written: json_extract_scalar gives `1.10` back as it was."""


class Object(list):
    """A JSON object as pairs: names can come twice, and order is kept until json_parse sorts."""


def no_constant(name):
    raise ValueError(f"{name} is not JSON")


decoder = json.JSONDecoder(
    object_pairs_hook=Object, parse_int=Number, parse_float=Number, parse_constant=no_constant
)
# What trim strips: Java's blanks, which no-break spaces are not among. DuckDB strips only spaces.
blanks = "".join(set(filter(str.isspace, map(chr, range(0x3001)))) - set("\x85\xa0\u2007\u202f"))
blank = re.compile(r"[ \t\r\n]*")
step = re.compile(r"""\.([\w:]+)|\[(\w+)\]|\["((?:[^"\\]|\\["\\])*)"\]""")


def skip(text, at):
    return blank.match(text, at).end()


def value_at(text, at):
    """The value that begins at `at`, and where it ends."""
    try:
        value, end = decoder.raw_decode(text, at)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if (isinstance(value, (Number, bool)) or value is None) and text[end : end + 1].strip(" \t\r\n,]}"):
        raise ValueError("a value goes on")  # 01, truer
    return value, end


@functools.lru_cache(maxsize=None)
def steps(path):
    """`$.a[0]["b c"]` as its steps."""
    found, at = [], 1
    if not path.startswith("$"):
        raise ValueError(f"invalid JSON path: {path}")
    while at < len(path):
        match = step.match(path, at)
        if match is None:
            raise ValueError(f"invalid JSON path: {path}")
        name, index, quoted = match.groups()
        found.append(re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else name or index)
        at = match.end()
    return found


def enter(text, at, name):
    """Where the value of `name` begins in the object or array that begins at `at`, or None.

    Reads no further than it has to, as Trino: of two members with one name the first counts, and what is wrong
    after it goes unseen.
    """
    opening = text[at]
    if opening not in "{[":
        return None
    closing = "}" if opening == "{" else "]"
    at = skip(text, at + 1)
    if text[at] == closing:
        return None
    number = 0
    while True:
        key = str(number)
        if opening == "{":
            if text[at] != '"':
                raise ValueError("a name was expected")
            key, at = value_at(text, at)
            at = skip(text, at)
            if text[at] != ":":
                raise ValueError("a colon was expected")
            at = skip(text, at + 1)
        if key == name:
            return at
        _, at = value_at(text, at)
        at = skip(text, at)
        if text[at] == closing:
            return None
        if text[at] != ",":
            raise ValueError("a comma was expected")
        at = skip(text, at + 1)
        number += 1


@functools.lru_cache(maxsize=200_000)
def extract(text, path):
    """The value at the path (with a flag that there is one): nothing where the text is not JSON."""
    wanted = steps(path)
    try:
        at = skip(text, 0)
        for name in wanted:
            at = enter(text, at, name)
            if at is None:
                return None, False
        return value_at(text, at)[0], True
    except (ValueError, IndexError):
        return None, False


def java_double(number):
    """As Double.toString, of Java 19 and later."""
    if not math.isfinite(number):
        return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}[str(number)]
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        return repr(number)
    sign, digits, exponent = Decimal(repr(number)).as_tuple()
    exponent += len(digits) - 1
    text = "".join(map(str, digits)).rstrip("0")
    return f"{'-' * sign}{text[0]}.{text[1:] or '0'}E{exponent}"


def written(value):
    """JSON text without blanks, as Jackson writes it."""
    if isinstance(value, Number):
        if re.fullmatch(r"-?\d+", value):
            return str(int(value))
        text = java_double(float(value))
        return f'"{text}"' if "Inf" in text else text
    if isinstance(value, Object):
        return "{" + ",".join(f"{written(name)}:{written(member)}" for name, member in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return re.sub(r"(?<!\\)((?:\\\\)*)\\u00([0-9a-f]{2})", lambda m: f"{m[1]}\\u00{m[2].upper()}", text)
    return json.dumps(value)


def of_last(value, order):
    """Of members with one name the last, in order of `order`."""
    if isinstance(value, Object):
        members = {name: of_last(member, order) for name, member in value}
        return Object(order(members.items()))
    if isinstance(value, list):
        return [of_last(item, order) for item in value]
    return value


def parse(text):
    start = skip(text, 0)
    value, end = value_at(text, start)
    if skip(text, end) != len(text):
        raise ValueError("characters after the JSON value")
    return value


def json_extract_scalar(text, path):
    value, _ = extract(text, path)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str) else None


def json_extract(text, path):
    value, found = extract(text, path)
    return written(value) if found else None


def json_parse(text):
    return written(of_last(parse(text), sorted))


def json_array(text):
    """CAST(json AS ARRAY(JSON)); JSON's null is NULL."""
    value = parse(text)
    if value is None:
        return None
    if isinstance(value, Object) or not isinstance(value, list):
        raise ValueError("Cannot cast to array(json)")
    return [written(of_last(item, list)) for item in value]


def regexp_like(text, pattern):
    return re.search(pattern, text) is not None


def regexp_extract(text, pattern):
    return regexp_extract_group(text, pattern, 0)


def regexp_extract_group(text, pattern, group):
    match = re.search(pattern, text)
    return match and match[group]


def regexp_extract_all(text, pattern):
    return regexp_extract_all_group(text, pattern, 0)


def regexp_extract_all_group(text, pattern, group):
    return [match[group] for match in re.finditer(pattern, text)]


def regexp_replace(text, pattern, replacement):
    """A `$1` in the replacement is what the group matched."""
    template = re.sub(r"\$(\d+)", r"\\g<\1>", replacement.replace("\\", "\\\\"))
    return re.sub(pattern, template, text)


def split_part(text, delimiter, index):
    if index < 1:
        raise ValueError("Index must be greater than zero")
    parts = text.split(delimiter) if delimiter else list(text)
    return parts[index - 1] if index <= len(parts) else None


def ip_address(text):
    """CAST(varchar AS IPADDRESS); an IPv6 address that IPv4 is mapped into is that IPv4 address."""
    address = ipaddress.ip_address(text)
    return str(getattr(address, "ipv4_mapped", None) or address)


def contains(network, address):
    """contains(CIDR, IPADDRESS): bits behind the prefix are an error in IPv4, but not in IPv6.

    An IPv6 network takes IPv4 as mapped into IPv6; of an IPv6 address no IPv4 network knows.
    """
    base, slash, length = network.partition("/")
    if not slash:
        raise ValueError(f"Invalid CIDR: {network}")
    base, address = ipaddress.ip_address(base), ipaddress.ip_address(address)
    network = ipaddress.ip_network((base, bigint(length)), strict=base.version == 4)
    if base.version == 6 and address.version == 4:
        address = ipaddress.ip_address(f"::ffff:{address}")
    return address in network


def bigint(text):
    """CAST(varchar AS BIGINT)."""
    if not re.fullmatch(r"[+-]?[0-9]+", text) or not -(2**63) <= int(text) < 2**63:
        raise ValueError(f"Cannot cast '{text}' to BIGINT")
    return int(text)


def double(text):
    """CAST(varchar AS DOUBLE)."""
    if not re.fullmatch(r"\s*([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?Infinity|NaN)\s*", text):
        raise ValueError(f"Cannot cast '{text}' to DOUBLE")
    return float(text)


def rounded(number):
    """CAST(double AS BIGINT): to the nearest whole number, halves upwards."""
    return math.floor(number + 0.5)


def days_between(start, end):
    """date_diff('day', start, end) of seconds: whole days, towards zero."""
    return int((end - start) / 86_400)


def from_iso8601_timestamp(text):
    """Without a zone it is UTC, the zone of every session here."""
    if not re.match(r"\d{4}-\d\d-\d\d(T|$)", text):
        raise ValueError(f"Invalid format: {text}")
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def null_in_null_out(function):
    @functools.wraps(function)  # DuckDB counts the parameters
    def total(*given):
        return None if None in given else function(*given)

    return total


# Name in DuckDB: function, types of its arguments, type of its result.
FUNCTIONS = {
    "trino_json_extract_scalar": (json_extract_scalar, ["VARCHAR"] * 2, "VARCHAR"),
    "trino_json_extract": (json_extract, ["VARCHAR"] * 2, "VARCHAR"),
    "trino_json_parse": (json_parse, ["VARCHAR"], "VARCHAR"),
    "trino_json_format": (lambda text: text, ["VARCHAR"], "VARCHAR"),
    "trino_json_array": (json_array, ["VARCHAR"], "VARCHAR[]"),
    "trino_regexp_like": (regexp_like, ["VARCHAR"] * 2, "BOOLEAN"),
    "trino_regexp_extract": (regexp_extract, ["VARCHAR"] * 2, "VARCHAR"),
    "trino_regexp_extract_group": (regexp_extract_group, ["VARCHAR", "VARCHAR", "BIGINT"], "VARCHAR"),
    "trino_regexp_extract_all": (regexp_extract_all, ["VARCHAR"] * 2, "VARCHAR[]"),
    "trino_regexp_extract_all_group": (regexp_extract_all_group, ["VARCHAR", "VARCHAR", "BIGINT"], "VARCHAR[]"),
    "trino_regexp_replace": (regexp_replace, ["VARCHAR"] * 3, "VARCHAR"),
    "trino_double": (double, ["VARCHAR"], "DOUBLE"),
    "trino_rounded": (rounded, ["DOUBLE"], "BIGINT"),
    "trino_days_between": (days_between, ["DOUBLE"] * 2, "BIGINT"),
    "trino_split_part": (split_part, ["VARCHAR", "VARCHAR", "BIGINT"], "VARCHAR"),
    "trino_trim": (lambda text: text.strip(blanks), ["VARCHAR"], "VARCHAR"),
    "trino_ip_address": (ip_address, ["VARCHAR"], "VARCHAR"),
    "trino_contains": (contains, ["VARCHAR"] * 2, "BOOLEAN"),
    "trino_bigint": (bigint, ["VARCHAR"], "BIGINT"),
    "trino_from_iso8601_timestamp": (from_iso8601_timestamp, ["VARCHAR"], "TIMESTAMPTZ"),
}

# The third argument of slice is a length; of NULLs only array_join makes '', DuckDB NULL.
MACROS = [
    "CREATE MACRO trino_slice(list, start, length) AS list[start : start + length - 1]",
    "CREATE MACRO trino_array_join(list, glue) AS"
    " CASE WHEN list IS NOT NULL THEN coalesce(array_to_string(list, glue), '') END",
    "CREATE MACRO trino_element_at(list, place) AS list_extract(list, place)",
    "CREATE MACRO trino_to_unixtime(moment) AS epoch(moment)",
]


def install(connection):
    for name, (function, arguments, result) in FUNCTIONS.items():
        connection.create_function(name, null_in_null_out(function), arguments, result, null_handling="special")
    for macro in MACROS:
        connection.execute(macro)
