// SPDX-License-Identifier: GPL-2.0-only
// Puts the facts together; the parts are in the files beside this one.
#include "facts/gather.hh"

#include <sstream>

namespace inst::facts {
namespace {

constexpr int iscsi_port = 3260;
constexpr int ports_to_try = 64;

void look_at_files(sys::System& sys, Facts& facts) {
  const auto config = sys.read(facts.root + "/etc/scst.conf");
  facts.has_config = static_cast<bool>(config);
  facts.config = config.value_or("");
  const sys::Stat image = sys.stat(facts.root + "/var/lib/scst/luns/disk0.img");
  facts.has_backing_file = image.type != sys::FileType::none;
  facts.backing_file_size = image.size;
  for (const char* dir : {"/usr", "/var/lib", "/etc", "/lib/modules"})
    facts.free_space[dir] = sys.free_space(facts.root + dir);
}

void look_at_programs(sys::System& sys, Facts& facts) {
  for (const char* name :
       {"dkms", "make", "gcc", "patch", "flex", "bison", "bc", "update-initramfs", "dracut",
        "mkinitcpio", "genkernel", "mkinitrd", "mkinitfs", "grub-mkconfig", "grub2-mkconfig",
        "grub-set-default", "grub", "bootctl", "extlinux"}) {
    std::string path;
    if (facts.root.empty())
      path = sys.find_program(name);
    for (const char* dir : {"/usr/sbin/", "/usr/bin/", "/bin/", "/sbin/"})
      if (!facts.root.empty() && sys.stat(facts.root + dir + name).type != sys::FileType::none)
        path = std::string(dir) + name;
    if (!path.empty())
      facts.programs[name] = path;
  }
  for (const char* name : {"qemu-system-x86_64", "mmdebstrap"})
    if (const std::string path = sys.find_program(name); !path.empty())
      facts.programs[name] = path;
}

/// Our folder below the one that the variable names, or below its default in the home.
std::string user_dir(sys::System& sys, const char* variable, const char* otherwise) {
  const std::string base = sys.env(variable);
  return (base.empty() ? sys.env("HOME") + otherwise : base) + "/scst";
}

void look_at_guest(sys::System& sys, Facts& facts) {
  const std::string state = facts.cache_dir + "/guest/state";
  const std::string pid = first_line(sys, state + "/pid");
  if (!pid.empty() && first_line(sys, "/proc/" + pid + "/cmdline").starts_with("qemu"))
    facts.guest_port = parse_version(first_line(sys, state + "/port")).major;
  // Not in the cache: what somebody wrote to the LUN is no copy of anything.
  facts.guest_disk = user_dir(sys, "XDG_DATA_HOME", "/.local/share") + "/guest/disk0.img";
  facts.guest_disk_size = sys.stat(facts.guest_disk).size;
  facts.guest_image_key = sys.read(facts.cache_dir + "/guest/info.key").value_or("");
  facts.free_space[facts.cache_dir] = sys.free_space(facts.cache_dir);
}

} // namespace

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    out.push_back(line);
  return out;
}

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream stream(text);
  for (std::string word; stream >> word;)
    out.push_back(word);
  return out;
}

std::string first_line(sys::System& sys, const std::string& path) {
  const auto text = sys.read(path);
  return text ? text->substr(0, text->find('\n')) : std::string();
}

Result<Facts> gather(sys::System& sys, const Query& query) {
  Facts facts;
  facts.root = query.root;
  facts.data_dir = query.data_dir;
  facts.machine = sys.machine();
  facts.host_name = sys.host_name();
  facts.is_root = sys.is_root();
  facts.cache_dir = user_dir(sys, "XDG_CACHE_HOME", "/.cache");
  look_at_surroundings(sys, facts);
  look_at_distribution(sys, facts);
  look_at_packages(sys, facts);
  look_at_kernels(sys, facts);
  look_at_loading(sys, facts);
  look_at_offers(sys, query.kernels, facts);
  look_at_foreign_modules(sys, facts);
  look_at_conflicts(sys, facts);
  look_at_programs(sys, facts);
  look_at_files(sys, facts);
  look_at_fc_ports(sys, facts);
  look_at_init_files(sys, facts);
  for (int port = iscsi_port; port < iscsi_port + ports_to_try && facts.free_port == 0; port++)
    if (sys.port_is_free("127.0.0.1", port))
      facts.free_port = port;
  for (const std::string& name : sys.list(query.debs))
    if (const std::string path = query.debs + '/' + name; name.ends_with(".deb"))
      facts.debs.push_back({path, path, 0644, sys.digest(path).value_or(""), "", ""});
  look_at_guest(sys, facts);
  if (query.build)
    look_at_build_ground(sys, query, facts);
  if (!query.device.empty())
    look_at_disk(sys, query.device, facts);
  if (!query.payload.empty())
    if (auto seen = look_at_payload(sys, query.payload, facts); !seen)
      return seen.error();
  return facts;
}

} // namespace inst::facts
