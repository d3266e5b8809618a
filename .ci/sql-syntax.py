"""Parses the statements of a plan (`trailbrief plan --format json`) with Trino's grammar."""

import json
import sys

from trino_query_parser import TrinoSyntaxError, parse_statement

with open(sys.argv[1], encoding="utf-8") as plan:
    questions = json.load(plan)["questions"]
refused = 0
for question in questions:
    try:
        parse_statement(question["sql"])
    except TrinoSyntaxError as error:
        refused += 1
        print(f"{question['detection']}: {error}")
print(f"{len(questions)} statements, {refused} refused")
sys.exit(1 if refused or not questions else 0)
