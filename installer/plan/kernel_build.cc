// SPDX-License-Identifier: GPL-2.0-only
// A kernel is configured, built and installed from the tree where it lies. Pure.
#include "plan/builder.hh"
#include "plan/select.hh"

#include <fmt/format.h>

namespace inst::planning {
namespace {

constexpr std::uint64_t build_space = std::uint64_t{3} << 30; // its source and objects

std::string image_in(const Builder& b, const KernelBuild& k) {
  if (b.facts.machine.starts_with("ppc"))
    return "vmlinux";
  if (k.base < Version{2, 6, 24}) // before the two were made one
    return b.facts.machine == "x86_64" ? "arch/x86_64/boot/bzImage" : "arch/i386/boot/bzImage";
  return "arch/x86/boot/bzImage";
}

std::string image_of(const Builder& b, const KernelBuild& k) {
  return (b.facts.distribution.id == "gentoo" ? "/boot/kernel-" : "/boot/vmlinuz-") + k.release;
}

void check_compiler(Builder& b, const Version& base) {
  const Version gcc = parse_version(b.facts.build.compiler);
  for (const Compiler& c : b.catalog.compilers)
    if (gcc.known() && c.min <= base && base < c.below && gcc.major >= c.gcc_below)
      b.refuse(Exit::missing,
               fmt::format("gcc {} is too new for Linux {}, which takes one before {}: {}",
                           b.facts.build.compiler, base_text(base), c.gcc_below, c.why),
               "Name an older compiler with --toolchain DIR (DIR/bin/gcc), or a system that "
               "has one with --root DIR.");
  if (!b.options.toolchain.empty() && b.facts.build.compiler.empty())
    b.refuse(Exit::missing, fmt::format("{}/bin/gcc does not run", b.options.toolchain),
             "Name the folder that holds bin/gcc.");
}

std::vector<std::string> compiler_variables(const Builder& b) {
  const std::string& dir = b.options.toolchain;
  if (dir.empty())
    return {};
  return {fmt::format("CC={}/bin/gcc", dir), fmt::format("HOSTCC={}/bin/gcc", dir)};
}

/// The one that was asked for, that of the kernel that runs, or any.
std::string start_of(const Builder& b) {
  if (!b.options.kernel_config.empty())
    return b.options.kernel_config;
  std::string start;
  for (const std::string& path : b.facts.build.configs)
    if (path == "/boot/config-" + b.facts.running || start.empty())
      start = path;
  return start;
}

} // namespace

void check_kernel_build(Builder& b, const KernelBuild& k, std::vector<std::string> programs) {
  if (b.options.toolchain.empty())
    programs.emplace_back("gcc");
  if (const auto absent = b.missing(programs); !absent.empty())
    b.refuse(Exit::missing, fmt::format("missing: {}", fmt::join(absent, ", ")),
             b.install_hint(absent, k.release));
  check_compiler(b, k.base);
  if (!b.options.kernel_config.empty() && !b.facts.build.has_kernel_config)
    b.refuse(Exit::usage,
             fmt::format("--kernel-config {}: there is no such file", b.options.kernel_config),
             "Name the configuration of a kernel, such as /boot/config-RELEASE.");
  b.need_space("/usr", build_space);
}

std::vector<std::string> make_arguments(const Builder& b, std::vector<std::string> first) {
  const auto more = compiler_variables(b);
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

void plan_source_link(Builder& b, const std::string& tree) {
  constexpr const char* link = "/usr/src/linux";
  const std::string name = tree.substr(tree.rfind('/') + 1);
  b.add("source-link", fmt::format("let {} lead to {}", link, name),
        "builds of other modules look there; undo puts the old link back", {link},
        PutFiles{{{FileType::link, link, 0777, "", name}}});
}

void plan_kernel_config(Builder& b, const KernelBuild& k) {
  KernelConfig config{k.tree, start_of(b), k.base < Version{3, 7} ? "oldconfig" : "olddefconfig",
                      k.lines, compiler_variables(b)};
  if (makes_initramfs(b)) {
    config.lines.push_back({"BLK_DEV_INITRD", "y", true});
    // What the programs that make one fall back to.
    config.lines.push_back({"RD_GZIP", "y", false});
  }
  // The release must be the one that the plan names.
  config.lines.push_back({"LOCALVERSION_AUTO", "n", false});
  config.lines.push_back({"LOCALVERSION", "", false});
  const std::string from =
      config.start.empty() ? "from the tree's own defaults" : "from " + config.start;
  b.add("kernel-config", "configure the kernel", from, {k.tree + "/.config"}, std::move(config));
}

void plan_kernel_make(Builder& b, const KernelBuild& k) {
  const std::string modules = "/lib/modules/" + k.release;
  const std::string image = k.tree + '/' + image_in(b, k);
  b.add("kernel-build", "build the kernel", "takes minutes to hours", {k.tree},
        Make{k.tree,
             make_arguments(b, {fmt::format("-j{}", b.facts.build.processors)}),
             {image, k.tree + "/System.map"},
             {}});
  b.add(
      "kernel-modules", "install the kernel's modules", "", {modules},
      Make{k.tree, make_arguments(b, {"modules_install"}), {modules + "/modules.dep"}, {modules}});
  b.add("kernel-image", "copy the kernel to /boot", "", {image_of(b, k)},
        CopyBuilt{{{image, image_of(b, k)},
                   {k.tree + "/System.map", "/boot/System.map-" + k.release},
                   {k.tree + "/.config", "/boot/config-" + k.release}}});
  plan_boot(b, {k.release, k.tree, image_of(b, k), k.early});
}

} // namespace inst::planning
