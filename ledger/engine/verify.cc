// First everything is read once, in order, and asked only whether it is as it must be: the chain or the whole
// replay, the tree against tiles and signed roots, and sums of the tables. A good ledger is through with
// that. What is not good is looked at again to say what it is: leaf hashes are judged, so that the record
// that was altered is named and not the one behind it; tree, tiles, checkpoints and anchor are compared with
// the leaves that were logged; the tables are compared entry by entry with what the records give, which are
// replayed for it once more.
#include "ledger/engine/verify.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "ledger/audit/audit.h"
#include "ledger/audit/chain.h"
#include "ledger/audit/pipeline.h"
#include "ledger/base/bytes.h"
#include "ledger/base/mutex.h"
#include "ledger/base/ordered_work.h"
#include "ledger/base/status.h"
#include "ledger/engine/attestation_check.h"
#include "ledger/engine/chain_scan.h"
#include "ledger/engine/facts.h"
#include "ledger/engine/index_check.h"
#include "ledger/engine/index_sums.h"
#include "ledger/engine/layout.h"
#include "ledger/engine/leaf_votes.h"
#include "ledger/engine/log_signers.h"
#include "ledger/engine/sheet_check.h"
#include "ledger/engine/tree_compare.h"
#include "ledger/engine/verify_store.h"
#include "ledger/log/record.h"
#include "ledger/log/tile.h"
#include "ledger/store/anchor.h"
#include "ledger/store/rocksdb.h"

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

using store::Table;

constexpr uint64_t kProgressEvery = 1024;
// A record's signature alone does not compress below this.
constexpr uint64_t kRecordBytesMin = 64;

// Checkpoints are opened by so many at a time.
constexpr size_t kNotesPerPiece = 32;
constexpr size_t kPiecesPerThread = 4;

// A checkpoint as it is kept.
struct StoredNote {
  uint64_t size = 0;  // of its key
  // Of the root, if it is one of that size under the log's key.
  std::optional<Hash256> root;
};

size_t CountThreads(size_t asked) {
  return asked > 0 ? asked : std::max<size_t>(1, std::thread::hardware_concurrency());
}

// Passes everything on, and keeps the first error that is no damage. What was found by not being able to read
// is no finding. Thread-safe.
class WatchedSnapshot final : public store::Snapshot {
 public:
  explicit WatchedSnapshot(const store::Snapshot& below) : below_(below) {}

  uint64_t head() const override { return below_.head(); }
  absl::StatusOr<std::optional<std::string>> Get(Table table, std::string_view key) const override {
    absl::StatusOr<std::optional<std::string>> value = below_.Get(table, key);
    Note(value.status());
    return value;
  }
  std::vector<bool> FindMissing(Table table, const std::vector<std::string>& keys) const override {
    return below_.FindMissing(table, keys);
  }
  absl::Status Scan(Table table, std::string_view begin, std::string_view end,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    absl::Status status = below_.Scan(table, begin, end, visit);
    Note(status);
    return status;
  }

  absl::Status unread() const {
    MutexLock lock(&mutex_);
    return unread_;
  }

 private:
  void Note(const absl::Status& status) const {
    if (status.ok() || absl::IsDataLoss(status)) return;
    MutexLock lock(&mutex_);
    unread_.Update(status);
  }

  const store::Snapshot& below_;
  mutable Mutex mutex_;
  mutable absl::Status unread_ ABSL_GUARDED_BY(mutex_);
};

class Verification {
 public:
  Verification(const VerifySource& source, const VerifyOptions& options)
      : source_(source),
        snapshot_(*source.snapshot),
        options_(options),
        threads_(CountThreads(options.threads)),
        record_findings_(&by_class_[0]),
        note_findings_(&by_class_[1]),
        index_findings_(&by_class_[2]),
        indexes_(snapshot_, &index_findings_) {}

  VerifyReport Run();

 private:
  uint64_t BoundedTotal(uint64_t stated, std::string_view by);
  absl::StatusOr<log::Checkpoint> Open(std::string_view note) const;
  void LoadKey();
  void LoadReplacedKeys();
  void LoadNotes();
  void LoadAnchor();
  void AddNote(std::string_view key, const absl::StatusOr<log::Checkpoint>& opened);
  const StoredNote* FindNote(uint64_t size) const;
  std::vector<SignedRoot> SignedRoots() const;

  // What asks only whether all is well.
  bool IsTreeAsSigned();
  absl::Status ReadChain(TreeCompare* tree);
  absl::Status ReplayAll(TreeCompare* tree);
  absl::Status ReplayWith(audit::Replay* replay, uint64_t end, const std::function<void()>& visit);
  bool AreIndexesSame();
  void CountSignatures();
  void Progress(uint64_t done) const;

  // What says what is not.
  void NameRecords();
  void ReadRecords();
  void ReadRecord(Sequence sequence);
  void ReadTiles();
  void ReportAltered(const LeafVerdict& verdict);
  void ReportFailure(const LeafVerdict& verdict);
  void CheckTree(const LeafVerdict& verdict);
  bool IsRootAsSigned(uint64_t size, const Hash256& root, std::string* signed_root) const;
  void NameIndexes();

  void CheckCheckpoints();
  void CheckExtraRecords();
  void ReportStrayRecords();
  bool is_full() const { return options_.depth == VerifyDepth::kFull; }

  const VerifySource& source_;
  const store::Snapshot& snapshot_;
  const VerifyOptions& options_;
  const size_t threads_;
  VerifyReport report_;
  // What is most to the point comes first, and is not crowded out by what follows from it.
  std::vector<VerifyFinding> by_class_[3];
  Findings record_findings_;
  Findings note_findings_;
  Findings index_findings_;
  IndexCheck indexes_;

  uint64_t total_ = 0;  // records that must be there
  std::optional<audit::LogKeys> log_keys_;
  bool is_sm_genesis_ = false;
  std::vector<StoredNote> notes_;  // of the table checkpoints, in rising order of size
  absl::StatusOr<log::Checkpoint> anchored_ = absl::UnknownError("not read");
  std::unique_ptr<audit::Replay> replay_ = std::make_unique<audit::Replay>();
  IndexSums sums_{snapshot_};
  // The first record that chain or replay did not take, and why.
  std::optional<std::pair<Sequence, absl::Status>> failure_;
  std::vector<std::string> stray_keys_;  // among the records' that are no sequences
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
    is_sm_genesis_ = facts->has_sm3_links;
  }
  if (facts.ok()) LoadReplacedKeys();
  report_.key_was_given = options_.verifier_key.has_value();
  if (!report_.key_was_given) return;
  const auto given = log::NoteVerifier::Parse(*options_.verifier_key);
  if (!given.ok()) {
    record_findings_.Add(std::nullopt, "VERIFIER_KEY_MALFORMED", std::string(given.status().message()));
    return;
  }
  if (*options_.verifier_key == report_.verifier_key) return;
  log_keys_ = audit::LogKeys::Of(*given);
  if (facts.ok()) {
    record_findings_.Add(
        0, "LOG_KEY_MISMATCH",
        absl::StrCat("the genesis names the log key ", report_.verifier_key, ", the one given is ",
                     *options_.verifier_key, ": this is another ledger, or its genesis was replaced"));
  }
}

// The books only say where to look: each record that replaced the key proves itself by the key before.
void Verification::LoadReplacedKeys() {
  const auto genesis = snapshot_.Get(Table::kRecords, SequenceKey(0));
  if (!genesis.ok() || !genesis->has_value()) return;
  auto keys = LoadLogKeys(snapshot_, **genesis);
  if (!keys.ok()) {
    record_findings_.Add(std::nullopt, ReasonOf(keys.status()), std::string(keys.status().message()));
    keys = audit::LogKeys::OfGenesis(**genesis);
  }
  if (keys.ok()) log_keys_ = *std::move(keys);
}

absl::StatusOr<log::Checkpoint> Verification::Open(std::string_view note) const {
  if (!log_keys_.has_value()) return absl::UnauthenticatedError("the log's key is not known");
  if (options_.sm2_key.has_value()) RETURN_IF_ERROR(log::CheckSm2Line(note, *options_.sm2_key));
  return log_keys_->Open(note);
}

// Opens every stored checkpoint, on all threads: each takes a signature.
void Verification::LoadNotes() {
  struct Piece {
    std::vector<std::pair<std::string, std::string>> stored;
    std::vector<absl::StatusOr<log::Checkpoint>> opened;
  };
  const auto open = [this](Piece* piece) {
    for (const auto& [key, note] : piece->stored) piece->opened.push_back(Open(note));
  };
  const auto take = [this](Piece* piece) {
    for (size_t i = 0; i < piece->stored.size(); ++i) AddNote(piece->stored[i].first, piece->opened[i]);
  };
  OrderedWork<Piece> work(threads_, threads_ == 1 ? 1 : threads_ * kPiecesPerThread, open, take);
  auto piece = std::make_unique<Piece>();
  const absl::Status status =
      snapshot_.Scan(Table::kCheckpoints, "", "", [&](std::string_view key, std::string_view note) {
        piece->stored.emplace_back(key, note);
        if (piece->stored.size() == kNotesPerPiece)
          work.Push(std::exchange(piece, std::make_unique<Piece>()));
        return !note_findings_.is_full();
      });
  work.Push(std::move(piece));
  work.Finish();
  if (status.ok()) return;
  note_findings_.Add(std::nullopt, "INDEX_UNREADABLE", absl::StrCat("table checkpoints: ", status.message()));
}

void Verification::AddNote(std::string_view key, const absl::StatusOr<log::Checkpoint>& opened) {
  const std::optional<Sequence> size = ReadSequenceKey(key);
  const bool is_good = size.has_value() && opened.ok() && opened->size == *size;
  if (!is_good) {
    const std::optional<Sequence> last =
        size.value_or(0) > 0 ? std::optional<Sequence>(*size - 1) : std::nullopt;
    note_findings_.Add(
        last, "CHECKPOINT_INVALID",
        absl::StrCat("the checkpoint kept for size ", size.value_or(0), " is not one of that size ",
                     "under the log's key", opened.ok() ? "" : ": ", opened.status().message()));
  }
  if (!size.has_value()) return;
  notes_.push_back({*size, is_good ? std::optional<Hash256>(opened->root) : std::nullopt});
}

// Null if none is kept for that size.
const StoredNote* Verification::FindNote(uint64_t size) const {
  const auto it = std::lower_bound(notes_.begin(), notes_.end(), size,
                                   [](const StoredNote& note, uint64_t other) { return note.size < other; });
  return it == notes_.end() || it->size != size ? nullptr : &*it;
}

void Verification::LoadAnchor() {
  if (!source_.anchor.ok()) {
    note_findings_.Add(std::nullopt, ReasonOf(source_.anchor.status()),
                       std::string(source_.anchor.status().message()));
    return;
  }
  anchored_ = Open(*source_.anchor);
  if (anchored_.ok()) return;
  note_findings_.Add(
      std::nullopt, "ANCHOR_UNVERIFIED",
      absl::StrCat("the anchor holds no checkpoint of this ledger: ", anchored_.status().message()));
}

// Under the log's key, in rising order of size; of one size the anchor's comes last.
std::vector<SignedRoot> Verification::SignedRoots() const {
  std::vector<SignedRoot> roots;
  for (const StoredNote& note : notes_) {
    if (note.root.has_value()) roots.push_back({note.size, *note.root});
  }
  if (!anchored_.ok()) return roots;
  const auto behind =
      std::upper_bound(roots.begin(), roots.end(), anchored_->size,
                       [](uint64_t size, const SignedRoot& root) { return size < root.size; });
  roots.insert(behind, {anchored_->size, anchored_->root});
  return roots;
}

void Verification::Progress(uint64_t done) const {
  if (options_.progress && (done % kProgressEvery == 0 || done == total_)) options_.progress(done, total_);
}

// Takes the records before `end` into `replay`; `visit` is called after each.
absl::Status Verification::ReplayWith(audit::Replay* replay, uint64_t end,
                                      const std::function<void()>& visit) {
  audit::ReplayPipeline pipeline(replay, threads_, [&] {
    visit();
    Progress(replay->size());
  });
  absl::Status taken;
  const auto push = [&](std::string_view record) {
    taken = pipeline.Push(record);
    return taken.ok();
  };
  const absl::Status read = ScanRecords(snapshot_, 0, end, push, &stray_keys_);
  RETURN_IF_ERROR(taken);
  RETURN_IF_ERROR(pipeline.Finish());
  return read;
}

void Verification::CountSignatures() {
  const audit::Admitted& admitted = replay_->last_admitted();
  report_.signatures += admitted.signatures.size();
  report_.signatures += audit::CountKeyProofs(admitted.submission());
}

absl::Status Verification::ReplayAll(TreeCompare* tree) {
  const absl::Status status = ReplayWith(replay_.get(), total_, [this, tree] {
    tree->Append(replay_->last_leaf());
    CountSignatures();
    sums_.AddRecord(*replay_);
  });
  report_.records = replay_->size();
  report_.ledger = replay_->ledger();
  return status;
}

absl::Status Verification::ReadChain(TreeCompare* tree) {
  audit::Chain chain;
  absl::Status status;
  const auto check = [&](const ChainLink& link) -> absl::Status {
    RETURN_IF_ERROR(link.form);
    RETURN_IF_ERROR(chain.CheckHeader(link.header));
    return chain.CheckSm3(link.header, is_sm_genesis_);
  };
  const auto visit = [&](const ChainLink& link) {
    status = check(link);
    if (!status.ok()) return false;
    if (chain.size() == 0) report_.ledger = link.leaf;
    chain.Append(link.header, link.leaf, link.sm3);
    tree->Append(link.leaf);
    Progress(chain.size());
    return true;
  };
  const absl::Status read = ScanChain(snapshot_, total_, threads_, visit, &stray_keys_);
  report_.records = chain.size();
  RETURN_IF_ERROR(status);
  return read;
}

// Whether every record is there and was taken, and all of them lead to the tiles and to what was signed.
bool Verification::IsTreeAsSigned() {
  TreeCompare tree(snapshot_, SignedRoots());
  absl::Status status = is_full() ? ReplayAll(&tree) : ReadChain(&tree);
  if (status.ok() && report_.records < total_) status = absl::DataLossError("the record is gone");
  if (!status.ok()) failure_ = {report_.records, status};
  report_.root = tree.Root();
  return status.ok() && tree.is_same();
}

bool Verification::AreIndexesSame() {
  return !failure_.has_value() && sums_.HoldsAll(replay_.get(), threads_);
}

void Verification::ReportStrayRecords() {
  for (const std::string& key : stray_keys_) {
    record_findings_.Add(
        std::nullopt, "RECORD_EXTRA",
        absl::StrCat("the store has a record under the key ", HexEncode(key), ", which is no record's"));
  }
  stray_keys_.clear();
}

void Verification::ReadRecord(Sequence sequence) {
  const auto record = snapshot_.Get(Table::kRecords, SequenceKey(sequence));
  if (!record.ok() || !record->has_value()) {
    unread_.insert(sequence);
    const bool follows_another = unread_.contains(sequence - 1);
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
}

void Verification::ReadRecords() {
  witnesses_.resize(total_);
  for (Sequence sequence = 0; sequence < total_; ++sequence) {
    ReadRecord(sequence);
    Progress(sequence + 1);
  }
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

void Verification::ReportAltered(const LeafVerdict& verdict) {
  for (const Sequence record : verdict.altered) {
    const auto& logged = verdict.leaves[record];
    std::string message = absl::StrCat(
        "record ", record, " was altered: its bytes hash to ", HexEncode(witnesses_[record].own->view()),
        logged.has_value() ? ", what was logged to " + HexEncode(logged->view())
                           : ", which does not lead to the signed root");
    if (failure_.has_value() && failure_->first == record) {
      absl::StrAppend(&message, " (", failure_->second.message(), ")");
    }
    record_findings_.Add(record, "RECORD_ALTERED", std::move(message));
  }
}

// Names where chain or replay stopped, unless that follows from a record that was named already.
void Verification::ReportFailure(const LeafVerdict& verdict) {
  if (!failure_.has_value()) return;
  const auto& [stopped_at, status] = *failure_;
  const bool follows = verdict.altered.contains(stopped_at) || unread_.contains(stopped_at) ||
                       (stopped_at > 0 && verdict.altered.contains(stopped_at - 1) &&
                        (ReasonOf(status) == "LINK_BROKEN" || ReasonOf(status) == "SM3_LINK_BROKEN"));
  if (follows) return;
  record_findings_.Add(stopped_at, ReasonOf(status),
                       absl::StrCat("record ", stopped_at, " is not valid: ", status.message(),
                                    is_full() ? "; the books behind it were not recomputed" : ""));
}

// Whether no signature under the log's key says otherwise; if one does, its root.
bool Verification::IsRootAsSigned(uint64_t size, const Hash256& root, std::string* signed_root) const {
  std::optional<Hash256> other;
  if (anchored_.ok() && anchored_->size == size && anchored_->root != root) other = anchored_->root;
  const StoredNote* stored = FindNote(size);
  if (stored != nullptr && stored->root.has_value() && stored->root != root) other = stored->root;
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
    const bool is_signed_size = FindNote(size) != nullptr || (anchored_.ok() && anchored_->size == size);
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
  for (const StoredNote& note : notes_) {
    if (note.size >= 1 && note.size <= total_) continue;
    note_findings_.Add(
        std::nullopt, "INDEX_EXTRA",
        absl::StrCat("there is a checkpoint of size ", note.size, " in a log of ", total_, " records"));
  }
  const auto latest = snapshot_.Get(Table::kCheckpoints, SequenceKey(total_));
  if (latest.ok() && latest->has_value()) {
    report_.checkpoint = **latest;
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

// Which record it is.
void Verification::NameRecords() {
  ReadRecords();
  ReadTiles();
  const LeafVerdict verdict = JudgeLeaves(witnesses_, SignedRoots());
  ReportAltered(verdict);
  CheckTree(verdict);
  ReportFailure(verdict);
}

// Which entry it is. The first replay's memory is given back: the second needs as much, and lists every
// entry.
void Verification::NameIndexes() {
  const uint64_t replayed = replay_->size();
  replay_ = std::make_unique<audit::Replay>();
  // It takes what the first took: the snapshot is the same.
  (void)ReplayWith(replay_.get(), replayed, [this] { indexes_.CheckRecord(*replay_); });
  indexes_.CheckRest(*replay_, total_, !failure_.has_value());
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
  LoadAnchor();
  total_ = BoundedTotal(snapshot_.head(), "the store's head");
  if (anchored_.ok() && anchored_->size > total_) {
    record_findings_.Add(
        std::nullopt, "STORE_BEHIND_ANCHOR",
        absl::StrCat("the store holds ", total_, " records, the anchor was written for ", anchored_->size));
    total_ = BoundedTotal(anchored_->size, "the anchor");
  }
  if (!IsTreeAsSigned()) NameRecords();
  ReportStrayRecords();
  CheckExtraRecords();
  CheckCheckpoints();
  CheckAttestations(
      snapshot_, [this](uint64_t size) { return FindNote(size) != nullptr; }, &note_findings_);
  if (is_full() && !AreIndexesSame()) NameIndexes();
  if (is_full()) CheckSheets(snapshot_, SheetOptions(), &index_findings_);
  indexes_.FindExtraTiles(total_);
  if (report_.records > 0) indexes_.CheckMeta(report_.origin);
  Findings all(&report_.findings);
  for (const std::vector<VerifyFinding>& findings : by_class_) {
    for (const VerifyFinding& each : findings) all.Add(each.record, each.reason, each.message);
  }
  return std::move(report_);
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

}  // namespace

absl::StatusOr<VerifyReport> VerifyStore(const VerifySource& source, const VerifyOptions& options) {
  const WatchedSnapshot watched(*source.snapshot);
  VerifySource of_watched = source;
  of_watched.snapshot = &watched;
  VerifyReport report = Verification(of_watched, options).Run();
  RETURN_IF_ERROR(watched.unread());
  return report;
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
