// The books: what a submission changes, or why it is refused. A pure function of the entities before, the
// record and the submission – no clock, no I/O, no order of a hash map – so that whoever has the log computes
// the same books.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fundledger/storage/v1/entities.pb.h"
#include "fundledger/v1/actions.pb.h"
#include "ledger/base/hash256.h"
#include "ledger/books/reader.h"

#include "absl/status/statusor.h"

namespace fundledger::books {

// Edition of the rules below. A record says which edition applied it; old editions stay in the code.
inline constexpr uint16_t kSemantics = 1;

struct RecordContext {
  Sequence sequence = 0;
  int64_t recorded_at_us = 0;
  Hash256 leaf_hash;
};

struct Effects {
  EntityMap entities;  // as they are afterwards; nothing is ever erased
  std::vector<::fundledger::storage::v1::Posting> postings;
  std::set<TrailKey, std::less<>> trail;  // an empty effect on money still leaves its trail
};

// What is known of the look of a submission's actions: their texts, sources and documents, whatever the
// books.
enum class Form {
  kUnknown,  // Apply looks, and says what is wrong
  kGood,
};
// Whether a text may stand for ever in `field`, a string of an action, says what this gives.
using TextCheck = bool (*)(std::string_view text);
TextCheck TextCheckOf(const ::google::protobuf::FieldDescriptor& field);
// `has_good_text`: whether that says so of every string of its actions. Any thread, so that it is found out
// before a submission's turn.
Form FormOf(const ::fundledger::v1::Submission& submission, bool has_good_text);

// All rules of edition 1 (docs/rules.md). All rights are decided here: role, organization, standing of
// proposer and approvers. That the envelope's signature is by the officer's key is the caller's to check
// (audit). Errors carry a reason and name the action by its index.
absl::StatusOr<Effects> Apply(const Reader& reader, const RecordContext& record,
                              const ::fundledger::v1::Submission& submission, Form form = Form::kUnknown);

// Adds the references that the actions of an officer of `organization` take, which Apply will ask for.
void AddMarks(const ::fundledger::v1::Submission& submission, std::string_view organization,
              std::vector<EntityKey>* marks);

// Entities with uncommitted changes on top. `below` must outlive it.
class Overlay : public Reader {
 public:
  explicit Overlay(const Reader& below) : below_(below) {}
  absl::StatusOr<EntityPtr> Get(const EntityKey& key) const override;
  // Those of an Effects.
  void Add(EntityMap entities);
  const EntityMap& changes() const { return changes_; }

 private:
  const Reader& below_;
  EntityMap changes_;
};

// Whether `officer` could fill a slot of `proposal` now: role, organization, own proposals, earlier
// approvals. OK, or the error that Apply would give.
absl::Status CanApprove(const Reader& reader, const ::fundledger::storage::v1::Proposal& proposal,
                        std::string_view officer);

}  // namespace fundledger::books
