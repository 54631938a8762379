#include "tests/integration/services/certificates.h"

#include <fstream>
#include <sstream>

#include "tests/integration/services/services_testing.h"

#include "absl/strings/str_cat.h"

namespace fundledger::services_testing {
namespace {

constexpr char kNewKey[] = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

}  // namespace

Certificates::Certificates() {
  MakeAuthority("ca");
  MakeServer("server");
}

std::string Certificates::Read(const std::string& file) const {
  std::ostringstream text;
  text << std::ifstream(Path(file)).rdbuf();
  return text.str();
}

void Certificates::MakeAuthority(const std::string& name) const {
  OpenSsl(absl::StrCat("req -x509 ", kNewKey, " -days 2 -subj /CN=", name, " -keyout ", Path(name + ".key"),
                       " -out ", Path(name + ".pem")));
}

void Certificates::Make(const std::string& name, const std::string& names, const std::string& authority,
                        const std::string& days) const {
  std::ofstream(Path("extensions")) << (names.empty() ? "" : "subjectAltName=" + names + "\n")
                                    << "basicConstraints=CA:FALSE\n";
  OpenSsl(absl::StrCat("req ", kNewKey, " -subj /CN=", name, " -keyout ", Path(name + ".key"), " -out ",
                       Path(name + ".csr")));
  OpenSsl(absl::StrCat("x509 -req -in ", Path(name + ".csr"), " -CA ", Path(authority + ".pem"), " -CAkey ",
                       Path(authority + ".key"), " -CAcreateserial -days ", days, " -extfile ",
                       Path("extensions"), " -out ", Path(name + ".pem")));
}

void Certificates::MakeServer(const std::string& name, const std::string& authority) const {
  Make(name, "IP:127.0.0.1,DNS:localhost", authority);
}

void Certificates::MakeOfficer(const std::string& id, const std::string& authority) const {
  Make(id, "URI:urn:fundledger:officer:" + id, authority);
}

void Certificates::Configure(server::Config* config, const std::string& client_ca) const {
  config->insecure_loopback = false;
  config->tls_certificate = Path("server.pem");
  config->tls_key = Path("server.key");
  config->tls_client_ca = Path(client_ca + ".pem");
}

std::shared_ptr<grpc::ChannelCredentials> Certificates::Show(const std::string& name,
                                                             const std::string& authority) const {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = Read(authority + ".pem");
  if (!name.empty()) {
    options.pem_cert_chain = Read(name + ".pem");
    options.pem_private_key = Read(name + ".key");
  }
  return grpc::SslCredentials(options);
}

}  // namespace fundledger::services_testing
