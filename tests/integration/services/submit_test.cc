// The one door in, over the wire.
#include <future>
#include <vector>

#include <gtest/gtest.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"
#include "tests/integration/services/services_testing.h"

namespace fundledger::services_testing {
namespace {

class SubmitTest : public ::testing::Test {
 protected:
  void ExpectRefused(const std::string& envelope, grpc::StatusCode code, const std::string& reason) {
    v1::SubmitResponse response;
    const grpc::Status status = ledgerd_.Submit(envelope, &response);
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    const WireError error = ErrorOf(status);
    EXPECT_EQ(error.reason, reason) << status.error_message();
    EXPECT_EQ(error.domain, "fundledger");
    EXPECT_EQ(error.code, static_cast<int>(code));
    EXPECT_EQ(error.message, status.error_message());
    EXPECT_NE(error.message, "");
  }
  const engine::View& view() { return *(view_ = ledgerd_.server->engine().view()); }

  static constexpr size_t kReceiveBytes = 1 << 20;
  // The tests that send many at once mean them all to fit.
  Ledgerd ledgerd_{[](server::Config* config) { config->queue = 200; }};
  std::shared_ptr<const engine::View> view_;
};

TEST_F(SubmitTest, AnswersWithAReceiptThatProvesTheRecord) {
  const std::string envelope = ledgerd_.world.Seal(ledgerd_.world.Register(view(), "village-1"));
  v1::SubmitResponse response;
  const grpc::Status status = ledgerd_.Submit(envelope, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  const auto sequence = test_support::VerifyReceipt(response.receipt(), envelope, ledgerd_.world.verifier());
  ASSERT_TRUE(sequence.ok()) << sequence.status();
  EXPECT_EQ(*sequence, 1u);
  EXPECT_FALSE(response.receipt().repeated_request());
}

TEST_F(SubmitTest, AnswersARepetitionWithTheFirstRecord) {
  const std::string envelope = ledgerd_.world.Seal(ledgerd_.world.Register(view(), "village-1"));
  v1::SubmitResponse first;
  v1::SubmitResponse second;
  ASSERT_TRUE(ledgerd_.Submit(envelope, &first).ok());
  ASSERT_TRUE(ledgerd_.Submit(envelope, &second).ok());
  EXPECT_TRUE(second.receipt().repeated_request());
  EXPECT_EQ(second.receipt().header(), first.receipt().header());
  EXPECT_EQ(second.receipt().envelope(), envelope);
}

TEST_F(SubmitTest, RefusesAMalformedEnvelope) {
  ExpectRefused("no envelope", grpc::StatusCode::INVALID_ARGUMENT, "ENVELOPE_MALFORMED");
  ExpectRefused("", grpc::StatusCode::INVALID_ARGUMENT, "ENVELOPE_MALFORMED");
}

TEST_F(SubmitTest, RefusesAnotherLedgersSubmission) {
  v1::Submission submission = ledgerd_.world.Register(view(), "village-1");
  submission.set_ledger(std::string(32, 'x'));
  ExpectRefused(ledgerd_.world.Seal(submission), grpc::StatusCode::INVALID_ARGUMENT, "WRONG_LEDGER");
}

TEST_F(SubmitTest, RefusesABadSignature) {
  const std::string payload = ledgerd_.world.Register(view(), "village-1").SerializeAsString();
  const auto stranger = test_support::KeyOf("stranger");
  const auto envelope = crypto::SealEnvelope(crypto::kSubmissionType, payload, {stranger.get()});
  ASSERT_TRUE(envelope.ok());
  ExpectRefused(*envelope, grpc::StatusCode::UNAUTHENTICATED, "SIGNATURE_INVALID");
}

TEST_F(SubmitTest, RefusesAnOfficerNobodyRegistered) {
  v1::Submission submission = ledgerd_.world.Register(view(), "village-1");
  submission.set_officer("stranger");
  ExpectRefused(ledgerd_.world.Seal(submission), grpc::StatusCode::UNAUTHENTICATED, "OFFICER_UNKNOWN");
}

TEST_F(SubmitTest, RefusesAnEnvelopeTooLargeForARecord) {
  ExpectRefused(std::string(70'000, 'x'), grpc::StatusCode::INVALID_ARGUMENT, "ENVELOPE_TOO_LARGE");
}

TEST_F(SubmitTest, TakesAMessageAtTheLimitAndNotOneByteMore) {
  v1::SubmitRequest request;
  request.set_envelope(std::string(kReceiveBytes, 'x'));
  const size_t over = request.ByteSizeLong() - kReceiveBytes;
  // At the limit it is the envelope that is too large; one byte more and gRPC does not take it.
  ExpectRefused(std::string(kReceiveBytes - over, 'x'), grpc::StatusCode::INVALID_ARGUMENT,
                "ENVELOPE_TOO_LARGE");
  v1::SubmitResponse response;
  const grpc::Status status = ledgerd_.Submit(std::string(kReceiveBytes - over + 1, 'x'), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(SubmitTest, RefusesUnknownMethods) {
  std::string response;
  EXPECT_EQ(CallRaw(ledgerd_.channel, "/fundledger.v1.LedgerService/Erase", "", &response).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(SubmitTest, FinishesManyAtOnceEachWithItsOwnReceipt) {
  constexpr int kCalls = 200;
  const auto stub = v1::LedgerService::NewStub(ledgerd_.channel);
  struct Call {
    grpc::ClientContext context;
    v1::SubmitRequest request;
    v1::SubmitResponse response;
    std::promise<grpc::Status> done;
  };
  std::vector<Call> calls(kCalls);
  for (int i = 0; i < kCalls; ++i) {
    Call& call = calls[i];
    call.request.set_envelope(
        ledgerd_.world.Seal(ledgerd_.world.Register(view(), "village-" + std::to_string(i))));
    stub->async()->Submit(&call.context, &call.request, &call.response,
                          [&call](grpc::Status status) { call.done.set_value(std::move(status)); });
  }
  for (Call& call : calls) {
    const grpc::Status status = call.done.get_future().get();
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_TRUE(test_support::VerifyReceipt(call.response.receipt(), call.request.envelope(),
                                            ledgerd_.world.verifier())
                    .ok());
  }
  EXPECT_EQ(view().size(), 1u + kCalls);
}

TEST_F(SubmitTest, ChecksWithoutRecording) {
  const auto stub = v1::LedgerService::NewStub(ledgerd_.channel);
  v1::CheckRequest request;
  request.add_submissions(ledgerd_.world.Register(view(), "village-1").SerializeAsString());
  request.add_submissions(ledgerd_.world.Register(view(), "village-1").SerializeAsString());
  request.add_submissions("no submission");
  v1::CheckResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(stub->Check(&context, request, &response).ok());
  ASSERT_EQ(response.results_size(), 3);
  EXPECT_EQ(response.results(0).code(), 0) << response.results(0).message();
  EXPECT_EQ(response.results(0).reason(), "");
  EXPECT_NE(response.results(1).code(), 0);
  EXPECT_NE(response.results(1).reason(), "");
  EXPECT_NE(response.results(1).message(), "");
  EXPECT_EQ(response.results(2).code(), static_cast<int>(grpc::StatusCode::INVALID_ARGUMENT));
  EXPECT_EQ(view().size(), 1u);
}

TEST_F(SubmitTest, ChecksOnlySoManyInOneCall) {
  const auto stub = v1::LedgerService::NewStub(ledgerd_.channel);
  v1::CheckRequest request;
  for (int i = 0; i <= 1000; ++i) request.add_submissions("");
  v1::CheckResponse response;
  grpc::ClientContext context;
  EXPECT_EQ(ErrorOf(stub->Check(&context, request, &response)).reason, "TOO_MANY_SUBMISSIONS");
}

}  // namespace
}  // namespace fundledger::services_testing
