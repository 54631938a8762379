// Record 0: the ledger's name, keys, suite, time zone, first organizations, administrators and policy.
#include <set>
#include <string>

#include "ledger/base/text.h"
#include "ledger/books/policy.h"
#include "ledger/books/rules.h"

namespace fundledger::books {
namespace {

namespace v1 = ::fundledger::v1;
namespace sv1 = ::fundledger::storage::v1;

absl::Status Wrong(const std::string& message) {
  return Refuse(absl::StatusCode::kInvalidArgument, "GENESIS_INVALID", message);
}

// An origin is the name of a key in signed notes: no space, no '+', no control character.
absl::Status CheckOrigin(std::string_view origin) {
  if (origin.empty() || origin.size() > 128) return Wrong("the origin has 1 to 128 bytes");
  for (char c : origin) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte > 0x7e || c == '+') {
      return Wrong("the origin is plain ASCII without spaces or '+', such as example.org/fundledger/city");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAdministrators(const v1::Genesis& genesis) {
  std::set<std::string> organizations;
  std::set<std::string> people;
  for (const v1::RegisterOfficer& officer : genesis.administrators()) {
    if (officer.role() != v1::ROLE_ADMIN) return Wrong("first officers are administrators");
    if (!officer.person_code().empty() && !people.insert(officer.person_code()).second) {
      return Wrong("two of the first administrators are one person");
    }
    organizations.insert(officer.organization());
  }
  if (organizations.size() >= 2) return absl::OkStatus();
  return Wrong("a ledger begins with at least two administrators, of different organizations");
}

absl::Status CheckGenesis(const v1::Submission& submission) {
  if (submission.actions_size() != 1 || !submission.actions(0).has_genesis()) {
    return Wrong("record 0 holds the genesis and nothing else");
  }
  const v1::Action& action = submission.actions(0);
  if (action.has_date() || action.historical()) return Wrong("the genesis is dated by its record");
  RETURN_IF_ERROR(CheckForm(action));
  const v1::Genesis& genesis = action.genesis();
  RETURN_IF_ERROR(CheckOrigin(genesis.origin()));
  if (!IsEd25519(genesis.log_key()) || !IsEd25519(genesis.standby_key()) ||
      genesis.log_key().key() == genesis.standby_key().key()) {
    return Wrong("log key and standby key are two different Ed25519 keys");
  }
  if (genesis.suite() == v1::SUITE_UNSPECIFIED) return Wrong("the suite is missing");
  if (genesis.utc_offset_minutes() < -720 || genesis.utc_offset_minutes() > 840) {
    return Wrong("the time zone lies between -12:00 and +14:00");
  }
  if (const absl::Status policy = CheckPolicy(genesis.policy()); !policy.ok()) {
    return Wrong(std::string(policy.message()));
  }
  RETURN_IF_ERROR(CheckAdministrators(genesis));
  if (submission.officer() != genesis.administrators(0).id()) {
    return Wrong("the genesis is submitted by its first administrator");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Effects> ApplyGenesis(const Reader& reader, const RecordContext& record,
                                     const v1::Submission& submission) {
  RETURN_IF_ERROR(CheckGenesis(submission));
  const v1::Genesis& genesis = submission.actions(0).genesis();
  const Date today = Date::FromUnixMicros(record.recorded_at_us, genesis.utc_offset_minutes());
  Working working(reader, record);
  ASSIGN_OR_RETURN(sv1::Entity * entity, working.Change({EntityKind::kLedger, ""}));
  sv1::Ledger* ledger = entity->mutable_ledger();
  *ledger->mutable_genesis() = genesis;
  ledger->set_first_day(today.days());
  ledger->set_id(record.leaf_hash.str());
  *ledger->mutable_policy() = genesis.policy();
  ledger->mutable_policy_origin()->set_day(today.days());
  *ledger->add_log_keys()->mutable_key() = genesis.log_key();
  ledger->mutable_log_keys(0)->mutable_from()->set_day(today.days());
  *ledger->mutable_standby_key() = genesis.standby_key();
  const sv1::Ledger facts = *ledger;
  const ActionContext context{working, submission.actions(0), 0, genesis.administrators(0), facts, today,
                              today};
  for (const v1::RegisterOrganization& organization : genesis.organizations()) {
    RETURN_IF_ERROR(RegisterOrganization(context, organization));
    working.Trail(TrailDimension::kOrganization, organization.id());
  }
  for (const v1::RegisterOfficer& officer : genesis.administrators()) {
    RETURN_IF_ERROR(RegisterOfficer(context, officer));
    working.Trail(TrailDimension::kOfficer, officer.id());
  }
  working.Trail(TrailDimension::kAction, "genesis");
  return working.TakeEffects();
}

}  // namespace fundledger::books
