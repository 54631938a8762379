// The benchmarks' side of a daemon: connections over mutual TLS, and receipts that are checked before they
// count.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <grpcpp/channel.h>

#include "fundledger/v1/resources.pb.h"
#include "ledger/log/note.h"
#include "tests/bench/county.h"
#include "tests/bench/desk.h"

#include "absl/status/statusor.h"

namespace fundledger::bench {

struct RemoteOptions {
  std::string server;  // HOST:PORT
  std::string ca;      // PEM file of the authority that signed the server's certificate
  // Directory with OFFICER.pem and OFFICER.key for each clerk of the county: what connections show.
  std::string certificates;
  // Connections, over which everything in flight is shared out.
  int connections = 8;
};

// Connections of their own: nothing is shared below gRPC's surface. Each is a clerk's, in turn: clerks may
// ask for everything, and what one officer sends a second is limited.
std::vector<std::shared_ptr<grpc::Channel>> Connect(const RemoteOptions& options, const County& county);

// What the SDK's CheckReceipt does with a fresh receipt: the header decodes, header ‖ envelope is a record,
// its leaf is in the tree at the header's sequence, of the size and root of a checkpoint that the log signed.
// The signature of one checkpoint is verified once, however many receipts of a group come under it. Any
// thread.
class ReceiptChecker {
 public:
  explicit ReceiptChecker(log::NoteVerifier log) : log_(std::move(log)) {}
  absl::Status Check(const v1::Receipt& receipt, const std::string& envelope);

 private:
  absl::StatusOr<log::Checkpoint> Open(const std::string& note);

  const log::NoteVerifier log_;
  std::mutex mutex_;
  std::vector<std::pair<std::string, log::Checkpoint>> believed_;  // the last few, in turn
  size_t next_ = 0;
};

// What the server says of itself now: the ledger's id, and its latest checkpoint, whose signature is
// verified.
absl::StatusOr<Standing> Greet(const std::shared_ptr<grpc::Channel>& channel, const log::NoteVerifier& log);

}  // namespace fundledger::bench
