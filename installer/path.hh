// SPDX-License-Identifier: GPL-2.0-only
// Joining paths. Pure.
#pragma once

#include <string>
#include <string_view>

namespace inst {

/// "dir/name"; a "/" at the end of dir is not doubled.
inline std::string in_dir(std::string_view dir, std::string_view name) {
  std::string path(dir);
  if (!path.ends_with('/'))
    path += '/';
  return path.append(name);
}

/// "/a/b" of "/a/b/c"; "" of "/c".
inline std::string parent_of(std::string_view path) {
  return std::string(path.substr(0, path.rfind('/')));
}

} // namespace inst
