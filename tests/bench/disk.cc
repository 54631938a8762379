#include <filesystem>
#include <string>

#include "ledger/base/clock.h"
#include "ledger/base/status.h"
#include "ledger/store/rocksdb.h"
#include "tests/bench/local.h"
#include "tests/bench/made.h"

namespace fundledger::bench {
namespace {

using Json = nlohmann::ordered_json;

uint64_t BytesIn(const std::string& directory) {
  uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

}  // namespace

absl::StatusOr<Json> RunDisk(const std::string& directory) {
  const std::string ledger = LedgerDirectory(directory);
  const uint64_t before = BytesIn(ledger);
  RETURN_IF_ERROR(store::CompactRocksdb(ledger + "/db"));
  const uint64_t after = BytesIn(ledger);

  ASSIGN_OR_RETURN(const CountyOptions options, ReadOptions(directory));
  const County county(options);
  ASSIGN_OR_RETURN(const auto engine, county.Open(ledger, SystemClockMicros));
  uint64_t records = 0;
  uint64_t record_bytes = 0;
  RETURN_IF_ERROR(engine->view()->ScanRecords(0, [&](Sequence, std::string_view record) {
    ++records;
    record_bytes += record.size();
    return true;
  }));
  return Json{{"records", records},
              {"record_bytes", record_bytes},
              {"disk_bytes_before", before},
              {"disk_bytes", after},
              {"bytes_per_record_byte", static_cast<double>(after) / static_cast<double>(record_bytes)}};
}

}  // namespace fundledger::bench
