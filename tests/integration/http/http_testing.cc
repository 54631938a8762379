#include "tests/integration/http/http_testing.h"

#include "tests/support/wire.h"

#include <nlohmann/json.hpp>

namespace fundledger::http_testing {

using test_support::HostOf;
using test_support::PortOf;

std::unique_ptr<httplib::Client> Dial(const std::string& address) {
  auto client = std::make_unique<httplib::Client>(HostOf(address), PortOf(address));
  client->set_keep_alive(true);
  return client;
}

std::unique_ptr<httplib::SSLClient> DialTls(const std::string& address,
                                            const services_testing::Certificates& tls,
                                            const std::string& name, const std::string& authority) {
  auto client = name.empty()
                    ? std::make_unique<httplib::SSLClient>(HostOf(address), PortOf(address))
                    : std::make_unique<httplib::SSLClient>(HostOf(address), PortOf(address),
                                                           tls.Path(name + ".pem"), tls.Path(name + ".key"));
  client->set_ca_cert_path(tls.Path(authority + ".pem"));
  client->enable_server_certificate_verification(true);
  client->set_keep_alive(true);
  return client;
}

std::string ReasonOf(const httplib::Result& result) {
  if (!result) return "no answer: " + httplib::to_string(result.error());
  const auto json = nlohmann::json::parse(result->body, nullptr, false);
  return json.is_object() ? json.value("reason", "") : "";
}

}  // namespace fundledger::http_testing
