// A log in memory that signs checkpoints and gives receipts as a server does, and can be told to lie.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "clients/sdk/seen.h"
#include "clients/sdk/submission.h"
#include "fundledger/v1/resources.pb.h"
#include "ledger/base/hash256.h"
#include "ledger/crypto/signature.h"
#include "ledger/log/merkle.h"
#include "ledger/log/note.h"
#include "ledger/log/record.h"

namespace fundledger::sdk {

inline std::unique_ptr<crypto::Signer> KeyOf(char seed) {
  auto key = crypto::Ed25519FromSeed(std::string(32, seed));
  EXPECT_TRUE(key.ok()) << key.status();
  return *std::move(key);
}

class LittleLog {
 public:
  explicit LittleLog(std::string origin = "log.example") : origin_(std::move(origin)), key_(KeyOf('L')) {}

  // Appends a record around an envelope; `sequence` only to lie about it.
  Sequence Append(const std::string& envelope) { return Append(envelope, leaves_.size()); }
  Sequence Append(const std::string& envelope, Sequence sequence) {
    log::RecordHeader header;
    header.sequence = sequence;
    header.recorded_at_us = 1'600'000'000'000'000;
    const auto record = log::EncodeRecord(header, envelope);
    EXPECT_TRUE(record.ok()) << record.status();
    headers_.push_back(log::EncodeHeader(header, envelope.size()));
    leaves_.push_back(log::LeafHash(*record));
    return leaves_.size() - 1;
  }

  size_t size() const { return leaves_.size(); }
  const Hash256& leaf(Sequence sequence) const { return leaves_[sequence]; }

  log::NodeReader Nodes() const {
    return [this](int level, uint64_t index) -> absl::StatusOr<Hash256> { return Node(level, index); };
  }
  log::Checkpoint At(uint64_t size) const { return {origin_, size, *log::TreeRoot(size, Nodes())}; }
  std::string Note(uint64_t size) const { return *log::SignCheckpoint(At(size), *key_); }
  ProofFetcher Fetcher() const {
    return {[this](uint64_t old_size, uint64_t new_size) {
              return log::ProveConsistency(old_size, new_size, Nodes());
            },
            [this](uint64_t size) { return log::TreeRoot(size, Nodes()); }};
  }

  v1::Receipt Receipt(Sequence index, uint64_t size) const {
    v1::Receipt receipt;
    receipt.set_header(headers_[index]);
    receipt.set_tree_size(size);
    const auto proof = log::ProveInclusion(index, size, Nodes());
    EXPECT_TRUE(proof.ok()) << proof.status();
    for (const Hash256& hash : *proof) receipt.add_inclusion(hash.str());
    receipt.set_checkpoint(Note(size));
    return receipt;
  }

  log::NoteVerifier Verifier() const {
    return *log::NoteVerifier::Parse(log::VerifierKey(origin_, key_->public_key()));
  }
  std::shared_ptr<LogKeyring> Keyring() const { return std::make_shared<LogKeyring>(Verifier()); }
  const crypto::Signer& key() const { return *key_; }

 private:
  Hash256 Node(int level, uint64_t index) const {
    if (level == 0) return leaves_[index];
    return log::NodeHash(Node(level - 1, 2 * index), Node(level - 1, 2 * index + 1));
  }

  std::string origin_;
  std::unique_ptr<crypto::Signer> key_;
  std::vector<std::string> headers_;
  std::vector<Hash256> leaves_;
};

// A directory of one test, removed at its end.
class TestDirectory {
 public:
  TestDirectory() {
    std::string name = testing::TempDir() + "fundledger-clients-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~TestDirectory() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace fundledger::sdk
