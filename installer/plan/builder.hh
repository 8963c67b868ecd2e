// SPDX-License-Identifier: GPL-2.0-only
// The planner's workbench: inputs, and the result while it grows. Private to plan/.
#pragma once

#include "plan/plan.hh"
#include "plan/starter_config.hh"

namespace inst::planning {

constexpr const char* backing_file = "/var/lib/scst/luns/disk0.img";
constexpr const char* config_file = "/etc/scst.conf";

struct Builder {
  const Facts& facts;
  const Catalog& catalog;
  const Options& options;
  Planned out;

  void refuse(Exit exit, const std::string& what, const std::string& hint);
  void add(const std::string& id, const std::string& title, const std::string& why,
           std::vector<std::string> touches, Action action);
  void note(const std::string& text) { out.plan.notes.push_back(text); }

  /// "apt install a b" in the words of this distribution; keys as in the catalog.
  [[nodiscard]] std::string install_hint(const std::vector<std::string>& keys,
                                         const std::string& release) const;
  /// What the headers of a kernel are called here; "" = not known.
  [[nodiscard]] std::string headers_package(const std::string& release) const;
  [[nodiscard]] bool offered(const std::string& package) const;
  /// The programs among `names` that are not there.
  [[nodiscard]] std::vector<std::string> missing(const std::vector<std::string>& names) const;
  [[nodiscard]] const Source& own() const { return catalog.sources.front(); }
  /// Refuses where the file system of the folder has less than that many bytes free.
  void need_space(const std::string& dir, std::uint64_t bytes);
  /// Steps that need the running kernel are possible here.
  [[nodiscard]] bool starts() const;
  /// The distribution is of one of these families.
  [[nodiscard]] bool is_of(const std::vector<std::string>& families) const;
};

constexpr const char* guest_device = "/dev/disk/by-id/virtio-lun0"; // as guest/boot names it

/// Files only: nothing is loaded or started, so any machine will do.
/// File or device that becomes the LUN.
std::string lun_of(const Builder& b);
/// The disk that was named, if it may be used, or a fresh file.
void plan_backing(Builder& b);
/// Backing and configuration. False when the configuration is the user's own, so that nothing is
/// known about its targets.
bool plan_config(Builder& b, const std::string& text);
/// Patterns of initiator names, as our own stack and sysfs releases understand them.
void check_allow(Builder& b);
/// The Fibre Channel ports that become targets, by their drivers.
struct FibreChannel {
  std::vector<const Hba*> hbas;
  std::vector<FcTargets> targets; ///< in the order of `hbas`
};
/// All that have a target driver in that stack ("own" or "upstream"); none is a refusal.
FibreChannel choose_fc_ports(Builder& b, const char* stack);
void refuse_fc(Builder& b, const std::string& why);
/// What modprobe has to know before it loads a driver of the ports.
std::vector<FileEntry> fc_settings(const FibreChannel& fc);
/// --allow, by what the names are of.
struct Allowed {
  std::vector<std::string> iscsi, fc;
};
Allowed allowed_of(const Options& options);

/// A kernel that is built from the tree where it lies.
struct KernelBuild {
  std::string release, tree;
  Version base;
  std::vector<ConfigLine> lines;  ///< that its configuration must have
  std::vector<FileEntry> early{}; ///< that its initramfs takes in
};
/// Refuses where something for it is missing; the compiler is looked at as well.
void check_kernel_build(Builder& b, const KernelBuild& k, std::vector<std::string> programs);
/// With the compiler that was asked for.
std::vector<std::string> make_arguments(const Builder& b, std::vector<std::string> first);
/// /usr/src/linux.
void plan_source_link(Builder& b, const std::string& tree);
void plan_kernel_config(Builder& b, const KernelBuild& k);
/// Build, installation, initramfs, boot entry.
void plan_kernel_make(Builder& b, const KernelBuild& k);

/// What was built, on the target.
struct BuiltKernel {
  std::string release, tree;
  std::string image;              ///< in /boot
  std::vector<FileEntry> early{}; ///< that its initramfs takes in
};
/// There is a program that makes one here.
bool makes_initramfs(const Builder& b);
/// Its initramfs and its boot entry.
void plan_boot(Builder& b, const BuiltKernel& kernel);
/// Our own stack within the tree of a kernel that is built.
void plan_in_tree(Builder& b);
/// True when the kernel that was asked for takes a release of upstream; then the plan is made.
bool plan_upstream(Builder& b);

/// Which version of our own gets installed, and from where; "" = refused.
std::string choose_files(Builder& b);
/// Of the staged tree.
void plan_files(Builder& b);
/// State folders, first configuration, services; with the modules at boot unless they are built in.
void plan_serving(Builder& b, bool modules);

bool is_offline(const Facts& facts, const Options& options);
void check_options(Builder& b);
void plan_native(Builder& b);
void plan_guest(Builder& b);

} // namespace inst::planning
