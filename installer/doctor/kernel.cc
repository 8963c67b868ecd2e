// SPDX-License-Identifier: GPL-2.0-only
// Kernel, modules, signatures, and what the kernel's log says.
#include "doctor/check.hh"
#include "facts/gather.hh"
#include "plan/kernels.hh"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace inst::doctor {
namespace {

using Names = std::vector<std::string>;

const Finding no_kernel = skipped("no kernel is known");
const Finding not_live = skipped("this is not the running system");

std::string line_of(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

Finding headers(const Ground& g) {
  const Kernel* k = g.kernel();
  if (k == nullptr)
    return no_kernel;
  if (!k->build_tree.empty())
    return {};
  return {Verdict::fault, fmt::format("kernel {} has no headers", k->release),
          fmt::format("Install them (Debian: apt install linux-headers-{}), or boot a kernel that "
                      "has its own.",
                      k->release)};
}

Finding newest(const Ground& g) {
  if (!g.live() || g.kernel() == nullptr)
    return not_live;
  for (const Kernel& k : g.facts.kernels)
    if (k.modules_dir && !k.running && release_before(g.facts.running, k.release) &&
        g.kernel()->version < k.version)
      return {Verdict::note, fmt::format("{} is installed, {} runs", k.release, g.facts.running),
              "The next boot changes the kernel: 'dkms status' tells whether modules are ready."};
  return {};
}

Finding source_link(const Ground& g) {
  const std::string link = g.sys.read_link(g.at("/usr/src/linux")).value_or("");
  if (link.empty() || g.kernel() == nullptr)
    return skipped("there is no /usr/src/linux");
  if (link.find(g.kernel()->release) != std::string::npos)
    return {};
  return {Verdict::warning,
          fmt::format("/usr/src/linux leads to {}, the kernel is {}", link, g.kernel()->release),
          "Modules would be built for the other kernel: eselect kernel set, or set KERNEL_DIR."};
}

/// "12" of CONFIG_CC_VERSION_TEXT="gcc-12 (Debian 12.2.0-14) 12.2.0".
std::string kernel_compiler(const Ground& g) {
  const std::string config = g.sys.read(g.kernel()->build_tree + "/.config").value_or("");
  const std::string key = "CONFIG_CC_VERSION_TEXT=\"";
  const std::size_t at = config.find(key);
  if (at == std::string::npos)
    return "";
  const std::string text =
      config.substr(at + key.size(), config.find('"', at + key.size()) - at - key.size());
  return std::to_string(parse_version(text.substr(text.rfind(' ') + 1)).major);
}

Finding compiler(const Ground& g) {
  if (!g.live() || g.kernel() == nullptr || g.kernel()->build_tree.empty())
    return skipped("there are no headers to compare with");
  const std::string theirs = kernel_compiler(g);
  const std::string ours = g.ask({"gcc", "-dumpversion"});
  if (theirs.empty() || ours.empty())
    return skipped("the kernel does not say what it was built with, or there is no gcc");
  if (std::to_string(parse_version(ours).major) == theirs)
    return {};
  return {Verdict::warning,
          fmt::format("the kernel was built by gcc {}, this one is {}", theirs, line_of(ours)),
          fmt::format("Install gcc-{} if modules do not build or load.", theirs)};
}

Finding options(const Ground& g) {
  const Kernel* k = g.kernel();
  if (k == nullptr)
    return no_kernel;
  std::string config = g.sys.read(k->build_tree + "/.config").value_or("");
  if (config.empty())
    config = g.sys.read(g.at("/boot/config-" + k->release)).value_or("");
  if (config.empty())
    return skipped("its configuration is not to be seen");
  Names missing;
  for (const KernelOption& o : g.catalog.options)
    if (o.kind == "required" && o.with.empty() && o.stack != "upstream" &&
        config.find("CONFIG_" + o.symbol + "=y") == std::string::npos &&
        config.find("CONFIG_" + o.symbol + "=m") == std::string::npos)
      missing.push_back(fmt::format("CONFIG_{} is off: {}", o.symbol, o.why));
  return verdict_of(Verdict::fault, missing, "Boot a kernel that has it, or build one with it.");
}

Finding supported(const Ground& g) {
  const Kernel* k = g.kernel();
  if (k == nullptr)
    return no_kernel;
  Subject subject = subject_of(k->release);
  if (k->version.known())
    subject.version = k->version;
  const Selection s = select(subject, g.catalog, {});
  if (s.own != nullptr)
    return {};
  return {Verdict::fault, fmt::format("our stack is not for kernel {}", k->release),
          s.release != nullptr ? fmt::format("SCST {} is: scst-install apply --kernel {}",
                                             s.release->name, k->release)
                               : s.why + ". 'scst-install kernels' lists those that would do."};
}

Finding lockdown(const Ground& g) {
  const std::string& mode = g.facts.loading.lockdown;
  if (mode.empty() || mode == "none")
    return {};
  return {Verdict::note, fmt::format("the kernel is locked down ({})", mode),
          "It takes only modules that are signed by an enrolled key."};
}

Finding found(const Ground& g) {
  const Kernel* k = g.kernel();
  if (k == nullptr)
    return no_kernel;
  const std::string dep =
      g.sys.read(g.at("/lib/modules/" + k->release + "/modules.dep")).value_or("");
  Names missing;
  for (const std::string& module : g.catalog.sources.front().autoload)
    if (dep.find('/' + module + ".ko") == std::string::npos)
      missing.push_back(module);
  if (missing.empty())
    return {};
  return {Verdict::fault,
          fmt::format("kernel {} has no module {}", k->release, fmt::join(missing, ", ")),
          "'dkms autoinstall' builds them; its log is below /var/lib/dkms/scst."};
}

Finding stale(const Ground& g) {
  if (!g.live())
    return not_live;
  Names bad;
  for (const std::string& module : g.facts.scst_modules) {
    const std::string running = facts::first_line(g.sys, "/sys/module/" + module + "/srcversion");
    const std::string file = line_of(g.ask({"modinfo", "-F", "srcversion", module}));
    if (!running.empty() && !file.empty() && running != file)
      bad.push_back(module);
  }
  return verdict_of(Verdict::warning, bad,
                    "These were built anew since they were loaded: restart the service scst.");
}

Finding mixed(const Ground& g) {
  if (!g.live() || g.facts.scst_modules.empty())
    return skipped("no module is loaded");
  std::string first;
  Names all;
  bool differ = false;
  for (const std::string& module : g.facts.scst_modules) {
    const std::string version = facts::first_line(g.sys, "/sys/module/" + module + "/version");
    if (version.empty())
      continue;
    differ = differ || (!first.empty() && version != first);
    first = first.empty() ? version : first;
    all.push_back(fmt::format("{} {}", module, version));
  }
  return differ ? verdict_of(Verdict::fault, all,
                             "Modules of several installations are mixed: remove the older files "
                             "from /lib/modules, run depmod -a, restart the service scst.")
                : Finding{};
}

Finding duplicates(const Ground& g) {
  const Kernel* k = g.kernel();
  if (k == nullptr)
    return no_kernel;
  Names places;
  for (const char* dir :
       {"extra", "updates", "updates/dkms", "kernel/drivers/scst", "weak-updates"})
    for (const std::string& file :
         g.sys.list(g.at(fmt::format("/lib/modules/{}/{}", k->release, dir))))
      if (file.starts_with("scst.ko"))
        places.push_back(fmt::format("{}/{}", dir, file));
  return places.size() < 2
             ? Finding{}
             : verdict_of(Verdict::warning, places,
                          "Only one of them is loaded. Remove the others and run depmod -a.");
}

/// What "make install" of another SCST leaves; alone it is an installation like any other.
Finding beside(const Ground& g) {
  const Kernel* k = g.kernel();
  if (k == nullptr)
    return no_kernel;
  const std::string modules = "/lib/modules/" + k->release;
  if (!g.there("/usr/sbin/scstadmin") && !g.there(modules + "/updates/dkms"))
    return {};
  Names foreign;
  for (const char* program : {"scstadmin", "iscsi-scstd", "iscsi-scst-adm"})
    if (const std::string path = fmt::format("/usr/local/sbin/{}", program); g.there(path))
      foreign.push_back(path);
  using Pair = std::pair<const char*, const char*>;
  for (const auto& [dir, begins] :
       {Pair{"extra", "iscsi-scst.ko"}, {"extra/dev_handlers", "scst_"}})
    for (const std::string& file : g.sys.list(g.at(fmt::format("{}/{}", modules, dir))))
      if (file.starts_with(begins))
        foreign.push_back(fmt::format("{}/{}/{}", modules, dir, file));
  return verdict_of(
      Verdict::warning, foreign,
      "They are of another installation, which may be used in place of this one. Take "
      "them away the way they came (make uninstall in the tree that installed them).");
}

Finding dkms(const Ground& g) {
  if (!g.live() || g.kernel() == nullptr || !g.facts.programs.contains("dkms"))
    return skipped("dkms is not used here");
  const std::string said = g.ask({"dkms", "status", "-m", "scst"});
  if (said.empty())
    return skipped("dkms knows no scst");
  for (const std::string& line : facts::lines(said))
    if (line.find(g.kernel()->release) != std::string::npos &&
        line.find("installed") != std::string::npos)
      return {};
  return {Verdict::fault, fmt::format("dkms has built nothing for kernel {}", g.kernel()->release),
          "Run 'dkms autoinstall'; if that fails, its log is make.log below /var/lib/dkms/scst."};
}

Finding signed_modules(const Ground& g) {
  const bool needed = g.facts.loading.secure_boot ||
                      (!g.facts.loading.lockdown.empty() && g.facts.loading.lockdown != "none") ||
                      facts::first_line(g.sys, "/sys/module/module/parameters/sig_enforce") == "Y";
  if (!g.live() || !needed)
    return skipped("no signature is asked for");
  if (g.sys.find_program("modinfo").empty())
    return skipped("there is no modinfo to look with");
  if (!line_of(g.ask({"modinfo", "-F", "signer", "scst"})).empty())
    return {};
  return {Verdict::fault, "the module scst is not signed, and this kernel takes only signed ones",
          "dkms signs what it builds with /var/lib/dkms/mok.key: enrol it with 'mokutil --import "
          "/var/lib/dkms/mok.pub', reboot, and run 'dkms install --force'."};
}

Finding enrolled(const Ground& g) {
  constexpr const char* key = "/var/lib/dkms/mok.pub";
  if (!g.live() || !g.facts.loading.secure_boot || !g.there(key))
    return skipped("there is no Secure Boot, or no key of dkms");
  const auto said = g.sys.run({{"mokutil", "--test-key", key}, "", {}});
  if (!said)
    return skipped("there is no mokutil to look with");
  if ((said->out + said->tail).find("already enrolled") != std::string::npos)
    return {};
  return {Verdict::fault, fmt::format("the key {} is not enrolled", key),
          fmt::format("mokutil --import {}, choose a password, reboot, and confirm at the console: "
                      "Enroll MOK.",
                      key)};
}

constexpr const char* private_key = "/var/lib/dkms/mok.key";

Finding key_mode(const Ground& g) {
  if (!g.there(private_key))
    return skipped("there is no key");
  const unsigned mode = g.sys.stat(g.at(private_key)).mode;
  if ((mode & 077U) == 0)
    return {};
  return {Verdict::warning,
          fmt::format("{} has mode {:o}: others can sign modules", private_key, mode),
          fmt::format("chmod 600 {}", private_key)};
}

Result<std::string> fix_mode(const Ground& g, const std::string& path) {
  const auto text = g.sys.read(g.at(path));
  if (!text)
    return text.error();
  if (auto done = g.sys.write(g.at(path), *text, 0600); !done)
    return done.error();
  return path + " has mode 600 now";
}

Result<std::string> fix_key_mode(const Ground& g) {
  return fix_mode(g, private_key);
}

/// Lines of the log that hold the text.
Names said(const Ground& g, const std::string& text) {
  Names out;
  for (const std::string& line : g.log)
    if (line.find(text) != std::string::npos)
      out.push_back(line);
  return out;
}

Finding missing_parameter(const Ground& g) {
  if (!g.log_seen)
    return skipped("the kernel's log cannot be read");
  const std::string text = "Missing parameter ";
  const Names lines = said(g, text);
  if (lines.empty())
    return {};
  const std::string& line = lines.back();
  const std::size_t at = line.find(text) + text.size();
  const std::string name = line.substr(at, line.find_first_of(" ,.;", at) - at);
  return {Verdict::fault, line,
          fmt::format("Put a line '{} VALUE' into the TARGET section of /etc/scst.conf, then: "
                      "scstadmin -config /etc/scst.conf",
                      name)};
}

Finding symbol_versions(const Ground& g) {
  if (!g.log_seen)
    return skipped("the kernel's log cannot be read");
  Names bad;
  for (const char* text : {"disagrees about version of symbol", "version magic"})
    for (const std::string& line : said(g, text))
      if (line.find("scst") != std::string::npos)
        bad.push_back(line);
  if (bad.size() > 1)
    bad.resize(1);
  return verdict_of(
      Verdict::fault, bad,
      "The module was built for another kernel: 'dkms install --force scst/VERSION -k "
      "RELEASE' builds it anew.");
}

struct Message {
  const char *text, *hint;
};

constexpr std::array messages{
    Message{"tgt_dev for LUN 0 not found", "Give the target or group a LUN 0."},
    Message{"is not unique", "Two targets have one rel_tgt_id: change one of them."},
    Message{"saved mode pages disabled", "mkdir -m 700 /var/lib/scst/vdev_mode_pages"},
    Message{"for protection information can't be opened",
            "mkdir -m 700 /var/lib/scst/dif_tags, or look at the device's dif_filename."},
    Message{"is NOT a block device", "vdisk_blockio takes block devices; use vdisk_fileio."},
    Message{"net_priv isn't NULL", "The patch put_page_callback does not fit this kernel: build it "
                                   "without."},
    Message{"Timeout waiting for user space event", "iscsi-scstd hangs or is gone: restart it."},
    Message{"Unable to complete command due to SG IO count limitation",
            "Let initiators send smaller requests (max_sectors_kb)."}};

Finding known_messages(const Ground& g) {
  if (!g.log_seen)
    return skipped("the kernel's log cannot be read");
  for (const Message& m : messages)
    for (const std::string& line : said(g, m.text))
      if (line.find("scst") != std::string::npos || line.find("dev_vdisk") != std::string::npos)
        return {Verdict::warning, line, m.hint};
  return {};
}

constexpr std::array checks{
    Check{"K01", "kernel", "The kernel has its headers",
          "Modules are built with them; without them an update of the kernel leaves no target.",
          headers},
    Check{"K02", "kernel", "The newest kernel runs",
          "After the next boot another kernel runs, for which modules must be there too.", newest},
    Check{"K03", "kernel", "/usr/src/linux leads to the kernel's source",
          "Gentoo and old makefiles build for what that link leads to.", source_link},
    Check{"K04", "kernel", "The compiler is the kernel's",
          "A module of another compiler may not build, or not load.", compiler},
    Check{"K05", "kernel", "The kernel has the options that a target needs",
          "Without TCP/IP, SCSI or CRC32C the modules do not build or load.", options},
    Check{"K06", "kernel", "The kernel is one that the stack is for",
          "A release of the stack knows the kernels of its time.", supported},
    Check{"K07", "kernel", "The kernel takes any module",
          "A locked-down kernel asks for signatures, and Secure Boot locks it down.", lockdown},
    Check{"M01", "modules", "The modules are there for this kernel",
          "Each kernel needs modules of its own.", found},
    Check{"M02", "modules", "What is loaded is what lies on disk",
          "After an update the old modules go on running until they are loaded anew.", stale},
    Check{"M03", "modules", "All modules are of one version",
          "Modules of several releases do not fit together.", mixed},
    Check{"M04", "modules", "Each module is there once",
          "With two files of one name it depends on depmod which is loaded.", duplicates},
    Check{"M05", "modules", "dkms has built for this kernel",
          "dkms builds at each update of the kernel, and a build can fail unnoticed.", dkms},
    Check{"M06", "modules", "No second installation lies beside this one",
          "Programs in /usr/local come first, and modules of two installations mix.", beside},
    Check{"S01", "signing", "The modules are signed where that is asked for",
          "With Secure Boot the kernel refuses modules without a signature: Key was rejected.",
          signed_modules},
    Check{"S02", "signing", "The signing key is enrolled",
          "A signature counts only if the firmware knows its key.", enrolled},
    Check{"S03", "signing", "The signing key is secret",
          "Who reads it can sign modules that this machine takes.", key_mode, fix_key_mode},
    Check{"L01", "log", "No target driver misses a parameter",
          "A driver's add_target needs it, so the target is not made.", missing_parameter},
    Check{"L02", "log", "No module was refused for another kernel's",
          "The kernel's log names the symbol that differs.", symbol_versions},
    Check{"L03", "log", "The log has no message that is known to mean trouble",
          "Some messages of the target have one cause only.", known_messages}};

} // namespace

std::span<const Check> kernel_checks() {
  return checks;
}

} // namespace inst::doctor
