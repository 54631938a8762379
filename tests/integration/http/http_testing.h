// Clients over HTTP: cpp-httplib's, and one of bytes for what no good client sends.
#pragma once

#include <memory>
#include <string>

#include <httplib.h>

#include "tests/integration/services/certificates.h"

namespace fundledger::http_testing {

// Of `address`, HOST:PORT, in the clear.
std::unique_ptr<httplib::Client> Dial(const std::string& address);
// Over TLS, showing the certificate `name`, or none if that is empty, and trusting servers by `authority`.
std::unique_ptr<httplib::SSLClient> DialTls(const std::string& address,
                                            const services_testing::Certificates& tls,
                                            const std::string& name, const std::string& authority = "ca");

// The reason that an answer's body gives; empty if there is none.
std::string ReasonOf(const httplib::Result& result);

// A connection in the clear.
class Wire {
 public:
  explicit Wire(const std::string& address);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void Send(const std::string& bytes) const;
  // The same where the other side may have ended the connection.
  void TrySend(const std::string& bytes) const;
  // Reads until what was read ends with `end`, or until the other side ends the connection.
  std::string ReadUntil(const std::string& end) const;
  // Everything until the other side ends the connection.
  std::string ReadAll() const { return ReadUntil(""); }

 private:
  int socket_ = -1;
};

}  // namespace fundledger::http_testing
