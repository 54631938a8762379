// Certificate authorities and certificates, made with OpenSSL's command, for one test.
//
//   Certificates tls;                       // with the authority "ca" and the server's certificate "server"
//   tls.MakeOfficer("clerk");
//   Ledgerd ledgerd([&](server::Config* config) { tls.Configure(config); });
//   auto channel = ledgerd.Dial(tls.Show("clerk"));
#pragma once

#include <memory>
#include <string>

#include <grpcpp/security/credentials.h>

#include "services/server/config.h"
#include "tests/support/world.h"

namespace fundledger::services_testing {

class Certificates {
 public:
  Certificates();

  std::string Path(const std::string& name) const { return directory_.Sub(name); }
  std::string Read(const std::string& file) const;

  // NAME.pem and NAME.key, of an authority.
  void MakeAuthority(const std::string& name) const;
  // NAME.pem and NAME.key, signed by an authority; `names` are its alternative names.
  void Make(const std::string& name, const std::string& names, const std::string& authority = "ca",
            const std::string& days = "2") const;
  void MakeServer(const std::string& name, const std::string& authority = "ca") const;
  void MakeOfficer(const std::string& id, const std::string& authority = "ca") const;

  // A server with the certificate "server" that takes clients by `client_ca`.
  void Configure(server::Config* config, const std::string& client_ca = "ca") const;
  // A client that shows the certificate `name`, or none if that is empty, and trusts servers by `authority`.
  std::shared_ptr<grpc::ChannelCredentials> Show(const std::string& name,
                                                 const std::string& authority = "ca") const;

 private:
  test_support::TemporaryDirectory directory_;
};

}  // namespace fundledger::services_testing
