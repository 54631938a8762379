"""Amounts, dates and CSV files. Amounts are whole fen; there is no float anywhere."""

import csv
import datetime
import io

FEN_PER_WAN = 1_000_000
WAN_UNIT = 10_000  # 0.01万, as fine as a plan is usually written

# Order of the columns in every file; a file has those that any of its rows fills.
COLUMNS = [
    "kind", "officer", "reference", "date", "id", "name", "parent", "tier", "task_group", "unit", "scale",
    "aggregation", "credit_code", "bank", "account", "document_number", "fiscal_year", "origin_year", "source_tier",
    "nature", "categories", "project_kind", "organization", "programme", "villages", "planned_start",
    "planned_finish", "targets", "payment_kind", "payment", "project", "fund", "outside_kind", "amount", "payee",
    "subsidy", "period", "count", "invoice", "mode", "voucher_issuer", "voucher_type", "voucher_year",
    "voucher_number", "plan_year", "progress", "indicator", "value", "reason", "note",
]

# What a reference begins with, so that one kind's references are told from another's at sight.
PREFIXES = {
    "register_organization": "ORG", "register_task_group": "TG", "register_programme": "PRG",
    "register_category": "CAT", "register_indicator": "IND", "register_payee": "PAYEE", "register_fund": "FUND",
    "receive": "RCV", "return_up": "RET", "plan": "PLAN", "change_plan": "CHG", "allocate": "ALC", "adjust": "ADJ",
    "record_outside_payment": "OUT", "request_payment": "PAY", "instruct": "INS", "confirm": "CFM", "fail": "FAIL",
    "refund": "RFD", "declare_project": "DCL", "approve_project": "APR", "start_project": "STA",
    "report_progress": "PGR", "complete_project": "CMP", "suspend_project": "SUS", "resume_project": "RSM",
    "report_indicator": "RPT",
}


def wan(text):
    """Fen of an amount in 万, such as "17340.46"."""
    whole, _, fraction = text.partition(".")
    return int(whole) * FEN_PER_WAN + int(fraction.ljust(6, "0") or "0")


def split(total, weights, unit=WAN_UNIT):
    """Parts of `total` in proportion to `weights`, whole units each; the last takes what is finer than a unit."""
    units, rest = divmod(total, unit)
    parts = [units * weight // sum(weights) for weight in weights]
    for i in range(units - sum(parts)):
        parts[i] += 1
    parts = [part * unit for part in parts]
    parts[-1] += rest
    assert sum(parts) == total
    return parts


def share(amount, per_cent, unit=WAN_UNIT):
    """`per_cent` of the amount, rounded down to whole units."""
    return amount * per_cent // 100 // unit * unit


def day(year, month, day_of_month):
    return datetime.date(year, month, day_of_month)


def later(date, days):
    return date + datetime.timedelta(days=days)


def _decimal(value, places):
    whole, fraction = divmod(value, 10 ** places)
    digits = str(fraction).rjust(places, "0").rstrip("0") if places else ""
    return f"{whole}.{digits}" if digits else str(whole)


def format_amount(fen, turn, signed=False):
    """The amount in one of the ways people write it; `turn` says which."""
    sign = "-" if fen < 0 else "+" if signed else ""
    fen = abs(fen)
    yuan = f"{fen // 100:,}.{fen % 100:02d}"
    if fen % 100 != 0 or turn % 7 == 3:
        return sign + yuan
    if turn % 13 == 5:
        return f"{sign}{fen // 100}"
    if turn % 5 == 0 and fen >= 1000 * FEN_PER_WAN and fen % FEN_PER_WAN == 0:
        return f"{sign}{_decimal(fen // FEN_PER_WAN, 4)}亿"
    return f"{sign}{_decimal(fen, 6)}万"


def format_date(date, turn):
    if turn % 23 == 7:
        return f"{date.year}年{date.month}月{date.day}日"
    if turn % 29 == 11:
        return f"{date.year}/{date.month}/{date.day}"
    return date.isoformat()


class Book:
    """The files, row by row. An action with several lines is several rows of one reference."""

    def __init__(self):
        self._files = {}
        self._numbers = {}
        self._turn = 0

    def add(self, file, kind, date, lines=None, **cells):
        """Adds one action and gives its reference. `lines` are (project, fund, fen); no `None` is written."""
        self._turn += 1
        reference = f"{PREFIXES[kind]}-{self.next_number(kind):04d}"
        row = {"kind": kind, "reference": reference, "date": format_date(date, self._turn)}
        for name, value in cells.items():
            if value is not None:
                row[name] = self._text(name, value)
        rows = self._files.setdefault(file, [])
        signed = kind in ("change_plan", "adjust")
        for i, (project, fund, fen) in enumerate(lines or [(None, None, None)]):
            head = row if i == 0 else {"kind": kind, "reference": reference}
            line = {} if project is None else {
                "project": project, "fund": fund, "amount": format_amount(fen, self._turn + i, signed)}
            rows.append({**head, **line})
        return reference

    def next_number(self, series):
        """1, 2, 3 … of one series."""
        self._numbers[series] = self._numbers.get(series, 0) + 1
        return self._numbers[series]

    def _text(self, name, value):
        if name == "amount":
            return format_amount(value, self._turn)
        if isinstance(value, datetime.date):
            return value.isoformat()
        if isinstance(value, list):
            return ";".join(value)
        return str(value)

    def names(self):
        return sorted(self._files)

    def has_officers(self, file):
        return any("officer" in row for row in self._files[file])

    def text(self, file):
        rows = self._files[file]
        columns = [column for column in COLUMNS if any(column in row for row in rows)]
        unknown = {name for row in rows for name in row} - set(COLUMNS)
        assert not unknown, unknown
        return to_csv(columns, rows)


def to_csv(columns, rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
