#include "ledger/books/working.h"

#include <memory>
#include <utility>

#include "ledger/base/fen.h"
#include "ledger/books/balance.h"
#include "ledger/books/lifetime.h"

namespace fundledger::books {

namespace sv1 = ::fundledger::storage::v1;

absl::StatusOr<EntityPtr> Working::Get(const EntityKey& key) const {
  if (auto it = effects_.entities.find(key); it != effects_.entities.end()) return it->second;
  ASSIGN_OR_RETURN(EntityPtr entity, below_.Get(key));
  if (entity == nullptr) missing_below_ = key;
  return entity;
}

// What comes and goes with one submission is of no use for much longer than each other; its marks are kept
// apart, since whoever keeps all entities would keep the rest of their arena with them. Others may be read
// for ever, each for itself.
std::shared_ptr<sv1::Entity> Working::MakeEntity(EntityKind kind) {
  using google::protobuf::Arena;
  if (arena_ != nullptr) return {std::shared_ptr<void>(), Arena::CreateMessage<sv1::Entity>(arena_)};
  if (!ComesAndGoes(kind) && !IsMark(kind)) return std::make_shared<sv1::Entity>();
  std::shared_ptr<Arena>& arena = IsMark(kind) ? marks_ : passing_;
  if (arena == nullptr) arena = std::make_shared<Arena>();
  return {arena, Arena::CreateMessage<sv1::Entity>(arena.get())};
}

absl::StatusOr<sv1::Entity*> Working::Change(const EntityKey& key) {
  if (const auto at = effects_.entities.find(key); at != effects_.entities.end()) {
    return const_cast<sv1::Entity*>(at->second.get());
  }
  EntityPtr before;
  if (missing_below_ != key) {
    ASSIGN_OR_RETURN(before, below_.Get(key));
  }
  std::shared_ptr<sv1::Entity> copy = MakeEntity(key.kind);
  if (before != nullptr) copy->MergeFrom(*before);
  sv1::Entity* raw = copy.get();
  effects_.entities.emplace(key, std::move(copy));
  return raw;
}

absl::StatusOr<bool> Working::Has(const EntityKey& key) const {
  ASSIGN_OR_RETURN(EntityPtr entity, Get(key));
  return entity != nullptr;
}

Effects Working::TakeEffects() {
  return std::exchange(effects_, {});
}

absl::StatusOr<EntityPtr> Need(const Reader& reader, EntityKind kind, std::string_view id,
                               std::string_view what, std::string_view reason) {
  ASSIGN_OR_RETURN(EntityPtr entity, reader.Get({kind, std::string(id)}));
  if (entity == nullptr) {
    return Refuse(absl::StatusCode::kNotFound, reason,
                  absl::StrCat("there is no ", ToAbsl(what), " '", ToAbsl(id), "' in this ledger"));
  }
  return entity;
}

std::string LineName(const ::fundledger::v1::LineAmount& line) {
  return absl::StrCat("line ", line.project(), " × ", line.fund());
}

absl::Status CheckAmount(Name what, int64_t amount_fen) {
  if (amount_fen <= 0) {
    return Refuse(absl::StatusCode::kInvalidArgument, "AMOUNT_NOT_POSITIVE",
                  absl::StrCat(what(), ": the amount is ", amount_fen, " fen; it must be more than zero"));
  }
  if (amount_fen > kMaxAmountFen) {
    return Refuse(absl::StatusCode::kInvalidArgument, "AMOUNT_OUT_OF_RANGE",
                  absl::StrCat(what(), ": ", amount_fen, " fen is more than any one amount may be (",
                               FormatYuan(kMaxAmountFen), " yuan)"));
  }
  return absl::OkStatus();
}

absl::Status CheckAmount(std::string_view what, int64_t amount_fen) {
  return CheckAmount([what] { return std::string(what); }, amount_fen);
}

absl::Status CheckReason(std::string_view reason) {
  if (!Fold(reason).empty()) return absl::OkStatus();
  return Refuse(absl::StatusCode::kInvalidArgument, "REASON_MISSING",
                "a reason is needed; say why in a few words");
}

absl::Status CheckNotBefore(Name what, Date day, Date first) {
  if (day >= first) return absl::OkStatus();
  return Refuse(
      absl::StatusCode::kFailedPrecondition, "DATE_TOO_EARLY_FOR_YEAR",
      absl::StrCat(what(), " is dated ", day.ToString(), "; it cannot be before ", first.ToString()));
}

absl::StatusOr<Date> FromWire(const ::fundledger::v1::Date& date) {
  return Date::FromCivil(date.year(), date.month(), date.day());
}

}  // namespace fundledger::books
