"""The plan list of 2020: 121 projects, their money and their progress until 2020-06-16."""

import dataclasses

from maker import bodies
from maker.money import Line, Payment, Project, add_fund, add_plan, add_project, allocate, spread
from maker.table import day, later, share, split, wan

INTEGRATED = {
    "f2020-central-1": wan("6120"), "f2020-central-2": wan("1480"), "f2020-provincial": wan("4215.46"),
    "f2020-prefecture": wan("925"), "f2020-city": wan("4600"),
}
OUTSIDE = {
    "f2020-roads": wan("902.63"), "f2020-water": wan("628"), "f2020-donation": wan("246"),
    "f2020-self-raised": wan("335"), "f2020-solar": wan("170"),
}
FUNDS = [
    ("f2020-central-1", "2020年中央财政专项扶贫资金(第一批)", "示例财农〔2019〕101号", "central", "fiscal", "integrated-funds"),
    ("f2020-central-2", "2020年中央财政专项扶贫资金(第二批)", "示例财农〔2020〕12号", "central", "fiscal", "integrated-funds"),
    ("f2020-provincial", "2020年省级财政专项扶贫资金", "示例省财农〔2019〕88号", "provincial", "fiscal", "integrated-funds"),
    ("f2020-prefecture", "2020年荆州市级财政扶贫资金", "示例荆财〔2019〕45号", "prefecture", "fiscal", "integrated-funds"),
    ("f2020-city", "2020年石首市本级财政扶贫资金", "示例石财〔2020〕1号", "city", "fiscal", "integrated-funds"),
    ("f2020-roads", "2020年交通行业资金", "示例交财〔2020〕7号", "provincial", "fiscal", "department-funds"),
    ("f2020-water", "2020年水利行业资金", "示例水财〔2020〕9号", "provincial", "fiscal", "department-funds"),
    ("f2020-donation", "2020年社会捐赠资金", "示例捐〔2020〕3号", "other", "donation", "social-funds"),
    ("f2020-self-raised", "2020年村级自筹资金", "示例筹〔2020〕2号", "other", "self_raised", "social-funds"),
    ("f2020-solar", "2020年光伏扶贫收益", "示例光〔2020〕1号", "other", "asset_income", "social-funds"),
]

# Planned on integrated funds. 2812 + 2088 and 88 donated are the industry awards, 4988.
TOWNSHIP_AWARDS, TOWNSHIP_OTHERS = wan("2812"), wan("7113.46")
DEPARTMENT_AWARDS, DEPARTMENT_OTHERS = wan("2088"), wan("5327")
DONATED_AWARDS = wan("88")
DISBURSED_TOWNSHIP, DISBURSED_DEPARTMENT = wan("5111"), wan("2740")
STARTED_TOWNSHIP, COMPLETED_TOWNSHIP = 79, 60
LAST_DAY = day(2020, 6, 16)

# Township projects beside one award each: programme, kind, how many, and their sizes as base + step × place, the
# places in the order that the factor gives.
TOWNSHIP_GROUPS = [
    ("rural-roads", "works", 20, 50, 12, 7), ("village-environment", "works", 19, 35, 6, 7),
    ("small-irrigation", "works", 14, 45, 9, 5), ("industry-bases", "investment", 12, 80, 16, 5),
    ("collective-economy", "investment", 10, 60, 12, 3),
]
# Department projects: programme, kind, organization, sizes in proportion.
DEPARTMENT_GROUPS = [
    ("industry-awards", "award", "agriculture-bureau", [520, 455, 430, 390]),
    ("industry-awards", "award", "poverty-relief-office", [293]),
    ("rural-roads", "works", "transport-bureau", [360, 310, 255, 190, 120]),
    ("small-irrigation", "works", "water-bureau", [295, 220, 150, 98]),
    ("village-environment", "works", "housing-bureau", [280, 175, 105]),
    ("industry-bases", "investment", "agriculture-bureau", [410, 305, 160]),
    ("skills-training", "purchase", "human-resources-bureau", [125, 85]),
    ("public-posts", "subsidy", "human-resources-bureau", [330]),
    ("interest-support", "interest_support", "financial-affairs-bureau", [240, 160]),
    ("school-facilities", "works", "education-bureau", [210, 115]),
    ("village-clinics", "works", "health-bureau", [130, 90]),
    ("relocation-support", "investment", "development-reform-bureau", [265, 140]),
    ("welfare-homes", "works", "civil-affairs-bureau", [110]),
]


@dataclasses.dataclass
class Work:
    """A project of the list, and how far it has come."""
    project: Project
    size: int
    state: str = "waiting"  # waiting, under_way, completed
    paid: int = 0  # integrated funds, net, by the last day
    started: object = None
    completed: object = None


def _named(id_, organization, programme, kind, number):
    name = f"{bodies.ORGANIZATION_NAMES[organization]}2020年{bodies.PROGRAMME_NAMES[programme]}项目"
    return Project(id_, name + bodies.numeral(number), kind, organization, programme,
                   planned_start=day(2020, 3, 1), planned_finish=day(2020, 10, 31))


def _township_works():
    groups = []
    for programme, kind, count, base, step, factor in TOWNSHIP_GROUPS:
        groups += [(k * 100 // count, programme, kind, base + step * (k * factor % count)) for k in range(count)]
    groups.sort(key=lambda group: group[:2])  # the programmes take turns, and so the townships get some of each
    sizes = split(TOWNSHIP_OTHERS, [group[3] for group in groups])
    awards = split(TOWNSHIP_AWARDS, [160 + 7 * (i * 5 % 14) for i in range(14)])
    works, numbers = [], {}
    rows = [("industry-awards", "award", size) for size in awards]
    rows += [(programme, kind, size) for (_, programme, kind, _), size in zip(groups, sizes)]
    for i, (programme, kind, size) in enumerate(rows):
        township = bodies.TOWNSHIPS[i % len(bodies.TOWNSHIPS)][0]
        number = numbers[township, programme] = numbers.get((township, programme), 0) + 1
        serial = numbers[township] = numbers.get(township, 0) + 1
        project = _named(f"p2020-{township}-{serial:02d}", township, programme, kind, number)
        project.villages = [f"示例{bodies.numeral(1 + (i + k) % 12)}村" for k in range(1 + i % 3)]
        works.append(Work(project, size))
    return works


def _department_works():
    rows = []
    for programme, kind, organization, weights in DEPARTMENT_GROUPS:
        rows += [(programme, kind, organization, weight, number) for number, weight in enumerate(weights, 1)]
    awards = [row for row in rows if row[0] == "industry-awards"]
    others = [row for row in rows if row[0] != "industry-awards"]
    sizes = split(DEPARTMENT_AWARDS, [row[3] for row in awards]) + split(DEPARTMENT_OTHERS, [row[3] for row in others])
    works, serials = [], {}
    for (programme, kind, organization, _, number), size in zip(awards + others, sizes):
        serial = serials[organization] = serials.get(organization, 0) + 1
        id_ = f"p2020-{bodies.SHORT_IDS[organization]}-{serial:02d}"
        works.append(Work(_named(id_, organization, programme, kind, number), size))
    return works


def _by_size(works):
    return sorted(works, key=lambda work: (work.size, work.project.id))


def _set_states(townships, departments):
    """The small works are done first; the awards are under way; the largest wait."""
    awards = [work for work in townships if work.project.kind == "award"]
    others = _by_size(work for work in townships if work.project.kind != "award")
    for work in others[:COMPLETED_TOWNSHIP]:
        work.state = "completed"
    under_way = STARTED_TOWNSHIP - COMPLETED_TOWNSHIP
    for work in awards[:10] + others[COMPLETED_TOWNSHIP:COMPLETED_TOWNSHIP + under_way - 10]:
        work.state = "under_way"
    built = _by_size(work for work in departments if work.project.kind in ("works", "purchase", "investment"))
    for work in departments:
        work.state = "under_way"
    for work in built[:12]:
        work.state = "completed"
    for work in built[-5:]:
        work.state = "waiting"


def _set_paid(works, total, fixed_state, per_cent):
    """Pays the projects in one state by a percentage, and those in the other what is left of the exact total."""
    for work in works:
        if work.state == fixed_state:
            work.paid = share(work.size, per_cent + (work.size // 1_000_000) % 7 - 3, 100_000)
    rest = [work for work in works if work.state not in (fixed_state, "waiting")]
    left = total - sum(work.paid for work in works)
    weights = [work.size // 10_000 * (95 + i * 3 % 7) for i, work in enumerate(rest)]
    for work, paid in zip(rest, split(left, weights, 100_000)):
        work.paid = paid
        assert 0 < paid <= work.size, (work.project.id, paid, work.size)


def _set_days(works):
    for i, work in enumerate(works):
        if work.state == "completed":
            work.started = later(day(2020, 3, 26), i * 3 % 20)
            work.completed = later(day(2020, 5, 11), i * 7 % 30)
        elif work.state == "under_way":
            work.started = later(day(2020, 4, 2), i * 5 % 45)


def _add_outside_lines(works):
    """Lines on funds outside 财政扶贫资金: transport and water money, gifts, what villages raised, solar income."""
    def chosen(programme, kind, count):
        return [w.project for w in works if w.project.programme == programme and w.project.kind == kind][:count]
    groups = [
        ("f2020-roads", OUTSIDE["f2020-roads"], chosen("rural-roads", "works", 14)),
        ("f2020-water", OUTSIDE["f2020-water"], chosen("small-irrigation", "works", 10)),
        ("f2020-donation", OUTSIDE["f2020-donation"] - DONATED_AWARDS, chosen("village-environment", "works", 7)),
        ("f2020-donation", DONATED_AWARDS,
         [w.project for w in works if w.project.id == "p2020-nyj-01"]),
        ("f2020-self-raised", OUTSIDE["f2020-self-raised"], chosen("industry-bases", "investment", 9)),
        ("f2020-solar", OUTSIDE["f2020-solar"], chosen("public-posts", "subsidy", 1)),
    ]
    for fund, total, projects in groups:
        for i, (project, part) in enumerate(zip(projects, split(total, [10 + i % 4 for i in range(len(projects))]))):
            project.lines.append(Line(fund, part))


def _receive(book):
    for id_, name, number, tier, nature, category in FUNDS:
        add_fund(book, id_, name, number, 2020, tier, nature, [category])
    for i, (fund, total) in enumerate({**INTEGRATED, **OUTSIDE}.items()):
        early = share(total, 60, 1_000_000) if fund in INTEGRATED else 0
        if early:
            book.add("05-receipts.csv", "receive", later(day(2019, 12, 2), i * 3), fund=fund, amount=early)
        book.add("05-receipts.csv", "receive", later(day(2020, 3, 9), i), fund=fund, amount=total - early)


def _declare(book, works):
    for i, work in enumerate(works):
        add_project(book, work.project, later(day(2019, 10, 14), i % 30), later(day(2019, 12, 9), i % 25), 2020)
    for first in range(0, len(works), 12):
        add_plan(book, [work.project for work in works[first:first + 12]], day(2020, 1, 10))


def _same_fund_pair(works, taken, amount, same_programme):
    """The first lines of two projects under way that have a fund in common, with room for a change of `amount`."""
    free = [w for w in works if w.state == "under_way" and w.project.id not in taken and w.project.kind != "award"]
    for i, a in enumerate(free):
        for b in free[i + 1:]:
            one, other = a.project.lines[0], b.project.lines[0]
            programmes_fit = not same_programme or a.project.programme == b.project.programme
            room = min(one.planned, other.planned) > 4 * amount
            if programmes_fit and one.fund == other.fund and room:
                return a, b
    raise AssertionError("no pair")


def _allocate(book, works):
    """In two waves, then some of what waits; with a change of plan and an adjustment that each net to zero."""
    changed, moved = wan("8"), wan("6")
    less, more = _same_fund_pair(works, set(), changed, True)
    given, taken = _same_fund_pair(works, {less.project.id, more.project.id}, moved, False)
    held_back = {less.project.id: changed, taken.project.id: moved}
    early = {fund: share(total, 60, 1_000_000) for fund, total in INTEGRATED.items()}
    waves = {day(2020, 1, 20): [], day(2020, 3, 24): [], day(2020, 5, 8): []}
    for i, work in enumerate(works):
        for k, line in enumerate(work.project.lines):
            amount = line.planned - (held_back.get(work.project.id, 0) if k == 0 else 0)
            if work.state == "waiting":
                if i % 2 == 0:
                    waves[day(2020, 5, 8)].append((work.project, line, amount))
            elif amount <= early.get(line.fund, 0):
                early[line.fund] -= amount
                waves[day(2020, 1, 20)].append((work.project, line, amount))
            else:
                waves[day(2020, 3, 24)].append((work.project, line, amount))
    for date, lines in waves.items():
        allocate(book, lines, date)
    _change(book, less.project, more.project, changed)
    book.add("11-adjustments.csv", "adjust", day(2020, 5, 11),
             lines=[(given.project.id, given.project.lines[0].fund, -moved),
                    (taken.project.id, taken.project.lines[0].fund, moved)], note="调剂使用")
    given.project.lines[0].allocated -= moved
    taken.project.lines[0].allocated += moved
    return less


def _change(book, less, more, amount):
    """Moves a part of the plan to another project of the same programme and fund, and then the money."""
    book.add("09-plan-changes.csv", "change_plan", day(2020, 4, 20),
             lines=[(less.id, less.lines[0].fund, -amount), (more.id, more.lines[0].fund, amount)],
             note="项目调整:建设内容变更")
    less.lines[0].planned -= amount
    more.lines[0].planned += amount
    allocate(book, [(more, more.lines[0], amount)], day(2020, 4, 22), "11-adjustments.csv")


def _payee(project, i):
    if project.programme in ("rural-roads", "village-environment", "small-irrigation", "school-facilities",
                             "village-clinics", "welfare-homes"):
        return bodies.BUILDERS[i % len(bodies.BUILDERS)]
    return {"skills-training": "training-school-1", "interest-support": "rural-bank-1"}.get(
        project.programme, bodies.COOPERATIVES[i % len(bodies.COOPERATIVES)])


def _recipient(project, i):
    """Kind of payment where it is no payment for work, and who gets it."""
    if project.programme == "industry-awards" or project.kind == "subsidy":
        name = bodies.PROGRAMME_NAMES[project.programme]
        return "subsidy_batch", {"batch": (name, "2020-Q2", 180 + i * 37 % 420)}
    if project.programme == "collective-economy":
        return "transfer", {"payee": f"{project.organization}-finance-office"}
    return None, {"payee": _payee(project, i)}


def _pay(works):
    payments = []
    for i, work in enumerate(works):
        if work.state == "waiting":
            continue
        kind, to = _recipient(work.project, i)
        if work.state == "under_way":
            payments.append(Payment(kind or "advance", work.project.take(work.paid), later(work.started, 9), **to))
            continue
        last = later(work.completed, 1)
        first_part = share(work.paid, 40, 100_000) if i % 3 == 0 else 0
        if first_part:
            payments.append(Payment(kind or "advance", work.project.take(first_part), later(work.started, 8), **to))
        lines = work.project.take(work.paid - first_part)
        # Beside the integrated money, most of what other funds give to a completed project.
        for line in work.project.lines:
            part = share(line.allocated, 90)
            if line.fund in OUTSIDE and part:
                line.requested += part
                lines.append((work.project.id, line.fund, part))
        payments.append(Payment(kind or ("final" if i % 2 else "progress"), lines, last, **to))
    return payments


def _fail_and_refund(works, payments):
    """One payment fails and is asked for again; of one batch a part comes back, beyond what counts as paid."""
    failing = next(p for p in sorted(payments, key=lambda p: p.requested) if p.kind == "final")
    failing.failed = "收款账户名称与账号不符,银行退票"
    payments.append(Payment(failing.kind, failing.lines, later(failing.requested, 8), failing.payee, second=True))
    batch = next(p for p in payments if p.kind == "subsidy_batch" and p.requested < day(2020, 5, 10))
    project, fund, amount = batch.lines[0]
    batch.refunded = wan("2.4")
    line = next(each for w in works if w.project.id == project for each in w.project.lines if each.fund == fund)
    line.requested += batch.refunded
    assert line.requested <= line.allocated
    batch.lines[0] = (project, fund, amount + batch.refunded)


def _report(book, works, suspended):
    """Start, progress and completion, unit by unit as they report; one project stood still for some weeks."""
    file = "17-progress.csv"
    for i, work in enumerate(w for w in works if w.started):
        cells = {"officer": bodies.unit_officer(work.project.organization), "project": work.project.id}
        book.add(file, "start_project", work.started, **cells)
        if work is suspended:
            book.add(file, "suspend_project", later(work.started, 25), reason="连续降雨,现场停工", **cells)
            book.add(file, "resume_project", later(work.started, 37), **cells)
        if work.completed:
            if i % 6 == 0:
                book.add(file, "report_progress", later(work.started, 20), progress=f"{45 + i % 30}%", **cells)
            book.add(file, "report_progress", work.completed, progress="100%", **cells)
            book.add(file, "complete_project", work.completed, **cells)
        else:
            half = ".5" if i % 2 else ""
            book.add(file, "report_progress", later(day(2020, 6, 8), i % 8), progress=f"{20 + i * 7 % 45}{half}%",
                     **cells)


def _report_outputs(book, works):
    for i, work in enumerate(w for w in works if w.completed and w.project.targets):
        indicator, value = work.project.targets.split("=")
        book.add("18-indicators.csv", "report_indicator", later(work.completed, 2),
                 officer=bodies.unit_officer(work.project.organization), project=work.project.id,
                 indicator=indicator, value=value)


def _set_targets(works):
    roads = [w for w in works if w.project.programme == "rural-roads"]
    fields = [w for w in works if w.project.programme == "small-irrigation"]
    for i, work in enumerate(roads):
        work.project.targets = f"road-length={1 + i * 3 % 5}.{25 + i * 5 % 50:02d}"
    for i, work in enumerate(fields):
        work.project.targets = f"irrigated-area={120 + i * 31 % 400}.{i % 9 + 1}"


def add(book):
    """Adds the year; gives its payments."""
    townships, departments = _township_works(), _department_works()
    works = townships + departments
    _set_states(townships, departments)
    _set_paid(townships, DISBURSED_TOWNSHIP, "under_way", 32)
    _set_paid(departments, DISBURSED_DEPARTMENT, "completed", 85)
    _set_days(works)
    _set_targets(works)
    spread([(work.project, work.size) for work in _by_size(works)], INTEGRATED)
    _add_outside_lines(works)
    _receive(book)
    _declare(book, works)
    suspended = _allocate(book, works)
    suspended.started = day(2020, 4, 8)
    payments = _pay(works)
    _fail_and_refund(works, payments)
    _report(book, works, suspended)
    _report_outputs(book, works)
    return payments
