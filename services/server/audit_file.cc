#include "services/server/audit_file.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/base/clock.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include <nlohmann/json.hpp>

namespace fundledger::server {
namespace {

std::string Formatted(int64_t time_us, const AuditFile::Line& line) {
  nlohmann::ordered_json json;
  json["time"] = absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::FromUnixMicros(time_us), absl::UTCTimeZone());
  for (const auto& [name, value] : line) json[name] = value;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

// Whether there is a last line without its end: a disk was full, or a machine went out. Of what cannot be
// read, as a device, it is not known.
bool EndsInMidLine(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return false;
  struct stat status {};
  char last = '\n';
  if (::fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
    (void)!::pread(file, &last, 1, status.st_size - 1);
  }
  ::close(file);
  return last != '\n';
}

}  // namespace

class AuditFile::Lines {
 public:
  // Error as of AuditFile::Open.
  static absl::StatusOr<std::shared_ptr<Lines>> Open(const std::string& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0) return std::make_shared<Lines>(file, EndsInMidLine(path));
    return Refuse(absl::StatusCode::kUnavailable, "AUDIT_FILE_NOT_OPENED",
                  absl::StrCat(path, ": ", std::strerror(errno), "; check the path and who may write there"));
  }
  Lines(int file, bool is_cut) : file_(file), is_cut_(is_cut) {}
  ~Lines() { ::close(file_); }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  // `line` has its newline. False: not all of it was written. One write a line: lines of two processes on one
  // file do not mix.
  bool Write(const std::string& line) {
    const std::string bytes = is_cut_ ? "\n" + line : line;
    ssize_t written = -1;
    do {
      written = ::write(file_, bytes.data(), bytes.size());
    } while (written < 0 && errno == EINTR);
    if (written > 0) is_cut_ = bytes[static_cast<size_t>(written) - 1] != '\n';
    return written == static_cast<ssize_t>(bytes.size());
  }

 private:
  const int file_;
  bool is_cut_;  // the next line is not to be glued to half a one
};

absl::StatusOr<std::unique_ptr<AuditFile>> AuditFile::Open(std::string path, const AuditLimits& limits) {
  ASSIGN_OR_RETURN(std::shared_ptr<Lines> lines, Lines::Open(path));
  return std::unique_ptr<AuditFile>(new AuditFile(std::move(path), limits, std::move(lines)));
}

AuditFile::AuditFile(std::string path, const AuditLimits& limits, std::shared_ptr<Lines> lines)
    : path_(std::move(path)), limits_(limits), lines_(std::move(lines)), thread_([this] { Work(); }) {}

AuditFile::~AuditFile() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  work_.NotifyOne();
  thread_.join();
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
  ASSIGN_OR_RETURN(std::shared_ptr<Lines> fresh, Lines::Open(path_));
  MutexLock lock(&mutex_);
  lines_ = std::move(fresh);
  return absl::OkStatus();
}

uint64_t AuditFile::dropped() const {
  MutexLock lock(&mutex_);
  return dropped_;
}

void AuditFile::Work() {
  while (true) {
    std::pair<int64_t, Line> next;
    std::shared_ptr<Lines> lines;
    {
      MutexLock lock(&mutex_);
      while (waiting_.empty() && !stopping_) work_.Wait(&mutex_);
      if (waiting_.empty()) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
      lines = lines_;
    }
    if (lines->Write(Formatted(next.first, next.second))) continue;
    MutexLock lock(&mutex_);
    ++dropped_;
  }
}

}  // namespace fundledger::server
