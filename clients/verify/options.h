// What is verified, and by what the inspector knows of it from elsewhere.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fundledger/v1/report_service.pb.h"
#include "ledger/base/hash256.h"

#include <nlohmann/json.hpp>

namespace fundledger::verify {

// A file that was read, and what it is called in messages.
struct NamedText {
  std::string name;
  std::string text;
};

struct Options {
  std::filesystem::path bundle;
  // The log's genesis key, got by another way. Empty: the bundle's word is taken, and the report says so.
  std::string verifier_key;
  std::optional<Hash256> ledger;
  // A C2SP tlog-policy, got by another way. Nothing: the bundle's.
  std::optional<std::string> policy;
  // PEM certificates of time stamping authorities. Empty: time stamps are not verified.
  std::string authorities_pem;
  // What the inspector holds: receipts (as tlog-proof files, or as the client keeps them) and checkpoints.
  std::vector<NamedText> receipts;
  std::vector<NamedText> checkpoints;
  // Evidence files, to be judged with the bundle's records beside them.
  std::vector<NamedText> evidence;
  // Chain, tree, checkpoints and proofs only: no officer's signature, no rule, no figure.
  bool chain_only = false;
  // A briefing as JSON, to be compared with what the records give.
  std::optional<nlohmann::json> figures;
  // A briefing to be computed from the records.
  std::optional<::fundledger::v1::GetBriefingRequest> briefing;
  // How many threads work, the caller's included; 0: as many as the machine has cores.
  size_t threads = 0;
  // Called now and then with records done and in all.
  std::function<void(uint64_t done, uint64_t total)> progress;
};

}  // namespace fundledger::verify
