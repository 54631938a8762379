"""Checks the sample data set: made again it is the same bytes; imported in its order it breaks no rule; and every
total of the report comes out of its rows, exactly.

    python3 check_samples.py FOLDER
"""

import collections
import csv
import pathlib
import re
import subprocess
import sys
import tempfile

from sample_books import LAST_DAY, Books, need, read_actions

# The report's figures, in fen. What stands here is compared, never added in.
EXPECTED = {
    "planned 2020, integrated funds": 17_340_460_000,
    "disbursed 2020, integrated funds": 7_851_000_000,
    "- to townships": 5_111_000_000,
    "- city departments": 2_740_000_000,
    "projects 2020": 121,
    "township projects 2020": 89,
    "city and department projects 2020": 32,
    "size of all projects 2020, plan in force": 19_622_090_000,
    "size of all projects 2020, initial plan": 19_622_090_000,
    "- on funds outside poverty relief": 2_281_630_000,
    "received for 2020, poverty-relief funds": 17_340_460_000,
    "received for 2020, integrated funds": 17_340_460_000,
    "township projects started": 79,
    "township projects completed": 60,
    "industry awards planned 2020": 4_988_000_000,
    "industry awards planned 2019": 3_298_940_000,
    "received since 2016, poverty-relief funds": 85_473_769_000,
    "disbursed drinking-water": 209_810_000,
    "disbursed education-aid": 4_346_343_250,
    "disbursed education-aid-registered": 2_065_191_000,
    "disbursed yulu": 748_500_000,
    "disbursed housing": 8_303_970_000,
    "disbursed relocation": 0,
    "disbursed subsistence-allowance": 10_023_000_000,
    "disbursed extreme-poverty-support": 2_630_112_000,
    "paid outside, medical": 33_208_410_000,
    "loans granted, micro-credit": 14_660_000_000,
    "indicator drinking-water-households": 2_673,
    "indicator education-aid-person-times": 60_429,
    "indicator education-aid-person-times, registered": 32_110,
    "indicator yulu-person-times": 3_242,
    "indicator yulu-coverage": 100,
    "indicator medical-person-times": 179_787,
    "indicator housing-households": 4_314,
    "indicator relocation-households": 329,
    "indicator relocation-people": 845,
    "indicator relocation-townships": 3,
    "indicator relocation-villages": 29,
    "indicator relocation-demolished": 237,
    "indicator relocation-restored-area": 290_835,
    "indicator relocation-restored-rate": 100,
    "indicator subsistence-allowance-people": 33_504,
    "indicator extreme-poverty-people": 2_785,
    "indicator micro-credit-households": 2_415,
}
OWN_PROGRAMMES = ["drinking-water", "education-aid", "yulu", "housing", "relocation", "subsistence-allowance",
                  "extreme-poverty-support"]
TASK_GROUPS = 13


def check_made_again(folder):
    """The generator gives the committed bytes."""
    with tempfile.TemporaryDirectory() as made:
        subprocess.run([sys.executable, "-B", str(folder / "generate.py"), made], check=True)
        names = sorted(path.name for path in pathlib.Path(made).iterdir())
        committed = sorted(path.name for path in folder.iterdir() if path.suffix in (".csv", ".txt"))
        need(names == committed, "files differ:", set(names) ^ set(committed))
        for name in names:
            need((pathlib.Path(made) / name).read_bytes() == (folder / name).read_bytes(), name, "differs")
    return names


def luhn(digits):
    doubled = [int(d) * (2 if i % 2 else 1) for i, d in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def check_no_personal_data(folder, names):
    """No id number, mobile number or bank card in any cell but a body's code and account."""
    for name in names:
        with open(folder / name, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file)) if name.endswith(".csv") else [{"": line} for line in file]
        for row in rows:
            for column, text in row.items():
                if column in ("credit_code", "account"):
                    continue
                plain = re.sub(r"(?<=\d)[ -](?=\d)", "", text) if not re.fullmatch(r"[\d-]{10}", text) else text
                for run in re.findall(r"\d+[Xx]?", text) + re.findall(r"\d+[Xx]?", plain):
                    need(len(run) != 18, name, "looks like an id number:", text)
                    need(not re.fullmatch(r"1[3-9]\d{9}", run), name, "looks like a mobile number:", text)
                    need(not (16 <= len(run) <= 19 and run.isdigit() and luhn(run)), name, "looks like a card:", text)


def run_import(folder):
    """The books after the steps of import-order.txt."""
    with open(folder / "officers.csv", encoding="utf-8", newline="") as file:
        officers = {row["id"]: (row["organization"], row["role"]) for row in csv.DictReader(file)}
    first = {"admin-1": ("city", "admin"), "admin-2": ("supervision", "admin")}
    books, imported = Books({**first, **officers}), []
    for step in (folder / "import-order.txt").read_text(encoding="utf-8").splitlines():
        verb, *what = step.split(" ")
        need((verb, len(what)) in (("import", 2), ("approve", 1)), "step", step)
        if verb == "approve":
            books.approve(what[0])
            continue
        imported.append(what[0])
        for action in read_actions(folder / what[0], what[1]):
            books.submit(action)
    need(not books.open, "proposals are left open:", [action.where for action, _ in books.open])
    csv_files = sorted(path.name for path in folder.glob("*.csv") if path.name != "officers.csv")
    need(sorted(imported) == csv_files, "not imported once each:", imported)
    need({row[0] for row in officers.values()} <= books.known["organization"], "officers of unknown organizations")
    need(len(books.known["task_group"]) == TASK_GROUPS, "task groups:", len(books.known["task_group"]))
    return books


class Totals:
    """Sums over the books' movements up to the last day."""

    def __init__(self, books):
        self.books = books

    def lines(self, measure, project_fits, fund_fits):
        return sum(fen for date, (project, fund), name, fen in self.books.movements
                   if name == measure and date <= LAST_DAY and fund_fits(fund)
                   and project_fits(self.books.projects.get(project)))

    def category(self, *names):
        return lambda fund: any(self.books.in_category(fund, name) for name in names)

    def listed(self, year, tiers=("city", "department", "township", "village"), programme=None):
        return lambda project: (project.plan_year == year
                                and self.books.tiers[project.cells["organization"]] in tiers
                                and (programme is None or self.books.within("programme", project.cells["programme"],
                                                                            programme)))

    def in_programme(self, id_):
        return lambda project: self.books.within("programme", project.cells["programme"], id_)

    def count(self, fits):
        return sum(1 for project in self.books.projects.values() if fits(project))

    def received(self, category, years):
        return self.lines("received", anything,
                          lambda fund: self.books.in_category(fund, category) and self.books.funds[fund][0] in years)

    def indicator(self, id_, programme):
        """Adds up over the programme and those below it; of distinct counts, one subject only."""
        aggregation = self.books.indicators[id_][1]
        values = collections.defaultdict(list)
        for date, project, reported, indicator, value in sorted(self.books.reports):
            subject = reported or self.books.projects[project].cells["programme"]
            if indicator == id_ and self.books.within("programme", subject, programme):
                values[project or reported].append(value)
        need(values, "no report of", id_)
        if aggregation == "sum":
            return sum(sum(reports) for reports in values.values())
        need(aggregation == "last" or len(values) == 1, id_, "of several subjects does not add up")
        return sum(reports[-1] for reports in values.values())


def anything(_):
    return True


def plan_list_figures(books, totals):
    integrated = totals.category("integrated-funds")
    townships = totals.listed(2020, ("township", "village"))
    city = totals.listed(2020, ("city", "department"))
    return {
        "planned 2020, integrated funds": totals.lines("planned_initially", totals.listed(2020), integrated),
        "disbursed 2020, integrated funds": totals.lines("disbursed", totals.listed(2020), integrated),
        "- to townships": totals.lines("disbursed", townships, integrated),
        "- city departments": totals.lines("disbursed", city, integrated),
        "projects 2020": totals.count(totals.listed(2020)),
        "township projects 2020": totals.count(townships),
        "city and department projects 2020": totals.count(city),
        "size of all projects 2020, plan in force": totals.lines("planned", totals.listed(2020), anything),
        "size of all projects 2020, initial plan": totals.lines("planned_initially", totals.listed(2020), anything),
        "- on funds outside poverty relief": totals.lines(
            "planned_initially", totals.listed(2020), lambda fund: not books.in_category(fund, "poverty-relief-funds")),
        "received for 2020, poverty-relief funds": totals.received("poverty-relief-funds", {2020}),
        "received for 2020, integrated funds": totals.received("integrated-funds", {2020}),
        "township projects started": totals.count(lambda p: townships(p) and p.started),
        "township projects completed": totals.count(lambda p: townships(p) and p.completed),
        "industry awards planned 2020": totals.lines(
            "planned_initially", totals.listed(2020, programme="industry-awards"), anything),
        "industry awards planned 2019": totals.lines(
            "planned_initially", totals.listed(2019, programme="industry-awards"), anything),
        "received since 2016, poverty-relief funds": totals.received("poverty-relief-funds", set(range(2016, 2021))),
        **{f"disbursed {id_}": totals.lines("disbursed", totals.in_programme(id_), anything)
           for id_ in OWN_PROGRAMMES + ["education-aid-registered"]},
    }


def figures(books):
    totals = Totals(books)
    found = plan_list_figures(books, totals)
    for name, programme, kind in (("paid outside, medical", "medical", "paid"),
                                  ("loans granted, micro-credit", "micro-credit", "loan_granted")):
        found[name] = sum(fen for p, k, fen in books.outside if (p, k) == (programme, kind))
    for name in EXPECTED:
        if name.startswith("indicator ") and "," not in name:
            id_ = name.removeprefix("indicator ")
            programme = next(p for p in sorted(books.known["programme"], key=len, reverse=True)
                             if id_.startswith(p) or (p, id_) == ("extreme-poverty-support", "extreme-poverty-people"))
            found[name] = totals.indicator(id_, programme)
    found["indicator education-aid-person-times, registered"] = totals.indicator(
        "education-aid-person-times", "education-aid-registered")
    return found


def check_apart(books):
    """The report's programmes stand on funds of their own, outside 财政扶贫资金, and on no plan list."""
    for _, (project, fund), measure, _ in books.movements:
        if project is None:
            continue
        programme = books.projects[project].cells["programme"]
        own = any(books.within("programme", programme, id_) for id_ in OWN_PROGRAMMES + ["medical", "micro-credit"])
        listed = books.projects[project].plan_year != 0
        need(own != listed, project, "mixes a plan list with the programmes since 2016")
        need(not own or not books.in_category(fund, "poverty-relief-funds"), project, measure, fund)
    totals = Totals(books)
    for programme in sorted(books.known["programme"]):
        for category in ("integrated-funds", "other-fiscal-funds", "social-funds"):
            fits, inside = totals.listed(2020, programme=programme), totals.category(category)
            need(totals.lines("planned", fits, inside) == totals.lines("planned_initially", fits, inside),
                 programme, category, "has a change of plan that does not net to zero")


def check_earlier_years(books):
    """2016 to 2019: what was received is spent to the last fen."""
    totals = Totals(books)
    for year in range(2016, 2020):
        received = totals.received("poverty-relief-funds", {year})
        for measure in ("planned", "disbursed"):
            need(totals.lines(measure, totals.listed(year), anything) == received, year, measure)


def check_exercised(books):
    """What makes the set worth importing is in it."""
    payments = list(books.payments.values())
    large = sum(1 for p in payments if sum(line[2] for line in p.action.lines) >= 100_000_000)
    need(any(p.state == "failed" for p in payments), "no payment failed")
    need({p.state for p in payments} == {"failed", "confirmed"}, "a payment is under way")
    need(any(p.mode == "transfer" for p in payments), "no transfer")
    need(any(len(p.action.lines) > 1 for p in payments), "no payment over two lines")
    need(0 < large < len(payments) - large, "payments at or above the threshold:", large)
    for kind in ("change_plan", "adjust", "refund", "fail", "return_up", "suspend_project", "resume_project"):
        need(books.counts[kind], "no", kind)
    need(all(p.started or not any(line[0] == id_ for pay in payments for line in pay.action.lines)
             for id_, p in books.projects.items() if p.plan_year == 2020), "a project was paid and never started")
    return large


def main():
    folder = pathlib.Path(sys.argv[1])
    names = check_made_again(folder)
    check_no_personal_data(folder, names)
    books = run_import(folder)
    found = figures(books)
    need(found.keys() == EXPECTED.keys(), found.keys() ^ EXPECTED.keys())
    for name, value in EXPECTED.items():
        print(f"{name}: {found[name]:,}")
    wrong = [f"{name}: {found[name]:,}, not {value:,}" for name, value in EXPECTED.items() if found[name] != value]
    need(not wrong, "; ".join(wrong))
    check_apart(books)
    check_earlier_years(books)
    large = check_exercised(books)
    approvals = books.counts.pop("approve")
    print(f"{sum(books.counts.values())} actions and {approvals} approvals; "
          f"{len(books.payments)} payments, {large} of them for two reviewers; {len(books.accounts)} accounts")
    print(", ".join(f"{kind} {count}" for kind, count in sorted(books.counts.items())))


if __name__ == "__main__":
    main()
