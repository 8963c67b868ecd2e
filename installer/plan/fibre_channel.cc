// SPDX-License-Identifier: GPL-2.0-only
// What serving the LUN by the Fibre Channel ports of this machine takes. Pure.
#include "names.hh"
#include "plan/builder.hh"

#include <algorithm>
#include <fmt/format.h>

namespace inst::planning {
namespace {

const Hba* hba_of(const Builder& b, const FcPort& port, const char* stack) {
  for (const Hba& h : b.catalog.hbas)
    if (h.stack == stack &&
        std::find(h.drivers.begin(), h.drivers.end(), port.driver) != h.drivers.end())
      return &h;
  return nullptr;
}

/// A port that becomes a target takes the disks away that are seen through it.
void check_disks(Builder& b, const FcPort& port, const Hba& hba) {
  if (hba.exclusive && !port.disks.empty())
    b.refuse(
        Exit::conflict,
        fmt::format("this machine has {} through the Fibre Channel port {}",
                    fmt::join(port.disks, ", "), port.name),
        fmt::format("{} makes targets of all ports of its driver, which lose their disks. Take "
                    "the machine out of the storage's zones and masks first, or leave --fc "
                    "out.",
                    hba.target_driver));
}

void take(FibreChannel& fc, const Hba& hba, const FcPort& port) {
  for (std::size_t i = 0; i < fc.hbas.size(); i++)
    if (fc.hbas[i] == &hba) {
      fc.targets[i].ports.push_back(port.name);
      return;
    }
  fc.hbas.push_back(&hba);
  fc.targets.push_back({hba.target_driver, {port.name}});
}

} // namespace

FibreChannel choose_fc_ports(Builder& b, const char* stack) {
  FibreChannel fc;
  for (const FcPort& port : b.facts.fc_ports) {
    const Hba* hba = hba_of(b, port, stack);
    if (hba == nullptr) {
      b.note(fmt::format("{} ({}) is left out: there is no target driver for {}", port.name,
                         port.host, port.driver.empty() ? "its driver" : port.driver));
      continue;
    }
    check_disks(b, port, *hba);
    if (port.state != "Online")
      b.note(fmt::format("{} ({}) is {} now", port.name, port.host,
                         port.state.empty() ? "in no known state" : port.state));
    take(fc, *hba, port);
  }
  if (b.facts.fc_ports.empty())
    b.refuse(Exit::missing, "--fc: this machine has no Fibre Channel port",
             "/sys/class/fc_host holds none: look whether the adapter is seen (lspci) and its "
             "driver loaded. Or leave --fc out.");
  else if (fc.hbas.empty())
    b.refuse(Exit::missing, "--fc: no port of this machine can be made a target",
             fmt::format("The notes of 'scst-install plan' say why. The catalog's drivers are in "
                         "its file fibre-channel.toml; {} takes more of them.",
                         "/etc/scst-install/catalog.d"));
  if (!b.options.root.empty())
    b.note("the Fibre Channel ports are those of the machine that runs now");
  return fc;
}

void refuse_fc(Builder& b, const std::string& why) {
  b.refuse(Exit::usage, "--fc: " + why,
           "Leave --fc out, or take a release of upstream that is one tree, such as --kernel 4.19 "
           "--stack 3.9.");
}

std::vector<FileEntry> fc_settings(const FibreChannel& fc) {
  std::string text;
  for (const Hba* hba : fc.hbas)
    if (!hba->settings.empty())
      text += fmt::format("# For {}: {}.\n{}\n", hba->target_driver, hba->why,
                          fmt::join(hba->settings, "\n"));
  if (text.empty())
    return {};
  return {{FileType::file, fc_settings_file, 0644, "", "# Made by scst-install.\n" + text}};
}

Allowed allowed_of(const Options& options) {
  Allowed out;
  for (const std::string& pattern : options.allow)
    if (pattern == "*" && options.fc) {
      out.iscsi.push_back(pattern);
      out.fc.push_back(pattern);
    } else if (!is_fc_pattern(pattern)) {
      out.iscsi.push_back(pattern);
    } else {
      const std::string wwn = wwn_of(pattern);
      out.fc.push_back(wwn.empty() ? pattern : wwn);
    }
  return out;
}

} // namespace inst::planning
