// Windows: which ledger, who is registered, statements, and the proofs that go with them.
#include <gtest/gtest.h>

#include "fundledger/v1/project_service.grpc.pb.h"
#include "fundledger/v1/registry_service.grpc.pb.h"
#include "fundledger/v1/report_service.grpc.pb.h"
#include "ledger/log/merkle.h"
#include "ledger/log/record.h"
#include "tests/integration/services/services_testing.h"

namespace fundledger::services_testing {
namespace {

class QueriesTest : public ::testing::Test {
 protected:
  log::Checkpoint Open(const std::string& note) {
    const auto checkpoint = log::OpenCheckpoint(note, ledgerd_.world.verifier());
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
    return checkpoint.ok() ? *checkpoint : log::Checkpoint{};
  }
  template <typename Repeated>
  static std::vector<Hash256> Hashes(const Repeated& hashes) {
    std::vector<Hash256> out;
    for (const std::string& hash : hashes) out.push_back(*Hash256::FromBytes(hash));
    return out;
  }

  Ledgerd ledgerd_;
};

TEST_F(QueriesTest, SaysWhichLedgerItIs) {
  v1::GetLedgerResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(v1::LedgerService::NewStub(ledgerd_.channel)->GetLedger(&context, {}, &response).ok());
  const auto genesis = ledgerd_.server->engine().view()->Record(0);
  ASSERT_TRUE(genesis.ok());
  EXPECT_EQ(response.ledger(), log::LeafHash(*genesis).str());
  EXPECT_EQ(response.origin(), test_support::World::kOrigin);
  EXPECT_EQ(response.verifier_key(),
            log::VerifierKey(test_support::World::kOrigin, ledgerd_.world.log_key()->public_key()));
  EXPECT_EQ(Open(response.checkpoint()).size, 1u);
  EXPECT_EQ(response.utc_offset_minutes(), 480);
  EXPECT_EQ(response.first_day().year(), 2020);
  EXPECT_EQ(response.first_day().month(), 6);
  EXPECT_EQ(response.first_day().day(), 16);
  EXPECT_TRUE(response.writable());
}

TEST_F(QueriesTest, ListsWhatIsRegisteredInPagesOfOneState) {
  for (const char* id : {"v-1", "v-2", "v-3", "v-4"}) ledgerd_.Register(id);
  const auto stub = v1::RegistryService::NewStub(ledgerd_.channel);
  v1::ListRegisteredRequest request;
  request.set_kind(v1::REGISTRY_KIND_ORGANIZATION);
  request.set_page_size(3);
  std::vector<std::string> ids;
  do {
    v1::ListRegisteredResponse response;
    grpc::ClientContext context;
    const grpc::Status status = stub->ListRegistered(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_LE(response.registered_size(), 3);
    EXPECT_EQ(response.basis().sequence(), 4u);
    EXPECT_GE(Open(response.basis().checkpoint()).size, 5u);
    for (const auto& each : response.registered()) ids.push_back(each.organization().id());
    request.set_page_token(response.next_page_token());
    // Comes before what is still to be listed, and after the state that is listed.
    ledgerd_.Register("v-0" + std::to_string(ids.size()));
    ledgerd_.Register("z-" + std::to_string(ids.size()));
  } while (!request.page_token().empty());
  EXPECT_EQ(ids,
            (std::vector<std::string>{"city", "finance", "inspection", "town", "v-1", "v-2", "v-3", "v-4"}));
}

TEST_F(QueriesTest, ListsEachKindAndNoOther) {
  const auto stub = v1::RegistryService::NewStub(ledgerd_.channel);
  for (int kind = v1::REGISTRY_KIND_ORGANIZATION; kind <= v1::REGISTRY_KIND_INDICATOR; ++kind) {
    v1::ListRegisteredRequest request;
    request.set_kind(static_cast<v1::RegistryKind>(kind));
    v1::ListRegisteredResponse response;
    grpc::ClientContext context;
    ASSERT_TRUE(stub->ListRegistered(&context, request, &response).ok());
    const int expected = kind == v1::REGISTRY_KIND_ORGANIZATION ? 4
                         : kind == v1::REGISTRY_KIND_OFFICER    ? 2
                                                                : 0;
    EXPECT_EQ(response.registered_size(), expected) << kind;
    EXPECT_EQ(response.next_page_token(), "");
  }
  for (const int kind : {0, 8, -1}) {
    v1::ListRegisteredRequest request;
    request.set_kind(static_cast<v1::RegistryKind>(kind));
    v1::ListRegisteredResponse response;
    grpc::ClientContext context;
    EXPECT_EQ(ErrorOf(stub->ListRegistered(&context, request, &response)).reason, "REGISTRY_KIND_INVALID");
  }
}

TEST_F(QueriesTest, AnswersReportsWithTheCheckpointOfTheirState) {
  ledgerd_.Register("v-1");
  grpc::ClientContext context;
  v1::GetStatementResponse statement;
  ASSERT_TRUE(v1::FundService::NewStub(ledgerd_.channel)->GetStatement(&context, {}, &statement).ok());
  EXPECT_EQ(statement.lines_size(), 0);
  EXPECT_EQ(statement.basis().sequence(), 1u);
  EXPECT_EQ(Open(statement.basis().checkpoint()).size, 2u);

  grpc::ClientContext projects_context;
  v1::ListProjectsResponse projects;
  ASSERT_TRUE(
      v1::ProjectService::NewStub(ledgerd_.channel)->ListProjects(&projects_context, {}, &projects).ok());
  EXPECT_EQ(Open(projects.basis().checkpoint()).size, 2u);
}

TEST_F(QueriesTest, PassesOnWhatReportsRefuse) {
  const auto funds = v1::FundService::NewStub(ledgerd_.channel);
  v1::ListFundsRequest request;
  request.set_page_size(-1);
  v1::ListFundsResponse response;
  grpc::ClientContext context;
  EXPECT_EQ(ErrorOf(funds->ListFunds(&context, request, &response)).reason, "PAGE_SIZE_INVALID");

  v1::GetStatementRequest future;
  future.mutable_as_of()->set_sequence(1000);
  v1::GetStatementResponse statement;
  grpc::ClientContext future_context;
  const grpc::Status status = funds->GetStatement(&future_context, future, &statement);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(ErrorOf(status).reason, "SEQUENCE_NOT_RECORDED");

  v1::GetProjectRequest project;
  project.set_project("none");
  v1::GetProjectResponse none;
  grpc::ClientContext project_context;
  EXPECT_EQ(v1::ProjectService::NewStub(ledgerd_.channel)
                ->GetProject(&project_context, project, &none)
                .error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(QueriesTest, ProvesARecordUnderTheCheckpointItGives) {
  for (int i = 0; i < 6; ++i) ledgerd_.Register("v-" + std::to_string(i));
  const auto stub = v1::AuditService::NewStub(ledgerd_.channel);
  for (uint64_t sequence = 0; sequence < 7; ++sequence) {
    v1::GetRecordRequest request;
    request.set_sequence(sequence);
    v1::GetRecordResponse response;
    grpc::ClientContext context;
    ASSERT_TRUE(stub->GetRecord(&context, request, &response).ok());
    EXPECT_EQ(response.record().sequence(), sequence);
    const log::Checkpoint checkpoint = Open(response.basis().checkpoint());
    EXPECT_EQ(response.basis().sequence(), checkpoint.size - 1);
    EXPECT_TRUE(log::VerifyInclusion(sequence, checkpoint.size, log::LeafHash(response.record().record()),
                                     Hashes(response.inclusion()), checkpoint.root)
                    .ok());
  }
  v1::GetRecordRequest beyond;
  beyond.set_sequence(7);
  v1::GetRecordResponse response;
  grpc::ClientContext context;
  const grpc::Status status = stub->GetRecord(&context, beyond, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ErrorOf(status).reason, "RECORD_NOT_FOUND");
}

TEST_F(QueriesTest, ProvesInclusionAndConsistencyForEverySize) {
  for (int i = 0; i < 6; ++i) ledgerd_.Register("v-" + std::to_string(i));
  const auto view = ledgerd_.server->engine().view();
  const auto stub = v1::AuditService::NewStub(ledgerd_.channel);
  for (uint64_t size = 0; size <= 7; ++size) {
    v1::GetInclusionProofRequest request;
    request.set_tree_size(size);
    v1::GetInclusionProofResponse inclusion;
    grpc::ClientContext context;
    ASSERT_TRUE(stub->GetInclusionProof(&context, request, &inclusion).ok());
    EXPECT_EQ(inclusion.tree_size(), size == 0 ? 7 : size);
    const Hash256 root = *Hash256::FromBytes(inclusion.root());
    EXPECT_EQ(root, *view->RootAt(inclusion.tree_size()));
    EXPECT_TRUE(log::VerifyInclusion(0, inclusion.tree_size(), log::LeafHash(*view->Record(0)),
                                     Hashes(inclusion.inclusion()), root)
                    .ok());
    if (size == 0) {
      EXPECT_EQ(Open(inclusion.checkpoint()).root, root);
    }

    v1::GetConsistencyProofRequest consistent;
    consistent.set_old_size(1);
    consistent.set_new_size(size);
    v1::GetConsistencyProofResponse consistency;
    grpc::ClientContext consistent_context;
    ASSERT_TRUE(stub->GetConsistencyProof(&consistent_context, consistent, &consistency).ok());
    EXPECT_TRUE(log::VerifyConsistency(1, consistency.new_size(), *view->RootAt(1),
                                       *Hash256::FromBytes(consistency.new_root()),
                                       Hashes(consistency.consistency()))
                    .ok());
  }
}

TEST_F(QueriesTest, RefusesProofsOfTreesThatAreNot) {
  const auto stub = v1::AuditService::NewStub(ledgerd_.channel);
  const auto inclusion = [&](uint64_t sequence, uint64_t size) {
    v1::GetInclusionProofRequest request;
    request.set_sequence(sequence);
    request.set_tree_size(size);
    v1::GetInclusionProofResponse response;
    grpc::ClientContext context;
    return ErrorOf(stub->GetInclusionProof(&context, request, &response)).reason;
  };
  const auto consistency = [&](uint64_t old_size, uint64_t new_size) {
    v1::GetConsistencyProofRequest request;
    request.set_old_size(old_size);
    request.set_new_size(new_size);
    v1::GetConsistencyProofResponse response;
    grpc::ClientContext context;
    return ErrorOf(stub->GetConsistencyProof(&context, request, &response)).reason;
  };
  EXPECT_EQ(inclusion(0, 2), "PROOF_OUT_OF_RANGE");
  EXPECT_EQ(inclusion(1, 1), "PROOF_OUT_OF_RANGE");
  EXPECT_EQ(inclusion(1, 0), "PROOF_OUT_OF_RANGE");
  EXPECT_EQ(consistency(0, 1), "PROOF_OUT_OF_RANGE");
  EXPECT_EQ(consistency(2, 1), "PROOF_OUT_OF_RANGE");
  EXPECT_EQ(consistency(1, UINT64_MAX), "PROOF_OUT_OF_RANGE");
}

TEST_F(QueriesTest, GivesTheLatestCheckpoint) {
  ledgerd_.Register("v-1");
  v1::GetCheckpointResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(v1::AuditService::NewStub(ledgerd_.channel)->GetCheckpoint(&context, {}, &response).ok());
  EXPECT_EQ(Open(response.checkpoint()).size, 2u);
}

}  // namespace
}  // namespace fundledger::services_testing
