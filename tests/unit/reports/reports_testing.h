// Books made by hand, in memory: each call is one record that changes entities and posts as the books do, so
// that a test reads like the life of a few projects.
//
//   Ledger ledger;
//   ledger.Fund("F", 2020, {"integrated-funds"});
//   ledger.Project("P", "town", "housing", Day(2020, 1, 5));
//   ledger.Plan("P", "F", 500, Day(2020, 1, 10));
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/base/date.h"
#include "ledger/base/status.h"
#include "ledger/books/books.h"
#include "ledger/books/officers.h"
#include "ledger/reports/reports.h"

#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace fundledger::reports {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

inline int32_t Day(int year, int month, int day) {
  return Date::FromCivil(year, month, day)->days();
}

// What moves on one line or fund.
struct Move {
  int64_t source = 0, unallocated = 0, planned = 0, planned_initially = 0, available = 0, reserved = 0,
          held = 0, paid = 0;
};

class Ledger : public books::Scanner, public books::BalanceSource {
 public:
  // Two townships and a village, a city with a department; programmes of two levels; categories as in the
  // seed.
  Ledger() {
    Organization("city", "", v1::TIER_CITY);
    Organization("bureau", "city", v1::TIER_DEPARTMENT);
    Organization("town", "city", v1::TIER_TOWNSHIP);
    Organization("village", "town", v1::TIER_VILLAGE);
    Organization("town2", "city", v1::TIER_TOWNSHIP);
    TaskGroup("group", "危房改造工作专班");
    Programme("livelihood", "", "");
    Programme("housing", "livelihood", "group");
    Programme("water", "livelihood", "");
    Programme("industry", "", "");
    Category("poverty-relief-funds", "");
    Category("integrated-funds", "poverty-relief-funds");
    Category("special", "integrated-funds");
    Category("other", "");
  }

  Source source() const { return {*this, *this, next_ - 1}; }
  Sequence last() const { return next_ - 1; }
  const std::vector<std::pair<Sequence, sv1::Posting>>& postings() const { return postings_; }

  void Organization(const std::string& id, const std::string& parent, v1::Tier tier) {
    auto* what = Change(books::EntityKind::kOrganization, id).mutable_organization();
    what->mutable_registration()->set_id(id);
    what->mutable_registration()->set_name("单位" + id);
    what->mutable_registration()->set_parent(parent);
    what->mutable_registration()->set_tier(tier);
    *what->mutable_origin() = Record();
  }
  void TaskGroup(const std::string& id, const std::string& name) {
    auto* what = Change(books::EntityKind::kTaskGroup, id).mutable_task_group();
    what->mutable_registration()->set_id(id);
    what->mutable_registration()->set_name(name);
    *what->mutable_origin() = Record();
  }
  void Programme(const std::string& id, const std::string& parent, const std::string& group) {
    auto* what = Change(books::EntityKind::kProgramme, id).mutable_programme();
    what->mutable_registration()->set_id(id);
    what->mutable_registration()->set_name("专项" + id);
    what->mutable_registration()->set_parent(parent);
    what->mutable_registration()->set_task_group(group);
    *what->mutable_origin() = Record();
  }
  void Category(const std::string& id, const std::string& parent) {
    auto* what = Change(books::EntityKind::kCategory, id).mutable_category();
    what->mutable_registration()->set_id(id);
    what->mutable_registration()->set_name("类别" + id);
    what->mutable_registration()->set_parent(parent);
    *what->mutable_origin() = Record();
  }
  void Indicator(const std::string& id, v1::Aggregation aggregation, uint32_t scale = 0) {
    auto* what = Change(books::EntityKind::kIndicator, id).mutable_indicator();
    what->mutable_registration()->set_id(id);
    what->mutable_registration()->set_name("指标" + id);
    what->mutable_registration()->set_unit("户");
    what->mutable_registration()->set_scale(scale);
    what->mutable_registration()->set_aggregation(aggregation);
    *what->mutable_origin() = Record();
  }
  void Officer(const std::string& id, const std::string& organization, v1::Role role) {
    auto* what = Change(books::EntityKind::kOfficer, id).mutable_officer();
    what->mutable_registration()->set_id(id);
    what->mutable_registration()->set_organization(organization);
    what->mutable_registration()->set_role(role);
    *what->mutable_origin() = Record();
    books::AddKey(what->origin(), what->registration().key(), what);
  }
  void Fund(const std::string& id, int32_t fiscal_year, const std::vector<std::string>& categories,
            v1::Nature nature = v1::NATURE_FISCAL) {
    auto* what = Change(books::EntityKind::kFund, id).mutable_fund();
    what->mutable_registration()->set_id(id);
    what->mutable_registration()->set_fiscal_year(fiscal_year);
    what->mutable_registration()->set_nature(nature);
    for (const std::string& each : categories) what->mutable_registration()->add_categories(each);
    *what->mutable_origin() = Record();
  }

  void Payee(const std::string& id) {
    auto* what = Change(books::EntityKind::kPayee, id).mutable_payee();
    what->mutable_registration()->set_id(id);
    *what->mutable_origin() = Record();
  }

  void Receive(const std::string& fund, int64_t fen, int32_t day) {
    Post("", fund, day, {.source = -fen, .unallocated = fen});
    Record();
  }
  void ReturnUp(const std::string& fund, int64_t fen, int32_t day) { Receive(fund, -fen, day); }
  void Plan(const std::string& project, const std::string& fund, int64_t fen, int32_t day) {
    Post(project, fund, day, {.planned = fen, .planned_initially = fen});
    Record();
  }
  void ChangePlan(const std::string& project, const std::string& fund, int64_t fen, int32_t day) {
    Post(project, fund, day, {.planned = fen});
    Record();
  }
  void Allocate(const std::string& project, const std::string& fund, int64_t fen, int32_t day) {
    Post("", fund, day, {.unallocated = -fen});
    Post(project, fund, day, {.available = fen});
    Record();
  }
  void Reclaim(const std::string& project, const std::string& fund, int64_t fen, const std::string& to,
               int32_t day) {
    Post(project, fund, day, {.available = -fen});
    Post("", to, day, {.unallocated = fen});
    Record();
  }
  void Outside(const std::string& fund, const std::string& programme, v1::OutsideKind kind, int64_t fen,
               int32_t day) {
    const int64_t amount = kind == v1::OUTSIDE_KIND_LOAN_REPAID ? -fen : fen;
    sv1::Posting posting;
    posting.set_day(day);
    posting.set_fund(fund);
    posting.set_programme(programme);
    posting.set_source_fen(-amount);
    posting.set_outside_fen(amount);
    if (kind == v1::OUTSIDE_KIND_LOAN_GRANTED) posting.set_loans_granted_fen(fen);
    if (kind == v1::OUTSIDE_KIND_LOAN_REPAID) posting.set_loans_repaid_fen(fen);
    postings_.emplace_back(next_, posting);
    Record();
  }

  void Project(const std::string& id, const std::string& organization, const std::string& programme,
               int32_t day) {
    auto* what = Change(books::EntityKind::kProject, id).mutable_project();
    what->mutable_declaration()->set_id(id);
    what->mutable_declaration()->set_organization(organization);
    what->mutable_declaration()->set_programme(programme);
    Milestone(id, sv1::MILESTONE_KIND_DECLARED, day);
  }
  void Milestone(const std::string& project, sv1::MilestoneKind kind, int32_t day, int32_t value = 0) {
    auto* milestone = Change(books::EntityKind::kProject, project).mutable_project()->add_milestones();
    milestone->set_kind(kind);
    milestone->set_value(value);
    *milestone->mutable_origin() = Record(day);
  }
  void Approve(const std::string& project, int32_t year, int32_t day) {
    Milestone(project, sv1::MILESTONE_KIND_APPROVED, day, year);
  }
  void Start(const std::string& project, int32_t day) {
    Milestone(project, sv1::MILESTONE_KIND_STARTED, day);
  }
  void Complete(const std::string& project, int32_t day) {
    Milestone(project, sv1::MILESTONE_KIND_COMPLETED, day);
  }

  // `subject` is a project, or a programme if there is no project of this id.
  void Report(const std::string& subject, const std::string& indicator, int64_t value, int32_t day) {
    const bool project = entities_.contains({books::EntityKind::kProject, subject});
    sv1::Entity& entity =
        Change(project ? books::EntityKind::kProject : books::EntityKind::kProgramme, subject);
    auto* report =
        project ? entity.mutable_project()->add_reports() : entity.mutable_programme()->add_reports();
    report->set_indicator(indicator);
    report->set_value(value);
    *report->mutable_origin() = Record(day);
  }

  // A payment request over one line, with its proposal and reference; gives its sequence.
  Sequence Request(const std::string& project, const std::string& fund, int64_t fen, int32_t day,
                   const std::string& reference = "") {
    Post(project, fund, day, {.available = -fen, .reserved = fen});
    const Sequence sequence = next_;
    v1::Action action;
    action.set_reference(reference);
    auto* line = action.mutable_request_payment()->add_lines();
    line->set_project(project);
    line->set_fund(fund);
    line->set_amount_fen(fen);
    const sv1::Origin origin = Propose(action, "clerk", {v1::ROLE_FINANCE_REVIEWER}, day);
    if (!reference.empty()) {
      *Change(books::EntityKind::kReference,
              books::ReferenceId("town", v1::Action::kRequestPayment, reference))
           .mutable_reference()
           ->mutable_origin() = origin;
    }
    return sequence;
  }
  void Step(Sequence request, sv1::PaymentState state, int32_t day) {
    AddStep(ProposalOf(request)->mutable_payment(), state, Record(day));
  }
  void Confirm(Sequence request, v1::ConfirmMode mode, int32_t day) {
    const bool direct = mode == v1::CONFIRM_MODE_DIRECT;
    sv1::Payment* payment = ProposalOf(request)->mutable_payment();
    const v1::LineAmount& line = LineOf(request);
    sv1::PaymentLine* left = payment->add_lines();
    const int64_t fen = line.amount_fen();
    Adjust(direct ? left->mutable_paid() : left->mutable_held(), day, fen);
    Post(line.project(), line.fund(), day,
         {.reserved = -fen, .held = direct ? 0 : fen, .paid = direct ? fen : 0});
    payment->set_mode(mode);
    payment->mutable_voucher()->set_number(std::to_string(request));
    AddStep(payment, sv1::PAYMENT_STATE_CONFIRMED, Record(day));
  }
  // Money of a confirmation that never left.
  void ReverseConfirmation(Sequence request, int32_t day) {
    TakeBack(request, LineOf(request).amount_fen(), day);
    AddStep(ProposalOf(request)->mutable_payment(), sv1::PAYMENT_STATE_REVERSED, Record(day));
  }
  // Proposed in one record, approved in the next.
  void Refund(Sequence request, int64_t fen, int32_t day) {
    v1::Action action;
    action.mutable_refund()->mutable_payment()->set_sequence(request);
    *action.mutable_refund()->add_lines() = LineOf(request);
    action.mutable_refund()->mutable_lines(0)->set_amount_fen(fen);
    const Sequence proposal = Propose(action, "treasurer", {v1::ROLE_FINANCE_REVIEWER}, day).sequence();
    TakeBack(request, fen, day);
    Answer(proposal, sv1::PROPOSAL_STATE_APPROVED, "reviewer", day);
  }

  sv1::Origin Propose(const v1::Action& action, const std::string& officer,
                      const std::vector<v1::Role>& roles, int32_t day) {
    const Sequence sequence = next_;
    auto* proposal = Change(books::EntityKind::kProposal, books::ActionId(sequence, 0)).mutable_proposal();
    proposal->set_leaf_hash(HashOf(sequence));
    proposal->set_officer(officer);
    proposal->set_organization("town");
    *proposal->mutable_action() = action;
    proposal->set_state(sv1::PROPOSAL_STATE_OPEN);
    for (const v1::Role role : roles) proposal->add_slots()->set_role(role);
    *proposal->mutable_origin() = Record(day);
    return proposal->origin();
  }
  // Fills the first open slot; the proposal stays open.
  void FillSlot(Sequence proposal, const std::string& officer, int32_t day) {
    for (sv1::ApprovalSlot& slot : *ProposalOf(proposal)->mutable_slots()) {
      if (!slot.officer().empty()) continue;
      slot.set_officer(officer);
      *slot.mutable_origin() = Record(day);
      return;
    }
    FAIL() << "no open slot";
  }
  // Approval of the last slot, rejection or withdrawal.
  void Answer(Sequence proposal, sv1::ProposalState state, const std::string& officer, int32_t day) {
    sv1::Proposal* what = ProposalOf(proposal);
    if (state == sv1::PROPOSAL_STATE_APPROVED) {
      FillSlot(proposal, officer, day);
      --next_;  // the approval and its effect are one record
    } else {
      what->set_reason("because");
    }
    what->set_state(state);
    *what->mutable_closed() = Record(day);
  }

  // What the books themselves made of a record.
  void Take(const books::Effects& effects) {
    for (const auto& [key, entity] : effects.entities)
      entities_[key] = std::make_shared<sv1::Entity>(*entity);
    for (const sv1::Posting& posting : effects.postings) postings_.emplace_back(next_, posting);
    Record();
  }
  void Genesis(const v1::Genesis& genesis, int32_t first_day) {
    auto* ledger = Change(books::EntityKind::kLedger, "").mutable_ledger();
    *ledger->mutable_genesis() = genesis;
    *ledger->mutable_policy() = genesis.policy();
    ledger->set_first_day(first_day);
    Record();
  }

  absl::StatusOr<books::EntityPtr> Get(const books::EntityKey& key) const override {
    const auto found = entities_.find(key);
    return found == entities_.end() ? books::EntityPtr() : found->second;
  }
  absl::Status Scan(
      books::EntityKind kind, std::string_view prefix, std::string_view from,
      const std::function<bool(std::string_view, const books::EntityPtr&)>& visit) const override {
    const std::string start(std::max(prefix, from));
    for (auto at = entities_.lower_bound({kind, start}); at != entities_.end() && at->first.kind == kind;
         ++at) {
      if (at->first.id.substr(0, prefix.size()) != prefix || !visit(at->first.id, at->second)) break;
    }
    return absl::OkStatus();
  }
  // Straight from the definition.
  absl::StatusOr<books::Balances> SumPostings(Sequence last, std::optional<int32_t> last_day) const override {
    auto sums = std::make_shared<std::map<books::Account, books::Balance>>();
    for (const auto& [sequence, posting] : postings_) {
      if (sequence > last || posting.day() > last_day.value_or(posting.day())) continue;
      books::AddPosting(posting, &(*sums)[books::AccountOf(posting)]);
    }
    books::Balances balances;
    for (const auto& [account, balance] : *sums) balances.rows.push_back({&account, &balance});
    balances.storage = std::move(sums);
    return balances;
  }

 private:
  static std::string HashOf(Sequence sequence) {
    return std::string(32, static_cast<char>('A' + sequence % 26));
  }
  static void AddStep(sv1::Payment* payment, sv1::PaymentState state, const sv1::Origin& origin) {
    auto* step = payment->add_steps();
    step->set_state(state);
    *step->mutable_origin() = origin;
  }
  static void Adjust(sv1::DatedBalance* balance, int32_t day, int64_t fen) {
    balance->add_days(day);
    balance->add_deltas_fen(fen);
  }

  // Ends a record; where it happened.
  sv1::Origin Record(int32_t day = 0) {
    sv1::Origin origin;
    origin.set_sequence(next_++);
    origin.set_day(day);
    return origin;
  }
  sv1::Entity& Change(books::EntityKind kind, const std::string& id) {
    auto& entity = entities_[{kind, id}];
    if (entity == nullptr) entity = std::make_shared<sv1::Entity>();
    return *entity;
  }
  sv1::Proposal* ProposalOf(Sequence sequence) {
    return Change(books::EntityKind::kProposal, books::ActionId(sequence, 0)).mutable_proposal();
  }
  const v1::LineAmount& LineOf(Sequence request) {
    return ProposalOf(request)->action().request_payment().lines(0);
  }
  void TakeBack(Sequence request, int64_t fen, int32_t day) {
    sv1::Payment* payment = ProposalOf(request)->mutable_payment();
    const bool direct = payment->mode() == v1::CONFIRM_MODE_DIRECT;
    sv1::PaymentLine* left = payment->mutable_lines(0);
    Adjust(direct ? left->mutable_paid() : left->mutable_held(), day, -fen);
    Post(LineOf(request).project(), LineOf(request).fund(), day,
         {.available = fen, .held = direct ? 0 : -fen, .paid = direct ? -fen : 0});
  }
  void Post(const std::string& project, const std::string& fund, int32_t day, const Move& move) {
    sv1::Posting posting;
    posting.set_day(day);
    posting.set_project(project);
    posting.set_fund(fund);
    posting.set_source_fen(move.source);
    posting.set_unallocated_fen(move.unallocated);
    posting.set_planned_fen(move.planned);
    posting.set_planned_initially_fen(move.planned_initially);
    posting.set_available_fen(move.available);
    posting.set_reserved_fen(move.reserved);
    posting.set_held_fen(move.held);
    posting.set_paid_fen(move.paid);
    postings_.emplace_back(next_, posting);
    if (project.empty()) return;
    auto* line = Change(books::EntityKind::kLine, books::LineId(project, fund)).mutable_line();
    line->set_project(project);
    line->set_fund(fund);
    Adjust(line->mutable_available(), day, move.available);
    Adjust(line->mutable_reserved(), day, move.reserved);
    line->set_planned_fen(line->planned_fen() + move.planned);
    line->set_planned_initially_fen(line->planned_initially_fen() + move.planned_initially);
    line->set_held_fen(line->held_fen() + move.held);
    line->set_paid_fen(line->paid_fen() + move.paid);
    line->set_allocated_fen(line->allocated_fen() + move.available + move.reserved + move.held + move.paid);
  }

  Sequence next_ = 0;
  std::map<books::EntityKey, std::shared_ptr<sv1::Entity>> entities_;
  std::vector<std::pair<Sequence, sv1::Posting>> postings_;
};

inline void SetDate(int32_t day, v1::AsOf* as_of) {
  as_of->mutable_date()->set_year(Date(day).year());
  as_of->mutable_date()->set_month(Date(day).month());
  as_of->mutable_date()->set_day(Date(day).day());
}
inline v1::AsOf On(int32_t day) {
  v1::AsOf as_of;
  SetDate(day, &as_of);
  return as_of;
}
inline v1::AsOf AtRecord(Sequence sequence) {
  v1::AsOf as_of;
  as_of.set_sequence(sequence);
  return as_of;
}
inline v1::AsOf OnAtRecord(int32_t day, Sequence sequence) {
  v1::AsOf as_of = On(day);
  as_of.set_sequence(sequence);
  return as_of;
}

template <typename T>
T Answer(const absl::StatusOr<T>& answer) {
  EXPECT_TRUE(answer.ok()) << answer.status();
  return answer.ok() ? *answer : T();
}

template <typename T>
std::string ReasonOfAnswer(const absl::StatusOr<T>& answer) {
  return ReasonOf(answer.status());
}

inline bool Same(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  return google::protobuf::util::MessageDifferencer::Equals(a, b);
}

}  // namespace fundledger::reports
