// SPDX-License-Identifier: GPL-2.0-only
// Distribution, its packages of ours, and who owns a file.
#include "facts/gather.hh"

#include <algorithm>
#include <array>

namespace inst::facts {
namespace {

std::string unquoted(std::string value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
      value.back() == value.front())
    value = value.substr(1, value.size() - 2);
  return value;
}

} // namespace

void look_at_distribution(sys::System& sys, Facts& facts) {
  // The copy in /usr/lib first: /etc has a link to it, which would lead out of a --root tree.
  auto text = sys.read(facts.root + "/usr/lib/os-release");
  if (!text)
    text = sys.read(facts.root + "/etc/os-release");
  Distribution& d = facts.distribution;
  const std::array<std::pair<const char*, std::string*>, 5> keys{{{"ID", &d.id},
                                                                  {"ID_LIKE", &d.like},
                                                                  {"VERSION_ID", &d.version},
                                                                  {"VERSION_CODENAME", &d.codename},
                                                                  {"PRETTY_NAME", &d.name}}};
  for (const std::string& line : lines(text.value_or("")))
    for (const auto& [key, value] : keys)
      if (line.starts_with(std::string(key) + '='))
        *value = unquoted(line.substr(line.find('=') + 1));
}

void look_at_packages(sys::System& sys, Facts& facts) {
  constexpr std::array ours{"scst-dkms", "scstadmin", "iscsi-scst", "scst-install"};
  const std::string image = "linux-image-";
  std::string package;
  bool installed = false;
  for (const std::string& line :
       lines(sys.read(facts.root + "/var/lib/dpkg/status").value_or(""))) {
    if (line.starts_with("Package: "))
      package = line.substr(9);
    else if (line.starts_with("Status: "))
      installed = line == "Status: install ok installed";
    else if (line.starts_with("Version: ") && installed &&
             std::find(ours.begin(), ours.end(), package) != ours.end())
      facts.packages[package] = line.substr(9);
    else if (line.starts_with("Version: ") && installed && package.starts_with(image))
      facts.kernel_packages[package.substr(image.size())] = line.substr(9);
    else if (line.starts_with("Version: ") && installed && package.starts_with("linux-source-"))
      facts.source_packages[package] = line.substr(9);
  }
}

} // namespace inst::facts
