// SPDX-License-Identifier: GPL-2.0-only
// iSCSI names (RFC 7143 4.2.7) and World Wide Names of Fibre Channel. Pure.
#pragma once

#include <string>

namespace inst {

/// "iqn.2026-11.lab.example.box:disk0" for host box.example.lab; localdomain without a domain.
std::string target_name(const std::string& host_name);

/// "" when good, else what is wrong with it. `*` and `?` may stand for parts of a pattern.
std::string name_fault(const std::string& name);
std::string pattern_fault(const std::string& pattern);

/// "21:00:00:1b:32:ab:cd:ef", of that or of 0x, naa. or nothing before the 16 hex digits; "" = it
/// is no World Wide Name.
std::string wwn_of(const std::string& text);
/// A World Wide Name, or a pattern of one with colons, and so no name of iSCSI. "naa." begins one
/// of iSCSI.
bool is_fc_pattern(const std::string& pattern);

} // namespace inst
