#include "clients/cli/records.h"

#include "ledger/base/status.h"

namespace fundledger::cli {

evidence::EachRecord RecordsOfServer(sdk::Client* client) {
  return [client](const std::function<absl::Status(std::string_view record)>& take) -> absl::Status {
    v1::ListTrailRequest request;
    request.set_page_size(500);
    do {
      ASSIGN_OR_RETURN(const v1::ListTrailResponse page,
                       client->Call(client->audit(), &v1::AuditService::Stub::ListTrail, request));
      for (const v1::RecordView& view : page.records()) RETURN_IF_ERROR(take(view.record()));
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return absl::OkStatus();
  };
}

}  // namespace fundledger::cli
