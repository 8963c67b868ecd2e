// SPDX-License-Identifier: GPL-2.0-only
// The upstream road: an old kernel and the release of upstream that is for it, from sources. Pure.
#include "path.hh"
#include "plan/builder.hh"
#include "plan/kernels.hh"
#include "plan/starter_config.hh"
#include "plan/upstream_files.hh"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace inst::planning {
namespace {

/// A file that has to be fetched.
struct Wanted {
  std::string component, name, digest;
  std::vector<std::string> urls;
  Signature signature{};
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  if (const std::size_t at = text.find(from); at != std::string::npos)
    text.replace(at, from.size(), to);
  return text;
}

/// One * at most.
bool fits(const std::string& name, const std::string& pattern) {
  const std::size_t star = pattern.find('*');
  if (star == std::string::npos)
    return name == pattern;
  const std::string tail = pattern.substr(star + 1);
  return name.size() >= pattern.size() - 1 && name.starts_with(pattern.substr(0, star)) &&
         name.ends_with(tail);
}

bool is_archive(const std::string& name) {
  for (const char* ending : {".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tgz", ".tar"})
    if (name.ends_with(ending))
      return true;
  return false;
}

class Upstream {
public:
  Upstream(Builder& b, Candidate candidate)
      : b_(b), c_(std::move(candidate)), base_(base_of(c_.subject.version)) {}

  void plan() {
    find_tree();
    look_up_files();
    check();
    Plan& plan = b_.out.plan;
    plan.road = "upstream";
    plan.kernel = kernel_;
    plan.state_dir = b_.options.root + "/var/lib/scst-install";
    plan.reasons.push_back(fmt::format("{}{} is for Linux {}: {}", framework() ? "" : "SCST ",
                                       release().name, base_text(base_), c_.selection.why));
    if (framework())
      plan.reasons.push_back(release().note);
    for (const Wanted& file : wanted_)
      plan_fetch(file);
    for (const Wanted& file : wanted_)
      plan_unpack(file);
    plan_source_link(b_, tree_);
    plan_patches();
    const KernelBuild build = kernel_build();
    plan_kernel_config(b_, build);
    plan_kernel_make(b_, build);
    if (framework())
      plan_framework();
    else
      plan_scst();
    for (const std::string& warning : c_.selection.warnings)
      b_.note(warning);
    b_.note(fmt::format("nothing is started: boot kernel {}, the services start then", kernel_));
  }

private:
  [[nodiscard]] const StackRelease& release() const { return *c_.selection.release; }
  [[nodiscard]] const std::optional<Framework>& framework() const { return release().framework; }
  [[nodiscard]] bool procfs() const { return c_.selection.procfs; }
  [[nodiscard]] bool from_tree() const { return release().build == "tree"; }

  /// The tree of that very release, else of the base version that was asked for.
  [[nodiscard]] const SourceTree* tree_here() const {
    const SourceTree* found = nullptr;
    const bool bare = c_.subject.release.vendor == "vanilla" && c_.subject.version == base_;
    for (const SourceTree& t : b_.facts.build.trees) {
      if (t.release == c_.release)
        return &t;
      if (bare && base_of(t.version) == base_)
        found = &t;
    }
    return found;
  }

  /// A full source that is here already, before one that has to be fetched.
  void find_tree() {
    kernel_ = c_.release;
    if (const SourceTree* tree = tree_here()) {
      tree_ = tree->dir;
      kernel_ = tree->release;
      return;
    }
    tree_ = "/usr/src/linux-" + kernel_;
    if (c_.subject.release.vendor == "vanilla") {
      want_kernel();
      return;
    }
    if (c_.offered != nullptr && b_.facts.offers.manager == "emerge") {
      b_.add("kernel-package", "install the package " + c_.offered->package,
             "it is the source of the kernel, which emerge offers", {tree_},
             Packages{"emerge", {c_.offered->package}});
      return;
    }
    std::string hint = fmt::format(
        "Unpack its source there, or name the vanilla kernel: --kernel {}", base_text(base_));
    if (c_.subject.release.vendor == "Gentoo")
      hint = "Install gentoo-sources of that version with emerge.";
    b_.refuse(Exit::missing, fmt::format("there is no source of kernel {} in /usr/src", kernel_),
              hint);
  }

  void want_kernel() {
    for (const KernelSource& k : b_.catalog.kernel_sources) {
      if (!k.kernel.holds(base_))
        continue;
      Signature signature = k.signature;
      signature.file = replaced(signature.file, "{version}", c_.release);
      want("linux", replaced(k.file, "{version}", c_.release), k.url, "", ".tar.xz", signature);
      return;
    }
    b_.refuse(Exit::missing, fmt::format("the catalog has no source of Linux {}", kernel_),
              "Unpack its source as /usr/src/linux-" + kernel_ + '.');
  }

  /// pattern: of the file's name; ending: what its * stands for when it is to be fetched.
  void want(const std::string& component, const std::string& pattern, const std::string& url,
            const std::string& digest, const std::string& ending, const Signature& signature) {
    Wanted file{component, pattern, digest, {}, signature};
    if (!b_.options.offline.empty()) {
      const auto& names = b_.facts.build.offline;
      const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
        return fits(name, pattern) && is_archive(name);
      });
      if (found == names.end()) {
        b_.refuse(
            Exit::missing, fmt::format("{} has no {}", b_.options.offline, pattern),
            fmt::format("It is published at {}; put it into that folder.",
                        replaced(replaced(url, "{component}", component), "{file}", pattern)));
        return;
      }
      file.name = *found;
      if (!signature.file.empty() &&
          std::find(names.begin(), names.end(), signature.file) == names.end())
        b_.refuse(Exit::missing,
                  fmt::format("{} has no {}, the signature of {}", b_.options.offline,
                              signature.file, file.name),
                  fmt::format("It is published at {}; put it into that folder.",
                              replaced(url, "{file}", signature.file)));
    } else if (pattern.find('*') != std::string::npos) {
      if (ending.empty()) {
        b_.refuse(Exit::missing, fmt::format("the exact name of {} is not known", pattern),
                  "Get the file, put it into a folder, and name that with --offline DIR.");
        return;
      }
      file.name = replaced(pattern, ".tar.*", ending);
    }
    for (const std::string& mirror : b_.options.mirrors)
      file.urls.push_back(mirror + (mirror.ends_with('/') ? "" : "/") + file.name);
    file.urls.push_back(replaced(replaced(url, "{component}", component), "{file}", file.name));
    wanted_.push_back(std::move(file));
  }

  void look_up_files() {
    for (const Archive& a : release().files)
      want(a.component, a.file, release().url, a.sha256, "", a.signature);
  }

  void check() {
    const Facts& f = b_.facts;
    check_kernel_build(b_, kernel_build(), {"make", "patch"});
    check_fc();
    if (framework()) {
      check_framework(*framework());
      return;
    }
    if (f.machine != "x86_64" && f.machine != "i686" && f.machine != "i386")
      b_.refuse(Exit::kernel, fmt::format("kernels are not built for {} yet", f.machine),
                "Build and install the kernel by hand.");
    if (!procfs()) {
      check_allow(b_);
      return;
    }
    if (b_.options.chap)
      b_.refuse(Exit::usage, fmt::format("--chap: SCST {} has its users elsewhere", release().name),
                "Put a line 'IncomingUser NAME SECRET' below the target in /etc/iscsi-scstd.conf.");
    for (const std::string& address : b_.options.allow)
      if (!is_address(address))
        b_.refuse(Exit::usage, fmt::format("--allow '{}' is no address", address),
                  fmt::format("SCST {} lets initiators in by address: 192.168.1.1, "
                              "192.168.1.0/24, [fd00::1] or ALL.",
                              release().name));
  }

  void check_fc() {
    if (!b_.options.fc)
      return;
    if (framework() || procfs() || !from_tree())
      refuse_fc(b_,
                fmt::format("the archives of {} hold no driver of Fibre Channel", release().name));
    else
      fc_ = choose_fc_ports(b_, "upstream");
  }

  /// Its own script exports a disk that nobody has asked about: here somebody has to name one.
  void check_framework(const Framework& framework) {
    const std::string& machine = b_.facts.machine;
    const auto& machines = framework.machines;
    if (std::find(machines.begin(), machines.end(), machine) == machines.end())
      b_.refuse(Exit::kernel,
                fmt::format("{} is for {}, this machine is {}", framework.driver,
                            fmt::join(machines, ", "), machine),
                "Leave --stack out to get what is for this machine.");
    if (b_.options.device.empty())
      b_.refuse(Exit::usage, "no disk is named, and here none is chosen for you",
                "Name the one that initiators may write to: --device /dev/DISK.");
    else if (b_.options.device.find_first_not_of(
                 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._:+=@-") !=
             std::string::npos)
      b_.refuse(Exit::usage,
                fmt::format("--device '{}' cannot stand in a script", b_.options.device),
                "Give the disk another name below /dev, without special characters.");
    else
      plan_backing(b_);
  }

  [[nodiscard]] std::string cached(const Wanted& file) const {
    return b_.facts.cache_dir + "/downloads/" + file.name;
  }

  static std::string trust_in(const Wanted& file) {
    if (!file.signature.file.empty())
      return fmt::format("its signature is checked with the keys in {}", file.signature.keyring);
    return file.digest.empty() ? "the catalog has no digest of it: the first copy is trusted and "
                                 "remembered, another one refused"
                               : "its SHA-256 is known";
  }

  void plan_fetch(const Wanted& file) {
    const std::string& offline = b_.options.offline;
    b_.add("fetch:" + file.component,
           fmt::format("{} {}", offline.empty() ? "fetch" : "take", file.name), trust_in(file),
           {cached(file)},
           Fetch{file.name, cached(file), file.urls, offline, file.digest, b_.facts.build.pins,
                 file.signature.file, file.signature.keyring, file.signature.content});
  }

  /// Where the component lies once it is unpacked.
  [[nodiscard]] std::string folder_of(const std::string& component) const {
    if (component == "linux")
      return tree_;
    for (const Archive& a : release().files)
      if (a.component == component)
        return fmt::format("/usr/src/{}-{}", component, a.version);
    // One tree holds all components, each in a folder of its own.
    return folder_of(release().files.front().component) + '/' + component;
  }

  [[nodiscard]] std::string source_of(const std::string& component) const {
    return from_tree() ? folder_of("scst") + '/' + component : folder_of(component);
  }

  void plan_unpack(const Wanted& file) {
    const std::string dir = folder_of(file.component);
    b_.add("unpack:" + file.component, fmt::format("unpack {} as {}", file.name, dir), "", {dir},
           Unpack{file.name, cached(file), file.digest, b_.facts.build.pins, dir});
  }

  void plan_patches() {
    if (framework()) {
      const Framework& f = *framework();
      const std::string folder = folder_of(release().files.front().component) + '/' + f.folder;
      b_.add("patch-set", "patch the kernel with what lies in " + folder,
             f.except.empty() ? "" : fmt::format("without number {}", fmt::join(f.except, ", ")),
             {tree_}, PatchSet{tree_, folder, 1, f.except});
      return;
    }
    for (const PatchChoice& p : c_.selection.patches) {
      if (p.state != PatchState::apply) {
        b_.note(fmt::format("patch {} is left out: {}", p.family->name, p.why));
        continue;
      }
      const std::string file = source_of(p.family->component) + '/' + p.file;
      b_.add("patch:" + p.family->name, "patch the kernel: " + p.family->name, p.why, {tree_},
             Patch{tree_, file, p.family->strip, !p.sure, p.family->marker_file,
                   p.family->marker_text});
    }
  }

  [[nodiscard]] KernelBuild kernel_build() const {
    KernelBuild k{kernel_, tree_, base_, {}, fc_settings(fc_)};
    for (const KernelOption* o : c_.selection.options)
      k.lines.push_back({o->symbol, o->value, o->kind == "required"});
    return k;
  }

  [[nodiscard]] std::vector<std::string> watched() const {
    return {"/lib/modules/" + kernel_, "/usr/local",  "/usr/sbin",    "/usr/lib/perl5",
            "/usr/share/perl5",        "/etc/init.d", "/var/lib/scst"};
  }

  void plan_make(const std::string& id, const std::string& dir, std::vector<std::string> targets,
                 std::vector<std::string> products, bool installs) {
    targets.push_back("KDIR=" + tree_);
    targets.push_back("KVER=" + kernel_);
    b_.add(id, fmt::format("{} {}", installs ? "build and install" : "prepare", dir),
           installs ? "after what it is built on" : "", installs ? watched() : std::vector{dir},
           Make{dir, make_arguments(b_, std::move(targets)), std::move(products),
                installs ? watched() : std::vector<std::string>{}});
  }

  void plan_framework() {
    const Framework& f = *framework();
    const std::string dir = folder_of(release().files.front().component);
    b_.add("stack", "build " + dir, "its modules are loaded from there", {dir},
           Make{dir, make_arguments(b_, {f.tree_variable + '=' + tree_}), {}, {}});
    const std::string init = b_.options.init == "auto" ? b_.facts.init : b_.options.init;
    const std::string shell = init != "openrc"                      ? ""
                              : b_.facts.build.openrc_shell.empty() ? "/sbin/openrc-run"
                                                                    : b_.facts.build.openrc_shell;
    const std::string path = script(init, f.driver);
    b_.out.plan.data = b_.options.device;
    b_.add("init-scripts", "install " + path,
           fmt::format("starts it by its own scripts and exports {}", b_.options.device), {path},
           PutFiles{{{FileType::file, path, 0755, "",
                      framework_script_text(f, {release().name, dir, b_.options.device, shell})}}});
    enable(init, {f.driver});
  }

  void plan_scst() {
    plan_stack();
    plan_files();
    plan_services();
  }

  void plan_stack() {
    const std::string core = "/lib/modules/" + kernel_ + "/extra/scst.ko";
    if (from_tree()) {
      plan_make("stack-mode", folder_of("scst"), {"2release"}, {}, false);
      std::vector<std::string> targets{"all", "install"};
      for (const Hba* hba : fc_.hbas) {
        targets.insert(targets.end(), hba->targets.begin(), hba->targets.end());
        targets.insert(targets.end(), hba->variables.begin(), hba->variables.end());
      }
      plan_make("stack", folder_of("scst"), std::move(targets), {core}, true);
      return;
    }
    for (const Archive& a : release().files) {
      std::string dir = folder_of(a.component);
      const bool is_core = a.component == "scst";
      if (is_core && procfs() && release().interface_kind == "sysfs")
        plan_make("stack-procfs", dir, {"enable_proc"}, {}, false);
      if (is_core)
        dir += "/src";
      plan_make("stack:" + a.component, dir, {"all", "install"},
                is_core ? std::vector{core} : std::vector<std::string>{}, true);
    }
  }

  void plan_files() {
    const Options& o = b_.options;
    const std::string& target = b_.out.plan.target;
    const Allowed allowed = allowed_of(o);
    plan_config(b_, procfs() ? procfs_config_text(target, lun_of(b_), b_.facts.disk.block)
                             : starter_config_text({target, lun_of(b_), allowed.iscsi, o.secret,
                                                    fc_.targets, allowed.fc}));
    if (!procfs())
      return;
    const auto add = [&](const std::string& path, const std::string& text, const char* why) {
      FileEntry entry{FileType::file, path, 0600, "", text};
      entry.keep = true;
      b_.add("config:" + path.substr(path.rfind('/') + 1), "write " + path, why, {path},
             PutFiles{{entry}});
    };
    add("/etc/initiators.deny", initiators_deny_text(), "nobody is let in by default");
    add("/etc/initiators.allow", initiators_allow_text(target, o.allow),
        o.allow.empty() ? "nobody is let in yet" : "who is let in");
    add("/etc/iscsi-scstd.conf", iscsi_scstd_config_text(target), "the target's name");
  }

  [[nodiscard]] std::vector<std::string> modules() const {
    std::vector<std::string> out{"scst", "scst_vdisk"};
    if (!procfs())
      out.emplace_back("iscsi_scst");
    for (const Hba* hba : fc_.hbas)
      out.insert(out.end(), hba->modules.begin(), hba->modules.end());
    out.insert(out.end(), b_.options.modules.begin(), b_.options.modules.end());
    return out;
  }

  void plan_services() {
    const std::string init = b_.options.init == "auto" ? b_.facts.init : b_.options.init;
    UpstreamInit scripts{release().name, init == "openrc" ? b_.facts.build.openrc_shell : "",
                         modules(), procfs()};
    if (init == "openrc" && scripts.openrc_shell.empty())
      scripts.openrc_shell = "/sbin/openrc-run";
    PutFiles files{{{FileType::file, script(init, "scst"), 0755, "", init_script_text(scripts)}}};
    std::vector<std::string> names{"scst"};
    if (procfs()) {
      names.emplace_back("iscsi-scst");
      files.files.push_back(
          {FileType::file, script(init, "iscsi-scst"), 0755, "", iscsi_init_script_text(scripts)});
    }
    const std::string folder = parent_of(files.files.front().path);
    b_.add("init-scripts", "install init scripts",
           fmt::format("the release's own need LSB functions; these load {}{}",
                       fmt::join(scripts.modules, ", "),
                       b_.options.modules.empty() ? ", not scst_disk" : ""),
           {folder}, std::move(files));
    enable(init, names);
  }

  /// Not in /etc/init.d where units call it: systemctl would enable it there too, by links that it
  /// does not take away again.
  static std::string script(const std::string& init, const std::string& name) {
    return (init == "systemd" ? "/usr/local/lib/scst/" : "/etc/init.d/") + name;
  }

  void enable(const std::string& init, std::vector<std::string> names) {
    if (init == "systemd") {
      plan_units(names);
      for (std::string& name : names)
        name += ".service";
    } else if (init != "openrc" && init != "lsb") {
      b_.note(fmt::format("the services are not enabled: with this init system, call "
                          "/etc/init.d/{} start at boot",
                          names.front()));
      return;
    }
    b_.add("enable-services", fmt::format("enable {}", fmt::join(names, ", ")),
           "the target is back after a reboot", {"the " + init + " boot sequence"},
           Services{"enable", init, names, false});
  }

  /// Units that call the scripts.
  void plan_units(const std::vector<std::string>& names) {
    PutFiles units;
    std::string before;
    for (const std::string& name : names) {
      units.files.push_back({FileType::file, "/etc/systemd/system/" + name + ".service", 0644, "",
                             unit_text(name, script("systemd", name), before, kernel_)});
      before = name;
    }
    b_.add("units", "install units for systemd",
           fmt::format("they call the scripts, with kernel {} only", kernel_),
           {"/etc/systemd/system"}, std::move(units));
  }

  Builder& b_;
  Candidate c_;
  Version base_;
  std::string tree_, kernel_;
  std::vector<Wanted> wanted_;
  FibreChannel fc_; ///< none without --fc
};

/// Is the kernel's source here, or to be had from the distribution? With --offline nothing is.
bool has_source(const Builder& b, const Candidate& c) {
  const auto& trees = b.facts.build.trees;
  return std::any_of(trees.begin(), trees.end(),
                     [&](const SourceTree& t) { return t.release == c.release; }) ||
         (c.offered != nullptr && b.facts.offers.manager == "emerge" && b.options.offline.empty());
}

/// The kernel that was asked for, when only a release of upstream is for it. A version may mean one
/// of a vendor, but only if there is something to build: else the vanilla one is meant.
std::optional<Candidate> upstream_kernel(Builder& b) {
  const Options& o = b.options;
  if (o.kernel.empty())
    return std::nullopt;
  const Wishes wishes{o.stack, o.nearest, o.patches, o.tuning};
  Picked picked = pick_kernels(o.kernel, b.facts, b.catalog, wishes);
  const bool vanilla = subject_of(o.kernel).release.vendor == "vanilla";
  if (picked.kernels.size() == 1 && picked.kernels.front().selection.release != nullptr &&
      (!vanilla || has_source(b, picked.kernels.front()))) {
    for (const std::string& note : picked.notes)
      b.note(note);
    return std::move(picked.kernels.front());
  }
  if (!picked.kernels.empty() && (!vanilla || picked.kernels.front().selection.release == nullptr))
    return std::nullopt;
  Candidate c;
  c.release = o.kernel;
  c.subject = subject_of(o.kernel);
  if (!c.subject.release.known())
    return std::nullopt;
  c.selection = select(c.subject, b.catalog, wishes);
  if (c.selection.release == nullptr)
    return std::nullopt;
  return c;
}

} // namespace

bool plan_upstream(Builder& b) {
  std::optional<Candidate> kernel = upstream_kernel(b);
  if (!kernel)
    return false;
  Upstream(b, std::move(*kernel)).plan();
  return true;
}

} // namespace inst::planning
