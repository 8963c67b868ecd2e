// SPDX-License-Identifier: GPL-2.0-only
// Ports of Fibre Channel, as the kernel's transport class shows them.
#include "facts/gather.hh"
#include "names.hh"
#include "path.hh"

#include <filesystem>

namespace inst::facts {
namespace {

constexpr const char* ports_dir = "/sys/class/fc_host";

/// ADAPTER/hostN/fc_host/hostN in /sys/devices; old kernels have plain folders in the class.
std::string port_dir(sys::System& sys, const std::string& host) {
  const auto link = sys.read_link(in_dir(ports_dir, host));
  return link ? (std::filesystem::path(ports_dir) / *link).lexically_normal().generic_string()
              : in_dir(ports_dir, host);
}

/// That of the adapter, else what the SCSI host calls itself: software has no adapter.
std::string driver_of(sys::System& sys, const std::string& host, const std::string& dir) {
  const std::string tail = '/' + host + "/fc_host/" + host;
  if (dir.ends_with(tail))
    if (const auto link = sys.read_link(dir.substr(0, dir.size() - tail.size()) + "/driver"))
      return link->substr(link->rfind('/') + 1);
  const std::string name = first_line(sys, "/sys/class/scsi_host/" + host + "/proc_name");
  return name == "(null)" || name == "<NULL>" ? "" : name;
}

std::vector<std::string> disks_of(sys::System& sys, const std::string& host) {
  std::vector<std::string> out;
  for (const std::string& disk : sys.list("/sys/block"))
    if (sys.read_link("/sys/block/" + disk).value_or("").find('/' + host + '/') !=
        std::string::npos)
      out.push_back(disk);
  return out;
}

} // namespace

void look_at_fc_ports(sys::System& sys, Facts& facts) {
  for (const std::string& host : sys.list(ports_dir)) {
    const std::string dir = port_dir(sys, host);
    if (std::string name = wwn_of(first_line(sys, dir + "/port_name")); !name.empty())
      facts.fc_ports.push_back({host, driver_of(sys, host, dir), std::move(name),
                                first_line(sys, dir + "/port_state"), disks_of(sys, host)});
  }
}

} // namespace inst::facts
