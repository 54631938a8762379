#include "tests/bench/remote.h"

#include <fstream>
#include <sstream>
#include <utility>

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "clients/sdk/rpc_status.h"
#include "fundledger/v1/ledger_service.grpc.pb.h"
#include "ledger/base/clock.h"
#include "ledger/base/status.h"
#include "ledger/log/merkle.h"
#include "ledger/log/record.h"

namespace fundledger::bench {
namespace {

constexpr size_t kBelievedMax = 64;

std::string ReadAll(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

std::vector<std::shared_ptr<grpc::Channel>> Connect(const RemoteOptions& options, const County& county) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < options.connections; ++i) {
    const Officer& clerk = county.requesters()[static_cast<size_t>(i % county.options().clerks)];
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = ReadAll(options.ca);
    tls.pem_cert_chain = ReadAll(options.certificates + "/" + clerk.id + ".pem");
    tls.pem_private_key = ReadAll(options.certificates + "/" + clerk.id + ".key");
    channels.push_back(grpc::CreateCustomChannel(options.server, grpc::SslCredentials(tls), arguments));
  }
  return channels;
}

absl::StatusOr<log::Checkpoint> ReceiptChecker::Open(const std::string& note) {
  std::lock_guard lock(mutex_);
  for (const auto& [text, checkpoint] : believed_) {
    if (text == note) return checkpoint;
  }
  ASSIGN_OR_RETURN(log::Checkpoint checkpoint, log::OpenCheckpoint(note, log_));
  if (believed_.size() < kBelievedMax) believed_.emplace_back();
  believed_[next_++ % kBelievedMax] = {note, checkpoint};
  return checkpoint;
}

absl::Status ReceiptChecker::Check(const v1::Receipt& receipt, const std::string& envelope) {
  const std::string bytes = receipt.header() + envelope;
  ASSIGN_OR_RETURN(const log::Record record, log::DecodeRecord(bytes));
  if (record.header_bytes != receipt.header()) return absl::DataLossError("the header does not end there");
  ASSIGN_OR_RETURN(const log::Checkpoint checkpoint, Open(receipt.checkpoint()));
  if (checkpoint.size != receipt.tree_size()) return absl::DataLossError("not the checkpoint's size");
  std::vector<Hash256> proof;
  for (const std::string& hash : receipt.inclusion()) {
    const auto decoded = Hash256::FromBytes(hash);
    if (!decoded) return absl::DataLossError("a hash of the proof is not 32 bytes");
    proof.push_back(*decoded);
  }
  return log::VerifyInclusion(record.header.sequence, checkpoint.size, log::LeafHash(bytes), proof,
                              checkpoint.root);
}

absl::StatusOr<Standing> Greet(const std::shared_ptr<grpc::Channel>& channel, const log::NoteVerifier& log) {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  v1::GetLedgerResponse response;
  const grpc::Status status = v1::LedgerService::NewStub(channel)->GetLedger(&context, {}, &response);
  if (!status.ok()) return sdk::FromGrpc(status);
  ASSIGN_OR_RETURN(const log::Checkpoint checkpoint, log::OpenCheckpoint(response.checkpoint(), log));
  Standing standing;
  standing.ledger = response.ledger();
  standing.seen.set_size(checkpoint.size);
  standing.seen.set_root(checkpoint.root.str());
  standing.now_us = SystemClockMicros();
  return standing;
}

}  // namespace fundledger::bench
