#include "services/server/audit_file.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "ledger/base/clock.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include <nlohmann/json.hpp>

namespace fundledger::server {
namespace {

absl::StatusOr<int> OpenToAppend(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file >= 0) return file;
  return Refuse(absl::StatusCode::kUnavailable, "AUDIT_FILE_NOT_OPENED",
                absl::StrCat(path, ": ", std::strerror(errno), "; check the path and who may write there"));
}

std::string Formatted(int64_t time_us, const AuditFile::Line& line) {
  nlohmann::ordered_json json;
  json["time"] = absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::FromUnixMicros(time_us), absl::UTCTimeZone());
  for (const auto& [name, value] : line) json[name] = value;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

// One write a line: lines of two processes on one file do not mix.
bool WriteWhole(int file, const std::string& line) {
  ssize_t written = -1;
  do {
    written = ::write(file, line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  return written == static_cast<ssize_t>(line.size());
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditFile>> AuditFile::Open(std::string path, const AuditLimits& limits) {
  ASSIGN_OR_RETURN(const int file, OpenToAppend(path));
  return std::unique_ptr<AuditFile>(new AuditFile(std::move(path), limits, file));
}

AuditFile::AuditFile(std::string path, const AuditLimits& limits, int file)
    : path_(std::move(path)), limits_(limits), file_(file), thread_([this] { Work(); }) {}

AuditFile::~AuditFile() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  work_.NotifyOne();
  thread_.join();
  MutexLock lock(&mutex_);
  ::close(file_);
}

bool AuditFile::HasRoom(int64_t now_us) {
  const int64_t second = now_us / 1'000'000;
  if (second != second_) lines_in_second_ = 0;
  second_ = second;
  if (waiting_.size() >= limits_.waiting_max || lines_in_second_ >= limits_.lines_per_second) return false;
  ++lines_in_second_;
  return true;
}

void AuditFile::Append(Line line) {
  const int64_t now_us = SystemClockMicros();
  {
    MutexLock lock(&mutex_);
    if (!HasRoom(now_us)) {
      ++dropped_;
      return;
    }
    waiting_.emplace_back(now_us, std::move(line));
  }
  work_.NotifyOne();
}

absl::Status AuditFile::Reopen() {
  ASSIGN_OR_RETURN(const int fresh, OpenToAppend(path_));
  MutexLock lock(&mutex_);
  // The writer holds a copy of its own of what it writes to.
  ::close(file_);
  file_ = fresh;
  return absl::OkStatus();
}

uint64_t AuditFile::dropped() const {
  MutexLock lock(&mutex_);
  return dropped_;
}

void AuditFile::Work() {
  while (true) {
    std::pair<int64_t, Line> next;
    int file = -1;
    {
      MutexLock lock(&mutex_);
      while (waiting_.empty() && !stopping_) work_.Wait(&mutex_);
      if (waiting_.empty()) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
      file = ::fcntl(file_, F_DUPFD_CLOEXEC, 0);
    }
    const bool written = file >= 0 && WriteWhole(file, Formatted(next.first, next.second));
    if (file >= 0) ::close(file);
    if (written) continue;
    MutexLock lock(&mutex_);
    ++dropped_;
  }
}

}  // namespace fundledger::server
