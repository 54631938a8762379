#include "ledger/reports/paging.h"

#include <set>

#include "ledger/base/bytes.h"
#include "tests/unit/reports/reports_testing.h"

namespace fundledger::reports {
namespace {

TEST(Paging, GivesEachOfAThousandOnceInOrderWhileTheLedgerGrows) {
  Ledger ledger;
  ledger.Fund("F", 2020, {});
  std::set<std::string> expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = "P" + std::to_string(i);
    ledger.Project(id, "town", "housing", 100);
    ledger.Plan(id, "F", i + 1, 100);
    expected.insert(id);
  }
  const Sequence first = ledger.last();
  v1::ListProjectsRequest request;
  request.set_page_size(37);
  std::vector<std::string> seen;
  int64_t planned = 0;
  do {
    const auto page = Answer(Projects(ledger.source(), request));
    ASSERT_LE(page.projects_size(), 37);
    EXPECT_EQ(page.basis().sequence(), first);
    for (const auto& project : page.projects()) {
      seen.push_back(project.project().id());
      planned += project.amounts().planned_fen();
    }
    request.set_page_token(page.next_page_token());
    // Between pages: a project at either end, more money everywhere.
    const std::string suffix = std::to_string(seen.size());
    ledger.Project("A" + suffix, "town", "housing", 100);
    ledger.Project("Z" + suffix, "town", "housing", 100);
    ledger.ChangePlan("P999", "F", 1000, 100);
  } while (!request.page_token().empty());
  EXPECT_EQ(seen, std::vector<std::string>(expected.begin(), expected.end()));
  EXPECT_EQ(planned, 1000 * 1001 / 2);
}

TEST(Paging, StatementPagesAreOfOneStateToo) {
  Ledger ledger;
  for (int f = 0; f < 3; ++f) ledger.Fund("F" + std::to_string(f), 2020, {});
  for (int i = 0; i < 40; ++i) {
    ledger.Project("P" + std::to_string(i), "town", "housing", 100);
    for (int f = 0; f < 3; ++f) ledger.Plan("P" + std::to_string(i), "F" + std::to_string(f), 5, 100);
  }
  const auto whole = Answer(Statement(ledger.source(), {}));
  v1::GetStatementRequest request;
  request.set_page_size(7);
  v1::GetStatementResponse joined;
  do {
    const auto page = Answer(Statement(ledger.source(), request));
    EXPECT_TRUE(Same(page.total(), whole.total()));
    joined.mutable_lines()->MergeFrom(page.lines());
    request.set_page_token(page.next_page_token());
    ledger.ChangePlan("P7", "F1", 1, 100);
  } while (!request.page_token().empty());
  ASSERT_EQ(joined.lines_size(), 120);
  for (int i = 0; i < 120; ++i) EXPECT_TRUE(Same(joined.lines(i), whole.lines(i)));
}

TEST(Paging, EndsWithoutATokenWhenTheLastPageIsFull) {
  Ledger ledger;
  ledger.Fund("A", 2020, {});
  ledger.Fund("B", 2020, {});
  v1::ListFundsRequest request;
  request.set_page_size(2);
  EXPECT_EQ(Answer(Funds(ledger.source(), request)).next_page_token(), "");
  request.set_page_size(1);
  EXPECT_NE(Answer(Funds(ledger.source(), request)).next_page_token(), "");
}

class PageTokenTest : public ::testing::Test {
 protected:
  PageTokenTest() {
    ledger_.Fund("A", 2020, {"special"});
    ledger_.Fund("B", 2020, {"special"});
    request_.set_page_size(1);
    request_.set_page_token(Answer(Funds(ledger_.source(), request_)).next_page_token());
  }
  std::string Reason() const { return ReasonOfAnswer(Funds(ledger_.source(), request_)); }

  Ledger ledger_;
  v1::ListFundsRequest request_;
};

TEST_F(PageTokenTest, IsRefusedWithAnotherRequest) {
  EXPECT_EQ(Reason(), "");
  request_.set_category("special");
  EXPECT_EQ(Reason(), "PAGE_TOKEN_INVALID");
  request_.clear_category();
  request_.set_page_size(2);
  EXPECT_EQ(Reason(), "PAGE_TOKEN_INVALID");
  request_.set_page_size(1);
  *request_.mutable_as_of() = On(18300);
  EXPECT_EQ(Reason(), "PAGE_TOKEN_INVALID");
  v1::ListPaymentsRequest payments;
  payments.set_page_size(1);
  payments.set_page_token(request_.page_token());
  EXPECT_EQ(ReasonOfAnswer(Payments(ledger_.source(), payments)), "PAGE_TOKEN_INVALID");
}

TEST_F(PageTokenTest, IsRefusedWithAnyBitTurned) {
  const std::string raw = *Base64Decode(request_.page_token());
  for (size_t bit = 0; bit < raw.size() * 8; ++bit) {
    std::string spoilt = raw;
    spoilt[bit / 8] = static_cast<char>(spoilt[bit / 8] ^ (1 << (bit % 8)));
    request_.set_page_token(Base64Encode(spoilt));
    EXPECT_EQ(Reason(), "PAGE_TOKEN_INVALID") << "bit " << bit;
  }
  for (size_t length = 0; length < raw.size(); ++length) {
    request_.set_page_token(length == 0 ? "?" : Base64Encode(raw.substr(0, length)));
    EXPECT_EQ(Reason(), "PAGE_TOKEN_INVALID") << "length " << length;
  }
}

TEST_F(PageTokenTest, IsRefusedByALedgerThatHasNotTheRecord) {
  Ledger shorter;
  EXPECT_EQ(ReasonOfAnswer(Funds(shorter.source(), request_)), "PAGE_TOKEN_INVALID");
}

TEST_F(PageTokenTest, KeepsToTheRecordAskedFor) {
  request_.clear_page_token();
  *request_.mutable_as_of() = AtRecord(ledger_.last());
  const Sequence asked = ledger_.last();
  request_.set_page_token(Answer(Funds(ledger_.source(), request_)).next_page_token());
  ledger_.Fund("C", 2020, {});
  const auto page = Answer(Funds(ledger_.source(), request_));
  EXPECT_EQ(page.basis().sequence(), asked);
  ASSERT_EQ(page.funds_size(), 1);
  EXPECT_EQ(page.funds(0).fund().id(), "B");
  EXPECT_EQ(page.next_page_token(), "");
}

}  // namespace
}  // namespace fundledger::reports
