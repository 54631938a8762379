#include "clients/sdk/passphrase.h"

#include <cstdlib>

#include "clients/sdk/files.h"
#include "ledger/base/status.h"
#include "ledger/crypto/terminal.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace fundledger::sdk {
namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it while we run
  return value == nullptr ? "" : value;
}

absl::Status Needed(std::string_view why) {
  return Refuse(absl::StatusCode::kUnauthenticated, "PASSPHRASE_NEEDED",
                absl::StrCat(ToAbsl(why),
                             ": give --passphrase-file FILE, or set FUNDLEDGER_PASSPHRASE_FILE or "
                             "FUNDLEDGER_PASSPHRASE_FD"));
}

// Where it could be given without a terminal is said here.
absl::StatusOr<crypto::Secret> OrSayWhere(absl::StatusOr<crypto::Secret> line) {
  if (line.ok() || ReasonOf(line.status()) != "PASSPHRASE_NEEDED") return line;
  return Needed(ToStd(line.status().message()));
}

absl::Status CheckNew(const crypto::Secret& passphrase) {
  if (passphrase.view().size() >= kPassphraseBytesMin) return absl::OkStatus();
  return Refuse(absl::StatusCode::kInvalidArgument, "PASSPHRASE_TOO_SHORT",
                absl::StrCat("a passphrase has at least ", kPassphraseBytesMin,
                             " bytes: take four words that nobody would guess together"));
}

}  // namespace

bool Passphrases::AsksPeople() const {
  if (of_person_) return true;
  return file_.empty() && Variable("FUNDLEDGER_PASSPHRASE_FILE").empty() &&
         Variable("FUNDLEDGER_PASSPHRASE_FD").empty();
}

absl::StatusOr<crypto::Secret> Passphrases::Given() {
  const std::filesystem::path file =
      file_.empty() ? std::filesystem::path(Variable("FUNDLEDGER_PASSPHRASE_FILE")) : file_;
  if (!file.empty()) {
    ASSIGN_OR_RETURN(std::string text, ReadSecretFile(file));
    return crypto::PassphraseOf(crypto::Secret(std::move(text)));
  }
  const auto read = known_.find("");
  if (read != known_.end()) return read->second.Copy();
  int fd = -1;
  if (!absl::SimpleAtoi(Variable("FUNDLEDGER_PASSPHRASE_FD"), &fd) || fd < 0) {
    return Needed("FUNDLEDGER_PASSPHRASE_FD is not the number of an open descriptor");
  }
  ASSIGN_OR_RETURN(crypto::Secret line, OrSayWhere(crypto::ReadSecretLine(fd)));
  return known_.emplace("", std::move(line)).first->second.Copy();
}

absl::StatusOr<crypto::Secret> Passphrases::Ask(std::string_view holder, std::string_view what) {
  if (!AsksPeople()) return Given();
  const auto found = known_.find(holder);
  if (found != known_.end()) return found->second.Copy();
  ASSIGN_OR_RETURN(crypto::Secret answer,
                   OrSayWhere(crypto::Terminal().Ask(absl::StrCat(ToAbsl(what), ": "))));
  return known_.insert_or_assign(std::string(holder), std::move(answer)).first->second.Copy();
}

absl::StatusOr<crypto::Secret> Passphrases::AskNew(std::string_view holder, std::string_view what) {
  if (!AsksPeople()) {
    ASSIGN_OR_RETURN(crypto::Secret given, Given());
    RETURN_IF_ERROR(CheckNew(given));
    return given;
  }
  const crypto::Terminal terminal;
  ASSIGN_OR_RETURN(crypto::Secret first, OrSayWhere(terminal.Ask(absl::StrCat(ToAbsl(what), ": "))));
  RETURN_IF_ERROR(CheckNew(first));
  ASSIGN_OR_RETURN(const crypto::Secret second, OrSayWhere(terminal.Ask("the same again: ")));
  if (first.view() != second.view()) {
    return Refuse(absl::StatusCode::kInvalidArgument, "PASSPHRASES_DIFFER",
                  "the two passphrases are not the same: nothing was made");
  }
  return known_.insert_or_assign(std::string(holder), std::move(first)).first->second.Copy();
}

bool Passphrases::Forget(std::string_view holder) {
  if (!AsksPeople()) return false;
  const auto found = known_.find(holder);
  if (found != known_.end()) known_.erase(found);
  return true;
}

}  // namespace fundledger::sdk
