#include "clients/bundle/layout.h"

#include "clients/bundle/json.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"
#include <nlohmann/json.hpp>

namespace fundledger::bundle {
namespace {

constexpr char kFormat[] = "fundledger.bundle.v1";
constexpr const char* kKindNames[] = {"whole", "records", "report"};

absl::Status Malformed(std::string_view what) {
  return Refuse(absl::StatusCode::kInvalidArgument, "BUNDLE_MALFORMED",
                absl::StrCat("ledger.json ", ToAbsl(what), ": export the bundle again"));
}

}  // namespace

std::string ProofPath(std::string_view directory, Sequence sequence) {
  return absl::StrCat(ToAbsl(directory), "/", sequence, kProofSuffix);
}

std::string CheckpointPath(uint64_t size) {
  return absl::StrCat(kCheckpointsDirectory, "/", size);
}

std::string StampPath(uint64_t size, std::string_view authority) {
  return absl::StrCat(kStampsDirectory, "/", size, ".", ToAbsl(authority), kStampSuffix);
}

std::string FormatManifest(const Manifest& manifest) {
  nlohmann::ordered_json json;
  json["format"] = kFormat;
  json["kind"] = kKindNames[static_cast<int>(manifest.kind)];
  json["ledger"] = HexEncode(manifest.ledger.view());
  json["origin"] = manifest.origin;
  json["verifier_key"] = manifest.verifier_key;
  json["size"] = manifest.size;
  if (!manifest.about.empty()) json["about"] = manifest.about;
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

absl::StatusOr<Manifest> ParseManifest(std::string_view text) {
  const auto parsed = ParseJson(text);
  if (!parsed.ok() || !parsed->is_object()) return Malformed("is no JSON object");
  const nlohmann::json& json = *parsed;
  if (TextAt(json, "format") != kFormat) return Malformed(absl::StrCat("does not say the format ", kFormat));
  Manifest manifest;
  const std::string kind = TextAt(json, "kind");
  bool is_known = false;
  for (const Kind each : {Kind::kWhole, Kind::kRecords, Kind::kReport}) {
    if (kind != kKindNames[static_cast<int>(each)]) continue;
    manifest.kind = each;
    is_known = true;
  }
  if (!is_known)
    return Malformed(absl::StrCat("says the kind \"", kind, "\", which this program does not know"));
  const auto ledger = Hash256::FromBytes(HexDecode(TextAt(json, "ledger")).value_or(""));
  if (!ledger.has_value()) return Malformed("does not say the ledger's id in hex");
  manifest.ledger = *ledger;
  manifest.origin = TextAt(json, "origin");
  manifest.verifier_key = TextAt(json, "verifier_key");
  if (const auto it = json.find("size"); it == json.end() || !it->is_number_unsigned()) {
    return Malformed("does not say the number of records");
  } else {
    manifest.size = it->get<uint64_t>();
  }
  manifest.about = TextAt(json, "about");
  return manifest;
}

}  // namespace fundledger::bundle
