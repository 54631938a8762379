#include "tests/bench/load.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <grpcpp/client_context.h>

#include "clients/sdk/rpc_status.h"
#include "fundledger/v1/audit_service.grpc.pb.h"
#include "fundledger/v1/fund_service.grpc.pb.h"
#include "fundledger/v1/ledger_service.grpc.pb.h"
#include "fundledger/v1/project_service.grpc.pb.h"
#include "ledger/base/status.h"
#include "tests/bench/percentiles.h"

#include "absl/strings/str_cat.h"

namespace fundledger::bench {
namespace {

using Json = nlohmann::ordered_json;

std::string RunName() {
  return absl::StrCat(SystemClockMicros());
}

// What all clients of a run share.
struct Run {
  Run(const County& c, const LoadOptions& o, Standing s, std::vector<std::shared_ptr<grpc::Channel>> ch,
      log::NoteVerifier log)
      : county(c), options(o), standing(std::move(s)), channels(std::move(ch)), receipts(std::move(log)) {}

  const County& county;
  const LoadOptions& options;
  const Standing standing;
  const std::vector<std::shared_ptr<grpc::Channel>> channels;
  ReceiptChecker receipts;
  int64_t end_ns = 0;
  std::atomic<int> running = 0;
  std::promise<void> finished;
  std::mutex mutex;
  std::string error;  // the first; under mutex

  void Fail(const std::string& what) {
    std::lock_guard lock(mutex);
    if (error.empty()) error = what;
  }
  void End() {
    if (--running == 0) finished.set_value();
  }
  Standing Now() const {
    Standing now = standing;
    now.now_us = SystemClockMicros();
    return now;
  }
};

absl::StatusOr<std::unique_ptr<Run>> Begin(const County& county, const LoadOptions& options) {
  ASSIGN_OR_RETURN(log::NoteVerifier log, log::NoteVerifier::Parse(county.verifier_key()));
  auto channels = Connect(options.remote, county);
  // Connected before the clock runs.
  std::optional<Standing> standing;
  for (const auto& channel : channels) {
    ASSIGN_OR_RETURN(standing, Greet(channel, log));
  }
  return std::make_unique<Run>(county, options, *std::move(standing), std::move(channels), std::move(log));
}

// One client in a closed loop. Its calls follow one another, so nothing here needs a lock.
class Client {
 public:
  Client(Run* run, size_t number, double query_share, const std::string& name)
      : run_(*run),
        query_share_(query_share),
        requester_(number % run->county.requesters().size()),
        desk_(run->county, absl::StrCat(name, ".", number)),
        ledger_(v1::LedgerService::NewStub(run->channels[number % run->channels.size()])),
        funds_(v1::FundService::NewStub(run->channels[number % run->channels.size()])),
        projects_(v1::ProjectService::NewStub(run->channels[number % run->channels.size()])),
        audit_(v1::AuditService::NewStub(run->channels[number % run->channels.size()])) {}

  void Next() {
    if (NowNs() >= run_.end_ns || failed_) return run_.End();
    context_ = std::make_unique<grpc::ClientContext>();
    const bool query = query_share_ > 0 && desk_.Below(1'000'000) < query_share_ * 1e6;
    query ? Query() : Submit();
  }

  Latencies begun_to_checked, queries;
  std::map<std::string, Latencies> by_query;

 private:
  void Submit() {
    begun_ns_ = NowNs();
    request_.set_envelope(Seal(desk_.Payments(requester_, run_.Now(), 1)));
    ledger_->async()->Submit(context_.get(), &request_, &response_, [this](grpc::Status status) {
      const int64_t answered_ns = NowNs();
      const absl::Status checked =
          status.ok() ? run_.receipts.Check(response_.receipt(), request_.envelope()) : sdk::FromGrpc(status);
      if (!checked.ok()) {
        failed_ = true;
        run_.Fail(checked.ToString());
      } else if (answered_ns < run_.end_ns) {
        begun_to_checked.Add(NowNs() - begun_ns_);
      }
      Next();
    });
  }

  template <typename Response>
  auto Answered(std::string kind, std::shared_ptr<Response> response) {
    return [this, kind = std::move(kind), response = std::move(response)](grpc::Status status) {
      const int64_t answered_ns = NowNs();
      if (!status.ok()) {
        failed_ = true;
        run_.Fail(absl::StrCat(kind, ": ", sdk::FromGrpc(status).ToString()));
      } else if (answered_ns < run_.end_ns) {
        queries.Add(answered_ns - begun_ns_);
        by_query[kind].Add(answered_ns - begun_ns_);
      }
      Next();
    };
  }

  void Query() {
    begun_ns_ = NowNs();
    const CountyOptions& options = run_.county.options();
    switch (desk_.Below(4)) {
      case 0: {
        statement_.set_fund(run_.county.FundId(desk_.Below(options.funds)));
        statement_.set_page_size(100);
        auto response = std::make_shared<v1::GetStatementResponse>();
        return funds_->async()->GetStatement(context_.get(), &statement_, response.get(),
                                             Answered("statement", response));
      }
      case 1: {
        project_.set_project(run_.county.ProjectId(desk_.Below(options.projects)));
        auto response = std::make_shared<v1::GetProjectResponse>();
        return projects_->async()->GetProject(context_.get(), &project_, response.get(),
                                              Answered("project", response));
      }
      case 2: {
        trail_.set_dimension(v1::TRAIL_DIMENSION_PROJECT);
        trail_.set_id(run_.county.ProjectId(desk_.Below(options.projects)));
        trail_.set_page_size(20);
        auto response = std::make_shared<v1::ListTrailResponse>();
        return audit_->async()->ListTrail(context_.get(), &trail_, response.get(),
                                          Answered("trail", response));
      }
      default: {
        record_.set_sequence(desk_.random()() % run_.standing.seen.size());
        auto response = std::make_shared<v1::GetRecordResponse>();
        return audit_->async()->GetRecord(context_.get(), &record_, response.get(),
                                          Answered("record", response));
      }
    }
  }

  Run& run_;
  const double query_share_;
  const size_t requester_;
  Desk desk_;
  std::unique_ptr<v1::LedgerService::Stub> ledger_;
  std::unique_ptr<v1::FundService::Stub> funds_;
  std::unique_ptr<v1::ProjectService::Stub> projects_;
  std::unique_ptr<v1::AuditService::Stub> audit_;
  std::unique_ptr<grpc::ClientContext> context_;
  v1::SubmitRequest request_;
  v1::SubmitResponse response_;
  v1::GetStatementRequest statement_;
  v1::GetProjectRequest project_;
  v1::ListTrailRequest trail_;
  v1::GetRecordRequest record_;
  int64_t begun_ns_ = 0;
  bool failed_ = false;
};

// All clients in their loops until the time is over and the last answer is in.
absl::StatusOr<std::vector<std::unique_ptr<Client>>> RunClients(Run* run, double query_share,
                                                                const std::string& name) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < run->options.clients; ++i) {
    clients.push_back(std::make_unique<Client>(run, static_cast<size_t>(i), query_share, name));
  }
  run->running = run->options.clients;
  run->end_ns = NowNs() + static_cast<int64_t>(run->options.seconds * 1e9);
  for (const auto& client : clients) client->Next();
  run->finished.get_future().wait();
  if (!run->error.empty()) return absl::InternalError(run->error);
  return clients;
}

}  // namespace

absl::StatusOr<Json> RunMixed(const County& county, const LoadOptions& options, double query_share) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Run> run, Begin(county, options));
  ASSIGN_OR_RETURN(const auto clients, RunClients(run.get(), query_share, RunName()));
  Latencies queries;
  Latencies submissions;
  std::map<std::string, Latencies> by_query;
  for (const auto& client : clients) {
    queries.Add(client->queries);
    submissions.Add(client->begun_to_checked);
    for (const auto& [kind, latencies] : client->by_query) by_query[kind].Add(latencies);
  }
  Json json = {{"clients", options.clients},
               {"query_share", query_share},
               {"queries_per_s", static_cast<double>(queries.count()) / options.seconds},
               {"submissions_per_s", static_cast<double>(submissions.count()) / options.seconds},
               {"queries", queries.Json()},
               {"submissions", submissions.Json()}};
  for (auto& [kind, latencies] : by_query) json["by_query"][kind] = latencies.Json();
  return json;
}

namespace {

// A window of bulk submissions, signed as they go out and checked as they are answered.
class Bulk {
 public:
  Bulk(Run* run, bool allocations, int size)
      : run_(*run), allocations_(allocations), size_(size), desk_(run->county, RunName()) {}

  // The next envelope; empty when the time is over.
  std::string Next() {
    if (NowNs() >= run_.end_ns) return "";
    Standing now = run_.Now();
    if (allocations_) return Seal(desk_.Allocations(Turn(run_.county.options().clerks), now, size_));
    return Seal(desk_.Payments(Turn(static_cast<int>(run_.county.requesters().size())), now, size_));
  }
  void Count(const absl::Status& checked, int64_t sent_ns) {
    std::lock_guard lock(run_.mutex);
    if (!checked.ok() && run_.error.empty()) run_.error = checked.ToString();
    last_ns_ = NowNs();
    if (checked.ok()) latencies_.Add(last_ns_ - sent_ns);
  }
  Json Result(int64_t begun_ns, std::string_view how) {
    const double seconds = static_cast<double>(last_ns_ - begun_ns) / 1e9;
    return {{"how", how},
            {"actions_per_submission", size_},
            {"in_flight", run_.options.clients},
            {"actions_per_s", static_cast<double>(latencies_.count()) * size_ / seconds},
            {"answered", latencies_.Json()}};
  }

 private:
  size_t Turn(int count) { return static_cast<size_t>(next_++ % count); }

  Run& run_;
  const bool allocations_;
  const int size_;
  Desk desk_;
  int next_ = 0;
  Latencies latencies_;
  int64_t last_ns_ = 0;
};

// One stream; false if the server knows no such call.
absl::StatusOr<bool> BulkOverStream(Run* run, Bulk* bulk) {
  grpc::ClientContext context;
  const auto stub = v1::LedgerService::NewStub(run->channels[0]);
  const auto stream = stub->SubmitStream(&context);
  std::mutex mutex;
  std::condition_variable changed;
  std::map<uint64_t, std::pair<std::string, int64_t>> in_flight;
  bool broken = false;
  std::thread reader([&] {
    v1::SubmitStreamResponse response;
    while (stream->Read(&response)) {
      std::pair<std::string, int64_t> sent;
      {
        std::lock_guard lock(mutex);
        sent = std::move(in_flight[response.index()]);
        in_flight.erase(response.index());
        changed.notify_one();
      }
      bulk->Count(response.has_receipt() ? run->receipts.Check(response.receipt(), sent.first)
                                         : absl::InternalError(response.error().message()),
                  sent.second);
    }
    std::lock_guard lock(mutex);
    broken = true;
    changed.notify_one();
  });
  v1::SubmitStreamRequest request;
  for (uint64_t index = 0;; ++index) {
    const int64_t begun_ns = NowNs();
    std::string envelope = bulk->Next();
    std::unique_lock lock(mutex);
    changed.wait(lock,
                 [&] { return broken || in_flight.size() < static_cast<size_t>(run->options.clients); });
    if (envelope.empty() || broken) break;
    request.set_envelope(envelope);
    in_flight[index] = {std::move(envelope), begun_ns};
    lock.unlock();
    if (!stream->Write(request)) break;
  }
  stream->WritesDone();
  reader.join();
  const grpc::Status status = stream->Finish();
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) return false;
  if (!status.ok()) return sdk::FromGrpc(status);
  return true;
}

void BulkByCalls(Run* run, Bulk* bulk) {
  std::mutex writing;
  std::vector<std::thread> threads;
  for (int i = 0; i < run->options.clients; ++i) {
    threads.emplace_back([&, i] {
      const auto stub =
          v1::LedgerService::NewStub(run->channels[static_cast<size_t>(i) % run->channels.size()]);
      while (true) {
        v1::SubmitRequest request;
        const int64_t begun_ns = NowNs();
        {
          std::lock_guard lock(writing);
          request.set_envelope(bulk->Next());
        }
        if (request.envelope().empty()) return;
        grpc::ClientContext context;
        v1::SubmitResponse response;
        const grpc::Status status = stub->Submit(&context, request, &response);
        bulk->Count(
            status.ok() ? run->receipts.Check(response.receipt(), request.envelope()) : sdk::FromGrpc(status),
            begun_ns);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

absl::StatusOr<Json> RunBulk(const County& county, const LoadOptions& options, bool allocations, int size) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Run> run, Begin(county, options));
  const int64_t begun_ns = NowNs();
  run->end_ns = begun_ns + static_cast<int64_t>(options.seconds * 1e9);
  Bulk bulk(run.get(), allocations, size);
  ASSIGN_OR_RETURN(const bool streamed, BulkOverStream(run.get(), &bulk));
  if (!streamed) BulkByCalls(run.get(), &bulk);
  if (!run->error.empty()) return absl::InternalError(run->error);
  return bulk.Result(begun_ns, streamed ? "one SubmitStream" : "calls of Submit");
}

}  // namespace fundledger::bench
