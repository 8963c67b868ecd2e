// SPDX-License-Identifier: GPL-2.0-only
// The target driver copy_manager: its LUNs come by themselves, one for each disk. A file tells
// of them only where an admin has decided otherwise.
#pragma once

#include "model.hh"

namespace scstadm {

/// Is this the driver whose LUNs come by themselves?
bool is_copy_manager(const Node& driver);

/// Takes out of `saved` what would be so by itself; `live`: what it was made of.
void forget_automatic(Node& saved, const Node& live);

/// Will a disk have a LUN of the copy manager by itself that `target`, its target in the file,
/// does not tell of? `wanted`: the whole file.
bool has_unwanted(const Node& target, const Node& wanted, const Node& live);

} // namespace scstadm
