#include "ledger/log/record.h"

#include <cstdio>
#include <cstdlib>
#include <limits>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"

#include "absl/strings/str_cat.h"

namespace fundledger::log {
namespace {

constexpr size_t kHashBytes = 32;
// Version 1, flags 1, semantics 2, sequence 8, time 8, previous leaf 32, SM3 link 0 or 32, envelope's
// length 4.
constexpr size_t kHeaderBytesMin = 1 + 1 + 2 + 8 + 8 + kHashBytes + 4;

absl::Status Malformed(std::string_view why) {
  return Refuse(absl::StatusCode::kDataLoss, "RECORD_MALFORMED", absl::StrCat("the record ", ToAbsl(why)));
}

std::string_view Take(std::string_view* bytes, size_t count) {
  const std::string_view taken = bytes->substr(0, count);
  bytes->remove_prefix(count);
  return taken;
}

}  // namespace

std::string EncodeHeader(const RecordHeader& header, size_t envelope_bytes) {
  if (envelope_bytes > std::numeric_limits<uint32_t>::max()) {
    (void)std::fprintf(stderr, "invariant broken: a record's envelope of %zu bytes\n", envelope_bytes);
    std::abort();
  }
  std::string bytes;
  bytes.reserve(kHeaderBytesMin + kHashBytes);
  bytes.push_back(static_cast<char>(kRecordVersion));
  bytes.push_back(static_cast<char>(header.sm3_link.has_value() ? kFlagSm3Link : 0));
  AppendBigEndian16(header.semantics, &bytes);
  AppendBigEndian64(header.sequence, &bytes);
  AppendBigEndian64(static_cast<uint64_t>(header.recorded_at_us), &bytes);
  bytes.append(header.previous.view());
  if (header.sm3_link.has_value()) bytes.append(header.sm3_link->view());
  AppendBigEndian32(static_cast<uint32_t>(envelope_bytes), &bytes);
  return bytes;
}

absl::StatusOr<std::string> EncodeRecord(const RecordHeader& header, std::string_view envelope) {
  const size_t header_bytes = kHeaderBytesMin + (header.sm3_link.has_value() ? kHashBytes : 0);
  const size_t size = header_bytes + envelope.size();
  if (size > kMaxRecordBytes) {
    return Refuse(absl::StatusCode::kInvalidArgument, "RECORD_TOO_LARGE",
                  absl::StrCat("the record would have ", size, " bytes, at most ", kMaxRecordBytes,
                               " fit: send the work as several submissions"));
  }
  if (header.recorded_at_us < 0) {
    return Refuse(absl::StatusCode::kInvalidArgument, "RECORD_MALFORMED", "a record's time is before 1970");
  }
  std::string bytes = EncodeHeader(header, envelope.size());
  bytes.append(envelope);
  return bytes;
}

absl::StatusOr<Record> DecodeRecord(std::string_view bytes) {
  if (bytes.size() > kMaxRecordBytes)
    return Malformed(absl::StrCat("has ", bytes.size(), " bytes, too many"));
  if (bytes.size() < kHeaderBytesMin) return Malformed(absl::StrCat("ends in its header, at ", bytes.size()));
  std::string_view rest = bytes;
  const auto version = static_cast<uint8_t>(Take(&rest, 1)[0]);
  const auto flags = static_cast<uint8_t>(Take(&rest, 1)[0]);
  if (version != kRecordVersion) return Malformed(absl::StrCat("has the unknown version ", version));
  if ((flags & ~kFlagSm3Link) != 0) return Malformed(absl::StrCat("has unknown flags: ", flags));
  Record record;
  record.header.semantics = ReadBigEndian16(Take(&rest, 2));
  record.header.sequence = ReadBigEndian64(Take(&rest, 8));
  record.header.recorded_at_us = static_cast<int64_t>(ReadBigEndian64(Take(&rest, 8)));
  if (record.header.recorded_at_us < 0) return Malformed("has a time before 1970");
  record.header.previous = *Hash256::FromBytes(Take(&rest, kHashBytes));
  if ((flags & kFlagSm3Link) != 0) {
    if (rest.size() < kHashBytes + 4) return Malformed(absl::StrCat("ends in its header, at ", bytes.size()));
    record.header.sm3_link = Hash256::FromBytes(Take(&rest, kHashBytes));
  }
  const uint32_t envelope_bytes = ReadBigEndian32(Take(&rest, 4));
  if (envelope_bytes != rest.size()) {
    return Malformed(
        absl::StrCat("announces an envelope of ", envelope_bytes, " bytes and holds ", rest.size()));
  }
  record.envelope = rest;
  record.header_bytes = bytes.substr(0, bytes.size() - rest.size());
  return record;
}

Hash256 LeafHash(std::string_view record) {
  constexpr std::string_view kLeafPrefix("\x00", 1);
  return crypto::Sha256({kLeafPrefix, record});
}

}  // namespace fundledger::log
