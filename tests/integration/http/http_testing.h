// Clients over HTTP.
#pragma once

#include <memory>
#include <string>

#include <httplib.h>

#include "tests/integration/services/certificates.h"
#include "tests/support/wire.h"

namespace fundledger::http_testing {

// Of `address`, HOST:PORT, in the clear.
std::unique_ptr<httplib::Client> Dial(const std::string& address);
// Over TLS, showing the certificate `name`, or none if that is empty, and trusting servers by `authority`.
std::unique_ptr<httplib::SSLClient> DialTls(const std::string& address,
                                            const services_testing::Certificates& tls,
                                            const std::string& name, const std::string& authority = "ca");

// The reason that an answer's body gives; empty if there is none.
std::string ReasonOf(const httplib::Result& result);

using test_support::Wire;

}  // namespace fundledger::http_testing
