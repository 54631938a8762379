// Replay: records in; checked links, times, signatures, keys, books and tree out. Pure; one code for the
// engine, the mirror and offline verification, so that nobody checks less than the ledger itself does.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fundledger/v1/actions.pb.h"
#include "ledger/base/hash256.h"
#include "ledger/books/books.h"
#include "ledger/books/reader.h"
#include "ledger/crypto/signature.h"
#include "ledger/log/record.h"

#include "absl/status/statusor.h"
#include "google/protobuf/arena.h"

namespace fundledger::audit {

inline constexpr size_t kMaxActions = 1000;
// What is left of a record beside the longest header, the one with an SM3 link; the same for every ledger.
inline constexpr size_t kMaxEnvelopeBytes = log::kMaxRecordBytes - 96;

// A submission as admitted.
class Admitted {
 public:
  // Of what was moved away nothing is to be asked.
  const ::fundledger::v1::Submission& submission() const { return *submission_; }
  // While it is read in.
  ::fundledger::v1::Submission* mutable_submission() { return submission_; }

  std::string payload;  // the signed bytes
  // One, the officer's; in a genesis one for the log's key and one for each administrator; in a rotation of
  // the log's key those that fundledger.v1.RotateLogKey lists.
  std::vector<std::string> signatures;
  Hash256 actions_hash;  // over the length-prefixed bytes of each action, as they were sent
  books::Form form = books::Form::kUnknown;

 private:
  // A thousand actions are some ten thousand pieces of memory, were each made and destroyed by itself.
  std::unique_ptr<google::protobuf::Arena> arena_ = std::make_unique<google::protobuf::Arena>();
  ::fundledger::v1::Submission* submission_ =
      google::protobuf::Arena::CreateMessage<::fundledger::v1::Submission>(arena_.get());
};

// Whether it is a genesis: one action, of that kind.
bool IsGenesis(const ::fundledger::v1::Submission& submission);
// Whether it replaces the log's key: one action, of that kind.
bool IsLogKeyRotation(const ::fundledger::v1::Submission& submission);

// Everything about an envelope that depends on nothing else: size, envelope form, payload type, strict parse
// (no unknown field or enum value at any depth, no byte that the parse does not account for), 1…1000 actions
// each of a kind, officer id, 16-byte request id, 32-byte ledger and seen root. A genesis has none of ledger,
// seen and not_after, and its officer is its first administrator. INVALID_ARGUMENT, reasons
// ENVELOPE_MALFORMED, ENVELOPE_TOO_LARGE, PAYLOAD_TYPE_UNKNOWN, SUBMISSION_MALFORMED, UNKNOWN_FIELD,
// UNKNOWN_ENUM_VALUE, ACTION_MISSING, TOO_MANY_ACTIONS, REQUEST_ID_MALFORMED, LEDGER_MALFORMED.
absl::StatusOr<Admitted> Admit(std::string_view envelope);
// The same for a serialized Submission without an envelope, for trial runs; signatures stay empty, and seen
// may be unset.
absl::StatusOr<Admitted> AdmitPayload(std::string_view payload);

// Keys decoded once. Thread-safe.
class VerifierCache {
 public:
  VerifierCache();
  ~VerifierCache();
  absl::StatusOr<std::shared_ptr<const crypto::Verifier>> Find(const ::fundledger::v1::PublicKey& key);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The key as the log knows it. INVALID_ARGUMENT, reason KEY_MALFORMED, unless it can verify.
absl::StatusOr<crypto::PublicKey> ToPublicKey(const ::fundledger::v1::PublicKey& key);

// What was found of a submission's signatures ahead of its turn.
struct SignaturesAhead {
  // The key that the envelope was found to be signed by; null if none was.
  std::shared_ptr<const crypto::Verifier> signed_by;
  // Whether every key that the submission registers proved itself.
  bool proofs_hold = false;
};

// Verifies with `key`, which its officer has by what is known now; it may be another at the submission's
// turn, or null. Not for a genesis. Any thread.
SignaturesAhead VerifyAhead(const Admitted& admitted, const std::shared_ptr<const crypto::Verifier>& key,
                            VerifierCache* keys);

// Which of its officer's keys in `reader` the envelope is signed by, the one that counts now looked at first,
// and that every key it registers, the genesis's too, carries that key's proof. A key that counts no more is
// found as well, however old: CheckCounts says whether it does. This is for what is recorded; for what
// anybody may send there is FindSender, which takes less to find nothing. In a genesis, which takes the log's
// signature and each administrator's, the key is the first administrator's. What `ahead` holds already is not
// verified again; a signature by another key than the officer's counts for nothing.
// UNAUTHENTICATED, reasons OFFICER_UNKNOWN, SIGNATURE_INVALID, KEY_PROOF_INVALID.
absl::StatusOr<::fundledger::v1::PublicKey> FindSigner(const books::Reader& reader, const Admitted& admitted,
                                                       VerifierCache* keys,
                                                       const SignaturesAhead& ahead = {});
// The newest of an officer's keys that what is sent is tried against: the one that counts, and those whose
// owner may not have heard yet that they ended.
inline constexpr int kSenderKeysMax = 4;
// The record of the request that is sent; nothing if it is new.
using FindRecorded = std::function<absl::StatusOr<std::optional<Sequence>>()>;
// The same of a submission that is sent to be recorded, a signature that is nobody's costing no more
// verifications than kSenderKeysMax and one, however many keys the officer had: of the older keys only the
// one that the request's record is signed by is tried, so that a retry finds it. `find_recorded` is asked
// only where none of the newest signed. Errors as of FindSigner.
absl::StatusOr<::fundledger::v1::PublicKey> FindSender(const books::Reader& reader, const Admitted& admitted,
                                                       VerifierCache* keys,
                                                       const FindRecorded& find_recorded);
// That what its officer signs with `signer` counts now; a genesis always does. A rotation of the log's key
// needs the other signatures besides, by the keys of now. Reasons KEY_REPLACED, KEY_REVOKED,
// OFFICER_DISMISSED, SIGNATURE_INVALID, LOG_KEY_INVALID.
absl::Status CheckCounts(const books::Reader& reader, const Admitted& admitted,
                         const ::fundledger::v1::PublicKey& signer, VerifierCache* keys);
// Both: what a record must hold.
absl::Status CheckSignatures(const books::Reader& reader, const Admitted& admitted, VerifierCache* keys,
                             const SignaturesAhead& ahead = {});

// Signatures of the log's keys in a rotation of `in_force`, whose standby is `standby`: by the old key or,
// where that is lost, for the standby alone; by the new key and by the new standby. UNAUTHENTICATED, reason
// SIGNATURE_INVALID; INVALID_ARGUMENT, reason LOG_KEY_INVALID.
absl::Status CheckLogSignatures(const Admitted& admitted, const ::fundledger::v1::PublicKey& in_force,
                                const ::fundledger::v1::PublicKey& standby, VerifierCache* keys);

// How many keys prove themselves in it.
size_t CountKeyProofs(const ::fundledger::v1::Submission& submission);

// What binds a submission to this log and this moment. `root_at` gives the root of the tree of a size <= the
// number of records so far. INVALID_ARGUMENT / FAILED_PRECONDITION, reasons WRONG_LEDGER, NOT_AFTER_TOO_FAR,
// EXPIRED (recorded_at > not_after), SEEN_NOT_A_PREFIX, GENESIS_MISPLACED.
absl::Status CheckBinding(const Admitted& admitted, Sequence sequence, int64_t recorded_at_us,
                          const std::optional<Hash256>& ledger,
                          const std::function<absl::StatusOr<Hash256>(uint64_t size)>& root_at);

// What can be said of a record before those in front of it are through.
struct PreparedRecord {
  absl::Status form;  // whether it is a record; if not, nothing below is set
  log::RecordHeader header;
  Hash256 leaf;
  Hash256 sm3;  // in a record that has an SM3 link
  absl::StatusOr<Admitted> admitted = absl::UnknownError("not admitted");
  SignaturesAhead signatures;
};

// Prepares a record, by whoever knows officers' keys. `key_of` gives the key of an officer that counts by
// what is known now; null if there is none. Any thread.
PreparedRecord PrepareRecord(
    std::string_view record,
    const std::function<std::shared_ptr<const crypto::Verifier>(const std::string& officer)>& key_of,
    VerifierCache* keys);

// Recomputes a ledger from its records, in memory of the size of its entities and about 100 bytes a record.
// Used by one thread, but for Prepare.
class Replay : public books::Scanner {
 public:
  Replay();
  ~Replay() override;

  // The next record, in order. On error the replay stands where it was, and the message says what is wrong
  // with the record: link, time, form, signature, binding, a request id used twice, a rule. DATA_LOSS,
  // reasons RECORD_MALFORMED, LINK_BROKEN, SM3_LINK_BROKEN, TIME_WENT_BACK, SEQUENCE_WRONG,
  // SEMANTICS_UNKNOWN, REQUEST_ID_REPEATED; or that of the check that failed.
  absl::Status Next(std::string_view record);

  // Next in two steps: what needs no other record, signatures above all, and the rest. Prepare may run on any
  // thread beside everything else, for a record whose turn is yet to come (ReplayPipeline does). Whatever it
  // guessed – the officer's key – is compared at Take, and verified anew there if it was another.
  PreparedRecord Prepare(std::string_view record) const;
  absl::Status Take(PreparedRecord prepared);

  uint64_t size() const;
  Hash256 Root() const;
  // Leaf hash of the last record; the ledger's id after record 0.
  Hash256 last_leaf() const;
  Hash256 ledger() const;
  // What the last record changed.
  const books::Effects& last_effects() const;
  const Admitted& last_admitted() const;

  absl::StatusOr<books::EntityPtr> Get(const books::EntityKey& key) const override;
  // Looks at every entity, whatever the kind, to put those it visits in order.
  absl::Status Scan(
      books::EntityKind kind, std::string_view prefix, std::string_view from,
      const std::function<bool(std::string_view id, const books::EntityPtr&)>& visit) const override;
  // In no order.
  const books::EntityMap& entities() const;
  // They are gone from here then, and no further record is taken: without its genesis every rule refuses it.
  books::EntityMap TakeEntities();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fundledger::audit
