// One group of submissions on its way to one commit: each is judged on the books as those before it left
// them, and what is accepted gathers in one batch. A refused submission leaves no trace here. Used by one
// thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ledger/audit/audit.h"
#include "ledger/books/books.h"
#include "ledger/engine/facts.h"
#include "ledger/engine/log_signers.h"
#include "ledger/engine/view.h"
#include "ledger/store/store.h"

#include "absl/status/statusor.h"

namespace fundledger::engine {

// Roots of earlier sizes, which clients name as the last they saw. Bounded. One thread.
class RootCache {
 public:
  // OUT_OF_RANGE beyond the view: no client can have verified a checkpoint that was not published.
  absl::StatusOr<Hash256> Find(const View& view, uint64_t size);

 private:
  std::map<uint64_t, Hash256> roots_;
};

// What became of a submission.
struct Verdict {
  absl::Status status;            // not OK: refused
  bool repeated_request = false;  // the request id was recorded before, with the same actions
  Sequence sequence = 0;          // of its record, when OK
};

// A request id that was recorded, as stored or in this group.
struct RequestFound {
  Sequence sequence = 0;
  Hash256 actions_hash;
};
// Nothing if the view does not know it. DATA_LOSS, reason REQUEST_DAMAGED.
absl::StatusOr<std::optional<RequestFound>> FindRequest(const View& view, std::string_view request_key);
// Its record alone.
absl::StatusOr<std::optional<Sequence>> RecordOf(const absl::StatusOr<std::optional<RequestFound>>& found);
// ALREADY_EXISTS, reason REQUEST_ID_REUSED, unless `found` is a record of the same actions.
absl::Status CheckRepeated(const RequestFound& found, const audit::Admitted& admitted);

class Group {
 public:
  // `signer` is the log's key at `end`, null if it is lost; `signers` are those it may be replaced by.
  // `books` holds the entities at the end of the log that is durable. `below` is the one group that follows
  // it and is not durable yet; null if there is none. This group is judged on what both make, whose end is
  // `end`; should `below` fail, it is worth nothing. All references and pointers but `below` must outlive the
  // group.
  Group(const LedgerFacts& facts, const LogSigners& signers, const crypto::Signer* signer, LogEnd end,
        const books::Reader& books, std::shared_ptr<const Group> below, audit::VerifierCache* keys,
        RootCache* roots);

  // The latest view, which submissions may have seen; to be renewed before each is added that may have seen
  // more. Null before record 0, and once nothing more is added.
  void SetView(std::shared_ptr<const View> view) { view_ = std::move(view); }
  // `below` is durable and in `books`: it is needed no more.
  void ReleaseBelow() { below_.group = nullptr; }

  // Judges one submission at the time `now_us` or that of the last record, whichever is later. `signer` is
  // what audit::FindSender said of it on an earlier state, which holds for ever: nothing takes a key from its
  // officer. Nothing if it was not asked, or did not know the officer yet.
  Verdict Add(const audit::Admitted& admitted, std::string_view envelope,
              const std::optional<::fundledger::v1::PublicKey>& signer, int64_t now_us);

  // The next record of a log that another machine keeps, as `prepared` was found of its bytes: that it stands
  // in its place, that all that Add judges was judged rightly, and that its request is new. What it has seen
  // may be a size within this group. Errors as of audit::Replay::Next.
  absl::Status Follow(std::string_view record, const audit::PreparedRecord& prepared);

  // Records accepted so far, oldest first.
  const std::vector<std::string>& records() const { return records_; }
  const LogEnd& end() const { return end_; }
  // The log's key at that end; null if it is lost.
  const crypto::Signer* signer() const { return signer_; }
  const books::EntityMap& changes() const { return overlay_.changes(); }
  // How many its records make.
  size_t postings() const { return postings_; }

  // Adds what is written once a group: the trail of documents, the entities as they are now, and the
  // checkpoint, signed. Call once, at the end.
  absl::StatusOr<log::Checkpoint> Seal(std::string* signed_checkpoint);
  // The same of records that were followed, with the checkpoint of their own log, of exactly this end.
  void SealFollowed(std::string signed_checkpoint);
  const store::Batch& batch() const { return batch_; }
  store::Batch* mutable_batch() { return &batch_; }

 private:
  // What the group is judged on.
  struct Below final : books::Reader {
    Below(const books::Reader& below_books, std::shared_ptr<const Group> below_group)
        : books(below_books), group(std::move(below_group)) {}
    absl::StatusOr<books::EntityPtr> Get(const books::EntityKey& key) const override;

    const books::Reader& books;
    std::shared_ptr<const Group> group;
  };

  absl::StatusOr<const crypto::Signer*> SignerAfter(const books::Effects& effects) const;
  absl::StatusOr<std::optional<RequestFound>> FindRecorded(const std::string& request_key) const;
  absl::StatusOr<Sequence> Append(const audit::Admitted& admitted, std::string_view envelope,
                                  const std::string& request_key, int64_t now_us);
  absl::Status CheckPlace(const audit::PreparedRecord& prepared) const;
  absl::StatusOr<Hash256> RootAt(uint64_t size) const;
  // What was judged is in the group from here on; nothing can fail.
  void Accept(const std::string& record, int64_t recorded_at_us, const audit::Admitted& admitted,
              const std::string& request_key, books::Effects effects);
  void WriteSorted();
  void Write(const std::string& record, const audit::Admitted& admitted, const std::string& request_key,
             const books::Effects& effects);

  const LedgerFacts& facts_;
  const LogSigners& signers_;
  const crypto::Signer* signer_;
  LogEnd end_;
  Below below_;
  books::Overlay overlay_;
  std::shared_ptr<const View> view_;
  audit::VerifierCache* const keys_;
  RootCache* const roots_;
  std::unordered_map<std::string, RequestFound> requests_;
  std::vector<std::string> records_;
  // Of followed records: the root behind each.
  std::vector<Hash256> roots_behind_;
  size_t postings_ = 0;
  std::vector<std::string> document_keys_;
  store::Batch batch_;
};

}  // namespace fundledger::engine
