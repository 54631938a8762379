// A record: fixed big-endian header, then the envelope, nothing more (docs/ledger-format.md). Frozen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/hash256.h"

#include "absl/status/statusor.h"

namespace fundledger::log {

// A limit of the tile format, which counts a record's bytes in 16 bits.
inline constexpr size_t kMaxRecordBytes = 65535;
inline constexpr uint8_t kRecordVersion = 1;
inline constexpr uint8_t kFlagSm3Link = 1;

struct RecordHeader {
  uint16_t semantics = 1;  // edition of the rules that applied it
  Sequence sequence = 0;
  int64_t recorded_at_us = 0;       // microseconds since 1970 UTC
  Hash256 previous;                 // leaf hash of the record before; zeros in record 0
  std::optional<Hash256> sm3_link;  // SM3 of the whole record before, in ledgers of that suite
};

struct Record {
  RecordHeader header;
  std::string_view header_bytes;  // into the record's bytes; the envelope's length included
  std::string_view envelope;      // into the record's bytes
};

// Header bytes, the envelope's length included.
std::string EncodeHeader(const RecordHeader& header, size_t envelope_bytes);
// INVALID_ARGUMENT, reason RECORD_TOO_LARGE, over kMaxRecordBytes.
absl::StatusOr<std::string> EncodeRecord(const RecordHeader& header, std::string_view envelope);
// Points into `bytes`, which must outlive the result. DATA_LOSS, reason RECORD_MALFORMED: unknown version or
// flag, a length that is not exact, a negative time.
absl::StatusOr<Record> DecodeRecord(std::string_view bytes);

// SHA-256(00 ‖ record), RFC 6962 §2.1.
Hash256 LeafHash(std::string_view record);

}  // namespace fundledger::log
