#include <algorithm>
#include <utility>

#include "ledger/audit/audit.h"
#include "ledger/audit/chain.h"
#include "ledger/audit/officer_keys.h"
#include "ledger/audit/tree.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/books/officers.h"
#include "ledger/crypto/digest.h"
#include "ledger/crypto/keyed_sum.h"

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace fundledger::audit {
namespace {

// Roots of earlier sizes that are remembered: clients that are busy at one time have mostly seen the same
// few.
constexpr size_t kCachedRootsMax = 4096;

absl::Status Lost(std::string_view reason, std::string_view message) {
  return Refuse(absl::StatusCode::kDataLoss, reason, message);
}

struct Hash128Hash {
  size_t operator()(const crypto::Hash128& hash) const { return hash.low; }
};

}  // namespace

// The tree takes 64 bytes a record, since a submission may have seen any earlier size. Of a request id a hash
// under a random key is kept, 20 to 40 bytes a record: that two unlike ones agree is as likely as a guessed
// key.
struct Replay::State {
  books::EntityMap entities;
  Chain chain;
  Tree tree;
  absl::flat_hash_map<uint64_t, Hash256> roots;
  const crypto::Key128 request_salt = crypto::Key128::Random();
  absl::flat_hash_set<crypto::Hash128, Hash128Hash> requests;
  VerifierCache keys;
  OfficerKeys officers;
  std::optional<Hash256> ledger;
  books::Effects last_effects;
  Admitted last_admitted;

  Hash256 RootAt(uint64_t size);
  crypto::Hash128 RequestName(const v1::Submission& submission) const;
  void LearnKeys(const books::Effects& effects);
  void Append(const PreparedRecord& prepared, const crypto::Hash128& request, books::Effects effects);
};

Hash256 Replay::State::RootAt(uint64_t size) {
  if (const auto it = roots.find(size); it != roots.end()) return it->second;
  if (roots.size() >= kCachedRootsMax) roots.clear();
  return roots[size] = tree.RootAt(size);
}

crypto::Hash128 Replay::State::RequestName(const v1::Submission& submission) const {
  const std::string name =
      absl::StrCat(submission.officer(), ToAbsl(std::string_view("\0", 1)), submission.request_id());
  return crypto::SipHash(request_salt, name);
}

// An officer without a key that counts, or with one that cannot be decoded, has none here: the signatures are
// judged at their turn.
void Replay::State::LearnKeys(const books::Effects& effects) {
  for (const auto& [key, entity] : effects.entities) {
    if (key.kind != books::EntityKind::kOfficer) continue;
    const storage::v1::OfficerKey* valid = books::ValidKey(entity->officer());
    auto verifier = valid == nullptr ? nullptr : keys.Find(valid->key()).value_or(nullptr);
    officers.Set(key.id, std::move(verifier));
  }
}

void Replay::State::Append(const PreparedRecord& prepared, const crypto::Hash128& request,
                           books::Effects effects) {
  chain.Append(prepared.header, prepared.leaf, prepared.sm3);
  tree.Append(prepared.leaf);
  if (!ledger.has_value()) ledger = prepared.leaf;
  requests.insert(request);
  LearnKeys(effects);
  for (const auto& [key, entity] : effects.entities) entities[key] = entity;
  last_effects = std::move(effects);
}

Replay::Replay() : state_(std::make_unique<State>()) {}
Replay::~Replay() = default;

PreparedRecord PrepareRecord(
    std::string_view bytes,
    const std::function<std::shared_ptr<const crypto::Verifier>(const std::string& officer)>& key_of,
    VerifierCache* keys) {
  PreparedRecord prepared;
  const absl::StatusOr<log::Record> record = log::DecodeRecord(bytes);
  prepared.form = record.status();
  if (!record.ok()) return prepared;
  prepared.header = record->header;
  prepared.leaf = log::LeafHash(bytes);
  if (prepared.header.sm3_link.has_value()) prepared.sm3 = crypto::Sm3(bytes);
  prepared.admitted = Admit(record->envelope);
  if (!prepared.admitted.ok() || IsGenesis(prepared.admitted->submission())) return prepared;
  prepared.signatures =
      VerifyAhead(*prepared.admitted, key_of(prepared.admitted->submission().officer()), keys);
  return prepared;
}

PreparedRecord Replay::Prepare(std::string_view bytes) const {
  const auto key_of = [this](const std::string& officer) { return state_->officers.Find(officer); };
  return PrepareRecord(bytes, key_of, &state_->keys);
}

absl::Status Replay::Take(PreparedRecord prepared) {
  State& state = *state_;
  RETURN_IF_ERROR(prepared.form);
  const log::RecordHeader& header = prepared.header;
  RETURN_IF_ERROR(state.chain.CheckHeader(header));
  RETURN_IF_ERROR(prepared.admitted.status());
  const v1::Submission& submission = prepared.admitted->submission();
  const auto root_at = [&state](uint64_t size) { return state.RootAt(size); };
  RETURN_IF_ERROR(
      CheckBinding(*prepared.admitted, header.sequence, header.recorded_at_us, state.ledger, root_at));
  const bool is_sm_genesis = IsGenesis(submission) && submission.actions(0).genesis().suite() == v1::SUITE_SM;
  RETURN_IF_ERROR(state.chain.CheckSm3(header, is_sm_genesis));
  const crypto::Hash128 request = state.RequestName(submission);
  if (state.requests.contains(request)) {
    return Lost("REQUEST_ID_REPEATED", absl::StrCat("record ", header.sequence, " has the request id ",
                                                    HexEncode(submission.request_id()), " of officer ",
                                                    submission.officer(), ", which an earlier record has"));
  }
  RETURN_IF_ERROR(CheckSignatures(*this, *prepared.admitted, &state.keys, prepared.signatures));
  const books::RecordContext context{header.sequence, header.recorded_at_us, prepared.leaf};
  ASSIGN_OR_RETURN(books::Effects effects, books::Apply(*this, context, submission, prepared.admitted->form));
  state.Append(prepared, request, std::move(effects));
  state.last_admitted = *std::move(prepared.admitted);
  return absl::OkStatus();
}

absl::Status Replay::Next(std::string_view record) {
  return Take(Prepare(record));
}

uint64_t Replay::size() const {
  return state_->chain.size();
}
Hash256 Replay::Root() const {
  return state_->tree.RootAt(size());
}
Hash256 Replay::last_leaf() const {
  return state_->chain.last_leaf();
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
const books::EntityMap& Replay::entities() const {
  return state_->entities;
}
books::EntityMap Replay::TakeEntities() {
  return std::exchange(state_->entities, {});
}

absl::StatusOr<books::EntityPtr> Replay::Get(const books::EntityKey& key) const {
  const auto it = state_->entities.find(key);
  return it == state_->entities.end() ? books::EntityPtr() : it->second;
}

absl::Status Replay::Scan(
    books::EntityKind kind, std::string_view prefix, std::string_view from,
    const std::function<bool(std::string_view id, const books::EntityPtr&)>& visit) const {
  std::vector<const books::EntityMap::value_type*> found;
  for (const books::EntityMap::value_type& each : state_->entities) {
    const std::string_view id = each.first.id;
    if (each.first.kind == kind && id.starts_with(prefix) && id >= from) found.push_back(&each);
  }
  std::sort(found.begin(), found.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  for (const auto* each : found) {
    if (!visit(each->first.id, each->second)) break;
  }
  return absl::OkStatus();
}

}  // namespace fundledger::audit
