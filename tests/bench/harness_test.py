"""The harness of scripts/bench: figures, table, page and chart out of canned measurements. Times nothing."""

import json
import pathlib
import sys
import unittest
import xml.etree.ElementTree

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from bench.harness import chart, figures  # noqa: E402

RAW = json.loads((pathlib.Path(__file__).resolve().parent / "harness_test.json").read_text())
IDS = ["submit_64", "submit_1", "bulk", "bulk_payments", "mixed", "statement", "point_reads", "open", "verify_chain",
       "verify_full", "disk", "overload"]


def report():
    return {"date": "2026-01-02", "commit": "abc", "quick": False, "figures": figures.all_figures(RAW, set(IDS)),
            "machine": {"cpu": "CPU <1>", "cores": 2, "memory_gib": 8, "kernel": "6"}}


class FiguresTest(unittest.TestCase):
    def test_every_figure_is_there_with_every_field(self):
        made = report()["figures"]
        self.assertEqual([each["id"] for each in made], IDS)
        for each in made:
            for field in ("ours", "peer", "unit", "ratio", "goal", "holds"):
                self.assertIn(field, each, each["id"])

    def test_a_figure_holds_only_if_every_part_does(self):
        good = figures.part("a", 10, 1, "x", 6, True, "p")
        bad = figures.part("b", 3, 1, "x", 2.5, False, "p")
        self.assertTrue(good["holds"])
        self.assertFalse(bad["holds"])
        both = figures.figure("f", [good, bad])
        self.assertFalse(both["holds"])
        self.assertEqual(both["ours"], 3)
        self.assertTrue(figures.figure("f", [good])["holds"])

    def test_goals_bound_from_the_right_side(self):
        self.assertTrue(figures.part("", 2.5, 1, "ms", 2.5, False, "")["holds"])
        self.assertFalse(figures.part("", 2.51, 1, "ms", 2.5, False, "")["holds"])
        self.assertTrue(figures.part("", 6, 1, "/s", 6, True, "")["holds"])
        self.assertFalse(figures.part("", 5.99, 1, "/s", 6, True, "")["holds"])

    def test_of_several_rounds_each_number_is_the_median(self):
        rounds = [{"records": 5, "proof": {"p99_ms": ms}} for ms in (3.0, 1.0, 2.0)]
        self.assertEqual(figures.median(rounds), {"records": 5, "proof": {"p99_ms": 2.0}})

    def test_of_the_overloads_rounds_the_one_in_the_middle_counts_and_every_refusal(self):
        def one(flood_ms, capacity_ms):
            made = json.loads(json.dumps(RAW["overload"][0]))
            made["flood"]["answered"]["p99_ms"] = flood_ms
            made["capacity"]["answered"]["p99_ms"] = capacity_ms
            return made

        refused = RAW["overload"][0]["flood"]["refusals_with_retry_delay"]
        made = figures.overload({"overload": [one(90, 10), one(30, 20), one(20, 20)]})
        self.assertEqual([(each["ours"], each["peer"]) for each in made["parts"]], [(30, 20), (3 * refused, 3 * refused)])
        self.assertEqual(made["ratios_of_rounds"], [1, 1.5, 9])

    def test_the_bound_is_what_two_cores_can_do(self):
        bound = figures.bound_submit_64(
            {"sign_us": 30, "verify_us": 90, "echo_64_us": 20, "commit_64_us": 600, "anchor_us": 40})
        self.assertAlmostEqual(bound["submissions_per_s"], 2e6 / (30 + 90 + 40 + 10))

    def test_only_what_was_wanted(self):
        self.assertEqual([each["id"] for each in figures.all_figures(RAW, {"disk"})], ["disk"])

    def test_table_and_page_have_a_row_for_each_part(self):
        parts = sum(len(each.get("parts", [each])) for each in report()["figures"])
        self.assertEqual(len(figures.table(report()["figures"]).splitlines()), parts + 1)
        page = figures.markdown(report())
        self.assertEqual(sum(line.startswith("| ") for line in page.splitlines()), parts + 1)
        self.assertIn("commit abc", page)

    def test_the_report_survives_json(self):
        self.assertEqual(json.loads(json.dumps(report(), allow_nan=False)), report())


class ChartTest(unittest.TestCase):
    def test_it_is_xml_with_a_bar_for_each_part(self):
        root = xml.etree.ElementTree.fromstring(chart.svg(report(), figures.number))
        bars = [e for e in root.iter("{http://www.w3.org/2000/svg}rect") if e.get("class") in ("good", "bad")]
        self.assertEqual(len(bars), sum(len(each.get("parts", [each])) for each in report()["figures"]))

    def test_it_is_readable_in_the_dark(self):
        self.assertIn("prefers-color-scheme: dark", chart.svg(report(), figures.number))


if __name__ == "__main__":
    unittest.main()
