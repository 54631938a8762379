#include "ledger/engine/attestations.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string_view>

#include "fundledger/storage/v1/entities.pb.h"
#include "ledger/base/status.h"
#include "ledger/engine/layout.h"

#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

namespace storage = ::fundledger::storage::v1;
using store::Table;

absl::Status Damaged(uint64_t size) {
  return Refuse(absl::StatusCode::kDataLoss, "STORE_DAMAGED",
                absl::StrCat("what is kept of the checkpoint of size ", size, " cannot be read"));
}

// What a cosignature replaces: the line of the same name and key id. 8 characters of base64 hold the 4 bytes
// of the key id and the first 2 of the time, which are 0 for the next eight million years.
std::string_view KeyOfLine(std::string_view line) {
  const size_t space = line.rfind(' ');
  return line.substr(0, space == std::string_view::npos ? line.size() : space + 1 + 8);
}

template <typename Repeated, typename Value, typename Key>
void Replace(Repeated* kept, const Value& value, Key key) {
  for (auto& each : *kept) {
    if (key(each) != key(value)) continue;
    each = value;
    return;
  }
  *kept->Add() = value;
  std::sort(kept->begin(), kept->end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
}

void Merge(const Attestation& attestation, storage::Attestations* kept) {
  for (const std::string& line : attestation.cosignatures) {
    Replace(kept->mutable_cosignatures(), line, [](const std::string& each) { return KeyOfLine(each); });
  }
  for (const v1::TimeStamp& stamp : attestation.time_stamps) {
    Replace(kept->mutable_time_stamps(), stamp,
            [](const v1::TimeStamp& each) -> std::string_view { return each.authority(); });
  }
}

absl::StatusOr<storage::Attestations> ReadKept(const store::Snapshot& snapshot, uint64_t size) {
  ASSIGN_OR_RETURN(const std::optional<std::string> value,
                   snapshot.Get(Table::kAttestations, SequenceKey(size)));
  storage::Attestations kept;
  if (value.has_value() && !kept.ParseFromString(*value)) return Damaged(size);
  return kept;
}

v1::AttestedCheckpoint Join(std::string note, const storage::Attestations& kept) {
  v1::AttestedCheckpoint attested;
  for (const std::string& line : kept.cosignatures()) note += line;
  attested.set_checkpoint(std::move(note));
  *attested.mutable_time_stamps() = kept.time_stamps();
  return attested;
}

}  // namespace

absl::StatusOr<v1::AttestedCheckpoint> ReadAttested(const View& view, uint64_t size) {
  std::string note = view.signed_checkpoint();
  if (size != view.size()) {
    std::optional<std::string> stored;
    if (size < view.size()) {
      ASSIGN_OR_RETURN(stored, view.snapshot().Get(Table::kCheckpoints, SequenceKey(size)));
    }
    if (!stored.has_value()) {
      return Refuse(absl::StatusCode::kNotFound, "CHECKPOINT_NOT_FOUND",
                    absl::StrCat("the log, of ", view.size(), " records, signed no checkpoint of size ", size,
                                 ": it signs one for each group of records"));
    }
    note = *std::move(stored);
  }
  ASSIGN_OR_RETURN(const storage::Attestations kept, ReadKept(view.snapshot(), size));
  return Join(std::move(note), kept);
}

absl::Status ScanAttested(const View& view, uint64_t size_min, uint64_t size_max,
                          const std::function<bool(uint64_t, const v1::AttestedCheckpoint&)>& visit) {
  const uint64_t last = std::min(size_max, view.size());
  absl::Status status;
  RETURN_IF_ERROR(view.snapshot().Scan(
      Table::kAttestations, SequenceKey(size_min), SequenceKey(last + 1),
      [&](std::string_view key, std::string_view) {
        const std::optional<Sequence> size = ReadSequenceKey(key);
        if (!size.has_value()) {
          status = Refuse(absl::StatusCode::kDataLoss, "STORE_DAMAGED", "a key of attestations is no size");
          return false;
        }
        const absl::StatusOr<v1::AttestedCheckpoint> attested = ReadAttested(view, *size);
        status = attested.status();
        return status.ok() && visit(*size, *attested);
      }));
  return status;
}

void Keeping::Add(Attestation attestation, Kept kept) {
  {
    MutexLock lock(&mutex_);
    waiting_.push_back({std::move(attestation), std::move(kept)});
    has_writes_ = true;
  }
  wake_();
}

std::vector<Keeping::Waiting> Keeping::Take() {
  MutexLock lock(&mutex_);
  has_writes_ = false;
  return std::exchange(waiting_, {});
}

std::vector<Kept> Keeping::TakeWrites(const store::Snapshot& snapshot, store::Batch* batch) {
  std::map<uint64_t, storage::Attestations> merged;
  std::vector<Kept> told;
  for (Waiting& each : Take()) {
    const uint64_t size = each.attestation.size;
    auto found = merged.find(size);
    if (found == merged.end()) {
      absl::StatusOr<storage::Attestations> kept = ReadKept(snapshot, size);
      if (!kept.ok()) {
        each.kept(kept.status());
        continue;
      }
      found = merged.emplace(size, *std::move(kept)).first;
    }
    Merge(each.attestation, &found->second);
    told.push_back(std::move(each.kept));
  }
  for (const auto& [size, kept] : merged) {
    batch->Put(Table::kAttestations, SequenceKey(size), kept.SerializeAsString());
  }
  return told;
}

void Keeping::Refuse(const absl::Status& status) {
  for (Waiting& each : Take()) each.kept(status);
}

}  // namespace fundledger::engine
