#!/usr/bin/env python3
"""Compares a briefing with the report's figures (expected.json beside this file).

Usage: compare.py BRIEFING.json     exit code 0: every figure is the report's; 1: each that is not, on a line of its own.
"""
import json
import pathlib
import sys


def differences(expected, actual, where=""):
    for key, value in expected.items():
        place = f"{where}{key}"
        if key not in actual:
            yield f"{place}: missing"
        elif isinstance(value, dict):
            yield from differences(value, actual[key], place + ".")
        elif actual[key] != value:
            yield f"{place}: the report says {value!r}, the ledger {actual[key]!r}"


def count(expected):
    return sum(count(value) if isinstance(value, dict) else 1 for value in expected.values())


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    expected = json.loads((pathlib.Path(__file__).parent / "expected.json").read_text(encoding="utf-8"))
    briefing = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    briefing["programmes"] = {programme["id"]: programme for programme in briefing["programmes"]}
    wrong = list(differences(expected, briefing))
    for line in wrong:
        print(line)
    print(f"figures: {count(expected) - len(wrong)} of {count(expected)} are the report's")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
