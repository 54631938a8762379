#include "clients/cli/context.h"
#include "clients/sdk/files.h"
#include "tests/unit/clients/sdk/little_server.h"

namespace fundledger::cli {
namespace {

using grpc::ServerContext;

// A server with one payment request, which it may give out as the answer to any question.
class PaymentAnswerTest : public sdk::LittleServer {
 protected:
  PaymentAnswerTest() {
    v1::Submission submission;
    submission.set_officer("clerk-1");
    submission.set_request_id(sdk::NewRequestId());
    submission.add_actions()->set_reference("PAY-1");
    submission.mutable_actions(0)->mutable_request_payment();
    envelope_ = sdk::Seal(submission, *sdk::KeyOf('o'))->envelope;
    log_.Append("the first envelope");
    sequence_ = log_.Append(envelope_);
    Serve();
  }

  grpc::Status GetRecord(ServerContext*, const v1::GetRecordRequest* in,
                         v1::GetRecordResponse* out) override {
    const v1::Receipt receipt = log_.Receipt(in->sequence(), log_.size());
    out->mutable_record()->set_record(receipt.header() + envelope_);
    *out->mutable_inclusion() = receipt.inclusion();
    FillBasis(out->mutable_basis());
    return grpc::Status::OK;
  }
  grpc::Status GetPayment(ServerContext*, const v1::GetPaymentRequest*,
                          v1::GetPaymentResponse* out) override {
    out->mutable_payment()->set_organization("works");
    out->mutable_payment()->set_reference("PAY-1");
    out->mutable_payment()->mutable_request()->set_sequence(sequence_);
    out->mutable_payment()->mutable_request()->set_leaf_hash(log_.leaf(sequence_).str());
    FillBasis(out->mutable_basis());
    return grpc::Status::OK;
  }
  void FillBasis(v1::Basis* basis) const {
    basis->set_sequence(log_.size() - 1);
    basis->set_checkpoint(log_.Note(log_.size()));
  }

  std::string envelope_;
  Sequence sequence_ = 0;
};

TEST_F(PaymentAnswerTest, IsTakenForThePaymentAskedForOnly) {
  Context context;
  LedgerResolver resolver(&context, client_.get());
  const auto right = resolver.Payment("works/PAY-1");
  ASSERT_TRUE(right.ok()) << right.status();
  EXPECT_EQ(right->leaf_hash(), log_.leaf(sequence_).view());
  // Another organization's payment of the same number.
  for (const char* other : {"east/PAY-1", "works/PAY-2"}) {
    const auto wrong = resolver.Payment(other);
    EXPECT_EQ(ReasonOf(wrong.status()), "ANSWER_MISMATCH") << other << ": " << wrong.status();
    EXPECT_EQ(ExitCodeOf(wrong.status()), kExitUnverified);
  }
}

TEST(ExitCode, OfACallThatTheLedgerDidNotAnswer) {
  for (const grpc::StatusCode code :
       {grpc::StatusCode::CANCELLED, grpc::StatusCode::INTERNAL, grpc::StatusCode::RESOURCE_EXHAUSTED}) {
    EXPECT_EQ(ExitCodeOf(sdk::FromGrpc(grpc::Status(code, "RST_STREAM"))), kExitUnreachable) << code;
  }
}

TEST(BasisLine, SaysWhatWasVerifiedAndWhatWasNot) {
  const std::string line = BasisLine(v1::Basis(), log::Checkpoint());
  EXPECT_NE(line.find("inspect verify"), std::string::npos) << line;
  EXPECT_EQ(line.find("(signature verified)"), std::string::npos) << line;
}

}  // namespace
}  // namespace fundledger::cli
