// SPDX-License-Identifier: GPL-2.0-only
// iSCSI names (RFC 7143 4.2.7). Pure.
#pragma once

#include <string>

namespace inst {

/// "iqn.2026-11.lab.example.box:disk0" for host box.example.lab; localdomain without a domain.
std::string target_name(const std::string& host_name);

/// "" when good, else what is wrong with it. `*` and `?` may stand for parts of a pattern.
std::string name_fault(const std::string& name);
std::string pattern_fault(const std::string& pattern);

} // namespace inst
