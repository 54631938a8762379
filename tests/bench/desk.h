// What officers write on an ordinary day.
//
//   Desk desk(county, "morning");
//   const Draft draft = desk.Payments(0, StandingAt(*engine->view(), now_us), 1);
//   engine->Submit(Seal(draft), done);
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "fundledger/v1/actions.pb.h"
#include "fundledger/v1/resources.pb.h"
#include "ledger/base/date.h"
#include "ledger/engine/view.h"
#include "tests/bench/county.h"

namespace fundledger::bench {

// What a submission says of where it belongs: which ledger, what its author has verified, and when it is.
struct Standing {
  std::string ledger;
  v1::Seen seen;
  int64_t now_us = 0;
};
Standing StandingAt(const engine::View& view, int64_t now_us);

// A submission, ready to be signed, and by whom. The officer outlives it.
struct Draft {
  const Officer* officer = nullptr;
  v1::Submission submission;
};
// The envelope, signed by the officer's key.
std::string Seal(const Draft& draft);

// The record of a receipt, as approvals and instructions name it: its action 0.
v1::ActionRef RefOf(const v1::Receipt& receipt, std::string_view envelope);

void SetDate(Date day, v1::Date* date);

// Writes submissions as officers do: each action with a reference, a memo, its evidence. References and
// request ids are unique for one seed and session name. One thread.
class Desk {
 public:
  // `session` sets the references apart from those of other desks of the same ledger. The county outlives it.
  Desk(const County& county, std::string session);

  // An empty submission of that officer's.
  Draft Begin(const Officer& officer, const Standing& standing);
  // `count` requests of one officer, each for one line and one payee; below the limit for two reviewers.
  // Dated as work comes in: most within 30 days before now, one in fifty 90 days back.
  Draft Payments(size_t requester, const Standing& standing, int count);
  // `count` allocations of one clerk, each to one line.
  Draft Allocations(size_t clerk, const Standing& standing, int count);
  // A township's report on one of its projects; progress only goes up.
  Draft Progress(int township, const Standing& standing);

  std::mt19937_64& random() { return random_; }
  // Evidence, as a document's id and title.
  void AddEvidence(std::string_view title, v1::Action* action);
  // The day of the clock in the county, less what an ordinary entry is late.
  Date UsualDay(int64_t now_us);
  int Below(int limit);

 private:
  void Label(std::string_view kind, Date day, v1::Action* action);

  const County& county_;
  const std::string session_;
  std::mt19937_64 random_;
  uint64_t next_reference_ = 1;
  std::vector<int32_t> progress_;
};

}  // namespace fundledger::bench
