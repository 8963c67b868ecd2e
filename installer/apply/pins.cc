// SPDX-License-Identifier: GPL-2.0-only
#include "apply/pins.hh"

#include "path.hh"

#include <fmt/format.h>
#include <sstream>

namespace inst::pins {
namespace {

constexpr std::size_t digest_length = 64;
constexpr const char* gap = "  ";

} // namespace

std::map<std::string, std::string> load(sys::System& sys, const std::string& file) {
  std::map<std::string, std::string> out;
  std::istringstream text(sys.read(file).value_or(""));
  for (std::string line; std::getline(text, line);)
    if (line.size() > digest_length + 2 && line.compare(digest_length, 2, gap) == 0)
      out.try_emplace(line.substr(digest_length + 2), line.substr(0, digest_length));
  return out;
}

Result<void> add(sys::System& sys, const std::string& file, const std::string& name,
                 const std::string& digest) {
  if (auto made = sys::make_folders(sys, parent_of(file)); !made)
    return made;
  return sys.append(file, digest + gap + name + '\n');
}

std::string wanted(sys::System& sys, const std::string& file, const std::string& name,
                   const std::string& known) {
  if (!known.empty())
    return known;
  const auto all = load(sys, file);
  const auto found = all.find(name);
  return found == all.end() ? "" : found->second;
}

Error mismatch(const std::string& path, const std::string& name, const std::string& found,
               const std::string& wanted, const std::string& pins, bool pinned) {
  return {"verify", path, fmt::format("its SHA-256 is {}, it must be {}", found, wanted),
          pinned ? fmt::format("It is not the file that was trusted first. If its project has "
                               "changed it for good reason, remove the line of {} from {}; else "
                               "somebody else has.",
                               name, pins)
                 : "It is damaged or was tampered with. Remove it and get it anew.",
          Exit::verification};
}

} // namespace inst::pins
