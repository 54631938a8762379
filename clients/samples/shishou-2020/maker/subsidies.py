"""Subsidies since 2016 on funds of their own, outside 财政扶贫资金 and on no plan list; and what other bodies paid."""

import dataclasses

from maker import bodies
from maker.money import Line, Payment, Project, add_fund, add_plan, add_project, allocate
from maker.table import day, later, share, split, wan

YEARS = [2016, 2017, 2018, 2019, 2020]
YEAR_WEIGHTS = [17, 21, 24, 25, 13]


@dataclasses.dataclass
class Subsidy:
    programme: str
    short: str
    organization: str
    total: int
    kind: str = "subsidy"
    indicator: str = None
    people: int = 0  # by the last day, all years together
    halves: bool = False  # paid twice a year


SUBSIDIES = [
    Subsidy("drinking-water", "drinking", "water-bureau", wan("209.81"), "works", "drinking-water-households", 2673),
    Subsidy("education-aid-registered", "edureg", "education-bureau", wan("2065.191"),
            indicator="education-aid-person-times", people=32110, halves=True),
    Subsidy("education-aid-other", "eduoth", "education-bureau", wan("4346.34325") - wan("2065.191"),
            indicator="education-aid-person-times", people=60429 - 32110, halves=True),
    Subsidy("yulu", "yulu", "poverty-relief-office", wan("748.5"), indicator="yulu-person-times", people=3242),
    Subsidy("housing", "housing", "housing-bureau", wan("8303.97"), indicator="housing-households", people=4314),
    Subsidy("subsistence-allowance", "dibao", "civil-affairs-bureau", wan("10023"), halves=True),
    Subsidy("extreme-poverty-support", "wubao", "civil-affairs-bureau", wan("2630.112")),
]
MEDICAL, MEDICAL_PERSON_TIMES = wan("33208.41"), 179787
LOANS, LOAN_HOUSEHOLDS = wan("14660"), 2415

# Reported at each year's end, and at last by 2020-06-15: a later number stands for all before it.
DISTINCT = [
    ("subsistence-allowance", "subsistence-allowance-people", [29840, 31275, 32060, 33118, 33504]),
    ("extreme-poverty-support", "extreme-poverty-people", [2540, 2611, 2702, 2766, 2785]),
]
# People of a batch where they do not add up over the batches.
BATCH_COUNTS = {"subsistence-allowance": [28900, 30400, 31350, 32300, 33010],
                "extreme-poverty-support": [2490, 2560, 2655, 2720, 2768]}
RELOCATION = [("relocation-households", "329"), ("relocation-people", "845"), ("relocation-townships", "3"),
              ("relocation-villages", "29"), ("relocation-demolished", "237"),
              ("relocation-restored-area", "29.0835"), ("relocation-restored-rate", "100")]


def _report_day(year):
    return day(2020, 6, 15) if year == 2020 else day(year, 12, 28)


def _project(subsidy, year):
    name = f"{bodies.ORGANIZATION_NAMES[subsidy.organization]}{year}年{bodies.PROGRAMME_NAMES[subsidy.programme]}补助"
    project = Project(f"s{year}-{subsidy.short}", name, subsidy.kind, subsidy.organization, subsidy.programme)
    if subsidy.kind == "works":
        project.name = name.removesuffix("补助") + "工程"
    return project


def _pay(subsidy, project, year, total, people):
    if subsidy.kind == "works":
        date = day(2020, 5, 20) if year == 2020 else day(year, 9, 20)
        return [Payment("final", project.take(total), date, bodies.BUILDERS[year % 8])]
    name = bodies.PROGRAMME_NAMES[subsidy.programme]
    i = len(subsidy.programme) % 9  # so that not all bodies ask on one day
    if year == 2020 or not subsidy.halves:
        date, period = (day(2020, 5, 18), "2020-Q2") if year == 2020 else (day(year, 11, 12), f"{year}-Q4")
        return [Payment("subsidy_batch", project.take(total), later(date, i), batch=(name, period, people))]
    first = share(total, 48)
    # Distinct people are paid in both halves of the year; person-times and households add up over them.
    half = people if subsidy.indicator is None else people * 48 // 100
    rest = people if subsidy.indicator is None else people - half
    return [Payment("subsidy_batch", project.take(first), later(day(year, 6, 8), i), batch=(name, f"{year}-Q2", half)),
            Payment("subsidy_batch", project.take(total - first), later(day(year, 11, 12), i),
                    batch=(name, f"{year}-Q4", rest))]


def _declare(book, subsidy, year, total):
    """The project and its fund, with the year's money received."""
    project = _project(subsidy, year)
    fund = f"f{year}-{subsidy.short}"
    add_fund(book, fund, f"{year}年{bodies.PROGRAMME_NAMES[subsidy.programme]}资金",
             f"示例社〔{year}〕{subsidy.short}号", year, "provincial", "fiscal", ["livelihood-funds"])
    add_project(book, project, day(year, 1, 8), day(year, 1, 22), 0)
    project.lines.append(Line(fund, total))
    book.add("05-receipts.csv", "receive", day(year, 2, 20), fund=fund, amount=total)
    if subsidy.kind == "works":
        _report_works(book, project, day(2020, 5, 18) if year == 2020 else day(year, 9, 15))
    return project


def _report_works(book, project, done):
    cells = {"officer": bodies.unit_officer(project.organization), "project": project.id}
    book.add("17-progress.csv", "start_project", day(done.year, 4, 6), **cells)
    book.add("17-progress.csv", "report_progress", done, progress="100%", **cells)
    book.add("17-progress.csv", "complete_project", done, **cells)


def _report(book, officer_of, date, programme, indicator, value):
    book.add("18-indicators.csv", "report_indicator", date, officer=bodies.department_officer(officer_of),
             programme=programme, indicator=indicator, value=value)


def add_subsidies(book):
    """Adds the subsidies of five years; gives their payments."""
    payments = []
    totals = {subsidy.programme: split(subsidy.total, YEAR_WEIGHTS) for subsidy in SUBSIDIES}
    counts = {subsidy.programme: BATCH_COUNTS.get(subsidy.programme) or split(subsidy.people, YEAR_WEIGHTS, 1)
              for subsidy in SUBSIDIES}
    for i, year in enumerate(YEARS):
        projects = [_declare(book, subsidy, year, totals[subsidy.programme][i]) for subsidy in SUBSIDIES]
        add_plan(book, projects, day(year, 2, 6))
        allocate(book, [(project, line, line.planned) for project in projects for line in project.lines],
                 day(year, 3, 2))
        for subsidy, project in zip(SUBSIDIES, projects):
            people = counts[subsidy.programme][i]
            payments += _pay(subsidy, project, year, totals[subsidy.programme][i], people)
            if subsidy.indicator:
                _report(book, subsidy.organization, _report_day(year), subsidy.programme, subsidy.indicator, people)
    return payments


def add_outside(book):
    """Payments by the medical insurance and loans by banks: in no fiscal total."""
    file = "19-outside.csv"
    medical = split(MEDICAL, YEAR_WEIGHTS)
    loans = split(LOANS, YEAR_WEIGHTS, 1_000_000)
    for year, paid, granted in zip(YEARS, medical, loans):
        add_fund(book, f"f{year}-medical", f"{year}年医疗保险基金", f"示例医保〔{year}〕1号", year, "other", "insurance",
                 ["outside-funds"])
        add_fund(book, f"f{year}-credit", f"{year}年扶贫小额信贷资金", f"示例金〔{year}〕1号", year, "other", "loan",
                 ["outside-funds"])
        dates = [day(year, 3, 30), day(year, 5, 29)] if year == 2020 else [day(year, 6, 29), day(year, 12, 27)]
        for i, date in enumerate(dates):
            for organization, programme, fund, kind, amount in (
                    ("health-insurance-bureau", "medical", "medical", "paid", split(paid, [9, 10])[i]),
                    ("financial-affairs-bureau", "micro-credit", "credit", "loan_granted",
                     split(granted, [6, 5], 1_000_000)[i])):
                book.add(file, "record_outside_payment", date, officer=bodies.department_officer(organization),
                         fund=f"f{year}-{fund}", programme=programme, outside_kind=kind, amount=amount)


def add_indicators(book):
    """What programmes brought beside what add_subsidies reports."""
    people = split(MEDICAL_PERSON_TIMES, YEAR_WEIGHTS, 1)
    households = split(LOAN_HOUSEHOLDS, YEAR_WEIGHTS, 1)
    for i, year in enumerate(YEARS):
        date = _report_day(year)
        _report(book, "health-insurance-bureau", date, "medical", "medical-person-times", people[i])
        _report(book, "financial-affairs-bureau", date, "micro-credit", "micro-credit-households", households[i])
        for programme, indicator, values in DISTINCT:
            _report(book, "civil-affairs-bureau", date, programme, indicator, values[i])
    _report(book, "poverty-relief-office", day(2020, 6, 12), "yulu", "yulu-coverage", 100)
    for indicator, value in RELOCATION:
        _report(book, "development-reform-bureau", day(2020, 6, 12), "relocation", indicator, value)
