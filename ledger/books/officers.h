// An officer's standing: which key counts for which records, and whether what the officer took part in may
// still take effect.
#pragma once

#include <string_view>

#include "fundledger/storage/v1/entities.pb.h"
#include "fundledger/v1/actions.pb.h"
#include "ledger/base/hash256.h"
#include "ledger/books/working.h"

#include "absl/status/status.h"

namespace fundledger::books {

// The key that counts now; null if there is none.
const ::fundledger::storage::v1::OfficerKey* ValidKey(const ::fundledger::storage::v1::Officer& officer);
// The key that record `sequence` was signed by; null if none counted there.
const ::fundledger::storage::v1::OfficerKey* KeyAt(const ::fundledger::storage::v1::Officer& officer,
                                                   Sequence sequence);
// That submissions signed by `key` count now. UNAUTHENTICATED, reasons KEY_REPLACED, KEY_REVOKED;
// PERMISSION_DENIED, reason OFFICER_DISMISSED; UNAUTHENTICATED, reason SIGNATURE_INVALID, for a key that is
// none of the officer's.
absl::Status CheckKeyCounts(const ::fundledger::storage::v1::Officer& officer,
                            const ::fundledger::v1::PublicKey& key);
// That the officer has a key that counts. Reasons KEY_REVOKED, OFFICER_DISMISSED.
absl::Status CheckInOffice(const ::fundledger::storage::v1::Officer& officer);
// Empty if the officer may still stand for what he or she submitted as record `since`; otherwise why not:
// dismissed, moved to another organization since, or the key of that record was revoked.
std::string WhyNotStanding(const ::fundledger::storage::v1::Officer& officer, Sequence since);
// The same, of the key alone.
std::string WhyNotTrusted(const ::fundledger::storage::v1::Officer& officer, Sequence since);
// Whether the officer was moved in record `since` or later.
bool WasMovedSince(const ::fundledger::storage::v1::Officer& officer, Sequence since);

// As registered, with the organization and the key after record `last`.
::fundledger::v1::RegisterOfficer RegistrationAt(const ::fundledger::storage::v1::Officer& officer,
                                                 Sequence last);

// What changes an officer's entity; `origin` says where.
void AddKey(const ::fundledger::storage::v1::Origin& origin, const ::fundledger::v1::PublicKey& key,
            ::fundledger::storage::v1::Officer* officer);
void AddPost(const ::fundledger::storage::v1::Origin& origin, const std::string& organization,
             ::fundledger::storage::v1::Officer* officer);
// Takes note of whether the officer, as changed, is an administrator or inspector in standing.
// FAILED_PRECONDITION, reason LAST_GUARDIAN, if none of two organizations' administrators would be left, or
// no inspector where there was one: nobody could ever mend that.
absl::Status KeepGuardian(const ActionContext& context, const ::fundledger::storage::v1::Officer& officer);
// Whether an inspector other than `officer` is in standing.
bool HasOtherInspector(const ::fundledger::storage::v1::Ledger& ledger, std::string_view officer);

}  // namespace fundledger::books
