#include "clients/sdk/outbox.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/dsse.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace fundledger::sdk {
namespace {

namespace fs = std::filesystem;

constexpr char kEnvelope[] = ".envelope";
constexpr char kUnsent[] = ".unsent";
constexpr char kRefused[] = ".refused";

fs::path RefusalPath(const fs::path& path) {
  fs::path refusal = path;
  return refusal.replace_extension(kRefused);
}

absl::Status Damaged(const fs::path& path, std::string_view why) {
  return Refuse(
      absl::StatusCode::kDataLoss, "OUTBOX_DAMAGED",
      absl::StrCat(path.string(), " ", ToAbsl(why), ": move it away, and find out what changed it"));
}

// Lines: reason, code, time, message; the message may have more lines.
std::string FormatRefusal(const Refusal& refusal) {
  return absl::StrCat(ReasonOf(refusal.status), "\n", static_cast<int>(refusal.status.code()), "\n",
                      refusal.refused_at_us, "\n", refusal.status.message(), "\n");
}

absl::StatusOr<Refusal> ReadRefusal(const fs::path& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  const std::vector<std::string> lines = absl::StrSplit(text, absl::MaxSplits('\n', 3));
  int code = 0;
  Refusal refusal;
  if (lines.size() != 4 || lines[0].empty() || !absl::SimpleAtoi(lines[1], &code) || code < 1 || code > 16 ||
      !absl::SimpleAtoi(lines[2], &refusal.refused_at_us)) {
    return Damaged(path, "does not say why something was refused");
  }
  const std::string_view message = lines[3];
  refusal.status = Refuse(static_cast<absl::StatusCode>(code), lines[0],
                          message.ends_with('\n') ? message.substr(0, message.size() - 1) : message);
  return refusal;
}

absl::StatusOr<Waiting> ReadWaiting(const fs::path& path) {
  Waiting waiting;
  waiting.path = path;
  ASSIGN_OR_RETURN(waiting.sealed.envelope, ReadFile(path));
  const auto opened = crypto::OpenEnvelope(waiting.sealed.envelope);
  if (!opened.ok() || !waiting.submission.ParseFromString(opened->payload)) {
    return Damaged(path, "does not hold a submission");
  }
  waiting.sealed.payload = opened->payload;
  waiting.sealed.request_id = waiting.submission.request_id();
  auto refusal = ReadRefusal(RefusalPath(path));
  if (refusal.ok()) {
    waiting.refusal = *std::move(refusal);
  } else if (!absl::IsNotFound(refusal.status())) {
    return refusal.status();
  }
  return waiting;
}

bool IsSubmission(const fs::path& path) {
  return path.extension() == kEnvelope || path.extension() == kUnsent;
}

absl::Status Rename(Waiting* waiting, const char* extension) {
  fs::path renamed = waiting->path;
  renamed.replace_extension(extension);
  RETURN_IF_ERROR(MoveFile(waiting->path, renamed));
  waiting->path = std::move(renamed);
  return absl::OkStatus();
}

// An outbox that cannot be looked into is never taken for an empty one: what waits in it goes first.
absl::StatusOr<std::vector<fs::path>> SubmissionsIn(const fs::path& directory) {
  std::vector<fs::path> found;
  std::error_code error;
  fs::directory_iterator entry(directory, error);
  if (error == std::errc::no_such_file_or_directory) return found;
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (IsSubmission(entry->path())) found.push_back(entry->path());
  }
  if (!error) return found;
  return Refuse(absl::StatusCode::kUnavailable, "FILE_UNREADABLE",
                absl::StrCat("cannot list ", directory.string(), ": ", error.message()));
}

// The place in the order; 0 for a name without one.
uint64_t NumberOf(const fs::path& path) {
  const std::vector<std::string> parts = absl::StrSplit(path.stem().string(), absl::MaxSplits('-', 1));
  uint64_t number = 0;
  return parts.size() == 2 && absl::SimpleAtoi(parts[0], &number) ? number : 0;
}

}  // namespace

absl::StatusOr<FileLock> Outbox::Lock(bool alone) const {
  RETURN_IF_ERROR(MakeDirectory(directory_));
  return FileLock::Take(directory_ / "lock", alone);
}

absl::StatusOr<Waiting> Outbox::Store(const Sealed& sealed, bool unsent) const {
  RETURN_IF_ERROR(MakeDirectory(directory_));
  // Two programs at once may take the same number: neither was first.
  uint64_t last = 0;
  ASSIGN_OR_RETURN(const std::vector<fs::path> there, SubmissionsIn(directory_));
  for (const fs::path& path : there) last = std::max(last, NumberOf(path));
  Waiting waiting;
  waiting.sealed = sealed;
  if (!waiting.submission.ParseFromString(sealed.payload)) return Damaged(directory_, "got no submission");
  waiting.path = directory_ / absl::StrFormat("%012u-%s%s", last + 1, HexEncode(sealed.request_id),
                                              unsent ? kUnsent : kEnvelope);
  RETURN_IF_ERROR(ReplaceFile(waiting.path, sealed.envelope, true));
  return waiting;
}

absl::Status Outbox::MarkSent(Waiting* waiting) const {
  return waiting->unsent() ? Rename(waiting, kEnvelope) : absl::OkStatus();
}

absl::Status Outbox::MarkUnsent(Waiting* waiting) const {
  return waiting->unsent() ? absl::OkStatus() : Rename(waiting, kUnsent);
}

absl::Status Outbox::MarkRefused(const Waiting& waiting, const Refusal& refusal) const {
  return ReplaceFile(RefusalPath(waiting.path), FormatRefusal(refusal), true);
}

absl::Status Outbox::Reopen(Waiting* waiting) const {
  if (!waiting->refusal.has_value()) return absl::OkStatus();
  const absl::Status removed = RemoveFile(RefusalPath(waiting->path), true);
  if (removed.ok()) {
    waiting->refusal.reset();
  } else {
    (void)MarkRefused(*waiting, *waiting->refusal);  // it may be gone, and not on disk
  }
  return removed;
}

absl::Status Outbox::Remove(const Waiting& waiting) const {
  return RemoveFile(waiting.path, false);
}

absl::Status Outbox::Discard(const Waiting& waiting, std::string_view reason, int64_t now_us) const {
  const fs::path aside = directory_ / "discarded";
  RETURN_IF_ERROR(MakeDirectory(aside));
  const fs::path stem = aside / waiting.path.stem();
  const std::string refusal = waiting.refusal.has_value() ? FormatRefusal(*waiting.refusal) : std::string();
  RETURN_IF_ERROR(ReplaceFiles(
      aside, {{stem.string() + kEnvelope, waiting.sealed.envelope},
              {stem.string() + ".txt", absl::StrCat(now_us, "\n", ToAbsl(reason), "\n", refusal)}}));
  RETURN_IF_ERROR(RemoveFile(waiting.path, true));
  return RemoveFile(RefusalPath(waiting.path), false);
}

absl::StatusOr<std::vector<Waiting>> Outbox::List() const {
  ASSIGN_OR_RETURN(std::vector<fs::path> paths, SubmissionsIn(directory_));
  std::sort(paths.begin(), paths.end(), [](const fs::path& a, const fs::path& b) {
    const uint64_t of_a = NumberOf(a);
    const uint64_t of_b = NumberOf(b);
    return of_a != of_b ? of_a < of_b : a < b;
  });
  std::vector<Waiting> found;
  for (const fs::path& path : paths) {
    auto waiting = ReadWaiting(path);
    // Another program may have sent and removed it meanwhile.
    if (absl::IsNotFound(waiting.status())) continue;
    if (!waiting.ok()) return waiting.status();
    found.push_back(*std::move(waiting));
  }
  return found;
}

}  // namespace fundledger::sdk
