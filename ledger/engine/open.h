// Opening a ledger: store and anchor are compared before anything is believed.
#pragma once

#include <memory>

#include "ledger/audit/log_keys.h"
#include "ledger/engine/engine.h"
#include "ledger/engine/facts.h"
#include "ledger/engine/log_signers.h"
#include "ledger/engine/view.h"
#include "ledger/store/anchor.h"
#include "ledger/store/store.h"

#include "absl/status/statusor.h"

namespace fundledger::engine {

// A ledger whose store and anchor agree.
struct OpenedLedger {
  std::unique_ptr<store::Store> store;
  std::unique_ptr<store::Anchor> anchor;
  LedgerFacts facts;
  ::fundledger::v1::PublicKey log_key;  // that signs now
  LogEnd end;
  std::shared_ptr<const View> view;
};

// Where `signers` hold no key of the log but its standby, the ledger takes nothing but the record that puts
// the standby in its place. Compares the two, keeps what the store has beyond the anchor once the whole
// ledger is verified, signs it and writes the anchor. `now_us` is the time, microseconds since 1970 UTC.
// Errors as of Engine::Open.
absl::StatusOr<OpenedLedger> OpenLedger(std::unique_ptr<store::Store> store,
                                        std::unique_ptr<store::Anchor> anchor, const LogSigners& signers,
                                        int64_t now_us);

struct OpenedMirror {
  OpenedLedger ledger;
  audit::LogKeys log_keys;
};
// The store and anchor of a mirror. Where a crash came between the two, the store is one batch ahead and its
// last checkpoint, which the log signed, goes into the anchor. FAILED_PRECONDITION, reason NOT_A_MIRROR;
// otherwise as Engine::Open.
absl::StatusOr<OpenedMirror> OpenMirror(std::unique_ptr<store::Store> store,
                                        std::unique_ptr<store::Anchor> anchor);

// Engine::Open on a store and an anchor of the caller's; options.directory is not used.
absl::StatusOr<std::unique_ptr<Engine>> OpenOn(std::unique_ptr<store::Store> store,
                                               std::unique_ptr<store::Anchor> anchor, Options options);

}  // namespace fundledger::engine
