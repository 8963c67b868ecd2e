// SPDX-License-Identifier: GPL-2.0-only
// /etc/scst.conf: by itself, against what it names, and against what is served.
#include "doctor/check.hh"
#include "facts/gather.hh"
#include "names.hh"
#include "path.hh"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <set>

namespace inst::doctor {
namespace {

using Names = std::vector<std::string>;

constexpr const char* config_file = "/etc/scst.conf";
constexpr const char* sysfs = "/sys/kernel/scst_tgt";
constexpr std::size_t shortest_secret = 12; // bytes; RFC 7143 asks for that much

const Finding no_config = skipped("there is no /etc/scst.conf");

std::string first_word(const std::string& text) {
  return text.substr(0, text.find_first_of(" \t"));
}

bool is_procfs_grammar(const Ground& g) {
  return !g.conf.top.keys.empty() && g.conf.top.keys.front().first.starts_with('[');
}

/// The configuration can be judged.
bool readable(const Ground& g) {
  return g.facts.has_config && g.conf.fault.empty() && !is_procfs_grammar(g);
}

/// device → what backs it
std::vector<std::pair<std::string, std::string>> backings(const Ground& g) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Block* device : g.conf.top.all("DEVICE"))
    if (const std::string file = device->value("filename"); !file.empty())
      out.emplace_back(device->name, file);
  return out;
}

/// Numbers of the LUNs right in a block: of a target or of a group.
Names luns(const Block& block) {
  Names out;
  for (const auto& [key, rest] : block.keys)
    if (key == "LUN")
      out.push_back(first_word(rest));
  for (const Block& b : block.blocks)
    if (b.keyword == "LUN")
      out.push_back(first_word(b.name));
  return out;
}

/// Targets and groups, with a name for people.
std::vector<std::pair<std::string, const Block*>> lun_sets(const Ground& g) {
  std::vector<std::pair<std::string, const Block*>> out;
  for (const Block* target : g.conf.top.all("TARGET")) {
    out.emplace_back("target " + target->name, target);
    for (const Block* group : target->all("GROUP"))
      out.emplace_back(fmt::format("group {} of {}", group->name, target->name), group);
  }
  return out;
}

Finding exists(const Ground& g) {
  if (!g.facts.has_config)
    return {Verdict::warning, "there is no /etc/scst.conf, so nothing is served",
            "'scst-install apply' makes one; 'scstadmin -write_config' saves what is served now."};
  if (g.conf.top.blocks.empty() && !is_procfs_grammar(g))
    return {Verdict::warning, "/etc/scst.conf is empty: no handler is loaded and no target is made",
            "Handlers are loaded because a HANDLER section names them. See scst.conf(5)."};
  return {};
}

Finding parses(const Ground& g) {
  if (!g.facts.has_config)
    return no_config;
  if (g.conf.fault.empty())
    return {};
  return {Verdict::fault, "/etc/scst.conf: " + g.conf.fault, "Put the brace in its place."};
}

Finding generation(const Ground& g) {
  if (!is_procfs_grammar(g))
    return {};
  return {Verdict::fault, "/etc/scst.conf is in the grammar of SCST 1.x",
          "Write it anew in the grammar of scst.conf(5): HANDLER, TARGET_DRIVER, TARGET, LUN."};
}

Finding backing_there(const Ground& g) {
  if (!readable(g))
    return no_config;
  Names bad;
  for (const auto& [device, file] : backings(g))
    if (!g.there(file))
      bad.push_back(fmt::format("{}: {} is not there", device, file));
  return verdict_of(Verdict::fault, bad,
                    "Correct the filename, or see to it that LVM, RAID or ZFS makes the device "
                    "before the service scst starts.");
}

Finding backing_free(const Ground& g) {
  if (!readable(g) || !g.live())
    return skipped("nothing to look at");
  Names bad;
  for (const auto& [device, file] : backings(g)) {
    Facts seen;
    facts::look_at_disk(g.sys, file, seen);
    for (const std::string& user : seen.disk.users)
      bad.push_back(fmt::format("{}: {} is {}", device, file, user));
  }
  return verdict_of(Verdict::fault, bad,
                    "Two users of one disk destroy its data: unmount it here, or export another.");
}

Finding backing_once(const Ground& g) {
  if (!readable(g))
    return no_config;
  std::map<std::string, std::string> seen;
  Names bad;
  for (const auto& [device, file] : backings(g))
    if (const auto [at, fresh] = seen.emplace(file, device); !fresh)
      bad.push_back(fmt::format("{} and {} both serve {}", at->second, device, file));
  return verdict_of(Verdict::fault, bad, "Leave one DEVICE, and name it in both LUN lines.");
}

Finding stable_names(const Ground& g) {
  if (!readable(g))
    return no_config;
  Names bad;
  for (const auto& [device, file] : backings(g))
    if (file.starts_with("/dev/sd") || file.starts_with("/dev/vd") || file.starts_with("/dev/nvme"))
      bad.push_back(fmt::format("{}: {} may be another disk after a reboot", device, file));
  return verdict_of(Verdict::warning, bad, "Use the name in /dev/disk/by-id.");
}

Finding lun_zero(const Ground& g) {
  if (!readable(g))
    return no_config;
  Names bad;
  for (const auto& [name, block] : lun_sets(g)) {
    const Names numbers = luns(*block);
    if (!numbers.empty() && std::find(numbers.begin(), numbers.end(), "0") == numbers.end())
      bad.push_back(name + " has no LUN 0");
  }
  return verdict_of(Verdict::warning, bad,
                    "Many initiators ask LUN 0 which others there are, and see none without it.");
}

Finding luns_once(const Ground& g) {
  if (!readable(g))
    return no_config;
  Names bad;
  for (const auto& [name, block] : lun_sets(g)) {
    Names numbers = luns(*block);
    std::sort(numbers.begin(), numbers.end());
    if (const auto twice = std::adjacent_find(numbers.begin(), numbers.end());
        twice != numbers.end())
      bad.push_back(fmt::format("{} has LUN {} twice", name, *twice));
  }
  return verdict_of(Verdict::fault, bad, "Give each its own number.");
}

Finding lun_devices(const Ground& g) {
  if (!readable(g))
    return no_config;
  std::set<std::string> devices;
  for (const Block* device : g.conf.top.all("DEVICE"))
    devices.insert(device->name);
  Names bad;
  for (const auto& [name, block] : lun_sets(g))
    for (const auto& [key, rest] : block->keys) {
      const std::size_t gap = rest.find_first_not_of(" \t", first_word(rest).size());
      const std::string device = gap == std::string::npos ? "" : first_word(rest.substr(gap));
      if (key == "LUN" && !devices.contains(device) && device.find(':') == std::string::npos)
        bad.push_back(fmt::format("{}: LUN {} names the device '{}', which no HANDLER has", name,
                                  first_word(rest), device));
    }
  return verdict_of(Verdict::fault, bad, "Add a DEVICE of that name, or correct the LUN line.");
}

Finding target_names(const Ground& g) {
  if (!readable(g))
    return no_config;
  Names bad;
  for (const Block* driver : g.conf.top.all("TARGET_DRIVER"))
    for (const Block* target : driver->all("TARGET"))
      if (const std::string fault = name_fault(target->name);
          driver->name == "iscsi" && !fault.empty())
        bad.push_back(fmt::format("target {}: {}", target->name, fault));
  return verdict_of(Verdict::warning, bad,
                    "iqn.YEAR-MONTH.REVERSED.DOMAIN:NAME, in small letters.");
}

Finding secrets(const Ground& g) {
  if (!readable(g))
    return no_config;
  Names bad;
  const auto look = [&](const Block& block) {
    for (const auto& [key, rest] : block.keys)
      if (key.starts_with("IncomingUser") || key.starts_with("OutgoingUser")) {
        const std::size_t gap = rest.find_last_of(" \t");
        const std::string secret = gap == std::string::npos ? "" : rest.substr(gap + 1);
        if (secret.size() < shortest_secret)
          bad.push_back(
              fmt::format("{} {}: the secret has {} bytes", key, first_word(rest), secret.size()));
      }
  };
  for (const Block* driver : g.conf.top.all("TARGET_DRIVER"))
    look(*driver);
  for (const Block* target : g.conf.top.all("TARGET"))
    look(*target);
  return verdict_of(Verdict::warning, bad,
                    "Use 12 to 16 bytes: fewer are refused, more some initiators do not take.");
}

Finding write_cache(const Ground& g) {
  if (!readable(g))
    return no_config;
  Names bad;
  for (const Block* device : g.conf.top.all("DEVICE"))
    if (device->value("nv_cache") == "1")
      bad.push_back(device->name + " has nv_cache 1");
  return verdict_of(
      Verdict::warning, bad,
      "It ignores flushes: right only if this machine's memory survives a power cut.");
}

Finding open_to_all(const Ground& g) {
  if (!readable(g))
    return no_config;
  Names bad;
  for (const Block* driver : g.conf.top.all("TARGET_DRIVER"))
    for (const Block* target : driver->all("TARGET"))
      if (driver->name == "iscsi" && !luns(*target).empty() &&
          target->value("IncomingUser").empty() && driver->value("IncomingUser").empty())
        bad.push_back(fmt::format("target {} shows its LUNs to every initiator", target->name));
  return verdict_of(Verdict::warning, bad,
                    "Put the LUNs into a GROUP with INITIATOR lines, or ask for CHAP.");
}

Finding leftovers(const Ground& g) {
  Names there;
  for (const char* path :
       {"/etc/iscsi-scstd.conf", "/etc/initiators.allow", "/etc/initiators.deny"})
    if (g.there(path))
      there.emplace_back(path);
  if (there.empty() || is_procfs_grammar(g))
    return {};
  return verdict_of(Verdict::note, there,
                    "These are of SCST 1.x and are not read any more: what they say belongs into "
                    "/etc/scst.conf.");
}

bool has_secret(const Block& block) {
  for (const auto& [key, rest] : block.keys)
    if (key.starts_with("IncomingUser") || key.starts_with("OutgoingUser"))
      return true;
  return std::any_of(block.blocks.begin(), block.blocks.end(), has_secret);
}

Finding config_mode(const Ground& g) {
  if (!g.facts.has_config)
    return no_config;
  const unsigned mode = g.sys.stat(g.at(config_file)).mode;
  if ((mode & 077U) == 0 || !has_secret(g.conf.top))
    return {};
  return {Verdict::warning,
          fmt::format("{} has mode {:o} and holds CHAP secrets", config_file, mode),
          "chmod 600 /etc/scst.conf"};
}

Result<std::string> fix_config_mode(const Ground& g) {
  if (auto done = g.sys.write(g.at(config_file), g.facts.config, 0600); !done)
    return done.error();
  return std::string(config_file) + " has mode 600 now";
}

bool runs(const Ground& g) {
  return g.live() && g.sys.stat(sysfs).type != sys::FileType::none;
}

/// Names of the blocks against the names in a folder of sysfs.
void compare(const Ground& g, const std::string& what, const Names& configured,
             const std::string& dir, Names& bad) {
  const Names served = g.sys.list(dir);
  for (const std::string& name : configured)
    if (std::find(served.begin(), served.end(), name) == served.end())
      bad.push_back(fmt::format("{} {} is configured, not served", what, name));
  for (const std::string& name : served)
    if (g.sys.stat(in_dir(dir, name)).type == sys::FileType::directory &&
        std::find(configured.begin(), configured.end(), name) == configured.end())
      bad.push_back(fmt::format("{} {} is served, not configured", what, name));
}

Names names_of(const std::vector<const Block*>& blocks) {
  Names out;
  for (const Block* block : blocks)
    out.push_back(block->name);
  return out;
}

Finding drift(const Ground& g) {
  if (!readable(g) || !runs(g))
    return skipped("the target does not run");
  Names bad;
  compare(g, "device", names_of(g.conf.top.all("DEVICE")), std::string(sysfs) + "/devices", bad);
  for (const Block* driver : g.conf.top.all("TARGET_DRIVER"))
    compare(g, "target", names_of(driver->all("TARGET")),
            fmt::format("{}/targets/{}", sysfs, driver->name), bad);
  return verdict_of(Verdict::warning, bad,
                    "'scstadmin -config /etc/scst.conf' applies the file; 'scstadmin -write_config "
                    "/etc/scst.conf' saves what is served.");
}

Finding disabled(const Ground& g) {
  if (!readable(g) || !runs(g))
    return skipped("the target does not run");
  Names bad;
  for (const Block* driver : g.conf.top.all("TARGET_DRIVER")) {
    const std::string dir = fmt::format("{}/targets/{}", sysfs, driver->name);
    if (facts::first_line(g.sys, dir + "/enabled") == "0")
      bad.push_back("driver " + driver->name);
    for (const std::string& name : names_of(driver->all("TARGET")))
      if (facts::first_line(g.sys, fmt::format("{}/{}/enabled", dir, name)) == "0")
        bad.push_back("target " + name);
  }
  return verdict_of(Verdict::warning, bad, "Not enabled: put 'enabled 1' into its section.");
}

Finding handlers(const Ground& g) {
  if (!readable(g) || !runs(g))
    return skipped("the target does not run");
  Names bad;
  for (const Block& block : g.conf.top.blocks)
    if (const std::string dir = block.keyword == "HANDLER"         ? "/handlers/"
                                : block.keyword == "TARGET_DRIVER" ? "/targets/"
                                                                   : "";
        !dir.empty() && g.sys.stat(sysfs + dir + block.name).type == sys::FileType::none)
      bad.push_back(fmt::format("{} {} is not there", block.keyword, block.name));
  return verdict_of(Verdict::fault, bad, "Its module is not loaded: restart the service scst.");
}

constexpr std::array checks{
    Check{"C01", "config", "There is a configuration",
          "The init script loads handlers and makes targets by what /etc/scst.conf names.", exists},
    Check{"C02", "config", "Its braces are in order", "What is not well formed is not applied.",
          parses},
    Check{"C03", "config", "It is in the grammar of today",
          "SCST 1.x wrote sections in square brackets.", generation},
    Check{"C04", "config", "What backs each device is there",
          "A device without its file or disk is not made, and its LUN is missing.", backing_there},
    Check{"C05", "config", "Nothing else uses what backs a device",
          "A disk that is mounted here and exported too loses data.", backing_free},
    Check{"C06", "config", "No two devices have one backing",
          "Two devices have two caches, and reservations of their own.", backing_once},
    Check{"C07", "config", "Disks have names that last",
          "/dev/sdX is given in the order in which disks are found.", stable_names},
    Check{"C08", "config", "Each set of LUNs has a LUN 0",
          "Initiators ask it for the list of the others.", lun_zero},
    Check{"C09", "config", "No number of a LUN is there twice", "The second one is not made.",
          luns_once},
    Check{"C10", "config", "Each LUN names a device that there is", "It is not made otherwise.",
          lun_devices},
    Check{"C11", "config", "Names of iSCSI targets are good ones",
          "RFC 7143, 4.2.7: some initiators refuse others.", target_names},
    Check{"C12", "config", "CHAP secrets are long enough",
          "A short secret can be found from a recorded login.", secrets},
    Check{"C13", "config", "No write cache pretends to be safe",
          "With nv_cache data that the initiator believes written can be lost.", write_cache},
    Check{"C14", "config", "No LUN is shown to everybody",
          "Who reaches the port could write to it.", open_to_all},
    Check{"C15", "config", "No files of SCST 1.x are left",
          "Access that these deny is not denied any more.", leftovers},
    Check{"C16", "config", "The configuration is secret where it holds secrets",
          "CHAP secrets stand in it in plain text.", config_mode, fix_config_mode},
    Check{"D01", "drift", "What is configured is served, and nothing else",
          "After a reboot only what is in the file comes back.", drift},
    Check{"D02", "drift", "What is configured is enabled",
          "A target that is not enabled takes no session.", disabled},
    Check{"D03", "drift", "Handlers and drivers that are named are loaded",
          "Their devices and targets cannot be made.", handlers}};

} // namespace

std::span<const Check> config_checks() {
  return checks;
}

} // namespace inst::doctor
