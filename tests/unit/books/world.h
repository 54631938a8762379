// A small world to try the books in: a city, its officers, a few funds and projects, a clock that only the
// test moves.
//
//   World w;
//   const auto receipt = w.Agreed(Receive("fund-1", 100_yuan, "2020-03-01"));
//   EXPECT_EQ(Why(w.Clerk(ReturnUp("fund-1", 101_yuan, "2020-03-02"))), "ACCOUNT_BELOW_ZERO");
//
// Every submission is applied twice (the effects must be the same), a refused one must leave every byte as it
// was, and when the world ends its books must add up (CheckBooks).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fundledger/storage/v1/entities.pb.h"
#include "fundledger/v1/actions.pb.h"
#include "ledger/base/date.h"
#include "ledger/base/status.h"
#include "ledger/books/authority.h"
#include "ledger/books/balance.h"
#include "ledger/books/books.h"

namespace fundledger::books::testing {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

constexpr int64_t operator""_yuan(unsigned long long yuan) {
  return static_cast<int64_t>(yuan) * 100;
}
constexpr int64_t operator""_fen(unsigned long long fen) {
  return static_cast<int64_t>(fen);
}

// ---- Words for actions. A date is written 2020-03-01; an empty one leaves the field out. ----

struct Leg {
  std::string project;
  std::string fund;
  int64_t amount_fen;
};
using Legs = std::initializer_list<Leg>;

v1::Date Day(std::string_view date);
v1::Action RegisterOrganization(std::string id, std::string parent);
v1::Action RegisterOfficer(std::string id, std::string organization, v1::Role role,
                           std::string person_code = "");
// The key that the world makes of a name; officers are registered with that of their id.
v1::PublicKey KeyOf(std::string_view name);
v1::Action RotateKey(std::string_view key);
v1::Action RevokeKey(std::string officer, std::string_view key);
v1::Action RecoverKey(std::string officer, std::string_view key);
v1::Action MoveOfficer(std::string officer, std::string organization);
v1::Action DismissOfficer(std::string officer);
v1::Action ChangePolicy(const v1::Policy& policy);
v1::Action ExpireProposal(const v1::ActionRef& proposal);
v1::Action RegisterTaskGroup(std::string id);
v1::Action RegisterProgramme(std::string id, std::string parent = "", std::string task_group = "");
v1::Action RegisterCategory(std::string id, std::string parent = "");
v1::Action RegisterPayee(std::string id, std::string credit_code);
v1::Action RegisterIndicator(std::string id);
v1::Action RegisterFund(std::string id, int fiscal_year, v1::Nature nature = v1::NATURE_FISCAL);
v1::Action Receive(std::string fund, int64_t amount_fen, std::string_view date);
v1::Action ReturnUp(std::string fund, int64_t amount_fen, std::string_view date);
v1::Action Plan(Legs legs, std::string_view date);
v1::Action ChangePlan(Legs legs, std::string_view date);
v1::Action Allocate(Legs legs, std::string_view date);
v1::Action Adjust(Legs legs, std::string_view date);
v1::Action Reclaim(Leg leg, std::string to_fund, std::string_view date);
v1::Action Outside(std::string fund, std::string programme, v1::OutsideKind kind, int64_t amount_fen,
                   std::string_view date);
v1::Action Approve(const v1::ActionRef& proposal);
v1::Action Reject(const v1::ActionRef& proposal, std::string_view date = "");
v1::Action Withdraw(const v1::ActionRef& proposal, std::string_view date = "");
v1::Action Reverse(const v1::ActionRef& action, std::string_view date);
// To payee-1, by progress.
v1::Action Request(Legs legs, std::string_view date);
v1::Action RequestBatch(Legs legs, std::string_view date);
v1::Action Instruct(const v1::ActionRef& payment, std::string_view date);
v1::Action ConfirmDirect(const v1::ActionRef& payment, std::string voucher, std::string_view date);
v1::Action ConfirmTransfer(const v1::ActionRef& payment, std::string voucher, std::string_view date);
v1::Action Fail(const v1::ActionRef& payment, std::string_view date);
v1::Action Refund(const v1::ActionRef& payment, Legs legs, std::string voucher, std::string_view date);
v1::Action DeclareProject(std::string id, std::string organization, std::string_view date);
v1::Action ApproveProject(std::string id, int plan_year, std::string_view date);
v1::Action StartProject(std::string id, std::string_view date);
v1::Action ReportProgress(std::string id, int basis_points, std::string_view date, std::string reason = "");
v1::Action CompleteProject(std::string id, std::string_view date);
v1::Action SuspendProject(std::string id, std::string_view date);
v1::Action ResumeProject(std::string id, std::string_view date);
v1::Action TerminateProject(std::string id, std::string_view date);
v1::Action ReportIndicator(std::string project, std::string indicator, int64_t value, std::string_view date);
v1::Action Historical(v1::Action action);
v1::Action WithReference(v1::Action action, std::string reference);
// 18 characters with a good check character.
std::string CreditCode(std::string_view first_17);
// 32 bytes that stand for a person.
std::string Person(std::string_view name);

// ---- What became of a submission. ----

struct Outcome {
  absl::Status status;
  v1::ActionRef ref;  // its first action
};
// "OK", or the reason it was refused for.
std::string Why(const Outcome& outcome);

class MemoryReader : public Reader {
 public:
  absl::StatusOr<EntityPtr> Get(const EntityKey& key) const override;
  void Add(const Effects& effects);
  // Every entity and posting as bytes.
  std::string Dump() const;

  std::map<EntityKey, EntityPtr> entities;
  std::vector<sv1::Posting> postings;
};

bool SameEffects(const Effects& a, const Effects& b);
// Empty, or what is wrong with the books: an account below zero on some day, accounts that do not sum to
// zero, totals that are not the sum of their postings, more allocated than planned.
std::string CheckBooks(const MemoryReader& books);

struct Options {
  int64_t two_reviewer_threshold_fen = 1'000'000_yuan;
  int32_t proposal_valid_days = 30;
};

class World {
 public:
  explicit World(const Options& options = {});
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Noon of a day, or a moment of it, in the ledger's time zone (+08:00). Submissions follow one second
  // apart.
  void On(std::string_view date, int hour = 12, int minute = 0, int second = 0);

  Outcome By(std::string_view officer, const std::vector<v1::Action>& actions);
  Outcome By(std::string_view officer, const v1::Action& action) { return By(officer, std::vector{action}); }
  Outcome Clerk(const v1::Action& action) { return By("clerk-1", action); }
  Outcome Reviewer(const v1::Action& action) { return By("reviewer-1", action); }
  Outcome Reviewer2(const v1::Action& action) { return By("reviewer-2", action); }
  Outcome Treasury(const v1::Action& action) { return By("treasury-1", action); }
  Outcome TownA(const v1::Action& action) { return By("town-a-1", action); }
  Outcome TownA2(const v1::Action& action) { return By("town-a-2", action); }
  Outcome TownB(const v1::Action& action) { return By("town-b-1", action); }
  Outcome Housing(const v1::Action& action) { return By("housing-1", action); }
  Outcome Admin(const v1::Action& action) { return By("admin-1", action); }
  Outcome OtherAdmin(const v1::Action& action) { return By("admin-2", action); }
  Outcome Inspector(const v1::Action& action) { return By("inspector-1", action); }

  // Proposed by the clerk (or `officer`), approved by a reviewer; a failure where that is refused.
  v1::ActionRef Agreed(const v1::Action& action, std::string_view officer = "clerk-1");
  // About officers: proposed by admin-1, approved by admin-2 and, if asked for, by inspector-1.
  v1::ActionRef Decided(const v1::Action& action, bool with_inspector = false);
  // Must not be refused.
  v1::ActionRef Must(const Outcome& outcome);

  // works-1 of town-a on fund-1: 1,000 yuan received, planned and allocated on 2020-03-01.
  void FundWorks1(int64_t amount_fen = 1'000_yuan, std::string_view date = "2020-03-01");
  // A payment of works-1 × fund-1 that was requested, approved, instructed; or confirmed too.
  v1::ActionRef Instructed(int64_t amount_fen, std::string_view date);
  v1::ActionRef Paid(int64_t amount_fen, std::string voucher, std::string_view date);

  sv1::Fund FundOf(std::string_view id) const;
  sv1::Line LineOf(std::string_view project, std::string_view fund) const;
  int64_t Available(std::string_view project = "works-1", std::string_view fund = "fund-1") const;
  int64_t Reserved(std::string_view project = "works-1", std::string_view fund = "fund-1") const;
  sv1::Officer OfficerOf(std::string_view id) const;
  sv1::Ledger LedgerFacts() const;
  sv1::Proposal ProposalOf(const v1::ActionRef& ref) const;
  sv1::PaymentState StateOf(const v1::ActionRef& ref) const;

  const MemoryReader& books() const { return books_; }
  const Effects& last_effects() const { return last_effects_; }
  // What was recorded, in order: enough to compute the same books again.
  const std::vector<std::pair<RecordContext, v1::Submission>>& records() const { return records_; }

 private:
  absl::Status Record(const v1::Submission& submission);
  void Found(const Options& options);
  void RegisterOfficers();
  void RegisterThings();

  MemoryReader books_;
  std::vector<std::pair<RecordContext, v1::Submission>> records_;
  Effects last_effects_;
  int64_t now_us_ = 0;
};

// The leaf hash that the world gives a record.
Hash256 LeafOf(Sequence sequence);
// The genesis of the world.
v1::Submission GenesisOf(const Options& options = {});

}  // namespace fundledger::books::testing
