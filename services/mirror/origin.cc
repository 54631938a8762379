#include "services/mirror/origin.h"

#include <utility>

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "ledger/base/status.h"
#include "services/process/files.h"

namespace fundledger::mirror {
namespace {

namespace v1 = ::fundledger::v1;

// Above what any page or message may have.
constexpr int kReceiveBytesMax = 64 << 20;
// A ledger signs after each group of records, and those have some hundred kilobytes.
constexpr size_t kUnsignedBytesMax = 64 << 20;
// A connection behind which nobody is any more is noticed by then.
constexpr int kPingMs = 30'000;
constexpr std::chrono::seconds kFirstWithin(120);

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(const OriginAddress& address) {
  if (address.ca.empty()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  ASSIGN_OR_RETURN(options.pem_root_certs, process::ReadFile(address.ca));
  ASSIGN_OR_RETURN(options.pem_cert_chain, process::ReadFile(address.certificate));
  ASSIGN_OR_RETURN(options.pem_private_key, process::ReadSecretFile(address.key));
  return grpc::SslCredentials(options);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Origin>> Origin::Dial(const OriginAddress& address, Calls* calls) {
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ChannelCredentials> credentials, Credentials(address));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kReceiveBytesMax);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kPingMs);
  // A new connection each time, with the certificates of now.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const auto channel = grpc::CreateCustomChannel(address.address, credentials, arguments);
  std::unique_ptr<Origin> origin(new Origin(calls));
  origin->ledger_ = v1::LedgerService::NewStub(channel);
  origin->audit_ = v1::AuditService::NewStub(channel);
  origin->funds_ = v1::FundService::NewStub(channel);
  origin->reports_ = v1::ReportService::NewStub(channel);
  return origin;
}

absl::Status AddMessage(v1::WatchRecordsResponse* message, RecordBatch* batch) {
  for (std::string& record : *message->mutable_records()) {
    batch->bytes += record.size();
    batch->records.push_back(std::move(record));
  }
  batch->note = std::move(*message->mutable_checkpoint());
  if (!batch->note.empty() || batch->bytes <= kUnsignedBytesMax) return absl::OkStatus();
  return Refuse(absl::StatusCode::kDataLoss, "CHECKPOINT_MISSING",
                "the ledger sent 64 MiB of records without a checkpoint among them");
}

absl::StatusOr<RecordBatch> FetchFirst(const OriginAddress& address, Calls* calls) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Origin> origin, Origin::Dial(address, calls));
  grpc::ClientContext context;
  const Calls::UnderWay call(calls, &context);
  context.set_deadline(std::chrono::system_clock::now() + kFirstWithin);
  v1::WatchRecordsRequest request;
  request.set_until_latest(true);
  const auto reader = origin->audit().WatchRecords(&context, request);
  RecordBatch batch;
  v1::WatchRecordsResponse message;
  while (batch.note.empty() && reader->Read(&message)) RETURN_IF_ERROR(AddMessage(&message, &batch));
  context.TryCancel();
  const grpc::Status ended = reader->Finish();
  if (!batch.note.empty()) return batch;
  if (!ended.ok()) return rpc::FromGrpcStatus(ended);
  return Refuse(absl::StatusCode::kDataLoss, "CHECKPOINT_MISSING", "the ledger sent no checkpoint");
}

}  // namespace fundledger::mirror
