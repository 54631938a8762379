// Submissions on their way, in the order in which they were signed: each is on disk before it is sent, and
// leaves when its receipt is kept or somebody dismissed it. What is left after a crash is sent again, byte
// for byte, and is never recorded twice.
//
// <directory>/<number>-<request id>.unsent     signed without a connection, never sent so far
//                                 .envelope   may have been sent
//                                 .refused    beside one of these: why the ledger refused it
// <directory>/discarded/                      what somebody took out, with the word they gave
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clients/sdk/files.h"
#include "clients/sdk/submission.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::sdk {

// What the ledger said.
struct Refusal {
  absl::Status status;
  int64_t refused_at_us = 0;
};

struct Waiting {
  Sealed sealed;
  v1::Submission submission;
  std::filesystem::path path;
  std::optional<Refusal> refusal;

  bool unsent() const { return path.extension() == ".unsent"; }
};

class Outbox {
 public:
  explicit Outbox(std::filesystem::path directory) : directory_(std::move(directory)) {}

  // Whoever sends holds it: shared for a submission that goes at once, alone for those that waited, so that
  // no two programs send the same, or one past another. UNAVAILABLE, reason FILE_UNWRITABLE.
  absl::StatusOr<FileLock> Lock(bool alone) const;

  // Behind all that is there. Durable on return. UNAVAILABLE, reasons FILE_UNREADABLE, FILE_UNWRITABLE.
  absl::StatusOr<Waiting> Store(const Sealed& sealed, bool unsent) const;
  // Before it is sent for the first time. Durable on return.
  absl::Status MarkSent(Waiting* waiting) const;
  // It was sent for the first time, and to no ledger. Durable on return.
  absl::Status MarkUnsent(Waiting* waiting) const;
  // It stays, with the ledger's answer, until it is dismissed. Durable on return.
  absl::Status MarkRefused(const Waiting& waiting, const Refusal& refusal) const;
  // A refused one waits again, to be sent once more. Durable on return; after an error it is refused still.
  absl::Status Reopen(Waiting* waiting) const;
  // It was recorded, or refused and somebody was told. After a power cut it may be there again: to be sent
  // once more, and answered the same.
  absl::Status Remove(const Waiting& waiting) const;
  // It is not to be sent: set aside with the reason given. Durable on return.
  absl::Status Discard(const Waiting& waiting, std::string_view reason, int64_t now_us) const;
  // Oldest first; none where there is no outbox. DATA_LOSS, reason OUTBOX_DAMAGED, names the file;
  // UNAVAILABLE, reason FILE_UNREADABLE.
  absl::StatusOr<std::vector<Waiting>> List() const;

 private:
  std::filesystem::path directory_;
};

}  // namespace fundledger::sdk
