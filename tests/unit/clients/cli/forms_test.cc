#include "clients/cli/forms.h"

#include <set>

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "clients/cli/describe.h"
#include "clients/cli/language.h"
#include "ledger/base/status.h"

namespace fundledger::cli {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::HasSubstr;

constexpr uint32_t kScale = 4;

// A ledger whose indicators have four decimals and whose records have a leaf hash.
class FakeResolver : public SyntaxResolver {
 public:
  absl::StatusOr<v1::ActionRef> Action(const std::string& text) override {
    auto ref = ParseActionRef(text);
    if (ref.ok()) ref->set_leaf_hash(std::string(32, 'h'));
    return ref;
  }
  absl::StatusOr<uint32_t> Scale(const std::string&) override { return kScale; }
};

std::optional<uint32_t> ScaleFour(const std::string&) {
  return kScale;
}

std::string Sample(const Column& column) {
  switch (column.kind) {
    case CellKind::kId:
      return std::string(column.name).substr(0, 3) + "-1";
    case CellKind::kText:
      return "文字, with \"quotes\"";
    case CellKind::kAmount:
      return "120.5万";
    case CellKind::kSignedAmount:
      return "-3,000.25";
    case CellKind::kYear:
    case CellKind::kPlanYear:
      return "2020";
    case CellKind::kNumber:
      return "3";
    case CellKind::kProgress:
      return "67.5%";
    case CellKind::kDate:
      return "2020/6/16";
    case CellKind::kWord:
      return column.words->back().chinese;
    case CellKind::kIdList:
    case CellKind::kTextList:
      return "a1; b2；c3";
    case CellKind::kTargets:
      return "i-1=29.0835;i-2=3";
    case CellKind::kDecimal:
      return "29.0835";
    case CellKind::kPayment:
    case CellKind::kAction:
      return "17.2";
    case CellKind::kKey:
      return "sm2:04" + std::string(128, 'a');
    case CellKind::kCode:
    case CellKind::kDocument:
      return std::string(64, 'c');
    case CellKind::kYes:
      return "是";
    case CellKind::kFurther:
      return "allocate>=100万:finance_reviewer@other+inspector@any;receive:财政复核@own";
  }
  return "";
}

// Rows with every column filled but `without`; two lines where the kind has lines.
std::vector<Cells> SampleRows(const Form& form, const std::set<std::string>& without) {
  std::vector<Cells> rows(form.has_lines() ? 2 : 1);
  rows[0]["reference"] = "R-1";
  rows[0]["date"] = "2020年6月16日";
  rows[0]["note"] = "备注";
  for (const Column& column : form.columns) {
    if (without.count(column.name) != 0) continue;
    rows[0][column.name] = Sample(column);
    if (column.per_line) rows[1][column.name] = column.kind == CellKind::kId ? "second" : Sample(column);
  }
  return rows;
}

std::vector<std::set<std::string>> Variants(const Form& form) {
  if (form.kind == "request_payment") return {{"payee"}, {"subsidy", "period", "count", "roster"}};
  if (form.kind == "report_indicator") return {{"project"}, {"programme"}};
  return {{}};
}

TEST(Forms, EveryKindOfActionHasOne) {
  const auto* kinds = v1::Action::descriptor()->FindOneofByName("kind");
  for (int i = 0; i < kinds->field_count(); ++i) {
    const Form* form = FindForm(kinds->field(i)->name());
    ASSERT_NE(form, nullptr) << kinds->field(i)->name();
    EXPECT_EQ(FindForm(form->chinese), form) << "Chinese names are unique";
  }
  EXPECT_EQ(static_cast<int>(Forms().size()), kinds->field_count());
}

TEST(Forms, EveryKindGoesFromCellsToTheActionAndBack) {
  FakeResolver resolver;
  for (const Form& form : Forms()) {
    for (const auto& without : Variants(form)) {
      v1::Action action;
      const auto errors = FillAction(form, SampleRows(form, without), &resolver, &action);
      ASSERT_TRUE(errors.empty()) << form.kind << " " << errors[0].column << ": " << errors[0].status;
      EXPECT_EQ(FormOf(action), &form);
      EXPECT_EQ(action.reference(), "R-1");
      v1::Action again;
      const auto described = DescribeAction(form, action, ScaleFour);
      EXPECT_TRUE(FillAction(form, described, &resolver, &again).empty()) << form.kind;
      EXPECT_TRUE(MessageDifferencer::Equals(action, again)) << form.kind << "\n"
                                                             << action.DebugString() << "\n"
                                                             << again.DebugString();
      EXPECT_NE(ActionText(action, ScaleFour).find("reference R-1"), std::string::npos);
      EXPECT_EQ(WithoutCells(form, action).ByteSizeLong(), 0U) << WithoutCells(form, action).DebugString();
    }
  }
}

// Whoever approves sees all of it, also what no form would have made.
TEST(ActionText, ShowsWhatHasNoColumn) {
  v1::Action payee;
  payee.mutable_register_payee()->set_id("builder-1");
  for (const char* number : {"4100001", "6600002"}) {
    v1::BankAccount& account = *payee.mutable_register_payee()->add_accounts();
    account.set_bank("农商行");
    account.set_account_number(number);
  }
  EXPECT_THAT(ActionText(payee, ScaleFour), testing::AllOf(HasSubstr("4100001"), HasSubstr("6600002")));
  v1::Action batch;
  batch.mutable_request_payment()->mutable_batch()->set_subsidy("低保");
  batch.mutable_request_payment()->mutable_batch()->set_roster(std::string(32, '\xab'));
  batch.add_documents()->set_id(std::string(32, '\xcd'));
  EXPECT_THAT(ActionText(batch, ScaleFour),
              testing::AllOf(HasSubstr("低保"), HasSubstr("abababab"), HasSubstr("cdcdcdcd")));
  v1::Action old;
  old.mutable_start_project()->set_project("p-1");
  EXPECT_THAT(ActionText(old, ScaleFour), testing::Not(HasSubstr("historical")));
  old.set_historical(true);
  EXPECT_THAT(ActionText(old, ScaleFour), HasSubstr("historical load"));
}

TEST(Forms, ReadsARosterByItsDocumentsId) {
  FakeResolver resolver;
  const auto fill = [&resolver](const std::string& roster, const std::string& payee) {
    v1::Action action;
    Cells cells = {{"payment_kind", "subsidy_batch"},
                   {"project", "p-1"},
                   {"fund", "f-1"},
                   {"amount", "1万"},
                   {"roster", roster}};
    if (payee.empty()) cells.insert({{"subsidy", "低保"}, {"period", "2020-05"}, {"count", "5"}});
    if (!payee.empty()) cells["payee"] = payee;
    const auto errors = FillAction(*FindForm("request_payment"), {cells}, &resolver, &action);
    return errors.empty() ? action.request_payment().batch().roster() : ReasonOf(errors[0].status);
  };
  EXPECT_EQ(fill(std::string(64, 'A'), ""), std::string(32, '\xaa'));
  for (const std::string& wrong : {std::string(62, 'a'), std::string(64, 'g'), std::string("roster.csv")}) {
    EXPECT_EQ(fill(wrong, ""), "DOCUMENT_MALFORMED") << wrong;
  }
  EXPECT_EQ(fill(std::string(64, 'a'), "builder"), "COLUMNS_DISAGREE");
}

TEST(Forms, ReadsNumbersAsInputMethodsWriteThem) {
  FakeResolver resolver;
  const auto fill = [&resolver](const char* kind, const char* column, const char* text) {
    Cells cells = {{"project", "p-1"}};
    if (std::string_view(kind) == "report_indicator") cells["indicator"] = "i-1";
    cells[column] = text;
    v1::Action action;
    (void)FillAction(*FindForm(kind), {cells}, &resolver, &action);
    return action;
  };
  const auto progress = [&](const char* text) {
    return fill("report_progress", "progress", text).report_progress().progress_basis_points();
  };
  EXPECT_EQ(progress("３５%"), 3500);
  EXPECT_EQ(progress("６７．５　％"), 6750);
  const auto count = [&](const char* text) {
    return fill("request_payment", "count", text).request_payment().batch().count();
  };
  EXPECT_EQ(count("５"), 5U);
  EXPECT_EQ(count("1,234"), 1234U);
  EXPECT_EQ(count("12,34"), 0U);
  const auto value = [&](const char* text) {
    return fill("report_indicator", "value", text).report_indicator().value();
  };
  EXPECT_EQ(value("３"), 30'000);
  EXPECT_EQ(value("１，２３４．５"), 12'345'000);
  EXPECT_EQ(value("-1,234.5"), -12'345'000);
  EXPECT_EQ(value("12,34.5"), 0);
  const auto year = [&](const char* text) {
    return fill("approve_project", "plan_year", text).approve_project().plan_year();
  };
  EXPECT_EQ(year("２０２０"), 2020);
  EXPECT_EQ(year("2,020"), 0) << "a year has no groups";
}

TEST(Forms, NamesColumnsOnceInEachLanguage) {
  std::set<std::string> titles;
  const auto add = [&titles](const Column& column) {
    EXPECT_EQ(ColumnNamed(column.name), column.name);
    EXPECT_EQ(ColumnNamed(column.chinese), column.name) << column.chinese;
  };
  for (const Form& form : Forms()) {
    for (const Column& column : form.columns) add(column);
  }
  for (const Column& column : CommonColumns()) add(column);
  EXPECT_FALSE(ColumnNamed("colour").has_value());
}

TEST(Forms, FillsAllocationsWithSeveralLines) {
  FakeResolver resolver;
  v1::Action action;
  const auto errors = FillAction(*FindForm("分配"),
                                 {{{"reference", "A-1"},
                                   {"date", "2020-03-02"},
                                   {"project", "p-1"},
                                   {"fund", "f-1"},
                                   {"amount", "1.466亿"}},
                                  {{"project", "p-2"}, {"fund", "f-1"}, {"amount", "12,345.67"}}},
                                 &resolver, &action);
  ASSERT_TRUE(errors.empty()) << errors[0].status;
  ASSERT_EQ(action.allocate().lines_size(), 2);
  EXPECT_EQ(action.allocate().lines(0).amount_fen(), 14'660'000'000);
  EXPECT_EQ(action.allocate().lines(1).project(), "p-2");
  EXPECT_EQ(action.allocate().lines(1).amount_fen(), 1'234'567);
}

TEST(Forms, DefaultsTheOriginYear) {
  FakeResolver resolver;
  const Form& form = *FindForm("register_fund");
  std::vector<Cells> rows = SampleRows(form, {"origin_year"});
  v1::Action action;
  ASSERT_TRUE(FillAction(form, rows, &resolver, &action).empty());
  EXPECT_EQ(action.register_fund().origin_year(), 2020);
}

// The message of the only error of an action with one cell set to `value`.
std::string ErrorOf(const std::string& kind, const std::string& column, const std::string& value) {
  FakeResolver resolver;
  const Form& form = *FindForm(kind);
  std::vector<Cells> rows = SampleRows(form, Variants(form).back());
  rows[0][column] = value;
  v1::Action action;
  const auto errors = FillAction(form, rows, &resolver, &action);
  EXPECT_EQ(errors.size(), 1U) << kind << " " << column << " " << value;
  if (errors.size() != 1) return "";
  EXPECT_EQ(errors[0].column, column);
  EXPECT_EQ(errors[0].value, value);
  return ReasonOf(errors[0].status) + ": " + std::string(errors[0].status.message());
}

TEST(Forms, SaysWhatToWriteInstead) {
  EXPECT_THAT(ErrorOf("receive", "amount", "1e9"), HasSubstr("AMOUNT_MALFORMED"));
  EXPECT_THAT(ErrorOf("receive", "amount", "-5"), HasSubstr("AMOUNT_NEGATIVE"));
  EXPECT_THAT(ErrorOf("receive", "amount", "12,34"), HasSubstr("AMOUNT_MALFORMED"));
  EXPECT_THAT(ErrorOf("receive", "amount", "0.001元"), HasSubstr("AMOUNT_TOO_PRECISE"));
  EXPECT_THAT(ErrorOf("receive", "amount", "0.00"), HasSubstr("AMOUNT_ZERO"));
  EXPECT_THAT(ErrorOf("receive", "date", "2020-02-30"), HasSubstr("DATE_INVALID"));
  EXPECT_THAT(ErrorOf("receive", "fund", "资金一"), HasSubstr("ID_MALFORMED"));
  EXPECT_THAT(ErrorOf("receive", "fund", ""), HasSubstr("CELL_MISSING"));
  EXPECT_THAT(ErrorOf("register_organization", "tier", "state"), HasSubstr("city(市直), department"));
  EXPECT_THAT(ErrorOf("report_progress", "progress", "101%"), HasSubstr("PROGRESS_INVALID"));
  EXPECT_THAT(ErrorOf("report_progress", "progress", "33.333%"), HasSubstr("PROGRESS_INVALID"));
  EXPECT_THAT(ErrorOf("report_indicator", "value", "1.23456"), HasSubstr("VALUE_TOO_PRECISE"));
  EXPECT_THAT(ErrorOf("instruct", "payment", "office"), HasSubstr("ACTION_REF_INVALID"));
  EXPECT_THAT(ErrorOf("instruct", "payment", "office/"), HasSubstr("PAYMENT_REF_INVALID"));
  EXPECT_THAT(ErrorOf("declare_project", "targets", "i-1:3"), HasSubstr("TARGET_INVALID"));
  EXPECT_THAT(ErrorOf("receive", "note", "电话 13800138000"), HasSubstr("PERSONAL_DATA"));
  EXPECT_THAT(ErrorOf("register_fund", "origin_year", "2021"), HasSubstr("after the fiscal year"));
  EXPECT_THAT(ErrorOf("approve_project", "plan_year", "20"), HasSubstr("NUMBER_INVALID"));
  EXPECT_THAT(ErrorOf("receive", "tier", "city"), HasSubstr("COLUMN_NOT_OF_KIND"));
}

TEST(Forms, ChecksWhatBelongsTogether) {
  FakeResolver resolver;
  const Form& request = *FindForm("request_payment");
  v1::Action action;
  const auto errors_without = [&](const Form& form, const std::set<std::string>& without) {
    return FillAction(form, SampleRows(form, without), &resolver, &action).size();
  };
  EXPECT_EQ(errors_without(request, {}), 1U) << "payee and batch";
  EXPECT_EQ(errors_without(request, {"payee", "subsidy", "period", "count"}), 1U) << "neither";
  EXPECT_EQ(errors_without(request, {"payee", "count"}), 1U) << "half a batch";
  EXPECT_EQ(errors_without(*FindForm("report_indicator"), {}), 1U);
  EXPECT_EQ(errors_without(*FindForm("report_indicator"), {"project", "programme"}), 1U);
  EXPECT_EQ(errors_without(*FindForm("register_payee"), {"bank"}), 1U);
}

TEST(Forms, ReportsAllErrorsOfAllRows) {
  FakeResolver resolver;
  v1::Action action;
  const auto errors = FillAction(*FindForm("plan"),
                                 {{{"project", "p 1"}, {"fund", "f-1"}, {"amount", "-1"}},
                                  {{"project", "p-2"}, {"amount", "x"}, {"note", "other"}}},
                                 &resolver, &action);
  ASSERT_EQ(errors.size(), 4U);
  EXPECT_EQ(errors[1].row, 0U);
  EXPECT_EQ(errors[2].row, 1U);
}

TEST(Forms, RowsOfOneReferenceAgree) {
  FakeResolver resolver;
  v1::Action action;
  const Cells first = {{"project", "p-1"}, {"fund", "f-1"}, {"amount", "1"}, {"date", "2020-01-02"}};
  Cells second = {{"project", "p-2"}, {"fund", "f-1"}, {"amount", "2"}};
  EXPECT_TRUE(FillAction(*FindForm("plan"), {first, second}, &resolver, &action).empty());
  second["date"] = "2020-01-03";
  const auto errors = FillAction(*FindForm("plan"), {first, second}, &resolver, &action);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].row, 1U);
  EXPECT_EQ(ReasonOf(errors[0].status), "ROWS_DISAGREE");
}

TEST(Decimal, IsExact) {
  EXPECT_EQ(*ParseDecimal("29.0835", 4), 290835);
  EXPECT_EQ(*ParseDecimal("29.08350", 4), 290835);
  EXPECT_EQ(*ParseDecimal("-0.5", 1), -5);
  EXPECT_EQ(*ParseDecimal("7", 0), 7);
  for (const char* bad : {"", "-", ".5", "1.", "1.2.3", "1e3", "12,00", "1 000"}) {
    EXPECT_FALSE(ParseDecimal(bad, 4).ok()) << bad;
  }
  EXPECT_FALSE(ParseDecimal("99999999999999999999", 0).ok());
  for (const int64_t value :
       {int64_t{0}, int64_t{5}, int64_t{-5}, int64_t{290835}, INT64_MIN + 1, INT64_MAX}) {
    for (uint32_t scale = 0; scale <= 9; ++scale) {
      EXPECT_EQ(*ParseDecimal(FormatDecimal(value, scale), scale), value) << value << " at " << scale;
    }
  }
}

TEST(Words, AreReadInBothLanguages) {
  for (const Words* words :
       {&kTierWords, &kRoleWords, &kSourceTierWords, &kNatureWords, &kProjectKindWords, &kPaymentKindWords,
        &kConfirmModeWords, &kAggregationWords, &kOutsideKindWords}) {
    for (const Word& word : *words) {
      EXPECT_EQ(NumberOf(*words, word.name), word.number);
      EXPECT_EQ(NumberOf(*words, word.chinese), word.number) << word.chinese;
    }
  }
  EXPECT_EQ(NumberOf(kNatureWords, "Self-Raised"), v1::NATURE_SELF_RAISED);
  EXPECT_FALSE(NumberOf(kNatureWords, "gift").has_value());
}

}  // namespace
}  // namespace fundledger::cli
