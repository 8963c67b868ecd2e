// SPDX-License-Identifier: GPL-2.0-only
// What is known in advance, as data: read from TOML, no decisions in here.
#pragma once

#include "version.hh"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace inst {

/// A set of module sources and the kernels that it is for: min <= version < below.
struct Source {
  std::string name, title;
  Version min, below;
  std::vector<std::string> modules;  ///< all that it builds, in load order
  std::vector<std::string> autoload; ///< those that the starter config needs
  std::vector<std::string> packages; ///< distribution packages that hold the same files
};

/// How a family of distributions names things. {release} stands for the kernel release.
struct Family {
  std::string id;
  std::vector<std::string> members;            ///< os-release IDs
  std::string install;                         ///< "apt install"
  std::map<std::string, std::string> packages; ///< "headers", or a program, → package name
};

/// Base versions, both included: 2.6.29.6 lies in a range that ends with 2.6.29.
struct Range {
  Version min, last;
  std::string note; ///< where it is known from, or why it is recommended
  [[nodiscard]] bool holds(const Version& base) const { return min <= base && base <= last; }
};

/// Who vouches for a file.
struct Signature {
  std::string file;     ///< of the detached signature, published beside it; "" = there is none
  std::string keyring;  ///< path of the file with the keys that may have made it
  bool content = false; ///< it is of what the compressed file holds
};

struct Archive {
  std::string component, version;
  std::string file;   ///< a * in it: not known for sure
  std::string sha256; ///< "" = not published; the first one that is seen is remembered
  Signature signature{};
};

/// What a target framework that is no SCST is built, started and fed by: its own scripts, run in
/// the folder of its source.
struct Framework {
  std::string folder;               ///< of its set of kernel patches, applied in the order of names
  std::vector<int> except;          ///< those of them that are left out, counted from 1
  std::string tree_variable;        ///< of its makefile: the kernel's source
  std::string start_script;         ///< called with start or stop
  std::vector<std::string> modules; ///< that it loads, in this order
  std::string driver;               ///< what its SCSI host calls itself in sysfs
  std::string lun_script;           ///< called with the number of that host
  std::string lun_default;          ///< the device that stands in it, to be replaced
  std::vector<std::string> machines; ///< as uname says, that its driver is for
};

/// One release of upstream SCST, or of a target framework of old.
struct StackRelease {
  std::string name, released;
  std::string status;               ///< "file", "tag", "unverified" or "never"
  std::string interface_kind;       ///< "procfs", "sysfs" or "framework"
  Version procfs_below;             ///< a sysfs release is built for procfs below this
  std::string build;                ///< "split" or "tree"; "" = nothing to build from
  std::string url;                  ///< with {component} and {file}
  Range kernel;                     ///< that it is for
  std::optional<Range> best;        ///< that we recommend it for
  std::vector<Archive> files;       ///< in build order
  std::vector<std::string> patches; ///< families that it ships
  std::string note;
  std::optional<Framework> framework{}; ///< only on request; else it is SCST
  /// There is something to build from.
  [[nodiscard]] bool obtainable() const { return !files.empty(); }
};

/// Kernels that have a change already: from `since` on, but only those of `within` if it is known.
struct Merged {
  Version since, within;
};

/// A file of a patch family.
struct Variant {
  std::string kernel; ///< as in the file's name
  Version version;
  int build = 0;    ///< RHEL: for builds from this one on
  bool sure = true; ///< false: only the archive can tell whether there is such a file
};

/// Kernel patches of one kind, one file for each kernel.
struct PatchFamily {
  std::string name, component, folder, file, rhel_file;
  int order = 0;
  int strip = 1;
  std::string level; ///< "required", "recommended", "optional" or "never"
  std::string why;
  std::vector<Variant> kernels, rhel;
  Version below; ///< known: one file for all kernels below this
  std::vector<Merged> merged;
  Version ended; ///< known: nobody needs it from this kernel on
  std::vector<std::string> excludes, symbols;
  std::string marker_file, marker_text;
  bool rebuild = false; ///< it changes structures
};

struct KernelOption {
  std::string symbol; ///< without CONFIG_
  std::string value;  ///< "y" or "n"
  std::string kind;   ///< "required" or "tuning"
  std::string why;
  std::string with;  ///< family of the patch that brings it; "" = always there
  std::string stack; ///< "own" or "upstream"; "" = both
  Version below;     ///< known: only for kernels below this
};

/// Where sources of kernels are published.
struct KernelSource {
  std::string name;
  std::string url;  ///< with {version} and, before 3.0 and from it on, the folder of the series
  std::string file; ///< with {version}; a * stands for the ending
  Range kernel;
  Signature signature{}; ///< file: with {version}
};

/// What the compiler must be older than for some kernels.
struct Compiler {
  std::string name;
  Version min, below; ///< kernels
  int gcc_below = 0;  ///< major version
  std::string why;
};

/// A program that makes the initial RAM file system. {release}, {file} and {tree} stand for those
/// of the kernel.
struct InitramfsTool {
  std::string name, program;
  std::vector<std::string> families; ///< of distributions; {} = all
  std::string file;
  std::vector<std::string> make, remove; ///< remove {} = the file is all
  std::vector<std::string> refresh{};    ///< where the file is there already; {} = make does that
};

/// Drivers of Fibre Channel ports, and what makes targets of the ports.
struct Hba {
  std::string name;
  std::vector<std::string> drivers;            ///< of the port, as sysfs says it; any of them
  std::string stack;                           ///< that has the target driver: "own" or "upstream"
  std::string target_driver;                   ///< as scst.conf names it
  std::vector<std::string> modules;            ///< in load order, after the handlers
  std::vector<std::string> targets, variables; ///< of make, where the stack is built by it
  std::vector<std::string> settings;           ///< lines for /etc/modprobe.d
  bool exclusive = false;                      ///< a port that is a target is no initiator
  std::string why;
};

struct Catalog {
  std::vector<Source> sources;
  std::vector<Family> families;
  std::vector<StackRelease> releases{};
  std::vector<PatchFamily> patches{};
  std::vector<KernelOption> options{};
  std::vector<KernelSource> kernel_sources{};
  std::vector<Compiler> compilers{};
  std::vector<InitramfsTool> initramfs{}; ///< the first that fits is taken
  std::vector<Hba> hbas{};
};

} // namespace inst
