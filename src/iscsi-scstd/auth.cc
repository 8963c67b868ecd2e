// SPDX-License-Identifier: GPL-2.0-only
#include "auth.hh"

namespace scstd {

std::uint32_t auth_methods() {
  return SL_AUTH_NONE;
}

void auth_begin(sl_neg& neg) {
  neg.offer[SL_KEY_AUTH_METHOD] = auth_methods();
  neg.value[SL_KEY_AUTH_METHOD] = 0;
}

bool auth_no_common_method(const sl_neg& neg) {
  return neg.state[SL_KEY_AUTH_METHOD] == SL_NEG_DONE && neg.value[SL_KEY_AUTH_METHOD] == 0;
}

bool auth_satisfied(const sl_neg& neg) {
  // Who names no method gets the default, None (RFC 7143 12.1), where that is enough.
  if (neg.state[SL_KEY_AUTH_METHOD] != SL_NEG_DONE)
    return neg.offer[SL_KEY_AUTH_METHOD] & SL_AUTH_NONE;
  return neg.value[SL_KEY_AUTH_METHOD] == SL_AUTH_NONE;
}

} // namespace scstd
