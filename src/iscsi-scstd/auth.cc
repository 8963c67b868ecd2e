// SPDX-License-Identifier: GPL-2.0-only
#include "auth.hh"

namespace scstd {

void auth_begin(sl_neg& neg) {
  neg.offer[SL_KEY_AUTH_METHOD] = SL_AUTH_NONE;
  neg.value[SL_KEY_AUTH_METHOD] = 0;
}

void auth_require(sl_neg& neg, bool required) {
  neg.offer[SL_KEY_AUTH_METHOD] = required ? SL_AUTH_CHAP : SL_AUTH_NONE;
}

bool auth_is_chap(const sl_neg& neg) {
  return neg.state[SL_KEY_AUTH_METHOD] == SL_NEG_DONE &&
         neg.value[SL_KEY_AUTH_METHOD] == SL_AUTH_CHAP;
}

bool auth_no_common_method(const sl_neg& neg) {
  return neg.state[SL_KEY_AUTH_METHOD] == SL_NEG_DONE && neg.value[SL_KEY_AUTH_METHOD] == 0;
}

bool auth_satisfied(const sl_neg& neg, bool proved) {
  // Who names no method gets the default, None (RFC 7143 12.1), where that is enough.
  if (neg.state[SL_KEY_AUTH_METHOD] != SL_NEG_DONE)
    return neg.offer[SL_KEY_AUTH_METHOD] & SL_AUTH_NONE;
  return neg.value[SL_KEY_AUTH_METHOD] == SL_AUTH_NONE || proved;
}

} // namespace scstd
