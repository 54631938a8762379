// A line to a server that is cut at a call: from there on the client is told that nobody can be reached, or
// what else is to be said.
//
//   CutLine line(path("county"), address(), "township-1");
//   line.CutAt("GetConsistencyProof", false);
//   RunAt(line.address(), path("county/client.toml"), …);
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <grpcpp/server.h>
#include <grpcpp/support/status.h>

namespace fundledger::clients_testing {

class CutLine {
 public:
  // To the server at `address` of the ledger in `county`, which sees the connection as one of `officer`.
  CutLine(const std::filesystem::path& county, const std::string& address, const std::string& officer);
  ~CutLine();

  const std::string& address() const { return address_; }
  // At the first call of a method from now on, before or after it was passed on. Of SubmitStream each
  // submission is such a call, and `answered` of them are answered before.
  void CutAt(const std::string& method, bool passed_on, int answered = 0);
  // What is said from the cut on, as by the server itself.
  void Say(grpc::Status status);

 private:
  class Service;

  std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

}  // namespace fundledger::clients_testing
