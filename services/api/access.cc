#include "services/api/access.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "ledger/base/status.h"
#include "ledger/books/authority.h"
#include "services/rpc/identity.h"

#include "absl/strings/str_cat.h"

namespace fundledger::api {
namespace {

namespace v1 = ::fundledger::v1;

constexpr std::string_view kPackage = "fundledger.v1.";
constexpr int64_t kRememberedUs = 1'000'000;

constexpr Reach kNo = Reach::kNone;
constexpr Reach kOwn = Reach::kOwn;
constexpr Reach kAll = Reach::kAll;

// Facts of the log itself, and the words that all work with: for every officer. What a submission may do is
// for the books to say.
constexpr std::array<Reach, 8> kEveryRole = {kAll, kAll, kAll, kAll, kAll, kAll, kAll, kAll};
constexpr bool kWithoutKey = true;

constexpr QueryRule kRules[] = {
    // clang-format off
    {"LedgerService.Submit", kEveryRole, kWithoutKey},
    {"LedgerService.SubmitStream", kEveryRole, kWithoutKey},
    {"LedgerService.GetLedger", kEveryRole, kWithoutKey},
    {"AuditService.GetInclusionProof", kEveryRole, kWithoutKey},
    {"AuditService.GetConsistencyProof", kEveryRole, kWithoutKey},
    {"AuditService.GetCheckpoint", kEveryRole, kWithoutKey},
    {"AuditService.ListCheckpoints", kEveryRole, kWithoutKey},
    {"RegistryService.ListRegistered", kEveryRole},
    //                                clerk reviewer treasury township department inspector auditor admin
    {"LedgerService.Check",         {{kAll, kAll,    kAll,    kOwn,    kOwn,      kAll,     kAll,   kOwn}}},
    {"FundService.ListFunds",       {{kAll, kAll,    kAll,    kNo,     kNo,       kAll,     kAll,   kNo}}},
    {"FundService.GetStatement",    {{kAll, kAll,    kAll,    kOwn,    kOwn,      kAll,     kAll,   kNo}}},
    {"FundService.ListPayments",    {{kAll, kAll,    kAll,    kOwn,    kOwn,      kAll,     kAll,   kNo}}},
    {"FundService.GetPayment",      {{kAll, kAll,    kAll,    kOwn,    kOwn,      kAll,     kAll,   kNo}}},
    {"FundService.ListProposals",   {{kAll, kAll,    kAll,    kOwn,    kOwn,      kAll,     kAll,   kOwn}}},
    {"ProjectService.ListProjects", {{kAll, kAll,    kAll,    kOwn,    kOwn,      kAll,     kAll,   kNo}}},
    {"ProjectService.GetProject",   {{kAll, kAll,    kAll,    kOwn,    kOwn,      kAll,     kAll,   kNo}}},
    {"ReportService.GetBriefing",   {{kAll, kAll,    kAll,    kNo,     kNo,       kAll,     kAll,   kNo}}},
    {"AuditService.ListTrail",      {{kAll, kAll,    kAll,    kOwn,    kOwn,      kAll,     kAll,   kOwn}}},
    {"AuditService.GetRecord",      {{kAll, kAll,    kAll,    kOwn,    kOwn,      kAll,     kAll,   kOwn}}},
    {"AuditService.WatchRecords",   {{kNo,  kNo,     kNo,     kNo,     kNo,       kAll,     kAll,   kNo}}},
    // clang-format on
};

// SERVICE.METHOD of the RPC that takes `request`; empty if there is none.
std::string MethodOf(const google::protobuf::Descriptor* request) {
  const google::protobuf::FileDescriptor* file = request->file();
  for (int s = 0; s < file->service_count(); ++s) {
    for (int m = 0; m < file->service(s)->method_count(); ++m) {
      const google::protobuf::MethodDescriptor* method = file->service(s)->method(m);
      if (method->input_type() == request) return method->full_name().substr(kPackage.size());
    }
  }
  return "";
}

absl::StatusOr<Caller> CallerOf(const std::string& officer, const engine::View& view) {
  ASSIGN_OR_RETURN(const books::EntityPtr entity, view.Get({books::EntityKind::kOfficer, officer}));
  if (entity == nullptr) {
    return Refuse(absl::StatusCode::kUnauthenticated, "CERTIFICATE_OFFICER_UNKNOWN",
                  absl::StrCat("the client certificate names officer ", officer,
                               ", and nobody of this id is registered; have the registration approved"));
  }
  const auto& known = entity->officer();
  if (known.has_dismissed()) {
    return Refuse(absl::StatusCode::kUnauthenticated, "CERTIFICATE_OFFICER_DISMISSED",
                  absl::StrCat("the client certificate names officer ", officer,
                               ", who was dismissed in record ", known.dismissed().sequence()));
  }
  const bool has_key = known.keys_size() > 0 && !known.keys(known.keys_size() - 1).has_until();
  return Caller{officer, known.registration().organization(), known.registration().role(), has_key};
}

}  // namespace

std::string QueryRule::FullMethod() const {
  const size_t dot = method.find('.');
  return absl::StrCat(ToAbsl(kPackage), ToAbsl(method.substr(0, dot)), "/", ToAbsl(method.substr(dot + 1)));
}

std::span<const QueryRule> QueryRules() {
  return kRules;
}

const QueryRule* FindQueryRule(std::string_view method) {
  for (const QueryRule& rule : kRules) {
    if (rule.method == method) return &rule;
  }
  return nullptr;
}

const QueryRule& RuleOf(const google::protobuf::Descriptor* request) {
  const QueryRule* rule = FindQueryRule(MethodOf(request));
  if (rule != nullptr) return *rule;
  (void)std::fprintf(stderr, "no rule says who may ask %s\n", request->full_name().c_str());
  std::abort();
}

absl::StatusOr<Reach> CheckQuery(const Caller& caller, const QueryRule& rule) {
  if (!caller.is_known()) return Reach::kAll;
  if (!caller.has_key && !rule.without_key) {
    return Refuse(
        absl::StatusCode::kUnauthenticated, "OFFICER_WITHOUT_KEY",
        absl::StrCat("the key of officer ", caller.officer,
                     " was revoked; until another is given, nothing is shown over a connection that "
                     "whoever has that key may hold"));
  }
  const int role = static_cast<int>(caller.role) - 1;
  const bool has_role = role >= 0 && role < static_cast<int>(rule.reach.size());
  const Reach reach = has_role ? rule.reach[static_cast<size_t>(role)] : Reach::kNone;
  if (reach != Reach::kNone) return reach;
  return Refuse(absl::StatusCode::kPermissionDenied, "QUERY_NOT_ALLOWED",
                absl::StrCat("officer ", caller.officer, " has role ", ToAbsl(books::RoleName(caller.role)),
                             ", which does not ask ", ToAbsl(rule.method)));
}

Access::Access(const engine::Engine* engine, bool insecure, Clock clock)
    : engine_(engine), insecure_(insecure), clock_(std::move(clock)) {}

absl::StatusOr<Caller> Access::Identify(const grpc::AuthContext& peer, const engine::View& view) const {
  return Identify(rpc::OfficerOfPeer(peer), view);
}

absl::StatusOr<Caller> Access::Identify(const absl::StatusOr<std::string>& officer,
                                        const engine::View& view) const {
  if (insecure_) return Caller();
  RETURN_IF_ERROR(officer.status());
  return CallerOf(*officer, view);
}

absl::StatusOr<Caller> Access::IdentifyQuickly(const grpc::AuthContext& peer) const {
  if (insecure_) return Caller();
  ASSIGN_OR_RETURN(const std::string officer, rpc::OfficerOfPeer(peer));
  const int64_t now_us = clock_();
  {
    MutexLock lock(&mutex_);
    const auto found = remembered_.find(officer);
    if (found != remembered_.end() && now_us - found->second.at_us < kRememberedUs)
      return found->second.caller;
  }
  ASSIGN_OR_RETURN(Caller caller, CallerOf(officer, *engine_->view()));
  MutexLock lock(&mutex_);
  remembered_[officer] = {caller, now_us};
  return caller;
}

}  // namespace fundledger::api
