// SPDX-License-Identifier: GPL-2.0-only
// What building a kernel takes: sources, archives at hand, compiler.
#include "facts/gather.hh"
#include "path.hh"
#include "release.hh"

#include <algorithm>

namespace inst::facts {
namespace {

using sys::FileType;

bool there(sys::System& sys, const std::string& path) {
  return sys.stat(path).type != FileType::none;
}

std::string value_of(const std::string& makefile, const std::string& name) {
  for (const std::string& line : lines(makefile))
    if (const auto w = words(line); w.size() >= 2 && w[0] == name && w[1] == "=")
      return w.size() > 2 ? w[2] : "";
  return "";
}

/// "2.6.29-gentoo-r5" of VERSION, PATCHLEVEL, SUBLEVEL and EXTRAVERSION; "" = no kernel's makefile.
std::string release_by(const std::string& makefile) {
  const std::string version = value_of(makefile, "VERSION");
  if (version.empty())
    return "";
  std::string out = version + '.' + value_of(makefile, "PATCHLEVEL");
  if (const std::string sub = value_of(makefile, "SUBLEVEL"); !sub.empty())
    out += '.' + sub;
  return out + value_of(makefile, "EXTRAVERSION");
}

/// Headers have a makefile too, but no init/main.c.
void look_at_trees(sys::System& sys, Facts& facts) {
  const std::string dir = facts.root + "/usr/src";
  for (const std::string& name : sys.list(dir)) {
    const std::string tree = in_dir(dir, name);
    if (!name.starts_with("linux-") || !there(sys, tree + "/init/main.c"))
      continue;
    const std::string release = release_by(sys.read(tree + "/Makefile").value_or(""));
    if (const Release r = parse_release(release); r.known())
      facts.build.trees.push_back({"/usr/src/" + name, release, r.version()});
  }
}

/// Debian's: the package has the version of the kernel, and the archive the package's name.
void look_at_archives(sys::System& sys, Facts& facts) {
  for (const auto& [package, version] : facts.source_packages) {
    const std::string path = "/usr/src/" + package + ".tar.xz";
    if (there(sys, facts.root + path))
      facts.build.archives.push_back({path, version.substr(0, version.find_first_of("-+~")),
                                      sys.digest(facts.root + path).value_or("")});
  }
}

void look_at_configs(sys::System& sys, Facts& facts) {
  for (const std::string& name : sys.list(facts.root + "/boot"))
    if (name.starts_with("config-"))
      facts.build.configs.push_back("/boot/" + name);
}

/// Old ones know only -dumpversion, new ones answer that with the major number.
std::string compiler_version(sys::System& sys, const std::string& root,
                             const std::string& program) {
  std::vector<std::string> argv{program, "-dumpversion"};
  if (!root.empty())
    argv.insert(argv.begin(), {"chroot", root});
  const auto said = sys.run({std::move(argv), "", {}});
  return said && said->status == 0 ? said->out.substr(0, said->out.find('\n')) : "";
}

} // namespace

void look_at_build_ground(sys::System& sys, const Query& query, Facts& facts) {
  BuildGround& b = facts.build;
  look_at_trees(sys, facts);
  look_at_archives(sys, facts);
  look_at_module_sources(sys, facts);
  look_at_configs(sys, facts);
  b.has_kernel_config =
      !query.kernel_config.empty() && there(sys, facts.root + query.kernel_config);
  look_at_boot_loader(sys, facts);
  if (!query.offline.empty())
    b.offline = sys.list(query.offline);
  if (!query.toolchain.empty())
    b.compiler = compiler_version(sys, facts.root, query.toolchain + "/bin/gcc");
  else if (const auto gcc = facts.programs.find("gcc"); gcc != facts.programs.end())
    b.compiler = compiler_version(sys, facts.root, gcc->second);
  const auto cpu = lines(sys.read("/proc/cpuinfo").value_or(""));
  b.processors = std::max(
      1, static_cast<int>(std::count_if(cpu.begin(), cpu.end(), [](const std::string& line) {
        return line.starts_with("processor\t");
      })));
  std::string state = sys.env("XDG_STATE_HOME");
  if (state.empty())
    state = sys.env("HOME") + "/.local/state";
  b.pins = state + "/scst/pins";
  for (const char* path : {"/sbin/runscript", "/usr/sbin/openrc-run", "/sbin/openrc-run"})
    if (there(sys, facts.root + path))
      b.openrc_shell = path;
}

} // namespace inst::facts
