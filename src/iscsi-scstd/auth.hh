// SPDX-License-Identifier: GPL-2.0-only
// Who may log in, as far as AuthMethod decides it (RFC 7143 12.1): CHAP where there
// are accounts, None where there are none.
#pragma once

#include "iscsi_text.h"

#include <cstdint>

namespace scstd {

/// Prepares the negotiation; until a method is agreed on, its outcome is 0.
void auth_begin(sl_neg& neg);

/// Settles what is offered: with `required` nothing but CHAP.
void auth_require(sl_neg& neg, bool required);

/// Was CHAP agreed on?
bool auth_is_chap(const sl_neg& neg);

/// Did the initiator offer methods of which we have none?
bool auth_no_common_method(const sl_neg& neg);

/// May the security stage be left, or never be entered? `proved`: CHAP was completed.
bool auth_satisfied(const sl_neg& neg, bool proved);

} // namespace scstd
