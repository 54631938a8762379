#include <functional>

#include "tests/unit/books/world.h"

#include "gtest/gtest.h"

namespace fundledger::books::testing {
namespace {

std::string TryGenesis(const std::function<void(v1::Submission*)>& change) {
  v1::Submission submission = GenesisOf();
  change(&submission);
  const MemoryReader nothing;
  const absl::StatusOr<Effects> effects = Apply(nothing, RecordContext{0, 0, LeafOf(0)}, submission);
  return effects.ok() ? "OK" : ReasonOf(effects.status());
}

std::string With(const std::function<void(v1::Genesis*)>& change) {
  return TryGenesis([&change](v1::Submission* s) { change(s->mutable_actions(0)->mutable_genesis()); });
}

TEST(Genesis, MakesALedger) {
  MemoryReader books;
  const int64_t evening_us = int64_t{16 * 3600} * 1'000'000;  // 1970-01-01 16:00 UTC is the 2nd in China
  const auto effects = Apply(books, RecordContext{0, evening_us, LeafOf(0)}, GenesisOf());
  ASSERT_TRUE(effects.ok()) << effects.status();
  books.Add(*effects);
  const EntityPtr ledger = *books.Get({EntityKind::kLedger, ""});
  ASSERT_NE(ledger, nullptr);
  EXPECT_EQ(ledger->ledger().first_day(), 1);
  EXPECT_EQ(ledger->ledger().id(), LeafOf(0).str());
  EXPECT_NE(*books.Get({EntityKind::kOfficer, "admin-2"}), nullptr);
  EXPECT_NE(*books.Get({EntityKind::kOrganization, "village-a1"}), nullptr);
}

TEST(Genesis, NothingComesBeforeIt) {
  const MemoryReader nothing;
  v1::Submission submission;
  submission.set_officer("admin-1");
  *submission.add_actions() = RegisterProgramme("housing");
  EXPECT_EQ(ReasonOf(Apply(nothing, RecordContext{1, 0, LeafOf(1)}, submission).status()), "GENESIS_MISSING");
  EXPECT_EQ(ReasonOf(Apply(nothing, RecordContext{0, 0, LeafOf(0)}, submission).status()), "GENESIS_INVALID");
}

TEST(Genesis, StandsAloneAndUndated) {
  EXPECT_EQ(TryGenesis([](auto*) {}), "OK");
  EXPECT_EQ(TryGenesis([](auto* s) { *s->add_actions() = RegisterProgramme("x"); }), "GENESIS_INVALID");
  EXPECT_EQ(TryGenesis([](auto* s) { s->clear_actions(); }), "GENESIS_INVALID");
  EXPECT_EQ(TryGenesis([](auto* s) { *s->mutable_actions(0)->mutable_date() = Day("2020-01-01"); }),
            "GENESIS_INVALID");
  EXPECT_EQ(TryGenesis([](auto* s) { s->mutable_actions(0)->set_historical(true); }), "GENESIS_INVALID");
  EXPECT_EQ(TryGenesis([](auto* s) { s->set_officer("admin-2"); }), "GENESIS_INVALID");
}

TEST(Genesis, ItsTextIsKeptForEverToo) {
  EXPECT_EQ(TryGenesis([](auto* s) { s->mutable_actions(0)->set_note("电话 13800138000"); }),
            "PERSONAL_DATA");
  EXPECT_EQ(TryGenesis([](auto* s) { s->mutable_actions(0)->set_note("a\nb"); }), "TEXT_CONTROL_CHARACTER");
  EXPECT_EQ(TryGenesis([](auto* s) { s->mutable_actions(0)->add_documents()->set_id("short"); }),
            "DOCUMENT_MALFORMED");
}

TEST(Genesis, NamesAndKeysAreSound) {
  EXPECT_EQ(With([](auto* g) { g->clear_origin(); }), "GENESIS_INVALID");
  EXPECT_EQ(With([](auto* g) { g->set_origin("with space"); }), "GENESIS_INVALID");
  EXPECT_EQ(With([](auto* g) { g->set_origin("with+plus"); }), "GENESIS_INVALID");
  EXPECT_EQ(With([](auto* g) { g->set_origin("石首"); }), "GENESIS_INVALID");
  EXPECT_EQ(With([](auto* g) { g->set_origin(std::string(129, 'x')); }), "GENESIS_INVALID");
  EXPECT_EQ(With([](auto* g) { g->set_origin(std::string(128, 'x')); }), "OK");
  EXPECT_EQ(With([](auto* g) { *g->mutable_standby_key() = g->log_key(); }), "GENESIS_INVALID");
  EXPECT_EQ(With([](auto* g) { g->clear_standby_key(); }), "GENESIS_INVALID");
  EXPECT_EQ(With([](auto* g) { g->mutable_log_key()->mutable_key()->pop_back(); }), "GENESIS_INVALID");
  EXPECT_EQ(With([](auto* g) { g->clear_suite(); }), "GENESIS_INVALID");
}

TEST(Genesis, ItsNumbersAreInBounds) {
  EXPECT_EQ(With([](auto* g) { g->set_utc_offset_minutes(-721); }), "GENESIS_INVALID");
  EXPECT_EQ(With([](auto* g) { g->set_utc_offset_minutes(841); }), "GENESIS_INVALID");
  EXPECT_EQ(With([](auto* g) { g->set_utc_offset_minutes(840); }), "OK");
  EXPECT_EQ(With([](auto* g) { g->clear_policy(); }), "GENESIS_INVALID");
  EXPECT_EQ(With([](auto* g) { g->mutable_policy()->set_two_reviewer_threshold_fen(0); }), "GENESIS_INVALID");
  EXPECT_EQ(With([](auto* g) { g->mutable_policy()->set_proposal_valid_days(-1); }), "GENESIS_INVALID");
  EXPECT_EQ(With([](auto* g) { g->mutable_policy()->set_proposal_valid_days(0); }), "OK");
}

TEST(Genesis, BeginsWithTwoAdministratorsOfDifferentOrganizations) {
  EXPECT_EQ(With([](auto* g) { g->mutable_administrators()->RemoveLast(); }), "GENESIS_INVALID");
  EXPECT_EQ(With([](auto* g) { g->mutable_administrators(1)->set_organization("city"); }), "GENESIS_INVALID");
  EXPECT_EQ(With([](auto* g) { g->mutable_administrators(1)->set_role(v1::ROLE_FINANCE_CLERK); }),
            "GENESIS_INVALID");
  EXPECT_EQ(With([](auto* g) { g->mutable_administrators(1)->set_organization("nowhere"); }),
            "ORGANIZATION_NOT_FOUND");
  EXPECT_EQ(With([](auto* g) { *g->mutable_administrators(1)->mutable_key() = g->administrators(0).key(); }),
            "KEY_IN_USE");
}

// The second administrator is the only check on the first; one person as both is none.
TEST(Genesis, BeginsWithTwoAdministratorsWhoAreTwoPeople) {
  EXPECT_EQ(With([](auto* g) {
              g->mutable_administrators(1)->set_person_code(g->administrators(0).person_code());
            }),
            "GENESIS_INVALID");
  EXPECT_EQ(With([](auto* g) {
              g->mutable_administrators(0)->clear_person_code();
              g->mutable_administrators(1)->clear_person_code();
            }),
            "OK");
}

TEST(Genesis, OrganizationsComeParentsFirst) {
  EXPECT_EQ(With([](auto* g) { g->mutable_organizations()->SwapElements(0, 1); }), "ORGANIZATION_NOT_FOUND");
  EXPECT_EQ(With([](auto* g) { *g->add_organizations() = g->organizations(0); }), "ALREADY_REGISTERED");
  EXPECT_EQ(With([](auto* g) { g->mutable_organizations(0)->clear_tier(); }), "TIER_MISSING");
}

}  // namespace
}  // namespace fundledger::books::testing
