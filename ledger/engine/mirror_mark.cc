#include "ledger/engine/mirror_mark.h"

#include <optional>

#include "ledger/base/status.h"

#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

using store::Table;

constexpr std::string_view kFollowing = "following\n";
constexpr std::string_view kPromoted = "promoted\n";

}  // namespace

absl::StatusOr<MirrorMark> ReadMirrorMark(const store::Snapshot& snapshot) {
  ASSIGN_OR_RETURN(const std::optional<std::string> value, snapshot.Get(Table::kMeta, kMirrorKey));
  if (!value.has_value()) return MirrorMark();
  const bool follows = value->starts_with(kFollowing);
  if (!follows && !value->starts_with(kPromoted)) {
    return Refuse(absl::StatusCode::kDataLoss, "STORE_DAMAGED",
                  "the store's entry \"mirror\" says neither that it follows nor that it was promoted");
  }
  return MirrorMark{follows ? MirrorStanding::kFollowing : MirrorStanding::kPromoted,
                    value->substr(follows ? kFollowing.size() : kPromoted.size())};
}

void WriteMirrorMark(const MirrorMark& mark, store::Batch* batch) {
  const std::string_view word = mark.standing == MirrorStanding::kFollowing ? kFollowing : kPromoted;
  batch->Put(Table::kMeta, std::string(kMirrorKey), absl::StrCat(ToAbsl(word), mark.seen));
}

absl::Status CheckNoMirror(const store::Snapshot& snapshot) {
  ASSIGN_OR_RETURN(const MirrorMark mark, ReadMirrorMark(snapshot));
  if (mark.standing != MirrorStanding::kFollowing) return absl::OkStatus();
  return Refuse(absl::StatusCode::kFailedPrecondition, "LEDGER_IS_MIRROR",
                "this is a mirror's copy, which follows another machine's ledger: serve it with --mirror-of, "
                "or, where that machine is lost for good, promote it (fundledger admin promote)");
}

absl::Status CheckMirror(const store::Snapshot& snapshot) {
  ASSIGN_OR_RETURN(const MirrorMark mark, ReadMirrorMark(snapshot));
  if (mark.standing == MirrorStanding::kFollowing) return absl::OkStatus();
  return Refuse(absl::StatusCode::kFailedPrecondition, "NOT_A_MIRROR",
                mark.standing == MirrorStanding::kPromoted
                    ? "this mirror was promoted and is a ledger of its own since: serve it without "
                      "--mirror-of, and make a new mirror in another directory"
                    : "this is a ledger of its own, which follows no other: a mirror begins in an empty "
                      "directory");
}

}  // namespace fundledger::engine
