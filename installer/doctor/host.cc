// SPDX-License-Identifier: GPL-2.0-only
// State folders, space, Fibre Channel ports, and how much the doctor itself can see.
#include "doctor/check.hh"
#include "facts/gather.hh"
#include "names.hh"
#include "path.hh"
#include "plan/starter_config.hh"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace inst::doctor {
namespace {

using Names = std::vector<std::string>;

constexpr std::array state_dirs{"/var/lib/scst/dif_tags", "/var/lib/scst/pr",
                                "/var/lib/scst/vdev_ident", "/var/lib/scst/vdev_mode_pages"};
constexpr std::uint64_t little_space = std::uint64_t{256} << 20; // bytes

Finding state(const Ground& g) {
  Names bad;
  for (const char* dir : state_dirs)
    if (!g.there(dir))
      bad.push_back(fmt::format("{} is missing", dir));
  return verdict_of(Verdict::warning, bad, "mkdir -p -m 700 that folder.");
}

Result<std::string> fix_state(const Ground& g) {
  std::string made;
  for (const char* dir : state_dirs) {
    if (g.there(dir))
      continue;
    if (auto above = sys::make_folders(g.sys, g.at(parent_of(dir))); !above)
      return above.error();
    if (auto done = g.sys.make_dir(g.at(dir), 0700); !done)
      return done.error();
    made += (made.empty() ? "made " : " and ") + std::string(dir);
  }
  return made;
}

Finding space(const Ground& g) {
  Names bad;
  for (const Block* device : g.conf.top.all("DEVICE")) {
    const std::string file = device->value("filename");
    if (g.sys.stat(g.at(file)).type != sys::FileType::regular)
      continue;
    const std::uint64_t free = g.sys.free_space(g.at(file));
    if (free < little_space)
      bad.push_back(
          fmt::format("{}: {} MiB are free where {} lies", device->name, free >> 20, file));
  }
  return verdict_of(Verdict::warning, bad,
                    "A sparse file that cannot grow gives its initiator write errors.");
}

using Targets = std::vector<const Block*>;

/// TARGET sections of that target driver; "" = of all that the catalog has for Fibre Channel.
Targets fc_targets(const Ground& g, const std::string& wanted) {
  Targets out;
  for (const Block* driver : g.conf.top.all("TARGET_DRIVER"))
    for (const Hba& hba : g.catalog.hbas)
      if (driver->name == hba.target_driver && (wanted.empty() || wanted == driver->name))
        for (const Block* target : driver->all("TARGET"))
          out.push_back(target);
  return out;
}

Finding qla_mode(const Ground& g) {
  if (!g.live() || fc_targets(g, "qla2x00t").empty())
    return skipped("no target of the QLogic driver is configured");
  for (const char* module : {"qla2xxx_scst", "qla2xxx"}) {
    const std::string mode =
        facts::first_line(g.sys, fmt::format("/sys/module/{}/parameters/qlini_mode", module));
    if (!mode.empty() && mode != "disabled" && mode != "exclusive")
      return {Verdict::fault,
              fmt::format("{} has qlini_mode {}: its ports are initiators, so targets are missing",
                          module, mode),
              fmt::format("Put 'options {} qlini_mode=disabled' into {}, make the initramfs anew, "
                          "and load the module again.",
                          module, fc_settings_file)};
  }
  return {};
}

Result<std::string> fix_qla_mode(const Ground& g) {
  const std::string module = g.sys.stat("/sys/module/qla2xxx_scst").type != sys::FileType::none
                                 ? "qla2xxx_scst"
                                 : "qla2xxx";
  if (g.there(fc_settings_file))
    return Error{"write", fc_settings_file, "it is there already", "Correct qlini_mode in it.",
                 Exit::conflict};
  if (auto done =
          g.sys.write(g.at(fc_settings_file), "options " + module + " qlini_mode=disabled\n", 0644);
      !done)
    return done.error();
  return fmt::format("wrote {}; make the initramfs anew and load {} again", fc_settings_file,
                     module);
}

Finding wwns(const Ground& g) {
  const Targets targets = g.live() ? fc_targets(g, "") : Targets{};
  if (targets.empty())
    return skipped("no Fibre Channel target is configured");
  Names local;
  for (const FcPort& port : g.facts.fc_ports)
    local.push_back(port.name);
  Names bad;
  for (const Block* target : targets)
    if (std::find(local.begin(), local.end(), wwn_of(target->name)) == local.end())
      bad.push_back(fmt::format("no port here is {}", target->name));
  return verdict_of(
      Verdict::fault, bad,
      fmt::format("The ports of this machine are: {}.",
                  local.empty() ? "none" : fmt::format("{}", fmt::join(local, ", "))));
}

Finding ports(const Ground& g) {
  if (!g.live())
    return skipped("this is not the running system");
  Names bad;
  for (const FcPort& port : g.facts.fc_ports)
    if (!port.state.empty() && port.state != "Online")
      bad.push_back(fmt::format("{} ({}) is {}", port.name, port.host, port.state));
  return verdict_of(Verdict::warning, bad, "Look at cable, optics and the switch's zone.");
}

Finding sight(const Ground& g) {
  Names bad;
  if (!g.facts.is_root)
    bad.emplace_back("without root, firewall and kernel log are not seen");
  if (!g.facts.container.empty())
    bad.push_back(
        fmt::format("this is a container ({}): the kernel is the host's", g.facts.container));
  if (g.facts.chroot)
    bad.emplace_back("this is a chroot: what runs is not looked at");
  return verdict_of(Verdict::note, bad, "Run the doctor as root on the machine itself.");
}

constexpr std::array checks{
    Check{"P01", "state", "The folders for state are there",
          "Persistent reservations and saved mode pages are lost at a restart else.", state,
          fix_state},
    Check{"P02", "state", "Files that serve as LUNs can grow",
          "A sparse file takes its space when it is written.", space},
    Check{"F01", "fc", "The QLogic driver is in target mode",
          "In initiator mode its ports have no target in sysfs.", qla_mode, fix_qla_mode},
    Check{"F02", "fc", "Configured ports are of this machine",
          "A target of a port that is not here cannot be made.", wwns},
    Check{"F03", "fc", "Fibre Channel ports are online", "Nobody sees a port without a link.",
          ports},
    Check{"U01", "doctor", "The doctor sees everything",
          "Some checks need root, and the machine itself.", sight}};

} // namespace

std::span<const Check> host_checks() {
  return checks;
}

} // namespace inst::doctor
