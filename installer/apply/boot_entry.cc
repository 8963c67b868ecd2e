// SPDX-License-Identifier: GPL-2.0-only
// A boot entry: files that the loader reads, a program that makes its menu of them, and what has it
// boot the entry once. Which loader it is makes no difference here.
// before: {"dirs": [made], "new": [path], "replaced": {path: {"digest", "mode"}},
//          "menu": {"digest", "mode"}}
#include "apply/actions.hh"
#include "path.hh"

#include <algorithm>
#include <fmt/format.h>
#include <functional>

namespace inst {
namespace {

using nlohmann::json;

/// "x" of "x.conf", "x+1.conf" and "x+0-1.conf": the loader renames a file to count its tries.
std::string uncounted(const std::string& name) {
  return name.substr(0, std::min(name.find('+'), name.rfind('.')));
}

/// Where the file is now; its own path where there is none.
std::string path_now(const Context& ctx, const BootFile& file) {
  if (!file.counted)
    return file.path;
  const std::string dir = parent_of(file.path);
  const std::string wanted = uncounted(file.path.substr(dir.size() + 1));
  for (const std::string& name : ctx.sys.list(ctx.at(dir)))
    if (name.ends_with(".conf") && uncounted(name) == wanted)
      return in_dir(dir, name);
  return file.path;
}

bool is_there(const Context& ctx, const std::string& path) {
  return ctx.sys.stat(ctx.at(path)).type != sys::FileType::none;
}

/// As it was put, or as it is where the kernel is the default.
bool is_ours(const Context& ctx, const BootEntry& e, std::size_t i) {
  const auto text = ctx.sys.read(ctx.at(path_now(ctx, e.files[i])));
  return text && (*text == e.files[i].text || (i < e.chosen.size() && *text == e.chosen[i].text));
}

bool has_marks(const Context& ctx, const BootEntry& e) {
  if (e.menu.empty())
    return true;
  const std::string text = ctx.sys.read(ctx.at(e.menu)).value_or("");
  return std::all_of(e.marks.begin(), e.marks.end(),
                     [&](const std::string& mark) { return text.find(mark) != std::string::npos; });
}

/// Holds the digest of the menu as it was made.
std::string stamp_of(const Context& ctx, const BootEntry& e) {
  return ctx.state_dir + "/boot-menu-" + sys::digest_of(e.release).substr(0, 16);
}

json describe(const Context& ctx, const std::string& path) {
  return {{"digest", ctx.sys.digest(ctx.at(path)).value_or("")},
          {"mode", ctx.sys.stat(ctx.at(path)).mode}};
}

/// Copies the file away, unless it is another one by now than the one from before.
Result<void> save(const Context& ctx, const std::string& path, const json& old) {
  const std::string digest = old.at("digest");
  if (ctx.sys.digest(ctx.at(path)).value_or("") != digest)
    return {};
  return save_replaced(ctx, path, digest);
}

Result<void> put_files(const Context& ctx, const BootEntry& e, const json& before) {
  for (std::size_t i = 0; i < e.files.size(); i++) {
    const BootFile& file = e.files[i];
    if (is_ours(ctx, e, i))
      continue;
    if (before.at("replaced").contains(file.path))
      if (auto saved = save(ctx, file.path, before.at("replaced").at(file.path)); !saved)
        return saved;
    if (auto made = sys::make_folders(ctx.sys, ctx.at(parent_of(file.path))); !made)
      return made;
    if (auto written = ctx.sys.write(ctx.at(file.path), file.text, file.mode); !written)
      return written;
  }
  return {};
}

Result<void> make_menu(const Context& ctx, const BootEntry& e, const json& before) {
  if (e.make.empty())
    return {};
  if (auto saved = save(ctx, e.menu, before.at("menu")); !saved)
    return saved;
  if (auto made = run_on_target(ctx, e.make, Exit::build); !made) {
    Error error = made.error();
    if (!ctx.root.empty())
      error.hint += ". In another root it needs that root's /dev, /proc and /sys.";
    return error;
  }
  if (!has_marks(ctx, e))
    return Error{"make the boot menu", e.menu,
                 fmt::format("{} did not give kernel {} an entry, or something in "
                             "/etc/default/grub.d overrides GRUB_DEFAULT=saved",
                             e.make.front(), e.release),
                 "Look at its output in " + ctx.log, Exit::build};
  const auto digest = ctx.sys.digest(ctx.at(e.menu));
  return digest ? ctx.sys.write(stamp_of(ctx, e), *digest, 0600) : digest.error();
}

Result<void> tell(const Context& ctx, const std::vector<BootCommand>& commands) {
  for (const BootCommand& c : commands)
    if (auto done = run_on_target(ctx, c.argv, Exit::build, false, c.input); !done)
      return done.error();
  return {};
}

/// What the loader can do without. What fails is handed to `missed`.
void try_to_tell(const Context& ctx, const std::vector<BootCommand>& commands,
                 const std::function<void(const std::string&)>& missed) {
  for (const BootCommand& c : commands)
    if (auto done = run_on_target(ctx, c.argv, Exit::build, false, c.input); !done)
      missed(done.error().line());
}

bool contains(const json& list, const std::string& path) {
  return std::find(list.begin(), list.end(), path) != list.end();
}

Result<void> take_file(const Context& ctx, const BootEntry& e, std::size_t i, const json& before,
                       Kept& kept) {
  const BootFile& file = e.files[i];
  const std::string path = path_now(ctx, file);
  const bool is_new = contains(before.at("new"), file.path);
  const bool is_replaced = before.at("replaced").contains(file.path);
  if (!is_there(ctx, path) || (!is_new && !is_replaced))
    return {};
  if (!is_ours(ctx, e, i) && !file.changes) {
    const bool as_before = is_replaced && ctx.sys.digest(ctx.at(path)).value_or("") ==
                                              before.at("replaced").at(file.path).at("digest");
    if (!as_before)
      kept.push_back(path + ": it was changed since the boot entry was made");
    return {};
  }
  if (is_new)
    return ctx.sys.remove(ctx.at(path));
  const json& old = before.at("replaced").at(file.path);
  const std::string digest = old.at("digest");
  if (ctx.sys.digest(ctx.at(path)).value_or("") == digest)
    return {};
  return restore_replaced(ctx, file.path, digest, old.at("mode"));
}

/// The kernel's image is still there, so to make the menu anew would not take its entry out.
Result<void> take_menu(const Context& ctx, const BootEntry& e, const json& before, Kept& kept) {
  if (e.make.empty())
    return {};
  const std::string now = ctx.sys.digest(ctx.at(e.menu)).value_or("");
  const std::string old = before.at("menu").at("digest");
  const auto made = ctx.sys.read(stamp_of(ctx, e));
  if (made && now != *made && now != old) {
    kept.push_back(fmt::format("{}: it was made anew since. Once more, to take kernel {} out: {}",
                               e.menu, e.release, fmt::join(e.make, " ")));
  } else if (now != old) {
    if (auto back = restore_replaced(ctx, e.menu, old, before.at("menu").at("mode")); !back)
      return back;
  }
  static_cast<void>(ctx.sys.remove(stamp_of(ctx, e)));
  return {};
}

} // namespace

bool is_done(const Context& ctx, const BootEntry& e) {
  for (std::size_t i = 0; i < e.files.size(); i++)
    if (e.files[i].changes ? !is_there(ctx, e.files[i].path) : !is_ours(ctx, e, i))
      return false;
  return has_marks(ctx, e);
}

json before(const Context& ctx, const BootEntry& e) {
  json out{{"dirs", json::array()},
           {"new", json::array()},
           {"replaced", json::object()},
           {"menu", json::object()}};
  for (const BootFile& file : e.files) {
    for (const std::string& dir : missing_parents(ctx, file.path))
      if (!contains(out["dirs"], dir))
        out["dirs"].push_back(dir);
    if (!is_there(ctx, path_now(ctx, file)))
      out["new"].push_back(file.path);
    else
      out["replaced"][file.path] = describe(ctx, path_now(ctx, file));
  }
  if (!e.make.empty())
    out["menu"] = describe(ctx, e.menu);
  return out;
}

Result<void> perform(const Context& ctx, const BootEntry& e, const json& before) {
  if (auto put = put_files(ctx, e, before); !put)
    return put;
  if (auto made = make_menu(ctx, e, before); !made)
    return made;
  if (auto kept = tell(ctx, e.keep); !kept)
    return kept;
  // Hours of building are not thrown away for this.
  try_to_tell(ctx, e.once, [&](const std::string& why) {
    if (ctx.say)
      ctx.say(fmt::format("{}: choose {} in the boot menu yourself", why, e.release));
  });
  return {};
}

Result<Kept> undo(const Context& ctx, const BootEntry& e, const json& before) {
  Kept kept;
  try_to_tell(ctx, e.forget, [&](const std::string& why) {
    kept.push_back(fmt::format("the boot loader's choice of {}: {}", e.release, why));
  });
  for (std::size_t i = 0; i < e.files.size(); i++)
    if (auto gone = take_file(ctx, e, i, before, kept); !gone)
      return gone.error();
  if (auto back = take_menu(ctx, e, before, kept); !back)
    return back.error();
  remove_empty(ctx, before.at("dirs"));
  return kept;
}

Result<void> confirm(const Context& ctx, const BootEntry& e) {
  for (std::size_t i = 0; i < e.chosen.size(); i++)
    if (!is_ours(ctx, e, i))
      return Error{
          "confirm", path_now(ctx, e.files[i]), "it was changed since the boot entry was made",
          fmt::format("Make kernel {} the default there by hand.", e.release), Exit::conflict};
  for (const BootFile& file : e.chosen) {
    const std::string now = path_now(ctx, file);
    if (now != file.path)
      if (auto named = ctx.sys.rename(ctx.at(now), ctx.at(file.path)); !named)
        return named;
    if (auto written = ctx.sys.write(ctx.at(file.path), file.text, file.mode); !written)
      return written;
    ctx.sys.flush(ctx.at(parent_of(file.path)) + '/');
  }
  return tell(ctx, e.choose);
}

} // namespace inst
