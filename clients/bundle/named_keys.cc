#include "clients/bundle/named_keys.h"

namespace fundledger::bundle {

std::vector<NamedKey> KeysNamedIn(const ::fundledger::v1::Submission& submission) {
  std::vector<NamedKey> named;
  for (const ::fundledger::v1::Action& action : submission.actions()) {
    if (action.has_register_officer())
      named.push_back({action.register_officer().id(), action.register_officer().key()});
    if (action.has_rotate_key()) named.push_back({submission.officer(), action.rotate_key().key()});
    if (action.has_recover_key())
      named.push_back({action.recover_key().officer(), action.recover_key().key()});
    for (const auto& administrator : action.genesis().administrators())
      named.push_back({administrator.id(), administrator.key()});
  }
  return named;
}

}  // namespace fundledger::bundle
