#include "services/rpc/identity.h"

#include <grpc/grpc_security_constants.h>

#include "ledger/base/status.h"
#include "ledger/base/text.h"
#include "ledger/base/utf8.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace fundledger::rpc {
namespace {

constexpr absl::StatusCode kCode = absl::StatusCode::kUnauthenticated;

bool IsOfTls(const grpc::AuthContext& peer) {
  const auto types = peer.FindPropertyValues(GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME);
  return types.size() == 1 && types[0] == GRPC_SSL_TRANSPORT_SECURITY_TYPE;
}

}  // namespace

absl::StatusOr<std::string> OfficerOfUris(const std::vector<std::string_view>& uris) {
  std::vector<std::string_view> named;
  for (const std::string_view uri : uris) {
    // Schemes and namespaces are the same in any case; one written otherwise must not be overlooked.
    if (absl::StartsWithIgnoreCase(ToAbsl(uri), ToAbsl(kOfficerUrn))) named.push_back(uri);
  }
  if (named.empty()) {
    return Refuse(kCode, "CERTIFICATE_NAMES_NO_OFFICER",
                  absl::StrCat("the client certificate has ", uris.size(), " URI(s) and none is ",
                               ToAbsl(kOfficerUrn), "<id>; have one made for the officer"));
  }
  if (named.size() > 1) {
    return Refuse(kCode, "CERTIFICATE_NAMES_SEVERAL",
                  absl::StrCat("the client certificate names ", named.size(), " officers, such as ",
                               Quote(named[0]), " and ", Quote(named[1]), "; it may name one"));
  }
  const std::string id(named[0].substr(kOfficerUrn.size()));
  if (!named[0].starts_with(kOfficerUrn) || !CheckId("officer", id).ok()) {
    return Refuse(kCode, "CERTIFICATE_OFFICER_MALFORMED",
                  absl::StrCat("the client certificate's ", Quote(named[0]), " is not ", ToAbsl(kOfficerUrn),
                               " in small letters and an officer's id"));
  }
  return id;
}

absl::StatusOr<std::string> OfficerOfPeer(const grpc::AuthContext& peer) {
  if (!IsOfTls(peer) || peer.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME).empty()) {
    return Refuse(kCode, "CERTIFICATE_NEEDED",
                  "the connection showed no client certificate; set certificate and key in [tls]");
  }
  std::vector<std::string_view> uris;
  const auto values = peer.FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME);
  for (const grpc::string_ref& uri : values) uris.emplace_back(uri.data(), uri.size());
  return OfficerOfUris(uris);
}

}  // namespace fundledger::rpc
