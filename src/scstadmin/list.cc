// SPDX-License-Identifier: GPL-2.0-only
// The -list operations: tables of what is live.
#include "verbs.hh"

#include "sysfs_read.hh"

#include <algorithm>
#include <fmt/format.h>

namespace scstadm {

namespace {

using Row = std::vector<std::string>;

constexpr const char* kGap = "     ";

/// Tab-indented columns under a title and a rule of dashes.
void print_table(Session& s, const Row& head, const std::vector<Row>& rows) {
  std::vector<std::size_t> width;
  width.reserve(head.size());
  for (std::size_t i = 0; i < head.size(); i++) {
    width.push_back(head[i].size());
    for (const Row& row : rows)
      width[i] = std::max(width[i], row[i].size());
  }
  auto print = [&](const Row& row) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); i++)
      text += fmt::format("{}{:<{}}", i ? kGap : "", row[i], i + 1 < row.size() ? width[i] : 0);
    s.out("\t" + text);
  };
  print(head);
  std::size_t total = (head.size() - 1) * 5;
  for (std::size_t w : width)
    total += w;
  s.out("\t" + std::string(total, '-'));
  for (const Row& row : rows)
    print(row);
  if (rows.empty())
    s.out("\t(none)");
  s.out("");
}

void print_attributes(Session& s, const std::vector<Attribute>& attributes) {
  std::vector<Row> rows;
  rows.reserve(attributes.size());
  for (const Attribute& a : attributes)
    rows.push_back({a.name, a.value, a.writable ? "Yes" : "No", a.key ? "Yes" : "No"});
  print_table(s, {"Attribute", "Value", "Writable", "KEY"}, rows);
}

void print_names(Session& s, const std::string& title, const std::vector<std::string>& names) {
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  s.out("\t" + title);
  s.out("\t" + std::string(title.size(), '-'));
  for (const std::string& name : sorted)
    s.out("\t" + name);
  if (sorted.empty())
    s.out("\t(none)");
  s.out("");
}

int none(Session& s, const std::string& what, const std::string& name) {
  s.error(fmt::format("there is no {} {}: see scstadmin -list_{}", what, name, what));
  return 1;
}

std::vector<const Node*> children(const Node& root, Kind kind) {
  std::vector<const Node*> all;
  for (const Node& n : root.children)
    if (n.kind == kind)
      all.push_back(&n);
  return all;
}

int list_names(Session& s, const Node& live, Kind kind, const char* title,
               const std::string& wanted) {
  std::vector<Row> rows;
  for (const Node* n : children(live, kind))
    if (wanted.empty() || n->name == wanted)
      rows.push_back({n->name});
  if (rows.empty() && !wanted.empty())
    return none(s, kind == Kind::Handler ? "handler" : "driver", wanted);
  print_table(s, {title}, rows);
  return 0;
}

void device_rows(const Node& handler, std::vector<Row>& rows) {
  bool first = true;
  for (const Node& d : handler.children) {
    rows.push_back({first ? handler.name : "", d.name});
    first = false;
  }
  if (first)
    rows.push_back({handler.name, "-"});
}

int list_device_attributes(Session& s, const Node& live, const std::string& name) {
  for (const Node* h : children(live, Kind::Handler))
    if (const Node* d = h->find(Kind::Device, name)) {
      print_attributes(s, d->attributes);
      return 0;
    }
  return none(s, "device", name);
}

int list_devices(Session& s, const Node& live, const std::string& handler) {
  std::vector<Row> rows;
  for (const Node* h : children(live, Kind::Handler))
    if (handler.empty() || h->name == handler)
      device_rows(*h, rows);
  if (rows.empty() && !handler.empty())
    return none(s, "handler", handler);
  print_table(s, {"Handler", "Device"}, rows);
  return 0;
}

int list_targets(Session& s, const Node& live, const std::string& wanted) {
  const std::string driver = s.line.get("driver");
  std::vector<Row> rows;
  for (const Node* d : children(live, Kind::Driver)) {
    if (!driver.empty() && d->name != driver)
      continue;
    bool first = true;
    for (const Node& t : d->children)
      if (wanted.empty() || t.name == wanted) {
        rows.push_back({first ? d->name : "", t.name});
        first = false;
      }
  }
  if (rows.empty() && !wanted.empty())
    return none(s, "target", wanted);
  print_table(s, {"Driver", "Target"}, rows);
  return 0;
}

void print_luns(Session& s, const Node& owner) {
  std::vector<Row> rows;
  for (const Node* lun : children(owner, Kind::Lun))
    rows.push_back({lun->name, lun->device});
  s.out("\tAssigned LUNs:\n");
  print_table(s, {"LUN", "Device"}, rows);
}

void print_groups(Session& s, const Node& driver, const Node& target, const std::string& wanted) {
  s.out("\tDriver: " + driver.name);
  s.out("\tTarget: " + target.name + "\n");
  print_luns(s, target);
  for (const Node* g : children(target, Kind::Group)) {
    if (!wanted.empty() && g->name != wanted)
      continue;
    s.out("\tGroup: " + g->name + "\n");
    print_luns(s, *g);
    std::vector<Row> rows;
    for (const Node* i : children(*g, Kind::Initiator))
      rows.push_back({i->name});
    s.out("\tAssigned Initiators:\n");
    print_table(s, {"Initiator"}, rows);
  }
}

int list_groups(Session& s, const Node& live, const std::string& wanted) {
  const std::string driver = s.line.get("driver"), target = s.line.get("target");
  bool found = false;
  for (const Node* d : children(live, Kind::Driver))
    for (const Node& t : d->children)
      if ((driver.empty() || d->name == driver) && (target.empty() || t.name == target) &&
          (wanted.empty() || t.find(Kind::Group, wanted))) {
        found = true;
        print_groups(s, *d, t, wanted);
      }
  return found || wanted.empty() ? 0 : none(s, "group", wanted);
}

int list_sessions(Session& s, const Node& live) {
  for (const Node* d : children(live, Kind::Driver))
    for (const Node& t : d->children) {
      const std::string folder = target_path(d->name, t.name) + "/sessions";
      s.out(fmt::format("\tDriver/Target: {}/{}\n", d->name, t.name));
      bool any = false;
      for (const auto& e : s.sysfs.list(folder)) {
        if (e.type != Sysfs::Entry::Type::Directory)
          continue;
        any = true;
        s.out("\tSession: " + e.name + "\n");
        print_attributes(s, read_attributes(s.sysfs, folder + "/" + e.name));
      }
      if (!any)
        s.out("\t(no sessions)\n");
    }
  return 0;
}

/// Attributes of the object in `folder`, and what else it can be given.
int list_folder(Session& s, const std::string& what, const std::string& name,
                const std::string& folder) {
  if (!s.sysfs.exists(folder))
    return none(s, what, name);
  print_attributes(s, read_attributes(s.sysfs, folder));
  return 0;
}

void print_creation(Session& s, const std::string& folder, const std::string& title) {
  std::string help;
  if (s.sysfs.read(folder + "/mgmt", help))
    return;
  print_names(s, title, listed(help, "The following parameters available"));
  const auto dynamic = listed(help, "attributes available");
  if (!dynamic.empty())
    print_names(s, "Dynamic attributes available", dynamic);
}

int list_attributes(Session& s, const std::string& verb, const std::string& value) {
  const std::string driver = s.line.get("driver"), target = s.line.get("target");
  if (verb == "list_scst_attr")
    return list_folder(s, "core", "", "");
  if (verb == "list_hnd_attr") {
    int code = list_folder(s, "handler", value, handler_path(value));
    if (!code)
      print_creation(s, handler_path(value), "Device CREATE attributes available");
    return code;
  }
  if (verb == "list_drv_attr") {
    int code = list_folder(s, "driver", value, driver_path(value));
    if (!code)
      print_creation(s, driver_path(value), "Target CREATE attributes available");
    return code;
  }
  if (verb == "list_tgt_attr")
    return list_folder(s, "target", value, target_path(driver, value));
  if (verb == "list_grp_attr")
    return list_folder(s, "group", value, group_path(driver, target, value));
  return list_folder(s, "LUN", value,
                     group_path(driver, target, s.line.get("group")) + "/luns/" + value);
}

} // namespace

int run_list(Session& s, const Command& c) {
  const std::string verb = c.row->name;
  if (c.value.find('/') != std::string::npos || c.value == "..")
    return none(s, "object", c.value);
  if (verb.ends_with("_attr") && verb != "list_dev_attr")
    return list_attributes(s, verb, c.value);
  const Node live = read_live(s.sysfs);
  if (verb == "list_handler")
    return c.value.empty() ? list_names(s, live, Kind::Handler, "Handler", "")
                           : list_devices(s, live, c.value);
  if (verb == "list_driver")
    return list_names(s, live, Kind::Driver, "Driver", c.value);
  if (verb == "list_target")
    return list_targets(s, live, c.value);
  if (verb == "list_group")
    return list_groups(s, live, c.value);
  if (verb == "list_sessions")
    return list_sessions(s, live);
  if (verb == "list_dev_attr" || !c.value.empty())
    return list_device_attributes(s, live, c.value);
  return list_devices(s, live, "");
}

} // namespace scstadm
