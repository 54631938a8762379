#include "tests/integration/services/services_testing.h"

#include <cstdio>
#include <cstdlib>
#include <future>

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

#include "absl/strings/str_cat.h"

namespace fundledger::services_testing {
namespace {

void OrDie(const absl::Status& status) {
  if (status.ok()) return;
  (void)std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::abort();
}

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToText(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  (void)buffer.Dump(&slices);
  std::string text;
  for (const grpc::Slice& slice : slices)
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return text;
}

}  // namespace

WireError ErrorOf(const grpc::Status& status) {
  WireError error;
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return error;
  error.code = details.code();
  error.message = details.message();
  for (const auto& detail : details.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&info)) {
      error.reason = info.reason();
      error.domain = info.domain();
    } else if (detail.UnpackTo(&retry)) {
      error.retry_delay_ms = retry.retry_delay().seconds() * 1000 + retry.retry_delay().nanos() / 1'000'000;
    }
  }
  return error;
}

Ledgerd::Ledgerd(const std::function<void(server::Config*)>& change, const Wrap& wrap) {
  config.ledger = directory.Sub("ledger");
  config.log_key = "not read here";
  config.listen = "127.0.0.1:0";
  config.insecure_loopback = true;
  if (change) change(&config);
  auto engine = world.CreateAndOpen(config.ledger);
  OrDie(engine.status());
  if (wrap) *engine = wrap(&world, *std::move(engine));
  auto tls = server::LoadTls(config);
  OrDie(tls.status());
  auto listening = server::Server::Listen(config, *std::move(tls), *std::move(engine));
  OrDie(listening.status());
  server = *std::move(listening);
  channel = Dial();
}

std::shared_ptr<grpc::Channel> Ledgerd::Dial(std::shared_ptr<grpc::ChannelCredentials> credentials) const {
  grpc::ChannelArguments arguments;
  // Connections of one process are shared otherwise, and with them what another test proved of itself.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxSendMessageSize(-1);
  return grpc::CreateCustomChannel(server->address(),
                                   credentials ? credentials : grpc::InsecureChannelCredentials(), arguments);
}

grpc::Status Ledgerd::Submit(const std::string& envelope, v1::SubmitResponse* response) {
  grpc::ClientContext context;
  v1::SubmitRequest request;
  request.set_envelope(envelope);
  return v1::LedgerService::NewStub(channel)->Submit(&context, request, response);
}

v1::Receipt Ledgerd::Register(const std::string& organization) {
  v1::SubmitResponse response;
  const grpc::Status status =
      Submit(world.Seal(world.Register(*server->engine().view(), organization)), &response);
  OrDie(absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message()));
  return response.receipt();
}

grpc::Status CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::string& request, std::string* response) {
  grpc::ClientContext context;
  const grpc::ByteBuffer sent = ToBuffer(request);
  grpc::ByteBuffer received;
  std::promise<grpc::Status> answer;
  grpc::GenericStub(channel).UnaryCall(
      &context, method, {}, &sent, &received,
      [&answer](grpc::Status status) { answer.set_value(std::move(status)); });
  grpc::Status status = answer.get_future().get();
  if (status.ok()) *response = ToText(received);
  return status;
}

std::string HealthOf(const std::shared_ptr<grpc::Channel>& channel, const std::string& service) {
  // HealthCheckRequest{service = 1}; HealthCheckResponse{status = 1: SERVING = 1, NOT_SERVING = 2}.
  const std::string request =
      service.empty() ? "" : absl::StrCat("\x0a", std::string(1, static_cast<char>(service.size())), service);
  std::string response;
  const grpc::Status status = CallRaw(channel, "/grpc.health.v1.Health/Check", request, &response);
  if (!status.ok()) return absl::StrCat("error ", status.error_code());
  if (response == "\x08\x01") return "SERVING";
  if (response == "\x08\x02") return "NOT_SERVING";
  return "other";
}

void OpenSsl(const std::string& arguments) {
  const std::string command = absl::StrCat("openssl ", arguments, " >/dev/null 2>&1");
  if (std::system(command.c_str()) == 0) return;
  (void)std::fprintf(stderr, "failed: %s\n", command.c_str());
  std::abort();
}

}  // namespace fundledger::services_testing
