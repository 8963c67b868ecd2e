// SPDX-License-Identifier: GPL-2.0-only
// What has to be written to turn the live configuration into the wanted one.
// A pure function of two models.
#pragma once

#include "model.hh"

#include <string>
#include <vector>

namespace scstadm {

/// One write to sysfs.
struct Operation {
  std::string what;       ///< "add device disk1 to handler vdisk_fileio"
  std::string path;       ///< file, relative to the root of the tree
  std::string text;       ///< what to write
  std::string object;     ///< folder that the write creates, if it creates one
  bool attribute = false; ///< sets an attribute: no write if it has the value already
  Place place;            ///< what in the file asks for it
  std::string needs;      ///< folder that must be there first, if it is made elsewhere
};

struct Diff {
  std::vector<Operation> operations;
  std::vector<std::string> left_alone; ///< differences that only force changes
  std::vector<std::string> errors;     ///< what cannot be done at all
};

/// With `force` what is live but not wanted is removed, what differs replaced.
Diff compare(const Node& wanted, const Node& live, bool force);

/// Do two texts of an attribute mean the same value (0x10 and 16)?
bool same_value(const std::string& a, const std::string& b);

/// "n=v; n=v" of the attributes that `names` lists.
std::string parameters(const std::vector<Attribute>& attributes,
                       const std::vector<std::string>& names);

} // namespace scstadm
