// How the embedded store sets RocksDB up. docs/adr/0001-store-settings.md says why.
#pragma once

#include <memory>

#include "ledger/store/store.h"

namespace rocksdb {
class Cache;
class Logger;
struct ColumnFamilyOptions;
struct DBOptions;
struct WriteOptions;
}  // namespace rocksdb

namespace fundledger::store {

// For the whole database, opened for writing.
rocksdb::DBOptions MakeDatabaseOptions();
// What all tables of a store keep their blocks in, about `bytes` of them.
std::shared_ptr<rocksdb::Cache> MakeBlockCache(size_t bytes);
// For one table; tables share `cache`.
rocksdb::ColumnFamilyOptions MakeTableOptions(Table table, const std::shared_ptr<rocksdb::Cache>& cache);
// For RocksDB's default column family, which holds nothing but the head.
rocksdb::ColumnFamilyOptions MakeHeadOptions(const std::shared_ptr<rocksdb::Cache>& cache);
// For every commit: synced, and each key guarded by a checksum on its way from the batch to log and memtable.
rocksdb::WriteOptions MakeWriteOptions();
inline constexpr size_t kProtectionBytesPerKey = 8;

}  // namespace fundledger::store
