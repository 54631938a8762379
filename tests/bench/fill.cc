#include "tests/bench/fill.h"

#include <algorithm>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "ledger/base/status.h"
#include "tests/bench/desk.h"

#include "absl/strings/str_cat.h"

namespace fundledger::bench {
namespace {

// 2021-05-01 08:00 in the county: late enough after the beginning of the fiscal year for entries 90 days
// back.
constexpr int64_t kBeginUs = 1'619'827'200'000'000;
constexpr int64_t kDayUs = 86'400'000'000;
// Submissions that share one moment and one checkpoint seen: well below the engine's queue, and no more than
// come in within some days, so that nothing waits longer than proposals are valid.
constexpr uint64_t kRoundMin = 16;
constexpr uint64_t kRoundMax = 1024;
constexpr double kRoundDays = 4;
// Payments that one submission approves, and that one instructs or confirms.
constexpr size_t kApprovalsASubmission = 3;
constexpr size_t kOrdersASubmission = 4;

// A payment on its way, as the next officer's work names it.
struct Waiting {
  v1::ActionRef ref;
  size_t requester = 0;
};

enum class Step { kCountersign, kReview, kInstruct, kConfirm, kDone };

// A sealed submission, and where what it names goes when it is recorded.
struct Sealed {
  std::string envelope;
  Step next = Step::kDone;
  std::vector<Waiting> payments;  // empty where the submission itself is the payment
  size_t requester = 0;
};

// Answers of one round, counted down.
class Answers {
 public:
  explicit Answers(size_t count) : receipts_(count), left_(count) {}
  void Set(size_t place, absl::StatusOr<v1::Receipt> receipt) {
    std::lock_guard lock(mutex_);
    if (receipt.ok()) {
      receipts_[place] = *std::move(receipt);
    } else if (status_.ok()) {
      status_ = receipt.status();
    }
    if (--left_ == 0) done_.set_value();
  }
  absl::StatusOr<std::vector<v1::Receipt>> Wait() {
    done_.get_future().wait();
    std::lock_guard lock(mutex_);
    if (!status_.ok()) return status_;
    return std::move(receipts_);
  }

 private:
  std::mutex mutex_;
  std::vector<v1::Receipt> receipts_;
  absl::Status status_;
  size_t left_;
  std::promise<void> done_;
};

class Filler {
 public:
  explicit Filler(const County& county)
      : county_(county), desk_(county, "fill"), countersign_(county.options().townships) {}

  // The next submissions, signed.
  std::vector<Sealed> Write(const Standing& standing, size_t count) {
    std::vector<Sealed> round;
    std::vector<Draft> drafts;
    for (size_t i = 0; i < count; ++i) drafts.push_back(WriteOne(standing, &round.emplace_back()));
    // Both cores sign.
    const auto sign = [&](size_t first) {
      for (size_t i = first; i < count; i += 2) round[i].envelope = Seal(drafts[i]);
    };
    auto half = std::async(std::launch::async, sign, 1);
    sign(0);
    half.get();
    return round;
  }

  void Recorded(const std::vector<Sealed>& round, const std::vector<v1::Receipt>& receipts) {
    for (size_t i = 0; i < round.size(); ++i) {
      const Sealed& sealed = round[i];
      if (sealed.next == Step::kDone) continue;
      if (sealed.payments.empty()) {
        Queue(sealed.next, {RefOf(receipts[i], sealed.envelope), sealed.requester});
      }
      for (const Waiting& payment : sealed.payments) Queue(sealed.next, payment);
    }
  }

 private:
  void Queue(Step step, const Waiting& payment) {
    switch (step) {
      case Step::kCountersign:
        return countersign_[static_cast<size_t>(county_.TownshipOfRequester(payment.requester))].push_back(
            payment);
      case Step::kReview:
        return review_.push_back(payment);
      case Step::kInstruct:
        return instruct_.push_back(payment);
      case Step::kConfirm:
        return confirm_.push_back(payment);
      case Step::kDone:
        return;
    }
  }

  static std::vector<Waiting> Take(size_t count, std::deque<Waiting>* queue) {
    std::vector<Waiting> taken(queue->begin(), queue->begin() + static_cast<ptrdiff_t>(count));
    queue->erase(queue->begin(), queue->begin() + static_cast<ptrdiff_t>(count));
    return taken;
  }

  // What waits is done as soon as there is enough of it, so that nothing piles up; otherwise payments are
  // asked for, and now and then works are reported on.
  Draft WriteOne(const Standing& standing, Sealed* sealed) {
    if (desk_.Below(12) == 0) return desk_.Progress(desk_.Below(county_.options().townships), standing);
    if (confirm_.size() >= kOrdersASubmission) return Confirm(standing, sealed);
    if (instruct_.size() >= kOrdersASubmission) return Instruct(standing, sealed);
    if (review_.size() >= kApprovalsASubmission) {
      const Officer& reviewer = county_.reviewers()[static_cast<size_t>(desk_.Below(2))];
      return Approve(reviewer, Step::kInstruct, &review_, standing, sealed);
    }
    for (std::deque<Waiting>& waiting : countersign_) {
      if (waiting.size() < kApprovalsASubmission) continue;
      // Officers of a unit take turns: each countersigns what the other asked for.
      const size_t requester = waiting.front().requester;
      std::stable_partition(waiting.begin(), waiting.end(),
                            [&](const Waiting& each) { return each.requester == requester; });
      if (waiting[kApprovalsASubmission - 1].requester != requester) continue;
      const Officer& officer = county_.requesters()[county_.CounterpartOf(requester)];
      return Approve(officer, Step::kReview, &waiting, standing, sealed);
    }
    return Request(standing, sealed);
  }

  Draft Request(const Standing& standing, Sealed* sealed) {
    sealed->requester = static_cast<size_t>(desk_.Below(static_cast<int>(county_.requesters().size())));
    sealed->next = county_.IsClerk(sealed->requester) ? Step::kReview : Step::kCountersign;
    return desk_.Payments(sealed->requester, standing, 1);
  }

  Draft Approve(const Officer& officer, Step next, std::deque<Waiting>* queue, const Standing& standing,
                Sealed* sealed) {
    sealed->next = next;
    sealed->payments = Take(kApprovalsASubmission, queue);
    Draft draft = desk_.Begin(officer, standing);
    for (const Waiting& payment : sealed->payments) {
      *draft.submission.add_actions()->mutable_approve()->mutable_proposal() = payment.ref;
    }
    return draft;
  }

  Draft Instruct(const Standing& standing, Sealed* sealed) {
    sealed->next = Step::kConfirm;
    sealed->payments = Take(kOrdersASubmission, &instruct_);
    Draft draft = desk_.Begin(county_.treasury()[0], standing);
    for (const Waiting& payment : sealed->payments) {
      v1::Action& action = *draft.submission.add_actions();
      SetDate(Today(standing), action.mutable_date());
      *action.mutable_instruct()->mutable_payment() = payment.ref;
    }
    return draft;
  }

  Draft Confirm(const Standing& standing, Sealed* sealed) {
    sealed->next = Step::kDone;
    sealed->payments = Take(kOrdersASubmission, &confirm_);
    Draft draft = desk_.Begin(county_.treasury()[1], standing);
    for (const Waiting& payment : sealed->payments) {
      v1::Action& action = *draft.submission.add_actions();
      SetDate(Today(standing), action.mutable_date());
      desk_.AddEvidence("Bank receipt", &action);
      v1::Confirm& confirm = *action.mutable_confirm();
      *confirm.mutable_payment() = payment.ref;
      confirm.set_mode(v1::CONFIRM_MODE_DIRECT);
      confirm.mutable_voucher()->set_issuer("County treasury");
      confirm.mutable_voucher()->set_type("Payment voucher");
      confirm.mutable_voucher()->set_year(Today(standing).year());
      confirm.mutable_voucher()->set_number(absl::StrCat(next_voucher_++));
    }
    return draft;
  }

  static Date Today(const Standing& standing) {
    return Date::FromUnixMicros(standing.now_us, County::kUtcOffsetMinutes);
  }

  const County& county_;
  Desk desk_;
  std::vector<std::deque<Waiting>> countersign_;  // by township
  std::deque<Waiting> review_, instruct_, confirm_;
  uint64_t next_voucher_ = 1;
};

}  // namespace

absl::Status Fill(const County& county, engine::Engine* engine, SimulatedClock* clock,
                  const FillOptions& options) {
  const uint64_t begin = engine->view()->size();
  if (begin >= options.records) return absl::OkStatus();
  const double days = options.years * 365.25;
  const double records_a_day = static_cast<double>(options.records - begin) / days;
  const uint64_t round_size =
      std::clamp(static_cast<uint64_t>(records_a_day * kRoundDays), kRoundMin, kRoundMax);
  const auto time_at = [&](uint64_t size) {
    const double share = static_cast<double>(size - begin) / static_cast<double>(options.records - begin);
    return kBeginUs + static_cast<int64_t>(share * days * static_cast<double>(kDayUs));
  };
  Filler filler(county);
  uint64_t size = begin;
  // What its authors saw is the log as it was when the round before began: the same in every run.
  const auto write = [&](uint64_t from, const Standing& standing) {
    return filler.Write(standing, std::min(round_size, options.records - from));
  };
  std::vector<Sealed> round = write(size, StandingAt(*engine->view(), time_at(size)));
  while (!round.empty()) {
    clock->Set(time_at(size));
    // Alive until the last answer is in, whatever happens here.
    const auto answers = std::make_shared<Answers>(round.size());
    const uint64_t next = size + round.size();
    auto following = std::async(std::launch::async, write, next, StandingAt(*engine->view(), time_at(next)));
    for (size_t i = 0; i < round.size(); ++i) {
      engine->Submit(round[i].envelope, [answers, i](absl::StatusOr<v1::Receipt> receipt) {
        answers->Set(i, std::move(receipt));
      });
    }
    absl::StatusOr<std::vector<v1::Receipt>> receipts = answers->Wait();
    std::vector<Sealed> written = following.get();
    RETURN_IF_ERROR(receipts.status());
    filler.Recorded(round, *receipts);
    round = std::move(written);
    size = next;
    if (options.progress) options.progress(size);
  }
  return absl::OkStatus();
}

}  // namespace fundledger::bench
