#include "tests/unit/books/world.h"

#include <set>

#include "ledger/base/date.h"
#include "ledger/base/fen.h"
#include "ledger/base/hash256.h"
#include "ledger/books/payment.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace fundledger::books::testing {
namespace {

constexpr int32_t kOffsetMinutes = 480;

v1::Action Dated(std::string_view date) {
  v1::Action action;
  if (!date.empty()) *action.mutable_date() = Day(date);
  return action;
}

template <typename Message>
void AddLegs(Legs legs, Message* message) {
  for (const Leg& leg : legs) {
    v1::LineAmount* line = message->add_lines();
    line->set_project(leg.project);
    line->set_fund(leg.fund);
    line->set_amount_fen(leg.amount_fen);
  }
}

v1::Action Confirm(const v1::ActionRef& payment, v1::ConfirmMode mode, std::string number,
                   std::string_view date) {
  v1::Action action = Dated(date);
  *action.mutable_confirm()->mutable_payment() = payment;
  action.mutable_confirm()->set_mode(mode);
  v1::Voucher* voucher = action.mutable_confirm()->mutable_voucher();
  voucher->set_issuer("bank");
  voucher->set_type("transfer");
  voucher->set_year(2020);
  voucher->set_number(std::move(number));
  return action;
}

std::string BytesOf(const EntityPtr& entity) {
  return entity == nullptr ? "" : entity->SerializeAsString();
}

}  // namespace

v1::Date Day(std::string_view date) {
  const Date day = Date::Parse(date).value_or(Date());
  v1::Date wire;
  wire.set_year(day.year());
  wire.set_month(day.month());
  wire.set_day(day.day());
  return wire;
}

v1::Action RegisterOrganization(std::string id, std::string parent) {
  v1::Action action;
  auto* what = action.mutable_register_organization();
  what->set_name(absl::StrCat("单位 ", id));
  what->set_id(std::move(id));
  what->set_parent(std::move(parent));
  what->set_tier(v1::TIER_TOWNSHIP);
  return action;
}

v1::Action RegisterOfficer(std::string id, std::string organization, v1::Role role, std::string person_code) {
  v1::Action action;
  auto* what = action.mutable_register_officer();
  *what->mutable_key() = KeyOf(id);
  what->set_id(std::move(id));
  what->set_organization(std::move(organization));
  what->set_role(role);
  what->set_person_code(std::move(person_code));
  return action;
}

v1::PublicKey KeyOf(std::string_view name) {
  v1::PublicKey key;
  key.set_algorithm(v1::KEY_ALGORITHM_ED25519);
  key.set_key(Person(absl::StrCat("key of ", ToAbsl(name))));
  return key;
}

v1::Action RotateKey(std::string_view key) {
  v1::Action action;
  *action.mutable_rotate_key()->mutable_key() = KeyOf(key);
  return action;
}

v1::Action RevokeKey(std::string officer, std::string_view key) {
  v1::Action action;
  action.mutable_revoke_key()->set_officer(std::move(officer));
  *action.mutable_revoke_key()->mutable_key() = KeyOf(key);
  action.mutable_revoke_key()->set_reason("密钥泄露");
  return action;
}

v1::Action RecoverKey(std::string officer, std::string_view key) {
  v1::Action action;
  action.mutable_recover_key()->set_officer(std::move(officer));
  *action.mutable_recover_key()->mutable_key() = KeyOf(key);
  action.mutable_recover_key()->set_reason("密钥遗失");
  return action;
}

v1::Action MoveOfficer(std::string officer, std::string organization) {
  v1::Action action;
  action.mutable_move_officer()->set_officer(std::move(officer));
  action.mutable_move_officer()->set_organization(std::move(organization));
  action.mutable_move_officer()->set_reason("调动");
  return action;
}

v1::Action DismissOfficer(std::string officer) {
  v1::Action action;
  action.mutable_dismiss_officer()->set_officer(std::move(officer));
  action.mutable_dismiss_officer()->set_reason("离任");
  return action;
}

v1::Action ChangePolicy(const v1::Policy& policy) {
  v1::Action action;
  *action.mutable_change_policy()->mutable_policy() = policy;
  action.mutable_change_policy()->set_reason("县政府常务会议");
  return action;
}

v1::Action ExpireProposal(const v1::ActionRef& proposal) {
  v1::Action action;
  *action.mutable_expire_proposal()->mutable_proposal() = proposal;
  return action;
}

v1::Action RegisterTaskGroup(std::string id) {
  v1::Action action;
  action.mutable_register_task_group()->set_name("工作专班");
  action.mutable_register_task_group()->set_id(std::move(id));
  return action;
}

v1::Action RegisterProgramme(std::string id, std::string parent, std::string task_group) {
  v1::Action action;
  auto* what = action.mutable_register_programme();
  what->set_name("专项");
  what->set_id(std::move(id));
  what->set_parent(std::move(parent));
  what->set_task_group(std::move(task_group));
  return action;
}

v1::Action RegisterCategory(std::string id, std::string parent) {
  v1::Action action;
  auto* what = action.mutable_register_category();
  what->set_name("财政扶贫资金");
  what->set_id(std::move(id));
  what->set_parent(std::move(parent));
  return action;
}

v1::Action RegisterPayee(std::string id, std::string credit_code) {
  v1::Action action;
  auto* what = action.mutable_register_payee();
  what->set_name("建筑公司");
  what->set_id(std::move(id));
  what->set_credit_code(std::move(credit_code));
  return action;
}

v1::Action RegisterIndicator(std::string id) {
  v1::Action action;
  auto* what = action.mutable_register_indicator();
  what->set_name("受益户");
  what->set_id(std::move(id));
  what->set_unit("户");
  what->set_aggregation(v1::AGGREGATION_SUM);
  return action;
}

v1::Action RegisterFund(std::string id, int fiscal_year, v1::Nature nature) {
  v1::Action action;
  auto* what = action.mutable_register_fund();
  what->set_name("专项扶贫资金");
  what->set_document_number("荆财农发〔2020〕12号");
  what->set_id(std::move(id));
  what->set_fiscal_year(fiscal_year);
  what->set_origin_year(fiscal_year);
  what->set_source_tier(v1::SOURCE_TIER_CENTRAL);
  what->set_nature(nature);
  return action;
}

v1::Action Receive(std::string fund, int64_t amount_fen, std::string_view date) {
  v1::Action action = Dated(date);
  action.mutable_receive()->set_fund(std::move(fund));
  action.mutable_receive()->set_amount_fen(amount_fen);
  return action;
}

v1::Action ReturnUp(std::string fund, int64_t amount_fen, std::string_view date) {
  v1::Action action = Dated(date);
  action.mutable_return_up()->set_fund(std::move(fund));
  action.mutable_return_up()->set_amount_fen(amount_fen);
  return action;
}

v1::Action Plan(Legs legs, std::string_view date) {
  v1::Action action = Dated(date);
  AddLegs(legs, action.mutable_plan());
  return action;
}

v1::Action ChangePlan(Legs legs, std::string_view date) {
  v1::Action action = Dated(date);
  AddLegs(legs, action.mutable_change_plan());
  return action;
}

v1::Action Allocate(Legs legs, std::string_view date) {
  v1::Action action = Dated(date);
  AddLegs(legs, action.mutable_allocate());
  return action;
}

v1::Action Adjust(Legs legs, std::string_view date) {
  v1::Action action = Dated(date);
  AddLegs(legs, action.mutable_adjust());
  return action;
}

v1::Action Reclaim(Leg leg, std::string to_fund, std::string_view date) {
  v1::Action action = Dated(date);
  v1::LineAmount* line = action.mutable_reclaim()->mutable_line();
  line->set_project(leg.project);
  line->set_fund(leg.fund);
  line->set_amount_fen(leg.amount_fen);
  action.mutable_reclaim()->set_to_fund(std::move(to_fund));
  return action;
}

v1::Action Outside(std::string fund, std::string programme, v1::OutsideKind kind, int64_t amount_fen,
                   std::string_view date) {
  v1::Action action = Dated(date);
  auto* what = action.mutable_record_outside_payment();
  what->set_fund(std::move(fund));
  what->set_programme(std::move(programme));
  what->set_kind(kind);
  what->set_amount_fen(amount_fen);
  return action;
}

v1::Action Approve(const v1::ActionRef& proposal) {
  v1::Action action;
  *action.mutable_approve()->mutable_proposal() = proposal;
  return action;
}

v1::Action Reject(const v1::ActionRef& proposal, std::string_view date) {
  v1::Action action = Dated(date);
  *action.mutable_reject()->mutable_proposal() = proposal;
  action.mutable_reject()->set_reason("附件不全");
  return action;
}

v1::Action Withdraw(const v1::ActionRef& proposal, std::string_view date) {
  v1::Action action = Dated(date);
  *action.mutable_withdraw()->mutable_proposal() = proposal;
  action.mutable_withdraw()->set_reason("金额有误");
  return action;
}

v1::Action Reverse(const v1::ActionRef& reversed, std::string_view date) {
  v1::Action action = Dated(date);
  *action.mutable_reverse()->mutable_action() = reversed;
  action.mutable_reverse()->set_reason("录入错误");
  return action;
}

v1::Action Request(Legs legs, std::string_view date) {
  v1::Action action = Dated(date);
  action.mutable_request_payment()->set_kind(v1::PAYMENT_KIND_PROGRESS);
  action.mutable_request_payment()->set_payee("payee-1");
  AddLegs(legs, action.mutable_request_payment());
  return action;
}

v1::Action RequestBatch(Legs legs, std::string_view date) {
  v1::Action action = Dated(date);
  action.mutable_request_payment()->set_kind(v1::PAYMENT_KIND_SUBSIDY_BATCH);
  v1::Batch* batch = action.mutable_request_payment()->mutable_batch();
  batch->set_subsidy("雨露计划");
  batch->set_period("2020-05");
  batch->set_count(3);
  batch->set_roster(Person("roster"));
  AddLegs(legs, action.mutable_request_payment());
  return action;
}

v1::Action Instruct(const v1::ActionRef& payment, std::string_view date) {
  v1::Action action = Dated(date);
  *action.mutable_instruct()->mutable_payment() = payment;
  return action;
}

v1::Action ConfirmDirect(const v1::ActionRef& payment, std::string voucher, std::string_view date) {
  return Confirm(payment, v1::CONFIRM_MODE_DIRECT, std::move(voucher), date);
}

v1::Action ConfirmTransfer(const v1::ActionRef& payment, std::string voucher, std::string_view date) {
  return Confirm(payment, v1::CONFIRM_MODE_TRANSFER, std::move(voucher), date);
}

v1::Action Fail(const v1::ActionRef& payment, std::string_view date) {
  v1::Action action = Dated(date);
  *action.mutable_fail()->mutable_payment() = payment;
  action.mutable_fail()->set_reason("账号不符");
  return action;
}

v1::Action Refund(const v1::ActionRef& payment, Legs legs, std::string voucher, std::string_view date) {
  v1::Action action = Dated(date);
  *action.mutable_refund()->mutable_payment() = payment;
  AddLegs(legs, action.mutable_refund());
  v1::Voucher* proof = action.mutable_refund()->mutable_voucher();
  proof->set_issuer("bank");
  proof->set_type("refund");
  proof->set_year(2020);
  proof->set_number(std::move(voucher));
  return action;
}

v1::Action DeclareProject(std::string id, std::string organization, std::string_view date) {
  v1::Action action = Dated(date);
  auto* what = action.mutable_declare_project();
  what->set_name("危房改造");
  what->set_id(std::move(id));
  what->set_kind(v1::PROJECT_KIND_WORKS);
  what->set_organization(std::move(organization));
  what->set_programme("housing");
  return action;
}

v1::Action ApproveProject(std::string id, int plan_year, std::string_view date) {
  v1::Action action = Dated(date);
  action.mutable_approve_project()->set_project(std::move(id));
  action.mutable_approve_project()->set_plan_year(plan_year);
  return action;
}

v1::Action StartProject(std::string id, std::string_view date) {
  v1::Action action = Dated(date);
  action.mutable_start_project()->set_project(std::move(id));
  return action;
}

v1::Action ReportProgress(std::string id, int basis_points, std::string_view date, std::string reason) {
  v1::Action action = Dated(date);
  action.mutable_report_progress()->set_project(std::move(id));
  action.mutable_report_progress()->set_progress_basis_points(basis_points);
  action.mutable_report_progress()->set_correction_reason(std::move(reason));
  return action;
}

v1::Action CompleteProject(std::string id, std::string_view date) {
  v1::Action action = Dated(date);
  action.mutable_complete_project()->set_project(std::move(id));
  return action;
}

v1::Action SuspendProject(std::string id, std::string_view date) {
  v1::Action action = Dated(date);
  action.mutable_suspend_project()->set_project(std::move(id));
  action.mutable_suspend_project()->set_reason("汛期停工");
  return action;
}

v1::Action ResumeProject(std::string id, std::string_view date) {
  v1::Action action = Dated(date);
  action.mutable_resume_project()->set_project(std::move(id));
  return action;
}

v1::Action TerminateProject(std::string id, std::string_view date) {
  v1::Action action = Dated(date);
  action.mutable_terminate_project()->set_project(std::move(id));
  action.mutable_terminate_project()->set_reason("规划调整");
  return action;
}

v1::Action ReportIndicator(std::string project, std::string indicator, int64_t value, std::string_view date) {
  v1::Action action = Dated(date);
  action.mutable_report_indicator()->set_project(std::move(project));
  action.mutable_report_indicator()->set_indicator(std::move(indicator));
  action.mutable_report_indicator()->set_value(value);
  return action;
}

v1::Action Historical(v1::Action action) {
  action.set_historical(true);
  return action;
}

v1::Action WithReference(v1::Action action, std::string reference) {
  action.set_reference(std::move(reference));
  return action;
}

std::string CreditCode(std::string_view first_17) {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  size_t sum = 0;
  size_t weight = 1;
  for (const char c : first_17) {
    sum += kAlphabet.find(c) * weight;
    weight = weight * 3 % 31;
  }
  return std::string(first_17) + kAlphabet[(31 - sum % 31) % 31];
}

std::string Person(std::string_view name) {
  std::string code(name.substr(0, 32));
  code.resize(32, '.');
  return code;
}

std::string Why(const Outcome& outcome) {
  return outcome.status.ok() ? "OK" : ReasonOf(outcome.status);
}

absl::StatusOr<EntityPtr> MemoryReader::Get(const EntityKey& key) const {
  const auto it = entities.find(key);
  return it == entities.end() ? EntityPtr() : it->second;
}

void MemoryReader::Add(const Effects& effects) {
  for (const auto& [key, entity] : effects.entities) entities[key] = entity;
  postings.insert(postings.end(), effects.postings.begin(), effects.postings.end());
}

std::string MemoryReader::Dump() const {
  std::string dump;
  for (const auto& [key, entity] : entities) {
    absl::StrAppend(&dump, static_cast<int>(key.kind), "/", key.id, "=", BytesOf(entity), "\n");
  }
  for (const sv1::Posting& posting : postings) absl::StrAppend(&dump, posting.SerializeAsString(), "\n");
  return dump;
}

bool SameEffects(const Effects& a, const Effects& b) {
  if (a.entities.size() != b.entities.size() || a.postings.size() != b.postings.size()) return false;
  for (const auto& [key, entity] : a.entities) {
    const auto other = b.entities.find(key);
    if (other == b.entities.end() || BytesOf(entity) != BytesOf(other->second)) return false;
  }
  for (size_t i = 0; i < a.postings.size(); ++i) {
    if (a.postings[i].SerializeAsString() != b.postings[i].SerializeAsString()) return false;
  }
  return a.trail == b.trail;
}

namespace {

// Dated amounts, added up without the code under test.
using Days = std::map<int32_t, __int128>;

Days DaysOf(const sv1::DatedBalance& balance, std::string* wrong, const std::string& name) {
  Days days;
  for (int i = 0; i < balance.days_size(); ++i) {
    if (i > 0 && balance.days(i - 1) >= balance.days(i))
      absl::StrAppend(wrong, name, ": days out of order\n");
    days[balance.days(i)] += balance.deltas_fen(i);
  }
  __int128 running = 0;
  for (const auto& [day, delta] : days) {
    running += delta;
    if (running < 0) absl::StrAppend(wrong, name, " is below zero on ", Date(day).ToString(), "\n");
  }
  return days;
}

Days WithoutZeros(const Days& days) {
  Days without;
  for (const auto& [day, delta] : days) {
    if (delta != 0) without[day] = delta;
  }
  return without;
}

// What postings say of one fund or line.
struct Posted {
  Days unallocated, received, available, reserved, headroom;
  __int128 planned = 0, planned_initially = 0, held = 0, paid = 0, allocated = 0;
};

void Compare(const std::string& name, const sv1::DatedBalance& balance, const Days& posted,
             std::string* wrong) {
  if (WithoutZeros(DaysOf(balance, wrong, name)) != WithoutZeros(posted)) {
    absl::StrAppend(wrong, name, " is not the sum of its postings\n");
  }
}

void CompareTotal(const std::string& name, int64_t total, __int128 posted, std::string* wrong) {
  if (posted != total) absl::StrAppend(wrong, name, " is not the sum of its postings\n");
}

void CheckLine(const sv1::Line& line, const Posted& posted, std::string* wrong) {
  const std::string name = absl::StrCat(line.project(), " × ", line.fund());
  Compare(name + " available", line.available(), posted.available, wrong);
  Compare(name + " reserved", line.reserved(), posted.reserved, wrong);
  Compare(name + " headroom", line.headroom(), posted.headroom, wrong);
  CompareTotal(name + " allocated", line.allocated_fen(), posted.allocated, wrong);
  CompareTotal(name + " planned", line.planned_fen(), posted.planned, wrong);
  CompareTotal(name + " planned initially", line.planned_initially_fen(), posted.planned_initially, wrong);
  CompareTotal(name + " held", line.held_fen(), posted.held, wrong);
  CompareTotal(name + " paid", line.paid_fen(), posted.paid, wrong);
  if (line.planned_fen() < line.allocated_fen()) {
    absl::StrAppend(wrong, name, ": more is allocated than planned\n");
  }
}

}  // namespace

std::string CheckBooks(const MemoryReader& books) {
  std::string wrong;
  std::map<std::pair<std::string, std::string>, Posted> posted;
  __int128 sum = 0;
  for (const sv1::Posting& p : books.postings) {
    Posted& at = posted[{p.project(), p.fund()}];
    const int64_t allocated = p.available_fen() + p.reserved_fen() + p.held_fen() + p.paid_fen();
    at.unallocated[p.day()] += p.unallocated_fen();
    at.received[p.day()] -= p.programme().empty() ? p.source_fen() : 0;
    at.available[p.day()] += p.available_fen();
    at.reserved[p.day()] += p.reserved_fen();
    at.headroom[p.day()] += p.planned_fen() - allocated;
    at.planned += p.planned_fen();
    at.planned_initially += p.planned_initially_fen();
    at.held += p.held_fen();
    at.paid += p.paid_fen();
    at.allocated += allocated;
    sum += p.source_fen() + p.unallocated_fen() + allocated + p.outside_fen();
  }
  if (sum != 0) absl::StrAppend(&wrong, "the true accounts do not sum to zero\n");
  std::map<std::pair<std::string, std::string>, std::pair<__int128, __int128>> by_payments;
  for (const auto& [key, entity] : books.entities) {
    if (entity->has_proposal()) {
      const sv1::Payment& payment = entity->proposal().payment();
      for (int i = 0; i < payment.lines_size(); ++i) {
        const sv1::PaymentLine& line = payment.lines(i);
        const v1::LineAmount& asked = entity->proposal().action().request_payment().lines(i);
        auto& [held, paid] = by_payments[{asked.project(), asked.fund()}];
        for (const auto& [day, delta] : DaysOf(line.held(), &wrong, "payment held")) held += delta;
        for (const auto& [day, delta] : DaysOf(line.paid(), &wrong, "payment paid")) paid += delta;
      }
    }
    if (entity->has_outside()) {
      DaysOf(entity->outside().paid(), &wrong, "outside paid");
      DaysOf(entity->outside().outstanding(), &wrong, "loans outstanding");
    }
    if (entity->has_fund()) {
      const sv1::Fund& fund = entity->fund();
      Compare(key.id + " unallocated", fund.unallocated(), posted[{"", key.id}].unallocated, &wrong);
      Compare(key.id + " received", fund.received(), posted[{"", key.id}].received, &wrong);
    }
  }
  for (const auto& [key, entity] : books.entities) {
    if (!entity->has_line()) continue;
    const sv1::Line& line = entity->line();
    CheckLine(line, posted[{line.project(), line.fund()}], &wrong);
    const auto& [held, paid] = by_payments[{line.project(), line.fund()}];
    CompareTotal(key.id + " held by payments", line.held_fen(), held, &wrong);
    CompareTotal(key.id + " paid by payments", line.paid_fen(), paid, &wrong);
  }
  return wrong;
}

Hash256 LeafOf(Sequence sequence) {
  Hash256 leaf;
  for (size_t i = 0; i < 8; ++i) leaf.bytes[i] = static_cast<uint8_t>(sequence >> (8 * i));
  leaf.bytes[31] = 0xfe;
  return leaf;
}

v1::Submission GenesisOf(const Options& options) {
  v1::Submission submission;
  submission.set_officer("admin-1");
  v1::Genesis* genesis = submission.add_actions()->mutable_genesis();
  genesis->set_origin("example.org/fundledger/test");
  *genesis->mutable_log_key() = KeyOf("log");
  *genesis->mutable_standby_key() = KeyOf("standby");
  genesis->set_suite(v1::SUITE_INTERNATIONAL);
  genesis->set_utc_offset_minutes(kOffsetMinutes);
  genesis->mutable_policy()->set_two_reviewer_threshold_fen(options.two_reviewer_threshold_fen);
  genesis->mutable_policy()->set_proposal_valid_days(options.proposal_valid_days);
  *genesis->add_organizations() = RegisterOrganization("city", "").register_organization();
  for (const char* id : {"finance", "housing-bureau", "education", "supervision", "town-a", "town-b"}) {
    *genesis->add_organizations() = RegisterOrganization(id, "city").register_organization();
  }
  *genesis->add_organizations() = RegisterOrganization("village-a1", "town-a").register_organization();
  *genesis->add_administrators() =
      RegisterOfficer("admin-1", "city", v1::ROLE_ADMIN, Person("admin 1")).register_officer();
  *genesis->add_administrators() =
      RegisterOfficer("admin-2", "supervision", v1::ROLE_ADMIN, Person("admin 2")).register_officer();
  return submission;
}

World::World(const Options& options) {
  On("2020-01-01", 8);
  Found(options);
  RegisterOfficers();
  RegisterThings();
  On("2020-06-01");
}

World::~World() {
  EXPECT_EQ(CheckBooks(books_), "");
}

void World::On(std::string_view date, int hour, int minute, int second) {
  constexpr int64_t kSecondUs = 1'000'000;
  const int64_t days = Date::Parse(date).value_or(Date()).days();
  now_us_ = (days * 86'400 + hour * 3'600 + minute * 60 + second - kOffsetMinutes * 60) * kSecondUs;
}

absl::Status World::Record(const v1::Submission& submission) {
  const RecordContext record{records_.size(), now_us_, LeafOf(records_.size())};
  const std::string before = books_.Dump();
  absl::StatusOr<Effects> effects = Apply(books_, record, submission);
  // What was refused may be refused for its form: looked at again, it is refused alike.
  const Form form = effects.ok() ? Form::kGood : Form::kUnknown;
  const absl::StatusOr<Effects> again = Apply(books_, record, submission, form);
  EXPECT_EQ(books_.Dump(), before) << "Apply changed what it only reads";
  EXPECT_EQ(effects.status(), again.status());
  if (!effects.ok()) return effects.status();
  if (again.ok()) {
    EXPECT_TRUE(SameEffects(*effects, *again)) << "the same input gave other effects";
  }
  books_.Add(*effects);
  last_effects_ = *std::move(effects);
  records_.emplace_back(record, submission);
  now_us_ += 1'000'000;
  return absl::OkStatus();
}

Outcome World::By(std::string_view officer, const std::vector<v1::Action>& actions) {
  v1::Submission submission;
  submission.set_officer(std::string(officer));
  for (const v1::Action& action : actions) *submission.add_actions() = action;
  Outcome outcome;
  outcome.ref.set_sequence(records_.size());
  outcome.ref.set_leaf_hash(LeafOf(records_.size()).str());
  outcome.status = Record(submission);
  return outcome;
}

v1::ActionRef World::Must(const Outcome& outcome) {
  EXPECT_TRUE(outcome.status.ok()) << ReasonOf(outcome.status) << ": " << outcome.status;
  return outcome.ref;
}

v1::ActionRef World::Agreed(const v1::Action& action, std::string_view officer) {
  const v1::ActionRef ref = Must(By(officer, action));
  Must(Reviewer(Approve(ref)));
  return ref;
}

v1::ActionRef World::Decided(const v1::Action& action, bool with_inspector) {
  const v1::ActionRef ref = Must(Admin(action));
  Must(OtherAdmin(Approve(ref)));
  if (with_inspector) Must(Inspector(Approve(ref)));
  return ref;
}

void World::Found(const Options& options) {
  const absl::Status status = Record(GenesisOf(options));
  ASSERT_TRUE(status.ok()) << status;
}

void World::RegisterOfficers() {
  const auto add = [this](const char* id, const char* organization, v1::Role role) {
    const v1::ActionRef ref = Must(Admin(RegisterOfficer(id, organization, role, Person(id))));
    Must(OtherAdmin(Approve(ref)));
    if (IsMoneyRole(role)) Must(Inspector(Approve(ref)));
  };
  add("inspector-1", "supervision", v1::ROLE_INSPECTOR);
  add("admin-3", "city", v1::ROLE_ADMIN);
  add("clerk-1", "finance", v1::ROLE_FINANCE_CLERK);
  add("clerk-2", "finance", v1::ROLE_FINANCE_CLERK);
  add("reviewer-1", "finance", v1::ROLE_FINANCE_REVIEWER);
  add("reviewer-2", "finance", v1::ROLE_FINANCE_REVIEWER);
  add("treasury-1", "finance", v1::ROLE_TREASURY);
  add("town-a-1", "town-a", v1::ROLE_TOWNSHIP);
  add("town-a-2", "town-a", v1::ROLE_TOWNSHIP);
  add("town-b-1", "town-b", v1::ROLE_TOWNSHIP);
  add("village-a1-1", "village-a1", v1::ROLE_TOWNSHIP);
  add("housing-1", "housing-bureau", v1::ROLE_DEPARTMENT);
  add("housing-2", "housing-bureau", v1::ROLE_DEPARTMENT);
  add("education-1", "education", v1::ROLE_DEPARTMENT);
  add("auditor-1", "supervision", v1::ROLE_AUDITOR);
}

void World::RegisterThings() {
  Must(Admin(RegisterProgramme("housing")));
  Must(Admin(RegisterCategory("poverty")));
  Must(Admin(RegisterIndicator("households")));
  Agreed(RegisterPayee("payee-1", CreditCode("91420000MA0000001")));
  Agreed(RegisterFund("fund-1", 2020));
  Agreed(RegisterFund("fund-2", 2020));
  Agreed(RegisterFund("fund-2019", 2019));
  Agreed(RegisterFund("fund-2021", 2021));
  Agreed(RegisterFund("donation", 2020, v1::NATURE_DONATION));
  Agreed(RegisterFund("loan", 2020, v1::NATURE_LOAN));
  Agreed(RegisterFund("insurance", 2020, v1::NATURE_INSURANCE));
  Must(TownA(Historical(DeclareProject("works-1", "town-a", "2019-06-01"))));
  Must(TownA(Historical(DeclareProject("works-2", "town-a", "2019-06-01"))));
  Must(TownB(Historical(DeclareProject("works-b", "town-b", "2019-06-01"))));
  for (const char* project : {"works-1", "works-2", "works-b"}) {
    Agreed(Historical(ApproveProject(project, 2020, "2019-06-02")), "housing-1");
  }
}

void World::FundWorks1(int64_t amount_fen, std::string_view date) {
  Agreed(Receive("fund-1", amount_fen, date));
  Agreed(Plan({{"works-1", "fund-1", amount_fen}}, date));
  Agreed(Allocate({{"works-1", "fund-1", amount_fen}}, date));
}

v1::ActionRef World::Instructed(int64_t amount_fen, std::string_view date) {
  const v1::ActionRef ref = Agreed(Request({{"works-1", "fund-1", amount_fen}}, date));
  Must(Treasury(Instruct(ref, date)));
  return ref;
}

v1::ActionRef World::Paid(int64_t amount_fen, std::string voucher, std::string_view date) {
  const v1::ActionRef ref = Instructed(amount_fen, date);
  Must(Treasury(ConfirmDirect(ref, std::move(voucher), date)));
  return ref;
}

sv1::Fund World::FundOf(std::string_view id) const {
  const EntityPtr entity = *books_.Get({EntityKind::kFund, std::string(id)});
  return entity == nullptr ? sv1::Fund() : entity->fund();
}

sv1::Line World::LineOf(std::string_view project, std::string_view fund) const {
  const EntityPtr entity = *books_.Get({EntityKind::kLine, LineId(project, fund)});
  return entity == nullptr ? sv1::Line() : entity->line();
}

int64_t World::Available(std::string_view project, std::string_view fund) const {
  return Total(LineOf(project, fund).available());
}

int64_t World::Reserved(std::string_view project, std::string_view fund) const {
  return Total(LineOf(project, fund).reserved());
}

sv1::Officer World::OfficerOf(std::string_view id) const {
  const EntityPtr entity = *books_.Get({EntityKind::kOfficer, std::string(id)});
  return entity == nullptr ? sv1::Officer() : entity->officer();
}

sv1::Ledger World::LedgerFacts() const {
  return (*books_.Get({EntityKind::kLedger, ""}))->ledger();
}

sv1::Proposal World::ProposalOf(const v1::ActionRef& ref) const {
  const EntityPtr entity = *books_.Get({EntityKind::kProposal, ActionId(ref.sequence(), ref.action())});
  return entity == nullptr ? sv1::Proposal() : entity->proposal();
}

sv1::PaymentState World::StateOf(const v1::ActionRef& ref) const {
  const sv1::Proposal proposal = ProposalOf(ref);
  return IsPayment(proposal) ? books::StateOf(proposal) : sv1::PAYMENT_STATE_UNSPECIFIED;
}

}  // namespace fundledger::books::testing
