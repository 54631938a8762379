#include "clients/cli/signed_answers.h"

#include <filesystem>
#include <iostream>

#include <google/protobuf/util/message_differencer.h>

#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/sdk/files.h"
#include "ledger/audit/answer.h"
#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/crypto/digest.h"

#include "absl/strings/str_cat.h"

namespace fundledger::cli {
namespace {

using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

absl::Status Invalid(std::string_view why) {
  return sdk::Evidence(
      "ANSWER_SIGNATURE_INVALID",
      absl::StrCat("the answer was asked for with a signature, and ", ToAbsl(why), ": do not rely on it"));
}

// SERVICE/METHOD of the RPC that takes `request`.
std::string MethodOf(const google::protobuf::Descriptor* request) {
  const google::protobuf::FileDescriptor* file = request->file();
  for (int s = 0; s < file->service_count(); ++s) {
    for (int m = 0; m < file->service(s)->method_count(); ++m) {
      const auto* method = file->service(s)->method(m);
      if (method->input_type() == request) {
        return absl::StrCat(file->service(s)->full_name(), "/", method->name());
      }
    }
  }
  return "";
}

}  // namespace

void SignedAnswers::AddTo(CLI::App* app) {
  option_ = app->add_option("--signed", file_,
                            T("have the answer signed by the log's key, and keep it in this file; without a "
                              "name, in answers/ beside the configuration",
                              "要求以账本密钥签署答复，并存入此文件；不给文件名则存于配置目录下 answers/"))
                ->expected(0, 1);
}

absl::Status SignedAnswers::Keep(Context& context, const std::string& envelope, const Message& request,
                                 const Message& response, const std::string& checkpoint, Message* understood,
                                 Message* stated) {
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  if (envelope.empty()) return Invalid("came without one");
  ASSIGN_OR_RETURN(const sdk::Client* client, context.client());
  const auto opened = audit::OpenAnswer(envelope, client->log_keys()->keys());
  if (!opened.ok()) return Invalid(ToStd(opened.status().message()));
  const v1::Answer& answer = opened->answer;
  if (answer.ledger() != config->ledger.view()) return Invalid("what is signed is of another ledger");
  if (answer.checkpoint() != checkpoint) return Invalid("what is signed rests on another checkpoint");
  if (answer.method() != MethodOf(request.GetDescriptor())) {
    return Invalid(absl::StrCat("what is signed answers ", answer.method()));
  }
  if (!understood->ParseFromString(answer.request())) return Invalid("what is signed has no question");
  if (!stated->ParseFromString(answer.response()) || !MessageDifferencer::Equals(*stated, response)) {
    return Invalid("what is signed is another answer than the one given");
  }
  std::filesystem::path path = file_;
  if (file_.empty()) {
    path = config->directory() / "answers" /
           absl::StrCat(opened->checkpoint.size, "-",
                        HexEncode(crypto::Sha256({envelope}).view().substr(0, 8)), ".answer");
    RETURN_IF_ERROR(sdk::MakeDirectory(path.parent_path()));
  } else if (kept_ > 0) {
    path = absl::StrCat(file_, ".", kept_ + 1);
  }
  ++kept_;
  RETURN_IF_ERROR(sdk::ReplaceFile(path, envelope, true));
  std::cerr << T("signed answer kept in ", "已签答复存于 ") << path.string() << '\n';
  if (!MessageDifferencer::Equals(*understood, request)) {
    std::cerr << T("understood as: ", "账本所理解的问题：") << ToJson(*understood).dump() << '\n';
  }
  return absl::OkStatus();
}

}  // namespace fundledger::cli
