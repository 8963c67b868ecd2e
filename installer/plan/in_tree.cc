// SPDX-License-Identifier: GPL-2.0-only
// The kernel road: our own stack within the tree of a kernel that is built here, as modules of it
// or as a part of it. Pure.
#include "plan/builder.hh"
#include "plan/select.hh"

#include <algorithm>
#include <fmt/format.h>

namespace inst::planning {
namespace {

class InTree {
public:
  explicit InTree(Builder& b) : b_(b), subject_(subject_of(b.options.kernel)) {}

  void plan() {
    b_.out.plan.state_dir = b_.options.root + "/var/lib/scst-install";
    const std::string version = choose_files(b_);
    if (!find_source())
      return;
    b_.out.plan.kernel = kernel_.release;
    check();
    plan_files(b_);
    plan_source();
    plan_stack(version);
    plan_kernel_config(b_, kernel_);
    plan_probes();
    plan_kernel_make(b_, kernel_);
    plan_serving(b_, !b_.options.built_in);
  }

private:
  /// "6.1" means any of the series, "6.1.176" that one.
  [[nodiscard]] bool is_meant(const std::string& release) const {
    const Version version = parse_version(release);
    return release == b_.options.kernel ||
           (subject_.version == base_of(subject_.version) && base_of(version) == subject_.version);
  }

  /// A tree that is here before an archive, the newest first.
  bool find_source() {
    Version newest;
    for (const SourceTree& tree : b_.facts.build.trees)
      if (is_meant(tree.release) && newest < tree.version)
        newest = tree.version, kernel_ = {tree.release, tree.dir, {}, {}};
    if (kernel_.release.empty())
      for (const SourceArchive& a : b_.facts.build.archives)
        if (is_meant(a.release) && newest < parse_version(a.release)) {
          newest = parse_version(a.release), archive_ = &a;
          kernel_ = {a.release, "/usr/src/linux-" + a.release, {}, {}};
        }
    kernel_.base = base_of(newest);
    if (!kernel_.release.empty())
      return true;
    const std::string& wish = b_.options.kernel;
    b_.refuse(Exit::missing,
              wish.empty() ? std::string("--road kernel builds a kernel, and none is named")
                           : fmt::format("there is no source of kernel {} in /usr/src", wish),
              fmt::format("Name one with --kernel, and have its source in /usr/src: unpacked as "
                          "linux-VERSION, or as the package {} brings it.",
                          subject_.version.known() ? "linux-source-" + base_text(subject_.version)
                                                   : "linux-source"));
    return false;
  }

  /// The patch of the series, or of the nearest one before it; nullptr = the kernel is too old.
  [[nodiscard]] const SourceFile* hook() const {
    const SourceFile* found = nullptr;
    Version best;
    for (const SourceFile& f : b_.facts.build.hooks)
      if (const Version series = parse_version(f.path); series <= kernel_.base && best < series)
        found = &f, best = series;
    return found;
  }

  void check() {
    const Source& own = b_.own();
    if (kernel_.base < own.min || kernel_.base >= own.below || hook() == nullptr)
      b_.refuse(Exit::kernel,
                fmt::format("our stack goes into kernels from {} up to, not including, {}; this is "
                            "{}",
                            base_text(own.min), base_text(own.below), kernel_.release),
                "Name another kernel with --kernel, or leave --road out.");
    if (b_.facts.machine != "x86_64")
      b_.refuse(Exit::kernel, fmt::format("kernels are not built for {} yet", b_.facts.machine),
                "Leave --road out: modules are built for a kernel that is installed.");
    if (sources().empty())
      b_.refuse(Exit::missing, "the sources of our modules are not in /usr/src/scst-VERSION",
                "Install the package scst-dkms, or give --payload DIR.");
    check_kernel_build(b_, kernel_, {"make", "patch", "flex", "bison", "bc"});
  }

  void plan_source() {
    if (archive_ != nullptr) {
      const std::string name = archive_->path.substr(archive_->path.rfind('/') + 1);
      b_.add("unpack:linux", fmt::format("unpack {} as {}", name, kernel_.tree), "", {kernel_.tree},
             Unpack{name, b_.options.root + archive_->path, archive_->digest, b_.facts.build.pins,
                    kernel_.tree});
    }
    plan_source_link(b_, kernel_.tree);
  }

  /// Those that come with the staged tree, else those that are installed.
  [[nodiscard]] std::vector<SourceFile> sources() const {
    std::vector<SourceFile> out;
    const Payload& payload = b_.facts.payload;
    for (const SourceFile& f : payload.dir.empty() ? b_.facts.build.module_sources : payload.files)
      if (f.path.starts_with("/usr/src/scst-"))
        out.push_back(f);
    return out;
  }

  void plan_stack(const std::string& version) {
    const std::string dir = kernel_.tree + "/drivers/scst";
    const std::string top = "/usr/src/scst-" + version;
    PutFiles files;
    for (const SourceFile& f : sources())
      if (f.path.starts_with(top + '/') && f.link_target.empty())
        files.files.push_back(
            {FileType::file, dir + f.path.substr(top.size()), f.mode, f.source, "", f.digest});
    const std::string patch = dir + "/hook.patch";
    if (const SourceFile* f = hook())
      files.files.push_back({FileType::file, patch, 0644, f->source, "", f->digest});
    b_.add("stack-sources", fmt::format("copy version {} of our modules to {}", version, dir),
           "the kernel builds them with its own", {dir}, std::move(files));
    b_.add("stack-hook", "let Kconfig and the makefiles of the kernel find them", "",
           {kernel_.tree + "/drivers/Kconfig", kernel_.tree + "/drivers/Makefile"},
           Patch{kernel_.tree, patch, 1, false, "drivers/Kconfig", "drivers/scst/Kconfig"});
    const std::string kind = b_.options.built_in ? "Y" : "m";
    for (const KernelOption* o :
         select(subject_of(kernel_.release), b_.catalog, {"own", false, {}, b_.options.tuning})
             .options)
      kernel_.lines.push_back({o->symbol, o->value, o->kind == "required"});
    if (b_.options.built_in)
      kernel_.lines.push_back({"SCSI", "Y", true}); // what is built in can't use a module
    for (const char* symbol :
         {"SCST", "SCST_VDISK", "SCST_DISK", "SCST_USER", "SCST_LOCAL", "SCST_ISCSI"})
      kernel_.lines.push_back({symbol, kind, true});
    // Distributions name certificates that only their own build has.
    for (const char* symbol : {"SYSTEM_TRUSTED_KEYS", "SYSTEM_REVOCATION_KEYS"})
      kernel_.lines.push_back({symbol, "", false});
  }

  /// What this kernel's interfaces look like is found out by compiling small files against it.
  void plan_probes() {
    const std::string dir = kernel_.tree + "/drivers/scst";
    b_.add("kernel-prepare", "prepare the kernel's tree", "", {kernel_.tree},
           Make{kernel_.tree,
                make_arguments(b_,
                               {"modules_prepare", fmt::format("-j{}", b_.facts.build.processors)}),
                {},
                {}});
    b_.add("stack-probes", "find out what the kernel's interfaces look like", "", {dir},
           Make{dir,
                make_arguments(b_, {"probe", "KDIR=" + kernel_.tree}),
                {dir + "/compat/compat_have.h"},
                {}});
  }

  Builder& b_;
  Subject subject_;
  KernelBuild kernel_;
  const SourceArchive* archive_ = nullptr; ///< that the tree has to be unpacked from
};

} // namespace

void plan_in_tree(Builder& b) {
  InTree(b).plan();
}

} // namespace inst::planning
