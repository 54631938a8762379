#include "services/api/claims.h"

#include <cstdint>
#include <optional>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "fundledger/v1/actions.pb.h"
#include "fundledger/v1/envelope.pb.h"

namespace fundledger::api {
namespace {

namespace v1 = ::fundledger::v1;
using google::protobuf::internal::WireFormatLite;

constexpr size_t kOfficerBytesMax = 64;
constexpr size_t kRequestIdBytesMax = 16;

// Calls `visit(number, bytes)` for each field that is bytes, a text or a message, until it returns false.
template <typename Visit>
void EachField(std::string_view message, Visit visit) {
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(message.data()),
                                            static_cast<int>(message.size()));
  while (const uint32_t tag = in.ReadTag()) {
    if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      if (!WireFormatLite::SkipField(&in, tag)) return;
      continue;
    }
    uint32_t length = 0;
    if (!in.ReadVarint32(&length)) return;
    const auto begin = static_cast<size_t>(in.CurrentPosition());
    if (length > message.size() - begin || !in.Skip(static_cast<int>(length))) return;
    if (!visit(WireFormatLite::GetTagFieldNumber(tag), message.substr(begin, length))) return;
  }
}

std::string_view FieldOf(std::string_view message, int wanted) {
  std::string_view found;
  EachField(message, [&](int number, std::string_view bytes) {
    if (number == wanted) found = bytes;
    return number != wanted;
  });
  return found;
}

}  // namespace

Claims ClaimsOf(std::string_view envelope) {
  Claims claims;
  const std::string_view payload = FieldOf(envelope, v1::Envelope::kPayloadFieldNumber);
  EachField(payload, [&claims](int number, std::string_view bytes) {
    if (number == v1::Submission::kOfficerFieldNumber) claims.officer = bytes.substr(0, kOfficerBytesMax);
    if (number == v1::Submission::kRequestIdFieldNumber)
      claims.request_id = bytes.substr(0, kRequestIdBytesMax);
    // Clients write fields in the order of their numbers: behind these two come the actions.
    return number < v1::Submission::kRequestIdFieldNumber;
  });
  return claims;
}

}  // namespace fundledger::api
