// --signed: answers that the ledger's key signs, checked and kept.
#pragma once

#include <string>

#include <google/protobuf/message.h>

#include "clients/cli/context.h"

#include <CLI/CLI.hpp>

namespace fundledger::cli {

class SignedAnswers {
 public:
  void AddTo(CLI::App* app);
  bool is_wanted() const { return option_ != nullptr && option_->count() > 0; }

  // Checks the signed answer in an answer's basis – by the log's key, for this ledger and this question, and
  // the very answer that was given – and keeps it: of the first page in the file named, of each later one
  // beside it. Prints where, and how the question was understood if that is narrower than it was asked.
  // Evidence, reason ANSWER_SIGNATURE_INVALID.
  template <typename Request, typename Response>
  absl::Status Take(Context& context, const Request& request, Response response) {
    const std::string envelope = response.basis().signed_answer();
    response.mutable_basis()->clear_signed_answer();
    Request understood;
    Response stated;
    return Keep(context, envelope, request, response, response.basis().checkpoint(), &understood, &stated);
  }

 private:
  absl::Status Keep(Context& context, const std::string& envelope, const google::protobuf::Message& request,
                    const google::protobuf::Message& response, const std::string& checkpoint,
                    google::protobuf::Message* understood, google::protobuf::Message* stated);

  CLI::Option* option_ = nullptr;
  std::string file_;
  size_t kept_ = 0;
};

// Asks for a signature where one is wanted.
template <typename Request>
void AskSigned(const SignedAnswers& answers, Request* request) {
  request->set_sign_answer(answers.is_wanted());
}

// EachPage, each page signed where that is wanted.
template <typename Stub, typename Request, typename Response, typename Visit>
absl::Status EachSignedPage(Context& context, SignedAnswers& answers, Stub& stub,
                            grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                            Request request, const Visit& visit) {
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  AskSigned(answers, &request);
  do {
    ASSIGN_OR_RETURN(const Response response, client->Call(stub, method, request));
    RETURN_IF_ERROR(client->BelieveBasis(response.basis()).status());
    if (answers.is_wanted()) RETURN_IF_ERROR(answers.Take(context, request, response));
    RETURN_IF_ERROR(visit(response));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

}  // namespace fundledger::cli
