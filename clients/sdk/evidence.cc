#include "clients/sdk/evidence.h"

#include <string>
#include <utility>

#include "clients/sdk/files.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"

#include "absl/strings/str_cat.h"

namespace fundledger::sdk {

absl::Status Report(const std::filesystem::path& directory, std::string_view reason, std::string_view what,
                    log::EvidenceFile file, const std::vector<std::string>& log_key_records) {
  log::AddLogKeys(log_key_records, &file);
  const auto text = log::FormatEvidence(file);
  if (!text.ok()) return Evidence(reason, what);
  const std::filesystem::path path =
      directory / absl::StrCat(ToAbsl(log::NameOf(file.kind)), "-",
                               HexEncode(crypto::Sha256({*text}).view().substr(0, 8)), ".txt");
  const absl::Status made = MakeDirectory(directory);
  const absl::Status written = ReplaceFile(path, *text, true);
  const bool is_kept = made.ok() && written.ok();
  const bool convicts = file.kind != log::EvidenceKind::kComplaint;
  return Evidence(
      reason,
      absl::StrCat(ToAbsl(what), is_kept ? "; kept in " : "; could not be kept in ", path.string(),
                   convicts ? ", which convicts whoever holds the log's key: submit nothing more, and "
                              "give it to the discipline inspection (fundledger evidence check)"
                            : ", a complaint that convicts nobody by itself: have it looked into "
                              "before you submit more"));
}

absl::Status Complain(const std::filesystem::path& directory, std::string_view reason, std::string_view what,
                      std::vector<log::EvidencePart> parts, const std::vector<std::string>& log_key_records) {
  log::EvidenceFile file{
      log::EvidenceKind::kComplaint,
      {{log::PartLabel::kStatement, absl::StrCat(ToAbsl(reason), "\n", ToAbsl(what), "\n")}}};
  for (log::EvidencePart& part : parts) {
    if (!part.body.empty()) file.parts.push_back(std::move(part));
  }
  return Report(directory, reason, what, std::move(file), log_key_records);
}

}  // namespace fundledger::sdk
