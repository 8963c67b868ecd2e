// SPDX-License-Identifier: GPL-2.0-only
// The configuration as a tree of named objects. The same tree is read from
// scst.conf and from sysfs, printed, and compared.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace scstadm {

/// Where something stands in a file; line 0: nowhere.
struct Place {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;
};

/// "file:line:column: " or nothing.
std::string to_text(const Place& place);

enum class Kind {
  Root,
  Handler,
  Device,
  Driver,
  Target,
  Group,
  Lun,
  Initiator,
  DeviceGroup,
  MemberDevice, ///< device of a device group
  TargetGroup,
  MemberTarget, ///< target of a target group
};

struct Attribute {
  std::string name;
  std::string value;
  bool key = true;      ///< belongs into a saved file
  bool writable = true; ///< can be set after creation
  Place place;
};

struct Node {
  Kind kind = Kind::Root;
  std::string name;
  std::string device;    ///< of a LUN
  bool hardware = false; ///< target that exists by itself
  std::vector<Attribute> attributes;
  std::vector<Node> children;
  Place place;

  // Live objects only, from the help text of their mgmt file.
  std::vector<std::string> create;        ///< parameters that creating a child takes
  std::vector<std::string> dynamic;       ///< own attributes that are added and removed
  std::vector<std::string> dynamic_child; ///< likewise of its children
  bool has_mgmt = false;

  const Node* find(Kind kind, std::string_view name) const;
  Node* find(Kind kind, std::string_view name);
  const Attribute* attribute(std::string_view name) const;
};

/// Name and place in a file: "DEVICE", "LUN" and so on.
const char* keyword(Kind kind);

/// For messages: "device disk1", "LUN 3".
std::string title(const Node& node);

/// Brings attributes and children into the order in which they are printed.
void sort(Node& node);

/// Same configuration? Places and what only live objects have do not count.
bool same(const Node& a, const Node& b);

/// Name of a numbered attribute without its number: "IncomingUser12" is an "IncomingUser".
std::string_view base_name(std::string_view name);

bool contains(const std::vector<std::string>& list, std::string_view word);

} // namespace scstadm
