#include "clients/sdk/client.h"

#include <functional>

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "clients/sdk/files.h"
#include "tests/unit/clients/sdk/little_log.h"

namespace fundledger::sdk {
namespace {

using grpc::ServerContext;

// A server over little logs, which may show a fork of its log and answers as it is told.
class ClientTest : public testing::Test,
                   public v1::LedgerService::Service,
                   public v1::AuditService::Service,
                   public v1::FundService::Service {
 protected:
  ClientTest() {
    for (int i = 0; i < 4; ++i) {
      log_.Append("envelope " + std::to_string(i));
      fork_.Append("envelope " + std::to_string(i));
    }
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
  ~ClientTest() override { server_->Shutdown(); }

  grpc::Status GetLedger(ServerContext*, const v1::GetLedgerRequest*, v1::GetLedgerResponse* out) override {
    out->set_ledger(log_.leaf(0).str());
    out->set_verifier_key(verifier_key_);
    out->set_checkpoint(log_.Note(log_.size()));
    out->mutable_first_day()->set_year(2020);
    out->mutable_first_day()->set_month(1);
    out->mutable_first_day()->set_day(1);
    return grpc::Status::OK;
  }
  grpc::Status Submit(ServerContext*, const v1::SubmitRequest* in, v1::SubmitResponse* out) override {
    if (++submits_ <= failures_) return grpc::Status(grpc::StatusCode::CANCELLED, "RST_STREAM");
    LittleLog& log = forking_ ? fork_ : log_;
    if (!forking_) fork_.Append("forged " + std::to_string(submits_));
    const Sequence index = log.Append(in->envelope());
    *out->mutable_receipt() = log.Receipt(index, log.size());
    return grpc::Status::OK;
  }
  grpc::Status GetConsistencyProof(ServerContext*, const v1::GetConsistencyProofRequest* in,
                                   v1::GetConsistencyProofResponse* out) override {
    const auto proof = log_.Fetcher()(in->old_size(), in->new_size());
    for (const Hash256& hash : *proof) out->add_consistency(hash.str());
    return grpc::Status::OK;
  }
  grpc::Status ListFunds(ServerContext*, const v1::ListFundsRequest*, v1::ListFundsResponse* out) override {
    *out->mutable_basis() = basis_;
    return grpc::Status::OK;
  }

  absl::Status Send(const std::string& request_id) {
    v1::Action action;
    action.mutable_receive()->set_fund("f-1");
    const auto sealed = client_->SealActions("clerk-1", *officer_, request_id, {action});
    EXPECT_TRUE(sealed.ok());
    return client_->Submit(*sealed, officer_->public_key(), false).status();
  }
  // Asks for funds and gets an answer with this basis.
  absl::Status Ask(Sequence sequence, uint64_t size, const v1::ListFundsRequest& request = {}) {
    basis_.set_sequence(sequence);
    basis_.set_checkpoint(log_.Note(size));
    return client_->Call(client_->funds(), &v1::FundService::Stub::ListFunds, request).status();
  }
  static void ExpectEvidence(const absl::Status& status, const std::string& reason) {
    EXPECT_EQ(ReasonOf(status), reason) << status;
    EXPECT_TRUE(IsEvidence(status)) << status;
  }

  TestDirectory directory_;
  std::unique_ptr<crypto::Signer> officer_ = KeyOf('o');
  LittleLog log_;
  LittleLog fork_;
  bool forking_ = false;
  int submits_ = 0;
  int failures_ = 0;
  v1::Basis basis_;
  std::string verifier_key_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Client> client_;
};

TEST_F(ClientTest, SendsAgainWhatTheLedgerDidNotAnswer) {
  failures_ = 2;
  const absl::Status sent = Send(NewRequestId());
  EXPECT_TRUE(sent.ok()) << sent;
  EXPECT_EQ(submits_, 3);
}

TEST_F(ClientTest, SettlesTheCheckpointOfEveryReceipt) {
  ASSERT_TRUE(Send(NewRequestId()).ok());
  ASSERT_TRUE(Send(NewRequestId()).ok());
  const absl::Status settled = client_->Settle();
  EXPECT_TRUE(settled.ok()) << settled;
  EXPECT_EQ(client_->seen().size, 6U);
}

TEST_F(ClientTest, CatchesABranchShownToOneReceiptInBetween) {
  ASSERT_TRUE(Send(NewRequestId()).ok());
  forking_ = true;
  ASSERT_TRUE(Send(NewRequestId()).ok());
  forking_ = false;
  ASSERT_TRUE(Send(NewRequestId()).ok());
  ASSERT_TRUE(Send(NewRequestId()).ok());
  ExpectEvidence(client_->Settle(), "LOG_FORKED");
}

TEST_F(ClientTest, RefusesAnAnswerBehindWhatWasSeen) {
  EXPECT_TRUE(Ask(3, 4).ok());
  ExpectEvidence(Ask(2, 3), "ANSWER_OUTDATED");
  ExpectEvidence(Ask(2, 4), "ANSWER_OUTDATED");
  ExpectEvidence(Ask(4, 4), "BASIS_INVALID");
}

TEST_F(ClientTest, BelievesAnEarlierStateWhereOneWasAskedFor) {
  v1::ListFundsRequest earlier;
  earlier.mutable_as_of()->set_sequence(1);
  EXPECT_TRUE(Ask(1, 4, earlier).ok());
  ExpectEvidence(Ask(1, 3, earlier), "ANSWER_OUTDATED");
  v1::ListFundsRequest later_page;
  later_page.set_page_token("2");
  EXPECT_TRUE(Ask(1, 4, later_page).ok());
  ExpectEvidence(Ask(4, 4, later_page), "BASIS_INVALID");
  v1::ListFundsRequest by_date;
  by_date.mutable_as_of()->mutable_date()->set_year(2020);
  ExpectEvidence(Ask(1, 4, by_date), "ANSWER_OUTDATED");
}

}  // namespace
}  // namespace fundledger::sdk
