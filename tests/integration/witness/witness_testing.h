// A log that a witness is told of, which can lie; and a witness over HTTP.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <httplib.h>

#include "ledger/log/cosignature.h"
#include "ledger/log/merkle.h"
#include "ledger/log/note.h"
#include "ledger/log/witness_request.h"
#include "services/process/log.h"
#include "services/witness/http_server.h"
#include "services/witness/state.h"
#include "services/witness/witness.h"
#include "tests/unit/log/log_testing.h"

namespace fundledger::witness {

// What the witness logs is tested with the program.
inline const bool kIsQuiet = (process::SetUpLog("off", "text"), true);

inline std::shared_ptr<const crypto::Signer> KeyOf(uint8_t seed) {
  return *crypto::Ed25519FromSeed(log::CountingSeed(seed));
}

// A log of records "0", "1", …; a forked one has other records from `forked_at` on.
class TestLog {
 public:
  explicit TestLog(std::string origin = "example.com/log", uint8_t seed = 0, size_t forked_at = ~size_t{0})
      : origin_(std::move(origin)), key_(KeyOf(seed)), leaves_(log::MakeLeaves(300)) {
    for (size_t i = forked_at; i < leaves_.size(); ++i)
      leaves_[i] = log::LeafHash("fork " + std::to_string(i));
  }
  const std::string& origin() const { return origin_; }
  const crypto::Signer& key() const { return *key_; }
  std::string verifier_key() const { return log::VerifierKey(origin_, key_->public_key()); }
  log::NoteVerifier verifier() const { return *log::NoteVerifier::Parse(verifier_key()); }

  log::Checkpoint At(size_t size) const { return {origin_, size, log::SlowRoot(Leaves(size))}; }
  std::string Note(size_t size) const { return *log::SignCheckpoint(At(size), *key_); }
  std::vector<Hash256> Proof(size_t from, size_t to) const {
    return from == 0 || from >= to ? std::vector<Hash256>{} : log::SlowConsistency(from, Leaves(to));
  }
  std::string Request(size_t from, size_t to) const {
    return log::FormatWitnessRequest({from, Proof(from, to), Note(to)});
  }

 private:
  log::Leaves Leaves(size_t size) const { return log::Leaves(leaves_).first(size); }

  const std::string origin_;
  const std::shared_ptr<const crypto::Signer> key_;
  std::vector<Hash256> leaves_;
};

// A directory of its own, removed at the end.
class TestDirectory {
 public:
  TestDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "witness-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TestDirectory() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline constexpr char kWitnessName[] = "example.com/witness";

inline Options OptionsFor(const TestDirectory& directory, std::vector<log::NoteVerifier> logs) {
  Options options;
  options.name = kWitnessName;
  options.key = KeyOf(0x20);
  options.logs = std::move(logs);
  options.state = directory / "state";
  return options;
}

inline log::WitnessVerifier WitnessVerifierOf(uint8_t seed = 0x20) {
  return *log::WitnessVerifier::Parse(log::WitnessKey(kWitnessName, KeyOf(seed)->public_key()));
}

// What a client believes of an answer: the cosignatures in `lines` on the note.
inline std::vector<log::Cosignature> CosignaturesOf(const std::string& note, const std::string& lines) {
  const auto parsed = log::ParseNote(note + lines);
  if (!parsed.ok()) return {};
  const auto cosignatures = log::OpenCosignatures(*parsed, {WitnessVerifierOf()});
  return cosignatures.ok() ? *cosignatures : std::vector<log::Cosignature>{};
}

}  // namespace fundledger::witness
