// SPDX-License-Identifier: GPL-2.0-only
#include "upstream_box.hh"

#include "catalog/load.hh"
#include "facts/gather.hh"
#include "machine.hh"
#include "tar.hh"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>

namespace fs = std::filesystem;

namespace inst::test {
namespace {

std::string read_file(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

void write_file(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

const fs::path fixtures = fs::path(INST_TOP) / "installer/tests/fixtures";

using Change = std::function<std::string(const std::string& name, const std::string& text)>;

std::string as_it_is(const std::string& /*name*/, const std::string& text) {
  return text;
}

/// The folder as an archive; libarchive goes by content, so the name may say .gz.
/// more: further files, path in the folder → text.
void pack(const std::string& fixture, const fs::path& archive, const Change& change = as_it_is,
          const std::map<std::string, std::string>& more = {}) {
  const fs::path top = fixtures / fixture;
  Tar tar;
  for (const auto& [path, text] : more)
    tar.file(fmt::format("{}/{}", fixture, path), text);
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(top)) {
    const std::string name = fixture + entry.path().string().substr(top.string().size());
    const auto mode = static_cast<unsigned>(entry.status().permissions());
    if (entry.is_directory())
      tar.dir(name + '/');
    else
      tar.file(name, change(name, read_file(entry.path())), mode & 0777U);
  }
  write_file(archive, tar.text());
}

} // namespace

std::string UpstreamSystem::below_root(const std::string& argument) const {
  if (argument.starts_with('/'))
    return root_ + argument;
  const std::size_t at = argument.find("=/");
  return at == std::string::npos ? argument
                                 : argument.substr(0, at + 1) + root_ + argument.substr(at + 1);
}

int UpstreamSystem::rc_update(const std::vector<std::string>& args) const {
  const fs::path link = root_ + "/etc/runlevels/" + args.at(3) + '/' + args.at(2);
  if (args.at(1) == "del")
    return fs::remove(link) ? 0 : 1;
  if (!fs::exists(root_ + "/etc/init.d/" + args.at(2)))
    return 1;
  fs::create_symlink("/etc/init.d/" + args.at(2), link);
  return 0;
}

Result<sys::Output> UpstreamSystem::run(const sys::Command& command) {
  std::vector<std::string> args = command.argv;
  if (args.size() < 3 || args[0] != "chroot" || args[1] != root_)
    throw std::logic_error("this would touch the machine: " + args[0]);
  args.erase(args.begin(), args.begin() + 2);
  runs.push_back(fmt::format("{}", fmt::join(args, " ")));
  if (args[0].ends_with("gcc"))
    return sys::Output{0, compiler + '\n', ""};
  if (args[0] == "rc-update")
    return sys::Output{rc_update(args), "", ""};
  for (std::string& argument : args)
    argument = below_root(argument);
  if (args[0] == "make")
    args.push_back("DESTDIR=" + root_);
  sys::Command real = command;
  real.argv = args;
  real.hold_lock = false;
  return Real::run(real);
}

std::string UpstreamSystem::env(const std::string& name) {
  if (name == "HOME")
    return base_ + "/home";
  return name == "SCST_INSTALL_DIE_AFTER" ? Real::env(name) : "";
}

Result<std::string> UpstreamSystem::check_signature(const sys::Signed& what) {
  if (read(what.signature).value_or("") == "good")
    return std::string("0123456789ABCDEF0123456789ABCDEF01234567");
  return Error{"check the signature", what.file, "it is not good", "", Exit::verification};
}

UpstreamBox::UpstreamBox() {
  std::string pattern = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : INST_TMP;
  pattern += "/scst-upstream-test-XXXXXX";
  base_ = ::mkdtemp(pattern.data());
  put("/etc/gentoo-release", "Gentoo Base System release 1.12.13\n");
  put("/etc/os-release", "ID=gentoo\n");
  for (const char* program :
       {"/usr/bin/make", "/usr/bin/gcc", "/usr/bin/patch", "/sbin/runscript", "/sbin/openrc-run"})
    put(program, "");
  put("/boot/grub/grub.conf", "default 0\ntimeout 5\n\ntitle Gentoo Linux 2.6.30-r6\nroot (hd0,0)\n"
                              "kernel /boot/kernel-2.6.30-gentoo-r6 root=/dev/sda3 ro\n");
  put("/boot/config-2.6.30-gentoo-r6", "CONFIG_MODULES=y\nCONFIG_NET=y\nCONFIG_SCSI=m\n"
                                       "CONFIG_SYSFS=y\nCONFIG_NO_SUCH_OPTION=y\n");
  put("/usr/src/linux-2.6.30-gentoo-r6/Makefile", "VERSION = 2\n");
  put("/usr/local/bin/mine", "of the user\n");
  fs::create_directory_symlink("linux-2.6.30-gentoo-r6", root() + "/usr/src/linux");
  for (const char* dir : {"/etc/init.d", "/etc/runlevels/default", "/var/lib", "/var/log"})
    fs::create_directories(root() + dir);
  pack("linux-2.6.29", offline() + "/linux-2.6.29.tar.bz2");
  pack("scst-1.0.1.1", offline() + "/scst-1.0.1.1.tar.gz");
  pack("scstadmin-1.0.6", offline() + "/scstadmin-1.0.6.tar.gz");
  pack("iscsi-scst-1.0.1.1", offline() + "/iscsi-scst-1.0.1.1.tar.gz");
}

UpstreamBox::~UpstreamBox() {
  std::error_code ignored;
  fs::remove_all(base_, ignored);
}

Planned UpstreamBox::plan(UpstreamSystem& sys, Options options) const {
  options.root = root();
  options.offline = offline();
  if (options.kernel.empty())
    options.kernel = "2.6.29";
  options.size = 1 << 20;
  facts::Query query;
  query.root = root();
  query.build = true;
  query.offline = offline();
  query.toolchain = options.toolchain;
  query.device = options.device;
  query.kernel_config = options.kernel_config;
  query.data_dir = INST_TOP "/kernel-patches";
  const auto facts = facts::gather(sys, query);
  const auto catalog = catalog::load(sys, {std::string(INST_TOP) + "/kernel-patches/catalog"});
  if (!facts || !catalog)
    throw std::runtime_error("facts or catalog");
  Facts seen = *facts;
  seen.host_name = "storage.example.lab";
  seen.machine = machine;
  seen.fc_ports = fc_ports;
  seen.build.processors = 2;
  seen.free_space = {{"/usr", std::uint64_t{8} << 30}};
  return make_plan(seen, *catalog, options);
}

namespace {

/// The fixture's makefile says another version.
Change as_version(const std::string& version) {
  const std::size_t minor = version.find('.');
  const std::size_t patch = version.find('.', minor + 1);
  const std::string numbers =
      fmt::format("VERSION = {}\nPATCHLEVEL = {}\nSUBLEVEL = {}\n", version.substr(0, minor),
                  version.substr(minor + 1, patch - minor - 1), version.substr(patch + 1));
  const std::string old = "VERSION = 2\nPATCHLEVEL = 6\nSUBLEVEL = 29\n";
  return [numbers, old](const std::string& path, const std::string& text) {
    std::string out = text;
    if (path == "linux-2.6.29/Makefile")
      out.replace(out.find(old), old.size(), numbers);
    return out;
  };
}

} // namespace

void UpstreamBox::offer_kernel(const std::string& version) const {
  const std::string name = offline() + "/linux-" + version;
  pack("linux-2.6.29", name + ".tar.xz", as_version(version));
  write_file(name + ".tar.sign", "good");
}

void UpstreamBox::install_source_package(const std::string& name,
                                         const std::string& version) const {
  pack("linux-2.6.29", root() + "/usr/src/" + name + ".tar.xz", as_version(version),
       {{"drivers/Kconfig", "source \"drivers/peci/Kconfig\"\n\nsource \"drivers/hte/Kconfig\"\n"
                            "\nendmenu\n"},
        {"drivers/Makefile", "obj-$(CONFIG_MOST)\t\t+= most/\nobj-$(CONFIG_PECI)\t\t+= peci/\n"
                             "obj-$(CONFIG_HTE)\t\t+= hte/\n"}});
  install_packages({{name, version + "-1"}});
}

void UpstreamBox::install_packages(const std::map<std::string, std::string>& packages) const {
  std::string status = read_file(root() + "/var/lib/dpkg/status");
  for (const auto& [name, version] : packages)
    status +=
        fmt::format("Package: {}\nStatus: install ok installed\nVersion: {}\n\n", name, version);
  put("/var/lib/dpkg/status", status);
}

void UpstreamBox::offer(const std::string& fixture, const std::string& archive,
                        const std::map<std::string, std::string>& patches) const {
  std::map<std::string, std::string> more;
  for (const auto& [path, source] : patches)
    more[path] = read_file(fixtures / source);
  pack(fixture, offline() + '/' + archive, as_it_is, more);
}

std::string UpstreamBox::text(const std::string& path) const {
  return read_file(root() + path);
}

void UpstreamBox::put(const std::string& path, const std::string& text) const {
  write_file(root() + path, text);
}

std::map<std::string, std::string> UpstreamBox::snapshot() const {
  std::map<std::string, std::string> out;
  for (fs::recursive_directory_iterator it(root()), end; it != end; ++it) {
    const std::string path = it->path().string().substr(root().size());
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
      what += read_file(it->path());
    out[path] = what;
  }
  return out;
}

} // namespace inst::test
