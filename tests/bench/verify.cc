#include "ledger/engine/verify.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/crypto/signature.h"
#include "tests/bench/local.h"
#include "tests/bench/made.h"
#include "tests/bench/percentiles.h"

#include "absl/strings/str_cat.h"

namespace fundledger::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kBoundSeconds = 2;

// Ed25519 signatures of a message as long as a submission that all cores together verify in a second.
absl::StatusOr<double> SignatureBound(const crypto::Signer& signer) {
  const std::string message(450, 'm');
  ASSIGN_OR_RETURN(const std::string signature, signer.Sign(message));
  ASSIGN_OR_RETURN(const auto verifier, crypto::Verifier::Make(signer.public_key()));
  std::atomic<uint64_t> verified = 0;
  std::atomic<bool> failed = false;
  const int64_t begun_ns = NowNs();
  const int64_t end_ns = begun_ns + static_cast<int64_t>(kBoundSeconds * 1e9);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) {
    threads.emplace_back([&] {
      uint64_t done = 0;
      for (; NowNs() < end_ns; ++done) {
        if (!verifier->Verify(message, signature).ok()) failed = true;
      }
      verified += done;
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (failed) return absl::InternalError("a good signature did not verify");
  return static_cast<double>(verified) / (static_cast<double>(NowNs() - begun_ns) / 1e9);
}

absl::StatusOr<Json> Verify(const engine::VerifyOptions& options) {
  const int64_t begun_ns = NowNs();
  ASSIGN_OR_RETURN(const engine::VerifyReport report, engine::VerifyDirectory(options));
  const double seconds = static_cast<double>(NowNs() - begun_ns) / 1e9;
  if (!report.ok()) return absl::DataLossError(report.findings.front().message);
  return Json{{"records", report.records},
              {"signatures", report.signatures},
              {"seconds", seconds},
              {"records_per_s", static_cast<double>(report.records) / seconds},
              {"signatures_per_s", static_cast<double>(report.signatures) / seconds}};
}

}  // namespace

absl::StatusOr<Json> RunVerify(const std::string& directory, bool chain_only) {
  ASSIGN_OR_RETURN(const CountyOptions county_options, ReadOptions(directory));
  const County county(county_options);
  engine::VerifyOptions options;
  options.directory = LedgerDirectory(directory);
  options.verifier_key = county.verifier_key();
  if (chain_only) {
    options.depth = engine::VerifyDepth::kChain;
    return Verify(options);
  }
  ASSIGN_OR_RETURN(const double before, SignatureBound(*county.log_key()));
  ASSIGN_OR_RETURN(Json json, Verify(options));
  ASSIGN_OR_RETURN(const double after, SignatureBound(*county.log_key()));
  json["bound_before_signatures_per_s"] = before;
  json["bound_after_signatures_per_s"] = after;
  return json;
}

}  // namespace fundledger::bench
