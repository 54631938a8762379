#include "ledger/reports/paging.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::reports {
namespace {

constexpr char kVersion = 1;
constexpr size_t kHeadBytes = 1 + 8 + 8;  // version, check, sequence

absl::Status Invalid(std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID",
                absl::StrCat("the page token ", ToAbsl(why), "; start again from the first page"));
}

// FNV-1a, 64 bits, each part led by its length. It guards against mistakes, not against malice: whoever
// forges a token learns what a request with another as_of would tell. So what a caller may see must not hang
// on the state that is asked about.
class Check {
 public:
  Check& Add(std::string_view part) {
    std::string length;
    AppendBigEndian64(part.size(), &length);
    Mix(length);
    Mix(part);
    return *this;
  }
  uint64_t value() const { return value_; }

 private:
  void Mix(std::string_view bytes) {
    for (const char c : bytes) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  }
  uint64_t value_ = 0xcbf29ce484222325u;
};

uint64_t CheckOf(std::string_view request, Sequence sequence, std::string_view last) {
  std::string number;
  AppendBigEndian64(sequence, &number);
  return Check().Add(request).Add(number).Add(last).value();
}

}  // namespace

absl::StatusOr<Page> Page::Open(std::string request, int32_t size, std::string_view token,
                                PageLimits limits) {
  if (size < 0 || size > limits.size_max) {
    return Refuse(absl::StatusCode::kInvalidArgument, "PAGE_SIZE_INVALID",
                  absl::StrCat("page_size is ", size, "; it is 1 to ", limits.size_max, ", or 0 for ",
                               limits.size_default));
  }
  Page page;
  page.request_ = std::move(request);
  page.size_max_ = static_cast<size_t>(size == 0 ? limits.size_default : size);
  if (token.empty()) return page;
  const std::optional<std::string> raw = Base64Decode(token);
  if (!raw.has_value() || raw->size() <= kHeadBytes) return Invalid("is damaged");
  if (raw->front() != kVersion) return Invalid("is of another version");
  const std::string_view view(*raw);
  const Sequence sequence = ReadBigEndian64(view.substr(9));
  page.after_ = view.substr(kHeadBytes);
  if (ReadBigEndian64(view.substr(1)) != CheckOf(page.request_, sequence, page.after_)) {
    return Invalid("is damaged or belongs to another request: all other fields must be as they were");
  }
  page.sequence_ = sequence;
  return page;
}

std::string Page::First() const {
  if (!sequence_.has_value()) return {};
  // No string lies between an id and the same with a zero byte behind it.
  return after_ + '\0';
}

bool Page::Take(std::string_view id) {
  if (taken_ > 0 && id <= last_) {
    (void)std::fprintf(stderr, "invariant broken: a page takes ids in ascending order, each once\n");
    std::abort();
  }
  if (taken_ == size_max_) {
    more_ = true;
    return false;
  }
  last_ = id;
  ++taken_;
  return true;
}

std::string Page::NextToken(Sequence sequence) const {
  if (!more_) return {};
  std::string raw(1, kVersion);
  AppendBigEndian64(CheckOf(request_, sequence, last_), &raw);
  AppendBigEndian64(sequence, &raw);
  raw.append(last_);
  return Base64Encode(raw);
}

}  // namespace fundledger::reports
