// The certificates of a ledger's connections, issued by the authority beside client.toml. An organization
// with an authority of its own puts that one's files in the same places, and needs none of this.
//
//   ca.pem, ca.key                       the authority; its key is best kept away from the server
//   server.pem, server-tls.key           the server's
//   certificates/<officer>.pem, .key     an officer's; the key stays with the officer
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "clients/cli/context.h"
#include "clients/sdk/keys.h"
#include "ledger/crypto/certificate.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fundledger::cli {

struct CertificateOptions {
  int32_t days = crypto::kHolderDays;
  int64_t now_s = 0;
};
// Now, by this machine's clock.
int64_t NowSeconds();

// Makes an authority in a directory. Its certificate is returned loaded, ready to issue.
absl::StatusOr<std::unique_ptr<crypto::Authority>> MakeAuthority(const std::filesystem::path& directory,
                                                                 const std::string& name,
                                                                 const sdk::Protection& protection);
// Whether the authority's key lies beside the configuration's ca.
bool HasAuthority(const sdk::ClientConfig& config);
// The authority beside the configuration. NOT_FOUND, reason AUTHORITY_MISSING; errors of sdk/keys.h.
absl::StatusOr<std::unique_ptr<crypto::Authority>> OpenAuthority(const sdk::ClientConfig& config,
                                                                 sdk::Passphrases* passphrases);

// A key, and a certificate for it. The key is never protected: the daemon starts unattended, and the key
// opens connections only.
absl::Status MakeServerCertificate(const crypto::Authority& authority, const std::filesystem::path& directory,
                                   const std::vector<std::string>& hosts, const CertificateOptions& options);
// A key and a certificate for an officer; or, with a request (PEM), a certificate for the key of whoever made
// the request. ALREADY_EXISTS, reason KEY_FILE_EXISTS, where there is a key.
absl::Status MakeOfficerCertificate(const crypto::Authority& authority,
                                    const std::filesystem::path& directory, const std::string& officer,
                                    const std::string& request_pem, const sdk::Protection& protection,
                                    const CertificateOptions& options);

}  // namespace fundledger::cli
