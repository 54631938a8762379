// What RocksDB keeps a table's latest entries in until they are written out: a SkipList each.
#pragma once

#include <memory>

namespace rocksdb {
class MemTableRepFactory;
}

namespace fundledger::store {

// For tables in the order of their bytes, RocksDB's default, that one thread at a time writes to.
// docs/adr/0010-memtable.md says why it is not RocksDB's own. Not for tables with a prefix_extractor (it
// aborts), updates in place, merges, or DeleteRange beside a hint (RocksDB would hand one list's hint to the
// other).
std::shared_ptr<rocksdb::MemTableRepFactory> MakeMemtableFactory();

}  // namespace fundledger::store
