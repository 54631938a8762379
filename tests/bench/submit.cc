// Submissions of one action: a closed loop, and a flood.
#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include <grpcpp/support/status.h>

#include "clients/sdk/rpc_status.h"
#include "fundledger/v1/ledger_service.pb.h"
#include "ledger/base/clock.h"
#include "ledger/base/status.h"
#include "tests/bench/http2.h"
#include "tests/bench/load.h"
#include "tests/bench/percentiles.h"

#include "absl/strings/str_cat.h"

namespace fundledger::bench {
namespace {

using Json = nlohmann::ordered_json;

// Of the load driver: as many as there are cores, since clients sign and check.
constexpr size_t kThreads = 2;
// A flood's answers may take so long after its last call.
constexpr double kPatienceSeconds = 30;
constexpr double kWarmingSeconds = 1;
// What of a flood is due, and what came, is seen to so often: to wake up for each would take more than the
// calls.
constexpr std::chrono::microseconds kTick(500);

grpc::Status StatusOf(const RawAnswer& answer) {
  return {static_cast<grpc::StatusCode>(answer.code), answer.message, answer.details};
}

// Each a clerk's, in turn: what one officer sends a second is limited.
absl::StatusOr<std::vector<std::unique_ptr<Http2Connection>>> OpenConnections(const RemoteOptions& remote,
                                                                              const County& county) {
  std::vector<std::unique_ptr<Http2Connection>> connections;
  for (int i = 0; i < remote.connections; ++i) {
    const Officer& clerk = county.requesters()[static_cast<size_t>(i % county.options().clerks)];
    const std::string own = remote.certificates + "/" + clerk.id;
    ASSIGN_OR_RETURN(connections.emplace_back(),
                     Http2Connection::Open({remote.server, remote.ca, own + ".pem", own + ".key"}));
  }
  return connections;
}

// What all clients of a run share.
struct Run {
  Run(const County& c, Standing s, log::NoteVerifier log)
      : county(c), standing(std::move(s)), receipts(std::move(log)) {}

  const County& county;
  const Standing standing;
  ReceiptChecker receipts;
  int64_t end_ns = 0;
  std::mutex mutex;
  absl::Status error;  // the first; under mutex

  void Fail(const absl::Status& status) {
    std::lock_guard lock(mutex);
    if (error.ok()) error = status;
  }
  Standing Now() const {
    Standing now = standing;
    now.now_us = SystemClockMicros();
    return now;
  }
  // What is answered counts once its receipt is checked.
  absl::Status Check(const RawAnswer& answer, const std::string& envelope) {
    if (answer.code != grpc::StatusCode::OK) return sdk::FromGrpc(StatusOf(answer));
    v1::SubmitResponse response;
    if (!response.ParseFromString(answer.body)) return absl::DataLossError("an answer cannot be read");
    return receipts.Check(response.receipt(), envelope);
  }
};

absl::StatusOr<std::unique_ptr<Run>> Begin(const County& county, const RemoteOptions& remote) {
  ASSIGN_OR_RETURN(log::NoteVerifier log, log::NoteVerifier::Parse(county.verifier_key()));
  RemoteOptions one = remote;
  one.connections = 1;
  ASSIGN_OR_RETURN(Standing standing, Greet(Connect(one, county).front(), log));
  return std::make_unique<Run>(county, std::move(standing), std::move(log));
}

// One client in a closed loop, on one connection. Of that connection's thread.
class Client {
 public:
  Client(Run* run, Http2Connection* connection, size_t number, const std::string& session)
      : run_(*run),
        connection_(*connection),
        requester_(number % run->county.requesters().size()),
        desk_(run->county, absl::StrCat(session, ".", number)) {}

  void Next() {
    begun_ns_ = NowNs();
    is_running_ = begun_ns_ < run_.end_ns;
    if (!is_running_) return;
    request_.set_envelope(Seal(desk_.Payments(requester_, run_.Now(), 1)));
    sent_ns_ = NowNs();
    const absl::Status begun = connection_.Begin(kSubmit, request_.SerializeAsString(),
                                                 [this](const RawAnswer& answer) { Answered(answer); });
    if (!begun.ok()) Fail(begun);
  }
  bool is_running() const { return is_running_; }

  Latencies begun_to_checked, sent_to_answered;

 private:
  void Answered(const RawAnswer& answer) {
    const int64_t answered_ns = NowNs();
    if (const absl::Status checked = run_.Check(answer, request_.envelope()); !checked.ok()) {
      return Fail(checked);
    }
    if (answered_ns < run_.end_ns) {
      sent_to_answered.Add(answered_ns - sent_ns_);
      begun_to_checked.Add(NowNs() - begun_ns_);
    }
    Next();
  }
  void Fail(const absl::Status& status) {
    is_running_ = false;
    run_.Fail(status);
  }

  Run& run_;
  Http2Connection& connection_;
  const size_t requester_;
  Desk desk_;
  v1::SubmitRequest request_;
  int64_t begun_ns_ = 0;
  int64_t sent_ns_ = 0;
  bool is_running_ = false;
};

// Its connections and their clients, until the time is over and the last answer is in.
void DriveClients(Run* run, const std::vector<Http2Connection*>& connections,
                  const std::vector<Client*>& clients) {
  for (Client* client : clients) client->Next();
  const absl::Status driven = Drive(connections, [&clients] {
    return std::any_of(clients.begin(), clients.end(), [](const Client* c) { return c->is_running(); });
  });
  if (!driven.ok()) run->Fail(driven);
}

// Signed before the clock runs.
std::vector<v1::SubmitRequest> SignedRequests(const Run& run, size_t count) {
  std::vector<v1::SubmitRequest> requests(count);
  const std::string session = absl::StrCat(SystemClockMicros());
  const auto sign = [&](size_t first) {
    Desk desk(run.county, absl::StrCat(session, ".", first));
    for (size_t i = first; i < count; i += kThreads) {
      requests[i].set_envelope(Seal(desk.Payments(i % run.county.requesters().size(), run.Now(), 1)));
    }
  };
  std::vector<std::future<void>> parts;
  for (size_t i = 0; i < kThreads; ++i) parts.push_back(std::async(std::launch::async, sign, i));
  for (std::future<void>& part : parts) part.get();
  return requests;
}

struct FloodCall {
  int64_t sent_ns = 0;
  int64_t took_ns = 0;
  RawAnswer answer;
};
struct Flood {
  std::vector<FloodCall> calls;
  double sent_seconds = 0;  // from the first until the last was sent
  double seconds = 0;       // until the last was answered
};

// Sends `rate` of them a second, over the connections in turn, whatever comes back.
absl::StatusOr<Flood> SendFlood(const std::vector<std::unique_ptr<Http2Connection>>& connections,
                                const std::vector<v1::SubmitRequest>& requests, double rate) {
  Flood flood;
  flood.calls.resize(requests.size());
  const int64_t begun_ns = NowNs();
  const auto seconds = [begun_ns] { return static_cast<double>(NowNs() - begun_ns) / 1e9; };
  size_t sent = 0;
  size_t answered = 0;
  const auto send = [&](size_t i) {
    FloodCall* call = &flood.calls[i];
    call->sent_ns = NowNs();
    return connections[i % connections.size()]->Begin(kSubmit, requests[i].SerializeAsString(),
                                                      [&answered, call](RawAnswer answer) {
                                                        call->took_ns = NowNs() - call->sent_ns;
                                                        call->answer = std::move(answer);
                                                        ++answered;
                                                      });
  };
  while (answered < requests.size()) {
    const auto due = static_cast<size_t>(seconds() * rate) + 1;
    for (; sent < std::min(due, requests.size()); ++sent) {
      RETURN_IF_ERROR(send(sent));
      flood.sent_seconds = seconds();
    }
    for (const auto& connection : connections) RETURN_IF_ERROR(connection->Exchange());
    flood.seconds = seconds();
    if (sent == requests.size() && flood.seconds - flood.sent_seconds > kPatienceSeconds) {
      return absl::DeadlineExceededError(absl::StrCat(sent - answered, " calls were not answered"));
    }
    std::this_thread::sleep_for(kTick);
  }
  return flood;
}

absl::StatusOr<Json> RunFlood(const County& county, const LoadOptions& options, double rate) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Run> run, Begin(county, options.remote));
  ASSIGN_OR_RETURN(const auto connections, OpenConnections(options.remote, county));
  const auto requests = SignedRequests(*run, static_cast<size_t>(rate * options.seconds));
  ASSIGN_OR_RETURN(const Flood flood, SendFlood(connections, requests, rate));
  Latencies answered;
  Latencies refused;
  std::map<std::string, size_t> refusals;
  size_t with_delay = 0;
  for (size_t i = 0; i < flood.calls.size(); ++i) {
    const FloodCall& call = flood.calls[i];
    if (call.answer.code == grpc::StatusCode::OK) {
      answered.Add(call.took_ns);
      RETURN_IF_ERROR(run->Check(call.answer, requests[i].envelope()));
      continue;
    }
    refused.Add(call.took_ns);
    const grpc::Status status = StatusOf(call.answer);
    ++refusals[absl::StrCat(call.answer.code, " ", ReasonOf(sdk::FromGrpc(status)))];
    if (sdk::RetryDelayMs(status).has_value()) ++with_delay;
  }
  const auto count = static_cast<double>(flood.calls.size());
  return Json{{"asked_per_s", rate},
              {"sent_per_s", count / flood.sent_seconds},
              {"answered_per_s", static_cast<double>(answered.count()) / flood.seconds},
              {"refused_share", static_cast<double>(refused.count()) / count},
              {"refusals", refusals},
              {"refusals_with_retry_delay", with_delay},
              {"answered", answered.Json()},
              {"refused", refused.Json()}};
}

}  // namespace

absl::StatusOr<Json> RunSubmit(const County& county, const LoadOptions& options) {
  RemoteOptions remote = options.remote;
  remote.connections = std::min(remote.connections, options.clients);
  ASSIGN_OR_RETURN(const std::unique_ptr<Run> run, Begin(county, remote));
  ASSIGN_OR_RETURN(const auto connections, OpenConnections(remote, county));
  const std::string session = absl::StrCat(SystemClockMicros());
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<Http2Connection*> connections_of[kThreads];
  std::vector<Client*> clients_of[kThreads];
  for (size_t i = 0; i < connections.size(); ++i) {
    connections_of[i % kThreads].push_back(connections[i].get());
  }
  for (size_t i = 0; i < static_cast<size_t>(options.clients); ++i) {
    const size_t connection = i % connections.size();
    clients.push_back(std::make_unique<Client>(run.get(), connections[connection].get(), i, session));
    clients_of[connection % kThreads].push_back(clients.back().get());
  }
  run->end_ns = NowNs() + static_cast<int64_t>(options.seconds * 1e9);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] { DriveClients(run.get(), connections_of[i], clients_of[i]); });
  }
  for (std::thread& thread : threads) thread.join();
  RETURN_IF_ERROR(run->error);
  Latencies answered;
  Latencies checked;
  for (const auto& client : clients) {
    answered.Add(client->sent_to_answered);
    checked.Add(client->begun_to_checked);
  }
  return Json{{"clients", options.clients},
              {"seconds", options.seconds},
              {"submissions_per_s", static_cast<double>(checked.count()) / options.seconds},
              {"answered", answered.Json()},
              {"checked", checked.Json()}};
}

absl::StatusOr<Json> RunOverload(const County& county, const LoadOptions& options, double times) {
  // A daemon that has just started takes some tenths of a second until it keeps up.
  LoadOptions warming = options;
  warming.seconds = kWarmingSeconds;
  RETURN_IF_ERROR(RunSubmit(county, warming).status());
  ASSIGN_OR_RETURN(const Json capacity, RunSubmit(county, options));
  const double rate = times * capacity["submissions_per_s"].get<double>();
  ASSIGN_OR_RETURN(const Json flood, RunFlood(county, options, rate));
  return Json{{"capacity", capacity}, {"flood", flood}};
}

}  // namespace fundledger::bench
