#include "ledger/engine/open.h"

#include "fundledger/storage/v1/entities.pb.h"
#include "ledger/audit/audit.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"
#include "ledger/engine/layout.h"
#include "ledger/engine/mirror_mark.h"
#include "ledger/engine/stored_log.h"
#include "ledger/engine/verify_store.h"
#include "ledger/log/record.h"

#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

// How far in the future a record that is taken over may be dated, microseconds.
constexpr int64_t kFutureMaxUs = 60'000'000;

using store::Table;

absl::Status Lost(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kDataLoss, reason, message);
}

absl::Status CheckSchema(const store::Snapshot& snapshot) {
  ASSIGN_OR_RETURN(const std::optional<std::string> value, snapshot.Get(Table::kMeta, kMetaKey));
  storage::v1::Meta meta;
  if (!value || !meta.ParseFromString(*value)) {
    return Lost("STORE_DAMAGED",
                "the store does not say of which schema it is: if its creation was interrupted, "
                "remove the directory and create the ledger anew");
  }
  if (meta.schema_version() == kSchemaVersion) return absl::OkStatus();
  return Refuse(absl::StatusCode::kFailedPrecondition, "SCHEMA_UNKNOWN",
                absl::StrCat("the store is of schema ", meta.schema_version(), ", this program reads ",
                             kSchemaVersion, ": run the program that fits"));
}

// The edge at the anchor's size, whose root is the anchor's.
absl::StatusOr<log::TreeEdge> LoadAnchored(const store::Snapshot& snapshot, const log::Checkpoint& anchored) {
  if (snapshot.head() < anchored.size) {
    return Lost(
        "STORE_BEHIND_ANCHOR",
        absl::StrCat("the store holds ", snapshot.head(), " records, the anchor was written for ",
                     anchored.size,
                     ": records that were acknowledged are gone. Restore the store from a backup or a mirror "
                     "that has them; do not remove the anchor"));
  }
  ASSIGN_OR_RETURN(log::TreeEdge edge, LoadEdge(snapshot, anchored.size));
  if (const Hash256 root = edge.Root(); root != anchored.root) {
    return Lost("STORE_CONTRADICTS_ANCHOR",
                absl::StrCat("over the first ", anchored.size, " records the store has the root ",
                             HexEncode(root.view()), ", the anchor has ", HexEncode(anchored.root.view()),
                             ": one of them was altered. Verify the ledger, and restore the one at fault"));
  }
  return edge;
}

// Where the log ends at the size of `edge`: its last record, which must be the last leaf.
absl::StatusOr<LogEnd> LoadEnd(const store::Snapshot& snapshot, const LedgerFacts& facts,
                               log::TreeEdge edge) {
  const uint64_t size = edge.size();
  ASSIGN_OR_RETURN(const std::string bytes, ReadRecord(snapshot, size - 1));
  ASSIGN_OR_RETURN(const log::Record record, log::DecodeRecord(bytes));
  LogEnd end;
  end.leaf = log::LeafHash(bytes);
  std::string leaves(edge.Partial(0));
  if (leaves.empty()) {
    ASSIGN_OR_RETURN(const auto tile, snapshot.Get(Table::kTiles, TileKey(0, size / log::kTileWidth - 1)));
    leaves = tile.value_or("");
  }
  if (record.header.sequence != size - 1 || !leaves.ends_with(end.leaf.view())) {
    return Lost("STORE_CONTRADICTS_ANCHOR",
                absl::StrCat("record ", size - 1,
                             " is not the leaf that the tree has at its place: verify the "
                             "ledger, and restore it from a backup or a mirror"));
  }
  if (facts.has_sm3_links) end.sm3 = crypto::Sm3(bytes);
  end.recorded_at_us = record.header.recorded_at_us;
  end.edge = std::move(edge);
  return end;
}

// What the store has beyond the anchor was committed and not acknowledged by anything outside the store. It
// is signed only after the whole ledger – every signature, every rule, every index – was found in order: an
// anchor that is behind is rare (a crash between two writes), and a forged tail must not get the log's
// signature.
absl::Status VerifyWhole(const store::Snapshot& snapshot, const LedgerFacts& facts, const std::string& anchor,
                         int64_t now_us) {
  VerifyOptions options;
  options.verifier_key = log::VerifierKey(facts.origin, facts.log_key);
  ASSIGN_OR_RETURN(const VerifyReport report,
                   VerifyStore({.snapshot = &snapshot, .anchor = anchor, .damage = ""}, options));
  if (!report.ok()) {
    const VerifyFinding& first = report.findings.front();
    return Lost(first.reason, absl::StrCat("the store has records beyond its anchor, and does not verify: ",
                                           first.message, "; verify the ledger, and restore it"));
  }
  ASSIGN_OR_RETURN(const std::string last, ReadRecord(snapshot, snapshot.head() - 1));
  const int64_t recorded_at_us = log::DecodeRecord(last)->header.recorded_at_us;
  if (recorded_at_us <= now_us + kFutureMaxUs) return absl::OkStatus();
  return Lost(
      "RECORD_IN_FUTURE",
      absl::StrCat("record ", snapshot.head() - 1, ", beyond the anchor, is dated ",
                   (recorded_at_us - now_us) / 1'000'000,
                   " s in the future: the clock is wrong, or the record was not made by this ledger"));
}

// Moves `end` over the records after the anchor, up to the store's head.
absl::Status TakeTail(const std::shared_ptr<const store::Snapshot>& snapshot, const LedgerFacts& facts,
                      const std::string& anchor, int64_t now_us, LogEnd* end) {
  const uint64_t head = snapshot->head();
  if (end->edge.size() == head) return absl::OkStatus();
  RETURN_IF_ERROR(VerifyWhole(*snapshot, facts, anchor, now_us));
  std::vector<log::Tile> full;  // the commit wrote them with the records
  while (end->edge.size() < head) {
    ASSIGN_OR_RETURN(const std::string bytes, ReadRecord(*snapshot, end->next_sequence()));
    ASSIGN_OR_RETURN(const log::Record record, log::DecodeRecord(bytes));
    end->Append(bytes, record.header.recorded_at_us, facts.has_sm3_links, &full);
  }
  return absl::OkStatus();
}

// Records that the head does not count were never committed by this program.
absl::Status CheckNothingBeyond(const store::Snapshot& snapshot) {
  bool found = false;
  RETURN_IF_ERROR(snapshot.Scan(Table::kRecords, SequenceKey(snapshot.head()), "",
                                [&found](std::string_view, std::string_view) {
                                  found = true;
                                  return false;
                                }));
  if (!found) return absl::OkStatus();
  return Lost("STORE_DAMAGED", absl::StrCat("the store says it holds ", snapshot.head(),
                                            " records and has one beyond: verify the ledger"));
}

absl::Status NotHeld(const v1::PublicKey& log_key) {
  return Refuse(absl::StatusCode::kFailedPrecondition, "LOG_KEY_MISMATCH",
                absl::StrCat("the keys given are not the ledger's, which is ", HexEncode(log_key.key()),
                             ": give the key of the genesis, or the one that replaced it last; if it is "
                             "lost, the standby key"));
}

absl::Status CheckNotEmpty(const store::Snapshot& snapshot) {
  if (snapshot.head() > 0) return absl::OkStatus();
  return Lost("STORE_BEHIND_ANCHOR",
              "the store is empty and the anchor is not: restore the store from a backup or "
              "a mirror; do not remove the anchor");
}

absl::StatusOr<log::Checkpoint> OpenAnchor(const store::Anchor& anchor, const audit::LogKeys& log_keys) {
  const auto anchored = log_keys.Open(anchor.content());
  if (anchored.ok() && anchored->size > 0) return anchored;
  return Lost("ANCHOR_UNVERIFIED",
              absl::StrCat("the anchor holds no checkpoint of this ledger (", anchored.status().message(),
                           "): it was altered, or is another ledger's; restore it"));
}

// The checkpoint of all records, as it was committed with them.
absl::StatusOr<std::string> ReadHeadNote(const store::Snapshot& snapshot) {
  ASSIGN_OR_RETURN(std::optional<std::string> note,
                   snapshot.Get(Table::kCheckpoints, SequenceKey(snapshot.head())));
  if (note.has_value()) return *std::move(note);
  return Lost("CHECKPOINT_MISSING", absl::StrCat("the checkpoint of the store's ", snapshot.head(),
                                                 " records is gone: make the mirror anew"));
}

}  // namespace

absl::StatusOr<OpenedLedger> OpenLedger(std::unique_ptr<store::Store> store,
                                        std::unique_ptr<store::Anchor> anchor, const LogSigners& signers,
                                        int64_t now_us) {
  OpenedLedger opened;
  const std::shared_ptr<const store::Snapshot> snapshot = store->GetSnapshot();
  RETURN_IF_ERROR(CheckNotEmpty(*snapshot));
  RETURN_IF_ERROR(CheckSchema(*snapshot));
  RETURN_IF_ERROR(CheckNoMirror(*snapshot));
  ASSIGN_OR_RETURN(const std::string genesis, ReadRecord(*snapshot, 0));
  ASSIGN_OR_RETURN(opened.facts, FactsOfRecord(genesis));
  ASSIGN_OR_RETURN(const audit::LogKeys log_keys, LoadLogKeys(*snapshot, genesis));
  opened.log_key = log_keys.current();
  const crypto::Signer* signer = signers.Find(opened.log_key);
  if (signer == nullptr && signers.Find(log_keys.standby()) == nullptr) return NotHeld(opened.log_key);
  ASSIGN_OR_RETURN(const log::Checkpoint anchored, OpenAnchor(*anchor, log_keys));
  ASSIGN_OR_RETURN(log::TreeEdge edge, LoadAnchored(*snapshot, anchored));
  ASSIGN_OR_RETURN(opened.end, LoadEnd(*snapshot, opened.facts, std::move(edge)));
  RETURN_IF_ERROR(TakeTail(snapshot, opened.facts, std::string(anchor->content()), now_us, &opened.end));
  RETURN_IF_ERROR(CheckNothingBeyond(*snapshot));

  std::string note(anchor->content());
  const log::Checkpoint checkpoint{opened.facts.origin, opened.end.edge.size(), opened.end.edge.Root()};
  if (checkpoint.size != anchored.size) {
    if (signer == nullptr) return NotHeld(opened.log_key);
    ASSIGN_OR_RETURN(note, signers.Sign(checkpoint, *signer));
  }
  ASSIGN_OR_RETURN(note, signers.Complete(note));
  if (note != anchor->content()) RETURN_IF_ERROR(anchor->Write(note));
  opened.view = std::make_shared<const View>(snapshot, opened.end.edge, checkpoint, note,
                                             std::make_shared<SheetContext>());
  opened.store = std::move(store);
  opened.anchor = std::move(anchor);
  return opened;
}

absl::StatusOr<OpenedMirror> OpenMirror(std::unique_ptr<store::Store> store,
                                        std::unique_ptr<store::Anchor> anchor) {
  const std::shared_ptr<const store::Snapshot> snapshot = store->GetSnapshot();
  RETURN_IF_ERROR(CheckNotEmpty(*snapshot));
  RETURN_IF_ERROR(CheckSchema(*snapshot));
  RETURN_IF_ERROR(CheckMirror(*snapshot));
  ASSIGN_OR_RETURN(const std::string genesis, ReadRecord(*snapshot, 0));
  ASSIGN_OR_RETURN(LedgerFacts facts, FactsOfRecord(genesis));
  ASSIGN_OR_RETURN(audit::LogKeys log_keys, LoadLogKeys(*snapshot, genesis));
  ASSIGN_OR_RETURN(const log::Checkpoint anchored, OpenAnchor(*anchor, log_keys));
  RETURN_IF_ERROR(LoadAnchored(*snapshot, anchored).status());
  ASSIGN_OR_RETURN(const std::string note, ReadHeadNote(*snapshot));
  ASSIGN_OR_RETURN(const log::Checkpoint checkpoint, log_keys.Open(note));
  ASSIGN_OR_RETURN(log::TreeEdge edge, LoadAnchored(*snapshot, checkpoint));
  OpenedMirror opened{{}, std::move(log_keys)};
  ASSIGN_OR_RETURN(opened.ledger.end, LoadEnd(*snapshot, facts, std::move(edge)));
  RETURN_IF_ERROR(CheckNothingBeyond(*snapshot));
  if (checkpoint.size != anchored.size) RETURN_IF_ERROR(anchor->Write(note));
  opened.ledger.view = std::make_shared<const View>(snapshot, opened.ledger.end.edge, checkpoint, note,
                                                    std::make_shared<SheetContext>());
  opened.ledger.log_key = opened.log_keys.current();
  opened.ledger.facts = std::move(facts);
  opened.ledger.store = std::move(store);
  opened.ledger.anchor = std::move(anchor);
  return opened;
}

}  // namespace fundledger::engine
