#include "clients/cli/trust.h"

#include <filesystem>
#include <utility>

#include "clients/cli/language.h"
#include "clients/sdk/facts.h"
#include "clients/sdk/files.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/log/evidence.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {

void TrustOptions::AddTo(CLI::App* app) {
  app->add_option("--verifier-key", verifier_key,
                  T("the log's key in record 0, got by another way; else the configuration's",
                    "另行取得的账本公钥；缺省用配置文件所载"));
  app->add_option("--ledger", ledger,
                  T("the ledger's id, in hex, got by another way; else the configuration's",
                    "另行取得的账本编号（十六进制）；缺省用配置文件所载"));
  app->add_option("--log-keys", log_keys,
                  T("file of the records that replaced the log's key (inspect log-keys); else as this client "
                    "learned them",
                    "账本密钥更换记录文件（inspect log-keys 所写）；缺省用本机已知的更换记录"));
}

namespace {

// Bytes that are no records, or prove no key, are found where they are judged.
absl::StatusOr<std::vector<std::string>> ReadLogKeys(const std::string& file) {
  ASSIGN_OR_RETURN(const std::string text, ReadInput(file));
  auto records = log::DecodeLines(text);
  if (records.ok()) return records;
  return UsageError("LOG_KEYS_MALFORMED",
                    absl::StrCat(file, " is not what `fundledger inspect log-keys --out FILE` writes: ",
                                 records.status().message()));
}

}  // namespace

absl::StatusOr<evidence::Trust> TrustOptions::Read(Context& context) const {
  evidence::Trust trust;
  if (verifier_key.empty()) {
    ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
    trust.log = config->log;
    trust.ledger = config->ledger;
    // Without a connection ever, nothing is known but the first.
    if (const auto facts = sdk::LoadFacts(config->facts_path(), config->ledger); facts.ok()) {
      trust.log_key_records = facts->log_key_rotations;
      trust.log_key_records.insert(trust.log_key_records.begin(), facts->genesis);
    }
  } else {
    ASSIGN_OR_RETURN(trust.log, log::NoteVerifier::Parse(verifier_key));
  }
  if (!log_keys.empty()) {
    ASSIGN_OR_RETURN(trust.log_key_records, ReadLogKeys(log_keys));
  }
  if (ledger.empty()) return trust;
  const auto bytes = HexDecode(ledger);
  trust.ledger = bytes.has_value() ? Hash256::FromBytes(*bytes) : std::nullopt;
  if (trust.ledger.has_value()) return trust;
  return UsageError("LEDGER_MALFORMED",
                    absl::StrCat("\"", ledger, "\" is no ledger's id: write its 64 hex digits"));
}

absl::StatusOr<std::shared_ptr<const log::Policy>> PolicyOf(Context& context, const std::string& file) {
  if (file.empty()) {
    ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
    return config->policy;
  }
  ASSIGN_OR_RETURN(const std::string text, ReadInput(file));
  auto policy = log::Policy::Parse(text);
  if (!policy.ok()) return Annotate(policy.status(), file);
  return std::make_shared<const log::Policy>(*std::move(policy));
}

absl::StatusOr<std::string> ReadInput(const std::string& path) {
  return sdk::ReadFile(path);
}

absl::Status WriteOutput(const std::string& path, std::string_view bytes) {
  if (std::filesystem::exists(path)) {
    return UsageError("FILE_EXISTS",
                      absl::StrCat(path, " is there already, and is left as it is: name another"));
  }
  return sdk::ReplaceFile(path, bytes, true);
}

}  // namespace fundledger::cli
