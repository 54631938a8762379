#include <memory>

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "clients/cli/context.h"
#include "clients/sdk/files.h"
#include "tests/unit/clients/sdk/little_log.h"

namespace fundledger::sdk {
namespace {

using grpc::ServerContext;

// A server with one payment request, which it may give out as the answer to any question.
class PaymentAnswerTest : public testing::Test,
                          public v1::LedgerService::Service,
                          public v1::AuditService::Service,
                          public v1::FundService::Service {
 protected:
  PaymentAnswerTest() {
    v1::Submission submission;
    submission.set_officer("clerk-1");
    submission.set_request_id(NewRequestId());
    submission.add_actions()->set_reference("PAY-1");
    submission.mutable_actions(0)->mutable_request_payment();
    envelope_ = Seal(submission, *KeyOf('o'))->envelope;
    log_.Append("the first envelope");
    sequence_ = log_.Append(envelope_);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(static_cast<v1::LedgerService::Service*>(this));
    builder.RegisterService(static_cast<v1::AuditService::Service*>(this));
    builder.RegisterService(static_cast<v1::FundService::Service*>(this));
    server_ = builder.BuildAndStart();
    ClientConfig config;
    config.path = directory_ / "client.toml";
    config.server = "127.0.0.1:" + std::to_string(port);
    config.ledger = log_.leaf(0);
    config.log = log_.Verifier();
    config.verifier_key = log::VerifierKey("log.example", log_.key().public_key());
    verifier_key_ = config.verifier_key;
    auto client = Client::Connect(config, {.patience_ms = 20'000, .first_patience_ms = 20'000});
    EXPECT_TRUE(client.ok()) << client.status();
    if (client.ok()) client_ = *std::move(client);
  }
  ~PaymentAnswerTest() override { server_->Shutdown(); }

  grpc::Status GetLedger(ServerContext*, const v1::GetLedgerRequest*, v1::GetLedgerResponse* out) override {
    out->set_ledger(log_.leaf(0).str());
    out->set_verifier_key(verifier_key_);
    out->set_checkpoint(log_.Note(log_.size()));
    out->mutable_first_day()->set_year(2020);
    out->mutable_first_day()->set_month(1);
    out->mutable_first_day()->set_day(1);
    return grpc::Status::OK;
  }
  grpc::Status GetConsistencyProof(ServerContext*, const v1::GetConsistencyProofRequest* in,
                                   v1::GetConsistencyProofResponse* out) override {
    const auto proof = log_.Fetcher()(in->old_size(), in->new_size());
    for (const Hash256& hash : *proof) out->add_consistency(hash.str());
    return grpc::Status::OK;
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

  TestDirectory directory_;
  LittleLog log_;
  std::string envelope_;
  Sequence sequence_ = 0;
  std::string verifier_key_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Client> client_;
};

TEST_F(PaymentAnswerTest, IsTakenForThePaymentAskedForOnly) {
  cli::LedgerResolver resolver(client_.get());
  const auto right = resolver.Payment("works/PAY-1");
  ASSERT_TRUE(right.ok()) << right.status();
  EXPECT_EQ(right->leaf_hash(), log_.leaf(sequence_).view());
  // Another organization's payment of the same number.
  for (const char* other : {"east/PAY-1", "works/PAY-2"}) {
    const auto wrong = resolver.Payment(other);
    EXPECT_EQ(ReasonOf(wrong.status()), "ANSWER_MISMATCH") << other << ": " << wrong.status();
    EXPECT_EQ(cli::ExitCodeOf(wrong.status()), cli::kExitUnverified);
  }
}

TEST(ExitCode, OfACallThatTheLedgerDidNotAnswer) {
  for (const grpc::StatusCode code :
       {grpc::StatusCode::CANCELLED, grpc::StatusCode::INTERNAL, grpc::StatusCode::RESOURCE_EXHAUSTED}) {
    EXPECT_EQ(cli::ExitCodeOf(FromGrpc(grpc::Status(code, "RST_STREAM"))), cli::kExitUnreachable) << code;
  }
}

TEST(BasisLine, SaysWhatWasVerifiedAndWhatWasNot) {
  const std::string line = cli::BasisLine(v1::Basis(), log::Checkpoint());
  EXPECT_NE(line.find("inspect verify"), std::string::npos) << line;
  EXPECT_EQ(line.find("(signature verified)"), std::string::npos) << line;
}

}  // namespace
}  // namespace fundledger::sdk
