"""What the parts of the set share: projects with their budget lines, funds, and payments in the order of their days."""

import dataclasses
import datetime

from maker.bodies import approving_officer, unit_officer
from maker.table import WAN_UNIT, later, share


@dataclasses.dataclass
class Line:
    fund: str
    planned: int
    allocated: int = 0
    requested: int = 0


@dataclasses.dataclass
class Project:
    id: str
    name: str
    kind: str
    organization: str
    programme: str
    lines: list = dataclasses.field(default_factory=list)
    villages: list = None
    targets: str = None
    planned_start: datetime.date = None
    planned_finish: datetime.date = None

    def planned(self):
        return sum(line.planned for line in self.lines)

    def take(self, amount):
        """Lines of a payment: the amount out of what is allocated, line after line."""
        taken = []
        for line in self.lines:
            part = min(amount, line.allocated - line.requested)
            if part > 0:
                line.requested += part
                taken.append((self.id, line.fund, part))
                amount -= part
        assert amount == 0, (self.id, amount)
        return taken


@dataclasses.dataclass
class Payment:
    kind: str
    lines: list
    requested: datetime.date
    payee: str = None
    batch: tuple = None  # subsidy, period, count
    failed: str = None  # why it failed
    second: bool = False  # asked for again after a failure, so imported after it
    refunded: int = 0
    reference: str = None


def spread(projects, capacities):
    """Gives each (project, amount) its lines out of the funds, exactly: of what is left, the fund least used so far."""
    left = dict(capacities)
    for i, (project, amount) in enumerate(projects):
        parts = {}
        for turn in range(20):
            if amount == 0:
                break
            fund = max(left, key=lambda id_: (left[id_] * WAN_UNIT // capacities[id_], id_))
            wanted = share(amount, 60) if i % 3 == 0 and turn == 0 and len(left) > 1 else amount
            part = min(wanted, left[fund])
            parts[fund] = parts.get(fund, 0) + part
            left[fund] -= part
            amount -= part
            if left[fund] == 0:
                del left[fund]
        project.lines += [Line(fund, part) for fund, part in parts.items()]
    assert not left


def add_fund(book, id_, name, number, year, tier, nature, categories):
    """Registers a fund on the first day its year's money may be received."""
    book.add("04-funds.csv", "register_fund", datetime.date(year - 1, 7, 1), id=id_, name=name,
             document_number=number, fiscal_year=year, source_tier=tier, nature=nature, categories=categories)


def add_project(book, project, declared, approved, plan_year):
    book.add("06-projects.csv", "declare_project", declared, officer=unit_officer(project.organization),
             id=project.id, name=project.name, project_kind=project.kind, organization=project.organization,
             programme=project.programme, villages=project.villages, planned_start=project.planned_start,
             planned_finish=project.planned_finish, targets=project.targets)
    book.add("07-project-approvals.csv", "approve_project", approved,
             officer=approving_officer(project.organization), project=project.id, plan_year=plan_year or None)


def add_plan(book, projects, date):
    """One plan over many lines."""
    book.add("08-plans.csv", "plan", date,
             lines=[(project.id, line.fund, line.planned) for project in projects for line in project.lines])


def allocate(book, lines, date, file="10-allocations.csv"):
    """Allocates (project, line, amount) in actions of at most 20 lines."""
    for line_project, line, amount in lines:
        line.allocated += amount
        assert line.allocated <= line.planned, line_project.id
    for first in range(0, len(lines), 20):
        book.add(file, "allocate", date,
                 lines=[(project.id, line.fund, amount) for project, line, amount in lines[first:first + 20]])


def add_payments(book, payments):
    """Requests in the order of their days, then what the treasury did. A failed one is followed by its second."""
    for second, requests, steps in ((False, "12-payment-requests.csv", "13-payments.csv"),
                                    (True, "14-second-requests.csv", "15-second-payments.csv")):
        chosen = sorted((p for p in payments if p.second == second), key=lambda p: p.requested)
        for payment in chosen:
            subsidy, period, count = payment.batch or (None, None, None)
            payment.reference = book.add(
                requests, "request_payment", payment.requested, lines=payment.lines, payment_kind=payment.kind,
                payee=payment.payee, subsidy=subsidy, period=period, count=count,
                invoice=_invoice(payment, book) if payment.kind in ("progress", "final") else None)
        _add_steps(book, steps, chosen)
    for payment in sorted((p for p in payments if p.refunded), key=lambda p: p.requested):
        _add_refund(book, payment)


def _invoice(payment, book):
    return f"示例发票{payment.requested.year}-{book.next_number('invoice'):05d}"


def _add_steps(book, file, payments):
    steps = []
    for i, payment in enumerate(payments):
        instructed = later(payment.requested, 1 + i % 2)
        steps.append((instructed, i, "instruct", payment))
        steps.append((later(instructed, 1 + i % 2), i, "fail" if payment.failed else "confirm", payment))
    for date, _, step, payment in sorted(steps, key=lambda item: item[:3]):
        name = f"finance-bureau/{payment.reference}"
        if step == "instruct":
            book.add(file, step, date, payment=name)
        elif step == "fail":
            book.add(file, step, date, payment=name, reason=payment.failed)
        else:
            book.add(file, step, date, payment=name, mode="transfer" if payment.kind == "transfer" else "direct",
                     voucher_issuer="国库", voucher_type="预算拨款凭证", voucher_year=date.year,
                     voucher_number=f"{book.next_number(('voucher', date.year)):06d}")


def _add_refund(book, payment):
    project, fund, _ = payment.lines[0]
    date = later(payment.requested, 20)
    book.add("16-refunds.csv", "refund", date, lines=[(project, fund, payment.refunded)],
             payment=f"finance-bureau/{payment.reference}", voucher_issuer="国库", voucher_type="资金退回凭证",
             voucher_year=date.year, voucher_number=f"{book.next_number(('refund', date.year)):06d}",
             note="部分户数复核后不符合条件,资金退回国库")
