#include "clients/cli/ask_witness.h"

#include <utility>
#include <vector>

#include <httplib.h>
#include <signal.h>
#include <time.h>

#include "ledger/base/bytes.h"
#include "ledger/base/socket_limit.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"
#include "ledger/log/note.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {
namespace {

constexpr int kTimeoutS = 10;  // to connect, and again for each read
constexpr size_t kNoteBytesMax = 128 << 10;

// OpenSSL writes in a way that ends a process by SIGPIPE where the other side is gone. Elsewhere the client
// is to end by it, as others do in front of `head`.
class SigpipeAside {
 public:
  SigpipeAside() {
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  ~SigpipeAside() {
    const timespec at_once{};
    while (sigtimedwait(&sigpipe_, nullptr, &at_once) == SIGPIPE) {
    }
    (void)pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeAside(const SigpipeAside&) = delete;
  SigpipeAside& operator=(const SigpipeAside&) = delete;

 private:
  sigset_t sigpipe_{};
  sigset_t before_{};
};

absl::Status NoAnswer(const log::PolicyWitness& witness, std::string_view why) {
  return Refuse(absl::StatusCode::kUnavailable, "WITNESS_UNREACHABLE",
                absl::StrCat("witness ", witness.name, " gives no checkpoint: ", ToAbsl(why)));
}

}  // namespace

absl::StatusOr<WitnessAnswer> AskWitness(const log::PolicyWitness& witness, std::string_view origin,
                                         const std::string& ca, std::chrono::milliseconds time_max) {
  const SigpipeAside aside;
  const size_t scheme = witness.url.find("://");
  if (scheme == std::string::npos) return NoAnswer(witness, "the policy has no URL for it");
  const size_t slash = witness.url.find('/', scheme + 3);
  std::string prefix = slash == std::string::npos ? "" : witness.url.substr(slash);
  while (prefix.ends_with('/')) prefix.pop_back();
  httplib::Client client(witness.url.substr(0, slash));
  if (!client.is_valid()) return NoAnswer(witness, absl::StrCat("not a URL: ", witness.url));
  if (!ca.empty()) client.set_ca_cert_path(ca);
  client.set_connection_timeout(kTimeoutS);
  client.set_read_timeout(kTimeoutS);
  SocketLimit limit(time_max, kNoteBytesMax + kHttpOverheadBytesMax);
  client.set_socket_options([&limit](int socket) { limit.Watch(socket); });
  WitnessAnswer found;
  const auto answer =
      client.Get(absl::StrCat(prefix, "/", HexEncode(crypto::Sha256({origin}).view()), "/checkpoint"),
                 [&found](const char* data, size_t size) {
                   found.note.append(data, size);
                   return found.note.size() <= kNoteBytesMax;
                 });
  // Also where httplib takes what came so far for a whole answer, as it does without a Content-Length.
  const SocketLimit::Exceeded exceeded = limit.exceeded();
  if (exceeded == SocketLimit::Exceeded::kTime)
    return NoAnswer(witness, absl::StrCat("its answer was not whole after ", time_max.count(), " ms"));
  if (exceeded == SocketLimit::Exceeded::kBytes || found.note.size() > kNoteBytesMax)
    return NoAnswer(witness, absl::StrCat("its answer is longer than ", kNoteBytesMax, " bytes"));
  if (!answer) return NoAnswer(witness, httplib::to_string(answer.error()));
  if (answer->status == 404) return WitnessAnswer();
  if (answer->status != 200) return NoAnswer(witness, absl::StrCat("HTTP status ", answer->status));
  const auto note = log::ParseNote(found.note);
  if (!note.ok()) return NoAnswer(witness, ToStd(note.status().message()));
  const auto cosigned = log::OpenCosignatures(*note, {witness.key});
  if (!cosigned.ok() || cosigned->empty()) {
    return NoAnswer(witness, "what it gave does not bear its cosignature");
  }
  found.cosignature = cosigned->front();
  return found;
}

}  // namespace fundledger::cli
