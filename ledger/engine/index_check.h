// Compares what the store holds beside the records with what the records give, entry by entry, to say what is
// wrong and where. Slow, and 16 bytes of memory an entry: for ledgers that IndexSums found something in. Used
// by one thread.
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/audit/audit.h"
#include "ledger/engine/verify.h"
#include "ledger/store/store.h"

namespace fundledger::engine {

// Findings, up to a number that a person reads.
class Findings {
 public:
  static constexpr size_t kMax = 20;
  explicit Findings(std::vector<VerifyFinding>* findings) : findings_(findings) {}
  void Add(std::optional<Sequence> record, std::string_view reason, std::string message);
  bool is_full() const { return findings_->size() >= kMax; }

 private:
  std::vector<VerifyFinding>* const findings_;
};

// Reasons: INDEX_MISSING, INDEX_ALTERED, INDEX_EXTRA, INDEX_UNREADABLE, META_WRONG.
class IndexCheck {
 public:
  IndexCheck(const store::Snapshot& snapshot, Findings* findings);

  // What `replay`'s last record wrote under keys of its own: postings, trail, request id.
  void CheckRecord(const audit::Replay& replay);
  // What remains of those tables, and the entities, once the records are through. `complete`: the replay got
  // to the end, at `total` records.
  void CheckRest(const audit::Replay& replay, uint64_t total, bool complete);
  // That `tile` is stored as `hashes`.
  void CheckTile(int level, uint64_t index, std::string_view hashes);
  // That no tile is kept but the full ones of `total` records.
  void FindExtraTiles(uint64_t total);
  void CheckMeta(std::string_view origin);

 private:
  using Fingerprint = std::array<uint8_t, 16>;

  Fingerprint FingerprintOf(store::Table table, std::string_view key) const;
  void Expect(Sequence record, store::Table table, const std::string& key, std::string_view value);
  bool IsExpected(store::Table table, std::string_view key) const;
  void CheckPostings(Sequence record, const books::Effects& effects);
  void CheckEntities(const audit::Replay& replay);
  void FindExtraTrail(store::Table table, uint64_t replayed, uint64_t total);
  void FindExtraRequests(uint64_t replayed, bool complete);
  void FindExtraPostings(uint64_t total);
  void Scan(store::Table table, std::string_view begin, std::string_view end,
            const std::function<bool(std::string_view key, std::string_view value)>& visit);

  const store::Snapshot& snapshot_;
  Findings* const findings_;
  // Salted fingerprints of the keys that records wrote, 16 bytes each, so that a log of millions fits in
  // memory and nobody can make an extra key that looks expected.
  const std::string salt_;
  std::vector<Fingerprint> expected_;
  std::map<books::EntityKey, Sequence> changed_by_;  // the last record that changed an entity
};

}  // namespace fundledger::engine
