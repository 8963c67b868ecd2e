// SPDX-License-Identifier: GPL-2.0-only
// Files, links, folders and the sparse file of the first LUN.
// before: {"dirs": [made], "new": [path], "replaced": {path: {"digest", "mode"} or {"link"}}}
#include "apply/actions.hh"
#include "path.hh"

#include <algorithm>
#include <set>

namespace inst {
namespace {

using nlohmann::json;
using Type = sys::FileType;

std::string digest_of(const FileEntry& entry) {
  return entry.source.empty() ? sys::digest_of(entry.content) : entry.digest;
}

/// Is what lies there exactly what we would put?
bool is_ours(const Context& ctx, const FileEntry& entry) {
  const std::string path = ctx.at(entry.path);
  const sys::Stat st = ctx.sys.stat(path);
  switch (entry.type) {
  case FileType::directory:
    return st.type == Type::directory;
  case FileType::link:
    return st.type == Type::symlink && ctx.sys.read_link(path).value_or("") == entry.content;
  case FileType::sparse:
    return st.type == Type::regular && st.size == entry.size && ctx.sys.is_blank(path);
  case FileType::file:
    return st.type == Type::regular && st.mode == entry.mode &&
           ctx.sys.digest(path).value_or("") == digest_of(entry);
  }
  return false;
}

bool is_there(const Context& ctx, const std::string& path) {
  return ctx.sys.stat(ctx.at(path)).type != Type::none;
}

std::string backup_of(const Context& ctx, const std::string& digest) {
  return ctx.state_dir + "/replaced-" + digest;
}

void add_missing(const Context& ctx, const FileEntry& entry, json& dirs) {
  std::vector<std::string> missing = missing_parents(ctx, entry.path);
  if (entry.type == FileType::directory && !is_there(ctx, entry.path))
    missing.push_back(entry.path);
  for (const std::string& dir : missing)
    if (std::find(dirs.begin(), dirs.end(), dir) == dirs.end())
      dirs.push_back(dir);
}

json describe_replaced(const Context& ctx, const FileEntry& entry) {
  const std::string path = ctx.at(entry.path);
  const sys::Stat st = ctx.sys.stat(path);
  if (st.type == Type::symlink)
    return {{"link", ctx.sys.read_link(path).value_or("")}};
  return {{"digest", ctx.sys.digest(path).value_or("")}, {"mode", st.mode}};
}

/// Copies the old content away, once, before it is replaced.
Result<void> keep_copy(const Context& ctx, const FileEntry& entry, const json& replaced) {
  if (!replaced.contains(entry.path) || !replaced[entry.path].contains("digest"))
    return {};
  const std::string digest = replaced[entry.path]["digest"];
  const std::string backup = backup_of(ctx, digest);
  const std::string path = ctx.at(entry.path);
  if (ctx.sys.stat(backup).type != Type::none || ctx.sys.digest(path).value_or("") != digest)
    return {};
  return ctx.sys.copy(path, backup, 0600);
}

Result<void> make_dirs(const Context& ctx, const PutFiles& action, const json& dirs) {
  for (const std::string dir : dirs) {
    if (is_there(ctx, dir))
      continue;
    unsigned mode = 0755;
    for (const FileEntry& entry : action.files)
      if (entry.type == FileType::directory && entry.path == dir)
        mode = entry.mode;
    if (auto made = ctx.sys.make_dir(ctx.at(dir), mode); !made)
      return made;
  }
  return {};
}

Result<void> put(const Context& ctx, const FileEntry& entry) {
  const std::string path = ctx.at(entry.path);
  switch (entry.type) {
  case FileType::directory:
    return {}; // made with the missing parents
  case FileType::link:
    return ctx.sys.make_link(entry.content, path);
  case FileType::sparse:
    return ctx.sys.make_sparse(path, entry.size, entry.mode);
  case FileType::file:
    break;
  }
  if (entry.source.empty())
    return ctx.sys.write(path, entry.content, entry.mode);
  if (ctx.sys.digest(entry.source).value_or("") != entry.digest)
    return Error{"copy", entry.source, "it has changed or gone since the plan was made",
                 "Put the payload in place and run scst-install again.", Exit::verification};
  return ctx.sys.copy(entry.source, path, entry.mode);
}

/// Puts the old content back. False when the copy of it is gone.
bool restore(const Context& ctx, const std::string& path, const json& old) {
  if (old.contains("link"))
    return static_cast<bool>(ctx.sys.make_link(old["link"], ctx.at(path)));
  const std::string backup = backup_of(ctx, old["digest"]);
  return static_cast<bool>(ctx.sys.copy(backup, ctx.at(path), old["mode"].get<unsigned>()));
}

bool is_old(const Context& ctx, const std::string& path, const json& old) {
  return old.contains("link") ? ctx.sys.read_link(ctx.at(path)).value_or("") == old["link"]
                              : ctx.sys.digest(ctx.at(path)).value_or("") == old["digest"];
}

Result<void> take_away(const Context& ctx, const FileEntry& entry, const json& before, Kept& kept) {
  ctx.sys.remove_partial(ctx.at(entry.path));
  const json& fresh = before.at("new");
  const json& replaced = before.at("replaced");
  const bool is_new = std::find(fresh.begin(), fresh.end(), entry.path) != fresh.end();
  if (!is_new && !replaced.contains(entry.path))
    return {};
  if (!is_there(ctx, entry.path))
    return {};
  if (is_new && entry.type == FileType::sparse && ctx.delete_data)
    return ctx.sys.remove(ctx.at(entry.path));
  if (!is_ours(ctx, entry)) {
    if (is_new || !is_old(ctx, entry.path, replaced[entry.path]))
      kept.push_back(entry.path + (entry.type == FileType::sparse
                                       ? ": a LUN's data (--delete-data takes it away too)"
                                       : ": it was changed since it was installed"));
    return {};
  }
  if (is_new)
    return ctx.sys.remove(ctx.at(entry.path));
  if (!restore(ctx, entry.path, replaced[entry.path]))
    kept.push_back(entry.path + ": the copy of what it replaced is gone");
  return {};
}

void tell_systemd(const Context& ctx, const PutFiles& action) {
  const auto is_unit = [](const FileEntry& e) {
    return e.path.find("/systemd/system/") != std::string::npos;
  };
  if (ctx.root.empty() && std::any_of(action.files.begin(), action.files.end(), is_unit) &&
      ctx.sys.stat("/run/systemd/system").type != Type::none)
    static_cast<void>(says_yes(ctx, {"systemctl", "daemon-reload"}));
}

} // namespace

bool is_done(const Context& ctx, const PutFiles& action) {
  return std::all_of(action.files.begin(), action.files.end(), [&](const FileEntry& entry) {
    return (entry.keep && is_there(ctx, entry.path)) || is_ours(ctx, entry);
  });
}

json before(const Context& ctx, const PutFiles& action) {
  json out{{"dirs", json::array()}, {"new", json::array()}, {"replaced", json::object()}};
  for (const FileEntry& entry : action.files) {
    add_missing(ctx, entry, out["dirs"]);
    if (entry.type == FileType::directory)
      continue;
    if (!is_there(ctx, entry.path))
      out["new"].push_back(entry.path);
    else if (!entry.keep && !is_ours(ctx, entry))
      out["replaced"][entry.path] = describe_replaced(ctx, entry);
  }
  return out;
}

Result<void> perform(const Context& ctx, const PutFiles& action, const json& before) {
  if (auto made = make_dirs(ctx, action, before.at("dirs")); !made)
    return made;
  for (const FileEntry& entry : action.files) {
    if ((entry.keep && is_there(ctx, entry.path)) || is_ours(ctx, entry))
      continue;
    if (ctx.sys.stat(ctx.at(entry.path)).type == Type::directory)
      return Error{"install", entry.path, "a folder is in its place", "Move the folder away.",
                   Exit::conflict};
    if (auto copied = keep_copy(ctx, entry, before.at("replaced")); !copied)
      return copied;
    if (auto written = put(ctx, entry); !written)
      return written;
  }
  std::set<std::string> touched;
  for (const FileEntry& entry : action.files)
    touched.insert(parent_of(entry.path));
  for (const std::string dir : before.at("dirs"))
    touched.insert(parent_of(dir));
  for (const std::string& dir : touched)
    ctx.sys.flush(ctx.at(dir + '/'));
  return {};
}

Result<Kept> undo(const Context& ctx, const PutFiles& action, const json& before) {
  Kept kept;
  // New files first: on a full disk that makes the room to put the replaced ones back.
  for (const bool replaced : {false, true})
    for (const FileEntry& entry : action.files)
      if (before.at("replaced").contains(entry.path) == replaced)
        if (auto gone = take_away(ctx, entry, before, kept); !gone)
          return gone.error();
  // Copies go last: until here a run that is cut off can be repeated.
  for (const json& old : before.at("replaced"))
    if (old.contains("digest") && kept.empty())
      static_cast<void>(ctx.sys.remove(backup_of(ctx, old["digest"])));
  remove_empty(ctx, before.at("dirs"));
  tell_systemd(ctx, action);
  return kept;
}

} // namespace inst
