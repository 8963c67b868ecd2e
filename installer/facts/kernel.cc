// SPDX-License-Identifier: GPL-2.0-only
// Kernels: which are here, what they really are, and whether modules can go into the running one.
#include "facts/gather.hh"
#include "release.hh"

#include <algorithm>
#include <charconv>

namespace inst::facts {
namespace {

/// Where the build link leads, seen from outside of the root tree. "" = no usable headers.
std::string build_tree(sys::System& sys, const std::string& root, const std::string& release) {
  const std::string dir = root + "/lib/modules/" + release;
  std::string tree = dir + "/build";
  if (sys.stat(tree).type == sys::FileType::symlink) {
    const std::string target = sys.read_link(tree).value_or("");
    tree = target.starts_with('/') ? root + target : dir + '/' + target;
  }
  return sys.stat(tree + "/Makefile").type == sys::FileType::none ? std::string() : tree;
}

int number(const std::string& text) {
  int value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// "NAME = value" of a Makefile, or "#define NAME value"; "" when there is none.
std::string value_of(const std::string& text, const std::string& name) {
  for (const std::string& line : lines(text)) {
    const std::vector<std::string> w = words(line);
    if (w.size() == 3 && (w[0] == name || w[1] == name) && (w[1] == "=" || w[0] == "#define"))
      return w[2];
  }
  return "";
}

Version by_numbers(const std::string& text, const char* major, const char* minor,
                   const char* patch) {
  const Version v{number(value_of(text, major)), number(value_of(text, minor)),
                  number(value_of(text, patch))};
  return v.major > 0 && v.minor >= 0 && v.patch >= 0 ? v : Version{};
}

/// Debian's Makefile for one architecture is a line that includes the common one.
std::string makefile_of(sys::System& sys, const Facts& facts, const std::string& tree) {
  std::string text = sys.read(tree + "/Makefile").value_or("");
  for (const std::string& line : lines(text))
    if (const auto w = words(line); w.size() == 2 && w[0] == "include" && w[1].starts_with('/'))
      return sys.read(facts.root + w[1]).value_or("");
  return text;
}

/// The version that the headers were made for. A release string may say anything, and
/// LINUX_VERSION_CODE holds no stable level above 255, so it is not asked.
Version header_version(sys::System& sys, const Facts& facts, const std::string& tree) {
  const Version by_macros =
      by_numbers(sys.read(tree + "/include/generated/uapi/linux/version.h").value_or(""),
                 "LINUX_VERSION_MAJOR", "LINUX_VERSION_PATCHLEVEL", "LINUX_VERSION_SUBLEVEL");
  if (by_macros.known())
    return by_macros;
  const std::string makefile = makefile_of(sys, facts, tree);
  Version v = by_numbers(makefile, "VERSION", "PATCHLEVEL", "SUBLEVEL");
  const std::string extra = value_of(makefile, "EXTRAVERSION");
  if (v.major == 2 && extra.starts_with('.')) // 2.6.29.6
    v.fourth = std::max(number(extra.substr(1)), 0);
  return v;
}

/// From the best source that there is.
void find_version(sys::System& sys, const Facts& facts, Kernel& kernel) {
  const Release release = parse_release(kernel.release);
  const auto found = [&](const Version& version, const char* from) {
    // Whoever names another base is not talking about this kernel.
    if (version.major != release.base.major || version.minor != release.base.minor)
      return false;
    kernel.version = version;
    kernel.version_from = from;
    kernel.exact = true;
    return true;
  };
  if (!kernel.build_tree.empty() && found(header_version(sys, facts, kernel.build_tree), "headers"))
    return;
  const auto package = facts.kernel_packages.find(kernel.release);
  if (package != facts.kernel_packages.end() && release.vendor == "Debian" &&
      found(parse_version(package->second), "package"))
    return;
  if (const auto w = words(first_line(sys, "/proc/version_signature"));
      kernel.running && w.size() == 3 && found(parse_version(w[2]), "/proc/version_signature"))
    return;
  kernel.version = release.version();
  kernel.version_from = "release";
  kernel.exact = release.trust != Trust::no;
}

Kernel look_at_kernel(sys::System& sys, const Facts& facts, const std::string& release) {
  Kernel kernel;
  kernel.release = release;
  kernel.running = release == facts.running;
  kernel.modules_dir = sys.stat(facts.root + "/lib/modules/" + release).type != sys::FileType::none;
  kernel.build_tree = build_tree(sys, facts.root, release);
  find_version(sys, facts, kernel);
  return kernel;
}

std::string lockdown(sys::System& sys) {
  const std::string text = first_line(sys, "/sys/kernel/security/lockdown");
  const std::size_t from = text.find('[');
  const std::size_t to = text.find(']');
  return from < to && to != std::string::npos ? text.substr(from + 1, to - from - 1) : "";
}

bool secure_boot(sys::System& sys) {
  const auto variable =
      sys.read("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c");
  return variable && variable->size() == 5 && variable->back() == '\1'; // 4 bytes of attributes
}

} // namespace

void look_at_kernels(sys::System& sys, Facts& facts) {
  facts.running = facts.root.empty() ? sys.kernel_release() : std::string();
  for (const std::string& release : sys.list(facts.root + "/lib/modules"))
    if (parse_release(release).known())
      facts.kernels.push_back(look_at_kernel(sys, facts, release));
  const auto runs = [](const Kernel& k) { return k.running; };
  if (!facts.running.empty() && std::none_of(facts.kernels.begin(), facts.kernels.end(), runs))
    facts.kernels.push_back(look_at_kernel(sys, facts, facts.running));
}

void look_at_loading(sys::System& sys, Facts& facts) {
  ModuleLoading& loading = facts.loading;
  loading.lockdown = lockdown(sys);
  loading.secure_boot = secure_boot(sys);
  const auto obstacle = [&](bool there, const std::string& text) {
    if (there)
      loading.obstacles.push_back(text);
  };
  obstacle(!facts.container.empty(), "this is a container (" + facts.container + ")");
  obstacle(sys.stat("/proc/modules").type == sys::FileType::none,
           "the running kernel takes no modules (no /proc/modules)");
  obstacle(!sys.may_load_modules(), "the capability CAP_SYS_MODULE is missing");
  obstacle(first_line(sys, "/proc/sys/kernel/modules_disabled") == "1",
           "module loading was switched off (kernel.modules_disabled is 1)");
  obstacle(!loading.lockdown.empty() && loading.lockdown != "none",
           "kernel lockdown (" + loading.lockdown + ") takes only signed modules");
  for (const Kernel& kernel : facts.kernels)
    obstacle(kernel.running && !kernel.modules_dir,
             "the running kernel " + kernel.release + " has no folder in /lib/modules");
  loading.possible = loading.obstacles.empty();
  for (const std::string& name : sys.loaded_modules())
    if (name.starts_with("scst") || name == "iscsi_scst")
      facts.scst_modules.push_back(name);
}

} // namespace inst::facts
