#!/usr/bin/env python3
"""Writes the sample data set: its CSV files, officers.csv and import-order.txt.

    python3 generate.py [FOLDER]        FOLDER is this folder unless given

The output is the same, byte for byte, on every run. Python 3.11, standard library only.
"""

import pathlib
import sys

from maker import bodies, earlier_years, plan_2020, subsidies
from maker.money import add_payments
from maker.table import Book, to_csv

# File, its officer ('-': the column `officer` says), and who then approves. Reviewers come in turns, so that a payment
# at or above the threshold finds two of them.
ORDER = [
    ("01-organizations.csv", "admin-1", []),
    ("02-registry.csv", "admin-1", []),
    ("03-payees.csv", "clerk-1", ["reviewer-1"]),
    ("04-funds.csv", "clerk-1", ["reviewer-1"]),
    ("05-receipts.csv", "clerk-1", ["reviewer-1"]),
    ("05-returns.csv", "clerk-1", ["reviewer-2"]),
    ("06-projects.csv", "-", []),
    ("07-project-approvals.csv", "-", ["reviewer-2"]),
    ("08-plans.csv", "clerk-1", ["reviewer-1"]),
    ("09-plan-changes.csv", "clerk-1", ["reviewer-2"]),
    ("10-allocations.csv", "clerk-1", ["reviewer-1"]),
    ("11-adjustments.csv", "clerk-1", ["reviewer-2"]),
    ("12-payment-requests.csv", "clerk-1", ["reviewer-1", "reviewer-2"]),
    ("13-payments.csv", "treasury-1", []),
    ("14-second-requests.csv", "clerk-1", ["reviewer-1", "reviewer-2"]),
    ("15-second-payments.csv", "treasury-1", []),
    ("16-refunds.csv", "treasury-1", ["reviewer-1"]),
    ("17-progress.csv", "-", []),
    ("18-indicators.csv", "-", []),
    ("19-outside.csv", "-", ["reviewer-1"]),
]


def make():
    """Name and text of every file."""
    book = Book()
    bodies.add_organizations(book)
    bodies.add_registry(book)
    bodies.add_payees(book)
    payments = subsidies.add_subsidies(book)
    payments += earlier_years.add(book)
    payments += plan_2020.add(book)
    subsidies.add_outside(book)
    subsidies.add_indicators(book)
    add_payments(book, payments)
    files = {name: book.text(name) for name in book.names()}
    assert sorted(files) == sorted(row[0] for row in ORDER)
    steps = []
    for name, officer, approvers in ORDER:
        assert book.has_officers(name) == (officer == "-"), name
        steps.append(f"import {name} {officer}\n")
        steps += [f"approve {approver}\n" for approver in approvers]
    files["import-order.txt"] = "".join(steps)
    files["officers.csv"] = to_csv(["id", "organization", "role"], [
        dict(zip(("id", "organization", "role"), row)) for row in bodies.officers()])
    return files


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent
    for name, text in make().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main()
