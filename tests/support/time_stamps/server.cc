#include "tests/support/time_stamps/server.h"

#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#include <httplib.h>

namespace fundledger::test_support {
namespace {

class HttpTimeStampServer final : public TimeStampServer {
 public:
  HttpTimeStampServer(TimeStampAuthority* authority, int port)
      : how_([authority](const std::string& request) {
          return HttpAnswer{.body = authority->Answer(request)};
        }) {
    server_.Post("/tsa", [this](const httplib::Request& request, httplib::Response& response) {
      std::function<HttpAnswer(const std::string&)> how;
      {
        const MutexLock lock(&mutex_);
        ++asked_;
        how = how_;
        changed_.NotifyAll();
      }
      const HttpAnswer answer = request.get_header_value("Content-Type") == "application/timestamp-query"
                                    ? how(request.body)
                                    : HttpAnswer{.status = 415};
      response.status = answer.status;
      response.set_content(answer.body, answer.content_type.c_str());
    });
    server_.set_keep_alive_max_count(1);
    port_ = port == 0 ? server_.bind_to_any_port("127.0.0.1") : port;
    if (port_ <= 0 || (port != 0 && !server_.bind_to_port("127.0.0.1", port))) {
      (void)std::fprintf(stderr, "test authority: cannot listen\n");
      std::abort();
    }
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // A stop that comes before it runs is not heard.
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~HttpTimeStampServer() override {
    server_.stop();
    thread_.join();
  }

  int port() const override { return port_; }
  std::string url() const override { return "http://127.0.0.1:" + std::to_string(port_) + "/tsa"; }
  void AnswerBy(std::function<HttpAnswer(const std::string&)> how) override {
    const MutexLock lock(&mutex_);
    how_ = std::move(how);
  }
  int asked() const override {
    const MutexLock lock(&mutex_);
    return asked_;
  }
  void WaitUntilAsked(int count) const override {
    const MutexLock lock(&mutex_);
    while (asked_ < count) changed_.Wait(&mutex_);
  }

 private:
  httplib::Server server_;
  std::thread thread_;
  int port_ = 0;
  mutable Mutex mutex_;
  mutable CondVar changed_;
  std::function<HttpAnswer(const std::string&)> how_ ABSL_GUARDED_BY(mutex_);
  int asked_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace

std::unique_ptr<TimeStampServer> TimeStampServer::Start(TimeStampAuthority* authority) {
  return std::make_unique<HttpTimeStampServer>(authority, 0);
}

std::unique_ptr<TimeStampServer> TimeStampServer::StartAt(TimeStampAuthority* authority, int port) {
  return std::make_unique<HttpTimeStampServer>(authority, port);
}

}  // namespace fundledger::test_support
