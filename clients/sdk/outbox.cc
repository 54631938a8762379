#include "clients/sdk/outbox.h"

#include "clients/sdk/files.h"
#include "fundledger/v1/actions.pb.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"

#include "absl/strings/str_cat.h"

namespace fundledger::sdk {
namespace {

constexpr char kExtension[] = ".envelope";

absl::StatusOr<Sealed> ReadSealed(const std::filesystem::path& path) {
  Sealed sealed;
  ASSIGN_OR_RETURN(sealed.envelope, ReadFile(path));
  const auto opened = crypto::OpenEnvelope(sealed.envelope);
  v1::Submission submission;
  if (!opened.ok() || !submission.ParseFromString(opened->payload)) {
    return Refuse(absl::StatusCode::kDataLoss, "OUTBOX_DAMAGED",
                  absl::StrCat(path.string(), " does not hold a submission: move it away"));
  }
  sealed.payload = opened->payload;
  sealed.request_id = submission.request_id();
  return sealed;
}

}  // namespace

std::filesystem::path Outbox::PathOf(const Sealed& sealed) const {
  return directory_ / absl::StrCat(HexEncode(sealed.request_id), kExtension);
}

absl::Status Outbox::Store(const Sealed& sealed) const {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  return ReplaceFile(PathOf(sealed), sealed.envelope, true);
}

absl::Status Outbox::Remove(const Sealed& sealed) const {
  std::error_code error;
  std::filesystem::remove(PathOf(sealed), error);
  if (!error) return absl::OkStatus();
  return Refuse(absl::StatusCode::kUnavailable, "FILE_UNWRITABLE",
                absl::StrCat("cannot remove ", PathOf(sealed).string(), ": ", error.message()));
}

absl::StatusOr<std::vector<Sealed>> Outbox::List() const {
  std::vector<Sealed> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    if (entry.path().extension() != kExtension) continue;
    ASSIGN_OR_RETURN(Sealed sealed, ReadSealed(entry.path()));
    found.push_back(std::move(sealed));
  }
  return found;
}

}  // namespace fundledger::sdk
