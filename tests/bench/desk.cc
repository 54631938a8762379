#include "tests/bench/desk.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"
#include "ledger/crypto/dsse.h"
#include "ledger/log/record.h"

#include "absl/strings/str_cat.h"

namespace fundledger::bench {
namespace {

constexpr int64_t kDayUs = 86'400'000'000;
constexpr int kProgressStep = 10;
constexpr int kProgressMax = 10'000;

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  (void)std::fprintf(stderr, "%s\n", value.status().ToString().c_str());
  std::abort();
}

uint64_t SeedOf(const County& county, std::string_view session) {
  const Hash256 hash = crypto::Sha256(absl::StrCat("desk ", county.options().seed, " ", ToAbsl(session)));
  return ReadBigEndian64(hash.view());
}

}  // namespace

Standing StandingAt(const engine::View& view, int64_t now_us) {
  Standing standing;
  standing.ledger = log::LeafHash(OrDie(view.Record(0))).str();
  standing.seen.set_size(view.size());
  standing.seen.set_root(view.checkpoint().root.str());
  standing.now_us = now_us;
  return standing;
}

std::string Seal(const Draft& draft) {
  return OrDie(crypto::SealEnvelope(crypto::kSubmissionType, draft.submission.SerializeAsString(),
                                    {draft.officer->key.get()}));
}

v1::ActionRef RefOf(const v1::Receipt& receipt, std::string_view envelope) {
  const std::string bytes = absl::StrCat(receipt.header(), ToAbsl(envelope));
  v1::ActionRef ref;
  ref.set_sequence(OrDie(log::DecodeRecord(bytes)).header.sequence);
  ref.set_leaf_hash(log::LeafHash(bytes).str());
  return ref;
}

void SetDate(Date day, v1::Date* date) {
  date->set_year(day.year());
  date->set_month(day.month());
  date->set_day(day.day());
}

Desk::Desk(const County& county, std::string session)
    : county_(county),
      session_(std::move(session)),
      random_(SeedOf(county, session_)),
      progress_(static_cast<size_t>(county.options().projects), 0) {}

int Desk::Below(int limit) {
  return static_cast<int>(random_() % static_cast<uint64_t>(limit));
}

Date Desk::UsualDay(int64_t now_us) {
  const int late_days = Below(50) == 0 ? 90 : Below(31);
  return Date(Date::FromUnixMicros(now_us, County::kUtcOffsetMinutes).days() - late_days);
}

void Desk::AddEvidence(std::string_view title, v1::Action* action) {
  v1::Document& document = *action->add_documents();
  std::string id;
  for (int i = 0; i < 4; ++i) AppendBigEndian64(random_(), &id);
  document.set_id(std::move(id));
  document.set_title(std::string(title));
}

void Desk::Label(std::string_view kind, Date day, v1::Action* action) {
  action->set_reference(absl::StrCat(ToAbsl(kind), "-", session_, "-", next_reference_++));
  SetDate(day, action->mutable_date());
}

Draft Desk::Begin(const Officer& officer, const Standing& standing) {
  Draft draft;
  draft.officer = &officer;
  v1::Submission& submission = draft.submission;
  submission.set_ledger(standing.ledger);
  submission.set_officer(officer.id);
  std::string id;
  AppendBigEndian64(random_(), &id);
  AppendBigEndian64(random_(), &id);
  submission.set_request_id(std::move(id));
  submission.set_not_after_us(standing.now_us + 30 * kDayUs);
  *submission.mutable_seen() = standing.seen;
  submission.set_signed_at_us(standing.now_us);
  return draft;
}

Draft Desk::Payments(size_t requester, const Standing& standing, int count) {
  const Officer& officer = county_.requesters()[requester];
  Draft draft = Begin(officer, standing);
  for (int i = 0; i < count; ++i) {
    v1::Action& action = *draft.submission.add_actions();
    Label("PAY", UsualDay(standing.now_us), &action);
    action.set_note("Second instalment for the village road, by progress");
    AddEvidence("Invoice and progress certificate", &action);
    v1::RequestPayment& request = *action.mutable_request_payment();
    request.set_kind(v1::PAYMENT_KIND_PROGRESS);
    int project = Below(county_.options().projects);
    if (!county_.IsClerk(requester)) {
      // A unit asks for its own projects only.
      const int townships = county_.options().townships;
      const int own = county_.options().projects / townships;
      project = Below(own) * townships + county_.TownshipOfRequester(requester);
    }
    v1::LineAmount& line = *request.add_lines();
    line.set_project(county_.ProjectId(project));
    line.set_fund(county_.FundId(Below(county_.options().funds)));
    line.set_amount_fen(100'000 + Below(80'000'000));
    request.set_payee(county_.PayeeId(Below(county_.options().payees)));
  }
  return draft;
}

Draft Desk::Allocations(size_t clerk, const Standing& standing, int count) {
  Draft draft = Begin(county_.requesters()[clerk], standing);
  for (int i = 0; i < count; ++i) {
    v1::Action& action = *draft.submission.add_actions();
    Label("ALLOC", UsualDay(standing.now_us), &action);
    action.set_note("Second instalment of the year's plan");
    AddEvidence("County finance document", &action);
    v1::LineAmount& line = *action.mutable_allocate()->add_lines();
    line.set_project(county_.ProjectId(Below(county_.options().projects)));
    line.set_fund(county_.FundId(Below(county_.options().funds)));
    line.set_amount_fen(100'000 + Below(80'000'000));
  }
  return draft;
}

Draft Desk::Progress(int township, const Standing& standing) {
  const int townships = county_.options().townships;
  const int project = Below(county_.options().projects / townships) * townships + township;
  const size_t officer = static_cast<size_t>(county_.options().clerks + 2 * township + Below(2));
  Draft draft = Begin(county_.requesters()[officer], standing);
  v1::Action& action = *draft.submission.add_actions();
  Label("PROG", Date::FromUnixMicros(standing.now_us, County::kUtcOffsetMinutes), &action);
  action.set_note("Monthly report of works");
  AddEvidence("Photographs of the works", &action);
  int32_t& progress = progress_[static_cast<size_t>(project)];
  progress = std::min(progress + kProgressStep, kProgressMax);
  v1::ReportProgress& report = *action.mutable_report_progress();
  report.set_project(county_.ProjectId(project));
  report.set_progress_basis_points(progress);
  return draft;
}

}  // namespace fundledger::bench
