#include "ledger/store/rocksdb_options.h"

#include <algorithm>
#include <bit>
#include <cstdarg>
#include <cstdlib>

#include "ledger/store/memtable.h"

#include "rocksdb/cache.h"
#include "rocksdb/env.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/listener.h"
#include "rocksdb/options.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/table.h"

namespace fundledger::store {
namespace {

constexpr size_t kMegabyte = size_t{1} << 20;

// Takes RocksDB's information log and drops it. A reader must not write into the directory it reads, and to a
// writer a full disk is a commit that fails: RocksDB's own log ends the process (Debian's build asserts that
// it is not written to again after a write that failed). What counts of it comes back as a status.
class NullLogger final : public rocksdb::Logger {
 public:
  NullLogger() : rocksdb::Logger(rocksdb::InfoLogLevel::FATAL_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
  void Logv(rocksdb::InfoLogLevel, const char*, va_list) override {}
};

// A write that failed must stay failed. Left to itself, RocksDB would resume after some errors (a full disk,
// say) and flush table after table past the doubtful log entry; a crash in between would replay that entry
// into the tables not yet flushed, and half a commit would stand. The store stops instead, and reopening
// decides.
class NoRecovery final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

// Keys of the trail end in a sequence, and many of an entity in one or in a number that counts up, behind a
// beginning that they share. An insert into a memtable then looks for its place where the last one of the
// same beginning went, which is mostly next to it.
class BeginningOfKey final : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "fundledger.BeginningOfKey"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    return {key.data(), key.size() - kEndBytes};
  }
  bool InDomain(const rocksdb::Slice& key) const override { return key.size() >= kEndBytes; }

 private:
  static constexpr size_t kEndBytes = 8;
};

rocksdb::ColumnFamilyOptions WithHint(rocksdb::ColumnFamilyOptions options) {
  options.memtable_insert_with_hint_prefix_extractor = std::make_shared<BeginningOfKey>();
  return options;
}

// Keys in no order: each goes to a place of its own in the memtable, past some twenty keys compared. In a
// small one they are in the processor's caches.
rocksdb::ColumnFamilyOptions Scattered(rocksdb::ColumnFamilyOptions options) {
  options.write_buffer_size = 8 * kMegabyte;
  return options;
}

// How the blocks of a table are packed. A block is what one read fetches, and what one damaged byte spoils.
enum class Packing {
  kPlain,    // hashes, signatures and random ids, in which nothing repeats
  kRecords,  // LZ4 in small blocks: quick to scan, and damage takes few records with it
  kIndex,    // recomputable from the records: LZ4 while it moves, in its last place zstd in larger blocks
};

constexpr size_t kBlockBytes = 4 << 10;
constexpr size_t kIndexBlockBytes = 16 << 10;

rocksdb::BlockBasedTableOptions MakeBlockOptions(const std::shared_ptr<rocksdb::Cache>& cache,
                                                 bool point_lookups, Packing packing) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;  // so that block_cache_bytes bounds them too
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  // In pieces that the cache takes one by one: a table's index or filter in one piece grows with the table,
  // and one larger than a shard of the cache would be read anew for every lookup.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.metadata_block_size = kBlockBytes;
  // Index entries in runs that store what differs, as blocks do: six bytes an entry instead of two dozen, so
  // that the index of millions of records stays in the cache.
  table.index_block_restart_interval = 16;
  table.format_version = 5;
  table.block_size = packing == Packing::kIndex ? kIndexBlockBytes : kBlockBytes;
  if (point_lookups) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));  // about 1 % needless reads
    table.whole_key_filtering = true;
    table.partition_filters = true;
  }
  return table;
}

rocksdb::ColumnFamilyOptions MakeOptions(const std::shared_ptr<rocksdb::Cache>& cache, bool point_lookups,
                                         Packing packing) {
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(
      rocksdb::NewBlockBasedTableFactory(MakeBlockOptions(cache, point_lookups, packing)));
  options.compression = packing == Packing::kPlain ? rocksdb::kNoCompression : rocksdb::kLZ4Compression;
  options.bottommost_compression = packing == Packing::kIndex
                                       ? rocksdb::kZSTD
                                       : rocksdb::kDisableCompressionOption;  // the same on every level
  if (packing == Packing::kIndex) {
    // The quickest of zstd's levels: 2 % more bytes, a fifth less work in the background.
    options.bottommost_compression_opts.enabled = true;
    options.bottommost_compression_opts.level = 1;
  }
  options.write_buffer_size = 64 * kMegabyte;
  // Not with a prefix_extractor, inplace_update_support, merges or DeleteRange: memtable.h.
  options.memtable_factory = MakeMemtableFactory();
  options.check_flush_compaction_key_order = true;
  if (point_lookups) {
    // What is asked for is mostly not there: the memtable need not be searched for it either.
    options.memtable_whole_key_filtering = true;
    options.memtable_prefix_bloom_size_ratio = 0.05;
  }
  return options;
}

}  // namespace

std::shared_ptr<rocksdb::Cache> MakeBlockCache(size_t bytes) {
  // Left to itself RocksDB makes shards of half a megabyte, which a few hot blocks fill.
  constexpr size_t kShardBytes = 16 * kMegabyte;
  const int shards = std::bit_width(bytes / kShardBytes);
  return rocksdb::NewLRUCache(bytes, std::clamp(shards - 1, 0, 6));
}

rocksdb::DBOptions MakeDatabaseOptions() {
  rocksdb::DBOptions options;
  options.create_if_missing = false;
  options.create_missing_column_families = false;
  options.paranoid_checks = true;
  // With the check of the keys' order below: what a memtable gives back is what was put in.
  options.flush_verify_memtable_count = true;
  // Opens after an ordinary crash, which leaves an incomplete last entry; refuses damage before that. The
  // default, kPointInTimeRecovery, would drop all entries behind a flipped byte without a word.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.track_and_verify_wals_in_manifest = true;
  options.verify_sst_unique_id_in_manifest = true;
  options.listeners.push_back(std::make_shared<NoRecovery>());
  options.max_bgerror_resume_count = 0;
  // Bounds what a start after a crash replays.
  options.max_total_wal_size = 256 * kMegabyte;
  options.db_write_buffer_size = 256 * kMegabyte;
  options.max_manifest_file_size = 64 * kMegabyte;
  options.max_open_files = 512;  // below the usual limit of 1,024 descriptors a process
  // There is one writer; concurrent memtable writes would only cost.
  options.allow_concurrent_memtable_write = false;
  options.info_log = std::make_shared<NullLogger>();
  options.stats_dump_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions MakeTableOptions(Table table, const std::shared_ptr<rocksdb::Cache>& cache) {
  switch (table) {
    case Table::kTiles:
    case Table::kCheckpoints:
    case Table::kMeta:
    case Table::kAttestations:
      return MakeOptions(cache, /*point_lookups=*/false, Packing::kPlain);
    case Table::kRecords:
      return MakeOptions(cache, /*point_lookups=*/false, Packing::kRecords);
    case Table::kRequests:  // only ever looked up by whole key, and mostly not there
      return Scattered(MakeOptions(cache, /*point_lookups=*/true, Packing::kPlain));
    case Table::kDocuments:
      return Scattered(MakeOptions(cache, /*point_lookups=*/false, Packing::kPlain));
    case Table::kEntities:  // likewise: each new reference and voucher is asked for before it is taken
      return WithHint(MakeOptions(cache, /*point_lookups=*/true, Packing::kIndex));
    case Table::kTrail:
      return WithHint(MakeOptions(cache, /*point_lookups=*/false, Packing::kIndex));
    case Table::kPostings:
    case Table::kSheets:
      return MakeOptions(cache, /*point_lookups=*/false, Packing::kIndex);
  }
  std::abort();  // Invariant: a Table is one of kAllTables.
}

rocksdb::ColumnFamilyOptions MakeHeadOptions(const std::shared_ptr<rocksdb::Cache>& cache) {
  return MakeOptions(cache, /*point_lookups=*/false, Packing::kPlain);
}

rocksdb::WriteOptions MakeWriteOptions() {
  rocksdb::WriteOptions options;
  options.sync = true;
  options.disableWAL = false;
  options.protection_bytes_per_key = kProtectionBytesPerKey;
  return options;
}

}  // namespace fundledger::store
