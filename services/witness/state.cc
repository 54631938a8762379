#include "services/witness/state.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"
#include "services/process/files.h"

#include "absl/strings/str_cat.h"

namespace fundledger::witness {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKeyFile = "verifier-key";  // the verifier key whose state this is
constexpr std::string_view kExtension = ".checkpoint";
constexpr size_t kHashCharacters = 64;

std::string_view ExtensionOf(FileKind kind) {
  return kind == FileKind::kEvidence ? ".evidence" : ".unreconciled";
}

absl::Status Damaged(std::string_view path, std::string_view why) {
  return Refuse(absl::StatusCode::kDataLoss, "WITNESS_STATE_DAMAGED",
                absl::StrCat(ToAbsl(path), " ", ToAbsl(why),
                             "; without what it knew the witness could cosign two histories: make a new "
                             "witness with a new key, or restore this file if it is known to be the latest"));
}

absl::Status CheckKey(const std::string& directory, std::string_view verifier_key) {
  const absl::StatusOr<std::string> key = process::ReadFile((fs::path(directory) / kKeyFile).string());
  if (!key.ok()) {
    return Refuse(absl::StatusCode::kNotFound, "WITNESS_STATE_MISSING",
                  absl::StrCat(directory,
                               " holds no witness's state; `fundledger-witness init` makes one, "
                               "for a new key only: a key whose state is lost must not sign again"));
  }
  if (*key == absl::StrCat(ToAbsl(verifier_key), "\n")) return absl::OkStatus();
  return Refuse(absl::StatusCode::kFailedPrecondition, "WITNESS_STATE_OF_ANOTHER",
                absl::StrCat(directory, " is the state of another witness, ", key->substr(0, key->find('\n')),
                             ", not of ", ToAbsl(verifier_key)));
}

}  // namespace

std::string OriginHash(std::string_view origin) {
  return HexEncode(crypto::Sha256(origin).view());
}

absl::Status State::Create(const std::string& directory, std::string_view verifier_key) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (!error && !fs::is_empty(directory, error) && !error) {
    return Refuse(absl::StatusCode::kAlreadyExists, "WITNESS_STATE_EXISTS",
                  absl::StrCat(directory, " holds something already; it is left as it is"));
  }
  if (error) {
    return Refuse(absl::StatusCode::kUnavailable, "FILE_NOT_WRITTEN",
                  absl::StrCat(directory, ": ", error.message()));
  }
  return process::ReplaceFileDurably((fs::path(directory) / kKeyFile).string(),
                                     absl::StrCat(ToAbsl(verifier_key), "\n"));
}

absl::StatusOr<std::unique_ptr<State>> State::Open(const std::string& directory,
                                                   std::string_view verifier_key) {
  RETURN_IF_ERROR(CheckKey(directory, verifier_key));
  const std::string path = (fs::path(directory) / "lock").string();
  const int lock = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0 || ::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const std::string why = std::strerror(errno);
    if (lock >= 0) (void)::close(lock);
    return Refuse(absl::StatusCode::kFailedPrecondition, "WITNESS_STATE_LOCKED",
                  absl::StrCat(path, " cannot be locked (", why, "): another witness runs on this state"));
  }
  std::unique_ptr<State> state(new State(directory, lock));
  RETURN_IF_ERROR(state->ReadAll());
  return state;
}

State::~State() {
  (void)::close(lock_);
}

absl::Status State::ReadAll() {
  std::error_code error;
  fs::directory_iterator entry(directory_, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const fs::path path = entry->path();
    if (path.extension() != kExtension) continue;
    const std::string hash = path.stem().string();
    const auto note = process::ReadFile(path.string());
    const auto hash_bytes = HexDecode(hash);
    const bool is_named_well =
        hash.size() == kHashCharacters && hash_bytes.has_value() && HexEncode(*hash_bytes) == hash;
    if (!is_named_well) return Damaged(path.string(), "is not named after a log");
    if (!note.ok()) return Damaged(path.string(), "cannot be read");
    notes_[hash] = *note;
  }
  return error ? Damaged(directory_, error.message()) : absl::OkStatus();
}

std::string State::PathOf(std::string_view origin_hash) const {
  return (fs::path(directory_) / absl::StrCat(ToAbsl(origin_hash), ToAbsl(kExtension))).string();
}

std::optional<std::string> State::Read(std::string_view origin) const {
  const auto found = notes_.find(OriginHash(origin));
  return found == notes_.end() ? std::nullopt : std::optional(found->second);
}

absl::Status State::Write(std::string_view origin, std::string_view note) const {
  return process::ReplaceFileDurably(PathOf(OriginHash(origin)), note);
}

std::string State::FilePath(FileKind kind, std::string_view origin, std::string_view name) const {
  return (fs::path(directory_) /
          absl::StrCat(OriginHash(origin), "-", ToAbsl(name), ToAbsl(ExtensionOf(kind))))
      .string();
}

absl::StatusOr<std::string> State::KeepFile(FileKind kind, std::string_view origin, std::string_view name,
                                            std::string_view text) const {
  const std::string path = FilePath(kind, origin, name);
  std::error_code error;
  if (fs::exists(path, error)) return path;
  ASSIGN_OR_RETURN(const std::vector<std::string> kept, Names(kind, origin));
  if (kept.size() >= kFilesMax) {
    return Refuse(absl::StatusCode::kResourceExhausted, "WITNESS_EVIDENCE_FULL",
                  absl::StrCat(directory_, " holds ", kFilesMax, " files ", ToAbsl(ExtensionOf(kind)),
                               " about this log already: look into them, and move them away"));
  }
  RETURN_IF_ERROR(process::ReplaceFileDurably(path, text));
  return path;
}

absl::StatusOr<std::vector<std::string>> State::Names(FileKind kind, std::string_view origin) const {
  std::vector<std::string> names;
  const std::string prefix = OriginHash(origin) + "-";
  std::error_code error;
  fs::directory_iterator entry(directory_, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string stem = entry->path().stem().string();
    if (entry->path().extension() != ExtensionOf(kind) || !stem.starts_with(prefix)) continue;
    names.push_back(stem.substr(prefix.size()));
  }
  if (!error) return names;
  return Refuse(absl::StatusCode::kUnavailable, "FILE_UNREADABLE",
                absl::StrCat(directory_, ": ", error.message()));
}

absl::StatusOr<std::map<std::string, std::string>> State::ReadFiles(FileKind kind,
                                                                    std::string_view origin) const {
  std::map<std::string, std::string> files;
  ASSIGN_OR_RETURN(const std::vector<std::string> names, Names(kind, origin));
  for (const std::string& name : names) {
    auto text = process::ReadFile(FilePath(kind, origin, name));
    if (text.ok()) files[name] = *std::move(text);
  }
  return files;
}

void State::DropFile(FileKind kind, std::string_view origin, std::string_view name) const {
  std::error_code error;
  fs::remove(FilePath(kind, origin, name), error);
}

}  // namespace fundledger::witness
