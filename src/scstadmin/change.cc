// SPDX-License-Identifier: GPL-2.0-only
// Single changes: each operation is a row that says which file gets which text.
#include "verbs.hh"

#include "apply.hh"
#include "sysfs_read.hh"

#include <fmt/format.h>

namespace scstadm {

namespace {

/// The names that most operations are about.
struct Names {
  explicit Names(const Session& s, const Command& c)
      : value(c.value), driver(s.line.get("driver")), target(s.line.get("target")),
        group(s.line.get("group")), device(s.line.get("device")), handler(s.line.get("handler")) {}
  std::string group_folder() const { return group_path(driver, target, group); }
  std::string value, driver, target, group, device, handler;
};

Operation mgmt(std::string what, const std::string& folder, std::string text,
               std::string object = {}) {
  Operation op;
  op.what = std::move(what);
  op.path = folder + "/mgmt";
  op.text = std::move(text);
  op.object = std::move(object);
  return op;
}

Operation setting(const std::string& of, const std::string& folder, const Attribute& a) {
  Operation op;
  op.what = fmt::format("set {} of {} to \"{}\"", a.name, of, a.value);
  op.path = folder.empty() ? a.name : folder + "/" + a.name;
  op.text = a.value;
  op.attribute = true;
  return op;
}

using Operations = std::vector<Operation>;

/// An object with attributes: creation parameters first, the rest afterwards.
Operations create(const std::string& what, const std::string& folder, const std::string& command,
                  const std::string& object, const std::vector<Attribute>& attributes,
                  const std::vector<std::string>& parameter_names) {
  const std::string rest = parameters(attributes, parameter_names);
  Operations ops = {
      mgmt("add " + what, folder, command + (rest.empty() ? "" : " " + rest), object)};
  for (const Attribute& a : attributes)
    if (!contains(parameter_names, a.name))
      ops.push_back(setting(what, object, a));
  return ops;
}

std::vector<std::string> create_parameters(const Session& s, const std::string& folder) {
  std::string help;
  return s.sysfs.read(folder + "/mgmt", help) ? std::vector<std::string>{}
                                              : listed(help, "The following parameters available");
}

Operations lun_operations(const Session& s, const std::string& verb, const Names& n,
                          const std::vector<Attribute>& attributes) {
  const std::string folder = n.group_folder() + "/luns";
  const std::string lun = "LUN " + n.value;
  if (verb == "add_lun" || verb == "replace_lun") {
    const char* word = verb == "add_lun" ? "add" : "replace";
    const std::string rest = parameters(attributes, create_parameters(s, folder));
    return {
        mgmt(fmt::format("{} {} ({})", word, lun, n.device), folder,
             fmt::format("{} {} {}{}{}", word, n.device, n.value, rest.empty() ? "" : " ", rest))};
  }
  if (verb == "rem_lun")
    return {mgmt("remove " + lun, folder, "del " + n.value)};
  return {mgmt("remove all LUNs", folder, "clear")};
}

Operations group_operations(const Session& s, const std::string& verb, const Names& n) {
  const std::string groups = target_path(n.driver, n.target) + "/ini_groups";
  const std::string members = groups + "/" + n.group + "/initiators";
  if (verb == "add_group")
    return {mgmt("add group " + n.value, groups, "create " + n.value)};
  if (verb == "rem_group")
    return {mgmt("remove group " + n.value, groups, "del " + n.value)};
  if (verb == "add_init")
    return {mgmt("add initiator " + n.value, members, "add " + n.value)};
  if (verb == "rem_init")
    return {mgmt("remove initiator " + n.value, members, "del " + n.value)};
  if (verb == "move_init")
    return {mgmt("move initiator " + n.value, members,
                 fmt::format("move {} {}", n.value, s.line.get("to")))};
  return {mgmt("remove all initiators of group " + n.group, members, "clear")};
}

Operations target_operations(const Session& s, const std::string& verb, const Names& n,
                             const std::vector<Attribute>& attributes) {
  const std::string folder = driver_path(n.driver);
  const std::string path = target_path(n.driver, n.value);
  const std::string what = "target " + n.value;
  if (verb == "add_target")
    return create(what, folder, "add_target " + n.value, path, attributes,
                  create_parameters(s, folder));
  if (verb == "rem_target")
    return {mgmt("remove " + what, folder, "del_target " + n.value)};
  return {setting(what, path, {"enabled", verb == "enable_target" ? "1" : "0", true, true, {}})};
}

Operations device_operations(const Session& s, const std::string& verb, const Names& n,
                             const std::vector<Attribute>& attributes) {
  const std::string folder = handler_path(n.handler);
  const std::string what = "device " + n.value;
  if (verb == "open_dev")
    return create(what, folder, "add_device " + n.value, device_path(n.value), attributes,
                  create_parameters(s, folder));
  if (verb == "close_dev")
    return {mgmt("remove " + what, folder, "del_device " + n.value)};
  Operation op;
  op.what = "resync " + what;
  op.path = device_path(n.value) + "/resync_size";
  op.text = "1";
  return {op};
}

/// -add_drv_attr and the like: attributes that come and go at run time.
Operations dynamic_operations(const std::string& verb, const Names& n,
                              const std::vector<Attribute>& attributes) {
  const bool of_target = verb.ends_with("tgt_attr");
  const std::string word = verb.substr(0, 3) == "add" ? "add" : "del";
  Operations ops;
  for (const Attribute& a : attributes)
    ops.push_back(
        mgmt(fmt::format("{} {}", word == "add" ? "add" : "remove", a.name),
             driver_path(of_target ? n.driver : n.value),
             of_target ? fmt::format("{}_target_attribute {} {} {}", word, n.value, a.name, a.value)
                       : fmt::format("{}_attribute {} {}", word, a.name, a.value)));
  return ops;
}

/// Folder of the object that -set_X_attr and -list_X_attr are about.
std::string attribute_folder(const std::string& verb, const Names& n) {
  const std::string kind = verb.substr(verb.find('_') + 1, 3);
  if (kind == "hnd")
    return handler_path(n.value);
  if (kind == "dev")
    return device_path(n.value);
  if (kind == "drv")
    return driver_path(n.value);
  if (kind == "tgt")
    return target_path(n.driver, n.value);
  if (kind == "grp")
    return group_path(n.driver, n.target, n.value);
  if (kind == "lun")
    return n.group_folder() + "/luns/" + n.value;
  return ""; // scst
}

Operations operations_of(const Session& s, const std::string& verb, const Names& n,
                         const std::vector<Attribute>& attributes) {
  if (verb.starts_with("set_")) {
    Operations ops;
    for (const Attribute& a : attributes)
      ops.push_back(setting(n.value.empty() ? "the core" : n.value, attribute_folder(verb, n), a));
    return ops;
  }
  if (verb.ends_with("_attr"))
    return dynamic_operations(verb, n, attributes);
  if (verb.ends_with("_dev"))
    return device_operations(s, verb, n, attributes);
  if (verb.ends_with("_target"))
    return target_operations(s, verb, n, attributes);
  if (verb.find("_lun") != std::string::npos)
    return lun_operations(s, verb, n, attributes);
  return group_operations(s, verb, n);
}

/// Names become parts of paths and words of commands: nothing may hide in them.
bool names_ok(Session& s, const Names& n) {
  for (const std::string& name : {n.value, n.driver, n.target, n.group, n.device, n.handler})
    if (name.find_first_of("/ \t\n") != std::string::npos || name == ".." || name == ".") {
      s.error(fmt::format("\"{}\" is no name: it has blanks or a \"/\"", name));
      return false;
    }
  return true;
}

bool asks(Session& s, const std::string& verb, const Names& n) {
  if (verb.starts_with("set_"))
    return !confirmed(s, "Attributes will be changed. Go on?");
  if (verb == "close_dev" && !s.line.has("force") &&
      !s.sysfs.list(device_path(n.value) + "/exported").empty())
    return !confirmed(
        s, fmt::format("Device {} is mapped to LUNs, which go with it. Go on?", n.value));
  return false;
}

} // namespace

int run_change(Session& s, const Command& c) {
  const std::string verb = c.row->name;
  const Names n(s, c);
  std::vector<Attribute> attributes;
  if (!names_ok(s, n))
    return 1;
  if (s.line.has("attributes")) {
    auto parsed = parse_attributes(s.line.get("attributes"));
    if (!parsed) {
      s.error("-attributes is a list name=value,name=value; write \\, for a comma in a value");
      return 1;
    }
    attributes = std::move(*parsed);
  }
  if (asks(s, verb, n))
    return s.ask ? 0 : 1;
  return carry_out(s, operations_of(s, verb, n, attributes));
}

} // namespace scstadm
