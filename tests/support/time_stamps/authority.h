// A time-stamping authority of the tests' own: certificates and answers as OpenSSL makes them, right or wrong
// in the one way a test asks for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace fundledger::test_support {

struct AuthorityOptions {
  // extendedKeyUsage of the stamping certificate.
  std::string usage = "critical,timeStamping";
  // When the stamping certificate is valid, seconds since 1970 UTC.
  int64_t from_s = 946'684'800;     // 2000
  int64_t until_s = 4'102'444'800;  // 2100
  // Another authority between the root and the stamping certificate; in the answers, not in authorities_pem.
  bool has_intermediate = false;
  std::string digest = "SHA256";  // under the stamp
};

// How one request is answered.
struct Answering {
  int64_t time_us = 0;  // 0: the machine's clock
  int accuracy_s = 1;
  bool wrong_nonce = false;
  bool wrong_imprint = false;
  bool reject = false;
};

class TimeStampAuthority {
 public:
  static std::unique_ptr<TimeStampAuthority> Make(const AuthorityOptions& options = {});
  virtual ~TimeStampAuthority() = default;

  // The root's certificate, PEM.
  virtual const std::string& authorities_pem() const = 0;
  // The TimeStampResp to a TimeStampReq; serial numbers count from 1. Thread-safe.
  virtual std::string Answer(std::string_view request, const Answering& how = {}) = 0;
};

}  // namespace fundledger::test_support
