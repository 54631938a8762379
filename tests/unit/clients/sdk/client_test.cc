#include "clients/sdk/client.h"

#include "clients/sdk/files.h"
#include "clients/sdk/rpc_status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/unit/clients/sdk/little_server.h"

#include "absl/strings/match.h"

namespace fundledger::sdk {
namespace {

using grpc::ServerContext;

// A server that may show a fork of its log and answers as it is told.
class ClientTest : public LittleServer {
 protected:
  ClientTest() {
    for (int i = 0; i < 4; ++i) {
      log_.Append("envelope " + std::to_string(i));
      fork_.Append("envelope " + std::to_string(i));
    }
    Serve();
  }

  grpc::Status Submit(ServerContext*, const v1::SubmitRequest* in, v1::SubmitResponse* out) override {
    if (++submits_ <= failures_) return grpc::Status(grpc::StatusCode::CANCELLED, "RST_STREAM");
    LittleLog& log = forking_ ? fork_ : log_;
    if (!forking_) fork_.Append("forged " + std::to_string(submits_));
    const Sequence index = log.Append(in->envelope());
    *out->mutable_receipt() = log.Receipt(index, log.size());
    return grpc::Status::OK;
  }
  grpc::Status GetConsistencyProof(ServerContext* context, const v1::GetConsistencyProofRequest* in,
                                   v1::GetConsistencyProofResponse* out) override {
    if (!proves_) {
      google::rpc::Status details;
      google::rpc::ErrorInfo info;
      info.set_domain("fundledger");
      info.set_reason("NOT_ALLOWED");
      details.add_details()->PackFrom(info);
      return grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "dismissed meanwhile",
                          details.SerializeAsString());
    }
    return LittleServer::GetConsistencyProof(context, in, out);
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

  std::unique_ptr<crypto::Signer> officer_ = KeyOf('o');
  LittleLog fork_;
  bool forking_ = false;
  bool proves_ = true;
  int submits_ = 0;
  int failures_ = 0;
  v1::Basis basis_;
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

// Whoever is told "refused" enters it anew, under another request id: money asked for twice.
TEST_F(ClientTest, WhatWasRecordedIsNotCalledRefusedWhereNoProofFollows) {
  v1::Action action;
  action.mutable_receive()->set_fund("f-1");
  const auto sealed = client_->SealActions("clerk-1", *officer_, NewRequestId(), {action});
  ASSERT_TRUE(sealed.ok());
  ASSERT_TRUE(Send(NewRequestId()).ok());
  ASSERT_TRUE(client_->Settle().ok());
  proves_ = false;
  const auto sent = client_->Submit(*sealed, officer_->public_key());
  ASSERT_TRUE(sent.ok()) << sent.status();
  EXPECT_EQ(sent->sequence, 5U);
  EXPECT_EQ(ReasonOf(sent->settled), "NOT_SETTLED") << sent->settled;
  EXPECT_FALSE(IsFromServer(sent->settled));
  EXPECT_TRUE(absl::StartsWith(sent->settled.message(), "it was recorded as 5, its receipt is kept"))
      << sent->settled;
  proves_ = true;
  EXPECT_TRUE(client_->Settle().ok());
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
