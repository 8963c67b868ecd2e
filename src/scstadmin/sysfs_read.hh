// SPDX-License-Identifier: GPL-2.0-only
// The live configuration: sysfs to model.
#pragma once

#include "model.hh"
#include "sysfs.hh"

#include <string>
#include <vector>

namespace scstadm {

/// Everything, including attributes that are at their default.
Node read_live(const Sysfs& sysfs);

/// What of the live model goes into a file: marked attributes, `enabled`, and
/// read-only ones only where creating the object takes them. With `nonkey`
/// also those at their default.
Node for_file(const Node& live, bool nonkey);

/// Attributes of one folder, sorted by name.
std::vector<Attribute> read_attributes(const Sysfs& sysfs, const std::string& folder);

/// Names listed after `lead` in the help text of a mgmt file (lead without the colon).
std::vector<std::string> listed(const std::string& help, const std::string& lead);

/// Folder of an object in sysfs, relative to the root.
std::string device_path(const std::string& device);
std::string handler_path(const std::string& handler);
std::string driver_path(const std::string& driver);
std::string target_path(const std::string& driver, const std::string& target);
/// `group` empty: the target's own.
std::string group_path(const std::string& driver, const std::string& target,
                       const std::string& group);

} // namespace scstadm
