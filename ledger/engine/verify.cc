// Three passes: the records are read and replayed once, with what they wrote beside themselves; then their
// leaf hashes are judged, so that the record that was altered is named and not the one behind it; then tree,
// tiles, checkpoints and anchor are compared with the leaves that were logged. Memory: about 100 bytes a
// record, and the books.
#include "ledger/engine/verify.h"

#include <algorithm>
#include <filesystem>

#include "ledger/audit/audit.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/engine/facts.h"
#include "ledger/engine/index_check.h"
#include "ledger/engine/layout.h"
#include "ledger/engine/leaf_votes.h"
#include "ledger/engine/verify_store.h"
#include "ledger/log/record.h"
#include "ledger/log/tile.h"
#include "ledger/store/anchor.h"
#include "ledger/store/rocksdb.h"

#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

using store::Table;

constexpr uint64_t kProgressEvery = 1024;
// A record's signature alone does not compress below this.
constexpr uint64_t kRecordBytesMin = 64;

class Verification {
 public:
  Verification(const VerifySource& source, const VerifyOptions& options)
      : source_(source),
        snapshot_(*source.snapshot),
        options_(options),
        record_findings_(&by_class_[0]),
        note_findings_(&by_class_[1]),
        index_findings_(&by_class_[2]),
        indexes_(snapshot_, &index_findings_) {}

  VerifyReport Run();

 private:
  uint64_t BoundedTotal(uint64_t stated, std::string_view by);
  struct StoredNote {
    std::string note;
    absl::StatusOr<log::Checkpoint> opened;
  };

  void LoadKey();
  void LoadNotes();
  void ReadRecords();
  void ReadRecord(Sequence sequence);
  void Replay(Sequence sequence, std::string_view record);
  void ReadTiles();
  std::vector<SignedRoot> SignedRoots() const;
  void ReportAltered(const LeafVerdict& verdict);
  void ReportReplay(const LeafVerdict& verdict);
  void CheckTree(const LeafVerdict& verdict);
  bool IsRootAsSigned(uint64_t size, const Hash256& root, std::string* signed_root) const;
  void CheckCheckpoints();
  void CheckExtraRecords();
  bool is_replaying() const { return !replay_failure_.has_value(); }

  const VerifySource& source_;
  const store::Snapshot& snapshot_;
  const VerifyOptions& options_;
  VerifyReport report_;
  // What is most to the point comes first, and is not crowded out by what follows from it.
  std::vector<VerifyFinding> by_class_[3];
  Findings record_findings_;
  Findings note_findings_;
  Findings index_findings_;
  IndexCheck indexes_;

  uint64_t total_ = 0;  // records that must be there
  std::optional<log::NoteVerifier> verifier_;
  std::map<uint64_t, StoredNote> notes_;  // of the table checkpoints, by size
  absl::StatusOr<log::Checkpoint> anchored_ = absl::UnknownError("not read");
  audit::Replay replay_;
  std::optional<std::pair<Sequence, absl::Status>> replay_failure_;  // where it stopped
  std::vector<LeafWitnesses> witnesses_;
  std::set<Sequence> unread_;  // records that are gone, or cannot be read
};

void Verification::LoadKey() {
  absl::StatusOr<LedgerFacts> facts = absl::NotFoundError("there is no record 0");
  if (const auto genesis = snapshot_.Get(Table::kRecords, SequenceKey(0));
      genesis.ok() && genesis->has_value()) {
    facts = FactsOfRecord(**genesis);
  }
  if (facts.ok()) {
    report_.origin = facts->origin;
    report_.verifier_key = log::VerifierKey(facts->origin, facts->log_key);
    verifier_ = facts->verifier;
  }
  report_.key_was_given = options_.verifier_key.has_value();
  if (!report_.key_was_given) return;
  const auto given = log::NoteVerifier::Parse(*options_.verifier_key);
  if (!given.ok()) {
    record_findings_.Add(std::nullopt, "VERIFIER_KEY_MALFORMED", std::string(given.status().message()));
    return;
  }
  verifier_ = *given;
  if (facts.ok() && *options_.verifier_key != report_.verifier_key) {
    record_findings_.Add(
        0, "LOG_KEY_MISMATCH",
        absl::StrCat("the genesis names the log key ", report_.verifier_key, ", the one given is ",
                     *options_.verifier_key, ": this is another ledger, or its genesis was replaced"));
  }
}

// Opens every stored checkpoint, and the anchor's.
void Verification::LoadNotes() {
  const auto open = [this](std::string_view note) -> absl::StatusOr<log::Checkpoint> {
    if (!verifier_.has_value()) return absl::UnauthenticatedError("the log's key is not known");
    return log::OpenCheckpoint(note, *verifier_);
  };
  const absl::Status status =
      snapshot_.Scan(Table::kCheckpoints, "", "", [&](std::string_view key, std::string_view note) {
        const auto size = ReadSequenceKey(key);
        auto opened = open(note);
        if (!size.has_value() || !opened.ok() || opened->size != *size) {
          const std::optional<Sequence> last =
              size.value_or(0) > 0 ? std::optional<Sequence>(*size - 1) : std::nullopt;
          note_findings_.Add(
              last, "CHECKPOINT_INVALID",
              absl::StrCat("the checkpoint kept for size ", size.value_or(0), " is not one of that size ",
                           "under the log's key", opened.ok() ? "" : ": ", opened.status().message()));
        }
        if (size.has_value())
          notes_.insert_or_assign(*size, StoredNote{std::string(note), std::move(opened)});
        return !note_findings_.is_full();
      });
  if (!status.ok()) {
    note_findings_.Add(std::nullopt, "INDEX_UNREADABLE",
                       absl::StrCat("table checkpoints: ", status.message()));
  }
  if (!source_.anchor.ok()) {
    note_findings_.Add(std::nullopt, ReasonOf(source_.anchor.status()),
                       std::string(source_.anchor.status().message()));
    return;
  }
  anchored_ = open(*source_.anchor);
  if (anchored_.ok()) return;
  note_findings_.Add(
      std::nullopt, "ANCHOR_UNVERIFIED",
      absl::StrCat("the anchor holds no checkpoint of this ledger: ", anchored_.status().message()));
}

void Verification::Replay(Sequence sequence, std::string_view record) {
  const absl::Status status = replay_.Next(record);
  if (!status.ok()) {
    replay_failure_ = {sequence, status};
    return;
  }
  const audit::Admitted& admitted = replay_.last_admitted();
  report_.signatures += admitted.signatures.size();
  for (const v1::Action& action : admitted.submission.actions()) {
    if (action.has_register_officer()) ++report_.signatures;  // its key's proof
    report_.signatures += static_cast<uint64_t>(action.genesis().administrators_size());
  }
  indexes_.CheckRecord(replay_);
}

void Verification::ReadRecord(Sequence sequence) {
  const auto record = snapshot_.Get(Table::kRecords, SequenceKey(sequence));
  if (!record.ok() || !record->has_value()) {
    unread_.insert(sequence);
    const bool follows_another = unread_.contains(sequence - 1);
    if (is_replaying()) replay_failure_ = {sequence, absl::DataLossError("the record is gone")};
    if (!record.ok()) {
      record_findings_.Add(sequence, "RECORD_UNREADABLE",
                           absl::StrCat("record ", sequence, " cannot be read: ", record.status().message()));
    } else if (!follows_another) {
      record_findings_.Add(sequence, "RECORD_MISSING", absl::StrCat("record ", sequence, " is gone"));
    }
    return;
  }
  witnesses_[sequence].own = log::LeafHash(**record);
  if (const auto decoded = log::DecodeRecord(**record); decoded.ok() && sequence > 0) {
    witnesses_[sequence - 1].link = decoded->header.previous;
  }
  if (is_replaying()) Replay(sequence, **record);
}

void Verification::ReadRecords() {
  witnesses_.resize(total_);
  for (Sequence sequence = 0; sequence < total_; ++sequence) {
    ReadRecord(sequence);
    if (options_.progress && (sequence + 1) % kProgressEvery == 0) options_.progress(sequence + 1, total_);
  }
  if (options_.progress) options_.progress(total_, total_);
  report_.records = replay_.size();
  report_.ledger = replay_.ledger();
}

// What the full tiles say of each leaf.
void Verification::ReadTiles() {
  for (uint64_t index = 0; index < total_ / log::kTileWidth; ++index) {
    const auto tile = snapshot_.Get(Table::kTiles, TileKey(0, index));
    if (!tile.ok() || !tile->has_value() || (*tile)->size() != log::kTileWidth * 32)
      continue;  // CheckTile names it
    for (uint64_t i = 0; i < log::kTileWidth; ++i) {
      witnesses_[index * log::kTileWidth + i].tile =
          Hash256::FromBytes(std::string_view(**tile).substr(i * 32, 32));
    }
  }
}

// Under the log's key, in rising order of size.
std::vector<SignedRoot> Verification::SignedRoots() const {
  std::map<uint64_t, Hash256> roots;
  for (const auto& [size, stored] : notes_) {
    if (stored.opened.ok() && stored.opened->size == size) roots[size] = stored.opened->root;
  }
  if (anchored_.ok()) roots[anchored_->size] = anchored_->root;
  std::vector<SignedRoot> ordered;
  for (const auto& [size, root] : roots) ordered.push_back({size, root});
  return ordered;
}

void Verification::ReportAltered(const LeafVerdict& verdict) {
  for (const Sequence record : verdict.altered) {
    const auto& logged = verdict.leaves[record];
    std::string message = absl::StrCat(
        "record ", record, " was altered: its bytes hash to ", HexEncode(witnesses_[record].own->view()),
        logged.has_value() ? ", what was logged to " + HexEncode(logged->view())
                           : ", which does not lead to the signed root");
    if (replay_failure_.has_value() && replay_failure_->first == record) {
      absl::StrAppend(&message, " (", replay_failure_->second.message(), ")");
    }
    record_findings_.Add(record, "RECORD_ALTERED", std::move(message));
  }
}

// Names where the replay stopped, unless that follows from a record that was named already.
void Verification::ReportReplay(const LeafVerdict& verdict) {
  if (is_replaying()) return;
  const auto& [stopped_at, status] = *replay_failure_;
  const bool follows = verdict.altered.contains(stopped_at) || unread_.contains(stopped_at) ||
                       (stopped_at > 0 && verdict.altered.contains(stopped_at - 1) &&
                        (ReasonOf(status) == "LINK_BROKEN" || ReasonOf(status) == "SM3_LINK_BROKEN"));
  if (follows) return;
  record_findings_.Add(stopped_at, ReasonOf(status),
                       absl::StrCat("record ", stopped_at, " is not valid: ", status.message(),
                                    "; the books behind it were not recomputed"));
}

// Whether no signature under the log's key says otherwise; if one does, its root.
bool Verification::IsRootAsSigned(uint64_t size, const Hash256& root, std::string* signed_root) const {
  std::optional<Hash256> other;
  if (anchored_.ok() && anchored_->size == size && anchored_->root != root) other = anchored_->root;
  const auto stored = notes_.find(size);
  const bool is_note =
      stored != notes_.end() && stored->second.opened.ok() && stored->second.opened->size == size;
  if (is_note && stored->second.opened->root != root) other = stored->second.opened->root;
  if (other.has_value()) *signed_root = HexEncode(other->view());
  return !other.has_value();
}

void Verification::CheckTree(const LeafVerdict& verdict) {
  log::TreeEdge edge;
  uint64_t signed_until = 0;  // the tree of this size is as signed
  bool is_as_signed = true;   // if not, no larger one is either: one finding is enough
  for (const std::optional<Hash256>& leaf : verdict.leaves) {
    if (!leaf.has_value()) break;  // a finding says so
    std::vector<log::Tile> full;
    edge.Append(*leaf, &full);
    for (const log::Tile& tile : full) indexes_.CheckTile(tile.level, tile.index, tile.hashes);
    const uint64_t size = edge.size();
    const bool is_signed_size = notes_.contains(size) || (anchored_.ok() && anchored_->size == size);
    if (!is_signed_size || !is_as_signed) continue;
    std::string signed_root;
    is_as_signed = IsRootAsSigned(size, edge.Root(), &signed_root);
    if (is_as_signed) {
      signed_until = size;
      continue;
    }
    record_findings_.Add(size - 1, "ROOT_MISMATCH",
                         absl::StrCat("of the records ", signed_until, " to ", size - 1,
                                      " one is not what was signed: they lead to the root ",
                                      HexEncode(edge.Root().view()), ", the log signed ", signed_root));
  }
  report_.root = edge.Root();
}

void Verification::CheckCheckpoints() {
  for (const auto& [size, stored] : notes_) {
    if (size >= 1 && size <= total_) continue;
    note_findings_.Add(
        std::nullopt, "INDEX_EXTRA",
        absl::StrCat("there is a checkpoint of size ", size, " in a log of ", total_, " records"));
  }
  const auto latest = notes_.find(total_);
  if (latest != notes_.end()) {
    report_.checkpoint = latest->second.note;
    return;
  }
  if (source_.anchor.ok()) report_.checkpoint = *source_.anchor;
  note_findings_.Add(total_ > 0 ? std::optional<Sequence>(total_ - 1) : std::nullopt, "CHECKPOINT_MISSING",
                     absl::StrCat("no checkpoint of the log's size, ", total_, ", is kept"));
}

void Verification::CheckExtraRecords() {
  const absl::Status status =
      snapshot_.Scan(Table::kRecords, SequenceKey(total_), "", [&](std::string_view key, std::string_view) {
        record_findings_.Add(ReadSequenceKey(key), "RECORD_EXTRA",
                             absl::StrCat("the store says it holds ", total_,
                                          " records and has one under the key ", HexEncode(key)));
        return !record_findings_.is_full();
      });
  if (status.ok()) return;
  record_findings_.Add(std::nullopt, "RECORD_UNREADABLE", absl::StrCat("table records: ", status.message()));
}

// A stored number is not believed beyond what can be there: memory is taken for so many records.
uint64_t Verification::BoundedTotal(uint64_t stated, std::string_view by) {
  if (stated <= source_.records_max) return stated;
  record_findings_.Add(
      std::nullopt, "SIZE_IMPLAUSIBLE",
      absl::StrCat(ToAbsl(by), " says ", stated, " records; the store's files have room for ",
                   source_.records_max, " at most"));
  return source_.records_max;
}

VerifyReport Verification::Run() {
  if (!source_.damage.empty()) {
    record_findings_.Add(std::nullopt, "STORE_DAMAGED",
                         absl::StrCat("the store's files are damaged: ", source_.damage));
  }
  LoadKey();
  LoadNotes();
  total_ = BoundedTotal(snapshot_.head(), "the store's head");
  if (anchored_.ok() && anchored_->size > total_) {
    record_findings_.Add(
        std::nullopt, "STORE_BEHIND_ANCHOR",
        absl::StrCat("the store holds ", total_, " records, the anchor was written for ", anchored_->size));
    total_ = BoundedTotal(anchored_->size, "the anchor");
  }
  ReadRecords();
  ReadTiles();
  const LeafVerdict verdict = JudgeLeaves(witnesses_, SignedRoots());
  ReportAltered(verdict);
  CheckTree(verdict);
  ReportReplay(verdict);
  CheckExtraRecords();
  CheckCheckpoints();
  indexes_.CheckRest(replay_, total_, is_replaying(), report_.origin);
  Findings all(&report_.findings);
  for (const std::vector<VerifyFinding>& findings : by_class_) {
    for (const VerifyFinding& each : findings) all.Add(each.record, each.reason, each.message);
  }
  return std::move(report_);
}

}  // namespace

VerifyReport VerifyStore(const VerifySource& source, const VerifyOptions& options) {
  return Verification(source, options).Run();
}

// Bytes of the plain files in a directory.
uint64_t FilesBytes(const std::filesystem::path& directory) {
  uint64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    const uintmax_t size = it->file_size(ignored);
    if (!ignored) bytes += size;
  }
  return bytes;
}

// The anchor is read first: a daemon may write on, and then the store is at least as long as the anchor says.
absl::StatusOr<VerifyReport> VerifyDirectory(const VerifyOptions& options) {
  const std::filesystem::path directory = options.directory;
  VerifySource source;
  source.anchor = store::Anchor::Read((directory / "anchor").string());
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                   store::OpenRocksdbReadOnly((directory / "db").string(), &source.damage));
  const std::shared_ptr<const store::Snapshot> snapshot = store->GetSnapshot();
  source.snapshot = snapshot.get();
  source.records_max = FilesBytes(directory / "db") / kRecordBytesMin;
  return VerifyStore(source, options);
}

}  // namespace fundledger::engine
