// Checkpoint and tiles over HTTP, in the clear: every part of every tile at every size, and nothing else.
#include "services/web/tiles.h"

#include <algorithm>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/log/note.h"
#include "ledger/log/record.h"
#include "ledger/log/tile.h"
#include "ledger/log/tile_layout.h"
#include "tests/integration/http/http_testing.h"
#include "tests/integration/services/services_testing.h"

#include "absl/strings/str_cat.h"

namespace fundledger::http_testing {
namespace {

using log::TileAddress;
using services_testing::Ledgerd;
using ::testing::HasSubstr;
using ::testing::Not;

class TilesTest : public ::testing::Test {
 protected:
  const engine::View& Grow(uint64_t size) {
    while (records_.size() < size) {
      if (!records_.empty()) (void)ledgerd_.Register(absl::StrCat("org-", records_.size()));
      view_ = ledgerd_.server->engine().view();
      const auto record = view_->Record(records_.size());
      EXPECT_TRUE(record.ok()) << record.status();
      records_.push_back(*record);
    }
    return *view_;
  }

  httplib::Result Get(const std::string& path) { return client_->Get("/" + path); }

  // What a tile holds, from the records alone.
  std::string Expected(const TileAddress& tile) const {
    std::string bytes;
    for (uint64_t i = tile.index * 256; i < tile.index * 256 + tile.width; ++i) {
      if (!tile.is_entries) {
        bytes += tile.level == 0 ? log::LeafHash(records_[i]).str() : RootOfFull(i).str();
        continue;
      }
      bytes += static_cast<char>(records_[i].size() >> 8);
      bytes += static_cast<char>(records_[i].size());
      bytes += records_[i];
    }
    return bytes;
  }
  // Of the `index`-th 256 records.
  Hash256 RootOfFull(uint64_t index) const {
    std::vector<Hash256> row;
    for (uint64_t i = 0; i < 256; ++i) row.push_back(log::LeafHash(records_[index * 256 + i]));
    for (; row.size() > 1; row.resize(row.size() / 2)) {
      for (size_t i = 0; i < row.size() / 2; ++i) row[i] = log::NodeHash(row[2 * i], row[2 * i + 1]);
    }
    return row[0];
  }

  void ExpectThere(const TileAddress& tile) {
    const auto answer = Get(log::TilePath(tile));
    ASSERT_TRUE(answer) << log::TilePath(tile);
    EXPECT_EQ(answer->status, 200) << log::TilePath(tile) << answer->body;
    EXPECT_EQ(answer->body, Expected(tile)) << log::TilePath(tile);
    EXPECT_EQ(answer->get_header_value("Content-Type"), "application/octet-stream");
    EXPECT_THAT(answer->get_header_value("Cache-Control"), HasSubstr("immutable"));
  }
  void ExpectNotThere(const TileAddress& tile) {
    const auto answer = Get(log::TilePath(tile));
    ASSERT_TRUE(answer) << log::TilePath(tile);
    EXPECT_EQ(answer->status, 404) << log::TilePath(tile);
    EXPECT_EQ(ReasonOf(answer), "TILE_NOT_FOUND") << log::TilePath(tile);
    EXPECT_EQ(answer->get_header_value("Cache-Control"), "no-store");
  }
  // All of one level of a tree with so many hashes there.
  void ExpectLevel(bool is_entries, int level, uint64_t hashes) {
    for (uint64_t index = 0; index <= hashes / 256; ++index) {
      TileAddress tile{.is_entries = is_entries, .level = level, .index = index};
      const uint64_t there = std::min<uint64_t>(256, hashes - index * 256);
      for (tile.width = 1; tile.width <= there; tile.width += tile.width < 3 || tile.width > 250 ? 1 : 31) {
        ExpectThere(tile);
      }
      tile.width = there;
      if (there > 0) ExpectThere(tile);
      if (there == 256) continue;
      tile.width = there + 1;
      ExpectNotThere(tile);
      tile.width = 256;
      ExpectNotThere(tile);
    }
    ExpectNotThere({.is_entries = is_entries, .level = level, .index = hashes / 256 + 1, .width = 1});
  }

  Ledgerd ledgerd_{[](server::Config* config) { config->http_listen = "127.0.0.1:0"; }};
  const std::unique_ptr<httplib::Client> client_ = Dial(ledgerd_.server->http_address());
  std::vector<std::string> records_;
  std::shared_ptr<const engine::View> view_;
};

TEST_F(TilesTest, ServesTheCheckpointOfEverySize) {
  for (uint64_t size = 1; size <= 5; ++size) {
    const engine::View& view = Grow(size);
    const auto answer = Get("checkpoint");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->get_header_value("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(answer->get_header_value("Cache-Control"), "no-cache");
    const auto checkpoint = log::OpenCheckpoint(answer->body, ledgerd_.world.verifier());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    EXPECT_EQ(*checkpoint, view.checkpoint());
    EXPECT_EQ(checkpoint->size, size);
  }
}

TEST_F(TilesTest, ServesEveryPartOfEveryTileAndNoMore) {
  for (const uint64_t size : {1, 2, 3, 255, 256, 257, 258, 511, 512, 513}) {
    SCOPED_TRACE(size);
    Grow(size);
    ExpectLevel(false, 0, size);
    ExpectLevel(false, 1, size / 256);
    ExpectLevel(false, 2, 0);
    ExpectLevel(true, 0, size);
  }
  // Every part of a tile that is full long since.
  for (uint64_t width = 1; width <= 256; ++width) ExpectThere({.index = 0, .width = width});
}

TEST_F(TilesTest, SaysWhatWitnessesSaidOfTheCheckpoint) {
  (void)Grow(2);
  // A key id and a time in front of the signature: what the tests' own witness says is no matter here.
  const std::string line = "— witness.example AAAAAAAAAABkGFDL" + std::string(86, 'A') + "==\n";
  const auto before = Get("checkpoint");
  ASSERT_TRUE(before);
  absl::Status kept = absl::UnknownError("not yet");
  auto* const engine = const_cast<engine::Engine*>(&ledgerd_.server->engine());
  std::promise<absl::Status> told;
  engine->Keep({.size = 2, .cosignatures = {line}, .time_stamps = {}},
               [&](const absl::Status& status) { told.set_value(status); });
  kept = told.get_future().get();
  ASSERT_TRUE(kept.ok()) << kept;
  const auto after = Get("checkpoint");
  ASSERT_TRUE(after);
  EXPECT_EQ(after->body, before->body + line);
}

TEST_F(TilesTest, KnowsOnePathATile) {
  (void)Grow(257);
  for (const char* path : {"",
                           "checkpoint/",
                           "checkpoint?x=1",
                           "Checkpoint",
                           "/checkpoint",
                           "tile",
                           "tile/0/000?x",
                           "tile/0/0",
                           "tile/0/x000/000",
                           "tile/00/000",
                           "tile/0/001.p/01",
                           "tile/0/000.p/256",
                           "tile/0/001.p/0",
                           "tile/0/000/",
                           "tile/%30/000",
                           "tile/0/../0/000",
                           "./checkpoint",
                           "tile/8/000.p/1",
                           "tile/entries",
                           "tile/0/000.p/1/",
                           "..",
                           "../checkpoint",
                           "tile/0/001.p/1%00"}) {
    Wire wire(ledgerd_.server->http_address());
    wire.Send(absl::StrCat("GET /", path, " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    const std::string answer = wire.ReadAll();
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 404 ")) << path;
    EXPECT_THAT(answer, HasSubstr("HTTP_NOT_FOUND")) << path;
  }
}

TEST_F(TilesTest, SendsBytesAsTheyAre) {
  (void)Grow(3);
  for (const std::string path : {"/checkpoint", "/tile/0/000.p/3"}) {
    const auto plain = client_->Get(path);
    const auto asked = client_->Get(
        path, httplib::Headers{{"Accept-Encoding", "gzip, br, deflate"}, {"Range", "bytes=1-5"}});
    ASSERT_TRUE(plain && asked);
    EXPECT_EQ(asked->status, 200);
    EXPECT_FALSE(asked->has_header("Content-Encoding"));
    EXPECT_EQ(asked->body, plain->body);
    const auto head = client_->Head(path);
    ASSERT_TRUE(head);
    EXPECT_EQ(head->status, 200);
    EXPECT_EQ(head->body, "");
    EXPECT_EQ(head->get_header_value("Content-Length"), absl::StrCat(plain->body.size()));
    EXPECT_EQ(head->get_header_value("Content-Type"), plain->get_header_value("Content-Type"));
    EXPECT_FALSE(head->has_header("Accept-Ranges"));
  }
}

// Whatever stands there: it is the plain question.
TEST_F(TilesTest, LooksAtNoRange) {
  const auto plain = client_->Get("/checkpoint");
  ASSERT_TRUE(plain);
  for (const std::string range : {"items=0-3", "bytes=zzz", "bytes=5-2", "bytes=0-3,5-2", "bytes=0-1,3-4",
                                  "bytes=-1", "", "bytes=0-99999999999999999999999", "bytes=99999-"}) {
    for (const std::string method : {"GET", "HEAD"}) {
      const Wire wire(ledgerd_.server->http_address());
      const std::string question = method + " /checkpoint HTTP/1.1\r\nHost: x\r\nRange: " + range + "\r\n";
      wire.Send(question + "\r\n");
      const std::string head = wire.ReadUntil("\r\n\r\n");
      EXPECT_THAT(head, HasSubstr("HTTP/1.1 200 ")) << range;
      EXPECT_THAT(head, HasSubstr(absl::StrCat("Content-Length: ", plain->body.size(), "\r\n"))) << range;
      EXPECT_THAT(head, HasSubstr("Keep-Alive: ")) << range;
      EXPECT_THAT(head, Not(HasSubstr("Content-Range"))) << range;
      // And the next question on the same connection.
      wire.Send(question + "Connection: close\r\n\r\n");
      const std::string next = "HTTP/1.1 200 ";
      EXPECT_THAT(wire.ReadAll(), ::testing::StartsWith(method == "GET" ? plain->body + next : next))
          << range;
    }
  }
}

// A client that is told otherwise sends its next question in vain.
TEST_F(TilesTest, SaysWhetherTheConnectionEnds) {
  const auto answer = [this](const std::string& sent) {
    const Wire wire(ledgerd_.server->http_address());
    wire.Send(sent);
    return wire.ReadAll();
  };
  for (const std::string sent :
       {"GET /checkpoint HTTP/1.0\r\n\r\n", "GET /checkpoint HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
        "GET /checkpoint HTTP/1.1\r\nConnection: close\r\n\r\n",
        "GET /checkpoint HTTP/1.1\r\nConnection: x, Close\r\n\r\n",
        "GET /checkpoint HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi",
        "GET /checkpoint HTTP/1.1\r\nContent-Length : 2\r\n\r\nhi",
        "POST /checkpoint HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi", "nothing of the kind\r\n\r\n"}) {
    EXPECT_THAT(answer(sent), HasSubstr("\r\nConnection: close\r\n")) << sent;
    EXPECT_THAT(answer(sent), Not(HasSubstr("Keep-Alive"))) << sent;
  }
  const auto goes_on = client_->Get("/checkpoint");
  ASSERT_TRUE(goes_on);
  EXPECT_TRUE(goes_on->has_header("Keep-Alive"));
  EXPECT_FALSE(goes_on->has_header("Connection"));
}

TEST_F(TilesTest, AnswersGetAndHeadOnly) {
  const std::string& address = ledgerd_.server->http_address();
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    Wire wire(address);
    wire.Send(absl::StrCat(method, " /checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"));
    const std::string answer = wire.ReadAll();
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 405 ")) << method;
    EXPECT_THAT(answer, HasSubstr("HTTP_METHOD_NOT_ALLOWED")) << method;
    EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD")) << method;
  }
}

// What follows a question that nobody reads is never taken for another one.
TEST_F(TilesTest, EndsAConnectionWhoseQuestionHasABody) {
  Wire wire(ledgerd_.server->http_address());
  const std::string hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";
  wire.Send(absl::StrCat("GET /checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: ", hidden.size(), "\r\n\r\n",
                         hidden));
  const std::string answer = wire.ReadAll();
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200 "));
  EXPECT_THAT(answer, Not(HasSubstr("HTTP_NOT_FOUND")));
}

// Whoever stands before the server may have read another end of the question than the server: what is sent
// behind it would be somebody else's. One answer, and the end.
TEST_F(TilesTest, RefusesAQuestionWhoseEndCouldBeReadInTwoWays) {
  for (const std::string headers :
       {"Content-Length: 0\r\nContent-Length: 42\r\n", "Content-Length: 42\r\nContent-Length: 0\r\n",
        "Content-Length: 0\r\nContent-Length: 0\r\n", "Content-Length : 42\r\n", "Content-Length\t: 42\r\n",
        " Content-Length: 42\r\n", "X: y\r\n Content-Length: 42\r\n", "Content-Length: 0x2a\r\n",
        "Content-Length: +42\r\n", "Content-Length: %30\r\n", "Content-Length: 0, 42\r\n",
        "Content-Length: \r\n", "Content-Length: 99999999999999999999999\r\n", "Content-Length: 42\n",
        "Content-Length\r\n", ": 42\r\n", "X: y\rContent-Length: 42\r\n",
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding:\r\n chunked\r\n"}) {
    Wire wire(ledgerd_.server->http_address());
    wire.Send("GET /checkpoint HTTP/1.1\r\nHost: x\r\n" + headers +
              "\r\nGET /hidden HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string answer = wire.ReadAll();
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 400 ")) << headers;
    EXPECT_THAT(answer, HasSubstr("HTTP_MALFORMED")) << headers;
    EXPECT_THAT(answer, Not(HasSubstr("HTTP_NOT_FOUND"))) << headers;
    EXPECT_EQ(answer.rfind("HTTP/1.1"), 0u) << "two answers: " << headers;
  }
}

TEST_F(TilesTest, RefusesWhatIsNoQuestion) {
  const std::string& address = ledgerd_.server->http_address();
  for (const std::string& sent : {std::string("nothing of the kind\r\n\r\n"), std::string("\r\n\r\n"),
                                  std::string("GET /checkpoint HTTP/9.9\r\n\r\n"),
                                  "\x16\x03\x01" + std::string(40, 'x') + "\r\n\r\n"}) {
    Wire wire(address);
    wire.Send(sent);
    const std::string answer = wire.ReadUntil("}\n");
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 400 ")) << sent;
    EXPECT_THAT(answer, HasSubstr("HTTP_MALFORMED")) << sent;
  }
  // Longer than any question: answered or not, it ends.
  Wire wire(address);
  wire.Send("GET /checkpoint HTTP/1.1\r\n" + std::string(10'000, 'a') + ": " + std::string(10'000, 'b'));
  EXPECT_THAT(wire.ReadAll(), Not(HasSubstr("HTTP/1.1 200 ")));
}

TEST_F(TilesTest, ServesNothingOverHttpUnlessToldTo) {
  const Ledgerd other;
  EXPECT_EQ(other.server->http_address(), "");
  EXPECT_EQ(other.server->health_address(), "");
}

}  // namespace
}  // namespace fundledger::http_testing
