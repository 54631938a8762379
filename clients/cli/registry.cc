// Officers, and lists of what is registered.
#include <iostream>
#include <memory>

#include "clients/cli/commands.h"
#include "clients/cli/json.h"
#include "clients/cli/language.h"
#include "clients/cli/receipts.h"
#include "clients/cli/table.h"
#include "clients/sdk/files.h"
#include "ledger/base/bytes.h"
#include "ledger/base/text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace fundledger::cli {
namespace {

struct OfficerOptions {
  std::string id;
  std::string organization;
  std::string role;
};

// The key of an officer to be registered: the one in the key directory, or a new one put there.
absl::StatusOr<const crypto::Signer*> KeyFor(Context& context, const std::string& id) {
  auto signer = context.signer(id);
  if (signer.ok() || !absl::IsNotFound(signer.status())) return signer;
  ASSIGN_OR_RETURN(const sdk::ClientConfig* config, context.config());
  std::error_code error;
  std::filesystem::create_directories(config->keys, error);
  ASSIGN_OR_RETURN(const auto fresh, crypto::GenerateKey(crypto::Algorithm::kEd25519));
  RETURN_IF_ERROR(sdk::MakeKeyFile(config->key_path(id), *fresh));
  if (!context.json()) {
    std::cout << T("made the key ", "已生成密钥 ") << config->key_path(id).string()
              << T(": move it to its officer, and leave no copy\n", "，请移交本人，勿留副本\n");
  }
  return context.signer(id);
}

absl::StatusOr<int> AddOfficer(Context& context, const OfficerOptions& options) {
  RETURN_IF_ERROR(CheckId("--id", options.id));
  const auto role = NumberOf(kRoleWords, options.role);
  if (!role.has_value()) {
    return UsageError("WORD_UNKNOWN",
                      absl::StrCat("--role \"", options.role, "\": write ", ListWords(kRoleWords)));
  }
  ASSIGN_OR_RETURN(const std::string officer, context.officer());
  RETURN_IF_ERROR(context.signer(officer).status());
  ASSIGN_OR_RETURN(const sdk::Client* client, context.client());
  ASSIGN_OR_RETURN(const crypto::Signer* key, KeyFor(context, options.id));
  v1::Action action;
  auto* registration = action.mutable_register_officer();
  registration->set_id(options.id);
  registration->set_organization(options.organization);
  registration->set_role(static_cast<v1::Role>(*role));
  registration->mutable_key()->set_algorithm(static_cast<v1::KeyAlgorithm>(key->public_key().algorithm));
  registration->mutable_key()->set_key(key->public_key().bytes);
  ASSIGN_OR_RETURN(*registration->mutable_key_proof(),
                   sdk::ProveKey(client->ledger().ledger(), options.id, *key));
  ASSIGN_OR_RETURN(const sdk::CheckedReceipt receipt, context.Submit(officer, {action}));
  PrintRecorded(context, receipt, {action});
  return kExitOk;
}

// A list of one kind: its titles, and the cells of one thing registered.
struct Listing {
  const char* path;
  v1::RegistryKind kind;
  std::vector<Table::Column> (*columns)();
  std::vector<std::string> (*cells)(const v1::Registered&);
};

std::vector<Table::Column> Titles(std::initializer_list<const char*> names) {
  std::vector<Table::Column> columns;
  for (const char* name : names) columns.push_back({name});
  return columns;
}

std::string AccountsText(const v1::RegisterPayee& payee) {
  return absl::StrJoin(payee.accounts(), "; ", [](std::string* out, const v1::BankAccount& account) {
    absl::StrAppend(out, account.bank(), " ", account.account_number());
  });
}

const Listing kListings[] = {
    {"admin organization list", v1::REGISTRY_KIND_ORGANIZATION,
     [] {
       return Titles({T("id", "编号"), T("name", "名称"), T("parent", "上级"), T("tier", "层级")});
     },
     [](const v1::Registered& r) -> std::vector<std::string> {
       const auto& o = r.organization();
       return {o.id(), o.name(), o.parent(), ShownWord(kTierWords, o.tier())};
     }},
    {"admin officer list", v1::REGISTRY_KIND_OFFICER,
     [] {
       return Titles({T("id", "编号"), T("organization", "单位"), T("role", "角色"), T("key", "公钥"),
                      T("record", "记录")});
     },
     [](const v1::Registered& r) -> std::vector<std::string> {
       const auto& o = r.officer();
       return {o.id(), o.organization(), ShownWord(kRoleWords, o.role()), HexEncode(o.key().key()),
               absl::StrCat(r.sequence())};
     }},
    {"admin task-group list", v1::REGISTRY_KIND_TASK_GROUP,
     [] {
       return Titles({T("id", "编号"), T("name", "名称")});
     },
     [](const v1::Registered& r) -> std::vector<std::string> {
       return {r.task_group().id(), r.task_group().name()};
     }},
    {"admin programme list", v1::REGISTRY_KIND_PROGRAMME,
     [] {
       return Titles({T("id", "编号"), T("name", "名称"), T("parent", "上级"), T("task group", "工作专班")});
     },
     [](const v1::Registered& r) -> std::vector<std::string> {
       const auto& p = r.programme();
       return {p.id(), p.name(), p.parent(), p.task_group()};
     }},
    {"admin category list", v1::REGISTRY_KIND_CATEGORY,
     [] {
       return Titles({T("id", "编号"), T("name", "名称"), T("parent", "上级")});
     },
     [](const v1::Registered& r) -> std::vector<std::string> {
       return {r.category().id(), r.category().name(), r.category().parent()};
     }},
    {"finance payee list", v1::REGISTRY_KIND_PAYEE,
     [] {
       return Titles(
           {T("id", "编号"), T("name", "名称"), T("credit code", "统一社会信用代码"), T("accounts", "账户")});
     },
     [](const v1::Registered& r) -> std::vector<std::string> {
       return {r.payee().id(), r.payee().name(), r.payee().credit_code(), AccountsText(r.payee())};
     }},
    {"admin indicator list", v1::REGISTRY_KIND_INDICATOR,
     [] {
       return Titles({T("id", "编号"), T("name", "名称"), T("unit", "单位"), T("decimals", "小数位数"),
                      T("adds up", "汇总方式")});
     },
     [](const v1::Registered& r) -> std::vector<std::string> {
       const auto& i = r.indicator();
       return {i.id(), i.name(), i.unit(), absl::StrCat(i.scale()),
               ShownWord(kAggregationWords, i.aggregation())};
     }},
};

absl::StatusOr<int> RunListing(Context& context, const Listing& listing) {
  ASSIGN_OR_RETURN(sdk::Client * client, context.client());
  v1::ListRegisteredRequest request;
  request.set_kind(listing.kind);
  request.set_page_size(1000);
  Table table(listing.columns());
  auto json = nlohmann::ordered_json::array();
  RETURN_IF_ERROR(EachPage(client, client->registry(), &v1::RegistryService::Stub::ListRegistered, request,
                           [&](const v1::ListRegisteredResponse& page) {
                             for (const auto& one : page.registered()) {
                               table.Add(listing.cells(one));
                               json.push_back(ToJson(one));
                             }
                             return absl::OkStatus();
                           }));
  if (context.json()) {
    PrintJson(json);
  } else {
    table.Print(std::cout);
  }
  return kExitOk;
}

}  // namespace

void AddRegistryCommands(Program* program) {
  CLI::App* add =
      AddCommand(program, "admin officer add",
                 T("propose an officer; makes the key keys/<id>.key if there is none (needs approval)",
                   "提议登记经办人；无密钥时生成 keys/<编号>.key（须审批）"));
  const auto options = std::make_shared<OfficerOptions>();
  add->add_option("--id", options->id, T("id of the officer", "经办人编号"))->required();
  add->add_option("--organization", options->organization, T("organization the officer acts for", "所属单位"))
      ->required();
  add->add_option("--role", options->role,
                  absl::StrCat(T("the one role: ", "唯一角色："), ListWords(kRoleWords)))
      ->required();
  add->footer(T(
      "Needs the approval of an administrator of another organization; finance_clerk, finance_reviewer and\n"
      "treasury also that of an inspector.\n"
      "Example:\n  fundledger admin officer add --as admin-1 --id clerk-1 --organization finance "
      "--role finance_clerk",
      "须由其他单位的管理员批准；财政经办、财政复核、国库另须纪检监察批准。\n"
      "示例：\n  fundledger admin officer add --as admin-1 --id clerk-1 --organization finance "
      "--role finance_clerk"));
  OnCall(program, add, [options](Context& context) { return AddOfficer(context, *options); });
  for (const Listing& listing : kListings) {
    CLI::App* app = AddCommand(program, listing.path, T("list what is registered", "列出已登记的内容"));
    OnCall(program, app, [&listing](Context& context) { return RunListing(context, listing); });
  }
}

}  // namespace fundledger::cli
