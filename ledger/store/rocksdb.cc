// Tables are column families of their name. The head, 8 bytes big-endian, is under "!head" in RocksDB's
// default column family, where no table's keys are, and is written in the batch of every commit.
#include "ledger/store/rocksdb.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <set>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "ledger/base/bytes.h"
#include "ledger/base/mutex.h"
#include "ledger/base/status.h"
#include "ledger/store/rocksdb_options.h"

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/options.h"
#include "rocksdb/perf_level.h"
#include "rocksdb/write_batch.h"

namespace fundledger::store {
namespace {

constexpr std::string_view kHeadKey = "!head";
constexpr size_t kTableCount = std::size(kAllTables);

// RocksDB counts key comparisons and block reads for each thread, unless told not to: some 3 % of a commit.
// Once a thread, so that a test may count.
void CountNothing() {
  thread_local const bool is_told = [] {
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
    return true;
  }();
  (void)is_told;
}

// A file may vanish between a reader's look at the list of files and its opening them, while a writer tidies
// up; damage stays.
constexpr int kReadOnlyAttempts = 4;

rocksdb::Slice ToSlice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
std::string_view ToView(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

absl::Status Damaged(std::string_view directory, std::string_view what) {
  return Refuse(absl::StatusCode::kDataLoss, "STORE_DAMAGED",
                absl::StrCat("store ", ToAbsl(directory), ": ", ToAbsl(what)));
}

absl::Status Missing(std::string_view directory, std::string_view what) {
  return Refuse(absl::StatusCode::kNotFound, "STORE_MISSING",
                absl::StrCat("no store in ", ToAbsl(directory), ": ", ToAbsl(what)));
}

// Whether what a store is made of is not there, or not as it was written. A file that it needs and has not is
// damage; anything else may be a disk, a right or a limit of this process, to be put in order.
bool IsDamage(const rocksdb::Status& status) {
  return status.IsCorruption() || status.IsPathNotFound() || status.IsNotFound();
}

// A failure to open what is known to be a store.
absl::Status FromOpen(const std::string& directory, const rocksdb::Status& status) {
  if (IsDamage(status)) return Damaged(directory, status.ToString());
  return Refuse(absl::StatusCode::kUnavailable, "STORE_NOT_OPENED",
                absl::StrCat("store ", directory, ": ", status.ToString()));
}

// A failure to read from an open one. Nobody is to restore a backup for want of a file descriptor.
absl::Status FromRead(const std::string& directory, const rocksdb::Status& status) {
  if (IsDamage(status)) return Damaged(directory, status.ToString());
  return Refuse(absl::StatusCode::kUnavailable, "STORE_UNREADABLE",
                absl::StrCat("store ", directory, " cannot be read now: ", status.ToString()));
}

// The open RocksDB. Shared by the store and its snapshots, so that nothing is read after it was closed.
class Database {
 public:
  // Takes over `db` and `handles`: the default column family's first, then the tables' as in `tables`.
  Database(std::string directory, std::unique_ptr<rocksdb::DB> db, const std::vector<Table>& tables,
           std::vector<rocksdb::ColumnFamilyHandle*> handles)
      : directory_(std::move(directory)), db_(std::move(db)), handles_(std::move(handles)) {
    for (size_t i = 0; i < tables.size(); ++i) by_table_[static_cast<size_t>(tables[i])] = handles_[i + 1];
  }
  ~Database() {
    for (rocksdb::ColumnFamilyHandle* handle : handles_)
      db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
    db_->Close().PermitUncheckedError();  // Every commit was synced: nothing is lost with an error here.
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const std::string& directory() const { return directory_; }
  rocksdb::DB* db() const { return db_.get(); }
  // Null in a damaged store that was opened to be read.
  rocksdb::ColumnFamilyHandle* handle(Table table) const { return by_table_[static_cast<size_t>(table)]; }

  // Writes all memtables out, so that a clean stop leaves no log to replay and nothing but checksummed SST
  // files.
  void Flush() {
    rocksdb::FlushOptions options;
    options.wait = true;
    // After an error the log still holds everything, and the next start replays it.
    db_->Flush(options, handles_).PermitUncheckedError();
  }

  // Rewrites every table into its last level.
  absl::Status Compact() {
    rocksdb::CompactRangeOptions options;
    // The last level too: what was only moved there has not got its packing yet.
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    for (rocksdb::ColumnFamilyHandle* handle : handles_) {
      const rocksdb::Status status = db_->CompactRange(options, handle, nullptr, nullptr);
      if (IsDamage(status)) return Damaged(directory_, status.ToString());
      if (!status.ok()) {
        return Refuse(absl::StatusCode::kUnavailable, "STORE_NOT_COMPACTED",
                      absl::StrCat("store ", directory_, ": ", status.ToString(),
                                   "; it holds what it held: make room and compact it again"));
      }
    }
    return absl::OkStatus();
  }

 private:
  const std::string directory_;
  const std::unique_ptr<rocksdb::DB> db_;
  const std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  std::array<rocksdb::ColumnFamilyHandle*, kTableCount> by_table_{};
};

class RocksdbSnapshot final : public Snapshot {
 public:
  explicit RocksdbSnapshot(std::shared_ptr<Database> database)
      : database_(std::move(database)), snapshot_(database_->db()->GetSnapshot()) {}
  ~RocksdbSnapshot() override { database_->db()->ReleaseSnapshot(snapshot_); }
  RocksdbSnapshot(const RocksdbSnapshot&) = delete;
  RocksdbSnapshot& operator=(const RocksdbSnapshot&) = delete;

  uint64_t head() const override { return head_; }

  // Reads the head; before the snapshot is handed out.
  absl::Status LoadHead() {
    ASSIGN_OR_RETURN(std::optional<std::string> head, Read(database_->db()->DefaultColumnFamily(), kHeadKey));
    if (!head)
      return Damaged(database_->directory(), "it has no head: its creation was interrupted; create it anew");
    if (head->size() != 8)
      return Damaged(database_->directory(), absl::StrCat("a head of ", head->size(), " bytes"));
    head_ = ReadBigEndian64(*head);
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<std::string>> Get(Table table, std::string_view key) const override {
    ASSIGN_OR_RETURN(rocksdb::ColumnFamilyHandle * handle, HandleOf(table));
    return Read(handle, key);
  }

  std::vector<bool> FindMissing(Table table, const std::vector<std::string>& keys) const override {
    std::vector<bool> missing(keys.size());
    const absl::StatusOr<rocksdb::ColumnFamilyHandle*> handle = HandleOf(table);
    if (!handle.ok()) return missing;
    CountNothing();
    std::vector<rocksdb::Slice> slices;
    slices.reserve(keys.size());
    for (const std::string& key : keys) slices.push_back(ToSlice(key));
    std::vector<rocksdb::PinnableSlice> values(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    database_->db()->MultiGet(Options(), *handle, slices.size(), slices.data(), values.data(),
                              statuses.data());
    for (size_t i = 0; i < keys.size(); ++i) missing[i] = IsMissing(statuses[i]);
    return missing;
  }

  absl::Status Scan(Table table, std::string_view begin, std::string_view end,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    ASSIGN_OR_RETURN(rocksdb::ColumnFamilyHandle * handle, HandleOf(table));
    CountNothing();
    const std::string limit(end);  // Read until the loop ends, when the caller's bytes may have changed.
    const rocksdb::Slice upper_bound(limit);
    rocksdb::ReadOptions options = Options();
    if (!limit.empty()) options.iterate_upper_bound = &upper_bound;
    const std::unique_ptr<rocksdb::Iterator> it(database_->db()->NewIterator(options, handle));
    for (it->Seek(ToSlice(begin)); it->Valid(); it->Next()) {
      if (!visit(ToView(it->key()), ToView(it->value()))) break;
    }
    // An iterator that met damage looks like one that has reached its end.
    if (!it->status().ok()) return FromRead(database_->directory(), it->status());
    return absl::OkStatus();
  }

 private:
  rocksdb::ReadOptions Options() const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_;
    options.verify_checksums = true;
    return options;
  }

  static bool IsMissing(const rocksdb::Status& status) {
    return status.IsNotFound() && !status.IsPathNotFound();
  }

  absl::StatusOr<rocksdb::ColumnFamilyHandle*> HandleOf(Table table) const {
    rocksdb::ColumnFamilyHandle* handle = database_->handle(table);
    if (handle == nullptr) {
      return Damaged(database_->directory(), absl::StrCat("table ", ToAbsl(TableName(table)), " is missing"));
    }
    return handle;
  }

  absl::StatusOr<std::optional<std::string>> Read(rocksdb::ColumnFamilyHandle* handle,
                                                  std::string_view key) const {
    CountNothing();
    std::string value;
    const rocksdb::Status status = database_->db()->Get(Options(), handle, ToSlice(key), &value);
    if (IsMissing(status)) return std::optional<std::string>();
    if (!status.ok()) return FromRead(database_->directory(), status);
    return std::optional<std::string>(std::move(value));
  }

  const std::shared_ptr<Database> database_;
  const rocksdb::Snapshot* const snapshot_;  // database_'s, released by us
  uint64_t head_ = 0;
};

class RocksdbStore final : public Store {
 public:
  // `latest` is the state to begin with.
  RocksdbStore(std::shared_ptr<Database> database, std::shared_ptr<const Snapshot> latest, bool read_only)
      : database_(std::move(database)), read_only_(read_only), latest_(std::move(latest)) {}

  ~RocksdbStore() override {
    // After a failed write a flush could take some tables past the doubtful log entry and leave others before
    // it.
    if (!read_only_ && stopped_.ok()) database_->Flush();
  }

  // Every reader gets the same snapshot until the next commit is durable: no work, and no state that could be
  // taken back.
  std::shared_ptr<const Snapshot> GetSnapshot() const override {
    MutexLock lock(&mutex_);
    return latest_;
  }

  absl::Status Commit(const Batch& batch, uint64_t expected_head, uint64_t new_head) override {
    if (read_only_) {
      return Refuse(absl::StatusCode::kFailedPrecondition, "STORE_STOPPED",
                    absl::StrCat("store ", database_->directory(), " was opened to be read"));
    }
    if (!stopped_.ok()) {
      return Refuse(absl::StatusCode::kFailedPrecondition, "STORE_STOPPED",
                    absl::StrCat("store ", database_->directory(),
                                 " takes no commits until reopened, since: ", stopped_.message()));
    }
    if (const uint64_t head = GetSnapshot()->head(); head != expected_head) {
      return Refuse(absl::StatusCode::kAborted, "STORE_HEAD_MOVED",
                    absl::StrCat("the store holds ", head, " records, the commit expected ", expected_head));
    }
    rocksdb::WriteBatch writes(BytesOf(batch), /*max_bytes=*/0, kProtectionBytesPerKey,
                               /*default_cf_ts_sz=*/0);
    RETURN_IF_ERROR(Translate(batch, new_head, &writes));
    stopped_ = Write(&writes, new_head);
    return stopped_;
  }

 private:
  // About what RocksDB makes of it, so that it need not grow.
  static size_t BytesOf(const Batch& batch) {
    constexpr size_t kOfAWrite = 8;  // kind, table, lengths
    size_t bytes = 64;
    for (const Batch::Write& write : batch.writes())
      bytes += kOfAWrite + write.key.size() + (write.value ? write.value->size() : 0);
    return bytes;
  }

  absl::Status Translate(const Batch& batch, uint64_t new_head, rocksdb::WriteBatch* writes) const {
    rocksdb::Status status;
    for (const Batch::Write& write : batch.writes()) {
      rocksdb::ColumnFamilyHandle* const handle = database_->handle(write.table);
      status = write.value ? writes->Put(handle, write.key, *write.value) : writes->Delete(handle, write.key);
      if (!status.ok()) break;
    }
    std::string head;
    AppendBigEndian64(new_head, &head);
    if (status.ok()) status = writes->Put(ToSlice(kHeadKey), head);
    if (status.ok()) return absl::OkStatus();
    return Refuse(absl::StatusCode::kUnavailable, "STORE_REFUSED",
                  absl::StrCat("nothing was written: ", status.ToString()));
  }

  // RocksDB does not say how far a failed write got, so every failure here leaves the outcome open.
  absl::Status Write(rocksdb::WriteBatch* writes, uint64_t new_head) {
    CountNothing();
    rocksdb::Status status = database_->db()->Write(MakeWriteOptions(), writes);
    if (!status.ok()) return OutcomeUnknown(new_head, status.ToString());
    auto snapshot = std::make_shared<RocksdbSnapshot>(database_);
    if (const absl::Status loaded = snapshot->LoadHead(); !loaded.ok()) {
      return OutcomeUnknown(new_head, ToStd(loaded.message()));
    }
    if (snapshot->head() != new_head) return OutcomeUnknown(new_head, "the head read back is another");
    // The one before, which RocksDB takes a lock of its own to release, goes only when readers are let in
    // again.
    std::shared_ptr<const Snapshot> latest = std::move(snapshot);
    MutexLock lock(&mutex_);
    latest_.swap(latest);
    return absl::OkStatus();
  }

  absl::Status OutcomeUnknown(uint64_t new_head, std::string_view why) const {
    return Refuse(absl::StatusCode::kUnknown, "STORE_OUTCOME_UNKNOWN",
                  absl::StrCat("store ", database_->directory(), ": the commit to head ", new_head,
                               " may or may not be there: ", ToAbsl(why)));
  }

  const std::shared_ptr<Database> database_;
  const bool read_only_;
  absl::Status
      stopped_;  // Why no more commits are taken. Used by Commit only, which is one thread's at a time.
  mutable Mutex mutex_;
  std::shared_ptr<const Snapshot> latest_ ABSL_GUARDED_BY(mutex_);
};

rocksdb::Env* EnvOf(const RocksdbOptions& options) {
  return options.env != nullptr ? options.env : rocksdb::Env::Default();
}

// The names in `directory`, without "." and "..".
rocksdb::Status ListDirectory(rocksdb::Env* env, const std::string& directory,
                              std::vector<std::string>* names) {
  rocksdb::Status status = env->GetChildren(directory, names);
  std::erase_if(*names, [](const std::string& name) { return name == "." || name == ".."; });
  return status;
}

// OK if `directory` holds a RocksDB database, by its pointer to the current manifest.
absl::Status CheckIsStore(rocksdb::Env* env, const std::string& directory) {
  std::vector<std::string> names;
  const rocksdb::Status status = ListDirectory(env, directory, &names);
  if (status.IsNotFound() || status.IsPathNotFound()) {
    return Missing(directory, "the directory does not exist, or this user may not enter it");
  }
  if (!status.ok()) return FromOpen(directory, status);
  if (std::find(names.begin(), names.end(), "CURRENT") != names.end()) return absl::OkStatus();
  const bool has_manifest = std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return absl::StartsWith(name, "MANIFEST-");
  });
  if (has_manifest) return Damaged(directory, "the file CURRENT is missing");
  return Missing(directory, names.empty() ? "the directory is empty" : "the directory holds other files");
}

// The process that holds the lock file, or 0 if it cannot be told.
pid_t LockHolder(const std::string& lock_file) {
  const int fd = ::open(lock_file.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return 0;
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const bool told = ::fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  ::close(fd);
  return told ? lock.l_pid : 0;
}

// Refuses if another has the store open, before RocksDB, which checks that itself, touches anything.
absl::Status CheckNotLocked(rocksdb::Env* env, const std::string& directory) {
  const std::string lock_file = directory + "/LOCK";
  rocksdb::FileLock* lock = nullptr;
  rocksdb::Status status = env->LockFile(lock_file, &lock);
  if (status.ok()) status = env->UnlockFile(lock);
  if (status.ok()) return absl::OkStatus();
  const bool by_us = absl::StrContains(status.ToString(), "lock hold by current process");
  // Closing a descriptor drops this process's own locks on the file, hence no look when they are ours.
  const pid_t holder = by_us ? ::getpid() : LockHolder(lock_file);
  if (holder == 0) return FromOpen(directory, status);
  return Refuse(
      absl::StatusCode::kUnavailable, "STORE_LOCKED",
      absl::StrCat("store ", directory, " is open in ", by_us ? "this process, number " : "process ", holder,
                   ", most likely a running server; stop that one first, or open the store to be read"));
}

// The tables of `directory`, or why it cannot be this program's store. Those that are missing are named in
// `missing`.
absl::StatusOr<std::vector<Table>> ListTables(const rocksdb::DBOptions& options, const std::string& directory,
                                              std::vector<std::string>* missing) {
  std::vector<std::string> names;
  const rocksdb::Status status = rocksdb::DB::ListColumnFamilies(options, directory, &names);
  if (!status.ok()) return FromOpen(directory, status);
  std::set<std::string> left(names.begin(), names.end());
  left.erase(rocksdb::kDefaultColumnFamilyName);
  std::vector<Table> tables;
  for (const Table table : kAllTables) {
    const std::string name(TableName(table));
    if (left.erase(name) > 0) {
      tables.push_back(table);
    } else {
      missing->push_back(name);
    }
  }
  if (!left.empty()) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "STORE_OTHER_FORMAT",
                  absl::StrCat("store ", directory,
                               " has tables this program does not know: ", absl::StrJoin(left, ", "),
                               "; it is another program's, or of a newer release"));
  }
  return tables;
}

std::vector<rocksdb::ColumnFamilyDescriptor> Describe(const std::vector<Table>& tables,
                                                      const RocksdbOptions& options) {
  const std::shared_ptr<rocksdb::Cache> cache = MakeBlockCache(options.block_cache_bytes);
  const std::shared_ptr<rocksdb::Cache> record_cache = MakeBlockCache(options.record_cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName, MakeHeadOptions(cache));
  for (const Table table : tables) {
    const auto& its_cache = table == Table::kRecords ? record_cache : cache;
    descriptors.emplace_back(std::string(TableName(table)), MakeTableOptions(table, its_cache));
  }
  return descriptors;
}

absl::StatusOr<std::shared_ptr<Database>> OpenDatabase(const rocksdb::DBOptions& database_options,
                                                       const std::string& directory,
                                                       const std::vector<Table>& tables, bool read_only,
                                                       const RocksdbOptions& options) {
  const std::vector<rocksdb::ColumnFamilyDescriptor> descriptors = Describe(tables, options);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status =
      read_only ? rocksdb::DB::OpenForReadOnly(database_options, directory, descriptors, &handles, &db)
                : rocksdb::DB::Open(database_options, directory, descriptors, &handles, &db);
  if (!status.ok()) return FromOpen(directory, status);
  return std::make_shared<Database>(directory, std::unique_ptr<rocksdb::DB>(db), tables, std::move(handles));
}

absl::StatusOr<std::unique_ptr<Store>> MakeStore(std::shared_ptr<Database> database) {
  auto snapshot = std::make_shared<RocksdbSnapshot>(database);
  RETURN_IF_ERROR(snapshot->LoadHead());
  return std::make_unique<RocksdbStore>(std::move(database), std::move(snapshot), /*read_only=*/false);
}

// Refuses unless `directory` does not exist or is empty.
absl::Status CheckIsEmpty(rocksdb::Env* env, const std::string& directory) {
  std::vector<std::string> names;
  const rocksdb::Status status = ListDirectory(env, directory, &names);
  if (status.IsNotFound() || status.IsPathNotFound() || (status.ok() && names.empty()))
    return absl::OkStatus();
  if (!status.ok()) return FromOpen(directory, status);
  return Refuse(
      absl::StatusCode::kAlreadyExists, "STORE_EXISTS",
      absl::StrCat("directory ", directory, " is not empty: it holds ", names.front(),
                   names.size() > 1 ? " and more" : "", "; a store is only created in an empty one"));
}

// Makes the directory's own entry durable; RocksDB sees to what is in it.
absl::Status SyncParent(rocksdb::Env* env, const std::string& directory) {
  std::filesystem::path path(directory);
  if (path.filename().empty()) path = path.parent_path();  // "a/b/"
  const std::string parent = path.has_parent_path() ? path.parent_path().string() : ".";
  std::unique_ptr<rocksdb::Directory> handle;
  rocksdb::Status status = env->NewDirectory(parent, &handle);
  if (status.ok()) status = handle->Fsync();
  return status.ok() ? absl::OkStatus() : FromOpen(directory, status);
}

rocksdb::DBOptions ReadOnlyOptions(rocksdb::Env* env, bool best_effort) {
  rocksdb::DBOptions options = MakeDatabaseOptions();
  options.env = env;
  options.max_open_files = -1;  // all at once: a writer beside us may delete them later
  if (best_effort) {
    options.paranoid_checks = false;
    options.track_and_verify_wals_in_manifest = false;
    options.verify_sst_unique_id_in_manifest = false;
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
  }
  return options;
}

std::string Lacks(const std::vector<std::string>& missing) {
  return absl::StrCat("missing tables: ", absl::StrJoin(missing, ", "));
}

// What is to be said of a store without some tables. Creation writes the head last, so one that has it was
// whole once, and may hold what nobody has elsewhere.
absl::Status LacksTables(const std::string& directory, const std::vector<Table>& tables,
                         const std::vector<std::string>& missing, const RocksdbOptions& options) {
  const auto database =
      OpenDatabase(ReadOnlyOptions(EnvOf(options), /*best_effort=*/false), directory, tables,
                   /*read_only=*/true, options);
  absl::Status loaded = database.status();
  if (loaded.ok()) {
    RocksdbSnapshot snapshot(*database);
    loaded = snapshot.LoadHead();
    if (loaded.ok()) {
      return Refuse(
          absl::StatusCode::kFailedPrecondition, "STORE_OTHER_FORMAT",
          absl::StrCat("store ", directory, " holds ", snapshot.head(), " records: ", Lacks(missing),
                       "; most likely a program of another release wrote it. Keep it, and use that "
                       "program"));
    }
  }
  if (!absl::IsDataLoss(loaded)) return loaded;  // what it holds is not known
  return Damaged(directory, absl::StrCat(Lacks(missing),
                                         "; if its creation was interrupted, remove it and create it anew"));
}

// An existing store, whole and locked by this process from now on.
absl::StatusOr<std::shared_ptr<Database>> OpenForWriting(const std::string& directory,
                                                         const RocksdbOptions& options) {
  rocksdb::Env* const env = EnvOf(options);
  RETURN_IF_ERROR(CheckIsStore(env, directory));
  RETURN_IF_ERROR(CheckNotLocked(env, directory));
  rocksdb::DBOptions database_options = MakeDatabaseOptions();
  database_options.env = env;
  std::vector<std::string> missing;
  ASSIGN_OR_RETURN(const std::vector<Table> tables, ListTables(database_options, directory, &missing));
  if (!missing.empty()) return LacksTables(directory, tables, missing, options);
  return OpenDatabase(database_options, directory, tables, /*read_only=*/false, options);
}

// One attempt to open for reading. Missing tables and head are put into `damage` only if `best_effort`.
absl::StatusOr<std::unique_ptr<Store>> TryReadOnly(const std::string& directory, bool best_effort,
                                                   const RocksdbOptions& options, std::string* damage) {
  rocksdb::Env* const env = EnvOf(options);
  RETURN_IF_ERROR(CheckIsStore(env, directory));
  const rocksdb::DBOptions database_options = ReadOnlyOptions(env, best_effort);
  std::vector<std::string> missing;
  ASSIGN_OR_RETURN(const std::vector<Table> tables, ListTables(database_options, directory, &missing));
  if (!missing.empty() && !best_effort) return Damaged(directory, Lacks(missing));
  ASSIGN_OR_RETURN(std::shared_ptr<Database> database,
                   OpenDatabase(database_options, directory, tables, /*read_only=*/true, options));
  auto snapshot = std::make_shared<RocksdbSnapshot>(database);
  if (const absl::Status loaded = snapshot->LoadHead(); !loaded.ok()) {
    if (!best_effort || !absl::IsDataLoss(loaded)) return loaded;
    absl::StrAppend(damage, damage->empty() ? "" : "; ", loaded.message());  // goes on with head 0
  }
  return std::make_unique<RocksdbStore>(std::move(database), std::move(snapshot), /*read_only=*/true);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> CreateRocksdb(const std::string& directory,
                                                     const RocksdbOptions& options) {
  rocksdb::Env* const env = EnvOf(options);
  RETURN_IF_ERROR(CheckIsEmpty(env, directory));
  rocksdb::DBOptions database_options = MakeDatabaseOptions();
  database_options.env = env;
  database_options.create_if_missing = true;
  database_options.error_if_exists = true;
  database_options.create_missing_column_families = true;
  const std::vector<Table> tables(std::begin(kAllTables), std::end(kAllTables));
  ASSIGN_OR_RETURN(std::shared_ptr<Database> database,
                   OpenDatabase(database_options, directory, tables, /*read_only=*/false, options));
  RETURN_IF_ERROR(SyncParent(env, directory));
  // Last of all: a store without a head is one whose creation was interrupted.
  std::string head;
  AppendBigEndian64(0, &head);
  const rocksdb::Status status = database->db()->Put(MakeWriteOptions(), ToSlice(kHeadKey), head);
  if (!status.ok()) return FromOpen(directory, status);
  return MakeStore(std::move(database));
}

absl::StatusOr<std::unique_ptr<Store>> OpenRocksdb(const std::string& directory,
                                                   const RocksdbOptions& options) {
  ASSIGN_OR_RETURN(std::shared_ptr<Database> database, OpenForWriting(directory, options));
  return MakeStore(std::move(database));
}

absl::Status CompactRocksdb(const std::string& directory, const RocksdbOptions& options) {
  ASSIGN_OR_RETURN(const std::shared_ptr<Database> database, OpenForWriting(directory, options));
  RETURN_IF_ERROR(RocksdbSnapshot(database).LoadHead());  // without one its creation was interrupted
  return database->Compact();
}

absl::StatusOr<std::unique_ptr<Store>> OpenRocksdbReadOnly(const std::string& directory, std::string* damage,
                                                           const RocksdbOptions& options) {
  damage->clear();
  absl::Status first;
  for (int attempt = 0; attempt < kReadOnlyAttempts; ++attempt) {
    absl::StatusOr<std::unique_ptr<Store>> store =
        TryReadOnly(directory, /*best_effort=*/false, options, damage);
    if (store.ok() || store.status().code() != absl::StatusCode::kDataLoss) return store;
    first = store.status();
  }
  *damage = std::string(first.message());
  return TryReadOnly(directory, /*best_effort=*/true, options, damage);
}

}  // namespace fundledger::store
