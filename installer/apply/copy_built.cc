// SPDX-License-Identifier: GPL-2.0-only
// Copies of files that were built: the kernel's image and what goes with it.
// before: {"dirs": [made], "new": [path], "replaced": {path: {"digest", "mode"}}}
#include "apply/actions.hh"
#include "path.hh"

#include <algorithm>

namespace inst {
namespace {

using nlohmann::json;

bool is_same(const Context& ctx, const BuiltFile& f) {
  const auto from = ctx.sys.digest(ctx.at(f.from));
  return from && ctx.sys.digest(ctx.at(f.to)).value_or("") == *from;
}

bool is_there(const Context& ctx, const std::string& path) {
  return ctx.sys.stat(ctx.at(path)).type != sys::FileType::none;
}

} // namespace

bool is_done(const Context& ctx, const CopyBuilt& c) {
  return std::all_of(c.files.begin(), c.files.end(),
                     [&](const BuiltFile& f) { return is_same(ctx, f); });
}

json before(const Context& ctx, const CopyBuilt& c) {
  json out{{"dirs", json::array()}, {"new", json::array()}, {"replaced", json::object()}};
  if (!c.files.empty())
    out["dirs"] = missing_parents(ctx, c.files.front().to);
  for (const BuiltFile& f : c.files) {
    if (!is_there(ctx, f.to))
      out["new"].push_back(f.to);
    else if (!is_same(ctx, f))
      out["replaced"][f.to] = {{"digest", ctx.sys.digest(ctx.at(f.to)).value_or("")},
                               {"mode", ctx.sys.stat(ctx.at(f.to)).mode}};
  }
  return out;
}

Result<void> perform(const Context& ctx, const CopyBuilt& c, const json& before) {
  for (const BuiltFile& f : c.files) {
    if (is_same(ctx, f))
      continue;
    if (auto made = sys::make_folders(ctx.sys, ctx.at(parent_of(f.to))); !made)
      return made;
    if (before.at("replaced").contains(f.to))
      if (auto saved = save_replaced(ctx, f.to, before.at("replaced").at(f.to).at("digest"));
          !saved)
        return saved;
    if (auto copied = ctx.sys.copy(ctx.at(f.from), ctx.at(f.to), 0644); !copied)
      return copied;
  }
  return {};
}

Result<Kept> undo(const Context& ctx, const CopyBuilt& c, const json& before) {
  Kept kept;
  const json& fresh = before.at("new");
  const json& replaced = before.at("replaced");
  for (const BuiltFile& f : c.files) {
    const bool is_new = std::find(fresh.begin(), fresh.end(), f.to) != fresh.end();
    if (!is_there(ctx, f.to) || (!is_new && !replaced.contains(f.to)))
      continue;
    const std::string digest = is_new ? "" : replaced.at(f.to).at("digest").get<std::string>();
    if (!is_same(ctx, f)) {
      if (ctx.sys.digest(ctx.at(f.to)).value_or("") != digest)
        kept.push_back(f.to + ": it was changed since it was installed");
      continue;
    }
    auto done = is_new ? ctx.sys.remove(ctx.at(f.to))
                       : restore_replaced(ctx, f.to, digest, replaced.at(f.to).at("mode"));
    if (!done)
      return done.error();
  }
  remove_empty(ctx, before.at("dirs"));
  return kept;
}

} // namespace inst
