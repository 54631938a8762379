"""A small ledger of its own, to check a sample by: reads the files of an import and keeps its accounts by day.

It shares no code with what makes the sample or with the ledger. Amounts are whole fen.
"""

import bisect
import collections
import csv
import datetime
import re

FIRST_DAY, LAST_DAY = datetime.date(2015, 7, 1), datetime.date(2020, 6, 16)
THRESHOLD_FEN = 100_000_000

ROLES = {
    "admin": {"register_organization", "register_task_group", "register_programme", "register_category",
              "register_indicator"},
    "finance_clerk": {"register_payee", "register_fund", "receive", "return_up", "plan", "change_plan", "allocate",
                      "adjust", "request_payment"},
    "treasury": {"instruct", "confirm", "fail", "refund"},
    "township": {"declare_project", "start_project", "report_progress", "complete_project", "suspend_project",
                 "resume_project", "report_indicator"},
}
ROLES["department"] = ROLES["township"] | {"approve_project", "record_outside_payment"}

# Kinds that wait for a reviewer.
PROPOSED = ROLES["finance_clerk"] | {"refund", "approve_project", "record_outside_payment"}


def need(condition, *message):
    if not condition:
        raise AssertionError(" ".join(str(part) for part in message))


def parse_fen(text):
    match = re.fullmatch(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?(万|亿)?", text)
    need(match, "not an amount:", text)
    sign, whole, fraction, unit = match.groups()
    places = {None: 2, "万": 6, "亿": 10}[unit]
    fraction = fraction or ""
    need(len(fraction) <= places, "finer than a fen:", text)
    fen = int(whole.replace(",", "") + fraction + "0" * (places - len(fraction)))
    return -fen if sign == "-" else fen


def parse_date(text):
    match = re.fullmatch(r"(\d{4})(?:-(\d\d)-(\d\d)|/(\d\d?)/(\d\d?)|年(\d\d?)月(\d\d?)日)", text)
    need(match, "not a date:", text)
    year, month, day = [int(part) for part in match.groups() if part is not None]
    return datetime.date(year, month, day)


def parse_scaled(text, scale):
    whole, _, fraction = text.partition(".")
    need(len(fraction) <= scale, "finer than its scale:", text)
    return int(whole + fraction.ljust(scale, "0"))


class Action:
    """One action: its first row's cells, and its lines."""

    def __init__(self, where, officer, rows):
        self.where, self.officer, self.cells = where, officer, rows[0]
        self.kind, self.reference, self.date = rows[0]["kind"], rows[0]["reference"], parse_date(rows[0]["date"])
        for row in rows[1:]:
            for name, value in row.items():
                need(value in ("", self.cells[name]) or name in ("project", "fund", "amount"), where, name, "differs")
        with_fund = rows if self.cells.get("amount") and self.cells.get("project") else []
        self.lines = [(row["project"], row["fund"], parse_fen(row["amount"])) for row in with_fund]
        need(len({line[:2] for line in self.lines}) == len(self.lines), where, "names a line twice")

    def __getitem__(self, name):
        return self.cells.get(name, "")


def read_actions(path, officer):
    """Consecutive rows of one kind and reference are one action."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    groups = []
    for number, row in enumerate(rows, 2):
        need(None not in row, path.name, number, "has too many cells")
        key = (row["kind"], row["reference"])
        need(all(key), path.name, number, "has no kind or no reference")
        if groups and groups[-1][0] == key:
            groups[-1][2].append(row)
        else:
            groups.append((key, f"{path.name}:{number}", [row]))
    need(("officer" in rows[0]) == (officer == "-"), path.name, "names its officers in one place")
    return [Action(where, group[0].get("officer") or officer, group) for _, where, group in groups]


class Account:
    """Never below zero, on any day from a movement's on."""

    def __init__(self, name):
        self.name, self.days, self.deltas = name, [], []

    def move(self, day, fen, where):
        at = bisect.bisect_right(self.days, day)
        self.days.insert(at, day)
        self.deltas.insert(at, fen)
        running = 0
        for i, delta in enumerate(self.deltas):
            running += delta
            end_of_day = i + 1 == len(self.days) or self.days[i + 1] != self.days[i]
            need(running >= 0 or not end_of_day or self.days[i] < day, where, self.name, "below zero on", self.days[i])

    def at(self, day):
        return sum(self.deltas[:bisect.bisect_right(self.days, day)])


class Project:
    def __init__(self, action):
        self.cells, self.declared = action.cells, action.date
        self.declared_by = None
        self.approved, self.plan_year = None, None
        self.started = self.completed = None
        self.progress, self.stops = [], []

    def open_on(self, day):
        return (self.approved is not None and self.approved <= day
                and not any(begin <= day < (end or datetime.date.max) for begin, end in self.stops))


class Payment:
    def __init__(self, action):
        self.action, self.date = action, action.date
        self.state, self.approvals = "requested", set()
        self.mode, self.refunds = None, collections.Counter()
        self.confirmed = None


class Books:
    """Applies actions in the order of the import."""

    def __init__(self, officers):
        self.officers = officers  # id: (organization, role)
        self.parents = {"organization": {"city": "", "supervision": ""}}
        self.tiers = {"city": "city", "supervision": "city"}
        self.known = collections.defaultdict(set, organization={"city", "supervision"})
        self.indicators, self.funds, self.projects, self.payments = {}, {}, {}, {}
        self.accounts, self.references, self.vouchers, self.codes = {}, set(), set(), set()
        self.open, self.movements, self.outside, self.reports = [], [], [], []
        self.counts = collections.Counter()

    def account(self, *name):
        return self.accounts.setdefault(name, Account(name))

    def move(self, action, line, measure, fen):
        """A movement of a measure on a line (project, fund), for the totals."""
        self.movements.append((action.date, line, measure, fen))

    def submit(self, action):
        organization, role = self.officers[action.officer]
        need(action.kind in ROLES[role], action.where, role, "may not", action.kind)
        need(FIRST_DAY <= action.date <= LAST_DAY, action.where, "is dated", action.date)
        key = (organization, action.kind, action.reference)
        need(key not in self.references, action.where, "repeats reference", key)
        self.references.add(key)
        self.counts[action.kind] += 1
        if action.kind == "request_payment":
            self.request_payment(action)
        if action.kind in PROPOSED:
            self.open.append((action, set()))
        else:
            getattr(self, action.kind)(action)

    def approve(self, officer):
        """Approves everything open that this officer may approve."""
        need(self.officers[officer][1] == "finance_reviewer", officer, "is no reviewer")
        left, done = [], 0
        for action, approvals in self.open:
            large = action.kind == "request_payment" and sum(line[2] for line in action.lines) >= THRESHOLD_FEN
            if officer not in approvals:
                approvals.add(officer)
                done += 1
            if len(approvals) < (2 if large else 1):
                left.append((action, approvals))
            elif action.kind == "request_payment":
                self.payments[f"{self.officers[action.officer][0]}/{action.reference}"].state = "approved"
            else:
                getattr(self, action.kind)(action)
        self.open = left
        need(done, officer, "has nothing to approve")
        self.counts["approve"] += done

    def register(self, action, what, parents=()):
        id_ = action["id"]
        need(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", id_), action.where, "id", id_)
        need(id_ not in self.known[what], action.where, what, id_, "twice")
        need(0 < len(action["name"]) <= 200, action.where, "name")
        for name, kind in parents:
            need(action[name] == "" or action[name] in self.known[kind], action.where, name, action[name])
        self.known[what].add(id_)
        self.parents.setdefault(what, {})[id_] = action["parent"]

    def within(self, what, id_, ancestor):
        while id_:
            if id_ == ancestor:
                return True
            id_ = self.parents[what][id_]
        return False

    def register_organization(self, action):
        need(action["parent"] and action["tier"] in ("department", "township", "village"), action.where)
        self.register(action, "organization", [("parent", "organization")])
        self.tiers[action["id"]] = action["tier"]

    def register_task_group(self, action):
        self.register(action, "task_group")

    def register_programme(self, action):
        self.register(action, "programme", [("parent", "programme"), ("task_group", "task_group")])

    def register_category(self, action):
        self.register(action, "category", [("parent", "category")])

    def register_indicator(self, action):
        need(action["aggregation"] in ("sum", "last", "distinct") and action["unit"], action.where)
        self.register(action, "indicator")
        self.indicators[action["id"]] = (int(action["scale"] or "0"), action["aggregation"])

    def register_payee(self, action):
        self.register(action, "payee")
        code = action["credit_code"]
        check_credit_code(code, action.where)
        need(code not in self.codes, action.where, "repeats", code)
        self.codes.add(code)
        need(re.fullmatch(r"\d{8,30}", action["account"]) and action["bank"], action.where, "account")

    def register_fund(self, action):
        self.register(action, "fund")
        categories = action["categories"].split(";")
        need(set(categories) <= self.known["category"] and action["document_number"], action.where, "fund")
        need(action["source_tier"] in ("central", "provincial", "prefecture", "city", "other"), action.where)
        self.funds[action["id"]] = (int(action["fiscal_year"]), action["nature"], categories)

    def in_category(self, fund, category):
        return any(self.within("category", id_, category) for id_ in self.funds[fund][2])

    def early_enough(self, action, fund, payment=False):
        year = self.funds[fund][0]
        first = datetime.date(year, 1, 1) if payment else datetime.date(year - 1, 7, 1)
        need(action.date >= first, action.where, "is before", first)

    def receive(self, action):
        fund, fen = action["fund"], parse_fen(action["amount"])
        need(fen > 0 and self.funds[fund][1] not in ("insurance", "loan"), action.where)
        self.early_enough(action, fund)
        self.account("unallocated", fund).move(action.date, fen, action.where)
        self.move(action, (None, fund), "received", fen)

    def return_up(self, action):
        fund, fen = action["fund"], parse_fen(action["amount"])
        need(fen > 0, action.where)
        self.account("unallocated", fund).move(action.date, -fen, action.where)
        self.move(action, (None, fund), "received", -fen)

    def plan(self, action):
        for project, fund, fen in action.lines:
            need(("headroom", project, fund) not in self.accounts, action.where, "is planned already")
            need(fen > 0 and project in self.projects, action.where)
            self.early_enough(action, fund)
            self.account("headroom", project, fund).move(action.date, fen, action.where)
            self.move(action, (project, fund), "planned_initially", fen)
            self.move(action, (project, fund), "planned", fen)

    def change_plan(self, action):
        for project, fund, fen in action.lines:
            need(fen != 0, action.where)
            self.account("headroom", project, fund).move(action.date, fen, action.where)
            self.move(action, (project, fund), "planned", fen)

    def allocate(self, action):
        need(all(line[2] > 0 for line in action.lines), action.where)
        self.adjust(action)

    def adjust(self, action):
        funds = collections.Counter()
        for project, fund, fen in action.lines:
            self.early_enough(action, fund)
            need(("headroom", project, fund) in self.accounts, action.where, "is not planned")
            funds[fund] += fen
            self.account("headroom", project, fund).move(action.date, -fen, action.where)
            self.account("available", project, fund).move(action.date, fen, action.where)
        for fund, fen in funds.items():
            self.account("unallocated", fund).move(action.date, -fen, action.where)

    def declare_project(self, action):
        self.register(action, "project")
        organization = self.officers[action.officer][0]
        need(self.within("organization", action["organization"], organization), action.where, "is not its own")
        need(action["programme"] in self.known["programme"], action.where, action["programme"])
        for target in filter(None, action["targets"].split(";")):
            parse_scaled(target.split("=")[1], self.indicators[target.split("=")[0]][0])
        self.projects[action["id"]] = Project(action)
        self.projects[action["id"]].declared_by = organization

    def approve_project(self, action):
        project = self.projects[action["project"]]
        approver = self.officers[action.officer][0]
        need(approver not in (project.declared_by, project.cells["organization"]), action.where, "approves its own")
        need(project.approved is None and action.date >= project.declared, action.where)
        project.approved, project.plan_year = action.date, int(action["plan_year"] or "0")

    def own_project(self, action):
        project = self.projects[action["project"]]
        need(self.within("organization", project.cells["organization"], self.officers[action.officer][0]), action.where)
        return project

    def start_project(self, action):
        project = self.own_project(action)
        need(project.started is None and project.approved <= action.date, action.where)
        project.started = action.date

    def report_progress(self, action):
        project = self.own_project(action)
        basis_points = parse_scaled(action["progress"].removesuffix("%"), 2)
        last = project.progress[-1] if project.progress else (project.started, 0)
        need(last[0] <= action.date and last[1] <= basis_points <= 10000, action.where, "progress")
        project.progress.append((action.date, basis_points))

    def complete_project(self, action):
        project = self.own_project(action)
        need(project.completed is None and project.progress[-1][1] == 10000, action.where)
        need(project.progress[-1][0] <= action.date, action.where)
        project.completed = action.date

    def suspend_project(self, action):
        project = self.own_project(action)
        need(action["reason"] and project.started <= action.date and project.open_on(action.date), action.where)
        project.stops.append((action.date, None))

    def resume_project(self, action):
        project = self.own_project(action)
        begin, end = project.stops.pop()
        need(end is None and begin < action.date, action.where)
        project.stops.append((begin, action.date))

    def request_payment(self, action):
        batch = all(action[name] for name in ("subsidy", "period", "count"))
        need(batch == (action["payment_kind"] == "subsidy_batch"), action.where, "batch")
        need(batch or action["payee"] in self.known["payee"], action.where, "payee")
        for project, fund, fen in action.lines:
            need(fen > 0 and self.projects[project].open_on(action.date), action.where, "project is not open")
            self.early_enough(action, fund, payment=True)
            self.account("available", project, fund).move(action.date, -fen, action.where)
            self.account("reserved", project, fund).move(action.date, fen, action.where)
        self.payments[f"{self.officers[action.officer][0]}/{action.reference}"] = Payment(action)

    def payment_in(self, action, state):
        payment = self.payments[action["payment"]]
        need(payment.state == state, action.where, "payment is", payment.state)
        need(action.date >= payment.date, action.where, "is dated before the step before")
        payment.date = action.date
        return payment

    def instruct(self, action):
        payment = self.payment_in(action, "approved")
        need(all(self.projects[line[0]].open_on(action.date) for line in payment.action.lines), action.where)
        payment.state = "instructed"

    def use_voucher(self, action):
        voucher = tuple(action[f"voucher_{name}"] for name in ("issuer", "type", "year", "number"))
        need(all(voucher) and voucher not in self.vouchers, action.where, "voucher", voucher)
        self.vouchers.add(voucher)

    def confirm(self, action):
        payment = self.payment_in(action, "instructed")
        self.use_voucher(action)
        need(action["mode"] in ("direct", "transfer"), action.where)
        need((action["mode"] == "transfer") == (payment.action["payment_kind"] == "transfer"), action.where)
        payment.state, payment.mode, payment.confirmed = "confirmed", action["mode"], action.date
        for project, fund, fen in payment.action.lines:
            self.account("reserved", project, fund).move(action.date, -fen, action.where)
            self.account("out", action["payment"], project, fund).move(action.date, fen, action.where)
            self.move(action, (project, fund), "disbursed", fen)

    def fail(self, action):
        payment = self.payment_in(action, "instructed")
        need(action["reason"], action.where)
        payment.state = "failed"
        for project, fund, fen in payment.action.lines:
            self.account("reserved", project, fund).move(action.date, -fen, action.where)
            self.account("available", project, fund).move(action.date, fen, action.where)

    def refund(self, action):
        need(self.payments[action["payment"]].state == "confirmed", action.where)
        self.use_voucher(action)
        for project, fund, fen in action.lines:
            self.account("out", action["payment"], project, fund).move(action.date, -fen, action.where)
            self.account("available", project, fund).move(action.date, fen, action.where)
            self.move(action, (project, fund), "disbursed", -fen)

    def record_outside_payment(self, action):
        nature = self.funds[action["fund"]][1]
        need(action["programme"] in self.known["programme"], action.where)
        need({"paid": "insurance", "loan_granted": "loan"}[action["outside_kind"]] == nature, action.where)
        self.outside.append((action["programme"], action["outside_kind"], parse_fen(action["amount"])))

    def report_indicator(self, action):
        scale = self.indicators[action["indicator"]][0]
        if action["project"]:
            self.own_project(action)
        else:
            need(self.officers[action.officer][1] == "department", action.where)
            need(action["programme"] in self.known["programme"], action.where)
        self.reports.append((action.date, action["project"], action["programme"], action["indicator"],
                             parse_scaled(action["value"], scale)))


def check_credit_code(code, where):
    """GB 32100-2015."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
    need(len(code) == 18 and set(code) <= set(alphabet), where, "credit code", code)
    total = sum(alphabet.index(c) * weight for c, weight in zip(code, weights))
    need(alphabet.index(code[17]) == (31 - total % 31) % 31, where, "check character of", code)
    organization = [3, 7, 9, 10, 5, 8, 4, 2]
    values = [int(c) if c.isdigit() else ord(c) - 55 for c in code[8:16]]
    check = 11 - sum(value * weight for value, weight in zip(values, organization)) % 11
    need(code[16] == {10: "X", 11: "0"}.get(check, str(check)), where, "organization's check character of", code)
