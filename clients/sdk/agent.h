// An agent: a process of the same user that holds opened keys in memory, so that a passphrase or PIN is given
// once a day and not once a command. It signs, and never gives a signing key out; the key of a connection it
// gives to the user's own programs, since TLS needs it there.
//
// It listens on a Unix socket of the user's own and answers nobody else (SO_PEERCRED, both ways). A key is
// named by the SHA-256 of its file's bytes: whoever asks can read the file, and gets no other key by mistake.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "ledger/base/hash256.h"
#include "ledger/crypto/secret.h"
#include "ledger/crypto/signature.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::sdk {

// $FUNDLEDGER_AGENT, else fundledger-agent.sock in $XDG_RUNTIME_DIR; empty if neither is set.
std::filesystem::path AgentSocket();

// A key an agent holds: one that signs, or the plain PEM of a connection's.
struct HeldKey {
  Hash256 file;
  std::unique_ptr<crypto::Signer> signer;  // null: a connection's
  crypto::Secret pem;
};

class AgentServer {
 public:
  // Listens on `socket`, whose directory is the user's own and nobody else's to write. ALREADY_EXISTS, reason
  // AGENT_RUNNING; UNAVAILABLE, reason AGENT_FAILED; PERMISSION_DENIED, reason KEY_FILE_EXPOSED.
  static absl::StatusOr<std::unique_ptr<AgentServer>> Listen(const std::filesystem::path& socket,
                                                             std::vector<HeldKey> keys);
  ~AgentServer();
  AgentServer(const AgentServer&) = delete;
  AgentServer& operator=(const AgentServer&) = delete;

  // Answers until somebody says stop, or so many seconds are over, those the machine sleeps among them. One
  // request at a time.
  void Serve(int64_t seconds);

 private:
  AgentServer(int fd, std::filesystem::path socket, std::vector<HeldKey> keys);
  // False when told to stop.
  bool Answer(int connection);

  const int fd_;
  const std::filesystem::path socket_;
  const std::vector<HeldKey> keys_;
};

// What the agent at the user's socket holds for a key file of these bytes: a signer that asks it for every
// signature; nothing if no agent runs or it has no such key.
std::unique_ptr<crypto::Signer> SignerOfAgent(std::string_view key_file);
// The plain PEM of a connection's key, likewise.
std::optional<crypto::Secret> PemOfAgent(std::string_view key_file);
// Ends the agent. NOT_FOUND, reason AGENT_MISSING.
absl::Status StopAgent();

}  // namespace fundledger::sdk
