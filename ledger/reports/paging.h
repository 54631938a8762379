// Pages of one state. A token says which request it belongs to, which record the first page was of and where
// that page ended, so that later pages continue the same answer while the ledger grows. It is opaque, not
// secret, and lives as long as the ledger: nothing is kept between pages.
//
//   ASSIGN_OR_RETURN(Page page, OpenPage(request, kLimits));
//   for (each id in ascending order) {
//     if (page.IsBefore(id)) continue;
//     if (!page.Take(id)) break;       // full, and there is more
//     … add it …
//   }
//   response.set_next_page_token(page.NextToken(state.sequence));
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/hash256.h"

#include "absl/status/statusor.h"

namespace fundledger::reports {

struct PageLimits {
  int32_t size_default = 100;
  int32_t size_max = 1000;
};

class Page {
 public:
  // `request` is the request without its token, as bytes that name its kind too.
  // INVALID_ARGUMENT, reasons PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID.
  static absl::StatusOr<Page> Open(std::string request, int32_t size, std::string_view token,
                                   PageLimits limits);

  // The record that the pages before were of; nothing on the first page.
  std::optional<Sequence> sequence() const { return sequence_; }
  // The least id that may stand on this page.
  std::string First() const;
  bool IsBefore(std::string_view id) const { return sequence_.has_value() && id <= after_; }
  // Takes `id` onto the page, or says that the page is full; then there is a next one.
  bool Take(std::string_view id);
  // Empty unless Take said that the page is full.
  std::string NextToken(Sequence sequence) const;

 private:
  std::string request_;
  size_t size_max_ = 0;
  std::optional<Sequence> sequence_;
  std::string after_;  // where the page before ended
  std::string last_;
  size_t taken_ = 0;
  bool more_ = false;
};

template <typename Request>
absl::StatusOr<Page> OpenPage(const Request& request, PageLimits limits = {}) {
  Request rest = request;
  rest.clear_page_token();
  std::string bytes = Request::descriptor()->full_name();
  bytes.push_back('\0');
  bytes.append(rest.SerializeAsString());
  return Page::Open(std::move(bytes), request.page_size(), request.page_token(), limits);
}

}  // namespace fundledger::reports
