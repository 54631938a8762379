#include <filesystem>
#include <memory>
#include <random>
#include <string>

#include "ledger/base/bytes.h"
#include "ledger/base/clock.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"
#include "tests/bench/local.h"
#include "tests/bench/percentiles.h"

#include "absl/strings/str_cat.h"
#include <sqlite3.h>

namespace fundledger::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kLines = 1000;
constexpr int kBulk = 200;
constexpr const char* kSchema = R"(
  pragma journal_mode = wal;
  pragma synchronous = full;
  create table budget_line(
    id integer primary key, planned integer not null, allocated integer not null, disbursed integer not null,
    check (disbursed <= allocated), check (allocated <= planned));
  create table entry(
    seq integer primary key, prev blob not null, hash blob not null, recorded_at integer not null,
    officer text not null, kind text not null, line integer not null references budget_line,
    amount integer not null, body text not null, request_id text not null unique);
  create index entry_by_line on entry(line, seq);
  create index entry_by_officer on entry(officer, seq);
)";

struct Close {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Db = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

class Chain {
 public:
  absl::Status Open(const std::string& path) {
    sqlite3* db = nullptr;
    const int opened = sqlite3_open(path.c_str(), &db);
    db_.reset(db);
    if (opened != SQLITE_OK) return Error();
    RETURN_IF_ERROR(Execute(kSchema));
    RETURN_IF_ERROR(Execute("begin"));
    for (int i = 1; i <= kLines; ++i) {
      RETURN_IF_ERROR(Execute(
          absl::StrCat("insert into budget_line values (", i, ", 1000000000000000, 1000000000000000, 0)")));
    }
    RETURN_IF_ERROR(Execute("commit"));
    RETURN_IF_ERROR(Prepare("update budget_line set disbursed = disbursed + 100 where id = ?", &update_));
    return Prepare("insert into entry values (?, ?, ?, ?, 'finance', 'disburse', ?, 100, ?, ?)", &insert_);
  }

  // `count` entries in one transaction.
  absl::Status Append(int count) {
    RETURN_IF_ERROR(Execute("begin immediate"));
    for (int i = 0; i < count; ++i) RETURN_IF_ERROR(AppendOne());
    return Execute("commit");
  }

 private:
  absl::Status Error() const { return absl::InternalError(sqlite3_errmsg(db_.get())); }
  absl::Status Execute(const std::string& sql) {
    return sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK ? absl::OkStatus()
                                                                                        : Error();
  }
  absl::Status Prepare(const char* sql, Statement* statement) {
    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v2(db_.get(), sql, -1, &prepared, nullptr) != SQLITE_OK) return Error();
    statement->reset(prepared);
    return absl::OkStatus();
  }
  absl::Status Step(sqlite3_stmt* statement) {
    const bool done = sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_reset(statement);
    return done ? absl::OkStatus() : Error();
  }

  absl::Status AppendOne() {
    const int line = 1 + static_cast<int>(random_() % kLines);
    const std::string request_id = absl::StrCat(random_(), "-", next_);
    const std::string body =
        absl::StrCat(R"({"payee":"village committee","memo":"second instalment","line":)", line,
                     R"(,"evidence":"d2c76b8b9d6a0f"})");
    std::string numbers;
    AppendBigEndian64(next_, &numbers);
    AppendBigEndian64(100, &numbers);
    const Hash256 link = crypto::Sha256({head_.view(), numbers, request_id, body});

    sqlite3_bind_int(update_.get(), 1, line);
    RETURN_IF_ERROR(Step(update_.get()));
    sqlite3_bind_int64(insert_.get(), 1, static_cast<sqlite3_int64>(next_));
    sqlite3_bind_blob(insert_.get(), 2, head_.view().data(), 32, SQLITE_STATIC);
    sqlite3_bind_blob(insert_.get(), 3, link.view().data(), 32, SQLITE_STATIC);
    sqlite3_bind_int64(insert_.get(), 4, SystemClockMicros());
    sqlite3_bind_int(insert_.get(), 5, line);
    sqlite3_bind_text(insert_.get(), 6, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
    sqlite3_bind_text(insert_.get(), 7, request_id.data(), static_cast<int>(request_id.size()),
                      SQLITE_STATIC);
    RETURN_IF_ERROR(Step(insert_.get()));
    head_ = link;
    ++next_;
    return absl::OkStatus();
  }

  Db db_;
  Statement update_, insert_;
  Hash256 head_;
  uint64_t next_ = 1;
  std::mt19937_64 random_{1};
};

absl::StatusOr<Json> Time(Chain* chain, int count, double seconds) {
  Latencies latencies;
  const int64_t begun_ns = NowNs();
  const int64_t end_ns = begun_ns + static_cast<int64_t>(seconds * 1e9);
  while (NowNs() < end_ns) {
    const int64_t one_ns = NowNs();
    RETURN_IF_ERROR(chain->Append(count));
    latencies.Add(NowNs() - one_ns);
  }
  const double took = static_cast<double>(NowNs() - begun_ns) / 1e9;
  Json json = latencies.Json();
  json["entries_per_s"] = static_cast<double>(latencies.count()) * count / took;
  return json;
}

}  // namespace

absl::StatusOr<Json> RunSqlite(const std::string& directory, double seconds) {
  std::filesystem::create_directories(directory);
  Chain chain;
  RETURN_IF_ERROR(chain.Open(directory + "/chain.sqlite"));
  Json json;
  ASSIGN_OR_RETURN(json["single"], Time(&chain, 1, seconds));
  ASSIGN_OR_RETURN(json["bulk"], Time(&chain, kBulk, seconds));
  return json;
}

}  // namespace fundledger::bench
