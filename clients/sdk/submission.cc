#include "clients/sdk/submission.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"
#include "ledger/crypto/dsse.h"

namespace fundledger::sdk {
namespace {

constexpr int64_t kMicrosPerDay = int64_t{86'400} * 1'000'000;
constexpr int64_t kValidDays = 30;

// RFC 4122: the version in the high half of byte 6, the variant in the high bits of byte 8.
std::string AsUuid(std::string bytes, uint8_t version) {
  bytes[6] = static_cast<char>((static_cast<uint8_t>(bytes[6]) & 0x0f) | version << 4);
  bytes[8] = static_cast<char>((static_cast<uint8_t>(bytes[8]) & 0x3f) | 0x80);
  return bytes;
}

}  // namespace

std::string NewRequestId() {
  return AsUuid(crypto::RandomBytes(16), 4);
}

std::string ImportRequestId(const Hash256& ledger, std::string_view officer, std::string_view kind,
                            std::string_view reference) {
  using std::string_view_literals::operator""sv;
  const Hash256 hash =
      crypto::Sha256({"fundledger import\0"sv, ledger.view(), officer, "\0"sv, kind, "\0"sv, reference});
  return AsUuid(std::string(hash.view().substr(0, 16)), 5);
}

v1::Submission DraftSubmission(const Hash256& ledger, const log::Checkpoint& seen, int64_t now_us,
                               std::string_view officer, const std::string& request_id,
                               const std::vector<v1::Action>& actions) {
  v1::Submission submission;
  submission.set_ledger(ledger.str());
  submission.set_officer(std::string(officer));
  submission.set_request_id(request_id);
  submission.set_not_after_us(now_us + kValidDays * kMicrosPerDay);
  submission.mutable_seen()->set_size(seen.size);
  submission.mutable_seen()->set_root(seen.root.str());
  submission.set_signed_at_us(now_us);
  for (const v1::Action& action : actions) *submission.add_actions() = action;
  return submission;
}

absl::StatusOr<Sealed> Seal(const v1::Submission& submission, const crypto::Signer& signer) {
  Sealed sealed;
  sealed.request_id = submission.request_id();
  sealed.payload = submission.SerializeAsString();
  ASSIGN_OR_RETURN(sealed.envelope, crypto::SealEnvelope(crypto::kSubmissionType, sealed.payload, {&signer}));
  return sealed;
}

absl::StatusOr<std::vector<Sealed>> SealAll(absl::Span<const Unsealed> unsealed, size_t threads) {
  // A signature takes some tens of microseconds: so many at least are worth a thread.
  constexpr size_t kPerThread = 8;
  if (threads == 0) threads = std::max<size_t>(1, std::thread::hardware_concurrency());
  threads = std::min(threads, (unsealed.size() + kPerThread - 1) / kPerThread);
  std::vector<absl::StatusOr<Sealed>> results(unsealed.size());
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < unsealed.size(); i = next++) {
      results[i] = Seal(unsealed[i].submission, *unsealed[i].signer);
    }
  };
  std::vector<std::thread> others;
  for (size_t i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  std::vector<Sealed> sealed;
  sealed.reserve(results.size());
  for (auto& result : results) {
    if (!result.ok()) return result.status();
    sealed.push_back(*std::move(result));
  }
  return sealed;
}

std::string KeyProofMessage(std::string_view ledger, std::string_view officer) {
  return crypto::PreAuthEncoding(crypto::kKeyProofType, std::string(ledger).append(officer));
}

absl::StatusOr<std::string> ProveKey(std::string_view ledger, std::string_view officer,
                                     const crypto::Signer& signer) {
  return signer.Sign(KeyProofMessage(ledger, officer));
}

}  // namespace fundledger::sdk
