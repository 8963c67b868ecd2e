// SPDX-License-Identifier: GPL-2.0-only
// What is known in advance, as data: read from TOML, no decisions in here.
#pragma once

#include "version.hh"

#include <map>
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

struct Catalog {
  std::vector<Source> sources;
  std::vector<Family> families;
};

} // namespace inst
