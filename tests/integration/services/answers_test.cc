// Signed answers: what the server signs on request, and that the records give it.
#include "ledger/reports/answers.h"

#include <gtest/gtest.h>

#include "fundledger/v1/fund_service.grpc.pb.h"
#include "ledger/audit/answer.h"
#include "ledger/books/posted.h"
#include "ledger/crypto/dsse.h"
#include "ledger/log/record.h"
#include "tests/integration/services/services_testing.h"

namespace fundledger::services_testing {
namespace {

class AnswersTest : public ::testing::Test {
 protected:
  static v1::GetStatementRequest Asked(bool is_signed) {
    v1::GetStatementRequest request;
    request.mutable_as_of()->mutable_date()->set_year(2020);
    request.mutable_as_of()->mutable_date()->set_month(6);
    request.mutable_as_of()->mutable_date()->set_day(30);
    request.set_sign_answer(is_signed);
    return request;
  }
  static grpc::Status Ask(const Ledgerd& ledgerd, bool is_signed, v1::GetStatementResponse* response) {
    grpc::ClientContext context;
    return v1::FundService::NewStub(ledgerd.channel)->GetStatement(&context, Asked(is_signed), response);
  }
  static v1::GetStatementResponse Answered(const Ledgerd& ledgerd, bool is_signed) {
    v1::GetStatementResponse response;
    const grpc::Status status = Ask(ledgerd, is_signed, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
};

TEST_F(AnswersTest, AnAnswerIsSignedWhereTheRequestAsksForIt) {
  Ledgerd ledgerd;
  EXPECT_TRUE(Answered(ledgerd, false).basis().signed_answer().empty());
  v1::GetStatementResponse response = Answered(ledgerd, true);
  const auto opened = audit::OpenAnswer(response.basis().signed_answer(), {ledgerd.world.verifier()});
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->answer.ledger(), log::LeafHash(*ledgerd.server->engine().view()->Record(0)).str());
  EXPECT_EQ(opened->answer.method(), "fundledger.v1.FundService/GetStatement");
  EXPECT_EQ(opened->answer.checkpoint(), response.basis().checkpoint());
  v1::GetStatementRequest understood;
  ASSERT_TRUE(understood.ParseFromString(opened->answer.request()));
  EXPECT_EQ(understood.SerializeAsString(), Asked(true).SerializeAsString());
  v1::GetStatementResponse stated;
  ASSERT_TRUE(stated.ParseFromString(opened->answer.response()));
  response.mutable_basis()->clear_signed_answer();
  EXPECT_EQ(stated.SerializeAsString(), response.SerializeAsString());
}

TEST_F(AnswersTest, WhoeverHasTheRecordsComputesTheSame) {
  Ledgerd ledgerd;
  for (const char* id : {"v-1", "v-2"}) ledgerd.Register(id);
  const v1::GetStatementResponse response = Answered(ledgerd, true);
  const auto opened = audit::OpenAnswer(response.basis().signed_answer(), {ledgerd.world.verifier()});
  ASSERT_TRUE(opened.ok()) << opened.status();
  audit::Replay replay;
  books::Posted posted;
  for (Sequence sequence = 0; sequence < opened->checkpoint.size; ++sequence) {
    const auto record = ledgerd.server->engine().view()->Record(sequence);
    ASSERT_TRUE(record.ok() && replay.Next(*record).ok()) << sequence;
    posted.Add(sequence, replay.last_effects());
  }
  EXPECT_EQ(replay.Root(), opened->checkpoint.root);
  const auto differences = reports::CompareAnswer({replay, posted, replay.size() - 1}, opened->answer);
  ASSERT_TRUE(differences.ok()) << differences.status();
  EXPECT_TRUE(differences->empty()) << differences->front();
}

// Knows everything and signs nothing, as a mirror.
class KeylessEngine : public PassingEngine {
 public:
  using PassingEngine::PassingEngine;
  absl::StatusOr<std::string> SignAnswer(const engine::View& view, std::string_view answer) const override {
    return Engine::SignAnswer(view, answer);
  }
};

TEST_F(AnswersTest, WhereTheKeyIsNotHeldTheSignatureIsRefusedAndTheAnswerIsNot) {
  Ledgerd ledgerd({}, [](test_support::World*, std::unique_ptr<engine::Engine> below) {
    return std::make_unique<KeylessEngine>(std::move(below));
  });
  EXPECT_EQ(Answered(ledgerd, false).basis().sequence(), 0U);
  v1::GetStatementResponse response;
  const grpc::Status status = Ask(ledgerd, true, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ErrorOf(status).reason, "ANSWER_NOT_SIGNED");
}

}  // namespace
}  // namespace fundledger::services_testing
