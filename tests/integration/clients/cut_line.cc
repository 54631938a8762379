#include "tests/integration/clients/cut_line.h"

#include <mutex>
#include <utility>

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include "clients/sdk/channel.h"
#include "fundledger/v1/ledger_service.grpc.pb.h"
#include "ledger/base/clock.h"
#include "tests/integration/clients/process.h"

namespace fundledger::clients_testing {
namespace {

std::shared_ptr<grpc::Channel> ChannelTo(const std::filesystem::path& county, const std::string& address,
                                         const std::string& officer) {
  auto config = sdk::LoadConfig(county / "client.toml");
  EXPECT_TRUE(config.ok()) << config.status();
  config->server = address;
  sdk::Passphrases none;
  const auto identity = sdk::ReadIdentity(*config, officer, SystemClockMicros() / 1'000'000, &none);
  EXPECT_TRUE(identity.ok()) << identity.status();
  auto channel = sdk::OpenChannel(*config, identity->get());
  EXPECT_TRUE(channel.ok()) << channel.status();
  return *channel;
}

template <typename Message>
Message Read(grpc::ByteBuffer* from) {
  Message message;
  EXPECT_TRUE(grpc::SerializationTraits<Message>::Deserialize(from, &message).ok());
  return message;
}

template <typename Message>
grpc::ByteBuffer Written(const Message& message) {
  grpc::ByteBuffer buffer;
  bool owned = false;
  EXPECT_TRUE(grpc::SerializationTraits<Message>::Serialize(message, &buffer, &owned).ok());
  return buffer;
}

}  // namespace

class CutLine::Service : public grpc::CallbackGenericService {
 public:
  explicit Service(std::shared_ptr<grpc::Channel> channel)
      : stub_(channel), ledger_(v1::LedgerService::NewStub(std::move(channel))) {}

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    return new Call(this, context->method());
  }

  void CutAt(const std::string& method, bool passed_on, int answered) {
    const std::lock_guard lock(mutex_);
    method_ = method;
    passed_on_ = passed_on;
    answered_ = answered;
    cut_ = false;
  }
  void Say(grpc::Status status) {
    const std::lock_guard lock(mutex_);
    said_ = std::move(status);
  }

 private:
  enum class Do { kAnswer, kPassOn, kNothing };

  Do Next(const std::string& method) {
    const std::lock_guard lock(mutex_);
    if (cut_) return Do::kNothing;
    if (method_.empty() || !method.ends_with("/" + method_)) return Do::kAnswer;
    if (answered_-- > 0) return Do::kAnswer;
    cut_ = true;
    return passed_on_ ? Do::kPassOn : Do::kNothing;
  }

  // One call, or one stream of submissions.
  class Call : public grpc::ServerGenericBidiReactor {
   public:
    Call(Service* service, std::string method) : service_(service), method_(std::move(method)) {
      StartRead(&request_);
    }
    void OnReadDone(bool ok) override {
      if (!ok) return Finish(grpc::Status::OK);
      const Do what = service_->Next(method_);
      if (what == Do::kNothing) return Finish(Cut());
      if (method_.ends_with("/SubmitStream")) return SubmitOne(what == Do::kAnswer);
      service_->stub_.UnaryCall(&context_, method_, {}, &request_, &response_,
                                [this, what](const grpc::Status& status) {
                                  if (what == Do::kPassOn) return Finish(Cut());
                                  if (!status.ok()) return Finish(status);
                                  StartWriteAndFinish(&response_, {}, status);
                                });
    }
    void OnWriteDone(bool ok) override {
      if (ok && method_.ends_with("/SubmitStream")) StartRead(&request_);
    }
    void OnDone() override { delete this; }

   private:
    grpc::Status Cut() {
      const std::lock_guard lock(service_->mutex_);
      return service_->said_;
    }
    void SubmitOne(bool answers) {
      v1::SubmitRequest request;
      request.set_envelope(Read<v1::SubmitStreamRequest>(&request_).envelope());
      v1::SubmitResponse recorded;
      grpc::ClientContext context;
      const grpc::Status status = service_->ledger_->Submit(&context, request, &recorded);
      if (!status.ok() || !answers) return Finish(status.ok() ? Cut() : status);
      v1::SubmitStreamResponse response;
      response.set_index(index_++);
      *response.mutable_receipt() = recorded.receipt();
      response_ = Written(response);
      StartWrite(&response_);
    }

    Service* const service_;
    const std::string method_;
    grpc::ClientContext context_;
    grpc::ByteBuffer request_;
    grpc::ByteBuffer response_;
    uint64_t index_ = 0;
  };

  grpc::GenericStub stub_;
  std::unique_ptr<v1::LedgerService::Stub> ledger_;
  std::mutex mutex_;  // guards what follows
  std::string method_;
  bool passed_on_ = false;
  int answered_ = 0;
  bool cut_ = false;
  grpc::Status said_{grpc::StatusCode::UNAVAILABLE, "the line is cut"};
};

CutLine::CutLine(const std::filesystem::path& county, const std::string& address, const std::string& officer)
    : service_(std::make_unique<Service>(ChannelTo(county, address, officer))) {
  grpc::SslServerCredentialsOptions tls;
  tls.pem_key_cert_pairs.push_back({ReadAll(county / "server-tls.key"), ReadAll(county / "server.pem")});
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(tls), &port);
  builder.RegisterCallbackGenericService(service_.get());
  server_ = builder.BuildAndStart();
  address_ = "127.0.0.1:" + std::to_string(port);
}

CutLine::~CutLine() {
  server_->Shutdown();
}

void CutLine::CutAt(const std::string& method, bool passed_on, int answered) {
  service_->CutAt(method, passed_on, answered);
}

void CutLine::Say(grpc::Status status) {
  service_->Say(std::move(status));
}

}  // namespace fundledger::clients_testing
