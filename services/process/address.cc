#include "services/process/address.h"

#include <arpa/inet.h>

#include "ledger/base/status.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace fundledger::process {

absl::StatusOr<std::string> HostOf(std::string_view setting, const std::string& listen) {
  const size_t colon = listen.rfind(':');
  int port = -1;
  const bool has_port = colon != std::string::npos && absl::SimpleAtoi(listen.substr(colon + 1), &port);
  std::string host = listen.substr(0, has_port ? colon : 0);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || port < 0 || port > 65535 ||
      (!bracketed && host.find_first_of(":[]") != std::string::npos)) {
    return Refuse(absl::StatusCode::kInvalidArgument, "LISTEN_MALFORMED",
                  absl::StrCat(ToAbsl(setting), " is \"", listen,
                               "\"; write HOST:PORT, such as 127.0.0.1:7411 or [::1]:7411"));
  }
  return host;
}

int PortOf(const std::string& listen) {
  int port = 0;
  (void)absl::SimpleAtoi(listen.substr(listen.rfind(':') + 1), &port);
  return port;
}

bool IsLoopback(const std::string& host) {
  in_addr ipv4{};
  const bool is_ipv4 = inet_pton(AF_INET, host.c_str(), &ipv4) == 1;
  return host == "localhost" || host == "::1" || (is_ipv4 && host.starts_with("127."));
}

}  // namespace fundledger::process
