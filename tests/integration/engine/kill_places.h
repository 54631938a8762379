// Where follower_copier can be told to kill itself, and follower_kill_test tells it: before and after the
// commit of a batch of records, the anchor behind it, a commit without records ("aside"), and the anchor that
// is moved on at the start after a crash came between commit and anchor ("opening").
#pragma once

#include <string_view>

namespace fundledger::engine {

// "NAME": a batch of records; "aside": a commit without records; "opening": the anchor, moved on after a
// crash.
inline constexpr std::string_view kKillPlaces[] = {
    "before-commit",       "after-commit",       "before-anchor",         "after-anchor",
    "before-aside-commit", "after-aside-commit", "before-opening-anchor", "after-opening-anchor",
};

// Whose cosignature it keeps.
inline constexpr std::string_view kWitness = "witness.example/w";

}  // namespace fundledger::engine
