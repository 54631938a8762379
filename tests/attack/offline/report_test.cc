// Reports with the records their figures come from: each figure is what its records add up to, each record
// counts for what it says and once, and nothing in the report is anybody's word.
#include <functional>

#include <gmock/gmock.h>

#include "clients/bundle/figure_parts.h"
#include "clients/bundle/json.h"
#include "ledger/base/status.h"
#include "ledger/log/record.h"
#include "tests/attack/offline/county.h"

#include "absl/strings/str_cat.h"

namespace fundledger::attack {
namespace {

using reports::FigurePart;
using test_support::TemporaryDirectory;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class OfflineReport : public testing::Test {
 protected:
  std::filesystem::path Bundle() const { return directory_.Sub("bundle"); }

  v1::ActionRef RefOf(Sequence sequence) {
    v1::ActionRef ref;
    ref.set_sequence(sequence);
    ref.set_leaf_hash(log::LeafHash(*county_.engine().view()->Record(sequence)).str());
    return ref;
  }

  // All else that a report counts: a plan changed, an allocation reversed, money returned, a payment
  // confirmed and in part refunded, another asked for only, a value reported.
  void Enrich() {
    v1::Action action;
    const std::string admin(test_support::World::kAdmin);
    *action.mutable_register_officer() =
        county_.world.Officer(*county_.engine().view(), "treasury", "finance", v1::ROLE_TREASURY);
    county_.Approved(admin, action, {std::string(test_support::World::kOtherAdmin), "inspector"});
    action.Clear();
    v1::RegisterIndicator& indicator = *action.mutable_register_indicator();
    indicator.set_id("length");
    indicator.set_name("长度");
    indicator.set_unit("公里");
    indicator.set_scale(4);
    indicator.set_aggregation(v1::AGGREGATION_SUM);
    county_.Submit(admin, action);
    action = Dated();
    action.mutable_report_indicator()->set_project("p-1");
    action.mutable_report_indicator()->set_indicator("length");
    action.mutable_report_indicator()->set_value(290'835);
    county_.Submit("township", action);
    action = Dated();
    AddLine(action.mutable_change_plan()->add_lines(), -1'000);
    county_.Approved("clerk", action);
    action = Dated();
    AddLine(action.mutable_allocate()->add_lines(), 20'000);
    county_.Approved("clerk", action);
    action = Dated();
    AddLine(action.mutable_allocate()->add_lines(), 700);
    const Sequence mistake = county_.Approved("clerk", action);
    action = Dated();
    *action.mutable_reverse()->mutable_action() = RefOf(mistake);
    action.mutable_reverse()->set_reason("twice");
    county_.Approved("clerk", action);
    action = Dated();
    action.mutable_return_up()->set_fund("f-1");
    action.mutable_return_up()->set_amount_fen(5'000);
    county_.Approved("clerk", action);
    Pay(8'000, 3'000);
  }

  void Pay(int64_t paid_fen, int64_t refunded_fen) {
    const auto voucher = [](v1::Voucher* out, const char* number) {
      out->set_issuer("国库");
      out->set_type("凭证");
      out->set_year(2020);
      out->set_number(number);
    };
    v1::Action action = Dated();
    v1::RequestPayment& request = *action.mutable_request_payment();
    request.set_kind(v1::PAYMENT_KIND_SUBSIDY_BATCH);
    request.mutable_batch()->set_subsidy("危房补助");
    request.mutable_batch()->set_period("2020-05");
    request.mutable_batch()->set_count(3);
    request.mutable_batch()->set_roster(std::string(32, 'r'));
    AddLine(request.add_lines(), paid_fen);
    const Sequence payment = county_.Approved("clerk", action);
    request.mutable_batch()->set_period("2020-06");
    asked_only_ = county_.Approved("clerk", action);
    action = Dated();
    *action.mutable_instruct()->mutable_payment() = RefOf(payment);
    county_.Submit("treasury", action);
    action = Dated();
    *action.mutable_confirm()->mutable_payment() = RefOf(payment);
    action.mutable_confirm()->set_mode(v1::CONFIRM_MODE_DIRECT);
    voucher(action.mutable_confirm()->mutable_voucher(), "1");
    county_.Submit("treasury", action);
    action = Dated();
    *action.mutable_refund()->mutable_payment() = RefOf(payment);
    AddLine(action.mutable_refund()->add_lines(), refunded_fen);
    voucher(action.mutable_refund()->mutable_voucher(), "2");
    county_.Approved("treasury", action);
  }

  // The rich county's report, read.
  void ExportRich() {
    Enrich();
    county_.ExportReport(Bundle());
    report_ = nlohmann::json::parse(ReadAll(Bundle() / "report.json"));
    parts_ = *bundle::ParseFigureParts(ReadAll(Bundle() / "figures.json"));
  }
  using Change = std::function<void(nlohmann::json& report, bundle::FigureParts& parts)>;
  // The findings' reasons and messages once both files are changed so.
  std::vector<std::string> Changed(const Change& change) {
    nlohmann::json report = report_;
    bundle::FigureParts parts = parts_;
    change(report, parts);
    WriteAll(Bundle() / "report.json", report.dump());
    WriteAll(Bundle() / "figures.json", bundle::FormatFigureParts(parts));
    std::vector<std::string> said;
    for (const verify::Finding& each : Check(Bundle()).findings)
      said.push_back(absl::StrCat(each.reason, " ", each.message));
    return said;
  }

  TemporaryDirectory directory_;
  County county_;
  Sequence asked_only_ = 0;
  nlohmann::json report_;
  bundle::FigureParts parts_;
};

TEST_F(OfflineReport, AReportsFiguresAreWhatTheirRecordsAddUpTo) {
  county_.ExportReport(Bundle());
  const auto report = Check(Bundle());
  EXPECT_THAT(Named(report), IsEmpty());
  EXPECT_EQ(report.kind, bundle::Kind::kReport);
  EXPECT_GT(report.figures, 20u);
  const auto parts = bundle::ParseFigureParts(ReadAll(Bundle() / "figures.json"));
  ASSERT_TRUE(parts.ok());
  for (const char* name : {"planned_fen", "allocated_fen", "received_fen", "projects", "township_started",
                           "programmes.housing.planned_fen"}) {
    EXPECT_TRUE(parts->contains(name)) << name;
  }
}

// Rates and growth are computed from figures whose records were added up, and believed of nobody.
TEST_F(OfflineReport, APercentageThatTheFiguresDoNotGiveIsNamed) {
  county_.ExportReport(Bundle());
  const std::string good = ReadAll(Bundle() / "report.json");
  const auto message = [&](const std::function<void(nlohmann::json&)>& change) {
    auto report = nlohmann::json::parse(good);
    change(report);
    WriteAll(Bundle() / "report.json", report.dump());
    const auto checked = Check(Bundle());
    return checked.findings.size() == 1 ? checked.findings[0].reason + " " + checked.findings[0].message
                                        : absl::StrCat(checked.findings.size(), " findings");
  };
  for (const char* rate :
       {"disbursement_rate_percent", "township_start_rate_percent", "township_completion_rate_percent"}) {
    EXPECT_THAT(message([rate](nlohmann::json& report) { report[rate] = "98.76"; }),
                testing::StartsWith(absl::StrCat("FIGURE_DIFFERS ", rate, ": the report says 98.76, ")));
  }
  EXPECT_EQ(message([](nlohmann::json& report) { report["programmes"][0]["growth_percent"] = "12.5"; }),
            "FIGURE_DIFFERS programmes.housing.growth_percent: the report says 12.5, "
            "programmes.housing.planned_fen and programmes.housing.planned_previous_year_fen give null");
  EXPECT_THAT(message([](nlohmann::json& report) { report["absorption_percent"] = "12.5"; }),
              testing::StartsWith("FIGURE_UNPROVEN absorption_percent: the report says 12.5"));
  EXPECT_EQ(message([](nlohmann::json&) {}), "0 findings");
}

TEST_F(OfflineReport, AReportThatWasTouchedIsNamed) {
  county_.ExportReport(Bundle());
  const std::string good_report = ReadAll(Bundle() / "report.json");
  const std::string good_figures = ReadAll(Bundle() / "figures.json");
  auto report = nlohmann::json::parse(good_report);
  report["planned_fen"] = 60'001;
  WriteAll(Bundle() / "report.json", report.dump());
  const auto figure = Check(Bundle());
  ASSERT_FALSE(figure.ok());
  EXPECT_EQ(figure.findings[0].message, "planned_fen: the report says 60001, its records add up to 60000");
  WriteAll(Bundle() / "report.json", good_report);

  // An amount that its record does not say, though the sum is right.
  auto parts = *bundle::ParseFigureParts(good_figures);
  reports::FigurePart half = parts["planned_fen"].front();
  half.amount = 30'000;
  parts["planned_fen"] = {half, half};
  WriteAll(Bundle() / "figures.json", bundle::FormatFigureParts(parts));
  EXPECT_THAT(Named(Check(Bundle())), ElementsAre(absl::StrCat("FIGURE_UNPROVEN@", half.record)));

  // A record that is left out.
  parts = *bundle::ParseFigureParts(good_figures);
  parts.erase("received_fen");
  WriteAll(Bundle() / "figures.json", bundle::FormatFigureParts(parts));
  EXPECT_THAT(Named(Check(Bundle())), ElementsAre("FIGURE_DIFFERS"));
  WriteAll(Bundle() / "figures.json", good_figures);

  const Sequence cited = parts["planned_fen"].front().record;
  std::filesystem::remove(Bundle() / "records" / absl::StrCat(cited, ".tlog-proof"));
  EXPECT_THAT(Named(Check(Bundle())), Contains(absl::StrCat("FIGURE_UNPROVEN@", cited)));
}

TEST_F(OfflineReport, EveryKindOfMoneyIsWhatItsRecordsAddUpTo) {
  ExportRich();
  EXPECT_THAT(Changed([](nlohmann::json&, bundle::FigureParts&) {}), IsEmpty());
  EXPECT_EQ(report_["planned_fen"], 60'000);
  EXPECT_EQ(report_["projects_size_fen"], 59'000);
  EXPECT_EQ(report_["allocated_fen"], 20'500);
  EXPECT_EQ(report_["received_fen"], 95'000);
  EXPECT_EQ(report_["disbursed_fen"], 5'000);
  EXPECT_EQ(report_["indicators"][0]["value"], "29.0835");
  EXPECT_EQ(parts_["allocated_fen"].size(), 4u);
  EXPECT_EQ(parts_["disbursed_fen"].size(), 2u);
}

// Otherwise the figures of June could be given out as those of January.
TEST_F(OfflineReport, NothingCountsThatIsLaterThanTheReport) {
  ExportRich();
  const auto count = [](const std::vector<std::string>& said, const std::string& what) {
    return std::count_if(said.begin(), said.end(), [&](const std::string& each) {
      return each.starts_with("FIGURE_UNPROVEN") && each.find(what) != std::string::npos;
    });
  };
  const auto dated =
      Changed([](nlohmann::json& report, bundle::FigureParts&) { report["as_of"] = "2020-06-15"; });
  EXPECT_THAT(dated,
              Contains(testing::StartsWith("FIGURE_UNPROVEN planned_fen counts up to 2020-06-15, and ")));
  EXPECT_GT(count(dated, " is of 2020-06-16"), 10);
  // Nothing of a proposal counts before its approval.
  const Sequence planned = parts_["planned_fen"].front().record;
  const auto bound =
      Changed([&](nlohmann::json& report, bundle::FigureParts&) { report["sequence"] = planned - 1; });
  EXPECT_THAT(bound, Contains(absl::StrCat("FIGURE_UNPROVEN planned_fen counts record ", planned,
                                           ", and the report records up to ", planned - 1)));
  EXPECT_EQ(
      count(Changed([&](nlohmann::json& report, bundle::FigureParts&) { report["sequence"] = planned; }),
            " planned_fen counts"),
      0);
  // What was planned in the year before was planned by its end.
  const auto moved = Changed([](nlohmann::json& report, bundle::FigureParts& parts) {
    parts["programmes.housing.planned_previous_year_fen"] = parts["programmes.housing.planned_fen"];
    report["programmes"][0]["planned_previous_year_fen"] = report["programmes"][0]["planned_fen"];
  });
  EXPECT_THAT(moved,
              Contains(testing::StartsWith("FIGURE_UNPROVEN programmes.housing.planned_previous_year_fen "
                                           "counts up to 2019-12-31, and ")));
  EXPECT_THAT(Changed([](nlohmann::json&, bundle::FigureParts&) {}), IsEmpty());
}

TEST_F(OfflineReport, NothingCountsTwice) {
  ExportRich();
  EXPECT_THAT(Changed([](nlohmann::json& report, bundle::FigureParts& parts) {
                parts["received_fen"].push_back(parts["received_fen"][0]);
                report["received_fen"] = 195'000;
              }),
              ElementsAre(HasSubstr("FIGURE_UNPROVEN received_fen counts action 0 of record")));
  // A started project, by two milestones of the same project.
  EXPECT_THAT(Changed([](nlohmann::json& report, bundle::FigureParts& parts) {
                parts["started"].push_back(parts["started"][0]);
                report["started"] = 2;
              }),
              ElementsAre(HasSubstr("for something that it counts already")));
}

TEST_F(OfflineReport, ARecordCountsForWhatItSaysAlone) {
  ExportRich();
  const auto received = parts_["received_fen"][0];
  EXPECT_THAT(Changed([&](nlohmann::json& report, bundle::FigureParts& parts) {
                FigurePart more = received;
                more.fund = "";
                more.project = "p-1";
                more.amount = 1'000'000'000'000;
                parts["received_fen"].push_back(more);
                report["received_fen"] = 1'000'000'095'000;
              }),
              ElementsAre(HasSubstr("which says nothing of it")));
  EXPECT_THAT(Changed([&](nlohmann::json& report, bundle::FigureParts& parts) {
                parts["received_fen"][0].amount = -received.amount;
                report["received_fen"] = -105'000;
              }),
              ElementsAre(HasSubstr("received_fen counts -100000 for action 0")));
  EXPECT_THAT(Changed([&](nlohmann::json& report, bundle::FigureParts& parts) {
                parts["projects"][0].amount = 100;
                report["projects"] = 100;
              }),
              Contains(HasSubstr("projects counts 100 for action 0")));
  // Money received is not money paid.
  EXPECT_THAT(Changed([&](nlohmann::json& report, bundle::FigureParts& parts) {
                parts["disbursed_fen"].push_back(received);
                report["disbursed_fen"] = 105'000;
                report["disbursement_rate_percent"] = "175.00";
              }),
              ElementsAre(HasSubstr("disbursed_fen counts 100000 for action 0")));
  // Nor is what was only asked for.
  EXPECT_THAT(Changed([&](nlohmann::json& report, bundle::FigureParts& parts) {
                FigurePart more = parts["disbursed_fen"][0];
                more.record = asked_only_;
                parts["disbursed_fen"].push_back(more);
                report["disbursed_fen"] = 13'000;
                report["disbursement_rate_percent"] = "21.67";
              }),
              ElementsAre(HasSubstr("FIGURE_UNPROVEN disbursed_fen counts")));
  // A change of the plan counts in its size, not in what was planned at first.
  EXPECT_THAT(Changed([&](nlohmann::json& report, bundle::FigureParts& parts) {
                parts["planned_fen"] = parts["projects_size_fen"];
                report["planned_fen"] = 59'000;
                report["disbursement_rate_percent"] = "8.47";
              }),
              ElementsAre(HasSubstr("planned_fen counts -1000 for action 0")));
}

TEST_F(OfflineReport, AProposalCountsByItsApproval) {
  ExportRich();
  EXPECT_THAT(Changed([](nlohmann::json&, bundle::FigureParts& parts) {
                --parts["received_fen"][0].record;  // World::Decide approves in the next record
              }),
              ElementsAre(HasSubstr("a proposal, without its approval")));
}

TEST_F(OfflineReport, NumbersStandAsTheyArePrinted) {
  ExportRich();
  EXPECT_THAT(
      Changed(
          [](nlohmann::json& report, bundle::FigureParts&) { report["indicators"][0]["value"] = "290835"; }),
      ElementsAre("FIGURE_DIFFERS indicators.housing.length.value: the report says 290835, its records "
                  "add up to 29.0835"));
  EXPECT_THAT(
      Changed([](nlohmann::json& report, bundle::FigureParts&) { report["received_fen"] = "950.00"; }),
      ElementsAre("FIGURE_DIFFERS received_fen: the report says 950.00, its records add up to 95000"));
}

TEST_F(OfflineReport, NamesAreAsRegistered) {
  ExportRich();
  EXPECT_THAT(
      Changed([](nlohmann::json& report, bundle::FigureParts&) {
        report["programmes"][0]["name"] = "教育";
        report["programmes"][0]["task_group"] = "某组";
        report["indicators"][0]["unit"] = "万公里";
      }),
      ElementsAre("FIGURE_DIFFERS indicators.housing.length.unit: the report says 万公里, the records "
                  "公里",
                  "FIGURE_DIFFERS programmes.housing.name: the report says 教育, the records 危房改造",
                  "FIGURE_DIFFERS programmes.housing.task_group: the report says 某组, the records "));
  EXPECT_THAT(Changed([](nlohmann::json& report, bundle::FigureParts&) {
                report["programmes"][0]["prize"] = "first";
              }),
              ElementsAre("FIGURE_UNPROVEN programmes.housing.prize: no report has it"));
  EXPECT_THAT(Changed([](nlohmann::json& report, bundle::FigureParts&) {
                report["programmes"][0]["programme"] = "first";
                report["invested_by_year"][0]["id"] = "first";
                report["disbursed_by_level"]["year"] = 1;
              }),
              testing::SizeIs(3));
  report_["audited_by"] = "the court";
  WriteAll(Bundle() / "report.json", report_.dump());
  WriteAll(Bundle() / "figures.json", bundle::FormatFigureParts(parts_));
  const auto remarked = Check(Bundle());
  EXPECT_THAT(Named(remarked), IsEmpty());
  EXPECT_THAT(remarked.notes, Contains("audited_by of the report is no figure, and was not checked"));
}

// A parser keeps the last, a reader may see the first.
TEST_F(OfflineReport, NothingStandsTwice) {
  ExportRich();
  const auto twice = [](const nlohmann::json& report) {
    nlohmann::json first = report["programmes"][0];
    first["planned_fen"] = 999'999'999;
    return first;
  };
  EXPECT_THAT(Changed([&](nlohmann::json& report, bundle::FigureParts&) {
                report["programmes"].insert(report["programmes"].begin(), twice(report));
              }),
              ElementsAre(HasSubstr("BRIEFING_MALFORMED the briefing says programmes.housing.")));
  EXPECT_THAT(
      Changed([&](nlohmann::json& report, bundle::FigureParts&) {
        report["programmes.housing.planned_fen"] = report["programmes"][0]["planned_fen"];
        report["programmes"][0]["planned_fen"] = 777;
      }),
      ElementsAre(HasSubstr("BRIEFING_MALFORMED the briefing says programmes.housing.planned_fen twice")));
  std::string text = report_.dump();
  text.insert(1, "\"planned_fen\":1,");
  WriteAll(Bundle() / "report.json", text);
  EXPECT_THAT(Named(Check(Bundle())), ElementsAre("BRIEFING_MALFORMED"));
  // The same briefing, given beside the whole ledger.
  county_.Export(directory_.Sub("whole"));
  nlohmann::json briefing = report_;
  const auto named = [&] {
    return Named(
        Check(directory_.Sub("whole"), [&](verify::Options& options) { options.figures = briefing; }));
  };
  EXPECT_THAT(named(), IsEmpty());
  briefing["programmes"].insert(briefing["programmes"].begin(), twice(briefing));
  EXPECT_THAT(named(), ElementsAre("BRIEFING_MALFORMED"));
  const auto parsed = bundle::ParseJson(text);
  EXPECT_EQ(ReasonOf(parsed.status()), "JSON_MALFORMED");
  EXPECT_THAT(std::string(parsed.status().message()),
              HasSubstr("\"planned_fen\" stands twice in one object"));
  EXPECT_TRUE(bundle::ParseJson(R"({"a": {"x": 1}, "b": [{"x": 2}, {"x": 3}]})").ok());
}

}  // namespace
}  // namespace fundledger::attack
