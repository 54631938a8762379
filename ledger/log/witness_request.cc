#include "ledger/log/witness_request.h"

#include "ledger/base/status.h"
#include "ledger/log/lines.h"

#include "absl/strings/str_cat.h"

namespace fundledger::log {
namespace {

constexpr std::string_view kOld = "old ";
constexpr size_t kConsistencyHashesMax = 63;

absl::Status Malformed(std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "WITNESS_REQUEST_MALFORMED",
                absl::StrCat("the request ", ToAbsl(why)));
}

}  // namespace

std::string FormatWitnessRequest(const WitnessRequest& request) {
  return absl::StrCat(ToAbsl(kOld), request.old_size, "\n", FormatHashes(request.consistency), "\n",
                      request.checkpoint);
}

absl::StatusOr<WitnessRequest> ParseWitnessRequest(std::string_view body) {
  if (body.size() > kWitnessRequestBytesMax) {
    return Malformed(absl::StrCat("has ", body.size(), " bytes, more than ", kWitnessRequestBytesMax));
  }
  std::string_view rest = body;
  const auto line = TakeUntil(&rest, '\n');
  const auto old_size =
      line.has_value() && line->starts_with(kOld) ? ReadNumber(line->substr(kOld.size())) : std::nullopt;
  if (!old_size.has_value()) return Malformed("does not begin with a line: old SIZE");
  auto hashes = TakeHashes(kConsistencyHashesMax, &rest);
  if (!hashes.has_value()) {
    return Malformed("has proof lines that are not up to 63 hashes in base64, ended by an empty line");
  }
  return WitnessRequest{*old_size, *std::move(hashes), std::string(rest)};
}

}  // namespace fundledger::log
