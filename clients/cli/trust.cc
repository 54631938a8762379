#include "clients/cli/trust.h"

#include <filesystem>
#include <utility>

#include "clients/cli/language.h"
#include "clients/sdk/files.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {

void TrustOptions::AddTo(CLI::App* app) {
  app->add_option("--verifier-key", verifier_key,
                  T("the log's key in record 0, got by another way; else the configuration's",
                    "另行取得的账本公钥；缺省用配置文件所载"));
  app->add_option("--ledger", ledger,
                  T("the ledger's id, in hex, got by another way; else the configuration's",
                    "另行取得的账本编号（十六进制）；缺省用配置文件所载"));
}

absl::StatusOr<evidence::Trust> TrustOptions::Read(Context& context) const {
  evidence::Trust trust;
  if (verifier_key.empty()) {
    ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
    trust.log = config->log;
    trust.ledger = config->ledger;
  } else {
    ASSIGN_OR_RETURN(trust.log, log::NoteVerifier::Parse(verifier_key));
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
