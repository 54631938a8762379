#include <cstdio>
#include <cstdlib>
#include <unordered_set>

#include "ledger/audit/audit.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"

#include "absl/strings/str_cat.h"

namespace fundledger::audit {
namespace {

// Roots of earlier sizes that are remembered: clients that are busy at one time have mostly seen the same
// few.
constexpr size_t kCachedRootsMax = 4096;

absl::Status Lost(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kDataLoss, reason, message);
}

std::string RequestName(const v1::Submission& submission) {
  return absl::StrCat(submission.officer(), ToAbsl(std::string_view("\0", 1)), submission.request_id());
}

[[noreturn]] void AbortOn(const char* invariant) {
  (void)std::fprintf(stderr, "invariant broken: %s\n", invariant);
  std::abort();
}

}  // namespace

// The tree's full tiles stay in memory, 32 bytes a record and a little more, since a submission may have seen
// any earlier size; request ids take about 60 bytes a record.
struct Replay::State {
  std::map<books::EntityKey, books::EntityPtr> entities;
  log::TreeEdge edge;
  std::map<std::pair<int, uint64_t>, std::string> tiles;
  std::map<uint64_t, Hash256> roots;
  std::unordered_set<std::string> requests;
  VerifierCache keys;
  bool has_sm3_links = false;
  int64_t last_recorded_at_us = 0;
  Hash256 last_leaf;
  Hash256 last_sm3;
  std::optional<Hash256> ledger;
  books::Effects last_effects;
  Admitted last_admitted;

  absl::Status CheckHeader(const log::RecordHeader& header) const;
  absl::Status CheckSm3(const log::RecordHeader& header, const Admitted& admitted) const;
  absl::StatusOr<Hash256> RootAt(uint64_t size);
  void Append(std::string_view record, const log::RecordHeader& header, Admitted admitted,
              books::Effects effects);
};

absl::Status Replay::State::CheckHeader(const log::RecordHeader& header) const {
  if (header.sequence != edge.size()) {
    return Lost("SEQUENCE_WRONG", absl::StrCat("the record says it is number ", header.sequence,
                                               ", it stands at ", edge.size()));
  }
  if (header.semantics != books::kSemantics) {
    return Lost("SEMANTICS_UNKNOWN",
                absl::StrCat("record ", header.sequence, " was applied by edition ", header.semantics,
                             " of the rules, this program knows ", books::kSemantics, ": upgrade it"));
  }
  if (header.previous != last_leaf) {
    return Lost("LINK_BROKEN", absl::StrCat("record ", header.sequence, " follows the leaf ",
                                            HexEncode(header.previous.view()), ", the leaf before it is ",
                                            HexEncode(last_leaf.view())));
  }
  if (header.recorded_at_us < last_recorded_at_us) {
    return Lost("TIME_WENT_BACK", absl::StrCat("record ", header.sequence, " is of ", header.recorded_at_us,
                                               ", the one before of ", last_recorded_at_us));
  }
  return absl::OkStatus();
}

absl::Status Replay::State::CheckSm3(const log::RecordHeader& header, const Admitted& admitted) const {
  // Record 0 says itself which suite the ledger is of.
  const bool needed = header.sequence == 0 && IsGenesis(admitted.submission)
                          ? admitted.submission.actions(0).genesis().suite() == v1::SUITE_SM
                          : has_sm3_links;
  if (header.sm3_link.has_value() != needed) {
    return Lost("SM3_LINK_BROKEN", absl::StrCat("record ", header.sequence, needed ? " lacks an" : " has an",
                                                " SM3 link, against its ledger's suite"));
  }
  if (needed && *header.sm3_link != last_sm3) {
    return Lost("SM3_LINK_BROKEN", absl::StrCat("record ", header.sequence, " has the SM3 link ",
                                                HexEncode(header.sm3_link->view()),
                                                ", the record before has ", HexEncode(last_sm3.view())));
  }
  return absl::OkStatus();
}

absl::StatusOr<Hash256> Replay::State::RootAt(uint64_t size) {
  if (const auto it = roots.find(size); it != roots.end()) return it->second;
  const auto read_tile = [this](int level, uint64_t index) -> absl::StatusOr<std::string> {
    const auto it = tiles.find({level, index});
    if (it == tiles.end()) AbortOn("a replay keeps every full tile");
    return it->second;
  };
  ASSIGN_OR_RETURN(const Hash256 root, log::TreeRoot(size, log::NodesOf(edge, read_tile)));
  if (roots.size() >= kCachedRootsMax) roots.erase(roots.begin());
  roots.emplace(size, root);
  return root;
}

void Replay::State::Append(std::string_view record, const log::RecordHeader& header, Admitted admitted,
                           books::Effects effects) {
  last_leaf = log::LeafHash(record);
  std::vector<log::Tile> full;
  edge.Append(last_leaf, &full);
  for (log::Tile& tile : full) tiles.emplace(std::pair(tile.level, tile.index), std::move(tile.hashes));
  if (header.sequence == 0) {
    ledger = last_leaf;
    has_sm3_links = header.sm3_link.has_value();
  }
  if (has_sm3_links) last_sm3 = crypto::Sm3(record);
  last_recorded_at_us = header.recorded_at_us;
  requests.insert(RequestName(admitted.submission));
  for (const auto& [key, entity] : effects.entities) entities[key] = entity;
  last_effects = std::move(effects);
  last_admitted = std::move(admitted);
}

Replay::Replay() : state_(std::make_unique<State>()) {}
Replay::~Replay() = default;

absl::Status Replay::Next(std::string_view bytes) {
  State& state = *state_;
  ASSIGN_OR_RETURN(const log::Record record, log::DecodeRecord(bytes));
  const log::RecordHeader& header = record.header;
  RETURN_IF_ERROR(state.CheckHeader(header));
  ASSIGN_OR_RETURN(Admitted admitted, Admit(record.envelope));
  const auto root_at = [&state](uint64_t size) { return state.RootAt(size); };
  RETURN_IF_ERROR(CheckBinding(admitted, header.sequence, header.recorded_at_us, state.ledger, root_at));
  RETURN_IF_ERROR(state.CheckSm3(header, admitted));
  if (state.requests.contains(RequestName(admitted.submission))) {
    return Lost("REQUEST_ID_REPEATED",
                absl::StrCat("record ", header.sequence, " has the request id ",
                             HexEncode(admitted.submission.request_id()), " of officer ",
                             admitted.submission.officer(), ", which an earlier record has"));
  }
  RETURN_IF_ERROR(CheckSignatures(*this, admitted, &state.keys));
  const books::RecordContext context{header.sequence, header.recorded_at_us, log::LeafHash(bytes)};
  ASSIGN_OR_RETURN(books::Effects effects, books::Apply(*this, context, admitted.submission));
  state.Append(bytes, header, std::move(admitted), std::move(effects));
  return absl::OkStatus();
}

uint64_t Replay::size() const {
  return state_->edge.size();
}
Hash256 Replay::Root() const {
  return state_->edge.Root();
}
Hash256 Replay::last_leaf() const {
  return state_->last_leaf;
}
Hash256 Replay::ledger() const {
  return state_->ledger.value_or(Hash256());
}
const books::Effects& Replay::last_effects() const {
  return state_->last_effects;
}
const Admitted& Replay::last_admitted() const {
  return state_->last_admitted;
}
const std::map<books::EntityKey, books::EntityPtr>& Replay::entities() const {
  return state_->entities;
}

absl::StatusOr<books::EntityPtr> Replay::Get(const books::EntityKey& key) const {
  const auto it = state_->entities.find(key);
  return it == state_->entities.end() ? books::EntityPtr() : it->second;
}

absl::Status Replay::Scan(
    books::EntityKind kind, std::string_view prefix, std::string_view from,
    const std::function<bool(std::string_view id, const books::EntityPtr&)>& visit) const {
  const auto& entities = state_->entities;
  for (auto it = entities.lower_bound({kind, std::string(std::max(prefix, from))}); it != entities.end();
       ++it) {
    if (it->first.kind != kind || !it->first.id.starts_with(prefix)) break;
    if (!visit(it->first.id, it->second)) break;
  }
  return absl::OkStatus();
}

}  // namespace fundledger::audit
