// What a server shows of proposals and indicators is believed only as far as their records say it.
#include <gmock/gmock.h>

#include "clients/cli/context.h"
#include "clients/cli/decisions.h"
#include "clients/sdk/files.h"
#include "ledger/base/status.h"
#include "tests/unit/clients/sdk/little_server.h"

namespace fundledger::cli {
namespace {

using grpc::ServerContext;

v1::Action Payee(const std::string& id) {
  v1::Action action;
  action.mutable_register_payee()->set_id(id);
  return action;
}

class ProposalShown : public testing::Test {
 protected:
  ProposalShown() {
    record_.header.sequence = 17;
    record_.leaf = log::LeafHash("record 17");
    record_.submission.set_officer("clerk-1");
    *record_.submission.add_actions() = Payee("builder-1");
    *record_.submission.add_actions() = Payee("builder-2");
    listed_.mutable_ref()->set_sequence(17);
    listed_.mutable_ref()->set_action(1);
    listed_.mutable_ref()->set_leaf_hash(record_.leaf.str());
    listed_.set_officer("clerk-1");
    *listed_.mutable_action() = Payee("builder-2");
  }
  void ExpectMisnamed() {
    const absl::Status status = CheckProposal(listed_, record_);
    EXPECT_EQ(ReasonOf(status), "PROPOSAL_MISNAMED") << status;
    EXPECT_TRUE(sdk::IsEvidence(status));
  }

  sdk::VerifiedRecord record_;
  v1::ProposalView listed_;
};

TEST_F(ProposalShown, AsItsRecordHasItIsTaken) {
  const absl::Status status = CheckProposal(listed_, record_);
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(ProposalShown, OtherThanItsRecordHasItIsEvidence) {
  *listed_.mutable_action() = Payee("builder-1");
  ExpectMisnamed();
  *listed_.mutable_action() = Payee("builder-2");
  listed_.mutable_action()->set_note("harmless");
  ExpectMisnamed();
}

TEST_F(ProposalShown, UnderAnotherNameOrPlaceIsEvidence) {
  const v1::ProposalView good = listed_;
  listed_.set_officer("clerk-2");
  ExpectMisnamed();
  listed_ = good;
  listed_.mutable_ref()->set_action(2);
  ExpectMisnamed();
  listed_ = good;
  listed_.mutable_ref()->set_sequence(18);
  ExpectMisnamed();
  listed_ = good;
  listed_.mutable_ref()->set_leaf_hash(std::string(32, 'x'));
  ExpectMisnamed();
}

// A server whose registry says what it is told to, over a log with the registration of "jobs", of no
// decimals.
class IndicatorShown : public sdk::LittleServer {
 protected:
  IndicatorShown() {
    log_.Append("genesis");
    v1::Submission submission;
    v1::RegisterIndicator& jobs = *submission.add_actions()->mutable_register_indicator();
    jobs.set_id("jobs");
    const auto sealed = sdk::Seal(submission, *sdk::KeyOf('a'));
    envelope_ = sealed->envelope;
    log_.Append(envelope_);
    said_ = jobs;
    Serve();
    context_.globals.config = (directory_ / "client.toml").string();
  }
  ~IndicatorShown() override { StopServing(); }

  grpc::Status ListRegistered(ServerContext*, const v1::ListRegisteredRequest*,
                              v1::ListRegisteredResponse* out) override {
    v1::Registered& one = *out->add_registered();
    one.set_sequence(1);
    *one.mutable_indicator() = said_;
    FillBasis(out->mutable_basis());
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
  void FillBasis(v1::Basis* basis) const {
    basis->set_sequence(log_.size() - 1);
    basis->set_checkpoint(log_.Note(log_.size()));
  }

  std::string envelope_;
  v1::RegisterIndicator said_;
  Context context_;
};

TEST_F(IndicatorShown, WithOtherDecimalPlacesThanItsRecordIsEvidence) {
  said_.set_scale(2);
  LedgerResolver resolver(&context_, client_.get());
  const auto scale = resolver.Scale("jobs");
  EXPECT_EQ(ReasonOf(scale.status()), "INDICATOR_MISNAMED") << scale.status();
  EXPECT_TRUE(sdk::IsEvidence(scale.status()));
}

TEST_F(IndicatorShown, UnderAnotherNameIsEvidence) {
  said_.set_id("roads");
  LedgerResolver resolver(&context_, client_.get());
  EXPECT_EQ(ReasonOf(resolver.Scale("roads").status()), "INDICATOR_MISNAMED");
  EXPECT_EQ(ReasonOf(resolver.Scale("jobs").status()), "INDICATOR_NOT_FOUND");
}

}  // namespace
}  // namespace fundledger::cli
