// The one table of role × action: who may submit what, and what takes approval.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "fundledger/storage/v1/entities.pb.h"
#include "fundledger/v1/actions.pb.h"
#include "ledger/books/reader.h"

#include "absl/status/statusor.h"

namespace fundledger::books {

using ActionKind = ::fundledger::v1::Action::KindCase;

// Whether an action names its business date.
enum class DateRule {
  kNone,      // must not: it answers something, and counts on the day of its record
  kOptional,  // may; otherwise the day of its record
  kRequired,
};

// Whether an action waits for others before it takes effect.
enum class ApprovalRule {
  kNone,
  kTaken,
  kOfMoneyRoles,  // if the officer who submits it has a money role
};

struct ActionRule {
  ActionKind kind;
  std::string_view name;  // the field's name in fundledger.v1.Action
  uint32_t roles;         // bit 1 << role
  ApprovalRule approval;
  DateRule date;
};

constexpr uint32_t Bit(::fundledger::v1::Role role) {
  return 1u << static_cast<unsigned>(role);
}

// Every action but the genesis, in the order of field numbers.
const std::vector<ActionRule>& ActionRules();
// Null for a kind that has no rule.
const ActionRule* FindActionRule(ActionKind kind);

// Name of a role as in domain terms, such as finance_clerk.
std::string_view RoleName(::fundledger::v1::Role role);

// By its name; null if there is none.
const ActionRule* FindActionRule(std::string_view name);

// Roles that touch money: what concerns their officers takes an inspector as well.
bool IsMoneyRole(::fundledger::v1::Role role);
// Whether the action, submitted by an officer of that role, waits for approval.
bool TakesApproval(const ActionRule& rule, ::fundledger::v1::Role role);

// PERMISSION_DENIED, reason ROLE_NOT_ALLOWED, unless the officer's role may submit this kind.
absl::Status CheckRole(const ActionRule& rule, const ::fundledger::v1::RegisterOfficer& officer);

// Whether organization `id` is `ancestor` or below it.
absl::StatusOr<bool> IsWithin(const Reader& reader, std::string_view id, std::string_view ancestor);

}  // namespace fundledger::books
