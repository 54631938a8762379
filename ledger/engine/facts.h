// What the genesis fixes for ever, and where a log ends: all that appending needs besides the books.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fundledger/v1/actions.pb.h"
#include "ledger/base/hash256.h"
#include "ledger/crypto/signature.h"
#include "ledger/log/note.h"
#include "ledger/log/tile.h"

#include "absl/status/statusor.h"

namespace fundledger::engine {

struct LedgerFacts {
  Hash256 ledger;  // leaf hash of record 0
  std::string origin;
  crypto::PublicKey log_key;  // of the genesis; it may have been replaced since (LogSigners)
  bool has_sm3_links = false;
};

// Of a genesis, whose record has the leaf hash `ledger`. INVALID_ARGUMENT on a key or an origin that cannot
// sign notes.
absl::StatusOr<LedgerFacts> FactsOfGenesis(const ::fundledger::v1::Genesis& genesis, const Hash256& ledger);
// Of record 0. Verifies no signature.
absl::StatusOr<LedgerFacts> FactsOfRecord(std::string_view record);

// FAILED_PRECONDITION, reason LOG_KEY_MISMATCH, unless `key` is the genesis' log key.
absl::Status CheckLogKey(const LedgerFacts& facts, const crypto::Signer* key);

// The end of a log: what the next record follows.
struct LogEnd {
  log::TreeEdge edge;
  Hash256 leaf;  // of the last record
  Hash256 sm3;   // of the last record, in ledgers that link by it
  int64_t recorded_at_us = 0;

  Sequence next_sequence() const { return edge.size(); }
  // Moves behind `record`; tiles that became full are added to `full`.
  void Append(std::string_view record, int64_t recorded_at, bool has_sm3_links, std::vector<log::Tile>* full);
};

}  // namespace fundledger::engine
