#include "ledger/log/policy.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "ledger/base/status.h"
#include "ledger/base/utf8.h"
#include "ledger/log/lines.h"

#include "absl/strings/str_cat.h"

namespace fundledger::log {
namespace {

constexpr size_t kPolicyBytesMax = 256 << 10;
constexpr std::string_view kNone = "none";

absl::Status Malformed(size_t line, std::string_view why) {
  return Refuse(absl::StatusCode::kInvalidArgument, "POLICY_MALFORMED",
                absl::StrCat("line ", line, " of the policy ", ToAbsl(why)));
}

// What spaces and tabs separate.
std::vector<std::string_view> Items(std::string_view line) {
  std::vector<std::string_view> items;
  while (true) {
    const size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return items;
    const size_t end = std::min(line.find_first_of(" \t", begin), line.size());
    items.push_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

bool HasControlCharacter(std::string_view line) {
  return std::any_of(line.begin(), line.end(),
                     [](char c) { return (static_cast<uint8_t>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

}  // namespace

// Reads a policy line by line; each function adds one line's meaning.
class PolicyParser {
 public:
  absl::StatusOr<Policy> Parse(std::string_view text) {
    while (!text.empty()) {
      ++line_;
      const auto line = TakeUntil(&text, '\n');
      if (!line.has_value()) return Malformed(line_, "does not end in a newline: is the file whole?");
      if (HasControlCharacter(*line)) {
        return Malformed(line_, line->ends_with('\r') ? "ends in CR LF; lines end in LF alone"
                                                      : "has a control character");
      }
      const std::vector<std::string_view> items = Items(*line);
      if (items.empty() || items[0].starts_with('#')) continue;
      RETURN_IF_ERROR(ReadLine(items));
    }
    if (!has_quorum_) return Malformed(line_ + 1, "is missing: there is no quorum line");
    return std::move(policy_);
  }

 private:
  absl::Status ReadLine(const std::vector<std::string_view>& items) {
    if (items[0] == "log") return ReadLog(items);
    if (items[0] == "witness") return ReadWitness(items);
    if (items[0] == "group") return ReadGroup(items);
    if (items[0] == "quorum") return ReadQuorum(items);
    return Malformed(line_, absl::StrCat("begins with ", Quote(items[0]),
                                         "; lines are log, witness, group, quorum or # comments"));
  }

  absl::Status ReadLog(const std::vector<std::string_view>& items) {
    if (items.size() != 2 && items.size() != 3) return Malformed(line_, "is not: log VERIFIER_KEY [URL]");
    auto key = NoteVerifier::Parse(items[1]);
    if (!key.ok()) return Malformed(line_, absl::StrCat("is refused: ", key.status().message()));
    for (const PolicyLog& other : policy_.logs_) {
      if (other.key.key->public_key() == key->key->public_key()) {
        return Malformed(line_, absl::StrCat("has the key of another log line, ", other.key.name));
      }
    }
    policy_.logs_.push_back({*std::move(key), items.size() == 3 ? std::string(items[2]) : ""});
    return absl::OkStatus();
  }

  absl::Status ReadWitness(const std::vector<std::string_view>& items) {
    if (items.size() != 3 && items.size() != 4) {
      return Malformed(line_, "is not: witness NAME VERIFIER_KEY [URL]");
    }
    RETURN_IF_ERROR(AddName(items[1]));
    auto key = WitnessVerifier::Parse(items[2]);
    if (!key.ok()) return Malformed(line_, absl::StrCat("is refused: ", key.status().message()));
    for (const PolicyWitness& other : policy_.witnesses_) {
      // A cosignature does not cover the name: under two names one key would count twice.
      const bool same_key = other.key.key->public_key() == key->key->public_key();
      if (same_key || (other.key.name == key->name && other.key.key_id == key->key_id)) {
        return Malformed(line_, absl::StrCat("has the key of another witness, ", other.name));
      }
    }
    policy_.units_.push_back({std::string(items[1]), policy_.witnesses_.size(), 0, {}});
    policy_.witnesses_.push_back(
        {std::string(items[1]), *std::move(key), items.size() == 4 ? std::string(items[3]) : ""});
    return absl::OkStatus();
  }

  absl::Status ReadGroup(const std::vector<std::string_view>& items) {
    if (items.size() < 4) return Malformed(line_, "is not: group NAME K|any|all MEMBER…");
    RETURN_IF_ERROR(AddName(items[1]));
    Policy::Unit group{std::string(items[1]), std::nullopt, 0, {}};
    const size_t members = items.size() - 3;
    const auto k = items[2] == "any"   ? std::optional<uint64_t>(1)
                   : items[2] == "all" ? std::optional<uint64_t>(members)
                                       : ReadNumber(items[2]);
    if (!k.has_value() || *k < 1 || *k > members) {
      return Malformed(line_, absl::StrCat("asks for ", Quote(items[2]), " of ", members,
                                           "; write any, all, or a number from 1 to ", members));
    }
    group.threshold = *k;
    for (size_t i = 3; i < items.size(); ++i) {
      const auto member = names_.find(items[i]);
      if (member == names_.end() || member->second == policy_.units_.size()) {
        return Malformed(line_, absl::StrCat("names ", Quote(items[i]), ", which no line before it defines"));
      }
      if (!grouped_.insert(member->second).second) {
        return Malformed(line_, absl::StrCat("names ", Quote(items[i]), ", which is in a group already"));
      }
      group.members.push_back(member->second);
    }
    policy_.units_.push_back(std::move(group));
    return absl::OkStatus();
  }

  absl::Status ReadQuorum(const std::vector<std::string_view>& items) {
    if (items.size() != 2) return Malformed(line_, "is not: quorum NAME|none");
    if (std::exchange(has_quorum_, true)) return Malformed(line_, "is a second quorum line");
    if (items[1] == kNone) return absl::OkStatus();
    const auto unit = names_.find(items[1]);
    if (unit == names_.end()) {
      return Malformed(line_, absl::StrCat("names ", Quote(items[1]), ", which no line before it defines"));
    }
    policy_.quorum_ = unit->second;
    return absl::OkStatus();
  }

  // The name of the unit that is added next.
  absl::Status AddName(std::string_view name) {
    if (name == kNone) return Malformed(line_, "defines none, which has a meaning of its own");
    if (!names_.emplace(name, policy_.units_.size()).second) {
      return Malformed(line_, absl::StrCat("defines ", Quote(name), " a second time"));
    }
    return absl::OkStatus();
  }

  size_t line_ = 0;
  bool has_quorum_ = false;
  std::map<std::string, size_t, std::less<>> names_;  // into units_
  std::set<size_t> grouped_;                          // those in some group
  Policy policy_;
};

absl::StatusOr<Policy> Policy::Parse(std::string_view text) {
  if (text.size() > kPolicyBytesMax) {
    return Refuse(absl::StatusCode::kInvalidArgument, "POLICY_MALFORMED",
                  absl::StrCat("the policy has ", text.size(), " bytes, more than ", kPolicyBytesMax));
  }
  return PolicyParser().Parse(text);
}

bool Policy::IsSatisfied(const std::vector<Cosignature>& cosignatures) const {
  if (!quorum_.has_value()) return true;
  std::vector<bool> good(units_.size());
  for (size_t i = 0; i < units_.size(); ++i) {
    const Unit& unit = units_[i];
    if (unit.witness.has_value()) {
      const WitnessVerifier& key = witnesses_[*unit.witness].key;
      good[i] = std::any_of(cosignatures.begin(), cosignatures.end(), [&](const Cosignature& cosignature) {
        return cosignature.name == key.name && cosignature.key_id == key.key_id;
      });
    } else {
      const auto count = std::count_if(unit.members.begin(), unit.members.end(),
                                       [&](size_t member) { return static_cast<bool>(good[member]); });
      good[i] = static_cast<size_t>(count) >= unit.threshold;
    }
  }
  return good[*quorum_];
}

std::optional<uint64_t> Policy::SatisfiedSince(const std::vector<Cosignature>& cosignatures) const {
  if (!quorum_.has_value()) return std::nullopt;
  std::vector<Cosignature> by_time = cosignatures;
  std::stable_sort(by_time.begin(), by_time.end(),
                   [](const Cosignature& a, const Cosignature& b) { return a.time_s < b.time_s; });
  std::vector<Cosignature> up_to;
  for (const Cosignature& cosignature : by_time) {
    up_to.push_back(cosignature);
    if (IsSatisfied(up_to)) return cosignature.time_s;
  }
  return std::nullopt;
}

// A name is in one group at most, so what members need adds up.
size_t Policy::CosignaturesMin() const {
  if (!quorum_.has_value()) return 0;
  std::vector<size_t> needed(units_.size(), 1);
  for (size_t i = 0; i < units_.size(); ++i) {
    if (units_[i].witness.has_value()) continue;
    std::vector<size_t> of_members;
    for (const size_t member : units_[i].members) of_members.push_back(needed[member]);
    std::sort(of_members.begin(), of_members.end());
    needed[i] = std::accumulate(
        of_members.begin(), of_members.begin() + static_cast<std::ptrdiff_t>(units_[i].threshold), size_t{0});
  }
  return needed[*quorum_];
}

std::vector<WitnessVerifier> Policy::WitnessKeys() const {
  std::vector<WitnessVerifier> keys;
  for (const PolicyWitness& witness : witnesses_) keys.push_back(witness.key);
  return keys;
}

namespace {

// Of several by one key the earliest, as SatisfiedSince counts it, where the first of them stands.
std::vector<Cosignature> OncePerKey(const std::vector<Cosignature>& cosignatures) {
  std::vector<Cosignature> once;
  for (const Cosignature& each : cosignatures) {
    const auto same = std::find_if(once.begin(), once.end(), [&each](const Cosignature& listed) {
      return listed.name == each.name && listed.key_id == each.key_id;
    });
    if (same == once.end()) {
      once.push_back(each);
    } else {
      same->time_s = std::min(same->time_s, each.time_s);
    }
  }
  return once;
}

absl::StatusOr<WitnessedCheckpoint> Open(std::string_view note, const std::vector<NoteVerifier>& logs,
                                         const Policy& policy) {
  ASSIGN_OR_RETURN(const Note parsed, ParseNote(note));
  WitnessedCheckpoint result;
  ASSIGN_OR_RETURN(result.checkpoint, ParseCheckpointText(parsed.text));
  std::vector<NoteVerifier> of_origin;
  for (const NoteVerifier& log : logs) {
    if (log.name == result.checkpoint.origin) of_origin.push_back(log);
  }
  if (of_origin.empty()) {
    return Refuse(absl::StatusCode::kUnauthenticated, "NOTE_UNVERIFIED",
                  absl::StrCat("the note is a checkpoint of ", Quote(result.checkpoint.origin),
                               ", which is no known log"));
  }
  RETURN_IF_ERROR(OpenNote(note, of_origin).status());
  ASSIGN_OR_RETURN(const auto cosignatures, OpenCosignatures(parsed, policy.WitnessKeys()));
  result.cosignatures = OncePerKey(cosignatures);
  result.witnessed = policy.IsSatisfied(result.cosignatures);
  result.since_s = policy.SatisfiedSince(result.cosignatures).value_or(0);
  return result;
}

}  // namespace

absl::StatusOr<WitnessedCheckpoint> OpenWitnessed(std::string_view note, const Policy& policy) {
  std::vector<NoteVerifier> logs;
  for (const PolicyLog& log : policy.logs()) logs.push_back(log.key);
  return Open(note, logs, policy);
}

absl::StatusOr<WitnessedCheckpoint> OpenWitnessed(std::string_view note, const NoteVerifier& log,
                                                  const Policy& policy) {
  return Open(note, {log}, policy);
}

}  // namespace fundledger::log
