// A ledger whose operator cannot be trusted: its directory, the log's key and the clock are in their hands;
// the officers' keys are not. Beside it, who checks: a client that remembers what it saw, and whoever
// verifies the directory with the log's verifier key.
//
//   Operator ledger;
//   ledger.Grow(10, Seeing::kEverything);
//   EXPECT_EQ(ledger.ClientSays(), "OK");
//   ledger.Rewrite(ledger.RowsWithout(4));
//   EXPECT_EQ(ledger.ClientSays(), "LOG_FORKED");
//   EXPECT_EQ(ledger.WitnessSays(), 422);
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "clients/sdk/client.h"
#include "clients/sdk/config.h"
#include "ledger/engine/engine.h"
#include "ledger/engine/verify.h"
#include "ledger/store/store.h"
#include "services/server/server.h"
#include "services/witness/witness.h"
#include "tests/support/world.h"

namespace fundledger::attack {

// What the submissions of officers say they saw before.
enum class Seeing {
  kEverything,  // the latest checkpoint, as clients do
  kNothing,     // record 0: a client that is new, or keeps no state
};

// A record as the operator may write it: with any time, after any other.
struct Row {
  std::string envelope;
  int64_t recorded_at_us = 0;
};

class Operator {
 public:
  // A ledger of one record.
  Operator();
  ~Operator();

  // Records organizations, a second apart, until there are so many records.
  void Grow(uint64_t size, Seeing seeing);

  // Starts the server on the directory, at the address it had before. False: the ledger refuses to open;
  // `refusal` is why.
  bool Serve();
  void StopServing() { server_.reset(); }
  const std::string& refusal() const { return refusal_; }
  const std::string& address() const { return address_; }

  // Reason of what a client says that comes back, on a ledger that is served; "OK" if it notices nothing.
  // What it saw is kept for the next time.
  std::string ClientSays();
  // HTTP status of what a witness answers to the latest checkpoint, on a ledger that is served, with whatever
  // proof the ledger has: 200, and it is cosigned; 409, not more than what was cosigned; 422, another
  // history.
  int WitnessSays();
  // What the evidence that the client kept so far shows, judged with the log's key alone: "two-roots",
  // "not-a-prefix", or the reason why it convicts nobody; each once, in order.
  std::vector<std::string> EvidenceSays() const;
  // The same of a receipt and of the record that the server shows in its place.
  std::string ReceiptSays(Sequence sequence);
  // Leaf hash of a record as the server shows it, proved under a checkpoint; or the reason why not. Asks as
  // somebody who never saw this ledger before: all there is to go by is a receipt.
  std::string LeafShown(Sequence sequence);
  // Reasons of all findings, each once, in order; "OK" if there are none.
  std::vector<std::string> DirectorySays() const;
  // Why the honest program would not take an old submission, on a ledger that is served: "OK" or a reason.
  std::string ResubmitSays(const std::string& envelope);

  // Receipts of all submissions so far, with their envelopes: what the submitters hold.
  struct Held {
    std::string envelope;
    v1::Receipt receipt;
    Sequence sequence = 0;
    Hash256 leaf;
  };
  const std::vector<Held>& held() const { return held_; }

  // All records, record 0 first, as rows.
  std::vector<Row> Rows() const;
  // Puts these records in place of all: numbered, linked, hashed into tiles, signed with the log's key, store
  // and anchor alike. What is computed from records (entities and so on) stays as it was.
  void Rewrite(const std::vector<Row>& rows);
  // Lets the program itself record these submissions in a new ledger of the same first record, in this order
  // and at these times, and puts that in place. The reason of the first that it refuses; "OK" if none.
  std::string Replay(const std::vector<Row>& rows);
  // Changes the store as `change` says of a batch.
  void Spoil(const std::function<void(const store::Snapshot& snapshot, store::Batch* batch)>& change);

  // The directory as it is now, kept under a name; and put back.
  void Copy(const std::string& name) const;
  void PutBack(const std::string& name);

  std::string path(const std::string& name) const { return directory_.Sub(name); }
  test_support::World& world() { return world_; }

 private:
  sdk::ClientConfig ConfigIn(const std::string& folder) const;
  // As somebody who never saw this ledger before.
  absl::StatusOr<sdk::VerifiedRecord> AskAsStranger(Sequence sequence);

  test_support::TemporaryDirectory directory_;
  test_support::World world_;
  const std::string ledger_ = directory_.Sub("ledger");
  std::unique_ptr<server::Server> server_;
  std::string address_ = "127.0.0.1:0";
  std::string refusal_;
  Hash256 id_;
  std::vector<Held> held_;
  std::unique_ptr<witness::Witness> witness_;
  int strangers_ = 0;
};

}  // namespace fundledger::attack
