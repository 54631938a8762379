// Replay: the same records give the same ledger, and one that does not belong is refused and leaves no trace.
#include "ledger/audit/audit.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"
#include "ledger/crypto/dsse.h"
#include "ledger/log/record.h"
#include "tests/support/world.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace fundledger::audit {
namespace {

using test_support::KeyOf;
using test_support::TestClock;
using test_support::World;

// Writes records by hand, as the engine would.
class ReplayOf : public ::testing::TestWithParam<v1::Suite> {
 protected:
  void SetUp() override { ASSERT_EQ(Next(Record(world_.GenesisEnvelope())), ""); }

  log::RecordHeader Header() const {
    log::RecordHeader header;
    header.sequence = replay_.size();
    header.recorded_at_us = TestClock::kStartUs + static_cast<int64_t>(replay_.size());
    header.previous = replay_.last_leaf();
    if (GetParam() == v1::SUITE_SM) header.sm3_link = last_.empty() ? Hash256() : crypto::Sm3(last_);
    return header;
  }
  std::string Record(std::string_view envelope) const { return *log::EncodeRecord(Header(), envelope); }
  // The reason of the refusal; empty if the record was taken.
  std::string Next(const std::string& record) {
    const uint64_t size = replay_.size();
    const Hash256 root = replay_.Root();
    const absl::Status status = replay_.Next(record);
    if (status.ok()) {
      last_ = record;
      EXPECT_EQ(replay_.size(), size + 1);
      EXPECT_EQ(replay_.last_leaf(), log::LeafHash(record));
    } else {
      EXPECT_EQ(replay_.size(), size);
      EXPECT_EQ(replay_.Root(), root);
    }
    return ReasonOf(status);
  }
  v1::Submission Register(std::string_view organization) {
    v1::Submission submission;
    submission.set_ledger(replay_.ledger().str());
    submission.set_officer(std::string(World::kAdmin));
    submission.set_request_id(crypto::RandomBytes(16));
    submission.set_not_after_us(TestClock::kStartUs + 1'000'000);
    submission.mutable_seen()->set_size(replay_.size());
    submission.mutable_seen()->set_root(replay_.Root().str());
    v1::RegisterOrganization& action = *submission.add_actions()->mutable_register_organization();
    action.set_id(std::string(organization));
    action.set_name("An organization");
    action.set_parent("city");
    action.set_tier(v1::TIER_VILLAGE);
    return submission;
  }

  World world_{GetParam()};
  Replay replay_;
  std::string last_;
};

TEST_P(ReplayOf, TakesRecordsInOrder) {
  std::vector<Hash256> roots = {replay_.Root()};
  for (int i = 0; i < 300; ++i) {
    v1::Submission submission = Register(absl::StrCat("org-", i));
    const size_t seen =
        static_cast<size_t>(i) * 7 % roots.size();  // any earlier state may be the last one seen
    submission.mutable_seen()->set_size(seen + 1);
    submission.mutable_seen()->set_root(roots[seen].str());
    ASSERT_EQ(Next(Record(world_.Seal(submission))), "");
    roots.push_back(replay_.Root());
  }
  const auto entity = replay_.Get({books::EntityKind::kOrganization, "org-299"});
  ASSERT_TRUE(entity.ok() && *entity != nullptr);
  EXPECT_EQ((*entity)->organization().origin().sequence(), 300u);
  EXPECT_EQ(*replay_.Get({books::EntityKind::kOrganization, "org-300"}), nullptr);
  std::vector<std::string> ids;
  ASSERT_TRUE(replay_
                  .Scan(books::EntityKind::kOrganization, "org-29", "org-297",
                        [&](std::string_view id, const auto&) {
                          ids.emplace_back(id);
                          return true;
                        })
                  .ok());
  EXPECT_EQ(ids, (std::vector<std::string>{"org-297", "org-298", "org-299"}));
  EXPECT_EQ(replay_.last_effects().entities.count({books::EntityKind::kOrganization, "org-299"}), 1u);
}

TEST_P(ReplayOf, RefusesAHeaderThatDoesNotBelong) {
  const std::string envelope = world_.Seal(Register("org-1"));
  const auto with = [&](const std::function<void(log::RecordHeader*)>& change) {
    log::RecordHeader header = Header();
    change(&header);
    return Next(*log::EncodeRecord(header, envelope));
  };
  EXPECT_EQ(with([](auto* header) { header->sequence = 2; }), "SEQUENCE_WRONG");
  EXPECT_EQ(with([](auto* header) { header->semantics = 2; }), "SEMANTICS_UNKNOWN");
  EXPECT_EQ(with([](auto* header) { header->semantics = 0; }), "SEMANTICS_UNKNOWN");
  EXPECT_EQ(with([](auto* header) { header->previous.bytes[7] ^= 1; }), "LINK_BROKEN");
  EXPECT_EQ(with([](auto* header) { header->recorded_at_us = TestClock::kStartUs - 1; }), "TIME_WENT_BACK");
  EXPECT_EQ(with([](auto* header) { header->recorded_at_us += 2'000'000; }), "EXPIRED");
  if (GetParam() == v1::SUITE_SM) {
    EXPECT_EQ(with([](auto* header) { header->sm3_link->bytes[0] ^= 1; }), "SM3_LINK_BROKEN");
    EXPECT_EQ(with([](auto* header) { header->sm3_link.reset(); }), "SM3_LINK_BROKEN");
  } else {
    EXPECT_EQ(with([](auto* header) { header->sm3_link = Hash256(); }), "SM3_LINK_BROKEN");
  }
  EXPECT_EQ(Next("short"), "RECORD_MALFORMED");
  EXPECT_EQ(Next(*log::EncodeRecord(Header(), "no envelope")), "ENVELOPE_MALFORMED");
  EXPECT_EQ(with([](auto*) {}), "");
}

TEST_P(ReplayOf, RefusesASubmissionThatDoesNotBelong) {
  const v1::Submission good = Register("org-1");
  v1::Submission bad = good;
  bad.set_ledger(std::string(32, 'x'));
  EXPECT_EQ(Next(Record(world_.Seal(bad))), "WRONG_LEDGER");
  bad = good;
  bad.mutable_seen()->set_root(std::string(32, 'x'));
  EXPECT_EQ(Next(Record(world_.Seal(bad))), "SEEN_NOT_A_PREFIX");
  bad.mutable_seen()->set_size(2);
  EXPECT_EQ(Next(Record(world_.Seal(bad))), "SEEN_NOT_A_PREFIX");
  const auto forged =
      crypto::SealEnvelope(crypto::kSubmissionType, good.SerializeAsString(), {KeyOf("x").get()});
  EXPECT_EQ(Next(Record(*forged)), "SIGNATURE_INVALID");
  EXPECT_EQ(Next(Record(world_.GenesisEnvelope())), "GENESIS_MISPLACED");
  EXPECT_EQ(Next(Record(world_.Seal(good))), "");
  EXPECT_EQ(Next(Record(world_.Seal(good))), "REQUEST_ID_REPEATED");
  bad = Register("org-1");
  EXPECT_NE(Next(Record(world_.Seal(bad))), "");  // by a rule: the organization is there
  bad = Register("org-2");
  bad.set_request_id(good.request_id());
  EXPECT_EQ(Next(Record(world_.Seal(bad))), "REQUEST_ID_REPEATED");
}

TEST_P(ReplayOf, BeginsWithAGenesisOfItsOwnKeys) {
  Replay empty;
  log::RecordHeader header;
  header.recorded_at_us = TestClock::kStartUs;
  if (GetParam() == v1::SUITE_SM) header.sm3_link = Hash256();
  EXPECT_EQ(ReasonOf(empty.Next(*log::EncodeRecord(header, world_.Seal(Register("org-1"))))),
            "GENESIS_MISPLACED");

  const auto admin = KeyOf(World::kAdmin);
  const auto other = KeyOf(World::kOtherAdmin);
  const std::string payload = Admit(world_.GenesisEnvelope())->payload;
  const std::vector<std::vector<const crypto::Signer*>> wrong = {
      {other.get(), admin.get(), other.get()}, {world_.log_key().get(), other.get(), admin.get()}};
  for (const auto& signers : wrong) {
    const auto envelope = crypto::SealEnvelope(crypto::kSubmissionType, payload, signers);
    EXPECT_EQ(ReasonOf(empty.Next(*log::EncodeRecord(header, *envelope))), "SIGNATURE_INVALID");
  }
  v1::Submission submission = Admit(world_.GenesisEnvelope())->submission();
  v1::Genesis& genesis = *submission.mutable_actions(0)->mutable_genesis();
  genesis.mutable_administrators(1)->set_key_proof(genesis.administrators(0).key_proof());
  const auto unproven = crypto::SealEnvelope(crypto::kSubmissionType, submission.SerializeAsString(),
                                             {world_.log_key().get(), admin.get(), other.get()});
  EXPECT_EQ(ReasonOf(empty.Next(*log::EncodeRecord(header, *unproven))), "KEY_PROOF_INVALID");
  EXPECT_EQ(empty.size(), 0u);
  EXPECT_TRUE(empty.Next(*log::EncodeRecord(header, world_.GenesisEnvelope())).ok());
  EXPECT_EQ(empty.ledger(), empty.last_leaf());
}

INSTANTIATE_TEST_SUITE_P(Suites, ReplayOf, ::testing::Values(v1::SUITE_INTERNATIONAL, v1::SUITE_SM),
                         [](const auto& suite) { return v1::Suite_Name(suite.param); });

}  // namespace
}  // namespace fundledger::audit
