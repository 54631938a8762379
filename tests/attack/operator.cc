#include "tests/attack/operator.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "ledger/base/clock.h"
#include "ledger/base/status.h"
#include "ledger/engine/layout.h"
#include "ledger/log/cosignature.h"
#include "ledger/log/evidence.h"
#include "ledger/log/note.h"
#include "ledger/log/proof_file.h"
#include "ledger/log/record.h"
#include "ledger/log/tile.h"
#include "ledger/log/witness_request.h"
#include "ledger/store/anchor.h"
#include "ledger/store/rocksdb.h"
#include "services/witness/state.h"

#include "absl/strings/str_cat.h"

namespace fundledger::attack {
namespace {

namespace fs = std::filesystem;
using store::Table;
using test_support::World;

std::string ReasonOrOk(const absl::Status& status) {
  return status.ok() ? "OK" : ReasonOf(status);
}

}  // namespace

Operator::Operator() {
  const absl::Status created = engine::Engine::Create(world_.CreateOptionsAt(ledger_));
  EXPECT_TRUE(created.ok()) << created;
  const auto engine = engine::Engine::Open(world_.OptionsAt(ledger_));
  EXPECT_TRUE(engine.ok()) << engine.status();
  id_ = (*engine)->view()->checkpoint().root;  // of one record: its leaf hash
  const auto key = test_support::KeyOf("witness");
  const std::string state = directory_.Sub("witness");
  const absl::Status made =
      witness::State::Create(state, log::WitnessKey("inspection.example/witness", key->public_key()));
  EXPECT_TRUE(made.ok()) << made;
  auto witness = witness::Witness::Open({.name = "inspection.example/witness",
                                         .key = key,
                                         .logs = {world_.verifier()},
                                         .state = state,
                                         .clock = SystemClockMicros,
                                         .stored = {}});
  EXPECT_TRUE(witness.ok()) << witness.status();
  witness_ = *std::move(witness);
}

Operator::~Operator() = default;

void Operator::Grow(uint64_t size, Seeing seeing) {
  StopServing();
  auto engine = engine::Engine::Open(world_.OptionsAt(ledger_));
  ASSERT_TRUE(engine.ok()) << engine.status();
  while ((*engine)->view()->size() < size) {
    world_.clock.Advance(1'000'000);
    v1::Submission submission = world_.Register(*(*engine)->view(), absl::StrCat("org-", held_.size()));
    if (seeing == Seeing::kNothing) {
      submission.mutable_seen()->set_size(1);
      submission.mutable_seen()->set_root(id_.str());
    }
    Held held{.envelope = world_.Seal(submission), .receipt = {}, .sequence = 0, .leaf = {}};
    const auto receipt = test_support::SubmitAndWait(engine->get(), held.envelope);
    ASSERT_TRUE(receipt.ok()) << receipt.status();
    const auto sequence = test_support::VerifyReceipt(*receipt, held.envelope, world_.verifier());
    ASSERT_TRUE(sequence.ok()) << sequence.status();
    held.receipt = *receipt;
    held.sequence = *sequence;
    held.leaf = log::LeafHash(receipt->header() + held.envelope);
    held_.push_back(std::move(held));
  }
}

bool Operator::Serve() {
  StopServing();
  auto engine = engine::Engine::Open(world_.OptionsAt(ledger_));
  if (!engine.ok()) {
    refusal_ = ReasonOf(engine.status());
    return false;
  }
  server::Config config;
  config.ledger = ledger_;
  config.log_key = "in the engine already";
  config.listen = address_;
  config.insecure_loopback = true;
  auto server = server::Server::Listen(config, nullptr, *std::move(engine));
  EXPECT_TRUE(server.ok()) << server.status();
  if (!server.ok()) return false;
  server_ = *std::move(server);
  address_ = server_->address();
  return true;
}

sdk::ClientConfig Operator::ConfigIn(const std::string& folder) const {
  fs::create_directories(directory_.Sub(folder));
  sdk::ClientConfig config;
  config.path = directory_.Sub(folder + "/client.toml");
  config.server = address_;
  config.ledger = id_;
  config.verifier_key = log::VerifierKey(World::kOrigin, world_.log_key()->public_key());
  config.log = world_.verifier();
  return config;
}

std::string Operator::ClientSays() {
  const auto client =
      sdk::Client::Connect(ConfigIn("client"), {.patience_ms = 0, .clock = world_.clock.clock()});
  if (!client.ok()) return ReasonOf(client.status());
  std::string note;
  return ReasonOrOk((*client)->Latest(&note).status());
}

int Operator::WitnessSays() {
  const auto view = server_->engine().view();
  const witness::Answer latest = witness_->Latest(witness::OriginHash(World::kOrigin));
  uint64_t cosigned = 0;
  if (latest.status == 200) {
    const auto checkpoint = log::OpenCheckpoint(latest.body, world_.verifier());
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
    cosigned = checkpoint->size;
  }
  log::WitnessRequest request{std::min(cosigned, view->size()), {}, view->signed_checkpoint()};
  if (request.old_size > 0 && request.old_size < view->size()) {
    const auto proof = view->ConsistencyProof(request.old_size, view->size());
    EXPECT_TRUE(proof.ok()) << proof.status();
    request.consistency = *proof;
  }
  return witness_->AddCheckpoint(log::FormatWitnessRequest(request)).status;
}

std::vector<std::string> Operator::EvidenceSays() const {
  std::set<std::string> said;
  const std::string folder = directory_.Sub("client/evidence");
  if (!fs::exists(folder)) return {};
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const auto file = log::ParseEvidence(text.str());
    EXPECT_TRUE(file.ok()) << file.status() << entry.path();
    const auto shown = log::CheckContradiction(*file, {world_.verifier()});
    said.emplace(shown.ok() ? std::string(log::NameOf(shown->kind)) : ReasonOf(shown.status()));
  }
  return {said.begin(), said.end()};
}

absl::StatusOr<sdk::VerifiedRecord> Operator::AskAsStranger(Sequence sequence) {
  const auto client = sdk::Client::Connect(ConfigIn(absl::StrCat("stranger-", ++strangers_)),
                                           {.patience_ms = 0, .clock = world_.clock.clock()});
  RETURN_IF_ERROR(client.status());
  return (*client)->Record(sequence);
}

std::string Operator::LeafShown(Sequence sequence) {
  const auto record = AskAsStranger(sequence);
  return record.ok() ? record->leaf.str() : ReasonOf(record.status());
}

std::string Operator::ReceiptSays(Sequence sequence) {
  const auto record = AskAsStranger(sequence);
  if (!record.ok()) return ReasonOf(record.status());
  const Held& held = held_[sequence - 1];
  log::ProofFile ours;
  ours.extra = held.receipt.header() + held.envelope;
  ours.index = sequence;
  for (const std::string& hash : held.receipt.inclusion())
    ours.inclusion.push_back(*Hash256::FromBytes(hash));
  ours.checkpoint = held.receipt.checkpoint();
  const log::ProofFile theirs{
      .extra = record->bytes, .index = sequence, .inclusion = record->inclusion, .checkpoint = record->note};
  const auto shown = log::CheckContradiction(
      log::TwoLeaves(log::FormatProofFile(ours), log::FormatProofFile(theirs)), {world_.verifier()});
  return shown.ok() ? std::string(log::NameOf(shown->kind)) : ReasonOf(shown.status());
}

std::vector<std::string> Operator::DirectorySays() const {
  engine::VerifyOptions options;
  options.directory = ledger_;
  options.verifier_key = log::VerifierKey(World::kOrigin, world_.log_key()->public_key());
  const auto report = engine::VerifyDirectory(options);
  if (!report.ok()) return {ReasonOf(report.status())};
  std::vector<std::string> reasons;
  for (const engine::VerifyFinding& finding : report->findings) {
    if (std::find(reasons.begin(), reasons.end(), finding.reason) == reasons.end())
      reasons.push_back(finding.reason);
  }
  if (reasons.empty()) reasons.emplace_back("OK");
  return reasons;
}

std::string Operator::ResubmitSays(const std::string& envelope) {
  auto* const engine = const_cast<engine::Engine*>(&server_->engine());
  return ReasonOrOk(test_support::SubmitAndWait(engine, envelope).status());
}

std::vector<Row> Operator::Rows() const {
  std::vector<Row> rows;
  std::string damage;
  const auto store = store::OpenRocksdbReadOnly(ledger_ + "/db", &damage);
  EXPECT_TRUE(store.ok()) << store.status();
  const absl::Status read =
      (*store)->GetSnapshot()->Scan(Table::kRecords, "", "", [&](std::string_view, std::string_view bytes) {
        const auto record = log::DecodeRecord(bytes);
        EXPECT_TRUE(record.ok()) << record.status();
        rows.push_back({std::string(record->envelope), record->header.recorded_at_us});
        return true;
      });
  EXPECT_TRUE(read.ok()) << read;
  return rows;
}

void Operator::Rewrite(const std::vector<Row>& rows) {
  StopServing();
  auto store = store::OpenRocksdb(ledger_ + "/db");
  ASSERT_TRUE(store.ok()) << store.status();
  const uint64_t head = (*store)->GetSnapshot()->head();
  store::Batch batch;
  log::TreeEdge edge;
  Hash256 previous;
  for (const Row& row : rows) {
    log::RecordHeader header;
    header.sequence = edge.size();
    header.recorded_at_us = row.recorded_at_us;
    header.previous = previous;
    const auto record = log::EncodeRecord(header, row.envelope);
    ASSERT_TRUE(record.ok()) << record.status();
    previous = log::LeafHash(*record);
    batch.Put(Table::kRecords, engine::SequenceKey(edge.size()), *record);
    std::vector<log::Tile> full;
    edge.Append(previous, &full);
    for (const log::Tile& tile : full) {
      batch.Put(Table::kTiles, engine::TileKey(tile.level, tile.index), tile.hashes);
    }
    // A checkpoint for every size, as if each record had been answered by itself.
    const auto note =
        log::SignCheckpoint({std::string(World::kOrigin), edge.size(), edge.Root()}, *world_.log_key());
    ASSERT_TRUE(note.ok()) << note.status();
    batch.Put(Table::kCheckpoints, engine::SequenceKey(edge.size()), *note);
    if (edge.size() < rows.size()) continue;
    auto anchor = store::Anchor::Open(ledger_ + "/anchor");
    ASSERT_TRUE(anchor.ok()) << anchor.status();
    ASSERT_TRUE((*anchor)->Write(*note).ok());
  }
  for (uint64_t gone = rows.size(); gone < head; ++gone) {
    batch.Erase(Table::kRecords, engine::SequenceKey(gone));
    batch.Erase(Table::kCheckpoints, engine::SequenceKey(gone + 1));
  }
  const absl::Status written = (*store)->Commit(batch, head, rows.size());
  ASSERT_TRUE(written.ok()) << written;
}

std::string Operator::Replay(const std::vector<Row>& rows) {
  StopServing();
  const int64_t now_us = world_.clock.now_us();
  const std::string fresh = directory_.Sub("fresh");
  fs::remove_all(fresh);
  world_.clock.Set(rows[0].recorded_at_us);
  const absl::Status created = engine::Engine::Create(world_.CreateOptionsAt(fresh));
  EXPECT_TRUE(created.ok()) << created;
  std::string said = "OK";
  {
    auto engine = engine::Engine::Open(world_.OptionsAt(fresh));
    EXPECT_TRUE(engine.ok()) << engine.status();
    for (size_t i = 1; i < rows.size() && said == "OK"; ++i) {
      world_.clock.Set(rows[i].recorded_at_us);
      said = ReasonOrOk(test_support::SubmitAndWait(engine->get(), rows[i].envelope).status());
    }
  }
  world_.clock.Set(now_us);
  fs::remove_all(ledger_);
  fs::rename(fresh, ledger_);
  return said;
}

void Operator::Spoil(
    const std::function<void(const store::Snapshot& snapshot, store::Batch* batch)>& change) {
  StopServing();
  auto store = store::OpenRocksdb(ledger_ + "/db");
  ASSERT_TRUE(store.ok()) << store.status();
  store::Batch batch;
  const uint64_t head = (*store)->GetSnapshot()->head();
  change(*(*store)->GetSnapshot(), &batch);
  const absl::Status written = (*store)->Commit(batch, head, head);
  ASSERT_TRUE(written.ok()) << written;
}

void Operator::Copy(const std::string& name) const {
  fs::copy(ledger_, directory_.Sub(name), fs::copy_options::recursive);
}

void Operator::PutBack(const std::string& name) {
  StopServing();
  fs::remove_all(ledger_);
  fs::copy(directory_.Sub(name), ledger_, fs::copy_options::recursive);
}

}  // namespace fundledger::attack
