// A server over a little log, on a port of its own, and a client that is connected to it.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "clients/sdk/client.h"
#include "tests/unit/clients/sdk/little_log.h"

namespace fundledger::sdk {

// A fixture that answers for the services a client greets with; tests override what they are about.
class LittleServer : public testing::Test,
                     public v1::LedgerService::Service,
                     public v1::AuditService::Service,
                     public v1::FundService::Service,
                     public v1::RegistryService::Service {
 protected:
  ~LittleServer() override { StopServing(); }

  // Ends all calls. For the destructor of a class whose own members the answers need.
  void StopServing() {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
  }

  // Serves log_, which has at least one record, and connects client_. To be called at the end of the
  // constructor of the class that overrides the answers, not before.
  void Serve(const ClientOptions& options = {.patience_ms = 20'000, .first_patience_ms = 20'000}) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(static_cast<v1::LedgerService::Service*>(this));
    builder.RegisterService(static_cast<v1::AuditService::Service*>(this));
    builder.RegisterService(static_cast<v1::FundService::Service*>(this));
    builder.RegisterService(static_cast<v1::RegistryService::Service*>(this));
    ClientConfig config;
    config.path = directory_ / "client.toml";
    config.ledger = log_.leaf(0);
    config.log = log_.Verifier();
    config.verifier_key = log::VerifierKey("log.example", log_.key().public_key());
    verifier_key_ = config.verifier_key;
    server_ = builder.BuildAndStart();
    config.server = "127.0.0.1:" + std::to_string(port);
    auto client = Client::Connect(config, options);
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
  }

  grpc::Status GetLedger(grpc::ServerContext*, const v1::GetLedgerRequest*,
                         v1::GetLedgerResponse* out) override {
    out->set_ledger(log_.leaf(0).str());
    out->set_verifier_key(verifier_key_);
    out->set_checkpoint(log_.Note(log_.size()));
    out->mutable_first_day()->set_year(2020);
    out->mutable_first_day()->set_month(1);
    out->mutable_first_day()->set_day(1);
    return grpc::Status::OK;
  }
  grpc::Status GetConsistencyProof(grpc::ServerContext*, const v1::GetConsistencyProofRequest* in,
                                   v1::GetConsistencyProofResponse* out) override {
    const auto proof = log_.Fetcher().consistency(in->old_size(), in->new_size());
    for (const Hash256& hash : *proof) out->add_consistency(hash.str());
    return grpc::Status::OK;
  }

  TestDirectory directory_;
  LittleLog log_;
  std::string verifier_key_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Client> client_;
};

}  // namespace fundledger::sdk
