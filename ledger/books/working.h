// The state one submission is applied on: entities before it, with its own changes on top.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fundledger/storage/v1/entities.pb.h"
#include "fundledger/v1/actions.pb.h"
#include "ledger/base/date.h"
#include "ledger/base/status.h"
#include "ledger/books/authority.h"
#include "ledger/books/books.h"
#include "ledger/books/reader.h"

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/arena.h"

namespace fundledger::books {

class Working : public Reader {
 public:
  Working(const Reader& below, const RecordContext& record) : below_(below), record_(record) {}
  // For a trial, whose effects are thrown away: what it changes lives in `arena`, and no longer.
  Working(const Reader& below, const RecordContext& record, google::protobuf::Arena* arena)
      : below_(below), record_(record), arena_(arena) {}

  absl::StatusOr<EntityPtr> Get(const EntityKey& key) const override;
  // A copy that may be changed, kept as a change; made empty if there is none yet. Valid until the next
  // Change of another key does not matter: each lives as long as this.
  absl::StatusOr<::fundledger::storage::v1::Entity*> Change(const EntityKey& key);
  absl::StatusOr<bool> Has(const EntityKey& key) const;

  const RecordContext& record() const { return record_; }
  bool is_trial() const { return arena_ != nullptr; }
  void Post(::fundledger::storage::v1::Posting posting) { effects_.postings.push_back(std::move(posting)); }
  void Trail(TrailDimension dimension, std::string_view id) {
    if (id.empty()) return;
    // Mostly it is there already: officer, organization, fund.
    const TrailName name{dimension, id};
    const auto at = effects_.trail.lower_bound(name);
    if (at == effects_.trail.end() || name < *at) effects_.trail.insert(at, {dimension, std::string(id)});
  }
  Effects TakeEffects();

 private:
  const Reader& below_;
  const RecordContext& record_;
  std::shared_ptr<::fundledger::storage::v1::Entity> MakeEntity(EntityKind kind);

  google::protobuf::Arena* const arena_ = nullptr;
  // Where those entities are that come and go with the submission, and its marks; they keep it alive. To make
  // and to destroy them one by one takes twice as long.
  std::shared_ptr<google::protobuf::Arena> passing_;
  std::shared_ptr<google::protobuf::Arena> marks_;
  // Its entities were made here, by Change, and are constants to everybody else.
  Effects effects_;
  // What Get found missing last: mostly a number that must not have been used and is taken right after. The
  // state below stays as it is meanwhile.
  mutable std::optional<EntityKey> missing_below_;
};

// One action on its way into the books.
struct ActionContext {
  Working& working;
  const ::fundledger::v1::Action& action;
  uint32_t index = 0;  // of the record's submission: where the effect is recorded
  const ::fundledger::v1::RegisterOfficer&
      officer;  // who submits it; for an approved proposal, who proposed it
  const ::fundledger::storage::v1::Ledger& ledger;
  Date record_day;  // of the record, in the ledger's time zone
  Date day;         // business date

  ::fundledger::storage::v1::Origin MakeOrigin() const {
    ::fundledger::storage::v1::Origin origin;
    origin.set_sequence(working.record().sequence);
    origin.set_action(index);
    origin.set_day(day.days());
    return origin;
  }
};

// The entity, or NOT_FOUND with `reason` and a message that names it.
absl::StatusOr<EntityPtr> Need(const Reader& reader, EntityKind kind, std::string_view id,
                               std::string_view what, std::string_view reason);

// What something is called in a refusal; asked only then.
using Name = absl::FunctionRef<std::string()>;
// "line P × F".
std::string LineName(const ::fundledger::v1::LineAmount& line);

// INVALID_ARGUMENT, reasons AMOUNT_NOT_POSITIVE, AMOUNT_OUT_OF_RANGE.
absl::Status CheckAmount(Name what, int64_t amount_fen);
absl::Status CheckAmount(std::string_view what, int64_t amount_fen);
// INVALID_ARGUMENT, reason REASON_MISSING.
absl::Status CheckReason(std::string_view reason);
// FAILED_PRECONDITION, reason DATE_TOO_EARLY_FOR_YEAR, if `day` lies before `first`.
absl::Status CheckNotBefore(Name what, Date day, Date first);
// Date of a wire date; INVALID_ARGUMENT, reason DATE_INVALID.
absl::StatusOr<Date> FromWire(const ::fundledger::v1::Date& date);

}  // namespace fundledger::books
