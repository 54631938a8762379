// A small county: two administrators of different organizations, and whoever they register. Keys come from
// names, so every run makes the same bytes.
//
//   World world;
//   TemporaryDirectory directory;
//   auto engine = world.CreateAndOpen(directory.path());
//   auto receipt = SubmitAndWait(engine->get(), world.Seal(world.Register(*(*engine)->view(), "org-1")));
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fundledger/v1/actions.pb.h"
#include "fundledger/v1/resources.pb.h"
#include "ledger/base/clock.h"
#include "ledger/crypto/signature.h"
#include "ledger/engine/engine.h"
#include "ledger/log/note.h"

#include "absl/status/statusor.h"

namespace fundledger::test_support {

// A directory of its own under the system's, removed with all it holds at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }
  std::string Sub(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

// The Ed25519 key whose seed is SHA-256 of `name`.
std::shared_ptr<const crypto::Signer> KeyOf(std::string_view name);
v1::PublicKey WireKey(const crypto::Signer& signer);

// Time that stands still until it is set. Any thread.
class TestClock {
 public:
  static constexpr int64_t kStartUs = 1'592'265'600'000'000;  // 2020-06-16 08:00 at +08:00
  int64_t now_us() const { return now_us_; }
  void Set(int64_t now_us) { now_us_ = now_us; }
  void Advance(int64_t us) { now_us_ += us; }
  Clock clock() {
    return [this] { return now_us(); };
  }

 private:
  std::atomic<int64_t> now_us_ = kStartUs;
};

class World {
 public:
  // The log's key of the genesis is the one of the name `log_key`.
  explicit World(v1::Suite suite = v1::SUITE_INTERNATIONAL, std::string_view log_key = "log");

  static constexpr std::string_view kOrigin = "example.org/fundledger/test";
  // The first administrators, of the organizations "city" and "inspection".
  static constexpr std::string_view kAdmin = "admin-city";
  static constexpr std::string_view kOtherAdmin = "admin-inspection";

  std::shared_ptr<const crypto::Signer> log_key() const { return log_key_; }
  log::NoteVerifier verifier() const;
  v1::Genesis genesis() const;
  std::string GenesisEnvelope() const;

  // Both clocks of the engine are `clock`.
  engine::Options OptionsAt(const std::string& directory);
  engine::CreateOptions CreateOptionsAt(const std::string& directory);
  absl::StatusOr<std::unique_ptr<engine::Engine>> CreateAndOpen(const std::string& directory);

  // A submission by `officer` without actions: ledger, a fresh request id, seen and not_after as a client
  // sets them.
  v1::Submission Draft(const engine::View& view, std::string_view officer);
  // The same with one action: kAdmin registers an organization below "city".
  v1::Submission Register(const engine::View& view, std::string_view organization);
  // An officer's registration in the ledger of `view`, with the key of that name and its proof.
  v1::RegisterOfficer Officer(const engine::View& view, std::string_view id, std::string_view organization,
                              v1::Role role) const;
  // Registers, by proposal and approvals, "inspector", "clerk" and "reviewer" with the roles of those names.
  absl::Status RegisterStaff(engine::Engine* engine);
  // Proposes the action as `proposer` and approves it as each of `approvers`; gives the proposal's sequence.
  absl::StatusOr<Sequence> Decide(engine::Engine* engine, std::string_view proposer, const v1::Action& action,
                                  const std::vector<std::string>& approvers);
  // The envelope, signed with the key of its officer's name.
  std::string Seal(const v1::Submission& submission) const;
  // A draft of kAdmin's as the envelope by both administrators that puts the keys of the names `next` and
  // `standby` in the place of the log's key, which is the one of the name `current`; empty: it is lost.
  std::string SealRotation(v1::Submission draft, const std::string& current, const std::string& next,
                           const std::string& standby) const;

  TestClock clock;

 private:
  // `ledger` is empty in the genesis.
  v1::RegisterOfficer OfficerOf(std::string ledger, std::string_view id, std::string_view organization,
                                v1::Role role) const;

  const v1::Suite suite_;
  std::shared_ptr<const crypto::Signer> log_key_;
  std::atomic<uint64_t> next_request_ = 1;
};

// Waits for the answer.
absl::StatusOr<v1::Receipt> SubmitAndWait(engine::Engine* engine, std::string envelope);

// What a client does with a receipt before it believes it; gives the record's sequence.
absl::StatusOr<Sequence> VerifyReceipt(const v1::Receipt& receipt, std::string_view envelope,
                                       const log::NoteVerifier& log);

// A reference to an action of the record of a receipt.
v1::ActionRef RefTo(const v1::Receipt& receipt, std::string_view envelope, uint32_t action);

}  // namespace fundledger::test_support
