#include "ledger/reports/answers.h"

#include "ledger/books/posted.h"
#include "tests/unit/reports/reports_testing.h"

namespace fundledger::reports {
namespace {

const int32_t kJan = Day(2020, 1, 10);
const int32_t kJune = Day(2020, 6, 16);

class AnswersTest : public ::testing::Test {
 protected:
  AnswersTest() {
    ledger_.Fund("IN", 2020, {"special"});
    ledger_.Project("P1", "village", "housing", Day(2019, 1, 1));
    ledger_.Approve("P1", 2020, kJan);
    ledger_.Receive("IN", 10000, kJan);
    ledger_.Plan("P1", "IN", 1000, kJan);
    ledger_.Allocate("P1", "IN", 900, kJan);
    ledger_.Confirm(ledger_.Request("P1", "IN", 300, kJune), v1::CONFIRM_MODE_DIRECT, kJune);
  }

  // As a ledger answers it, with the checkpoint in its basis.
  template <typename Response>
  v1::Answer Stated(const std::string& method, const google::protobuf::Message& request, Response response) {
    response.mutable_basis()->set_checkpoint("a checkpoint");
    response.mutable_basis()->set_witnessed_checkpoint("another");
    v1::Answer answer;
    answer.set_method(method);
    answer.set_request(request.SerializeAsString());
    answer.set_response(response.SerializeAsString());
    return answer;
  }
  v1::GetBriefingRequest Asked() {
    v1::GetBriefingRequest request;
    request.set_year(2020);
    *request.mutable_as_of() = On(kJune);
    request.set_sign_answer(true);
    return request;
  }
  v1::Answer StatedBriefing(const v1::GetBriefingResponse& response) {
    return Stated("fundledger.v1.ReportService/GetBriefing", Asked(), response);
  }
  v1::GetBriefingResponse Brief() { return Answer(Briefing(ledger_.source(), Asked())); }
  std::vector<std::string> Compare(const v1::Answer& answer) {
    const auto lines = CompareAnswer(ledger_.source(), answer);
    EXPECT_TRUE(lines.ok()) << lines.status();
    return lines.ok() ? *lines : std::vector<std::string>{"error"};
  }

  Ledger ledger_;
};

TEST_F(AnswersTest, WhatTheRecordsGiveDoesNotDiffer) {
  EXPECT_EQ(Compare(StatedBriefing(Brief())), std::vector<std::string>{});
  v1::ListFundsRequest funds;
  EXPECT_EQ(
      Compare(Stated("fundledger.v1.FundService/ListFunds", funds, Answer(Funds(ledger_.source(), funds)))),
      std::vector<std::string>{});
  v1::GetStatementRequest statement;
  EXPECT_EQ(Compare(Stated("fundledger.v1.FundService/GetStatement", statement,
                           Answer(Statement(ledger_.source(), statement)))),
            std::vector<std::string>{});
  v1::ListPaymentsRequest payments;
  EXPECT_EQ(Compare(Stated("fundledger.v1.FundService/ListPayments", payments,
                           Answer(Payments(ledger_.source(), payments)))),
            std::vector<std::string>{});
  v1::ListProjectsRequest projects;
  EXPECT_EQ(Compare(Stated("fundledger.v1.ProjectService/ListProjects", projects,
                           Answer(Projects(ledger_.source(), projects)))),
            std::vector<std::string>{});
  v1::GetProjectRequest project;
  project.set_project("P1");
  EXPECT_EQ(Compare(Stated("fundledger.v1.ProjectService/GetProject", project,
                           Answer(Project(ledger_.source(), project)))),
            std::vector<std::string>{});
}

TEST_F(AnswersTest, NamesEachFieldThatDiffers) {
  v1::GetBriefingResponse told = Brief();
  ASSERT_EQ(told.disbursed_fen(), 300);
  told.set_disbursed_fen(301);
  told.mutable_programmes(0)->set_name("");
  const auto lines = Compare(StatedBriefing(told));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "disbursed_fen: stated 301, the records give 300");
  EXPECT_EQ(lines[1].find("programmes[0].name: "), 0U) << lines[1];
}

TEST_F(AnswersTest, NamesWhatIsLeftOutAndWhatIsTooMuch) {
  v1::ListFundsRequest request;
  v1::ListFundsResponse told = Answer(Funds(ledger_.source(), request));
  *told.add_funds() = told.funds(0);
  auto lines = Compare(Stated("fundledger.v1.FundService/ListFunds", request, told));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].find("funds[1]: stated "), 0U) << lines[0];
  told.clear_funds();
  lines = Compare(Stated("fundledger.v1.FundService/ListFunds", request, told));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].find("funds[0]: not stated, the records give "), 0U) << lines[0];
}

TEST_F(AnswersTest, AnAnswerAboutWhatTheRecordsDoNotHaveDiffers) {
  v1::GetProjectRequest request;
  request.set_project("P9");
  EXPECT_EQ(
      Compare(Stated("fundledger.v1.ProjectService/GetProject", request, v1::GetProjectResponse())).size(),
      1U);
}

TEST_F(AnswersTest, RefusesWhatItCannotCompare) {
  const auto reason = [this](const v1::Answer& answer) {
    return ReasonOfAnswer(CompareAnswer(ledger_.source(), answer));
  };
  v1::Answer answer = StatedBriefing(Brief());
  answer.set_method("fundledger.v1.AuditService/GetRecord");
  EXPECT_EQ(reason(answer), "ANSWER_METHOD_UNKNOWN");
  answer = StatedBriefing(Brief());
  answer.set_request("\xff");
  EXPECT_EQ(reason(answer), "ANSWER_MALFORMED");
  answer = StatedBriefing(Brief());
  answer.mutable_response()->append("\xfa\x3f\x01x");  // a field of a later program
  EXPECT_EQ(reason(answer), "ANSWER_MALFORMED");
}

TEST_F(AnswersTest, PostingsInMemoryGiveTheSameSums) {
  books::Posted posted;
  for (Sequence sequence = 0; sequence <= ledger_.last(); ++sequence) {
    books::Effects effects;
    for (const auto& [at, posting] : ledger_.postings()) {
      if (at == sequence) effects.postings.push_back(posting);
    }
    posted.Add(sequence, effects);
  }
  for (Sequence last = 0; last <= ledger_.last(); ++last) {
    for (const std::optional<int32_t> day : {std::optional<int32_t>(), {kJan}, {kJan - 1}, {kJune}}) {
      const auto expected = ledger_.SumPostings(last, day);
      const auto got = posted.SumPostings(last, day);
      ASSERT_TRUE(expected.ok() && got.ok());
      ASSERT_EQ(got->rows.size(), expected->rows.size());
      for (size_t i = 0; i < got->rows.size(); ++i) {
        EXPECT_EQ(*got->rows[i].account, *expected->rows[i].account);
        EXPECT_EQ(*got->rows[i].balance, *expected->rows[i].balance);
      }
    }
  }
}

}  // namespace
}  // namespace fundledger::reports
