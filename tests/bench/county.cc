#include "tests/bench/county.h"

#include <algorithm>
#include <future>
#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"
#include "ledger/crypto/dsse.h"
#include "ledger/log/note.h"
#include "ledger/log/record.h"
#include "tests/bench/desk.h"

#include "absl/strings/str_cat.h"

namespace fundledger::bench {
namespace {

constexpr std::string_view kOrigin = "county.example/fundledger/bench";
constexpr int kFiscalYear = 2021;
constexpr int64_t kReceiveFenMax = 1'000'000'000'000'000;
// Enough on every line for some ten thousand payments, and enough planned and received for as many
// allocations more.
constexpr int64_t kAllocatedFen = 1'000'000'000'000;
constexpr int64_t kPlannedFen = 10 * kAllocatedFen;
constexpr int64_t kReceivedOfAllocated = 2;
constexpr int kLinesAnAction = 500;
constexpr int kActionsASubmission = 100;

v1::PublicKey WireKey(const crypto::Signer& signer) {
  v1::PublicKey key;
  key.set_algorithm(static_cast<v1::KeyAlgorithm>(signer.public_key().algorithm));
  key.set_key(signer.public_key().bytes);
  return key;
}

// A unified social credit code: 17 characters and the check character of GB 32100-2015.
std::string CreditCode(int number) {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  std::string code = absl::StrCat("91421081MA", 1'000'000 + number);
  size_t sum = 0;
  size_t weight = 1;
  for (const char c : code) {
    sum += kAlphabet.find(c) * weight;
    weight = weight * 3 % 31;
  }
  code.push_back(kAlphabet[(31 - sum % 31) % 31]);
  return code;
}

std::string Numbered(std::string_view prefix, int number, int digits) {
  const std::string text = absl::StrCat(number);
  const auto missing = std::max<int>(0, digits - static_cast<int>(text.size()));
  return absl::StrCat(ToAbsl(prefix), std::string(missing, '0'), text);
}

void AddOrganization(std::string_view id, std::string_view parent, v1::Tier tier, v1::Genesis* genesis) {
  v1::RegisterOrganization& organization = *genesis->add_organizations();
  organization.set_id(std::string(id));
  organization.set_name(absl::StrCat("Organization ", ToAbsl(id)));
  organization.set_parent(std::string(parent));
  organization.set_tier(tier);
}

}  // namespace

// The county's first days: proposals and approvals in submissions as large as is handy.
class SetUp {
 public:
  SetUp(const County& county, engine::Engine* engine, SimulatedClock* clock)
      : county_(county), engine_(engine), clock_(clock), desk_(county, "setup") {}

  absl::Status Run() {
    RETURN_IF_ERROR(RegisterOfficers());
    RETURN_IF_ERROR(RegisterThings());
    RETURN_IF_ERROR(DeclareProjects());
    return FundLines();
  }

  static v1::RegisterOfficer Registration(const Officer& officer, std::string ledger) {
    v1::RegisterOfficer registration;
    registration.set_id(officer.id);
    registration.set_organization(officer.organization);
    registration.set_role(officer.role);
    *registration.mutable_key() = WireKey(*officer.key);
    const auto proof =
        officer.key->Sign(crypto::PreAuthEncoding(crypto::kKeyProofType, ledger.append(officer.id)));
    if (proof.ok()) registration.set_key_proof(*proof);
    registration.set_person_code(crypto::Sha256({"person", officer.id}).str());
    return registration;
  }

 private:
  v1::Action Dated() const {
    v1::Action action;
    SetDate(Date::FromUnixMicros(clock_->now_us(), County::kUtcOffsetMinutes), action.mutable_date());
    return action;
  }

  // The record, as later approvals name it.
  absl::StatusOr<v1::ActionRef> Submit(const Officer& officer, const std::vector<v1::Action>& actions) {
    clock_->Advance(60'000'000);
    Draft draft = desk_.Begin(officer, StandingAt(*engine_->view(), clock_->now_us()));
    for (const v1::Action& action : actions) *draft.submission.add_actions() = action;
    const std::string envelope = Seal(draft);
    std::promise<absl::StatusOr<v1::Receipt>> answer;
    engine_->Submit(envelope,
                    [&answer](absl::StatusOr<v1::Receipt> receipt) { answer.set_value(std::move(receipt)); });
    ASSIGN_OR_RETURN(const v1::Receipt receipt, answer.get_future().get());
    return RefOf(receipt, envelope);
  }

  // In submissions of a handy size; each approved by all of `approvers`.
  absl::Status Agree(const Officer& officer, const std::vector<const Officer*>& approvers,
                     const std::vector<v1::Action>& actions, size_t actions_max = kActionsASubmission) {
    for (size_t first = 0; first < actions.size(); first += actions_max) {
      const size_t end = std::min(actions.size(), first + actions_max);
      const std::vector<v1::Action> part(actions.begin() + static_cast<ptrdiff_t>(first),
                                         actions.begin() + static_cast<ptrdiff_t>(end));
      ASSIGN_OR_RETURN(v1::ActionRef ref, Submit(officer, part));
      std::vector<v1::Action> approvals(part.size());
      for (size_t i = 0; i < part.size(); ++i) {
        ref.set_action(static_cast<uint32_t>(i));
        *approvals[i].mutable_approve()->mutable_proposal() = ref;
      }
      for (const Officer* approver : approvers) RETURN_IF_ERROR(Submit(*approver, approvals).status());
    }
    return absl::OkStatus();
  }

  absl::Status RegisterOfficers() {
    const Officer& admin = county_.administrators_[0];
    const Officer& other = county_.administrators_[1];
    const auto actions = [this](const std::vector<Officer>& officers) -> std::vector<v1::Action> {
      const std::string ledger = StandingAt(*engine_->view(), 0).ledger;
      std::vector<v1::Action> registrations;
      for (const Officer& officer : officers) {
        *registrations.emplace_back().mutable_register_officer() = Registration(officer, ledger);
      }
      return registrations;
    };
    RETURN_IF_ERROR(Agree(admin, {&other}, actions(county_.inspectors_)));
    RETURN_IF_ERROR(Agree(admin, {&other}, actions(county_.departments_)));
    std::vector<Officer> of_money;
    std::vector<Officer> of_units;
    for (size_t i = 0; i < county_.requesters_.size(); ++i) {
      (county_.IsClerk(i) ? of_money : of_units).push_back(county_.requesters_[i]);
    }
    for (const Officer& reviewer : county_.reviewers_) of_money.push_back(reviewer);
    for (const Officer& treasurer : county_.treasury_) of_money.push_back(treasurer);
    RETURN_IF_ERROR(Agree(admin, {&other}, actions(of_units)));
    return Agree(admin, {&other, &county_.inspectors_[0]}, actions(of_money));
  }

  absl::Status RegisterThings() {
    std::vector<v1::Action> actions(2);
    actions[0].mutable_register_programme()->set_id("roads");
    actions[0].mutable_register_programme()->set_name("Village roads");
    actions[1].mutable_register_category()->set_id("poverty-relief");
    actions[1].mutable_register_category()->set_name("Poverty relief");
    RETURN_IF_ERROR(Submit(county_.administrators_[0], actions).status());

    std::vector<v1::Action> agreed;
    for (int i = 0; i < county_.options_.payees; ++i) {
      v1::RegisterPayee& payee = *agreed.emplace_back().mutable_register_payee();
      payee.set_id(county_.PayeeId(i));
      payee.set_name(absl::StrCat("Construction company no. ", i + 1));
      payee.set_credit_code(CreditCode(i));
    }
    for (int i = 0; i < county_.options_.funds; ++i) {
      v1::RegisterFund& fund = *agreed.emplace_back().mutable_register_fund();
      fund.set_id(county_.FundId(i));
      fund.set_name(absl::StrCat("Special fund no. ", i + 1));
      fund.set_document_number(absl::StrCat("County finance [2020] ", i + 1));
      fund.set_fiscal_year(kFiscalYear);
      fund.set_origin_year(kFiscalYear);
      fund.set_source_tier(v1::SOURCE_TIER_CENTRAL);
      fund.set_nature(v1::NATURE_FISCAL);
      fund.add_categories("poverty-relief");
    }
    return Agree(county_.requesters_[0], {&county_.reviewers_[0]}, agreed);
  }

  absl::Status DeclareProjects() {
    for (int township = 0; township < county_.options_.townships; ++township) {
      std::vector<v1::Action> declared;
      std::vector<v1::Action> approved;
      for (int i = township; i < county_.options_.projects; i += county_.options_.townships) {
        v1::Action& action = declared.emplace_back(Dated());
        v1::DeclareProject& project = *action.mutable_declare_project();
        project.set_id(county_.ProjectId(i));
        project.set_name(absl::StrCat("Road to village ", i + 1));
        project.set_kind(v1::PROJECT_KIND_WORKS);
        project.set_organization(county_.TownshipId(township));
        project.set_programme("roads");
        project.add_villages(absl::StrCat("Village ", i + 1));
        v1::ApproveProject& approval = *approved.emplace_back(Dated()).mutable_approve_project();
        approval.set_project(county_.ProjectId(i));
        approval.set_plan_year(kFiscalYear);
      }
      const Officer& unit = county_.requesters_[static_cast<size_t>(county_.options_.clerks + 2 * township)];
      for (size_t first = 0; first < declared.size(); first += kActionsASubmission) {
        const size_t end = std::min<size_t>(declared.size(), first + kActionsASubmission);
        RETURN_IF_ERROR(Submit(unit, {declared.begin() + static_cast<ptrdiff_t>(first),
                                      declared.begin() + static_cast<ptrdiff_t>(end)})
                            .status());
      }
      RETURN_IF_ERROR(Agree(county_.departments_[0], {&county_.reviewers_[0]}, approved));
    }
    return absl::OkStatus();
  }

  // Receives, plans and allocates, fund by fund.
  absl::Status FundLines() {
    const Officer& clerk = county_.requesters_[0];
    const std::vector<const Officer*> reviewer = {&county_.reviewers_[0]};
    for (int fund = 0; fund < county_.options_.funds; ++fund) {
      std::vector<v1::Action> received;
      int64_t left = kReceivedOfAllocated * kAllocatedFen * county_.options_.projects;
      while (left > 0) {
        v1::Receive& receive = *received.emplace_back(Dated()).mutable_receive();
        receive.set_fund(county_.FundId(fund));
        receive.set_amount_fen(std::min(left, kReceiveFenMax));
        left -= receive.amount_fen();
      }
      std::vector<v1::Action> planned;
      std::vector<v1::Action> allocated;
      for (int i = 0; i < county_.options_.projects; ++i) {
        if (i % kLinesAnAction == 0) {
          planned.push_back(Dated());
          allocated.push_back(Dated());
        }
        const auto set = [&](int64_t amount_fen, v1::LineAmount* line) {
          line->set_project(county_.ProjectId(i));
          line->set_fund(county_.FundId(fund));
          line->set_amount_fen(amount_fen);
        };
        set(kPlannedFen, planned.back().mutable_plan()->add_lines());
        set(kAllocatedFen, allocated.back().mutable_allocate()->add_lines());
      }
      RETURN_IF_ERROR(Agree(clerk, reviewer, received));
      RETURN_IF_ERROR(Agree(clerk, reviewer, planned, 2));
      RETURN_IF_ERROR(Agree(clerk, reviewer, allocated, 2));
    }
    return absl::OkStatus();
  }

  const County& county_;
  engine::Engine* const engine_;
  SimulatedClock* const clock_;
  Desk desk_;
};

County::County(const CountyOptions& options) : options_(options), log_key_(KeyOf("log")) {
  for (int i = 0; i < options_.clerks; ++i) {
    requesters_.push_back(MakeOfficer(absl::StrCat("clerk-", i + 1), "finance", v1::ROLE_FINANCE_CLERK));
  }
  for (int i = 0; i < options_.townships; ++i) {
    for (const char* suffix : {"-a", "-b"}) {
      requesters_.push_back(
          MakeOfficer(absl::StrCat(TownshipId(i), suffix), TownshipId(i), v1::ROLE_TOWNSHIP));
    }
  }
  for (int i = 0; i < 2; ++i) {
    reviewers_.push_back(MakeOfficer(absl::StrCat("reviewer-", i + 1), "finance", v1::ROLE_FINANCE_REVIEWER));
    treasury_.push_back(MakeOfficer(absl::StrCat("treasury-", i + 1), "finance", v1::ROLE_TREASURY));
  }
  administrators_.push_back(MakeOfficer("admin-county", "county", v1::ROLE_ADMIN));
  administrators_.push_back(MakeOfficer("admin-inspection", "inspection", v1::ROLE_ADMIN));
  departments_.push_back(MakeOfficer("transport-1", "transport", v1::ROLE_DEPARTMENT));
  inspectors_.push_back(MakeOfficer("inspector-1", "inspection", v1::ROLE_INSPECTOR));
}

std::shared_ptr<const crypto::Signer> County::KeyOf(std::string_view name) const {
  const Hash256 seed = crypto::Sha256(absl::StrCat("county ", options_.seed, " ", ToAbsl(name)));
  auto key = crypto::Ed25519FromSeed(seed.view());
  return key.ok() ? *std::move(key) : nullptr;
}

Officer County::MakeOfficer(std::string id, std::string organization, v1::Role role) const {
  auto key = KeyOf(id);
  return {std::move(id), std::move(organization), role, std::move(key)};
}

std::string County::verifier_key() const {
  return log::VerifierKey(kOrigin, log_key_->public_key());
}

std::string County::ProjectId(int project) const {
  return Numbered("p2021-", project, 5);
}

std::string County::FundId(int fund) const {
  return Numbered("f2021-", fund, 3);
}

std::string County::PayeeId(int payee) const {
  return Numbered("builder-", payee, 4);
}

std::string County::TownshipId(int township) const {
  return Numbered("town-", township, 2);
}

size_t County::CounterpartOf(size_t requester) const {
  const size_t place = requester - static_cast<size_t>(options_.clerks);
  return static_cast<size_t>(options_.clerks) + (place ^ 1);
}

absl::StatusOr<std::unique_ptr<engine::Engine>> County::Create(const std::string& directory,
                                                               SimulatedClock* clock) const {
  v1::Genesis genesis;
  genesis.set_origin(std::string(kOrigin));
  *genesis.mutable_log_key() = WireKey(*log_key_);
  *genesis.mutable_standby_key() = WireKey(*KeyOf("standby"));
  genesis.set_suite(v1::SUITE_INTERNATIONAL);
  genesis.set_utc_offset_minutes(kUtcOffsetMinutes);
  AddOrganization("county", "", v1::TIER_CITY, &genesis);
  for (const char* id : {"finance", "inspection", "transport"}) {
    AddOrganization(id, "county", v1::TIER_DEPARTMENT, &genesis);
  }
  for (int i = 0; i < options_.townships; ++i) {
    AddOrganization(TownshipId(i), "county", v1::TIER_TOWNSHIP, &genesis);
  }
  for (const Officer& admin : administrators_) {
    *genesis.add_administrators() = SetUp::Registration(admin, "");
  }
  genesis.mutable_policy()->set_two_reviewer_threshold_fen(100'000'000);
  // In a short log, which has as many years, a request may wait long for its officer.
  genesis.mutable_policy()->set_proposal_valid_days(0);

  engine::CreateOptions create;
  create.directory = directory;
  create.log_key = log_key_;
  create.clock = clock->clock();
  ASSIGN_OR_RETURN(create.genesis_envelope,
                   engine::MakeGenesis(genesis, std::string(16, '\0'), *log_key_,
                                       {administrators_[0].key.get(), administrators_[1].key.get()}));
  RETURN_IF_ERROR(engine::Engine::Create(create));
  ASSIGN_OR_RETURN(std::unique_ptr<engine::Engine> engine, Open(directory, clock->clock()));
  RETURN_IF_ERROR(SetUp(*this, engine.get(), clock).Run());
  return engine;
}

absl::StatusOr<std::unique_ptr<engine::Engine>> County::Open(const std::string& directory,
                                                             const Clock& clock) const {
  engine::Options options;
  options.directory = directory;
  options.log_key = log_key_;
  options.clock = clock;
  options.monotonic_clock = clock;
  return engine::Engine::Open(options);
}

}  // namespace fundledger::bench
