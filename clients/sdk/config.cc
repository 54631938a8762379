#include "clients/sdk/config.h"

#include <cstdlib>
#include <set>
#include <utility>

#include "clients/sdk/files.h"
#include "clients/sdk/witness_ca.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/certificate.h"

#include "absl/strings/str_cat.h"
#include <toml++/toml.h>

namespace fundledger::sdk {
namespace {

namespace fs = std::filesystem;

absl::Status Invalid(const fs::path& path, std::string_view what) {
  return Refuse(absl::StatusCode::kInvalidArgument, "CONFIG_INVALID",
                absl::StrCat(path.string(), ": ", ToAbsl(what)));
}

// toml++ throws; nothing of it leaves this function.
absl::StatusOr<toml::table> ParseToml(const fs::path& path) {
  try {
    return toml::parse_file(path.string());
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    return Invalid(path,
                   absl::StrCat("line ", at.line, ", column ", at.column, ": ", ToAbsl(error.description())));
  }
}

// A misspelt key would otherwise be a setting that silently does not hold.
absl::Status CheckKeys(const fs::path& path, const toml::table& table, const std::string& where,
                       const std::set<std::string_view>& known) {
  for (const auto& [key, value] : table) {
    if (known.count(key.str()) == 0) {
      return Invalid(path, absl::StrCat("there is no setting ", where, ToAbsl(key.str())));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Text(const fs::path& path, const toml::table& table, const std::string& key) {
  if (!table.contains(key)) return std::string();
  const auto value = table[key].value_exact<std::string>();
  if (!value.has_value()) return Invalid(path, absl::StrCat(key, " is not a text: write it in quotes"));
  return *value;
}

absl::StatusOr<std::string> NeededText(const fs::path& path, const toml::table& table,
                                       const std::string& key) {
  ASSIGN_OR_RETURN(std::string value, Text(path, table, key));
  if (value.empty()) return Invalid(path, absl::StrCat(key, " is missing"));
  return value;
}

absl::Status ReadTls(const fs::path& path, const toml::table& table, ClientConfig* config) {
  if (!table.contains("tls")) return absl::OkStatus();
  const toml::table* tls = table["tls"].as_table();
  if (tls == nullptr) return Invalid(path, "tls is not a table: write [tls] on a line of its own");
  RETURN_IF_ERROR(CheckKeys(path, *tls, "tls.", {"ca", "certificate", "key", "certificates"}));
  ASSIGN_OR_RETURN(const std::string ca, NeededText(path, *tls, "ca"));
  ASSIGN_OR_RETURN(const std::string certificate, Text(path, *tls, "certificate"));
  ASSIGN_OR_RETURN(const std::string key, Text(path, *tls, "key"));
  ASSIGN_OR_RETURN(const std::string certificates, Text(path, *tls, "certificates"));
  if (!certificates.empty() && !certificate.empty()) {
    return Invalid(
        path,
        "tls.certificate is one for all officers, tls.certificates a directory with one for each: give "
        "one of the two");
  }
  if (certificate.empty() != key.empty()) {
    return Invalid(path, "tls.certificate and tls.key belong together: give both or none");
  }
  const auto resolve = [config](const std::string& file) {
    return file.empty() ? fs::path() : config->directory() / file;
  };
  config->tls = TlsFiles{resolve(ca), resolve(certificate), resolve(key), resolve(certificates)};
  return absl::OkStatus();
}

absl::Status ReadPolicy(const fs::path& path, const toml::table& table, ClientConfig* config) {
  ASSIGN_OR_RETURN(const std::string file, Text(path, table, "policy"));
  if (file.empty()) return absl::OkStatus();
  const fs::path policy_path = config->directory() / file;
  ASSIGN_OR_RETURN(const std::string text, ReadFile(policy_path));
  auto policy = log::Policy::Parse(text);
  if (!policy.ok()) return Annotate(policy.status(), policy_path.string());
  config->policy = std::make_shared<const log::Policy>(*std::move(policy));
  config->policy_text = text;
  return absl::OkStatus();
}

absl::Status ReadRequireWitness(const fs::path& path, const toml::table& table, ClientConfig* config) {
  if (!table.contains("require_witness")) return absl::OkStatus();
  const auto value = table["require_witness"].value_exact<bool>();
  if (!value.has_value()) return Invalid(path, "require_witness is not true or false");
  config->require_witness = *value;
  if (!*value || (config->policy != nullptr && config->policy->AsksWitnesses())) return absl::OkStatus();
  return Invalid(
      path,
      "require_witness is true, and no policy says whose cosignatures: set policy to a policy file "
      "with a quorum");
}

absl::Status ReadSm2Keys(const fs::path& path, const toml::table& table, ClientConfig* config) {
  if (!table.contains("sm2_verifier_keys")) return absl::OkStatus();
  const toml::array* keys = table["sm2_verifier_keys"].as_array();
  if (keys == nullptr || keys->empty()) {
    return Invalid(path, "sm2_verifier_keys is not a list of verifier keys: write [\"NAME+ID+KEY\"]");
  }
  for (const auto& node : *keys) {
    auto verifier = log::Sm2Verifier::Parse(node.value_or(std::string()));
    if (!verifier.ok())
      return Invalid(path, absl::StrCat("sm2_verifier_keys: ", verifier.status().message()));
    config->sm2.push_back(*std::move(verifier));
  }
  return absl::OkStatus();
}

absl::Status ReadIdentity(const fs::path& path, const toml::table& table, ClientConfig* config) {
  ASSIGN_OR_RETURN(const std::string ledger, NeededText(path, table, "ledger"));
  const auto raw = HexDecode(ledger);
  const auto hash = raw.has_value() ? Hash256::FromBytes(*raw) : std::nullopt;
  if (!hash.has_value()) return Invalid(path, "ledger is not 64 hex digits, the id of a ledger");
  config->ledger = *hash;
  ASSIGN_OR_RETURN(config->verifier_key, NeededText(path, table, "verifier_key"));
  auto verifier = log::NoteVerifier::Parse(config->verifier_key);
  if (!verifier.ok()) return Invalid(path, absl::StrCat("verifier_key: ", verifier.status().message()));
  config->log = *std::move(verifier);
  return ReadSm2Keys(path, table, config);
}

}  // namespace

fs::path TlsFiles::certificate_of(std::string_view officer) const {
  return certificates.empty() ? certificate : certificates / absl::StrCat(ToAbsl(officer), ".pem");
}

fs::path TlsFiles::key_of(std::string_view officer) const {
  return certificates.empty() ? key : certificates / absl::StrCat(ToAbsl(officer), ".key");
}

fs::path ClientConfig::seen_path() const {
  fs::path seen = path;
  return seen.replace_extension(".seen");
}

fs::path ClientConfig::facts_path() const {
  fs::path facts = path;
  return facts.replace_extension(".facts");
}

fs::path ClientConfig::key_path(std::string_view officer_id) const {
  return keys / absl::StrCat(ToAbsl(officer_id), ".key");
}

absl::StatusOr<fs::path> FindConfig(std::string_view given) {
  std::string found(given);
  std::string how = "--config";
  if (found.empty()) {
    const char* variable = std::getenv("FUNDLEDGER_CONFIG");  // NOLINT(concurrency-mt-unsafe): read at start
    found = variable != nullptr && *variable != '\0' ? variable : "client.toml";
    how = variable != nullptr && *variable != '\0' ? "$FUNDLEDGER_CONFIG" : "the current directory";
  }
  std::error_code error;
  if (fs::is_regular_file(found, error)) return fs::absolute(found, error);
  return Refuse(absl::StatusCode::kNotFound, "CONFIG_MISSING",
                absl::StrCat("there is no client configuration ", found, " (from ", how,
                             "): give --config FILE, set FUNDLEDGER_CONFIG, or make a ledger with init"));
}

absl::StatusOr<ClientConfig> LoadConfig(const fs::path& path) {
  ASSIGN_OR_RETURN(const toml::table table, ParseToml(path));
  RETURN_IF_ERROR(CheckKeys(path, table, "",
                            {"server", "ledger", "verifier_key", "sm2_verifier_keys", "keys", "officer",
                             "policy", "require_witness", "witness_ca", "tls"}));
  ClientConfig config;
  std::error_code error;
  config.path = fs::absolute(path, error);
  ASSIGN_OR_RETURN(config.server, NeededText(path, table, "server"));
  RETURN_IF_ERROR(ReadIdentity(path, table, &config));
  ASSIGN_OR_RETURN(const std::string keys, Text(path, table, "keys"));
  config.keys = config.directory() / (keys.empty() ? "keys" : keys);
  ASSIGN_OR_RETURN(config.officer, Text(path, table, "officer"));
  RETURN_IF_ERROR(ReadPolicy(path, table, &config));
  RETURN_IF_ERROR(ReadRequireWitness(path, table, &config));
  RETURN_IF_ERROR(ReadTls(path, table, &config));
  return config;
}

absl::StatusOr<std::string> WitnessCaOf(const ClientConfig& config) {
  ASSIGN_OR_RETURN(const toml::table table, ParseToml(config.path));
  ASSIGN_OR_RETURN(const std::string file, Text(config.path, table, "witness_ca"));
  if (file.empty()) return std::string();
  const fs::path path = config.directory() / file;
  ASSIGN_OR_RETURN(const std::string authorities, ReadFile(path));
  const auto first = crypto::ReadCertificate(authorities);
  if (first.ok()) return path.string();
  return Invalid(config.path, absl::StrCat("witness_ca: ", path.string(), ": ", first.status().message()));
}

}  // namespace fundledger::sdk
