// A witness over HTTP before clients that are no logs: slow ones, long ones, ones that take no part in the
// protocol.
#include "services/witness/http_server.h"

#include <gmock/gmock.h>

#include "ledger/base/status.h"
#include "tests/integration/witness/witness_testing.h"
#include "tests/support/wire.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace fundledger::witness {
namespace {

using test_support::Wire;
using testing::HasSubstr;
using testing::Not;

class WitnessHttpTest : public testing::Test {
 protected:
  void Serve(size_t connections, const http::Patience& patience) {
    ASSERT_TRUE(
        State::Create(directory_ / "state", log::WitnessKey(kWitnessName, KeyOf(0x20)->public_key())).ok());
    witness_ = *Witness::Open(OptionsFor(directory_, {log_.verifier()}));
    auto server = HttpServer::Listen({.listen = "127.0.0.1:0",
                                      .tls_certificate = "",
                                      .tls_key = "",
                                      .connections = connections,
                                      .patience = patience},
                                     witness_.get());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  // Cosigned over a connection of its own.
  void ExpectCosigned(size_t from, size_t to) {
    const auto answer = httplib::Client("http://" + server_->address())
                            .Post("/add-checkpoint", log_.Request(from, to), "text/plain");
    ASSERT_TRUE(answer) << httplib::to_string(answer.error());
    EXPECT_EQ(answer->status, 200) << answer->body;
    EXPECT_EQ(CosignaturesOf(log_.Note(to), answer->body).size(), 1u);
  }
  static std::string Head(const std::string& headers) {
    return "POST /add-checkpoint HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
  }

  TestDirectory directory_;
  const TestLog log_;
  std::unique_ptr<Witness> witness_;
  std::unique_ptr<HttpServer> server_;
};

// Each byte comes well before any pause could end the connection: the request as a whole has its time,
// whether the headers are slow or the body is. Meanwhile another is served.
TEST_F(WitnessHttpTest, EndsAConnectionThatAsksByteAfterByteAndServesAnotherMeanwhile) {
  Serve(3, {.idle_seconds = 3600, .request_seconds = 2, .answer_seconds = 60, .requests = 100});
  const Wire slow_head(server_->address());
  const Wire slow_body(server_->address());
  slow_head.Send("POST /add-checkpoint HTTP/1.1\r\nHost: ");
  slow_body.Send(Head("Content-Length: 100000\r\n"));
  while (server_->open() < 2) std::this_thread::yield();
  ExpectCosigned(0, 5);
  while (server_->open() > 2) std::this_thread::yield();  // the one that was served ends by itself
  ASSERT_EQ(server_->open(), 2u) << "the slow ones were cut off before another was served";
  const absl::Time begin = absl::Now();
  for (; server_->open() > 0 && absl::Now() - begin < absl::Seconds(30);
       absl::SleepFor(absl::Milliseconds(20))) {
    slow_head.TrySend("x");
    slow_body.TrySend("x");
  }
  EXPECT_EQ(server_->open(), 0u);
  EXPECT_THAT(slow_head.ReadAll(), Not(HasSubstr("HTTP/1.1 200 ")));
  ExpectCosigned(5, 8);
}

// As many slow ones as there is room for hold a log up for no longer than one request may take.
TEST_F(WitnessHttpTest, ServesAfterAllItsConnectionsWereSlow) {
  Serve(2, {.idle_seconds = 3600, .request_seconds = 1, .answer_seconds = 60, .requests = 100});
  const Wire first(server_->address());
  const Wire second(server_->address());
  for (const Wire* wire : {&first, &second}) wire->Send(Head("Content-Length: 1000\r\n") + "old");
  // Until their questions have begun they are idle, and one would end at once for the next.
  while (server_->open() < 2 || server_->idle() > 0) std::this_thread::yield();
  ExpectCosigned(0, 5);
  EXPECT_THAT(first.ReadAll(), HasSubstr("HTTP/1.1 408 "));
}

TEST_F(WitnessHttpTest, TakesABodyInPiecesAndThenTheNextRequest) {
  Serve(2, kPatience);
  const Wire wire(server_->address());
  for (const size_t to : {5u, 8u}) {
    const std::string body = log_.Request(to == 5 ? 0 : 5, to);
    wire.Send(Head(absl::StrCat("Content-Length: ", body.size(), "\r\n")) + body.substr(0, 7));
    wire.Send(body.substr(7));
    EXPECT_THAT(wire.ReadUntil("\xe2\x80\x94"), HasSubstr("HTTP/1.1 200 "));
    EXPECT_THAT(wire.ReadUntil("\n"), HasSubstr(kWitnessName));
  }
}

// A body whose end nobody knows is never read for another request.
TEST_F(WitnessHttpTest, RefusesABodyWithoutOneLength) {
  Serve(2, kPatience);
  const std::string body = log_.Request(0, 5);
  const std::string length = absl::StrCat("Content-Length: ", body.size(), "\r\n");
  for (const std::string& headers :
       {std::string(), length + "Transfer-Encoding: chunked\r\n", length + "Content-Length: 0\r\n",
        std::string("Content-Length: 1x\r\n"), std::string("Content-Length: -1\r\n"),
        std::string("Content-Length: 99999999999999999999999\r\n")}) {
    const Wire wire(server_->address());
    wire.Send(Head(headers) + body);
    const std::string answer = wire.ReadAll();
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 411 ")) << headers;
    EXPECT_THAT(answer, HasSubstr("HTTP_MALFORMED")) << headers;
    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n")) << headers;
  }
  ExpectCosigned(0, 5);
}

TEST_F(WitnessHttpTest, RefusesALongBodyBeforeItComes) {
  Serve(2, kPatience);
  const Wire wire(server_->address());
  wire.Send(Head("Content-Length: 10000000000\r\n"));
  EXPECT_THAT(wire.ReadUntil("}\n"), HasSubstr("HTTP/1.1 413 "));
}

TEST_F(WitnessHttpTest, AnswersOtherMethodsWithThoseItHas) {
  Serve(2, kPatience);
  for (const std::string method : {"PUT", "DELETE", "OPTIONS"}) {
    const Wire wire(server_->address());
    wire.Send(method + " /add-checkpoint HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string answer = wire.ReadAll();
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 405 ")) << method;
    EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD, POST")) << method;
  }
}

}  // namespace
}  // namespace fundledger::witness
