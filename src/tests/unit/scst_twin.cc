// SPDX-License-Identifier: GPL-2.0-only
#include "scst_twin.hh"

#include "mgmt_line.h"

#include <algorithm>
#include <cerrno>
#include <strings.h>

namespace {

const char* const kDeviceHelp = "Usage: echo \"add_device device_name [parameters]\" >mgmt\n"
                                "       echo \"del_device device_name\" >mgmt\n\n"
                                "The following parameters available: ";

const char* const kTargetHelp =
    "Usage: echo \"add_target target_name [parameters]\" >mgmt\n"
    "       echo \"del_target target_name\" >mgmt\n\n"
    "The following parameters available: InitialR2T, MaxSessions\n"
    "The following target driver attributes available: IncomingUser, OutgoingUser\n"
    "The following target attributes available: IncomingUser, OutgoingUser, allowed_portal\n";

std::string word(sl_mgmt_cursor& c) {
  const char* w = sl_mgmt_word(&c);
  return w ? w : "";
}

bool is(const std::string& verb, const char* name) {
  return !strcasecmp(verb.c_str(), name);
}

std::string parent(const std::string& path) {
  std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

} // namespace

ScstTwin::ScstTwin() {
  for (const char* name : {"handlers", "devices", "targets", "handlers/vdisk_fileio",
                           "handlers/vdisk_nullio", "targets/iscsi", "targets/scst_local"})
    folder(name);
  items_["targets/scst_local/mgmt"].text = "The following parameters available: session_name\n";
  attribute("version", "3.8.0", false, false);
  attribute("setup_id", "0x0");
  attribute("threads", "2");
  attribute("last_sysfs_mgmt_res", "0", false, false);
  attribute("handlers/vdisk_fileio/type", "0 - disk", false, false);
  attribute("handlers/vdisk_nullio/type", "0 - disk", false, false);
  items_["handlers/vdisk_fileio/mgmt"].text =
      std::string(kDeviceHelp) + "filename, blocksize, read_only, nv_cache\n";
  items_["handlers/vdisk_nullio/mgmt"].text = std::string(kDeviceHelp) + "blocksize, size\n";
  attribute("targets/iscsi/enabled", "0");
  attribute("targets/iscsi/version", "3.8.0", false, false);
  items_["targets/iscsi/mgmt"].text = kTargetHelp;
}

void ScstTwin::folder(const std::string& path) {
  items_[path].type = Entry::Type::Directory;
}

void ScstTwin::attribute(const std::string& path, const std::string& value, bool key,
                         bool writable) {
  items_[path] = {Entry::Type::File, value + "\n" + (key ? "[key]\n" : ""), writable};
}

void ScstTwin::remove(const std::string& path) {
  std::erase_if(items_,
                [&](const auto& i) { return i.first == path || i.first.starts_with(path + "/"); });
}

bool ScstTwin::exists(const std::string& path) const {
  return path.empty() || items_.contains(path);
}

std::vector<scstadm::Sysfs::Entry> ScstTwin::list(const std::string& path) const {
  std::vector<Entry> all;
  for (const auto& [name, item] : items_)
    if (parent(name) == path)
      all.push_back(
          {item.type, path.empty() ? name : name.substr(path.size() + 1), true, item.writable});
  return all;
}

int ScstTwin::read(const std::string& path, std::string& text) const {
  auto it = items_.find(path);
  if (it == items_.end() || it->second.type != Entry::Type::File)
    return ENOENT;
  if (path == "last_sysfs_mgmt_res") {
    if (pending_ > 0) {
      pending_--;
      return EAGAIN;
    }
    text = std::to_string(-result_) + "\n";
    return 0;
  }
  text = it->second.text;
  return 0;
}

std::string ScstTwin::link(const std::string& path) const {
  auto it = items_.find(path);
  return it != items_.end() && it->second.type == Entry::Type::Link ? it->second.text
                                                                    : std::string();
}

int ScstTwin::write(const std::string& path, const std::string& text) {
  writes.push_back(path + ": " + text);
  auto it = items_.find(path);
  if (it == items_.end())
    return ENOENT;
  if (!it->second.writable)
    return EACCES;
  if (path.ends_with("/mgmt")) {
    result_ = command(parent(path), text);
    if (!queue_next)
      return result_;
    queue_next = false;
    pending_ = eagain;
    return EAGAIN;
  }
  if (path.ends_with("rel_tgt_id") && text == "99999")
    return EINVAL;
  const bool never_marked = path.ends_with("enabled");
  attribute(path, text, !never_marked);
  return 0;
}

int ScstTwin::command(const std::string& folder, const std::string& text) {
  if (folder.starts_with("handlers/"))
    return handler(folder, text);
  if (folder.ends_with("/luns"))
    return luns(folder, text);
  if (folder.ends_with("/ini_groups"))
    return groups(folder, text);
  if (folder.ends_with("/initiators"))
    return initiators(folder, text);
  return driver(folder, text);
}

int ScstTwin::handler(const std::string& folder, const std::string& text) {
  std::string line = text;
  sl_mgmt_cursor c;
  sl_mgmt_init(&c, line.data());
  const std::string verb = word(c), name = word(c);
  if (is(verb, "add_device"))
    return add_device(folder, name, c.pos);
  if (!is(verb, "del_device") || !sl_mgmt_at_end(&c) || !exists(folder + "/" + name))
    return EINVAL;
  remove("devices/" + name);
  remove(folder + "/" + name);
  return 0;
}

int ScstTwin::add_device(const std::string& handler, const std::string& name, char* parameters) {
  const std::string path = "devices/" + name;
  if (name.empty())
    return EINVAL;
  if (exists(path))
    return EEXIST;
  std::map<std::string, std::string> values = {{"blocksize", "512"}, {"read_only", "0"}};
  if (handler.ends_with("fileio"))
    values["nv_cache"] = "0";
  const auto defaults = values;
  const std::string& help = items_[handler + "/mgmt"].text;
  sl_mgmt_cursor c;
  sl_mgmt_init(&c, parameters);
  char *n, *v;
  int rc;
  while ((rc = sl_mgmt_param(&c, &n, &v)) == 1) {
    if (help.find(std::string(n)) == std::string::npos)
      return EINVAL;
    values[n] = v;
  }
  if (rc || (handler.ends_with("fileio") && !values.contains("filename")))
    return EINVAL;
  if (values["filename"].starts_with("/missing"))
    return ENOENT;
  if (!handler.ends_with("fileio"))
    values.erase("filename");
  folder(path);
  for (const auto& [key, value] : values) {
    auto it = defaults.find(key);
    std::string file = path;
    file.append("/").append(key);
    attribute(file, value, it == defaults.end() || it->second != value, false);
  }
  attribute(path + "/t10_dev_id", "27cddc71-" + name);
  attribute(path + "/threads_num", "8");
  if (handler.ends_with("fileio"))
    attribute(path + "/size", "1048576", true, false);
  items_[path + "/handler"] = {Entry::Type::Link, "fileio", false};
  items_[handler + "/" + name] = {Entry::Type::Link, name, false};
  return 0;
}

int ScstTwin::driver(const std::string& folder, const std::string& text) {
  std::string line = text;
  sl_mgmt_cursor c;
  sl_mgmt_init(&c, line.data());
  const std::string verb = word(c), name = word(c);
  const std::string path = folder + "/" + name;
  if (is(verb, "add_target"))
    return add_target(folder, name, c.pos);
  if (is(verb, "del_target")) {
    if (!exists(path))
      return EINVAL;
    remove(path);
    return 0;
  }
  const bool of_target = is(verb, "add_target_attribute") || is(verb, "del_target_attribute");
  const std::string owner = of_target ? path : folder;
  const std::string kind = of_target ? word(c) : name;
  const std::string first = word(c), second = word(c);
  const std::string value = first + (second.empty() ? "" : " " + second);
  if (of_target && !exists(path))
    return ENOENT;
  for (int i = 0; i < 10; i++) {
    std::string file = owner;
    file.append("/").append(kind).append(i ? std::to_string(i) : "");
    if (verb.starts_with("add") && !exists(file)) {
      attribute(file, value, true);
      return 0;
    }
    if (verb.starts_with("del") && exists(file) && items_[file].text.starts_with(first)) {
      remove(file);
      return 0;
    }
  }
  return EINVAL;
}

int ScstTwin::add_target(const std::string& driver, const std::string& name, char* parameters) {
  const std::string path = driver + "/" + name;
  if (!name.starts_with("iqn."))
    return EINVAL;
  if (exists(path))
    return EEXIST;
  folder(path);
  for (const char* sub : {"/luns", "/ini_groups", "/sessions"})
    folder(path + sub);
  attribute(path + "/luns/mgmt", "The following parameters available: read_only");
  attribute(path + "/ini_groups/mgmt", "");
  attribute(path + "/enabled", "0");
  attribute(path + "/rel_tgt_id", "0");
  attribute(path + "/comment", "");
  attribute(path + "/HeaderDigest", "None");
  attribute(path + "/InitialR2T", "No");
  attribute(path + "/MaxSessions", "0");
  attribute(path + "/tid", "1", false, false);
  sl_mgmt_cursor c;
  sl_mgmt_init(&c, parameters);
  char *n, *v;
  while (sl_mgmt_param(&c, &n, &v) == 1)
    attribute(path + "/" + n, v, true);
  return 0;
}

int ScstTwin::luns(const std::string& folder, const std::string& text) {
  std::string line = text;
  sl_mgmt_cursor c;
  sl_mgmt_init(&c, line.data());
  const std::string verb = word(c), first = word(c);
  if (is(verb, "add") || is(verb, "replace")) {
    const std::string lun = word(c);
    return add_lun(folder, first, lun, c.pos, is(verb, "replace"));
  }
  if (is(verb, "del")) {
    if (!exists(folder + "/" + first))
      return EINVAL;
    remove(folder + "/" + first);
    return 0;
  }
  if (!is(verb, "clear"))
    return EINVAL;
  for (const Entry& e : list(folder))
    if (e.type == Entry::Type::Directory)
      remove(folder + "/" + e.name);
  return 0;
}

int ScstTwin::add_lun(const std::string& folder_path, const std::string& device,
                      const std::string& lun, char* parameters, bool replace) {
  const std::string path = folder_path + "/" + lun;
  if (!exists("devices/" + device) || lun.empty())
    return EINVAL;
  if (exists(path) && !replace)
    return EEXIST;
  remove(path);
  folder(path);
  items_[path + "/device"] = {Entry::Type::Link, device, false};
  sl_mgmt_cursor c;
  sl_mgmt_init(&c, parameters);
  char *n, *v;
  const bool read_only = sl_mgmt_param(&c, &n, &v) == 1 && std::string(v) == "1";
  attribute(path + "/read_only", read_only ? "1" : "0", read_only, false);
  return 0;
}

int ScstTwin::groups(const std::string& folder_path, const std::string& text) {
  std::string line = text;
  sl_mgmt_cursor c;
  sl_mgmt_init(&c, line.data());
  const std::string verb = word(c), path = folder_path + "/" + word(c);
  if (is(verb, "del")) {
    if (!exists(path))
      return EINVAL;
    remove(path);
    return 0;
  }
  if (!is(verb, "create"))
    return EINVAL;
  if (exists(path))
    return EEXIST;
  for (const char* sub : {"", "/luns", "/initiators"})
    folder(path + sub);
  attribute(path + "/luns/mgmt", "The following parameters available: read_only");
  attribute(path + "/initiators/mgmt", "");
  attribute(path + "/addr_method", "PERIPHERAL");
  return 0;
}

int ScstTwin::initiators(const std::string& folder_path, const std::string& text) {
  std::string line = text;
  sl_mgmt_cursor c;
  sl_mgmt_init(&c, line.data());
  const std::string verb = word(c), name = word(c), to = word(c);
  const std::string path = folder_path + "/" + name;
  if (is(verb, "clear")) {
    for (const Entry& e : list(folder_path))
      if (e.name != "mgmt")
        remove(folder_path + "/" + e.name);
    return 0;
  }
  if (name.empty() || exists(path) == is(verb, "add"))
    return is(verb, "add") ? EEXIST : EINVAL;
  if (is(verb, "add")) {
    attribute(path, name, false, false);
    return 0;
  }
  remove(path);
  if (is(verb, "move"))
    attribute(parent(parent(folder_path)) + "/" + to + "/initiators/" + name, name, false, false);
  return is(verb, "move") || is(verb, "del") ? 0 : EINVAL;
}
