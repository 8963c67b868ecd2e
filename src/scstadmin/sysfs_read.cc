// SPDX-License-Identifier: GPL-2.0-only
#include "sysfs_read.hh"

#include "copy_manager.hh"

#include <algorithm>

namespace scstadm {

namespace {

using Type = Sysfs::Entry::Type;

constexpr const char* kParameters = "The following parameters available";

std::string text_of(const Sysfs& sysfs, const std::string& path) {
  std::string text;
  return sysfs.read(path, text) ? std::string() : text;
}

/// Line 1 is the value, without blanks behind it; "[key]" on a line of its own marks it as set.
Attribute parse_attribute(const std::string& name, const std::string& text) {
  Attribute a;
  a.name = name;
  a.value = text.substr(0, text.find('\n'));
  a.value.erase(a.value.find_last_not_of(" \t") + 1);
  const std::size_t rest = text.find('\n');
  a.key = rest != std::string::npos &&
          (text.find("\n[key]\n", rest) != std::string::npos || text.ends_with("\n[key]"));
  return a;
}

bool is_attribute(const Sysfs::Entry& e) {
  return e.type == Type::File && e.name != "mgmt" && e.name != "last_sysfs_mgmt_res";
}

Node read_object(const Sysfs& sysfs, Kind kind, const std::string& name,
                 const std::string& folder) {
  Node n;
  n.kind = kind;
  n.name = name;
  n.attributes = read_attributes(sysfs, folder);
  return n;
}

void read_luns(const Sysfs& sysfs, const std::string& folder, Node& parent) {
  for (const auto& e : sysfs.list(folder)) {
    if (e.type != Type::Directory)
      continue;
    Node lun = read_object(sysfs, Kind::Lun, e.name, folder + "/" + e.name);
    lun.device = sysfs.link(folder + "/" + e.name + "/device");
    parent.children.push_back(std::move(lun));
  }
}

void read_initiators(const Sysfs& sysfs, const std::string& folder, Node& group) {
  for (const auto& e : sysfs.list(folder)) {
    if (e.name == "mgmt")
      continue;
    Node n;
    n.kind = Kind::Initiator;
    n.name = e.name;
    group.children.push_back(std::move(n));
  }
}

Node read_target(const Sysfs& sysfs, const std::string& name, const std::string& folder) {
  Node target = read_object(sysfs, Kind::Target, name, folder);
  read_luns(sysfs, folder + "/luns", target);
  for (const auto& e : sysfs.list(folder + "/ini_groups")) {
    if (e.type != Type::Directory)
      continue;
    const std::string path = folder + "/ini_groups/" + e.name;
    Node group = read_object(sysfs, Kind::Group, e.name, path);
    read_luns(sysfs, path + "/luns", group);
    read_initiators(sysfs, path + "/initiators", group);
    target.children.push_back(std::move(group));
  }
  return target;
}

void read_handlers(const Sysfs& sysfs, Node& root) {
  for (const auto& e : sysfs.list("handlers")) {
    const std::string folder = handler_path(e.name);
    if (e.type != Type::Directory || !sysfs.exists(folder + "/mgmt"))
      continue;
    const std::string help = text_of(sysfs, folder + "/mgmt");
    Node handler = read_object(sysfs, Kind::Handler, e.name, folder);
    handler.has_mgmt = true;
    handler.create = listed(help, kParameters);
    handler.dynamic = listed(help, "The following dev handler attributes available");
    handler.dynamic_child = listed(help, "The following device attributes available");
    for (const auto& d : sysfs.list(folder))
      if (d.type == Type::Link && sysfs.exists(device_path(d.name)))
        handler.children.push_back(read_object(sysfs, Kind::Device, d.name, device_path(d.name)));
    root.children.push_back(std::move(handler));
  }
}

void read_drivers(const Sysfs& sysfs, Node& root) {
  for (const auto& e : sysfs.list("targets")) {
    if (e.type != Type::Directory)
      continue;
    const std::string folder = driver_path(e.name);
    const std::string help = text_of(sysfs, folder + "/mgmt");
    Node driver = read_object(sysfs, Kind::Driver, e.name, folder);
    driver.has_mgmt = sysfs.exists(folder + "/mgmt");
    driver.create = listed(help, kParameters);
    driver.dynamic = listed(help, "The following target driver attributes available");
    driver.dynamic_child = listed(help, "The following target attributes available");
    for (const auto& t : sysfs.list(folder)) {
      const std::string path = folder + "/" + t.name;
      if (t.type != Type::Directory || !sysfs.exists(path + "/luns"))
        continue;
      Node target = read_target(sysfs, t.name, path);
      target.hardware = sysfs.exists(path + "/hw_target") || !driver.has_mgmt;
      driver.children.push_back(std::move(target));
    }
    root.children.push_back(std::move(driver));
  }
}

void read_target_groups(const Sysfs& sysfs, const std::string& folder, Node& group) {
  for (const auto& e : sysfs.list(folder)) {
    if (e.type != Type::Directory)
      continue;
    const std::string path = folder + "/" + e.name;
    Node tg = read_object(sysfs, Kind::TargetGroup, e.name, path);
    for (const auto& t : sysfs.list(path)) {
      if (t.type == Type::File)
        continue;
      Node member = t.type == Type::Directory
                        ? read_object(sysfs, Kind::MemberTarget, t.name, path + "/" + t.name)
                        : Node{};
      member.kind = Kind::MemberTarget;
      member.name = t.name;
      tg.children.push_back(std::move(member));
    }
    group.children.push_back(std::move(tg));
  }
}

void read_device_groups(const Sysfs& sysfs, Node& root) {
  for (const auto& e : sysfs.list("device_groups")) {
    if (e.type != Type::Directory)
      continue;
    const std::string path = "device_groups/" + e.name;
    Node group = read_object(sysfs, Kind::DeviceGroup, e.name, path);
    for (const auto& d : sysfs.list(path + "/devices")) {
      Node member;
      member.kind = Kind::MemberDevice;
      member.name = d.name;
      if (d.type == Type::Link)
        group.children.push_back(std::move(member));
    }
    read_target_groups(sysfs, path + "/target_groups", group);
    root.children.push_back(std::move(group));
  }
}

/// `create`: parameters that the parent takes when it creates this object.
void keep_for_file(const Node& live, const std::vector<std::string>& create, bool nonkey,
                   Node& out) {
  out.kind = live.kind;
  out.name = live.name;
  out.device = live.device;
  out.hardware = live.hardware && live.kind == Kind::Target;
  for (const Attribute& a : live.attributes) {
    const bool switches = a.name == "enabled" && a.writable;
    const bool settable = a.writable || contains(create, a.name);
    if (!settable || a.name == "hw_target" || !(a.key || switches || nonkey))
      continue;
    Attribute saved{std::string(a.key ? base_name(a.name) : a.name), a.value, true, true, {}};
    out.attributes.push_back(std::move(saved));
  }
  const std::vector<std::string> lun_create = {"read_only"};
  for (const Node& child : live.children) {
    Node n;
    keep_for_file(child, child.kind == Kind::Lun ? lun_create : live.create, nonkey, n);
    // An empty handler or driver says nothing but that its module is loaded.
    const bool module = n.kind == Kind::Handler || n.kind == Kind::Driver;
    if (!module || !n.children.empty() || !n.attributes.empty())
      out.children.push_back(std::move(n));
  }
}

} // namespace

std::vector<Attribute> read_attributes(const Sysfs& sysfs, const std::string& folder) {
  std::vector<Attribute> all;
  for (const auto& e : sysfs.list(folder)) {
    std::string text;
    // Write-only files are commands, not state.
    if (!is_attribute(e) || !e.readable || sysfs.read(folder + "/" + e.name, text))
      continue;
    Attribute a = parse_attribute(e.name, text);
    a.writable = e.writable;
    all.push_back(std::move(a));
  }
  return all;
}

std::vector<std::string> listed(const std::string& help, const std::string& lead) {
  std::vector<std::string> names;
  std::size_t at = help.find(lead);
  if (at == std::string::npos || (at = help.find(':', at)) == std::string::npos)
    return names;
  const std::string list = help.substr(at + 1, help.find('\n', at) - at - 1);
  for (std::size_t begin = 0; begin < list.size();) {
    std::size_t end = list.find_first_of(", ;", begin);
    end = end == std::string::npos ? list.size() : end;
    if (end > begin)
      names.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

Node read_live(const Sysfs& sysfs) {
  Node root;
  root.attributes = read_attributes(sysfs, "");
  read_handlers(sysfs, root);
  read_drivers(sysfs, root);
  read_device_groups(sysfs, root);
  sort(root);
  return root;
}

Node for_file(const Node& live, bool nonkey) {
  Node out;
  keep_for_file(live, {}, nonkey, out);
  forget_automatic(out, live);
  sort(out);
  return out;
}

std::string device_path(const std::string& device) {
  return "devices/" + device;
}
std::string handler_path(const std::string& handler) {
  return "handlers/" + handler;
}
std::string driver_path(const std::string& driver) {
  return "targets/" + driver;
}
std::string target_path(const std::string& driver, const std::string& target) {
  return driver_path(driver) + "/" + target;
}
std::string group_path(const std::string& driver, const std::string& target,
                       const std::string& group) {
  return target_path(driver, target) + (group.empty() ? "" : "/ini_groups/" + group);
}

} // namespace scstadm
