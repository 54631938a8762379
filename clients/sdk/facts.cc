#include "clients/sdk/facts.h"

#include <optional>
#include <sstream>
#include <utility>

#include "clients/sdk/files.h"
#include "fundledger/v1/actions.pb.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"
#include "ledger/log/merkle.h"
#include "ledger/log/record.h"

#include "absl/strings/str_cat.h"
#include <toml++/toml.h>

namespace fundledger::sdk {
namespace {

namespace v1 = ::fundledger::v1;

constexpr int64_t kScaleMax = 9;

std::string Format(const Facts& facts) {
  toml::array rotations;
  for (const std::string& record : facts.log_key_rotations) rotations.push_back(Base64Encode(record));
  toml::table scales;
  for (const auto& [id, scale] : facts.scales) scales.insert(id, static_cast<int64_t>(scale));
  const toml::table table{{"genesis", Base64Encode(facts.genesis)},
                          {"log_key_rotations", std::move(rotations)},
                          {"indicator_scales", std::move(scales)}};
  std::ostringstream out;
  out << table << '\n';
  return out.str();
}

// toml++ throws; nothing of it leaves this function.
std::optional<toml::table> ParseToml(const std::string& text) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
}

std::optional<Facts> Parse(const std::string& text, const Hash256& ledger) {
  const auto table = ParseToml(text);
  if (!table.has_value()) return std::nullopt;
  const auto genesis = Base64Decode((*table)["genesis"].value_or(std::string()));
  if (!genesis.has_value()) return std::nullopt;
  auto facts = FactsOfGenesis(*genesis, ledger);
  if (!facts.ok()) return std::nullopt;
  if (const toml::array* rotations = (*table)["log_key_rotations"].as_array(); rotations != nullptr) {
    for (const auto& node : *rotations) {
      auto record = Base64Decode(node.value_or(std::string()));
      if (!record.has_value()) return std::nullopt;
      facts->log_key_rotations.push_back(*std::move(record));
    }
  }
  if (const toml::table* scales = (*table)["indicator_scales"].as_table(); scales != nullptr) {
    for (const auto& [id, node] : *scales) {
      const auto scale = node.value<int64_t>();
      if (!scale.has_value() || *scale < 0 || *scale > kScaleMax) return std::nullopt;
      facts->scales[std::string(id.str())] = static_cast<uint32_t>(*scale);
    }
  }
  return *std::move(facts);
}

}  // namespace

absl::StatusOr<Facts> FactsOfGenesis(std::string_view record, const Hash256& ledger) {
  const auto invalid = [](std::string_view why) {
    return Evidence("RECORD_INVALID", absl::StrCat("record 0 as the server shows it: ", ToAbsl(why)));
  };
  if (log::LeafHash(record) != ledger) return invalid("its leaf hash is not the ledger's id");
  const auto decoded = log::DecodeRecord(record);
  if (!decoded.ok()) return invalid(ToStd(decoded.status().message()));
  const auto opened = crypto::OpenEnvelope(decoded->envelope);
  v1::Submission submission;
  if (!opened.ok() || !submission.ParseFromString(opened->payload) || submission.actions_size() != 1 ||
      !submission.actions(0).has_genesis()) {
    return invalid("it holds no genesis");
  }
  Facts facts;
  facts.genesis = std::string(record);
  facts.utc_offset_minutes = submission.actions(0).genesis().utc_offset_minutes();
  facts.first_day = facts.Today(decoded->header.recorded_at_us);
  return facts;
}

absl::StatusOr<Facts> LoadFacts(const std::filesystem::path& file, const Hash256& ledger) {
  const auto text = ReadFile(file);
  auto facts = text.ok() ? Parse(*text, ledger) : std::nullopt;
  if (facts.has_value()) return *std::move(facts);
  return Refuse(absl::StatusCode::kNotFound, "FACTS_MISSING",
                absl::StrCat(file.string(),
                             " does not hold this ledger's first day and time zone: give any command with a "
                             "connection once before working without one"));
}

absl::Status SaveFacts(const std::filesystem::path& file, const Facts& facts) {
  const std::string text = Format(facts);
  const auto stored = ReadFile(file);
  if (stored.ok() && *stored == text) return absl::OkStatus();
  return ReplaceFile(file, text, true);
}

}  // namespace fundledger::sdk
