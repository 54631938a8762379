// The operator's audit file: a line of JSON for each refused attempt and for each trail that was read by
// somebody who sees everything. It is not part of the ledger: what was refused changed nothing, and nothing
// proves these lines.
//
//   {"time":"2026-01-05T08:30:00.123456Z","event":"refused","method":"FundService.ListFunds",
//    "peer":"ipv4:192.0.2.7:41234","officer":"t-xiulin-1","reason":"QUERY_NOT_ALLOWED"}
//
// Never a text that somebody typed, but ids: no personal data.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ledger/base/mutex.h"

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::server {

struct AuditLimits {
  size_t waiting_max = 4096;       // lines that wait for the disk
  int64_t lines_per_second = 500;  // so that nobody who is refused fills the disk
};

// Thread-safe. Lines are written by a thread of its own: whoever appends neither waits nor fails. What does
// not fit, comes too fast or cannot be written is dropped and counted.
class AuditFile {
 public:
  // Names and values, in order.
  using Line = std::vector<std::pair<std::string, std::string>>;

  // Appends to `path`, which is made, readable by its owner only, if it is not there. UNAVAILABLE, reason
  // AUDIT_FILE_NOT_OPENED.
  static absl::StatusOr<std::unique_ptr<AuditFile>> Open(std::string path, const AuditLimits& limits = {});
  // Writes what waits.
  ~AuditFile();
  AuditFile(const AuditFile&) = delete;
  AuditFile& operator=(const AuditFile&) = delete;

  // The time is added.
  void Append(Line line);
  // Opens the path anew before the next line: for whoever moved the file away. Error as of Open, and the old
  // file stays.
  absl::Status Reopen();
  uint64_t dropped() const;

 private:
  // One that is open, and whether its last line is whole.
  class Lines;

  AuditFile(std::string path, const AuditLimits& limits, std::shared_ptr<Lines> lines);
  void Work();
  // Whether this second has room for one more.
  bool HasRoom(int64_t now_us) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  const AuditLimits limits_;
  mutable Mutex mutex_;
  CondVar work_;
  std::shared_ptr<Lines> lines_ ABSL_GUARDED_BY(mutex_);  // written to by the thread alone
  // (time of the event, line)
  std::deque<std::pair<int64_t, Line>> waiting_ ABSL_GUARDED_BY(mutex_);
  int64_t second_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t lines_in_second_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t dropped_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace fundledger::server
