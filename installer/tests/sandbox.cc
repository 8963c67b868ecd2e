// SPDX-License-Identifier: GPL-2.0-only
#include "sandbox.hh"

#include "facts/gather.hh"
#include "machine.hh"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace fs = std::filesystem;

namespace inst::test {
namespace {

void write_file(const fs::path& path, const std::string& text, fs::perms mode) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
  fs::permissions(path, mode);
}

constexpr auto plain = fs::perms(0644);
constexpr auto program = fs::perms(0755);
constexpr const char* kernel = "6.1.0-50-amd64";

} // namespace

Result<sys::Output> SandboxSystem::run(const sys::Command& command) {
  std::vector<std::string> args = command.argv;
  if (args.size() > 2 && args[0] == "chroot" && args[1] == root_)
    args.erase(args.begin(), args.begin() + 2);
  runs.push_back(fmt::format("{}", fmt::join(args, " ")));
  if (args[0] == "dkms")
    return sys::Output{dkms(args), "", "make: *** [Makefile:1: all] Error 2\n"};
  if (args[0] == "systemctl")
    return sys::Output{systemctl(args), "", ""};
  throw std::logic_error("the sandbox has no program " + args[0]);
}

Result<void> SandboxSystem::copy(const std::string& from, const std::string& to, unsigned mode) {
  if (from.starts_with(root_)) // a backup, or its way back: small, and room was made for it
    return Real::copy(from, to, mode);
  if (copies_left == 0)
    return Error{"write", to, "no space left on the file system mounted at /x", "Free some.",
                 Exit::missing};
  if (copies_left > 0)
    copies_left--;
  return Real::copy(from, to, mode);
}

/// What dkms 3 leaves in its tree: dkms VERB -m scst -v V [-k K | --all].
int SandboxSystem::dkms(const std::vector<std::string>& args) {
  const fs::path tree = root_ + "/var/lib/dkms";
  const fs::path package = tree / "scst";
  const fs::path version = package / args.at(5);
  const fs::path built = version / kernel / "x86_64" / "module";
  const fs::path link = package / fmt::format("kernel-{}-x86_64", kernel);
  const fs::path updates = root_ + "/lib/modules/" + kernel + "/updates";
  const std::string& verb = args.at(1);
  if (verb == "add") {
    fs::create_directories(version);
    fs::create_directory_symlink("/usr/src/scst-" + args.at(5), version / "source");
  } else if (verb == "build") {
    if (build_fails)
      return 10;
    write_file(tree / "mok.pub", "key", plain);
    for (const char* module : {"scst", "scst_vdisk", "scst_local", "iscsi_scst"})
      write_file(built / (module + std::string(".ko")), module, plain);
  } else if (verb == "install") {
    fs::create_directories(updates);
    write_file(updates.parent_path() / "modules.alias", "", plain); // by depmod
    fs::copy(built, updates / "dkms", fs::copy_options::recursive);
    fs::create_directory_symlink(version.filename() / kernel / "x86_64", link);
  } else if (verb == "uninstall") {
    fs::remove_all(updates);
    fs::remove(link);
  } else if (verb == "unbuild") {
    fs::remove_all(version / kernel);
  } else if (verb == "remove") {
    fs::remove_all(package);
  } else {
    return 1;
  }
  return 0;
}

/// systemctl --quiet --root=ROOT VERB NAME
int SandboxSystem::systemctl(const std::vector<std::string>& args) {
  if (args.size() != 5 || args[2] != "--root=" + root_)
    throw std::logic_error("systemctl would touch this machine");
  const fs::path wants = root_ + "/etc/systemd/system/multi-user.target.wants";
  const fs::path link = wants / args[4];
  if (args[3] == "is-enabled")
    return fs::is_symlink(link) ? 0 : 1;
  if (args[3] == "disable")
    return fs::remove(link) ? 0 : 1;
  if (!fs::exists(root_ + "/lib/systemd/system/" + args[4]))
    return 1;
  fs::create_directories(wants);
  if (!fs::is_symlink(link))
    fs::create_symlink("/lib/systemd/system/" + args[4], link);
  return 0;
}

Sandbox::Sandbox() {
  // In memory where that is possible: a sync of each record costs nothing there.
  std::string pattern = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : INST_TMP;
  pattern += "/scst-install-test-XXXXXX";
  base_ = ::mkdtemp(pattern.data());
  root_ = base_ + "/root";
  payload_ = base_ + "/payload";
  put("/usr/lib/os-release", "ID=debian\n");
  put("/lib/systemd/systemd", "");
  put("/usr/sbin/dkms", "");
  put("/usr/bin/make", "");
  put("/usr/bin/gcc", "");
  put("/usr/sbin/scstadmin", "an older build\n"); // nobody's: it gets replaced
  put(fmt::format("/lib/modules/{}/modules.dep", kernel), "");
  put("/usr/src/linux-headers/Makefile", "");
  fs::create_directory_symlink("/usr/src/linux-headers",
                               fmt::format("{}/lib/modules/{}/build", root_, kernel));
  fs::create_directories(root_ + "/var/lib/dkms");
  fs::create_directories(root_ + "/var/log");
  const std::map<std::string, fs::perms> files{{"/usr/src/scst-3.8.0/dkms.conf", plain},
                                               {"/usr/src/scst-3.8.0/core/main.c", plain},
                                               {"/usr/sbin/scstadmin", program},
                                               {"/usr/sbin/iscsi-scstd", program},
                                               {"/usr/lib/scst/scst-rc", program},
                                               {"/lib/systemd/system/scst.service", plain},
                                               {"/lib/systemd/system/iscsi-scstd.service", plain},
                                               {"/etc/default/scst", plain}};
  for (const auto& [path, mode] : files)
    write_file(payload_ + path, "content of " + path + '\n', mode);
}

Sandbox::~Sandbox() {
  std::error_code ignored;
  fs::remove_all(base_, ignored);
}

Plan Sandbox::plan(SandboxSystem& sys) const {
  auto facts = facts::gather(sys, {.root = root_, .payload = payload_, .data_dir = "/nowhere"});
  if (!facts)
    throw std::runtime_error(facts.error().line());
  facts->host_name = "box";
  Options options;
  options.root = root_;
  options.size = 1 << 20;
  options.allow = {"iqn.2007-10.com.github:sahlberg:libiscsi:*"};
  const Planned planned = make_plan(*facts, some_catalog(), options);
  if (!planned.refusals.empty())
    throw std::runtime_error(refused(planned));
  return planned.plan;
}

std::map<std::string, std::string> Sandbox::snapshot() const {
  std::map<std::string, std::string> out;
  for (fs::recursive_directory_iterator it(root_), end; it != end; ++it) {
    const std::string path = it->path().string().substr(root_.size());
    if (path == "/var/lib/scst-install" || path == "/var/log/scst-install") {
      it.disable_recursion_pending();
      continue;
    }
    const fs::file_status status = it->symlink_status();
    std::string what = fmt::format("{} {:o} ", static_cast<int>(status.type()),
                                   static_cast<unsigned>(status.permissions()));
    if (fs::is_symlink(status))
      what += fs::read_symlink(it->path()).string();
    else if (fs::is_regular_file(status))
      what += text(path);
    out[path] = what;
  }
  return out;
}

void Sandbox::put(const std::string& path, const std::string& text) const {
  write_file(root_ + path, text, plain);
}

std::string Sandbox::text(const std::string& path) const {
  std::ostringstream out;
  out << std::ifstream(root_ + path).rdbuf();
  return out.str();
}

} // namespace inst::test
