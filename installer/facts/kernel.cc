// SPDX-License-Identifier: GPL-2.0-only
// Kernels: which are here, what they really are, and whether modules can go into the running one.
#include "facts/gather.hh"

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

/// The version that the headers were made for. A release string may say anything.
Version header_version(sys::System& sys, const std::string& tree) {
  const auto text = sys.read(tree + "/include/generated/uapi/linux/version.h");
  for (const std::string& line : lines(text.value_or(""))) {
    const std::vector<std::string> w = words(line);
    unsigned code = 0;
    if (w.size() == 3 && w[1] == "LINUX_VERSION_CODE" &&
        std::from_chars(w[2].data(), w[2].data() + w[2].size(), code).ec == std::errc())
      return {static_cast<int>(code >> 16), static_cast<int>(code >> 8 & 255),
              static_cast<int>(code & 255)};
  }
  return {};
}

Kernel look_at_kernel(sys::System& sys, const Facts& facts, const std::string& release) {
  Kernel kernel;
  kernel.release = release;
  kernel.running = release == facts.running;
  kernel.modules_dir = sys.stat(facts.root + "/lib/modules/" + release).type != sys::FileType::none;
  kernel.build_tree = build_tree(sys, facts.root, release);
  if (!kernel.build_tree.empty())
    kernel.version = header_version(sys, kernel.build_tree);
  if (!kernel.version.known())
    kernel.version = parse_version(release);
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
    if (parse_version(release).known())
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
