// The engine: one sequencer that appends submissions to a store, and immutable views for everyone who reads.
//
//   auto engine = Engine::Open({.directory = dir, .log_key = key});
//   (*engine)->Submit(envelope, [](absl::StatusOr<v1::Receipt> receipt) { … });
//   std::shared_ptr<const View> view = (*engine)->view();
//
// Durability: when `done` is called – with a receipt or with a refusal – the state it was judged on is on
// disk, under a signed checkpoint in the anchor. Nothing is shown in a view that a crash could take back.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fundledger/v1/actions.pb.h"
#include "fundledger/v1/resources.pb.h"
#include "ledger/audit/audit.h"
#include "ledger/base/clock.h"
#include "ledger/crypto/signature.h"
#include "ledger/engine/view.h"

#include "absl/status/statusor.h"

namespace fundledger::engine {

// The machine's monotonic clock, in microseconds.
int64_t MonotonicClockMicros();

struct Options {
  // Directory of the ledger: db/ (the store) and anchor.
  std::string directory;
  // The log's key: that of the genesis, or the one that replaced it last.
  std::shared_ptr<const crypto::Signer> log_key;
  // The key that is to replace it; null if there is none. A record that replaces the log's key is refused
  // unless it names one of these two (LOG_KEY_NOT_HELD); from then on that one signs, after a restart as
  // well. Where neither is the log's key but one its standby, nothing is taken but the record that replaces
  // the lost key by it.
  std::shared_ptr<const crypto::Signer> next_log_key;
  // An SM2 key that signs every new checkpoint too, in a line of its own (log/sm2_line.h); null: none does.
  std::shared_ptr<const crypto::Signer> sm2_key;
  Clock clock = SystemClockMicros;
  // Microseconds from any start, never set back. When it and `clock` have moved more than 60 s apart since
  // the start, writing stops (CLOCK_JUMPED): times of records are for ever.
  Clock monotonic_clock = MonotonicClockMicros;
  // Submissions that may wait; one more is RESOURCE_EXHAUSTED, reason QUEUE_FULL.
  size_t queue_limit = 4096;
  // Submissions in one commit, at most.
  size_t group_limit = 512;
};

struct CreateOptions {
  std::string directory;
  std::shared_ptr<const crypto::Signer> log_key;
  std::shared_ptr<const crypto::Signer> sm2_key;
  Clock clock = SystemClockMicros;
  // The genesis envelope: a Submission with one Genesis action, signed by the log's key and then by each
  // first administrator in order (MakeGenesis).
  std::string genesis_envelope;
};

// The genesis envelope of a new ledger. `administrators` holds the keys of genesis.administrators, in order;
// their proofs are filled in. INVALID_ARGUMENT on a genesis that the rules refuse.
absl::StatusOr<std::string> MakeGenesis(::fundledger::v1::Genesis genesis, std::string_view request_id,
                                        const crypto::Signer& log_key,
                                        const std::vector<const crypto::Signer*>& administrators);

// What Check says of one submission.
struct CheckOutcome {
  absl::Status status;
  bool repeated_request = false;
};

// What others said of one checkpoint.
struct Attestation {
  uint64_t size = 0;
  std::vector<std::string> cosignatures;  // signature lines of the note, each with its newline
  std::vector<::fundledger::v1::TimeStamp> time_stamps;
};

// How far a mirror is.
struct MirrorState {
  enum class Phase { kFollowing, kDisconnected, kAlarmed };
  std::string origin_address;  // of the ledger that it follows
  uint64_t origin_size = 0;    // records of the last checkpoint seen there
  Phase phase = Phase::kDisconnected;
  std::string error;  // what is wrong; empty: nothing
};

// following, disconnected, alarmed.
std::string_view PhaseName(MirrorState::Phase phase);

// Called exactly once, with the receipt or with the reason why there is none; must not block.
using Done = std::function<void(absl::StatusOr<::fundledger::v1::Receipt>)>;
// Called exactly once; must not block.
using Kept = std::function<void(absl::Status)>;

// A submission that Prepare found in order.
struct Prepared {
  audit::Admitted admitted;
  std::string envelope;
  // The key that it was found to be signed by; nothing: it was not looked for.
  std::optional<::fundledger::v1::PublicKey> signer;
};

class Engine {
 public:
  // Makes a new ledger in an empty or missing directory; refuses one that holds anything. Does not open it.
  static absl::Status Create(const CreateOptions& options);
  // Opens a ledger: store and anchor are there and agree. A store behind its anchor, or with another root, is
  // refused (DATA_LOSS, reasons STORE_BEHIND_ANCHOR, STORE_CONTRADICTS_ANCHOR). Never makes one (NOT_FOUND).
  static absl::StatusOr<std::unique_ptr<Engine>> Open(Options options);
  virtual ~Engine() = default;

  // Prepare and Enqueue. `done` is called from another thread or from within (when refused at once).
  // Thread-safe. The receipt's meaning: fundledger.v1.Receipt. UNAVAILABLE, reasons OUTCOME_UNKNOWN and
  // STORE_UNREADABLE: it may be recorded; repeat with the same request id. UNAVAILABLE, reason
  // LEDGER_READ_ONLY: it has stopped writing (see `write_status`); restart it. UNAVAILABLE, reason
  // STORE_REFUSED: nothing was written; repeat it. ALREADY_EXISTS, reason REQUEST_ID_REUSED.
  // RESOURCE_EXHAUSTED, reason QUEUE_FULL. Otherwise errors of audit's Admit, CheckSignatures and
  // CheckBinding, RECORD_TOO_LARGE, and those of the rules.
  virtual void Submit(std::string envelope, Done done) = 0;
  // Everything about a DSSE envelope that does not depend on order; takes as long as verifying a signature.
  // Thread-safe: many may be prepared at the same time, and then queued in the order that is wanted.
  virtual absl::StatusOr<Prepared> Prepare(std::string envelope) const = 0;
  // Queues it behind those queued before. Thread-safe; does not block. `done` as for Submit.
  virtual void Enqueue(Prepared prepared, Done done) = 0;
  // Tries serialized Submissions in order, each on top of those before, against the latest view. Changes
  // nothing.
  virtual std::vector<CheckOutcome> Check(const std::vector<std::string>& submissions) const = 0;
  // Keeps what others said of a checkpoint, for ever, beside what is kept of it already: of two cosignatures
  // by one key, or stamps by one authority, the later stays. Verifies nothing. Thread-safe; does not block.
  // When `kept` hears OK it is on disk and in the latest view. UNAVAILABLE, reasons LEDGER_READ_ONLY,
  // STORE_REFUSED, STORE_UNREADABLE: it is not kept, or, where writing stopped on the way, may not be.
  virtual void Keep(Attestation attestation, Kept kept) = 0;
  // Signs a serialized v1::Answer as an answer and as nothing else, by the log's key for the size of `view`:
  // its DSSE envelope. Thread-safe. FAILED_PRECONDITION, reason ANSWER_NOT_SIGNED, where that key is not
  // held, as on a mirror.
  virtual absl::StatusOr<std::string> SignAnswer(const View& view, std::string_view answer) const;
  // The latest view. Thread-safe. Must not outlive the engine.
  virtual std::shared_ptr<const View> view() const = 0;
  // OK while it writes; otherwise why not.
  virtual absl::Status write_status() const = 0;
  // How far a mirror is; nothing of a primary.
  virtual std::optional<MirrorState> mirror_state() const { return std::nullopt; }
  // Finishes what is queued, then refuses more. Called by the destructor too.
  virtual void Stop() = 0;
};

}  // namespace fundledger::engine
