// Random histories, valid and invalid steps mixed: what must hold after every one of them. A failure prints
// the seed; RC_PARAMS="seed=…" runs it again.
#include <algorithm>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/books/world.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "rapidcheck.h"

namespace fundledger::books::testing {
namespace {

// One step, as numbers that are read against the world as it is then: so any vector of them is a history, and
// rapidcheck can shorten it.
struct Step {
  int kind = 0;
  int who = 0;
  int a = 0;
  int b = 0;
  int amount = 0;
  int day = 0;
};

void showValue(const Step& s, std::ostream& os) {
  os << "{" << s.kind << "," << s.who << "," << s.a << "," << s.b << "," << s.amount << "," << s.day << "}";
}

rc::Gen<Step> StepGen() {
  // At full size from the first history on: small numbers alone would never leave the first few kinds.
  const auto number = [](int below) { return rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, below)); };
  return rc::gen::build<Step>(rc::gen::set(&Step::kind, number(40)), rc::gen::set(&Step::who, number(200)),
                              rc::gen::set(&Step::a, number(1000)), rc::gen::set(&Step::b, number(1000)),
                              rc::gen::set(&Step::amount, number(64)), rc::gen::set(&Step::day, number(200)));
}

constexpr const char* kOfficers[] = {"clerk-1",     "clerk-2",  "reviewer-1", "reviewer-2",  "treasury-1",
                                     "town-a-1",    "town-a-2", "town-b-1",   "housing-1",   "housing-2",
                                     "education-1", "admin-1",  "admin-2",    "inspector-1", "auditor-1"};
constexpr const char* kProjects[] = {"works-1", "works-2", "works-b"};
constexpr const char* kFunds[] = {"fund-1", "fund-2", "donation"};
constexpr int kOfficersCount = 15;

// A world that random steps are taken in.
class Walk {
 public:
  Walk() : w_({.two_reviewer_threshold_fen = 40'00, .proposal_valid_days = 20}) {
    // Something on some lines, so that payments do not have to wait for luck.
    for (const char* fund : {"fund-1", "fund-2"}) {
      w_.Agreed(Receive(fund, 1'000'00, "2020-05-01"));
      w_.Agreed(Plan({{"works-1", fund, 500'00}, {"works-b", fund, 400'00}}, "2020-05-01"));
      w_.Agreed(Allocate({{"works-1", fund, 300'00}, {"works-b", fund, 200'00}}, "2020-05-10"));
    }
  }

  // Takes the step. What it breaks, or nothing.
  std::string Take(const Step& step) {
    Advance();
    const auto [officer, action] = Read(step);
    const Outcome outcome = w_.By(officer, action);
    if (outcome.status.ok()) {
      ++accepted_;
      Remember(action, outcome.ref);
    }
    return CheckBooks(w_.books());
  }

  const World& world() const { return w_; }
  int accepted() const { return accepted_; }

 private:
  struct Move {
    std::string officer;
    v1::Action action;
  };

  // Eight steps a day, from 1 June on: now and then a proposal expires.
  void Advance() {
    today_ = Date(Date::FromCivil(2020, 6, 1)->days() + steps_ / 8);
    w_.On(today_.ToString(), steps_ % 8 * 3);
    ++steps_;
  }

  static int64_t Amount(int n) { return n < 2 ? n * 100'000'00 - 1 : n * 1'37; }
  // Mostly today, or some days or weeks ago; sometimes tomorrow, or before the ledger began.
  std::string DayOf(int n) const {
    const int ago = n < 100 ? 0 : n < 150 ? n % 10 : n < 195 ? n % 60 : n == 199 ? 400 : n == 198 ? -1 : 1;
    return Date(today_.days() - ago).ToString();
  }
  static v1::ActionRef Pick(const std::vector<v1::ActionRef>& refs, int n) {
    return refs.empty() ? v1::ActionRef() : refs[static_cast<size_t>(n) % refs.size()];
  }
  // Of the payments that stand so; one in ten times of all of them.
  v1::ActionRef PickPayment(sv1::PaymentState state, const Step& s) const {
    std::vector<v1::ActionRef> fitting;
    for (const v1::ActionRef& ref : payments_) {
      if (w_.StateOf(ref) == state) fitting.push_back(ref);
    }
    return Pick(s.b % 10 == 0 ? payments_ : fitting, s.a);
  }
  std::string Officer(const char* usual, const Step& s) const {
    return s.who >= kOfficersCount ? usual : kOfficers[s.who];
  }
  // Somebody who may, if there is anybody.
  std::string Approver(const v1::ActionRef& ref, const Step& s) const {
    for (int i = 0; i < kOfficersCount; ++i) {
      const char* officer = kOfficers[(s.b + i) % kOfficersCount];
      if (CanApprove(w_.books(), w_.ProposalOf(ref), officer).ok()) return Officer(officer, s);
    }
    return Officer("reviewer-1", s);
  }

  Move Read(const Step& s) const {
    if (s.kind < 14) return ReadMoney(s);
    if (s.kind < 24) return ReadAnswer(s);
    if (s.kind < 34) return ReadPayment(s);
    return ReadProject(s);
  }

  Move ReadMoney(const Step& s) const {
    const Leg leg{kProjects[s.a % 3], kFunds[s.b % 3], Amount(s.amount)};
    const Leg other{kProjects[(s.a / 3) % 3], leg.fund, -leg.amount_fen};
    const std::string day = DayOf(s.day);
    const std::string clerk = Officer("clerk-1", s);
    switch (s.kind) {
      case 0:
      case 1:
      case 2:
        return {clerk, Receive(leg.fund, leg.amount_fen * 10, day)};
      case 3:
        return {clerk, ReturnUp(leg.fund, leg.amount_fen, day)};
      case 4:
      case 5:
        return {clerk, Plan({{leg.project, leg.fund, leg.amount_fen * 10}}, day)};
      case 6:
        return {clerk, ChangePlan({{leg.project, leg.fund, leg.amount_fen * (s.a % 2 == 0 ? 1 : -1)}}, day)};
      case 7:
      case 8:
      case 9:
        return {clerk, Allocate({leg}, day)};
      case 10:
        return {clerk, Adjust({leg, other}, day)};
      case 11:
        return {clerk, Reclaim(leg, kFunds[s.a % 3], day)};
      case 12:
        return {Officer("housing-1", s), Outside(s.a % 2 == 0 ? "loan" : "insurance", "housing",
                                                 static_cast<v1::OutsideKind>(s.b % 4), leg.amount_fen, day)};
      default:
        return {clerk, Reverse(Pick(s.a % 3 == 0 ? confirmations_ : proposals_, s.b), day)};
    }
  }

  Move ReadAnswer(const Step& s) const {
    std::vector<v1::ActionRef> open;
    for (const v1::ActionRef& proposal : proposals_) {
      if (w_.ProposalOf(proposal).state() == sv1::PROPOSAL_STATE_OPEN) open.push_back(proposal);
    }
    v1::ActionRef ref = Pick(s.b % 20 == 0 ? proposals_ : open, s.a);
    if (s.b == 999) ref.set_leaf_hash("another");
    if (s.kind < 22) return {Approver(ref, s), Approve(ref)};
    if (s.kind < 23) return {Approver(ref, s), Reject(ref, s.b % 2 == 0 ? "" : DayOf(s.day))};
    const std::string proposer = w_.ProposalOf(ref).officer();
    return {Officer(proposer.c_str(), s), Withdraw(ref, s.b % 2 == 0 ? "" : DayOf(s.day))};
  }

  Move ReadPayment(const Step& s) const {
    const std::string day = DayOf(s.day);
    const std::string voucher = absl::StrCat("V", s.b);
    const Leg leg{kProjects[s.a % 3], kFunds[s.b % 3], Amount(s.amount)};
    const std::string treasury = Officer("treasury-1", s);
    switch (s.kind) {
      case 24:
      case 25:
        return {Officer("clerk-2", s), Request({leg}, day)};
      case 26:
        return {Officer("town-a-1", s),
                Request({leg, {leg.project, kFunds[(s.b / 3) % 3], leg.amount_fen}}, day)};
      case 27:
      case 28:
        return {treasury, Instruct(PickPayment(sv1::PAYMENT_STATE_APPROVED, s), day)};
      case 29:
        return {treasury, ConfirmDirect(PickPayment(sv1::PAYMENT_STATE_INSTRUCTED, s), voucher, day)};
      case 30:
        return {treasury, ConfirmTransfer(PickPayment(sv1::PAYMENT_STATE_INSTRUCTED, s), voucher, day)};
      case 31:
        return s.a % 3 == 0 ? Move{treasury, Fail(PickPayment(sv1::PAYMENT_STATE_INSTRUCTED, s), day)}
                            : Move{treasury, Instruct(PickPayment(sv1::PAYMENT_STATE_APPROVED, s), day)};
      default: {
        const v1::ActionRef ref = PickPayment(sv1::PAYMENT_STATE_CONFIRMED, s);
        const v1::RequestPayment request = w_.ProposalOf(ref).action().request_payment();
        const v1::LineAmount line = request.lines().empty() ? v1::LineAmount() : request.lines(0);
        const int64_t amount = s.amount % 4 == 0 ? line.amount_fen() : leg.amount_fen;
        return {treasury, Refund(ref, {{line.project(), line.fund(), amount}}, voucher, day)};
      }
    }
  }

  Move ReadProject(const Step& s) const {
    const std::string project = kProjects[s.a % 3];
    const std::string town = Officer(s.a % 3 == 2 ? "town-b-1" : "town-a-1", s);
    const std::string day = DayOf(s.day);
    switch (s.kind) {
      case 34:
        return s.b % 4 == 0 ? Move{town, SuspendProject(project, day)}
                            : Move{town, ResumeProject(project, day)};
      case 35:
      case 36:
        return {town, ResumeProject(project, day)};
      case 37:
        return {town, ReportProgress(project, s.b * 11, day)};
      case 38:
        return s.b == 0 ? Move{Officer("housing-1", s), TerminateProject(project, day)}
                        : Move{town, ReportIndicator(project, "households", s.b, day)};
      default:
        return {Officer("housing-1", s), ApproveProject(project, 2020 + s.b % 3, day)};
    }
  }

  void Remember(const v1::Action& action, const v1::ActionRef& ref) {
    if (FindActionRule(action.kind_case())->approval == ApprovalRule::kTaken) proposals_.push_back(ref);
    if (action.has_request_payment()) payments_.push_back(ref);
    if (action.has_confirm()) confirmations_.push_back(ref);
  }

  World w_;
  Date today_;
  int steps_ = 0;
  int accepted_ = 0;
  std::vector<v1::ActionRef> proposals_;
  std::vector<v1::ActionRef> payments_;
  std::vector<v1::ActionRef> confirmations_;
};

// The same records on an empty reader, one at a time, give the same bytes.
std::string ReplayDiffers(const World& world) {
  MemoryReader again;
  for (const auto& [record, submission] : world.records()) {
    const absl::StatusOr<Effects> effects = Apply(again, record, submission);
    if (!effects.ok())
      return absl::StrCat("record ", record.sequence, " is refused: ", effects.status().ToString());
    again.Add(*effects);
  }
  return again.Dump() == world.books().Dump() ? "" : "the replayed books have other bytes";
}

// The same records through an overlay above an empty reader, as a group of submissions is applied.
std::string OverlayDiffers(const World& world) {
  const MemoryReader empty;
  Overlay overlay(empty);
  for (const auto& [record, submission] : world.records()) {
    const absl::StatusOr<Effects> effects = Apply(overlay, record, submission);
    if (!effects.ok())
      return absl::StrCat("record ", record.sequence, " is refused: ", effects.status().ToString());
    overlay.Add(effects->entities);
  }
  MemoryReader merged;
  merged.entities = {overlay.changes().begin(), overlay.changes().end()};
  merged.postings = world.books().postings;
  return merged.Dump() == world.books().Dump() ? "" : "the overlay holds other entities";
}

// That Apply changes nothing of what it reads, gives the same effects twice, and that a refusal leaves every
// byte, is checked by the world at every step.
TEST(BooksProperty, AnyHistoryKeepsTheBooksInOrder) {
  int64_t steps = 0;
  int64_t accepted = 0;
  const bool held = rc::check("any history keeps the books in order", [&steps, &accepted] {
    const size_t length = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<size_t>(200, 600));
    const auto history = *rc::gen::container<std::vector<Step>>(length, StepGen());
    Walk walk;
    for (const Step& step : history) {
      const std::string broken = walk.Take(step);
      if (!broken.empty()) RC_FAIL(broken);
      if (HasFailure()) RC_FAIL("the world found a difference");
    }
    steps += static_cast<int64_t>(history.size());
    accepted += walk.accepted();
    RC_ASSERT(ReplayDiffers(walk.world()) == "");
    RC_ASSERT(OverlayDiffers(walk.world()) == "");
  });
  EXPECT_TRUE(held);
  RecordProperty("steps", static_cast<int>(steps));
  RecordProperty("accepted", static_cast<int>(accepted));
  // A history in which everything is refused would show nothing; and so would one in which nothing is.
  EXPECT_GT(accepted * 10, steps * 2) << accepted << " of " << steps;
  EXPECT_LT(accepted * 10, steps * 9) << accepted << " of " << steps;
}

// The dated balance against days written out one by one.
TEST(BooksProperty, ADatedBalanceIsTheSumOfItsDays) {
  const bool held = rc::check("a dated balance is the sum of its days", [] {
    const auto moves = *rc::gen::container<std::vector<std::pair<int, int>>>(rc::gen::resize(
        rc::kNominalSize, rc::gen::pair(rc::gen::inRange(0, 30), rc::gen::inRange(-60, 100))));
    sv1::DatedBalance balance;
    std::vector<int64_t> days(30, 0);
    for (const auto& [day, delta] : moves) {
      std::vector<int64_t> next = days;
      bool below_zero = false;
      for (int d = day; d < 30; ++d) {
        next[static_cast<size_t>(d)] += delta;
        below_zero = below_zero || next[static_cast<size_t>(d)] < 0;
      }
      const absl::Status status = books::Move([] { return std::string("account"); }, day, delta, &balance);
      RC_ASSERT(status.ok() != below_zero);
      if (status.ok()) days = next;
      for (int d = 0; d < 30; ++d) {
        const auto from = days.begin() + d;
        RC_ASSERT(LeastFrom(balance, d) == *std::min_element(from, days.end()));
      }
      RC_ASSERT(Total(balance) == days.back());
    }
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace fundledger::books::testing
