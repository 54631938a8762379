// Records as they lie in the store, read in order and in pieces by several threads.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/hash256.h"
#include "ledger/log/record.h"
#include "ledger/store/store.h"

#include "absl/status/status.h"

namespace fundledger::engine {

// Visits the records `first` <= sequence < `end` until `visit` returns false or one of them is not there.
// Keys in between that are no sequences go to `strays`. DATA_LOSS, reason STORE_DAMAGED.
absl::Status ScanRecords(const store::Snapshot& snapshot, Sequence first, Sequence end,
                         const std::function<bool(std::string_view record)>& visit,
                         std::vector<std::string>* strays);

// What the chain needs to know of a record.
struct ChainLink {
  absl::Status form;  // whether it is a record; if not, nothing below is set
  log::RecordHeader header;
  Hash256 leaf;
  Hash256 sm3;  // in a record that has an SM3 link
};

// Visits the links of the records 0…`end` - 1 in order, on the caller's thread, until `visit` returns false
// or a record is not there. `threads` read, the caller's included. Memory: some thousand links a thread.
absl::Status ScanChain(const store::Snapshot& snapshot, Sequence end, size_t threads,
                       const std::function<bool(const ChainLink& link)>& visit,
                       std::vector<std::string>* strays);

}  // namespace fundledger::engine
