// What trying out and sending an import share: its rows as actions, what became of them, how far it is.
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "clients/cli/context.h"
#include "clients/cli/import.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::cli {

struct ImportSummary {
  size_t total = 0;
  size_t recorded = 0;  // in a dry run: would be
  size_t already = 0;
  size_t refused = 0;
  size_t unchecked = 0;  // a dry run cannot know
  size_t batches = 0;    // requests of a dry run
  std::vector<RowError> errors;
  std::vector<size_t> behind;  // rows recorded though they stand behind one that stopped the import
  size_t unanswered = 0;       // rows that were sent and never answered
};

// How far it is: a bar on a terminal, a line now and then elsewhere. On standard error, so that it never
// mixes with what a program reads.
class Progress {
 public:
  Progress(size_t total, bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Show(size_t done);

 private:
  size_t total_;
  bool quiet_;
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

RowError ErrorOf(const ImportAction& action, const absl::Status& status);
// Errors that end an import whatever the options: those that are not about one row.
bool IsFatal(const absl::Status& status);

// Fills an action as it is to be signed. What a cell names is asked of the ledger.
absl::StatusOr<v1::Action> ResolveRow(const sdk::Client& client, const ImportAction& from,
                                      Resolver* resolver);
// The unsigned submission of one row, always with the same request id.
v1::Submission DraftRow(const sdk::Client& client, const ImportAction& from, const v1::Action& action);

// What rows would first make, and others of the same import may name.
class Made {
 public:
  // Adds what a row makes.
  void Add(const ImportAction& action);
  // Whether a row names any of it.
  bool NamedBy(const ImportAction& action) const;

 private:
  std::set<std::string> references_;
  std::set<std::string> indicators_;
};

// Submissions that go into one request to Check: they see each other, in order. Fits the server's default
// limits.
class Trial {
 public:
  // Whether one more of so many bytes has room.
  bool HasRoom(size_t bytes) const;
  void Add(const v1::Submission& draft);
  size_t size() const { return static_cast<size_t>(request_.submissions_size()); }
  // What would become of each.
  absl::StatusOr<v1::CheckResponse> Ask(sdk::Client* client) const;

 private:
  v1::CheckRequest request_;
  size_t bytes_ = 0;
};

}  // namespace fundledger::cli
