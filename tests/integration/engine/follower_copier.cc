// A mirror's engine on a real store and anchor that kills itself, as kill -9 does, at a place that has a name
// (kill_places.h). Run by follower_kill_test as another process:
//
//   follower_copier DIRECTORY BATCHES PLACE NTH
//
// BATCHES: a file with a line for each batch: its checkpoint, then its records, in base64, spaces between.
// Makes the mirror from the first batch where there is none, takes the others behind its last record, and
// keeps a cosignature of each. Writes its size to standard output, a line, once both are kept. Dies the NTH
// time that it comes to PLACE; exit code 0: it came to the end of the batches.
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <signal.h>
#include <unistd.h>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/engine/follower.h"
#include "ledger/engine/mirror_directory.h"
#include "ledger/engine/open.h"
#include "ledger/log/cosignature.h"
#include "ledger/log/note.h"
#include "ledger/log/record.h"
#include "ledger/store/rocksdb.h"
#include "tests/integration/engine/kill_places.h"
#include "tests/support/world.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace fundledger::engine {
namespace {

struct Batch {
  std::string note;
  std::vector<std::string> records;
};

class Killer {
 public:
  Killer(std::string place, int nth) : place_(std::move(place)), left_(nth) {}
  // A thread may be at a place only under the engine's lock for commits.
  void Pass(std::string_view place) {
    if (place != place_ || --left_ > 0) return;
    (void)::kill(::getpid(), SIGKILL);
    while (true) (void)::pause();
  }

 private:
  const std::string place_;
  int left_;
};

class KillingStore final : public store::Store {
 public:
  KillingStore(std::unique_ptr<store::Store> below, Killer* killer)
      : below_(std::move(below)), killer_(*killer) {}
  std::shared_ptr<const store::Snapshot> GetSnapshot() const override { return below_->GetSnapshot(); }
  absl::Status Commit(const store::Batch& batch, uint64_t expected_head, uint64_t new_head) override {
    const bool is_aside = expected_head == new_head;
    killer_.Pass(is_aside ? "before-aside-commit" : "before-commit");
    absl::Status status = below_->Commit(batch, expected_head, new_head);
    killer_.Pass(is_aside ? "after-aside-commit" : "after-commit");
    return status;
  }

 private:
  const std::unique_ptr<store::Store> below_;
  Killer& killer_;
};

class KillingAnchor final : public store::Anchor {
 public:
  KillingAnchor(std::unique_ptr<store::Anchor> below, const bool* is_open, Killer* killer)
      : below_(std::move(below)), is_open_(*is_open), killer_(*killer) {}
  std::string_view content() const override { return below_->content(); }
  absl::Status Write(std::string_view content) override {
    killer_.Pass(is_open_ ? "before-anchor" : "before-opening-anchor");
    absl::Status status = below_->Write(content);
    killer_.Pass(is_open_ ? "after-anchor" : "after-opening-anchor");
    return status;
  }

 private:
  const std::unique_ptr<store::Anchor> below_;
  const bool& is_open_;
  Killer& killer_;
};

std::vector<Batch> ReadBatches(const std::string& file) {
  std::ifstream in(file);
  std::vector<Batch> batches;
  for (std::string line; std::getline(in, line);) {
    Batch batch;
    for (const std::string& word : std::vector<std::string>(absl::StrSplit(line, ' '))) {
      std::string bytes = Base64Decode(word).value_or("");
      if (batch.note.empty()) {
        batch.note = std::move(bytes);
      } else {
        batch.records.push_back(std::move(bytes));
      }
    }
    batches.push_back(std::move(batch));
  }
  return batches;
}

std::string CosignatureOf(const std::string& note) {
  return log::Cosign(log::ParseNote(note).value().text, /*time_s=*/1'592'265'600, kWitness,
                     *test_support::KeyOf("witness"))
      .value();
}

void Say(uint64_t size) {
  (void)std::printf("%llu\n", static_cast<unsigned long long>(size));
  (void)std::fflush(stdout);
}

absl::Status Copy(const FollowOptions& options, const std::vector<Batch>& batches, Killer* killer) {
  if (HoldsNoMirror(options.directory)) {
    const auto made = Follower::Create(options, batches.front().records, batches.front().note);
    RETURN_IF_ERROR(made.status());
    Say((*made)->view()->size());
  }
  ASSIGN_OR_RETURN(auto store, store::OpenRocksdb(absl::StrCat(options.directory, "/db")));
  ASSIGN_OR_RETURN(auto anchor, store::Anchor::Open(absl::StrCat(options.directory, "/anchor")));
  bool is_open = false;
  ASSIGN_OR_RETURN(OpenedMirror opened,
                   OpenMirror(std::make_unique<KillingStore>(std::move(store), killer),
                              std::make_unique<KillingAnchor>(std::move(anchor), &is_open, killer)));
  is_open = true;
  Follower follower(options, std::move(opened.ledger), std::move(opened.log_keys));
  uint64_t first = 0;
  for (const Batch& batch : batches) {
    const uint64_t end = first + batch.records.size();
    const uint64_t size = follower.view()->size();
    if (size < end) {
      const std::vector<std::string> rest(batch.records.begin() + static_cast<ptrdiff_t>(size - first),
                                          batch.records.end());
      RETURN_IF_ERROR(follower.Append(rest, batch.note).status);
      RETURN_IF_ERROR(follower.KeepAttested(end, batch.note, {end, {CosignatureOf(batch.note)}, {}}));
      Say(end);
    }
    first = end;
  }
  return absl::OkStatus();
}

int Run(const std::string& directory, const std::string& file, const std::string& place, int nth) {
  const std::vector<Batch> batches = ReadBatches(file);
  const test_support::World world;
  FollowOptions options;
  options.directory = directory;
  options.ledger = log::LeafHash(batches.front().records.front());
  options.verifier_key = log::VerifierKey(test_support::World::kOrigin, world.log_key()->public_key());
  Killer killer(place, nth);
  const absl::Status status = Copy(options, batches, &killer);
  if (status.ok()) return 0;
  (void)std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}

}  // namespace
}  // namespace fundledger::engine

int main(int argc, char** argv) {
  int nth = 0;
  if (argc != 5 || !absl::SimpleAtoi(argv[4], &nth)) return 2;
  return fundledger::engine::Run(argv[1], argv[2], argv[3], nth);
}
