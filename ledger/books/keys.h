// Names of what the books keep: kind and id. The id is a byte string whose order is the order people list it
// in.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "ledger/base/hash256.h"

#include "absl/hash/hash.h"

namespace fundledger::books {

// Numbers as in fundledger.storage.v1.Entity.body; they stand in the store's keys.
enum class EntityKind : uint8_t {
  kLedger = 1,
  kOrganization = 2,
  kOfficer = 3,
  kKeyOwner = 4,
  kTaskGroup = 5,
  kProgramme = 6,
  kCategory = 7,
  kPayee = 8,
  kIndicator = 9,
  kFund = 10,
  kLine = 11,
  kProject = 12,
  kProposal = 13,
  kVoucher = 15,
  kReference = 16,
  kOutside = 17,
  kConfirmation = 18,
};

// Kind and id are not changed afterwards: their hash is taken once, for a key is looked up in table upon
// table.
struct EntityKey {
  EntityKey() : EntityKey(EntityKind::kLedger, "") {}
  EntityKey(EntityKind of_kind, std::string with_id)
      : kind(of_kind), id(std::move(with_id)), hash(absl::HashOf(kind, id)) {}
  auto operator<=>(const EntityKey&) const = default;

  EntityKind kind;
  std::string id;
  size_t hash;  // behind the others, which alone decide the order
};

struct EntityKeyHash {
  size_t operator()(const EntityKey& key) const { return key.hash; }
};

// Ids of two parts join with a zero byte, which no id contains.
std::string LineId(std::string_view project, std::string_view fund);
std::string OutsideId(std::string_view fund, std::string_view programme);
// Sequence and action index, big-endian: the order of the log.
std::string ActionId(Sequence sequence, uint32_t action);
// Parts are compared as Fold gives them: a paper is one voucher however its number was typed.
std::string VoucherId(std::string_view issuer, std::string_view type, int32_t year, std::string_view number);
// What a trail calls it, of the id "issuer/type/year/number" in any typing.
std::string VoucherTrailId(std::string_view voucher);
// `action_kind` is the field number of the action in fundledger.v1.Action. The reference is compared as Fold
// gives it.
std::string ReferenceId(std::string_view organization, int action_kind, std::string_view reference);

// Text without what does not show or does not count: spaces and invisible characters left out, full-width
// forms as ASCII, dashes of any length as '-', ASCII letters as capitals.
std::string Fold(std::string_view text);

// What a trail follows; numbers as in fundledger.v1.TrailDimension.
enum class TrailDimension : uint8_t {
  kOrganization = 1,
  kFund = 2,
  kProject = 3,
  kOfficer = 4,
  kAction = 5,
  kPayee = 6,
  kVoucher = 7,
  kDocument = 8,
};

// A document's id is its SHA-256.
inline constexpr size_t kDocumentIdBytes = 32;

// A trail key that owns no text, to look one up by.
struct TrailName {
  TrailDimension dimension = TrailDimension::kOrganization;
  std::string_view id;
  auto operator<=>(const TrailName&) const = default;
};

struct TrailKey {
  TrailDimension dimension = TrailDimension::kOrganization;
  std::string id;
  TrailName name() const { return {dimension, id}; }
  auto operator<=>(const TrailKey&) const = default;
  auto operator<=>(const TrailName& other) const { return name() <=> other; }
};

}  // namespace fundledger::books
