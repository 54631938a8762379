#include "ledger/engine/attestation_check.h"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "fundledger/storage/v1/entities.pb.h"
#include "ledger/base/bytes.h"
#include "ledger/engine/layout.h"
#include "ledger/log/note.h"

#include "absl/strings/str_cat.h"

namespace fundledger::engine {
namespace {

namespace storage = ::fundledger::storage::v1;
using store::Table;

// Empty, or what has no form.
std::string FaultOf(const std::string& value) {
  storage::Attestations kept;
  if (!kept.ParseFromString(value) || kept.ByteSizeLong() != value.size()) return "cannot be read";
  std::set<std::pair<std::string, uint32_t>> keys;
  for (const std::string& line : kept.cosignatures()) {
    // A line alone is read as that of a note with any text.
    const auto note = log::ParseNote(absl::StrCat("\n\n", line));
    if (!note.ok() || note->signatures.size() != 1) return "has a cosignature that is no line of a note";
    if (!keys.emplace(note->signatures[0].name, note->signatures[0].key_id).second) {
      return absl::StrCat("has two cosignatures of ", note->signatures[0].name);
    }
  }
  std::set<std::string> authorities;
  for (const auto& stamp : kept.time_stamps()) {
    if (stamp.authority().empty() || stamp.response().empty())
      return "has a time stamp without name or bytes";
    if (!authorities.insert(stamp.authority()).second) {
      return absl::StrCat("has two time stamps of ", stamp.authority());
    }
  }
  return keys.empty() && authorities.empty() ? "says nothing" : "";
}

}  // namespace

void CheckAttestations(const store::Snapshot& snapshot, const std::function<bool(uint64_t)>& has_checkpoint,
                       Findings* findings) {
  const absl::Status read =
      snapshot.Scan(Table::kAttestations, "", "", [&](std::string_view key, std::string_view value) {
        const std::optional<Sequence> size = ReadSequenceKey(key);
        if (!size.has_value()) {
          findings->Add(
              std::nullopt, "ATTESTATION_STRAY",
              absl::StrCat("an attestation is kept under the key ", HexEncode(key), ", which is no size"));
          return !findings->is_full();
        }
        const std::optional<Sequence> last = *size > 0 ? std::optional<Sequence>(*size - 1) : std::nullopt;
        if (!has_checkpoint(*size)) {
          findings->Add(
              last, "ATTESTATION_STRAY",
              absl::StrCat("an attestation is kept of size ", *size, ", of which no checkpoint is"));
        }
        if (const std::string fault = FaultOf(std::string(value)); !fault.empty()) {
          findings->Add(last, "ATTESTATION_MALFORMED",
                        absl::StrCat("what is kept of the checkpoint of size ", *size, " ", fault));
        }
        return !findings->is_full();
      });
  if (read.ok()) return;
  findings->Add(std::nullopt, "INDEX_UNREADABLE", absl::StrCat("table attestations: ", read.message()));
}

}  // namespace fundledger::engine
