// SPDX-License-Identifier: GPL-2.0-only
// make(1) in a source tree. What an installing target puts into the watched folders is found by
// comparing them before and after, and kept as a manifest for undo: old makefiles know no staging
// folder. What an interrupted make has left in the tree goes before it is made anew: which files
// were there at the beginning stands in a file of the state folder until then. before: {"files":
// {path: "size mtime", or "" for a folder}, "dirs": [folders above the watched ones that are
// missing]}
#include "apply/actions.hh"
#include "path.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace inst {
namespace {

using nlohmann::json;
using Listing = std::map<std::string, std::string>;

std::string key_of(const Make& m) {
  std::string text = m.dir;
  for (const std::string& word : m.arguments)
    if (!word.starts_with("-j"))
      text += ' ' + word;
  return sys::digest_of(text).substr(0, 16);
}

std::string manifest_of(const Context& ctx, const Make& m) {
  return ctx.state_dir + "/manifest-" + key_of(m);
}

std::string stamp_of(const Context& ctx, const Make& m) {
  return in_dir(ctx.at(m.dir), ".scst-install-made-" + key_of(m));
}

/// Paths of what was in the tree, each ended by a zero byte.
std::string tree_of(const Context& ctx, const Make& m) {
  return ctx.state_dir + "/tree-" + key_of(m);
}

void walk(const Context& ctx, const std::string& dir, Listing& out) {
  for (const std::string& name : ctx.sys.list(ctx.at(dir))) {
    const std::string path = in_dir(dir, name);
    const sys::Stat st = ctx.sys.stat(ctx.at(path));
    const bool folder = st.type == sys::FileType::directory;
    out[path] = folder ? "" : fmt::format("{} {}", st.size, st.mtime_ns);
    if (folder)
      walk(ctx, path, out);
  }
}

Listing look(const Context& ctx, const Make& m) {
  Listing out;
  for (const std::string& dir : m.watched)
    if (ctx.sys.stat(ctx.at(dir)).type == sys::FileType::directory) {
      out[dir] = ""; // itself too: it may be new
      walk(ctx, dir, out);
    }
  return out;
}

/// A link counts by where it leads.
std::string identity(const Context& ctx, const std::string& path) {
  const std::string at = ctx.at(path);
  return ctx.sys.stat(at).type == sys::FileType::symlink
             ? "-> " + ctx.sys.read_link(at).value_or("")
             : ctx.sys.digest(at).value_or("");
}

std::string tree_names(const Context& ctx, const Make& m) {
  Listing tree;
  walk(ctx, m.dir, tree);
  std::string out;
  for (const auto& [path, what] : tree)
    out += path + '\0';
  return out;
}

std::set<std::string> split_names(const std::string& text) {
  std::set<std::string> out;
  for (std::size_t at = 0, end = 0; (end = text.find('\0', at)) != std::string::npos; at = end + 1)
    out.insert(text.substr(at, end - at));
  return out;
}

/// Takes away what was not in the tree when the make began. Without that record it has ended.
void sweep_tree(const Context& ctx, const Make& m) {
  const auto text = ctx.sys.read(tree_of(ctx, m));
  if (!text)
    return;
  const std::set<std::string> old = split_names(*text);
  Listing tree;
  walk(ctx, m.dir, tree);
  for (auto at = tree.rbegin(); at != tree.rend(); ++at) // what is in a folder before the folder
    if (!old.contains(at->first)) {
      if (at->second.empty())
        ctx.sys.remove_dir(ctx.at(at->first));
      else
        static_cast<void>(ctx.sys.remove(ctx.at(at->first)));
    }
}

/// path → what it is, for files that are new; "" for those that were replaced, and for folders.
json difference(const Context& ctx, const Make& m, const json& old) {
  json out = json::object();
  for (const auto& [path, what] : look(ctx, m)) {
    const auto was = old.find(path);
    if (was == old.end())
      out[path] = what.empty() ? "" : identity(ctx, path);
    else if (*was != what)
      out[path] = "";
  }
  return out;
}

Result<void> check_products(const Context& ctx, const Make& m) {
  for (const std::string& path : m.products)
    if (ctx.sys.stat(ctx.at(path)).type == sys::FileType::none)
      return Error{"make", path, "it was not made, although make ended without an error",
                   "The output is in " + ctx.log, Exit::build};
  return {};
}

bool is_folder(const Context& ctx, const std::string& path) {
  return ctx.sys.stat(ctx.at(path)).type == sys::FileType::directory;
}

/// Takes one path of the manifest away, unless it was changed since.
void take_away(const Context& ctx, const std::string& path, const std::string& what, bool was_there,
               Kept& kept) {
  if (ctx.sys.stat(ctx.at(path)).type == sys::FileType::none)
    return;
  if (was_there) {
    if (!path.substr(path.rfind('/')).starts_with("/modules.")) // depmod makes those anew
      kept.push_back(path + ": make has replaced it, and there is no copy of the old one");
    return;
  }
  if (is_folder(ctx, path))
    ctx.sys.remove_dir(ctx.at(path));
  else if (identity(ctx, path) == what)
    static_cast<void>(ctx.sys.remove(ctx.at(path)));
  else
    kept.push_back(path + ": it was changed since it was installed");
}

} // namespace

bool is_done(const Context& ctx, const Make& m) {
  const auto there = [&](const std::string& path) {
    return ctx.sys.stat(ctx.at(path)).type != sys::FileType::none;
  };
  return ctx.sys.stat(stamp_of(ctx, m)).type != sys::FileType::none &&
         std::all_of(m.products.begin(), m.products.end(), there);
}

json before(const Context& ctx, const Make& m) {
  json dirs = json::array();
  for (const std::string& dir : m.watched)
    for (const std::string& missing : missing_parents(ctx, dir))
      if (std::find(dirs.begin(), dirs.end(), missing) == dirs.end())
        dirs.push_back(missing);
  static_cast<void>(ctx.sys.write(tree_of(ctx, m), tree_names(ctx, m), 0600));
  return {{"files", look(ctx, m)}, {"dirs", dirs}};
}

Result<void> perform(const Context& ctx, const Make& m, const json& before) {
  std::vector<std::string> argv{"make", "-C", m.dir};
  argv.insert(argv.end(), m.arguments.begin(), m.arguments.end());
  if (auto made = run_on_target(ctx, std::move(argv), Exit::build, true); !made)
    return made.error();
  if (auto good = check_products(ctx, m); !good)
    return good;
  if (!m.watched.empty()) {
    const std::string text = difference(ctx, m, before.at("files")).dump();
    if (auto written = ctx.sys.write(manifest_of(ctx, m), text, 0600); !written)
      return written;
  }
  // The stamp is no promise before what make wrote is on disk.
  if (auto settled = ctx.sys.settle(ctx.root); !settled)
    return settled;
  if (auto stamped = ctx.sys.write(stamp_of(ctx, m), "", 0644); !stamped)
    return stamped;
  return ctx.sys.remove(tree_of(ctx, m));
}

Result<Kept> undo(const Context& ctx, const Make& m, const json& before) {
  const json& old = before.at("files");
  const auto text = ctx.sys.read(manifest_of(ctx, m));
  // Without a manifest it was killed meanwhile: all that is new is of this make.
  const json manifest = text ? json::parse(*text, nullptr, false) : difference(ctx, m, old);
  if (manifest.is_discarded())
    return Error{"undo make", manifest_of(ctx, m), "it cannot be read",
                 "Remove what was installed into the folders by hand.", Exit::internal};
  Kept kept;
  const auto paths = manifest.get<Listing>();
  for (auto at = paths.rbegin(); at != paths.rend(); ++at) // what is in a folder before the folder
    take_away(ctx, at->first, at->second, old.contains(at->first), kept);
  static_cast<void>(ctx.sys.remove(manifest_of(ctx, m)));
  static_cast<void>(ctx.sys.remove(stamp_of(ctx, m)));
  sweep_tree(ctx, m);
  static_cast<void>(ctx.sys.remove(tree_of(ctx, m)));
  remove_empty(ctx, before.at("dirs"));
  return kept;
}

} // namespace inst
