// SPDX-License-Identifier: GPL-2.0-only
// The native road: modules by dkms into a kernel of this machine (or of the --root tree). Pure.
#include "plan/builder.hh"
#include "plan/kernels.hh"
#include "plan/starter_config.hh"

#include <algorithm>
#include <fmt/format.h>

namespace inst::planning {
namespace {

constexpr std::uint64_t build_space = std::uint64_t{64} << 20; // bytes a module build takes

const Kernel* by_release(const std::vector<Kernel>& kernels, const std::string& release) {
  const auto found = std::find_if(kernels.begin(), kernels.end(),
                                  [&](const Kernel& k) { return k.release == release; });
  return found == kernels.end() ? nullptr : &*found;
}

/// The newest one that has its modules here, those with headers first.
const Kernel* newest(const std::vector<Kernel>& kernels) {
  const Kernel* best = nullptr;
  const auto rank = [](const Kernel& k) { return std::pair(!k.build_tree.empty(), k.version); };
  for (const Kernel& k : kernels)
    if (k.modules_dir && (best == nullptr || rank(*best) < rank(k)))
      best = &k;
  return best;
}

/// The running one, or the best of those that are installed.
const Kernel* default_kernel(Builder& b) {
  const Kernel* kernel = by_release(b.facts.kernels, b.facts.running);
  const bool usable = kernel != nullptr && (kernel->modules_dir || b.starts());
  if (!usable)
    kernel = newest(b.facts.kernels);
  if (kernel == nullptr)
    b.refuse(Exit::kernel, "no installed kernel was found", "Install a kernel and its headers.");
  return kernel;
}

/// What comes with the kernel itself. The package's own scripts see to its boot entry.
Kernel plan_kernel_package(Builder& b, const Candidate& c) {
  const OfferedKernel& offered = *c.offered;
  const std::string headers = b.headers_package(c.release);
  if (b.facts.offers.manager == "emerge") { // sources only
    b.refuse(Exit::kernel, fmt::format("kernel {} is not installed", c.release),
             fmt::format("Install it: emerge {}, then build and boot it.", offered.package));
    return {c.release, c.subject.version, false, false, ""};
  }
  b.add("kernel-package:" + c.release,
        fmt::format("install the packages {} and {}", offered.package, headers),
        fmt::format("kernel {} is not installed; {} offers it", c.release, b.facts.offers.manager),
        {"/boot", "/lib/modules/" + c.release, "/usr/src", "the boot menu"},
        Packages{b.facts.offers.manager, {offered.package, headers}});
  return {c.release, c.subject.version, false, true, "from " + headers, "package", true};
}

/// The kernels to build for. Empty: refused.
std::vector<Kernel> choose_kernels(Builder& b) {
  const Options& o = b.options;
  if (o.kernel.empty()) {
    const Kernel* kernel = default_kernel(b);
    return kernel == nullptr ? std::vector<Kernel>{} : std::vector<Kernel>{*kernel};
  }
  const Wishes wishes{o.stack, o.nearest, o.patches, o.tuning};
  Picked picked = pick_kernels(o.kernel, b.facts, b.catalog, wishes);
  if (!picked.fault.empty())
    b.refuse(Exit::kernel, picked.fault, picked.hint);
  for (const std::string& note : picked.notes)
    b.note(note);
  std::vector<Kernel> kernels;
  for (const Candidate& c : picked.kernels) {
    if (c.selection.own == nullptr && c.selection.supported()) {
      b.refuse(
          Exit::kernel,
          fmt::format("kernel {} is too old for our own stack; SCST {} is for it", c.release,
                      c.selection.release->name),
          fmt::format("Leave --road out and name that kernel alone: then that release is built "
                      "with it. 'scst-install explain --kernel {}' says what it takes. Or name a "
                      "kernel from {} on.",
                      c.release, base_text(b.own().min)));
      continue;
    }
    kernels.push_back(c.installed != nullptr ? *c.installed : plan_kernel_package(b, c));
  }
  return kernels;
}

void check_kernel(Builder& b, const Kernel& kernel) {
  const Source& own = b.own();
  if (kernel.version < own.min || kernel.version >= own.below)
    b.refuse(Exit::kernel,
             fmt::format("kernel {} is version {}; the stack is for {} up to, not including, {}",
                         kernel.release, to_string(kernel.version), to_string(own.min),
                         to_string(own.below)),
             "Boot or name another kernel with --kernel.");
  const std::string package = b.headers_package(kernel.release);
  if (kernel.build_tree.empty() && b.offered(package))
    b.add("kernel-headers", "install the package " + package, "modules are built with them",
          {"/usr/src", "/lib/modules/" + kernel.release + "/build"},
          Packages{b.facts.offers.manager, {package}});
  else if (kernel.build_tree.empty())
    b.refuse(Exit::missing, fmt::format("the headers of kernel {} are missing", kernel.release),
             b.install_hint({"headers"}, kernel.release) +
                 "\n  Or serve the LUN from a guest: --road guest");
}

void check_machine(Builder& b, const Kernel& kernel) {
  const Facts& facts = b.facts;
  if (const auto absent = b.missing({"dkms", "make", "gcc"}); !absent.empty())
    b.refuse(Exit::missing, fmt::format("missing: {}", fmt::join(absent, ", ")),
             b.install_hint(absent, kernel.release));
  b.need_space("/usr", facts.payload.size);
  b.need_space("/var/lib", build_space);
  if (!b.starts())
    return;
  for (const Conflict& conflict : facts.conflicts)
    b.refuse(Exit::conflict, conflict.what, conflict.hint);
  if (facts.portal.taken && !facts.portal.owner.starts_with("iscsi-scstd"))
    b.refuse(Exit::conflict, fmt::format("port 3260 is taken by {}", facts.portal.owner),
             "Stop that service, or install without starting: --no-start");
}

/// One registration serves all kernels; the steps of further ones are told apart by their names.
void plan_modules(Builder& b, const Kernel& kernel, const std::string& version, bool first) {
  const std::string suffix = first ? "" : ":" + kernel.release;
  const Dkms base{"", "scst", version, kernel.release, b.facts.machine, b.own().modules};
  const auto add = [&](const char* verb, const std::string& title, const char* why,
                       std::vector<std::string> touches) {
    Dkms dkms = base;
    dkms.verb = verb;
    b.add("dkms-" + (verb + suffix), title, why, std::move(touches), std::move(dkms));
  };
  const std::string name = "scst/" + version;
  if (first)
    add("add", "register " + name + " with dkms",
        "dkms builds the modules again for every new kernel", {"/var/lib/dkms/scst"});
  add("build", fmt::format("build {} for {}", fmt::join(base.modules, ", "), kernel.release),
      "modules fit exactly one kernel", {"/var/lib/dkms/" + name});
  add("install", "install the modules for " + kernel.release, "so that modprobe finds them",
      {"/lib/modules/" + kernel.release + "/updates/dkms",
       "/lib/modules/" + kernel.release + "/modules.*"});
}

void check_disk(Builder& b) {
  const Disk& disk = b.facts.disk;
  if (!disk.exists && is_offline(b.facts, b.options) && disk.path.starts_with("/dev/")) {
    b.note(fmt::format("{} is not here now; it must be when the target starts", disk.path));
    return;
  }
  if (!disk.exists) {
    b.refuse(Exit::usage, fmt::format("--device {}: no such disk or file", b.options.device),
             "Name an existing block device or file, or leave --device out for a fresh file.");
    return;
  }
  const auto object = [&](const std::string& what) {
    if (b.options.force_device)
      b.note(fmt::format("{} is used although it is {} (--force-device)", disk.path, what));
    else
      b.refuse(Exit::conflict, fmt::format("--device {}: it is {}", disk.path, what),
               "Name another one. --force-device overrides this and can destroy data.");
  };
  for (const std::string& user : disk.users)
    object(user);
  if (!disk.signature.empty())
    object(fmt::format("not empty: it carries a signature ({})", disk.signature));
}

} // namespace

std::string choose_files(Builder& b) {
  const Facts& facts = b.facts;
  if (!facts.payload.dir.empty()) {
    for (const SourceFile& f : facts.payload.files)
      if (!f.owner.empty())
        b.refuse(
            Exit::conflict,
            fmt::format("{} belongs to the package {} and has another content", f.path, f.owner),
            "Remove that package first, or install the new packages instead of --payload.");
    return facts.payload.version;
  }
  const auto& wanted = b.own().packages;
  std::vector<std::string> absent;
  std::copy_if(wanted.begin(), wanted.end(), std::back_inserter(absent),
               [&](const std::string& name) { return !facts.packages.contains(name); });
  if (absent.empty()) {
    const std::string& version = facts.packages.at(wanted.front());
    return version.substr(0, version.rfind('-'));
  }
  b.refuse(Exit::missing,
           fmt::format("nothing to install from: no --payload, and the package{} {} "
                       "{} not installed",
                       absent.size() > 1 ? "s" : "", fmt::join(absent, ", "),
                       absent.size() > 1 ? "are" : "is"),
           "Install the packages, or give a staged install tree with --payload DIR.");
  return "";
}

void plan_files(Builder& b) {
  const Payload& payload = b.facts.payload;
  if (payload.dir.empty())
    return;
  PutFiles files;
  for (const SourceFile& f : payload.files) {
    FileEntry entry{FileType::file, f.path, f.mode, f.source, "", f.digest};
    entry.keep = f.path.starts_with("/etc/"); // settings belong to the admin once they exist
    if (!f.link_target.empty())
      entry = {FileType::link, f.path, 0777, "", f.link_target};
    files.files.push_back(std::move(entry));
  }
  b.add("install-files",
        fmt::format("copy {} files of version {}", payload.files.size(), payload.version),
        "programs, services and module sources", {"/usr", "/etc/default", "/lib/systemd"},
        std::move(files));
}

std::string lun_of(const Builder& b) {
  return b.options.device.empty() ? backing_file : b.options.device;
}

void plan_backing(Builder& b) {
  if (!b.options.device.empty()) {
    check_disk(b);
    return;
  }
  if (b.facts.has_backing_file && !b.facts.has_config) {
    b.refuse(Exit::conflict,
             fmt::format("{} is there already and nothing says what it holds", backing_file),
             fmt::format("Move it away, or go on serving it with --device {}", backing_file));
    return;
  }
  FileEntry image{FileType::sparse, backing_file, 0600};
  image.size = b.options.size;
  image.keep = true;
  b.add("backing-file", fmt::format("make an empty sparse file of {} MiB", b.options.size >> 20),
        "the LUN's data; it takes space only as it is written", {backing_file},
        PutFiles{{{FileType::directory, "/var/lib/scst/luns", 0700}, image}});
}

bool plan_config(Builder& b, const std::string& text) {
  if (b.facts.has_config && b.facts.config != text) {
    b.note(fmt::format("{} is there already and is kept as it is; no LUN is made", config_file));
    return false;
  }
  plan_backing(b);
  b.out.plan.data = lun_of(b);
  FileEntry config{FileType::file, config_file, 0600, "", text};
  config.keep = true;
  config.secret = !b.options.secret.empty();
  if (config.secret)
    b.note(fmt::format("initiators log in by CHAP, as \"{}\"; the secret stands in {}", chap_user,
                       config_file));
  b.add("starter-config", "write the starter configuration",
        fmt::format("target {}; {}", b.out.plan.target,
                    b.options.allow.empty()
                        ? std::string("nobody is let in yet")
                        : fmt::format("lets in {}", fmt::join(b.options.allow, ", "))),
        {config_file}, PutFiles{{config}});
  return true;
}

namespace {

void plan_state(Builder& b) {
  PutFiles dirs;
  for (const char* path : {"/var/lib/scst/dif_tags", "/var/lib/scst/pr", "/var/lib/scst/vdev_ident",
                           "/var/lib/scst/vdev_mode_pages"})
    dirs.files.push_back({FileType::directory, path, 0700});
  b.add("state-directories", "make the state folders",
        "what devices have to keep lies there: reservations, mode pages and more",
        {"/var/lib/scst"}, std::move(dirs));
}

void plan_modules_load(Builder& b) {
  std::string text = "# Modules of the SCST target stack, loaded at boot.\n";
  for (const std::string& module : b.own().autoload)
    text += module + '\n';
  FileEntry entry{FileType::file, "/etc/modules-load.d/scst.conf", 0644, "", text};
  entry.keep = true;
  b.add("modules-load", "load the modules at boot", "", {entry.path}, PutFiles{{entry}});
}

std::string choose_init(Builder& b) {
  std::string init = b.options.init == "auto" ? b.facts.init : b.options.init;
  if (init.empty())
    b.note("no init system was found: services are not enabled, start them with "
           "/usr/lib/scst/scst-rc start");
  return init;
}

void plan_services(Builder& b, const std::string& init, bool known_target) {
  if (init.empty())
    return;
  const bool live = b.facts.init_live && init == b.facts.init && b.options.root.empty();
  const std::string suffix = init == "systemd" ? ".service" : "";
  const std::vector<std::string> names{"scst" + suffix, "iscsi-scstd" + suffix};
  if (const auto scripts = b.facts.init_files.find(init); scripts != b.facts.init_files.end()) {
    PutFiles files;
    for (const SourceFile& f : scripts->second)
      files.files.push_back({FileType::file, f.path, f.mode, f.source, "", f.digest});
    b.add("init-scripts", "install the " + init + " scripts", "", {"/etc/init.d"},
          std::move(files));
  }
  b.add("enable-services", fmt::format("enable {}", fmt::join(names, ", ")),
        "the target is back after a reboot", {"the " + init + " boot sequence"},
        Services{"enable", init, names, live});
  if (!b.starts()) {
    if (b.options.root.empty() && b.out.plan.kernel != b.facts.running)
      b.note(fmt::format("kernel {} does not run now: the target starts when it is booted",
                         b.out.plan.kernel));
    for (const std::string& obstacle : b.facts.loading.obstacles)
      if (b.options.root.empty() && !b.options.no_start && !b.facts.chroot)
        b.note("nothing is loaded or started: " + obstacle);
    return;
  }
  b.out.plan.portal = "127.0.0.1:3260";
  b.add("load-modules", fmt::format("load {}", fmt::join(b.own().autoload, ", ")), "",
        {"the running kernel"}, LoadModules{b.own().autoload});
  b.add("start-services", fmt::format("start {}", fmt::join(names, ", ")), "",
        {"the running kernel", "port 3260"}, Services{"start", init, names, live});
  b.add("verify", "see whether the target answers", "", {},
        Verify{known_target ? b.out.plan.target : "", b.out.plan.portal});
}

} // namespace

void plan_serving(Builder& b, bool modules) {
  plan_state(b);
  const bool known_target = plan_config(
      b, starter_config_text({b.out.plan.target, lun_of(b), b.options.allow, b.options.secret}));
  if (modules)
    plan_modules_load(b);
  plan_services(b, choose_init(b), known_target);
}

void plan_native(Builder& b) {
  b.out.plan.state_dir = b.options.root + "/var/lib/scst-install";
  const std::vector<Kernel> kernels = choose_kernels(b);
  const std::string version = choose_files(b);
  if (kernels.empty())
    return;
  const Kernel* running = by_release(kernels, b.facts.running);
  b.out.plan.kernel = (running != nullptr ? *running : kernels.front()).release;
  for (const Kernel& kernel : kernels)
    check_kernel(b, kernel);
  check_machine(b, kernels.front());
  plan_files(b);
  for (const Kernel& kernel : kernels)
    plan_modules(b, kernel, version, &kernel == &kernels.front());
  plan_serving(b, true);
}

} // namespace inst::planning
