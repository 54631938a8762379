// client.toml: which server, which ledger, whose key.
//
//   server = "ledger.example.cn:7411"
//   ledger = "6a…"                     # hex, leaf hash of record 0: got by another way than from the server
//   verifier_key = "city.example+…+…"  # likewise
//   sm2_verifier_keys = ["…"]          # likewise, of a ledger of suite sm: one of them signs checkpoints too
//   keys = "keys"                      # directory of <officer>.key
//   officer = "clerk-1"                # whose, unless --as says otherwise
//   policy = "policy"                  # whose cosignatures are demanded (docs/witness.md); optional
//   require_witness = true             # refuse figures and receipts that these do not cover; optional
//   [tls]                              # needed unless the server is on this machine
//   ca = "ca.pem"                      # by whom the server's certificate is
//   certificates = "certificates"      # directory of <officer>.pem, and <officer>.key of the connection
//
// or, where there is one certificate for all, certificate = "clerk-1.pem" and key = "clerk-1-tls.key" instead
// of certificates.
//
// Paths are relative to the file's directory. What the client keeps lies beside it: receipts/, outbox/,
// evidence/, the last verified checkpoint in <name>.seen, and what it needs to sign without a connection in
// <name>.facts.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/hash256.h"
#include "ledger/log/note.h"
#include "ledger/log/policy.h"
#include "ledger/log/sm2_line.h"

#include "absl/status/statusor.h"

namespace fundledger::sdk {

struct TlsFiles {
  std::filesystem::path ca;
  std::filesystem::path certificate;  // empty: the officer's in `certificates`
  std::filesystem::path key;
  std::filesystem::path certificates;  // empty, and no certificate either: the client shows none

  bool shows_certificate() const { return !certificate.empty() || !certificates.empty(); }
  // The certificate that opens an officer's connection, and its key.
  std::filesystem::path certificate_of(std::string_view officer) const;
  std::filesystem::path key_of(std::string_view officer) const;
};

struct ClientConfig {
  std::filesystem::path path;
  std::string server;
  Hash256 ledger;
  std::string verifier_key;
  log::NoteVerifier log;
  // Of a ledger of suite sm: a checkpoint is believed only if one of these signed it too. Empty: not asked
  // for.
  std::vector<log::Sm2Verifier> sm2;
  std::filesystem::path keys;
  std::string officer;
  std::shared_ptr<const log::Policy> policy;  // null: no cosignatures are asked for
  std::string policy_text;                    // as the file has it; empty: there is none
  bool require_witness = false;
  std::optional<TlsFiles> tls;

  std::filesystem::path directory() const { return path.parent_path(); }
  std::filesystem::path seen_path() const;
  std::filesystem::path facts_path() const;
  std::filesystem::path receipts_path() const { return directory() / "receipts"; }
  std::filesystem::path outbox_path() const { return directory() / "outbox"; }
  std::filesystem::path evidence_path() const { return directory() / "evidence"; }
  // Key file of an officer.
  std::filesystem::path key_path(std::string_view officer_id) const;
};

// `given` if not empty, else $FUNDLEDGER_CONFIG, else ./client.toml. NOT_FOUND, reason CONFIG_MISSING.
absl::StatusOr<std::filesystem::path> FindConfig(std::string_view given);
// INVALID_ARGUMENT, reason CONFIG_INVALID: names the key and what to write.
absl::StatusOr<ClientConfig> LoadConfig(const std::filesystem::path& path);

}  // namespace fundledger::sdk
