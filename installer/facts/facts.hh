// SPDX-License-Identifier: GPL-2.0-only
// What scst-install knows about a machine: plain data, gathered once, never changed afterwards.
#pragma once

#include "version.hh"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace inst {

struct Distribution {
  std::string id;      ///< ID of os-release: "debian"
  std::string like;    ///< ID_LIKE, words separated by spaces
  std::string version; ///< VERSION_ID
  std::string codename;
  std::string name; ///< PRETTY_NAME
};

struct Kernel {
  std::string release; ///< "6.1.0-56-amd64"
  Version version;     ///< upstream version behind the release, as exact as is known
  bool running = false;
  bool modules_dir = false;   ///< /lib/modules/RELEASE exists
  std::string build_tree;     ///< resolved path of its headers; empty: none
  std::string version_from{}; ///< "headers", "package", "/proc/version_signature" or "release"
  bool exact = false;         ///< the stable level in `version` is the true one
};

struct ModuleLoading {
  bool possible = false;
  std::vector<std::string> obstacles; ///< sentences; empty when possible
  std::string lockdown;               ///< "none", "integrity", "confidentiality" or "" (unknown)
  bool secure_boot = false;
};

/// One file of what can be installed.
struct SourceFile {
  std::string path{};   ///< where it goes, absolute on the target
  std::string source{}; ///< where it is now
  unsigned mode = 0;
  std::string digest{};      ///< SHA-256
  std::string link_target{}; ///< not empty: a symbolic link
  std::string owner{};       ///< package that owns a different file at `path` now; empty: none
};

struct Payload {
  std::string dir;     ///< as given; empty: no payload directory
  std::string version; ///< of usr/src/scst-VERSION
  std::vector<SourceFile> files;
  std::uint64_t size = 0; ///< bytes
};

struct Port {
  bool taken = false;
  std::string owner; ///< "tgtd (pid 12)"; "the kernel" when no process has the socket
};

/// What --device names.
struct Disk {
  std::string path;
  bool exists = false;
  bool block = false;
  std::uint64_t size = 0;
  std::vector<std::string> users; ///< "mounted on /home", "held by dm-0", "swap"
  std::string signature;
};

/// A port of a Fibre Channel adapter.
struct FcPort {
  std::string host;               ///< "host3", its SCSI host
  std::string driver;             ///< "qla2xxx", "fcoe"; "" = not known
  std::string name;               ///< World Wide Port Name, "21:00:00:1b:32:ab:cd:ef"
  std::string state;              ///< "Online", "Linkdown"
  std::vector<std::string> disks; ///< "sdb", that this machine sees through it
};

/// A disk that nothing uses and that carries nothing that is known.
struct FreeDisk {
  std::string path; ///< one that stays, below /dev/disk/by-id, where there is one
  std::uint64_t size = 0;
};

struct Conflict {
  std::string what;
  std::string hint;
};

/// A kernel that is not installed but could be.
struct OfferedKernel {
  std::string release;
  std::string package; ///< as the package manager wants to hear it
  std::string version; ///< of the package; "" = not known
};

/// What the package manager would install.
struct Offers {
  std::string manager;              ///< "apt", "dnf" or "emerge"; "" = none that we can ask
  bool known = false;               ///< it has its lists: what it does not name is not to be had
  std::vector<std::string> headers; ///< packages; looked up where some are missing
  std::vector<OfferedKernel> kernels{}; ///< looked up when they are asked for
};

/// A kernel's full source on this machine or in the root.
struct SourceTree {
  std::string dir;     ///< on the target
  std::string release; ///< by its makefile
  Version version;
};

/// A kernel's source as a package of the distribution brings it: an archive.
struct SourceArchive {
  std::string path;    ///< on the target
  std::string release; ///< that its makefile will say
  std::string digest;  ///< SHA-256
};

/// A text file of the machine; path on the target.
struct TextFile {
  std::string path{}; ///< "" = it is not there
  std::string text{};
  unsigned mode = 0644;
};

/// What boots the machine: the first that was found.
struct BootLoader {
  std::string
      kind{};        ///< "systemd-boot", "grub2-bls", "grub2", "extlinux", "grub-legacy"; "" = none
  std::string dir{}; ///< what the paths in its menu begin at: "/boot", "/efi"
  TextFile menu{};   ///< "" where the entries are files of their own
  TextFile settings{};             ///< /etc/default/grub, loader.conf, GRUB legacy's saved default
  std::vector<TextFile> entries{}; ///< those files; for extlinux what the menu includes
  std::string environment{};       ///< path of GRUB 2's block of variables
  std::string saved_entry{};       ///< in it
  std::string prefix{};            ///< of GRUB 2's programs: "grub-" or "grub2-"
};

/// What building a kernel and a release of upstream takes.
struct BuildGround {
  std::vector<SourceTree> trees;
  std::vector<SourceArchive> archives;
  std::vector<SourceFile> module_sources; ///< installed ones of ours; paths on the target
  std::vector<SourceFile> hooks;          ///< patches that let a kernel find them; path: its series
  bool has_kernel_config = false;         ///< the file of --kernel-config is there
  std::vector<std::string> offline;       ///< names of the files in the folder of --offline
  std::vector<std::string> configs;       ///< of kernels in /boot, on the target
  std::string compiler;                   ///< version of gcc; "" = unknown
  int processors = 1;
  std::string pins; ///< file of the pinned digests
  BootLoader boot{};
  std::string openrc_shell; ///< what an OpenRC script begins with: "/sbin/openrc-run"
};

struct Facts {
  std::string root; ///< "" or the --root tree all of the installed-system facts are about
  Distribution distribution;
  std::string machine;
  std::string host_name;

  std::string running;
  std::vector<Kernel> kernels; ///< installed ones, and the running one
  ModuleLoading loading;
  Offers offers;
  std::string container;  ///< "docker", "lxc" …; empty: none
  std::string init;       ///< "systemd", "openrc", "lsb" or "" (none found)
  bool init_live = false; ///< it is the one that runs now
  bool chroot = false;
  bool is_root = false;

  std::map<std::string, std::string> programs; ///< name → path of dkms, make, gcc, qemu …
  std::map<std::string, std::string> packages; ///< installed ones among ours → version
  std::vector<std::string> scst_modules;       ///< loaded ones among ours
  std::map<std::string, std::string> kernel_packages; ///< release → version of its package
  std::map<std::string, std::string> source_packages; ///< linux-source-6.1 → its version
  std::vector<std::string> foreign_modules; ///< known to dkms, or in a kernel's extra folder
  std::vector<Conflict> conflicts;
  Port portal;
  int free_port = 0;                               ///< first free port from 3260 on 127.0.0.1
  std::map<std::string, std::uint64_t> free_space; ///< folder on the target → bytes

  BuildGround build; ///< looked at where a kernel was named
  Payload payload;
  std::string data_dir;                                      ///< catalog, initscripts, guest
  std::map<std::string, std::vector<SourceFile>> init_files; ///< "openrc"/"lsb" → scripts

  std::string config; ///< text of /etc/scst.conf
  bool has_config = false;
  bool has_backing_file = false;
  std::uint64_t backing_file_size = 0;
  Disk disk;
  std::vector<FcPort> fc_ports;

  std::string cache_dir;             ///< ~/.cache/scst
  std::vector<SourceFile> debs;      ///< .deb files in --debs
  int guest_port = 0;                ///< host port of our guest that runs already; 0 = none runs
  std::string guest_disk;            ///< file on this machine that holds the LUN of the guest
  std::string guest_image_key;       ///< what the guest's image was made from; empty: there is none
  std::uint64_t guest_disk_size = 0; ///< bytes; 0 = it is not there
};

} // namespace inst
