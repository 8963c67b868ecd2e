// SPDX-License-Identifier: GPL-2.0-only
// Steps as data: a plan can be printed, stored in the journal and executed, and says the same
// in all three. Paths are as on the target; the root is prefixed when they are used.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace inst {

enum class FileType { directory, file, link, sparse };

struct FileEntry {
  FileType type = FileType::file;
  std::string path;
  unsigned mode = 0644;
  std::string source{};   ///< file to copy; "" = `content`
  std::string content{};  ///< text of the file, or where the link leads
  std::string digest{};   ///< SHA-256 of what `source` must hold
  std::uint64_t size = 0; ///< bytes of a sparse file
  bool keep = false;      ///< whatever is there already stays
  bool secret = false;    ///< `content` is for nobody else: it is not printed

  bool operator==(const FileEntry&) const = default;
};

struct PutFiles {
  std::vector<FileEntry> files;
  bool operator==(const PutFiles&) const = default;
};

/// Packages of the distribution.
struct Packages {
  std::string manager; ///< "apt", "dnf" or "emerge"
  std::vector<std::string> names;
  bool operator==(const Packages&) const = default;
};

struct Dkms {
  std::string verb; ///< "add", "build" or "install"
  std::string package, version, kernel, machine;
  std::vector<std::string> modules;
  bool operator==(const Dkms&) const = default;
};

struct Services {
  std::string verb;               ///< "enable" or "start"
  std::string init;               ///< "systemd", "openrc" or "lsb"
  std::vector<std::string> names; ///< in start order
  bool live = false;              ///< the init system runs, so it can be told
  bool operator==(const Services&) const = default;
};

struct LoadModules {
  std::vector<std::string> names; ///< in load order
  bool operator==(const LoadModules&) const = default;
};

struct Verify {
  std::string target; ///< must be enabled; "" = not known
  std::string portal; ///< "A:P" that must answer a discovery
  bool operator==(const Verify&) const = default;
};

/// Makes the guest's image by guest/image.
struct GuestImage {
  std::string script, suite, cache, debs, info;
  std::string setup; ///< text of the script that is run inside
  std::string key;   ///< changes when the image has to be made anew
  bool operator==(const GuestImage&) const = default;
};

/// Boots it by guest/boot.
struct GuestBoot {
  std::string script, stop_script, info, state, key;
  std::string disk; ///< file that holds the LUN
  int port = 0;     ///< on 127.0.0.1
  bool operator==(const GuestBoot&) const = default;
};

struct WaitPortal {
  std::string portal, target, state;
  int seconds = 0;
  bool operator==(const WaitPortal&) const = default;
};

/// A file of the net or of a folder, checked before it gets its name. Paths are of this machine,
/// also with --root: what was fetched once serves all roots.
struct Fetch {
  std::string name;              ///< of the file; its pin goes by it
  std::string path;              ///< where it goes
  std::vector<std::string> urls; ///< tried in this order
  std::string offline;           ///< folder to take it from instead; "" = the net
  std::string digest;            ///< SHA-256; "" = that of the first copy is pinned
  std::string pins;              ///< file of the pinned digests
  std::string signature{};       ///< name of its detached signature, published beside it; "" = none
  std::string keyring{};         ///< file of the keys that may have made that
  bool content = false;          ///< it is of what the compressed file holds
  bool operator==(const Fetch&) const = default;
};

/// Unpacks what was fetched, under a name of its own and whole.
struct Unpack {
  std::string name, archive, digest, pins; ///< as of Fetch
  std::string dir;                         ///< what the archive's top folder becomes
  bool operator==(const Unpack&) const = default;
};

/// One patch of a source tree; tried dry first.
struct Patch {
  std::string tree, file;
  int strip = 1;
  bool maybe = false;                   ///< only the archive tells whether there is such a file
  std::string marker_file, marker_text; ///< this text must be in that file of the tree afterwards
  bool operator==(const Patch&) const = default;
};

/// The patches of a folder, in the order of their names.
struct PatchSet {
  std::string tree, folder;
  int strip = 1;
  std::vector<int> except; ///< those that are left out, counted from 1
  bool operator==(const PatchSet&) const = default;
};

struct ConfigLine {
  std::string symbol; ///< without CONFIG_
  std::string value;  ///< "y" (m will do), "Y" (it will not), "m", "n", or a text
  bool must = true;   ///< false: a kernel that does not take it will do too
  bool operator==(const ConfigLine&) const = default;
};

/// Sets options of a kernel tree by its own tools.
struct KernelConfig {
  std::string tree;
  std::string start;   ///< configuration to begin with where the tree has none; "" = its default
  std::string refresh; ///< target of its makefile that settles what follows from the changes
  std::vector<ConfigLine> lines;
  std::vector<std::string> variables; ///< for make
  bool operator==(const KernelConfig&) const = default;
};

/// make(1) in a folder.
struct Make {
  std::string dir;
  std::vector<std::string> arguments; ///< targets, variables, -j
  std::vector<std::string> products;  ///< files that are there afterwards
  std::vector<std::string> watched;   ///< folders that it installs into: undo looks there
  bool operator==(const Make&) const = default;
};

struct BuiltFile {
  std::string from, to;
  bool operator==(const BuiltFile&) const = default;
};

/// Copies of what a Make has made, both paths on the target.
struct CopyBuilt {
  std::vector<BuiltFile> files;
  bool operator==(const CopyBuilt&) const = default;
};

/// The initial RAM file system of a kernel, by the distribution's own program.
struct Initramfs {
  std::string release, file;
  std::vector<std::string> make;
  std::vector<std::string> remove; ///< {} = there is nothing but the file
  bool operator==(const Initramfs&) const = default;
};

/// Files that the initramfs of a kernel holds copies of: where there is one, it is made anew after
/// they are put there, and after they are taken away.
struct EarlyFiles {
  std::vector<FileEntry> files;
  std::string initramfs;            ///< "" = none is made here
  std::vector<std::string> refresh; ///< makes it anew
  bool operator==(const EarlyFiles&) const = default;
};

struct BootFile {
  std::string path, text;
  unsigned mode = 0644;
  bool counted = false; ///< the loader counts its tries in the name: x+1.conf, x+0-1.conf
  bool changes = false; ///< the loader writes to it, so it need not stay as it is put
  bool operator==(const BootFile&) const = default;
};

struct BootCommand {
  std::vector<std::string> argv;
  std::string input; ///< what it reads
  bool operator==(const BootCommand&) const = default;
};

/// A boot entry for a kernel that was built. What is booted by default stays; the new kernel is
/// booted once, the next time, and becomes the default when it is confirmed.
struct BootEntry {
  std::string loader; ///< "grub2", "grub2-bls", "systemd-boot", "extlinux" or "grub-legacy"
  std::string release;
  std::vector<BootFile> files;     ///< menu, entry, settings
  std::vector<std::string> make;   ///< makes `menu` of them; {} = they are what is read
  std::string menu;                ///< what `make` makes
  std::vector<std::string> marks;  ///< texts that must be in it then
  std::vector<BootCommand> keep;   ///< have the old kernel stay the default
  std::vector<BootCommand> once;   ///< have this one booted the next time; it can do without
  std::vector<BootCommand> forget; ///< take all of that back
  std::vector<BootFile> chosen;    ///< the files where the kernel is the default; {} = as they are
  std::vector<BootCommand> choose; ///< … and what tells the loader
  bool operator==(const BootEntry&) const = default;
};

using Action = std::variant<PutFiles, Packages, Dkms, Services, LoadModules, Verify, GuestImage,
                            GuestBoot, WaitPortal, Fetch, Unpack, Patch, PatchSet, KernelConfig,
                            Make, CopyBuilt, Initramfs, BootEntry, EarlyFiles>;

struct Step {
  std::string id; ///< "install-files", "dkms-build" …; unique within a plan
  std::string title, why;
  std::vector<std::string> touches; ///< for people: what it will change
  Action action;
  bool operator==(const Step&) const = default;
};

} // namespace inst
