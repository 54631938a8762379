#include "services/api/audit_service.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/time_text.h"
#include "ledger/engine/attestations.h"
#include "services/api/page.h"

#include "absl/strings/str_cat.h"

namespace fundledger::api {
namespace {

namespace v1 = ::fundledger::v1;

// Records are up to 64 KiB, so a full page could be 64 MiB; a message may be 4 MiB.
constexpr size_t kPageBytesMax = 3 << 20;

absl::StatusOr<engine::TrailFilter> FilterOf(const v1::ListTrailRequest& request) {
  if (!v1::TrailDimension_IsValid(request.dimension())) {
    return Refuse(
        absl::StatusCode::kInvalidArgument, "TRAIL_DIMENSION_INVALID",
        absl::StrCat("dimension is ", static_cast<int>(request.dimension()), "; name one of TrailDimension"));
  }
  const bool all = request.dimension() == v1::TRAIL_DIMENSION_UNSPECIFIED;
  if (all != request.id().empty()) {
    return Refuse(absl::StatusCode::kInvalidArgument, "TRAIL_ID_INVALID",
                  all ? "an id is given and no dimension; say what the id is of"
                      : "a dimension is given and no id; say whose trail, or leave both out for all records");
  }
  const bool ends_early =
      request.recorded_until_us() != 0 && request.recorded_until_us() < request.recorded_from_us();
  if (request.recorded_from_us() < 0 || request.recorded_until_us() < 0 || ends_early) {
    return Refuse(absl::StatusCode::kInvalidArgument, "TRAIL_TIME_INVALID",
                  absl::StrCat("recorded_from_us is ", TimeText(request.recorded_from_us(), 0),
                               " UTC and recorded_until_us ", TimeText(request.recorded_until_us(), 0),
                               " UTC; neither may be before 1970, nor the span end before it begins"));
  }
  engine::TrailFilter filter;
  if (!all) {
    ASSIGN_OR_RETURN(filter.key, engine::TrailKeyOf(static_cast<books::TrailDimension>(request.dimension()),
                                                    request.id()));
  }
  filter.recorded_from_us = request.recorded_from_us();
  filter.recorded_until_us = request.recorded_until_us();
  return filter;
}

// Two different requests never read the same: numbers do not run into each other, and the free text comes
// last.
std::string QuestionOf(const v1::ListTrailRequest& request) {
  return absl::StrCat("trail ", static_cast<int>(request.dimension()), " ", request.recorded_from_us(), " ",
                      request.recorded_until_us(), " ", request.id());
}

absl::Status PagePositionInvalid() {
  return Refuse(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID",
                "page_token does not say where the page begins; begin without one");
}

absl::StatusOr<PageToken> PageOf(const engine::View& view, const v1::ListTrailRequest& request) {
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(PageToken page, DecodePageToken(request.page_token(), QuestionOf(request), view.size()));
    if (page.position.size() == 8) return page;
    return PagePositionInvalid();
  }
  PageToken page{.size = view.size(), .position = ""};
  AppendBigEndian64(0, &page.position);
  return page;
}

absl::Status ListTrail(const engine::View& view, const v1::ListTrailRequest& request,
                       v1::ListTrailResponse* response) {
  ASSIGN_OR_RETURN(const engine::TrailFilter filter, FilterOf(request));
  ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size(), 100, 1000));
  ASSIGN_OR_RETURN(const PageToken page, PageOf(view, request));
  ASSIGN_OR_RETURN(const std::vector<Sequence> found,
                   view.Trail(filter, ReadBigEndian64(page.position), page_size + 1));

  size_t bytes = 0;
  for (const Sequence sequence : found) {
    if (sequence >= page.size) break;  // recorded after the first page was answered
    ASSIGN_OR_RETURN(std::string record, view.Record(sequence));
    const bool full = static_cast<size_t>(response->records_size()) == page_size ||
                      (response->records_size() > 0 && bytes + record.size() > kPageBytesMax);
    if (full) {
      PageToken next{.size = page.size, .position = ""};
      AppendBigEndian64(sequence, &next.position);
      response->set_next_page_token(EncodePageToken(next, QuestionOf(request)));
      break;
    }
    bytes += record.size();
    v1::RecordView& shown = *response->add_records();
    shown.set_sequence(sequence);
    shown.set_record(std::move(record));
  }
  response->mutable_basis()->set_sequence(page.size - 1);
  response->mutable_basis()->set_checkpoint(view.signed_checkpoint());
  return absl::OkStatus();
}

void AddHashes(const std::vector<Hash256>& hashes, google::protobuf::RepeatedPtrField<std::string>* out) {
  for (const Hash256& hash : hashes) *out->Add() = hash.str();
}

absl::Status GetRecord(const engine::View& view, const Asker&, const v1::GetRecordRequest& request,
                       v1::GetRecordResponse* response) {
  ASSIGN_OR_RETURN(std::string record, view.Record(request.sequence()));
  ASSIGN_OR_RETURN(const std::vector<Hash256> proof, view.InclusionProof(request.sequence(), view.size()));
  response->mutable_record()->set_sequence(request.sequence());
  response->mutable_record()->set_record(std::move(record));
  AddHashes(proof, response->mutable_inclusion());
  response->mutable_basis()->set_sequence(view.last_sequence());
  response->mutable_basis()->set_checkpoint(view.signed_checkpoint());
  return absl::OkStatus();
}

// The size of the tree asked for.
absl::StatusOr<uint64_t> TreeSize(const engine::View& view, std::string_view field, uint64_t asked) {
  if (asked <= view.size()) return asked == 0 ? view.size() : asked;
  return Refuse(absl::StatusCode::kOutOfRange, "PROOF_OUT_OF_RANGE",
                absl::StrCat(ToAbsl(field), " is ", asked, " and the ledger has ", view.size(), " records"));
}

absl::Status GetInclusionProof(const engine::View& view, const Asker&,
                               const v1::GetInclusionProofRequest& request,
                               v1::GetInclusionProofResponse* response) {
  ASSIGN_OR_RETURN(const uint64_t size, TreeSize(view, "tree_size", request.tree_size()));
  ASSIGN_OR_RETURN(const std::vector<Hash256> proof, view.InclusionProof(request.sequence(), size));
  ASSIGN_OR_RETURN(const Hash256 root, view.RootAt(size));
  AddHashes(proof, response->mutable_inclusion());
  response->set_tree_size(size);
  response->set_root(root.str());
  response->set_checkpoint(view.signed_checkpoint());
  return absl::OkStatus();
}

absl::Status GetConsistencyProof(const engine::View& view, const Asker&,
                                 const v1::GetConsistencyProofRequest& request,
                                 v1::GetConsistencyProofResponse* response) {
  ASSIGN_OR_RETURN(const uint64_t size, TreeSize(view, "new_size", request.new_size()));
  ASSIGN_OR_RETURN(const std::vector<Hash256> proof, view.ConsistencyProof(request.old_size(), size));
  ASSIGN_OR_RETURN(const Hash256 root, view.RootAt(size));
  AddHashes(proof, response->mutable_consistency());
  response->set_new_size(size);
  response->set_new_root(root.str());
  response->set_checkpoint(view.signed_checkpoint());
  return absl::OkStatus();
}

absl::Status GetCheckpoint(const engine::View& view, const Asker&, const v1::GetCheckpointRequest& request,
                           v1::GetCheckpointResponse* response) {
  const uint64_t size = request.size() == 0 ? view.size() : request.size();
  ASSIGN_OR_RETURN(v1::AttestedCheckpoint attested, engine::ReadAttested(view, size));
  response->set_checkpoint(std::move(*attested.mutable_checkpoint()));
  *response->mutable_time_stamps() = std::move(*attested.mutable_time_stamps());
  return absl::OkStatus();
}

absl::Status ListCheckpoints(const engine::View& view, const Asker&,
                             const v1::ListCheckpointsRequest& request,
                             v1::ListCheckpointsResponse* response) {
  ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size(), 100, 1000));
  const std::string question = absl::StrCat("checkpoints ", request.size_min(), " ", request.size_max());
  PageToken page{.size = view.size(), .position = ""};
  AppendBigEndian64(request.size_min(), &page.position);
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(page, DecodePageToken(request.page_token(), question, view.size()));
    if (page.position.size() != 8) return PagePositionInvalid();
  }
  const uint64_t last = request.size_max() == 0 ? page.size : std::min(request.size_max(), page.size);
  size_t bytes = 0;
  return engine::ScanAttested(
      view, ReadBigEndian64(page.position), last, [&](uint64_t size, const v1::AttestedCheckpoint& attested) {
        const bool full = static_cast<size_t>(response->checkpoints_size()) == page_size ||
                          (bytes > 0 && bytes + attested.ByteSizeLong() > kPageBytesMax);
        if (full) {
          PageToken next{.size = page.size, .position = ""};
          AppendBigEndian64(size, &next.position);
          response->set_next_page_token(EncodePageToken(next, question));
          return false;
        }
        bytes += attested.ByteSizeLong();
        *response->add_checkpoints() = attested;
        return true;
      });
}

}  // namespace

grpc::ServerUnaryReactor* AuditService::ListTrail(grpc::CallbackServerContext* call,
                                                  const v1::ListTrailRequest* request,
                                                  v1::ListTrailResponse* response) {
  // Whoever sees everything is seen doing so, outside the ledger.
  return Query(context_, call, request, response,
               [this, call](const engine::View& view, const Asker& asker, const v1::ListTrailRequest& asked,
                            v1::ListTrailResponse* answer) -> absl::Status {
                 RETURN_IF_ERROR(api::ListTrail(view, asked, answer));
                 if (asker.caller.role == v1::ROLE_INSPECTOR || asker.caller.role == v1::ROLE_AUDITOR)
                   context_.watch->OnTrailRead(asker.caller, call->peer(), asked);
                 return absl::OkStatus();
               });
}

grpc::ServerUnaryReactor* AuditService::GetRecord(grpc::CallbackServerContext* call,
                                                  const v1::GetRecordRequest* request,
                                                  v1::GetRecordResponse* response) {
  return Query(context_, call, request, response, api::GetRecord);
}

grpc::ServerUnaryReactor* AuditService::GetInclusionProof(grpc::CallbackServerContext* call,
                                                          const v1::GetInclusionProofRequest* request,
                                                          v1::GetInclusionProofResponse* response) {
  return Query(context_, call, request, response, api::GetInclusionProof);
}

grpc::ServerUnaryReactor* AuditService::GetConsistencyProof(grpc::CallbackServerContext* call,
                                                            const v1::GetConsistencyProofRequest* request,
                                                            v1::GetConsistencyProofResponse* response) {
  return Query(context_, call, request, response, api::GetConsistencyProof);
}

grpc::ServerUnaryReactor* AuditService::GetCheckpoint(grpc::CallbackServerContext* call,
                                                      const v1::GetCheckpointRequest* request,
                                                      v1::GetCheckpointResponse* response) {
  if (request->size() != 0) return Query(context_, call, request, response, api::GetCheckpoint);
  return AnswerAtOnce(context_, call, request, [engine = context_.engine, request, response] {
    return api::GetCheckpoint(*engine->view(), Asker(), *request, response);
  });
}

grpc::ServerUnaryReactor* AuditService::ListCheckpoints(grpc::CallbackServerContext* call,
                                                        const v1::ListCheckpointsRequest* request,
                                                        v1::ListCheckpointsResponse* response) {
  return Query(context_, call, request, response, api::ListCheckpoints);
}

RecordWatches::Reactor* AuditService::WatchRecords(grpc::CallbackServerContext* call,
                                                   const v1::WatchRecordsRequest* request) {
  return watches_.Open(call, *request);
}

}  // namespace fundledger::api
