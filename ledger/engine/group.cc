#include "ledger/engine/group.h"

#include <algorithm>
#include <utility>

#include "fundledger/storage/v1/entities.pb.h"
#include "ledger/audit/chain.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/engine/layout.h"
#include "ledger/log/record.h"

#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

using store::Table;

constexpr size_t kCachedRootsMax = 4096;

}  // namespace

absl::StatusOr<Hash256> RootCache::Find(const View& view, uint64_t size) {
  if (const auto it = roots_.find(size); it != roots_.end()) return it->second;
  ASSIGN_OR_RETURN(const Hash256 root, view.RootAt(size));
  if (roots_.size() >= kCachedRootsMax) roots_.erase(roots_.begin());  // the oldest state, which fewest name
  roots_.emplace(size, root);
  return root;
}

absl::StatusOr<std::optional<RequestFound>> FindRequest(const View& view, std::string_view request_key) {
  ASSIGN_OR_RETURN(const std::optional<std::string> value,
                   view.snapshot().Get(Table::kRequests, request_key));
  if (!value) return std::optional<RequestFound>();
  storage::v1::Request request;
  const bool is_read = request.ParseFromString(*value);
  const std::optional<Hash256> actions_hash = Hash256::FromBytes(request.actions_hash());
  if (!is_read || !actions_hash) {
    return Refuse(absl::StatusCode::kDataLoss, "REQUEST_DAMAGED",
                  "the entry of a request id cannot be read: verify the ledger and restore it");
  }
  return std::optional<RequestFound>(RequestFound{request.sequence(), *actions_hash});
}

absl::StatusOr<std::optional<Sequence>> RecordOf(const absl::StatusOr<std::optional<RequestFound>>& found) {
  RETURN_IF_ERROR(found.status());
  return found->has_value() ? std::optional((*found)->sequence) : std::nullopt;
}

absl::Status CheckRepeated(const RequestFound& found, const audit::Admitted& admitted) {
  if (found.actions_hash == admitted.actions_hash) return absl::OkStatus();
  return Refuse(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
                absl::StrCat("the request id ", HexEncode(admitted.submission().request_id()), " of officer ",
                             admitted.submission().officer(), " was recorded with other actions, as record ",
                             found.sequence, ": other work takes another request id"));
}

absl::StatusOr<books::EntityPtr> Group::Below::Get(const books::EntityKey& key) const {
  if (group != nullptr) {
    if (const auto it = group->changes().find(key); it != group->changes().end()) return it->second;
  }
  return books.Get(key);
}

Group::Group(const LedgerFacts& facts, const LogSigners& signers, const crypto::Signer* signer, LogEnd end,
             const books::Reader& books, std::shared_ptr<const Group> below, audit::VerifierCache* keys,
             RootCache* roots)
    : facts_(facts),
      signers_(signers),
      signer_(signer),
      end_(std::move(end)),
      below_(books, std::move(below)),
      overlay_(below_),
      keys_(keys),
      roots_(roots) {}

absl::StatusOr<std::optional<RequestFound>> Group::FindRecorded(const std::string& request_key) const {
  if (const auto it = requests_.find(request_key); it != requests_.end()) {
    return std::optional<RequestFound>(it->second);
  }
  if (below_.group != nullptr) {
    const auto& requests = below_.group->requests_;
    if (const auto it = requests.find(request_key); it != requests.end()) {
      return std::optional<RequestFound>(it->second);
    }
  }
  if (view_ == nullptr) return std::optional<RequestFound>();
  return FindRequest(*view_, request_key);
}

// The signature comes first, so that nobody learns what became of another's request. What was recorded comes
// before everything that can change: a retry finds its record after the officer's rights are gone or the time
// has run out.
Verdict Group::Add(const audit::Admitted& admitted, std::string_view envelope,
                   const std::optional<v1::PublicKey>& signer, int64_t now_us) {
  Verdict verdict;
  const std::string request_key =
      RequestKey(admitted.submission().officer(), admitted.submission().request_id());
  const absl::StatusOr<v1::PublicKey> found_signer =
      signer.has_value()
          ? *signer
          : audit::FindSender(overlay_, admitted, keys_, [&] { return RecordOf(FindRecorded(request_key)); });
  verdict.status = found_signer.status();
  if (!verdict.status.ok()) return verdict;
  const auto found = FindRecorded(request_key);
  if (!found.ok() || found->has_value()) {
    verdict.status = found.ok() ? CheckRepeated(**found, admitted) : found.status();
    verdict.repeated_request = true;
    if (verdict.status.ok()) verdict.sequence = (*found)->sequence;
    return verdict;
  }
  verdict.status = audit::CheckCounts(overlay_, admitted, *found_signer, keys_);
  if (!verdict.status.ok()) return verdict;
  const absl::StatusOr<Sequence> sequence = Append(admitted, envelope, request_key, now_us);
  verdict.status = sequence.status();
  if (sequence.ok()) verdict.sequence = *sequence;
  return verdict;
}

// The key that signs behind a record with these effects. A record may replace it only by one that is here:
// otherwise no checkpoint could ever be signed again. Where it is lost, that is the only record there can be.
absl::StatusOr<const crypto::Signer*> Group::SignerAfter(const books::Effects& effects) const {
  const auto ledger = effects.entities.find({books::EntityKind::kLedger, ""});
  if (ledger == effects.entities.end() && signer_ != nullptr) return signer_;
  if (ledger == effects.entities.end()) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "LOG_KEY_NOT_HELD",
                  "the ledger's machine holds the standby of the log's key only: two administrators must put "
                  "it in the place of the lost one first");
  }
  const v1::PublicKey& key = ledger->second->ledger().log_keys().rbegin()->key();
  const crypto::Signer* signer = signers_.Find(key);
  if (signer != nullptr) return signer;
  return Refuse(absl::StatusCode::kFailedPrecondition, "LOG_KEY_NOT_HELD",
                absl::StrCat("the ledger's machine does not hold the key ", HexEncode(key.key()),
                             ": give it to the daemon as its next log key first"));
}

absl::StatusOr<Sequence> Group::Append(const audit::Admitted& admitted, std::string_view envelope,
                                       const std::string& request_key, int64_t now_us) {
  log::RecordHeader header;
  header.semantics = books::kSemantics;
  header.sequence = end_.next_sequence();
  header.recorded_at_us = std::max(now_us, end_.recorded_at_us);
  header.previous = end_.leaf;
  if (facts_.has_sm3_links) header.sm3_link = end_.sm3;
  std::optional<Hash256> ledger;
  if (view_ != nullptr) ledger = facts_.ledger;
  const auto root_at = [this](uint64_t size) { return roots_->Find(*view_, size); };
  RETURN_IF_ERROR(audit::CheckBinding(admitted, header.sequence, header.recorded_at_us, ledger, root_at));
  ASSIGN_OR_RETURN(const std::string record, log::EncodeRecord(header, envelope));
  const books::RecordContext context{header.sequence, header.recorded_at_us, log::LeafHash(record)};
  ASSIGN_OR_RETURN(books::Effects effects,
                   books::Apply(overlay_, context, admitted.submission(), admitted.form));
  ASSIGN_OR_RETURN(signer_, SignerAfter(effects));
  Accept(record, header.recorded_at_us, admitted, request_key, std::move(effects));
  return header.sequence;
}

void Group::Accept(const std::string& record, int64_t recorded_at_us, const audit::Admitted& admitted,
                   const std::string& request_key, books::Effects effects) {
  Write(record, admitted, request_key, effects);
  overlay_.Add(std::move(effects.entities));
  requests_[request_key] = {end_.next_sequence(), admitted.actions_hash};
  std::vector<log::Tile> full;
  end_.Append(record, recorded_at_us, facts_.has_sm3_links, &full);
  for (log::Tile& tile : full)
    batch_.Put(Table::kTiles, TileKey(tile.level, tile.index), std::move(tile.hashes));
  records_.push_back(record);
}

absl::Status Group::CheckPlace(const audit::PreparedRecord& prepared) const {
  RETURN_IF_ERROR(prepared.form);
  std::optional<Hash256> sm3;
  if (facts_.has_sm3_links) sm3 = end_.sm3;
  const audit::Chain chain(end_.next_sequence(), end_.recorded_at_us, end_.leaf, sm3);
  RETURN_IF_ERROR(chain.CheckHeader(prepared.header));
  return chain.CheckSm3(prepared.header, facts_.has_sm3_links);
}

// Clients have mostly seen one of the latest sizes: within the group, where it is a large one.
absl::StatusOr<Hash256> Group::RootAt(uint64_t size) const {
  const uint64_t first = end_.next_sequence() - roots_behind_.size();
  if (size > first) return roots_behind_[size - first - 1];
  return roots_->Find(*view_, size);
}

absl::Status Group::Follow(std::string_view record, const audit::PreparedRecord& prepared) {
  RETURN_IF_ERROR(CheckPlace(prepared));
  RETURN_IF_ERROR(prepared.admitted.status());
  const audit::Admitted& admitted = *prepared.admitted;
  const log::RecordHeader& header = prepared.header;
  const auto root_at = [this](uint64_t size) { return RootAt(size); };
  RETURN_IF_ERROR(
      audit::CheckBinding(admitted, header.sequence, header.recorded_at_us, facts_.ledger, root_at));
  const std::string request_key =
      RequestKey(admitted.submission().officer(), admitted.submission().request_id());
  ASSIGN_OR_RETURN(const std::optional<RequestFound> found, FindRecorded(request_key));
  if (found.has_value()) {
    return Refuse(absl::StatusCode::kDataLoss, "REQUEST_ID_REPEATED",
                  absl::StrCat("record ", header.sequence, " has the request id ",
                               HexEncode(admitted.submission().request_id()), " of officer ",
                               admitted.submission().officer(), ", which record ", found->sequence, " has"));
  }
  RETURN_IF_ERROR(audit::CheckSignatures(overlay_, admitted, keys_, prepared.signatures));
  const books::RecordContext context{header.sequence, header.recorded_at_us, prepared.leaf};
  ASSIGN_OR_RETURN(books::Effects effects,
                   books::Apply(overlay_, context, admitted.submission(), admitted.form));
  Accept(std::string(record), header.recorded_at_us, admitted, request_key, std::move(effects));
  roots_behind_.push_back(end_.edge.Root());
  return absl::OkStatus();
}

void Group::Write(const std::string& record, const audit::Admitted& admitted, const std::string& request_key,
                  const books::Effects& effects) {
  const Sequence sequence = end_.next_sequence();
  batch_.Put(Table::kRecords, SequenceKey(sequence), record);
  if (!effects.postings.empty()) {
    storage::v1::Postings postings;
    postings.mutable_postings()->Add(effects.postings.begin(), effects.postings.end());
    postings_ += effects.postings.size();
    batch_.Put(Table::kPostings, SequenceKey(sequence), postings.SerializeAsString());
  }
  for (const books::TrailKey& key : effects.trail) {
    std::string store_key = TrailStoreKey(key, sequence);
    if (TrailTable(key) == Table::kDocuments) {
      document_keys_.push_back(std::move(store_key));
    } else {
      batch_.Put(Table::kTrail, store_key, "");
    }
  }
  storage::v1::Request request;
  request.set_sequence(sequence);
  request.set_actions_hash(admitted.actions_hash.str());
  batch_.Put(Table::kRequests, request_key, request.SerializeAsString());
}

// In order, so that each goes into the store beside the one before.
void Group::WriteSorted() {
  std::sort(document_keys_.begin(), document_keys_.end());
  for (const std::string& key : document_keys_) batch_.Put(Table::kDocuments, key, "");
  std::vector<const books::EntityMap::value_type*> changes;
  changes.reserve(overlay_.changes().size());
  for (const books::EntityMap::value_type& each : overlay_.changes()) changes.push_back(&each);
  std::sort(changes.begin(), changes.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  for (const auto* each : changes) {
    batch_.Put(Table::kEntities, EntityStoreKey(each->first), each->second->SerializeAsString());
  }
}

// The checkpoint goes into the batch, so it is signed before the commit. It leaves this process only after:
// if nothing was written it is dropped with the group, and no other is ever seen for its size.
absl::StatusOr<log::Checkpoint> Group::Seal(std::string* signed_checkpoint) {
  WriteSorted();
  const log::Checkpoint checkpoint{facts_.origin, end_.edge.size(), end_.edge.Root()};
  ASSIGN_OR_RETURN(*signed_checkpoint, signers_.Sign(checkpoint, *signer_));
  batch_.Put(Table::kCheckpoints, SequenceKey(checkpoint.size), *signed_checkpoint);
  return checkpoint;
}

void Group::SealFollowed(std::string signed_checkpoint) {
  WriteSorted();
  batch_.Put(Table::kCheckpoints, SequenceKey(end_.edge.size()), std::move(signed_checkpoint));
}

}  // namespace fundledger::engine
