// SPDX-License-Identifier: GPL-2.0-only
#include "copy_manager.hh"

#include <algorithm>
#include <set>
#include <string>

namespace scstadm {

namespace {

constexpr const char* kDriver = "copy_manager";
constexpr const char* kTarget = "copy_manager_tgt";

std::set<std::string> devices_of(const Node& target) {
  std::set<std::string> devices;
  for (const Node& lun : target.children)
    if (lun.kind == Kind::Lun)
      devices.insert(lun.device);
  return devices;
}

/// "0 - Direct-access device"
bool is_disk(const Node& device) {
  const Attribute* type = device.attribute("type");
  return type && type->value.starts_with("0 ");
}

bool has_all_disks(const Node& target, const Node& live) {
  const std::set<std::string> mapped = devices_of(target);
  for (const Node& handler : live.children)
    for (const Node& device : handler.children)
      if (device.kind == Kind::Device && is_disk(device) && !mapped.contains(device.name))
        return false;
  return true;
}

void remove_empty(Node& parent, Kind kind, const char* name) {
  std::erase_if(parent.children, [&](const Node& n) {
    return n.kind == kind && n.name == name && n.children.empty() && n.attributes.empty();
  });
}

} // namespace

bool is_copy_manager(const Node& driver) {
  return driver.kind == Kind::Driver && driver.name == kDriver;
}

void forget_automatic(Node& saved, const Node& live) {
  Node* driver = saved.find(Kind::Driver, kDriver);
  Node* target = driver ? driver->find(Kind::Target, kTarget) : nullptr;
  if (!target || !has_all_disks(*target, live))
    return;
  const auto& luns = target->children;
  if (std::any_of(luns.begin(), luns.end(), [](const Node& n) { return !n.attributes.empty(); }))
    return;
  std::erase_if(target->children, [](const Node& n) { return n.kind == Kind::Lun; });
  remove_empty(*driver, Kind::Target, kTarget);
  remove_empty(saved, Kind::Driver, kDriver);
}

bool has_unwanted(const Node& target, const Node& wanted, const Node& live) {
  const Node* driver = live.find(Kind::Driver, kDriver);
  const Node* now = driver ? driver->find(Kind::Target, kTarget) : nullptr;
  const std::set<std::string> named = devices_of(target);
  const std::set<std::string> mapped = now ? devices_of(*now) : std::set<std::string>();
  for (const Node& handler : wanted.children)
    for (const Node& device : handler.children) {
      if (device.kind != Kind::Device || named.contains(device.name))
        continue;
      const Node* live_handler = live.find(Kind::Handler, handler.name);
      const bool is_new = !live_handler || !live_handler->find(Kind::Device, device.name);
      if (is_new || mapped.contains(device.name))
        return true;
    }
  return false;
}

} // namespace scstadm
