#include "services/api/page.h"

#include <optional>

#include "ledger/base/bytes.h"
#include "ledger/base/hash256.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"

#include "absl/strings/str_cat.h"

namespace fundledger::api {
namespace {

// Token: fingerprint, size, position. Layout may change between releases: clients begin their list anew.
constexpr size_t kFingerprintBytes = 8;
constexpr size_t kHeaderBytes = kFingerprintBytes + 8;

std::string Fingerprint(std::string_view question) {
  return std::string(crypto::Sha256({"page 1\n", question}).view().substr(0, kFingerprintBytes));
}

}  // namespace

absl::StatusOr<size_t> PageSize(int32_t asked, int32_t fallback, int32_t maximum) {
  if (asked < 0 || asked > maximum) {
    return Refuse(absl::StatusCode::kInvalidArgument, "PAGE_SIZE_INVALID",
                  absl::StrCat("page_size is ", asked, "; ask for 1 to ", maximum, ", or 0 for ", fallback));
  }
  return static_cast<size_t>(asked == 0 ? fallback : asked);
}

std::string EncodePageToken(const PageToken& token, std::string_view question) {
  std::string bytes = Fingerprint(question);
  AppendBigEndian64(token.size, &bytes);
  bytes.append(token.position);
  return Base64Encode(bytes);
}

absl::StatusOr<PageToken> DecodePageToken(std::string_view text, std::string_view question,
                                          uint64_t view_size) {
  const std::optional<std::string> bytes = Base64Decode(text);
  if (!bytes.has_value() || bytes->size() <= kHeaderBytes || !bytes->starts_with(Fingerprint(question))) {
    return Refuse(
        absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID",
        "page_token is not from a page of this list; repeat the request it came with, changing nothing "
        "else, or begin without one");
  }
  PageToken token;
  token.size = ReadBigEndian64(std::string_view(*bytes).substr(kFingerprintBytes));
  token.position = bytes->substr(kHeaderBytes);
  if (token.size == 0 || token.size > view_size) {
    return Refuse(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID",
                  absl::StrCat("page_token is for a ledger of ", token.size, " records and this one has ",
                               view_size, "; begin without one"));
  }
  return token;
}

}  // namespace fundledger::api
