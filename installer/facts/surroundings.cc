// SPDX-License-Identifier: GPL-2.0-only
// Init system, container, chroot; other targets and who has the iSCSI port.
#include "facts/gather.hh"
#include "path.hh"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

namespace inst::facts {
namespace {

using sys::FileType;

bool there(sys::System& sys, const std::string& path) {
  return sys.stat(path).type != FileType::none;
}

std::string container_of(sys::System& sys) {
  if (std::string name = first_line(sys, "/run/systemd/container"); !name.empty())
    return name;
  if (there(sys, "/.dockerenv"))
    return "docker";
  if (there(sys, "/run/.containerenv"))
    return "podman";
  const std::string environment = '\0' + sys.read("/proc/1/environ").value_or("");
  const std::string key = std::string("\0container=", 11);
  const std::size_t at = environment.find(key);
  if (at == std::string::npos)
    return "";
  const std::string name = environment.c_str() + at + key.size();
  return name.empty() ? "unnamed" : name;
}

/// A chroot's / is not the first process's. Without /proc it can only be a half-made tree.
bool in_chroot(sys::System& sys) {
  if (!there(sys, "/proc/self"))
    return true;
  const sys::Stat here = sys.stat("/.");
  const sys::Stat first = sys.stat("/proc/1/root/.");
  return first.type != FileType::none && (first.dev != here.dev || first.ino != here.ino);
}

void look_at_init(sys::System& sys, Facts& facts) {
  const bool here = facts.root.empty() && !facts.chroot;
  if (here && there(sys, "/run/systemd/system"))
    facts.init = "systemd";
  else if (here && there(sys, "/run/openrc/softlevel"))
    facts.init = "openrc";
  facts.init_live = !facts.init.empty();
  const auto installed = [&](const char* path) { return there(sys, facts.root + path); };
  if (!facts.init.empty())
    return;
  if (installed("/lib/systemd/systemd") || installed("/usr/lib/systemd/systemd"))
    facts.init = "systemd";
  else if (installed("/sbin/openrc-run") || installed("/usr/sbin/openrc-run"))
    facts.init = "openrc";
  else if (installed("/usr/sbin/update-rc.d") || installed("/sbin/chkconfig"))
    facts.init = "lsb";
  facts.init_live = here && facts.init == "lsb" && first_line(sys, "/proc/1/comm") == "init";
}

bool is_number(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// Inode of the socket that listens on the port, "" when there is none.
std::string listener_inode(sys::System& sys, const std::string& table, const std::string& port) {
  for (const std::string& line : lines(sys.read(table).value_or(""))) {
    const std::vector<std::string> w = words(line);
    const bool listening = w.size() > 9 && w[3] == "0A";
    if (listening && w[1].ends_with(':' + port))
      return w[9];
  }
  return "";
}

std::string owner_of_socket(sys::System& sys, const std::string& inode) {
  const std::string wanted = "socket:[" + inode + ']';
  for (const std::string& pid : sys.list("/proc")) {
    if (!is_number(pid))
      continue;
    const std::string dir = "/proc/" + pid;
    for (const std::string& fd : sys.list(dir + "/fd"))
      if (sys.read_link(in_dir(dir + "/fd", fd)).value_or("") == wanted)
        return fmt::format("{} (pid {})", first_line(sys, dir + "/comm"), pid);
  }
  // Only root sees into the processes of others.
  return sys.is_root() ? "the kernel" : "a process of another user";
}

void look_at_port(sys::System& sys, Port& port) {
  constexpr const char* hex_3260 = "0CBC";
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"})
    if (const std::string inode = listener_inode(sys, table, hex_3260); !inode.empty()) {
      port.taken = true;
      port.owner = owner_of_socket(sys, inode);
      return;
    }
}

bool lio_has_targets(sys::System& sys) {
  for (const std::string& name : sys.list("/sys/kernel/config/target/iscsi"))
    if (name.starts_with("iqn.") || name.starts_with("eui.") || name.starts_with("naa."))
      return true;
  return false;
}

bool process_runs(sys::System& sys, const std::string& name) {
  for (const std::string& pid : sys.list("/proc"))
    if (is_number(pid) && first_line(sys, "/proc/" + pid + "/comm") == name)
      return true;
  return false;
}

} // namespace

void look_at_surroundings(sys::System& sys, Facts& facts) {
  facts.container = container_of(sys);
  facts.chroot = in_chroot(sys);
  look_at_init(sys, facts);
}

void look_at_conflicts(sys::System& sys, Facts& facts) {
  look_at_port(sys, facts.portal);
  if (lio_has_targets(sys))
    facts.conflicts.push_back({"LIO serves iSCSI targets on this machine",
                               "Clear it with 'targetcli clearconfig confirm=True' and disable "
                               "rtslib-fb-targetctl.service or target.service."});
  if (process_runs(sys, "tgtd"))
    facts.conflicts.push_back(
        {"tgtd serves targets on this machine", "Stop it: systemctl disable --now tgt.service"});
}

} // namespace inst::facts
