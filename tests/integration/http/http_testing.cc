#include "tests/integration/http/http_testing.h"

#include <array>
#include <cstdlib>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace fundledger::http_testing {
namespace {

int PortOf(const std::string& address) {
  return std::atoi(address.substr(address.rfind(':') + 1).c_str());
}

std::string HostOf(const std::string& address) {
  return address.substr(0, address.rfind(':'));
}

}  // namespace

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

Wire::Wire(const std::string& address) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(PortOf(address)));
  EXPECT_EQ(::inet_pton(AF_INET, HostOf(address).c_str(), &to.sin_addr), 1);
  EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
}

Wire::~Wire() {
  ::close(socket_);
}

void Wire::Send(const std::string& bytes) const {
  EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

void Wire::TrySend(const std::string& bytes) const {
  (void)!::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

std::string Wire::ReadUntil(const std::string& end) const {
  std::string all;
  // A byte at a time, so that nothing behind `end` is taken.
  std::array<char, 65536> bytes{};
  const size_t step = end.empty() ? bytes.size() : 1;
  ssize_t read = 1;
  while (read > 0 && (end.empty() || !all.ends_with(end))) {
    read = ::recv(socket_, bytes.data(), step, 0);
    if (read > 0) all.append(bytes.data(), static_cast<size_t>(read));
  }
  return all;
}

}  // namespace fundledger::http_testing
