#include "tests/support/world.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"
#include "ledger/crypto/dsse.h"
#include "ledger/log/merkle.h"
#include "ledger/log/record.h"

#include "absl/strings/str_cat.h"

namespace fundledger::test_support {
namespace {

constexpr int64_t kDayUs = 86'400'000'000;

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  (void)std::fprintf(stderr, "%s\n", value.status().ToString().c_str());
  std::abort();
}

std::string RequestId(uint64_t number) {
  std::string id(8, '\0');
  AppendBigEndian64(number, &id);
  return id;
}

void AddOrganization(std::string_view id, std::string_view parent, v1::Tier tier, v1::Genesis* genesis) {
  v1::RegisterOrganization& organization = *genesis->add_organizations();
  organization.set_id(std::string(id));
  organization.set_name(absl::StrCat("Organization ", ToAbsl(id)));
  organization.set_parent(std::string(parent));
  organization.set_tier(tier);
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "fundledger-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::shared_ptr<const crypto::Signer> KeyOf(std::string_view name) {
  return OrDie(crypto::Ed25519FromSeed(crypto::Sha256(name).view()));
}

v1::PublicKey WireKey(const crypto::Signer& signer) {
  v1::PublicKey key;
  key.set_algorithm(static_cast<v1::KeyAlgorithm>(signer.public_key().algorithm));
  key.set_key(signer.public_key().bytes);
  return key;
}

World::World(v1::Suite suite, std::string_view log_key) : suite_(suite), log_key_(KeyOf(log_key)) {}

log::NoteVerifier World::verifier() const {
  return OrDie(log::NoteVerifier::Parse(log::VerifierKey(kOrigin, log_key_->public_key())));
}

v1::Genesis World::genesis() const {
  v1::Genesis genesis;
  genesis.set_origin(std::string(kOrigin));
  *genesis.mutable_log_key() = WireKey(*log_key_);
  *genesis.mutable_standby_key() = WireKey(*KeyOf("standby"));
  genesis.set_suite(suite_);
  genesis.set_utc_offset_minutes(480);
  AddOrganization("city", "", v1::TIER_CITY, &genesis);
  AddOrganization("finance", "city", v1::TIER_DEPARTMENT, &genesis);
  AddOrganization("inspection", "city", v1::TIER_DEPARTMENT, &genesis);
  AddOrganization("town", "city", v1::TIER_TOWNSHIP, &genesis);
  *genesis.add_administrators() = OfficerOf("", kAdmin, "city", v1::ROLE_ADMIN);
  *genesis.add_administrators() = OfficerOf("", kOtherAdmin, "inspection", v1::ROLE_ADMIN);
  genesis.mutable_policy()->set_two_reviewer_threshold_fen(100'000'000);
  genesis.mutable_policy()->set_proposal_valid_days(30);
  return genesis;
}

std::string World::GenesisEnvelope() const {
  const auto admin = KeyOf(kAdmin);
  const auto other = KeyOf(kOtherAdmin);
  return OrDie(engine::MakeGenesis(genesis(), RequestId(0), *log_key_, {admin.get(), other.get()}));
}

engine::Options World::OptionsAt(const std::string& directory) {
  engine::Options options;
  options.directory = directory;
  options.log_key = log_key_;
  options.clock = clock.clock();
  options.monotonic_clock = clock.clock();
  return options;
}

engine::CreateOptions World::CreateOptionsAt(const std::string& directory) {
  engine::CreateOptions options;
  options.directory = directory;
  options.log_key = log_key_;
  options.clock = clock.clock();
  options.genesis_envelope = GenesisEnvelope();
  return options;
}

absl::StatusOr<std::unique_ptr<engine::Engine>> World::CreateAndOpen(const std::string& directory) {
  RETURN_IF_ERROR(engine::Engine::Create(CreateOptionsAt(directory)));
  return engine::Engine::Open(OptionsAt(directory));
}

v1::Submission World::Draft(const engine::View& view, std::string_view officer) {
  v1::Submission submission;
  submission.set_ledger(log::LeafHash(OrDie(view.Record(0))).str());
  submission.set_officer(std::string(officer));
  submission.set_request_id(RequestId(next_request_++));
  submission.set_signed_at_us(clock.now_us());
  submission.set_not_after_us(clock.now_us() + 30 * kDayUs);
  submission.mutable_seen()->set_size(view.size());
  submission.mutable_seen()->set_root(view.checkpoint().root.str());
  return submission;
}

v1::Submission World::Register(const engine::View& view, std::string_view organization) {
  v1::Submission submission = Draft(view, kAdmin);
  v1::RegisterOrganization& action = *submission.add_actions()->mutable_register_organization();
  action.set_id(std::string(organization));
  action.set_name(absl::StrCat("Organization ", ToAbsl(organization)));
  action.set_parent("city");
  action.set_tier(v1::TIER_VILLAGE);
  return submission;
}

v1::RegisterOfficer World::Officer(const engine::View& view, std::string_view id,
                                   std::string_view organization, v1::Role role) const {
  return OfficerOf(log::LeafHash(OrDie(view.Record(0))).str(), id, organization, role);
}

v1::RegisterOfficer World::OfficerOf(std::string ledger, std::string_view id, std::string_view organization,
                                     v1::Role role) const {
  const auto key = KeyOf(id);
  v1::RegisterOfficer officer;
  officer.set_id(std::string(id));
  officer.set_organization(std::string(organization));
  officer.set_role(role);
  *officer.mutable_key() = WireKey(*key);
  officer.set_key_proof(OrDie(key->Sign(crypto::PreAuthEncoding(crypto::kKeyProofType, ledger.append(id)))));
  officer.set_person_code(crypto::Sha256({"person", id}).str());
  return officer;
}

absl::StatusOr<Sequence> World::Decide(engine::Engine* engine, std::string_view proposer,
                                       const v1::Action& action, const std::vector<std::string>& approvers) {
  v1::Submission proposal = Draft(*engine->view(), proposer);
  *proposal.add_actions() = action;
  const std::string proposed = Seal(proposal);
  ASSIGN_OR_RETURN(const v1::Receipt receipt, SubmitAndWait(engine, proposed));
  const v1::ActionRef ref = RefTo(receipt, proposed, 0);
  for (const std::string& approver : approvers) {
    v1::Submission approval = Draft(*engine->view(), approver);
    *approval.add_actions()->mutable_approve()->mutable_proposal() = ref;
    RETURN_IF_ERROR(SubmitAndWait(engine, Seal(approval)).status());
  }
  return ref.sequence();
}

absl::Status World::RegisterStaff(engine::Engine* engine) {
  const std::string other_admin(kOtherAdmin);
  v1::Action action;
  *action.mutable_register_officer() =
      Officer(*engine->view(), "inspector", "inspection", v1::ROLE_INSPECTOR);
  RETURN_IF_ERROR(Decide(engine, kAdmin, action, {other_admin}).status());
  *action.mutable_register_officer() = Officer(*engine->view(), "clerk", "finance", v1::ROLE_FINANCE_CLERK);
  RETURN_IF_ERROR(Decide(engine, kAdmin, action, {other_admin, "inspector"}).status());
  *action.mutable_register_officer() =
      Officer(*engine->view(), "reviewer", "finance", v1::ROLE_FINANCE_REVIEWER);
  return Decide(engine, kAdmin, action, {other_admin, "inspector"}).status();
}

std::string World::Seal(const v1::Submission& submission) const {
  const auto key = KeyOf(submission.officer());
  return OrDie(crypto::SealEnvelope(crypto::kSubmissionType, submission.SerializeAsString(), {key.get()}));
}

std::string World::SealRotation(v1::Submission draft, const std::string& current, const std::string& next,
                                const std::string& standby) const {
  v1::RotateLogKey& what = *draft.add_actions()->mutable_rotate_log_key();
  *what.mutable_log_key() = WireKey(*KeyOf(next));
  *what.mutable_standby_key() = WireKey(*KeyOf(standby));
  what.set_second_officer(std::string(kOtherAdmin));
  what.set_old_key_lost(current.empty());
  std::vector<std::shared_ptr<const crypto::Signer>> keys = {KeyOf(kAdmin), KeyOf(kOtherAdmin)};
  if (!current.empty()) keys.push_back(KeyOf(current));
  keys.push_back(KeyOf(next));
  keys.push_back(KeyOf(standby));
  std::vector<const crypto::Signer*> signers;
  for (const auto& key : keys) signers.push_back(key.get());
  return OrDie(crypto::SealEnvelope(crypto::kSubmissionType, draft.SerializeAsString(), signers));
}

absl::StatusOr<v1::Receipt> SubmitAndWait(engine::Engine* engine, std::string envelope) {
  std::promise<absl::StatusOr<v1::Receipt>> answer;
  engine->Submit(std::move(envelope),
                 [&answer](absl::StatusOr<v1::Receipt> receipt) { answer.set_value(std::move(receipt)); });
  return answer.get_future().get();
}

absl::StatusOr<Sequence> VerifyReceipt(const v1::Receipt& receipt, std::string_view envelope,
                                       const log::NoteVerifier& log) {
  const std::string bytes = absl::StrCat(receipt.header(), ToAbsl(envelope));
  ASSIGN_OR_RETURN(const log::Record record, log::DecodeRecord(bytes));
  ASSIGN_OR_RETURN(const log::Checkpoint checkpoint, log::OpenCheckpoint(receipt.checkpoint(), log));
  if (checkpoint.size != receipt.tree_size())
    return absl::DataLossError("the receipt's size is not its checkpoint's");
  std::vector<Hash256> proof;
  for (const std::string& hash : receipt.inclusion()) {
    const auto decoded = Hash256::FromBytes(hash);
    if (!decoded) return absl::DataLossError("a hash of the proof is not 32 bytes");
    proof.push_back(*decoded);
  }
  RETURN_IF_ERROR(log::VerifyInclusion(record.header.sequence, checkpoint.size, log::LeafHash(bytes), proof,
                                       checkpoint.root));
  return record.header.sequence;
}

v1::ActionRef RefTo(const v1::Receipt& receipt, std::string_view envelope, uint32_t action) {
  const std::string bytes = absl::StrCat(receipt.header(), ToAbsl(envelope));
  v1::ActionRef ref;
  ref.set_sequence(OrDie(log::DecodeRecord(bytes)).header.sequence);
  ref.set_leaf_hash(log::LeafHash(bytes).str());
  ref.set_action(action);
  return ref;
}

}  // namespace fundledger::test_support
