// SPDX-License-Identifier: GPL-2.0-only
// Who may log in, as far as AuthMethod decides it (RFC 7143 12.1). Only "None"
// exists so far; another method adds its exchange of keys here.
#pragma once

#include "iscsi_text.h"

#include <cstdint>

namespace scstd {

/// Methods that a session is offered: a mask of SL_AUTH_*.
std::uint32_t auth_methods();

/// Prepares the negotiation; until a method is agreed on, its outcome is 0.
void auth_begin(sl_neg& neg);

/// Did the initiator offer methods of which we have none?
bool auth_no_common_method(const sl_neg& neg);

/// May the security stage be left, or never be entered?
bool auth_satisfied(const sl_neg& neg);

} // namespace scstd
