// The embedded store: RocksDB, one column family a table, every commit synced. Creating and opening are
// different calls, so that an empty directory never becomes a new ledger by accident.
#pragma once

#include <memory>
#include <string>

#include "ledger/store/store.h"

#include "absl/status/statusor.h"

namespace rocksdb {
class Env;
}

namespace fundledger::store {

struct RocksdbOptions {
  // Where RocksDB keeps its files. Default: the machine's file system. Must outlive the store. For fault
  // tests.
  rocksdb::Env* env = nullptr;
  // Memory for cached blocks. More makes reads of cold data quicker.
  size_t block_cache_bytes = 64 << 20;
  // The same for records, which are read here and there by whoever checks: in one cache with the others they
  // would push out what every submission asks for. Enough for the indexes of some million records.
  size_t record_cache_bytes = 8 << 20;
};

// ALREADY_EXISTS, reason STORE_EXISTS, if `directory` holds a store already; the directory itself may exist
// if empty.
absl::StatusOr<std::unique_ptr<Store>> CreateRocksdb(const std::string& directory,
                                                     const RocksdbOptions& options = {});
// NOT_FOUND, reason STORE_MISSING; UNAVAILABLE, reason STORE_LOCKED, if another process has it open;
// FAILED_PRECONDITION, reason STORE_OTHER_FORMAT, if its tables are another release's; DATA_LOSS, reason
// STORE_DAMAGED, if its files are damaged in a way a crash does not explain.
absl::StatusOr<std::unique_ptr<Store>> OpenRocksdb(const std::string& directory,
                                                   const RocksdbOptions& options = {});
// Reads without a lock and writes nothing; Commit is refused. If the files are damaged, opens what can be
// read and says what was wrong in `damage` (empty if nothing), so that verification can name the records
// lost.
absl::StatusOr<std::unique_ptr<Store>> OpenRocksdbReadOnly(const std::string& directory, std::string* damage,
                                                           const RocksdbOptions& options = {});
// Rewrites every table of a store that is not open, each in its last place, so that it takes the least room;
// needs as much free room as the largest table. What the store holds stays as it is. Errors as of
// OpenRocksdb, DATA_LOSS where it meets a damaged block; UNAVAILABLE, reason STORE_NOT_COMPACTED, if the disk
// does not take it. After an error the store holds what it held, perhaps partly rewritten.
absl::Status CompactRocksdb(const std::string& directory, const RocksdbOptions& options = {});

}  // namespace fundledger::store
