// The authority over HTTP, at a port of this machine.
//
//   TimeStampServer server(authority.get());
//   … server.url() …
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ledger/base/mutex.h"
#include "tests/support/time_stamps/authority.h"

#include "absl/base/thread_annotations.h"

namespace fundledger::test_support {

// What is answered to one request.
struct HttpAnswer {
  int status = 200;
  std::string content_type = "application/timestamp-reply";
  std::string body = {};
};

class TimeStampServer {
 public:
  // Listens at a free port of 127.0.0.1 when it returns. `authority` outlives it.
  static std::unique_ptr<TimeStampServer> Start(TimeStampAuthority* authority);
  // The same at a port that a server before it had.
  static std::unique_ptr<TimeStampServer> StartAt(TimeStampAuthority* authority, int port);
  // Ends, with the requests under way.
  virtual ~TimeStampServer() = default;

  virtual int port() const = 0;
  virtual std::string url() const = 0;
  // How the requests from now on are answered; `how` may block.
  virtual void AnswerBy(std::function<HttpAnswer(const std::string& request)> how) = 0;
  // Requests so far.
  virtual int asked() const = 0;
  // Until that many requests came.
  virtual void WaitUntilAsked(int count) const = 0;
};

}  // namespace fundledger::test_support
