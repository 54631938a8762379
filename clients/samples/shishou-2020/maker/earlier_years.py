"""2016 to 2019: what was received as 财政扶贫资金, spent through a few summary projects a year."""

from maker import bodies
from maker.money import Payment, Project, add_fund, add_plan, add_project, allocate, spread
from maker.table import day, later, share, split, wan

# With the 17340.46 of 2020 these are the 85473.769 received since 2016.
RECEIVED = {2016: wan("13652.4"), 2017: wan("16218.709"), 2018: wan("18437.2"), 2019: wan("19825")}
AWARDS_2019 = wan("3298.94")
# Received too much and sent back within the year, so that gross and net differ.
RETURNED = {2017: wan("36.5")}

SOURCES = [("central", "中央财政专项扶贫资金", 45), ("provincial", "省级财政专项扶贫资金", 30), ("city", "石首市本级财政扶贫资金", 25)]
PROJECTS = [
    ("rural-roads", "works", "transport-bureau", 33, "builder-1"),
    ("small-irrigation", "works", "water-bureau", 22, "builder-2"),
    ("industry-bases", "investment", "agriculture-bureau", 26, "cooperative-1"),
    ("village-environment", "works", "housing-bureau", 13, "builder-3"),
    ("interest-support", "interest_support", "financial-affairs-bureau", 6, "rural-bank-1"),
]
AWARDS = [("agriculture-bureau", 7, "cooperative-2"), ("poverty-relief-office", 4, "cooperative-3")]


def _add_funds(book, year):
    totals = split(RECEIVED[year], [source[2] for source in SOURCES])
    # The integration of funds (统筹整合) began in 2017 in this set.
    category = "integrated-funds" if year >= 2017 else "poverty-relief-funds"
    funds = {}
    for i, ((tier, name, _), total) in enumerate(zip(SOURCES, totals)):
        id_ = f"f{year}-{tier}"
        add_fund(book, id_, f"{year}年{name}", f"示例财农〔{year}〕{20 + i}号", year, tier, "fiscal", [category])
        early = share(total, 60, 1_000_000)
        more = RETURNED.get(year, 0) if tier == "central" else 0
        book.add("05-receipts.csv", "receive", later(day(year - 1, 11, 20), i * 4), fund=id_, amount=early)
        book.add("05-receipts.csv", "receive", later(day(year, 4, 8), i * 2), fund=id_, amount=total - early + more)
        if more:
            book.add("05-returns.csv", "return_up", day(year, 10, 18), fund=id_, amount=more, note="多拨资金上缴")
        funds[id_] = total
    return funds


def _project(year, serial, programme, kind, organization):
    name = f"{bodies.ORGANIZATION_NAMES[organization]}{year}年{bodies.PROGRAMME_NAMES[programme]}项目(年度汇总)"
    return Project(f"p{year}-{bodies.SHORT_IDS[organization]}-{serial:02d}", name, kind, organization, programme,
                   planned_start=day(year, 3, 1), planned_finish=day(year, 12, 20))


def _sized_projects(year):
    """Projects, what each costs, and who is paid."""
    awards = AWARDS_2019 if year == 2019 else 0
    sizes = split(RECEIVED[year] - awards, [row[3] for row in PROJECTS])
    rows = [(_project(year, 1, programme, kind, organization), size, payee)
            for (programme, kind, organization, _, payee), size in zip(PROJECTS, sizes)]
    if awards:
        for (organization, _, payee), size in zip(AWARDS, split(awards, [row[1] for row in AWARDS])):
            rows.append((_project(year, 2, "industry-awards", "award", organization), size, payee))
    return rows


def _report(book, projects, year):
    file = "17-progress.csv"
    for i, project in enumerate(projects):
        cells = {"officer": bodies.unit_officer(project.organization), "project": project.id}
        book.add(file, "start_project", later(day(year, 3, 5), i * 6), **cells)
        book.add(file, "report_progress", later(day(year, 7, 2), i), progress=f"{42 + i * 3}%", **cells)
        book.add(file, "report_progress", later(day(year, 11, 6), i * 2), progress="100%", **cells)
        book.add(file, "complete_project", later(day(year, 11, 6), i * 2), **cells)


def add(book):
    """Adds the four years; gives their payments."""
    payments = []
    for year in RECEIVED:
        funds = _add_funds(book, year)
        rows = _sized_projects(year)
        projects = [row[0] for row in rows]
        spread([(project, size) for project, size, _ in rows], funds)
        for i, project in enumerate(projects):
            add_project(book, project, later(day(year - 1, 10, 12), i), later(day(year - 1, 12, 8), i), year)
        add_plan(book, projects, day(year, 1, 12))
        allocate(book, [(project, line, line.planned) for project in projects for line in project.lines],
                 day(year, 4, 24))
        for i, (project, size, payee) in enumerate(rows):
            first = share(size, 45) if i == 0 else 0
            if first:
                payments.append(Payment("progress", project.take(first), day(year, 7, 10), payee))
            payments.append(Payment("final", project.take(size - first), later(day(year, 11, 20), i * 3), payee))
        _report(book, projects, year)
    return payments
