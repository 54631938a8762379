// fundledger-micro: the physical costs that bound everything else, with Google Benchmark. BENCH_DIR names a
// directory on the disk that is to be measured, with server.pem (signed by itself) and server.key for TLS.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include "fundledger/v1/ledger_service.grpc.pb.h"
#include "ledger/base/bytes.h"
#include "ledger/crypto/digest.h"
#include "ledger/crypto/signature.h"
#include "ledger/log/note.h"
#include "ledger/store/anchor.h"
#include "ledger/store/rocksdb.h"
#include "tests/bench/desk.h"
#include "tests/bench/http2.h"

#include "absl/strings/str_cat.h"

namespace fundledger::bench {
namespace {

std::string Directory() {
  const char* directory = std::getenv("BENCH_DIR");
  return directory == nullptr ? "." : directory;
}

std::string ReadAll(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

const County& TheCounty() {
  static const auto& county = *new County({.projects = 100, .funds = 10});
  return county;
}

// One action as a clerk sends it.
const std::string& Envelope() {
  static const auto& envelope = *new std::string([] {
    Standing standing;
    standing.ledger = std::string(32, 'l');
    standing.seen.set_size(100'000);
    standing.seen.set_root(std::string(32, 'r'));
    standing.now_us = County::kSetUpUs;
    return Seal(Desk(TheCounty(), "micro").Payments(0, standing, 1));
  }());
  return envelope;
}

const crypto::Signer& Key(crypto::Algorithm algorithm) {
  static const auto& ed25519 = *crypto::GenerateKey(crypto::Algorithm::kEd25519)->release();
  static const auto& sm2 = *crypto::GenerateKey(crypto::Algorithm::kSm2)->release();
  return algorithm == crypto::Algorithm::kEd25519 ? ed25519 : sm2;
}

void Sign(benchmark::State& state, crypto::Algorithm algorithm) {
  const crypto::Signer& key = Key(algorithm);
  for (auto _ : state) benchmark::DoNotOptimize(key.Sign(Envelope()));
}
BENCHMARK_CAPTURE(Sign, ed25519, crypto::Algorithm::kEd25519);
BENCHMARK_CAPTURE(Sign, sm2, crypto::Algorithm::kSm2);

void Verify(benchmark::State& state, crypto::Algorithm algorithm) {
  const crypto::Signer& key = Key(algorithm);
  const auto verifier = *crypto::Verifier::Make(key.public_key());
  const std::string signature = *key.Sign(Envelope());
  for (auto _ : state) {
    if (!verifier->Verify(Envelope(), signature).ok()) state.SkipWithError("does not verify");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(Verify, ed25519, crypto::Algorithm::kEd25519)->UseRealTime();
BENCHMARK_CAPTURE(Verify, ed25519, crypto::Algorithm::kEd25519)->Threads(2)->UseRealTime();
BENCHMARK_CAPTURE(Verify, sm2, crypto::Algorithm::kSm2);

void Sha256Record(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(crypto::Sha256(Envelope()));
}
BENCHMARK(Sha256Record);

void Fdatasync(benchmark::State& state) {
  const std::string path = absl::StrCat(Directory(), "/fdatasync");
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT, 0600);
  const std::string block(4096, 'x');
  // Preallocated, as a log that is written over: no change of the file's size.
  if (::pwrite(file, block.data(), block.size(), 0) < 0 || ::fsync(file) != 0) {
    state.SkipWithError("cannot write");
  }
  for (auto _ : state) {
    if (::pwrite(file, block.data(), block.size(), 0) < 0 || ::fdatasync(file) != 0) {
      state.SkipWithError("cannot sync");
    }
  }
  ::close(file);
}
BENCHMARK(Fdatasync)->UseRealTime();

void AnchorWrite(benchmark::State& state) {
  const std::string path = absl::StrCat(Directory(), "/anchor-", ::getpid());
  ::unlink(path.c_str());
  const std::string note =
      *log::SignCheckpoint({"county.example/bench", 100'000, {}}, *TheCounty().log_key());
  auto anchor = store::Anchor::Create(path, note);
  for (auto _ : state) {
    if (!(*anchor)->Write(note).ok()) state.SkipWithError("not written");
  }
  ::unlink(path.c_str());
}
BENCHMARK(AnchorWrite)->UseRealTime();

// A commit of as many records as asked, each with as many other keys as a payment request writes.
void StoreCommit(benchmark::State& state) {
  const std::string path = absl::StrCat(Directory(), "/store-", ::getpid());
  // Google Benchmark runs this several times until it knows how long to measure.
  std::filesystem::remove_all(path);
  auto store = store::CreateRocksdb(path);
  if (!store.ok()) return state.SkipWithError("no store");
  std::mt19937_64 random(1);
  const auto key = [&random](std::string_view prefix) {
    std::string bytes(prefix);
    AppendBigEndian64(random(), &bytes);
    AppendBigEndian64(random(), &bytes);
    return bytes;
  };
  uint64_t head = 0;
  for (auto _ : state) {
    store::Batch batch;
    for (int64_t i = 0; i < state.range(0); ++i) {
      std::string sequence;
      AppendBigEndian64(head + static_cast<uint64_t>(i), &sequence);
      batch.Put(store::Table::kRecords, sequence, Envelope());
      batch.Put(store::Table::kPostings, sequence, std::string(60, 'p'));
      batch.Put(store::Table::kRequests, key("officer"), sequence);
      for (const char* kind : {"line", "proposal", "reference"}) {
        batch.Put(store::Table::kEntities, key(kind), std::string(150, 'e'));
      }
      for (const char* kind : {"org", "fund", "project", "officer", "action", "payee"}) {
        batch.Put(store::Table::kTrail, absl::StrCat(kind, i % 10, sequence), "");
      }
      batch.Put(store::Table::kDocuments, absl::StrCat(key(""), key(""), sequence), "");
    }
    const uint64_t next = head + static_cast<uint64_t>(state.range(0));
    if (!(*store)->Commit(batch, head, next).ok()) state.SkipWithError("not committed");
    head = next;
  }
}
BENCHMARK(StoreCommit)->Arg(1)->Arg(64)->UseRealTime();

// Answers with a receipt of the usual size, and does nothing else.
class Echo final : public v1::LedgerService::CallbackService {
 public:
  Echo() {
    receipt_.set_header(std::string(56, 'h'));
    receipt_.set_tree_size(100'000);
    for (int i = 0; i < 17; ++i) receipt_.add_inclusion(std::string(32, 'i'));
    receipt_.set_checkpoint(std::string(220, 'c'));
  }
  grpc::ServerUnaryReactor* Submit(grpc::CallbackServerContext* context, const v1::SubmitRequest*,
                                   v1::SubmitResponse* response) override {
    *response->mutable_receipt() = receipt_;
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  v1::Receipt receipt_;
};

// As many calls in flight as asked, by the same client as submissions are sent with.
class Caller {
 public:
  Caller(std::vector<std::unique_ptr<Http2Connection>> connections, int64_t in_flight)
      : connections_(std::move(connections)), in_flight_(in_flight) {
    v1::SubmitRequest request;
    request.set_envelope(Envelope());
    request_ = request.SerializeAsString();
  }
  // Returns when `count` calls are answered.
  void Run(int64_t count) {
    left_to_send_ = count;
    std::vector<std::thread> threads;
    for (size_t i = 0; i < kThreads; ++i) threads.emplace_back([this, i] { RunThread(i); });
    for (std::thread& thread : threads) thread.join();
  }
  bool failed() const { return failed_; }

 private:
  static constexpr size_t kThreads = 2;

  void RunThread(size_t thread) {
    std::vector<Http2Connection*> own;
    for (size_t i = thread; i < connections_.size(); i += kThreads) own.push_back(connections_[i].get());
    int64_t running = 0;
    for (int64_t i = 0; i < in_flight_; ++i) {
      const size_t connection = static_cast<size_t>(i) % connections_.size();
      if (connection % kThreads == thread) Next(connections_[connection].get(), &running);
    }
    if (!Drive(own, [&running] { return running > 0; }).ok()) failed_ = true;
  }
  void Next(Http2Connection* connection, int64_t* running) {
    if (left_to_send_.fetch_sub(1) <= 0) return;
    ++*running;
    const auto done = [this, connection, running](const RawAnswer& answer) {
      --*running;
      if (answer.code != grpc::StatusCode::OK) failed_ = true;
      Next(connection, running);
    };
    if (!connection->Begin(kSubmit, request_, done).ok()) failed_ = true;
  }

  const std::vector<std::unique_ptr<Http2Connection>> connections_;
  const int64_t in_flight_;
  std::string request_;
  std::atomic<int64_t> left_to_send_ = 0;
  std::atomic<bool> failed_ = false;
};

void GrpcTlsEcho(benchmark::State& state) {
  constexpr int64_t kConnectionsMax = 8;
  grpc::SslServerCredentialsOptions server_tls;
  const std::string certificate = ReadAll(Directory() + "/server.pem");
  server_tls.pem_key_cert_pairs.push_back({ReadAll(Directory() + "/server.key"), certificate});
  Echo echo;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(server_tls), &port);
  builder.RegisterService(&echo);
  const auto server = builder.BuildAndStart();
  std::vector<std::unique_ptr<Http2Connection>> connections;
  for (int64_t i = 0; i < std::min(kConnectionsMax, state.range(0)); ++i) {
    auto connection =
        Http2Connection::Open({absl::StrCat("127.0.0.1:", port), Directory() + "/server.pem", "", ""});
    if (!connection.ok()) return state.SkipWithError("not connected");
    connections.push_back(*std::move(connection));
  }
  Caller caller(std::move(connections), state.range(0));
  caller.Run(1000);
  constexpr int64_t kCalls = 1000;
  for (auto _ : state) caller.Run(kCalls);
  if (caller.failed()) state.SkipWithError("a call failed");
  state.SetItemsProcessed(state.iterations() * kCalls);
  server->Shutdown();
}
BENCHMARK(GrpcTlsEcho)->Arg(1)->Arg(64)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace fundledger::bench

BENCHMARK_MAIN();
